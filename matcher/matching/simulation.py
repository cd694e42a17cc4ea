"""Plays policies and bounds in made-up worlds and counts what came of it (matching 14 and 16). No clock: who calls brings one for `seconds`."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from matcher.domain.errors import Misconfigured
from matcher.matching.asking_settings import SHIPPED, AskingSettings
from matcher.matching.hindsight import NoPlanner, hindsight_trips
from matcher.matching.policies import POLICIES, PRODUCT
from matcher.matching.simulated_askers import Clairvoyant, OrderedWaves
from matcher.matching.simulated_county import World
from matcher.matching.simulated_life import Asker, Life
from matcher.matching.simulated_product import Production

METRICS = (
    "fill",
    "d24",
    "t50_h",
    "t90_h",
    "emails_per_fill",
    "disclosures_per_fill",
    "gini_asks",
    "gini_load",
    "km",
    "lost_pct",
    "late_yes_per_100",
    "seconds",
)
CLAIRVOYANT, HINDSIGHT = "clairvoyant", "hindsight"
PATTERN = re.compile(r"(nearest|round_robin|random|fixed)_(?:sequential|wave([1-9]\d?))_([1-9]\d{0,2})h")
WAVE_MOST, GAP_MOST = 20, 168

Figures = Mapping[str, float | None]


class UnknownPolicy(Misconfigured):
    """There is no such policy. Policies: product, broadcast, yap_like, ORDER_sequential_Hh and ORDER_waveK_Hh, where ORDER is nearest,
    round_robin, random or fixed, K 1 to 20 and H 1 to 168."""


@dataclass(frozen=True, slots=True)
class Played:
    """What came of some policies and bounds in one world. `hindsight` is None where the planner is missing."""

    referrals: int
    eligible_per_referral: float | None
    none_eligible_pct: float | None
    policies: Mapping[str, Figures]
    bounds: Mapping[str, Figures | None] = field(default_factory=dict)


def asker_named(name: str, settings: AskingSettings = SHIPPED) -> Callable[[Life], Asker]:
    """How a policy asks, by its name in the contract. Raises UnknownPolicy."""
    if name == PRODUCT:
        return partial(Production, choose=partial(POLICIES[PRODUCT], settings=settings), settings=settings)
    if name == "broadcast":
        return partial(OrderedWaves, order="fixed", wave=None, gap=None)
    found = PATTERN.fullmatch("fixed_sequential_24h" if name == "yap_like" else name)
    wave, gap = (int(found[2] or 1), int(found[3])) if found else (0, 0)
    if not found or not 1 <= wave <= WAVE_MOST or not 1 <= gap <= GAP_MOST:
        raise UnknownPolicy
    return partial(OrderedWaves, order=found[1], wave=wave, gap=float(gap))


def play_world(world: World, policies: Sequence[str], timer: Callable[[], float], *, settings: AskingSettings = SHIPPED) -> Played:
    """Every policy, and both bounds, in one world. `timer` gives seconds."""
    eligible = world.eligible
    return Played(
        referrals=len(world.ties),
        eligible_per_referral=float(eligible.sum(axis=1).mean()) if len(world.ties) else None,
        none_eligible_pct=100 * float((~eligible.any(axis=1)).mean()) if len(world.ties) else None,
        policies={name: play_policy(world, asker_named(name, settings), timer) for name in policies},
        bounds={CLAIRVOYANT: play_policy(world, Clairvoyant, timer), HINDSIGHT: _hindsight(world, timer)},
    )


def play_policy(world: World, asker: Callable[[Life], Asker], timer: Callable[[], float]) -> dict[str, float | None]:
    """The twelve figures of one policy in one world; None for what a world without a fill or a referral does not have."""
    began = timer()
    life = Life(world, asker)
    life.play()
    seconds = timer() - began
    fills = [(i, match) for i, match in enumerate(life.matched) if match is not None]
    waits = [first - life.arrival[i] for i, _ in fills if (first := life.first_yes[i]) is not None]
    known = sorted({j for ties in world.ties for j in ties})
    return {
        "fill": _share(len(fills), len(world.ties)),
        "d24": _share(sum(wait <= 24 for wait in waits), len(world.ties)),
        "t50_h": _quantile(waits, 0.5),
        "t90_h": _quantile(waits, 0.9),
        "emails_per_fill": _share(sum(life.letters), len(fills)),
        "disclosures_per_fill": _share(life.disclosures, len(fills)),
        "gini_asks": gini([life.letters[j] for j in known]),
        "gini_load": gini([life.matches[j] / life.cap[j] for j in known]),
        "km": _share(sum(choice.km for _, (_, choice) in fills), len(fills)),
        "lost_pct": 100 * sum(life.left) / len(life.left),
        "late_yes_per_100": _share(100 * life.late, len(fills)),
        "seconds": seconds,
    }


def _hindsight(world: World, timer: Callable[[], float]) -> dict[str, float | None] | None:
    began = timer()
    try:
        trips = hindsight_trips(world)
    except NoPlanner:
        return None
    unknown: dict[str, float | None] = dict.fromkeys(METRICS)
    return unknown | {
        "fill": _share(len(trips), len(world.ties)),
        "km": _share(sum(trips), len(trips)),
        "seconds": timer() - began,
    }


def gini(shares: Sequence[float]) -> float | None:
    """How unevenly something is shared out: 0 all alike, near 1 one has it all; None where there is nothing."""
    total = sum(shares)
    if not total:
        return None
    weighed = sum(rank * share for rank, share in enumerate(sorted(shares), start=1))
    return 2 * weighed / (len(shares) * total) - (len(shares) + 1) / len(shares)


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _quantile(waits: list[float], share: float) -> float | None:
    return float(np.quantile(waits, share)) if waits else None
