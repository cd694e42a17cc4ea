"""What only a person can judge about an imported meeting: whether it is still the same, and whose word counts where source and person differ."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from matcher.actions.meeting_editing import Desk, claim_desk, end_checks, note_change, write
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.connection import Connection
from matcher.domain.errors import Changed
from matcher.domain.meeting import Status
from matcher.domain.meeting_change import meeting_from_json
from matcher.domain.task import TaskOutcome
from matcher.store import meetings


class NothingToJudge(Changed):
    """There is nothing to decide here any more. Nothing was changed."""


async def settle_held(tx: Connection, _config: Config, now: datetime, *, actor: Actor, meeting_id: UUID, same: bool) -> int:
    """Whether a row that looks like another meeting is still this one. Returns how many plans hang on what changed.

    Same: what its source says now holds. Another: this one is withdrawn and gives its key away, so that the next run adds the other as new.
    """
    desk = await claim_desk(tx, now, actor=actor, meeting_id=meeting_id, action="settle_held_meeting")
    held = (await meetings.list_held_rows(tx, [meeting_id])).get(meeting_id)
    if held is None or not desk.known.is_held:
        raise NothingToJudge()
    values = {override.field: override.value for override in desk.overrides}
    before = desk.holds
    if same:
        said = meeting_from_json(held)
        status = Status(values["status"]) if "status" in values else desk.known.status_when_seen(said.status)
        holds = await write(desk, said, values, status=status, needs_check=said.needs_human_check)
        await meetings.update_checked(tx, meeting_id, now, how="person", by_staff=actor.id)
    else:
        said = replace(desk.said, source_key=f"{desk.said.source_key}~{meeting_id.hex[:8]}")
        status = Status.WITHDRAWN
        holds = await write(desk, said, values, status=status, needs_check=False)
        await meetings.insert_history(tx, [desk.line("source_key", desk.said.source_key, said.source_key)])
    await meetings.insert_history(tx, [desk.line("held", None, None)])
    await end_checks(desk, TaskOutcome.CHANGED)
    return await note_change(desk, before, holds, status=status, joins_changed=False)


async def settle_conflict(tx: Connection, _config: Config, now: datetime, *, actor: Actor, meeting_id: UUID, field: str, keep: bool) -> int:
    """A correction goes on although its source says something new, or ends. Also ends one without a conflict. Returns how many plans hang on it."""
    desk = await claim_desk(tx, now, actor=actor, meeting_id=meeting_id, action="settle_correction")
    override = next((one for one in desk.overrides if one.field == field), None)
    if override is None:
        raise NothingToJudge()
    await end_checks(desk, TaskOutcome.CHANGED)
    if keep:
        said = override.conflict_value if override.has_conflict else override.base_value
        await meetings.upsert_override(tx, replace(override, base_value=said))
        return await note_change(desk, desk.holds, desk.holds, status=desk.known.status, joins_changed=False)
    await meetings.delete_overrides(tx, [(meeting_id, field)])
    if field == "joins":
        said = override.conflict_value if override.has_conflict else override.base_value
        await meetings.update_joins(tx, {meeting_id: said})
        desk = replace(desk, joins=said)
    return await _without(desk, field)


async def _without(desk: Desk, field: str) -> int:
    before = desk.holds
    values = {override.field: override.value for override in desk.overrides if override.field != field}
    status = desk.known.status_when_seen(desk.said.status) if field == "status" else desk.known.status
    holds = await write(desk, desk.said, values, status=status)
    return await note_change(desk, before, holds, status=status, joins_changed=field == "joins")
