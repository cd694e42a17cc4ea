"""Connect now: in which order those who may be rung are rung. The index with S = 1, rest, and the same answer for the same state."""

import math
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import NOW, a_candidate

from matcher.domain.volunteer import Tally
from matcher.matching.asking_view import Candidate, DecisionReason
from matcher.matching.on_call import Ringing, choose_rings

HOUR = timedelta(hours=1)
QUIET = Ringing(now=NOW, live=0, pressure=0.0)


def order(*people: Candidate, ringing: Ringing = QUIET) -> list[int]:
    return [ring.candidate.number for ring in choose_rings(people, ringing)]


def test_the_index_is_that_of_the_design_with_one_hour_left() -> None:
    """n 4, y 2, km 14, φ .8, answers after 2, 3 and 5 h, free, cap 2, s .125: p̂ .3437, m 4.318 h; F(1) and the cost without λ follow."""
    tally = Tally(n=4, y=2, log_delay=math.log(2) + math.log(3) + math.log(5), answers=3, tired=0.8, tired_at=NOW)
    person = replace(a_candidate(1), km=14.0, load=0.5, year_share=0.125, tally=tally)
    figures = choose_rings([person], QUIET)[0].why.figures
    assert figures is not None
    assert figures.p_hat == pytest.approx(0.3437, abs=5e-5)
    within = 0.5 * math.erfc(math.log(4.318) / (1.2 * math.sqrt(2)))
    cost = 1 + 0.35 * 1.4 + 0.5 * (0.25 + 0.125 / 4) + 0.5 * 0.8
    assert figures.cost == pytest.approx(cost) and figures.in_time == pytest.approx(0.3437 * within, rel=1e-3)
    assert figures.index == pytest.approx(0.3437 * within / cost, rel=1e-3)


def test_who_answers_soon_comes_before_who_answers_some_day() -> None:
    soon = replace(a_candidate(2), tally=Tally(n=3, y=1, answers=3, log_delay=3 * math.log(0.5)))
    late = replace(a_candidate(1), tally=Tally(n=3, y=1, answers=3, log_delay=3 * math.log(20)))
    assert order(late, soon) == [2, 1]


def test_a_long_way_a_full_month_and_tiredness_put_somebody_back() -> None:
    plain = a_candidate(5)
    for heavier in (
        replace(a_candidate(1), km=40.0),
        replace(a_candidate(1), load=1.0),
        replace(a_candidate(1), tally=Tally(tired=3.0, tired_at=NOW)),
        replace(a_candidate(1), year_share=2.0),
    ):
        assert order(heavier, plain) == [5, 1]


def test_equals_go_by_fewer_asks_then_by_roster_number() -> None:
    assert order(a_candidate(3), a_candidate(1), a_candidate(2)) == [1, 2, 3]


def test_who_was_asked_lately_comes_last_and_not_while_an_ask_waits() -> None:
    tired, rested = a_candidate(1, NOW - 3 * HOUR), replace(a_candidate(2, NOW - 24 * HOUR), km=60.0)
    assert order(tired, rested) == [2, 1]
    assert order(tired, rested, ringing=replace(QUIET, live=1)) == [2]
    assert order(tired, rested, ringing=replace(QUIET, live=1, pressure=1.1)) == [], "a week of rest while everybody is asked a lot"


def test_the_reason_says_how_it_came_about() -> None:
    why = choose_rings([a_candidate(1), a_candidate(2)], replace(QUIET, pressure=0.4))[1].why
    assert (why.policy, why.reason, why.rank, why.considered, why.hours_left) == ("ring_now", DecisionReason.RUNG, 2, 2, 1.0)
    told = why.to_json()
    assert told["version"] == "p1" and told["pressure"] == 0.4 and told["hopes"] == () and told["propensity"] == 1.0


@given(
    st.lists(
        st.tuples(st.floats(0, 80), st.floats(0, 2), st.floats(0, 9), st.integers(0, 200)),
        min_size=1,
        max_size=8,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_does_not_depend_on_how_people_are_listed(facts: list[tuple[float, float, float, int]], shuffle: Random) -> None:
    people = [
        replace(a_candidate(n, NOW - hours * HOUR), km=km, load=load, tally=Tally(n=asks))
        for n, (km, load, asks, hours) in enumerate(facts, start=1)
    ]
    mixed = list(people)
    shuffle.shuffle(mixed)
    assert order(*mixed) == order(*people) and sorted(order(*people)) == [person.number for person in people]
