"""A roster in memory, as columns: who may reach a point at an hour, in a fraction of a millisecond. For planners and replays; the live search is SQL.

Rows are sorted by fellowship, size of reach and grid cell; each half hour of the week is one bit, free or not (matching 13.2). The search loses
nobody who passes the hard rules on reach and hours; whoever needs more than that asks the rules themselves.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from matcher.domain.availability import WeekSpan
from matcher.domain.place import Point
from matcher.domain.volunteer import Volunteer

Whole = NDArray[np.int64]
Real = NDArray[np.float64]
Bits = NDArray[np.uint8]

HALF_HOURS = 336
REACH_KM = np.array([5.0, 8, 12, 18, 25, 40, 64, 100])
"""Sizes of reach that share a grid; a cell is half as high as the reach, so that no search looks through many."""
KM_A_DEGREE, LEAST_KM_A_DEGREE = 111.195, 110.574
TALL = 1.001 * REACH_KM / LEAST_KM_A_DEGREE
CELL_TALL, CELL_WIDE = TALL / 2, TALL * 0.8
ROWS_MOST = 6
ROW_BITS = 20


@dataclass(frozen=True, slots=True)
class RosterColumns:
    """One row for each volunteer, fellowship and area they come to. `free` has eight half hours in each of its 42 lines; `key` is sorted."""

    key: Whole
    person: Whole
    latitude: Real
    longitude: Real
    radius_km: Real
    free: Bits

    def near(self, fellowship: int, point: Point, spans: Sequence[WeekSpan]) -> tuple[Whole, Real]:
        """Persons of this fellowship with an area that holds the point, free in all half hours the spans touch; and the distance in km.

        A person comes once for each such area. Distances are those of `km_between`; a window that covers only a part of a half hour counts.
        """
        rows = self._in_cells(fellowship, point)
        for line, mask in _lines_of(tuple(spans)):
            rows = rows[(self.free[line][rows] & mask) == mask]
        km = km_to(point, self.latitude[rows], self.longitude[rows])
        within = km <= self.radius_km[rows]
        return self.person[rows[within]], km[within]

    def _in_cells(self, fellowship: int, point: Point) -> Whole:
        """Rows in the cells from which a reach of their size could come as far as the point."""
        sizes = np.arange(len(REACH_KM))
        wide = _half_width(point.latitude)
        first_row = np.floor((point.latitude - TALL + 90) / CELL_TALL).astype(np.int64)
        last_row = np.floor((point.latitude + TALL + 90) / CELL_TALL).astype(np.int64)
        first_column = np.floor(np.maximum(point.longitude - wide + 180, 0) / CELL_WIDE).astype(np.int64)
        last_column = np.floor((point.longitude + wide + 180) / CELL_WIDE).astype(np.int64)
        row = first_row[:, None] + np.arange(ROWS_MOST)
        base = ((((fellowship * len(REACH_KM) + sizes)[:, None] << ROW_BITS) + row) << ROW_BITS)[row <= last_row[:, None]]
        spread = (row <= last_row[:, None]).sum(axis=1)
        begin = np.searchsorted(self.key, base + np.repeat(first_column, spread))
        end = np.searchsorted(self.key, base + np.repeat(last_column, spread), side="right")
        length = end - begin
        return np.repeat(begin - np.cumsum(length) + length, length) + np.arange(int(length.sum()))


def _half_width(latitude: float) -> Real:
    """Degrees of longitude that each size of reach spans at most on either side."""
    edge = np.minimum(np.abs(latitude) + REACH_KM / KM_A_DEGREE, 89.9)
    return np.asarray(np.minimum(360.0, 1.001 * REACH_KM / (KM_A_DEGREE * np.cos(np.radians(edge)))))


@cache
def _lines_of(spans: tuple[WeekSpan, ...]) -> tuple[tuple[int, np.uint8], ...]:
    """Which bits of which lines must be set for these minutes of the week."""
    masks: dict[int, int] = {}
    for start, end in spans:
        for half_hour in range(start // 30, -(-end // 30)):
            masks[half_hour // 8] = masks.get(half_hour // 8, 0) | 1 << half_hour % 8
    return tuple((line, np.uint8(mask)) for line, mask in masks.items())


def km_to(point: Point, latitude: Real, longitude: Real) -> Real:
    """`km_between` for many points at once, to the last digits of a float."""
    m = np.radians((latitude + point.latitude) / 2)
    k1 = 111.13209 - 0.56605 * np.cos(2 * m) + 0.00120 * np.cos(4 * m)
    k2 = 111.41513 * np.cos(m) - 0.09455 * np.cos(3 * m) + 0.00012 * np.cos(5 * m)
    return np.asarray(np.hypot(k1 * (latitude - point.latitude), k2 * (longitude - point.longitude)))


def lay_out(fellowship: Whole, person: Whole, places: Real, radius_km: Real, *, free: Bits) -> RosterColumns:
    """Sort rows into columns. `places` are (latitude, longitude) pairs; `free` has a line of 42 bytes for each row, lowest bit first.

    Raises ValueError for a reach over 100 km and for places that are no numbers.
    """
    if not np.isfinite(places).all() or not ((radius_km > 0) & (radius_km <= REACH_KM[-1])).all():
        raise ValueError("a place that is not known, or a reach that nobody can say")
    size = np.searchsorted(REACH_KM, radius_km)
    row = np.floor((places[:, 0] + 90) / CELL_TALL[size]).astype(np.int64)
    column = np.floor((places[:, 1] + 180) / CELL_WIDE[size]).astype(np.int64)
    key = (((fellowship * len(REACH_KM) + size << ROW_BITS) + row) << ROW_BITS) + column
    order = np.argsort(key, kind="stable")
    return RosterColumns(
        key=key[order],
        person=person[order],
        latitude=np.ascontiguousarray(places[order, 0]),
        longitude=np.ascontiguousarray(places[order, 1]),
        radius_km=radius_km[order],
        free=np.ascontiguousarray(free[order].T),
    )


def columns_of(people: Sequence[Volunteer]) -> RosterColumns:
    """The columns of these volunteers; a person is their place in the sequence. Who has no known area is in no row."""
    rows = [
        (membership.fellowship.number, place, circle)
        for place, one in enumerate(people)
        for membership in one.memberships
        for circle in one.reach
    ]
    free = np.zeros((len(people), HALF_HOURS), dtype=bool)
    for place, one in enumerate(people):
        for start, end in one.windows:
            free[place, start // 30 : math.ceil(end / 30)] = True
    packed = np.packbits(free, axis=1, bitorder="little")
    person = np.array([place for _, place, _ in rows], dtype=np.int64)
    places = np.array([(circle.centre.latitude, circle.centre.longitude) for _, _, circle in rows]).reshape(-1, 2)
    return lay_out(
        np.array([number for number, _, _ in rows], dtype=np.int64),
        person,
        places,
        np.array([circle.radius_km for _, _, circle in rows]),
        free=packed[person] if len(person) else np.zeros((0, HALF_HOURS // 8), dtype=np.uint8),
    )
