"""Meetings on paper: a list by area, fellowship and day that folds to a booklet, and the way to one meeting on a single sheet. GET only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from aiohttp import web

from matcher.domain.errors import Hidden
from matcher.domain.fellowship import Fellowship
from matcher.domain.language import language_name
from matcher.domain.meeting import Status
from matcher.domain.occurrence import zone_of
from matcher.domain.place import NOWHERE, Place, find_outcode, km_between
from matcher.domain.postcode import outcode_of
from matcher.domain.shown_meeting import ShownMeeting
from matcher.places_reading import attributions
from matcher.sketch import Named, draw_sketch
from matcher.store import areas, finder
from matcher.store.places_owed import find_owed
from matcher.vocabulary import fellowship_words
from web.access import page
from web.coordinator_roster_pages import fellowship_names
from web.finder_form import address_with, answers_in
from web.finder_pages import SHORT_ADDRESS, address_of, open_shown, read_question, shorten_postcode
from web.finder_search import Hit, find_centre, hit_of
from web.meeting_paper_code import code_of
from web.surroundings import config_of, now_of, reading
from web.travel_times import travel_times

MOST_ON_PAPER = 1_500
"""More than a booklet can hold: then the page asks where."""
SKETCH_AROUND_KM = 25
ORDER = tuple(Fellowship)


@dataclass(frozen=True, slots=True)
class PaperDay:
    """The meetings of one weekday; 0 for those without one."""

    iso_weekday: int
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class PaperPart:
    """One fellowship in one area. `helpline` is empty where it is not known."""

    area: str
    fellowship: Fellowship
    helpline: str
    days: tuple[PaperDay, ...]


async def show_list(request: web.Request) -> web.StreamResponse:
    """GET /meetings/print: the list that the finder's question asks for. `size`: normal, large (18 pt) or booklet (A5)."""
    asked, form, readable = read_question(request)
    shorten_postcode(request, form)
    now = now_of(request)
    async with reading(request) as c:
        centre = await find_centre(c, asked.near or "")
        meetings = await finder.list_for_paper(c, asked.wanted(centre), most=MOST_ON_PAPER + 1)
        area_ids = {meeting.area_id for meeting in meetings if meeting.area_id}
        names = {area.id: area.name for area in await areas.list_areas(c, area_ids)}
        lines = await finder.list_helplines(c, list(area_ids))
        owed = await find_owed(c)
    shown_from = None if asked.wanted(centre).centre is None else centre
    hits = [hit_of(meeting, shown_from, now) for meeting in meetings[:MOST_ON_PAPER] if _is_within(meeting, shown_from, asked.within)]
    context = {
        "asked": asked,
        "centre": shown_from,
        "too_many": len(meetings) > MOST_ON_PAPER,
        "parts": parts_of([hit for hit in hits if hit.meeting.status is not Status.TEMPORARILY_CLOSED], names, lines),
        "closed": [hit for hit in hits if hit.meeting.status is Status.TEMPORARILY_CLOSED],
        "sources": sorted({hit.meeting.source_name for hit in hits if not hit.meeting.is_manual}),
        "total": len(hits),
        "fellowship_names": fellowship_names(),
        "attribution": attributions(owed.postcodes_of),
        "geocoders": owed.geocoders,
        "back": address_with(form),
        "sizes": {size: address_with(form, "/meetings/print", size=size) for size in ("normal", "large", "booklet")},
        "narrowed": bool(answers_in(form).keys() - {"near", "within"}),
        "online_address": f"{config_of(request).base_url}/meetings",
        "now": now,
    }
    return page(request, "finder/paper_list.html", context, status=200 if readable else 400)


def _is_within(meeting: ShownMeeting, centre: Place | None, miles: int) -> bool:
    """Whether it is in the circle, not only in the square around it that was read."""
    if centre is None or centre.point is None or meeting.point is None:
        return True
    return km_between(centre.point, meeting.point) <= miles * 1.609344


def parts_of(hits: Sequence[Hit], areas_by_id: dict[UUID, str], lines: dict[tuple[UUID, str], str]) -> list[PaperPart]:
    """Meetings by area, fellowship and weekday, each day in the order of its starts; those without an area last."""
    groups: dict[tuple[str, Fellowship], list[Hit]] = {}
    for hit in hits:
        area_id = hit.meeting.area_id
        groups.setdefault((areas_by_id.get(area_id, "") if area_id else "", hit.meeting.fellowship), []).append(hit)
    parts = []
    for (area, fellowship), found in sorted(groups.items(), key=lambda item: (not item[0][0], item[0][0], ORDER.index(item[0][1]))):
        days: dict[int, list[Hit]] = {}
        for hit in found:
            days.setdefault(hit.meeting.iso_weekday or 0, []).append(hit)
        known = {lines.get((hit.meeting.area_id, fellowship.value), "") for hit in found if hit.meeting.area_id}
        helpline = next((line for line in sorted(known) if line), "")
        week = tuple(PaperDay(day, tuple(days[day])) for day in sorted(days, key=lambda number: number or 8))
        parts.append(PaperPart(area, fellowship, helpline, week))
    return parts


async def show_way(request: web.Request) -> web.StreamResponse:
    """GET /m/{short}/way: the way there on one sheet. `start`: a district to set out from, drawn and reckoned from; nothing finer is taken."""
    meeting, now = await open_shown(request), now_of(request)
    if not meeting.in_person:
        raise Hidden
    typed = request.query.get("start", "")[:60]
    start = find_outcode(outcode_of(typed) or "")
    if start and start.label != typed:
        raise web.HTTPSeeOther(f"{request.path}?start={start.label}")
    async with reading(request) as c:
        around = await finder.list_towns_around(c, meeting.point, SKETCH_AROUND_KM) if meeting.point else []
        lines = await finder.list_helplines(c, [meeting.area_id] if meeting.area_id else [])
        owed = await find_owed(c)
    address = address_of(config_of(request), meeting)
    hit = hit_of(meeting, start, now)
    context: dict[str, Any] = {
        "meeting": meeting,
        "hit": hit,
        "fellowship": fellowship_words(meeting.fellowship),
        "sketch": draw_sketch(meeting.place, [Named(town, point, False) for town, point in around], start=start),
        "code": code_of(address),
        "address": address.partition("://")[2],
        "start": start,
        "typed": typed,
        "travel": await travel_times(request, start or NOWHERE, meeting.place, arrive=arrival(meeting, hit, now)),
        "languages": [language_name(tag) for tag in meeting.languages],
        "helpline": lines.get((meeting.area_id, meeting.fellowship.value), "") if meeting.area_id else "",
        "attribution": attributions(owed.postcodes_of),
        "geocoders": owed.geocoders,
        "zone": zone_of(meeting.timezone).key,
        "now": now,
    }
    return page(request, "finder/way.html", context)


def arrival(meeting: ShownMeeting, hit: Hit, now: datetime) -> datetime:
    """When to be there: at its next start, else at this hour, in its own zone."""
    zone = zone_of(meeting.timezone)
    return hit.starts.replace(tzinfo=zone) if hit.starts else now.astimezone(zone)


routes = [
    web.get("/meetings/print", show_list, name="finder.print"),
    web.get(SHORT_ADDRESS + "/way", show_way, name="finder.way"),
]
