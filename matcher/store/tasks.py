"""Tasks: lines on the lists of keyworkers and coordinators. One open one for each kind and thing; none closes without an outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from matcher.domain.connection import Connection
from matcher.domain.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something a member of staff is asked to do. Ids and codes only: the page looks up what its reader may see."""

    id: UUID
    kind: str
    reason: str
    for_role: str
    provider_id: UUID | None
    area_id: UUID | None
    staff_id: UUID | None
    about_id: UUID
    referral_id: UUID | None = None
    volunteer_id: UUID | None = None
    match_id: UUID | None = None
    meeting_id: UUID | None = None
    letter_id: UUID | None = None
    opened_at: datetime
    due_at: datetime | None = None
    state: str = "open"
    outcome: str | None = None
    done_at: datetime | None = None


COLUMNS = """
    id, kind, reason, for_role, provider_id, area_id, staff_id, about_id, referral_id, volunteer_id, match_id, meeting_id, letter_id, opened_at,
    due_at, state, outcome, done_at
"""


async def insert_task(tx: Connection, task: Task) -> bool:
    """Open a task; False when one of this kind about this thing is open already (its reason and time are brought up to date)."""
    status = await tx.fetchval(
        """
        INSERT INTO tasks (id, kind, reason, for_role, provider_id, area_id, staff_id, about_id, referral_id, volunteer_id, match_id, meeting_id,
                           letter_id, opened_at, due_at, state)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'open')
        ON CONFLICT (kind, about_id) WHERE state = 'open' DO UPDATE SET reason = EXCLUDED.reason, due_at = EXCLUDED.due_at
        RETURNING xmax = 0
        """,
        task.id,
        task.kind,
        task.reason,
        task.for_role,
        task.provider_id,
        task.area_id,
        task.staff_id,
        task.about_id,
        task.referral_id,
        task.volunteer_id,
        task.match_id,
        task.meeting_id,
        task.letter_id,
        task.opened_at,
        task.due_at,
    )
    return bool(status)


async def get_task(c: Connection, task_id: UUID) -> Task:
    """A task by its id. Raises NotFound."""
    row = await c.fetchrow("SELECT" + COLUMNS + "FROM tasks WHERE id = $1", task_id)
    if row is None:
        raise NotFound()
    return Task(**dict(row))


async def claim_task_done(tx: Connection, task_id: UUID, now: datetime, *, outcome: str, done_by: UUID | None) -> bool:
    """Close a task with its outcome; False when somebody closed it meanwhile."""
    status = await tx.execute(
        "UPDATE tasks SET state = 'done', outcome = $3, done_by = $4, done_at = $2 WHERE id = $1 AND state = 'open'",
        task_id,
        now,
        outcome,
        done_by,
    )
    return status.endswith(" 1")


async def update_tasks_done(
    tx: Connection,
    about_id: UUID,
    now: datetime,
    *,
    outcome: str,
    kinds: Sequence[str] | None = None,
    reason: str | None = None,
    done_by: UUID | None = None,
) -> None:
    """Close the open tasks about a thing that an action has just done or made void; `reason`: those opened for this one only."""
    await tx.execute(
        """
        UPDATE tasks SET state = 'done', outcome = $3, done_by = $4, done_at = $2
         WHERE state = 'open' AND (about_id = $1 OR referral_id = $1) AND ($5::text[] IS NULL OR kind = ANY($5))
           AND ($6::text IS NULL OR reason = $6)
        """,
        about_id,
        now,
        outcome,
        done_by,
        list(kinds) if kinds is not None else None,
        reason,
    )


async def update_tasks_due(tx: Connection, referral_id: UUID, due_at: datetime, *, kinds: Sequence[str]) -> None:
    """What is still open of these kinds about a referral has until this moment now."""
    await tx.execute(
        "UPDATE tasks SET due_at = $2 WHERE state = 'open' AND referral_id = $1 AND kind = ANY($3)", referral_id, due_at, list(kinds)
    )


async def list_tasks_of_keyworker(c: Connection, staff_id: UUID, *, most: int = 100) -> list[Task]:
    """A keyworker's open tasks, the most urgent first."""
    rows = await c.fetch(
        "SELECT"
        + COLUMNS
        + "FROM tasks WHERE state = 'open' AND for_role = 'keyworker' AND staff_id = $1 ORDER BY due_at NULLS LAST, opened_at LIMIT $2",
        staff_id,
        most,
    )
    return [Task(**dict(row)) for row in rows]


async def list_tasks_of_areas(c: Connection, area_ids: Sequence[UUID], *, most: int = 100) -> list[Task]:
    """Open tasks of coordinators in these areas, oldest first (CO-04)."""
    rows = await c.fetch(
        "SELECT"
        + COLUMNS
        + "FROM tasks WHERE state = 'open' AND for_role = 'coordinator' AND area_id = ANY($1) ORDER BY due_at NULLS LAST, opened_at LIMIT $2",
        list(area_ids),
        most,
    )
    return [Task(**dict(row)) for row in rows]


async def list_open_tasks_of_referral(c: Connection, referral_id: UUID) -> list[Task]:
    """Open tasks about a referral."""
    rows = await c.fetch("SELECT" + COLUMNS + "FROM tasks WHERE state = 'open' AND referral_id = $1 ORDER BY opened_at", referral_id)
    return [Task(**dict(row)) for row in rows]


async def count_open_tasks(c: Connection, *, staff_id: UUID | None = None, area_ids: Sequence[UUID] = ()) -> int:
    """How many open tasks wait for this keyworker, or for coordinators of these areas."""
    found: int = await c.fetchval(
        """
        SELECT count(*) FROM tasks
         WHERE state = 'open' AND (for_role = 'keyworker' AND staff_id = $1 OR for_role = 'coordinator' AND area_id = ANY($2))
        """,
        staff_id,
        list(area_ids),
    )
    return found
