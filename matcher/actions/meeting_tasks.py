"""What coordinators are asked to do about a meeting or a source: ring those who plan to go, or look at something that only a person can judge."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from matcher.domain.connection import Connection
from matcher.domain.task import TaskKind, TaskOutcome
from matcher.store import meeting_plans, meeting_sources, tasks


def task_about(meeting_id: UUID, area_id: UUID | None) -> UUID:
    """What a task for one area about a meeting is about: several areas' people may plan to go there, and each area has its own line."""
    return uuid5(meeting_id, str(area_id))


def task_about_source(source_id: str, area_id: UUID) -> UUID:
    """What a task for one area about a source is about."""
    return uuid5(uuid5(NAMESPACE_URL, f"meeting-source:{source_id}"), str(area_id))


async def owe_ringing(
    tx: Connection, now: datetime, meeting_ids: Collection[UUID], *, reason: str, kind: TaskKind = TaskKind.RING_THEM
) -> int:
    """A line for each area whose newcomers or companions plan to go to one of these meetings: they must hear of it. Returns how many plans."""
    if not meeting_ids:
        return 0
    depending = await meeting_plans.list_depending(tx, meeting_ids, now)
    soonest: dict[tuple[UUID, UUID | None], datetime] = {}
    for plan in depending:
        soonest.setdefault((plan.meeting_id, plan.area_id), plan.starts_at)
    for (meeting_id, area_id), starts_at in soonest.items():
        await _owe(tx, now, kind, reason=reason, area_id=area_id, meeting_id=meeting_id, due_at=starts_at)
    return len(depending)


async def owe_look(tx: Connection, now: datetime, meetings: Iterable[tuple[UUID, UUID | None]], *, reason: str) -> None:
    """A line for the area of each of these meetings: a person must look at it."""
    for meeting_id, area_id in meetings:
        await _owe(tx, now, TaskKind.CHECK_MEETING, reason=reason, area_id=area_id, meeting_id=meeting_id, due_at=None)


async def _owe(
    tx: Connection, now: datetime, kind: TaskKind, *, reason: str, area_id: UUID | None, meeting_id: UUID, due_at: datetime | None
) -> None:
    await tasks.insert_task(
        tx,
        tasks.Task(
            id=uuid4(),
            kind=kind.value,
            reason=reason,
            for_role="coordinator",
            provider_id=None,
            area_id=area_id,
            staff_id=None,
            about_id=task_about(meeting_id, area_id),
            meeting_id=meeting_id,
            opened_at=now,
            due_at=due_at,
        ),
    )


async def owe_source(tx: Connection, now: datetime, source_id: str, *, reason: str) -> None:
    """A line for every area that has to do with a source: a person must decide, or ask its publisher."""
    for area_id in await meeting_sources.list_areas_of_source(tx, source_id):
        task = tasks.Task(
            id=uuid4(),
            kind=TaskKind.CHECK_MEETING.value,
            reason=reason,
            for_role="coordinator",
            provider_id=None,
            area_id=area_id,
            staff_id=None,
            about_id=task_about_source(source_id, area_id),
            opened_at=now,
        )
        await tasks.insert_task(tx, task)


async def end_source_tasks(tx: Connection, now: datetime, source_id: str) -> None:
    """The source is well again."""
    for area_id in await meeting_sources.list_areas_of_source(tx, source_id):
        about_id = task_about_source(source_id, area_id)
        await tasks.update_tasks_done(tx, about_id, now, outcome=TaskOutcome.SUPERSEDED.value, kinds=[TaskKind.CHECK_MEETING.value])


async def end_meeting_tasks(
    tx: Connection,
    now: datetime,
    meeting_id: UUID,
    areas: Iterable[UUID | None],
    *,
    kind: TaskKind,
    outcome: TaskOutcome,
    done_by: UUID | None,
) -> None:
    """What was asked about a meeting has been done, for these areas."""
    for about_id in {task_about(meeting_id, area_id) for area_id in areas}:
        await tasks.update_tasks_done(tx, about_id, now, outcome=outcome.value, kinds=[kind.value], done_by=done_by)
