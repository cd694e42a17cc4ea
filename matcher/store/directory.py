"""The directory as pages read it: one meeting, lists of them, their history, the dates that are different."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from matcher.domain.connection import Connection, Row
from matcher.domain.directory_meeting import OLD_AFTER, DirectoryFilter, DirectoryMeeting
from matcher.domain.errors import NotFound
from matcher.domain.fellowship import Fellowship
from matcher.domain.known_meeting import HistoryLine
from matcher.domain.meeting import Audience, Schedule, Status
from matcher.domain.meeting_source import STALE_AFTER
from matcher.domain.occurrence import ExceptionKind, MeetingException, MeetingWeeks
from matcher.domain.place import Precision

COLUMNS = """
    SELECT m.id, m.source_id, s.name AS source_name, s.format AS source_format, s.failing_since AS source_failing_since, m.source_key, m.area_id,
           m.fellowship, m.name, m.iso_weekday, m.starts, m.duration_min, m.duration_is_assumed, m.timezone, m.schedule, m.status, m.attendable,
           m.needs_human_check, m.in_person, m.online, m.venue, m.address, m.formatted_address, m.town, m.postcode, m.outcode, m.place_precision,
           m.radius_m, m.conference_url, m.conference_provider, m.conference_phone,
           EXISTS (SELECT FROM meeting_joins j WHERE j.meeting_id = m.id) AS has_joins, m.audience, m.audience_note, m.attributes, m.languages,
           m.notes, m.location_notes, m.travel_notes, m.source_url, m.last_seen_at, m.last_confirmed_at, m.confirmed_how, m.missing_since,
           w.weeks_of_month, w.anchor_on, w.every_weeks, w.on_dates
      FROM meetings m JOIN meeting_sources s ON s.id = m.source_id LEFT JOIN meeting_weeks w ON w.meeting_id = m.id
"""
LISTED = (
    COLUMNS.replace("SELECT m.id", "SELECT count(*) OVER () AS total, m.id", 1)
    + """
     WHERE (m.status IN ('closed', 'withdrawn')) = $1
       AND ($2::text IS NULL OR m.fellowship = $2) AND ($3::int IS NULL OR m.iso_weekday = $3)
       AND ($4::text IS NULL OR m.outcode = $4) AND ($5::text IS NULL OR lower(m.town) = lower($5))
       AND (NOT $6 OR m.needs_human_check)
       AND (NOT $7 OR m.status = 'unconfirmed' OR s.failing_since < $8 OR coalesce(m.last_confirmed_at < $9, true))
       AND ($10::uuid[] IS NULL OR m.area_id = ANY($10) OR m.area_id IS NULL)
     ORDER BY m.iso_weekday NULLS LAST, m.starts, m.name, m.id LIMIT $11 OFFSET $12
    """
)
WEEKS = ("weeks_of_month", "anchor_on", "every_weeks", "on_dates")


def _meeting(row: Row, exceptions: Sequence[MeetingException] = ()) -> DirectoryMeeting:
    plain: dict[str, Any] = {name: value for name, value in dict(row).items() if name not in (*WEEKS, "total")}
    typed = {
        "fellowship": Fellowship(row["fellowship"]),
        "schedule": Schedule(row["schedule"]),
        "status": Status(row["status"]),
        "audience": Audience(row["audience"]),
        "place_precision": Precision(row["place_precision"]),
        "attributes": tuple(row["attributes"]),
        "languages": tuple(row["languages"]),
    }
    return DirectoryMeeting(**plain | typed, weeks=_weeks(row), exceptions=tuple(exceptions))


def _weeks(row: Row) -> MeetingWeeks | None:
    if row["weeks_of_month"] is None and row["anchor_on"] is None and row["on_dates"] is None:
        return None
    return MeetingWeeks(
        weeks_of_month=frozenset(row["weeks_of_month"] or ()),
        anchor_on=row["anchor_on"],
        every_weeks=row["every_weeks"],
        on_dates=frozenset(row["on_dates"] or ()),
    )


async def get_meeting(c: Connection, meeting_id: UUID) -> DirectoryMeeting:
    """A meeting with every date that is different. Raises NotFound."""
    row = await c.fetchrow(COLUMNS + " WHERE m.id = $1", meeting_id)
    if row is None:
        raise NotFound()
    return _meeting(row, await list_exceptions(c, meeting_id))


async def list_exceptions(c: Connection, meeting_id: UUID) -> list[MeetingException]:
    """The dates of a meeting that are different, in order."""
    rows = await c.fetch(
        "SELECT on_date, kind, starts, venue, note FROM meeting_exceptions WHERE meeting_id = $1 ORDER BY on_date", meeting_id
    )
    return [MeetingException(row["on_date"], ExceptionKind(row["kind"]), row["starts"], row["venue"], row["note"]) for row in rows]


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the list and how many there are in all."""

    meetings: list[DirectoryMeeting]
    total: int


async def list_directory(c: Connection, wanted: DirectoryFilter, now: datetime, *, most: int = 50, skip: int = 0) -> Listed:
    """Meetings by weekday, start and name."""
    rows = await c.fetch(
        LISTED,
        wanted.gone,
        wanted.fellowship.value if wanted.fellowship else None,
        wanted.iso_weekday,
        wanted.outcode,
        wanted.town,
        wanted.needs_check,
        wanted.unsure,
        now - STALE_AFTER,
        now - OLD_AFTER,
        list(wanted.area_ids) if wanted.area_ids is not None else None,
        most,
        skip,
    )
    return Listed([_meeting(row) for row in rows], rows[0]["total"] if rows else 0)


async def list_history(c: Connection, meeting_id: UUID, *, most: int = 50) -> list[HistoryLine]:
    """What changed about a meeting, newest first. What a held row says is not a change, and is left out."""
    rows = await c.fetch(
        """
        SELECT meeting_id, field, old, new, at, run_id, by_staff FROM meeting_history
         WHERE meeting_id = $1 AND field <> 'held' ORDER BY id DESC LIMIT $2
        """,
        meeting_id,
        most,
    )
    return [_line(row) for row in rows]


def _line(row: Row) -> HistoryLine:
    values = {name: json.loads(row[name]) if row[name] is not None else None for name in ("old", "new")}
    return HistoryLine(**dict(row) | values)


async def list_changes_since(c: Connection, meeting_id: UUID, since: datetime) -> list[HistoryLine]:
    """What changed about a meeting since a moment, oldest first."""
    rows = await c.fetch(
        "SELECT meeting_id, field, old, new, at, run_id, by_staff FROM meeting_history WHERE meeting_id = $1 AND at >= $2 ORDER BY id",
        meeting_id,
        since,
    )
    return [_line(row) for row in rows]


async def find_last_told(c: Connection, meeting_id: UUID) -> datetime | None:
    """When those who plan to go there were last told of a change."""
    found: datetime | None = await c.fetchval(
        "SELECT max(at) FROM audit WHERE thing_id = $1 AND thing_kind = 'meetings' AND action = 'tell_meeting_changed'", meeting_id
    )
    return found


async def find_exception(c: Connection, meeting_id: UUID, on_date: date) -> MeetingException | None:
    """What is different about one date of a meeting."""
    return next((one for one in await list_exceptions(c, meeting_id) if one.on_date == on_date), None)


# ── written by people ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def upsert_exception(tx: Connection, meeting_id: UUID, different: MeetingException, now: datetime, *, by_staff: UUID | None) -> None:
    """One date of a meeting is different; a newer word about it takes the place of the older."""
    await tx.execute(
        """
        INSERT INTO meeting_exceptions (meeting_id, on_date, kind, starts, venue, note, by_staff, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (meeting_id, on_date) DO UPDATE SET kind = EXCLUDED.kind, starts = EXCLUDED.starts, venue = EXCLUDED.venue,
            note = EXCLUDED.note, by_staff = EXCLUDED.by_staff, at = EXCLUDED.at
        """,
        meeting_id,
        different.on_date,
        different.kind.value,
        different.starts,
        different.venue,
        different.note,
        by_staff,
        now,
    )


async def delete_exception(tx: Connection, meeting_id: UUID, on_date: date) -> bool:
    """That date is as always again; False where it was."""
    status = await tx.execute("DELETE FROM meeting_exceptions WHERE meeting_id = $1 AND on_date = $2", meeting_id, on_date)
    return status.endswith(" 1")


async def update_weeks(tx: Connection, meeting_id: UUID, weeks: MeetingWeeks | None) -> None:
    """In which weeks a meeting is held; None: nobody has said."""
    await tx.execute("DELETE FROM meeting_weeks WHERE meeting_id = $1", meeting_id)
    if weeks is None:
        return
    await tx.execute(
        "INSERT INTO meeting_weeks (meeting_id, weeks_of_month, anchor_on, every_weeks, on_dates) VALUES ($1, $2, $3, $4, $5)",
        meeting_id,
        sorted(weeks.weeks_of_month) or None,
        weeks.anchor_on,
        weeks.every_weeks,
        sorted(weeks.on_dates) or None,
    )
