"""What an ask is weighed by: the terms that were stored are read back as they were, and those of today are the decision's own figures."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from made_up import LONDON, NOW, a_candidate, a_view, an_offer

from matcher.domain.volunteer import Tally
from matcher.matching.asking_figures import crowd_of, outlook_of
from matcher.matching.asking_hours import AskingHours
from matcher.matching.asking_settings import SHIPPED
from matcher.matching.asking_terms import terms_now, terms_then
from matcher.matching.choosing_asks import choose_asks
from matcher.matching.waves import choose_wave

TOM = replace(
    a_candidate(1, NOW - timedelta(days=9)),
    km=14.0,
    load=0.5,
    letters_this_week=1,
    tally=Tally(n=4, y=2, answers=3, log_delay=3.4, tired=0.8, tired_at=NOW, scarce=1.2),
)


def test_stored_terms_are_those_of_the_decision() -> None:
    decision = choose_asks(a_view(candidates=(TOM,), mean_scarcity=1.0), replace(SHIPPED, explore=0.0))
    [ask] = decision.asks
    assert ask.why.figures is not None
    told = terms_then(json.loads(json.dumps(ask.why.to_json())))
    assert told is not None and told.weighed is not None
    assert (told.asked_at, told.rank, told.considered, told.km, told.load, told.letters_this_week) == (NOW, 1, 1, 14.0, 0.5, 1)
    assert told.last_asked_at == NOW - timedelta(days=9) and not told.standing and told.how == ""
    weighed, figures = told.weighed, ask.why.figures
    assert (weighed.asked, weighed.yeses, weighed.tired, weighed.scarcity) == (4, 2, 0.8, 1.2)
    assert (weighed.chance, weighed.in_time, weighed.worth) == (figures.p_hat, figures.in_time, figures.index)
    assert weighed.answers_in == pytest.approx(4.317, abs=0.001) and weighed.on_its_way == 0.0


def test_terms_of_today_are_what_a_decision_would_reckon_with() -> None:
    view = a_view(candidates=(TOM,), offers=(an_offer(2, NOW - timedelta(hours=3)),), mean_scarcity=1.0)
    told = terms_now(view, TOM, "product", weighs=True)
    crowd = crowd_of(view, [TOM], outlook_of(view, AskingHours(LONDON), SHIPPED.weights))
    assert told.asked_at is None and told.weighed is not None
    assert (told.weighed.chance, told.weighed.worth) == (float(crowd.p_hat[0]), float(crowd.index[0]))
    assert 0 < told.weighed.on_its_way < 1, "somebody else may still say yes"


def test_a_wave_has_no_chances_to_tell_of_and_nobody_has_answered_yet_is_said_as_such() -> None:
    [ask] = choose_wave(a_view(candidates=(TOM,))).asks
    then, now = terms_then(ask.why.to_json()), terms_now(a_view(), TOM, "round_robin_wave3_4h", weighs=False)
    assert then is not None and then.weighed is None and now.weighed is None
    assert (then.wave, then.rank, now.wave, now.rank) == (1, 1, 0, 0)
    fresh = terms_now(a_view(), a_candidate(3), "product", weighs=True).weighed
    assert fresh is not None and fresh.answers_in is None and fresh.asked == 0


@pytest.mark.parametrize("why", [{}, {"decided_at": NOW.isoformat(), "reason": "by_hand"}, {"rank": 1, "decided_at": None}])
def test_an_ask_without_terms_has_none(why: dict[str, object]) -> None:
    assert terms_then(why) is None


def test_after_the_last_moment_nothing_is_reckoned() -> None:
    assert terms_now(a_view(now=NOW + timedelta(days=9)), TOM, "product", weighs=True).weighed is None
