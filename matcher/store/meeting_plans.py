"""Whose plans hang on a meeting: open referrals that may go there and companions who will."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from matcher.domain.arrangement import ReferralOption
from matcher.domain.connection import Connection


@dataclass(frozen=True, slots=True)
class Depending:
    """A referral that hangs on a meeting, with the soonest time at which it matters."""

    meeting_id: UUID
    referral_id: UUID
    area_id: UUID | None
    starts_at: datetime


async def list_depending(c: Connection, meeting_ids: Iterable[UUID], now: datetime) -> list[Depending]:
    """Open referrals with an option or a companion at one of these meetings that is not over, soonest first."""
    rows = await c.fetch(
        """
        SELECT plan.meeting_id, plan.referral_id, r.area_id, min(plan.starts_at) AS starts_at
          FROM (SELECT o.meeting_id, o.referral_id, o.starts_at FROM referral_options o JOIN referrals r ON r.id = o.referral_id
                   AND r.meeting_number = o.meeting_number
                 WHERE o.meeting_id = ANY($1) AND o.state <> 'lost' AND o.ends_at > $2
                 UNION ALL
                SELECT m.meeting_id, m.referral_id, m.starts_at FROM matches m
                 WHERE m.meeting_id = ANY($1) AND m.state IN ('planned', 'confirmed') AND m.ends_at > $2) AS plan
          JOIN referrals r ON r.id = plan.referral_id AND r.state <> 'closed'
         GROUP BY plan.meeting_id, plan.referral_id, r.area_id ORDER BY starts_at, plan.referral_id
        """,
        list(meeting_ids),
        now,
    )
    return [Depending(**dict(row)) for row in rows]


async def update_option_moved(tx: Connection, option: ReferralOption) -> None:
    """An option goes with its meeting to another date or time."""
    await tx.execute(
        "UPDATE referral_options SET on_date = $2, starts_at = $3, ends_at = $4, meet_at = $5 WHERE id = $1",
        option.id,
        option.on_date,
        option.starts_at,
        option.ends_at,
        option.meet_at,
    )


async def update_offer_capped(tx: Connection, offer_id: UUID, latest: datetime) -> None:
    """Nobody can say yes to an offer later than this, now that its meeting is earlier."""
    await tx.execute(
        "UPDATE offers SET last_moment = least(last_moment, $2), reply_by = least(reply_by, $2) WHERE id = $1", offer_id, latest
    )


async def find_clash(c: Connection, volunteer_id: UUID, half_hours: range, *, besides: UUID) -> UUID | None:
    """Another match of a volunteer that takes one of these half hours."""
    found: UUID | None = await c.fetchval(
        """
        SELECT id FROM matches WHERE volunteer_id = $1 AND state <> 'cancelled' AND half_hours && int4range($2, $3) AND id <> $4 LIMIT 1
        """,
        volunteer_id,
        half_hours.start,
        half_hours.stop,
        besides,
    )
    return found
