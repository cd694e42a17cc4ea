"""What staff add to a meeting of the finder: that it is held in their own rooms, with a note for staff; and the way there, step by step."""

from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import Field, model_validator

from matcher.actions.meeting_rooms import host_meeting, write_way
from matcher.domain.directory_meeting import DirectoryMeeting
from matcher.domain.permission import check_can_change_meeting, check_can_host_meeting
from matcher.domain.shown_meeting import SHORT
from matcher.store import finder_rooms
from web.access import act_once, page
from web.coordinator_meeting_pages import open_meeting
from web.form_fields import FormRecord, YesNo, line_of, note_of
from web.forms import BadAnswer, Form, blank_form, read_form
from web.surroundings import actor_of, now_of, reading

MOST_STEPS, LONGEST_STEP = 12, 200


class RoomForm(FormRecord):
    """Whether a meeting is held in the reader's own service."""

    hosted: YesNo
    room_note: Annotated[str, note_of(500)] = ""


class WayForm(FormRecord):
    """The way there: from a stop or another landmark, one step a line."""

    from_where: Annotated[str, line_of(120)] | None = None
    steps: Annotated[str, note_of(2400), Field(default="")] = ""

    @model_validator(mode="after")
    def _goes_together(self) -> "WayForm":
        if self.listed and not self.from_where:
            raise BadAnswer("empty", field="from_where")
        if len(self.listed) > MOST_STEPS or any(len(step) > LONGEST_STEP for step in self.listed):
            raise BadAnswer("too_many_steps", field="steps")
        return self

    @property
    def listed(self) -> tuple[str, ...]:
        """The steps, without empty lines."""
        return tuple(line.strip() for line in self.steps.split("\n") if line.strip())


def _short(meeting_id: UUID) -> str:
    return f"/m/{meeting_id.hex[:SHORT]}"


async def _open_to_host(request: web.Request) -> DirectoryMeeting:
    meeting = await open_meeting(request)
    check_can_host_meeting(actor_of(request), meeting, now_of(request))
    return meeting


async def show_room(request: web.Request) -> web.StreamResponse:
    """GET /meetings/{meeting_id}/room: is it held in your rooms?"""
    meeting = await _open_to_host(request)
    async with reading(request) as c:
        known = await finder_rooms.find_host(c, meeting.id)
    own = known is not None and known.provider_id == actor_of(request).provider_id
    form = blank_form(RoomForm, hosted=True if own else None, room_note=known.room_note if known and own else None)
    return _page(request, "finder/room.html", meeting, form)


async def save_room(request: web.Request) -> web.StreamResponse:
    """POST the same: keeps the answer, and the note for staff."""
    meeting = await _open_to_host(request)
    record, form = read_form(RoomForm, await request.post())
    if record is None:
        return _page(request, "finder/room.html", meeting, form, status=400)
    await act_once(request, host_meeting, meeting_id=meeting.id, hosted=record.hosted, room_note=record.room_note if record.hosted else "")
    raise web.HTTPSeeOther(_short(meeting.id))


async def _open_to_write(request: web.Request) -> DirectoryMeeting:
    meeting = await open_meeting(request)
    check_can_change_meeting(actor_of(request), meeting, now_of(request))
    return meeting


async def show_steps(request: web.Request) -> web.StreamResponse:
    """GET /meetings/{meeting_id}/steps: the way there as it is written now."""
    meeting = await _open_to_write(request)
    async with reading(request) as c:
        from_where, steps = await finder_rooms.find_way(c, meeting.id)
    return _page(request, "finder/steps.html", meeting, blank_form(WayForm, from_where=from_where, steps="\n".join(steps)))


async def save_steps(request: web.Request) -> web.StreamResponse:
    """POST the same: keeps the steps for the printed sheet; none takes them away."""
    meeting = await _open_to_write(request)
    record, form = read_form(WayForm, await request.post())
    if record is None:
        return _page(request, "finder/steps.html", meeting, form, status=400)
    await act_once(request, write_way, meeting_id=meeting.id, from_where=record.from_where or "", steps=record.listed)
    raise web.HTTPSeeOther(_short(meeting.id))


def _page(request: web.Request, template: str, meeting: DirectoryMeeting, form: Form, *, status: int = 200) -> web.Response:
    return page(request, template, {"form": form, "meeting": meeting, "back": f"/meetings/{meeting.id}"}, status=status)


ROOM, STEPS = (rf"/meetings/{{meeting_id:[0-9a-fA-F-]{{36}}}}/{rest}" for rest in ("room", "steps"))

routes = [
    web.get(ROOM, show_room, name="meeting.room"),
    web.post(ROOM, save_room, name="meeting.room"),
    web.get(STEPS, show_steps, name="meeting.steps"),
    web.post(STEPS, save_steps, name="meeting.steps"),
]
