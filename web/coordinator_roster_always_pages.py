"""Where a volunteer's answer is always yes: the meetings within their reach and hours, to be ticked on their word (matching 7.3)."""

from typing import Any

from aiohttp import web

from matcher.actions.standing_yes import say_where_always
from matcher.domain.errors import Changed
from matcher.domain.journey_volunteer import HasLeft
from matcher.store.standing_yeses import MeetingThere, list_meetings_there
from web.access import act_once
from web.coordinator_roster_edit_pages import ONE, address_of, open_to_change, then, topic_page
from web.coordinator_roster_forms import AlwaysYes
from web.coordinator_roster_views import OpenProfile
from web.forms import Form, blank_form, read_form
from web.surroundings import reading

MOST_SHOWN = 150


async def show_always(request: web.Request) -> web.StreamResponse:
    """GET /roster/{volunteer_id}/always: what they said, ticked where it still counts."""
    volunteer = await open_to_change(request)
    there = await _there(request, volunteer)
    return _page(request, volunteer, there, blank_form(AlwaysYes, meetings=[one.id for one in there if one.holds]))


async def save_always(request: web.Request) -> web.StreamResponse:
    """POST /roster/{volunteer_id}/always: what is ticked counts from now on, and nothing else."""
    volunteer = await open_to_change(request)
    there = await _there(request, volunteer)
    record, form = read_form(AlwaysYes, await request.post())
    if record is not None and record.meetings - {one.id for one in there}:
        form = form.with_errors({"meetings": "not_offered"})
    if record is None or form.errors:
        return _page(request, volunteer, there, form, status=400)
    facts = {"volunteer_id": volunteer.profile.id, "version": record.version, "meeting_ids": sorted(record.meetings)}
    try:
        to = await act_once(request, then, doing=say_where_always, to=address_of(volunteer, "?saved=yes"), **facts)
    except HasLeft:
        raise
    except Changed:
        return _page(request, volunteer, there, form.with_errors({"": "changed_meanwhile"}), status=409)
    raise web.HTTPSeeOther(to)


async def _there(request: web.Request, volunteer: OpenProfile) -> list[MeetingThere]:
    async with reading(request) as c:
        return await list_meetings_there(c, volunteer.profile.id, volunteer.profile.answers.fellowships, most=MOST_SHOWN)


def _page(request: web.Request, volunteer: OpenProfile, there: list[MeetingThere], form: Form, **more: Any) -> web.Response:
    return topic_page(request, volunteer, "always", form, there=there, most=MOST_SHOWN, **more)


routes = [
    web.get(ONE + "/always", show_always, name="roster.always"),
    web.post(ONE + "/always", save_always, name="roster.always"),
]
