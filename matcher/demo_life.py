"""The demo's town while it runs: one worker by the demo's clock, and the moves of that clock, with everything done that falls due on the way."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from matcher.config import Config
from matcher.database import Database
from matcher.demo_clock import STEPS, DemoClock, Move, next_morning
from matcher.domain.errors import Busy, OutcomeUnknown
from matcher.store import demo_rows
from matcher.transport import open_transport
from matcher.worker import Worker

LOOK_EVERY, KEEP_EVERY = 1.0, 5.0
"""Seconds between two looks of the worker, and between two notes of how far the clock has come."""
BEFORE_MEETING = timedelta(minutes=20)
MOST_STEPS = 3000
log = structlog.get_logger()


class DemoLife:
    """Runs the worker, and lets nobody else run it while the clock is being moved."""

    def __init__(self, db: Database, config: Config, clock: DemoClock) -> None:
        self._db, self._clock = db, clock
        self._transport = open_transport(config.smtp_url, our_name=config.mail_domain)
        self._worker = Worker(db, config, self._transport, clock=clock)
        self._alone = asyncio.Lock()
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Work until told to stop. Whatever goes wrong once is tried again: a demo that stands still tells nobody why."""
        kept = 0.0
        while not self._stopping.is_set():
            busy = await self._look()
            kept += 0 if busy else LOOK_EVERY
            if kept >= KEEP_EVERY:
                self._clock.keep()
                kept = 0.0
            if not busy:
                await self._rest()
        self._clock.keep()
        self._worker.stop()
        await self._transport.close()

    def stop(self) -> None:
        """Finish what is under way."""
        self._stopping.set()

    async def _look(self) -> bool:
        try:
            async with self._alone:
                return await self._worker.step()
        except (Busy, OutcomeUnknown):
            return False
        except Exception as error:
            log.error("step_failed", code=type(error).__name__)
            return False

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), LOOK_EVERY)
        except TimeoutError:
            return

    async def move(self, how: Move, *, keyworker_id: UUID | None = None, area_ids: Sequence[UUID] = ()) -> bool:
        """Move the clock, and do on the way all that falls due. False where there is no meeting to go to."""
        async with self._alone:
            target = await self._target(how, keyworker_id, area_ids)
            if target is None:
                return False
            await self._db.act(demo_rows.update_sign_ins_moved, target - self._clock())
            await self._go(target)
        return True

    async def _target(self, how: Move, keyworker_id: UUID | None, area_ids: Sequence[UUID]) -> datetime | None:
        now = self._clock()
        if how is Move.MEETING:
            async with self._db.reading() as c:
                starts = await demo_rows.find_next_planned_meeting(c, now + BEFORE_MEETING, keyworker_id=keyworker_id, area_ids=area_ids)
            return starts - BEFORE_MEETING if starts else None
        return next_morning(now) if how is Move.MORNING else now + STEPS[how]

    async def _go(self, target: datetime) -> None:
        """From one thing that falls due to the next, so that each happens at its own time and not all of it at the end."""
        for _ in range(MOST_STEPS):
            await self._worker.run_until_idle()
            async with self._db.reading() as c:
                due = await demo_rows.find_next_event(c)
            if due is None or due > target:
                break
            self._clock.move_to(max(due, self._clock() + timedelta(seconds=1)))
        self._clock.move_to(target)
        await self._worker.run_until_idle()
