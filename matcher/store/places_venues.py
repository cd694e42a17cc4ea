"""Meetings that stand somewhere better than their list says: placed by their full postcode or by what a geocoder answered, and put back."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from matcher.domain.connection import Connection
from matcher.domain.place import FAR_FROM_POSTCODE_KM, NO_PLACES
from matcher.store.places_postcodes import POSTCODE_RADIUS_M

BATCH = 10_000
"""Meetings in one statement: few enough to end well inside the connection's time-out."""
COARSE_RADIUS_M = 500
"""A point with two decimals vouches for 556 m, with three for 56: the former gives way to a full postcode."""


@dataclass(frozen=True, slots=True)
class DoubtfulPoint:
    """A point of the directory that cannot be right."""

    meeting_id: UUID
    source_id: str
    fault: str
    latitude: float
    longitude: float


async def put_back(tx: Connection, *, source_id: str | None, meeting_id: UUID | None) -> bool:
    """Put back what was placed by a table that is no longer in use, a batch at a time: True when there may be more."""
    done = await tx.execute(
        """
        UPDATE meetings m SET latitude = b.said_latitude, longitude = b.said_longitude, place_precision = b.said_precision, radius_m = b.said_radius_m
          FROM (SELECT p.* FROM meeting_placings p JOIN meetings k ON k.id = p.meeting_id
                 WHERE (k.source_id = $1 OR k.id = $2) AND p.how = 'postcode' AND k.place_precision = 'postcode'
                   AND k.latitude = p.latitude AND k.longitude = p.longitude
                   AND p.load_id IS DISTINCT FROM (SELECT id FROM postcode_loads WHERE state = 'used') LIMIT $3) AS b
         WHERE b.meeting_id = m.id
        """,
        source_id,
        meeting_id,
        BATCH,
    )
    return int(done.split()[-1]) == BATCH


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


async def place_by_postcode(tx: Connection, now: datetime, *, source_id: str | None, meeting_id: UUID | None) -> bool:
    """Place the meetings of a source, or one, by their full postcodes where nothing better is known, or where their own point cannot be right.

    At most a batch at a time: True when there may be more.
    """
    done = await tx.execute(
        """
        WITH looked_at AS (
            SELECT v.id, v.latitude, v.longitude, v.place_precision, v.radius_m, l.source || ' ' || l.vintage AS source, l.id AS load_id,
                   p.spot[1] AS new_latitude, p.spot[0] AS new_longitude,
                   CASE WHEN v.place_precision <> 'venue' THEN NULL
                        WHEN abs(v.latitude) <= 0.01 AND abs(v.longitude) <= 0.01 THEN 'invalid_coordinates'
                        WHEN EXISTS (SELECT FROM unnest($4::float8[], $5::float8[]) AS stock (latitude, longitude)
                              WHERE abs(v.latitude - stock.latitude) < 0.00001 AND abs(v.longitude - stock.longitude) < 0.00001)
                          THEN 'placeholder_point'
                        WHEN rough_km(v.latitude, v.longitude, p.spot) > $3 THEN 'point_far_from_postcode' END AS fault
              FROM venue_places v JOIN postcode_loads l ON l.state = 'used' JOIN postcodes p ON p.load_id = l.id AND p.postcode = v.postcode
             WHERE v.source_id = $1 OR v.id = $8
        ), better AS (
            SELECT * FROM looked_at
             WHERE place_precision IN ('sector', 'outcode', 'town', 'none') OR fault IS NOT NULL OR (place_precision = 'venue' AND radius_m > $6)
             LIMIT $9
        ), moved AS (
            UPDATE meetings m SET latitude = new_latitude, longitude = new_longitude, place_precision = 'postcode', radius_m = $7
              FROM better WHERE m.id = better.id
        )
        INSERT INTO meeting_placings (meeting_id, how, source, load_id, fault, placed_at, latitude, longitude, said_latitude, said_longitude,
                                      said_precision, said_radius_m)
        SELECT id, 'postcode', source, load_id, fault, $2, new_latitude, new_longitude, latitude, longitude, place_precision, radius_m FROM better
        ON CONFLICT (meeting_id) DO UPDATE SET how = EXCLUDED.how, source = EXCLUDED.source, load_id = EXCLUDED.load_id, fault = EXCLUDED.fault,
            placed_at = EXCLUDED.placed_at, latitude = EXCLUDED.latitude, longitude = EXCLUDED.longitude
        """,
        source_id,
        now,
        float(FAR_FROM_POSTCODE_KM),
        *_stock(),
        COARSE_RADIUS_M,
        POSTCODE_RADIUS_M,
        meeting_id,
        BATCH,
    )
    return int(done.split()[-1]) == BATCH


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


async def count_placed(c: Connection, source_id: str) -> int:
    """How many meetings of a source stand somewhere better than their list says."""
    found: int = await c.fetchval(
        "SELECT count(*) FROM meeting_placings b JOIN meetings m ON m.id = b.meeting_id WHERE m.source_id = $1", source_id
    )
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
      FROM (SELECT m.id, m.source_id, m.latitude, m.longitude,
                   CASE WHEN abs(m.latitude) <= 0.01 AND abs(m.longitude) <= 0.01 THEN 'invalid_coordinates'
                        WHEN EXISTS (SELECT FROM unnest($1::float8[], $2::float8[]) AS stock (latitude, longitude)
                              WHERE abs(m.latitude - stock.latitude) < 0.00001 AND abs(m.longitude - stock.longitude) < 0.00001)
                          THEN 'placeholder_point'
                        WHEN rough_km(m.latitude, m.longitude, p.spot) > $3
                          THEN 'point_far_from_postcode' END AS fault
              FROM meetings m
              LEFT JOIN postcodes p ON p.postcode = m.postcode AND p.load_id = (SELECT id FROM postcode_loads WHERE state = 'used')
             WHERE m.place_precision = 'venue' AND m.in_person AND m.status NOT IN ('withdrawn', 'closed')) AS looked_at
     WHERE fault IS NOT NULL
     ORDER BY 2, 1
"""
