"""The exact planner, by OR-tools: the best plan of every small case, never dearer than the simple search, every cap kept."""

import random

import numpy as np

from matcher.matching.planning import NOBODY, OneMore, PlanQuestion, cost_of, plan_week, who_is_irreplaceable, worth_of_one_more
from tests.matching.plan_questions import a_question, drawn, is_possible, least_cost


def test_small_cases_are_solved_as_well_as_by_trying_every_plan() -> None:
    chance, tried = random.Random(11), 0
    for _ in range(80):
        question = drawn(chance, referrals=3, people=3, most=3)
        if len(question.referral) > 11:
            continue
        plan = plan_week(question)
        assert plan.exact and is_possible(question, plan.chosen)
        assert plan.cost == cost_of(question, plan.chosen) == least_cost(question)
        tried += 1
    assert tried > 50


def test_it_is_never_dearer_than_the_simple_search_and_keeps_every_cap() -> None:
    chance, cheaper = random.Random(12), 0
    for _ in range(40):
        question = drawn(chance, referrals=60, people=40, most=12)
        exact, simple = plan_week(question), plan_week(question, simple=True)
        assert is_possible(question, exact.chosen) and is_possible(question, simple.chosen)
        assert exact.exact and not simple.exact and exact.cost <= simple.cost
        cheaper += exact.cost < simple.cost
    assert cheaper > 20


def test_it_gives_up_a_cheap_pair_where_two_can_be_helped() -> None:
    question = a_question([(0, 0, 0, 95, 0), (0, 1, 1, 40, 20), (1, 0, 0, 40, 20)], seats=[1, 1], room=[1, 1])
    assert plan_week(question).chosen == (1, 2)
    assert plan_week(question, simple=True).filled == 1


def test_nobody_is_in_two_places_at_once_there_either() -> None:
    arcs = [(0, 0, 0, 90, 0), (1, 0, 0, 80, 0)]
    question = a_question(arcs, seats=[1, 1], room=[3], out_from=np.array([10, 12]), out_until=np.array([13, 15]))
    plan = plan_week(question)
    assert plan.chosen == (0,) and plan.set_aside == 1 and plan.cost == 40 + NOBODY


def test_the_loss_of_each_person_and_the_worth_of_each_who_joins_are_found_by_planning_anew() -> None:
    chance = random.Random(13)
    for _ in range(10):
        question = drawn(chance, referrals=12, people=6, most=4)
        plan = plan_week(question)
        lost = who_is_irreplaceable(question, plan)
        for person in range(6):
            without = plan_week(question.only(question.person != person))
            assert plan.filled - without.filled == lost.get(person, 0)
        everything = OneMore(referral=np.arange(12), block=np.zeros(12, dtype=np.int64), km=np.zeros(12), cap=3)
        assert worth_of_one_more(question, [everything]) == [min(3, int((question.seats - _filled(question, plan.chosen) > 0).sum()))]


def _filled(question: PlanQuestion, chosen: tuple[int, ...]) -> np.ndarray:
    return np.bincount(question.referral[list(chosen)], minlength=len(question.seats))
