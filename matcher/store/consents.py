"""The consent ledger: append-only, one row for each purpose given or withdrawn; the newest row of a purpose is what holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from matcher.domain.connection import Connection


@dataclass(frozen=True, slots=True)
class Consent:
    """One consent as it was given or withdrawn: which wording, how, by whose hand, when."""

    person_id: UUID
    purpose: str
    given: bool
    wording_version: str
    method: str
    actor_id: UUID | None
    at: datetime


async def insert_consents(tx: Connection, consents: Sequence[Consent]) -> None:
    """Write consents down. They are never changed: a withdrawal is a row of its own."""
    await tx.executemany(
        """
        INSERT INTO consents (id, person_id, purpose, given, wording_version, method, actor_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        [(uuid4(), c.person_id, c.purpose, c.given, c.wording_version, c.method, c.actor_id, c.at) for c in consents],
    )


async def find_consent(c: Connection, person_id: UUID, purpose: str) -> bool:
    """Whether a consent is in force: its newest row says so. No row at all is no consent."""
    given: bool | None = await c.fetchval(
        "SELECT given FROM consents WHERE person_id = $1 AND purpose = $2 ORDER BY number DESC LIMIT 1", person_id, purpose
    )
    return bool(given)


async def list_consents(c: Connection, person_id: UUID) -> list[Consent]:
    """Everything the ledger holds of somebody, oldest first."""
    rows = await c.fetch(
        "SELECT person_id, purpose, given, wording_version, method, actor_id, at FROM consents WHERE person_id = $1 ORDER BY number",
        person_id,
    )
    return [Consent(**dict(row)) for row in rows]
