"""Askers with powers nobody has: what they know and hear is what the world holds, and nobody else's rules bend for them."""

import time
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from matcher.matching.chances import sorts_of
from matcher.matching.simulated_bounds import AsksInTurn, AsksTogether, KnowsPeople, heard_at_once, knows_people
from matcher.matching.simulated_county import build_world
from matcher.matching.simulated_life import Life
from matcher.matching.simulated_settings import COUNTY, SCENARIOS
from matcher.matching.simulation import play_policy

WORLD = build_world(replace(COUNTY, volunteers=80, weeks=8), 150)


def test_who_hears_at_once_asks_nobody_in_vain() -> None:
    at_once = heard_at_once(WORLD)
    assert all(tie.wait == 0 for ties in at_once.ties for tie in ties.values()) and any(
        t.wait > 0 for ties in WORLD.ties for t in ties.values()
    )
    played = play_policy(at_once, AsksInTurn, time.process_time)
    assert played["late_yes_per_100"] == 0 and played["t50_h"] == 0 and played["fill"] == played["d24"]
    assert played["disclosures_per_fill"] == played["emails_per_fill"]


def test_the_tired_are_asked_later_the_more_they_are_spared() -> None:
    at_once = heard_at_once(WORLD)
    even, greedy = (play_policy(at_once, partial(AsksInTurn, spares=spares), time.process_time) for spares in (10, 0))
    assert (even["gini_asks"] or 1) < (greedy["gini_asks"] or 0)
    holding_back = play_policy(at_once, partial(AsksInTurn, spares=0, least=0.2), time.process_time)
    assert (holding_back["emails_per_fill"] or 9) < (greedy["emails_per_fill"] or 0)


def test_what_is_known_of_people_is_what_they_are() -> None:
    found: list[KnowsPeople] = []

    def asker(life: Life) -> KnowsPeople:
        found.append(knows_people()(life))
        return found[0]

    play_policy(WORLD, asker, time.process_time)
    seen = {candidate.number: candidate for known in found[0].known for _, _, candidate in known.values()}
    assert len(seen) > 20
    for j, candidate in seen.items():
        tally = candidate.tally
        columns = [np.array([value]) for value in (tally.n, tally.y, tally.answers)]
        share, yes = sorts_of(*columns, log_delay=np.array([tally.log_delay]), standing=np.array([False]))
        kind = int(WORLD.town.kind[j])
        assert yes[kind, 0] == pytest.approx(min(0.95, float(WORLD.yes[j])), abs=0.12 if kind == 2 else 0.02)
        assert share[:, 0].argmax() == kind


def test_letters_of_three_reach_more_newcomers_with_fewer_letters_and_one_is_one() -> None:
    at_once = heard_at_once(build_world(replace(SCENARIOS["overload"], volunteers=80, weeks=8), 150))
    alone, three = (play_policy(at_once, partial(AsksTogether, most=most), time.process_time) for most in (1, 3))
    assert (three["fill"] or 0) > (alone["fill"] or 1) and (three["emails_per_fill"] or 9) < (alone["emails_per_fill"] or 0)
    assert alone["disclosures_per_fill"] == alone["emails_per_fill"] and (three["disclosures_per_fill"] or 0) > (
        three["emails_per_fill"] or 9
    )
    assert (three["disclosures_per_fill"] or 9) <= 3 * (three["emails_per_fill"] or 0)
