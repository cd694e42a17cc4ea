"""A keyworker's own start: tasks of today on top, drafts, referrals with where each stands; the search by own reference; closing a task."""

import math
from typing import Any

from aiohttp import web

from matcher.actions import amending
from matcher.actions.referring import answers_of, own_reference_index
from matcher.domain.arrangement import Referral
from matcher.domain.permission import check_can_close_task
from matcher.domain.reference import read_reference
from matcher.domain.task import TASKS, TaskKind, TaskOutcome
from matcher.store.drafts import list_drafts_of_keyworker
from matcher.store.referral_changes import count_referrals_of_keyworker, find_reference, list_first_starts
from matcher.store.referrals import find_referral, list_referrals_of_keyworker
from matcher.store.tasks import Task, get_task, list_tasks_of_keyworker
from web.access import act, page
from web.form_fields import FormRecord, Line
from web.forms import Form, blank_form, read_form
from web.keyworker_referral_pages import id_in
from web.referral_progress import stand_of
from web.surroundings import actor_of, config_of, now_of, reading

A_PAGE = 20


class FindReferral(FormRecord):
    """A search by own reference, or by ours."""

    reference: Line


class HowItEnded(FormRecord):
    """How a task ended."""

    outcome: TaskOutcome


async def home(request: web.Request) -> web.StreamResponse:
    """GET /referrals: tasks, drafts and referrals of whoever is signed in."""
    asked = request.query.get("page", "1")
    return await _home(request, blank_form(FindReferral), number=int(asked) if asked.isdecimal() and len(asked) < 5 else 1)


async def find(request: web.Request) -> web.StreamResponse:
    """POST /referrals/find: one's own referrals with this reference. A post, so that no reference stands in an address or a history."""
    record, form = read_form(FindReferral, await request.post())
    if record is None:
        return await _home(request, form, status=400)
    found = await _found(request, record.reference)
    if len(found) == 1:
        raise web.HTTPSeeOther(f"/referrals/{found[0].id}")
    return await _home(request, form, found=found)


async def _found(request: web.Request, reference: str) -> list[Referral]:
    actor, config = actor_of(request), config_of(request)
    if actor.id is None or actor.provider_id is None:
        return []
    async with reading(request) as c:
        ours = read_reference(reference)
        by_ours = await find_reference(c, ours) if ours else None
        referral = await find_referral(c, by_ours) if by_ours else None
        if referral is not None and referral.keyworker_id == actor.id:
            return [referral]
        index = own_reference_index(config, actor.provider_id, reference)
        return await list_referrals_of_keyworker(c, actor.id, own_reference_index=index)


async def _home(
    request: web.Request, form: Form, *, number: int = 1, found: list[Referral] | None = None, status: int = 200
) -> web.Response:
    actor, config, now = actor_of(request), config_of(request), now_of(request)
    staff_id = actor.id
    if staff_id is None:
        raise web.HTTPNotFound
    async with reading(request) as c:
        total = await count_referrals_of_keyworker(c, staff_id)
        last = max(1, math.ceil(total / A_PAGE))
        here = min(max(number, 1), last)
        listed = found if found is not None else await list_referrals_of_keyworker(c, staff_id, most=A_PAGE, skip=(here - 1) * A_PAGE)
        tasks = await list_tasks_of_keyworker(c, staff_id)
        drafts = await list_drafts_of_keyworker(c, staff_id)
        starts = await list_first_starts(c, [one.id for one in listed])
        about = {task.id: await find_referral(c, task.referral_id) for task in tasks if task.referral_id}
    context = {
        "form": form,
        "tasks": [(task, _names(config, about.get(task.id))) for task in tasks],
        "drafts": [(draft, answers_of(config, draft)) for draft in drafts],
        "lines": [(one, _names(config, one), stand_of(one, starts_at=starts.get(one.id), now=now), starts.get(one.id)) for one in listed],
        "searched": found is not None,
        "total": total,
        "here": here,
        "last": 1 if found is not None else last,
        "now": now,
    }
    return page(request, "keyworker/home.html", context, status=status)


def _names(config: Any, referral: Referral | None) -> dict[str, str]:
    """The name used and own reference of a referral, opened for this page; empty for somebody forgotten."""
    opened = config.vault.open(referral.newcomer) if referral and referral.newcomer else {}
    return {"name_used": opened.get("name_used", ""), "own_reference": opened.get("own_reference", "")}


# ── tasks ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def show_task(request: web.Request) -> web.StreamResponse:
    """GET /tasks/{task_id}: what is asked, and how it may end."""
    return await _task_page(request, await _own_task(request), blank_form(HowItEnded))


async def close_task(request: web.Request) -> web.StreamResponse:
    """POST /tasks/{task_id}: closes it with how it ended."""
    task = await _own_task(request)
    record, form = read_form(HowItEnded, await request.post())
    if record is None or record.outcome not in TASKS[TaskKind(task.kind)].outcomes:
        return await _task_page(request, task, form if record is None else form.with_errors({"outcome": "not_offered"}), status=400)
    await act(request, amending.close_task, task_id=task.id, outcome=record.outcome)
    raise web.HTTPSeeOther("/referrals")


async def _own_task(request: web.Request) -> Task:
    async with reading(request) as c:
        task = await get_task(c, id_in(request, "task_id"))
    check_can_close_task(actor_of(request), task, now_of(request))
    return task


async def _task_page(request: web.Request, task: Task, form: Form, *, status: int = 200) -> web.Response:
    async with reading(request) as c:
        referral = await find_referral(c, task.referral_id) if task.referral_id else None
    context = {
        "form": form,
        "task": task,
        "outcomes": [outcome.value for outcome in TASKS[TaskKind(task.kind)].outcomes],
        "referral": referral,
        "names": _names(config_of(request), referral),
        "needs": referral.needs if referral else (),
        "back": "/referrals",
    }
    return page(request, "keyworker/task.html", context, status=status)


routes = [
    web.get("/referrals", home, name="keyworker.home"),
    web.get("/referrals/find", home, name="keyworker.find"),
    web.post("/referrals/find", find, name="keyworker.find"),
    web.get("/tasks/{task_id:[0-9a-f-]{36}}", show_task, name="keyworker.task"),
    web.post("/tasks/{task_id:[0-9a-f-]{36}}", close_task, name="keyworker.task"),
]
