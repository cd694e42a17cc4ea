"""The benchmarks still run: all of them at their smallest size, in a process of their own, each with a figure. What they measure is not judged here."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import PARTS
from bench.figures import Figure, median_ms, percentile_ms, table

ROOT = Path(__file__).parent.parent
EACH = {
    "searching": ("candidate search",),
    "remembering": ("search in memory", "availability of a volunteer", "distance, many at once"),
    "planning": ("week plan",),
    "accepting": ("accept statements a second",),
    "deciding": ("decision of product", "county of the simulator"),
    "answering": ("the whole accept over HTTP",),
    "first_ask": ("referral saved",),
    "pages": ("keyworker's status page", "coordinator's roster page"),
    "finding": ("finder's page",),
    "starting": ("demo, second start", "memory of web"),
    "parsing": ("parse ",),
    "importing": ("import of",),
    "placing": ("places load",),
    "sending": ("beside smtplib",),
}
LONG = {"starting", "pages"}
"""Those that build a whole town: behind `make test-long`."""


def test_every_part_is_tried() -> None:
    assert set(EACH) == set(PARTS)


@pytest.mark.parametrize("part", [pytest.param(part, marks=pytest.mark.long) if part in LONG else part for part in EACH])
def test_a_quick_run_measures_and_writes_nothing(part: str) -> None:
    page = ROOT / "docs" / "benchmarks.md"
    before = page.read_bytes() if page.exists() else None
    ran = subprocess.run([sys.executable, "-m", "bench", "--quick", part], cwd=ROOT, capture_output=True, text=True, timeout=170)
    assert ran.returncode == 0, ran.stderr[-3000:]
    for name in EACH[part]:
        line = next((line for line in ran.stdout.splitlines() if line.startswith("| " + name)), "")
        assert re.search(r"\d", line.split("|")[2] if line else ""), f"no figure for {name}: {ran.stdout}"
    assert (page.read_bytes() if page.exists() else None) == before, "a quick run is no measurement"


def test_figures_are_told_with_their_goal_and_verdict() -> None:
    told = table([Figure("a", "3 ms", "≤ 5 ms", True), Figure("b", "9 ms", "≤ 5 ms", False), Figure("c", "1/s")])
    assert "| a | 3 ms | ≤ 5 ms | met |" in told and "**not met**" in told and "| c | 1/s |  |  |" in told


def test_the_median_and_the_percentile_are_in_milliseconds() -> None:
    took = [number / 1000 for number in range(1, 101)]
    assert median_ms(took) == 50.5 and percentile_ms(took, 0.99) == 100 and percentile_ms([0.002], 0.99) == 2
