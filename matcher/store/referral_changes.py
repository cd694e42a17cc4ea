"""Small writes and counts around a referral that only its keyworker's actions and pages need."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from matcher.domain.connection import Connection


async def find_reference(c: Connection, reference: str) -> UUID | None:
    """The referral that has this reference."""
    found: UUID | None = await c.fetchval("SELECT id FROM referrals WHERE reference = $1", reference)
    return found


async def update_cancel_reason(tx: Connection, referral_id: UUID, reason: str) -> None:
    """Why it was cancelled; never told to anybody."""
    await tx.execute("UPDATE referrals SET cancel_reason = $2 WHERE id = $1", referral_id, reason)


async def update_release_withdrawn(tx: Connection, referral_id: UUID) -> None:
    """Something must be settled (again) before anybody is asked."""
    await tx.execute("UPDATE referrals SET released = false WHERE id = $1", referral_id)


async def insert_newcomer_bar(tx: Connection, newcomer_id: UUID, volunteer_id: UUID, now: datetime, *, set_by: UUID | None) -> None:
    """This newcomer and this volunteer are not brought together again. No reason is kept."""
    await tx.execute(
        """
        INSERT INTO bars (id, kind, newcomer_id, volunteer_id, set_by, set_at)
        SELECT $1, 'newcomer_volunteer', $2, $3, $4, $5
         WHERE NOT EXISTS (SELECT FROM bars b WHERE b.kind = 'newcomer_volunteer' AND b.newcomer_id = $2 AND b.volunteer_id = $3
                              AND b.ended_at IS NULL)
        """,
        uuid4(),
        newcomer_id,
        volunteer_id,
        set_by,
        now,
    )


async def insert_bars_again(tx: Connection, newcomer_id: UUID, newly_id: UUID, now: datetime) -> None:
    """Whom and where this newcomer must not meet holds for them under their new id too. No reason goes with it."""
    await tx.execute(
        """
        INSERT INTO bars (id, kind, newcomer_id, volunteer_id, meeting_id, set_by, set_at)
        SELECT gen_random_uuid(), kind, $2, volunteer_id, meeting_id, set_by, $3 FROM bars WHERE newcomer_id = $1 AND ended_at IS NULL
        """,
        newcomer_id,
        newly_id,
        now,
    )


async def erase_bars(tx: Connection, newcomer_id: UUID) -> None:
    """Forget whom a newcomer must not meet: there is no such newcomer any more."""
    await tx.execute("DELETE FROM bars WHERE newcomer_id = $1", newcomer_id)


async def count_referrals_of_keyworker(c: Connection, keyworker_id: UUID, *, own_reference_index: bytes | None = None) -> int:
    """How many referrals `list_referrals_of_keyworker` pages through."""
    found: int = await c.fetchval(
        "SELECT count(*) FROM referrals WHERE keyworker_id = $1 AND ($2::bytea IS NULL OR own_reference_index = $2)",
        keyworker_id,
        own_reference_index,
    )
    return found


async def count_open_with_reference(c: Connection, provider_id: UUID, own_reference_index: bytes) -> int:
    """How many open referrals of this service carry this own reference: a second one may be a mistake."""
    found: int = await c.fetchval(
        "SELECT count(*) FROM referrals WHERE provider_id = $1 AND own_reference_index = $2 AND state <> 'closed'",
        provider_id,
        own_reference_index,
    )
    return found


async def count_people_asked(c: Connection, referral_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Referral → how many volunteers have been asked for its present meeting number."""
    rows = await c.fetch(
        """
        SELECT o.referral_id, count(DISTINCT o.volunteer_id) AS people
          FROM offers o JOIN referrals r ON r.id = o.referral_id AND r.meeting_number = o.meeting_number
         WHERE o.referral_id = ANY($1) GROUP BY o.referral_id
        """,
        list(referral_ids),
    )
    return {row["referral_id"]: row["people"] for row in rows}


async def list_first_starts(c: Connection, referral_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """Referral → when the meeting is: the one somebody said yes to, else the soonest still wanted."""
    rows = await c.fetch(
        """
        SELECT DISTINCT ON (o.referral_id) o.referral_id, o.starts_at
          FROM referral_options o JOIN referrals r ON r.id = o.referral_id AND r.meeting_number = o.meeting_number
         WHERE o.referral_id = ANY($1) AND o.state <> 'lost' ORDER BY o.referral_id, o.state <> 'fixed', o.starts_at
        """,
        list(referral_ids),
    )
    return {row["referral_id"]: row["starts_at"] for row in rows}


async def list_fellowships_of(c: Connection, meeting_ids: Sequence[UUID]) -> list[str]:
    """The fellowships of these meetings, each once."""
    rows = await c.fetch("SELECT DISTINCT fellowship FROM meetings WHERE id = ANY($1)", list(meeting_ids))
    return [row["fellowship"] for row in rows]
