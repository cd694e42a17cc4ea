"""A clock for runs with real processes: it starts on a Monday at ten and ticks faster than the machine's, the same in every process."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.world import MONDAY_TEN


@dataclass(frozen=True, slots=True)
class QuickClock:
    """`started` is the machine's time at ten o'clock, `speed` how many seconds pass in one of the machine's."""

    started: float
    speed: float

    def __call__(self) -> datetime:
        return MONDAY_TEN + timedelta(seconds=(time.time() - self.started) * self.speed)
