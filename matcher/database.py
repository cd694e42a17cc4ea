"""The pool, one transaction for each action, and migrations. Driver errors are translated here, once; no decision is made here."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import asyncpg

from matcher.domain.connection import Connection
from matcher.domain.errors import Busy, Changed, Clash, Misconfigured, OutcomeUnknown, Refusal, Refused, Taken

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 3
AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what the driver makes of a server that dies in the middle of an answer
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,  # the server is being stopped
    asyncpg.CrashShutdownError,  # another of its processes died, so it ends all of them
    OSError,
    TimeoutError,
)
CROWDED = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.TooManyConnectionsError)
MIGRATIONS = Path(__file__).parent.parent / "migrations"
MIGRATION_LOCK = 7_405_926_118_330_211


class FullBlock(Refusal):
    """You are already going along as often as you wanted in these four weeks. You can raise that number on your own page, or ring the coordinator."""


class AlreadyAsked(Changed):
    """This volunteer is being asked already. Nothing was changed."""


class NotActive(Changed):
    """This volunteer is not being asked at the moment. Nothing was changed."""


class Barred(Refused):
    """These two cannot be asked to go together."""


PROMISES: dict[str, type[Refusal]] = {
    "one_place_at_a_time": Clash,
    "going_cap": FullBlock,
    "matches_one_for_each_seat": Taken,
    "matches_two_people": Taken,
    "matches_one_for_each_offer": Taken,
    "seats_held": Taken,
    "offers_one_live": AlreadyAsked,
    "offers_one_call_to_each": AlreadyAsked,
    "offers_one_call_for_each": AlreadyAsked,
    "never_a_broadcast": Busy,
    "active_only": NotActive,
    "adults_only": Barred,
    "no_bar": Barred,
}
"""What the schema refuses, by the name of its constraint, and what that means to a person."""


class DatabaseAway(Busy):
    """We cannot reach our records just now. Nothing was saved: please try again in a moment."""


class Database:
    """A pool of connections. Every change is one action in one transaction; reads may share a connection for one page."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @classmethod
    async def connect(cls, dsn: str, *, most: int = 16) -> Self:
        """Open a pool. command_timeout ends also a commit that waits for a lost standby (reliability 6)."""
        try:
            pool = await asyncpg.create_pool(
                dsn, min_size=1, max_size=most, command_timeout=10, timeout=10, statement_cache_size=200, reset=_nothing_to_reset
            )
        except AWAY as error:
            raise DatabaseAway() from error
        return cls(pool)

    async def close(self) -> None:
        """Close every connection once its work is done; after 10 s close them anyway."""
        try:
            await asyncio.wait_for(self._pool.close(), 10)
        except TimeoutError:
            self._pool.terminate()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """A connection to read with. Raises DatabaseAway when there is none."""
        try:
            async with self._pool.acquire(timeout=5) as connection:
                yield connection
        except AWAY as error:
            raise DatabaseAway() from error

    async def act(self, action: Callable[Concatenate[Connection, P], Awaitable[R]], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run one action in one transaction. A lost race for locks repeats it whole, up to 3 times with jitter.

        Raises Busy when it keeps losing, DatabaseAway when nothing can have been saved, and OutcomeUnknown when the connection
        was lost at COMMIT: then nobody can say, and the person is told so.
        """
        for attempt in range(1, TRIES + 1):
            try:
                return await self._once(action, *args, **kwargs)
            except CROWDED as error:
                if attempt == TRIES:
                    raise Busy() from error
                await asyncio.sleep(random.uniform(0.01, 0.05) * attempt)
        raise Busy()

    async def _once(self, action: Callable[Concatenate[Connection, P], Awaitable[R]], *args: P.args, **kwargs: P.kwargs) -> R:
        committing = False
        try:
            async with self._pool.acquire(timeout=5) as connection:
                transaction = connection.transaction()
                await transaction.start()
                try:
                    answer = await action(connection, *args, **kwargs)
                except BaseException:
                    await _roll_back(transaction)
                    raise
                committing = True
                await transaction.commit()
                return answer
        except asyncpg.IntegrityConstraintViolationError as error:
            if error.constraint_name in PROMISES:
                raise PROMISES[error.constraint_name]() from None
            raise
        except AWAY as error:
            if committing:
                raise OutcomeUnknown() from error
            raise DatabaseAway() from error


async def _nothing_to_reset(_connection: Any) -> None:
    """No session state is ever set (stack 6), so a connection goes back as it is, without a round trip of its own."""


async def _roll_back(transaction: Any) -> None:
    """Undo; a connection that died has undone it already."""
    try:
        await transaction.rollback()
    except AWAY:
        return


async def migrate(dsn: str, *, program: str | None = None, directory: Path = MIGRATIONS) -> list[str]:
    """Apply the files that are missing, in order, each in one transaction with its row. Returns the names applied.

    `program` is the database role the program runs as: it gets the rights of 0006_roles.sql, never those of the owner.

    Raises Misconfigured when an applied file was edited or is gone, or when the database is newer than the program.
    """
    files = read_migrations(directory)
    try:
        connection = await asyncpg.connect(dsn, timeout=10)
    except AWAY as error:
        raise DatabaseAway() from error
    try:
        await _lock_migrations(connection)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL)"
        )
        done = {row["name"]: row["sha256"] for row in await connection.fetch("SELECT name, sha256 FROM migrations")}
        check_history(done, files)
        fresh = [name for name in files if name not in done]
        for name in fresh:
            await _apply(connection, name, files[name])
        if program is not None:
            await connection.execute("SELECT grant_program($1::name)", program)
        return fresh
    finally:
        await connection.close()


def check_history(done: dict[str, str], files: dict[str, str]) -> None:
    """Refuse a history that the files do not tell: edited, missing, or written by a newer program."""
    for name, digest in done.items():
        if name not in files:
            newer = name > max(files, default="")
            raise Misconfigured(
                f"The database has {name}, which this program does not know: upgrade the program."
                if newer
                else f"The migration {name} was applied but its file is gone. Put it back."
            )
        if _digest(files[name]) != digest:
            raise Misconfigured(f"The migration {name} was edited after it was applied. Put it back as it was and add a new file.")


async def list_missing_migrations(c: Connection, directory: Path = MIGRATIONS) -> list[str]:
    """Files that this database still lacks: readiness needs none."""
    names = list(read_migrations(directory))
    if not await c.fetchval("SELECT to_regclass('migrations') IS NOT NULL"):
        return names
    done = {row["name"] for row in await c.fetch("SELECT name FROM migrations")}
    return [name for name in names if name not in done]


def read_migrations(directory: Path = MIGRATIONS) -> dict[str, str]:
    """The migration files, by name, in the order in which they are applied."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(directory.glob("[0-9]*.sql"))}


async def _lock_migrations(connection: Any) -> None:
    """One process applies. Polled, because waiting inside the lock call deadlocks a concurrent index build in its holder (stack 3)."""
    for _ in range(600):
        if await connection.fetchval("SELECT pg_try_advisory_lock($1)", MIGRATION_LOCK):
            return
        await asyncio.sleep(0.1)
    raise Misconfigured("Another process has been migrating this database for a minute. Try again when it is done.")


async def _apply(connection: Any, name: str, sql: str) -> None:
    note = "INSERT INTO migrations (name, sha256, applied_at) VALUES ($1, $2, clock_timestamp())"
    if sql.startswith("-- no-transaction"):
        await connection.execute(sql)
        await connection.execute(note, name, _digest(sql))
        return
    async with connection.transaction():
        await connection.execute("SET LOCAL lock_timeout = '5s'")
        await connection.execute(sql)
        await connection.execute(note, name, _digest(sql))


def _digest(sql: str) -> str:
    return sha256(sql.encode()).hexdigest()
