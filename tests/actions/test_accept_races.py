"""Two people, two newcomers at one hour, two processes: everybody says yes to both at once. Each newcomer gets one of them, nobody is in two places."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from bench.rows import AREA, KEYWORKER, MEETING, NOW, PROVIDER, fill_frames, fill_roster
from tests.conftest import ROOT, TestDatabase

PEOPLE = 200
"""So many race at a time, two by two, each with an hour of their own."""
PAIRS = """
    WITH people AS (
        SELECT m.volunteer_id, row_number() OVER (ORDER BY m.volunteer_id) - 1 AS n FROM volunteer_fellowships m JOIN volunteers v ON v.id = m.volunteer_id
         WHERE m.fellowship = 'aa' AND v.state = 'active' LIMIT $1
    ), wanted AS (
        SELECT pair, which, md5('r' || $8::int || '-' || pair || which)::uuid AS referral,
               md5('o' || $8::int || '-' || pair || which)::uuid AS option, $5::timestamptz AS starts_at
          FROM generate_series(0, $1::int / 2 - 1) pair, generate_series(0, 1) which
    ), r AS (
        INSERT INTO referrals (id, provider_id, area_id, keyworker_id, newcomer_id, reference, own_reference_index, state, age, submitted_at,
                               updated_at, change_number)
        SELECT referral, $2, $3, $4, md5('n' || referral)::uuid, 'R' || pair || '-' || which, '\\x00', 'looking', '18_or_over', $7, $7, 1 FROM wanted
    ), p AS (
        INSERT INTO referral_options (id, referral_id, meeting_number, rank, meeting_id, fellowship, on_date, starts_at, ends_at, meet_at, state)
        SELECT option, referral, 1, 1, $6, 'aa', starts_at::date, starts_at, starts_at + interval '1 hour', starts_at - interval '15 minutes', 'open'
          FROM wanted
    ), f AS (
        INSERT INTO offers (id, referral_id, provider_id, area_id, meeting_number, volunteer_id, fellowship, state, wave, reply_by, last_moment,
                            created_at, sent_at, change_number)
        SELECT md5('f' || w.referral || p.volunteer_id)::uuid, w.referral, $2, $3, 1, p.volunteer_id, 'aa', 'sent', 1, $7 + interval '1 hour',
               w.starts_at - interval '2 hours', $7, $7, 2
          FROM wanted w JOIN people p ON p.n / 2 = w.pair
        RETURNING id, referral_id, volunteer_id
    )
    SELECT w.pair, f.id::text AS offer, w.option::text AS option, w.referral::text AS referral, f.volunteer_id::text AS volunteer, w.starts_at
      FROM f JOIN wanted w ON w.referral = f.referral_id ORDER BY w.pair, f.volunteer_id, w.which
"""
JOURNEY = ("referrals", "offers")


async def set_pairs(c: asyncpg.Connection, turn: int) -> list[list[dict[str, Any]]]:
    """Two referrals for each two people, all four asks sent: the clicks of each pair. What raced before is gone but for the audit, so ids are of this turn."""
    await c.execute("TRUNCATE matches, offers, offer_options, referral_options, referrals, volunteer_blocks CASCADE")
    for table in JOURNEY:
        await c.execute("ALTER TABLE " + table + " DISABLE TRIGGER USER")
    starts_at = NOW.replace(hour=19) + timedelta(days=3)
    rows = await c.fetch(PAIRS, PEOPLE, PROVIDER, AREA, KEYWORKER, starts_at, MEETING, NOW, turn)
    for table in JOURNEY:
        await c.execute("ALTER TABLE " + table + " ENABLE TRIGGER USER")
    await c.execute("ANALYZE")
    pairs: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        pairs.setdefault(row["pair"], []).append(dict(row) | {"starts_at": row["starts_at"].isoformat()})
    return list(pairs.values())


@asynccontextmanager
async def racers(database: TestDatabase) -> AsyncIterator[list[asyncio.subprocess.Process]]:
    """Two processes with a connection for each click."""
    told = {"dsn": database.program_dsn, "meeting_id": MEETING, "now": NOW.isoformat(), "clicks": 2}
    made = []
    for _ in range(2):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.race_clicks", cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdin
        process.stdin.write((json.dumps(told) + "\n").encode())
        made.append(process)
    yield made
    for process in made:
        assert process.stdin
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), 20) == 0


async def race(processes: list[asyncio.subprocess.Process], clicks: list[dict[str, Any]]) -> Counter[str]:
    """The first person's yes to the one and the second's to the other from one process, the rest from the other, all at once."""
    for process, part in zip(processes, ([clicks[0], clicks[3]], [clicks[1], clicks[2]]), strict=True):
        assert process.stdin
        process.stdin.write((json.dumps(part) + "\n").encode())
    came_to: Counter[str] = Counter()
    for process in processes:
        assert process.stdout
        came_to.update(json.loads(await asyncio.wait_for(process.stdout.readline(), 60)))
    return came_to


async def judge(c: asyncpg.Connection, came_to: Counter[str], pairs: int) -> None:
    """Two matches for each pair, one for each newcomer, by two different people; two clicks refused; no deadlock."""
    assert came_to["going"] == 2 * pairs and came_to.total() == 4 * pairs, came_to
    told = await c.fetchrow(
        """
        SELECT count(*) AS matches, count(DISTINCT m.referral_id) AS newcomers, count(DISTINCT m.volunteer_id) AS people,
               (SELECT sum(seats_taken) FROM referrals) AS seats, (SELECT count(*) FROM offers WHERE state = 'accepted') AS accepted
          FROM matches m WHERE m.state <> 'cancelled'
        """
    )
    assert tuple(told) == (2 * pairs,) * 5, told
    assert await c.fetchval("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == 0


async def run_races(c: asyncpg.Connection, database: TestDatabase, wanted: int) -> Counter[str]:
    """So many races, judged hundred by hundred."""
    await fill_frames(c)
    await fill_roster(c, PEOPLE * 3)
    whole: Counter[str] = Counter()
    async with racers(database) as processes:
        while whole.total() < 4 * wanted:
            pairs, came_to = await set_pairs(c, whole.total()), Counter[str]()
            for clicks in pairs:
                came_to += await race(processes, clicks)
            await judge(c, came_to, len(pairs))
            whole += came_to
    return whole


async def test_five_hundred_races_of_two_processes_leave_nobody_in_two_places(
    owner_connection: asyncpg.Connection, database: TestDatabase
) -> None:
    came_to = await run_races(owner_connection, database, 500)
    assert came_to["going"] == 1000 and came_to["clash"] and came_to["taken"], "both kinds of refusal were met"


@pytest.mark.long
async def test_a_hundred_thousand_races_of_two_processes(owner_connection: asyncpg.Connection, database: TestDatabase) -> None:
    came_to = await run_races(owner_connection, database, 100_000)
    assert came_to["going"] == 200_000
    sys.stdout.write(f"100,000 races: {dict(came_to)}\n")


async def test_without_the_promise_of_one_place_the_same_race_finds_somebody_in_two(
    owner_connection: asyncpg.Connection, database: TestDatabase
) -> None:
    """Teeth: the constraint taken away, somebody goes to both, and the same judge says so."""
    await owner_connection.execute("ALTER TABLE volunteer_blocks DROP CONSTRAINT one_place_at_a_time")
    with pytest.raises(AssertionError, match="matches"):
        await run_races(owner_connection, database, 100)
