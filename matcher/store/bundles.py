"""Offers that stand beside another one, in its letter or on its page; and the open referrals that could (matching 8.3, 8.4)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from matcher.domain.arrangement import Offer
from matcher.domain.connection import Connection
from matcher.domain.referral import ReferralId
from matcher.store.offers import COLUMNS, offer_of


async def list_open_elsewhere(
    c: Connection, referral_id: UUID, area_id: UUID, now: datetime, *, fellowship: str, most: int
) -> dict[ReferralId, datetime]:
    """Other referrals of an area that are asked for, of fewer than ten people now, and have a meeting of this fellowship ahead.

    Those with the earliest deadlines, with their deadlines."""
    rows = await c.fetch(
        """
        SELECT r.id, r.deadline FROM referrals r
         WHERE r.area_id = $1 AND r.id <> $2 AND r.closed_at IS NULL AND r.state IN ('looking', 'part_filled') AND r.seats_taken < r.seats
           AND r.asking_since <= $3 AND r.deadline > $3
           AND EXISTS (SELECT FROM referral_options o WHERE o.referral_id = r.id AND o.meeting_number = r.meeting_number AND o.state <> 'lost'
                          AND o.fellowship = $4 AND o.starts_at > $3)
           AND (SELECT count(*) FROM offers f WHERE f.referral_id = r.id AND f.state IN ('queued', 'sent')) < 10
         ORDER BY r.deadline, r.id LIMIT $5
        """,
        area_id,
        referral_id,
        now,
        fellowship,
        most,
    )
    return {ReferralId(row["id"]): row["deadline"] for row in rows}


async def update_alone(tx: Connection, offer_ids: Collection[UUID]) -> None:
    """These stand beside nothing any more: the letter that goes to the same person does not hold them."""
    await tx.execute("UPDATE offers SET beside = NULL WHERE id = ANY($1) AND beside IS NOT NULL", list(offer_ids))


async def list_beside(c: Connection, main_ids: Sequence[UUID]) -> list[Offer]:
    """The offers that stand beside these, in the order of their referrals: the order of locks."""
    rows = await c.fetch("SELECT" + COLUMNS + "FROM offers o WHERE o.beside = ANY($1) ORDER BY o.referral_id, o.id", list(main_ids))
    return [offer_of(row) for row in rows]
