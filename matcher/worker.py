"""The clock's hands: runs due timers and sends due letters, over and over. Each is one call to an action; nothing is decided here."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

import structlog

from matcher.actions import posting, referring, timekeeping
from matcher.config import Config
from matcher.crypto import Unreadable
from matcher.database import Database
from matcher.domain.delivery import Later, LetterRefused, OurFault, Outcome, TransportIll, Unknown, Verb
from matcher.domain.errors import Busy, OutcomeUnknown
from matcher.domain.outbox import ClaimedLetter, Timer
from matcher.transport import CheckedTransport, WrongEnvelope

BATCH = 20
SWEEP_EVERY = timedelta(seconds=20)
POLL = 1.0
"""Seconds between two whole looks, with as much jitter again taken off or on: no signal that could be lost is relied on."""
GLANCE = 0.005
"""Seconds between two glances while resting: whether anything fell due meanwhile, one small question for both hands (decision 32)."""
log = structlog.get_logger()


def wall_clock() -> datetime:
    """Now, in UTC. The only clock of production; everything below it gets the moment as an argument."""
    return datetime.now(UTC)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Until it is set, so long at most."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return


class Worker:
    """One worker. Any number may run on one database: leases and SKIP LOCKED divide the work."""

    def __init__(
        self, database: Database, config: Config, transport: CheckedTransport, *, clock: Callable[[], datetime] = wall_clock
    ) -> None:
        self._db, self._config, self._transport, self._clock = database, config, transport, clock
        self._stopping = asyncio.Event()
        self._letters_due = asyncio.Event()
        self._swept_at: datetime | None = None
        self._under_way: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """Finish what is under way, give back what has not begun, take nothing more."""
        self._stopping.set()
        self._letters_due.set()
        self._transport.begin_no_more()

    async def run(self) -> None:
        """Work until stopped, timers beside letters: a mail server that is slow, or sleeps, delays nothing but what it is given."""
        async with asyncio.TaskGroup() as together:
            together.create_task(self._go_on(self._do_due, self._rest_until_due))
            together.create_task(self._go_on(partial(self._send_on, together), self._rest_until_letters))
        await self._transport.close()

    async def _go_on(self, look: Callable[[], Awaitable[bool]], rest: Callable[[float], Awaitable[None]]) -> None:
        """Look until stopped. A database that is away is waited for; this never dies of it, nor of anything else that goes wrong."""
        away = 0
        while not self._stopping.is_set():
            try:
                busy = await look()
                away = 0
            except (Busy, OutcomeUnknown):
                away, busy = min(away + 1, 5), False
            except Exception as error:
                log.error("step_failed", error=type(error).__name__)
                away, busy = min(away + 1, 5), False
            if not busy:
                pause = self._pause if away else rest
                await pause(POLL * 2**away * random.uniform(0.5, 1.5))

    async def _pause(self, seconds: float) -> None:
        await _wait(self._stopping, seconds)

    async def _rest_until_letters(self, seconds: float) -> None:
        """Rest so long, or until there are letters to take."""
        await _wait(self._letters_due, seconds)
        if not self._stopping.is_set():
            self._letters_due.clear()

    async def _rest_until_due(self, seconds: float) -> None:
        """Rest so long, or until a timer falls due; letters that fall due meanwhile are the other hand's."""
        ends = asyncio.get_running_loop().time() + seconds
        while not self._stopping.is_set() and asyncio.get_running_loop().time() < ends:
            await self._pause(GLANCE)  # first: a timer that somebody else holds just now is not asked for without end
            try:
                async with self._db.reading() as c:
                    due = await timekeeping.glance(c, self._clock())
            except Exception:  # the next whole look says what is wrong
                return await self._pause(seconds)
            if due.letters and self._config.sending:
                self._letters_due.set()
            if due.timers:
                return None
        return None

    async def run_until_idle(self, *, most: int = 500) -> None:
        """Do everything that is due now and what follows from it at once: for tests and for the demo's clock."""
        for _ in range(most):
            if not await self.step():
                return
        raise RuntimeError("the worker found no rest")

    async def step(self) -> bool:
        """One look at timers, then at letters, each to its end. True when there was anything to do."""
        ran = await self._do_due()
        sent = await self._send_letters()
        return ran or sent

    async def _do_due(self) -> bool:
        await self._sweep()
        return await self._run_timers()

    async def _sweep(self) -> None:
        now = self._clock()
        if self._swept_at is not None and timedelta(0) <= now - self._swept_at < SWEEP_EVERY:
            return
        self._swept_at = now
        ended = 0
        for referral_id in await self._db.act(posting.list_with_late_letters, now):
            ended += await self._db.act(posting.end_late_letters, self._config, now, referral_id=referral_id)
        held = await self._db.act(posting.hold_poisonous_letters, now)
        if ended or held:
            log.warning("letters_not_sent", expired=ended, held=held)
        stuck = await self._db.act(timekeeping.hold_poisonous_timers, now)
        if stuck:
            log.error("timers_held", held=stuck)
        forgotten = await self._db.act(referring.erase_old_drafts, self._config, now)
        if forgotten:
            log.info("drafts_forgotten", drafts=forgotten)

    async def _run_timers(self) -> bool:
        due = await self._db.act(timekeeping.claim_timers, self._clock(), lease_id=uuid4(), most=BATCH)
        for timer in due:
            await self._run_timer(timer)
            self._letters_due.set()
        return bool(due)

    async def _run_timer(self, timer: Timer) -> None:
        try:
            await self._db.act(timekeeping.run_timer, self._config, self._clock(), timer)
        except timekeeping.TakenOver:
            return
        except (Busy, OutcomeUnknown):
            raise
        except Exception as error:
            # One timer that cannot run must not stop the others: its lease ends, it is tried again, and held after five times.
            log.error("timer_failed", kind=timer.kind, timer_id=str(timer.id), error=type(error).__name__)

    async def _send_letters(self) -> bool:
        claimed = await self._claim(BATCH)
        await asyncio.gather(*(self._deliver_safely(letter) for letter in claimed))
        return bool(claimed)

    async def _send_on(self, together: asyncio.TaskGroup) -> bool:
        """Take as many letters as there is room for beside those under way, and wait for the first that comes to an end: never for the slowest."""
        claimed = await self._claim(BATCH - len(self._under_way))
        self._under_way |= {together.create_task(self._deliver_safely(letter)) for letter in claimed}
        if not self._under_way:
            return False
        ended, self._under_way = await asyncio.wait(self._under_way, timeout=POLL, return_when=asyncio.FIRST_COMPLETED)
        return bool(claimed or ended)

    async def _claim(self, most: int) -> list[ClaimedLetter]:
        if most < 1 or self._stopping.is_set() or not self._config.sending:  # SENDING=paused: letters wait, timers go on
            return []
        return await self._db.act(posting.claim_letters, self._clock(), lease_id=uuid4(), most=most)

    async def _deliver_safely(self, letter: ClaimedLetter) -> None:
        try:
            await self._deliver(letter)
        except Exception as error:
            # One letter that cannot be dealt with must not stop the others: its lease ends, it is tried again, and held after five times.
            log.error("letter_failed", letter_id=str(letter.id), kind=letter.kind, error=type(error).__name__)

    async def _deliver(self, letter: ClaimedLetter) -> None:
        outcome = await self._attempt(letter)
        if self._stopping.is_set() and outcome == Later(Verb.SLOT.value):
            await self._db.act(posting.give_back, letter)
            return
        if isinstance(outcome, (OurFault, TransportIll, Unknown, LetterRefused)):
            log.warning("letter_not_taken", letter_id=str(letter.id), outcome=type(outcome).__name__, code=outcome.code)
        await self._record(letter, outcome)

    async def _attempt(self, letter: ClaimedLetter) -> Outcome:
        """Try once. Bytes that cannot be opened or do not fit their envelope are this letter's own fault."""
        try:
            raw = self._config.vault.open_bytes(letter.sealed_bytes)
            to = self._config.vault.open_bytes(letter.sealed_to).decode()
            return await self._transport.send(raw, envelope_from=f"letters@{self._config.mail_domain}", envelope_to=to)
        except (WrongEnvelope, Unreadable):
            return LetterRefused("local")

    async def _record(self, letter: ClaimedLetter, outcome: Outcome) -> None:
        """Keep trying to write the outcome down until the lease ends: the letter has left, and nobody else knows."""
        give_up = asyncio.get_running_loop().time() + posting.LEASE.total_seconds()
        while True:
            try:
                if not await self._db.act(posting.record_outcome, self._config, self._clock(), letter, outcome=outcome):
                    log.warning("lease_lost", letter_id=str(letter.id))
                return
            except (Busy, OutcomeUnknown):
                if asyncio.get_running_loop().time() > give_up:
                    return
                await asyncio.sleep(0.5)
