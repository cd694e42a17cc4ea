"""What is held because its worker never came to an end with it, and letting it go again once the operator has mended the cause (reliability 3)."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from matcher.domain.actor import Actor
from matcher.domain.connection import Connection
from matcher.domain.errors import Refused
from matcher.domain.outbox import Held
from matcher.store import audit, letters, timers


class NotHeld(Refused):
    """That is not held, so nothing was released. Look at what is: alongside release"""


async def list_held(tx: Connection) -> list[Held]:
    """Every held letter and timer, the one that is due first at the top. Changes nothing."""
    return sorted([*await letters.list_held(tx), *await timers.list_held(tx)], key=lambda one: (one.due_at, one.id))


async def release_held(tx: Connection, now: datetime, *, actor: Actor, ids: Collection[UUID]) -> list[Held]:
    """Let these go as if they had never been tried: all of them, or none where one is not held (NotHeld). Returns what was released.

    A letter past its latest moment does not leave: the worker ends it, and tells a person. Each is audited.
    """
    await audit.claim_acting(tx, actor, "release_held", now)
    wanted = set(ids)
    chosen = [one for one in await list_held(tx) if one.id in wanted]
    let_go = await letters.claim_released(tx, wanted, now) | await timers.claim_released(tx, wanted)
    if missing := wanted - let_go:
        raise NotHeld(f"{min(missing)} is not held, so nothing was released. Look at what is: alongside release")
    for one in chosen:
        await audit.insert_audit(tx, f"{one.what}s", one.id, reason=one.kind)
    return chosen
