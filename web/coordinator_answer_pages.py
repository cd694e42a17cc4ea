"""One volunteer beside one referral: asking them by hand, and a yes or no that they gave on the telephone. Each page says what will be sent."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from matcher.actions import standing_in
from matcher.actions.showing_candidates import OnePerson, look_at_person
from matcher.domain.errors import Changed, Clash, Hidden, Refused
from web.access import act_once, page
from web.coordinator_forms import AskByHand, Sure, YesByPhone
from web.coordinator_referral_pages import ONE, context_of
from web.coordinator_referral_views import ReferralView, id_in, open_referral
from web.form_fields import FormRecord
from web.forms import Form, blank_form, read_form
from web.surroundings import actor_of, config_of, now_of, reading

PERSON = ONE + "/people/{volunteer_id}"


async def _open(request: web.Request) -> tuple[ReferralView, OnePerson]:
    """The referral and the volunteer of this address. Raises Hidden for anybody who is neither on an own roster nor was asked."""
    view = await open_referral(request)
    async with reading(request) as c:
        person = await look_at_person(
            c,
            config_of(request),
            now_of(request),
            actor=actor_of(request),
            referral_id=view.referral.id,
            volunteer_id=id_in(request, "volunteer_id"),
        )
    return view, person


def _address(view: ReferralView, person: OnePerson) -> str:
    return f"{view.address}/people/{person.id}"


async def _page(request: web.Request, name: str, form: Form, *, refused: Refused | None = None, status: int = 200) -> web.Response:
    view, person = await _open(request)
    rules = tuple(refused.facts.get("rules", ())) if refused else ()
    told = {"refused": refused.sentence if refused else "", "rules": rules, "form": form, "person": person}
    back = view.address if name == "person" else _address(view, person)
    return page(request, f"coordinator/{name}.html", context_of(request, view, **told, back=back), status=status)


async def show_person(request: web.Request) -> web.StreamResponse:
    """GET …/people/{volunteer_id}: what can be done about this volunteer, and what stands in the way."""
    return await _page(request, "person", blank_form(Sure))


async def show_ask(request: web.Request) -> web.StreamResponse:
    """GET …/ask: for which meetings, and the sentence that this sends an email."""
    _, person = await _open(request)
    return await _page(request, "ask", blank_form(AskByHand, options=[one.option.id for one in person.may_be_asked]))


async def ask(request: web.Request) -> web.StreamResponse:
    """POST …/ask: the email leaves, or a rule blocks it with its words."""
    return await _do(request, "ask", AskByHand, lambda record: (standing_in.ask, {"option_ids": list(record.options)}))


async def show_yes(request: web.Request) -> web.StreamResponse:
    """GET …/yes: to which meeting they said yes."""
    return await _page(request, "yes", blank_form(YesByPhone))


async def record_yes(request: web.Request) -> web.StreamResponse:
    """POST …/yes: the place is theirs, and an email tells them what was recorded."""
    return await _do(request, "yes", YesByPhone, lambda record: (standing_in.record_yes, {"option_id": record.option}))


async def show_no(request: web.Request) -> web.StreamResponse:
    """GET …/no: what a no means, and that no email goes."""
    return await _page(request, "no", blank_form(Sure))


async def record_no(request: web.Request) -> web.StreamResponse:
    """POST …/no: nobody asks them again for this referral."""
    return await _do(request, "no", Sure, lambda _record: (standing_in.record_no, {}))


async def _do(
    request: web.Request,
    name: str,
    model: type[FormRecord],
    chosen: Callable[[Any], tuple[Callable[..., Awaitable[str]], dict[str, Any]]],
) -> web.StreamResponse:
    """Read the form, do it, and go back to the referral; a refusal is said on the same page, with the answers kept."""
    record, form = read_form(model, await request.post())
    if record is None:
        return await _page(request, name, form, status=400)
    view, person = await _open(request)
    action, facts = chosen(record)
    try:
        done = await act_once(request, action, referral_id=view.referral.id, volunteer_id=person.id, **facts)
    except Hidden:
        raise
    except (Refused, Changed, Clash) as refused:
        return await _page(request, name, form, refused=Refused(refused.sentence, **refused.facts), status=409)
    raise web.HTTPSeeOther(f"{view.address}?done={done}")


routes = [
    web.get(PERSON, show_person, name="coordinator.person"),
    web.get(PERSON + "/ask", show_ask, name="coordinator.ask"),
    web.post(PERSON + "/ask", ask, name="coordinator.ask"),
    web.get(PERSON + "/yes", show_yes, name="coordinator.yes"),
    web.post(PERSON + "/yes", record_yes, name="coordinator.yes"),
    web.get(PERSON + "/no", show_no, name="coordinator.no"),
    web.post(PERSON + "/no", record_no, name="coordinator.no"),
]
