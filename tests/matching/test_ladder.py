"""The ladder: when each rung is due, in which order, with whose yes; and how far somebody comes if nobody else can."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.place import Circle
from matcher.domain.rung import CONSENT, Rung
from matcher.domain.wishes import MayWiden
from matcher.matching.ladder import LadderStep, LadderView, coming_further, next_allowed, next_step, not_allowed
from tests.matching.made_up import CENTRE, LONDON, NOW, a_volunteer

HOUR = timedelta(hours=1)
EVERYTHING = frozenset(MayWiden)
NEXT_WEEK = NOW + timedelta(days=7)


def a_ladder(**changes: Any) -> LadderView:
    """A referral of an hour ago for a meeting in a week, with everybody asked and nobody left."""
    facts: dict[str, Any] = {"now": NOW, "deadline": NEXT_WEEK, "zone": LONDON, "looking_since": NOW - HOUR, "exhausted": True}
    return LadderView(**facts | changes)


def climb(view: LadderView) -> list[Rung]:
    """Every rung that follows when each is taken and an asking hour goes by in between."""
    taken = []
    while (step := next_step(view)).rung not in (None, Rung.COORDINATOR):
        assert step.rung is not None
        taken.append(step.rung)
        view = replace(view, next_rung=Rung(step.rung + 1), last_at=view.now, now=view.now + HOUR)
    return taken


def test_with_every_yes_the_rungs_follow_in_their_order_and_end_with_the_coordinator() -> None:
    assert climb(a_ladder(may_widen=EVERYTHING)) == [Rung(n) for n in range(6)]
    assert next_step(a_ladder(may_widen=EVERYTHING, next_rung=Rung.COORDINATOR)) == LadderStep(Rung.COORDINATOR)


@pytest.mark.parametrize("rung", [rung for rung in CONSENT if rung < Rung.COORDINATOR])
def test_a_rung_without_its_own_yes_is_passed_over_and_no_other_yes_opens_it(rung: Rung) -> None:
    assert rung in climb(a_ladder(may_widen=EVERYTHING))
    assert rung not in climb(a_ladder(may_widen=EVERYTHING - {CONSENT[rung]}))
    assert climb(a_ladder(may_widen=frozenset({CONSENT[rung]}))) == [Rung.REACH, rung]


def test_without_any_yes_only_the_volunteers_own_is_used_before_the_coordinator() -> None:
    assert climb(a_ladder()) == [Rung.REACH]
    assert next_step(a_ladder(next_rung=Rung.FARTHER)) == LadderStep(Rung.COORDINATOR)
    assert not_allowed(Rung.FARTHER, frozenset({MayWiden.ONLINE})) == tuple(rung for rung in CONSENT if rung is not Rung.ONLINE)


def test_two_rungs_are_an_asking_hour_apart_and_the_night_does_not_count() -> None:
    late = datetime(2026, 5, 11, 19, 30, tzinfo=NOW.tzinfo)  # 20:30 in London: half an hour is left today
    view = a_ladder(now=late, may_widen=EVERYTHING, next_rung=Rung.OTHER_DAY, last_at=late)
    assert next_step(view) == LadderStep(None, datetime(2026, 5, 12, 7, 30, tzinfo=NOW.tzinfo))
    assert next_step(replace(view, now=datetime(2026, 5, 12, 7, 29, tzinfo=NOW.tzinfo))).rung is None
    assert next_step(replace(view, now=datetime(2026, 5, 12, 7, 30, tzinfo=NOW.tzinfo))).rung is Rung.OTHER_DAY


@pytest.mark.parametrize(("hours_left", "rung"), [(5.9, Rung.OTHER_DAY), (6.0, None)])
def test_with_under_six_asking_hours_the_next_rung_waits_for_nothing(hours_left: float, rung: Rung | None) -> None:
    view = a_ladder(deadline=NOW + timedelta(hours=hours_left), may_widen=EVERYTHING, next_rung=Rung.OTHER_DAY, last_at=NOW, told=True)
    assert next_step(view).rung is rung


def test_the_first_rung_waits_while_somebody_thinks_unless_nobody_is_left_to_ask() -> None:
    short = a_ladder(exhausted=False, deadline=NOW + 3 * HOUR, told=True)
    assert next_step(short).rung is Rung.REACH
    assert next_step(replace(short, live=1)).rung is None
    assert next_step(replace(short, deadline=NOW + 4 * HOUR)).rung is None, "a whole wave's time is left"
    assert next_step(replace(short, live=1, exhausted=True)).rung is Rung.REACH


@pytest.mark.parametrize(("chance", "rung"), [(0.49, Rung.FARTHER), (0.5, None), (None, None)])
def test_a_policy_that_reckons_with_chances_widens_while_a_yes_is_unlikely(chance: float | None, rung: Rung | None) -> None:
    assert next_step(a_ladder(exhausted=False, next_rung=Rung.FARTHER, may_widen=EVERYTHING, chance=chance)).rung is rung


def test_an_unlikely_yes_with_no_rung_left_tells_the_coordinator_once_and_asking_goes_on() -> None:
    view = a_ladder(exhausted=False, next_rung=Rung.COORDINATOR, chance=0.2)
    assert next_step(view) == LadderStep(Rung.COORDINATOR, asking_goes_on=True, unlikely=True)
    assert next_step(replace(view, deadline=NOW + 3 * HOUR)) == LadderStep(Rung.COORDINATOR, asking_goes_on=True), "time is short besides"
    assert next_step(replace(view, told=True)).rung is None


@pytest.mark.parametrize("rung", [Rung.FARTHER, Rung.OTHER_DAY, Rung.NEXT_FELLOWSHIP, Rung.ONLINE])
def test_where_three_options_stand_no_other_takes_their_place_while_somebody_may_be_asked(rung: Rung) -> None:
    view = a_ladder(exhausted=False, next_rung=rung, may_widen=EVERYTHING, chance=0.2, room=False)
    assert next_step(replace(view, room=True)).rung is rung
    assert next_step(view) == LadderStep(Rung.COORDINATOR, asking_goes_on=True, unlikely=True), "a person hears of it meanwhile"
    assert next_step(replace(view, told=True)).rung is None
    assert next_step(replace(view, next_rung=Rung.ONE_COMPANION)).rung is Rung.ONE_COMPANION


def test_whoever_comes_further_if_need_be_is_asked_as_soon_as_a_yes_is_unlikely_whoever_else_thinks() -> None:
    view = a_ladder(exhausted=False, live=2)
    assert [next_step(replace(view, chance=chance)).rung for chance in (0.49, 0.5, None)] == [Rung.REACH, None, None]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"deadline": NOW + 12 * HOUR}, False),  # from 10:00: 11 hours today, then the night
        ({"deadline": NOW + timedelta(days=1, hours=2)}, True),  # 11 today and 4 tomorrow
        ({"looking_since": NOW - 48 * HOUR}, False),
        ({"looking_since": NOW - 47 * HOUR}, True),
    ],
)
def test_the_coordinator_is_told_at_thirteen_asking_hours_or_after_two_days(changes: dict[str, Any], told: bool) -> None:
    view = a_ladder(exhausted=False, **changes)
    step = next_step(view)
    assert (step.rung is None) == told
    assert step == LadderStep(None, step.look_again_at) if told else step.asking_goes_on
    assert next_step(replace(view, told=True)).rung is not Rung.COORDINATOR


def test_while_time_passes_the_ladder_looks_again_when_thirteen_hours_are_left() -> None:
    view = a_ladder(exhausted=False, deadline=NOW + timedelta(days=1, hours=8))  # 11 hours today, 10 tomorrow
    step = next_step(view)
    assert step.look_again_at == NOW + 8 * HOUR
    assert next_step(replace(view, now=NOW + 8 * HOUR)).asking_goes_on


def test_at_the_deadline_only_the_honest_no_is_left() -> None:
    assert next_step(a_ladder(now=NEXT_WEEK, may_widen=EVERYTHING)) == LadderStep(Rung.HONEST_NO)


@given(
    next_rung=st.sampled_from(list(Rung)[:7]),
    may_widen=st.frozensets(st.sampled_from(MayWiden)),
    exhausted=st.booleans(),
    chance=st.none() | st.floats(0, 1),
    live=st.integers(0, 3),
    minutes=st.integers(-60, 7 * 24 * 60),
    since=st.none() | st.integers(0, 600),
    told=st.booleans(),
)
def test_no_rung_is_ever_due_without_its_yes_and_there_is_always_a_next_step(
    next_rung: Rung,
    may_widen: frozenset[MayWiden],
    exhausted: bool,
    chance: float | None,
    live: int,
    minutes: int,
    since: int | None,
    told: bool,
) -> None:
    view = a_ladder(
        deadline=NOW + timedelta(minutes=minutes),
        next_rung=next_rung,
        may_widen=may_widen,
        exhausted=exhausted,
        chance=chance,
        live=live,
        last_at=None if since is None else NOW - timedelta(minutes=since),
        told=told,
    )
    step = next_step(view)
    if step.rung is None:
        assert step.look_again_at is not None or (told and not exhausted), "asking has its own next look"
        assert step.look_again_at is None or NOW < step.look_again_at <= max(view.deadline, view.looking_since + 48 * HOUR)
    elif step.rung <= Rung.ONLINE:
        assert step.rung >= next_rung and (step.rung not in CONSENT or CONSENT[step.rung] in may_widen)
        assert step.rung is next_allowed(next_rung, may_widen)
    assert next_step(view) == step


def test_only_who_said_so_comes_further_and_never_beyond_the_widest_reach() -> None:
    ten, eighty = Circle(CENTRE, 10), Circle(CENTRE, 80)
    assert coming_further(a_volunteer(reach=(ten,))).reach == (ten,)
    assert coming_further(a_volunteer(reach=(ten, eighty), further_if_needed=True)).reach == (Circle(CENTRE, 15), Circle(CENTRE, 100))
