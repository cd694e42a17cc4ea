"""Letters over real SMTP on the stage: a server that refuses some addresses, a worker that sends to it, and a worker that dies. Not a test itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any
from uuid import UUID, uuid4

from matcher.actions import posting
from matcher.domain.outbox import ClaimedLetter
from matcher.transport import open_transport
from matcher.worker import Worker
from tests.smtp_faults import FaultServer, running
from tests.stage import Stage

THURSDAY = datetime(2026, 11, 26, 19, 30, tzinfo=UTC)
STATES = "SELECT state, count(*) AS n FROM letters GROUP BY state"


@dataclass
class Choosy(FaultServer):
    """A mail server that takes everything but letters to some addresses."""

    never: set[str] = field(default_factory=set)

    async def _answer_simple(self, writer: asyncio.StreamWriter, verb: bytes, secure: bool) -> bool:
        if verb == b"RCPT" and any(part.encode() in self.commands[-1] for part in self.never):
            writer.write(b"550 5.1.1 tom@example.org: never\r\n")
            return True
        return await super()._answer_simple(writer, verb, secure)


def worker_of(stage: Stage, port: int, **settings: Any) -> Worker:
    transport = open_transport(f"smtp://127.0.0.1:{port}", our_name="example.org", **settings)
    return Worker(stage.db, stage.config, transport, clock=lambda: stage.now)


@asynccontextmanager
async def mail_by(stage: Stage, server: FaultServer, **settings: Any) -> AsyncIterator[int]:
    """The stage's worker sends over SMTP, to this server."""
    async with running(server) as port:
        stage.worker = worker_of(stage, port, **settings)
        yield port
        await stage.worker._transport.close()


def taken_by(server: FaultServer, part: str) -> list[Any]:
    found = [message_from_bytes(raw, policy=policy.default) for raw in server.taken]
    return [letter for letter in found if part in str(letter["To"])]


async def states(stage: Stage) -> dict[str, int]:
    return {row["state"]: row["n"] for row in await stage.sql.fetch(STATES)}


async def ask(stage: Stage, *names: str, **changes: Any) -> UUID:
    for name in names:
        await stage.world.volunteer(name)
    referral: UUID = await stage.world.referral(**changes)
    await stage.begin(referral)
    return referral


async def claim(stage: Stage, lease_id: UUID | None = None, most: int = 50) -> list[ClaimedLetter]:
    """What a worker does that then dies: takes letters, and is never heard of again."""
    return await stage.db.act(posting.claim_letters, stage.now, lease_id=lease_id or uuid4(), most=most)
