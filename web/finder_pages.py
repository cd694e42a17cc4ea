"""The public finder: a list by place, time and kind, and a page for each meeting. Only GET, no script needed, and nobody's question is kept."""

from typing import Any

from aiohttp import web

from matcher.config import Config
from matcher.domain.actor import STAFF
from matcher.domain.language import language_name
from matcher.domain.occurrence import zone_of
from matcher.domain.permission import can_change_meeting, can_host_meeting
from matcher.domain.place import Place
from matcher.domain.shown_meeting import SHORT, ShownMeeting
from matcher.store import finder, finder_rooms
from matcher.vocabulary import fellowship_words
from web.access import page
from web.coordinator_meeting_pages import show_meetings
from web.coordinator_roster_pages import fellowship_names
from web.finder_form import WITHIN, FinderForm, Held, address_with, answers_in, online_instead, unknown_names, without_time
from web.finder_search import cut_to_sector, find_beyond, find_centre, find_others, find_page, hit_of
from web.forms import Form, read_form
from web.surroundings import actor_of, now_of, reading
from web.time_words import LONDON

DATES_SHOWN = 6
SHORT_ADDRESS = f"/m/{{short:[0-9a-f]{{{SHORT}}}}}"


def is_staff(request: web.Request) -> bool:
    """Whether the reader is a keyworker or a coordinator who has signed in."""
    return actor_of(request).kind in STAFF


def address_of(config: Config, meeting: ShownMeeting) -> str:
    """The whole short address of a meeting's page, as it stands on paper."""
    return f"{config.base_url}/m/{meeting.short}"


def read_question(request: web.Request) -> tuple[FinderForm, Form, bool]:
    """What the address asks for, the form that shows it, and whether it could be read."""
    asked, form = read_form(FinderForm, request.query, also=unknown_names(request.query))
    return asked or FinderForm(near=form.value("near")[:60] or None), form, asked is not None


def shorten_postcode(request: web.Request, form: Form) -> None:
    """Send somebody who typed a whole postcode to the same address with its sector: the other one is not kept, not even in their history's last line."""
    typed = form.value("near")
    if cut_to_sector(typed) != typed:
        raise web.HTTPSeeOther(address_with(form, request.path, near=cut_to_sector(typed)))


async def show_finder(request: web.Request) -> web.StreamResponse:
    """GET /meetings: meetings near a place, soonest first. Staff find the directory here, and the finder where `near` stands in the address."""
    if is_staff(request) and "near" not in request.query:
        return await show_meetings(request)
    asked, form, readable = read_question(request)
    shorten_postcode(request, form)
    now = now_of(request)
    async with reading(request) as c:
        centre = await find_centre(c, asked.near or "")
        wanted = asked.wanted(centre)
        found = await find_page(c, wanted, now, asked.page)
        beyond = None
        if not found.total:
            beyond = await find_beyond(c, wanted, now, any_time=without_time(wanted), online=online_instead(wanted))
        hosts = await finder_rooms.list_hosts(c, [hit.meeting.id for hit in found.hits]) if is_staff(request) else {}
    context = {
        **_frame(form, asked, centre),
        "found": found,
        "beyond": beyond,
        "hosts": hosts,
        "pages": address_with(form, page="0").removesuffix("0"),
        "now": now,
    }
    return page(request, "finder/list.html", context, status=200 if readable else 400)


def _frame(form: Form, asked: FinderForm, centre: Place | None) -> dict[str, Any]:
    return {
        "form": form,
        "asked": asked,
        "answers": answers_in(form),
        "centre": centre,
        "unknown_place": bool(asked.near) and centre is None,
        "everywhere": centre is None or asked.held is Held.ONLINE,
        "within": WITHIN,
        "fellowship_names": fellowship_names(),
        "link": lambda **changes: address_with(form, **changes),
        "print_link": address_with(form, "/meetings/print"),
    }


async def open_shown(request: web.Request) -> ShownMeeting:
    """The meeting of this short address. Raises NotFound."""
    async with reading(request) as c:
        return await finder.get_shown(c, request.match_info["short"])


async def show_one(request: web.Request) -> web.StreamResponse:
    """GET /m/{short}: when and where, its next dates, how sure we are, and at least two others. Room notes for staff alone; no way in that is kept apart."""
    meeting, now = await open_shown(request), now_of(request)
    async with reading(request) as c:
        others = await find_others(c, meeting, now)
        hosted = await finder_rooms.find_host(c, meeting.id)
        lines = await finder.list_helplines(c, [meeting.area_id] if meeting.area_id else [])
    context = {
        "meeting": meeting,
        "hit": hit_of(meeting, None, now),
        "coming": meeting.coming(now, DATES_SHOWN),
        "others": others,
        "hosted": hosted if is_staff(request) else None,
        "has_host": hosted is not None,
        "staff": is_staff(request),
        "may_host": can_host_meeting(actor_of(request), meeting, now),
        "may_write": can_change_meeting(actor_of(request), meeting, now),
        "helpline": lines.get((meeting.area_id, meeting.fellowship.value), "") if meeting.area_id else "",
        "fellowship": fellowship_words(meeting.fellowship),
        "fellowship_names": fellowship_names(),
        "languages": [language_name(tag) for tag in meeting.languages],
        "other_zone": zone_of(meeting.timezone).utcoffset(now) != LONDON.utcoffset(now),
        "now": now,
    }
    return page(request, "finder/one.html", context)


routes = [
    web.get("/meetings", show_finder, name="meeting.list"),
    web.get(SHORT_ADDRESS, show_one, name="finder.one"),
]
