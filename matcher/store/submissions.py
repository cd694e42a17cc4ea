"""Forms that were sent, by their nonce: the same form twice is one change, and its answer is kept for a day (reliability 2)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from matcher.domain.connection import Connection


@dataclass(frozen=True, slots=True)
class Submission:
    """One form as it was sent: who sent it, and a hash of its answers."""

    nonce: str
    actor_id: UUID | None
    body_sha256: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """A form that was answered before."""

    actor_id: UUID | None
    body_sha256: bytes
    answer: str


async def claim_nonce(tx: Connection, submission: Submission, now: datetime) -> bool:
    """Take this nonce, waiting for whoever holds it in an unfinished transaction. False when it was used."""
    status = await tx.execute(
        """
        INSERT INTO submissions (nonce, actor_id, body_sha256, answer, at) VALUES ($1, $2, $3, '', $4) ON CONFLICT (nonce) DO NOTHING
        """,
        submission.nonce,
        submission.actor_id,
        submission.body_sha256,
        now,
    )
    return not status.endswith(" 0")


async def update_answer(tx: Connection, nonce: str, answer: str) -> None:
    """Keep what the form came to, in the transaction that did it."""
    await tx.execute("UPDATE submissions SET answer = $2 WHERE nonce = $1", nonce, answer)


async def find_answered(c: Connection, nonce: str) -> Answered | None:
    """What this nonce's form came to, if it was committed."""
    row = await c.fetchrow("SELECT actor_id, body_sha256, answer FROM submissions WHERE nonce = $1", nonce)
    return Answered(**dict(row)) if row else None


async def claim_confirmed(tx: Connection, submission: Submission, now: datetime) -> str | None:
    """The answer of a form whose commit was lost from sight; writing to its row makes sure that it stays. None when there is none."""
    answer: str | None = await tx.fetchval(
        """
        UPDATE submissions SET confirmed_at = $4 WHERE nonce = $1 AND actor_id IS NOT DISTINCT FROM $2 AND body_sha256 = $3 RETURNING answer
        """,
        submission.nonce,
        submission.actor_id,
        submission.body_sha256,
        now,
    )
    return answer


async def erase_old_submissions(tx: Connection, before: datetime) -> int:
    """Forget forms sent before this. Returns how many."""
    status = await tx.execute("DELETE FROM submissions WHERE at < $1", before)
    return int(status.split()[-1])
