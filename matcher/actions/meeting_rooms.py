"""Two things that people who know a meeting write down: that it is held in their own service's rooms, and the way there step by step."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.connection import Connection
from matcher.domain.errors import Refused
from matcher.domain.meeting_room import HostedMeeting
from matcher.domain.permission import check_can_change_meeting, check_can_host_meeting
from matcher.store import audit, directory, finder_rooms


class HostedElsewhere(Refused):
    """Another service says that this meeting is held in its rooms. Please talk to them first."""


async def host_meeting(
    tx: Connection, _config: Config, now: datetime, *, actor: Actor, meeting_id: UUID, hosted: bool, room_note: str
) -> str:
    """A keyworker says that a meeting is, or is not, held in their service's rooms. Returns the meeting's id. Raises HostedElsewhere."""
    await audit.claim_acting(tx, actor, "host_meeting", now)
    meeting = await directory.get_meeting(tx, meeting_id)
    check_can_host_meeting(actor, meeting, now)
    known = await finder_rooms.find_host(tx, meeting_id)
    if actor.id is None or actor.provider_id is None or (known is not None and known.provider_id != actor.provider_id):
        raise HostedElsewhere()
    if hosted:
        await finder_rooms.upsert_host(tx, HostedMeeting(meeting_id, actor.provider_id, "", room_note), now, by_staff=actor.id)
    else:
        await finder_rooms.delete_host(tx, meeting_id)
    await audit.insert_audit(tx, "meetings", meeting_id, reason="hosted" if hosted else "not hosted")
    return str(meeting_id)


async def write_way(
    tx: Connection, _config: Config, now: datetime, *, actor: Actor, meeting_id: UUID, from_where: str, steps: Sequence[str]
) -> str:
    """A coordinator writes the way to a meeting, one step a line; no steps: none is written any more. Returns the meeting's id."""
    await audit.claim_acting(tx, actor, "write_way", now)
    meeting = await directory.get_meeting(tx, meeting_id)
    check_can_change_meeting(actor, meeting, now)
    if actor.id is None:
        raise Refused()
    await finder_rooms.update_way(tx, meeting_id, from_where=from_where, steps=steps, now=now, by_staff=actor.id)
    await audit.insert_audit(tx, "meetings", meeting_id)
    return str(meeting_id)
