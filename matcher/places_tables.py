"""Building the shipped tables of districts and sectors from a file of postcode points."""

import csv
import math
import os
import re
from array import array
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TextIO

from matcher.domain.national_grid import grid_to_degrees
from matcher.domain.place import Point, good_point, km_between
from matcher.domain.postcode import outcode_of, sector_of
from matcher.places_reading import ATTRIBUTION, NO_LATITUDE, WORST_SHARE, UnusablePostcodes, rows_of


@dataclass(frozen=True, slots=True)
class TableReport:
    """What a build read and wrote, in rows."""

    postcodes: int
    without_position: int
    unreadable: int
    outcodes: int
    northern_ireland: int
    sectors: int


Spot = tuple[float, float]


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


def _collect(lines: TextIO) -> tuple[dict[str, _Points], dict[str, _Points], int, int]:
    """Outcodes, sectors, rows without position, rows that cannot be read."""
    columns, rows = rows_of(lines)
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
