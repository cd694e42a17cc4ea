"""A database that dies under an action is "away", never an error nobody expected: the page says so, the worker waits, and both go on by themselves."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from matcher.database import Database
from matcher.domain.errors import Busy, OutcomeUnknown
from matcher.embedded import EmbeddedServer, start_embedded
from tests.conftest import open_connections

ASK_AGAIN = 20.0


@pytest.fixture
async def away(folder: Path) -> AsyncIterator[tuple[EmbeddedServer, Database]]:
    """A server of this test's own, and a pool on it."""
    with start_embedded(folder, settings={"fsync": "off"}) as server:
        server.create_database("away")
        db = await Database.connect(server.program_dsn("away"), most=4)
        yield server, db
        await db.close()
        assert open_connections() == [], "the pool has closed what was cut off"


async def sleepy(tx: Any) -> int:
    await tx.execute("SELECT pg_sleep(5)")
    return 1


async def answers_again(db: Database) -> bool:
    async def one(tx: Any) -> int:
        return int(await tx.fetchval("SELECT 1"))

    until = asyncio.get_running_loop().time() + ASK_AGAIN
    while asyncio.get_running_loop().time() < until:
        try:
            return await db.act(one) == 1
        except (Busy, OutcomeUnknown):
            await asyncio.sleep(0.1)
    return False


async def test_when_another_of_its_processes_dies_an_action_is_told_that_nothing_was_saved(away: tuple[EmbeddedServer, Database]) -> None:
    server, db = away
    other = await asyncpg.connect(server.owner_dsn("away"))
    doomed = await other.fetchval("SELECT pg_backend_pid()")
    under_way = [asyncio.create_task(db.act(sleepy)) for _ in range(3)]
    await asyncio.sleep(0.5)
    os.kill(doomed, signal.SIGKILL)
    ends = await asyncio.gather(*under_way, return_exceptions=True)
    other.terminate()
    assert all(isinstance(end, Busy) for end in ends), ends
    assert await answers_again(db), "without being started again"


async def test_when_the_whole_server_dies_an_action_is_told_that_nothing_was_saved(away: tuple[EmbeddedServer, Database]) -> None:
    server, db = away
    under_way = [asyncio.create_task(db.act(sleepy)) for _ in range(3)]
    await asyncio.sleep(0.5)
    os.killpg(server.pid, signal.SIGKILL)
    ends = await asyncio.gather(*under_way, return_exceptions=True)
    assert all(isinstance(end, (Busy, OutcomeUnknown)) for end in ends), ends
    with pytest.raises(Busy):
        await db.act(sleepy)
