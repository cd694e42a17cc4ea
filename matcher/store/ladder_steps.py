"""The rungs of a referral's ladder: which was tried when, and what came of it; and where the ladder stands. The referral is locked first."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from matcher.domain.connection import Connection
from matcher.domain.rung import Rung, RungLine, RungOutcome


async def insert_step(tx: Connection, referral_id: UUID, meeting_number: int, line: RungLine) -> None:
    """Keep a rung that was tried."""
    await tx.execute(
        "INSERT INTO ladder_steps (referral_id, meeting_number, rung, outcome, at) VALUES ($1, $2, $3, $4, $5)",
        referral_id,
        meeting_number,
        line.rung.value,
        line.outcome.value,
        line.at,
    )


async def list_steps(c: Connection, referral_id: UUID, meeting_number: int) -> list[RungLine]:
    """The rungs tried for one meeting, in order."""
    rows = await c.fetch(
        "SELECT rung, outcome, at FROM ladder_steps WHERE referral_id = $1 AND meeting_number = $2 ORDER BY number",
        referral_id,
        meeting_number,
    )
    return [RungLine(Rung(row["rung"]), RungOutcome(row["outcome"]), row["at"]) for row in rows]


async def update_ladder(
    tx: Connection, referral_id: UUID, now: datetime, *, next_rung: Rung, taken: Rung | None = None, times: int = 1, waits: bool = True
) -> None:
    """Move a referral up its ladder. A rung that was taken (so many times) counts from now on, and where it `waits` the next one has its hour."""
    await tx.execute(
        """
        UPDATE referrals SET ladder_step = $2, ladder_at = CASE WHEN $6::boolean THEN $4::timestamptz ELSE ladder_at END,
               rungs_taken = CASE WHEN $3::smallint IS NULL THEN rungs_taken ELSE rungs_taken || array_fill($3::smallint, ARRAY[$5::int]) END
         WHERE id = $1
        """,
        referral_id,
        next_rung.value,
        taken.value if taken is not None else None,
        now,
        times,
        waits and taken is not None,
    )


async def update_may_widen(tx: Connection, referral_id: UUID, may_widen: Sequence[str], *, next_rung: Rung) -> None:
    """The newcomer has said yes to more: it may be tried, from this rung on and at once."""
    await tx.execute(
        "UPDATE referrals SET may_widen = $2, ladder_step = $3, ladder_at = NULL WHERE id = $1", referral_id, may_widen, next_rung.value
    )
