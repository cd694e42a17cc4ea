"""Timers: what the clock has to do once, claimed with a lease; effect and end commit together (reliability 5)."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from matcher.domain.connection import Connection
from matcher.domain.outbox import Held, Timer


async def insert_timers(tx: Connection, timers: Sequence[Timer]) -> None:
    """Set timers, or move those that have not come to their end to the new moment: whoever is running one then loses it. What is done stays done."""
    await tx.executemany(
        """
        INSERT INTO timers (id, kind, about_id, referral_id, due_for, due_at, not_after, state)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting')
        ON CONFLICT (kind, about_id, due_for) DO UPDATE
           SET due_at = EXCLUDED.due_at, not_after = EXCLUDED.not_after, state = 'waiting', ended_at = NULL, unanswered = 0,
               lease_id = NULL, leased_until = NULL
         WHERE timers.state IN ('waiting', 'running', 'held', 'cancelled')
        """,
        [(timer.id, timer.kind, timer.about_id, timer.referral_id, timer.due_for, timer.due_at, timer.not_after) for timer in timers],
    )


async def claim_due_timers(tx: Connection, now: datetime, *, lease_id: UUID, most: int, lease: timedelta) -> list[Timer]:
    """Take due timers for one lease, earliest first."""
    rows = await tx.fetch(
        """
        UPDATE timers SET state = 'running', lease_id = $2, leased_until = $1 + $4, unanswered = unanswered + 1
         WHERE id IN (SELECT id FROM timers
                WHERE (state = 'waiting' AND due_at <= $1 OR state = 'running' AND leased_until < $1) AND unanswered < 5
                ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
        RETURNING id, kind, about_id, referral_id, due_for, due_at, not_after, lease_id
        """,
        now,
        lease_id,
        most,
        lease,
    )
    return sorted((Timer(**dict(row)) for row in rows), key=lambda timer: timer.due_at)


async def claim_timer_end(tx: Connection, timer: Timer, now: datetime, *, state: str = "done") -> bool:
    """End a timer in the transaction of its effect. False when another worker took it over: then the effect must be undone."""
    status = await tx.execute(
        """
        UPDATE timers SET state = $3, ended_at = $4, lease_id = NULL, leased_until = NULL, unanswered = 0
         WHERE id = $1 AND lease_id = $2 AND state = 'running'
        """,
        timer.id,
        timer.lease_id,
        state,
        now,
    )
    return status.endswith(" 1")


async def claim_poisonous_timers(tx: Connection, now: datetime) -> int:
    """Hold timers that were claimed five times without an end. Returns how many."""
    status = await tx.execute(
        "UPDATE timers SET state = 'held', lease_id = NULL WHERE state = 'running' AND leased_until < $1 AND unanswered >= 5", now
    )
    return int(status.split()[-1])


async def list_held(c: Connection) -> list[Held]:
    """Timers that wait for the operator."""
    rows = await c.fetch("SELECT 'timer' AS what, id, kind, due_at, not_after, referral_id FROM timers WHERE state = 'held'")
    return [Held(**dict(row)) for row in rows]


async def claim_released(tx: Connection, ids: Collection[UUID]) -> set[UUID]:
    """Let held timers run again, as if they had never been tried. Returns those that were held."""
    rows = await tx.fetch(
        "UPDATE timers SET state = 'waiting', unanswered = 0 WHERE id = ANY($1) AND state = 'held' RETURNING id", list(ids)
    )
    return {row["id"] for row in rows}


async def update_timers_cancelled(tx: Connection, about_ids: Sequence[UUID], now: datetime, *, kinds: Sequence[str] | None = None) -> None:
    """Cancel waiting timers about these things, all or only some kinds."""
    await tx.execute(
        """
        UPDATE timers SET state = 'cancelled', ended_at = $2
         WHERE about_id = ANY($1) AND state = 'waiting' AND ($3::text[] IS NULL OR kind = ANY($3))
        """,
        list(about_ids),
        now,
        list(kinds) if kinds is not None else None,
    )


async def find_next_due(c: Connection) -> datetime | None:
    """When the earliest waiting timer is due."""
    due: datetime | None = await c.fetchval("SELECT min(due_at) FROM timers WHERE state = 'waiting'")
    return due
