"""The simple waves: whom, in which order, how many, when next, when no more; and what they promise whatever the state of a referral."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import LONDON, NOW, a_candidate, a_view, an_offer, person_id

from matcher.domain.errors import Misconfigured
from matcher.domain.journey_word import OfferState
from matcher.matching.asking_hours import AskingHours, is_asking_time
from matcher.matching.asking_view import LIVE, AskDecision, AskingView, Claim, ClaimKind, DecisionReason
from matcher.matching.waves import WAVE_POLICIES, WaveSettings, choose_wave

HOUR = timedelta(hours=1)
SENT, DECLINED, EXPIRED, NOT_NOW = OfferState.SENT, OfferState.DECLINED, OfferState.EXPIRED, OfferState.NOT_NOW
HOURS = AskingHours(LONDON)
ROUND_OF_THREE = tuple(an_offer(number) for number in (1, 2, 3))


def numbers(decision: AskDecision) -> list[int]:
    return [ask.volunteer.int for ask in decision.asks]


def due_in(hours: float, **changes: Any) -> AskingView:
    """A view in which the latest option starts in so many hours."""
    return a_view(deadline=NOW + timedelta(hours=hours - 2), **changes)


def test_three_are_asked_at_once_and_nobody_needs_to_press_anything() -> None:
    decision = choose_wave(a_view())
    assert numbers(decision) == [1, 2, 3] and decision.reason is DecisionReason.WAVE
    assert decision.look_again_at == NOW + 4 * HOUR
    assert choose_wave(a_view()) == decision


def test_asked_longest_ago_first_never_asked_first_of_all_then_by_roster_number() -> None:
    days_ago = {1: 2, 2: 30, 3: None, 4: 5, 5: None}
    people = tuple(a_candidate(n, None if days is None else NOW - timedelta(days=days)) for n, days in days_ago.items())
    assert numbers(choose_wave(a_view(candidates=people[::-1]), WaveSettings(wave_size=5))) == [3, 5, 2, 4, 1]


def test_what_the_ranking_never_sees_is_not_in_the_view_at_all() -> None:
    seen = set(a_candidate(1).__slots__)
    assert seen == {
        *("volunteer", "number", "options", "km", "load", "going_cap", "year_share", "tally"),
        *("last_asked_at", "letters_this_week", "standing", "also", "kms"),
    }


@pytest.mark.parametrize("state", [DECLINED, NOT_NOW, OfferState.UNDELIVERABLE, OfferState.WITHDRAWN])
def test_a_no_is_replaced_at_once(state: OfferState) -> None:
    offers = (an_offer(1, state=state), an_offer(2), an_offer(3))
    decision = choose_wave(a_view(now=NOW + timedelta(minutes=7), offers=offers, asking_since=NOW))
    assert numbers(decision) == [4] and decision.reason is DecisionReason.REPLACED
    assert decision.asks[0].wave == 1
    assert decision.look_again_at == NOW + 4 * HOUR  # the gap of the wave, not of the replacement


def test_silence_is_not_replaced_before_the_gap_is_over() -> None:
    for state in (SENT, EXPIRED):
        offers = tuple(replace(offer, state=state) for offer in ROUND_OF_THREE)
        waiting = choose_wave(a_view(now=NOW + 3 * HOUR + timedelta(minutes=59), offers=offers, asking_since=NOW))
        assert waiting.reason is DecisionReason.WAITING and not waiting.asks and waiting.look_again_at == NOW + 4 * HOUR
        after = choose_wave(a_view(now=NOW + 4 * HOUR, offers=offers, asking_since=NOW))
        assert numbers(after) == [4, 5, 6] and after.asks[0].wave == 2


def test_the_gap_is_of_asking_hours_and_runs_on_in_the_morning() -> None:
    evening = datetime(2026, 5, 11, 19, 0, tzinfo=UTC)  # 20:00 in London
    offers = tuple(an_offer(number, evening) for number in (1, 2, 3))
    view = a_view(now=evening + timedelta(minutes=1), offers=offers)
    assert choose_wave(view).look_again_at == datetime(2026, 5, 12, 7, 0, tzinfo=UTC)  # in an hour it is night
    at_night = choose_wave(replace(view, now=datetime(2026, 5, 11, 23, 0, tzinfo=UTC)))
    assert at_night.reason is DecisionReason.OUTSIDE_HOURS and at_night.look_again_at == datetime(2026, 5, 12, 7, 0, tzinfo=UTC)
    assert choose_wave(replace(view, now=datetime(2026, 5, 12, 9, 59, tzinfo=UTC))).reason is DecisionReason.WAITING
    assert numbers(choose_wave(replace(view, now=datetime(2026, 5, 12, 10, 0, tzinfo=UTC)))) == [4, 5, 6]


def test_after_the_gap_of_the_third_wave_a_person_is_needed() -> None:
    offers = tuple(an_offer(n, NOW + 4 * HOUR * ((n - 1) // 3), wave=(n - 1) // 3 + 1) for n in range(1, 9))
    third = choose_wave(a_view(now=NOW + 9 * HOUR, offers=offers, asking_since=NOW))
    assert third.reason is DecisionReason.REPLACED and numbers(third) == [9]
    over = choose_wave(a_view(now=NOW + timedelta(days=1), offers=offers, asking_since=NOW))
    assert over.reason is DecisionReason.WAVES_OVER and over.reason.needs_person and not over.asks


def play(view: AskingView) -> list[tuple[datetime, DecisionReason, int]]:
    """What happens when everybody is silent and each decision is made when the last one said."""
    story = []
    while not (story and (story[-1][1].needs_person or story[-1][1] is DecisionReason.DEADLINE_PASSED)):
        decision = choose_wave(view)
        story.append((view.now, decision.reason, len(decision.asks)))
        shown = tuple(an_offer(ask.volunteer.int, view.now, wave=ask.wave) for ask in decision.asks)
        view = replace(view, now=decision.look_again_at or view.deadline, offers=(*view.offers, *shown))
    return story


def test_a_silent_roster_is_asked_in_three_waves_and_then_a_person_is_told() -> None:
    story = play(a_view(candidates=tuple(a_candidate(number) for number in range(1, 31))))
    asks = [(at, count) for at, _, count in story if count]
    assert asks == [(NOW, 3), (NOW + 4 * HOUR, 3), (NOW + 8 * HOUR, 3)]
    assert story[-1] == (datetime(2026, 5, 12, 8, 0, tzinfo=UTC), DecisionReason.WAVES_OVER, 0)


def test_a_silent_roster_on_the_day_is_asked_faster() -> None:
    story = play(due_in(4, candidates=tuple(a_candidate(number) for number in range(1, 31))))
    asks = [((at - NOW) / HOUR, count) for at, _, count in story if count]
    assert asks == [(0, 3), (0.5, 3), (1.0, 3), (pytest.approx(1, abs=0.01), 1)]
    assert story[-1][1] is DecisionReason.DEADLINE_PASSED


def test_waves_count_anew_when_asking_begins_anew_and_nobody_is_asked_twice() -> None:
    offers = tuple(an_offer(n, NOW + 4 * HOUR * ((n - 1) // 3), DECLINED, wave=(n - 1) // 3 + 1) for n in range(1, 9))
    again = choose_wave(a_view(now=NOW + timedelta(days=1), offers=offers, asking_since=NOW + timedelta(days=1)))
    assert numbers(again) == [9, 10] and again.asks[0].wave == 1


def test_another_day_leaves_somebody_free_for_options_that_came_since() -> None:
    offers = (an_offer(1, state=NOT_NOW), an_offer(2, state=DECLINED))
    view = a_view(now=NOW + HOUR, offers=offers, candidates=(a_candidate(1), a_candidate(2)))
    assert numbers(choose_wave(replace(view, asking_since=NOW))) == []
    assert numbers(choose_wave(replace(view, asking_since=NOW + HOUR))) == [1]


def test_under_twelve_hours_the_gap_is_half_an_hour() -> None:
    before = due_in(12.6, now=NOW + timedelta(minutes=30), offers=ROUND_OF_THREE, asking_since=NOW)
    assert choose_wave(before).reason is DecisionReason.WAITING
    look = choose_wave(before).look_again_at
    assert look == NOW + timedelta(minutes=36, seconds=1)  # when the start is under twelve hours away
    assert numbers(choose_wave(replace(before, now=look))) == [4, 5, 6]
    near = due_in(11, now=NOW + timedelta(minutes=29), offers=ROUND_OF_THREE, asking_since=NOW)
    assert choose_wave(near).look_again_at == NOW + timedelta(minutes=30)
    assert numbers(choose_wave(replace(near, now=NOW + timedelta(minutes=30)))) == [4, 5, 6]


def test_exactly_twelve_hours_is_not_under_twelve_and_exactly_three_not_under_three() -> None:
    at = NOW + timedelta(minutes=30)
    assert choose_wave(due_in(12.5, now=at, offers=ROUND_OF_THREE, asking_since=NOW)).reason is DecisionReason.WAITING
    assert choose_wave(due_in(12.49, now=at, offers=ROUND_OF_THREE, asking_since=NOW)).reason is DecisionReason.WAVE
    assert len(choose_wave(due_in(3)).asks) == 3 and len(choose_wave(due_in(2.99)).asks) == 10


def test_under_three_hours_up_to_ten_wait_at_once_and_never_more() -> None:
    many = tuple(a_candidate(number) for number in range(1, 40))
    all_at_once = choose_wave(due_in(2.9, candidates=many))
    assert {ask.wave for ask in all_at_once.asks} == {1}
    assert len(all_at_once.asks) == 10 and all_at_once.reason is DecisionReason.SHORT_NOTICE
    offers = (*map(an_offer, range(1, 5)), an_offer(5, state=DECLINED), an_offer(6, state=EXPIRED))
    assert len(choose_wave(due_in(2.9, candidates=many, offers=offers)).asks) == 6
    full = choose_wave(due_in(2.9, candidates=many, offers=tuple(an_offer(n) for n in range(1, 11))))
    assert full.reason is DecisionReason.ENOUGH_ASKED and not full.reason.needs_person


@pytest.mark.parametrize("hours", [2, 1, 0, -5])
def test_at_the_deadline_and_after_it_nobody_is_asked(hours: float) -> None:
    decision = choose_wave(due_in(hours))
    assert decision == AskDecision(asks=(), reason=DecisionReason.DEADLINE_PASSED, look_again_at=None)


def test_at_night_with_no_asking_hours_before_the_deadline_a_person_is_needed_at_once() -> None:
    night = datetime(2026, 5, 13, 20, 30, tzinfo=UTC)  # 21:30; the meeting is at 09:30 in the morning
    decision = choose_wave(a_view(now=night, deadline=datetime(2026, 5, 14, 6, 30, tzinfo=UTC)))
    assert decision.reason is DecisionReason.NO_HOURS_LEFT and decision.reason.needs_person
    evening = a_view(now=night - HOUR, deadline=datetime(2026, 5, 14, 6, 30, tzinfo=UTC))
    assert len(choose_wave(evening).asks) == 3
    assert choose_wave(evening).look_again_at == night - timedelta(minutes=30)  # at 21:00 it is known that nobody can be asked any more


def test_a_deadline_at_eight_sharp_leaves_no_asking_hours_in_the_morning() -> None:
    evening = a_view(now=datetime(2026, 5, 13, 18, 30, tzinfo=UTC), deadline=datetime(2026, 5, 14, 7, 0, tzinfo=UTC))
    assert choose_wave(evening).look_again_at == datetime(2026, 5, 13, 20, 0, tzinfo=UTC)
    later = replace(evening, now=datetime(2026, 5, 13, 20, 0, tzinfo=UTC))
    assert choose_wave(later).reason is DecisionReason.NO_HOURS_LEFT
    one_minute_more = replace(later, deadline=datetime(2026, 5, 14, 7, 1, tzinfo=UTC))
    assert choose_wave(one_minute_more).reason is DecisionReason.OUTSIDE_HOURS


def test_nobody_at_all_and_nobody_left_are_told_apart() -> None:
    assert choose_wave(a_view(candidates=())).reason is DecisionReason.NO_CANDIDATE
    declined = a_view(candidates=(a_candidate(1),), offers=(an_offer(1, state=DECLINED),))
    assert choose_wave(declined).reason is DecisionReason.ALL_DECLINED
    silent = a_view(candidates=(), offers=(an_offer(1, state=EXPIRED),))
    assert choose_wave(silent).reason is DecisionReason.ALL_DECLINED
    thinking = choose_wave(a_view(candidates=(), offers=(an_offer(1),)))
    assert thinking.reason is DecisionReason.WAITING and thinking.look_again_at == NOW + HOUR


def test_two_of_three_found_are_joined_by_a_third_who_comes_free() -> None:
    offers = (an_offer(1), an_offer(2))
    view = a_view(now=NOW + HOUR, offers=offers, asking_since=NOW, candidates=(a_candidate(1), a_candidate(2), a_candidate(7)))
    assert numbers(choose_wave(view)) == [7]


def test_an_ask_by_hand_counts_as_open_but_not_as_a_wave() -> None:
    by_hand = (an_offer(20, wave=0),)
    assert numbers(choose_wave(a_view(offers=by_hand))) == [1, 2, 3]
    assert choose_wave(a_view(offers=by_hand)).asks[0].why.live_before == 1


CLAIM = Claim(candidate=a_candidate(8), kind=ClaimKind.BANKED_YES, since=NOW - HOUR)


def test_a_claim_is_asked_first_alone_and_has_the_gap_for_an_answer() -> None:
    earlier = (an_offer(8, NOW - 2 * HOUR, OfferState.COVERED), an_offer(1, NOW - 2 * HOUR, OfferState.WITHDRAWN))
    view = a_view(offers=earlier, claims=(CLAIM,), asking_since=NOW - HOUR)
    first = choose_wave(view)
    assert numbers(first) == [8] and first.reason is DecisionReason.CLAIM and first.asks[0].why.claim is ClaimKind.BANKED_YES
    asked = replace(view, offers=(*earlier, an_offer(8, NOW, wave=0)))
    waiting = choose_wave(replace(asked, now=NOW + 3 * HOUR))
    assert waiting.reason is DecisionReason.WAITING_FOR_CLAIM and waiting.look_again_at == NOW + 4 * HOUR
    assert numbers(choose_wave(replace(asked, now=NOW + 4 * HOUR))) == [2, 3, 4]
    said_no = replace(view, now=NOW + HOUR, offers=(*earlier, an_offer(8, NOW, DECLINED, wave=0)))
    assert numbers(choose_wave(said_no)) == [2, 3, 4]


def test_of_two_answers_to_a_claim_the_later_counts_in_whatever_order_they_come() -> None:
    no, asked_again = an_offer(8, NOW, DECLINED, wave=0), an_offer(8, NOW + HOUR, wave=0)
    for offers in ((no, asked_again), (asked_again, no)):
        assert choose_wave(a_view(now=NOW + 2 * HOUR, offers=offers, claims=(CLAIM,))).reason is DecisionReason.WAITING_FOR_CLAIM
    asked, no_later = replace(no, state=SENT), replace(asked_again, state=DECLINED)
    for offers in ((asked, no_later), (no_later, asked)):
        assert choose_wave(a_view(now=NOW + 2 * HOUR, offers=offers, claims=(CLAIM,))).reason is DecisionReason.WAVE


def test_a_claim_waits_too_while_ten_are_thinking() -> None:
    ten = tuple(an_offer(number, NOW, wave=0) for number in range(11, 21))
    decision = choose_wave(a_view(offers=ten, claims=(CLAIM,)))
    assert decision.asks == () and decision.reason is DecisionReason.ENOUGH_ASKED
    assert numbers(choose_wave(a_view(offers=ten[1:], claims=(CLAIM,)))) == [8]


def test_a_claim_does_not_hold_up_the_others_when_the_start_is_near() -> None:
    view = due_in(2.8, offers=(an_offer(8, NOW, wave=0),), claims=(CLAIM,))
    assert len(choose_wave(view).asks) == 9


def test_an_earlier_clock_than_the_last_event_counts_as_no_time_passed() -> None:
    offers = tuple(an_offer(n, NOW + 5 * HOUR) for n in (1, 2, 3))
    decision = choose_wave(a_view(offers=offers))
    assert decision.reason is DecisionReason.WAITING and not decision.asks


def test_each_ask_says_why_as_it_was_then() -> None:
    asked = NOW - timedelta(days=9)
    view = a_view(candidates=(replace(a_candidate(4, asked), letters_this_week=1, load=0.5),), offers=(an_offer(1, state=SENT, wave=0),))
    (ask,) = choose_wave(view).asks
    assert ask.why.to_json() == {
        "policy": "round_robin_wave3_4h",
        "decided_at": "2026-05-11T09:00:00+00:00",
        "reason": "wave",
        "rank": 1,
        "considered": 1,
        "wave": 1,
        "live_before": 1,
        "hours_left": 46.0,
        "km": 3.0,
        "load": 0.5,
        "last_asked_at": "2026-05-02T09:00:00+00:00",
        "letters_this_week": 1,
        "standing": False,
        "claim": None,
    }
    assert (ask.p_hat, ask.index, ask.propensity, ask.explored) == (None, None, 1.0, False)


def test_the_slower_policy_differs_by_its_gap_alone() -> None:
    slow = WAVE_POLICIES["round_robin_wave3_12h"]
    assert replace(slow, policy="round_robin_wave3_4h", gap=4 * HOUR) == WAVE_POLICIES["round_robin_wave3_4h"]
    view = a_view(now=NOW + 4 * HOUR, offers=ROUND_OF_THREE, asking_since=NOW)
    assert choose_wave(view, slow).reason is DecisionReason.WAITING
    assert choose_wave(view, slow).look_again_at == NOW + 5 * HOUR


@pytest.mark.parametrize(
    "wrong",
    [
        {"wave_size": 0},
        {"wave_size": 11},
        {"live_most": 11},
        {"waves_most": 0},
        {"waves_most": 11},
        {"gap": timedelta(0)},
        {"short_gap": timedelta(hours=5)},
        {"lead": timedelta(hours=-1)},
    ],
)
def test_a_setting_that_cannot_be_is_refused_with_a_sentence(wrong: dict[str, Any]) -> None:
    with pytest.raises(Misconfigured, match="A wave asks 1 to 10 people"):
        WaveSettings(**wrong)


def test_one_person_in_one_wave_and_ten_in_ten_are_settings_that_can_be() -> None:
    alone = WaveSettings(wave_size=1, waves_most=1, short_gap=4 * HOUR, lead=timedelta(0))
    assert numbers(choose_wave(a_view(), alone)) == [1]
    assert len(choose_wave(a_view(), WaveSettings(wave_size=10, waves_most=10)).asks) == 10


OFFERS = st.builds(
    lambda number, minutes, state, wave: an_offer(number, NOW - timedelta(minutes=minutes), state, wave),
    st.integers(1, 30),
    st.integers(0, 3000),
    st.sampled_from([state for state in OfferState if state is not OfferState.QUEUED]),
    st.integers(0, 3),
)
PEOPLE = st.lists(
    st.builds(a_candidate, st.integers(1, 30), st.none() | st.integers(0, 9999).map(lambda m: NOW - timedelta(minutes=m))),
    max_size=25,
    unique_by=lambda candidate: candidate.number,
)


@st.composite
def views(draw: st.DrawFn) -> AskingView:
    """Any state a referral may be in: at most ten waiting, at any hour, near its deadline or far."""
    offers = draw(st.lists(OFFERS, max_size=12, unique_by=lambda offer: offer.volunteer))
    live = [offer for offer in offers if offer.state in LIVE][10:]
    claimant = draw(st.none() | st.integers(1, 30))
    return a_view(
        now=NOW + timedelta(minutes=draw(st.integers(0, 3 * 1440))),
        deadline=NOW + timedelta(minutes=draw(st.integers(-600, 5 * 1440))),
        asking_since=NOW - timedelta(minutes=draw(st.integers(0, 3000))),
        offers=tuple(offer for offer in offers if offer not in live),
        candidates=tuple(draw(PEOPLE)),
        claims=() if claimant is None else (Claim(candidate=a_candidate(claimant), kind=ClaimKind.BANKED_YES, since=NOW),),
    )


def broken_promises(choose: Callable[[AskingView], AskDecision], view: AskingView) -> list[str]:
    """What holds whatever the view, by name; an engine behind the same signature that breaks one is wrong."""
    decision = choose(view)
    asked, shown = {ask.volunteer for ask in decision.asks}, {offer.volunteer for offer in view.offers}
    claimed = {claim.candidate.volunteer for claim in view.claims}
    again = {o.volunteer for o in view.offers if o.state is NOT_NOW and o.shown_at < view.asking_since}
    longest_ago = replace(a_candidate(99), last_asked_at=NOW - timedelta(days=50))
    after = replace(view, offers=(*view.offers, *(an_offer(ask.volunteer.int, view.now, wave=ask.wave) for ask in decision.asks)))
    look = decision.look_again_at
    kept = {
        "the same view, the same decision": choose(view) == decision == choose(replace(view, candidates=view.candidates[::-1])),
        "nobody twice": len(asked) == len(decision.asks) and asked & shown <= claimed | again,
        "nobody twice by deciding again": not asked & {ask.volunteer for ask in choose(after).asks},
        "never more than ten waiting": sum(offer.state in LIVE for offer in view.offers) + len(asked) <= 10,
        "only in asking hours": not asked or is_asking_time(view.now, HOURS),
        "only before the deadline": not asked or view.now < view.deadline,
        "only people who may be asked": asked <= {c.volunteer for c in view.candidates} | claimed,
        "ranks from one": [ask.rank for ask in decision.asks] == list(range(1, len(asked) + 1)),
        "a next look before the deadline": view.now >= view.deadline or (look is not None and view.now < look <= view.deadline),
        "a next look in asking hours": look in (None, view.deadline)
        or is_asking_time(look, HOURS)
        or not is_asking_time(view.deadline, HOURS),
        "one more never asks fewer": len(choose(replace(view, candidates=(*view.candidates, longest_ago))).asks) >= len(asked),
    }
    return [promise for promise, holds in kept.items() if not holds]


@given(views())
def test_whatever_the_state_nobody_is_asked_twice_too_many_too_late_or_at_night(view: AskingView) -> None:
    assert broken_promises(choose_wave, view) == []


@given(views())
def test_the_decision_read_again_after_its_asks_asks_no_more_of_the_same_wave(view: AskingView) -> None:
    decision = choose_wave(view)
    if decision.reason in (DecisionReason.WAVE, DecisionReason.REPLACED, DecisionReason.SHORT_NOTICE) and decision.asks:
        offers = (*view.offers, *(an_offer(ask.volunteer.int, view.now, wave=ask.wave) for ask in decision.asks))
        assert choose_wave(replace(view, offers=offers)).asks == ()


def wrong_hours(view: AskingView) -> AskDecision:
    return choose_wave(view, WaveSettings(asks_from=time(7), asks_until=time(22)))


def forgets_the_asked(view: AskingView) -> AskDecision:
    return choose_wave(replace(view, offers=tuple(replace(o, volunteer=person_id(o.volunteer.int + 50)) for o in view.offers)))


def broadcasts(view: AskingView) -> AskDecision:
    quiet = tuple(replace(offer, state=EXPIRED) for offer in view.offers)
    return choose_wave(replace(view, offers=quiet), WaveSettings(wave_size=10))


def ignores_the_deadline(view: AskingView) -> AskDecision:
    return choose_wave(replace(view, deadline=view.deadline + timedelta(days=9)))


def forgets_who_came_in_which_order(view: AskingView) -> AskDecision:
    people = tuple(replace(person, number=place, last_asked_at=None) for place, person in enumerate(view.candidates))
    return choose_wave(replace(view, candidates=people))


LATE = a_view(now=datetime(2026, 5, 12, 20, 30, tzinfo=UTC))
TWENTY = tuple(a_candidate(number) for number in range(1, 20))
TEETH = [
    (wrong_hours, LATE, "only in asking hours"),
    (forgets_the_asked, a_view(offers=(an_offer(1, state=DECLINED), an_offer(2))), "nobody twice"),
    (broadcasts, a_view(offers=ROUND_OF_THREE, now=NOW + 4 * HOUR, asking_since=NOW, candidates=TWENTY), "never more than ten waiting"),
    (ignores_the_deadline, due_in(-1), "only before the deadline"),
    (forgets_who_came_in_which_order, a_view(), "the same view, the same decision"),
]


@pytest.mark.parametrize(("wrong", "view", "promise"), TEETH, ids=lambda part: getattr(part, "__name__", ""))
def test_a_wrong_engine_breaks_the_promise(wrong: Callable[[AskingView], AskDecision], view: AskingView, promise: str) -> None:
    assert broken_promises(choose_wave, view) == []
    assert promise in broken_promises(wrong, view)
