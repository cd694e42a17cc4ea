"""Connect now, for a keyworker beside their client: one number to ring, shown once, and one press for what came of the call. Never a list."""

from uuid import UUID

from aiohttp import web
from pydantic import model_validator

from matcher.actions import ringing
from matcher.actions.answering import NotThatOne
from matcher.actions.asking import NobodyToAskFor
from matcher.actions.ringing import Ended, NobodyToRing, Number, Said
from matcher.actions.scene import scene_of
from matcher.database import FullBlock
from matcher.domain.arrangement import Referral
from matcher.domain.errors import Clash, Finished
from matcher.domain.fellowship import Fellowship
from matcher.store.parties import get_staff_party
from matcher.vocabulary import fellowship_words
from web.access import act_once, page
from web.form_fields import FormRecord
from web.forms import BadAnswer, Form, blank_form, read_form
from web.keyworker_referral_pages import REFERRAL, id_in, own_referral
from web.keyworker_status_pages import opened_names
from web.surroundings import actor_of, config_of, now_of, reading

TOLD = frozenset(ended.value for ended in Ended)


class WhatTheySaid(FormRecord):
    """One press: the meeting they said yes to, or that they cannot, or that nobody answered."""

    yes: UUID | None = None
    said: Said | None = None

    @model_validator(mode="after")
    def _one_press(self) -> "WhatTheySaid":
        if (self.yes is None) == (self.said is None) or self.said is Said.YES:
            raise BadAnswer("empty", field="said")
        return self


async def show_ring(request: web.Request) -> web.StreamResponse:
    """GET /referrals/{referral_id}/ring: the call that is on, or whether somebody could be rung. Shows no number and changes nothing."""
    said = request.query.get("said", "")
    return await _page(request, await own_referral(request), told=said if said in TOLD else "")


async def ring(request: web.Request) -> web.StreamResponse:
    """POST: the next number, on this answer and on no other page."""
    referral = await own_referral(request)
    try:
        offer_id = await act_once(request, ringing.ring_somebody, referral_id=referral.id)
    except NobodyToRing:
        return await _page(request, referral, refused="nobody", status=409)
    number = await _number(request, referral, UUID(offer_id)) if offer_id else None
    if number is None:
        raise web.HTTPSeeOther(_address(referral))
    return await _page(request, referral, number=number)


async def _number(request: web.Request, referral: Referral, offer_id: UUID) -> Number | None:
    async with reading(request) as c:
        return await ringing.show_number(
            c, config_of(request), now_of(request), actor=actor_of(request), referral_id=referral.id, offer_id=offer_id
        )


async def record_call(request: web.Request) -> web.StreamResponse:
    """POST /referrals/{referral_id}/ring/{offer_id}: what came of the call."""
    referral = await own_referral(request)
    record, form = read_form(WhatTheySaid, await request.post())
    if record is None:
        return await _page(request, referral, form=form, status=400)
    facts = {"referral_id": referral.id, "offer_id": id_in(request, "offer_id"), "said": record.said or Said.YES, "option_id": record.yes}
    try:
        ended = await act_once(request, ringing.record_call, **facts)
    except Finished:
        return await _page(request, referral, refused="late", status=409)
    except (NotThatOne, NobodyToAskFor, Clash, FullBlock):
        return await _page(request, referral, refused="cannot", status=409)
    raise web.HTTPSeeOther(f"/referrals/{referral.id}" if ended == Ended.GOING else f"{_address(referral)}?said={ended}")


def _address(referral: Referral) -> str:
    return f"/referrals/{referral.id}/ring"


async def _page(
    request: web.Request,
    referral: Referral,
    *,
    number: Number | None = None,
    told: str = "",
    refused: str = "",
    form: Form | None = None,
    status: int = 200,
) -> web.Response:
    config, now = config_of(request), now_of(request)
    async with reading(request) as c:
        scene = await scene_of(c, config, now, referral)
        call = await ringing.find_call(scene)
        can_ring = call is None and refused != "nobody" and await ringing.can_ring(scene)
        keyworker = config.vault.open((await get_staff_party(c, referral.keyworker_id)).details)
    context = {
        "form": form or blank_form(WhatTheySaid),
        "referral": referral,
        "names": opened_names(config, referral),
        "needs": referral.needs,
        "call": call,
        "number": number,
        "can_ring": can_ring,
        "told": told,
        "refused": refused,
        "from_first_name": keyworker["first_name"],
        "fellowship": fellowship_words(Fellowship(call.offer.fellowship)).name if call else "",
        "seat": "second" if referral.seats_taken else "first" if referral.seats == 2 else "only",
        "provider": scene.provider,
        "area": scene.area,
        "back": f"/referrals/{referral.id}",
    }
    return page(request, "keyworker/ring.html", context, status=status)


routes = [
    web.get(f"{REFERRAL}/ring", show_ring, name="keyworker.ring"),
    web.post(f"{REFERRAL}/ring", ring, name="keyworker.ring"),
    web.post(f"{REFERRAL}/ring/{{offer_id:[0-9a-f-]{{36}}}}", record_call, name="keyworker.call"),
]
