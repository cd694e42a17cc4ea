"""Meetings to which somebody would always go along: what they told their coordinator (matching 7.3). Nothing is ever accepted for them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from matcher.actions.rostering import THING, get_own
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.connection import Connection
from matcher.domain.errors import Changed
from matcher.store import standing_yeses, volunteers
from matcher.store.audit import claim_acting, insert_audit


async def say_where_always(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, volunteer_id: UUID, version: int, meeting_ids: Sequence[UUID]
) -> None:
    """Their answer is always yes at these meetings, and at no other. Said again, one that counted no more counts anew. Raises Changed."""
    await claim_acting(tx, actor, "edit_volunteer", now)
    await get_own(tx, actor, volunteer_id, now)
    if not await volunteers.claim_version(tx, volunteer_id, version, now):
        raise Changed
    await standing_yeses.update_standing_yeses(tx, volunteer_id, meeting_ids, now)
    await insert_audit(tx, THING, volunteer_id, reason="always_yes")
