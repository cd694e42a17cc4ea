"""A running demo for tests: `python -m matcher demo` in a folder of its own, and a visitor's browser."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.site import Browser, Seen

ROOT = Path(__file__).parent.parent
REAL = ("DATABASE_URL", "MIGRATE_DATABASE_URL", "SMTP_URL", "MASTER_KEYS", "IDENTITY_KEY", "BASE_URL")
READY = re.compile(r"^Alongside is ready at (http://127\.0\.0\.1:(\d+))$", re.M)
PATIENCE = 400.0
"""Seconds for a first start on a machine that does much else at the same time."""


@dataclass
class RunningDemo:
    """The demo's process, where it can be visited, and what it has said."""

    process: subprocess.Popen[str]
    said: Path
    address: str
    started_in: float

    @property
    def words(self) -> str:
        """Everything it printed so far."""
        return self.said.read_text()


def demo_environment() -> dict[str, str]:
    """This process's environment without anything that would look like a real installation."""
    return {name: value for name, value in os.environ.items() if name not in REAL}


@contextmanager
def running_demo(folder: Path, *options: str) -> Iterator[RunningDemo]:
    """Start the demo as a visitor does, wait until it is ready, and stop it with Ctrl-C."""
    said = folder.with_name(f"{folder.name}-said-{time.monotonic_ns()}")
    began = time.monotonic()
    with said.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "matcher", "demo", "--port", "0", "--data", str(folder), *options],
            cwd=ROOT, env=demo_environment(), stdout=out, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
    try:
        while not READY.search(said.read_text()):
            assert process.poll() is None and time.monotonic() - began < PATIENCE, said.read_text()
            time.sleep(0.05)
        found = READY.search(said.read_text())
        assert found
        yield RunningDemo(process, said, found.group(1), time.monotonic() - began)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


@dataclass
class Visitor:
    """Somebody who looks round the demo in one browser."""

    browser: Browser

    async def enter(self, name: str) -> Seen:
        """Sign in by one click in the banner."""
        start = await self.browser.get("/")
        return await self.browser.submit(start, action="/demo/sign-in", button=name.lower())

    async def move(self, how: str, *, page: str = "/") -> Seen:
        """Press one of the clock's buttons on a page."""
        return await self.browser.submit(await self.browser.get(page), action="/demo/clock", button=how)

    async def letters(self, to: str = "") -> list[dict[str, Any]]:
        """What /demo/mailbox.json lists."""
        import json

        seen = await self.browser.get("/demo/mailbox.json" + (f"?to={to}" if to else ""))
        found: list[dict[str, Any]] = json.loads(seen.body)
        return found
