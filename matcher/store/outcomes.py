"""How meetings together went, and what that does to the matches and the episode. The database itself refuses a word that is not newcomer's or keyworker's."""

from datetime import datetime
from uuid import UUID

from matcher.domain.connection import Connection
from matcher.domain.outbox import sealed_in
from matcher.domain.outcome import Hand, Outcome, ToldHow, Went
from matcher.domain.sealed import PersonKey


async def insert_outcome(tx: Connection, outcome: Outcome) -> None:
    """Keep how a meeting went. Constraint `who_says`: only by the hand that this transaction was told of."""
    await tx.execute(
        """
        INSERT INTO outcomes (referral_id, meeting_number, attempt, meeting_at, went, recorded_by, recorder_id, how, recorded_at, barrier_box)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        outcome.referral_id,
        outcome.meeting_number,
        outcome.attempt,
        outcome.meeting_at,
        outcome.went.value,
        outcome.recorded_by.value,
        outcome.recorder_id,
        outcome.how.value,
        outcome.recorded_at,
        outcome.barrier.box if outcome.barrier else None,
    )


async def list_outcomes(c: Connection, referral_id: UUID, *, key: PersonKey | None = None) -> list[Outcome]:
    """Every outcome of a referral, oldest first. What got in the way is there where the newcomer's key is given."""
    rows = await c.fetch("SELECT * FROM outcomes WHERE referral_id = $1 ORDER BY meeting_number, attempt", referral_id)
    return [
        Outcome(
            referral_id=row["referral_id"],
            meeting_number=row["meeting_number"],
            attempt=row["attempt"],
            meeting_at=row["meeting_at"],
            went=Went(row["went"]),
            recorded_by=Hand(row["recorded_by"]),
            recorder_id=row["recorder_id"],
            how=ToldHow(row["how"]),
            recorded_at=row["recorded_at"],
            barrier=sealed_in("outcomes.barrier_box", referral_id, key, row["barrier_box"]) if key and row["barrier_box"] else None,
        )
        for row in rows
    ]


async def find_attempt(c: Connection, referral_id: UUID, meeting_number: int) -> int:
    """Which try at this meeting number is under way: 1 for the first."""
    found: int = await c.fetchval(
        "SELECT 1 + count(*) FROM outcomes WHERE (referral_id, meeting_number) = ($1, $2)", referral_id, meeting_number
    )
    return found


async def update_matches_over(tx: Connection, referral_id: UUID, meeting_number: int, now: datetime) -> None:
    """The meeting is over: what was planned for it does not lie ahead any more."""
    await tx.execute(
        """
        UPDATE matches SET ended_at = $3
         WHERE (referral_id, meeting_number) = ($1, $2) AND state IN ('planned', 'confirmed') AND ended_at IS NULL
        """,
        referral_id,
        meeting_number,
        now,
    )


async def update_matches_outcome(tx: Connection, referral_id: UUID, meeting_number: int, *, met: bool) -> None:
    """Those who went along have met the newcomer, or missed them. Nobody of them is told."""
    await tx.execute(
        "UPDATE matches SET state = $3 WHERE (referral_id, meeting_number) = ($1, $2) AND state = 'confirmed'",
        referral_id,
        meeting_number,
        "met" if met else "missed",
    )
