"""The finder's page over HTTP at 100,000 meetings on a warm server: places drawn where meetings are crowded, questions of every kind."""

import json
import random
from datetime import UTC, datetime
from typing import Any

import asyncpg

from bench.figures import Figure, median_ms, percentile_ms
from bench.pages import logs_to_nowhere, on_a_port, site_config
from bench.visits import a_request, visit
from matcher.database import Database
from matcher.domain.place import load_outcodes
from web.app import create_app
from web.serving import keep_for_good

GOAL_MS = 25.0
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
KINDS = ("", "&fellowship=na", "&day=4", "&part=evening", "&open=open", "&step_free=yes", "&newcomer=yes", "&women=yes&day=2", "&within=10")
ANYWHERE = (
    "/meetings",
    "/meetings?near=&held=online",
    "/meetings?near=&women=yes&newcomer=yes&day=6",
    "/meetings?near=Nowhereton&fellowship=fa",
)


async def fill_meetings(owner_dsn: str, size: int) -> list[str]:
    """`size` meetings, as many in each district as it has postcodes for: crowded where people are. Gives the districts they are in."""
    chance = random.Random(7)
    districts = [(code, place.point) for code, place in load_outcodes().items() if place.point and not code.startswith("BT")]
    crowded = [districts[int(len(districts) * chance.random() ** 2)] for _ in range(size)]
    c = await asyncpg.connect(owner_dsn)
    await c.execute(
        "INSERT INTO meeting_sources (id, name, fellowship, format, created_at) VALUES ('bench', 'Bench', 'aa', 'sheet', $1)", NOW
    )
    codes, latitudes, longitudes = [], [], []
    for code, point in crowded:
        codes.append(code)
        latitudes.append(point.latitude + chance.gauss(0, 0.01))
        longitudes.append(point.longitude + chance.gauss(0, 0.016))
    await c.execute(
        """
        INSERT INTO meetings (id, source_id, source_key, fellowship, name, iso_weekday, starts, duration_min, duration_is_assumed, timezone, schedule,
            status, attendable, needs_human_check, in_person, online, venue, formatted_address, town, outcode, latitude, longitude, place_precision,
            radius_m, audience, attributes, source_row, content_hash, first_seen_at, last_seen_at, last_confirmed_at, confirmed_how)
        SELECT md5('finder' || n)::uuid, 'bench', 'k' || n, (ARRAY['aa','aa','aa','aa','na','na','ca','smart','alanon','fa'])[n % 10 + 1],
               'Meeting number ' || n, n % 7 + 1, time '06:00' + (n * 37 % 65) * interval '15 minutes', 60, true,
               CASE WHEN n % 50 = 0 THEN (ARRAY['America/New_York','Europe/Dublin','Asia/Kolkata'])[n / 50 % 3 + 1] ELSE 'Europe/London' END,
               CASE WHEN n % 40 = 0 THEN 'not_weekly' ELSE 'weekly' END, CASE WHEN n % 60 = 0 THEN 'unconfirmed' ELSE 'active' END, true, false,
               n % 12 > 0, n % 12 = 0, 'Hall ' || n, n || ' High Street, Town ' || n / 40, 'Town ' || n / 40, ($3::text[])[n],
               CASE WHEN n % 12 > 0 THEN ($4::float8[])[n] END, CASE WHEN n % 12 > 0 THEN ($5::float8[])[n] END,
               CASE WHEN n % 12 > 0 THEN 'venue' ELSE 'none' END, CASE WHEN n % 12 > 0 THEN 100 END, (ARRAY['open','closed','unknown'])[n % 3 + 1],
               (ARRAY['{open,wheelchair}','{newcomer,wheelchair}','{women}','{}','{newcomer,women}'])[n % 5 + 1]::text[],
               $6::text::jsonb, '\\x00', $2, $2, $2, 'feed'
          FROM generate_series(1, $1::int) n
        """,
        size,
        NOW,
        codes,
        latitudes,
        longitudes,
        json.dumps({"notes": "x" * 800}),
    )
    await c.execute("VACUUM ANALYZE")
    await c.close()
    return codes


def questions(codes: list[str], count: int) -> list[str]:
    """Addresses as people ask: mostly near somewhere, now and then from anywhere."""
    chance = random.Random(11)
    return [
        chance.choice(ANYWHERE) if n % 10 == 9 else f"/meetings?near={chance.choice(codes)}{chance.choice(KINDS)}" for n in range(count)
    ]


async def measure_finding(owner_dsn: str, dsn: str, *, size: int, count: int) -> list[Figure]:
    """`count` questions one after the other, each answered with its page, after the first tenth has warmed the server."""
    codes = await fill_meetings(owner_dsn, size)
    config, port = site_config()
    db = await Database.connect(dsn)
    asked = questions(codes, count + count // 10)
    with logs_to_nowhere():
        async with on_a_port(create_app(config, db, lambda: NOW), port):
            requests: list[Any] = [a_request(port, "GET", path) for path in asked]
            await visit(port, requests[: count // 10], connections=1)
            keep_for_good()  # as `serve` does once it has started
            seen = await visit(port, requests[count // 10 :], connections=1)
    await db.close()
    assert seen.statuses == {"200": count}, seen.statuses
    slow = percentile_ms(seen.took, 0.99)
    measured = f"p99 {slow:.1f} ms (median {median_ms(seen.took):.1f} ms, {seen.rate:,.0f}/s on one connection)"
    return [Figure(f"finder's page of {size:,} meetings, whole over HTTP", measured, f"p99 ≤ {GOAL_MS:g} ms", slow <= GOAL_MS)]
