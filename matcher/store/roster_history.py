"""What a coordinator sees of how a volunteer was asked: offers as counts, meetings ahead by day and time. Nothing of any newcomer."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from matcher.domain.connection import Connection


@dataclass(frozen=True, slots=True)
class PlannedMeeting:
    """A meeting still ahead of a volunteer: when, in which zone, and which fellowship's."""

    match_id: UUID
    starts_at: datetime
    ends_at: datetime
    timezone: str
    fellowship: str


async def count_offers_of_volunteer(c: Connection, volunteer_id: UUID) -> dict[str, int]:
    """How many offers to this volunteer are in each state, ever."""
    rows = await c.fetch("SELECT state, count(*) AS n FROM offers WHERE volunteer_id = $1 GROUP BY state", volunteer_id)
    return {row["state"]: row["n"] for row in rows}


async def list_planned_meetings(c: Connection, volunteer_id: UUID, now: datetime) -> list[PlannedMeeting]:
    """Live matches that are not over, the next one first."""
    rows = await c.fetch(
        """
        SELECT m.id AS match_id, m.starts_at, m.ends_at, a.timezone, m.fellowship
          FROM matches m JOIN volunteers v ON v.id = m.volunteer_id JOIN areas a ON a.id = coalesce(m.area_id, v.area_id)
         WHERE m.volunteer_id = $1 AND m.state IN ('planned', 'confirmed') AND m.ends_at > $2 ORDER BY m.starts_at
        """,
        volunteer_id,
        now,
    )
    return [PlannedMeeting(**dict(row)) for row in rows]
