"""A slow mail server delays nothing but what it is given, and letters are locked after their referrals, so that nobody waits crosswise."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from matcher.actions import posting
from matcher.domain.delivery import AddressRefused
from matcher.domain.outbox import Timer, TimerKind
from matcher.store import timers
from tests.actions.mailing import ask, claim, mail_by, taken_by, worker_of
from tests.smtp_faults import FaultServer
from tests.stage import Stage

PATIENCE = 20.0
"""Seconds within which everything else must be done. The mail server thinks until the test says so: no machine is too slow for that."""


@dataclass
class Sleepy(FaultServer):
    """A mail server that thinks about letters to one person until it is told to go on."""

    about: bytes = b"tom-"
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def _answer_simple(self, writer: asyncio.StreamWriter, verb: bytes, secure: bool) -> bool:
        if verb == b"RCPT" and self.about in self.commands[-1]:
            self.at_once += 1
            await self.go_on.wait()
        return await super()._answer_simple(writer, verb, secure)


@asynccontextmanager
async def at_work(stage: Stage) -> AsyncIterator[None]:
    """The worker as it runs in production, until the block ends."""
    going = asyncio.create_task(stage.worker.run())
    yield
    stage.worker.stop()
    await asyncio.wait_for(going, 10)


async def within(seconds: float, stage: Stage, question: str, answer: object) -> bool:
    """Whether the database gives this answer in time."""
    async with asyncio.timeout(seconds):
        while await stage.one(question) != answer:
            await asyncio.sleep(0.05)
    return True


async def one_letter_stuck(stage: Stage, server: Sleepy) -> UUID:
    """The server has begun to think about Tom's letter."""
    referral = await stage.one("SELECT id FROM referrals")
    while not server.at_once:
        await asyncio.sleep(0.02)
    return UUID(str(referral))


async def test_a_slow_mail_server_does_not_delay_what_is_due(stage: Stage, free_port: int) -> None:
    stage.worker = worker_of(stage, free_port)
    await ask(stage, "Tom")
    stage.now += timedelta(seconds=40)
    server = Sleepy()
    async with mail_by(stage, server), at_work(stage):
        referral = await one_letter_stuck(stage, server)
        due = Timer(
            id=uuid4(),
            kind=TimerKind.UNMATCHED.value,
            about_id=referral,
            referral_id=referral,
            due_for="planted",
            due_at=stage.now,
            not_after=stage.now + timedelta(days=1),
        )
        await stage.db.act(timers.insert_timers, [due])
        assert await within(PATIENCE, stage, "SELECT state FROM timers WHERE due_for = 'planted'", "done")
        assert server.taken == [], "the letter is still with the mail server"
        server.go_on.set()


async def test_a_letter_that_takes_long_does_not_hold_up_the_next(stage: Stage, free_port: int) -> None:
    stage.worker = worker_of(stage, free_port)
    await ask(stage, "Tom")
    stage.now += timedelta(seconds=40)
    server = Sleepy()
    async with mail_by(stage, server), at_work(stage):
        await one_letter_stuck(stage, server)
        await stage.sql.execute("UPDATE volunteers SET may_be_asked = true")
        wendy = await stage.world.volunteer("Wendy")
        await stage.sql.execute("UPDATE timers SET due_at = $1 WHERE kind = 'look' AND state = 'waiting'", stage.now)
        query = f"SELECT l.state FROM letters l WHERE l.party_id = '{wendy}'"
        assert await within(PATIENCE, stage, query, "sent")
        assert taken_by(server, "tom-") == []
        server.go_on.set()


async def test_a_worker_that_is_stopped_waits_for_what_it_has_begun(stage: Stage, free_port: int) -> None:
    stage.worker = worker_of(stage, free_port)
    await ask(stage, "Tom")
    stage.now += timedelta(seconds=40)
    server = Sleepy()
    async with mail_by(stage, server):
        async with at_work(stage):
            await one_letter_stuck(stage, server)
            asyncio.get_running_loop().call_later(0.5, server.go_on.set)
        assert len(taken_by(server, "tom-")) == 1
        assert await stage.one("SELECT state FROM letters WHERE kind = 'offer'") == "sent"


# Referrals first.


async def letters_are_free_while(stage: Stage, task: asyncio.Task[object], referral: UUID) -> bool:
    """Whether somebody who holds the referral can touch its letters while the worker waits for it."""
    await asyncio.sleep(0.4)
    assert not task.done(), "it waits for the referral"
    await stage.sql.execute("SET LOCAL lock_timeout = '300ms'")
    changed = await stage.sql.execute("UPDATE letters SET last_code = last_code WHERE referral_id = $1", referral)
    return not changed.endswith(" 0")


async def test_late_letters_are_locked_after_their_referral(stage: Stage, free_port: int) -> None:
    stage.worker = worker_of(stage, free_port)
    referral = await ask(stage, "Tom", "Wendy")
    stage.now += timedelta(days=5)
    async with stage.sql.transaction():
        await stage.sql.execute("SELECT FROM referrals WHERE id = $1 FOR NO KEY UPDATE", referral)
        late = asyncio.create_task(stage.db.act(posting.end_late_letters, stage.config, stage.now, referral_id=referral))
        assert await letters_are_free_while(stage, late, referral)
    assert await late == 2
    await stage.worker.run_until_idle()


@pytest.mark.parametrize("which", ["own", "other"])
async def test_a_refused_address_locks_every_referral_it_touches_before_the_letter(stage: Stage, free_port: int, which: str) -> None:
    stage.worker = worker_of(stage, free_port)
    own = await ask(stage, "Tom")
    await stage.sql.execute("UPDATE offers SET reply_by = created_at")
    other = await stage.world.referral()
    await stage.begin(other)
    assert await stage.one("SELECT count(*) FROM offers WHERE state = 'queued'") == 2
    stage.now += timedelta(seconds=40)
    letter = next(one for one in await claim(stage) if one.referral_id == own)
    async with stage.sql.transaction():
        await stage.sql.execute("SELECT FROM referrals WHERE id = $1 FOR NO KEY UPDATE", own if which == "own" else other)
        refused = asyncio.create_task(stage.db.act(posting.record_outcome, stage.config, stage.now, letter, outcome=AddressRefused("550")))
        assert await letters_are_free_while(stage, refused, own)
    assert await refused is True
    stage.now += timedelta(minutes=1)
    await stage.worker.run_until_idle()
