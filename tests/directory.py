"""A directory that is fed run by run: a source, a clock that only the test moves, and looks at what stands in the tables afterwards."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from matcher.actions.import_reading import read_feed
from matcher.actions.importing import import_meetings
from matcher.actions.meeting_source_keeping import add_source
from matcher.database import Database
from matcher.domain.actor import FEED, OPERATOR, Actor, ActorKind
from matcher.domain.feed_issue import ErrorKind
from matcher.domain.fellowship import Fellowship
from matcher.domain.meeting_source import Fetched, MeetingSource, SourceState
from matcher.store.meeting_sources import find_source
from tests.conftest import TestDatabase
from tests.world import World, make_config

PLACE = {"formatted_address": "1 High St, Bournemouth BH1 4HS, UK"}


def rows(count: int = 10, **fields: Any) -> list[dict[str, Any]]:
    """A feed of so many weekly meetings in Bournemouth, m0 on Sunday and so on."""
    return [{"slug": f"m{n}", "name": f"Meeting {n}", "day": n % 7, "time": "19:00"} | PLACE | fields for n in range(count)]


def but(feed: list[dict[str, Any]], slug: str, **fields: Any) -> list[dict[str, Any]]:
    """The feed with one row different."""
    return [row | fields if row["slug"] == slug else row for row in feed]


@dataclass
class Directory:
    """The database, what was found before the last run, and the moment it is."""

    db: Database
    sql: Any
    world: World
    now: datetime
    source: str = "ours"
    before: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def add(self, source_id: str, *, format: str = "meeting_guide", fellowship: Fellowship = Fellowship.AA, **changes: Any) -> None:
        """A source to feed from."""
        settings: dict[str, Any] = {
            "id": source_id,
            "area_id": None,
            "name": source_id,
            "fellowship": fellowship,
            "format": format,
            "url": None,
            "timezone": "Europe/London",
            "date_order": "dmy",
            "keep_areas": (),
            "state": SourceState.OK,
        } | dict.fromkeys(("failing_since", "last_attempt_at", "last_success_at", "etag", "last_modified", "last_good_rows"))
        assert await self.db.act(add_source, self.now, actor=OPERATOR, source=MeetingSource(**settings | changes))

    async def feed(self, feed: Any, *, status: int | None = 200, etag: str | None = None, **how: Any) -> dict[str, Any]:
        """One run with this feed; what it prints."""
        body = feed if isinstance(feed, bytes) else feed.encode() if isinstance(feed, str) else json.dumps(feed).encode()
        return await self.run(Fetched(body=body, http_status=status, etag=etag), **how)

    async def down(self, status: int = 0) -> dict[str, Any]:
        """One run against a publisher that does not answer, or not well."""
        kind = ErrorKind.HTTP_ERROR if status else ErrorKind.CONNECTION_FAILED
        return await self.run(Fetched(body=None, http_status=status or None, error=kind))

    async def unmodified(self) -> dict[str, Any]:
        """One run in which the publisher says that nothing has changed."""
        return await self.run(Fetched(body=None, http_status=304))

    async def run(self, fetched: Fetched, **how: Any) -> dict[str, Any]:
        """One run of the source."""
        self.before = await self.meetings()
        async with self.db.reading() as c:
            source = await find_source(c, self.source)
        assert source is not None
        read = read_feed(source, fetched)
        report = await self.db.act(import_meetings, self.now, actor=FEED, source_id=self.source, feed=read, **how)
        return report.to_json()

    def pass_days(self, days: float) -> None:
        """Let time go by."""
        self.now += timedelta(days=days)

    @property
    def carol(self) -> Actor:
        """The area's coordinator."""
        return Actor(ActorKind.COORDINATOR, self.world.coordinator_id, area_ids=frozenset({self.world.area_id}))

    async def meetings(self) -> dict[str, dict[str, Any]]:
        """Every meeting of the source as it stands, by key."""
        found = await self.sql.fetch("SELECT * FROM meetings WHERE source_id = $1 ORDER BY source_key", self.source)
        return {row["source_key"]: dict(row) for row in found}

    async def statuses(self) -> dict[str, str]:
        """Where each stands."""
        return {key: row["status"] for key, row in (await self.meetings()).items()}

    async def id_of(self, key: str) -> UUID:
        """The id of a meeting by its key."""
        found: UUID = (await self.meetings())[key]["id"]
        return found

    async def start_of(self, key: str) -> time:
        """When a meeting starts, as it holds."""
        found: time = (await self.meetings())[key]["starts"]
        return found

    async def tasks(self) -> list[tuple[str, str]]:
        """The open lines on coordinators' lists."""
        found = await self.sql.fetch(
            "SELECT kind, reason FROM tasks WHERE state = 'open' AND for_role = 'coordinator' ORDER BY kind, reason"
        )
        return [(row["kind"], row["reason"]) for row in found]

    async def history(self, key: str) -> list[tuple[str, Any, Any]]:
        """What the history says of a meeting."""
        found = await self.sql.fetch("SELECT field, old, new FROM meeting_history WHERE meeting_id = $1 ORDER BY id", await self.id_of(key))
        return [(row["field"], *(json.loads(row[name]) if row[name] else None for name in ("old", "new"))) for row in found]


@asynccontextmanager
async def open_directory(database: TestDatabase) -> AsyncIterator[Directory]:
    """A directory with one source called `ours`, and the made-up world's area, which looks after Bournemouth here."""
    sql = await asyncpg.connect(database.owner_dsn)
    db = await Database.connect(database.program_dsn, most=4)
    world = await World(sql, make_config(database.program_dsn)).build()
    await sql.execute("INSERT INTO area_outcodes (outcode, area_id) VALUES ('BH1', $1), ('BH8', $1)", world.area_id)
    directory = Directory(db, sql, world, world.now)
    await directory.add("ours")
    try:
        yield directory
    finally:
        await db.close()
        await sql.close()
