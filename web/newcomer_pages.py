"""A newcomer's own page: the plan in full, and one question about it. Calling off and stopping are asked once more (journeys 7, 11; NC-06, NC-14)."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from aiohttp import web

from matcher.actions.amending import cancel_referral, want_other_person, withdraw_consent
from matcher.actions.confirming import agree_plan
from matcher.actions.newcomer_wishes import ask_for_other_time
from matcher.actions.scene import scene_of
from matcher.domain.errors import Busy, Changed, OutcomeUnknown, Refused
from matcher.domain.journey_word import CancelReason
from matcher.domain.permission import check_can_open_plan
from matcher.domain.permission_facts import LinkPurpose
from matcher.store import referrals
from web.access import act
from web.link_pages import Holder, at_end_of, link_page, read_choice
from web.plan_view import Plan, PlanState, plan_of
from web.surroundings import config_of, now_of, reading

AGREE, OTHER_TIME, CANCEL, STOP, YES, BACK = "agree", "other_time", "cancel", "stop", "yes", "back"
OTHER_PERSON = "other_person:"
"""Followed by the match of the companion they would rather not go with."""
EXIT_TO = "https://www.bbc.co.uk/weather"
"""Where "Exit this page" leads: a page that anybody may have open."""
Recorder = Callable[[web.Request, Holder, str], Awaitable[str]]


async def _read(request: web.Request, holder: Holder) -> Plan:
    """The plan this link is about. Raises Hidden for anybody else's."""
    now, config = now_of(request), config_of(request)
    async with reading(request) as c:
        referral = await referrals.get_referral(c, holder.link.about_id)
        check_can_open_plan(holder.actor, referral, now)
        return await plan_of(c, await scene_of(c, config, now, referral))


def choices_of(plan: Plan) -> list[str]:
    """What a newcomer may choose now: everything before the meeting, only to stop once it has begun or while it is put off."""
    if plan.state is PlanState.SET and not plan.begun:
        first = [AGREE] if plan.waits else []
        return [*first, *(OTHER_PERSON + match_id for match_id in plan.match_ids), OTHER_TIME, CANCEL, STOP]
    fewer = {PlanState.SET: [STOP], PlanState.ON_HOLD: [STOP], PlanState.SETTLING: [OTHER_TIME, CANCEL, STOP]}
    return fewer.get(plan.state, [])


def _page(request: web.Request, plan: Plan, *, status: int = 200, template: str = "plan", **context: Any) -> web.Response:
    exit_to = EXIT_TO if plan.names_fellowship else ""
    given = {"plan": plan, "choices": choices_of(plan), "exit_to": exit_to, "just": "", **context}
    return link_page(request, f"newcomer/{template}.html", status=status, **given)


@at_end_of(LinkPurpose.MY_PLAN)
async def show_plan(request: web.Request, holder: Holder) -> web.StreamResponse:
    """GET /plan/{token}: the plan, or how it stands. Changes nothing."""
    return _page(request, await _read(request, holder))


@at_end_of(LinkPurpose.MY_PLAN)
async def show_sheet(request: web.Request, holder: Holder) -> web.StreamResponse:
    """GET /plan/{token}/sheet: the same to print, without questions."""
    return _page(request, await _read(request, holder), template="sheet")


@at_end_of(LinkPurpose.MY_PLAN)
async def answer_plan(request: web.Request, holder: Holder) -> web.StreamResponse:
    """POST /plan/{token}: records a choice; calling off and stopping lead to a page that asks once more."""
    plan = await _read(request, holder)
    offered = choices_of(plan)
    if not offered:
        return _page(request, plan)
    choice, form = await read_choice(request, offered)
    if not choice:
        return _page(request, plan, form=form, status=400)
    if choice in (CANCEL, STOP):
        raise web.HTTPSeeOther(f"{request.path}/{choice}")
    return await _recorded(request, holder, RECORDERS.get(choice, _other_person), choice)


async def _recorded(request: web.Request, holder: Holder, recorder: Recorder, choice: str) -> web.Response:
    """Do it and say so; where something else happened meanwhile, show how the plan stands now."""
    try:
        just = await recorder(request, holder, choice)
    except (Busy, OutcomeUnknown):
        raise
    except (Changed, Refused):
        just = "moved_on"
    return _page(request, await _read(request, holder), just=just)


async def _agree(request: web.Request, holder: Holder, _choice: str) -> str:
    await act(request, agree_plan, actor=holder.actor, referral_id=holder.link.about_id)
    return "agreed"


async def _other_time(request: web.Request, holder: Holder, _choice: str) -> str:
    await act(request, ask_for_other_time, actor=holder.actor, referral_id=holder.link.about_id)
    return "other_time"


async def _other_person(request: web.Request, holder: Holder, choice: str) -> str:
    match_id = UUID(choice.removeprefix(OTHER_PERSON))
    await act(request, want_other_person, actor=holder.actor, referral_id=holder.link.about_id, match_id=match_id)
    return "other_person"


RECORDERS: dict[str, Recorder] = {AGREE: _agree, OTHER_TIME: _other_time}


# ── asked once more ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@at_end_of(LinkPurpose.MY_PLAN)
async def show_last_question(request: web.Request, holder: Holder) -> web.StreamResponse:
    """GET /plan/{token}/cancel and /stop: shall we call it off, shall we stop everything? Changes nothing."""
    return _page(request, await _read(request, holder), template=_asked(request))


@at_end_of(LinkPurpose.MY_PLAN)
async def answer_last_question(request: web.Request, holder: Holder) -> web.StreamResponse:
    """POST the same: does it on a yes; leads back to the plan on a no, or where the plan does not offer it any more."""
    plan, asked = await _read(request, holder), _asked(request)
    choice, form = await read_choice(request, (YES, BACK))
    if not choice:
        return _page(request, plan, template=asked, form=form, status=400)
    if choice == BACK or asked not in choices_of(plan):
        raise web.HTTPSeeOther(request.path.removesuffix(f"/{asked}"))
    if asked == CANCEL:
        return await _recorded(request, holder, _cancel, choice)
    return await _stop(request, holder, plan)


def _asked(request: web.Request) -> str:
    """Which last question this address asks."""
    return CANCEL if request.path.endswith(f"/{CANCEL}") else STOP


async def _cancel(request: web.Request, holder: Holder, _choice: str) -> str:
    """Called off before the meeting: each party is told once and nobody is told why."""
    reason = CancelReason.NEWCOMER_CHANGED_MIND
    await act(request, cancel_referral, actor=holder.actor, referral_id=holder.link.about_id, reason=reason)
    return "cancelled"


async def _stop(request: web.Request, holder: Holder, plan: Plan) -> web.Response:
    """The newcomer's consent ends at once. Their links end with it, so that this answer is the last page."""
    await act(request, withdraw_consent, actor=holder.actor, referral_id=holder.link.about_id, method="own_link")
    return link_page(request, "newcomer/stopped.html", keyworker=plan.keyworker)


routes = [
    web.get("/plan/{token}", show_plan, name="link.my_plan"),
    web.post("/plan/{token}", answer_plan, name="link.my_plan"),
    web.get("/plan/{token}/sheet", show_sheet, name="link.my_plan_sheet"),
    web.get("/plan/{token}/cancel", show_last_question, name="link.my_plan_cancel"),
    web.post("/plan/{token}/cancel", answer_last_question, name="link.my_plan_cancel"),
    web.get("/plan/{token}/stop", show_last_question, name="link.my_plan_stop"),
    web.post("/plan/{token}/stop", answer_last_question, name="link.my_plan_stop"),
]
