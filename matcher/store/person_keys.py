"""Per-person keys, wrapped. Erasing one forgets everything held under it, in every copy of the database (security 5)."""

from datetime import datetime
from uuid import UUID

from matcher.domain.connection import Connection
from matcher.domain.errors import NotFound
from matcher.domain.sealed import PersonKey


async def insert_key(tx: Connection, key: PersonKey, kind: str, now: datetime) -> None:
    """Keep a new person's wrapped key. `kind`: staff, volunteer or newcomer."""
    await tx.execute(
        "INSERT INTO person_keys (person_id, kind, wrapped, created_at) VALUES ($1, $2, $3, $4)", key.person_id, kind, key.wrapped, now
    )


async def get_key(c: Connection, person_id: UUID) -> PersonKey:
    """A person's wrapped key. Raises NotFound when they were forgotten or never known."""
    wrapped = await c.fetchval("SELECT wrapped FROM person_keys WHERE person_id = $1", person_id)
    if wrapped is None:
        raise NotFound()
    return PersonKey(person_id, wrapped)


async def erase_key(tx: Connection, person_id: UUID) -> None:
    """Destroy the key: nothing sealed under it opens again."""
    await tx.execute("DELETE FROM person_keys WHERE person_id = $1", person_id)


async def list_master_ids(c: Connection) -> list[int]:
    """The ids of the master keys that wrap somebody's key: all of them must be at hand."""
    return [row["id"] for row in await c.fetch("SELECT DISTINCT get_byte(wrapped, 0) AS id FROM person_keys ORDER BY id")]


async def find_any_key(c: Connection) -> PersonKey | None:
    """Some person's wrapped key, to see whether ours opens it; None while there is nobody."""
    row = await c.fetchrow("SELECT person_id, wrapped FROM person_keys LIMIT 1")
    return PersonKey(row["person_id"], row["wrapped"]) if row else None
