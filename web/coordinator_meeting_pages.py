"""The directory as staff read it: the list with its filters, one meeting. Changes: coordinator_meeting_edit_pages.py; lists: coordinator_source_pages.py."""

from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from matcher.domain.actor import ActorKind
from matcher.domain.directory_meeting import DirectoryFilter, DirectoryMeeting
from matcher.domain.language import language_name
from matcher.domain.meeting_report import COUNTED_FOR
from matcher.domain.permission import can_change_meeting, check_can_see_meeting
from matcher.store.areas import get_area
from matcher.store.directory import get_meeting, list_directory, list_history
from matcher.store.meeting_plans import list_depending
from matcher.store.meeting_reports import list_reports
from matcher.store.meetings import list_held_rows, list_overrides_of
from web.access import page
from web.coordinator_meeting_forms import MeetingSearch, place_filter
from web.coordinator_referral_views import id_in
from web.coordinator_roster_pages import fellowship_names
from web.forms import Form, read_form
from web.surroundings import actor_of, now_of, reading

PER_PAGE = 50
DATES_SHOWN = 6


def is_coordinator(request: web.Request) -> bool:
    """Whether the reader keeps the directory, not only looks into it."""
    return actor_of(request).kind is ActorKind.COORDINATOR


def link_with(form: Form, **changes: str) -> str:
    """The list's address with these answers changed."""
    kept = {name: form.value(name) for name in MeetingSearch.model_fields if name != "page" and form.value(name)}
    answers = {name: value for name, value in {**kept, **changes}.items() if value}
    return "/meetings?" + urlencode(answers) if answers else "/meetings"


async def show_meetings(request: web.Request) -> web.StreamResponse:
    """GET /meetings of staff (finder_pages.py calls it): by weekday and start. A keyworker sees the same, without what is a coordinator's to do."""
    search, form = read_form(MeetingSearch, request.query)
    wanted = search or MeetingSearch()
    outcode, town = place_filter(wanted.place)
    narrowed = DirectoryFilter(
        fellowship=wanted.fellowship,
        iso_weekday=wanted.day,
        outcode=outcode,
        town=town,
        needs_check=wanted.check == "needs_check",
        unsure=wanted.check == "unsure",
        gone=wanted.check == "gone",
    )
    async with reading(request) as c:
        found = await list_directory(c, narrowed, now_of(request), most=PER_PAGE, skip=(wanted.page - 1) * PER_PAGE)
    context = {
        "form": form,
        "meetings": found.meetings,
        "total": found.total,
        "here": wanted.page,
        "last": max(1, -(-found.total // PER_PAGE)),
        "pages": link_with(form, page="0").removesuffix("0"),
        "narrowed": link_with(form) != "/meetings",
        "fellowship_names": fellowship_names(),
        "keeps": is_coordinator(request),
        "now": now_of(request),
    }
    return page(request, "coordinator/meetings.html", context, status=200 if search else 400)


async def open_meeting(request: web.Request) -> DirectoryMeeting:
    """The meeting of this address. Raises Hidden or NotFound."""
    async with reading(request) as c:
        meeting = await get_meeting(c, id_in(request, "meeting_id"))
    check_can_see_meeting(actor_of(request), meeting, now_of(request))
    return meeting


async def show_meeting(request: web.Request) -> web.StreamResponse:
    """GET /meetings/{meeting_id}: what holds, where it comes from, what was corrected, what comes, and how many plans hang on it."""
    meeting = await open_meeting(request)
    return page(request, "coordinator/meeting.html", await meeting_context(request, meeting))


async def meeting_context(request: web.Request, meeting: DirectoryMeeting, **more: Any) -> dict[str, Any]:
    """What a meeting's own page shows."""
    now, keeps = now_of(request), is_coordinator(request)
    async with reading(request) as c:
        overrides = await list_overrides_of(c, meeting.id) if keeps else []
        history = await list_history(c, meeting.id, most=20) if keeps else []
        held = (await list_held_rows(c, [meeting.id])).get(meeting.id) if keeps else None
        plans = await list_depending(c, [meeting.id], now) if keeps else []
        reports = await list_reports(c, meeting.id) if keeps else []
        area = await get_area(c, meeting.area_id) if meeting.area_id else None
    return {
        "meeting": meeting,
        "area": area,
        "overrides": overrides,
        "history": history,
        "held": held,
        "reports": [report for report in reports if report.at > now - COUNTED_FOR],
        "plans": len(plans),
        "coming": meeting.coming(now, DATES_SHOWN),
        "exceptions": [one for one in meeting.exceptions if one.on_date >= now.date()],
        "languages": [language_name(tag) for tag in meeting.languages],
        "fellowship_name": fellowship_names()[meeting.fellowship.value],
        "may_change": can_change_meeting(actor_of(request), meeting, now),
        "keeps": keeps,
        "saved": request.query.get("saved") == "yes",
        "told": told_of(request),
        "joins": None,
        "now": now,
        **more,
    }


def told_of(request: web.Request) -> dict[str, int] | None:
    """What telling people came to, from the address the form led to: numbers of referrals moved, called off, without news."""
    parts = request.query.get("told", "").split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 5 for part in parts):
        return None
    return dict(zip(("moved", "off", "nothing"), map(int, parts), strict=True))


routes = [
    web.get(r"/meetings/{meeting_id:[0-9a-fA-F-]{36}}", show_meeting, name="meeting.page"),
]
