"""The directory as imports and people write it: meetings with what their source said, corrections, ways in, history. Pages read it in directory.py."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from matcher.domain.connection import Connection, Row
from matcher.domain.effective_meeting import EffectiveMeeting
from matcher.domain.known_meeting import HistoryLine, KnownMeeting, Override
from matcher.domain.meeting import ParsedMeeting, Status
from matcher.domain.meeting_change import kept_row, meeting_from_json
from matcher.domain.place import Place, Point

BATCH = 2_000
"""Rows in one round trip: enough to be quick, few enough to end well inside the connection's time-out."""
SLICES = tuple((UUID(int=n << 124), UUID(int=(n + 1 << 124) - 1)) for n in range(16))
"""All ids in sixteen parts of about as many meetings: one statement for each ends well inside that time-out, and reads no row twice."""

KNOWN = """
    SELECT m.id, m.source_key, m.content_hash, m.status, m.missing_since, m.missing_runs, m.last_confirmed_at, m.confirmed_how, m.needs_human_check,
           m.needs_human_check AND coalesce((SELECT h.new IS NOT NULL FROM meeting_history h
               WHERE h.meeting_id = m.id AND h.field = 'held' ORDER BY h.id DESC LIMIT 1), false) AS is_held
      FROM meetings m
"""


def _known(row: Row) -> KnownMeeting:
    return KnownMeeting(**dict(row) | {"status": Status(row["status"])})


async def list_known(c: Connection, source_id: str) -> list[KnownMeeting]:
    """Every meeting of a source, whatever has become of it."""
    rows = await c.fetch(KNOWN + " WHERE m.source_id = $1", source_id)
    return [_known(row) for row in rows]


async def list_known_apart(c: Connection, source_id: str, meeting_ids: Iterable[UUID]) -> list[KnownMeeting]:
    """The missing meetings of a source, and these of it: all that there is to do about a list that says what it said before."""
    rows = await c.fetch(
        KNOWN + " WHERE m.source_id = $1 AND (m.missing_since IS NOT NULL OR m.id = ANY($2))", source_id, list(meeting_ids)
    )
    return [_known(row) for row in rows]


async def claim_meeting(tx: Connection, meeting_id: UUID) -> KnownMeeting | None:
    """Lock a meeting for this transaction and read it as it now is; None where there is none."""
    row = await tx.fetchrow(KNOWN + " WHERE m.id = $1 FOR UPDATE OF m", meeting_id)
    return _known(row) if row else None


async def list_said(c: Connection, meeting_ids: Iterable[UUID]) -> dict[UUID, ParsedMeeting]:
    """What the source of each of these said last."""
    wanted = list(meeting_ids)
    found: dict[UUID, ParsedMeeting] = {}
    for start in range(0, len(wanted), BATCH):
        rows = await c.fetch("SELECT id, source_row FROM meetings WHERE id = ANY($1)", wanted[start : start + BATCH])
        found |= {row["id"]: meeting_from_json(json.loads(row["source_row"])) for row in rows}
    return found


async def list_area_outcodes(c: Connection) -> dict[str, UUID]:
    """The area that looks after each district that has one."""
    return {row["outcode"]: row["area_id"] for row in await c.fetch("SELECT outcode, area_id FROM area_outcodes")}


# ── writing meetings ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def insert_meetings(tx: Connection, source_id: str, new: Sequence[tuple[UUID, EffectiveMeeting]], now: datetime, *, how: str) -> None:
    """Keep new meetings of a source, seen and confirmed now. `how`: feed, person, phone or visit."""
    for start in range(0, len(new), BATCH):
        await tx.copy_records_to_table(
            "meetings",
            records=((meeting_id, source_id, now, now, now, how, *_columns(meeting)) for meeting_id, meeting in new[start : start + BATCH]),
            columns=("id", "source_id", "first_seen_at", "last_seen_at", "last_confirmed_at", "confirmed_how", *COLUMNS),
        )


async def update_meetings(tx: Connection, changed: Sequence[tuple[UUID, EffectiveMeeting]]) -> None:
    """Write what now holds of known meetings, their key included. Their clocks are moved by `update_seen`."""
    for start in range(0, len(changed), BATCH):
        await tx.executemany(
            """
            UPDATE meetings SET source_key = $2, area_id = $3, fellowship = $4, name = $5, iso_weekday = $6, starts = $7, duration_min = $8,
                duration_is_assumed = $9, timezone = $10, schedule = $11, status = $12, attendable = $13, needs_human_check = $14, in_person = $15,
                online = $16, venue = $17, address = $18, formatted_address = $19, town = $20, region = $21, regions = $22, postcode = $23,
                outcode = $24, latitude = $25, longitude = $26, place_precision = $27, radius_m = $28, conference_url = $29,
                conference_provider = $30, conference_phone = $31, join_secret_separated = $32, audience = $33, audience_note = $34,
                attributes = $35, languages = $36, raw_types = $37, notes = $38, location_notes = $39, travel_notes = $40, source_url = $41,
                source_updated = $42, source_row = $43, content_hash = $44
             WHERE id = $1
            """,
            [(meeting_id, *_columns(meeting)) for meeting_id, meeting in changed[start : start + BATCH]],
        )


COLUMNS = (
    *(
        "source_key",
        "area_id",
        "fellowship",
        "name",
        "iso_weekday",
        "starts",
        "duration_min",
        "duration_is_assumed",
        "timezone",
        "schedule",
    ),
    *(
        "status",
        "attendable",
        "needs_human_check",
        "in_person",
        "online",
        "venue",
        "address",
        "formatted_address",
        "town",
        "region",
        "regions",
    ),
    *("postcode", "outcode", "latitude", "longitude", "place_precision", "radius_m", "conference_url", "conference_provider"),
    *("conference_phone", "join_secret_separated", "audience", "audience_note", "attributes", "languages", "raw_types", "notes"),
    *("location_notes", "travel_notes", "source_url", "source_updated", "source_row", "content_hash"),
)
"""The columns that say what a meeting is, in the order of `_columns`."""


def _columns(meeting: EffectiveMeeting) -> tuple[Any, ...]:
    holds, place = meeting.holds, meeting.place
    point = place.point
    return (
        meeting.said.source_key,
        meeting.area_id,
        holds.fellowship.value,
        holds.name,
        holds.iso_weekday,
        holds.start,
        holds.duration_min,
        holds.duration_is_assumed,
        holds.timezone,
        holds.schedule.value,
        meeting.status.value,
        meeting.attendable,
        meeting.needs_human_check,
        holds.in_person,
        holds.online,
        holds.venue,
        holds.address,
        holds.formatted_address,
        holds.town,
        holds.region,
        holds.regions,
        holds.postcode,
        holds.outcode,
        point.latitude if point else None,
        point.longitude if point else None,
        place.precision.value,
        place.radius_m,
        holds.conference_url,
        holds.conference_provider,
        holds.conference_phone,
        holds.join_secret_separated,
        holds.audience.value,
        holds.audience_note,
        holds.attributes,
        holds.languages,
        holds.raw_types,
        holds.notes,
        holds.location_notes,
        holds.travel_notes,
        holds.source_url,
        holds.source_updated,
        json.dumps(kept_row(meeting.said)),
        meeting.content_hash,
    )


# Where only clocks move, a column that a generated one hangs on is written as it is: PostgreSQL (18) reads the expressions of all generated
# columns anew for every row as long as none of them is to be computed, and that took four fifths of the time (docs/decisions/0014).


async def update_seen(tx: Connection, meeting_ids: Sequence[UUID], now: datetime) -> None:
    """A good run names these: seen and confirmed by their source now, and not missing any more."""
    for start in range(0, len(meeting_ids), 5 * BATCH):
        await tx.execute(
            """
            UPDATE meetings SET last_seen_at = $2, last_confirmed_at = $2, confirmed_how = 'feed', confirmed_by = NULL, missing_since = NULL,
                   missing_runs = 0, longitude = longitude
             WHERE id = ANY($1)
            """,
            list(meeting_ids[start : start + 5 * BATCH]),
            now,
        )


async def update_seen_unmodified(tx: Connection, source_id: str, now: datetime) -> None:
    """The publisher says that nothing has changed: what the last good run took is confirmed again; not what it refused, held or did not name."""
    for first, last in SLICES:
        await tx.execute(
            """
            UPDATE meetings SET last_seen_at = $2, last_confirmed_at = $2, confirmed_how = 'feed', confirmed_by = NULL, longitude = longitude
             WHERE source_id = $1 AND id BETWEEN $3 AND $4 AND missing_since IS NULL AND status <> 'withdrawn' AND last_confirmed_at >= last_seen_at
               AND (last_seen_at, last_confirmed_at, confirmed_how) IS DISTINCT FROM ($2, $2, 'feed')
            """,
            source_id,
            now,
            first,
            last,
        )


async def update_unread_again(tx: Connection, source_id: str, now: datetime) -> None:
    """The same bytes hold the same rows that cannot be taken: seen again, and not confirmed. Call it after `update_seen_unmodified`."""
    await tx.execute(
        """
        UPDATE meetings SET last_seen_at = $2, longitude = longitude
         WHERE source_id = $1 AND missing_since IS NULL AND status <> 'withdrawn' AND last_confirmed_at < last_seen_at
        """,
        source_id,
        now,
    )


async def update_seen_unread(tx: Connection, meeting_ids: Sequence[UUID], now: datetime) -> None:
    """A good run names these in rows that cannot be taken: seen, last good values stay, and a person must look."""
    await tx.execute("UPDATE meetings SET last_seen_at = $2, needs_human_check = true WHERE id = ANY($1)", list(meeting_ids), now)


async def update_held(tx: Connection, meeting_ids: Sequence[UUID], now: datetime) -> None:
    """Nothing is applied until a person has said whether these are the same meetings: none of them is offered by itself meanwhile."""
    await tx.execute(
        """
        UPDATE meetings SET last_seen_at = $2, needs_human_check = true, attendable = false,
               status = CASE WHEN status = 'active' THEN 'unconfirmed' ELSE status END
         WHERE id = ANY($1)
        """,
        list(meeting_ids),
        now,
    )


async def update_missing(tx: Connection, missing: Sequence[tuple[UUID, Status]], now: datetime) -> None:
    """A good run does not name these: one more on their count, and where they stand now."""
    await tx.execute(
        """
        UPDATE meetings m SET missing_since = coalesce(m.missing_since, $3), missing_runs = m.missing_runs + 1, status = gone.status,
               attendable = m.attendable AND gone.status = 'active'
          FROM unnest($1::uuid[], $2::text[]) AS gone (id, status) WHERE m.id = gone.id
        """,
        [meeting_id for meeting_id, _ in missing],
        [status.value for _, status in missing],
        now,
    )


async def update_checked(tx: Connection, meeting_id: UUID, now: datetime, *, how: str, by_staff: UUID | None) -> None:
    """A person has made sure that it is held as it stands here."""
    await tx.execute(
        "UPDATE meetings SET last_confirmed_at = $2, confirmed_how = $3, confirmed_by = $4, needs_human_check = false WHERE id = $1",
        meeting_id,
        now,
        how,
        by_staff,
    )


# ── places by town ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def list_unplaced_towns(c: Connection, source_id: str) -> list[str]:
    """The towns of a source's meetings that are held at a place nobody knows more of."""
    rows = await c.fetch(
        """
        SELECT DISTINCT lower(town) AS town FROM meetings
         WHERE source_id = $1 AND place_precision IN ('none', 'town') AND in_person AND town IS NOT NULL
        """,
        source_id,
    )
    return [row["town"] for row in rows]


async def list_venue_points(c: Connection, towns: Sequence[str]) -> dict[str, list[Point]]:
    """The venues of the directory in each of these towns."""
    rows = await c.fetch(
        """
        SELECT lower(town) AS town, latitude, longitude FROM meetings
         WHERE lower(town) = ANY($1) AND place_precision IN ('venue', 'postcode') AND status <> 'withdrawn'
        """,
        list(towns),
    )
    found: dict[str, list[Point]] = {}
    for row in rows:
        found.setdefault(row["town"], []).append(Point(row["latitude"], row["longitude"]))
    return found


async def update_town_place(tx: Connection, source_id: str, town: str, place: Place) -> None:
    """Place a source's meetings of a town, as far as nothing better is known of them."""
    point = place.point
    await tx.execute(
        """
        UPDATE meetings SET latitude = $3, longitude = $4, place_precision = $5, radius_m = $6
         WHERE source_id = $1 AND lower(town) = $2 AND in_person AND place_precision IN ('none', 'town')
           AND (place_precision, latitude, longitude, radius_m) IS DISTINCT FROM ($5, $3, $4, $6)
        """,
        source_id,
        town,
        point.latitude if point else None,
        point.longitude if point else None,
        place.precision.value,
        place.radius_m,
    )


# ── ways in, corrections, history ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def list_joins(c: Connection, source_id: str) -> dict[UUID, dict[str, str]]:
    """The ways into the meetings of a source that are never public."""
    rows = await c.fetch(
        "SELECT j.meeting_id, j.details FROM meeting_joins j JOIN meetings m ON m.id = j.meeting_id WHERE m.source_id = $1", source_id
    )
    return {row["meeting_id"]: json.loads(row["details"]) for row in rows}


async def find_joins(c: Connection, meeting_id: UUID) -> dict[str, str] | None:
    """The ways into one meeting that are never public. Who reads them for a person notes it in the audit."""
    details = await c.fetchval("SELECT details FROM meeting_joins WHERE meeting_id = $1", meeting_id)
    return json.loads(details) if details else None


async def update_joins(tx: Connection, joins: Mapping[UUID, Mapping[str, str] | None]) -> None:
    """Keep the ways into these meetings; None takes them away."""
    gone = [meeting_id for meeting_id, details in joins.items() if not details]
    if gone:
        await tx.execute("DELETE FROM meeting_joins WHERE meeting_id = ANY($1)", gone)
    await tx.executemany(
        """
        INSERT INTO meeting_joins (meeting_id, details) VALUES ($1, $2)
        ON CONFLICT (meeting_id) DO UPDATE SET details = EXCLUDED.details
        """,
        [(meeting_id, json.dumps(dict(details))) for meeting_id, details in joins.items() if details],
    )


OVERRIDES = """
    SELECT o.meeting_id, o.field, o.value, o.base_value, o.reason, o.by_staff, o.at, o.until, o.conflict_value,
           o.conflict_value IS NOT NULL AS has_conflict
      FROM meeting_overrides o
"""


def _override(row: Row) -> Override:
    values = {name: json.loads(row[name]) if row[name] is not None else None for name in ("value", "base_value", "conflict_value")}
    return Override(**dict(row) | values)


async def list_overrides(c: Connection, source_id: str) -> dict[UUID, list[Override]]:
    """The corrections of a source's meetings, by meeting."""
    rows = await c.fetch(OVERRIDES + " JOIN meetings m ON m.id = o.meeting_id WHERE m.source_id = $1 ORDER BY o.field", source_id)
    found: dict[UUID, list[Override]] = {}
    for row in rows:
        found.setdefault(row["meeting_id"], []).append(_override(row))
    return found


async def list_overrides_of(c: Connection, meeting_id: UUID) -> list[Override]:
    """The corrections of one meeting."""
    return [_override(row) for row in await c.fetch(OVERRIDES + " WHERE o.meeting_id = $1 ORDER BY o.field", meeting_id)]


async def upsert_override(tx: Connection, override: Override) -> None:
    """Keep a correction; a newer one of the same field takes its place."""
    await tx.execute(
        """
        INSERT INTO meeting_overrides (meeting_id, field, value, base_value, reason, by_staff, at, until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (meeting_id, field) DO UPDATE SET value = EXCLUDED.value, base_value = EXCLUDED.base_value, reason = EXCLUDED.reason,
            by_staff = EXCLUDED.by_staff, at = EXCLUDED.at, until = EXCLUDED.until, conflict_value = NULL
        """,
        override.meeting_id,
        override.field,
        json.dumps(override.value),
        json.dumps(override.base_value),
        override.reason,
        override.by_staff,
        override.at,
        override.until,
    )


async def update_conflicts(tx: Connection, conflicts: Sequence[tuple[UUID, str, Any]]) -> None:
    """The source of these corrected fields says something new."""
    await tx.executemany(
        "UPDATE meeting_overrides SET conflict_value = $3 WHERE meeting_id = $1 AND field = $2",
        [(meeting_id, field, json.dumps(value)) for meeting_id, field, value in conflicts],
    )


async def clear_conflict(tx: Connection, meeting_id: UUID, field: str) -> None:
    """The source says again what it said when the field was corrected."""
    await tx.execute("UPDATE meeting_overrides SET conflict_value = NULL WHERE meeting_id = $1 AND field = $2", meeting_id, field)


async def delete_overrides(tx: Connection, ended: Sequence[tuple[UUID, str]]) -> None:
    """These corrections have ended; the history says that they were."""
    await tx.executemany("DELETE FROM meeting_overrides WHERE meeting_id = $1 AND field = $2", ended)


async def list_meetings_with_weeks(c: Connection, source_id: str) -> set[UUID]:
    """The meetings of a source of which a person has said in which weeks they are held."""
    rows = await c.fetch(
        "SELECT w.meeting_id FROM meeting_weeks w JOIN meetings m ON m.id = w.meeting_id WHERE m.source_id = $1", source_id
    )
    return {row["meeting_id"] for row in rows}


async def insert_history(tx: Connection, lines: Sequence[HistoryLine]) -> None:
    """Note what changed. Nobody can change these lines again."""
    for start in range(0, len(lines), 5 * BATCH):
        await tx.copy_records_to_table(
            "meeting_history",
            records=[
                (line.meeting_id, line.field, _json(line.old), _json(line.new), line.at, line.run_id, line.by_staff)
                for line in lines[start : start + 5 * BATCH]
            ],
            columns=("meeting_id", "field", "old", "new", "at", "run_id", "by_staff"),
        )


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)


async def list_held_rows(c: Connection, meeting_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """What the sources of held meetings say about them now, as rows."""
    rows = await c.fetch(
        """
        SELECT DISTINCT ON (meeting_id) meeting_id, new FROM meeting_history
         WHERE meeting_id = ANY($1) AND field = 'held' ORDER BY meeting_id, id DESC
        """,
        list(meeting_ids),
    )
    return {row["meeting_id"]: json.loads(row["new"]) for row in rows if row["new"] is not None}
