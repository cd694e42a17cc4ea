"""Real processes over a durable PostgreSQL, killed at random and started again; and the supervisor that starts, kills, waits and ends them."""

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import psutil

from matcher.actions.checking import Report, check_promises
from matcher.config import Config
from matcher.database import migrate
from matcher.embedded import PROGRAM, EmbeddedServer, start_embedded
from tests.chaos.quick_clock import QuickClock
from tests.chaos.verdict import Facts
from tests.commands import ROOT, environment_of
from tests.sink import read_ledger
from tests.world import MONDAY_TEN, World, make_config

VOLUNTEERS_EACH = 4
"""Enough that three can be asked for every referral at the same moment."""
WEEKDAYS = (4, 5, 6)
"""Thursday, Friday and Saturday: a volunteer may go along on each."""
PARTS = ("worker", "postgres", "web", "sink", "postgres child")
"""What is killed, each by SIGKILL: PostgreSQL once as its postmaster, once as one of its children."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Arena:
    """One run. Everything it starts is its own: ports are free before, and only processes of its own are ever killed."""

    folder: Path
    referrals: int
    seed: int
    speed: float = 10
    wrong: str = ""
    pause: float = 0.05
    workers: int = 2
    webs: int = 2
    policy: str = "round_robin_wave3_4h"
    server: EmbeddedServer = field(init=False)
    config: Config = field(init=False)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    kills: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.ledger, self.history, self.log = (self.folder / name for name in ("ledger", "history", "log"))
        self.sink_port, self.web_port = free_port(), free_port()

    # Before.

    def prepare(self) -> None:
        """A durable PostgreSQL of its own, migrated, with a world large enough that everybody finds company."""
        self.server = start_embedded(self.folder / "postgres")
        self.server.create_database("chaos")
        asyncio.run(self._build())
        self.clock = QuickClock(time.time(), self.speed)

    async def _build(self) -> None:
        await migrate(self.server.owner_dsn("chaos"), program=PROGRAM)
        self.config = make_config(
            self.server.program_dsn("chaos"),
            migrate_database_url=self.server.owner_dsn("chaos"),
            smtp_url=f"smtp://127.0.0.1:{self.sink_port}",
            base_url=f"http://127.0.0.1:{self.web_port}",
        )
        sql = await asyncpg.connect(self.server.owner_dsn("chaos"))
        try:
            async with sql.transaction():
                await self._fill(sql)
        finally:
            await sql.close()

    async def _fill(self, sql: Any) -> None:
        """Keyworkers of several services, a meeting for every weekday, and volunteers enough."""
        world = await World(sql, self.config).build()
        await sql.execute("UPDATE areas SET policy = $1", self.policy)
        keyworkers = [{"id": str(world.keyworker_id), "provider_id": str(world.provider_id)}]
        for number in range(1, self.referrals // 25 + 1):
            if number % 6 == 0:
                world.provider_id = await self._another_service(sql, world.provider_id, number)
            keyworker_id = uuid4()
            await world.staff(keyworker_id, "keyworker", f"priya-{number}@harbour.example", "Priya")
            keyworkers.append({"id": str(keyworker_id), "provider_id": str(world.provider_id)})
        meetings = []
        for weekday in WEEKDAYS:
            meeting_id = uuid4()
            await world.meeting(meeting_id, weekday=weekday)
            on_date = (MONDAY_TEN + timedelta(days=weekday - 1)).date()
            meetings.append((weekday - 1, str(meeting_id), on_date.isoformat()))
        for _ in range(self.referrals * VOLUNTEERS_EACH):
            await world.volunteer("Tom")
        plan = {"referrals": self.referrals, "pause": self.pause, "keyworkers": keyworkers, "meetings": meetings}
        (self.folder / "plan").write_text(json.dumps(plan))

    async def _another_service(self, sql: Any, like: UUID, number: int) -> UUID:
        made: UUID = await sql.fetchval(
            """
            INSERT INTO providers SELECT (jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid(), 'name', 'Harbour ' || $2::int))).*
              FROM providers p WHERE id = $1 RETURNING id
            """,
            like,
            number,
        )
        return made

    # Processes.

    def environment(self) -> dict[str, str]:
        return environment_of(self.config) | {
            "CHAOS_STARTED": repr(self.clock.started),
            "CHAOS_SPEED": repr(self.speed),
            "CHAOS_HISTORY": str(self.history),
            "CHAOS_PLAN": str(self.folder / "plan"),
            "CHAOS_LEDGER": str(self.ledger),
            "CHAOS_WRONG": self.wrong,
        }

    def start(self, name: str) -> None:
        """Start a process by its name: `worker 1`, `web 2`, `sink`, `people`."""
        if name == "sink":
            words = ["tests.sink", "--port", str(self.sink_port), "--file", str(self.ledger), "--links"]
        else:
            words = ["tests.chaos.part", {"worker": "work", "web": "serve"}.get(name.split()[0], name)]
        with self.log.open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *words], cwd=ROOT, env=self.environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def start_all(self) -> None:
        names = [*(f"worker {n}" for n in range(self.workers)), *(f"web {n}" for n in range(self.webs))]
        for name in ("sink", *names, "people"):
            self.start(name)

    def stop_workers(self) -> int:
        """SIGTERM to all workers, each of which must end well; then others are started. Returns how many letters were left under way."""
        names = [name for name in self.processes if name.startswith("worker")]
        for name in names:
            while f"at work {self.processes[name].pid}\n" not in self.log.read_text(errors="replace"):
                time.sleep(0.05)
        for name in names:
            self.processes[name].send_signal(signal.SIGTERM)
        assert [self.processes.pop(name).wait(40) for name in names] == [0] * len(names), self.said()
        left = asyncio.run(self._one("SELECT count(*) FROM letters WHERE state = 'sending'"))
        for name in names:
            self.start(name)
        return int(left)

    async def _one(self, query: str) -> Any:
        sql = await asyncpg.connect(self.server.owner_dsn("chaos"))
        try:
            return await sql.fetchval(query)
        finally:
            await sql.close()

    def kill(self, part: str) -> None:
        """Kill -9 one process of this kind, and start it again at once as a supervisor would."""
        self.kills.append(part)
        self.note(f"killed a {part}")
        if part == "postgres":
            self._kill_postgres()
        elif part == "postgres child":
            self._kill_child()
        else:
            name = self.chance.choice([name for name in self.processes if name.split()[0] == part])
            self.end(name, signal.SIGKILL)
            self.start(name)

    def end(self, name: str, sign: signal.Signals) -> int:
        """Send a signal to one process and wait until it has gone. Its exit code."""
        process = self.processes.pop(name)
        process.send_signal(sign)
        return process.wait(40)

    def _kill_postgres(self) -> None:
        assert self.server.owned is not None
        os.kill(self.server.pid, signal.SIGKILL)
        self.server.owned.wait(10)
        self.server = start_embedded(self.folder / "postgres")

    def _kill_child(self) -> None:
        """One backend dies: PostgreSQL then ends all of them and recovers by itself."""
        backends = [child for child in psutil.Process(self.server.pid).children() if "alongside" in " ".join(child.cmdline())]
        if backends:
            self.chance.choice(backends).kill()

    # While it runs.

    def run(self, kills: Sequence[str], *, letters: int, patience: float) -> None:
        """Let everything run, kill at moments of the run's progress (`letters` is about how many come), then wait until all is quiet."""
        moments = sorted(self.chance.uniform(self.arrived(), 0.85 * letters) for _ in kills)
        give_up = time.monotonic() + patience
        for part, moment in zip(kills, moments, strict=True):
            while self.arrived() < moment and not self.is_quiet():
                self._wait(give_up)
            time.sleep(self.chance.uniform(0, 0.3))
            self.kill(part)
        while not self.is_quiet():
            self._wait(give_up)

    def wait_for(self, *, letters: int, patience: float = 300) -> None:
        """Until so many letters have arrived."""
        give_up = time.monotonic() + patience
        while self.arrived() < letters:
            self._wait(give_up)

    def _wait(self, give_up: float) -> None:
        assert time.monotonic() < give_up, f"not quiet in time: {asyncio.run(self._standing())}\n{self.said()}"
        for name, process in self.processes.items():
            assert process.poll() in (None, 0), f"{name} ended by itself: {process.poll()}\n{self.said()}"
        time.sleep(0.2)

    def note(self, what: str) -> None:
        """A line of the run's own story, for whoever looks at a run that failed."""
        with self.log.open("a") as log:
            log.write(f"{time.time() - self.clock.started:6.1f} s, {self.arrived()} letters: {what}\n")

    def arrived(self) -> int:
        return len(self.ledger.read_bytes().splitlines()) if self.ledger.exists() else 0

    def said(self) -> str:
        """The last words of the processes."""
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""

    def is_quiet(self) -> bool:
        """All referrals are in, each is settled, no letter waits and every invitation was answered."""
        if not self.history.exists() or self.history.read_text().count('"referral"') < self.referrals:
            return False
        standing = asyncio.run(self._standing())
        return standing is not None and not any(standing.values())

    async def _standing(self) -> dict[str, int] | None:
        """What is still to come; None while the database cannot be asked."""
        try:
            sql = await asyncpg.connect(self.server.owner_dsn("chaos"), timeout=5)
            row = await sql.fetchrow(
                """
                SELECT (SELECT count(*) FROM referrals WHERE confirmed_at IS NULL AND state <> 'closed') AS unsettled,
                       (SELECT count(*) FROM letters WHERE state IN ('waiting', 'sending')) AS letters
                """
            )
            await sql.close()
            return dict(row)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return None

    # Afterwards.

    def stop(self) -> None:
        """End every process that is still there, then PostgreSQL."""
        for name in list(self.processes):
            self.end(name, signal.SIGKILL)
        self.server.stop()

    def facts(self) -> Facts:
        """Everything a verdict needs: the outbox, what arrived, what was acknowledged."""
        rows = asyncio.run(self._rows())
        lines = [json.loads(line) for line in self.history.read_text().splitlines()]
        return replace(rows, ledger=read_ledger(self.ledger), history=lines, kills=len(self.kills), workers=self.workers)

    async def _rows(self) -> Facts:
        sql = await asyncpg.connect(self.server.owner_dsn("chaos"))
        letters = await sql.fetch(
            """
            SELECT id::text, kind, about_id::text, party_id::text, party_kind, occasion, revision, message_id, state, attempts,
                   encode(bytes_sha256, 'hex') AS sha256, referral_id::text FROM letters
            """
        )
        referrals = await sql.fetch("SELECT id::text, state, confirmed_at IS NOT NULL AS confirmed FROM referrals")
        offers = await sql.fetch("SELECT encode(l.token_hash, 'hex') AS token, o.state FROM links l JOIN offers o ON o.id = l.about_id")
        beside = await sql.fetchval("SELECT count(*) FROM offers WHERE beside IS NOT NULL")
        await sql.close()
        return Facts(
            beside=beside,
            letters=[dict(row) for row in letters],
            referrals={row["id"]: dict(row) for row in referrals},
            offers={row["token"]: row["state"] for row in offers},
        )

    def check(self) -> Report:
        """`alongside check` at the moment of this run's own clock."""

        async def look() -> Report:
            sql = await asyncpg.connect(self.server.owner_dsn("chaos"))
            try:
                return await check_promises(sql, self.config, self.clock())
            finally:
                await sql.close()

        return asyncio.run(look())
