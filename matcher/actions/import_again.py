"""A good run that brings nothing new: the publisher says so (304), or the bytes are those of the last good run. Nothing is read again."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from matcher.actions.import_applying import JOINS, begin_run, end_expired, miss_more, tell_coordinators, write_corrections
from matcher.domain.connection import Connection
from matcher.domain.feed_issue import Run
from matcher.domain.known_meeting import Override
from matcher.domain.meeting_source import MeetingSource, RunReport
from matcher.places_meetings import place_meetings
from matcher.store import meetings


async def apply_unmodified(tx: Connection, now: datetime, run_id: UUID, source: MeetingSource) -> None:
    """Nothing has changed at the publisher's: what the last good run named is confirmed again, what it did not is missing for one more run."""
    await _apply_again(tx, now, run_id, source)


async def apply_same(tx: Connection, now: datetime, run_id: UUID, source: MeetingSource) -> RunReport:
    """The same bytes as in the last good run, read in the same way, every row of which still stands: an ordinary run in which all is unchanged."""
    missing, withdrawn = await _apply_again(tx, now, run_id, source)
    await meetings.update_unread_again(tx, source.id, now)
    return RunReport(run=Run.OK, unchanged=source.last_good_rows or 0, missing=missing, withdrawn=withdrawn)


async def _apply_again(tx: Connection, now: datetime, run_id: UUID, source: MeetingSource) -> tuple[int, int]:
    """What was named last time is named again. How many are missing for one more run, and how many were withdrawn by that."""
    overrides = await meetings.list_overrides(tx, source.id)
    joins_said = said_joins(await meetings.list_joins(tx, source.id), overrides)
    run = await begin_run(tx, now, run_id, source=source, overrides=overrides, joins_said=joins_said)
    known = await meetings.list_known_apart(tx, source.id, overrides)
    await end_expired(run, {meeting.id: meeting for meeting in known if meeting.is_live and not meeting.is_missing and not meeting.is_held})
    await meetings.update_meetings(tx, run.changed)
    await meetings.update_seen_unmodified(tx, source.id, now)
    withdrawn, missing = await miss_more(run, [meeting for meeting in known if meeting.is_missing])
    await meetings.update_joins(tx, run.new_joins)
    await write_corrections(run)
    await meetings.insert_history(tx, run.lines)
    if run.changed:
        await place_meetings(tx, now, source.id)
    await tell_coordinators(run)
    return missing, withdrawn


def said_joins(joins: Mapping[UUID, dict[str, str]], overrides: Mapping[UUID, list[Override]]) -> dict[UUID, dict[str, str]]:
    """The ways in as their sources gave them, also where a person has put others in their place."""
    said = dict(joins)
    for meeting_id, corrections in overrides.items():
        for correction in corrections:
            if correction.field == JOINS:
                said[meeting_id] = correction.conflict_value if correction.has_conflict else correction.base_value
    return said
