"""The demo's clock: kept in the demo's folder, it ticks with the machine's but stands still while the demo is off. It only moves forward."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from matcher.domain.errors import Misconfigured

LONDON = ZoneInfo("Europe/London")
OPENS = time(10)
"""When a first visit begins, on a weekday: asking hours, so that an evening visitor sees things happen."""
SATURDAY = 5
AHEAD = timedelta(seconds=10)
"""How far ahead of its hands the clock is written down: after a power cut it goes on later than anything that was recorded."""


class Move(StrEnum):
    """How a visitor may move the clock."""

    QUARTER = "quarter"
    FOUR_HOURS = "four_hours"
    MORNING = "morning"
    MEETING = "meeting"


STEPS = {Move.QUARTER: timedelta(minutes=15), Move.FOUR_HOURS: timedelta(hours=4)}


def machine_time() -> datetime:
    """What this machine's clock says, in UTC."""
    return datetime.now(UTC)


class DemoClock:
    """A clock of one demo folder. Calling it gives the demo's time, in UTC."""

    def __init__(self, path: Path, starts_at: datetime, *, machine: Callable[[], datetime] = machine_time) -> None:
        self._path, self._machine = path, machine
        self._offset = starts_at - machine()
        self._last = starts_at

    def __call__(self) -> datetime:
        """The demo's time. Never earlier than it was before, whatever happens to the machine's clock."""
        self._last = max(self._last, self._machine() + self._offset)
        return self._last

    def move_to(self, moment: datetime) -> None:
        """Go forward to this moment; a moment that has passed changes nothing."""
        self._offset += max(moment - self(), timedelta(0))
        self.keep()

    def keep(self) -> None:
        """Write down how far the clock has come, so that the next start goes on from there."""
        reached = self() + AHEAD
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps({"reached": reached.isoformat()}), encoding="utf-8")
        os.replace(fresh, self._path)


def open_clock(path: Path, wanted: datetime | None = None, *, machine: Callable[[], datetime] = machine_time) -> DemoClock:
    """The clock kept in this file; a new one stands at `wanted`, or ten in the morning of the latest weekday.

    Raises Misconfigured where `wanted` lies before what this demo has reached already.
    """
    reached = _read(path)
    if reached is not None and wanted is not None and wanted < reached - AHEAD:
        raise Misconfigured(
            f"The demo's clock only moves forward, and it has reached {reached.astimezone(LONDON):%d %B %Y, %H:%M}. "
            "Choose a later moment with --clock, or begin anew with --fresh."
        )
    starts_at = max(filter(None, (wanted, reached)), default=None) or latest_opening(machine())
    clock = DemoClock(path, starts_at, machine=machine)
    clock.keep()
    return clock


def latest_opening(now: datetime) -> datetime:
    """Ten in the morning, London time, of today or of the Friday before a weekend."""
    today = now.astimezone(LONDON).date()
    while today.weekday() >= SATURDAY:
        today -= timedelta(days=1)
    return datetime.combine(today, OPENS, LONDON).astimezone(UTC)


def next_morning(now: datetime) -> datetime:
    """Nine o'clock, London time, of the next day."""
    tomorrow = now.astimezone(LONDON).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(9), LONDON).astimezone(UTC)


def read_moment(text: str) -> datetime:
    """A moment as `--clock` takes it: ISO, London time where it names no zone. Raises Misconfigured."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise Misconfigured("--clock must be a moment such as 2026-11-26T10:00.") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=LONDON)).astimezone(UTC)


def _read(path: Path) -> datetime | None:
    if not path.exists():
        return None
    try:
        return datetime.fromisoformat(json.loads(path.read_text(encoding="utf-8"))["reached"])
    except (ValueError, KeyError, TypeError) as error:
        raise Misconfigured(f"The demo's clock in {path} cannot be read. Begin anew with --fresh.") from error
