"""When a meeting is held that is not held every week, and single dates that are called off or moved: set by a person only."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from matcher.actions.meeting_editing import Desk, claim_desk, keep_overrides, note_change, write
from matcher.actions.meeting_tasks import owe_ringing
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.connection import Connection
from matcher.domain.errors import Changed
from matcher.domain.meeting import Schedule
from matcher.domain.occurrence import ExceptionKind, MeetingException, MeetingWeeks
from matcher.store import audit, directory, meetings


class NothingDifferent(Changed):
    """Nothing is different about that date any more."""


async def set_weeks(tx: Connection, _config: Config, now: datetime, *, actor: Actor, meeting_id: UUID, weeks: MeetingWeeks | None) -> int:
    """In which weeks it is held; None: every week. Returns how many plans hang on it."""
    desk = await claim_desk(tx, now, actor=actor, meeting_id=meeting_id, action="set_meeting_weeks")
    await directory.update_weeks(tx, meeting_id, weeks)
    schedule = Schedule.NOT_WEEKLY if weeks else Schedule.WEEKLY
    desk = replace(desk, shown=replace(desk.shown, weeks=weeks))
    before, values, said = desk.holds, {override.field: override.value for override in desk.overrides}, desk.said
    if desk.shown.is_manual:
        said = replace(said, schedule=schedule)
    elif desk.holds.schedule is not schedule:
        values = await keep_overrides(desk, {"schedule": schedule.value}, "weeks", None)
    holds = await write(desk, said, values, status=desk.known.status)
    await meetings.insert_history(tx, [desk.line("weeks", None, _weeks_json(weeks))])
    await note_change(desk, before, holds, status=desk.known.status, joins_changed=False)
    return await owe_ringing(tx, now, [meeting_id], reason="meeting_changed")


def _weeks_json(weeks: MeetingWeeks | None) -> dict[str, Any] | None:
    if weeks is None:
        return None
    return {
        "weeks_of_month": sorted(weeks.weeks_of_month),
        "anchor_on": weeks.anchor_on.isoformat() if weeks.anchor_on else None,
        "every_weeks": weeks.every_weeks,
        "on_dates": sorted(on.isoformat() for on in weeks.on_dates),
    }


async def change_date(
    tx: Connection, _config: Config, now: datetime, *, actor: Actor, meeting_id: UUID, different: MeetingException
) -> int:
    """One date is called off, or has its own start or place. Returns how many plans hang on the meeting."""
    desk = await claim_desk(tx, now, actor=actor, meeting_id=meeting_id, action="change_meeting_date")
    before = await directory.find_exception(tx, meeting_id, different.on_date)
    await directory.upsert_exception(tx, meeting_id, different, now, by_staff=actor.id)
    return await _note_date(desk, different.on_date, before, different)


async def restore_date(tx: Connection, _config: Config, now: datetime, *, actor: Actor, meeting_id: UUID, on_date: date) -> int:
    """That date is as always again. Raises NothingDifferent. Returns how many plans hang on the meeting."""
    desk = await claim_desk(tx, now, actor=actor, meeting_id=meeting_id, action="restore_meeting_date")
    before = await directory.find_exception(tx, meeting_id, on_date)
    if not await directory.delete_exception(tx, meeting_id, on_date):
        raise NothingDifferent()
    return await _note_date(desk, on_date, before, None)


async def _note_date(desk: Desk, on_date: date, before: MeetingException | None, after: MeetingException | None) -> int:
    line = desk.line(f"date.{on_date.isoformat()}", _exception_json(before), _exception_json(after))
    await meetings.insert_history(desk.tx, [line])
    await audit.insert_audit(desk.tx, "meetings", desk.known.id, reason=on_date.isoformat())
    off = after is not None and after.kind is ExceptionKind.CANCELLED
    return await owe_ringing(desk.tx, desk.now, [desk.known.id], reason="meeting_cancelled" if off else "meeting_changed")


def _exception_json(different: MeetingException | None) -> dict[str, Any] | None:
    if different is None:
        return None
    starts = different.starts.strftime("%H:%M") if different.starts else None
    return {"kind": different.kind.value, "starts": starts, "venue": different.venue, "note": different.note}
