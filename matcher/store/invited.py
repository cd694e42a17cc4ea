"""How often volunteers were invited lately: counts of one person and of everybody of their fellowship in their area."""

from datetime import datetime
from uuid import UUID

from matcher.domain.connection import Connection
from matcher.domain.odds import Invited


async def get_invited(c: Connection, volunteer_id: UUID, fellowship: str, *, since: datetime, now: datetime) -> Invited:
    """The counts since a moment. Asks by telephone, and letters that never left, invited nobody.

    Counted person by person, so that each count is one reach into the index of a volunteer's offers: joined at once the planner reads all
    offers there are, a second and more for one page in a large area."""
    row = await c.fetchrow(
        """
        WITH mine AS (SELECT area_id FROM volunteers WHERE id = $1),
        people AS (SELECT v.id, extract(epoch FROM $4 - greatest(v.created_at, $3)) / 604800 AS weeks,
                          (SELECT count(*) FROM offers f
                            WHERE f.volunteer_id = v.id AND f.created_at >= $3 AND f.created_at <= $4
                              AND NOT f.by_telephone AND f.beside IS NULL
                              AND f.state <> 'undeliverable' AND (f.state <> 'withdrawn' OR f.sent_at IS NOT NULL)) AS asks
                     FROM volunteers v JOIN volunteer_fellowships m ON m.volunteer_id = v.id AND m.fellowship = $2 AND m.ended_at IS NULL
                    WHERE v.area_id = (SELECT area_id FROM mine) AND v.state = 'active')
        SELECT coalesce(max(asks) FILTER (WHERE id = $1), 0)::int AS own, coalesce(max(weeks) FILTER (WHERE id = $1), 0)::float8 AS own_weeks,
               count(*)::int AS people, coalesce(sum(asks), 0)::int AS all_asks, coalesce(sum(weeks), 0)::float8 AS all_weeks
          FROM people
        """,
        volunteer_id,
        fellowship,
        since,
        now,
    )
    return Invited(**dict(row))
