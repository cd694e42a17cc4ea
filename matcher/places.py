"""Places beyond the pure rules: distances as they are shown, and the building of the shipped tables. The only file that knows geopy."""

import csv
import math
import os
import re
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TextIO

from geopy.distance import geodesic

from matcher.domain.errors import Refusal
from matcher.domain.national_grid import grid_to_degrees
from matcher.domain.place import NOWHERE, Miles, Place, Point, find_place, good_point, in_miles, km_between, table_vintage, venue_place
from matcher.domain.postcode import outcode_of, sector_of, spell_postcode

ATTRIBUTION = (  # wording of the licences (Open Government Licence, Royal Mail, ONS)
    "Contains OS data © Crown copyright and database right {year}. "
    "Contains Royal Mail data © Royal Mail copyright and database right {year}. "
    "Contains National Statistics data © Crown copyright and database right {year}."
)
HEADINGS = {
    "postcode": ("postcode", "pcds", "pcd", "pcd2"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "long", "lon", "lng"),
    "east": ("eastings", "easting", "ea", "oseast1m"),
    "north": ("northings", "northing", "no", "osnrth1m"),
}
CODE_POINT_OPEN = ["Postcode", "Positional_quality_indicator", "Eastings", "Northings"]  # its files come without a line of headings
NO_LATITUDE = 99.999  # 99.999999 stands for "no position"
WORST_SHARE = 0.01


class UnusablePostcodes(Refusal):
    """This file cannot be read as a table of postcode points. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class TableReport:
    """What a build read and wrote, in rows."""

    postcodes: int
    without_position: int
    unreadable: int
    outcodes: int
    northern_ireland: int
    sectors: int


def shown_distance(a: Place, b: Place) -> Miles | None:
    """Miles to show between two places, by the WGS84 geodesic; None if either is unknown."""
    if a.point is None or b.point is None:
        return None
    km = geodesic((a.point.latitude, a.point.longitude), (b.point.latitude, b.point.longitude)).km
    return in_miles(km, (a.radius_m, b.radius_m))


def place_text(text: str) -> tuple[Place, str]:
    """The place of a postcode, sector or district, or of "latitude, longitude", and where it is from; NOWHERE and no source if unknown."""
    if numbers := re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*", text, re.ASCII):
        point = good_point(float(numbers[1]), float(numbers[2]))
        return (venue_place(point, text.strip()), "as typed") if point else (NOWHERE, "")
    place = find_place(text)
    return (place, f"{place.precision}s.csv {table_vintage()}") if place else (NOWHERE, "")


Spot = tuple[float, float]


def _columns(headings: Sequence[str]) -> dict[str, int]:
    names = [h.strip().lower() for h in headings]
    found = {field: next((names.index(n) for n in spellings if n in names), -1) for field, spellings in HEADINGS.items()}
    return {field: column for field, column in found.items() if column >= 0}


def _degrees_at(columns: dict[str, int]) -> Callable[[list[str]], Spot | None]:
    """The reader of one row's point for these columns: degrees or None where the row says that it has no position."""
    if {"latitude", "longitude"} <= columns.keys():
        lat, lon = columns["latitude"], columns["longitude"]

        def degrees(row: list[str]) -> Spot | None:
            spot = float(row[lat]), float(row[lon])
            return None if spot[0] >= NO_LATITUDE else spot

        return degrees
    if {"east", "north"} <= columns.keys():
        east, north = columns["east"], columns["north"]

        def from_grid(row: list[str]) -> Spot | None:
            metres = float(row[east]), float(row[north])
            return None if metres == (0, 0) else grid_to_degrees(*metres)

        return from_grid
    raise UnusablePostcodes("The file has no columns for latitude and longitude, nor for eastings and northings. Nothing was changed.")


class _Points:
    """The points of one row of a table to be: latitudes and longitudes side by side."""

    __slots__ = ("latitudes", "longitudes")

    def __init__(self) -> None:
        self.latitudes = array("d")
        self.longitudes = array("d")

    def add(self, spot: Spot) -> None:
        self.latitudes.append(spot[0])
        self.longitudes.append(spot[1])

    def row(self) -> list[str]:
        """Centre (medians), count, and the radius in metres that holds nine in ten."""
        centre = Point(median(self.latitudes), median(self.longitudes))
        far = sorted(km_between(centre, Point(*spot)) for spot in zip(self.latitudes, self.longitudes, strict=True))
        radius90_m = round(1000 * far[math.ceil(0.9 * len(far)) - 1])
        return [f"{centre.latitude:.5f}", f"{centre.longitude:.5f}", str(len(far)), str(radius90_m)]


def _rows(lines: TextIO) -> tuple[dict[str, int], Iterable[list[str]]]:
    rows = csv.reader(lines)
    first = next(rows, [])
    if first and spell_postcode(first[0]):
        return _columns(CODE_POINT_OPEN), _again(first, rows)
    columns = _columns(first)
    if "postcode" not in columns:
        raise UnusablePostcodes("The file has no column of postcodes. Nothing was changed.")
    return columns, rows


def _again(first: list[str], rest: Iterable[list[str]]) -> Iterable[list[str]]:
    yield first
    yield from rest


def _collect(lines: TextIO) -> tuple[dict[str, _Points], dict[str, _Points], int, int]:
    """Outcodes, sectors, rows without position, rows that cannot be read."""
    columns, rows = _rows(lines)
    degrees, postcode_column, by_grid = _degrees_at(columns), columns["postcode"], "latitude" not in columns
    outcodes: dict[str, _Points] = defaultdict(_Points)
    sectors: dict[str, _Points] = defaultdict(_Points)
    without_position = unreadable = 0
    for row in rows:
        try:
            code, spot = row[postcode_column], degrees(row)
            outcode, sector = outcode_of(code), sector_of(code)
        except (IndexError, ValueError):
            unreadable += bool(row)
            continue
        if spot is None:
            without_position += 1
        elif outcode is None or sector is None or good_point(*spot) is None or (by_grid and outcode.startswith("BT")):
            unreadable += 1  # Northern Ireland is on another grid
        else:
            outcodes[outcode].add(spot)
            if not outcode.startswith("BT"):  # its postcode points are under another licence: districts only
                sectors[sector].add(spot)
    return outcodes, sectors, without_position, unreadable


def build_tables(file: Path, vintage: int, out: Path) -> TableReport:
    """Write outcodes.csv, sectors.csv and attribution.txt into `out` from any file of postcode points of the year `vintage`.

    Reads headings postcode/pcd/pcds with lat/long or eastings/northings, or Code-Point Open without headings. Raises UnusablePostcodes,
    with nothing changed, for a file without those columns, without a point, or with more than 1 % of rows that cannot be read.
    """
    if not 1990 <= vintage <= 2100:
        raise UnusablePostcodes("Say of which year the points are: the attribution names it. Nothing was changed.")
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            outcodes, sectors, without_position, unreadable = _collect(lines)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnusablePostcodes(f"{file} cannot be read: {error}. Nothing was changed.") from error
    postcodes = sum(len(points.latitudes) for points in outcodes.values())
    if postcodes == 0 or unreadable > WORST_SHARE * (postcodes + unreadable):
        raise UnusablePostcodes(
            f"{unreadable} rows cannot be read, {postcodes} can: more than one in a hundred is lost. Nothing was changed."
        )
    texts = {
        "outcodes.csv": _table("outcode", outcodes),
        "sectors.csv": _table("sector", sectors),
        "attribution.txt": ATTRIBUTION.format(year=vintage) + "\n",
    }
    if (readme := out / "README.md").exists():
        texts["README.md"] = re.sub(r"(database right|Vintage:) \d{4}", rf"\1 {vintage}", readme.read_text(encoding="utf-8"))
    _write_all(out, texts)
    in_north = sum(code.startswith("BT") for code in outcodes)
    return TableReport(postcodes, without_position, unreadable, len(outcodes), in_north, len(sectors))


def _table(name: str, places: dict[str, _Points]) -> str:
    rows = [",".join([code, *points.row()]) for code, points in sorted(places.items())]
    return "\n".join([f"{name},latitude,longitude,postcodes,radius90_m", *rows, ""])


def _write_all(out: Path, texts: dict[str, str]) -> None:
    """All files beside their old ones first, then one rename each: a build that is interrupted leaves whole tables."""
    out.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (out / f"{name}.new").write_text(text, encoding="utf-8")
    for name in texts:
        os.replace(out / f"{name}.new", out / name)
