"""The made-up county is that of the contract, to the last digit: its worlds, the simple policies and both bounds in them."""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from matcher.domain.errors import Misconfigured
from matcher.matching.simulated_county import build_world
from matcher.matching.simulated_life import add_waking
from matcher.matching.simulated_settings import COUNTY, SCENARIOS
from matcher.matching.simulation import CLAIRVOYANT, HINDSIGHT, METRICS, asker_named, gini, play_world

SIMPLE = ("nearest_sequential_24h", "round_robin_wave3_12h", "broadcast")
CHECKS = {
    ("county", 0): (249, 9.1807, 0.4217, 0.5382, 0.4900, 0.5904, 0.6265),
    ("county", 1): (304, 10.3224, 0.3322, 0.4342, 0.3684, 0.5362, 0.5888),
    ("options3", 0): (249, 15.0482, 0.6185, 0.7390, 0.5984, 0.8153, 0.9076),
    ("standing10", 0): (249, 15.0482, 0.6908, 0.8072, 0.6305, 0.8554, 0.9157),
    ("rural", 0): (71, 2.6901, 0.3380, 0.3380, 0.3380, 0.3662, 0.4225),
    ("overload", 0): (754, 9.9761, 0.2865, 0.3156, 0.2493, 0.5557, 0.6286),
    ("city", 0): (639, 20.5008, 0.4210, 0.5900, 0.4335, 0.7105, 0.7433),
}
"""Matching 15: referrals, eligible for each, and the fill of three policies and both bounds."""


@pytest.mark.parametrize(("scenario", "seed"), CHECKS)
def test_the_worlds_are_those_of_the_contract(scenario: str, seed: int) -> None:
    played = play_world(build_world(SCENARIOS[scenario], seed), SIMPLE, time.perf_counter)
    clairvoyant, hindsight = played.bounds[CLAIRVOYANT], played.bounds[HINDSIGHT]
    assert clairvoyant is not None and hindsight is not None
    fills = [one["fill"] for one in (*(played.policies[name] for name in SIMPLE), clairvoyant, hindsight)]
    figures = [played.eligible_per_referral, *fills]
    assert (played.referrals, *[round(figure, 4) for figure in figures if figure is not None]) == CHECKS[scenario, seed]


def test_county_and_its_kin_hold_the_same_people_and_referrals() -> None:
    county, options3, standing = (build_world(SCENARIOS[name], 3) for name in ("county", "options3", "standing10"))
    for other in (options3, standing):
        assert np.array_equal(county.town.homes, other.town.homes) and np.array_equal(county.newcomers.at, other.newcomers.at)
        assert np.array_equal(county.draws.yes, other.draws.yes) and np.array_equal(county.starts[:, 0], other.starts[:, 0])
    assert 0 < standing.said_standing.sum() < 50 and not county.said_standing.any()
    assert set(standing.town.kind[standing.said_standing]) <= {0, 1}


def test_a_world_without_referrals_has_no_figures_and_no_error() -> None:
    played = play_world(build_world(replace(COUNTY, load=0.0), 0), ("product", *SIMPLE), time.perf_counter)
    assert played.referrals == 0 and played.eligible_per_referral is None
    for figures in played.policies.values():
        assert tuple(figures) == METRICS and figures["fill"] is None and figures["km"] is None and figures["lost_pct"] == 0


@pytest.mark.parametrize(
    "change", [{"volunteers": 0}, {"options": 4}, {"options": 1.5}, {"kappa": -0.1}, {"cancel": 1.1}, {"day": float("nan")}]
)
def test_what_no_county_can_be_is_refused_with_a_sentence(change: dict[str, Any]) -> None:
    with pytest.raises(Misconfigured) as refused:
        replace(COUNTY, **change)
    (key,) = change
    assert key in refused.value.sentence


@pytest.mark.parametrize(
    "name", ["", "nobody", "nearest", "nearest_wave0_4h", "nearest_wave21_4h", "fixed_wave3_169h", "nearest_sequential_24", "far_wave3_4h"]
)
def test_there_is_no_policy_of_any_other_name(name: str) -> None:
    with pytest.raises(Misconfigured):
        asker_named(name)


@pytest.mark.parametrize(
    ("at", "hours", "then"),
    [
        (10, 0, 10),
        (10, 3, 13),
        (21, 2, 33),
        (3, 1, 9),
        (23, 1, 33),
        (22, 0, 32),
        (10, 12, 32),
        (10, 28, 58),
        (24 * 5 + 7.5, 0.5, 24 * 5 + 8.5),
    ],
)
def test_people_answer_while_they_are_awake(at: float, hours: float, then: float) -> None:
    assert add_waking(at, hours) == then


def test_gini_is_nought_for_equals_and_nearly_one_for_one_who_has_all() -> None:
    assert gini([2, 2, 2]) == pytest.approx(0)
    assert gini([0, 0, 0, 8]) == pytest.approx(0.75)
    assert gini([0, 0]) is None and gini([]) is None
