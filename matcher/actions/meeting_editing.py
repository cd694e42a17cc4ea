"""What coordinators do to a meeting: add it, correct it, say that it was checked, look at its ways in. Its weeks and dates: meeting_dates.py.

A meeting of a published list is corrected by overrides with a reason, which survive every refresh; one kept by hand is changed itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from matcher.actions.meeting_source_keeping import claim_manual_source, manual_source_id
from matcher.actions.meeting_tasks import end_meeting_tasks, owe_ringing
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.connection import Connection
from matcher.domain.directory_meeting import DirectoryMeeting
from matcher.domain.effective_meeting import effective_meeting
from matcher.domain.errors import Changed
from matcher.domain.known_meeting import HistoryLine, KnownMeeting, Override
from matcher.domain.meeting import ParsedMeeting, Status, content_hash
from matcher.domain.meeting_change import (
    OVERRIDABLE,
    changed_fields,
    field_value,
    meeting_from_json,
    one_line,
    plan_changes,
    with_overrides,
)
from matcher.domain.permission import check_can_add_meeting, check_can_change_meeting
from matcher.domain.task import TaskKind, TaskOutcome
from matcher.places_meetings import place_meeting
from matcher.store import audit, directory, meeting_plans, meetings

CALLED_OFF = frozenset({Status.CLOSED, Status.TEMPORARILY_CLOSED, Status.WITHDRAWN, Status.UNPUBLISHED})


class IsHeld(Changed):
    """Its source now describes something else. Please say first whether it is still the same meeting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One meeting on somebody's desk: all that is kept of it, locked for this transaction."""

    tx: Connection
    now: datetime
    actor: Actor
    shown: DirectoryMeeting
    known: KnownMeeting
    said: ParsedMeeting
    overrides: tuple[Override, ...]
    joins: dict[str, str] | None

    @property
    def holds(self) -> ParsedMeeting:
        """What holds now, corrections included."""
        return with_overrides(self.said, {override.field: override.value for override in self.overrides})

    def line(self, field: str, old: Any, new: Any) -> HistoryLine:
        """A line for the history, by this person."""
        return HistoryLine(meeting_id=self.known.id, field=field, old=old, new=new, at=self.now, by_staff=self.actor.id)


async def claim_desk(tx: Connection, now: datetime, *, actor: Actor, meeting_id: UUID, action: str) -> Desk:
    """Lock a meeting that this coordinator may change. Raises NotFound, Hidden or Refused."""
    await audit.claim_acting(tx, actor, action, now)
    known = await meetings.claim_meeting(tx, meeting_id)
    shown = await directory.get_meeting(tx, meeting_id)
    check_can_change_meeting(actor, shown, now)
    said = await meetings.list_said(tx, [meeting_id])
    if known is None:
        raise Changed()
    return Desk(
        tx=tx,
        now=now,
        actor=actor,
        shown=shown,
        known=known,
        said=said[meeting_id],
        overrides=tuple(await meetings.list_overrides_of(tx, meeting_id)),
        joins=await meetings.find_joins(tx, meeting_id),
    )


async def write(
    desk: Desk, said: ParsedMeeting, values: Mapping[str, Any], *, status: Status, needs_check: bool | None = None
) -> ParsedMeeting:
    """Keep what now holds: `said` under the corrections `values`. Returns it."""
    holds = with_overrides(said, values)
    areas = await meetings.list_area_outcodes(desk.tx)
    kept = effective_meeting(
        said,
        holds,
        content_hash=content_hash(said),
        status=status,
        joins=values.get("joins", desk.joins),
        has_weeks=desk.shown.weeks is not None,
        needs_human_check=desk.known.needs_human_check if needs_check is None else needs_check,
        area_id=areas.get(holds.outcode or "", desk.shown.area_id),
    )
    await meetings.update_meetings(desk.tx, [(desk.known.id, kept)])
    await place_meeting(desk.tx, desk.now, desk.known.id)
    return holds


async def add_meeting(tx: Connection, _config: Config, now: datetime, *, actor: Actor, area_id: UUID, new: ParsedMeeting) -> UUID:
    """A meeting that a coordinator knows of. Its key, its one-line address and its end follow from the rest."""
    await audit.claim_acting(tx, actor, "add_meeting", now)
    check_can_add_meeting(actor, None, now)
    await claim_manual_source(tx, now, area_id, timezone=new.timezone)
    meeting_id = uuid4()
    said = complete(replace(new, source_key=meeting_id.hex))
    areas = await meetings.list_area_outcodes(tx)
    kept = effective_meeting(
        said,
        said,
        content_hash=content_hash(said),
        status=said.status,
        joins=None,
        has_weeks=False,
        needs_human_check=False,
        area_id=areas.get(said.outcode or "", area_id),
    )
    await meetings.insert_meetings(tx, manual_source_id(area_id), [(meeting_id, kept)], now, how="person")
    await place_meeting(tx, now, meeting_id)
    await meetings.update_checked(tx, meeting_id, now, how="person", by_staff=actor.id)
    await audit.insert_audit(tx, "meetings", meeting_id)
    return meeting_id


def complete(said: ParsedMeeting) -> ParsedMeeting:
    """What a person typed with what follows from it: the end, the district, the address in one line."""
    end = None
    if said.start is not None and said.duration_min is not None and not said.duration_is_assumed:
        end = (datetime.combine(date(2000, 1, 1), said.start) + timedelta(minutes=said.duration_min)).time()
    return replace(said, end=end, outcode=said.postcode.split()[0] if said.postcode else said.outcode, formatted_address=one_line(said))


async def correct_meeting(
    tx: Connection,
    _config: Config,
    now: datetime,
    *,
    actor: Actor,
    meeting_id: UUID,
    values: Mapping[str, Any],
    reason: str,
    until: datetime | None = None,
) -> int:
    """Change fields of a meeting, as `OVERRIDABLE` names them, in JSON's values. Returns how many plans hang on what changed.

    Of an imported meeting each becomes an override with its reason; one that equals what the source says ends the override there was.
    """
    desk = await claim_desk(tx, now, actor=actor, meeting_id=meeting_id, action="correct_meeting")
    if set(values) - OVERRIDABLE:
        raise ValueError(f"not to be corrected: {sorted(set(values) - OVERRIDABLE)}")
    before = desk.holds
    if desk.shown.is_manual:
        public = {name: value for name, value in values.items() if name != "joins"}
        said = complete(meeting_from_json(with_overrides(desk.said, public).to_json()))
        standing: dict[str, Any] = {}
    else:
        said = desk.said
        standing = await keep_overrides(desk, values, reason, until)
    if "joins" in values:
        await meetings.update_joins(tx, {meeting_id: values["joins"]})
        desk = replace(desk, joins=values["joins"])
    status = _status_after(desk, said, standing, values)
    holds = await write(desk, said, standing, status=status)
    return await note_change(desk, before, holds, status=status, joins_changed="joins" in values)


def _status_after(desk: Desk, said: ParsedMeeting, standing: Mapping[str, Any], values: Mapping[str, Any]) -> Status:
    """A person's word about the status counts; without one it stays, over time, as it was."""
    if "status" in standing:
        return Status(standing["status"])
    if "status" in values:
        return said.status if desk.shown.is_manual else desk.known.status_when_seen(said.status)
    return desk.known.status


async def keep_overrides(desk: Desk, values: Mapping[str, Any], reason: str, until: datetime | None) -> dict[str, Any]:
    """Keep these corrections, or end those that equal what the source says. Returns every value that stands corrected then."""
    standing = {override.field: override.value for override in desk.overrides}
    for name, value in values.items():
        said = _said_of_joins(desk) if name == "joins" else field_value(desk.said, name)
        if value == said:
            standing.pop(name, None)
            await meetings.delete_overrides(desk.tx, [(desk.known.id, name)])
            continue
        standing[name] = value
        if desk.actor.id is None:
            raise ValueError("a correction is a person's")
        await meetings.upsert_override(
            desk.tx,
            Override(
                meeting_id=desk.known.id,
                field=name,
                value=value,
                base_value=said,
                reason=reason,
                by_staff=desk.actor.id,
                at=desk.now,
                until=until,
            ),
        )
    return standing


def _said_of_joins(desk: Desk) -> Any:
    """The ways in as the source gave them, also where a person has put others in their place."""
    kept = next((override for override in desk.overrides if override.field == "joins"), None)
    if kept is None:
        return desk.joins
    return kept.conflict_value if kept.has_conflict else kept.base_value


async def note_change(desk: Desk, before: ParsedMeeting, holds: ParsedMeeting, *, status: Status, joins_changed: bool) -> int:
    """The history, and a line for those whose people plan to go there. Returns how many plans hang on it."""
    old, new = before.to_json(), holds.to_json()
    fields = changed_fields(before, holds) - {"attendable", "needs_human_check", "status", "join_secret_separated"}
    lines = [desk.line(name, old[name], new[name]) for name in sorted(fields)]
    if joins_changed:
        lines.append(desk.line("joins", None, None))
    if status is not desk.known.status:
        lines.append(desk.line("status", desk.known.status.value, status.value))
    await meetings.insert_history(desk.tx, lines)
    await audit.insert_audit(desk.tx, "meetings", desk.known.id, reason=",".join(line.field for line in lines))
    off = status in CALLED_OFF and status is not desk.known.status
    if not (plan_changes(before, holds) or joins_changed or status is not desk.known.status):
        return 0
    return await owe_ringing(desk.tx, desk.now, [desk.known.id], reason="meeting_cancelled" if off else "meeting_changed")


async def check_meeting(tx: Connection, _config: Config, now: datetime, *, actor: Actor, meeting_id: UUID, how: str) -> None:
    """Somebody made sure that it is held as it stands here: `how` is person, phone or visit. An unconfirmed meeting is active again."""
    desk = await claim_desk(tx, now, actor=actor, meeting_id=meeting_id, action="check_meeting")
    if desk.known.is_held:
        raise IsHeld()
    await meetings.update_checked(tx, meeting_id, now, how=how, by_staff=actor.id)
    values = {override.field: override.value for override in desk.overrides}
    if desk.known.status in (Status.UNCONFIRMED, Status.WITHDRAWN) and desk.holds.status is Status.ACTIVE:
        await meetings.insert_history(tx, [desk.line("status", desk.known.status.value, Status.ACTIVE.value)])
        await write(desk, desk.said, values, status=Status.ACTIVE, needs_check=False)
    await audit.insert_audit(tx, "meetings", meeting_id, reason=how)
    await end_checks(desk, TaskOutcome.CHECKED)


async def end_checks(desk: Desk, outcome: TaskOutcome) -> None:
    """What coordinators were asked to look at about this meeting has been looked at."""
    plans = await meeting_plans.list_depending(desk.tx, [desk.known.id], desk.now)
    areas = {desk.shown.area_id, *(plan.area_id for plan in plans)}
    await end_meeting_tasks(desk.tx, desk.now, desk.known.id, areas, kind=TaskKind.CHECK_MEETING, outcome=outcome, done_by=desk.actor.id)


async def read_joins(tx: Connection, _config: Config, now: datetime, *, actor: Actor, meeting_id: UUID) -> dict[str, str]:
    """The ways in that are never public, for a coordinator who asks to see them. It is noted who looked."""
    desk = await claim_desk(tx, now, actor=actor, meeting_id=meeting_id, action="look_at_joins")
    await audit.insert_audit(tx, "meetings", meeting_id)
    return desk.joins or {}
