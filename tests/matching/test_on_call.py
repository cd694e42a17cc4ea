"""Connect now: in which order those who may be rung are rung. The index with S = 1, rest, and the same answer for the same state."""

import math
from dataclasses import replace
from datetime import UTC, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import LONDON, NOW, a_candidate

from matcher.domain.volunteer import Tally
from matcher.matching.asking_settings import SHIPPED, fingerprint_of
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


def test_tiredness_fades_and_no_known_way_is_none() -> None:
    tired = Tally(tired=2.0, tired_at=NOW - timedelta(days=28))
    long_ago, since = replace(a_candidate(2), tally=tired), replace(a_candidate(1), tally=replace(tired, tired_at=NOW))
    assert order(since, long_ago) == [2, 1]
    [faded], [online], [next_door] = (
        choose_rings([one], QUIET) for one in (long_ago, replace(a_candidate(3), km=None), replace(a_candidate(4), km=0.0))
    )
    assert faded.why.figures is not None and faded.why.figures.tired == 0.5, "halved every fourteen days"
    assert online.why.figures == next_door.why.figures and online.why.km is None


def test_who_said_that_the_answer_is_always_yes_is_rung_first() -> None:
    """A chance of .95, within a quarter of an hour for half of them: 1.2 spreads the natural log, so Φ(ln 4 / 1.2) of them within the hour."""
    always = replace(a_candidate(9), standing=True, tally=Tally(n=9, answers=9, log_delay=9 * math.log(20)))
    quick = replace(a_candidate(1), tally=Tally(n=3, y=3, answers=3, log_delay=3 * math.log(0.5)))
    assert order(quick, always) == [9, 1]
    figures = choose_rings([always], QUIET)[0].why.figures
    assert figures is not None and figures.p_hat == 0.95
    assert figures.in_time == pytest.approx(0.95 * 0.5 * math.erfc(-math.log(4) / (1.2 * math.sqrt(2))))


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


def test_what_was_known_of_somebody_is_kept_with_the_call() -> None:
    tally = Tally(n=2.5, y=1.0, answers=2.0, log_delay=1.5, tired=0.25, tired_at=NOW, scarce=0.6)
    asked_at = NOW - timedelta(days=9)
    person = replace(a_candidate(4, asked_at), km=7.0, load=0.5, year_share=0.3, letters_this_week=1, standing=True, tally=tally)
    why = choose_rings([person], Ringing(now=NOW.astimezone(LONDON), live=1, pressure=0.4))[0].why
    assert (why.km, why.load, why.last_asked_at, why.letters_this_week, why.standing) == (7.0, 0.5, asked_at, 1, True)
    assert (why.decided_at, why.live_before, why.wave, why.claim) == (NOW, 1, 0, None) and why.decided_at.tzinfo is UTC
    told = why.figures
    assert told is not None and (told.settings, told.need) == (fingerprint_of(SHIPPED), SHIPPED.target)
    assert (told.n, told.y, told.answers, told.log_delay, told.tired, told.year_share) == (2.5, 1.0, 2.0, 1.5, 0.25, 0.3)
    assert (told.q_before, told.scarcity, told.explored) == (1.0, 0.0, False), "a call is for now, alone, and nobody is drawn by lot"


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
