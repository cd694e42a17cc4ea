"""The answer page: what a volunteer is asked, and their answer. Looking changes nothing; a choice and Continue decide (journeys 5.2, VO-06 to VO-09)."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from aiohttp import web

from matcher.actions.answering import Answered, accept_offer, decline_offer
from matcher.actions.stopping import stand_by, stop_asking
from matcher.domain.errors import Busy, Finished, Hidden, OutcomeUnknown, Refusal
from matcher.domain.permission_facts import LinkPurpose
from web.access import act
from web.answers_beside import beside_context, read_answers, record_beside
from web.invitation import (
    ANOTHER_DAY,
    GO_BACK,
    KEEP,
    NO,
    NO_STAND_BY,
    STAND_BY,
    STOP,
    Invitation,
    Standing,
    invitation_context,
    read_invitation,
)
from web.link_pages import Holder, at_end_of, link_page
from web.surroundings import reading
from web.volunteer_pages import take_back_yes

NOT_OURS_TO_SAY = (Finished, Hidden, Busy, OutcomeUnknown)
"""Refusals that are no answer to this volunteer: the frame of all pages says them."""
Recorder = Callable[[web.Request, Holder, Invitation], Awaitable[str]]


async def _read(request: web.Request, holder: Holder) -> Invitation:
    async with reading(request) as c:
        return await read_invitation(c, request, holder.actor)


def _page(request: web.Request, found: Invitation, *, status: int = 200, **context: Any) -> web.Response:
    """The page of an invitation as it stands. `just` says what has been recorded a moment ago, if anything."""
    asks = found.standing is Standing.OPEN and context.get("just", "") in ("", "moved_on", "over")
    refused = context.pop("refused", None) or {}
    given = {"just": "", **invitation_context(found), "beside": beside_context(found, refused), **context}
    return link_page(request, "volunteer/answer.html" if asks else "volunteer/answered.html", status=status, **given)


@at_end_of(LinkPurpose.ANSWER_OFFER)
async def show_answer(request: web.Request, holder: Holder) -> web.StreamResponse:
    """GET /answer/{token}: the question, or what was recorded. Changes nothing."""
    return _page(request, await _read(request, holder))


@at_end_of(LinkPurpose.ANSWER_OFFER)
async def answer(request: web.Request, holder: Holder) -> web.StreamResponse:
    """POST /answer/{token}: records what was chosen, and says what was recorded. Somebody who came too late reads thanks, with 200."""
    found = await _read(request, holder)
    if not found.choices and not found.asks_beside:
        return _page(request, found)
    answers, said, form = await read_answers(request, found, (*found.choices, *found.asked, *RECORDERS))
    if answers is None:
        return _page(request, found, form=form, status=400)
    choice, just, refusal = answers.choice, "", None
    if choice in found.asked and found.standing is Standing.OPEN and choice not in found.choices:
        return _page(request, found, form=form.with_errors({"choice": "option_gone"}), status=400)
    if choice and choice not in found.choices and not (choice in found.asked and found.standing is Standing.COVERED):
        return _page(request, found, just="moved_on" if choice not in found.asked else "")
    try:
        just = await _record(request, holder, found, choice) if choice else ""
    except NOT_OURS_TO_SAY:
        raise
    except Refusal as caught:
        refusal = caught
    refused = await record_beside(request, holder.actor, said)
    if refusal is not None:
        others = beside_context(await _read(request, holder), refused) if len(refused) < len(said) else []
        contact = found.scene.coordinator
        return link_page(request, "volunteer/not_possible.html", sentence=refusal.sentence, beside=others, contact=contact)
    return _page(request, await _read(request, holder), just=just, refused=refused)


async def _record(request: web.Request, holder: Holder, found: Invitation, choice: str) -> str:
    """Do what was chosen; returns the code of what to say about it, or nothing where the invitation as it now stands says it."""
    if choice in RECORDERS:
        return await RECORDERS[choice](request, holder, found)
    given = await act(request, accept_offer, actor=holder.actor, offer_id=found.offer.id, option_id=UUID(choice))
    return "" if given.what in (Answered.GOING, Answered.COVERED) else given.what.value


async def _no(request: web.Request, holder: Holder, found: Invitation) -> str:
    given = await act(request, decline_offer, actor=holder.actor, offer_id=found.offer.id)
    return given.what.value


async def _another_day(request: web.Request, holder: Holder, found: Invitation) -> str:
    given = await act(request, decline_offer, actor=holder.actor, offer_id=found.offer.id, another_day=True)
    return given.what.value


async def _stop(request: web.Request, holder: Holder, found: Invitation) -> str:
    await act(request, stop_asking, actor=holder.actor, offer_id=found.offer.id)
    return "stopped"


async def _stand_by(request: web.Request, holder: Holder, found: Invitation) -> str:
    return "stand_by" if await act(request, stand_by, actor=holder.actor, offer_id=found.offer.id, standby=True) else ""


async def _no_stand_by(request: web.Request, holder: Holder, found: Invitation) -> str:
    return "no_stand_by" if await act(request, stand_by, actor=holder.actor, offer_id=found.offer.id, standby=False) else ""


async def _go_back(request: web.Request, holder: Holder, found: Invitation) -> str:
    return await take_back_yes(request, holder, found.match) if found.match else ""


async def _keep(request: web.Request, holder: Holder, found: Invitation) -> str:
    return "kept"


RECORDERS: dict[str, Recorder] = {
    NO: _no,
    ANOTHER_DAY: _another_day,
    STOP: _stop,
    STAND_BY: _stand_by,
    NO_STAND_BY: _no_stand_by,
    GO_BACK: _go_back,
    KEEP: _keep,
}

routes = [
    web.get("/answer/{token}", show_answer, name="link.answer_offer"),
    web.post("/answer/{token}", answer, name="link.answer_offer"),
]
