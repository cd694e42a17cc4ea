"""Areas, the districts that belong to each, and each fellowship's web address and helpline there."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from matcher.domain.area import Area, FellowshipContact
from matcher.domain.connection import Connection, Row
from matcher.domain.errors import NotFound
from matcher.domain.fellowship import Fellowship

_AREA = """
    SELECT a.id, a.name, a.timezone, a.discreet_name, a.reply_to, a.on_call_telephone, a.on_call_hours, a.policy, a.created_at,
           ARRAY(SELECT outcode FROM area_outcodes o WHERE o.area_id = a.id ORDER BY outcode) AS outcodes
      FROM areas a
"""


async def insert_area(tx: Connection, area: Area) -> bool:
    """Keep a new area, without its districts. False where another one has its name."""
    status = await tx.execute(
        """
        INSERT INTO areas (id, name, timezone, discreet_name, reply_to, on_call_telephone, on_call_hours, policy, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (name) DO NOTHING
        """,
        area.id,
        area.name,
        area.timezone,
        area.discreet_name,
        area.reply_to,
        area.on_call_telephone,
        area.on_call_hours,
        area.policy,
        area.created_at,
    )
    return not status.endswith(" 0")


async def claim_outcodes(tx: Connection, area_id: UUID, outcodes: Iterable[str]) -> list[str]:
    """Give districts to an area; one that is another's already is left there. Returns those that are this area's now."""
    wanted = sorted(set(outcodes))
    await tx.execute(
        "INSERT INTO area_outcodes (outcode, area_id) SELECT unnest($2::text[]), $1 ON CONFLICT (outcode) DO NOTHING", area_id, wanted
    )
    rows = await tx.fetch("SELECT outcode FROM area_outcodes WHERE area_id = $1 AND outcode = ANY($2) ORDER BY outcode", area_id, wanted)
    return [row["outcode"] for row in rows]


async def update_area(
    tx: Connection, area_id: UUID, *, discreet_name: str, reply_to: str, on_call_telephone: str, on_call_hours: str
) -> None:
    """Change how an area's letters are signed and whom they say to ring."""
    await tx.execute(
        "UPDATE areas SET discreet_name = $2, reply_to = $3, on_call_telephone = $4, on_call_hours = $5 WHERE id = $1",
        area_id,
        discreet_name,
        reply_to,
        on_call_telephone,
        on_call_hours,
    )


async def update_policy(tx: Connection, area_id: UUID, policy: str) -> None:
    """Change by which policy an area asks."""
    await tx.execute("UPDATE areas SET policy = $2 WHERE id = $1", area_id, policy)


async def find_area(c: Connection, area_id: UUID) -> Area | None:
    """One area with its districts."""
    row = await c.fetchrow(_AREA + " WHERE a.id = $1", area_id)
    return _area(row) if row else None


async def get_area(c: Connection, area_id: UUID) -> Area:
    """One area with its districts. Raises NotFound."""
    found = await find_area(c, area_id)
    if found is None:
        raise NotFound()
    return found


async def find_area_by_name(c: Connection, name: str) -> Area | None:
    """The area of this name, however its letters are written."""
    row = await c.fetchrow(_AREA + " WHERE lower(a.name) = lower($1)", name)
    return _area(row) if row else None


async def find_area_of(c: Connection, outcode: str) -> Area | None:
    """The one area this district belongs to; None where nobody looks after it."""
    row = await c.fetchrow(_AREA + " JOIN area_outcodes o ON o.area_id = a.id WHERE o.outcode = $1", outcode)
    return _area(row) if row else None


async def list_areas(c: Connection, area_ids: Iterable[UUID] | None = None) -> list[Area]:
    """These areas, or all of them, by name."""
    wanted = None if area_ids is None else list(area_ids)
    rows = await c.fetch(_AREA + " WHERE $1::uuid[] IS NULL OR a.id = ANY($1) ORDER BY a.name", wanted)
    return [_area(row) for row in rows]


async def list_owners_of_outcodes(c: Connection, outcodes: Sequence[str]) -> dict[str, str]:
    """District → name of the area it belongs to, for those that belong to one."""
    rows = await c.fetch(
        "SELECT o.outcode, a.name FROM area_outcodes o JOIN areas a ON a.id = o.area_id WHERE o.outcode = ANY($1) ORDER BY o.outcode",
        list(outcodes),
    )
    return {row["outcode"]: row["name"] for row in rows}


async def insert_contacts(tx: Connection, contacts: Iterable[FellowshipContact]) -> None:
    """Keep the fellowships' contacts of a new area."""
    await tx.executemany(
        """
        INSERT INTO fellowship_contacts (area_id, fellowship, web_address, helpline, checked_on, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
        """,
        [(one.area_id, one.fellowship.value, one.web_address, one.helpline, one.checked_on, one.updated_at) for one in contacts],
    )


async def update_contact(
    tx: Connection, area_id: UUID, fellowship: Fellowship, *, web_address: str, helpline: str, checked_on: date | None, now: datetime
) -> bool:
    """Change one fellowship's contacts in an area. False where there is no such row."""
    status = await tx.execute(
        """
        UPDATE fellowship_contacts SET web_address = $3, helpline = $4, checked_on = $5, updated_at = $6
         WHERE area_id = $1 AND fellowship = $2
        """,
        area_id,
        fellowship.value,
        web_address,
        helpline,
        checked_on,
        now,
    )
    return status.endswith(" 1")


async def list_contacts(c: Connection, area_id: UUID) -> list[FellowshipContact]:
    """Every fellowship's contacts in an area, in the fellowships' own order."""
    rows = await c.fetch(
        "SELECT area_id, fellowship, web_address, helpline, checked_on, updated_at FROM fellowship_contacts WHERE area_id = $1", area_id
    )
    return sorted((_contact(row) for row in rows), key=lambda contact: contact.fellowship.number)


async def find_contact(c: Connection, area_id: UUID, fellowship: Fellowship) -> FellowshipContact | None:
    """One fellowship's contacts in an area."""
    row = await c.fetchrow(
        """
        SELECT area_id, fellowship, web_address, helpline, checked_on, updated_at
          FROM fellowship_contacts WHERE area_id = $1 AND fellowship = $2
        """,
        area_id,
        fellowship.value,
    )
    return _contact(row) if row else None


def _area(row: Row) -> Area:
    return Area(**{**dict(row), "outcodes": tuple(row["outcodes"])})


def _contact(row: Row) -> FellowshipContact:
    return FellowshipContact(**{**dict(row), "fellowship": Fellowship(row["fellowship"])})
