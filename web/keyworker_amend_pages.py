"""What a keyworker changes after sending: details, another person, the newcomer's OK, a letter again, no more, consent withdrawn, giving up."""

from typing import Any

from aiohttp import web

from matcher.actions import amending, amending_details, confirming
from matcher.domain.arrangement import Referral
from matcher.domain.errors import Changed
from matcher.domain.journey import REFERRAL_TABLE, CancelReason, ReferralEvent, states_allowing
from matcher.domain.permission import check_can_change_referral
from matcher.store.matches import list_matches
from matcher.store.referrals import get_referral
from web.access import act, page
from web.form_fields import FormRecord, Ticked
from web.forms import Form, blank_form, read_form
from web.keyworker_referral_pages import id_in
from web.keyworker_status_pages import opened_names
from web.referral_forms import CareOnTheDay, Contact, WithWhom, answers_from, form_for
from web.surroundings import actor_of, config_of, now_of, reading

PARTS: dict[str, type[FormRecord]] = {"people": WithWhom, "contact": Contact, "care": CareOnTheDay}


class WhyCancel(FormRecord):
    """Why it is called off; nobody is told."""

    reason: CancelReason


class Sure(FormRecord):
    """A tick that says: yes, I mean it."""

    sure: Ticked


async def own_referral(request: web.Request) -> Referral:
    """The referral of this address, for its own keyworker only."""
    async with reading(request) as c:
        referral = await get_referral(c, id_in(request, "referral_id"))
    check_can_change_referral(actor_of(request), referral, now_of(request))
    return referral


def _frame(request: web.Request, referral: Referral) -> dict[str, Any]:
    return {
        "referral": referral,
        "names": opened_names(config_of(request), referral),
        "needs": referral.needs,
        "back": f"/referrals/{referral.id}",
    }


def _done(referral: Referral) -> web.HTTPSeeOther:
    return web.HTTPSeeOther(f"/referrals/{referral.id}")


# ── details ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def show_amend(request: web.Request) -> web.StreamResponse:
    """GET /referrals/{referral_id}/amend/{part}: one part of the form with what is held now."""
    referral = await own_referral(request)
    async with reading(request) as c:
        answers = await amending_details.answers_of_referral(c, config_of(request), referral)
    return _amend_page(request, referral, form_for(PARTS[request.match_info["part"]], answers))


async def amend(request: web.Request) -> web.StreamResponse:
    """POST: keeps it; what no longer fits is undone, and who must know is told."""
    referral, posted = await own_referral(request), await request.post()
    record, form = read_form(PARTS[request.match_info["part"]], posted, also=["version"])
    if record is None:
        return _amend_page(request, referral, form, status=400)
    version = str(posted.get("version", ""))
    try:
        await act(
            request,
            amending_details.amend_referral,
            referral_id=referral.id,
            version=int(version) if version.isdecimal() and len(version) < 7 else 0,
            changes=_changes(record),
        )
    except Changed as changed:
        if type(changed) is not Changed:
            raise
        return _amend_page(request, await own_referral(request), form.with_errors({"": "changed_elsewhere"}), status=409)
    raise _done(referral)


def _changes(record: FormRecord) -> dict[str, Any]:
    """The record by the answers' names; lists as the answers keep them."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in answers_from(record).items()}


def _amend_page(request: web.Request, referral: Referral, form: Form, *, status: int = 200) -> web.Response:
    context = _frame(request, referral) | {"form": form, "part": request.match_info["part"]}
    return page(request, "keyworker/amend.html", context, status=status)


# ── ends ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def show_cancel(request: web.Request) -> web.StreamResponse:
    """GET /referrals/{referral_id}/cancel: asks why."""
    return _ask(request, "cancel", await own_referral(request), blank_form(WhyCancel))


async def cancel(request: web.Request) -> web.StreamResponse:
    """POST: calls it off; each party is told once."""
    referral = await own_referral(request)
    record, form = read_form(WhyCancel, await request.post())
    if record is None:
        return _ask(request, "cancel", referral, form, status=400)
    await act(request, amending.cancel_referral, referral_id=referral.id, reason=record.reason)
    raise _done(referral)


async def show_withdraw(request: web.Request) -> web.StreamResponse:
    """GET /referrals/{referral_id}/consent: says what stops, and asks for a tick."""
    return _ask(request, "withdraw", await own_referral(request), blank_form(Sure))


async def withdraw(request: web.Request) -> web.StreamResponse:
    """POST: their consent is withdrawn on their word; everything stops at once."""
    referral = await own_referral(request)
    record, form = read_form(Sure, await request.post())
    if record is None:
        return _ask(request, "withdraw", referral, form, status=400)
    await act(request, amending.withdraw_consent, referral_id=referral.id)
    raise _done(referral)


async def show_give_up(request: web.Request) -> web.StreamResponse:
    """GET /referrals/{referral_id}/give-up: says what follows, and asks for a tick."""
    return _ask(request, "give_up", await own_referral(request), blank_form(Sure))


async def give_up(request: web.Request) -> web.StreamResponse:
    """POST: the search ends with an honest answer."""
    referral = await own_referral(request)
    record, form = read_form(Sure, await request.post())
    if record is None:
        return _ask(request, "give_up", referral, form, status=400)
    await act(request, amending.give_up, referral_id=referral.id)
    raise _done(referral)


def _ask(request: web.Request, template: str, referral: Referral, form: Form, *, status: int = 200) -> web.Response:
    events = {"cancel": ReferralEvent.CANCEL_REFERRAL, "withdraw": ReferralEvent.WITHDRAW_CONSENT, "give_up": ReferralEvent.GIVE_UP}
    allowed = states_allowing(REFERRAL_TABLE, events[template], by=actor_of(request).kind)
    if referral.state not in allowed:
        raise _done(referral)
    return page(request, f"keyworker/{template}.html", _frame(request, referral) | {"form": form}, status=status)


# ── the plan ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def show_other_person(request: web.Request) -> web.StreamResponse:
    """GET /referrals/{referral_id}/other-person: asks for a tick, never for a reason."""
    return await _other_page(request, await own_referral(request), blank_form(Sure))


async def want_other_person(request: web.Request) -> web.StreamResponse:
    """POST: that volunteer is thanked and not asked again for this newcomer; the search goes on. `match` names which of two."""
    referral, posted = await own_referral(request), await request.post()
    record, form = read_form(Sure, posted, also=["match"])
    if record is None:
        return await _other_page(request, referral, form, status=400)
    async with reading(request) as c:
        live = await list_matches(c, referral.id, referral.meeting_number)
    match = next((one for one in live if str(one.id) == posted.get("match")), live[0] if len(live) == 1 else None)
    if match is None:
        raise _done(referral)
    await act(request, amending.want_other_person, referral_id=referral.id, match_id=match.id)
    raise _done(referral)


async def _other_page(request: web.Request, referral: Referral, form: Form, *, status: int = 200) -> web.Response:
    async with reading(request) as c:
        live = await list_matches(c, referral.id, referral.meeting_number)
    if not live or now_of(request) >= live[0].starts_at:
        raise _done(referral)
    return page(request, "keyworker/other_person.html", _frame(request, referral) | {"form": form, "live": live}, status=status)


async def show_agree(request: web.Request) -> web.StreamResponse:
    """GET /referrals/{referral_id}/agree: the newcomer wished to say OK first."""
    return page(request, "keyworker/agree.html", _frame(request, await own_referral(request)) | {"form": blank_form(Sure)})


async def agree(request: web.Request) -> web.StreamResponse:
    """POST: they said OK to their keyworker; now the companion learns their name."""
    referral = await own_referral(request)
    record, form = read_form(Sure, await request.post())
    if record is None:
        return page(request, "keyworker/agree.html", _frame(request, referral) | {"form": form}, status=400)
    await act(request, confirming.agree_plan, referral_id=referral.id)
    raise _done(referral)


async def send_again(request: web.Request) -> web.StreamResponse:
    """POST /referrals/{referral_id}/letters/{letter_id}: the same letter once more, with new links."""
    referral = await own_referral(request)
    await act(request, amending.send_again, referral_id=referral.id, letter_id=id_in(request, "letter_id"))
    raise _done(referral)


REFERRAL = "/referrals/{referral_id:[0-9a-f-]{36}}"
routes = [
    web.get(REFERRAL + "/amend/{part:people|contact|care}", show_amend, name="keyworker.amend"),
    web.post(REFERRAL + "/amend/{part:people|contact|care}", amend, name="keyworker.amend"),
    web.get(f"{REFERRAL}/cancel", show_cancel, name="keyworker.cancel"),
    web.post(f"{REFERRAL}/cancel", cancel, name="keyworker.cancel"),
    web.get(f"{REFERRAL}/consent", show_withdraw, name="keyworker.withdraw"),
    web.post(f"{REFERRAL}/consent", withdraw, name="keyworker.withdraw"),
    web.get(f"{REFERRAL}/give-up", show_give_up, name="keyworker.give_up"),
    web.post(f"{REFERRAL}/give-up", give_up, name="keyworker.give_up"),
    web.get(f"{REFERRAL}/other-person", show_other_person, name="keyworker.other_person"),
    web.post(f"{REFERRAL}/other-person", want_other_person, name="keyworker.other_person"),
    web.get(f"{REFERRAL}/agree", show_agree, name="keyworker.agree"),
    web.post(f"{REFERRAL}/agree", agree, name="keyworker.agree"),
    web.post(REFERRAL + "/letters/{letter_id:[0-9a-f-]{36}}", send_again, name="keyworker.send_again"),
]
