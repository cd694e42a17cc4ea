"""What a coordinator's own pages need and no action does: the people of an area's roster, lines of open referrals, reasons of asks; answers by telephone."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from matcher.domain.connection import Connection
from matcher.domain.journey_word import ReferralState
from matcher.store.tasks import COLUMNS, Task

OPEN_HERE = (
    ReferralState.NEEDS_PERSON,
    ReferralState.LOOKING,
    ReferralState.PART_FILLED,
    ReferralState.MATCHED,
    ReferralState.ON_HOLD,
)
"""The states a coordinator works on, as their list orders them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLine:
    """One open referral in a list: its reference and where it stands; nothing of the newcomer."""

    id: UUID
    reference: str
    area_id: UUID
    state: ReferralState
    needs_reason: str | None
    overdue_at: datetime | None
    seats: int
    seats_taken: int
    deadline: datetime | None
    submitted_at: datetime
    fellowship: str
    people_asked: int
    first_start: datetime | None


async def list_open_lines(
    c: Connection, area_ids: Sequence[UUID], now: datetime, *, states: Sequence[ReferralState] = OPEN_HERE, most: int = 50, skip: int = 0
) -> list[OpenLine]:
    """Open referrals of these areas: those that wait for a person first, then the nearest deadline.

    Each with the meeting that stands, else the next one that lies ahead.
    """
    rows = await c.fetch(
        """
        SELECT r.id, r.reference, r.area_id, r.state, r.needs_reason, r.overdue_at, r.seats, r.seats_taken, r.deadline, r.submitted_at,
               r.fellowships[1] AS fellowship,
               (SELECT count(DISTINCT o.volunteer_id) FROM offers o
                 WHERE o.referral_id = r.id AND o.meeting_number = r.meeting_number) AS people_asked,
               (SELECT p.starts_at FROM referral_options p
                 WHERE p.referral_id = r.id AND p.meeting_number = r.meeting_number AND p.state <> 'lost'
                 ORDER BY p.state <> 'fixed', p.starts_at <= $5, p.starts_at LIMIT 1) AS first_start
          FROM referrals r WHERE r.area_id = ANY($1) AND r.state = ANY($2)
         ORDER BY r.state <> 'needs_person', r.deadline NULLS FIRST, r.id LIMIT $3 OFFSET $4
        """,
        list(area_ids),
        [state.value for state in states],
        most,
        skip,
        now,
    )
    return [OpenLine(**dict(row) | {"state": ReferralState(row["state"]), "fellowship": row["fellowship"] or ""}) for row in rows]


async def count_open_by_state(c: Connection, area_ids: Sequence[UUID]) -> dict[ReferralState, int]:
    """How many open referrals of these areas stand in each state."""
    rows = await c.fetch(
        "SELECT state, count(*) AS n FROM referrals WHERE area_id = ANY($1) AND state = ANY($2) GROUP BY state",
        list(area_ids),
        [state.value for state in OPEN_HERE],
    )
    found = {ReferralState(row["state"]): row["n"] for row in rows}
    return {state: found.get(state, 0) for state in OPEN_HERE}


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLine:
    """One line of a coordinator's queue. Where `alike` is more than one it stands for that many lines of its kind, and shows the first of them."""

    task: Task
    alike: int


async def list_queue(
    c: Connection, area_ids: Sequence[UUID], *, gathered: Sequence[str], soon: datetime, most: int = 100
) -> list[QueueLine]:
    """Open lines of these areas: what is due before `soon` first, then the rest, each by its moment and its age (CO-04).

    Lines of the `gathered` kinds that are not due so soon are one line for each kind, at the end.
    """
    rows = await c.fetch(
        """
        SELECT *, CASE WHEN later THEN alone_or_more ELSE 1 END AS alike
          FROM (SELECT *, count(*) OVER kinds AS alone_or_more, row_number() OVER (kinds ORDER BY due_at NULLS LAST, opened_at, id) AS place
                  FROM (SELECT *, kind = ANY($2) AND (due_at IS NULL OR due_at >= $3) AS later FROM tasks
                         WHERE state = 'open' AND for_role = 'coordinator' AND area_id = ANY($1)) mine
                WINDOW kinds AS (PARTITION BY later, kind)) placed
         WHERE NOT later OR place = 1
         ORDER BY later, due_at IS NULL OR due_at >= $3, due_at NULLS LAST, opened_at, id LIMIT $4
        """,
        list(area_ids),
        list(gathered),
        soon,
        most,
    )
    return [QueueLine(alike=row["alike"], task=Task(**{one.name: row[one.name] for one in fields(Task)})) for row in rows]


async def list_gathered(c: Connection, area_ids: Sequence[UUID], kind: str, *, soon: datetime, most: int, skip: int = 0) -> list[Task]:
    """The lines that one gathered line of the queue stands for, in the queue's order."""
    rows = await c.fetch(
        "SELECT"
        + COLUMNS
        + """FROM tasks WHERE state = 'open' AND for_role = 'coordinator' AND area_id = ANY($1) AND kind = $2
                AND (due_at IS NULL OR due_at >= $3) ORDER BY due_at NULLS LAST, opened_at, id LIMIT $4 OFFSET $5""",
        list(area_ids),
        kind,
        soon,
        most,
        skip,
    )
    return [Task(**dict(row)) for row in rows]


async def count_gathered(c: Connection, area_ids: Sequence[UUID], kind: str, *, soon: datetime) -> int:
    """How many lines `list_gathered` pages through."""
    found: int = await c.fetchval(
        """
        SELECT count(*) FROM tasks WHERE state = 'open' AND for_role = 'coordinator' AND area_id = ANY($1) AND kind = $2
           AND (due_at IS NULL OR due_at >= $3)
        """,
        list(area_ids),
        kind,
        soon,
    )
    return found


async def list_references(c: Connection, referral_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Referral → its reference."""
    rows = await c.fetch("SELECT id, reference FROM referrals WHERE id = ANY($1)", list(referral_ids))
    return {row["id"]: row["reference"] for row in rows}


async def list_active_ids(c: Connection, area_id: UUID, *, most: int) -> list[UUID]:
    """The active volunteers of one area's roster, by roster number."""
    rows = await c.fetch("SELECT id FROM volunteers WHERE area_id = $1 AND state = 'active' ORDER BY number LIMIT $2", area_id, most)
    return [row["id"] for row in rows]


async def list_roster_ids(c: Connection, area_id: UUID, *, most: int) -> list[UUID]:
    """Everybody of one area's roster who is asked or may be again: all but applicants and those who left, by roster number."""
    rows = await c.fetch(
        "SELECT id FROM volunteers WHERE area_id = $1 AND state IN ('checking', 'active', 'paused', 'suspended') ORDER BY number LIMIT $2",
        area_id,
        most,
    )
    return [row["id"] for row in rows]


async def list_reasons(c: Connection, offer_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Offer → why it was made, as it was true then."""
    rows = await c.fetch("SELECT offer_id, why FROM offer_reasons WHERE offer_id = ANY($1)", list(offer_ids))
    return {row["offer_id"]: json.loads(row["why"]) for row in rows}


async def list_nudged(c: Connection, offer_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these offers a coordinator has reminded of already."""
    rows = await c.fetch("SELECT DISTINCT thing_id FROM audit WHERE thing_id = ANY($1) AND action = 'nudge'", list(offer_ids))
    return {row["thing_id"] for row in rows}


async def update_offer_by_telephone(tx: Connection, offer_id: UUID, option_id: UUID, *, last_moment: datetime) -> None:
    """Somebody answers an ask by telephone: it also stands for this option, and until this moment."""
    await tx.execute("UPDATE offers SET last_moment = greatest(last_moment, $2) WHERE id = $1", offer_id, last_moment)
    await tx.execute("INSERT INTO offer_options (offer_id, option_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", offer_id, option_id)


async def list_meeting_names(c: Connection, meeting_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Meeting → its name."""
    rows = await c.fetch("SELECT id, name FROM meetings WHERE id = ANY($1)", list(meeting_ids))
    return {row["id"]: row["name"] for row in rows}
