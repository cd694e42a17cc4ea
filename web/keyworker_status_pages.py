"""One referral as its keyworker sees it: where it stands, in words and times; the letter log; and the newcomer's plan to print."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from aiohttp import web

from matcher.actions import amending, ringing
from matcher.actions.ending import ideas_for
from matcher.actions.scene import Scene, scene_of
from matcher.actions.showing_search import look_at_search
from matcher.actions.telling import companions_of, told_of
from matcher.config import Config
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.arrangement import Referral, ReferralOption
from matcher.domain.connection import Connection
from matcher.domain.fellowship import Fellowship
from matcher.domain.journey import REFERRAL_TABLE, CloseReason, OfferState, ReferralEvent, ReferralState, states_allowing
from matcher.domain.journey_referral import SEEKING
from matcher.domain.outbox import LetterLine
from matcher.domain.permission import can_change_referral, can_release, can_see_newcomer, check_can_print_sheet, check_can_see_newcomer
from matcher.domain.rung import RungOutcome
from matcher.domain.task import TaskKind
from matcher.store.areas import find_contact
from matcher.store.matches import list_matches
from matcher.store.parties import find_helpline, get_staff_party
from matcher.store.providers import get_provider
from matcher.store.referral_histories import ReferralHistory, get_history
from matcher.store.referrals import get_referral
from matcher.store.tasks import list_open_tasks_of_referral
from matcher.vocabulary import fellowship_words
from web.access import act, page
from web.afterwards_view import afterwards_of
from web.keyworker_referral_pages import REFERRAL, id_in
from web.referral_progress import stand_of, steps_of
from web.surroundings import actor_of, config_of, now_of, reading

OFFERED = (
    ReferralEvent.AMEND_REFERRAL,
    ReferralEvent.AGREE_PLAN,
    ReferralEvent.WANT_OTHER_PERSON,
    ReferralEvent.WIDEN,
    ReferralEvent.GIVE_UP,
    ReferralEvent.HOLD_REFERRAL,
    ReferralEvent.RELEASE_HOLD,
    ReferralEvent.CANCEL_REFERRAL,
    ReferralEvent.WITHDRAW_CONSENT,
    ReferralEvent.RECORD_ATTENDED,
    ReferralEvent.PLAN_NEXT_MEETING,
    ReferralEvent.DISCHARGE,
)
"""What the page may offer to change, as far as the referral's state knows it."""
AGAIN = frozenset({"newcomer_confirmation", "change"})
"""Letters to the newcomer that are still worth sending again."""


@cache
def _allowing(event: ReferralEvent, kind: ActorKind) -> tuple[ReferralState, ...]:
    return states_allowing(REFERRAL_TABLE, event, by=kind)


async def show_status(request: web.Request) -> web.StreamResponse:
    """GET /referrals/{referral_id}: where it stands. Its live part is fetched again by the page itself."""
    actor, config, now = actor_of(request), config_of(request), now_of(request)
    async with reading(request) as c:
        referral = await visible_referral(request, c)
        history = await get_history(c, referral.id, referral.meeting_number)
        instead = await _instead(c, config, now, referral) if referral.close_reason == CloseReason.UNFILLED else {}
        afterwards = await afterwards_of(c, config, referral, been=history.been)
        rings = await _rings(request, c, referral, history)
    options, live = history.options, history.live
    fixed = next((option for option in options if option.state == "fixed"), None)
    starts_at = fixed.starts_at if fixed else min((option.starts_at for option in options), default=None)
    again = _worth_again(history, now)
    context = {
        "referral": referral,
        "names": opened_names(config, referral),
        "stand": stand_of(referral, starts_at=starts_at, now=now),
        "steps": steps_of(referral, history.offers, live, history.ladder, gone=history.gone, now=now),
        "options": [fixed] if fixed else _worth_showing(referral, options, now),
        "fixed": fixed,
        "live": live,
        "companions": [config.vault.open(details)["display_name"] for details in history.companions],
        "letters": [
            _line(letter, again=letter.id == again)
            for letter in history.letters
            if letter.party_kind == "newcomer" or letter.kind == "offer"
        ],
        "tasks": [task for task in history.tasks if task.for_role == "keyworker"],
        "own": can_change_referral(actor, referral, now),
        "seeks": seeks(referral),
        "rings": rings,
        "may_start_again": _may_start_again(actor, referral, now),
        "may": [event.value for event in OFFERED if referral.state in _allowing(event, actor.kind)],
        "can_print": bool(fixed and any(match.told_newcomer_at for match in live)) and referral.state is not ReferralState.ON_HOLD,
        "may_release": can_release(actor, referral, now),
        "needs": referral.needs,
        "afterwards": afterwards,
        "fellowship": fellowship_words(Fellowship(referral.fellowships[0])).name if referral.fellowships else "",
        "tried": [line.rung.code for line in history.ladder if line.outcome is RungOutcome.TAKEN],
        "instead": instead,
        "now": now,
        "back": "/referrals",
    }
    return page(request, "keyworker/status.html", context)


async def _rings(request: web.Request, c: Connection, referral: Referral, history: ReferralHistory) -> str:
    """Whether a call is on (`on`), or somebody could be rung at this moment (`now`); for its own keyworker alone, else nothing.

    The page is opened all day long, so the cheap questions come first: mostly nobody may be rung at this hour."""
    now = now_of(request)
    if not can_change_referral(actor_of(request), referral, now) or not seeks(referral) or not referral.is_asking:
        return ""
    if any(offer.is_call and offer.state is OfferState.SENT for offer in history.offers):
        return "on"
    if referral.area_id is None or not await ringing.is_anybody_on_call(c, referral.area_id, history.options, now):
        return ""
    return "now" if await ringing.can_ring(await scene_of(c, config_of(request), now, referral)) else ""


def _worth_showing(referral: Referral, options: Sequence[ReferralOption], now: datetime) -> list[ReferralOption]:
    """The meetings by their day; while somebody is looked for, those that lie ahead, if any do."""
    ahead = [option for option in options if option.starts_at > now] if referral.is_open else []
    return sorted(ahead or options, key=lambda option: option.starts_at)


async def _instead(c: Connection, config: Config, now: datetime, referral: Referral) -> dict[str, Any]:
    """What there is where nobody could come: the three best next meetings, and the helpline."""
    scene = await scene_of(c, config, now, referral)
    fellowship = Fellowship(referral.fellowships[0])
    return {"meetings": await ideas_for(scene), "helpline": await find_helpline(c, scene.area.id, fellowship.value)}


def _may_start_again(actor: Actor, referral: Referral, now: datetime) -> bool:
    """Whether something may be copied: it is closed, their consent was not withdrawn, and they are not forgotten."""
    withdrawn = referral.close_reason == CloseReason.CONSENT_WITHDRAWN
    return can_change_referral(actor, referral, now) and not referral.is_open and not withdrawn and referral.newcomer is not None


def _worth_again(history: ReferralHistory, now: datetime) -> UUID | None:
    """The newcomer's newest letter about a meeting that still lies ahead, which may be sent again."""
    if not any(match.told_newcomer_at and now < match.starts_at for match in history.live):
        return None
    return next((one.id for one in reversed(history.letters) if one.party_kind == "newcomer" and one.kind in AGAIN), None)


def _line(letter: LetterLine, *, again: bool) -> dict[str, Any]:
    return {
        "id": letter.id,
        "kind": letter.kind,
        "party": letter.party_kind,
        "channel": letter.channel,
        "state": letter.shown_state,
        "at": letter.ended_at or letter.due_at,
        "again": again,
    }


async def visible_referral(request: web.Request, c: Connection) -> Referral:
    """The referral of this address. Hidden unless the actor may see its newcomer: its own keyworker, the team where the service says so."""
    referral = await get_referral(c, id_in(request, "referral_id"))
    actor, now = actor_of(request), now_of(request)
    if not can_see_newcomer(actor, referral, now):
        provider = await get_provider(c, referral.provider_id)
        check_can_see_newcomer(actor, referral, now, visibility=provider.team_visibility)
    return referral


def opened_names(config: Config, referral: Referral) -> dict[str, Any]:
    """What is held of the newcomer, opened for this page; empty once they are forgotten."""
    return config.vault.open(referral.newcomer) if referral.newcomer else {}


async def show_search(request: web.Request) -> web.StreamResponse:
    """GET /referrals/{referral_id}/search: how many could come, step by step and without names, and what would help most."""
    async with reading(request) as c:
        referral = await visible_referral(request, c)
        search = await look_at_search(c, config_of(request), now_of(request), referral=referral)
    context = {"search": search, "seeks": seeks(referral), "back": f"/referrals/{referral.id}"}
    return page(request, "keyworker/search.html", context)


def seeks(referral: Referral) -> bool:
    """Whether a seat is free and somebody may still be found."""
    return referral.state in SEEKING and referral.seats_taken < referral.seats


async def show_plan(request: web.Request) -> web.StreamResponse:
    """GET /referrals/{referral_id}/plan: the sheet for the newcomer, made to be printed. Looking notes nothing."""
    config, now = config_of(request), now_of(request)
    async with reading(request) as c:
        referral = await get_referral(c, id_in(request, "referral_id"))
        check_can_print_sheet(actor_of(request), referral, now)
        live = [match for match in await list_matches(c, referral.id, referral.meeting_number) if match.told_newcomer_at]
        if not referral.area_id or not live or referral.state is ReferralState.ON_HOLD:
            return page(request, "keyworker/no_plan_yet.html", {"referral": referral, "back": f"/referrals/{referral.id}"})
        scene = await scene_of(c, config, now, referral)
        context = await _sheet(c, scene, live)
        tasks = await list_open_tasks_of_referral(c, referral.id)
    context |= {"to_print": any(task.kind == TaskKind.PRINT_PLAN for task in tasks), "back": f"/referrals/{referral.id}"}
    return page(request, "keyworker/plan.html", context)


async def _sheet(c: Connection, scene: Scene, live: Any) -> dict[str, Any]:
    """Everything the sheet says. No surname, no number of a volunteer; our reference as its last four."""
    option = scene.option(live[0].option_id)
    fellowship = Fellowship(option.fellowship)
    contact = await find_contact(c, scene.area.id, fellowship)
    keyworker = scene.config.vault.open((await get_staff_party(c, scene.referral.keyworker_id)).details)
    ideas = [one for one in await ideas_for(scene) if one.meeting_id != option.meeting_id]
    return {
        "referral": scene.referral,
        "names": scene.newcomer(),
        "option": option,
        "companions": await companions_of(scene, live),
        "told": [told.value for told in await told_of(scene, live)],
        "words": fellowship_words(fellowship),
        "contact": contact,
        "area": scene.area,
        "provider": scene.provider,
        "keyworker": keyworker,
        "others": ideas[:2],
        "needs": scene.referral.needs,
        "closed": scene.referral.state is ReferralState.CLOSED,
    }


async def note_printed(request: web.Request) -> web.StreamResponse:
    """POST /referrals/{referral_id}/plan: it was printed and given; the task to print it is done."""
    await act(request, amending.note_printed, referral_id=id_in(request, "referral_id"))
    raise web.HTTPSeeOther(f"/referrals/{id_in(request, 'referral_id')}")


routes = [
    web.get(REFERRAL, show_status, name="keyworker.status"),
    web.get(f"{REFERRAL}/search", show_search, name="keyworker.search"),
    web.get(f"{REFERRAL}/plan", show_plan, name="keyworker.plan"),
    web.post(f"{REFERRAL}/plan", note_printed, name="keyworker.plan"),
]
