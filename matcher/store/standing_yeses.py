"""Meetings to which somebody would always go along, as they said: which of them still hold, and which a coordinator may tick (matching 7.3)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

from matcher.domain.connection import Connection
from matcher.domain.fellowship import Fellowship

HOLDS = """
    NOT EXISTS (
        SELECT FROM (SELECT f.state IN ('declined', 'not_now', 'expired') AS missed,
                            lag(f.state IN ('declined', 'not_now', 'expired')) OVER (ORDER BY f.created_at, f.id) AS missed_before
                       FROM offers f
                      WHERE f.volunteer_id = y.volunteer_id AND f.created_at >= y.said_at
                        AND f.state IN ('declined', 'not_now', 'expired', 'accepted', 'covered') AND (f.beside IS NULL OR f.state <> 'expired')
                        AND EXISTS (SELECT FROM offer_options x JOIN referral_options p ON p.id = x.option_id
                                     WHERE x.offer_id = f.id AND p.meeting_id = y.meeting_id)) AS asks
         WHERE asks.missed AND asks.missed_before)
"""
"""Whether a row `y` of standing_yeses counts: no two invitations there since it was said, one after the other, were silent or declined. What was
only shown beside another and left unanswered says nothing."""
MEETING = """
    SELECT m.id, m.fellowship, m.name, m.iso_weekday, m.starts, coalesce(nullif(m.venue, ''), m.town, '') AS place,
           y.meeting_id IS NOT NULL AS said, y.meeting_id IS NOT NULL AND {holds} AS holds
""".replace("{holds}", HOLDS)
SAID = (
    MEETING
    + " FROM standing_yeses y JOIN meetings m ON m.id = y.meeting_id WHERE y.volunteer_id = $1 ORDER BY m.iso_weekday, m.starts, m.name, m.id"
)
THERE = """
    {meeting}
      FROM meetings m JOIN unnest($2::text[], $3::int[]) AS own (fellowship, number) ON own.fellowship = m.fellowship
      LEFT JOIN standing_yeses y ON y.volunteer_id = $1 AND y.meeting_id = m.id
     WHERE y.meeting_id IS NOT NULL
        OR m.status = 'active' AND m.attendable AND m.in_person
           AND EXISTS (SELECT FROM volunteer_reach r WHERE r.volunteer_id = $1 AND r.fellowship_no = own.number
                          AND r.reach_at @> box(point(m.longitude + 1000 * own.number, m.latitude), point(m.longitude + 1000 * own.number, m.latitude))
                          AND r.windows @> ((m.iso_weekday - 1) * 1440 + extract(hour FROM m.starts)::int * 60 + extract(minute FROM m.starts)::int))
     ORDER BY y.meeting_id IS NULL, m.iso_weekday, m.starts, m.name, m.id LIMIT $4
""".replace("{meeting}", MEETING)
SAY_ANEW = "UPDATE standing_yeses y SET said_at = $2 WHERE y.volunteer_id = $1 AND NOT {holds}".replace("{holds}", HOLDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingThere:
    """A meeting that may be ticked. `said`: their answer there is always yes; `holds`: and it still counts."""

    id: UUID
    fellowship: str
    name: str
    iso_weekday: int | None
    starts: time | None
    place: str
    said: bool
    holds: bool


async def list_meetings_there(c: Connection, volunteer_id: UUID, fellowships: Collection[Fellowship], *, most: int) -> list[MeetingThere]:
    """Meetings of these fellowships within somebody's reach and hours, after those they have said it of."""
    rows = await c.fetch(THERE, volunteer_id, [one.value for one in fellowships], [one.number for one in fellowships], most)
    return [MeetingThere(**dict(row)) for row in rows]


async def list_standing_yeses(c: Connection, volunteer_id: UUID) -> list[MeetingThere]:
    """Where somebody's answer is always yes, as they said."""
    return [MeetingThere(**dict(row)) for row in await c.fetch(SAID, volunteer_id)]


async def update_standing_yeses(tx: Connection, volunteer_id: UUID, meeting_ids: Sequence[UUID], now: datetime) -> None:
    """Where their answer is always yes from now on, and nowhere else. One that still counts keeps its day; one that did not is said anew."""
    await tx.execute("DELETE FROM standing_yeses WHERE volunteer_id = $1 AND meeting_id <> ALL ($2)", volunteer_id, list(meeting_ids))
    await tx.execute(SAY_ANEW, volunteer_id, now)
    await tx.execute(
        """
        INSERT INTO standing_yeses (volunteer_id, meeting_id, said_at)
        SELECT $1, m.id, $3 FROM meetings m WHERE m.id = ANY ($2)
           AND EXISTS (SELECT FROM volunteer_fellowships f WHERE f.volunteer_id = $1 AND f.fellowship = m.fellowship AND f.ended_at IS NULL)
            ON CONFLICT DO NOTHING
        """,
        volunteer_id,
        list(meeting_ids),
        now,
    )
