"""Coverage without a solver: squares, who is free in them, the kinds that were missing, and who could have gone by what lasts."""

import sys
from dataclasses import replace
from datetime import time, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from made_up import AREA, CENTRE, FAR, NEAR, NOW, THURSDAY, a_volunteer, an_option, some_needs

from matcher.domain.availability import PartOfDay, block_of, weekly_window
from matcher.domain.fellowship import Fellowship
from matcher.domain.place import NOWHERE, Circle, Point, km_between
from matcher.domain.referral import RulePolicy
from matcher.domain.volunteer import Kind as As
from matcher.domain.volunteer import Membership, Tally, TimeBand
from matcher.domain.wishes import Comfort, SaysIs
from matcher.matching.covering import KINDS_MOST, Cell, Covered, Kind, PastReferral, cover, free_cells, joining_of, kinds_of, question_of
from matcher.matching.roster_columns import columns_of

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


def test_the_table_counts_who_asked_who_found_nobody_and_who_is_free_and_what_one_more_would_be_worth() -> None:
    asked = [past(unmet=False), past(comfort=Comfort.WOMAN), past(comfort=Comfort.WOMAN)]
    covered = cover([a_volunteer(1), a_volunteer(2, windows=weekly_window(3, time(18), time(21)))], asked)
    assert covered.exact and covered.left_out == 0
    assert covered.cells[THURSDAY_EVENING] == Covered(asked=3, unmet=2, volunteers=2, worth=2)
    friday = THURSDAY_EVENING._replace(weekday=4)
    assert covered.cells[friday] == Covered(volunteers=1), "free there, though nobody asked: nothing is reckoned"
    assert covered.kinds == ((Kind(THURSDAY_EVENING, "BH1", Comfort.WOMAN, "en"), 2),)


def test_the_kinds_that_help_most_come_first_and_those_that_help_nobody_are_left_out() -> None:
    tuesday = an_option(THURSDAY - timedelta(days=2), meeting_id=UUID(int=102))
    asked = [past(comfort=Comfort.WOMAN), past(comfort=Comfort.MAN), past(comfort=Comfort.WOMAN), past(tuesday, comfort=Comfort.WOMAN)]
    covered = cover([a_volunteer(1)], asked)  # a man: whoever wanted one could have gone with him
    assert [(kind.cell.weekday, kind.comfort, gain) for kind, gain in covered.kinds] == [(3, Comfort.WOMAN, 2), (1, Comfort.WOMAN, 1)]
    assert covered.cells[THURSDAY_EVENING].worth == 2


def test_of_many_kinds_the_most_wanted_are_reckoned_and_the_rest_are_counted() -> None:
    many = [replace(past(comfort=Comfort.WOMAN), outcode=f"ZZ{number}") for number in range(KINDS_MOST + 3)]
    covered = cover([], [*many, *many[:1]])
    assert covered.left_out == 3 and len(covered.kinds) == KINDS_MOST
    assert covered.kinds[0][0].outcode == "ZZ0", "two of its kind were missing"


def test_without_the_extra_nothing_is_said_of_worth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ortools.graph.python", None)  # as if it were not installed
    covered = cover([a_volunteer(1)], [past()])
    assert not covered.exact and covered.kinds == ()
    assert covered.cells[THURSDAY_EVENING] == Covered(asked=1, unmet=1, volunteers=1, worth=None)


def test_the_way_is_out_and_back_from_the_nearest_of_their_areas_and_nothing_online() -> None:
    two_areas = a_volunteer(1, reach=(Circle(FAR, 100.0), Circle(CENTRE, 10.0)))
    online = an_option(in_person=False, has_way_in=True, venue=None, meeting_id=UUID(int=103))
    question = question_of([two_areas], [past(), past(online)])
    assert question.km.tolist() == pytest.approx([2 * km_between(CENTRE, NEAR), 0.0], rel=1e-6)
    assert question.p_hat.tolist() == [0.3, 0.3] and question.taken.tolist() == [0]


def test_a_pair_goes_to_the_one_of_its_meetings_that_most_could_do() -> None:
    early = an_option(meeting_id=UUID(int=104), starts=time(11))
    people = [a_volunteer(1), a_volunteer(2), a_volunteer(3, windows=weekly_window(3, time(9), time(22)))]
    question = question_of(people, [past(early, an_option(), companions=2)])
    assert question.person.tolist() == [0, 1, 2] and question.seats.tolist() == [2]
    alone = question_of(people, [past(early, an_option())])
    assert alone.person.tolist() == [2, 0, 1, 2] and alone.seats.tolist() == [1]


def test_caps_and_blocks_make_the_places_of_a_person() -> None:
    next_block = an_option(THURSDAY + timedelta(days=28), meeting_id=UUID(int=105))
    people = [a_volunteer(1, going_cap=3), a_volunteer(2, going_cap=None)]
    question = question_of(people, [past(), past(next_block)])
    assert list(zip(question.person.tolist(), question.slot.tolist(), strict=True)) == [(0, 0), (1, 1), (0, 2), (1, 3)]
    assert question.room.tolist() == [3, 2, 3, 2]


def test_who_might_join_goes_ten_kilometres_and_is_told_the_way_out_and_back() -> None:
    kind = Kind(THURSDAY_EVENING, "BH1", Comfort.WOMAN, "pl")
    edge, beyond = (Point(CENTRE.latitude + km / 111.24, CENTRE.longitude) for km in (9.99, 10.01))
    online = an_option(in_person=False, has_way_in=True, venue=None)
    asked = [
        past(an_option(venue=edge)),
        past(an_option(venue=beyond)),
        past(online),
        past(an_option(venue=None)),
        past(languages=frozenset({"pl"})),
        past(languages=frozenset({"cy"})),
        past(comfort=None),
        past(an_option(fellowship=Fellowship.NA)),
    ]
    joins = joining_of(kind, asked, CENTRE)
    assert joins and joins.referral.tolist() == [0, 2, 4, 6]
    assert joins.km.tolist()[:2] == pytest.approx([2 * km_between(CENTRE, edge), 0.0])
    assert joins.block.tolist() == [block_of(THURSDAY)] * 4 and joins.p_hat == 0.3


def test_a_question_without_anybody_still_has_columns_of_the_right_kind() -> None:
    for question in (question_of([], []), question_of([], [past()]), question_of([a_volunteer(1)], [past()])):
        whole = (question.seats, question.referral, question.person, question.slot, question.taken, question.room)
        assert {column.dtype for column in whole} == {np.dtype(np.int64)}
        assert {column.dtype for column in (question.p_hat, question.km)} == {np.dtype(np.float64)}
        assert len({len(column) for column in (question.referral, question.person, question.slot, question.p_hat, question.km)}) == 1


def test_a_roster_that_is_laid_out_already_is_the_one_that_is_read() -> None:
    nobody = columns_of([a_volunteer(1, reach=())])
    assert question_of([a_volunteer(1)], [past()], columns=nobody).person.tolist() == []
    assert question_of([a_volunteer(1)], [past()], columns=columns_of([a_volunteer(1)])).person.tolist() == [0]


def test_the_nearest_area_counts_in_whatever_order_they_are_kept() -> None:
    close = Point(NEAR.latitude + 0.004, NEAR.longitude)
    for small, wide in ((CENTRE, close), (close, CENTRE)):
        question = question_of([a_volunteer(1, reach=(Circle(wide, 30.0), Circle(small, 10.0)))], [past()])
        assert question.km.tolist() == pytest.approx([2 * km_between(close, NEAR)])


def test_of_languages_the_first_besides_english_is_looked_for_and_nothing_said_is_english() -> None:
    for languages, wanted in (({"pl", "cy"}, "cy"), ({"en", "cy"}, "en"), (set(), "en"), ({"en"}, "en")):
        (kind,) = kinds_of([past(languages=frozenset(languages))])
        assert kind.language == wanted


def test_somebody_is_free_in_a_square_for_a_whole_hour_of_any_one_window() -> None:
    halves = (*weekly_window(0, time(6), time(6, 59)), *weekly_window(0, time(11), time(11, 59)), *weekly_window(6, time(22), time(23)))
    assert {(cell.weekday, cell.part) for cell in free_cells(a_volunteer(1, windows=halves))} == {(6, PartOfDay.EVENING)}
    whole_week = a_volunteer(1, windows=((0, 10080),))
    assert len(free_cells(whole_week)) == 21 and {cell.area_id for cell in free_cells(whole_week)} == {AREA}
    assert free_cells(a_volunteer(1, windows=())) == frozenset()


def test_a_kind_near_a_district_nobody_can_place_is_worth_nothing_that_anybody_knows() -> None:
    unplaced = replace(past(comfort=Comfort.WOMAN, travel_from=NOWHERE), outcode="ZZ9")
    covered = cover([], [unplaced, past(comfort=Comfort.WOMAN)])
    assert [kind.outcode for kind, _ in covered.kinds] == ["BH1"]
    assert covered.cells[THURSDAY_EVENING].worth == 2, "near the other they could go with both"


def test_who_could_go_is_judged_by_the_policy_and_the_moment_of_the_referral() -> None:
    strict = replace(past(), policy=RulePolicy(least_time_band=TimeBand.FIVE_OR_MORE))
    assert question_of([a_volunteer(1)], [strict]).person.tolist() == []
    assert question_of([a_volunteer(1, time_band=TimeBand.FIVE_OR_MORE)], [strict]).person.tolist() == [0]
