"""What the demo's town is made of: the invented names and numbers of data/demo_town.json, and the one seed from which all of it is drawn."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from matcher.domain.actor import Actor
from matcher.domain.place import Point, load_outcodes

LONDON = ZoneInfo("Europe/London")
SEED = 20261123
KM_A_DEGREE = 111.2


@cache
def plan() -> dict[str, Any]:
    """The file, read once."""
    read: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "demo_town.json").read_text(encoding="utf-8"))
    return read


def dice(purpose: str) -> Random:
    """The same throws at each start: one for each purpose, so that a change in one part moves nothing in another."""
    return Random(f"{SEED} {purpose}")


def uuid_from(thrown: Random) -> UUID:
    """An id that is the same in every demo town."""
    return UUID(int=thrown.getrandbits(128), version=4)


def mobile(number: int) -> str:
    """A mobile number that Ofcom keeps for drama: 07700 900000 to 900999."""
    return f"07700 900{number % 1000:03d}"


def landline(number: int) -> str:
    """A landline that Ofcom keeps for drama: 01632 960000 to 960999."""
    return f"01632 960{number % 1000:03d}"


def near(outcode: str, thrown: Random, *, within_km: float) -> Point:
    """A point in a district, to five decimals: its centre and a little."""
    centre = load_outcodes()[outcode].point
    if centre is None:
        raise ValueError(f"{outcode} has no centre")
    north, east = (thrown.uniform(-within_km, within_km) / KM_A_DEGREE for _ in range(2))
    return Point(round(centre.latitude + north, 5), round(centre.longitude + east * 1.68, 5))


@dataclass(slots=True)
class Town:
    """Who and what was made, by the names the history uses."""

    starts_at: datetime
    providers: dict[str, UUID] = field(default_factory=dict)
    areas: dict[str, UUID] = field(default_factory=dict)
    staff: dict[str, Actor] = field(default_factory=dict)
    volunteers: list[UUID] = field(default_factory=list)
    meetings: list[UUID] = field(default_factory=list)
