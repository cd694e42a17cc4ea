"""A stage for tests of the journey: a database with the made-up world, a clock that only the test moves, a worker, and letters in a folder."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from matcher.actions import answering
from matcher.actions.answering import Answer
from matcher.actions.asking import begin_asking
from matcher.actions.checking import Report, check_promises
from matcher.actions.climbing import look_on
from matcher.actions.scene import claim_scene
from matcher.config import Config
from matcher.database import Database
from matcher.domain.actor import CLOCK, Actor, ActorKind
from matcher.domain.connection import Connection
from matcher.store import audit
from matcher.transport import open_transport
from matcher.worker import Worker
from tests.conftest import TestDatabase
from tests.world import MONDAY_TEN, World, make_config


@dataclass
class Stage:
    """Everything a test of the journey touches."""

    db: Database
    sql: Any
    config: Config
    world: World
    worker: Worker
    folder: Path
    now: datetime = MONDAY_TEN

    async def pass_time(self, **length: float) -> None:
        """Let time go by, then let the worker do all that is due."""
        self.now += timedelta(**length)
        await self.worker.run_until_idle()

    async def until(self, moment: datetime) -> None:
        """Let time go by step by step until a moment, the worker at work all along."""
        while self.now < moment:
            self.now = min(self.now + timedelta(hours=1), moment)
            await self.worker.run_until_idle()

    async def begin(self, referral_id: UUID) -> None:
        """Begin to ask for a referral, as its submission does, and run what is due."""
        await self.submitted(referral_id)
        await self.worker.run_until_idle()

    async def first_look(self, referral_id: UUID) -> None:
        """Begin to ask for a referral and take the clock's first look: the invitations are written, and nothing has left yet."""
        await self.submitted(referral_id)
        await self.db.act(look_on, self.config, self.now, referral_id)

    async def submitted(self, referral_id: UUID) -> None:
        """Set the clock for a referral, as its submission does."""

        async def start(tx: Connection) -> None:
            await audit.claim_acting(tx, CLOCK, "begin", self.now)
            await begin_asking(await claim_scene(tx, self.config, self.now, referral_id))

        await self.db.act(start)

    async def yes(self, offer: Any, option_id: UUID | None = None) -> Answer:
        """Somebody says yes to (the first option of) their offer."""
        option = option_id or await self.option_of(offer)
        return await self.db.act(answering.accept_offer, self.config, self.now, actor=who(offer), offer_id=offer["id"], option_id=option)

    async def option_of(self, offer: Any) -> UUID:
        """The first option somebody was asked for."""
        async with self.db.reading() as c:
            found: UUID = await c.fetchval("SELECT option_id FROM offer_options WHERE offer_id = $1", offer["id"])
            return found

    async def no(self, offer: Any, *, another_day: bool = False) -> Answer:
        """Somebody says no."""
        return await self.db.act(
            answering.decline_offer, self.config, self.now, actor=who(offer), offer_id=offer["id"], another_day=another_day
        )

    async def offers(self, *states: str) -> list[Any]:
        """Offers in these states (all without any), in the order in which they were made."""
        wanted = list(states)
        return list(
            await self.sql.fetch(
                "SELECT * FROM offers WHERE cardinality($1::text[]) = 0 OR state = ANY($1) ORDER BY created_at, id", wanted
            )
        )

    async def one(self, query: str, *args: Any) -> Any:
        """One value."""
        return await self.sql.fetchval(query, *args)

    async def state(self, referral_id: UUID) -> str:
        """Where a referral stands."""
        return str(await self.one("SELECT state FROM referrals WHERE id = $1", referral_id))

    def letters(self) -> list[EmailMessage]:
        """Every letter that has left, as its receiver's program reads it."""
        parser = BytesParser(policy=policy.default)
        return [
            parser.parsebytes(path.read_bytes())
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        ]

    def letters_to(self, part: str) -> list[EmailMessage]:
        """Letters whose one recipient's address contains this text."""
        return [letter for letter in self.letters() if part in str(letter["To"])]

    async def check(self) -> Report:
        """The promises, asked of this database."""
        return await check_promises(self.sql, self.config, self.now)


def who(offer: Any) -> Actor:
    """The volunteer an offer is to."""
    return Actor(ActorKind.VOLUNTEER, offer["volunteer_id"])


def words(letter: EmailMessage) -> str:
    """The plain text of a letter."""
    part = letter.get_body(("plain",))
    return part.get_content() if part else ""


@asynccontextmanager
async def set_stage(database: TestDatabase, folder: Path) -> AsyncIterator[Stage]:
    """Build the world in an empty database and stand everything up; take it all down afterwards and see that no promise was broken."""
    config = make_config(database.program_dsn, smtp_url=f"file:{folder}")
    sql = await asyncpg.connect(database.owner_dsn)
    db = await Database.connect(database.program_dsn, most=12)
    stage: Stage
    transport = open_transport(config.smtp_url, our_name="example.org")
    worker = Worker(db, config, transport, clock=lambda: stage.now)
    stage = Stage(db, sql, config, await World(sql, config).build(), worker, folder)
    try:
        yield stage
        report = await stage.check()
        assert report.is_well, report.broken
    finally:
        await transport.close()
        await db.close()
        await stage.sql.close()  # a test may have put another one here, after the server was away
