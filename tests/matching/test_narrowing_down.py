"""What SQL may narrow the roster by: whoever passes the hard rules meets every condition, and each condition keeps somebody out."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from made_by_chance import a_life
from made_up import NOW, THURSDAY, a_volunteer, an_option, some_needs

from matcher.domain.availability import Notice, block_of, windows_cover
from matcher.domain.fellowship import Fellowship
from matcher.domain.narrowing import Narrowing
from matcher.domain.referral import ReferralNeeds
from matcher.domain.volunteer import ComfortableWith, Volunteer
from matcher.domain.wishes import Comfort, SaysIs
from matcher.matching.eligible import Search
from matcher.matching.narrowing_down import narrow
from matcher.matching.question import Question
from matcher.matching.reach import within_reach


def narrowed(now: datetime = NOW, **changes: object) -> Narrowing:
    """The conditions for Noor's meeting on Thursday."""
    return narrow(Search(some_needs(**changes), [an_option()], now), an_option())


def keeps(by: Narrowing, volunteer: Volunteer, busy: frozenset[int] = frozenset()) -> bool:
    """Whether somebody meets every condition, as the SQL reads them."""
    return (
        volunteer.kind_in(by.fellowship) is not None
        and (not by.in_person or (by.point is not None and within_reach(volunteer.reach, by.point)))
        and windows_cover(volunteer.windows, by.spans)
        and not volunteer.is_away_on(by.on_date)
        and by.says_is in (None, volunteer.says_is)
        and volunteer.comfortable_with in by.comfortable_with
        and (by.languages is None or bool(volunteer.languages & set(by.languages)))
        and (volunteer.notice or Notice.ONE_DAY) in by.notices
        and busy.isdisjoint(range(by.half_hours[0], by.half_hours[1] + 1))
    )


def test_whoever_passes_the_rules_meets_every_condition() -> None:
    chance, passed = random.Random(8), 0
    for _ in range(250):
        for question, failed in a_life(chance):
            if not failed:
                by = narrow(Search(question.needs, [question.option], question.now), question.option)
                assert keeps(by, question.volunteer, question.standing.busy)
                assert question.standing.matches_in_block.get(by.block, 0) < _cap(question)
                passed += 1
    assert passed > 300


def _cap(question: Question) -> int:
    return 2 if question.volunteer.going_cap is None else question.volunteer.going_cap


def test_the_meeting_says_where_when_and_for_which_fellowship() -> None:
    by, option = narrowed(), an_option()
    assert (by.fellowship, by.in_person, by.point, by.on_date) == (Fellowship.AA, True, option.venue, THURSDAY)
    assert by.spans == option.spans and by.block == block_of(THURSDAY)
    first = int(datetime(2026, 5, 14, 17, 30, tzinfo=UTC).timestamp()) // 1800  # they meet at 18:45 in London, the end is at 20:30
    assert by.half_hours == (first, first + 3)
    online = an_option(in_person=False, has_way_in=True, venue=None)
    assert narrow(Search(some_needs(), [online], NOW), online).in_person is False


@pytest.mark.parametrize(
    ("changes", "says_is"),
    [
        ({"comfort": Comfort.WOMAN}, "woman"),
        ({"comfort": Comfort.MAN}, "man"),
        ({"comfort": Comfort.NO_PREFERENCE}, None),
        ({"comfort": Comfort.OWN_WORDS}, None),
        ({"comfort": None}, None),
        ({"comfort": Comfort.WOMAN, "companions": 2}, "woman"),
        ({"comfort": Comfort.WOMAN, "companions": 2, "both_meet_wish": False}, None),
        ({"comfort": Comfort.WOMAN, "companions": 1, "both_meet_wish": False}, "woman"),
    ],
)
def test_a_wish_narrows_where_each_companion_must_meet_it(changes: dict, says_is: str | None) -> None:
    assert narrowed(**changes).says_is == says_is


@pytest.mark.parametrize(
    ("newcomer_is", "fits"),
    [
        (SaysIs.WOMAN, {"anyone", "women"}),
        (SaysIs.MAN, {"anyone", "men"}),
        (SaysIs.OWN_WORDS, {"anyone"}),
        (None, {"anyone"}),
    ],
)
def test_what_the_newcomer_says_of_themself_narrows_by_whom_volunteers_are_comfortable_with(newcomer_is: SaysIs | None, fits: set) -> None:
    assert set(narrowed(newcomer_is=newcomer_is).comfortable_with) == fits <= {answer.value for answer in ComfortableWith}


@pytest.mark.parametrize(
    ("changes", "languages"),
    [
        ({"languages": frozenset({"en"})}, None),
        ({"languages": frozenset({"pl"})}, ("pl",)),
        ({"languages": frozenset({"pl", "cy"})}, ("cy", "pl")),
        ({"languages": frozenset({"en", "cy"})}, None),
        ({"languages": frozenset({"pl"}), "interpreter_arranged": True}, None),
        ({"languages": frozenset()}, None),
    ],
)
def test_a_language_besides_english_narrows_unless_somebody_interprets(changes: dict, languages: tuple[str, ...] | None) -> None:
    assert narrowed(**changes).languages == languages


@pytest.mark.parametrize(
    ("now", "notices"),
    [
        (NOW, set(Notice)),
        (datetime(2026, 5, 13, 9, tzinfo=UTC), {Notice.TWO_HOURS, Notice.SAME_DAY, Notice.ONE_DAY}),
        (datetime(2026, 5, 14, 16, tzinfo=UTC), {Notice.TWO_HOURS, Notice.SAME_DAY}),
        (datetime(2026, 5, 14, 16, 0, 1, tzinfo=UTC), set()),
    ],
)
def test_only_notices_that_are_still_kept_are_asked_for(now: datetime, notices: set[Notice]) -> None:
    assert set(narrowed(now).notices) == {notice.value for notice in notices}


def test_each_condition_keeps_somebody_out() -> None:
    by = narrowed(comfort=Comfort.MAN)
    assert keeps(by, a_volunteer())
    away = a_volunteer(windows=())
    for wrong in (a_volunteer(reach=()), away, a_volunteer(says_is=SaysIs.WOMAN), a_volunteer(comfortable_with=ComfortableWith.MEN)):
        assert not keeps(by, wrong)


def test_who_comes_further_if_needed_is_looked_for_only_when_it_is_needed() -> None:
    needs: ReferralNeeds = some_needs()
    search = Search(needs, [an_option()], NOW)
    assert not narrow(search, an_option()).further and narrow(replace(search, further=True), an_option()).further
    later = an_option(date(2026, 5, 14) + timedelta(days=28))
    assert narrow(search, later).block == block_of(THURSDAY) + 1
