"""What a keyworker changes after sending: details, another person, the newcomer's OK, a letter again, each way to end it, and starting again."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiohttp import web

from matcher.actions import amending, amending_details, confirming, holding, starting_again
from matcher.actions.holding import HoldReason
from matcher.domain.arrangement import Referral
from matcher.domain.draft import DraftPage
from matcher.domain.errors import Changed
from matcher.domain.journey import REFERRAL_TABLE, CancelReason, ReferralEvent, states_allowing
from matcher.store.matches import list_matches
from web.access import act, act_once, page
from web.form_fields import FormRecord, Ticked
from web.forms import Form, blank_form, read_form
from web.keyworker_referral_pages import REFERRAL, address, id_in, own_referral
from web.keyworker_status_pages import opened_names
from web.referral_forms import CareOnTheDay, Contact, WithWhom, answers_from, form_for
from web.surroundings import actor_of, config_of, now_of, reading

Action = Callable[..., Awaitable[Any]]
PARTS: dict[str, type[FormRecord]] = {"people": WithWhom, "contact": Contact, "care": CareOnTheDay}


class WhyCancel(FormRecord):
    """Why it is called off; nobody is told."""

    reason: CancelReason


class WhyHold(FormRecord):
    """Why it is put off for a while; nobody is told."""

    reason: HoldReason


class Sure(FormRecord):
    """A tick that says: yes, I mean it."""

    sure: Ticked


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


# ── asked once more ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Press:
    """One thing a keyworker does to a referral after a page that says what follows: its template, what it asks, and the action it leads to."""

    template: str
    event: ReferralEvent
    asks: type[FormRecord]
    action: Action


CANCEL = Press("cancel", ReferralEvent.CANCEL_REFERRAL, WhyCancel, amending.cancel_referral)
WITHDRAW = Press("withdraw", ReferralEvent.WITHDRAW_CONSENT, Sure, amending.withdraw_consent)
GIVE_UP = Press("give_up", ReferralEvent.GIVE_UP, Sure, amending.give_up)
HOLD = Press("hold", ReferralEvent.HOLD_REFERRAL, WhyHold, holding.hold_referral)
RELEASE = Press("release", ReferralEvent.RELEASE_HOLD, Sure, holding.release_hold)
AGREE = Press("agree", ReferralEvent.AGREE_PLAN, Sure, confirming.agree_plan)


async def show_press(press: Press, request: web.Request) -> web.StreamResponse:
    """GET /referrals/{referral_id}/cancel, /consent, /give-up, /agree, /hold, /release: says what follows, and asks. Changes nothing."""
    return _press_page(request, press, await own_referral(request), blank_form(press.asks))


async def take_press(press: Press, request: web.Request) -> web.StreamResponse:
    """POST the same: does it, with what was answered."""
    referral = await own_referral(request)
    record, form = read_form(press.asks, await request.post())
    if record is None:
        return _press_page(request, press, referral, form, status=400)
    facts = {"reason": record.reason} if isinstance(record, WhyCancel | WhyHold) else {}
    await act(request, press.action, referral_id=referral.id, **facts)
    raise _done(referral)


def _press_page(request: web.Request, press: Press, referral: Referral, form: Form, *, status: int = 200) -> web.Response:
    """The question; the referral's own page where its state does not know this any more."""
    if referral.state not in states_allowing(REFERRAL_TABLE, press.event, by=actor_of(request).kind):
        raise _done(referral)
    return page(request, f"keyworker/{press.template}.html", _frame(request, referral) | {"form": form}, status=status)


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


async def send_again(request: web.Request) -> web.StreamResponse:
    """POST /referrals/{referral_id}/letters/{letter_id}: the same letter once more, with new links."""
    referral = await own_referral(request)
    await act(request, amending.send_again, referral_id=referral.id, letter_id=id_in(request, "letter_id"))
    raise _done(referral)


async def again(request: web.Request) -> web.StreamResponse:
    """POST /referrals/{referral_id}/again: a new form with what may be copied of a closed referral; an empty one where nothing may."""
    referral = await own_referral(request)
    raise web.HTTPSeeOther(await act_once(request, _start_again, referral_id=referral.id))


async def _start_again(tx: Any, config: Any, now: Any, **facts: Any) -> str:
    draft_id = await starting_again.start_again(tx, config, now, **facts)
    return address(draft_id, DraftPage.WHO) if draft_id else "/referrals/new"


routes = [
    web.get(REFERRAL + "/amend/{part:people|contact|care}", show_amend, name="keyworker.amend"),
    web.post(REFERRAL + "/amend/{part:people|contact|care}", amend, name="keyworker.amend"),
    web.get(f"{REFERRAL}/cancel", partial(show_press, CANCEL), name="keyworker.cancel"),
    web.post(f"{REFERRAL}/cancel", partial(take_press, CANCEL), name="keyworker.cancel"),
    web.get(f"{REFERRAL}/consent", partial(show_press, WITHDRAW), name="keyworker.withdraw"),
    web.post(f"{REFERRAL}/consent", partial(take_press, WITHDRAW), name="keyworker.withdraw"),
    web.get(f"{REFERRAL}/give-up", partial(show_press, GIVE_UP), name="keyworker.give_up"),
    web.post(f"{REFERRAL}/give-up", partial(take_press, GIVE_UP), name="keyworker.give_up"),
    web.get(f"{REFERRAL}/agree", partial(show_press, AGREE), name="keyworker.agree"),
    web.post(f"{REFERRAL}/agree", partial(take_press, AGREE), name="keyworker.agree"),
    web.get(f"{REFERRAL}/hold", partial(show_press, HOLD), name="keyworker.hold"),
    web.post(f"{REFERRAL}/hold", partial(take_press, HOLD), name="keyworker.hold"),
    web.get(f"{REFERRAL}/release", partial(show_press, RELEASE), name="keyworker.release"),
    web.post(f"{REFERRAL}/release", partial(take_press, RELEASE), name="keyworker.release"),
    web.get(f"{REFERRAL}/other-person", show_other_person, name="keyworker.other_person"),
    web.post(f"{REFERRAL}/other-person", want_other_person, name="keyworker.other_person"),
    web.post(f"{REFERRAL}/again", again, name="keyworker.again"),
    web.post(REFERRAL + "/letters/{letter_id:[0-9a-f-]{36}}", send_again, name="keyworker.send_again"),
]
