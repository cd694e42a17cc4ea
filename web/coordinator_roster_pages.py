"""The roster as a coordinator reads it: the list with its filters, and one volunteer's page. Changes are in coordinator_roster_edit_pages.py."""

from functools import cache

from aiohttp import web

from matcher.actions.rostering import current_role_card
from matcher.domain.fellowship import Fellowship
from matcher.domain.language import LANGUAGES, language_name
from matcher.domain.roster import PAGE_SIZE, RosterOrder
from matcher.store.areas import list_areas
from matcher.store.consents import list_consents
from matcher.store.roster_bars import list_own_bars, list_provider_names
from matcher.store.roster_history import count_offers_of_volunteer, list_planned_meetings
from matcher.store.standing_yeses import list_standing_yeses
from matcher.store.volunteers import list_roster
from matcher.vocabulary import fellowship_words
from web.access import page
from web.coordinator_roster_forms import ON_THE_ROSTER
from web.coordinator_roster_search import LISTED_STATES, RosterSearch, filter_of, link_with
from web.coordinator_roster_views import about, listed, open_profile, own_areas
from web.forms import read_form
from web.surroundings import actor_of, config_of, now_of, reading


@cache
def fellowship_names() -> dict[str, str]:
    """Each fellowship's name by its code."""
    return {fellowship.value: fellowship_words(fellowship).name for fellowship in Fellowship}


@cache
def choices() -> dict[str, list[dict[str, str]]]:
    """What the filters offer besides the words of the template."""
    languages = sorted((language_name(tag), tag) for tag in LANGUAGES)
    return {
        "fellowships": [{"value": one.value, "text": fellowship_names()[one.value]} for one in ON_THE_ROSTER],
        "languages": [{"value": tag, "text": name} for name, tag in languages],
    }


async def show_roster(request: web.Request) -> web.StreamResponse:
    """GET /roster: the list, least recently asked first. Everything it is narrowed by stands in the address, so that it can be bookmarked."""
    search, form = read_form(RosterSearch, request.query)
    wanted = search or RosterSearch()
    async with reading(request) as c:
        areas = await list_areas(c, own_areas(request)) if len(actor_of(request).area_ids) > 1 else []
        found = await list_roster(c, filter_of(wanted, own_areas(request)), current_role_card(), page=wanted.page)
    context = {
        "form": form,
        "people": listed(config_of(request), found.lines),
        "total": found.total,
        "here": wanted.page,
        "last": -(-found.total // PAGE_SIZE),
        "order": wanted.order or RosterOrder.LEAST_RECENT,
        "orders": [(order.value, link_with(form, order=order.value)) for order in RosterOrder],
        "pages": link_with(form, page="0").removesuffix("0"),
        "narrowed": link_with(form, order="") != "/roster",
        "areas": areas,
        "states": [state.value for state in LISTED_STATES],
        "choices": choices(),
        "fellowship_names": fellowship_names(),
        "now": now_of(request),
    }
    return page(request, "coordinator/roster.html", context, status=200 if search else 400)


async def show_volunteer(request: web.Request) -> web.StreamResponse:
    """GET /roster/{volunteer_id}: one entry, what stands in the way of asking them, and how asking has gone, as counts."""
    volunteer = await open_profile(request)
    volunteer_id = volunteer.profile.id
    async with reading(request) as c:
        consents = await list_consents(c, volunteer_id)
        offers = await count_offers_of_volunteer(c, volunteer_id)
        planned = await list_planned_meetings(c, volunteer_id, now_of(request))
        bars = await list_own_bars(c, volunteer_id)
        always = await list_standing_yeses(c, volunteer_id)
        providers = dict(await list_provider_names(c)) if bars.provider_ids else {}
    context = about(
        volunteer,
        agreed={one.purpose: one for one in consents},
        offers=offers,
        asked=sum(offers.values()),
        planned=planned,
        always=always,
        kept_away=[*sorted(bars.outcodes), *sorted(providers[one] for one in bars.provider_ids)],
        fellowship_names=fellowship_names(),
        languages=[language_name(tag) for tag in sorted(volunteer.profile.answers.languages)],
        role_card=current_role_card(),
        now=now_of(request),
        saved=request.query.get("saved") == "yes",
    )
    return page(request, "coordinator/volunteer.html", context)


routes = [
    web.get("/roster", show_roster, name="roster.list"),
    web.get(r"/roster/{volunteer_id:[0-9a-fA-F-]{36}}", show_volunteer, name="roster.volunteer"),
]
