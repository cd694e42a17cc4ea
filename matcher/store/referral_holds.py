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


async def claim_over_on_hold(tx: Connection, referral_id: UUID) -> bool:
    """The meeting that was planned is over while it is on hold: what it goes on as is being asked how it went. False where it was no plan."""
    status = await tx.execute(
        "UPDATE referrals SET held_state = 'awaiting_outcome' WHERE id = $1 AND state = 'on_hold' AND held_state = 'matched'", referral_id
    )
    return status.endswith(" 1")


async def find_end_awaited(c: Connection, match_id: UUID, starts_at: datetime) -> bool:
    """Whether the clock still waits for the end of a meeting that has begun: a hold before its beginning ends that."""
    found: bool = await c.fetchval(
        """
        SELECT EXISTS (SELECT FROM timers t JOIN matches m ON m.id = t.about_id WHERE t.about_id = $1 AND t.kind = 'meeting_ended'
                          AND t.state IN ('waiting', 'running') AND m.starts_at = $2)
        """,
        match_id,
        starts_at,
    )
    return found


async def update_revision(tx: Connection, match_id: UUID) -> None:
    """A plan is put off, or stands again: the next version of its calendar entry."""
    await tx.execute("UPDATE matches SET revision = revision + 1 WHERE id = $1", match_id)


async def update_untold(tx: Connection, match_ids: Sequence[UUID]) -> None:
    """What the newcomer was told of these plans does not hold any more: they are told anew."""
    await tx.execute("UPDATE matches SET told_newcomer_at = NULL WHERE id = ANY($1)", list(match_ids))
