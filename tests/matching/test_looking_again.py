"""When `product` asks nobody: why not, and when it looks again; and where its caps lie."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from made_up import LONDON, NOW, a_candidate, a_view, an_offer

from matcher.domain.journey_word import OfferState
from matcher.domain.volunteer import Tally
from matcher.matching.asking_settings import SHIPPED, Weights
from matcher.matching.asking_view import AskDecision, AskingView, Claim, ClaimKind, DecisionReason
from matcher.matching.choosing_asks import choose_asks

HOUR = timedelta(hours=1)
PLAIN = replace(SHIPPED, explore=0.0)
GENEROUS = Weights(letter=1e-9, tires=0.0, tired=0.0, load=0.0)
"""Asking costs next to nothing: everybody is worth asking until something else says stop."""
CROWD = tuple(a_candidate(number) for number in range(1, 13))
DECLINED = OfferState.DECLINED


def asked_lately(hours: float, **changes: Any) -> AskDecision:
    """Three people who were all written to so many hours ago."""
    people = tuple(a_candidate(number, NOW - hours * HOUR) for number in (1, 2, 3))
    return choose_asks(a_view(candidates=people, **changes), PLAIN)


@pytest.mark.parametrize(
    ("hours", "changes", "look"),
    [
        (20, {}, NOW + 4 * HOUR),
        (23.5, {}, NOW + HOUR),
        (13.5, {}, datetime(2026, 5, 11, 19, 30, tzinfo=UTC)),
        (12, {}, datetime(2026, 5, 12, 7, tzinfo=UTC)),  # rested at ten at night: the next 08:00
        (24, {"pressure": 1.1}, NOW + 24 * HOUR),  # a week's rest, and a look after a day
        (20, {"deadline": NOW + 3 * HOUR + 13 * HOUR, "offers": (an_offer(9, NOW),)}, NOW + 4 * HOUR),
    ],
)
def test_who_was_written_to_lately_rests_and_the_next_look_is_when_somebody_has(
    hours: float, changes: dict[str, Any], look: datetime
) -> None:
    decision = asked_lately(hours, **changes)
    assert (decision.asks, decision.reason) == ((), DecisionReason.RESTING)
    assert decision.look_again_at == look


def test_rest_is_over_to_the_second_and_longer_only_over_a_pressure_of_one() -> None:
    assert asked_lately(24).asks and not asked_lately(24 - 1 / 3600).asks
    assert asked_lately(24, pressure=1.0).asks and not asked_lately(167.9, pressure=1.01).asks and asked_lately(168, pressure=1.01).asks


def test_one_look_goes_by_the_person_who_has_rested_first() -> None:
    people = (a_candidate(1, NOW - 15 * HOUR), a_candidate(2, NOW - 20 * HOUR), a_candidate(3, NOW - 18 * HOUR))
    assert choose_asks(a_view(candidates=people), PLAIN).look_again_at == NOW + 4 * HOUR


@pytest.mark.parametrize(
    ("now", "reason", "look"),
    [
        (datetime(2026, 5, 11, 6, 59, tzinfo=UTC), DecisionReason.OUTSIDE_HOURS, datetime(2026, 5, 11, 7, tzinfo=UTC)),
        (datetime(2026, 5, 11, 20, tzinfo=UTC), DecisionReason.OUTSIDE_HOURS, datetime(2026, 5, 12, 7, tzinfo=UTC)),
        (datetime(2026, 5, 14, 22, tzinfo=UTC), DecisionReason.NO_HOURS_LEFT, datetime(2026, 5, 15, 6, tzinfo=UTC)),
    ],
)
def test_at_night_nobody_is_asked(now: datetime, reason: DecisionReason, look: datetime) -> None:
    decision = choose_asks(a_view(now=now, deadline=datetime(2026, 5, 15, 6, tzinfo=UTC), candidates=CROWD, pressure=0.4))
    assert (decision.asks, decision.reason, decision.look_again_at, decision.pressure) == ((), reason, look, 0.4)


def test_a_deadline_at_eight_sharp_leaves_no_hours_and_one_that_is_now_none_at_all() -> None:
    night = datetime(2026, 5, 14, 22, tzinfo=UTC)
    eight = datetime(2026, 5, 15, 7, tzinfo=UTC)
    assert choose_asks(a_view(now=night, deadline=eight)).reason is DecisionReason.NO_HOURS_LEFT
    assert choose_asks(a_view(now=night, deadline=eight + HOUR)).reason is DecisionReason.OUTSIDE_HOURS
    over = choose_asks(a_view(now=night, deadline=night))
    assert over == AskDecision(asks=(), reason=DecisionReason.DEADLINE_PASSED, look_again_at=None)


def test_other_hours_may_be_set() -> None:
    early = datetime(2026, 5, 11, 6, 30, tzinfo=UTC)  # 07:30 in London
    assert not choose_asks(a_view(now=early)).asks
    assert choose_asks(a_view(now=early), replace(PLAIN, asking_from=7)).asks
    assert choose_asks(a_view(), replace(PLAIN, asking_from=8, asking_until=10)).reason is DecisionReason.OUTSIDE_HOURS


def test_with_nobody_left_the_look_is_in_four_hours_and_with_somebody_in_one() -> None:
    nobody = choose_asks(a_view(candidates=()))
    assert (nobody.reason, nobody.look_again_at) == (DecisionReason.NO_CANDIDATE, NOW + 4 * HOUR)
    assert choose_asks(a_view(candidates=(), deadline=NOW + 2 * HOUR)).look_again_at == NOW + 2 * HOUR
    three = tuple(an_offer(number, NOW) for number in (1, 2, 3))
    waiting = choose_asks(a_view(candidates=(), offers=three))
    assert (waiting.reason, waiting.look_again_at) == (DecisionReason.WAITING, NOW + 4 * HOUR)
    one_since_morning = choose_asks(a_view(candidates=(), offers=(an_offer(1, NOW),), now=NOW + 8 * HOUR))
    assert one_since_morning.reason is DecisionReason.WAITING, "hardly within the hour, but there are days for an answer"
    others = choose_asks(a_view(candidates=CROWD, offers=tuple(an_offer(number, NOW) for number in range(21, 28))), PLAIN)
    assert (others.asks, others.reason, others.look_again_at) == ((), DecisionReason.WAITING, NOW + HOUR)
    late = datetime(2026, 5, 11, 19, 30, tzinfo=UTC)
    assert choose_asks(a_view(now=late, candidates=(), offers=three)).look_again_at == datetime(2026, 5, 12, 7, tzinfo=UTC)


def test_somebody_not_worth_their_price_is_not_asked_and_a_person_is_told() -> None:
    far_and_tired = replace(a_candidate(1), km=90.0, load=3.0, tally=Tally(n=9, tired=6.0, tired_at=NOW))
    decision = choose_asks(a_view(candidates=(far_and_tired,)), PLAIN)
    assert decision.reason is DecisionReason.UNLIKELY and decision.reason.needs_person
    assert decision.look_again_at == NOW + 4 * HOUR
    assert choose_asks(a_view(candidates=(far_and_tired,), offers=(an_offer(5, NOW),)), PLAIN).reason is DecisionReason.WAITING
    and_resting = replace(far_and_tired, last_asked_at=NOW - HOUR)
    assert choose_asks(a_view(candidates=(and_resting,)), PLAIN).reason is DecisionReason.UNLIKELY, "rest is not what keeps them"


def asks(view: AskingView, **changes: Any) -> AskDecision:
    return choose_asks(view, replace(PLAIN, weights=GENEROUS, **changes))


def test_no_more_wait_at_once_than_are_set_and_never_more_than_ten() -> None:
    for most in (1, 3, 8):
        found = asks(a_view(candidates=CROWD), live_most=most, target=1.0)
        assert len(found.asks) == most and found.reason is DecisionReason.WORTH_ASKING
    silent = tuple(an_offer(number, NOW) for number in (21, 22))
    assert len(asks(a_view(candidates=CROWD, offers=silent), live_most=3, target=1.0).asks) == 1
    full = asks(a_view(candidates=CROWD, offers=silent), live_most=2, target=1.0)
    assert (full.asks, full.reason) == ((), DecisionReason.ENOUGH_ASKED)
    old = tuple(an_offer(20 + number, NOW - timedelta(days=90)) for number in range(7))
    assert len(asks(a_view(candidates=CROWD, offers=old), target=1.0).asks) == 3


def test_once_a_yes_is_likely_enough_nobody_more_is_asked() -> None:
    half = asks(a_view(candidates=CROWD), target=0.5)
    assert half.q is not None and half.q <= 0.5 and half.need == 0.5
    before_last = [ask.why.figures.q_before for ask in half.asks if ask.why.figures]
    assert all(none > 0.5 for none in before_last)
    found = asks(a_view(candidates=CROWD, offers=tuple(an_offer(number, NOW) for number in range(21, 25))), target=0.5)
    assert (found.asks, found.reason) == ((), DecisionReason.ENOUGH_ASKED)


def test_below_the_floor_nobody_waits_for_those_asked_already() -> None:
    view = a_view(candidates=CROWD, offers=tuple(an_offer(number, NOW) for number in (21, 22)))
    patient, hasty = choose_asks(view, PLAIN), choose_asks(view, replace(PLAIN, floor=0.95))
    assert len(hasty.asks) > len(patient.asks)


def test_rest_is_broken_for_one_alone_when_it_is_late_and_nobody_may_come() -> None:
    short = NOW + 5 * HOUR
    resting = tuple(a_candidate(number, NOW - 2 * HOUR) for number in (1, 2, 3))
    assert len(choose_asks(a_view(candidates=resting, deadline=short), PLAIN).asks) == 1
    somebody = (an_offer(9, NOW),)
    assert choose_asks(a_view(candidates=resting, deadline=short, offers=somebody), PLAIN).asks == ()
    enough = datetime(2026, 5, 12, 14, tzinfo=UTC)  # 11 asking hours today, 7 tomorrow: 18 are left, no less
    assert choose_asks(a_view(candidates=resting, deadline=enough), PLAIN).asks == ()
    assert len(choose_asks(a_view(candidates=resting, deadline=enough - timedelta(minutes=1)), PLAIN).asks) == 1


CLAIM = Claim(candidate=a_candidate(30, NOW - HOUR), kind=ClaimKind.BANKED_YES, since=NOW)


def claimed(*offers: Any, now: datetime = NOW, **changes: Any) -> AskDecision:
    return choose_asks(a_view(now=now, candidates=CROWD, offers=offers, claims=(CLAIM,), **changes), PLAIN)


def test_a_claim_has_four_asking_hours_for_an_answer_and_then_the_others_are_asked() -> None:
    assert [ask.volunteer.int for ask in claimed().asks] == [30]
    shown = an_offer(30, NOW)
    waiting = claimed(shown, now=NOW + 4 * HOUR - timedelta(seconds=1))
    assert (waiting.asks, waiting.reason) == ((), DecisionReason.WAITING_FOR_CLAIM)
    over = claimed(shown, now=NOW + 4 * HOUR)
    assert over.asks and 30 not in {ask.volunteer.int for ask in over.asks}
    assert claimed(replace(shown, state=DECLINED)).reason is DecisionReason.WORTH_ASKING


def test_an_answer_of_before_the_claim_is_not_its_answer_and_the_last_one_counts() -> None:
    before = an_offer(30, NOW - timedelta(seconds=1), DECLINED)
    assert [ask.volunteer.int for ask in claimed(before).asks] == [30]
    again = claimed(an_offer(30, NOW, DECLINED), an_offer(30, NOW + HOUR), now=NOW + 2 * HOUR)
    assert again.reason is DecisionReason.WAITING_FOR_CLAIM
    assert claimed(an_offer(30, NOW), an_offer(30, NOW + HOUR, DECLINED), now=NOW + 2 * HOUR).reason is DecisionReason.WORTH_ASKING


def test_with_ten_letters_out_or_little_time_a_claim_holds_nobody_up() -> None:
    ten = [an_offer(40 + number, NOW - timedelta(days=60)) for number in range(10)]
    assert claimed(*ten).reason is DecisionReason.ENOUGH_ASKED
    assert [ask.volunteer.int for ask in claimed(*ten[1:]).asks] == [30]
    late = datetime(2026, 5, 12, 14, tzinfo=UTC)
    assert claimed(an_offer(30, NOW), deadline=late).reason is DecisionReason.WAITING_FOR_CLAIM
    assert claimed(an_offer(30, NOW), deadline=late - timedelta(minutes=1)).reason is not DecisionReason.WAITING_FOR_CLAIM


def test_another_day_said_before_asking_began_anew_leaves_somebody_free() -> None:
    not_now = (an_offer(1, NOW - HOUR, OfferState.NOT_NOW),)
    one = (a_candidate(1),)
    assert [ask.volunteer.int for ask in choose_asks(a_view(candidates=one, offers=not_now, asking_since=NOW)).asks] == [1]
    assert choose_asks(a_view(candidates=one, offers=not_now, asking_since=NOW - HOUR)).asks == ()
    assert choose_asks(a_view(candidates=one, offers=(an_offer(1, NOW - HOUR, DECLINED),), asking_since=NOW)).asks == ()


def test_the_clock_of_another_place_decides_when_people_are_asked() -> None:
    assert a_view().zone is LONDON
    tokyo = replace(a_view(), zone=type(LONDON)("Asia/Tokyo"))  # 18:00 there
    assert choose_asks(tokyo, PLAIN).asks
    assert choose_asks(replace(tokyo, now=NOW + 3 * HOUR), PLAIN).reason is DecisionReason.OUTSIDE_HOURS
