"""What a coordinator decides about a whole referral: settle what must be settled first, one companion instead of two, or give up honestly."""

from typing import Any

from aiohttp import web

from matcher.actions import settling
from matcher.actions.settling import GiveUpReason
from matcher.domain.errors import Changed, Refused
from matcher.store.parties import list_volunteer_parties
from matcher.store.queue import list_active_ids
from web.access import act_once, page
from web.coordinator_forms import SETTLED_AS, GiveUp, OneCompanion, Settle
from web.coordinator_referral_pages import ONE, context_of
from web.coordinator_referral_views import ReferralView, open_referral
from web.forms import Form, blank_form, read_form
from web.surroundings import config_of, reading

MOST_NAMES = 2000


async def show_settle(request: web.Request) -> web.StreamResponse:
    """GET …/settle: the names to avoid as the newcomer gave them, their own words about company, and what to choose."""
    return await _settle_page(request, await open_referral(request), blank_form(Settle))


async def settle(request: web.Request) -> web.StreamResponse:
    """POST …/settle: sets the bars, notes the wish, and lets asking begin."""
    view = await open_referral(request)
    record, form = read_form(Settle, await request.post())
    if record is not None:
        form = form.with_errors(record.missing(view.referral.to_settle))
    if record is None or form.errors:
        return await _settle_page(request, view, form, status=400)
    facts = {"barred": list(record.barred), "comfort": record.settled_comfort}
    try:
        done = await act_once(request, settling.settle, referral_id=view.referral.id, **facts)
    except (Refused, Changed) as refused:
        return await _settle_page(request, view, form, refused=refused.sentence, status=409)
    raise web.HTTPSeeOther(f"{view.address}?done={done}")


async def _settle_page(request: web.Request, view: ReferralView, form: Form, *, refused: str = "", status: int = 200) -> web.Response:
    people = await _roster(request, view) if "avoid_people" in view.referral.to_settle else []
    told = {"people": people, "avoid": _avoided(request, view), "own_words": _own_words(request, view)}
    context = context_of(request, view, form=form, refused=refused, settled_as=SETTLED_AS, back=view.address, **told)
    return page(request, "coordinator/settle.html", context, status=status)


async def _roster(request: web.Request, view: ReferralView) -> list[dict[str, Any]]:
    """The volunteers of the area, by name, for choosing whom the newcomer meant."""
    config = config_of(request)
    async with reading(request) as c:
        ids = await list_active_ids(c, view.area.id, most=MOST_NAMES)
        people = await list_volunteer_parties(c, ids)
    details = {one.id: config.vault.open(one.details) for one in people.values() if one.details}
    named = [{"value": one, "text": details[one]["display_name"], "hint": details[one]["private_name"]} for one in ids if one in details]
    return sorted(named, key=lambda one: str(one["text"]).lower())


def _avoided(request: web.Request, view: ReferralView) -> list[dict[str, str]]:
    """Whom the newcomer does not want to meet, as they said it: read here only, to settle it."""
    sealed = view.referral.avoid
    return config_of(request).vault.open(sealed).get("people", []) if sealed else []


def _own_words(request: web.Request, view: ReferralView) -> str:
    """What the newcomer said about company, in their own words; nothing else of their box is read."""
    sealed = view.referral.newcomer
    words = config_of(request).vault.open(sealed).get("comfort_words", "") if sealed and "own_words" in view.referral.to_settle else ""
    return str(words)


async def show_one_companion(request: web.Request) -> web.StreamResponse:
    """GET …/one-companion: what changes, and the newcomer's yes."""
    return await _decision_page(request, "one_companion", blank_form(OneCompanion))


async def take_one_companion(request: web.Request) -> web.StreamResponse:
    """POST …/one-companion: one instead of two, only on the newcomer's yes."""
    record, form = read_form(OneCompanion, await request.post())
    if record is None:
        return await _decision_page(request, "one_companion", form, status=400)
    return await _decide(request, "one_companion", form, settling.take_one_companion)


async def show_give_up(request: web.Request) -> web.StreamResponse:
    """GET …/give-up: the honest answer that will go out."""
    return await _decision_page(request, "give_up", blank_form(GiveUp))


async def give_up(request: web.Request) -> web.StreamResponse:
    """POST …/give-up: closes the referral and tells both that nobody could come this time."""
    record, form = read_form(GiveUp, await request.post())
    if record is None:
        return await _decision_page(request, "give_up", form, status=400)
    return await _decide(request, "give_up", form, settling.give_up, reason=record.reason)


async def _decide(request: web.Request, name: str, form: Form, action: Any, **facts: Any) -> web.StreamResponse:
    view = await open_referral(request)
    try:
        done = await act_once(request, action, referral_id=view.referral.id, **facts)
    except (Refused, Changed) as refused:
        return await _decision_page(request, name, form, refused=Refused(refused.sentence, **refused.facts), status=409)
    raise web.HTTPSeeOther(f"{view.address}?done={done}")


async def _decision_page(request: web.Request, name: str, form: Form, *, refused: Refused | None = None, status: int = 200) -> web.Response:
    view = await open_referral(request)
    rules = tuple(refused.facts.get("rules", ())) if refused else ()
    told = {"refused": refused.sentence if refused else "", "rules": rules, "reasons": [reason.value for reason in GiveUpReason]}
    return page(request, f"coordinator/{name}.html", context_of(request, view, form=form, back=view.address, **told), status=status)


routes = [
    web.get(ONE + "/settle", show_settle, name="coordinator.settle"),
    web.post(ONE + "/settle", settle, name="coordinator.settle"),
    web.get(ONE + "/one-companion", show_one_companion, name="coordinator.one_companion"),
    web.post(ONE + "/one-companion", take_one_companion, name="coordinator.one_companion"),
    web.get(ONE + "/give-up", show_give_up, name="coordinator.give_up"),
    web.post(ONE + "/give-up", give_up, name="coordinator.give_up"),
]
