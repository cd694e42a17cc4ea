"""A volunteer's own "are you OK?" after a meeting: about them and the meeting, and about nobody else. Nothing here knows a referral or a match."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from matcher.domain.connection import Connection
from matcher.domain.errors import NotFound


@dataclass(frozen=True, slots=True)
class CheckIn:
    """What a volunteer said of themself. None: not asked yet, or passed over."""

    id: UUID
    volunteer_id: UUID
    meeting_id: UUID
    on_date: date
    asked_at: datetime
    feeling: str | None
    happy_again: bool | None
    may_thank: bool | None
    answered_at: datetime | None


async def insert_check_in(tx: Connection, check_in_id: UUID, volunteer_id: UUID, now: datetime, *, meeting_id: UUID, on_date: date) -> bool:
    """Ask a volunteer once for a dated meeting; False where they were asked already."""
    status = await tx.execute(
        """
        INSERT INTO check_ins (id, volunteer_id, meeting_id, on_date, asked_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (volunteer_id, meeting_id, on_date) DO NOTHING
        """,
        check_in_id,
        volunteer_id,
        meeting_id,
        on_date,
        now,
    )
    return status.endswith(" 1")


async def get_check_in(c: Connection, check_in_id: UUID) -> CheckIn:
    """One check-in. Raises NotFound."""
    row = await c.fetchrow("SELECT * FROM check_ins WHERE id = $1", check_in_id)
    if row is None:
        raise NotFound()
    return CheckIn(**dict(row))


async def claim_answer(
    tx: Connection,
    check_in_id: UUID,
    now: datetime,
    *,
    feeling: str | None = None,
    happy_again: bool | None = None,
    may_thank: bool | None = None,
) -> bool:
    """Keep one answer; False where the same was said before."""
    status = await tx.execute(
        """
        UPDATE check_ins SET feeling = coalesce($3, feeling), happy_again = coalesce($4, happy_again), may_thank = coalesce($5, may_thank),
               answered_at = $2
         WHERE id = $1 AND ($3 IS DISTINCT FROM feeling AND $3 IS NOT NULL OR $4 IS DISTINCT FROM happy_again AND $4 IS NOT NULL
                            OR $5 IS DISTINCT FROM may_thank AND $5 IS NOT NULL)
        """,
        check_in_id,
        now,
        feeling,
        happy_again,
        may_thank,
    )
    return status.endswith(" 1")
