"""Meetings for somebody who looks for one: those of a fellowship inside a box, or by id, with the weeks and dates that are different."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from matcher.domain.connection import Connection, Row
from matcher.domain.fellowship import Fellowship
from matcher.domain.found_meeting import FoundMeeting
from matcher.domain.meeting import Audience, Schedule, Status
from matcher.domain.occurrence import ExceptionKind, MeetingException, MeetingWeeks
from matcher.domain.place import Point, Precision, good_point

COLUMNS = """
    SELECT m.id, m.iso_weekday, m.starts, m.duration_min, m.timezone, m.schedule, m.status, m.fellowship, m.name, m.venue, m.formatted_address,
           m.town, m.outcode, m.latitude, m.longitude, m.place_precision, m.radius_m, m.location_notes, m.travel_notes, m.in_person, m.online,
           m.audience, m.attributes, m.last_confirmed_at, w.weeks_of_month, w.anchor_on, w.every_weeks, w.on_dates,
           m.conference_url IS NOT NULL OR m.conference_phone IS NOT NULL OR EXISTS (SELECT FROM meeting_joins j WHERE j.meeting_id = m.id) AS way_in
      FROM meetings m LEFT JOIN meeting_weeks w ON w.meeting_id = m.id
     WHERE m.status = 'active' AND m.attendable AND NOT m.needs_human_check
"""


async def list_meetings_near(
    c: Connection, fellowship: Fellowship, *, corners: tuple[Point, Point] | None, online: bool, from_on: date
) -> list[FoundMeeting]:
    """The attendable meetings of a fellowship in person inside a box (its south-west and north-east corner), or those held online only."""
    if online:
        rows = await c.fetch(COLUMNS + " AND m.fellowship = $1 AND NOT m.in_person ORDER BY m.id", fellowship.value)
    elif corners is None:
        return []
    else:
        low, high = corners
        rows = await c.fetch(
            COLUMNS
            + """
             AND m.fellowship = $1 AND m.in_person AND m.location <@ box(point($2::float8, $3::float8), point($4::float8, $5::float8))
             ORDER BY m.id
            """,
            fellowship.value,
            low.longitude,
            low.latitude,
            high.longitude,
            high.latitude,
        )
    return await _with_exceptions(c, rows, from_on)


async def list_meetings_by_id(c: Connection, meeting_ids: Sequence[UUID], *, from_on: date) -> list[FoundMeeting]:
    """These meetings, as far as somebody can still go to them."""
    rows = await c.fetch(COLUMNS + " AND m.id = ANY($1) ORDER BY m.id", list(meeting_ids))
    return await _with_exceptions(c, rows, from_on)


async def list_meeting_names(c: Connection, meeting_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The names of meetings, whatever has become of them."""
    rows = await c.fetch("SELECT id, name FROM meetings WHERE id = ANY($1)", list(meeting_ids))
    return {row["id"]: row["name"] for row in rows}


async def find_outcode_of_town(c: Connection, town: str) -> str | None:
    """The district where most meetings of this town are held, if an area looks after it: so that a town's name will do."""
    found: str | None = await c.fetchval(
        """
        SELECT m.outcode FROM meetings m JOIN area_outcodes o ON o.outcode = m.outcode
         WHERE lower(m.town) = lower($1) GROUP BY m.outcode ORDER BY count(*) DESC, m.outcode LIMIT 1
        """,
        town,
    )
    return found


async def list_towns(c: Connection) -> list[str]:
    """The towns that `find_outcode_of_town` knows, by name."""
    rows = await c.fetch(
        "SELECT DISTINCT m.town FROM meetings m JOIN area_outcodes o ON o.outcode = m.outcode WHERE m.town <> '' ORDER BY m.town LIMIT 300"
    )
    return [row["town"] for row in rows]


async def _with_exceptions(c: Connection, rows: Sequence[Row], from_on: date) -> list[FoundMeeting]:
    changed = await c.fetch(
        "SELECT meeting_id, on_date, kind, starts, venue, note FROM meeting_exceptions WHERE meeting_id = ANY($1) AND on_date >= $2",
        [row["id"] for row in rows],
        from_on,
    )
    exceptions: dict[UUID, list[MeetingException]] = {}
    for row in changed:
        different = MeetingException(row["on_date"], ExceptionKind(row["kind"]), row["starts"], row["venue"], row["note"])
        exceptions.setdefault(row["meeting_id"], []).append(different)
    return [_meeting(row, tuple(exceptions.get(row["id"], ()))) for row in rows]


PLAIN = (
    "id iso_weekday starts duration_min timezone name venue formatted_address town outcode radius_m location_notes travel_notes in_person online "
    "last_confirmed_at"
).split()


def _meeting(row: Row, exceptions: tuple[MeetingException, ...]) -> FoundMeeting:
    plain: dict[str, Any] = {name: row[name] for name in PLAIN}
    return FoundMeeting(
        **plain,
        schedule=Schedule(row["schedule"]),
        status=Status(row["status"]),
        fellowship=Fellowship(row["fellowship"]),
        point=good_point(row["latitude"], row["longitude"]),
        precision=Precision(row["place_precision"]),
        has_way_in=row["way_in"],
        audience=Audience(row["audience"]),
        attributes=frozenset(row["attributes"]),
        weeks=_weeks(row),
        exceptions=exceptions,
    )


def _weeks(row: Row) -> MeetingWeeks | None:
    if row["weeks_of_month"] is None and row["anchor_on"] is None and row["on_dates"] is None:
        return None
    return MeetingWeeks(
        weeks_of_month=frozenset(row["weeks_of_month"] or ()),
        anchor_on=row["anchor_on"],
        every_weeks=row["every_weeks"],
        on_dates=frozenset(row["on_dates"] or ()),
    )
