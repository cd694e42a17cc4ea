"""When a source of meetings is fetched next (meetings 8). Pure: chance and the clock are given."""

from datetime import datetime, timedelta

from matcher.domain.feed_issue import Run

SHORTEST_INTERVAL_H, LONGEST_INTERVAL_H = 6, 24 * 14
"""Hours between two fetches that a coordinator may choose: no publisher is asked more often than four times a day."""
JITTER = 0.2
"""Share of the interval by which a fetch is moved to and fro, so that not everybody asks on the hour."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(hours=1), timedelta(hours=24)
"""A source that fails is tried again after an hour, then after twice as long, up to a day."""
LONGEST_RETRY_AFTER = timedelta(days=7)
"""A publisher may ask us to stay away; for longer than this we do not believe it (assumption)."""
LEASE = timedelta(minutes=10)
"""How long one worker has a source to itself: a fetch of many pages, reading and bringing in take less."""


def next_fetch(now: datetime, run: Run, *, interval_h: int, failures: int, jitter: float, retry_after_s: int | None = None) -> datetime:
    """The moment of the next fetch after a run. `failures`: those in a row, this one among them. `jitter`: between -1 and 1.

    A quarantined run waits for a person, not for the publisher: the next one comes when it would have come.
    """
    pause = timedelta(hours=interval_h)
    if run is Run.FAILED:
        pause = min(FIRST_PAUSE * 2 ** min(max(failures - 1, 0), 10), LONGEST_PAUSE)
    moved = pause * (1 + JITTER * max(-1.0, min(1.0, jitter)))
    asked = min(timedelta(seconds=retry_after_s or 0), LONGEST_RETRY_AFTER)
    return now + max(moved, asked)
