"""How often somebody was one of few who could go along: the λ of matching 2, which fades by .995 with each new referral of their area."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from matcher.domain.connection import Connection


async def find_first_look(c: Connection, referral_id: UUID, now: datetime) -> bool:
    """Whether nothing was decided about asking for this referral before this moment."""
    found: bool = await c.fetchval(
        "SELECT NOT EXISTS (SELECT FROM ask_decisions WHERE referral_id = $1 AND decided_at < $2)", referral_id, now
    )
    return found


async def update_scarcity(tx: Connection, area_id: UUID, volunteer_ids: Sequence[UUID]) -> None:
    """A new referral, and everybody who could go: the fewer, the more it counts for each. The last thing that a transaction does.

    Nobody is waited for: whoever is being asked at this very moment is passed over. It is a rough figure, and a look never stands in another's way.
    """
    await tx.execute("UPDATE areas SET referrals_begun = referrals_begun + 1 WHERE id = $1", area_id)
    await tx.execute(
        """
        WITH could AS (SELECT t.volunteer_id FROM volunteer_tally t WHERE t.volunteer_id = ANY($1) FOR NO KEY UPDATE SKIP LOCKED)
        UPDATE volunteer_tally t SET scarce_number = a.referrals_begun,
               scarce = t.scarce * power(.995, greatest(0, a.referrals_begun - t.scarce_number)) + 1 / $2::float8
          FROM could JOIN volunteers v ON v.id = could.volunteer_id JOIN areas a ON a.id = v.area_id WHERE t.volunteer_id = could.volunteer_id
        """,
        list(volunteer_ids),
        float(max(1, len(volunteer_ids))),
    )


async def count_mean_scarcity(c: Connection, area_id: UUID | None) -> float:
    """The mean over everybody of an area who could ever go with anybody; 0 where there is nobody."""
    found: float = await c.fetchval(
        """
        SELECT coalesce(avg(t.scarce * power(.995, greatest(0, a.referrals_begun - t.scarce_number))), 0)
          FROM volunteers v JOIN volunteer_tally t ON t.volunteer_id = v.id JOIN areas a ON a.id = v.area_id
         WHERE v.area_id = $1 AND v.state = 'active' AND t.scarce > 0
        """,
        area_id,
    )
    return float(found)
