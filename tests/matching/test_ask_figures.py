"""The figures stored with an ask of `product`, reckoned once more in plain sums for one person at a time (decision 18)."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import LONDON, MEETING, NOW, THURSDAY, a_candidate, a_view, an_offer, person_id

from matcher.domain.journey_word import OfferState
from matcher.domain.referral import ReferralId
from matcher.domain.volunteer import Tally
from matcher.matching.asking_settings import SHIPPED, VERSION, AskingSettings, fingerprint_of
from matcher.matching.asking_view import Ask, AskingView, Candidate, Claim, ClaimKind, DecisionReason
from matcher.matching.chances import EASY_KM, HARDER, LATER_OPTION, SORT_SPREAD, SORTS, STANDING_SORT, YES_WEIGHT
from matcher.matching.choosing_asks import choose_asks

HOUR = timedelta(hours=1)
PLAIN = replace(SHIPPED, explore=0.0)
OTHER = (UUID(int=101), THURSDAY)
HOURS_LEFT, TODAY_LEFT = 46.0, 13.0
"""From Monday 10:00 to Thursday 17:00 there are 11 + 13 + 13 + 9 asking hours; in the first 24 by the clock 11 and 2."""


def sorts_and_hopes(person: Candidate, tired: float) -> list[tuple[float, float, float]]:
    """For each sort of people: chance of an answer that is a yes, chance of an answer, natural log of the median delay."""
    tally = person.tally
    asked, noes = max(tally.n, tally.answers), max(tally.answers - tally.y, 0)
    weights = []
    for sort in SORTS:
        soon = -(math.log(sort.median) ** 2) / (2 * SORT_SPREAD**2) * tally.answers
        late = tally.log_delay * math.log(sort.median) / SORT_SPREAD**2
        answers = sort.answers**tally.answers * (1 - sort.answers) ** (asked - tally.answers)
        says = (HARDER * sort.yes) ** tally.y * (1 - HARDER * sort.yes) ** noes
        weights.append(sort.share * answers * says * math.exp(soon + late))
    found = []
    sorts = [(sort._replace(yes=min(0.95, (tally.y + YES_WEIGHT * sort.yes) / (HARDER * tally.answers + YES_WEIGHT)))) for sort in SORTS]
    if person.standing:  # whatever their history: a sort of its own
        sorts, weights = [STANDING_SORT], [1.0]
    for like, weight in zip(sorts, weights, strict=True):
        none = 1.0
        for place, km in enumerate(person.kms or (person.km,)):
            eager = math.exp(-max(0.0, (km or 0.0) - EASY_KM) / 40 - 0.22 * tired) * (LATER_OPTION if place else 1)
            none *= 1 - min(0.95, like.yes * eager)
        answer = weight / sum(weights) * like.answers * math.exp(-0.11 * tired)
        found.append((answer * (1 - none), answer, math.log(like.median)))
    return found


def within(hopes: list[tuple[float, float, float]], hours: float) -> float:
    """Chance of a yes in so many asking hours."""
    away = [(math.log(hours) - ln_median) / SORT_SPREAD for _, _, ln_median in hopes]
    return sum(yes * 0.5 * math.erfc(-far / math.sqrt(2)) for (yes, _, _), far in zip(hopes, away, strict=True))


def asked_alone(person: Candidate, settings: AskingSettings = PLAIN, **changes: Any) -> Ask:
    """How this one person is asked; on a claim, so that they are asked however little it may bring."""
    claim = Claim(candidate=person, kind=ClaimKind.STAND_BY, since=NOW)
    (ask,) = choose_asks(a_view(candidates=(), claims=(claim,), **changes), settings).asks
    return ask


people = st.builds(
    lambda n, share, y, delay, tired, kms, load, standing: replace(
        a_candidate(1),
        options=((MEETING, THURSDAY), OTHER)[: len(kms)],
        km=min(kms),
        kms=tuple(kms),
        load=load,
        standing=standing,
        tally=Tally(n=n, answers=n * share, y=n * share * y, log_delay=n * share * delay, tired=tired, tired_at=NOW, scarce=0.4),
    ),
    st.floats(0, 12),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(-1, 3),
    st.floats(0, 4),
    st.lists(st.floats(0, 80), min_size=1, max_size=2),
    st.floats(0, 2),
    st.booleans(),
)


@given(people, st.floats(0, 3))
def test_chances_price_and_index_are_those_of_plain_sums(person: Candidate, pressure: float) -> None:
    ask = asked_alone(person, pressure=pressure, mean_scarcity=0.8)
    told, weights = ask.why.figures, PLAIN.weights
    hopes = sorts_and_hopes(person, person.tally.tired)
    p_hat = sum(yes for yes, _, _ in hopes)
    busy = 1 + weights.busy * max(0.0, pressure - weights.busy_from)
    takes = weights.tires + weights.tired * person.tally.tired + weights.scarce * 0.5 + weights.load * person.load**2
    price = p_hat * takes * busy + weights.letter
    in_time, today = within(hopes, HOURS_LEFT), within(hopes, TODAY_LEFT)
    assert told is not None and ask.p_hat == told.p_hat and ask.index == told.index
    assert told.p_hat == pytest.approx(p_hat, rel=1e-6)
    assert told.in_time == pytest.approx(in_time, abs=3e-4)
    assert told.cost == pytest.approx(price, rel=1e-6)
    assert told.index == pytest.approx((in_time + weights.in_a_day * today) / price, rel=2e-3)
    assert [one for hope in told.hopes for one in hope] == pytest.approx([one for hope in hopes for one in hope], rel=1e-6, abs=1e-12)


def share_by(hours: float, ln_median: float) -> float:
    return 0.5 * math.erfc(-((math.log(hours) - ln_median) / SORT_SPREAD) / math.sqrt(2)) if hours > 0 else 0.0


def none_of(hopes: list[tuple[float, float, float]], age: float, ahead: float) -> float:
    """Chance that somebody silent for so long does not say yes in so many hours either."""
    coming = sum(yes * (share_by(age + ahead, ln) - share_by(age, ln)) for yes, _, ln in hopes)
    return 1 - coming / (1 - sum(answer * share_by(age, ln) for _, answer, ln in hopes))


UNKNOWN = [(sort.share * sort.answers * sort.yes, sort.share * sort.answers, math.log(sort.median)) for sort in SORTS]


@pytest.mark.parametrize("state", [OfferState.SENT, OfferState.QUEUED, OfferState.EXPIRED])
@pytest.mark.parametrize("age", [0, 2, 9])
def test_what_is_hoped_of_silence_fades_as_those_who_answer_would_have(state: OfferState, age: int) -> None:
    known = ((0.3, 0.5, math.log(4.0)), (0.05, 0.1, math.log(20.0)))
    now, left = NOW + age * HOUR, HOURS_LEFT - age
    offers = (an_offer(1, NOW, state), replace(an_offer(2, NOW, state), hopes=known), replace(an_offer(3, NOW, state), bundled=True))
    decision = choose_asks(a_view(now=now, candidates=(), offers=(*offers, an_offer(4, NOW, OfferState.DECLINED))))
    half = [(yes / 2, answer, ln) for yes, answer, ln in UNKNOWN]
    none = none_of(UNKNOWN, age, left) * none_of(list(known), age, left) * none_of(half, age, left)
    assert decision.q == pytest.approx(none, abs=1e-3)
    assert (decision.need, decision.pressure) == (SHIPPED.target, 0.0)


def test_an_offer_of_the_future_is_as_fresh_as_can_be() -> None:
    early = choose_asks(a_view(candidates=(), offers=(an_offer(1, NOW + 3 * HOUR),)))
    assert early.q == pytest.approx(none_of(UNKNOWN, 0, HOURS_LEFT), abs=1e-3)


def test_tiredness_has_faded_since_it_was_noted() -> None:
    tally = Tally(n=3, answers=1, tired=2.0, tired_at=NOW - timedelta(days=14))
    faded = asked_alone(replace(a_candidate(1), tally=tally)).why.figures
    fresh = asked_alone(replace(a_candidate(1), tally=replace(tally, tired=1.0, tired_at=NOW))).why.figures
    assert faded is not None and fresh is not None and faded.tired == pytest.approx(1.0)
    assert faded.cost == pytest.approx(fresh.cost) and faded.p_hat == pytest.approx(fresh.p_hat)
    ahead = asked_alone(replace(a_candidate(1), tally=replace(tally, tired_at=NOW + timedelta(days=14)))).why.figures
    never = asked_alone(replace(a_candidate(1), tally=replace(tally, tired_at=None))).why.figures
    assert ahead is not None and never is not None and ahead.tired == never.tired == 2.0


def test_a_yes_within_a_day_is_worth_more_down_to_the_last_minutes_of_it() -> None:
    weights = PLAIN.weights
    for minutes in (23 * 60 + 30, 23 * 60 + 59, 24 * 60, 25 * 60):  # by the clock since the referral, on Tuesday morning
        now = NOW + timedelta(minutes=minutes)
        ask = asked_alone(a_candidate(1), now=now)
        hopes = sorts_and_hopes(a_candidate(1), 0.0)
        today = within(hopes, (24 * 60 - minutes) / 60) if minutes < 24 * 60 else 0.0
        assert ask.why.figures is not None
        worth = within(hopes, HOURS_LEFT - TODAY_LEFT + (24 * 60 - minutes) / 60) + weights.in_a_day * today
        assert ask.why.figures.index == pytest.approx(worth / ask.why.figures.cost, rel=5e-3, abs=2e-2)


def test_scarce_people_cost_more_where_that_weighs_anything() -> None:
    rare = replace(a_candidate(1), tally=Tally(scarce=0.8))
    careful = replace(PLAIN, weights=replace(PLAIN.weights, scarce=0.2))
    told, plain = (asked_alone(rare, settings, mean_scarcity=0.4).why.figures for settings in (careful, PLAIN))
    assert told is not None and plain is not None and told.cost == pytest.approx(plain.cost + 0.2 * 2 * told.p_hat)


def test_where_nobody_knows_who_is_scarce_it_costs_nothing_more() -> None:
    careful = replace(PLAIN, weights=replace(PLAIN.weights, scarce=0.2))
    unknown, plain = (asked_alone(a_candidate(1), settings, mean_scarcity=0.0).why.figures for settings in (careful, PLAIN))
    assert unknown is not None and plain is not None and unknown.cost == plain.cost


@pytest.mark.parametrize(("pressure", "dearer"), [(0.0, 1.0), (0.6, 1.0), (1.0, 1.2), (1.6, 1.5)])
def test_asks_are_dearer_the_more_everybody_has_been_asked_where_that_weighs_anything(pressure: float, dearer: float) -> None:
    sparing = replace(PLAIN, weights=replace(PLAIN.weights, busy=0.5, busy_from=0.6))
    heedless = replace(PLAIN, weights=replace(PLAIN.weights, busy=0.0))
    told, plain = (asked_alone(a_candidate(1), settings, pressure=pressure).why.figures for settings in (sparing, heedless))
    assert told is not None and plain is not None
    letter = PLAIN.weights.letter
    assert told.cost - letter == pytest.approx(dearer * (plain.cost - letter)), "the letter itself costs what it costs"


def test_a_yes_within_a_few_hours_may_be_worth_more_still() -> None:
    hasty = replace(PLAIN, weights=replace(PLAIN.weights, soon=0.8, soon_hours=5.0))
    told, plain = (asked_alone(a_candidate(1), settings).why.figures for settings in (hasty, PLAIN))
    assert told is not None and plain is not None
    more = 0.8 * within(sorts_and_hopes(a_candidate(1), 0.0), 5.0)
    assert (told.index - plain.index) * plain.cost == pytest.approx(more, abs=1e-3) and told.cost == plain.cost


def test_in_the_last_half_hour_only_what_comes_within_it_counts_and_waiting_would_lose_it() -> None:
    always = replace(a_candidate(1), standing=True)
    just_asked = (replace(an_offer(9, NOW), hopes=((0.3, 0.5, 0.0),)),)  # who answers within the hour, if at all
    (ask,) = choose_asks(a_view(candidates=(always,), offers=just_asked, deadline=NOW + HOUR / 2), PLAIN).asks
    assert ask.why.figures is not None
    assert ask.why.figures.in_time == pytest.approx(within(sorts_and_hopes(always, 0.0), 0.5), abs=1e-3)


def test_an_ask_tells_everything_that_was_true_when_it_was_decided() -> None:
    asked_at = NOW - timedelta(days=9)
    person = replace(
        a_candidate(4, asked_at),
        km=7.0,
        kms=(7.0, None),
        options=((MEETING, THURSDAY), OTHER),
        load=0.5,
        year_share=0.3,
        letters_this_week=1,
        also=tuple(ReferralId(UUID(int=n)) for n in (901, 902, 903)),
        tally=Tally(n=2.5, y=1.0, answers=2.0, log_delay=1.5, tired=0.25, tired_at=NOW, scarce=0.6),
    )
    view = a_view(
        now=datetime(2026, 5, 11, 10, tzinfo=LONDON),
        candidates=(person,),
        offers=(an_offer(1, NOW - 9 * HOUR), an_offer(2, NOW, OfferState.DECLINED)),
        pressure=0.7,
        mean_scarcity=0.8,
    )
    decision = choose_asks(view, PLAIN)
    (ask,) = decision.asks
    why, told = ask.why, ask.why.figures
    assert told is not None
    assert (ask.volunteer, ask.options, ask.rank, ask.wave) == (person_id(4), person.options, 1, 0)
    assert ask.also == person.also[:2], "three in one letter"
    assert (ask.propensity, ask.explored, ask.hopes) == (1.0, False, told.hopes)
    assert (why.policy, why.decided_at, why.decided_at.tzinfo, why.reason) == ("product", NOW, UTC, DecisionReason.WORTH_ASKING)
    assert (why.rank, why.considered, why.wave, why.live_before, why.hours_left) == (1, 1, 0, 1, 46.0)
    assert (why.km, why.load, why.last_asked_at, why.letters_this_week, why.standing) == (7.0, 0.5, asked_at, 1, False)
    assert why.claim is None
    assert (told.version, told.settings) == (VERSION, fingerprint_of(PLAIN))
    assert (told.n, told.y, told.answers, told.log_delay, told.tired) == (2.5, 1.0, 2.0, 1.5, 0.25)
    assert (told.pressure, told.scarcity, told.year_share) == (0.7, pytest.approx(0.75), 0.3)
    assert (told.need, told.explored, told.propensity) == (PLAIN.target, False, 1.0)
    assert told.q_before == pytest.approx(none_of(UNKNOWN, 2, HOURS_LEFT), abs=1e-3), "nine hours by the clock, two of them asking hours"
    assert decision.q == pytest.approx(told.q_before * (1 - told.in_time))
    assert (decision.reason, decision.need, decision.pressure) == (DecisionReason.WORTH_ASKING, PLAIN.target, 0.7)
    assert decision.look_again_at == NOW + HOUR
    unweighed = asked_alone(person, mean_scarcity=0.0).why.figures
    assert unweighed is not None and unweighed.scarcity == 0.0


def test_a_claim_is_told_with_its_kind_and_alone() -> None:
    ask = asked_alone(a_candidate(1), offers=(an_offer(5, NOW), an_offer(6, NOW)), pressure=0.2)
    assert (ask.why.claim, ask.why.reason, ask.why.considered, ask.why.live_before) == (ClaimKind.STAND_BY, DecisionReason.CLAIM, 1, 2)
    assert (ask.rank, ask.propensity, ask.explored) == (1, 1.0, False)
    assert ask.why.figures is not None and 0 < ask.why.figures.q_before < 1
    later = asked_alone(a_candidate(1), now=NOW + timedelta(minutes=20))
    assert later.why.hours_left == 45.67, "hours are told to the hundredth"


def asked(view: AskingView, settings: AskingSettings = PLAIN) -> list[int]:
    return [ask.volunteer.int for ask in choose_asks(view, settings).asks]


def test_of_equals_whoever_was_asked_less_and_then_the_lower_number_is_first() -> None:
    fresh = [a_candidate(number) for number in (5, 3, 4)]
    assert asked(a_view(candidates=tuple(fresh)))[:3] == [3, 4, 5]
    tallied = [replace(a_candidate(number), tally=Tally(n=1e-15 * n)) for number, n in ((1, 3), (2, 1), (3, 2))]
    assert asked(a_view(candidates=tuple(tallied)))[:3] == [2, 3, 1]


def test_likelier_and_nearer_people_are_asked_first_and_told_so() -> None:
    eager = replace(a_candidate(7), tally=Tally(n=1, y=1, answers=1, log_delay=2.0))
    far = replace(a_candidate(1), km=60.0)
    found = choose_asks(a_view(candidates=(far, a_candidate(2), eager)), PLAIN).asks
    assert [ask.volunteer.int for ask in found][:2] == [7, 2]
    assert [ask.rank for ask in found] == list(range(1, len(found) + 1)) and {ask.why.considered for ask in found} == {3}
    for sooner, later in pairwise(found):
        assert sooner.index is not None and later.index is not None and sooner.index >= later.index
        assert sooner.why.figures is not None and later.why.figures is not None
        before = sooner.why.figures.q_before * (1 - sooner.why.figures.in_time)
        assert later.why.figures.q_before == pytest.approx(before)
