"""How soon the demo is ready when it is started again, and how much memory it then holds: the real command in a process of its own."""

import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.figures import Figure

READY = re.compile(r"Alongside is ready at (http://\S+)")
PATIENCE = 180.0
VISITS = ("/", "/about", "/privacy", "/sign-in", "/demo/mailbox")
MOST_SECONDS, MOST_MB = 5.0, 150.0


@dataclass(frozen=True, slots=True)
class Started:
    """One start: seconds until the line that says it is ready, and MB resident after some pages were opened."""

    seconds: float
    resident_mb: float


@contextmanager
def demo(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str, float]]:
    """A running demo: its process, its address, and the seconds until it was ready."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "matcher", "demo", "--port", "0", "--data", str(folder)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield running, *_ready(running, began)
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(30)
        if running.stdout:
            running.stdout.close()


def _ready(running: subprocess.Popen[str], began: float) -> tuple[str, float]:
    said = []
    assert running.stdout is not None
    for line in running.stdout:
        said.append(line)
        if found := READY.search(line):
            return found[1], time.perf_counter() - began
    raise AssertionError("the demo did not start: " + "".join(said))


def start_once(folder: Path) -> Started:
    """Start it, open some pages three times over, look at its memory, stop it."""
    with demo(folder) as (running, address, seconds):
        for _ in range(3):
            for path in VISITS:
                with urllib.request.urlopen(address + path, timeout=PATIENCE) as answer:
                    assert answer.status == 200
        resident = psutil.Process(running.pid).memory_info().rss / 1e6
    return Started(seconds, resident)


def measure_starting(*, again: int) -> list[Figure]:
    """One first start, with the town built, then so many second ones."""
    with tempfile.TemporaryDirectory(prefix="alongside-bench-demo-") as made:
        Path(made).chmod(0o755)
        folder = Path(made) / "town"
        first = start_once(folder)
        seconds = [start_once(folder) for _ in range(again)]
    took = statistics.median(one.seconds for one in seconds)
    resident = max(one.resident_mb for one in seconds)
    return [
        Figure("demo, first start with its town built", f"{first.seconds:.1f} s ({first.resident_mb:.0f} MB)"),
        Figure("demo, second start until it is ready", f"{took:.1f} s", f"≤ {MOST_SECONDS:.0f} s", took <= MOST_SECONDS),
        Figure(
            "memory of web, worker and mail server of the demo in one process",
            f"{resident:.0f} MB",
            f"≤ {MOST_MB:.0f} MB",
            resident <= MOST_MB,
        ),
    ]
