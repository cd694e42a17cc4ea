"""Counters for limits: one statement each, so that parallel tries cannot slip through between a look and a write."""

from datetime import datetime, timedelta

from matcher.domain.connection import Connection


async def claim_hit(
    tx: Connection, counted: bytes, now: datetime, *, most: int, window: timedelta, from_last: bool = False
) -> timedelta | None:
    """Count one more. None when it is within the limit; else how long to wait, and it is not counted.

    The window runs from its first hit, or with `from_last` from its latest one, so that whoever has used all tries waits a whole window.
    """
    hits = await tx.fetchval(
        """
        INSERT INTO rate_limits AS kept (counted, window_from, hits) VALUES ($1, $2, 1)
        ON CONFLICT (counted) DO UPDATE
           SET hits = CASE WHEN kept.window_from <= $3 THEN 1 ELSE kept.hits + 1 END,
               window_from = CASE WHEN kept.window_from <= $3 OR $5 THEN $2 ELSE kept.window_from END
         WHERE kept.window_from <= $3 OR kept.hits < $4
        RETURNING hits
        """,
        counted,
        now,
        now - window,
        most,
        from_last,
    )
    if hits is not None:
        return None
    since: datetime = await tx.fetchval("SELECT window_from FROM rate_limits WHERE counted = $1", counted) or now
    return max(since + window - now, timedelta(seconds=1))


async def erase_hits(tx: Connection, counted: bytes) -> None:
    """Begin again from nothing, as after a success."""
    await tx.execute("DELETE FROM rate_limits WHERE counted = $1", counted)


async def update_hit_returned(tx: Connection, counted: bytes) -> None:
    """Take one count back: what was counted before it was known turned out to be no offence."""
    await tx.execute("UPDATE rate_limits SET hits = hits - 1 WHERE counted = $1 AND hits > 0", counted)


async def erase_old_counts(tx: Connection, before: datetime) -> int:
    """Forget counters of windows that began before this. Returns how many."""
    status = await tx.execute("DELETE FROM rate_limits WHERE window_from < $1", before)
    return int(status.split()[-1])
