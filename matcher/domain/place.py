"""Where things are and how far apart: points with a stated precision, the shipped tables of districts, distance, time on the way.

Nothing here asks anybody outside; distances that are shown come from matcher/places.py.
"""

import csv
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from matcher.domain.postcode import GIROBANK, outcode_of, outcodes_in, postcodes_in, sector_of, spell_outcode, spell_postcode, spell_sector

KM_PER_MILE = 1.609344
SMALLEST_TABLE_RADIUS_M = 500  # assumption: 890 sectors have all their postcodes at one spot
VENUE_RADIUS_M = 100  # assumption
FAR_FROM_POSTCODE_KM = 30
REGION = (49.0, 61.5, -11.0, 2.5)  # south, north, west, east of Britain, Ireland and the islands
NO_PLACES = frozenset(
    {(55.37805, -3.43597), (54.70235, -3.27658), (34.23592, -118.56366)}
)  # "United Kingdom" twice, and BMLT's stock centre


class Precision(StrEnum):
    """How a point is known, finest first."""

    VENUE = "venue"
    POSTCODE = "postcode"
    SECTOR = "sector"
    OUTCODE = "outcode"
    TOWN = "town"
    NONE = "none"


class PointFault(StrEnum):
    """Why two numbers are no point; the values are the issue codes of an import."""

    INVALID = "invalid_coordinates"
    PLACEHOLDER = "placeholder_point"
    OUTSIDE = "point_outside_area"


@dataclass(frozen=True, slots=True)
class Point:
    """A spot on the map, WGS84 degrees. Raises ValueError for what is no number or not on the globe."""

    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        if not (abs(self.latitude) <= 90 and abs(self.longitude) <= 180):  # False for NaN too
            raise ValueError(f"not on the globe: {self.latitude}, {self.longitude}")


@dataclass(frozen=True, slots=True)
class Place:
    """A point with what it is called and the radius in metres that holds the truth nine times in ten; no point if unknown."""

    point: Point | None
    precision: Precision
    radius_m: int | None
    label: str

    def __post_init__(self) -> None:
        known = self.precision is not Precision.NONE
        if known != (self.point is not None) or known != (self.radius_m is not None):
            raise ValueError("a place has a point and a radius, or neither and no precision")


NOWHERE = Place(None, Precision.NONE, None, "")


@dataclass(frozen=True, slots=True)
class Circle:
    """A patch somebody is ready to travel in: a centre and a radius of 1 to 100 km."""

    centre: Point
    radius_km: float

    def __post_init__(self) -> None:
        if not 1 <= self.radius_km <= 100:
            raise ValueError(f"a reach is 1 to 100 km, not {self.radius_km}")


def point_fault(latitude: float | None, longitude: float | None, *, in_region: bool = True) -> PointFault | None:
    """What is wrong with two numbers given as a point; None if nothing is or both are missing.

    `in_region`: it must lie in or around these islands.
    """
    if latitude is None or longitude is None:
        return None if latitude is longitude else PointFault.INVALID
    if not (abs(latitude) <= 90 and abs(longitude) <= 180) or (abs(latitude) <= 0.01 and abs(longitude) <= 0.01):
        return PointFault.INVALID
    if (round(latitude, 5), round(longitude, 5)) in NO_PLACES:
        return PointFault.PLACEHOLDER
    south, north, west, east = REGION
    if in_region and not (south <= latitude <= north and west <= longitude <= east):
        return PointFault.OUTSIDE
    return None


def good_point(latitude: float | None, longitude: float | None, *, in_region: bool = True) -> Point | None:
    """The point, or None for every kind of bad one."""
    if latitude is None or longitude is None or point_fault(latitude, longitude, in_region=in_region):
        return None
    return Point(float(latitude), float(longitude))


def km_between(a: Point, b: Point) -> float:
    """Kilometres by the flat-ellipsoid series (FCC, mid-latitude): within 6 m of the WGS84 geodesic up to 100 km; made for up to 475 km."""
    m = math.radians((a.latitude + b.latitude) / 2)
    k1 = 111.13209 - 0.56605 * math.cos(2 * m) + 0.00120 * math.cos(4 * m)
    k2 = 111.41513 * math.cos(m) - 0.09455 * math.cos(3 * m) + 0.00012 * math.cos(5 * m)
    return math.hypot(k1 * (a.latitude - b.latitude), k2 * (a.longitude - b.longitude))


@dataclass(frozen=True, slots=True)
class Miles:
    """A distance as it may be said: `low` to `high` miles; one figure if equal; (0, ¼) is "less than ¼"; any other low of 0, "up to"."""

    low: float
    high: float


def _round_miles(miles: float) -> float:
    if miles < 0.25:
        return 0.0
    return math.floor(miles * 2 + 0.5) / 2 if miles < 10 else float(math.floor(miles + 0.5))


def in_miles(km: float, radii_m: Iterable[int | None] = ()) -> Miles:
    """Miles to show: to the half under 10, else whole; a range where the radii of both ends exceed a quarter of the distance."""
    miles, doubt = km / KM_PER_MILE, sum(r or 0 for r in radii_m) / 1000 / KM_PER_MILE
    if doubt <= miles / 4:
        doubt = 0.0
    return Miles(_round_miles(max(0.0, miles - doubt)), _round_miles(miles + doubt) or 0.25)


class TravelMode(StrEnum):
    """How somebody travels."""

    FOOT = "foot"
    BUS_TRAIN = "bus_train"
    BICYCLE = "bicycle"
    CAR = "car"


@dataclass(frozen=True, slots=True)
class Pace:
    """Minutes before moving, way over straight line, speed, and the straight distance up to which anybody would."""

    start_minutes: float
    detour: float
    km_per_hour: float
    limit_km: float = math.inf

    def minutes(self, km: float) -> float:
        """Minutes for this straight distance in kilometres."""
        return self.start_minutes + 60 * self.detour * km / self.km_per_hour


PACES: Mapping[TravelMode, Pace] = MappingProxyType(  # proposals, not measured (assumption)
    {
        TravelMode.FOOT: Pace(0, 1.3, 4.8, limit_km=2),
        TravelMode.BUS_TRAIN: Pace(12, 1.4, 18),
        TravelMode.BICYCLE: Pace(3, 1.3, 14, limit_km=10),
        TravelMode.CAR: Pace(5, 1.4, 35),
    }
)


def is_usual(km: float, mode: TravelMode, paces: Mapping[TravelMode, Pace] = PACES) -> bool:
    """Whether this way of travelling is used over so many straight kilometres: on foot to 2, by bicycle to 10."""
    return km <= paces[mode].limit_km


def travel_minutes(km: float, mode: TravelMode, paces: Mapping[TravelMode, Pace] = PACES) -> int:
    """Estimated minutes for straight kilometres, rounded up to 5; never falls as they grow. Raises ValueError below 0 and for no number.

    Beyond the limit of walking and cycling the figure goes on at the same pace: a bus instead would be a promise nobody made.
    Whether such a way is worth showing is `is_usual`.
    """
    if not 0 <= km < math.inf:
        raise ValueError(f"no distance: {km}")
    return 5 * math.ceil(paces[mode].minutes(km) / 5 - 1e-9)  # 35.000000000000004 is 35


def travel_range(km: float, mode: TravelMode, radii_m: Iterable[int | None] = ()) -> tuple[int, int]:
    """Least and most minutes, when both ends are known only to their radii."""
    doubt = sum(r or 0 for r in radii_m) / 1000
    return travel_minutes(max(0.0, km - doubt), mode), travel_minutes(km + doubt, mode)


def _read_table(name: str, precision: Precision) -> Mapping[str, Place]:
    with (files("matcher") / "data" / name).open(encoding="utf-8") as lines:
        rows = csv.reader(lines)
        next(rows)
        places = {
            code: Place(Point(float(lat), float(lon)), precision, max(SMALLEST_TABLE_RADIUS_M, int(radius)), code)
            for code, lat, lon, _, radius in rows
        }
    return MappingProxyType(places)


@cache
def load_outcodes() -> Mapping[str, Place]:
    """The shipped districts by their code, read once."""
    return _read_table("outcodes.csv", Precision.OUTCODE)


@cache
def load_sectors() -> Mapping[str, Place]:
    """The shipped sectors ("BH1 4") by their code, read once; none in Northern Ireland."""
    return _read_table("sectors.csv", Precision.SECTOR)


@cache
def attribution() -> str:
    """The sentences owed to the owners of the tables, with their year: for the about page and beneath each printed list."""
    return (files("matcher") / "data" / "attribution.txt").read_text(encoding="utf-8").strip()


def table_vintage() -> int:
    """The year of the shipped tables."""
    return int(re.findall(r"\d{4}", attribution())[0])


def read_postcode(text: str) -> str | None:
    """A field that is one postcode of a known district, as "BH1 4AB" (GIR 0AA is legal); None if not."""
    code = spell_postcode(text)
    return code if code == GIROBANK or (code and code.split()[0] in load_outcodes()) else None


def find_postcode_in(text: str) -> str | None:
    """The last postcode of a known district that stands alone in running text, where an address ends with it."""
    known = [code for code in postcodes_in(text) if read_postcode(code)]
    return known[-1] if known else None


def find_outcode_in(text: str) -> str | None:
    """The district of an address: of its postcode, else the last known one that stands in capitals or is the whole field."""
    if code := find_postcode_in(text):
        return outcode_of(code)
    known = [out for out in outcodes_in(text) if out in load_outcodes()]
    return known[-1] if known else None


def find_outcode(text: str) -> Place | None:
    """The centre of a district, of one typed alone in any case."""
    return load_outcodes().get(spell_outcode(text) or "")


def find_sector(text: str) -> Place | None:
    """The centre of a sector, typed with its gap ("bh1 4")."""
    return load_sectors().get(spell_sector(text) or "")


def find_place(text: str) -> Place | None:
    """The place of a postcode cut to its sector, of a sector, or of a district; a sector that is not listed gives its district."""
    return find_sector(sector_of(text) or "") or find_outcode(outcode_of(text) or "")


def search_districts(text: str, *, limit: int = 20) -> list[Place]:
    """Districts to choose from for a beginning ("bh" → BH1 …), in the order people count.

    A full postcode gives its own district only (to be offered instead of it), a sector itself.
    """
    if spell_postcode(text):
        return [place] if (place := find_outcode(outcode_of(text) or "")) else []
    if spell_sector(text):
        return [place] if (place := find_place(text)) else []
    start = text.strip().upper()
    found = [place for code, place in load_outcodes().items() if start and code.startswith(start)]
    # BH2 before BH10, and B1 before BA1
    return sorted(found, key=lambda p: [int(part) if part.isdigit() else part for part in re.findall(r"\d+|\D+", p.label)])[:limit]


def nearest_outcode(point: Point) -> Place:
    """The district whose centre is nearest: for saying roughly where a point is."""
    return min(load_outcodes().values(), key=lambda place: km_between(point, place.point) if place.point else math.inf)


def venue_place(point: Point, label: str) -> Place:
    """A venue's own point, with the radius that its number of decimals can vouch for (assumption)."""
    exponents = [Decimal(repr(float(half))).normalize().as_tuple().exponent for half in (point.latitude, point.longitude)]
    decimals = min(-e if isinstance(e, int) else 0 for e in exponents)
    return Place(point, Precision.VENUE, max(VENUE_RADIUS_M, round(55_600 * 10.0 ** -max(0, decimals))), label)
