"""The clock's other hand: asks the publishers of meetings whose turn it is, over and over. What follows is an action's; letters are worker.py's."""

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import structlog

from matcher.actions.import_reading import read_changed
from matcher.actions.source_fetching import SourceTakenOver, bring_in_fetched, claim_source_due, drop_old_trials
from matcher.config import Config
from matcher.database import Database
from matcher.domain.errors import Busy, OutcomeUnknown
from matcher.domain.meeting_source import MeetingSource, RunReport
from matcher.fetching import FetchRules, agent_name
from matcher.fetching_pages import fetch_list
from matcher.store.meeting_sources import find_last_good

LOOK_EVERY_S = 20.0
"""Seconds between two looks where no source was due, with as much as half of it taken off or on."""
SWEEP_EVERY = timedelta(hours=1)
log = structlog.get_logger()


def machine_now() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


class FeedWorker:
    """One at a time for each of these; any number may run on one database: leases divide the sources."""

    def __init__(
        self, database: Database, config: Config, *, rules: FetchRules | None = None, clock: Callable[[], datetime] = machine_now
    ) -> None:
        self._db, self._clock = database, clock
        self._rules = rules or FetchRules(agent=agent_name(config.base_url), from_loopback=config.feeds_from_loopback)
        self._stopping = asyncio.Event()
        self._swept_at: datetime | None = None

    def stop(self) -> None:
        """Take no other source. One under way is finished, or comes up again when its lease ends."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until stopped. Nothing that a publisher or a database does ends this."""
        while not self._stopping.is_set():
            busy = False
            try:
                busy = await self.step()
            except (Busy, OutcomeUnknown):
                log.warning("feeds_wait_for_the_database")
            except Exception as error:
                # Whatever is wrong with one source must not stop the others: it comes up again later, after them.
                log.error("fetch_failed", error=type(error).__name__)
            if not busy:
                await self._rest(LOOK_EVERY_S * random.uniform(0.5, 1.5))

    async def _rest(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return

    async def run_until_idle(self, *, most: int = 100) -> int:
        """Fetch every source that is due now; how many that were."""
        for count in range(most):
            if not await self.step():
                return count
        raise RuntimeError("the sources found no rest")

    async def step(self) -> bool:
        """One source, if one is due."""
        await self._sweep()
        lease_id = uuid4()
        source = await self._db.act(claim_source_due, self._clock(), lease_id=lease_id)
        if source is None:
            return False
        report = await self._bring_in(source, lease_id)
        if report is not None:
            log.info("source_fetched", source=source.id, run=report.run.value, kind=report.error_kind.value if report.error_kind else "")
        return True

    async def _bring_in(self, source: MeetingSource, lease_id: UUID) -> RunReport | None:
        async with self._db.reading() as c:
            good = await find_last_good(c, source.id)
        fetched = await fetch_list(source, self._rules, anew=good is None or not good.is_whole)
        async with self._db.reading() as c:
            feed = await read_changed(c, source, fetched)
        try:
            return await self._db.act(
                bring_in_fetched, self._clock(), source_id=source.id, lease_id=lease_id, feed=feed, jitter=random.uniform(-1, 1)
            )
        except SourceTakenOver:
            log.warning("source_taken_over", source=source.id)
            return None

    async def _sweep(self) -> None:
        now = self._clock()
        if self._swept_at is not None and timedelta(0) <= now - self._swept_at < SWEEP_EVERY:
            return
        self._swept_at = now
        dropped = await self._db.act(drop_old_trials, now)
        if dropped:
            log.info("trials_dropped", lists=dropped)
