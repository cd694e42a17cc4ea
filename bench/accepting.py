"""How many acceptances a second the database takes: the product's own statements, one transaction each, at 16 connections.

Beside it the least that any change costs here: one row of a plain table, told who acts, over the same connections. No acceptance can be quicker.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from bench.figures import Figure, median_ms, percentile_ms
from bench.rows import MEETING, NOW, fill_frames, fill_referrals, fill_roster
from matcher.database import Database
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.availability import block_of
from matcher.domain.connection import Connection
from matcher.store import audit, matches
from matcher.store.matches import NewMatch

CONNECTIONS = 16
STARTS = datetime(2026, 11, 26, 19, 30, tzinfo=UTC)


async def accept(tx: Connection, offer: Any) -> bool:
    """What `accept_offer` does to the tables, without its letters: who acts, the seat, the match with its block and half hours."""
    await audit.claim_acting(tx, Actor(ActorKind.VOLUNTEER, offer["volunteer_id"]), "accept_offer", NOW)
    first = int(STARTS.timestamp()) // 1800
    new = NewMatch(
        id=uuid4(),
        offer_id=offer["id"],
        option_id=offer["option_id"],
        meeting_id=UUID(MEETING),
        on_date=date(2026, 11, 26),
        starts_at=STARTS,
        ends_at=STARTS + timedelta(hours=1),
        meet_at=STARTS - timedelta(minutes=15),
        block=block_of(date(2026, 11, 26)),
        half_hours=range(first - 2, first + 4),
        accepted_at=NOW,
        undo_until=NOW + timedelta(minutes=15),
        calendar_uid=uuid4(),
    )
    taken = await matches.claim_match(tx, offer["referral_id"], 1, new, sources=["sent", "expired"], reasons=[])
    return taken is not None and taken.match is not None


async def measure_accepting(owner_dsn: str, dsn: str, *, count: int) -> list[Figure]:
    """Accept `count` offers, each of its own referral and volunteer; as many were accepted before over the same connections, so that none is new."""
    c = await asyncpg.connect(owner_dsn)
    await fill_frames(c)
    await fill_roster(c, count * 6)
    await fill_referrals(c, count * 2)
    offers = await c.fetch(
        "SELECT f.id, f.referral_id, f.volunteer_id, p.id AS option_id FROM offers f JOIN referral_options p ON p.referral_id = f.referral_id"
    )
    db = await Database.connect(dsn, most=CONNECTIONS)
    await c.execute("CREATE TABLE plain AS SELECT n, 0 AS changed FROM generate_series(1, $1::int) n", count)
    await c.execute("ALTER TABLE plain ADD PRIMARY KEY (n)")
    await c.execute("GRANT SELECT, UPDATE ON plain TO PUBLIC")
    await _act_on_all(db, accept, offers[:count])
    await c.execute("VACUUM ANALYZE")
    await c.close()
    rate, took = await _act_on_all(db, accept, offers[count:])
    least, _ = await _act_on_all(db, change_a_row, range(1, count + 1))
    await db.close()
    p99 = percentile_ms(took, 0.99)
    return [
        Figure("accept statements a second, 16 connections", f"{rate:,.0f}/s", "≥ 1,500/s", rate >= 1500),
        Figure("accept, p99 (median)", f"{p99:.1f} ms ({median_ms(took):.1f} ms)", "≤ 25 ms", p99 <= 25),
        Figure("the least of any change: one row of a plain table, the same way", f"{least:,.0f}/s ({least / rate:.1f} × an acceptance)"),
    ]


async def change_a_row(tx: Connection, number: int) -> bool:
    """The smallest change there is: who acts, and one row."""
    await audit.claim_acting(tx, Actor(ActorKind.OPERATOR), "change_a_row", NOW)
    return bool(await tx.execute("UPDATE plain SET changed = changed + 1 WHERE n = $1", number))


async def _act_on_all(
    db: Database, action: Callable[[Connection, Any], Awaitable[bool]], things: Sequence[Any]
) -> tuple[float, list[float]]:
    """Do this with each of these over 16 connections: how many a second, and the seconds each took."""
    queue, took = iter(things), []

    async def clicks() -> None:
        for thing in queue:
            began = time.perf_counter()
            assert await db.act(action, thing)
            took.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(clicks() for _ in range(CONNECTIONS)))
    rate = len(took) / (time.perf_counter() - began)
    return rate, took
