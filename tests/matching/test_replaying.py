"""A replay: answers that were given are used, others drawn alike for every policy; nobody over their limits; figures that say what they are worth."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from matcher.domain.journey_word import OfferState
from matcher.matching.asking_view import AskDecision, AskingView
from matcher.matching.habits import Habit, Heard, fit_habits
from matcher.matching.policies import POLICY_NAMES, Policy, UnknownPolicy, policy_named
from matcher.matching.replaying import Case, Person, gini, replay

LONDON = ZoneInfo("Europe/London")
MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
HABIT = Habit(0.6, 0.5, 6.0)


def person(number: int, **changes: Any) -> Person:
    """Somebody who wants two letters a week and goes twice in four weeks."""
    return Person(**({"id": UUID(int=number), "number": number, "letters": 2, "going_cap": 2, "habit": HABIT} | changes))


def case(number: int, *people: int, after: float = 0, days: float = 3, heard: dict[int, Heard] | None = None, seats: int = 1) -> Case:
    """A referral sent so many hours after Monday at ten, to one meeting some days later."""
    sent_at = MONDAY + timedelta(hours=after)
    starts_at = sent_at + timedelta(days=days, hours=9)
    key = (UUID(int=10_000 + number), starts_at.date())
    could = {one: {key: (starts_at, 3.0)} for one in people}
    return Case(id=UUID(int=number), sent_at=sent_at, zone=LONDON, seats=seats, could=could, heard=heard or {})


def people(count: int, **changes: Any) -> dict[int, Person]:
    return {number: person(number, **changes) for number in range(count)}


def test_answers_that_were_given_are_played_as_they_were() -> None:
    heard = {0: Heard(False, 0.5), 1: Heard(True, 2.0), 2: Heard(None), 3: Heard(True, 0.1)}
    told = replay([case(1, 0, 1, 2, 3, heard=heard)], people(4), policy_named("round_robin_wave3_4h"), seed=1)
    # Three are asked; the no at half past is replaced by number 3, whose yes comes first.
    assert (told.filled, told.letters, told.drawn) == (1, 4, 0)
    assert told.waited_hours == [pytest.approx(0.6)]


def test_a_wave_waits_as_long_as_its_policy_says() -> None:
    heard = {number: Heard(None) for number in range(3)} | {3: Heard(True, 1.0)}
    waited = [
        replay([case(1, 0, 1, 2, 3, heard=heard)], people(4), policy_named(name), seed=1).waited_hours[0]
        for name in ("round_robin_wave3_4h", "round_robin_wave3_12h")
    ]
    assert waited[0] == pytest.approx(5.0) and waited[1] > 12


def test_a_drawn_answer_is_counted_and_the_same_for_every_policy_and_every_run() -> None:
    chance = random.Random(5)
    cases = [case(n, *chance.sample(range(20), 8), after=6 * n, days=4) for n in range(30)]
    runs = [replay(cases, people(20), policy_named("round_robin_wave3_4h"), seed=3) for _ in range(2)]
    assert runs[0] == runs[1] and 0 < runs[0].filled <= 30
    assert runs[0].drawn == runs[0].played == runs[0].letters
    assert replay(cases, people(20), policy_named("round_robin_wave3_4h"), seed=4) != runs[0]
    assert HABIT.draw("1 a 2") == HABIT.draw("1 a 2")


def watched(policy: Policy, seen: list[tuple[AskingView, AskDecision]]) -> Policy:
    """The same policy, with what it saw and said."""

    def decide(view: AskingView) -> AskDecision:
        seen.append((view, policy(view)))
        return seen[-1][1]

    return decide


def test_nobody_is_asked_over_their_letters_or_twice_for_one() -> None:
    chance = random.Random(6)
    cases = [
        case(n, *chance.sample(range(6), 4), after=chance.uniform(0, 200), days=chance.uniform(1, 5), seats=chance.choice((1, 2)))
        for n in range(60)
    ]
    seen: list[tuple[AskingView, AskDecision]] = []
    told = replay(cases, people(6, habit=Habit(1.0, 0.9, 0.5)), watched(policy_named("round_robin_wave3_4h"), seen), seed=2)
    asks = [(view.now, view.referral, ask.volunteer) for view, decision in seen for ask in decision.asks]
    assert max(Counter((referral, one) for _, referral, one in asks).values()) == 1
    for one in {volunteer for _, _, volunteer in asks}:
        times = sorted(at for at, _, volunteer in asks if volunteer == one)
        assert all(later - sooner >= timedelta(days=7) for sooner, later in zip(times, times[2:], strict=False)), (
            "two letters in seven days"
        )
    assert told.letters == len(asks) and 0 < told.filled < 60, "caps leave some without company"
    assert all(view.now < view.deadline for view, _ in seen)


def test_a_going_cap_holds_over_the_block() -> None:
    eager = {0: person(0, letters=7, going_cap=1, habit=Habit(1.0, 1.0, 0.2))}
    cases = [case(n, 0, after=48 * n, heard={0: Heard(True, 0.2)}) for n in range(4)]
    assert replay(cases, eager, policy_named("round_robin_wave3_4h"), seed=1).filled == 1


def test_two_seats_go_to_one_meeting() -> None:
    pair = case(1, 0, 1, heard={0: Heard(True, 1.0), 1: Heard(True, 2.0)}, seats=2)
    assert replay([pair], people(2), policy_named("round_robin_wave3_4h"), seed=1).filled == 1
    alone = case(1, 0, 1, heard={0: Heard(True, 1.0), 1: Heard(False, 2.0)}, seats=2)
    assert replay([alone], people(2), policy_named("round_robin_wave3_4h"), seed=1).filled == 0


def test_habits_are_fitted_to_what_was_heard_and_drawn_towards_everybody() -> None:
    log = [(1, Heard(True, 1.0))] * 20 + [(2, Heard(None))] * 20
    together, own = fit_habits(log)
    assert together.answers == pytest.approx((3 * 0.6 + 20) / 43)
    assert own[1].answers > 0.9 and own[1].says_yes > 0.9 and own[2].answers < 0.1
    assert own[1].median_hours < together.median_hours < 6.0
    nothing, nobody = fit_habits([])
    assert (nothing.answers, nothing.says_yes, nothing.median_hours) == (0.6, 0.5, pytest.approx(6.0)) and nobody == {}


def test_how_unevenly_letters_are_shared() -> None:
    assert gini([3, 3, 3]) == pytest.approx(0) and gini([0, 0, 0, 8]) == pytest.approx(0.75) and gini([]) == gini([0]) == 0.0


def test_policies_are_known_by_name() -> None:
    assert "round_robin_wave3_4h" in POLICY_NAMES
    with pytest.raises(UnknownPolicy):
        policy_named("everybody")


def test_each_referral_steps_the_bar_once() -> None:
    steps: list[int] = []
    replay(
        [case(n, 0, 1, after=n) for n in range(5)], people(2), policy_named("round_robin_wave3_4h"), seed=1, step=lambda: steps.append(1)
    )
    assert len(steps) == 5


def test_the_first_yes_of_a_pair_fixes_the_meeting_for_the_second() -> None:
    first, second = ((UUID(int=n), MONDAY.date()) for n in (1, 2))
    starts_at = MONDAY + timedelta(days=3)
    could = {0: {first: (starts_at, 1.0)}, 1: {second: (starts_at + timedelta(days=1), 1.0)}}
    heard = {0: Heard(True, 1.0), 1: Heard(True, 2.0)}
    pair = Case(id=UUID(int=5), sent_at=MONDAY, zone=LONDON, seats=2, could=could, heard=heard)
    assert replay([pair], people(2), policy_named("round_robin_wave3_4h"), seed=1).filled == 0
    both = Case(id=UUID(int=5), sent_at=MONDAY, zone=LONDON, seats=2, could=could | {1: could[1] | could[0]}, heard=heard)
    assert replay([both], people(2), policy_named("round_robin_wave3_4h"), seed=1).filled == 1


def seen_by(cases: list[Case], crowd: dict[int, Person], **changes: Any) -> list[tuple[AskingView, AskDecision]]:
    """What the policy saw and said at each look."""
    seen: list[tuple[AskingView, AskDecision]] = []
    replay(cases, crowd, watched(policy_named("round_robin_wave3_4h"), seen), **({"seed": 1} | changes))
    return seen


def test_a_look_sees_the_referral_as_it_stands() -> None:
    heard = {0: Heard(False, 1.0), 1: Heard(None), 2: Heard(None), 3: Heard(None)}
    seen = seen_by([case(7, 0, 1, 2, 3, heard=heard)], people(4))
    first, second = seen[0][0], seen[1][0]
    assert (first.now, first.submitted_at, first.asking_since, first.zone) == (MONDAY, MONDAY, MONDAY, LONDON)
    assert first.deadline == MONDAY + timedelta(days=3, hours=7), "two hours before it starts"
    assert first.referral == UUID(int=7) and first.eligible_count == 4 and first.offers == ()
    assert [one.number for one in first.candidates] == [0, 1, 2, 3]
    assert second.now == MONDAY + timedelta(hours=1) and second.eligible_count == 1
    assert [(offer.volunteer.int, offer.shown_at, offer.wave, offer.state) for offer in second.offers] == [
        (0, MONDAY, 1, OfferState.DECLINED),
        (1, MONDAY, 1, OfferState.SENT),
        (2, MONDAY, 1, OfferState.SENT),
    ]
    last = seen[-1][0]
    assert {offer.state for offer in last.offers} == {OfferState.DECLINED, OfferState.EXPIRED}, "silence ends after a day"


def test_what_is_seen_of_somebody_is_what_they_have_done_so_far() -> None:
    eager = people(1, letters=7, going_cap=4)
    yes = {0: Heard(True, 0.5)}
    cases = [case(1, 0, heard=yes), case(2, 0, after=30, heard=yes), case(3, 0, after=30 + 24 * 8, heard=yes)]
    firsts = {view.referral.int: view for view, _ in reversed(seen_by(cases, eager))}
    assert [firsts[number].candidates[0].load for number in (1, 2, 3)] == [0.25, 0.5, 0.75]
    assert [firsts[number].candidates[0].letters_this_week for number in (1, 2, 3)] == [0, 1, 0]
    assert firsts[2].candidates[0].last_asked_at == MONDAY and firsts[1].candidates[0].last_asked_at is None
    one = firsts[1].candidates[0]
    assert (one.volunteer, one.number, one.km, one.going_cap) == (UUID(int=0), 0, 3.0, 4)


def test_km_and_load_are_those_of_the_nearest_option() -> None:
    near, far = (UUID(int=1), MONDAY.date()), (UUID(int=2), MONDAY.date())
    could = {0: {far: (MONDAY + timedelta(days=2), 9.0), near: (MONDAY + timedelta(days=4), 2.0)}}
    referral = Case(id=UUID(int=5), sent_at=MONDAY, zone=LONDON, seats=1, could=could, heard={0: Heard(True, 1.0)})
    assert referral.deadline == MONDAY + timedelta(days=3, hours=22)
    view = seen_by([referral], people(1))[0][0]
    assert view.candidates[0].km == 2.0 and view.candidates[0].options == (far, near)


def test_a_letter_that_waits_keeps_others_away_for_a_day_and_the_weeks_letters_for_seven() -> None:
    quiet = {0: Heard(None)}
    apart = [case(1, 0, heard=quiet), case(2, 0, after=23.9, heard=quiet), case(3, 0, after=24, heard=quiet)]
    assert {view.referral.int for view, decision in seen_by(apart, people(1)) if decision.asks} == {1, 3}
    once = [case(1, 0, heard=quiet), case(2, 0, after=24 * 7 - 1, days=0.4, heard=quiet), case(3, 0, after=24 * 7, heard=quiet)]
    assert {view.referral.int for view, decision in seen_by(once, people(1, letters=1)) if decision.asks} == {1, 3}


def test_nobody_is_asked_for_two_meetings_less_than_three_hours_apart() -> None:
    def at(number: int, hours: float) -> Case:
        key = (UUID(int=100 + number), MONDAY.date())
        could = {0: {key: (MONDAY + timedelta(days=5, hours=hours), 1.0)}}
        sent_at = MONDAY + timedelta(days=2 * (number - 1))
        return Case(id=UUID(int=number), sent_at=sent_at, zone=LONDON, seats=1, could=could, heard={0: Heard(True, 0.5)})

    both = [
        replay([at(1, 0), at(2, hours)], people(1), policy_named("round_robin_wave3_4h"), seed=1).filled for hours in (2.9, 3, -2.9, -3)
    ]
    assert both == [1, 2, 1, 2]


def test_figures_count_letters_answers_and_days() -> None:
    heard = {0: Heard(True, 24.0), 1: Heard(None)}
    told = replay(
        [case(1, 0, 1, heard=heard), case(2, 2, after=1)],
        people(3, habit=Habit(0.0, 0.5, 6.0)),
        policy_named("round_robin_wave3_4h"),
        seed=1,
    )
    assert (told.referrals, told.filled, told.filled_in_a_day, told.letters) == (2, 1, 1, 3)
    assert (told.played, told.drawn, dict(told.letters_of), told.waited_hours) == (3, 1, {0: 1, 1: 1, 2: 1}, [24.0])
    late = replay([case(1, 0, heard={0: Heard(True, 24.1)})], people(1), policy_named("round_robin_wave3_4h"), seed=1)
    assert (late.filled, late.filled_in_a_day) == (1, 0)


def test_a_yes_after_the_deadline_or_for_a_place_that_is_taken_is_none() -> None:
    too_late = replay([case(1, 0, days=0.1, heard={0: Heard(True, 12.0)})], people(1), policy_named("round_robin_wave3_4h"), seed=1)
    assert too_late.letters == 1 and too_late.filled == 0
    heard = {0: Heard(True, 1.0), 1: Heard(True, 2.0), 2: Heard(True, 3.0)}
    again = [case(1, 0, 1, 2, heard=heard), case(2, 1, 2, after=24 * 8, heard=heard)]
    told = replay(again, people(3, going_cap=1), policy_named("round_robin_wave3_4h"), seed=1)
    assert told.filled == 2, "whoever came too late is not taken to be going"


def test_a_referral_that_nobody_could_go_to_is_over_when_it_begins() -> None:
    nobody = case(1)
    assert nobody.deadline == MONDAY and seen_by([nobody], people(0)) == []
    told = replay([nobody], people(0), policy_named("round_robin_wave3_4h"), seed=1)
    assert (told.referrals, told.filled, told.letters) == (1, 0, 0)
