"""A coordinator's areas: districts, who is on call, how asking is paced, and each fellowship's web address and helpline there."""

from typing import Any

from aiohttp import web

from matcher.actions.area_keeping import change_area, change_asking
from matcher.actions.setting_up import AreaOfItself, update_fellowship_contact
from matcher.config import Config
from matcher.domain.area import Area
from matcher.domain.connection import Connection
from matcher.domain.errors import Hidden, Invalid
from matcher.domain.fellowship import Fellowship
from matcher.domain.permission import check_can_see_area
from matcher.store.areas import find_contact, get_area, list_areas, list_contacts
from matcher.store.parties import list_coordinators_of
from web.access import act_once, page
from web.coordinator_forms import AreaForm, AskingForm, ContactForm
from web.coordinator_referral_views import id_in
from web.coordinator_roster_pages import fellowship_names
from web.forms import Form, blank_form, read_form
from web.surroundings import actor_of, config_of, now_of, reading


async def _own_area(request: web.Request) -> Area:
    """The area of this address. Raises Hidden for another's, as if it did not exist."""
    async with reading(request) as c:
        area = await get_area(c, id_in(request, "area_id"))
    check_can_see_area(actor_of(request), AreaOfItself(area.id), now_of(request))
    return area


async def show_areas(request: web.Request) -> web.StreamResponse:
    """GET /areas: the own areas, each with how many helplines are missing."""
    async with reading(request) as c:
        areas = await list_areas(c, actor_of(request).area_ids)
        missing = {area.id: sum(not one.helpline for one in await list_contacts(c, area.id)) for area in areas}
    return page(request, "coordinator/areas.html", {"areas": areas, "missing": missing})


async def show_area(request: web.Request) -> web.StreamResponse:
    """GET /areas/{area_id}: everything about one area, with Change links where something can be changed."""
    area = await _own_area(request)
    async with reading(request) as c:
        contacts = await list_contacts(c, area.id)
        coordinators = await list_coordinators_of(c, area.id)
    vault = config_of(request).vault
    context = {
        "area": area,
        "contacts": contacts,
        "coordinators": sorted(vault.open(one.details)["first_name"] for one in coordinators),
        "fellowship_names": fellowship_names(),
        "now": now_of(request),
        "saved": request.query.get("saved") == "yes",
        "back": "/areas",
    }
    return page(request, "coordinator/area.html", context)


async def show_on_call(request: web.Request) -> web.StreamResponse:
    """GET /areas/{area_id}/on-call: who is rung and how letters are signed."""
    area = await _own_area(request)
    form = blank_form(
        AreaForm,
        discreet_name=area.discreet_name,
        reply_to=area.reply_to,
        on_call_telephone=area.on_call_telephone,
        on_call_hours=area.on_call_hours,
    )
    return _on_call_page(request, area, form)


async def save_on_call(request: web.Request) -> web.StreamResponse:
    """POST the same: from the next letter on."""
    area = await _own_area(request)
    record, form = read_form(AreaForm, await request.post())
    if record is None:
        return _on_call_page(request, area, form, status=400)
    facts = {name: value or "" for name, value in record.model_dump().items()}
    try:
        await act_once(request, change_area, area_id=area.id, **facts)
    except Invalid as wrong:
        return _on_call_page(request, area, form.with_errors(wrong.errors), status=400)
    raise web.HTTPSeeOther(f"/areas/{area.id}?saved=yes")


def _on_call_page(request: web.Request, area: Area, form: Form, *, status: int = 200) -> web.Response:
    return page(request, "coordinator/on_call.html", {"area": area, "form": form, "back": f"/areas/{area.id}"}, status=status)


async def show_asking(request: web.Request) -> web.StreamResponse:
    """GET /areas/{area_id}/asking: how people are asked here."""
    area = await _own_area(request)
    return _asking_page(request, area, blank_form(AskingForm, policy=area.policy))


async def save_asking(request: web.Request) -> web.StreamResponse:
    """POST the same: from the next look at each referral on."""
    area = await _own_area(request)
    record, form = read_form(AskingForm, await request.post())
    if record is None:
        return _asking_page(request, area, form, status=400)
    await act_once(request, change_asking, area_id=area.id, policy=record.policy)
    raise web.HTTPSeeOther(f"/areas/{area.id}?saved=yes")


def _asking_page(request: web.Request, area: Area, form: Form, *, status: int = 200) -> web.Response:
    return page(request, "coordinator/asking.html", {"area": area, "form": form, "back": f"/areas/{area.id}"}, status=status)


def _fellowship(request: web.Request) -> Fellowship:
    try:
        return Fellowship(request.match_info["fellowship"])
    except ValueError:
        raise Hidden from None


async def show_contact(request: web.Request) -> web.StreamResponse:
    """GET /areas/{area_id}/fellowships/{fellowship}: its web address and helpline here."""
    area, fellowship = await _own_area(request), _fellowship(request)
    async with reading(request) as c:
        kept = await find_contact(c, area.id, fellowship)
    if kept is None:
        raise Hidden
    form = blank_form(ContactForm, web_address=kept.web_address, helpline=kept.helpline, checked_on=kept.checked_on)
    return _contact_page(request, area, fellowship, form)


async def save_contact(request: web.Request) -> web.StreamResponse:
    """POST the same: letters and pages show it from now on."""
    area, fellowship = await _own_area(request), _fellowship(request)
    record, form = read_form(ContactForm, await request.post())
    if record is not None:
        form = form.with_errors(record.future(now_of(request).astimezone(area.zone).date()))
    if record is None or form.errors:
        return _contact_page(request, area, fellowship, form, status=400)
    facts: dict[str, Any] = {"web_address": record.web_address, "helpline": record.helpline or "", "checked_on": record.checked_on}
    await act_once(request, _keep_contact, area_id=area.id, fellowship=fellowship, **facts)
    raise web.HTTPSeeOther(f"/areas/{area.id}?saved=yes#fellowships")


async def _keep_contact(tx: Connection, config: Config, now: Any, **facts: Any) -> str:
    await update_fellowship_contact(tx, config, now, **facts)
    return "saved"


def _contact_page(request: web.Request, area: Area, fellowship: Fellowship, form: Form, *, status: int = 200) -> web.Response:
    name = fellowship_names()[fellowship.value]
    today = now_of(request).astimezone(area.zone).date()
    context = {"area": area, "fellowship_name": name, "form": form, "today": today, "back": f"/areas/{area.id}"}
    return page(request, "coordinator/contact.html", context, status=status)


ONE = "/areas/{area_id}"
routes = [
    web.get("/areas", show_areas, name="area.list"),
    web.get(ONE, show_area, name="area.page"),
    web.get(ONE + "/on-call", show_on_call, name="area.on_call"),
    web.post(ONE + "/on-call", save_on_call, name="area.on_call"),
    web.get(ONE + "/asking", show_asking, name="area.asking"),
    web.post(ONE + "/asking", save_asking, name="area.asking"),
    web.get(ONE + "/fellowships/{fellowship}", show_contact, name="area.contact"),
    web.post(ONE + "/fellowships/{fellowship}", save_contact, name="area.contact"),
]
