"""Coverage without a solver: squares, who is free in them, the kinds that were missing, and who could have gone by what lasts."""

from dataclasses import replace
from datetime import time
from typing import Any
from uuid import UUID

import pytest
from made_up import AREA, CENTRE, FAR, NOW, a_volunteer, an_option, some_needs

from matcher.domain.availability import PartOfDay, weekly_window
from matcher.domain.fellowship import Fellowship
from matcher.domain.place import Circle
from matcher.domain.volunteer import Kind as As
from matcher.domain.volunteer import Membership, Tally
from matcher.domain.wishes import Comfort, SaysIs
from matcher.matching.covering import Cell, Kind, PastReferral, free_cells, joining_of, kinds_of, question_of

THURSDAY_EVENING = Cell(AREA, Fellowship.AA, 3, PartOfDay.EVENING)
LATER = an_option(meeting_id=UUID(int=101), rank=2)


def past(*options: Any, unmet: bool = True, **needs: Any) -> PastReferral:
    """Somebody who looked for company to these meetings."""
    return PastReferral(area_id=AREA, needs=some_needs(**needs), options=options or (an_option(),), now=NOW, unmet=unmet, outcode="BH1")


def test_a_referral_counts_once_in_each_square_of_its_options() -> None:
    night = replace(LATER, starts_at=LATER.starts_at.replace(hour=2))
    assert past(an_option(), LATER).cells == {THURSDAY_EVENING}
    assert past(an_option(), night).cells == {THURSDAY_EVENING}, "a meeting at night is in no part of a day"


@pytest.mark.parametrize(
    ("starts", "ends", "parts"),
    [
        (time(17), time(22), {PartOfDay.EVENING}),
        (time(16), time(18), {PartOfDay.AFTERNOON, PartOfDay.EVENING}),
        (time(16, 1), time(17, 59), set()),
        (time(5), time(7), {PartOfDay.MORNING}),
        (time(22, 30), time(23, 59), set()),
    ],
)
def test_free_means_free_for_an_hour_of_that_part(starts: time, ends: time, parts: set[PartOfDay]) -> None:
    somebody = a_volunteer(1, windows=weekly_window(3, starts, ends))
    assert {(cell.weekday, cell.part) for cell in free_cells(somebody)} == {(3, part) for part in parts}


def test_somebody_of_two_fellowships_is_free_for_both() -> None:
    both = frozenset({Membership(Fellowship.AA, As.MEMBER), Membership(Fellowship.NA, As.MEMBER)})
    somebody = a_volunteer(1, memberships=both, windows=weekly_window(3, time(18), time(21)))
    assert {cell.fellowship for cell in free_cells(somebody)} == {Fellowship.AA, Fellowship.NA}


def test_the_kinds_are_those_that_unmet_newcomers_wished_for() -> None:
    wished = [
        past(comfort=Comfort.WOMAN, languages=frozenset({"pl"})),
        past(comfort=Comfort.WOMAN, languages=frozenset({"pl"}), interpreter_arranged=True),
        past(comfort=Comfort.OWN_WORDS),
    ]
    assert kinds_of(wished) == {
        Kind(THURSDAY_EVENING, "BH1", Comfort.WOMAN, "pl"): 1,
        Kind(THURSDAY_EVENING, "BH1", Comfort.WOMAN, "en"): 1,
    }, "own words are for a person to settle"


def test_who_could_have_gone_is_judged_by_what_lasts() -> None:
    people = [
        a_volunteer(1),
        a_volunteer(2, says_is=SaysIs.WOMAN),
        a_volunteer(3, reach=(Circle(FAR, 3.0),)),
        a_volunteer(4, windows=weekly_window(1, time(17), time(22))),
        a_volunteer(5, memberships=frozenset({Membership(Fellowship.NA, As.MEMBER)})),
        a_volunteer(6, checklist_ok=False),
    ]
    question = question_of(people, [past(), past(comfort=Comfort.WOMAN), past(an_option(), LATER, companions=2)])
    pairs = sorted(zip(question.referral.tolist(), question.person.tolist(), strict=True))
    assert pairs == [(0, 0), (0, 1), (1, 1), (2, 0), (2, 1)]
    assert question.seats.tolist() == [1, 1, 2] and set(question.room.tolist()) == {people[0].going_cap}
    assert len(question.room) == 2, "one slot for each person and block"


def test_a_meeting_held_online_reaches_everybody_and_an_unknown_place_nobody() -> None:
    far = a_volunteer(1, reach=(Circle(FAR, 3.0),))
    online = an_option(in_person=False, has_way_in=True, venue=None)
    assert len(question_of([far], [past(online)]).referral) == 1
    assert len(question_of([a_volunteer(1)], [past(an_option(venue=None))]).referral) == 0


def test_who_joins_is_near_suits_the_wish_and_speaks_the_language() -> None:
    kind = Kind(THURSDAY_EVENING, "BH1", Comfort.MAN, "en")
    asked = [past(), past(comfort=Comfort.MAN), past(comfort=Comfort.WOMAN), past(languages=frozenset({"pl"})), past(an_option(venue=FAR))]
    joins = joining_of(kind, asked, CENTRE)
    assert joins and joins.referral.tolist() == [0, 1] and joins.cap == 2 and (joins.km > 0).all()
    assert joining_of(kind, asked, FAR) is not None and joining_of(kind, asked, None) is None
    assert joining_of(kind._replace(cell=THURSDAY_EVENING._replace(weekday=2)), asked, CENTRE) is None


def test_who_hardly_ever_says_yes_is_counted_on_less_and_whoever_is_new_as_before() -> None:
    people = [a_volunteer(1), a_volunteer(2), a_volunteer(3)]
    tallies = {people[0].id: Tally(n=9), people[1].id: Tally(n=3, y=3, tired=8)}
    question = question_of(people, [past()], tallies)
    chances = dict(zip(question.person.tolist(), question.p_hat.tolist(), strict=True))
    assert chances == pytest.approx({0: 0.9 / 12, 1: 3.9 / 6, 2: 0.3}), "how they answer lasts; who is tired just now does not"
