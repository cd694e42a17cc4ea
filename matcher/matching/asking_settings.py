"""What may be set of the policy `product`, and within which limits (matching 8.8); the weights of version p3 stand beside (decisions 18, 30)."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from hashlib import sha256
from types import MappingProxyType

from matcher.domain.errors import Misconfigured

VERSION = "p3"


class OutOfRange(Misconfigured):
    """A setting of asking is out of its range."""

    def __init__(self, key: str) -> None:
        least, most = RANGES[key]
        super().__init__(f"asking.{key} is between {least} and {most}.", key=key)


RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "asking_from": (7, 22),
        "asking_until": (7, 22),
        "rest_hours": (0, 336),
        "rest_hours_busy": (0, 336),
        "letters_per_week": (1, 7),
        "live_most": (1, 10),
        "target": (0.5, 1.0),
        "floor": (0.0, 1.0),
        "goal_hours": (1, 72),
        "bundle": (1, 3),
        "explore": (0.0, 0.1),
    }
)
"""Least and most of what may be set; both whole where it is a count or an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What the policy weighs against each other, in fills: a yes in time is worth 1, `in_a_day` more if it comes within 24 hours of the
    referral, `soon` more within `soon_hours`. A letter costs `letter`; somebody's tiredness `tires` + `tired`·φ + `scarce`·λ/λ̄ + `load`·ℓ² for each yes it
    may bring, times 1 + `busy` for each ask of pressure over `busy_from`. Waiting is looked ahead `ahead` asking hours."""

    in_a_day: float = 1.5
    soon: float = 0.0
    soon_hours: float = 5.0
    letter: float = 0.02
    tires: float = 0.08
    tired: float = 0.2
    scarce: float = 0.0
    load: float = 0.02
    busy: float = 2.0
    busy_from: float = 0.8
    ahead: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingSettings:
    """How `product` asks. Hours of the day and lengths in hours. Raises OutOfRange.

    `rest_hours`: nobody is written to again sooner (`rest_hours_busy` while the pressure is over 1); `live_most`: asks that may be waiting for
    an answer; `target`: chance of a yes after which nobody more is asked; `floor`: below it nobody waits for an answer first; `goal_hours`: when
    so much or less is left and nobody is waiting, rest does not count; `explore`: share of asks drawn evenly from those nearly as good.
    """

    asking_from: int = 8
    asking_until: int = 21
    rest_hours: int = 24
    rest_hours_busy: int = 168
    letters_per_week: int = 2
    live_most: int = 8
    target: float = 0.97
    floor: float = 0.0
    goal_hours: int = 18
    bundle: int = 3
    explore: float = 0.05
    weights: Weights = field(default_factory=Weights)

    def __post_init__(self) -> None:
        for key, (least, most) in RANGES.items():
            value = getattr(self, key)
            if not least <= value <= most or (isinstance(least, int) and value != int(value)):
                raise OutOfRange(key)
        if self.asking_from >= self.asking_until:
            raise OutOfRange("asking_until")


SHIPPED = AskingSettings()


@cache
def fingerprint_of(settings: AskingSettings) -> str:
    """Eight letters that change with any setting: stored with each ask, so that history can be told apart."""
    return sha256(json.dumps(asdict(settings), sort_keys=True).encode()).hexdigest()[:8]
