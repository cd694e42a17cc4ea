"""The table of full postcodes and the loads it came by. Only venues are looked up here (places_venues.py): people are placed by sector at finest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from matcher.domain.connection import Connection, Row
from matcher.domain.place import Place, Point, Precision

PostcodeSpot = tuple[str, tuple[float, float]]
"""A postcode and its (longitude, latitude)."""
POSTCODE_RADIUS_M = 150
"""Of a place known by its full postcode (assumption)."""


@dataclass(frozen=True, slots=True)
class Load:
    """One file of postcode points, and how far it has come. `batches` are in the table already."""

    id: int
    file_name: str
    source: str
    vintage: int
    state: str
    batches: int
    postcodes: int
    begun_at: datetime
    finished_at: datetime | None


LOADS = "SELECT id, file_name, source, vintage, state, batches, postcodes, begun_at, finished_at FROM postcode_loads"


def _load(row: Row) -> Load:
    return Load(**dict(row))


async def claim_load(tx: Connection, now: datetime, *, file_name: str, sha256: bytes, source: str, vintage: int) -> Load:
    """The half load of this very file, to go on with; or the table in use, if it is this file; else a new one, and any other half load is over."""
    await tx.execute("LOCK TABLE postcode_loads IN SHARE ROW EXCLUSIVE MODE")
    row = await tx.fetchrow(
        LOADS + " WHERE state <> 'ended' AND sha256 = $1 AND vintage = $2 ORDER BY state LIMIT 1 FOR UPDATE", sha256, vintage
    )
    if row is None:
        await tx.execute("UPDATE postcode_loads SET state = 'ended', finished_at = $1 WHERE state = 'loading'", now)
        row = await tx.fetchrow(
            """
            INSERT INTO postcode_loads (file_name, sha256, source, vintage, state, begun_at) VALUES ($1, $2, $3, $4, 'loading', $5)
            RETURNING id, file_name, source, vintage, state, batches, postcodes, begun_at, finished_at
            """,
            file_name,
            sha256,
            source,
            vintage,
            now,
        )
    return _load(row)


async def insert_batch(tx: Connection, load_id: int, number: int, spots: Sequence[PostcodeSpot]) -> bool:
    """Add one batch and note it, both or neither. False where another process has added it, or has begun another load."""
    noted = await tx.fetchval(
        "UPDATE postcode_loads SET batches = batches + 1, postcodes = postcodes + $3 WHERE id = $1 AND batches = $2 AND state = 'loading' RETURNING id",
        load_id,
        number,
        len(spots),
    )
    if noted is None:
        return False
    if spots:
        await tx.copy_records_to_table(
            "postcodes", records=[(load_id, code, spot) for code, spot in spots], columns=("load_id", "postcode", "spot")
        )
    return True


async def update_used(tx: Connection, load_id: int, now: datetime, *, batches: int, postcodes: int) -> bool:
    """Look into this load from now on instead of the one before. False, and nothing done, unless it is whole."""
    whole = await tx.fetchval(
        "SELECT id FROM postcode_loads WHERE id = $1 AND state = 'loading' AND batches = $2 AND postcodes = $3 FOR UPDATE",
        load_id,
        batches,
        postcodes,
    )
    if whole is None:
        return False
    await tx.execute("UPDATE postcode_loads SET state = 'ended' WHERE state = 'used'")
    await tx.execute("UPDATE postcode_loads SET state = 'used', finished_at = $2 WHERE id = $1", load_id, now)
    return True


async def update_ended(tx: Connection, load_id: int, now: datetime) -> None:
    """Give a half load up."""
    await tx.execute("UPDATE postcode_loads SET state = 'ended', finished_at = $2 WHERE id = $1 AND state = 'loading'", load_id, now)


async def list_leavings(c: Connection) -> list[int]:
    """Loads that are over and still have rows in the table."""
    rows = await c.fetch(
        """
        SELECT l.id FROM postcode_loads l
         WHERE l.state = 'ended' AND EXISTS (SELECT FROM postcodes p WHERE p.load_id = l.id) ORDER BY l.id
        """
    )
    return [row["id"] for row in rows]


async def erase_rows(tx: Connection, load_id: int, after: str, *, most: int) -> str | None:
    """Remove the next postcodes of an ended load, in their order: the last one removed, to go on after; None when there are none left."""
    last: str | None = await tx.fetchval(
        """
        WITH gone AS (
            DELETE FROM postcodes
             WHERE load_id = $1 AND postcode > $2
               AND postcode <= (SELECT max(postcode)
                                  FROM (SELECT postcode FROM postcodes WHERE load_id = $1 AND postcode > $2 ORDER BY postcode LIMIT $3) AS next)
               AND EXISTS (SELECT FROM postcode_loads WHERE id = $1 AND state = 'ended')
            RETURNING postcode
        )
        SELECT max(postcode) FROM gone
        """,
        load_id,
        after,
        most,
    )
    return last


async def find_used(c: Connection) -> Load | None:
    """The load that is looked into; None where there is none."""
    row = await c.fetchrow(LOADS + " WHERE state = 'used'")
    return _load(row) if row else None


async def find_venue_postcode(c: Connection, postcode: str) -> Place | None:
    """Where a venue's full postcode lies, spelt "BH1 4AB"; None where it is not loaded. Never for a person's postcode."""
    row = await c.fetchrow(
        """
        SELECT p.spot[0] AS longitude, p.spot[1] AS latitude FROM postcodes p
         WHERE p.postcode = $1 AND p.load_id = (SELECT id FROM postcode_loads WHERE state = 'used')
        """,
        postcode,
    )
    return Place(Point(row["latitude"], row["longitude"]), Precision.POSTCODE, POSTCODE_RADIUS_M, postcode) if row else None
