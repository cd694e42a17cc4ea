"""Figures of many worlds put together: means, 95 % intervals (Student), and differences seed by seed (matching 14)."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matcher.matching.policies import PRODUCT
from matcher.matching.simulation import CLAIRVOYANT, HINDSIGHT, METRICS, Played

# Quantile .975 of Student's distribution for 1 to 30 degrees of freedom.
STUDENT = (
    *(12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281, 2.2010, 2.1788, 2.1604, 2.1448, 2.1314),
    *(2.1199, 2.1098, 2.1009, 2.0930, 2.0860, 2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423),
)
NORMAL = 1.959964


def student(freedom: int) -> float:
    """The quantile .975 of Student's distribution, to four digits."""
    if freedom <= len(STUDENT):
        return STUDENT[freedom - 1]
    return NORMAL + (NORMAL**3 + NORMAL) / (4 * freedom) + (5 * NORMAL**5 + 16 * NORMAL**3 + 3 * NORMAL) / (96 * freedom**2)


def mean(values: Iterable[float | None]) -> float | None:
    """The mean of what is known; None of nothing."""
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None


def half_width(values: Iterable[float | None]) -> float | None:
    """Half the 95 % interval of the mean; None of fewer than two."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    middle = math.fsum(known) / len(known)
    spread = math.sqrt(math.fsum((value - middle) ** 2 for value in known) / (len(known) - 1))
    return student(len(known) - 1) * spread / math.sqrt(len(known))


def summarise(scenario: str, seeds: Sequence[int], changed: Mapping[str, float], worlds: Sequence[Played]) -> dict[str, Any]:
    """One object with the keys of the contract; metrics are None where no world has them, `hindsight` where the planner is missing."""
    policies = {name: [world.policies[name] for world in worlds] for name in worlds[0].policies}
    bounds = {name: [found for world in worlds if (found := world.bounds[name]) is not None] for name in (CLAIRVOYANT, HINDSIGHT)}
    summary: dict[str, Any] = {
        "scenario": scenario,
        "seeds": list(seeds),
        "set": dict(changed),
        "world": {
            "referrals": mean(world.referrals for world in worlds),
            "eligible_per_referral": mean(world.eligible_per_referral for world in worlds),
            "none_eligible_pct": mean(world.none_eligible_pct for world in worlds),
        },
        "policies": {name: {metric: mean(one[metric] for one in found) for metric in METRICS} for name, found in policies.items()},
        "bounds": {
            name: {metric: mean(one[metric] for one in found) for metric in METRICS} if found else None for name, found in bounds.items()
        },
        "ci95": {
            name: {metric: half_width(one[metric] for one in found) for metric in METRICS} for name, found in (policies | bounds).items()
        },
    }
    if PRODUCT in policies:
        summary["paired"] = {
            name: {metric: _paired(policies[PRODUCT], found, metric) for metric in METRICS}
            for name, found in (policies | bounds).items()
            if name != PRODUCT and found
        }
    return summary


def _paired(
    ours: Sequence[Mapping[str, float | None]], theirs: Sequence[Mapping[str, float | None]], metric: str
) -> dict[str, float | None]:
    both = [(one[metric], other[metric]) for one, other in zip(ours, theirs, strict=True)]
    differences = [one - other for one, other in both if one is not None and other is not None]
    return {"difference": mean(differences), "ci95": half_width(differences)}
