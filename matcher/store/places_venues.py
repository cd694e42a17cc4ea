"""Meetings that stand somewhere better than their list says: placed by their full postcode or by what a geocoder answered, and put back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from matcher.domain.connection import Connection
from matcher.domain.place import FAR_FROM_POSTCODE_KM, NO_PLACES
from matcher.store.places_postcodes import POSTCODE_RADIUS_M

BATCH = 4_000
"""Meetings in one statement: few enough to end well inside the connection's time-out."""


@dataclass(frozen=True, slots=True)
class DoubtfulPoint:
    """A point of the directory that cannot be right."""

    meeting_id: UUID
    source_id: str
    fault: str
    latitude: float
    longitude: float


async def list_placed_by_old_table(c: Connection, *, source_id: str | None, meeting_id: UUID | None) -> list[UUID]:
    """The meetings of a source, or one, that still stand where a table that is no longer in use put them."""
    rows = await c.fetch(
        """
        SELECT b.meeting_id FROM meeting_placings b JOIN meetings m ON m.id = b.meeting_id
         WHERE (m.source_id = $1 OR m.id = $2) AND m.place_precision = 'postcode' AND m.latitude = b.latitude AND m.longitude = b.longitude
           AND b.load_id IN (SELECT id FROM postcode_loads WHERE state <> 'used')
        """,
        source_id,
        meeting_id,
    )
    return [row["meeting_id"] for row in rows]


async def put_back(tx: Connection, meeting_ids: Sequence[UUID]) -> None:
    """Put these where their lists said."""
    for start in range(0, len(meeting_ids), BATCH):
        await tx.execute(
            """
            UPDATE meetings m SET latitude = b.said_latitude, longitude = b.said_longitude, place_precision = b.said_precision,
                   radius_m = b.said_radius_m
              FROM meeting_placings b WHERE b.meeting_id = m.id AND m.id = ANY($1)
            """,
            meeting_ids[start : start + BATCH],
        )


async def erase_stale(tx: Connection, *, source_id: str | None, meeting_id: UUID | None) -> None:
    """Forget placings that something else has been written over."""
    await tx.execute(
        """
        DELETE FROM meeting_placings b USING meetings m
         WHERE b.meeting_id = m.id AND (m.source_id = $1 OR m.id = $2)
           AND ((m.latitude, m.longitude) IS DISTINCT FROM (b.latitude, b.longitude)
                OR m.place_precision <> CASE b.how WHEN 'postcode' THEN 'postcode' ELSE 'venue' END)
        """,
        source_id,
        meeting_id,
    )


async def list_rough_with_postcode(c: Connection, *, source_id: str | None, meeting_id: UUID | None) -> list[UUID]:
    """The meetings of a source, or one, that nothing better is known of than a full postcode would tell, and whose postcode is in the table."""
    rows = await c.fetch(
        """
        SELECT v.id FROM venue_places v JOIN postcode_loads l ON l.state = 'used' JOIN postcodes p ON p.load_id = l.id AND p.postcode = v.postcode
         WHERE (v.source_id = $1 OR v.id = $2) AND v.place_precision <> 'postcode'
           AND (v.place_precision IN ('sector', 'outcode', 'town', 'none') OR v.radius_m > 500)
        """,
        source_id,
        meeting_id,
    )
    return [row["id"] for row in rows]


async def list_wrong_with_postcode(c: Connection, *, source_id: str | None, meeting_id: UUID | None) -> list[UUID]:
    """The meetings of a source, or one, whose own points cannot be right, and whose postcode is in the table."""
    rows = await c.fetch(
        """
        SELECT v.id FROM venue_places v JOIN postcode_loads l ON l.state = 'used' JOIN postcodes p ON p.load_id = l.id AND p.postcode = v.postcode
         WHERE (v.source_id = $1 OR v.id = $2) AND v.place_precision = 'venue'
           AND wrong_point(v.latitude, v.longitude, p.spot, $3, $4, $5) IS NOT NULL
        """,
        source_id,
        meeting_id,
        *_stock(),
        float(FAR_FROM_POSTCODE_KM),
    )
    return [row["id"] for row in rows]


async def place_by_postcode(tx: Connection, now: datetime, meeting_ids: Sequence[UUID]) -> None:
    """Place these meetings by their full postcodes, and keep what their lists said."""
    for start in range(0, len(meeting_ids), BATCH):
        await tx.execute(
            """
            WITH better AS (
                SELECT v.id, v.latitude, v.longitude, v.place_precision, v.radius_m, l.source || ' ' || l.vintage AS source, l.id AS load_id,
                       p.spot[1] AS new_latitude, p.spot[0] AS new_longitude,
                       CASE v.place_precision WHEN 'venue' THEN wrong_point(v.latitude, v.longitude, p.spot, $3, $4, $5) END AS fault
                  FROM venue_places v JOIN postcode_loads l ON l.state = 'used' JOIN postcodes p ON p.load_id = l.id AND p.postcode = v.postcode
                 WHERE v.id = ANY($1)
            ), moved AS (
                UPDATE meetings m SET latitude = new_latitude, longitude = new_longitude, place_precision = 'postcode', radius_m = $6
                  FROM better WHERE m.id = better.id
            )
            INSERT INTO meeting_placings (meeting_id, how, source, load_id, fault, placed_at, latitude, longitude, said_latitude, said_longitude,
                                          said_precision, said_radius_m)
            SELECT id, 'postcode', source, load_id, fault, $2, new_latitude, new_longitude, latitude, longitude, place_precision, radius_m
              FROM better
            ON CONFLICT (meeting_id) DO UPDATE SET how = EXCLUDED.how, source = EXCLUDED.source, load_id = EXCLUDED.load_id,
                fault = EXCLUDED.fault, placed_at = EXCLUDED.placed_at, latitude = EXCLUDED.latitude, longitude = EXCLUDED.longitude
            """,
            meeting_ids[start : start + BATCH],
            now,
            *_stock(),
            float(FAR_FROM_POSTCODE_KM),
            POSTCODE_RADIUS_M,
        )


async def place_by_answer(tx: Connection, now: datetime, *, source_id: str | None, meeting_id: UUID | None = None) -> None:
    """Place the meetings of a source, or one, by what a geocoder answered about their addresses, where nothing better is known."""
    await tx.execute(
        """
        WITH better AS (
            SELECT DISTINCT ON (v.id) v.id, v.latitude, v.longitude, v.place_precision, v.radius_m,
                   a.geocoder || ', ' || to_char(a.asked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS source,
                   a.latitude AS new_latitude, a.longitude AS new_longitude, a.radius_m AS new_radius_m
              FROM venue_places v JOIN geocoder_answers a ON a.outcome = 'found' AND a.asked = v.asked
             WHERE (v.source_id = $1 OR v.id = $3) AND v.place_precision IN ('sector', 'outcode', 'town', 'none')
             ORDER BY v.id, a.asked_at DESC
        ), moved AS (
            UPDATE meetings m SET latitude = new_latitude, longitude = new_longitude, place_precision = 'venue', radius_m = new_radius_m
              FROM better WHERE m.id = better.id
        )
        INSERT INTO meeting_placings (meeting_id, how, source, placed_at, latitude, longitude, said_latitude, said_longitude,
                                      said_precision, said_radius_m)
        SELECT id, 'geocoder', source, $2, new_latitude, new_longitude, latitude, longitude, place_precision, radius_m FROM better
        ON CONFLICT (meeting_id) DO UPDATE SET how = 'geocoder', source = EXCLUDED.source, load_id = NULL, fault = NULL,
            placed_at = EXCLUDED.placed_at, latitude = EXCLUDED.latitude, longitude = EXCLUDED.longitude, said_latitude = EXCLUDED.said_latitude,
            said_longitude = EXCLUDED.said_longitude, said_precision = EXCLUDED.said_precision, said_radius_m = EXCLUDED.said_radius_m
        """,
        source_id,
        now,
        meeting_id,
    )


async def count_placed(c: Connection) -> int:
    """How many meetings stand somewhere better than their lists say."""
    found: int = await c.fetchval("SELECT count(*) FROM meeting_placings")
    return found


async def list_sources_asked_about(c: Connection, asked: str) -> list[str]:
    """The sources with a meeting at this address."""
    rows = await c.fetch("SELECT DISTINCT source_id FROM venue_places WHERE asked = $1 ORDER BY 1", asked)
    return [row["source_id"] for row in rows]


async def list_doubtful_points(c: Connection) -> list[DoubtfulPoint]:
    """Meetings whose own points cannot be right, whether they are used or a better place stands for them."""
    rows = await c.fetch(DOUBTFUL, *_stock(), float(FAR_FROM_POSTCODE_KM))
    return [DoubtfulPoint(**dict(row)) for row in rows]


def _stock() -> tuple[list[float], list[float]]:
    stock = sorted(NO_PLACES)
    return [latitude for latitude, _ in stock], [longitude for _, longitude in stock]


DOUBTFUL = """
    SELECT m.id AS meeting_id, m.source_id, b.fault, b.said_latitude AS latitude, b.said_longitude AS longitude
      FROM meeting_placings b JOIN meetings m ON m.id = b.meeting_id WHERE b.fault IS NOT NULL
    UNION ALL
    SELECT id, source_id, fault, latitude, longitude
      FROM (SELECT m.id, m.source_id, m.latitude, m.longitude, wrong_point(m.latitude, m.longitude, p.spot, $1, $2, $3) AS fault
              FROM meetings m
              LEFT JOIN postcodes p ON p.postcode = m.postcode AND p.load_id = (SELECT id FROM postcode_loads WHERE state = 'used')
             WHERE m.place_precision = 'venue' AND m.in_person AND m.status NOT IN ('withdrawn', 'closed')) AS looked_at
     WHERE fault IS NOT NULL
     ORDER BY 2, 1
"""
