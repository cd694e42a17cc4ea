"""Limits hold when many count at once, and begin again when their window is over."""

import asyncio
from datetime import timedelta
from typing import Any

from matcher.database import Database
from matcher.domain.connection import Connection
from matcher.store.rate_limits import claim_hit, erase_hits, erase_old_counts, update_hit_returned
from tests.site import TestClock

KEY, WINDOW = b"k" * 32, timedelta(minutes=15)


async def test_of_forty_at_once_exactly_the_limit_is_let_through(db: Database, clock: TestClock) -> None:
    waits = await asyncio.gather(*(db.act(claim_hit, KEY, clock.now, most=7, window=WINDOW) for _ in range(40)))
    assert sum(wait is None for wait in waits) == 7
    assert {wait for wait in waits if wait is not None} == {WINDOW}


async def test_looking_first_and_counting_then_would_let_more_through(db: Database, clock: TestClock) -> None:
    """The wrong version, so that the test above is known to bite."""

    async def look_then_count(tx: Connection) -> bool:
        hits = await tx.fetchval("SELECT hits FROM rate_limits WHERE counted = $1", KEY) or 0
        if hits >= 7:
            return False
        await asyncio.sleep(0.02)
        await claim_hit(tx, KEY, clock.now, most=1000, window=WINDOW)
        return True

    assert sum(await asyncio.gather(*(db.act(look_then_count) for _ in range(40)))) > 7


async def test_a_window_runs_from_its_first_hit_or_from_its_last(db: Database, clock: TestClock, connection: Any) -> None:
    for key, from_last in ((b"first", False), (b"last", True)):
        start = clock.now
        assert await claim_hit(connection, key, start, most=2, window=WINDOW, from_last=from_last) is None
        assert await claim_hit(connection, key, start + timedelta(minutes=10), most=2, window=WINDOW, from_last=from_last) is None
        at = start + timedelta(minutes=12)
        wait = await claim_hit(connection, key, at, most=2, window=WINDOW, from_last=from_last)
        assert wait == timedelta(minutes=13 if from_last else 3)
        assert await claim_hit(connection, key, at + (wait or WINDOW), most=2, window=WINDOW, from_last=from_last) is None


async def test_a_hit_can_be_given_back_and_old_counts_are_forgotten(clock: TestClock, connection: Any) -> None:
    for _ in range(2):
        await claim_hit(connection, KEY, clock.now, most=2, window=WINDOW)
    await update_hit_returned(connection, KEY)
    assert await claim_hit(connection, KEY, clock.now, most=2, window=WINDOW) is None
    assert await claim_hit(connection, KEY, clock.now, most=2, window=WINDOW) is not None
    await erase_hits(connection, KEY)
    assert await claim_hit(connection, KEY, clock.now, most=1, window=WINDOW) is None
    assert await erase_old_counts(connection, clock.now + timedelta(days=1)) == 1
