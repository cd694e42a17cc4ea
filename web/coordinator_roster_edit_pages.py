"""Changing one volunteer's entry, one topic a page, and adding somebody by hand. Pausing, leaving and admitting: coordinator_roster_state_pages.py."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from aiohttp import web

from matcher.actions.roster_consents import given_at
from matcher.actions.rostering import AddressKnown, Entry, add_by_hand, edit_volunteer
from matcher.config import Config
from matcher.domain.availability import Away
from matcher.domain.connection import Connection
from matcher.domain.errors import Changed, Hidden
from matcher.domain.journey_volunteer import HasLeft
from matcher.domain.journey_word import VolunteerState
from matcher.domain.roster import ConsentGiven, PersonDetails, RosterAnswers
from matcher.domain.volunteer import Membership, VolunteerConsent
from matcher.domain.week_rows import rows_of
from matcher.store.areas import list_areas
from matcher.vocabulary import role_card
from web.access import act_once, page
from web.coordinator_roster_forms import MOST_DISTRICTS, MOST_LEAVES, ON_THE_ROSTER, AddVolunteer, Confirmed, Topic
from web.coordinator_roster_pages import fellowship_names
from web.coordinator_roster_topics import TOPICS, ahead_of, next_topic
from web.coordinator_roster_views import OpenProfile, about, local_day, open_profile, own_areas
from web.form_fields import Phone
from web.forms import Form, Problem, blank_form, read_form
from web.roster_week_form import DAY_CODES, WeekAnswer, read_week, rows_shown, week_form
from web.surroundings import now_of, reading

ENDED = (VolunteerState.LEFT, VolunteerState.FORGOTTEN)


class RingNumber(Topic):
    """The number for calls in somebody's hours; the hours read themselves (roster_week_form)."""

    ring_number: Phone | None = None


async def then(tx: Connection, config: Config, now: Any, *, doing: Callable[..., Awaitable[Any]], to: str, **facts: Any) -> str:
    """Do something and answer where to go: the form's own answer, so that sending it twice leads to the same page. `{}` takes an id it made."""
    made = await doing(tx, config, now, **facts)
    return to.format(made) if isinstance(made, UUID) else to


async def open_to_change(request: web.Request) -> OpenProfile:
    """The volunteer this page changes. Raises Hidden, and HasLeft for whom there is nothing left to change."""
    volunteer = await open_profile(request)
    if volunteer.profile.state in ENDED:
        raise HasLeft
    return volunteer


def address_of(volunteer: OpenProfile, rest: str = "") -> str:
    """A page of this volunteer."""
    return f"/roster/{volunteer.profile.id}{rest}"


def after(volunteer: OpenProfile, topic: str, go_on: bool) -> str:
    """Where saving leads: the next page for somebody new, else back to the entry."""
    following = next_topic(topic) if go_on else None
    return address_of(volunteer, f"/{following}?next=yes" if following else "?saved=yes")


def topic_page(request: web.Request, volunteer: OpenProfile, topic: str, form: Form, **more: Any) -> web.Response:
    """The page of one topic. `status` tells a refused form."""
    status = int(more.pop("status", 200))
    rows = _rows_shown(form)
    going_on = request.query.get("next") == "yes" or form.value("go_on") == "yes"
    context = about(volunteer, form=form, topic=topic, going_on=going_on, rows=rows, fellowships=ON_THE_ROSTER, **more)
    context |= {"fellowship_names": fellowship_names(), "back": address_of(volunteer)}
    if topic == "checks":
        context |= _role_card(volunteer)
    return page(request, f"coordinator/volunteer_{topic}.html", context, status=status)


def _role_card(volunteer: OpenProfile) -> dict[str, Any]:
    """The role card with the points of each of their fellowships, every point once."""
    cards = [role_card(fellowship) for fellowship in volunteer.profile.answers.fellowships]
    return {"card": cards[0], "points": list(dict.fromkeys(point for card in cards for point in card.points))}


def _rows_shown(form: Form) -> dict[str, int]:
    """How many numbered rows the pages with districts and leave show: one more than are filled, three at least."""
    most = {"district": MOST_DISTRICTS, "first": MOST_LEAVES}
    filled = {name: max([n for n in range(1, top + 1) if form.value(f"{name}_{n}")], default=0) for name, top in most.items()}
    return {name: min(most[name], max(3, last + 1)) for name, last in filled.items()}


async def show_topic(request: web.Request) -> web.StreamResponse:
    """GET /roster/{volunteer_id}/{topic}: one topic as it stands."""
    volunteer = await open_to_change(request)
    topic = request.match_info["topic"]
    if topic == "when":
        return week_page(request, volunteer, WeekAnswer(None, week_form(volunteer.profile.answers.windows)))
    if topic == "ring":
        form = week_form(volunteer.profile.answers.on_call, ring_number=volunteer.details.ring_number)
        return week_page(request, volunteer, WeekAnswer(None, form), topic="ring")
    if topic not in TOPICS:
        raise Hidden
    shown = TOPICS[topic].show(volunteer.profile.answers, volunteer.details)
    return topic_page(request, volunteer, topic, blank_form(TOPICS[topic].record, **shown))


async def save_topic(request: web.Request) -> web.StreamResponse:
    """POST /roster/{volunteer_id}/{topic}: saves this topic and nothing else."""
    topic = request.match_info["topic"]
    if topic == "when":
        return await save_week(request)
    if topic == "ring":
        return await save_ring(request)
    if topic not in TOPICS:
        raise Hidden
    volunteer = await open_to_change(request)
    record, form = read_form(TOPICS[topic].record, await request.post())
    if record is not None:
        form = form.with_errors(ahead_of(record, TOPICS[topic].past, volunteer.today))
    if record is None or form.errors:
        return topic_page(request, volunteer, topic, form, status=400)
    change = TOPICS[topic].change(record, volunteer.profile.answers)
    facts = {"version": record.version, "answers": change.answers, "details": change.details}
    refused = await try_edit(request, volunteer, facts, to=after(volunteer, topic, record.go_on))
    return topic_page(request, volunteer, topic, form.with_errors(refused), status=409)


async def try_edit(request: web.Request, volunteer: OpenProfile, facts: Mapping[str, Any], *, to: str) -> dict[str, str | Problem]:
    """Save and go on; or the errors to show, with the answers kept, where an address is taken or somebody else was faster."""
    try:
        raise web.HTTPSeeOther(await act_once(request, then, doing=edit_volunteer, to=to, volunteer_id=volunteer.profile.id, **facts))
    except AddressKnown:
        return {"email": "address_known"}
    except HasLeft:
        raise
    except Changed:
        return {"": "changed_meanwhile"}


def week_page(request: web.Request, volunteer: OpenProfile, week: WeekAnswer, *, topic: str = "when", status: int = 200) -> web.Response:
    """A page with a week; rows that run into the next day are shown back to be confirmed."""
    more = {"days": DAY_CODES, "shown": rows_shown(week.form), "overnight": week.overnight}
    return topic_page(request, volunteer, topic, week.form, status=status, **more)


async def save_week(request: web.Request) -> web.StreamResponse:
    """POST /roster/{volunteer_id}/when: the week, each row checked on its own."""
    volunteer = await open_to_change(request)
    posted = await request.post()
    week = read_week(posted, known=volunteer.rows)
    head, _ = read_form(Confirmed, _only(posted, "version", "go_on"))
    if week.windows is None or head is None:
        return week_page(request, volunteer, week, status=400)
    facts = {"version": head.version, "answers": {"windows": week.windows}}
    refused = await try_edit(request, volunteer, facts, to=after(volunteer, "when", head.go_on))
    return week_page(request, volunteer, WeekAnswer(None, week.form.with_errors(refused)), status=409)


async def save_ring(request: web.Request) -> web.StreamResponse:
    """POST /roster/{volunteer_id}/ring: when they may be rung, and at which number. No hours: never."""
    volunteer = await open_to_change(request)
    posted = await request.post()
    week = read_week(posted, known=rows_of(volunteer.profile.answers.on_call), may_be_empty=True)
    record, head = read_form(RingNumber, _only(posted, "version", "go_on", "ring_number"))
    errors: dict[str, str | Problem] = dict(head.errors)
    if week.windows and record is not None and not record.ring_number and not volunteer.area.on_call_telephone:
        errors["ring_number"] = "no_number"
    if week.windows is None or record is None or errors:
        return week_page(request, volunteer, replace(week, form=week.form.with_errors(errors)), topic="ring", status=400)
    facts = {
        "version": record.version,
        "answers": {"on_call": week.windows},
        "details": {"ring_number": record.ring_number or ""},
    }
    refused = await try_edit(request, volunteer, facts, to=address_of(volunteer, "?saved=yes"))
    return week_page(request, volunteer, WeekAnswer(None, week.form.with_errors(refused)), topic="ring", status=409)


def _only(posted: Any, *names: str) -> Any:
    kept = posted.copy()
    for name in set(posted.keys()) - set(names):
        kept.popall(name)
    return kept


async def not_this_week(request: web.Request) -> web.StreamResponse:
    """POST /roster/{volunteer_id}/not-this-week: away from today to Sunday, in one press."""
    volunteer = await open_to_change(request)
    record, _ = read_form(Confirmed, await request.post())
    if record is None:
        raise Changed
    sunday = volunteer.today.fromordinal(volunteer.today.toordinal() + 6 - volunteer.today.weekday())
    away = (*volunteer.profile.answers.away, Away(volunteer.today, sunday))
    facts = {"version": record.version, "answers": {"away": away}, "volunteer_id": volunteer.profile.id}
    raise web.HTTPSeeOther(await act_once(request, then, doing=edit_volunteer, to=address_of(volunteer, "?saved=yes"), **facts))


async def show_add(request: web.Request) -> web.StreamResponse:
    """GET /roster/new: the first page about somebody new."""
    return await _add_page(request, blank_form(AddVolunteer))


async def add(request: web.Request) -> web.StreamResponse:
    """POST /roster/new: they enter the roster as being checked; the other pages follow."""
    record, form = read_form(AddVolunteer, await request.post())
    if record is not None and record.area is None and len(own_areas(request)) > 1:
        form = form.with_errors({"area": "empty"})
    if record is not None and record.agreed_on > local_day(now_of(request), await _zone(request, record)):
        form = form.with_errors({"agreed_on": "date_ahead"})
    if record is None or form.errors:
        return await _add_page(request, form, status=400)
    area_id = record.area or own_areas(request)[0]
    try:
        to = await act_once(
            request, then, doing=add_by_hand, to="/roster/{}/fellowships?next=yes", area_id=area_id, entry=_entry(record, now_of(request))
        )
    except AddressKnown:
        return await _add_page(request, form.with_errors({"email": "address_known"}), status=409)
    raise web.HTTPSeeOther(to)


async def _zone(request: web.Request, record: AddVolunteer) -> Any:
    async with reading(request) as c:
        areas = {area.id: area.zone for area in await list_areas(c, own_areas(request))}
    if not areas or (record.area is not None and record.area not in areas):
        raise Hidden
    return areas[record.area or own_areas(request)[0]]


async def _add_page(request: web.Request, form: Form, *, status: int = 200) -> web.Response:
    async with reading(request) as c:
        areas = await list_areas(c, own_areas(request))
    context = {"form": form, "areas": areas, "fellowships": ON_THE_ROSTER, "fellowship_names": fellowship_names(), "back": "/roster"}
    return page(request, "coordinator/roster_add.html", context, status=status)


def _entry(record: AddVolunteer, now: Any) -> Entry:
    given = [purpose for purpose in VolunteerConsent if getattr(record, purpose.value)]
    at = given_at(record.agreed_on, now)
    return Entry(
        adult=record.adult,
        details=PersonDetails(
            display_name=record.display_name, private_name=record.private_name, email=record.email, telephone=record.telephone or ""
        ),
        answers=RosterAnswers(time_band=record.time_band, memberships=frozenset(map(Membership, record.fellowships))),
        consents=tuple(ConsentGiven(purpose, True, record.how.value, at) for purpose in given),
    )


ONE = r"/roster/{volunteer_id:[0-9a-fA-F-]{36}}"
routes = [
    web.get("/roster/new", show_add, name="roster.add"),
    web.post("/roster/new", add, name="roster.add"),
    web.post(ONE + "/not-this-week", not_this_week, name="roster.not_this_week"),
    web.get(ONE + "/{topic:who|fellowships|where|when|ring|whom|often|checks|away}", show_topic, name="roster.topic"),
    web.post(ONE + "/{topic:who|fellowships|where|when|ring|whom|often|checks|away}", save_topic, name="roster.topic"),
]
