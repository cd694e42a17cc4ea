"""A volunteer's bars against services and districts, as they themselves asked for them. Who must not meet which newcomer is not here."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from matcher.domain.connection import Connection


@dataclass(frozen=True, slots=True)
class OwnBars:
    """The services a volunteer does not want to be asked by, and the districts they do not want to go to."""

    provider_ids: frozenset[UUID] = frozenset()
    outcodes: frozenset[str] = frozenset()


async def list_own_bars(c: Connection, volunteer_id: UUID) -> OwnBars:
    """The bars in force."""
    rows = await c.fetch(
        """
        SELECT provider_id, outcode FROM bars
         WHERE volunteer_id = $1 AND ended_at IS NULL AND kind IN ('volunteer_provider', 'volunteer_place')
        """,
        volunteer_id,
    )
    return OwnBars(
        frozenset(row["provider_id"] for row in rows if row["provider_id"]), frozenset(row["outcode"] for row in rows if row["outcode"])
    )


async def insert_own_bars(tx: Connection, volunteer_id: UUID, more: OwnBars, now: datetime, *, set_by: UUID | None) -> None:
    """Set bars that are not in force yet."""
    await tx.executemany(
        "INSERT INTO bars (id, kind, volunteer_id, provider_id, outcode, set_by, set_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [
            *((uuid4(), "volunteer_provider", volunteer_id, one, None, set_by, now) for one in sorted(more.provider_ids)),
            *((uuid4(), "volunteer_place", volunteer_id, None, one, set_by, now) for one in sorted(more.outcodes)),
        ],
    )


async def update_own_bars_ended(tx: Connection, volunteer_id: UUID, fewer: OwnBars, now: datetime) -> None:
    """Lift bars. They stay in the table with their end."""
    await tx.execute(
        """
        UPDATE bars SET ended_at = $4
         WHERE volunteer_id = $1 AND ended_at IS NULL
           AND (kind = 'volunteer_provider' AND provider_id = ANY($2) OR kind = 'volunteer_place' AND outcode = ANY($3))
        """,
        volunteer_id,
        list(fewer.provider_ids),
        list(fewer.outcodes),
        now,
    )


async def list_provider_names(c: Connection) -> list[tuple[UUID, str]]:
    """The services a volunteer may name, by name."""
    rows = await c.fetch("SELECT id, name FROM providers ORDER BY name")
    return [(row["id"], row["name"]) for row in rows]
