"""Staff accounts and the areas coordinators look after. Names and addresses are sealed; an address is found by its blind index only."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from matcher.domain.actor import Role
from matcher.domain.connection import Connection, Row
from matcher.domain.errors import NotFound
from matcher.domain.outbox import sealed_in
from matcher.domain.sealed import PersonKey
from matcher.domain.staff import Staff

_STAFF = """
    SELECT s.id, s.provider_id, s.role, s.state, s.email_state, s.details_box, s.created_at, s.confirmed_at, k.wrapped,
           ARRAY(SELECT area_id FROM coordinator_areas ca WHERE ca.staff_id = s.id) AS area_ids
      FROM staff s JOIN person_keys k ON k.person_id = s.id
"""


async def insert_staff(tx: Connection, staff: Staff, email_index: bytes) -> bool:
    """Keep a new account and its areas. False where somebody has this address already."""
    status = await tx.execute(
        """
        INSERT INTO staff (id, provider_id, role, state, email_index, email_state, details_box, created_at, confirmed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (email_index) DO NOTHING
        """,
        staff.id,
        staff.provider_id,
        staff.role.value,
        staff.state,
        email_index,
        staff.email_state,
        staff.details.box,
        staff.created_at,
        staff.confirmed_at,
    )
    if status.endswith(" 0"):
        return False
    await tx.executemany(
        "INSERT INTO coordinator_areas (staff_id, area_id) VALUES ($1, $2)", [(staff.id, area_id) for area_id in sorted(staff.area_ids)]
    )
    return True


async def find_staff(c: Connection, staff_id: UUID) -> Staff | None:
    """One account, whatever its state."""
    row = await c.fetchrow(_STAFF + " WHERE s.id = $1", staff_id)
    return read_staff(row) if row else None


async def get_staff(c: Connection, staff_id: UUID) -> Staff:
    """One account. Raises NotFound."""
    found = await find_staff(c, staff_id)
    if found is None:
        raise NotFound()
    return found


async def find_staff_by_address(c: Connection, email_index: bytes) -> Staff | None:
    """The account with this address, by its blind index."""
    row = await c.fetchrow(_STAFF + " WHERE s.email_index = $1", email_index)
    return read_staff(row) if row else None


async def list_staff_of_provider(c: Connection, provider_id: UUID) -> list[Staff]:
    """The active accounts of a provider."""
    rows = await c.fetch(_STAFF + " WHERE s.provider_id = $1 AND s.state = 'active' ORDER BY s.created_at, s.id", provider_id)
    return [read_staff(row) for row in rows]


async def list_staff_of_role(c: Connection, role: Role) -> list[Staff]:
    """The active accounts with a role, oldest first."""
    rows = await c.fetch(_STAFF + " WHERE s.role = $1 AND s.state = 'active' ORDER BY s.created_at, s.id", role.value)
    return [read_staff(row) for row in rows]


async def list_staff_by_id(c: Connection, staff_ids: Sequence[UUID]) -> dict[UUID, Staff]:
    """These accounts, by id, whatever their state."""
    rows = await c.fetch(_STAFF + " WHERE s.id = ANY($1)", list(staff_ids))
    return {row["id"]: read_staff(row) for row in rows}


async def claim_staff_disabled(tx: Connection, staff_id: UUID) -> bool:
    """Disable an account. False where it was so already, or never was."""
    return bool(await tx.fetchval("UPDATE staff SET state = 'disabled' WHERE id = $1 AND state = 'active' RETURNING true", staff_id))


async def update_staff_confirmed(tx: Connection, staff_id: UUID, now: datetime) -> None:
    """Note that somebody has said this person still works here."""
    await tx.execute("UPDATE staff SET confirmed_at = $2 WHERE id = $1", staff_id, now)


def read_staff(row: Row) -> Staff:
    """An account from a row that names its columns as here, its areas as `area_ids` and its key as `wrapped`."""
    plain = {name: row[name] for name in ("id", "provider_id", "state", "email_state", "created_at", "confirmed_at")}
    details = sealed_in("staff.details_box", row["id"], PersonKey(row["id"], row["wrapped"]), row["details_box"])
    return Staff(**plain, role=Role(row["role"]), details=details, area_ids=frozenset(row["area_ids"]))
