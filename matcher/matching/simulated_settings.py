"""What may be set of a made-up county, and the scenarios of the contract (matching 14 and 15)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from matcher.domain.errors import Misconfigured


class WrongWorld(Misconfigured):
    """There is no such made-up world."""


@dataclass(frozen=True, slots=True)
class WorldSettings:
    """What may be set of a made-up world. Rates are shares; `rate` is referrals per volunteer and month; `kappa` how strongly an ask tires
    (natural log per ask); `attrition` the chance to leave per ask felt beyond the first. Raises WrongWorld outside the ranges of RANGES.
    """

    volunteers: int = 250
    weeks: int = 26
    load: float = 1.0
    options: int = 1
    standing: float = 0.0
    kappa: float = 0.22
    attrition: float = 0.004
    day: float = 0.3
    evening: float = 0.6
    rate: float = 0.17
    cancel: float = 0.06

    def __post_init__(self) -> None:
        for key, (least, most) in RANGES.items():
            value = getattr(self, key)
            if not least <= value <= most or (isinstance(least, int) and value != int(value)):
                raise WrongWorld(f"{key} is between {least} and {most}.", key=key)


RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "volunteers": (1, 2000),
        "weeks": (1, 104),
        "load": (0.0, 20.0),
        "options": (1, 3),
        "standing": (0.0, 1.0),
        "kappa": (0.0, 2.0),
        "attrition": (0.0, 1.0),
        "day": (0.0, 1.0),
        "evening": (0.0, 1.0),
        "rate": (0.0, 2.0),
        "cancel": (0.0, 1.0),
    }
)
"""Least and most of each setting; both whole where the setting is a count."""

COUNTY = WorldSettings()
SCENARIOS: Mapping[str, WorldSettings] = MappingProxyType(
    {
        "rural": replace(COUNTY, volunteers=80),
        "county": COUNTY,
        "city": replace(COUNTY, volunteers=600),
        "overload": replace(COUNTY, load=3.0),
        "options3": replace(COUNTY, options=3),
        "standing10": replace(COUNTY, options=3, standing=0.1),
    }
)
