"""The roster in memory beside the search in SQL and a loop with geopy's distances, at three sizes; distances beside geopy's; bytes of availability."""

import random
import time
from typing import Any

import asyncpg
import numpy as np
from geopy.distance import geodesic

from bench.figures import Figure, median_ms
from bench.rows import DEGREES, SOUTH, WEST, fill_frames, fill_roster
from matcher.domain.place import Point, km_between
from matcher.matching.roster_columns import HALF_HOURS, RosterColumns, km_to, lay_out

EVENING = ((1 * 1440 + 1155, 1 * 1440 + 1230),)
LOOP_AT_MOST = 100_000
ROUNDS = 200


def made_up_roster(size: int) -> RosterColumns:
    """As `fill_roster` makes it: four ninths of the first fellowship, two windows in the week, 5 to 25 km."""
    draw, number = np.random.default_rng(5), np.arange(size)
    places = np.column_stack([SOUTH + DEGREES * draw.random(size), WEST + DEGREES * draw.random(size)])
    free = np.zeros((size, HALF_HOURS), dtype=bool)
    for days, starts in ((number % 7, np.where(number % 2, 16, 34)), ((number + 2) % 7, np.full(size, 34))):
        for half_hour in range(12):
            free[number, days * 48 + starts + half_hour] = True
    packed = np.concatenate([np.packbits(part, axis=1, bitorder="little") for part in np.array_split(free, 20)])
    fellowship = np.array([0, 0, 0, 0, 4, 4, 1, 5, 7])[number % 9]
    return lay_out(fellowship, number, places, np.array([5.0, 8, 12, 18, 25])[number % 5], free=packed)


def _search_ms(columns: RosterColumns) -> float:
    chance, took = random.Random(2), []
    for _ in range(ROUNDS):
        point = Point(SOUTH + DEGREES * chance.random(), WEST + DEGREES * chance.random())
        began = time.perf_counter()
        columns.near(0, point, EVENING)
        took.append(time.perf_counter() - began)
    return median_ms(took)


def _loop_ms(columns: RosterColumns, size: int) -> float:
    """What naive code does: everybody's distance, one by one, then sort. Of a part, and reckoned up."""
    part, here = min(size, 10_000), (SOUTH + DEGREES / 2, WEST + DEGREES / 2)
    rows = list(zip(columns.latitude[:part].tolist(), columns.longitude[:part].tolist(), strict=True))
    began = time.process_time()
    sorted(geodesic(row, here).km for row in rows)
    return (time.process_time() - began) * 1000 * size / part


def measure_remembering(sizes: dict[int, float | None]) -> list[Figure]:
    """`sizes`: how many volunteers → what the SQL search of the same roster took in this run, in ms, where it was measured."""
    figures, taken = [], {}
    for size, sql_ms in sizes.items():
        columns = made_up_roster(size)
        taken[size] = _search_ms(columns)
        figures.append(Figure(f"search in memory, reach and hours, {size:,} volunteers", f"{taken[size]:.3f} ms"))
        if sql_ms is not None:
            figures.append(Figure(f"the same beside our SQL search (all rules), {size:,}", f"{sql_ms / taken[size]:.1f} × quicker"))
        if size <= LOOP_AT_MOST:
            ratio = _loop_ms(columns, size) / taken[size]
            goal = size == LOOP_AT_MOST
            figures.append(
                Figure(
                    f"the same beside a loop with geopy distances, {size:,}",
                    f"{ratio:,.0f} × quicker",
                    "≥ 80,000 ×" if goal else "",
                    ratio >= 80_000 if goal else None,
                )
            )
    small, large = min(sizes), max(sizes)
    if large == 1000 * small:
        grown = taken[large] / taken[small]
        figures.append(Figure("a roster a thousand times as big costs, in memory", f"{grown:.1f} × as much", "≤ 10 ×", grown <= 10))
    return [*figures, *_distances()]


def _distances() -> list[Figure]:
    """Our distances beside geopy's geodesic, up to 100 km: how quick, and how far off."""
    chance = np.random.default_rng(3)
    points = [Point(50 + 9 * a, -6 + 7 * b) for a, b in chance.random((3_000, 2))]
    near = [
        Point(p.latitude + 1.2 * (a - 0.5), p.longitude + 2 * (b - 0.5))
        for p, (a, b) in zip(points, chance.random((3_000, 2)), strict=True)
    ]
    pairs = list(zip(points, near, strict=True))
    began = time.process_time()
    exact = [geodesic((a.latitude, a.longitude), (b.latitude, b.longitude)).km for a, b in pairs]
    theirs = (time.process_time() - began) / len(pairs)
    began = time.process_time()
    ours = [km_between(a, b) for a, b in pairs]
    one_by_one = (time.process_time() - began) / len(pairs)
    many = chance.random((500_000, 2))
    began = time.process_time()
    km_to(points[0], 50 + 9 * many[:, 0], -6 + 7 * many[:, 1])
    at_once = (time.process_time() - began) / len(many)
    off = max(abs(a - b) * 1000 for a, b in zip(exact, ours, strict=True) if a <= 100)
    return [
        Figure("distance, many at once, beside geopy's geodesic", f"{theirs / at_once:,.0f} × quicker", "≥ 500 ×", theirs >= 500 * at_once),
        Figure("distance, one at a time, beside geopy's geodesic", f"{theirs / one_by_one:,.0f} × quicker"),
        Figure("distance, farthest off under 100 km", f"{off:.1f} m", "≤ 10 m", off <= 10),
    ]


ANSWERS = (
    "volunteer_id, ready, away, says_is, comfortable_with, notice, languages, role_card_version, letters_per_week, going_cap, roster_number"
)
COPIES = f"""
    CREATE TABLE with_hours AS SELECT {ANSWERS}, latitude, longitude, radius_km, label, reach_at, windows FROM volunteer_reach;
    CREATE INDEX ON with_hours USING gist (reach_at) INCLUDE ({ANSWERS}, windows);
    CREATE TABLE without_hours AS SELECT {ANSWERS}, latitude, longitude, radius_km, label, reach_at FROM volunteer_reach;
    CREATE INDEX ON without_hours USING gist (reach_at) INCLUDE ({ANSWERS});
    CREATE TABLE a_row_each AS
        SELECT v.id AS volunteer_id, g AS half_hour FROM volunteers v, unnest(v.windows) w, generate_series(lower(w) / 30, (upper(w) - 1) / 30) g;
    CREATE UNIQUE INDEX ON a_row_each (half_hour, volunteer_id)
"""


async def measure_availability(owner_dsn: str, size: int) -> list[Figure]:
    """Bytes of a volunteer's hours: in their own row, in the copy beside the reach box and in its index; and as a row for each half hour."""
    c: Any = await asyncpg.connect(owner_dsn)
    await fill_frames(c)
    await fill_roster(c, size)
    await c.execute(COPIES)
    own = float(await c.fetchval("SELECT avg(pg_column_size(windows)) FROM volunteers"))
    index = float(await c.fetchval("SELECT pg_relation_size('volunteer_reach_by_place')::float8 / (SELECT count(*) FROM volunteers)"))
    sizes = [
        await c.fetchval("SELECT pg_total_relation_size($1::regclass)", name) for name in ("with_hours", "without_hours", "a_row_each")
    ]
    await c.close()
    kept, rows = own + (sizes[0] - sizes[1]) / size, sizes[2] / size
    return [
        Figure(
            f"availability of a volunteer, {size:,}: own row, copy beside the reach and its part of the index",
            f"{kept:.0f} B (the whole index, all other answers in it: {index:.0f} B)",
            "≤ 300 B",
            kept <= 300,
        ),
        Figure("a row for each half hour with its index instead", f"{rows / kept:.1f} × as big ({rows:,.0f} B)", "≥ 8 ×", rows >= 8 * kept),
    ]
