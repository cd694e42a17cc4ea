"""What follows from a matched feed: meetings added, updated, held, missed and restored, corrections kept or ended, people told to ring."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from matcher.actions.meeting_tasks import owe_look, owe_ringing
from matcher.domain.connection import Connection
from matcher.domain.effective_meeting import EffectiveMeeting, effective_meeting, town_place
from matcher.domain.feed_issue import Run
from matcher.domain.import_matching import Matched, Update
from matcher.domain.known_meeting import HistoryLine, Incoming, KnownMeeting, Override
from matcher.domain.meeting import ParsedMeeting, Status
from matcher.domain.meeting_change import field_value, plan_changes, with_overrides
from matcher.domain.meeting_source import MeetingSource, RunReport
from matcher.domain.task import TaskKind
from matcher.places_meetings import place_meetings
from matcher.store import meetings

CANCELLED = frozenset({Status.CLOSED, Status.TEMPORARILY_CLOSED})
JOINS = "joins"


@dataclass(slots=True, kw_only=True)
class Applying:
    """One run at work. The lists below are written in one go at its end."""

    tx: Connection
    now: datetime
    run_id: UUID
    source: MeetingSource
    areas: Mapping[str, UUID]
    overrides: Mapping[UUID, list[Override]]
    with_weeks: set[UUID]
    joins: Mapping[UUID, dict[str, str]]
    joins_said: Mapping[UUID, dict[str, str]]
    changed: list[tuple[UUID, EffectiveMeeting]] = field(default_factory=list)
    new_joins: dict[UUID, Mapping[str, str] | None] = field(default_factory=dict)
    lines: list[HistoryLine] = field(default_factory=list)
    conflicts: list[tuple[UUID, str, Any]] = field(default_factory=list)
    settled: list[tuple[UUID, str]] = field(default_factory=list)
    ended: list[tuple[UUID, str]] = field(default_factory=list)
    to_ring: dict[str, set[UUID]] = field(default_factory=dict)

    def area_of(self, row: ParsedMeeting) -> UUID | None:
        """Whose meeting it is: its district's area, else its source's."""
        return self.areas.get(row.outcode or "", self.source.area_id)

    def line(self, meeting_id: UUID, name: str, old: Any, new: Any) -> None:
        """Note a change of this run."""
        self.lines.append(HistoryLine(meeting_id=meeting_id, field=name, old=old, new=new, at=self.now, run_id=self.run_id))

    def ring(self, reason: str, meeting_id: UUID) -> None:
        """Whoever plans to go there must hear of it, if anybody does."""
        self.to_ring.setdefault(reason, set()).add(meeting_id)


async def begin_run(
    tx: Connection,
    now: datetime,
    run_id: UUID,
    *,
    source: MeetingSource,
    overrides: Mapping[UUID, list[Override]],
    joins_said: Mapping[UUID, dict[str, str]],
) -> Applying:
    """Read what a run needs beside its rows."""
    return Applying(
        tx=tx,
        now=now,
        run_id=run_id,
        source=source,
        areas=await meetings.list_area_outcodes(tx),
        overrides=overrides,
        with_weeks=await meetings.list_meetings_with_weeks(tx, source.id),
        joins=await meetings.list_joins(tx, source.id),
        joins_said=joins_said,
    )


async def apply_matched(
    tx: Connection,
    now: datetime,
    run_id: UUID,
    *,
    source: MeetingSource,
    matched: Matched,
    overrides: Mapping[UUID, list[Override]],
    joins_said: Mapping[UUID, dict[str, str]],
) -> RunReport:
    """Write what a good run says, and report it. `joins_said`: the ways in as the source gave them last."""
    run = await begin_run(tx, now, run_id, source=source, overrides=overrides, joins_said=joins_said)
    await _add(run, matched.added)
    for change in (*matched.updated, *matched.restored):
        _take(run, change)
    await end_expired(run, {known.id: known for known in matched.unchanged})
    named = [*matched.unchanged, *(change.known for change in (*matched.updated, *matched.restored))]
    await meetings.update_meetings(tx, run.changed)
    await meetings.update_seen(tx, [known.id for known in named], now)
    await meetings.update_seen_unread(tx, [known.id for known in matched.refused], now)
    await _hold(run, matched.held)
    withdrawn, missing = await miss_more(run, matched.missing)
    await meetings.update_joins(tx, run.new_joins)
    await write_corrections(run)
    await meetings.insert_history(tx, run.lines)
    await _place_by_town(run)
    await place_meetings(tx, now, source.id)
    await tell_coordinators(run)
    fields = frozenset[str]().union(*(change.fields for change in (*matched.updated, *matched.restored)))
    return RunReport(
        run=Run.OK,
        added=len(matched.added),
        updated=len(matched.updated),
        unchanged=len(matched.unchanged),
        restored=len(matched.restored),
        held=len(matched.held),
        missing=missing,
        withdrawn=withdrawn,
        changed_fields=tuple(sorted(fields)),
        conflicts=len(run.conflicts),
        needs_coordinator=bool(matched.held or run.conflicts or matched.ambiguous),
    )


# ── rows that are taken ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _add(run: Applying, added: Sequence[Incoming]) -> None:
    """A batch at a time, so that a long list is never held twice."""
    for start in range(0, len(added), meetings.BATCH):
        new: list[tuple[UUID, EffectiveMeeting]] = []
        for incoming in added[start : start + meetings.BATCH]:
            meeting_id, row = uuid4(), incoming.row
            new.append((meeting_id, _effective(run, meeting_id, incoming, row, status=row.status, needs_check=row.needs_human_check)))
            if incoming.joins:
                run.new_joins[meeting_id] = incoming.joins
        await meetings.insert_meetings(run.tx, run.source.id, new, run.now, how="feed")


def _effective(
    run: Applying, meeting_id: UUID, incoming: Incoming, holds: ParsedMeeting, *, status: Status, needs_check: bool
) -> EffectiveMeeting:
    return effective_meeting(
        incoming.row,
        holds,
        content_hash=incoming.content_hash,
        status=status,
        joins=run.new_joins.get(meeting_id, run.joins.get(meeting_id)) or incoming.joins,
        has_weeks=meeting_id in run.with_weeks,
        needs_human_check=needs_check,
        area_id=run.area_of(holds),
    )


def _take(run: Applying, change: Update) -> None:
    """A known meeting as its source now describes it, under the corrections that still stand."""
    known, row = change.known, change.incoming.row
    values_before = {override.field: override.value for override in run.overrides.get(known.id, ())}
    values = _corrections_after(run, known.id, change.incoming)
    joins_changed = JOINS not in values and change.incoming.joins != run.joins.get(known.id)
    if joins_changed:
        run.new_joins[known.id] = change.incoming.joins
    before, holds = with_overrides(change.before, values_before), with_overrides(row, values)
    status = holds.status if "status" in values else known.status_when_seen(holds.status)
    concerns = plan_changes(before, holds)
    run.changed.append((known.id, _effective(run, known.id, change.incoming, holds, status=status, needs_check=_needs_check(change))))
    _note(run, change, status)
    if concerns or joins_changed:
        unpublished = holds.status is Status.UNPUBLISHED and before.status is not Status.UNPUBLISHED
        cancelled = holds.status in CANCELLED and holds.status is not before.status
        run.ring("unconfirmed" if unpublished else "meeting_cancelled" if cancelled else "meeting_changed", known.id)


def _note(run: Applying, change: Update, status: Status) -> None:
    known, row = change.known, change.incoming.row
    before, after = change.before.to_json(), row.to_json()
    for name in sorted(change.fields - {"source_key", "status"}):
        secret = name == "join_secret_separated"
        run.line(known.id, JOINS if secret else name, None if secret else before[name], None if secret else after[name])
    if "source_key" in change.fields:
        run.line(known.id, "source_key", known.source_key, row.source_key)
    if known.status is not status:
        run.line(known.id, "status", known.status.value, status.value)
    if known.is_held:
        run.line(known.id, "held", None, None)


def _needs_check(change: Update) -> bool:
    """Whether a person must look: what was checked stays checked until something that plans hang on changes; a doubt of a person's own stays."""
    known, before, row = change.known, change.before, change.incoming.row
    if before.needs_human_check:
        was_checked = not known.needs_human_check and not change.concerns_plans
        return row.needs_human_check and not was_checked
    return row.needs_human_check or (known.needs_human_check and not known.is_held)


def _corrections_after(run: Applying, meeting_id: UUID, incoming: Incoming) -> dict[str, Any]:
    """The corrections that still stand over a new row; those it has come round to end, those it contradicts anew are conflicts."""
    standing: dict[str, Any] = {}
    for override in run.overrides.get(meeting_id, ()):
        now_said = incoming.joins if override.field == JOINS else field_value(incoming.row, override.field)
        if now_said == override.value or (override.until is not None and override.until <= run.now):
            run.ended.append((meeting_id, override.field))
            shown = None if override.field == JOINS else override.value
            run.line(meeting_id, f"override.{override.field}", shown, None)
            continue
        standing[override.field] = override.value
        if now_said == override.base_value:
            if override.has_conflict:
                run.settled.append((meeting_id, override.field))
        elif not override.has_conflict or override.conflict_value != now_said:
            run.conflicts.append((meeting_id, override.field, now_said))
    return standing


async def end_expired(run: Applying, others: Mapping[UUID, KnownMeeting]) -> None:
    """Corrections whose time is over end, although the source says nothing new about their meetings."""
    wanted = {
        meeting_id
        for meeting_id, overrides in run.overrides.items()
        if meeting_id in others and any(o.until is not None and o.until <= run.now for o in overrides)
    }
    for meeting_id, row in (await meetings.list_said(run.tx, wanted)).items():
        known = others[meeting_id]
        incoming = Incoming(row=row, content_hash=known.content_hash, joins=run.joins_said.get(meeting_id))
        fields = frozenset[str]()
        _take(run, Update(known, incoming, row, fields, fields))


async def write_corrections(run: Applying) -> None:
    """Conflicts that are new or over, and corrections that have ended."""
    await meetings.update_conflicts(run.tx, run.conflicts)
    for meeting_id, name in run.settled:
        await meetings.clear_conflict(run.tx, meeting_id, name)
    await meetings.delete_overrides(run.tx, run.ended)


# ── rows that are not ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _hold(run: Applying, held: list[Update]) -> None:
    """A person must say whether it is the same meeting. What the source says is kept in the history, once for each wording."""
    known_rows = await meetings.list_held_rows(run.tx, [change.known.id for change in held])
    for change in held:
        row = change.incoming.row.to_json()
        if known_rows.get(change.known.id) != row:
            run.line(change.known.id, "held", None, row)
        if change.known.status is Status.ACTIVE:
            run.line(change.known.id, "status", Status.ACTIVE.value, Status.UNCONFIRMED.value)
            run.ring("unconfirmed", change.known.id)
    await meetings.update_held(run.tx, [change.known.id for change in held], run.now)
    fresh = [(change.known.id, run.area_of(change.before)) for change in held if not change.known.is_held]
    await owe_look(run.tx, run.now, fresh, reason="held")


async def miss_more(run: Applying, missing: Iterable[KnownMeeting]) -> tuple[int, int]:
    """One more good run without these; how many were withdrawn, and how many are missing and were not."""
    standing: list[tuple[UUID, Status]] = []
    for known in missing:
        if not known.is_live:
            continue
        corrected = any(override.field == "status" for override in run.overrides.get(known.id, ()))
        status = known.status if corrected else known.status_when_missing(run.now)
        standing.append((known.id, status))
        if status is not known.status:
            run.line(known.id, "status", known.status.value, status.value)
            run.ring("unconfirmed", known.id)
    await meetings.update_missing(run.tx, standing, run.now)
    withdrawn = sum(status is Status.WITHDRAWN for _, status in standing)
    return withdrawn, len(standing) - withdrawn


async def _place_by_town(run: Applying) -> None:
    towns = await meetings.list_unplaced_towns(run.tx, run.source.id)
    venues = await meetings.list_venue_points(run.tx, towns) if towns else {}
    for town in towns:
        await meetings.update_town_place(run.tx, run.source.id, town, town_place(town, venues.get(town, ())))


async def tell_coordinators(run: Applying) -> None:
    """Lines on the coordinators' lists: for plans that hang on what has changed, and for corrections that the source contradicts."""
    for reason, meeting_ids in sorted(run.to_ring.items()):
        kind = TaskKind.CHECK_MEETING if reason == "unconfirmed" else TaskKind.RING_THEM
        await owe_ringing(run.tx, run.now, meeting_ids, reason=reason, kind=kind)
    contradicted = {meeting_id for meeting_id, _, _ in run.conflicts}
    areas = {meeting_id: meeting.area_id for meeting_id, meeting in run.changed}
    await owe_look(run.tx, run.now, [(meeting_id, areas.get(meeting_id)) for meeting_id in contradicted], reason="conflict")
