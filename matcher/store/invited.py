"""How often volunteers were invited lately: counts of one person and of everybody of their fellowship in their area."""

from datetime import datetime
from uuid import UUID

from matcher.domain.connection import Connection
from matcher.domain.odds import Invited


async def get_invited(c: Connection, volunteer_id: UUID, fellowship: str, *, since: datetime, now: datetime) -> Invited:
    """The counts since a moment. Asks by telephone, and letters that never left, invited nobody."""
    row = await c.fetchrow(
        """
        WITH mine AS (SELECT area_id FROM volunteers WHERE id = $1),
        people AS (SELECT v.id, extract(epoch FROM $4 - greatest(v.created_at, $3)) / 604800 AS weeks
                     FROM volunteers v JOIN volunteer_fellowships m ON m.volunteer_id = v.id AND m.fellowship = $2 AND m.ended_at IS NULL
                    WHERE v.area_id = (SELECT area_id FROM mine) AND v.state = 'active'),
        asked AS (SELECT f.volunteer_id, count(*) AS asks FROM offers f
                   WHERE f.volunteer_id IN (SELECT id FROM people) AND f.created_at >= $3 AND f.created_at <= $4
                     AND NOT f.by_telephone AND f.state <> 'undeliverable' AND (f.state <> 'withdrawn' OR f.sent_at IS NOT NULL)
                   GROUP BY f.volunteer_id)
        SELECT coalesce(max(a.asks) FILTER (WHERE p.id = $1), 0)::int AS own, coalesce(max(p.weeks) FILTER (WHERE p.id = $1), 0)::float8 AS own_weeks,
               count(*)::int AS people, coalesce(sum(a.asks), 0)::int AS all_asks, coalesce(sum(p.weeks), 0)::float8 AS all_weeks
          FROM people p LEFT JOIN asked a ON a.volunteer_id = p.id
        """,
        volunteer_id,
        fellowship,
        since,
        now,
    )
    return Invited(**dict(row))
