"""What an ask is weighed by: the terms that were stored are read back as they were, and those of today are what asking would store."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from made_up import MEETING, NOW, THURSDAY, a_candidate, a_view, an_offer

from matcher.domain.referral import ReferralId
from matcher.domain.volunteer import Tally
from matcher.matching.asking_settings import SHIPPED
from matcher.matching.asking_terms import AskTerms, terms_now, terms_then
from matcher.matching.asking_view import Ask, AskingView, Candidate, Claim, ClaimKind
from matcher.matching.choosing_asks import choose_asks
from matcher.matching.waves import choose_wave

PLAIN = replace(SHIPPED, explore=0.0)
TOM = replace(
    a_candidate(1, NOW - timedelta(days=9)),
    km=14.0,
    load=0.5,
    letters_this_week=1,
    tally=Tally(n=4, y=2, answers=3, log_delay=3.4, tired=0.8, tired_at=NOW, scarce=1.2),
)
ALWAYS = replace(TOM, standing=True)
ONLINE = replace(a_candidate(2), km=None, options=((MEETING, THURSDAY), (UUID(int=101), THURSDAY)), kms=(None, 3.0))
"""Never asked, and nobody knows the way to the first of two meetings."""
BUSY = replace(TOM, km=60.0, load=2.0, letters_this_week=2, tally=replace(TOM.tally, tired_at=NOW - timedelta(days=5)))


def read_back(ask: Ask) -> AskTerms:
    """What a page reads of an ask that was stored."""
    told = terms_then(json.loads(json.dumps(ask.why.to_json())))
    assert told is not None
    return told


def ask_on_claim(view: AskingView, person: Candidate) -> Ask:
    [ask] = choose_asks(replace(view, claims=(Claim(candidate=person, kind=ClaimKind.STAND_BY, since=NOW),)), PLAIN).asks
    return ask


def test_stored_terms_are_those_of_the_decision() -> None:
    decision = choose_asks(a_view(candidates=(TOM,), mean_scarcity=1.0), PLAIN)
    [ask] = decision.asks
    assert ask.why.figures is not None
    told = read_back(ask)
    assert told.weighed is not None
    assert (told.asked_at, told.rank, told.considered, told.km, told.load, told.letters_this_week) == (NOW, 1, 1, 14.0, 0.5, 1)
    assert told.last_asked_at == NOW - timedelta(days=9) and not told.standing and told.how == "" and told.policy == "product"
    weighed, figures = told.weighed, ask.why.figures
    assert (weighed.asked, weighed.yeses, weighed.tired, weighed.scarcity) == (4, 2, 0.8, 1.2)
    assert (weighed.chance, weighed.in_time, weighed.worth) == (figures.p_hat, figures.in_time, figures.index)
    assert weighed.answers_in == pytest.approx(4.317, abs=0.001) and weighed.on_its_way == 0.0 and not weighed.drawn


@pytest.mark.parametrize("person", [TOM, ALWAYS, ONLINE, BUSY], ids=["Tom", "always yes", "never asked", "busy"])
@pytest.mark.parametrize(
    "changes",
    [{}, {"mean_scarcity": 0.8}, {"pressure": 1.4, "mean_scarcity": 2.0}, {"seats_open": 2, "now": NOW + timedelta(hours=26)}],
    ids=["quiet", "some are rare", "busy", "two seats, a day later"],
)
def test_the_terms_of_today_are_those_that_asking_today_would_store(person: Candidate, changes: dict[str, Any]) -> None:
    view = a_view(candidates=(), offers=(an_offer(7, NOW - timedelta(hours=3)), an_offer(8, NOW - timedelta(minutes=40))), **changes)
    today = terms_now(view, person, "product", weighs=True)
    assert today.weighed is not None and 0 < today.weighed.on_its_way < 1, "one of two others may still say yes"
    assert read_back(ask_on_claim(view, person)) == replace(today, asked_at=view.now, how="claim", rank=1, considered=1)
    assert (today.asked_at, today.how, today.rank, today.considered, today.wave) == (None, "", 0, 0, 0), "nobody has been asked"


def test_who_was_drawn_from_those_nearly_as_good_is_told_so() -> None:
    often = replace(SHIPPED, explore=0.1)
    decisions = [choose_asks(a_view(referral=ReferralId(UUID(int=number))), often) for number in range(60)]
    asks = [ask for decision in decisions for ask in decision.asks]
    drawn = [weighed.drawn for ask in asks if (weighed := read_back(ask).weighed)]
    assert drawn == [ask.explored for ask in asks] and 0 < sum(drawn) < len(drawn)


def test_a_wave_has_no_chances_to_tell_of_and_nobody_has_answered_yet_is_said_as_such() -> None:
    [ask] = choose_wave(a_view(candidates=(TOM,))).asks
    then, now = read_back(ask), terms_now(a_view(), TOM, "round_robin_wave3_4h", weighs=False)
    assert then.weighed is None and now.weighed is None
    assert (then.wave, then.rank, now.wave, now.rank) == (1, 1, 0, 0)
    assert then.policy == now.policy == "round_robin_wave3_4h"
    fresh = read_back(ask_on_claim(a_view(), a_candidate(3))).weighed
    assert fresh is not None and fresh.answers_in is None and fresh.asked == 0


def test_what_an_older_explanation_does_not_say_is_told_as_nothing() -> None:
    told = terms_then({"decided_at": NOW.isoformat(), "rank": 2})
    assert told == AskTerms(
        policy="",
        asked_at=NOW,
        how="",
        rank=2,
        considered=0,
        wave=0,
        km=None,
        load=0.0,
        last_asked_at=None,
        letters_this_week=0,
        standing=False,
        weighed=None,
    )


@pytest.mark.parametrize("why", [{}, {"decided_at": NOW.isoformat(), "reason": "by_hand"}, {"rank": 1, "decided_at": None}])
def test_an_ask_without_terms_has_none(why: dict[str, object]) -> None:
    assert terms_then(why) is None


@pytest.mark.parametrize("now", [a_view().deadline, NOW + timedelta(days=9)], ids=["at it", "after it"])
def test_from_the_last_moment_on_nothing_is_reckoned(now: datetime) -> None:
    assert terms_now(a_view(now=now), TOM, "product", weighs=True).weighed is None
