"""What a tally says: the check values of matching 7, and the arrays of version p2 against plain sums."""

import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import NOW

from matcher.domain.volunteer import Tally
from matcher.matching.chances import (
    LATER_OPTION,
    SORTS,
    Floats,
    ask_cost,
    chance_of_yes,
    faded_tiredness,
    hopes_of,
    need_now,
    normal_share,
    pressure_of,
    share_answered,
    share_by,
    share_within,
    sorts_of,
    still_live,
    tally_answered,
    tally_asked,
    tally_late,
    usual_delay,
)

CHECK = Tally(n=4, y=2, answers=3, log_delay=math.log(2) + math.log(3) + math.log(5), tired=0.8)


def test_the_check_values_of_the_contract() -> None:
    p_hat, median = chance_of_yes(CHECK, 14, 0.8), usual_delay(CHECK)
    share, cost = share_answered(18, median), ask_cost(14, 0.5, 0.125, tired=0.8, scarcity=1.2)
    assert [round(p_hat, 4), round(median, 3), round(share, 4), round(cost, 4)] == [0.3437, 4.318, 0.8829, 2.2466]
    assert [round(p_hat * share / cost, 4), round(still_live(p_hat, share_answered(4, median)), 4)] == [0.1351, 0.2158]


def test_the_need_of_the_contract() -> None:
    assert [round(need_now(hours, 0), 2) for hours in (100, 54, 36, 18, 1)] == [0.69, 0.69, 0.83, 0.97, 0.97]
    assert [round(need_now(54, pressure), 3) for pressure in (1, 1.5, 2, 2.8, 9)] == [0.689, 0.647, 0.485, 0.35, 0.35]


def test_a_standing_yes_counts_whatever_came_before() -> None:
    assert chance_of_yes(CHECK, 90, 5, standing=True) == 0.95 and usual_delay(CHECK, standing=True) == 0.25
    assert share_answered(0, 6) == 0 and share_answered(-1, 6) == 0


def test_tiredness_halves_every_fourteen_days_and_not_at_all_when_clocks_jump_back() -> None:
    fortnight = timedelta(days=14)
    assert (
        faded_tiredness(2, NOW - fortnight, NOW) == 1
        and faded_tiredness(2, NOW + fortnight, NOW) == 2
        and faded_tiredness(2, None, NOW) == 2
    )
    once = tally_asked(Tally(), NOW - fortnight)
    assert (once.n, once.tired) == (1, 1)
    twice = tally_asked(once, NOW)
    assert (twice.n, twice.tired, twice.tired_at) == (1.98, 1.5, NOW)
    assert (tally_late(once, NOW).tired, tally_late(once, NOW).tired_at) == (1, NOW)
    yes = tally_answered(twice, 0.01, said_yes=True)
    assert (yes.y, yes.answers, yes.log_delay) == (1, 1, math.log(0.1)) and tally_asked(yes, NOW).y == 0.98
    assert pressure_of([once, twice], NOW) == 1 and pressure_of([], NOW) == 0


def sorts(tally: Tally, *, standing: bool = False) -> tuple[Floats, Floats]:
    columns = [np.array([value]) for value in (tally.n, tally.y, tally.answers)]
    return sorts_of(*columns, log_delay=np.array([tally.log_delay]), standing=np.array([standing]))


def test_before_the_first_ask_everybody_is_of_any_sort() -> None:
    assert sorts(Tally())[0][:, 0].tolist() == pytest.approx([*(sort.share for sort in SORTS), 0.0])
    assert sorts(Tally(n=9), standing=True)[0][:, 0].tolist() == [0.0, 0.0, 0.0, 1.0]


def test_silence_makes_somebody_one_who_hardly_ever_answers_and_quick_answers_a_quick_one() -> None:
    silent, quick = sorts(Tally(n=3)), sorts(Tally(n=3, answers=3, log_delay=3 * math.log(1.5), y=2))
    assert silent[0][2, 0] > 0.85 and quick[0][0, 0] > 0.75
    by_hand = [sort.share * (1 - sort.answers) ** 3 for sort in SORTS]
    assert silent[0][:3, 0].tolist() == pytest.approx([one / sum(by_hand) for one in by_hand])


def test_more_options_are_more_chances_and_later_ones_smaller() -> None:
    one = hopes_of(sorts(Tally(), standing=True), np.array([[5.0]]), np.array([0.0]))
    two = hopes_of(sorts(Tally(), standing=True), np.array([[5.0], [5.0]]), np.array([0.0]))
    none = hopes_of(sorts(Tally(), standing=True), np.array([[5.0], [math.inf]]), np.array([0.0]))
    assert one.yes.sum() == pytest.approx(0.97 * 0.95) and none.yes.sum() == one.yes.sum()
    assert two.yes.sum() == pytest.approx(0.97 * (1 - 0.05 * (1 - LATER_OPTION * 0.95)))


@given(st.floats(-40, 40))
def test_the_quick_normal_share_is_as_exact_as_it_says(away: float) -> None:
    clipped = max(away, -8.0)
    assert float(normal_share(np.array([clipped]))[0]) == pytest.approx(0.5 * math.erfc(-away / math.sqrt(2)), abs=1.5e-4)


def test_no_time_left_brings_nobody() -> None:
    assert share_within(np.array([0.0, -3.0]), np.array([0.5, 0.5])).max() < 1e-12


@given(st.floats(-25, 8), st.floats(-3, 4))
def test_one_share_by_itself_is_that_of_the_arrays(ln_hours: float, ln_median: float) -> None:
    together = share_within(np.array([math.exp(ln_hours)]), np.array([ln_median]))
    assert share_by(math.log(max(math.exp(ln_hours), 1e-9)), ln_median) == pytest.approx(float(together[0]), rel=1e-9)
