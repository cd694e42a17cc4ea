"""A referral's episode of up to six meetings: counted, rested, ended, and moved on to the next one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from matcher.domain.connection import Connection
from matcher.domain.journey_episode import EpisodeReason
from matcher.domain.journey_word import ReferralState
from matcher.domain.wishes import EpisodeState


async def update_met(tx: Connection, referral_id: UUID, *, first_met_at: datetime) -> None:
    """One more meeting was gone to. Constraint `six_at_most`."""
    await tx.execute(
        "UPDATE referrals SET met_count = met_count + 1, first_met_at = coalesce(first_met_at, $2) WHERE id = $1", referral_id, first_met_at
    )


async def claim_episode(
    tx: Connection, referral_id: UUID, *, source: EpisodeState, to: EpisodeState, reason: EpisodeReason | None = None
) -> bool:
    """Move an episode; False when it was moved meanwhile. `reason` is why it ended."""
    status = await tx.execute(
        """
        UPDATE referrals SET episode = $3::text, episode_reason = coalesce($4::text, CASE WHEN $3::text = 'ended' THEN episode_reason END)
         WHERE id = $1 AND episode = $2
        """,
        referral_id,
        source.value,
        to.value,
        reason.value if reason else None,
    )
    return status.endswith(" 1")


async def claim_next_try(
    tx: Connection,
    referral_id: UUID,
    now: datetime,
    *,
    sources: Sequence[ReferralState],
    meeting_number: int,
    needs_reason: str | None,
    ask_first: Sequence[UUID],
) -> bool:
    """Look for company again, for this meeting number: every seat is free. False when the referral was moved meanwhile.

    Constraint `one_meeting_at_a_time`: not while a companion of another meeting number is still on their way.
    """
    status = await tx.execute(
        """
        UPDATE referrals SET state = CASE WHEN $5::text IS NULL THEN 'looking' ELSE 'needs_person' END, needs_reason = $5, meeting_number = $4,
               seats_taken = 0, ladder_step = 0, matched_at = NULL, confirmed_at = NULL, overdue_at = NULL, next_look_at = NULL, ask_first = $6, updated_at = $2
         WHERE id = $1 AND state = ANY($3)
        """,
        referral_id,
        now,
        [state.value for state in sources],
        meeting_number,
        needs_reason,
        list(ask_first),
    )
    return status.endswith(" 1")


async def update_options_lost(tx: Connection, referral_id: UUID, meeting_number: int) -> None:
    """The options of a try that is over make room for those of the next one."""
    await tx.execute(
        "UPDATE referral_options SET state = 'lost' WHERE (referral_id, meeting_number) = ($1, $2) AND state <> 'lost'",
        referral_id,
        meeting_number,
    )


async def list_companions(c: Connection, referral_id: UUID, meeting_number: int) -> list[dict[str, Any]]:
    """Who went along, or was to, for one meeting number: volunteer and whether somebody said that they did not meet. The newest first."""
    rows = await c.fetch(
        """
        SELECT volunteer_id, state FROM matches
         WHERE (referral_id, meeting_number) = ($1, $2) AND state IN ('confirmed', 'met', 'missed') AND ended_at IS NOT NULL
         ORDER BY starts_at DESC, seat
        """,
        referral_id,
        meeting_number,
    )
    return [dict(row) for row in rows]
