"""Admitting, pausing, starting again, leaving, correcting an address, consents and conflicts of one volunteer: one question a page."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from matcher.actions.roster_consents import Conflicts, given_at, record_conflicts, record_consents
from matcher.actions.roster_states import leave_roster, pause_volunteer, resume_volunteer
from matcher.actions.rostering import AddressKnown, admit, correct_address, current_role_card
from matcher.domain.errors import Changed
from matcher.domain.journey_volunteer import HasLeft
from matcher.domain.roster import ConsentGiven
from matcher.domain.volunteer import VolunteerConsent
from matcher.store.consents import list_consents
from matcher.store.roster_bars import OwnBars, list_own_bars, list_provider_names
from matcher.store.roster_history import list_planned_meetings
from web.access import act_once, page
from web.coordinator_roster_edit_pages import ONE, address_of, open_to_change, then, topic_page
from web.coordinator_roster_forms import Agreed, Confirmed, KeptAway, NewAddress, PauseForm, Topic, districts_in
from web.coordinator_roster_views import OpenProfile, about
from web.forms import Form, blank_form, read_form
from web.surroundings import config_of, now_of, reading


@dataclass(frozen=True, slots=True)
class Step:
    """One change of state: its action, its form, and whether the action takes the version that the page showed."""

    action: Any
    record: type[Topic] = Confirmed
    takes_version: bool = False


STEPS = {
    "admit": Step(admit, takes_version=True),
    "pause": Step(pause_volunteer, PauseForm),
    "resume": Step(resume_volunteer),
    "leave": Step(leave_roster),
}
"""By the last part of their address."""


async def show_step(request: web.Request) -> web.StreamResponse:
    """GET /roster/{volunteer_id}/{step}: what will happen, and one button. Changes nothing."""
    volunteer = await open_to_change(request)
    return await _step_page(request, volunteer, blank_form(STEPS[request.match_info["step"]].record))


async def take_step(request: web.Request) -> web.StreamResponse:
    """POST /roster/{volunteer_id}/{step}: does it."""
    volunteer = await open_to_change(request)
    step = STEPS[request.match_info["step"]]
    record, form = read_form(step.record, await request.post())
    facts: dict[str, Any] = {"volunteer_id": volunteer.profile.id}
    if isinstance(record, PauseForm):
        facts["until"] = record.until
        form = form.with_errors({"until": "date_past"} if record.until and record.until <= volunteer.today else {})
    if record is None or form.errors:
        return await _step_page(request, volunteer, form, status=400)
    if step.takes_version:
        facts["version"] = record.version
    raise web.HTTPSeeOther(await act_once(request, then, doing=step.action, to=address_of(volunteer, "?saved=yes"), **facts))


async def _step_page(request: web.Request, volunteer: OpenProfile, form: Form, *, status: int = 200) -> web.Response:
    async with reading(request) as c:
        planned = await list_planned_meetings(c, volunteer.profile.id, now_of(request))
    context = about(volunteer, form=form, planned=planned, role_card=current_role_card(), back=address_of(volunteer))
    return page(request, f"coordinator/volunteer_{request.match_info['step']}.html", context, status=status)


async def show_address(request: web.Request) -> web.StreamResponse:
    """GET /roster/{volunteer_id}/address: the address after a letter came back."""
    volunteer = await open_to_change(request)
    return topic_page(request, volunteer, "address", blank_form(NewAddress, email=volunteer.details.email))


async def save_address(request: web.Request) -> web.StreamResponse:
    """POST /roster/{volunteer_id}/address: it works again from now on, and what they should know of meetings ahead is sent again."""
    volunteer = await open_to_change(request)
    record, form = read_form(NewAddress, await request.post())
    if record is None:
        return topic_page(request, volunteer, "address", form, status=400)
    facts = {"volunteer_id": volunteer.profile.id, "version": record.version, "email": record.email}
    try:
        to = await act_once(request, then, doing=correct_address, to=address_of(volunteer, "?saved=yes"), **facts)
    except AddressKnown:
        return topic_page(request, volunteer, "address", form.with_errors({"email": "address_known"}), status=409)
    raise web.HTTPSeeOther(to)


async def show_agreed(request: web.Request) -> web.StreamResponse:
    """GET /roster/{volunteer_id}/consents: what they have agreed to, and what changes."""
    volunteer = await open_to_change(request)
    return await _agreed_page(request, volunteer, blank_form(Agreed))


async def save_agreed(request: web.Request) -> web.StreamResponse:
    """POST /roster/{volunteer_id}/consents: adds to the ledger."""
    volunteer = await open_to_change(request)
    record, form = read_form(Agreed, await request.post())
    if record is not None and record.agreed_on > volunteer.today:
        form = form.with_errors({"agreed_on": "date_ahead"})
    if record is None or form.errors:
        return await _agreed_page(request, volunteer, form, status=400)
    facts = {"volunteer_id": volunteer.profile.id, "version": record.version, "consents": _said(record, now_of(request))}
    to = await _once_or_again(request, record_consents, facts, to=address_of(volunteer, "?saved=yes"))
    if to is None:
        return await _agreed_page(request, volunteer, form.with_errors({"": "changed_meanwhile"}), status=409)
    raise web.HTTPSeeOther(to)


def _said(record: Agreed, now: Any) -> list[ConsentGiven]:
    at = given_at(record.agreed_on, now)
    said = {purpose: getattr(record, purpose.value) for purpose in VolunteerConsent}
    return [ConsentGiven(purpose, answer == "yes", record.how.value, at) for purpose, answer in said.items() if answer]


async def _agreed_page(request: web.Request, volunteer: OpenProfile, form: Form, *, status: int = 200) -> web.Response:
    async with reading(request) as c:
        agreed = {one.purpose: one for one in await list_consents(c, volunteer.profile.id)}
    return topic_page(request, volunteer, "consents", form, status=status, agreed=agreed)


async def show_kept_away(request: web.Request) -> web.StreamResponse:
    """GET /roster/{volunteer_id}/conflicts: people, places and services they asked to be kept away from."""
    volunteer = await open_to_change(request)
    async with reading(request) as c:
        bars = await list_own_bars(c, volunteer.profile.id)
    sealed = volunteer.profile.conflicts
    people = config_of(request).vault.open(sealed).get("people", "") if sealed else ""
    form = blank_form(KeptAway, people=people, providers=sorted(bars.provider_ids), districts=", ".join(sorted(bars.outcodes)))
    return await _kept_away_page(request, volunteer, form)


async def save_kept_away(request: web.Request) -> web.StreamResponse:
    """POST /roster/{volunteer_id}/conflicts: sets and lifts bars; what they were asked across a new one is withdrawn."""
    volunteer = await open_to_change(request)
    record, form = read_form(KeptAway, await request.post())
    if record is None:
        return await _kept_away_page(request, volunteer, form, status=400)
    bars = OwnBars(record.providers, districts_in(record.districts or ""))
    facts = {"volunteer_id": volunteer.profile.id, "version": record.version, "conflicts": Conflicts(people=record.people or "", bars=bars)}
    to = await _once_or_again(request, record_conflicts, facts, to=address_of(volunteer, "?saved=yes"))
    if to is None:
        return await _kept_away_page(request, volunteer, form.with_errors({"": "changed_meanwhile"}), status=409)
    raise web.HTTPSeeOther(to)


async def _kept_away_page(request: web.Request, volunteer: OpenProfile, form: Form, *, status: int = 200) -> web.Response:
    async with reading(request) as c:
        providers = await list_provider_names(c)
    return topic_page(request, volunteer, "conflicts", form, status=status, providers=providers)


async def _once_or_again(request: web.Request, action: Any, facts: dict[str, Any], *, to: str) -> str | None:
    """Where to go after the action; None where somebody else was faster and the answers must be shown again."""
    try:
        return await act_once(request, then, doing=action, to=to, **facts)
    except HasLeft:
        raise
    except Changed:
        return None


routes = [
    web.get(ONE + "/{step:admit|pause|resume|leave}", show_step, name="roster.step"),
    web.post(ONE + "/{step:admit|pause|resume|leave}", take_step, name="roster.step"),
    web.get(ONE + "/address", show_address, name="roster.address"),
    web.post(ONE + "/address", save_address, name="roster.address"),
    web.get(ONE + "/consents", show_agreed, name="roster.consents"),
    web.post(ONE + "/consents", save_agreed, name="roster.consents"),
    web.get(ONE + "/conflicts", show_kept_away, name="roster.conflicts"),
    web.post(ONE + "/conflicts", save_kept_away, name="roster.conflicts"),
]
