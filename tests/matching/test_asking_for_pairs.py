"""Two companions are asked for at once: what is wanted is reckoned for each open seat, and one seat is what it always was."""

from dataclasses import replace
from datetime import timedelta
from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import LONDON, NOW, a_candidate, a_view, an_offer

from matcher.domain.journey_word import OfferState
from matcher.matching.asking_figures import Missing, outlook_of, outstanding_of
from matcher.matching.asking_hours import AskingHours
from matcher.matching.asking_settings import SHIPPED
from matcher.matching.choosing_asks import choose_asks

CROWD = tuple(replace(a_candidate(number), kms=(3.0,)) for number in range(1, 13))
HOURS = AskingHours(LONDON)
SOON = NOW + timedelta(hours=6)


def chance_of_fewer(gains: list[float], seats: int) -> float:
    """The chance that fewer people than seats say yes, counted through one by one."""
    ways = product((False, True), repeat=len(gains))
    return sum(prod(gain if yes else 1 - gain for gain, yes in zip(gains, way, strict=True)) for way in ways if sum(way) < seats)


@given(st.lists(st.floats(0, 0.99), max_size=7), st.sampled_from([1, 2]))
def test_what_is_missing_is_the_chance_that_a_seat_stays_empty(gains: list[float], seats: int) -> None:
    missing = Missing(np.ones(1), np.zeros(1), seats)
    for gain in gains:
        missing = missing.after(np.array([gain]))
    assert missing.short[0] == pytest.approx(chance_of_fewer(gains, seats), abs=1e-12)


@given(st.lists(st.floats(0, 0.99), max_size=4), st.lists(st.floats(0, 0.99), max_size=4), st.sampled_from([1, 2]))
def test_asking_many_more_is_asking_them_one_by_one(before: list[float], gains: list[float], seats: int) -> None:
    missing = Missing(np.ones(1), np.zeros(1), seats)
    for gain in before:
        missing = missing.after(np.array([gain]))
    together = missing.after_all(np.array([gains]).reshape(1, -1))
    assert together.short[0] == pytest.approx(chance_of_fewer([*before, *gains], seats), abs=1e-9)


@pytest.mark.parametrize("seats", [1, 2])
@pytest.mark.parametrize("waiting", [0, 1])
def test_whether_any_yes_still_comes_counts_everybody_who_could_be_asked(seats: int, waiting: int) -> None:
    offers = tuple(an_offer(20 + number, NOW - timedelta(hours=1)) for number in range(waiting))
    decision = choose_asks(a_view(candidates=CROWD[:5], seats_open=seats, offers=offers))
    figures = decision.asks[0].why.figures
    assert figures is not None
    comes = [1 - outstanding_of(a_view(offers=offers), HOURS, outlook_of(a_view(), HOURS, SHIPPED.weights)).missing.short[0]] * waiting
    assert decision.any_yes == pytest.approx(1 - chance_of_fewer([figures.in_time] * 5 + comes, seats), abs=1e-9)


def test_where_nobody_is_left_to_ask_only_those_who_think_may_bring_a_yes() -> None:
    decision = choose_asks(a_view(candidates=(), offers=(an_offer(1),)))
    assert decision.any_yes is not None and decision.q == pytest.approx(1 - decision.any_yes) and 0 < decision.any_yes < 0.5
    assert choose_asks(a_view(candidates=())).any_yes == 0


def test_for_two_seats_more_are_asked_at_once_and_still_never_all() -> None:
    one, two = [choose_asks(a_view(candidates=CROWD, deadline=SOON, seats_open=seats)) for seats in (1, 2)]
    assert 0 < len(one.asks) < len(two.asks) <= 8
    assert one.q is not None and two.q is not None
    gains = [ask.why.figures.in_time for ask in two.asks if ask.why.figures]
    assert two.q == pytest.approx(chance_of_fewer(gains, 2))


def test_asks_on_their_way_count_for_both_seats() -> None:
    waiting = tuple(an_offer(20 + number) for number in range(4))
    alone = choose_asks(a_view(candidates=CROWD, deadline=SOON, seats_open=2))
    beside = choose_asks(a_view(candidates=CROWD, deadline=SOON, seats_open=2, offers=waiting))
    assert len(beside.asks) < len(alone.asks)


@given(st.lists(st.tuples(st.floats(0, 60), st.booleans()), max_size=5), st.sampled_from([1, 2]))
def test_what_may_still_come_of_several_asks_is_reckoned_for_each_seat_and_by_each_moment(
    asked: list[tuple[float, bool]], seats: int
) -> None:
    offers = [replace(an_offer(20 + n, NOW - timedelta(hours=hours)), bundled=beside) for n, (hours, beside) in enumerate(asked)]
    outlook = outlook_of(a_view(), HOURS, SHIPPED.weights)
    alone = [outstanding_of(a_view(offers=(offer,)), HOURS, outlook) for offer in offers]
    together = outstanding_of(a_view(offers=tuple(offers), seats_open=seats), HOURS, outlook)
    assert len(together.missing.short) == len(outlook.left) == 2, "by the deadline, and within a day"
    for place, short in enumerate(together.missing.short):
        assert short == pytest.approx(chance_of_fewer([1 - one.missing.short[place] for one in alone], seats))
    assert together.soon.short.tolist() == [pytest.approx(chance_of_fewer([1 - one.soon.short[0] for one in alone], seats))]


def test_what_stands_beside_another_invitation_is_half_as_likely_to_bring_somebody() -> None:
    letters = tuple(an_offer(20 + number, state=OfferState.SENT) for number in range(3))
    shown = tuple(replace(offer, bundled=True) for offer in letters)
    own, beside = [choose_asks(a_view(candidates=(), offers=offers, deadline=SOON)) for offers in (letters, shown)]
    assert own.q is not None and beside.q is not None and own.q < beside.q < 1
