"""Databases for tests: copies of a template, made one ahead on a thread of their own over one connection, and removed there too."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import count
from typing import Any

import asyncpg

from matcher.embedded import OWNER, PROGRAM, EmbeddedServer


@dataclass(frozen=True, slots=True)
class TestDatabase:
    """One test's own database: connect as the program, as production does; as the owner only to plant what no action would."""

    __test__ = False
    name: str
    program_dsn: str
    owner_dsn: str


class Maker(asyncpg.Connection):
    """The connection that makes them: none that a test has opened, see `open_connections`."""


class Databases:
    """Makes databases on one server. While a test runs, the copy for the next one is made: a test seldom waits for its own."""

    def __init__(self, server: EmbeddedServer) -> None:
        self._server = server
        self._numbers = count(1)
        self._ready: dict[str, Future[TestDatabase]] = {}
        self._leaving: list[Future[None]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="databases")
        self._thread.start()
        self._turn = asyncio.Lock()
        dsn = server.owner_dsn("postgres").replace(f"//{OWNER}@", "//postgres@")
        self._connection: asyncpg.Connection = self._run(asyncpg.connect(dsn, connection_class=Maker)).result()

    def make(self, template: str | None) -> TestDatabase:
        """A database of the owner's: a copy of the template, with nobody connected to it, or an empty one."""
        if template is None:
            return self._run(self._create(None)).result()
        made = self._ready.pop(template, None) or self._run(self._create(template))
        database = made.result()
        self._ready[template] = self._run(self._create(template))
        return database

    def drop(self, database: TestDatabase) -> None:
        """Remove it when there is time for it, ending connections to it."""
        self._leaving.append(self._run(self._execute(f'DROP DATABASE IF EXISTS "{database.name}" WITH (FORCE)')))

    def close(self) -> None:
        """Wait for what is under way, then let go of the server. Raises what went wrong with any database that was to be removed."""
        for under_way in (*self._ready.values(), *self._leaving):
            under_way.result()
        self._run(self._connection.close()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _create(self, template: str | None) -> TestDatabase:
        name = f"test_{next(self._numbers)}"
        copied = f' TEMPLATE "{template}" STRATEGY file_copy' if template else ""
        await self._execute(
            f'CREATE DATABASE "{name}" OWNER {OWNER}{copied}',
            f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC',
            f'GRANT CONNECT ON DATABASE "{name}" TO {PROGRAM}',
        )
        return TestDatabase(name, self._server.program_dsn(name), self._server.owner_dsn(name))

    async def _execute(self, *statements: str) -> None:
        async with self._turn:
            for statement in statements:
                await self._connection.execute(statement)

    def _run(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)
