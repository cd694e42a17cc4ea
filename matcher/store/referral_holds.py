"""A referral on hold: what it was before and for what it is held, and its matches that rest meanwhile. The referral is locked by the caller."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from matcher.domain.connection import Connection
from matcher.domain.journey_referral import SEEKING
from matcher.domain.journey_word import ReferralState

MAY_REST = tuple(state.value for state in (*SEEKING, ReferralState.MATCHED))


async def claim_on_hold(tx: Connection, referral_id: UUID, now: datetime, *, cause: str) -> bool:
    """Put it on hold; its former state and reason are kept. False where its state does not know a hold."""
    status = await tx.execute(
        """
        UPDATE referrals SET held_state = state, held_reason = needs_reason, held_cause = $3, state = 'on_hold', needs_reason = NULL,
               next_look_at = NULL, updated_at = $2
         WHERE id = $1 AND state = ANY($4)
        """,
        referral_id,
        now,
        cause,
        MAY_REST,
    )
    return status.endswith(" 1")


async def update_revision(tx: Connection, match_id: UUID) -> None:
    """A plan is put off, or stands again: the next version of its calendar entry."""
    await tx.execute("UPDATE matches SET revision = revision + 1 WHERE id = $1", match_id)


async def update_untold(tx: Connection, match_ids: Sequence[UUID]) -> None:
    """What the newcomer was told of these plans does not hold any more: they are told anew."""
    await tx.execute("UPDATE matches SET told_newcomer_at = NULL WHERE id = ANY($1)", list(match_ids))
