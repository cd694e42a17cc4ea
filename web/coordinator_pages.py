"""A coordinator's start: what needs a person, oldest first, the open referrals of their areas, and closing a line with its outcome."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from aiohttp import web

from matcher.actions.planning_week import WeekPlan, plan_the_week
from matcher.actions.settling import close_line
from matcher.domain.arrangement import Match
from matcher.domain.connection import Connection
from matcher.domain.permission import can_see_match, can_work_on_referral, check_can_see_task
from matcher.domain.task import TASKS, TaskKind, TaskOutcome
from matcher.store.areas import list_areas
from matcher.store.matches import list_matches_of_meeting
from matcher.store.parties import list_volunteer_parties
from matcher.store.queue import (
    OPEN_HERE,
    QueueLine,
    count_gathered,
    count_open_by_state,
    list_gathered,
    list_meeting_names,
    list_open_lines,
    list_queue,
    list_references,
)
from matcher.store.referrals import get_referral
from matcher.store.tasks import Task, get_task
from web.access import act_once, page
from web.coordinator_forms import CloseLine, LinesSearch, ReferralSearch
from web.coordinator_referral_views import id_in
from web.coordinator_roster_pages import fellowship_names
from web.forms import Form, blank_form, read_form
from web.surroundings import actor_of, config_of, now_of, reading

PAGE_SIZE = 50
ON_THE_START = 20
BY_DOING = frozenset({TaskKind.NEEDS_PERSON, TaskKind.ADMIT_VOLUNTEER})
"""Lines that close by themselves with what is done: their page has no outcome to choose."""

GATHERED = (TaskKind.ADMIT_VOLUNTEER, TaskKind.CHECK_MEETING, TaskKind.VOLUNTEER_BOUNCED, TaskKind.REWRITE_ADDRESS)
"""Kinds of which many come at once and read alike: the queue shows one line for all of them, as long as none is urgent."""


async def show_home(request: web.Request) -> web.StreamResponse:
    """GET /coordinator: the queue, and the first open referrals. `done` says what the last press came to."""
    own = list(actor_of(request).area_ids)
    async with reading(request) as c:
        queue = await list_queue(c, own, gathered=GATHERED, soon=_soon(request))
        context = {
            **await _about_lines(request, c, queue),
            "lines": await list_open_lines(c, own, now_of(request), most=ON_THE_START),
            "counts": await count_open_by_state(c, own),
        }
    return page(request, "coordinator/home.html", context | _words(request))


async def show_lines(request: web.Request) -> web.StreamResponse:
    """GET /coordinator/lines/{kind}: every line that one gathered line of the queue stands for."""
    own, kind = list(actor_of(request).area_ids), request.match_info["kind"]
    asked, _ = read_form(LinesSearch, request.query)
    here = asked.page if asked else 1
    async with reading(request) as c:
        total = await count_gathered(c, own, kind, soon=_soon(request))
        tasks = await list_gathered(c, own, kind, soon=_soon(request), most=PAGE_SIZE, skip=(here - 1) * PAGE_SIZE)
        context = await _about_lines(request, c, [QueueLine(task=task, alike=1) for task in tasks])
    context |= {"kind": kind, "total": total, "here": here, "last": max(1, -(-total // PAGE_SIZE)), "back": "/coordinator"}
    return page(request, "coordinator/lines.html", context | _words(request))


def _soon(request: web.Request) -> datetime:
    """Before this moment a line is urgent: it is never gathered with others."""
    return now_of(request) + config_of(request).timing.urgent_under


async def _about_lines(request: web.Request, c: Connection, queue: list[QueueLine]) -> dict[str, Any]:
    """The lines, and the names of what they are about."""
    tasks = [line.task for line in queue if line.alike == 1]
    return {
        "queue": queue,
        "references": await list_references(c, [task.referral_id for task in tasks if task.referral_id]),
        "meetings": await list_meeting_names(c, [task.meeting_id for task in tasks if task.meeting_id]),
        "names": {one: details["display_name"] for one, details in (await _people(request, c, tasks)).items()},
        "areas": {area.id: area for area in await list_areas(c, list(actor_of(request).area_ids))},
    }


def _words(request: web.Request) -> dict[str, Any]:
    return {
        "now": now_of(request),
        "fellowship_names": fellowship_names(),
        "urgent_under": config_of(request).timing.urgent_under,
        "done": request.query.get("done", ""),
    }


async def _people(request: web.Request, c: Connection, about: Iterable[Task | Match]) -> dict[UUID, dict[str, str]]:
    """Volunteer → their opened details, for lines and plans about one."""
    people = await list_volunteer_parties(c, [one.volunteer_id for one in about if one.volunteer_id])
    vault = config_of(request).vault
    return {one.id: vault.open(one.details) for one in people.values() if one.details}


async def show_referrals(request: web.Request) -> web.StreamResponse:
    """GET /coordinator/referrals: the open referrals of own areas, narrowed by state and area through the address."""
    search, form = read_form(ReferralSearch, request.query)
    actor = actor_of(request)
    wanted = search or ReferralSearch()
    areas = [wanted.area] if wanted.area and wanted.area in actor.area_ids else list(actor.area_ids)
    states = [state for state in OPEN_HERE if state.value == wanted.state] or list(OPEN_HERE)
    here = max(1, wanted.page)
    async with reading(request) as c:
        counts = await count_open_by_state(c, areas)
        total = sum(counts[state] for state in states)
        context = {
            "form": form,
            "lines": await list_open_lines(c, areas, now_of(request), states=states, most=PAGE_SIZE, skip=(here - 1) * PAGE_SIZE),
            "counts": counts,
            "areas": {area.id: area for area in await list_areas(c, actor.area_ids)},
            "total": total,
            "here": here,
            "last": max(1, -(-total // PAGE_SIZE)),
            "state": states[0].value if len(states) == 1 else "",
            "area": str(areas[0]) if wanted.area and len(areas) == 1 else "",
        }
    return page(request, "coordinator/referrals.html", context | _words(request))


async def show_line(request: web.Request) -> web.StreamResponse:
    """GET /coordinator/tasks/{task_id}: what is asked, about whom, by when, and how it may end."""
    return await _line_page(request, await _own_line(request), blank_form(CloseLine))


async def close(request: web.Request) -> web.StreamResponse:
    """POST /coordinator/tasks/{task_id}: closes the line with its outcome. Without one nothing is dismissed."""
    task = await _own_line(request)
    record, form = read_form(CloseLine, await request.post())
    if record and record.outcome not in outcomes_of(task):
        record, form = None, form.with_errors({"outcome": "not_offered"})
    if record is None:
        return await _line_page(request, task, form, status=400)
    done = await act_once(request, close_line, task_id=task.id, outcome=record.outcome)
    raise web.HTTPSeeOther(f"/coordinator?done={done}")


def outcomes_of(task: Task) -> tuple[TaskOutcome, ...]:
    """The outcomes its page offers: none where the line closes by what is done."""
    kind = TaskKind(task.kind)
    return () if kind in BY_DOING else TASKS[kind].outcomes


async def _own_line(request: web.Request) -> Task:
    """The line of this address. Raises Hidden for another area's, another role's, or none."""
    async with reading(request) as c:
        task = await get_task(c, id_in(request, "task_id"))
    check_can_see_task(actor_of(request), task, now_of(request))
    return task


async def _line_page(request: web.Request, task: Task, form: Form, *, status: int = 200) -> web.Response:
    async with reading(request) as c:
        referral = await get_referral(c, task.referral_id) if task.referral_id else None
        meetings = await list_meeting_names(c, [task.meeting_id] if task.meeting_id else [])
        areas = {area.id: area for area in await list_areas(c, [task.area_id] if task.area_id else [])}
        plans = await _plans(request, c, task)
        people = await _people(request, c, [task, *plans])
        references = await list_references(c, [plan.referral_id for plan in plans])
    context = {
        "form": form,
        "task": task,
        "reference": referral.reference if referral else "",
        "leads_to_referral": referral is not None and can_work_on_referral(actor_of(request), referral, now_of(request)),
        "person": people.get(task.volunteer_id) if task.volunteer_id else None,
        "plans": plans,
        "people": people,
        "references": references,
        "suggested": await _suggested(request, task),
        "meeting": meetings.get(task.meeting_id, "") if task.meeting_id else "",
        "area": areas.get(task.area_id) if task.area_id else None,
        "outcomes": [outcome.value for outcome in outcomes_of(task)],
        "back": "/coordinator",
    }
    return page(request, "coordinator/line.html", context | _words(request), status=status)


async def _suggested(request: web.Request, task: Task) -> WeekPlan | None:
    """The week's plan, beside a line about somebody for whom nobody was found; None beside any other."""
    if task.kind != TaskKind.NEEDS_PERSON or task.area_id is None or task.state != "open":
        return None
    async with reading(request) as c:
        return await plan_the_week(c, config_of(request), now_of(request), [task.area_id])


async def _plans(request: web.Request, c: Connection, task: Task) -> list[Match]:
    """Who of the own areas plans to go to the meeting a line is about: they are rung."""
    if task.meeting_id is None:
        return []
    return [
        match
        for match in await list_matches_of_meeting(c, task.meeting_id, now_of(request))
        if can_see_match(actor_of(request), match, now_of(request))
    ]


routes = [
    web.get("/coordinator", show_home, name="coordinator.home"),
    web.get("/coordinator/referrals", show_referrals, name="coordinator.referrals"),
    web.get(f"/coordinator/lines/{{kind:{'|'.join(GATHERED)}}}", show_lines, name="coordinator.lines"),
    web.get("/coordinator/tasks/{task_id}", show_line, name="coordinator.task"),
    web.post("/coordinator/tasks/{task_id}", close, name="coordinator.task"),
]
