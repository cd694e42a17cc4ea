"""The planner's simple search and the reckoning around it: what a plan costs, caps, clashes, figures that cannot be. No solver is needed."""

import random
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from matcher.matching.planning import NOBODY, OneMore, cost_of, of_a_further_match, plan_week, who_is_irreplaceable, worth_of_one_more
from tests.matching.plan_questions import a_question, drawn, is_possible, least_cost


def test_a_further_match_costs_more_and_more_but_never_as_much_as_an_empty_seat() -> None:
    assert list(of_a_further_match(np.arange(1, 9))) == [0, 300, 900, 1800, 3000, 3900, 3900, 3900]


def test_a_plan_costs_its_ways_its_doubts_its_load_and_its_empty_seats() -> None:
    question = a_question([(0, 0, 0, 95, 10), (1, 0, 0, 50, 0), (2, 1, 1, 0, 400)], seats=[1, 1, 2], room=[2, 1], taken=np.array([1, 0]))
    assert list(question.costs()) == [80, 200, 1000], "400·.05 + 60; 400·.5; never over 1000"
    assert cost_of(question, ()) == 4 * NOBODY
    assert cost_of(question, (0,)) == 80 + 300 + 3 * NOBODY, "one match of the block is taken already"
    assert cost_of(question, (0, 1, 2)) == 80 + 300 + 200 + 900 + 1000 + NOBODY


def test_the_simple_search_keeps_every_cap_and_is_never_better_than_the_best() -> None:
    chance, dearer = random.Random(4), 0
    for _ in range(60):
        question = drawn(chance, referrals=3, people=3, most=3)
        if len(question.referral) > 11:
            continue
        plan = plan_week(question, simple=True)
        best = least_cost(question)
        assert is_possible(question, plan.chosen) and not plan.exact
        assert plan.cost == cost_of(question, plan.chosen) >= best and plan.filled == len(plan.chosen)
        dearer += plan.cost > best
    assert dearer, "not one case in which the simple search misses the best: the property says nothing"


def test_load_is_spread_before_one_person_goes_twice() -> None:
    question = a_question([(0, 0, 0, 90, 0), (1, 0, 0, 90, 0), (1, 1, 1, 60, 10)], seats=[1, 1], room=[2, 2])
    assert plan_week(question, simple=True).chosen == (0, 2)


def test_nobody_is_in_two_places_at_once() -> None:
    arcs = [(0, 0, 0, 90, 0), (1, 0, 0, 80, 0), (1, 1, 1, 10, 60)]
    half_hours = {"out_from": np.array([10, 12, 12]), "out_until": np.array([13, 15, 15])}
    only_one = a_question(arcs[:2], seats=[1, 1], room=[3], **{name: column[:2] for name, column in half_hours.items()})
    plan = plan_week(only_one, simple=True)
    assert plan.chosen == (0,) and plan.set_aside == 1 and plan.cost == 40 + NOBODY
    dear = a_question([*arcs[:2], (1, 1, 1, 0, 150)], seats=[1, 1], room=[3, 1], **half_hours)
    assert plan_week(dear, simple=True).chosen == (0, 2), "somebody else goes to the second, dear as they are"
    apart = a_question(arcs[:2], seats=[1, 1], room=[3], out_from=np.array([10, 13]), out_until=np.array([13, 16]))
    assert plan_week(apart, simple=True).chosen == (0, 1), "back at the very half hour of leaving again is no clash"


def test_who_cannot_be_done_without_is_told_with_what_would_be_lost() -> None:
    question = a_question([(0, 0, 0, 50, 0), (1, 0, 0, 50, 0), (2, 1, 1, 50, 0), (2, 2, 2, 50, 0)], seats=[1, 1, 1], room=[2, 1, 1])
    assert who_is_irreplaceable(question, plan_week(question, simple=True)) == {0: 2}


def test_one_more_volunteer_is_worth_what_they_fill_and_nothing_where_nobody_is_missing() -> None:
    question = a_question([(0, 0, 0, 50, 0)], seats=[1, 1, 2], room=[1])

    def joins(*referrals: int, blocks: tuple[int, ...], cap: int = 2) -> OneMore:
        return OneMore(referral=np.array(referrals), block=np.array(blocks), km=np.zeros(len(referrals)), cap=cap)

    kinds = [
        joins(0, blocks=(5,)),
        joins(1, 2, blocks=(5, 5)),
        joins(1, 2, blocks=(5, 5), cap=1),
        joins(2, 2, blocks=(5, 6)),
        joins(1, 1, 2, blocks=(5, 6, 6), cap=1),
    ]
    before = plan_week(question, simple=True)
    assert worth_of_one_more(question, kinds, before) == [0, 2, 1, 1, 2], "a pair's two seats are never one person's"


def test_one_more_volunteer_frees_somebody_else_too() -> None:
    question = a_question([(0, 0, 0, 90, 0), (1, 0, 0, 10, 0)], seats=[1, 1], room=[1])
    before = plan_week(question, simple=True)
    assert before.chosen == (0,)
    also_the_first = OneMore(referral=np.array([0, 1]), block=np.array([1, 1]), km=np.array([0.0, 150.0]), cap=1)
    assert worth_of_one_more(question, [also_the_first], before) == [1]


def test_a_question_without_candidates_or_without_referrals_has_an_empty_plan() -> None:
    assert plan_week(a_question([], seats=[1, 2], room=[]), simple=True).cost == 3 * NOBODY
    assert plan_week(a_question([], seats=[], room=[2]), simple=True).chosen == ()
    full = plan_week(a_question([(0, 0, 0, 50, 5)], seats=[1], room=[0]), simple=True)
    assert (full.filled, full.cost) == (0, NOBODY)


CHANCE, SEATS = "^a chance lies between 0 and 1, a trip is not negative$", "^one seat or two, and no less than nothing taken or free$"
LENGTHS, RANGE = "^columns of different lengths$", "^a number outside its range$"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"p_hat": np.array([float("nan")])}, CHANCE),
        ({"p_hat": np.array([1.01])}, CHANCE),
        ({"p_hat": np.array([-0.01])}, CHANCE),
        ({"km": np.array([float("nan")])}, CHANCE),
        ({"km": np.array([float("inf")])}, CHANCE),
        ({"km": np.array([-0.1])}, CHANCE),
        ({"seats": np.array([3])}, SEATS),
        ({"seats": np.array([0])}, SEATS),
        ({"room": np.array([-1])}, SEATS),
        ({"taken": np.array([-1])}, SEATS),
        ({"taken": np.array([0, 0])}, LENGTHS),
        ({"out_from": np.array([1, 2]), "out_until": np.array([3])}, LENGTHS),
        ({"out_from": np.array([1]), "out_until": np.array([3, 4])}, LENGTHS),
        ({"referral": np.array([1])}, RANGE),
        ({"referral": np.array([-1])}, RANGE),
        ({"slot": np.array([-1])}, RANGE),
        ({"slot": np.array([1])}, RANGE),
        ({"person": np.array([-1])}, RANGE),
        ({"person": np.array([0, 1])}, LENGTHS),
    ],
    ids=str,
)
def test_figures_that_cannot_be_are_refused(wrong: dict[str, Any], sentence: str) -> None:
    right = a_question([(0, 0, 0, 50, 5)], seats=[1], room=[1])
    with pytest.raises(ValueError, match=sentence):
        replace(right, **wrong)


def test_figures_at_the_edge_of_what_can_be_are_taken() -> None:
    sure = a_question([(0, 0, 0, 100, 0), (1, 0, 0, 0, 0)], seats=[1, 2], room=[0])
    assert sure.costs().tolist() == [1, 400] and sure.out_from.tolist() == sure.out_until.tolist() == [0, 0]
    kept = replace(sure, out_from=np.array([5, 6]), out_until=np.array([7, 8])).only(np.array([False, True]))
    assert (kept.referral.tolist(), kept.out_from.tolist(), kept.out_until.tolist()) == ([1], [6], [8])
    assert (kept.person.tolist(), kept.slot.tolist(), kept.p_hat.tolist(), kept.km.tolist()) == ([0], [0], [0.0], [0.0])


def test_one_person_may_stand_beside_two_pairs_and_two_people_beside_one() -> None:
    arcs = [(0, 0, 0, 50, 5), (0, 1, 1, 50, 5), (1, 0, 0, 50, 5), (1, 1, 1, 50, 5)]
    assert plan_week(a_question(arcs, seats=[2, 2], room=[2, 2]), simple=True).filled == 4


def test_nobody_holds_both_seats_of_a_pair() -> None:
    with pytest.raises(ValueError, match=r"^somebody stands twice beside a pair$"):
        a_question([(0, 4, 0, 50, 5), (0, 4, 1, 50, 5)], seats=[2], room=[1, 1])


def test_without_the_extra_the_simple_search_plans_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ortools.graph.python", None)  # as if it were not installed
    question = a_question([(0, 0, 0, 95, 0), (0, 1, 1, 40, 20), (1, 0, 0, 40, 20)], seats=[1, 1], room=[1, 1])
    plan = plan_week(question)
    assert plan == plan_week(question, simple=True) and not plan.exact


def test_who_could_only_go_with_those_who_have_company_is_not_planned_for() -> None:
    question = a_question([(0, 0, 0, 90, 0), (1, 0, 0, 10, 0)], seats=[1, 1], room=[1])
    only_the_first = OneMore(referral=np.array([0]), block=np.array([1]), km=np.zeros(1), cap=1)
    assert worth_of_one_more(question, [only_the_first], plan_week(question, simple=True)) == [0]


def test_of_three_at_once_the_cheapest_stays_and_of_two_heaps_one_each() -> None:
    arcs = [(0, 0, 0, 50, 0), (1, 0, 0, 90, 0), (2, 0, 0, 70, 0), (3, 1, 1, 50, 0), (4, 1, 1, 60, 0)]
    out = {"out_from": np.array([10, 12, 14, 11, 11]), "out_until": np.array([13, 15, 16, 12, 12])}
    plan = plan_week(a_question(arcs, seats=[1] * 5, room=[3, 3], **out), simple=True)
    assert plan.chosen == (1, 4) and plan.set_aside == 3, "the middle one clashes with both of its neighbours"
    assert plan.cost == 40 + 160 + 3 * NOBODY and plan.filled == 2


def test_more_clashes_than_rounds_still_leave_nobody_in_two_places() -> None:
    many = 60
    arcs = [(number, number, number, 50, 0) for number in range(many)] + [(number, 0, 0, 90, 0) for number in range(1, many)]
    out = {"out_from": np.zeros(len(arcs), dtype=np.int64), "out_until": np.ones(len(arcs), dtype=np.int64)}
    question = a_question(arcs, seats=[1] * many, room=[2] + [0] * (many - 1), **out)
    plan = plan_week(question, simple=True)
    times = [(int(question.person[arc]), int(question.out_from[arc])) for arc in plan.chosen]
    assert len(set(times)) == len(times) == plan.filled == 1
    assert plan.cost == cost_of(question, plan.chosen)


def test_who_joins_a_pair_is_counted_at_one_meeting_with_the_way_and_the_block_of_it() -> None:
    question = a_question([], seats=[2, 1], room=[])
    joins = OneMore(referral=np.array([0, 0, 1, 1]), block=np.array([7, 8, 7, 8]), km=np.array([5.0, 1.0, 400.0, 2.0]), cap=1, p_hat=0.9)
    assert worth_of_one_more(question, [joins]) == [2], "one block for the pair, the other for the second referral"
    assert worth_of_one_more(question, [replace(joins, block=np.array([7, 7, 7, 7]))]) == [1]
