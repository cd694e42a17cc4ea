"""Habits: fitted to what was heard, drawn towards everybody's where little is known; and answers drawn by them, alike for one seed."""

import math
from statistics import median, quantiles

import pytest

from matcher.matching.habits import MEDIAN_HOURS, SPREAD, Habit, Heard, fit_habits

SEEDS = [f"{number} of many" for number in range(4000)]


def test_a_habit_is_what_was_heard_and_three_asks_of_everybodys() -> None:
    together, own = fit_habits([(1, Heard(True, 2.0)), (1, Heard(False, 8.0)), (1, Heard(None, 99.0)), (2, Heard(True, 0.0))])
    assert together.answers == pytest.approx((3 * 0.6 + 3) / (3 + 4))
    assert together.says_yes == pytest.approx((3 * 0.5 + 2) / (3 + 3))
    logs = math.log(2) + math.log(8) + math.log(0.1)
    assert together.median_hours == pytest.approx(math.exp((3 * math.log(6) + logs) / (3 + 3))), "no answer counts as quicker than .1 h"
    assert own[1].answers == pytest.approx((3 * together.answers + 2) / (3 + 3))
    assert own[1].says_yes == pytest.approx((3 * together.says_yes + 1) / (3 + 2))
    assert own[2].median_hours == pytest.approx(math.exp((3 * math.log(together.median_hours) + math.log(0.1)) / (3 + 1)))


def test_drawn_answers_come_as_often_as_willingly_and_as_soon_as_the_habit_says() -> None:
    heard = [Habit(0.7, 0.4, 6.0).draw(seed) for seed in SEEDS]
    answered = [one for one in heard if one.says_yes is not None]
    assert len(answered) / len(heard) == pytest.approx(0.7, abs=0.03)
    assert sum(one.says_yes is True for one in answered) / len(answered) == pytest.approx(0.4, abs=0.03)
    hours = [one.hours for one in answered]
    assert median(hours) == pytest.approx(MEDIAN_HOURS, rel=0.1)
    sooner, *_, later = quantiles([math.log(one) for one in hours], n=6)  # a sixth lies beyond about one spread on either side
    assert (later - sooner) / 2 == pytest.approx(0.967 * SPREAD, rel=0.08)
    assert all(one == Heard(None) for one in heard if one.says_yes is None)


def test_whoever_always_or_never_answers_does_so_and_no_answer_takes_no_time() -> None:
    always, never = Habit(1.0, 1.0, 0.0001), Habit(0.0, 1.0, 6.0)
    assert {always.draw(seed) for seed in SEEDS[:200]} == {Heard(True, 0.1)}
    assert {never.draw(seed) for seed in SEEDS[:200]} == {Heard(None, 0.0)}
    assert all(Habit(1.0, 0.0, 6.0).draw(seed).says_yes is False for seed in SEEDS[:200])


def test_the_same_seed_draws_the_same_and_a_kinder_habit_never_turns_a_yes_into_a_no() -> None:
    some, more = Habit(0.5, 0.5, 6.0), Habit(0.8, 0.8, 6.0)
    for seed in SEEDS[:400]:
        assert some.draw(seed) == some.draw(seed)
        if some.draw(seed).says_yes:
            assert more.draw(seed) == some.draw(seed)
