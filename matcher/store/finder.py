"""Looking for meetings: which fit, in the order of their next start, from the indexes alone; then those of one page in full. Writes nothing.

Weekly meetings are ordered by the database: their start is a minute of the local week. Every other one, and those of which a date is different,
are read by `list_rules` and placed among them by the rules of occurrences.
"""

import json
import math
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from matcher.domain.connection import Connection, Row
from matcher.domain.errors import NotFound
from matcher.domain.fellowship import Fellowship
from matcher.domain.finding import KM_A_DEGREE, Mark, Spotted, Wanted
from matcher.domain.irregular_meeting import IrregularMeeting
from matcher.domain.meeting import Audience, Schedule, Status
from matcher.domain.occurrence import ExceptionKind, MeetingException, MeetingWeeks
from matcher.domain.place import Point, Precision, good_point
from matcher.domain.shown_meeting import SHORT, ShownMeeting

COLUMNS = """
    SELECT m.id, m.source_id, s.name AS source_name, s.format AS source_format, s.url AS source_url, s.failing_since AS source_failing_since,
           m.source_url AS page_url, m.area_id, m.fellowship, m.name, m.iso_weekday, m.starts, m.duration_min, m.duration_is_assumed, m.timezone,
           m.schedule, m.status, m.needs_human_check, m.in_person, m.online, m.venue, m.address, m.formatted_address, m.town, m.postcode, m.outcode,
           m.regions, m.latitude, m.longitude, m.place_precision, m.radius_m, m.conference_url, m.conference_provider, m.conference_phone,
           m.audience, m.audience_note, m.attributes, m.languages, m.notes, m.location_notes, m.travel_notes, m.last_confirmed_at, m.confirmed_how,
           m.missing_since, coalesce((SELECT max(h.at) FROM meeting_history h WHERE h.meeting_id = m.id), m.first_seen_at) AS updated_at,
           (SELECT json_agg(e ORDER BY e.on_date) FROM meeting_exceptions e WHERE e.meeting_id = m.id) AS different,
           coalesce(y.from_where, '') AS steps_from, coalesce(y.steps, '{}') AS steps, w.weeks_of_month, w.anchor_on, w.every_weeks, w.on_dates
      FROM meetings m JOIN meeting_sources s ON s.id = m.source_id LEFT JOIN meeting_weeks w ON w.meeting_id = m.id
           LEFT JOIN meeting_ways y ON y.meeting_id = m.id
"""
SHOWN = "m.status IN ('active', 'unconfirmed', 'temporarily_closed') AND m.finder_marks & 8192 = 0"
CLOCK = "((date_part('isodow', {t}) - 1) * 1440 + date_part('hour', {t}) * 60 + date_part('minute', {t}))::int AS minute"
"""The minute of the local week that a wall time shows."""
NEAR = """
    WITH different AS (SELECT DISTINCT meeting_id FROM meeting_exceptions WHERE on_date BETWEEN $14::date - 1 AND $14 + 8),
    near AS MATERIALIZED (
        SELECT m.id, m.timezone, sqrt(($6::float8 * (m.location[1] - $2::float8)) ^ 2 + ($7::float8 * (m.location[0] - $3::float8)) ^ 2) AS km,
               CASE WHEN m.id NOT IN (SELECT meeting_id FROM different) THEN m.week_minute END AS starts
          FROM meetings m
         WHERE {shown} AND m.location <@ box(point($3 - $5::float8, $2 - $4::float8), point($3 + $5, $2 + $4))
           AND m.fellowship = ANY ($1::text[]) AND m.finder_marks & $9 = $9),
    clocks AS (SELECT zone, {clock} FROM (SELECT zone, $8::timestamptz AT TIME ZONE zone AS wall FROM (SELECT DISTINCT timezone AS zone FROM near) d) z)
    SELECT n.id, n.km, (n.starts - c.minute - 1 + 10080) % 10080 AS ahead
      FROM near n JOIN clocks c ON c.zone = n.timezone
     WHERE n.km <= $13::float8
       AND (n.starts IS NULL OR (($10::int IS NULL OR n.starts / 1440 + 1 = $10) AND n.starts % 1440 >= $11 AND n.starts % 1440 < $12))
""".replace("{shown}", SHOWN).replace("{clock}", CLOCK.replace("{t}", "wall"))
NEAR_FIRST = """
    WITH found AS MATERIALIZED ({near})
    SELECT id, ahead, km, (SELECT count(*) FROM found) AS total FROM found ORDER BY ahead NULLS FIRST, km, id
     LIMIT least($15::bigint, $16 + (SELECT count(*) FROM found WHERE ahead IS NULL))
""".replace("{near}", NEAR)
ZONES = """
    WITH RECURSIVE steps AS (
        SELECT code, (SELECT min(timezone) FROM meetings m WHERE fellowship = code AND {kept}) AS zone FROM unnest($1::text[]) AS f (code)
        UNION ALL
        SELECT code, (SELECT min(timezone) FROM meetings m WHERE fellowship = code AND timezone > zone AND {kept}) FROM steps WHERE zone IS NOT NULL),
    clocks AS (SELECT code, zone, {clock} FROM (SELECT code, zone, $2::timestamptz AT TIME ZONE zone AS wall FROM steps WHERE zone IS NOT NULL) z)
""".replace("{kept}", "status IN ('active', 'unconfirmed', 'temporarily_closed')").replace("{clock}", CLOCK.replace("{t}", "wall"))
ANYWHERE_PART = """
    SELECT m.id, m.week_minute FROM meetings m
     WHERE {shown} AND m.fellowship = c.code AND m.timezone = c.zone AND m.finder_marks & $3 = $3
       AND m.week_minute % 1440 >= $5 AND m.week_minute % 1440 < $6
       AND m.week_minute >= (coalesce($4::int, 1) - 1) * 1440 AND m.week_minute < coalesce($4::int, 7) * 1440
""".replace("{shown}", SHOWN)
ANYWHERE = (
    ZONES
    + """
    SELECT p.id, p.ahead, NULL::float8 AS km, (SELECT count(*) FROM (SELECT FROM clocks c, LATERAL ({part} LIMIT $8) a LIMIT $8) b) AS total
      FROM clocks c, LATERAL (
           (SELECT t.id, t.week_minute - c.minute - 1 AS ahead
              FROM ({part} AND m.week_minute > c.minute ORDER BY m.week_minute LIMIT $7) t)
           UNION ALL
           (SELECT t.id, t.week_minute - c.minute - 1 + 10080 AS ahead
              FROM ({part} AND m.week_minute <= c.minute ORDER BY m.week_minute LIMIT $7) t)) p
     ORDER BY p.ahead, p.id LIMIT $7
""".replace("{part}", ANYWHERE_PART)
)
UNDATED = """
    SELECT m.id, NULL::int AS ahead, NULL::float8 AS km FROM meetings m
     WHERE {shown} AND m.fellowship = ANY ($1::text[]) AND m.finder_marks & $2 = $2 AND m.week_minute IS NULL ORDER BY m.id LIMIT $3
""".replace("{shown}", SHOWN)
RULES = """
    SELECT m.id, m.iso_weekday, m.starts, m.duration_min, m.timezone, m.schedule, m.status, m.latitude, m.longitude,
           (SELECT json_agg(e ORDER BY e.on_date) FROM meeting_exceptions e WHERE e.meeting_id = m.id) AS different,
           w.weeks_of_month, w.anchor_on, w.every_weeks, w.on_dates
      FROM meetings m LEFT JOIN meeting_weeks w ON w.meeting_id = m.id WHERE m.id = ANY ($1) AND {shown}
""".replace("{shown}", SHOWN)
IN_BOX = "($4::float8 IS NULL OR m.location <@ box(point($5::float8 - $7::float8, $4 - $6::float8), point($5 + $7, $4 + $6)))"
PAPER = (
    (
        COLUMNS
        + """
     WHERE {shown} AND m.fellowship = ANY ($1::text[]) AND m.finder_marks & $2 = $2 AND ($3::int IS NULL OR m.iso_weekday = $3) AND {box}
       AND (($8 = 0 AND $9 = 1440) OR date_part('hour', m.starts) * 60 + date_part('minute', m.starts) BETWEEN $8::int AND $9::int - 1)
     ORDER BY m.fellowship, m.iso_weekday NULLS LAST, m.starts, m.name, m.id LIMIT $10
    """
    )
    .replace("{shown}", SHOWN)
    .replace("{box}", IN_BOX)
)


def _codes(wanted: Wanted) -> list[str]:
    return [fellowship.value for fellowship in wanted.fellowships]


def _scale(point: Point) -> tuple[float, float]:
    """Kilometres a degree north and east here: constant over one search, so that the database multiplies only (0.3 % at 30 miles)."""
    m = math.radians(point.latitude)
    return 111.13209 - 0.56605 * math.cos(2 * m), 111.41513 * math.cos(m) - 0.09455 * math.cos(3 * m)


def _half_box(point: Point, km: float) -> tuple[float, float]:
    tall = km / KM_A_DEGREE
    return tall, tall / max(0.2, math.cos(math.radians(min(89.0, abs(point.latitude) + tall))))


def _box(wanted: Wanted) -> tuple[float | None, ...]:
    """Latitude, longitude and half the height and width of where a search looks; four times None for anywhere."""
    point = wanted.point
    return (None,) * 4 if point is None else (point.latitude, point.longitude, *_half_box(point, wanted.within_km))


async def list_near(c: Connection, wanted: Wanted, now: datetime, *, most: int) -> list[Spotted]:
    """What fits around the place of a search: first those whose next date only their own rules know, then weekly ones by next start and distance."""
    return [_spotted(row) for row in await c.fetch(NEAR + " ORDER BY ahead NULLS FIRST, n.km, n.id LIMIT $15", *_near(wanted, now), most)]


async def list_near_first(c: Connection, wanted: Wanted, now: datetime, *, first: int, most: int) -> tuple[list[Spotted], int]:
    """The beginning of `list_near`: all without a weekly minute, and the `first` of the others; and how many there are, counted up to `most`."""
    rows = await c.fetch(NEAR_FIRST, *_near(wanted, now), most, first)
    return [_spotted(row) for row in rows], min(rows[0]["total"], most) if rows else 0


async def list_nearest(c: Connection, wanted: Wanted, now: datetime, *, most: int) -> list[Spotted]:
    """Weekly ones that fit around the place of a search, by distance alone."""
    rows = await c.fetch(NEAR + " AND n.starts IS NOT NULL ORDER BY n.km, ahead, n.id LIMIT $15", *_near(wanted, now), most)
    return [_spotted(row) for row in rows]


def _near(wanted: Wanted, now: datetime) -> tuple[Any, ...]:
    point = wanted.point
    if point is None:
        raise ValueError("a search without a place")
    box, scale = _half_box(point, wanted.within_km), _scale(point)
    where = (_codes(wanted), point.latitude, point.longitude, *box, *scale)
    return (*where, now, int(wanted.marks), wanted.iso_weekday, *wanted.minutes, wanted.within_km, now.date())


async def list_anywhere(c: Connection, wanted: Wanted, now: datetime, *, most: int) -> list[Spotted]:
    """Weekly meetings that fit, wherever they are held, by next start; dates that are different are told on their page."""
    return (await list_anywhere_first(c, wanted, now, first=most, most=most))[0]


async def list_anywhere_first(c: Connection, wanted: Wanted, now: datetime, *, first: int, most: int) -> tuple[list[Spotted], int]:
    """The `first` of them; and how many there are, counted up to `most`."""
    rows = await c.fetch(ANYWHERE, _codes(wanted), now, int(wanted.marks), wanted.iso_weekday, *wanted.minutes, first, most)
    return [_spotted(row) for row in rows], rows[0]["total"] if rows else 0


async def list_undated(c: Connection, wanted: Wanted, *, most: int) -> list[Spotted]:
    """What fits, wherever it is held, and has no fixed minute of the week: not weekly, by appointment, closed for a while."""
    return [_spotted(row) for row in await c.fetch(UNDATED, _codes(wanted), int(wanted.marks), most)]


def _spotted(row: Row) -> Spotted:
    return Spotted(row["id"], row["ahead"], row["km"])


async def list_rules(c: Connection, meeting_ids: Sequence[UUID]) -> list[IrregularMeeting]:
    """When these are held, and where: of those that may be shown, for putting them in their place among the others."""
    rows = await c.fetch(RULES, list(meeting_ids))
    return [
        IrregularMeeting(
            id=row["id"],
            iso_weekday=row["iso_weekday"],
            starts=row["starts"],
            duration_min=row["duration_min"],
            timezone=row["timezone"],
            schedule=Schedule(row["schedule"]),
            status=Status(row["status"]),
            point=good_point(row["latitude"], row["longitude"], in_region=False),
            weeks=_weeks(row),
            exceptions=_exceptions(row["different"]),
        )
        for row in rows
    ]


async def list_shown(c: Connection, meeting_ids: Sequence[UUID]) -> list[ShownMeeting]:
    """These meetings, as far as they may be shown, in the order asked for."""
    rows = await c.fetch(COLUMNS + " WHERE m.id = ANY ($1) AND " + SHOWN, list(meeting_ids))
    found = {row["id"]: _meeting(row) for row in rows}
    return [found[meeting_id] for meeting_id in meeting_ids if meeting_id in found]


async def get_shown(c: Connection, short: str) -> ShownMeeting:
    """The meeting of a short address. Raises NotFound where there is none to show, or two."""
    rest = 32 - SHORT
    low, high = UUID(hex=short + "0" * rest), UUID(hex=short + "f" * rest)
    rows = await c.fetch(COLUMNS + " WHERE m.id BETWEEN $1 AND $2 AND " + SHOWN + " LIMIT 2", low, high)
    if len(rows) != 1:
        raise NotFound()
    return _meeting(rows[0])


async def list_for_paper(c: Connection, wanted: Wanted, *, most: int) -> list[ShownMeeting]:
    """Every meeting of a search in full, by fellowship, weekday, start and name: for a printed list."""
    low, high = wanted.minutes
    rows = await c.fetch(PAPER, _codes(wanted), int(wanted.marks), wanted.iso_weekday, *_box(wanted), low, high, most)
    return [_meeting(row) for row in rows]


async def list_exported(c: Connection, *, fellowship: Fellowship | None, area_id: UUID | None) -> list[ShownMeeting]:
    """What others may have of our list (meetings 9.4): active or unconfirmed, not awaiting a check, kept by hand or from a source that allows it."""
    rows = await c.fetch(
        COLUMNS
        + """
         WHERE m.status IN ('active', 'unconfirmed', 'temporarily_closed') AND NOT m.needs_human_check AND m.finder_marks & $1 = 0
           AND (s.format = 'manual' OR s.may_republish) AND ($2::text IS NULL OR m.fellowship = $2) AND ($3::uuid IS NULL OR m.area_id = $3)
         ORDER BY m.source_id, m.id
        """,
        int(Mark.INSTITUTIONAL),
        fellowship.value if fellowship else None,
        area_id,
    )
    return [_meeting(row) for row in rows]


async def list_town_venues(c: Connection, town: str) -> list[Point]:
    """Where the venues of a town lie; of several towns of one name, that with the most meetings (told apart by their postcode areas)."""
    rows = await c.fetch(
        """
        SELECT m.latitude, m.longitude, coalesce(substring(m.outcode FROM '^[A-Z]+'), '') AS postal FROM meetings m
         WHERE lower(m.town) = lower($1) AND m.status IN ('active', 'unconfirmed', 'temporarily_closed') AND m.latitude IS NOT NULL
           AND m.place_precision <> 'town' LIMIT 500
        """,
        town,
    )
    by_area: dict[str, list[Point]] = {}
    for row in rows:
        by_area.setdefault(row["postal"], []).append(Point(row["latitude"], row["longitude"]))
    return max(by_area.values(), key=len, default=[])


async def list_towns_around(c: Connection, point: Point, km: float) -> list[tuple[str, Point]]:
    """The towns that meetings around a point name, each at the middle of its own: for a drawing of the way."""
    tall, wide = _half_box(point, km)
    rows = await c.fetch(
        """
        SELECT min(m.town) AS town, percentile_cont(0.5) WITHIN GROUP (ORDER BY m.latitude) AS latitude,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY m.longitude) AS longitude
          FROM meetings m
         WHERE m.status IN ('active', 'unconfirmed', 'temporarily_closed') AND m.town IS NOT NULL
           AND m.location <@ box(point($2::float8 - $4::float8, $1::float8 - $3::float8), point($2 + $4, $1 + $3))
         GROUP BY lower(m.town) ORDER BY count(*) DESC, lower(m.town) LIMIT 60
        """,
        point.latitude,
        point.longitude,
        tall,
        wide,
    )
    return [(row["town"], Point(row["latitude"], row["longitude"])) for row in rows]


async def list_helplines(c: Connection, area_ids: Sequence[UUID]) -> dict[tuple[UUID, str], str]:
    """The publishers' helplines, by area and fellowship, as far as they are known."""
    rows = await c.fetch(
        "SELECT area_id, fellowship, helpline FROM fellowship_contacts WHERE area_id = ANY ($1) AND helpline <> ''", list(area_ids)
    )
    return {(row["area_id"], row["fellowship"]): row["helpline"] for row in rows}


# ── rows ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

NOT_PLAIN = frozenset({"weeks_of_month", "anchor_on", "every_weeks", "on_dates", "latitude", "longitude", "different"})


def _meeting(row: Row) -> ShownMeeting:
    plain: dict[str, Any] = {name: value for name, value in dict(row).items() if name not in NOT_PLAIN}
    typed = {
        "fellowship": Fellowship(row["fellowship"]),
        "schedule": Schedule(row["schedule"]),
        "status": Status(row["status"]),
        "audience": Audience(row["audience"]),
        "place_precision": Precision(row["place_precision"]),
        "point": good_point(row["latitude"], row["longitude"], in_region=False),
        **{name: tuple(row[name]) for name in ("attributes", "languages", "regions", "steps")},
    }
    return ShownMeeting(**plain | typed, weeks=_weeks(row), exceptions=_exceptions(row["different"]))


def _exceptions(written: str | None) -> tuple[MeetingException, ...]:
    """The dates that are different, as the database writes them in JSON."""
    found = json.loads(written) if written else []
    return tuple(
        MeetingException(
            date.fromisoformat(one["on_date"]),
            ExceptionKind(one["kind"]),
            time.fromisoformat(one["starts"]) if one["starts"] else None,
            one["venue"],
            one["note"],
        )
        for one in found
    )


def _weeks(row: Row) -> MeetingWeeks | None:
    if all(row[name] is None for name in ("weeks_of_month", "anchor_on", "on_dates")):
        return None
    return MeetingWeeks(
        weeks_of_month=frozenset(row["weeks_of_month"] or ()),
        anchor_on=row["anchor_on"],
        every_weeks=row["every_weeks"],
        on_dates=frozenset(row["on_dates"] or ()),
    )
