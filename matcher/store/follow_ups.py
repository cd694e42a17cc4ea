"""Rounds of questions to newcomers: asked once each, answered bit by bit, every answer sealed under the newcomer's own key."""

from datetime import datetime
from uuid import UUID

from matcher.domain.connection import Connection, Row
from matcher.domain.errors import NotFound
from matcher.domain.follow_up import FollowUp, FollowUpState
from matcher.domain.outbox import sealed_in
from matcher.domain.sealed import PersonKey

READ = """
    SELECT f.*, r.newcomer_id, (SELECT wrapped FROM person_keys k WHERE k.person_id = r.newcomer_id) AS wrapped
      FROM follow_ups f JOIN referrals r ON r.id = f.referral_id
"""


def follow_up_of(row: Row) -> FollowUp:
    """A row of READ as a record."""
    key = PersonKey(row["newcomer_id"], row["wrapped"]) if row["wrapped"] else None
    box = row["answers_box"]
    return FollowUp(
        id=row["id"],
        referral_id=row["referral_id"],
        newcomer_id=row["newcomer_id"],
        occasion=row["occasion"],
        state=FollowUpState(row["state"]),
        asked_at=row["asked_at"],
        answered_by=row["answered_by"],
        ended_at=row["ended_at"],
        answers=sealed_in("follow_ups.answers_box", row["id"], key, box) if key and box else None,
        version=row["version"],
    )


async def insert_follow_up(tx: Connection, follow_up_id: UUID, now: datetime, *, referral_id: UUID, occasion: str) -> None:
    """Ask a round; nothing happens where this occasion was asked before."""
    await tx.execute(
        """
        INSERT INTO follow_ups (id, referral_id, occasion, state, asked_at) VALUES ($1, $2, $3, 'asked', $4)
        ON CONFLICT (referral_id, occasion) DO NOTHING
        """,
        follow_up_id,
        referral_id,
        occasion,
        now,
    )


async def list_follow_ups(c: Connection, referral_id: UUID) -> list[FollowUp]:
    """Every round of a referral, in the order in which they were asked."""
    rows = await c.fetch(READ + " WHERE f.referral_id = $1 ORDER BY f.asked_at, f.occasion", referral_id)
    return [follow_up_of(row) for row in rows]


async def get_follow_up(c: Connection, follow_up_id: UUID) -> FollowUp:
    """One round. Raises NotFound."""
    row = await c.fetchrow(READ + " WHERE f.id = $1", follow_up_id)
    if row is None:
        raise NotFound()
    return follow_up_of(row)


async def update_answers(tx: Connection, follow_up_id: UUID, box: bytes) -> None:
    """Keep the answers so far."""
    await tx.execute("UPDATE follow_ups SET answers_box = $2, version = version + 1 WHERE id = $1", follow_up_id, box)


async def claim_ended(
    tx: Connection, follow_up_id: UUID, now: datetime, *, state: FollowUpState, answered_by: str | None = None, how: str | None = None
) -> bool:
    """A round is over: answered, passed over, or nobody answered. False when it was over already."""
    status = await tx.execute(
        "UPDATE follow_ups SET state = $2, ended_at = $3, answered_by = $4, how = $5 WHERE id = $1 AND state = 'asked'",
        follow_up_id,
        state.value,
        now,
        answered_by,
        how,
    )
    return status.endswith(" 1")
