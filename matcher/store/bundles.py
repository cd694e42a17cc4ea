"""Offers that stand beside another one, in its letter or on its page; and the open referrals that could (matching 8.3, 8.4)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from matcher.domain.arrangement import Offer
from matcher.domain.connection import Connection
from matcher.store.offers import COLUMNS, offer_of


async def list_open_elsewhere(c: Connection, referral_id: UUID, area_id: UUID, now: datetime, *, fellowship: str, most: int) -> list[UUID]:
    """Other referrals of an area that are asked for and have a meeting of this fellowship ahead, the earliest deadline first."""
    rows = await c.fetch(
        """
        SELECT r.id FROM referrals r
         WHERE r.area_id = $1 AND r.id <> $2 AND r.closed_at IS NULL AND r.state IN ('looking', 'part_filled') AND r.seats_taken < r.seats
           AND r.asking_since <= $3 AND r.deadline > $3
           AND EXISTS (SELECT FROM referral_options o WHERE o.referral_id = r.id AND o.meeting_number = r.meeting_number AND o.state <> 'lost'
                          AND o.fellowship = $4 AND o.starts_at > $3)
         ORDER BY r.deadline, r.id LIMIT $5
        """,
        area_id,
        referral_id,
        now,
        fellowship,
        most,
    )
    return [row["id"] for row in rows]


async def claim_free_referrals(tx: Connection, referral_ids: Collection[UUID]) -> set[UUID]:
    """Lock those of these referrals that nobody else is at work on, in one order. Nobody is waited for: two letters never stand in each other's way."""
    rows = await tx.fetch("SELECT id FROM referrals WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED", list(referral_ids))
    return {row["id"] for row in rows}


async def update_beside(tx: Connection, offer_id: UUID, main_id: UUID) -> None:
    """This offer stands beside another one to the same person."""
    await tx.execute("UPDATE offers SET beside = $2 WHERE id = $1", offer_id, main_id)


async def update_alone(tx: Connection, offer_ids: Collection[UUID]) -> None:
    """These stand beside nothing any more: the letter that goes to the same person does not hold them."""
    await tx.execute("UPDATE offers SET beside = NULL WHERE id = ANY($1) AND beside IS NOT NULL", list(offer_ids))


async def list_beside(c: Connection, main_ids: Sequence[UUID]) -> list[Offer]:
    """The offers that stand beside these, in the order of their referrals: the order of locks."""
    rows = await c.fetch("SELECT" + COLUMNS + "FROM offers o WHERE o.beside = ANY($1) ORDER BY o.referral_id, o.id", list(main_ids))
    return [offer_of(row) for row in rows]
