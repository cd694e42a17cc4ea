"""Figures as they are printed and written: a name, what was measured, the goal, and whether it is met."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of docs/benchmarks.md. `met` is None where there is no goal to meet."""

    name: str
    measured: str
    goal: str = ""
    met: bool | None = None

    @property
    def verdict(self) -> str:
        """In a word."""
        return "" if self.met is None else "met" if self.met else "**not met**"


def median_ms(seconds: Sequence[float]) -> float:
    """The median in milliseconds."""
    return statistics.median(seconds) * 1000


def percentile_ms(seconds: Sequence[float], share: float) -> float:
    """The value below which this share lies, in milliseconds."""
    return sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * share))] * 1000


def table(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table."""
    rows = "\n".join(f"| {f.name} | {f.measured} | {f.goal} | {f.verdict} |" for f in figures)
    return f"| What | Measured | Goal | |\n| --- | --- | --- | --- |\n{rows}\n"
