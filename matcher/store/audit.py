"""Who acts in this transaction, told once so that every change of state is audited; and the rows a change without a state adds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from matcher.domain.actor import Actor
from matcher.domain.connection import Connection


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One thing that was done: ids and codes only, never a name or a value."""

    id: int
    at: datetime
    actor_kind: str
    actor_id: UUID | None
    action: str
    thing_kind: str
    thing_id: UUID
    from_state: str | None
    to_state: str | None
    reason: str | None


async def claim_acting(tx: Connection, actor: Actor, action: str, now: datetime, *, reason: str = "") -> None:
    """Tell this transaction who acts, why and when. Without it the database refuses every change of state."""
    told = "|".join((now.isoformat(), actor.kind.value, str(actor.id or ""), action, reason.replace("|", "/")))
    await tx.execute("SELECT set_config('alongside.acting', $1, true)", told)


async def insert_audit(tx: Connection, thing_kind: str, thing_id: UUID, *, reason: str = "") -> None:
    """Note a change that moves no state (an edit, a look), by the actor this transaction was told of."""
    await tx.execute(
        """
        INSERT INTO audit (at, actor_kind, actor_id, action, thing_kind, thing_id, reason)
        SELECT told[1]::timestamptz, told[2], nullif(told[3], '')::uuid, told[4], $1, $2, nullif(coalesce(nullif($3, ''), told[5]), '')
          FROM (SELECT string_to_array(current_setting('alongside.acting'), '|') AS told) AS acting
        """,
        thing_kind,
        thing_id,
        reason,
    )


async def list_audit(c: Connection, thing_ids: Sequence[UUID], *, most: int = 200) -> list[AuditRow]:
    """What was done to these things, oldest first."""
    rows = await c.fetch(
        """
        SELECT id, at, actor_kind, actor_id, action, thing_kind, thing_id, from_state, to_state, reason
          FROM audit WHERE thing_id = ANY($1) ORDER BY id LIMIT $2
        """,
        list(thing_ids),
        most,
    )
    return [AuditRow(**dict(row)) for row in rows]
