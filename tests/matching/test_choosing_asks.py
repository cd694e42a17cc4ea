"""The policy `product`: what it promises whatever the state of a referral, and whom it prefers. One place holds it for clock and simulator."""

import ast
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import LONDON, NOW, a_candidate, a_view, an_offer, person_id

from matcher.domain.errors import Misconfigured
from matcher.domain.journey_word import OfferState
from matcher.domain.referral import ReferralId
from matcher.domain.volunteer import Tally
from matcher.matching.asking_figures import UNKNOWN_HOPES, asking_clock, crowd_of, outlook_of, outstanding_of
from matcher.matching.asking_hours import AskingHours, asking_hours_between, is_asking_time
from matcher.matching.asking_settings import RANGES, SHIPPED, AskingSettings, fingerprint_of
from matcher.matching.asking_view import LIVE, AskingView, Candidate, Claim, ClaimKind, DecisionReason
from matcher.matching.chances import share_within
from matcher.matching.choosing_asks import choose_also, choose_asks
from matcher.matching.policies import POLICIES, Decided, decide

HOUR = timedelta(hours=1)
HOURS = AskingHours(LONDON)
PLAIN = replace(SHIPPED, explore=0.0)

tallies = st.builds(
    Tally,
    n=st.floats(0, 20),
    y=st.floats(0, 5),
    answers=st.integers(0, 10).map(float),
    log_delay=st.floats(-5, 20),
    tired=st.floats(0, 4),
    tired_at=st.none() | st.floats(0, 900).map(lambda hours: NOW - hours * HOUR),
)


@st.composite
def people(draw: st.DrawFn, number: int) -> Candidate:
    last = draw(st.none() | st.floats(0, 900))
    return replace(
        a_candidate(number, None if last is None else NOW - last * HOUR),
        km=draw(st.none() | st.floats(0, 90)),
        load=draw(st.floats(0.1, 1)),
        tally=draw(tallies),
        standing=draw(st.booleans()),
    )


@st.composite
def views(draw: st.DrawFn) -> AskingView:
    states = draw(st.lists(st.sampled_from(list(OfferState)), max_size=9))
    offers = tuple(an_offer(20 + n, NOW - draw(st.floats(0, 90)) * HOUR, state=state) for n, state in enumerate(states))
    crowd = tuple(draw(people(number)) for number in range(1, 1 + draw(st.integers(0, 9))))
    return a_view(
        now=NOW + draw(st.integers(-30, 60)) * HOUR,
        deadline=NOW + draw(st.integers(-5, 200)) * HOUR,
        pressure=draw(st.floats(0, 4)),
        candidates=crowd,
        offers=offers,
    )


@given(views(), st.sampled_from([SHIPPED, PLAIN, replace(SHIPPED, live_most=1), replace(SHIPPED, rest_hours=336, explore=0.1)]))
def test_nobody_is_asked_at_night_twice_over_a_cap_or_too_late(view: AskingView, settings: AskingSettings) -> None:
    decision = choose_asks(view, settings)
    assert choose_asks(view, settings) == decision
    chosen = [ask.volunteer for ask in decision.asks]
    assert len(set(chosen)) == len(chosen)
    assert set(chosen) <= {one.volunteer for one in view.candidates} - {offer.volunteer for offer in view.offers}
    assert len(chosen) + sum(offer.state in LIVE for offer in view.offers) <= 10 or not chosen
    assert len(chosen) <= settings.live_most
    if chosen:
        assert is_asking_time(view.now, HOURS) and view.now < view.deadline and decision.reason is DecisionReason.WORTH_ASKING
    for ask in decision.asks:
        assert ask.p_hat is not None and 0 < ask.p_hat < 1 and 0 < ask.propensity <= 1 and ask.why.figures is not None
    if view.now < view.deadline:
        assert decision.look_again_at is not None and view.now < decision.look_again_at <= view.deadline


@given(views())
def test_rest_is_kept_unless_it_is_late_and_nobody_may_come(view: AskingView) -> None:
    rest = timedelta(hours=SHIPPED.rest_hours_busy if view.pressure > 1 else SHIPPED.rest_hours)
    last = {one.volunteer: one.last_asked_at for one in view.candidates}
    hours_left = asking_hours_between(view.now, view.deadline, HOURS) / HOUR
    early = [ask for ask in choose_asks(view).asks if (at := last[ask.volunteer]) is not None and view.now - at < rest]
    assert not early or (hours_left < SHIPPED.goal_hours and len(early) == 1)


def index_of(person: Candidate, **changes: Any) -> float:
    view = a_view(candidates=(person,), **changes)
    return float(crowd_of(view, [person], outlook_of(view, HOURS, SHIPPED.weights)).index[0])


@given(people(1), st.floats(0.01, 30))
def test_nearer_less_tired_less_loaded_more_willing_is_never_ranked_lower(person: Candidate, more: float) -> None:
    tally = replace(person.tally, tired_at=NOW)
    person = replace(person, tally=tally, km=person.km or 0.0)
    index = index_of(person) + 1e-9
    assert index_of(replace(person, km=(person.km or 0) + more)) <= index
    assert index_of(replace(person, load=person.load + more)) <= index
    assert index_of(replace(person, tally=replace(tally, tired=tally.tired + more))) <= index
    assert index_of(replace(person, standing=False)) <= index_of(replace(person, standing=True)) + 1e-9


@given(views(), people(15))
def test_one_more_candidate_never_makes_a_first_decision_hope_for_less(view: AskingView, more: Candidate) -> None:
    first = replace(
        view, offers=(), now=NOW, deadline=NOW + 100 * HOUR, candidates=tuple(replace(c, last_asked_at=None) for c in view.candidates)
    )
    wider = replace(first, candidates=(*first.candidates, replace(more, last_asked_at=None)))
    alone, together = choose_asks(first, PLAIN), choose_asks(wider, PLAIN)
    if not alone.asks:
        return
    assert together.asks and together.asks[0].index is not None and alone.asks[0].index is not None
    assert together.asks[0].index >= alone.asks[0].index - 1e-9


def test_a_claim_goes_first_and_alone_and_rest_does_not_stop_it() -> None:
    since = NOW - HOUR
    claim = Claim(candidate=a_candidate(9, NOW - HOUR), kind=ClaimKind.BANKED_YES, since=since)
    decision = choose_asks(a_view(claims=(claim,)))
    assert [ask.volunteer for ask in decision.asks] == [person_id(9)] and decision.reason is DecisionReason.CLAIM
    asked = a_view(claims=(claim,), offers=(an_offer(9, NOW),), now=NOW + HOUR, deadline=NOW + 100 * HOUR)
    assert choose_asks(asked).reason is DecisionReason.WAITING_FOR_CLAIM
    assert choose_asks(replace(asked, now=NOW + 4 * HOUR)).asks
    declined = replace(asked, offers=(an_offer(9, NOW, state=OfferState.DECLINED),))
    assert choose_asks(declined).asks


def test_silence_is_replaced_as_hope_fades_and_a_person_is_told_when_nobody_is_left() -> None:
    one = a_view(candidates=(a_candidate(1),))
    assert choose_asks(one).asks
    asked = replace(one, offers=(an_offer(1, NOW),), now=NOW + HOUR)
    assert choose_asks(asked).reason is DecisionReason.WAITING
    no = replace(one, offers=(an_offer(1, NOW, state=OfferState.DECLINED),), now=NOW + HOUR)
    assert choose_asks(no).reason is DecisionReason.ALL_DECLINED
    assert choose_asks(replace(one, candidates=())).reason is DecisionReason.NO_CANDIDATE
    assert choose_asks(replace(one, deadline=NOW)).reason is DecisionReason.DEADLINE_PASSED


def test_exploring_says_how_likely_it_was() -> None:
    crowd = tuple(a_candidate(number) for number in range(1, 11))
    often = replace(SHIPPED, explore=0.1)
    found = [choose_asks(a_view(candidates=crowd, referral=ReferralId(UUID(int=number))), often) for number in range(300)]
    asks = [ask for decision in found for ask in decision.asks]
    explored = [ask for ask in asks if ask.explored]
    assert explored and len(explored) < len(asks) / 4
    likely = {round(0.1 / number, 6) for number in range(1, 11)}
    assert {round(ask.propensity, 6) for ask in explored} <= likely | {round(0.9 + share, 6) for share in likely}
    assert all(ask.propensity >= 0.9 for ask in asks if not ask.explored)
    assert all(not ask.explored and ask.propensity == 1 for ask in choose_asks(a_view(candidates=crowd), PLAIN).asks)


@pytest.mark.parametrize("key", RANGES)
def test_a_setting_out_of_its_range_is_refused_with_a_sentence(key: str) -> None:
    least, most = RANGES[key]
    for wrong in (least - 1, most + 1, float("nan")):
        with pytest.raises(Misconfigured) as refused:
            replace(SHIPPED, **{key: wrong})
        assert key in refused.value.sentence
    assert fingerprint_of(SHIPPED) == fingerprint_of(AskingSettings()) != fingerprint_of(PLAIN)


def test_the_most_urgent_are_shown_beside_it() -> None:
    ids = [a_view().referral, *[type(a_view().referral)(int=n) for n in (5, 6, 7)]]
    others = {ids[1]: NOW + 3 * HOUR, ids[2]: NOW + HOUR, ids[3]: NOW + 2 * HOUR}
    assert choose_also(others) == (ids[2], ids[3]) and choose_also(others, replace(SHIPPED, bundle=1)) == ()


@given(st.floats(0, 365).map(lambda days: NOW + timedelta(days=days)), st.floats(0, 400))
def test_the_asking_clock_counts_asking_hours_over_both_clock_changes(at: datetime, hours: float) -> None:
    then = at + hours * HOUR
    counted = asking_clock(then, HOURS) - asking_clock(at, HOURS)
    assert counted == pytest.approx(asking_hours_between(at, then, HOURS) / HOUR, abs=1e-6)


def test_clock_and_simulator_take_the_policies_from_one_place() -> None:
    root = Path(__file__).parent.parent.parent / "matcher"
    for user, taken in (("actions/looking.py", "decide"), ("matching/simulation.py", "POLICIES")):
        found = [
            alias.name
            for node in ast.walk(ast.parse((root / user).read_text()))
            if isinstance(node, ast.ImportFrom) and node.module == "matcher.matching.policies"
            for alias in node.names
        ]
        assert taken in found, user
    view = a_view(candidates=(a_candidate(1),))
    assert decide("product", view) == Decided(choose_asks(view), "product")
    assert POLICIES["product"] is choose_asks and set(POLICIES) == {"product", "round_robin_wave3_4h", "round_robin_wave3_12h"}


def test_a_thousand_candidates_are_weighed_as_one_by_one() -> None:
    """Those with one option and those with two beside each other."""
    crowd = [
        replace(a_candidate(number), kms=(float(number % 40), 8.0)[: 1 + number % 2], tally=Tally(n=number % 5, tired=number % 3))
        for number in range(1, 1001)
    ]
    view = a_view(candidates=tuple(crowd))
    outlook = outlook_of(view, HOURS, SHIPPED.weights)
    together = crowd_of(view, crowd, outlook).index
    assert np.allclose(together[::97], [index_of(one) for one in crowd[::97]])
    asks = choose_asks(view, PLAIN).asks
    assert asks and [ask.index for ask in asks] == [together[ask.volunteer.int - 1] for ask in asks], "told as they were weighed"


@given(st.lists(st.integers(0, 3), min_size=1, max_size=12), st.data())
def test_the_best_of_some_and_everybodys_rank_are_those_of_one_long_sorting(kinds: list[int], drawn: st.DataObject) -> None:
    crowd = [replace(a_candidate(number), km=5.0 * kind, tally=Tally(n=kind // 2)) for number, kind in enumerate(kinds, start=1)]
    crowd = drawn.draw(st.permutations(crowd))
    view = a_view(candidates=tuple(crowd))
    weighed = crowd_of(view, crowd, outlook_of(view, HOURS, SHIPPED.weights))
    sorted_once = sorted(range(len(crowd)), key=lambda at: (-round(float(weighed.index[at]), 12), crowd[at].tally.n, crowd[at].number))
    some = np.array(sorted(drawn.draw(st.sets(st.sampled_from(range(len(crowd))), min_size=1))))
    assert weighed.best_of(some) == min(some.tolist(), key=sorted_once.index)
    assert [weighed.rank_of(place) for place in sorted_once] == list(range(1, len(crowd) + 1))


@given(st.lists(st.tuples(st.floats(0, 90), st.booleans(), st.booleans()), min_size=1, max_size=6))
def test_what_may_still_come_of_silent_asks_is_what_plain_sums_say(asked: list[tuple[float, bool, bool]]) -> None:
    known = ((0.3, 0.5, 0.7), (0.05, 0.1, 3.0))
    offers = [
        replace(an_offer(number, NOW - hours * HOUR), bundled=bundled, hopes=known if told else ())
        for number, (hours, bundled, told) in enumerate(asked, start=1)
    ]
    view = a_view(now=NOW, offers=tuple(offers), deadline=NOW + 90 * HOUR, candidates=(a_candidate(50),))
    outlook = outlook_of(view, HOURS, SHIPPED.weights)
    found, none = outstanding_of(view, HOURS, outlook), np.ones(len(outlook.left))
    for offer in offers:
        yes, answer, ln_median = np.array(offer.hopes or UNKNOWN_HOPES).T
        age = asking_clock(NOW, HOURS) - asking_clock(offer.shown_at, HOURS)
        passed = share_within(np.array([age]), ln_median)
        coming = share_within(age + np.array(outlook.left)[:, None], ln_median) - passed
        chance = (yes * coming).sum(axis=1) * (0.5 if offer.bundled else 1) / (1 - (answer * passed).sum())
        none *= 1 - np.minimum(0.999, chance)
    assert found.missing.none.tolist() == pytest.approx(none.tolist(), rel=1e-9)


def test_ten_letters_without_an_answer_are_the_most_however_old_they_are() -> None:
    crowd = tuple(a_candidate(number) for number in range(1, 11))
    old = tuple(an_offer(20 + number, NOW - timedelta(days=60)) for number in range(10))
    assert len(choose_asks(a_view(candidates=crowd, offers=old[:8])).asks) == 2
    assert choose_asks(a_view(candidates=crowd, offers=old)).reason is DecisionReason.ENOUGH_ASKED
