"""Adding and correcting a meeting, its status, checks, decisions. Dates, weeks, telling people: coordinator_meeting_date_pages.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from aiohttp import web

from matcher.actions.meeting_editing import add_meeting, check_meeting, correct_meeting, read_joins
from matcher.actions.meeting_settling import settle_conflict, settle_held
from matcher.actions.meeting_typed import tidy_typed
from matcher.config import Config
from matcher.domain.connection import Connection
from matcher.domain.directory_meeting import DirectoryMeeting
from matcher.domain.errors import Hidden, Invalid, Refused
from matcher.domain.fellowship import Fellowship
from matcher.domain.language import language_name
from matcher.domain.meeting import ParsedMeeting, Schedule
from matcher.domain.meeting_change import OVERRIDABLE, meeting_from_json
from matcher.domain.permission import check_can_add_meeting, check_can_change_meeting
from matcher.store.areas import list_areas
from web.access import act, act_once, page
from web.coordinator_meeting_forms import (
    TICKED_ATTRIBUTES,
    CheckedForm,
    CorrectionForm,
    JudgeForm,
    MeetingForm,
    StatusForm,
    shown_values,
    values_of,
)
from web.coordinator_meeting_pages import meeting_context, open_meeting
from web.coordinator_roster_pages import fellowship_names
from web.forms import Form, blank_form, read_form
from web.surroundings import actor_of, now_of, reading

BLANK = ParsedMeeting(row=1, source_key="", name="", fellowship=Fellowship.AA, timezone="Europe/London")


async def open_to_change(request: web.Request) -> DirectoryMeeting:
    """The meeting this page changes. Refused for the coordinator of another area."""
    meeting = await open_meeting(request)
    check_can_change_meeting(actor_of(request), meeting, now_of(request))
    return meeting


def address_of(meeting_id: UUID, rest: str = "") -> str:
    """A page of this meeting."""
    return f"/meetings/{meeting_id}{rest}"


def after_change(meeting_id: UUID, plans: int) -> str:
    """Where saving leads: to those who must hear of it, where there are any."""
    return address_of(meeting_id, "/tell" if plans else "?saved=yes")


async def change_then(tx: Connection, config: Config, now: datetime, *, doing: Any, meeting_id: UUID, **facts: Any) -> str:
    """Do something to a meeting and answer where to go."""
    plans = await doing(tx, config, now, meeting_id=meeting_id, **facts)
    return after_change(meeting_id, plans or 0)


# ── details ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Typed:
    """A form's public values and its ways in."""

    values: dict[str, Any]
    joins: dict[str, str]


def typed_in(record: MeetingForm, before: frozenset[str]) -> Typed:
    """What a valid form says. Raises Invalid for a link or number that is none."""
    values = record.public_values() | {"attributes": record.attributes_over(before)}
    return Typed(*tidy_typed(values, {"meeting_id": record.meeting_id, "passcode": record.passcode}))


def _form_page(request: web.Request, form: Form, meeting: DirectoryMeeting | None, areas: list[Any], *, status: int = 200) -> web.Response:
    context = {
        "form": form,
        "meeting": meeting,
        "areas": areas,
        "attributes": TICKED_ATTRIBUTES,
        "fellowship_names": fellowship_names(),
        "back": address_of(meeting.id) if meeting else "/meetings",
    }
    return page(request, "coordinator/meeting_form.html", context, status=status)


async def show_add(request: web.Request) -> web.StreamResponse:
    """GET /meetings/new."""
    check_can_add_meeting(actor_of(request), None, now_of(request))
    return _form_page(request, blank_form(MeetingForm), None, await _own_areas(request))


async def add(request: web.Request) -> web.StreamResponse:
    """POST /meetings/new: it counts as checked by whoever types it in."""
    areas = await _own_areas(request)
    record, form = read_form(MeetingForm, await request.post())
    area_id = record.area if record and record.area else (areas[0].id if len(areas) == 1 else None)
    if record is not None and (record.fellowship is None or area_id is None):
        form, record = form.with_errors({"fellowship" if record.fellowship is None else "area": "empty"}), None
    if record is None or area_id is None:
        return _form_page(request, form, None, areas, status=400)
    zone = next((area.timezone for area in areas if area.id == area_id), None)
    if zone is None:
        raise Hidden()
    try:
        typed = typed_in(record, frozenset())
    except Invalid as wrong:
        return _form_page(request, form.with_errors(wrong.errors), None, areas, status=400)
    blank = BLANK.to_json() | {"fellowship": (record.fellowship or Fellowship.AA).value, "timezone": zone}
    if record.starts is None:
        blank["schedule"] = Schedule.BY_APPOINTMENT.value
    said = blank | {"duration_is_assumed": record.minutes is None} | typed.values
    made = await act_once(request, _add_then, area_id=area_id, said=said, joins=typed.joins)
    raise web.HTTPSeeOther(made)


async def _add_then(
    tx: Connection, config: Config, now: datetime, *, actor: Any, area_id: UUID, said: Mapping[str, Any], joins: dict[str, str]
) -> str:
    if said["start"] and said["duration_min"] is None:
        said = {**said, "duration_min": 60}
    meeting_id = await add_meeting(tx, config, now, actor=actor, area_id=area_id, new=meeting_from_json(said))
    if joins:
        await correct_meeting(tx, config, now, actor=actor, meeting_id=meeting_id, values={"joins": joins}, reason="")
    return address_of(meeting_id, "?saved=yes")


async def _own_areas(request: web.Request) -> list[Any]:
    async with reading(request) as c:
        return await list_areas(c, actor_of(request).area_ids)


async def show_edit(request: web.Request) -> web.StreamResponse:
    """GET /meetings/{meeting_id}/edit."""
    meeting = await open_to_change(request)
    languages = ", ".join(language_name(tag) for tag in meeting.languages)
    return _form_page(request, blank_form(MeetingForm, **shown_values(meeting, languages)), meeting, [])


async def edit(request: web.Request) -> web.StreamResponse:
    """POST the same: only what differs is changed. A correction of an imported meeting needs a reason."""
    meeting = await open_to_change(request)
    record, form = read_form(MeetingForm, await request.post())
    if record is not None and not meeting.is_manual and not record.reason:
        form, record = form.with_errors({"reason": "empty"}), None
    if record is None:
        return _form_page(request, form, meeting, [], status=400)
    try:
        typed = typed_in(record, frozenset(meeting.attributes))
    except Invalid as wrong:
        return _form_page(request, form.with_errors(wrong.errors), meeting, [], status=400)
    before = values_of(meeting)
    values = {name: value for name, value in typed.values.items() if value != before[name]}
    if meeting.duration_is_assumed and values.get("duration_min") is None:
        values.pop("duration_min", None)
    if typed.joins:
        values["joins"] = typed.joins
    if not values:
        raise web.HTTPSeeOther(address_of(meeting.id))
    until = datetime.combine(record.until, time(), UTC) if record.until else None
    facts = {"meeting_id": meeting.id, "values": values, "reason": record.reason or "", "until": until}
    raise web.HTTPSeeOther(await act_once(request, change_then, doing=correct_meeting, **facts))


async def show_status(request: web.Request) -> web.StreamResponse:
    """GET /meetings/{meeting_id}/status."""
    return _status_page(request, await open_to_change(request), blank_form(StatusForm))


async def save_status(request: web.Request) -> web.StreamResponse:
    """POST the same: it is closed, closed for a while, or open again."""
    meeting = await open_to_change(request)
    record, form = read_form(StatusForm, await request.post())
    if record is not None and not meeting.is_manual and not record.reason:
        form, record = form.with_errors({"reason": "empty"}), None
    if record is None:
        return _status_page(request, meeting, form, status=400)
    facts = {"meeting_id": meeting.id, "values": {"status": record.status}, "reason": record.reason or ""}
    raise web.HTTPSeeOther(await act_once(request, change_then, doing=correct_meeting, **facts))


def _status_page(request: web.Request, meeting: DirectoryMeeting, form: Form, *, status: int = 200) -> web.Response:
    context = {"form": form, "meeting": meeting, "back": address_of(meeting.id)}
    return page(request, "coordinator/meeting_status.html", context, status=status)


# ── checks and decisions ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def show_check(request: web.Request) -> web.StreamResponse:
    """GET /meetings/{meeting_id}/checked."""
    return _check_page(request, await open_to_change(request), blank_form(CheckedForm))


async def save_check(request: web.Request) -> web.StreamResponse:
    """POST the same: somebody made sure that it is held as it stands here."""
    meeting = await open_to_change(request)
    record, form = read_form(CheckedForm, await request.post())
    if record is None:
        return _check_page(request, meeting, form, status=400)
    raise web.HTTPSeeOther(await act_once(request, change_then, doing=check_meeting, meeting_id=meeting.id, how=record.how))


def _check_page(request: web.Request, meeting: DirectoryMeeting, form: Form, *, status: int = 200) -> web.Response:
    context = {"form": form, "meeting": meeting, "back": address_of(meeting.id)}
    return page(request, "coordinator/meeting_checked.html", context, status=status)


async def judge(request: web.Request) -> web.StreamResponse:
    """POST /meetings/{meeting_id}/same: whether it is still the same meeting."""
    meeting = await open_to_change(request)
    record, _ = read_form(JudgeForm, await request.post())
    if record is None:
        raise Refused()
    raise web.HTTPSeeOther(await act_once(request, change_then, doing=settle_held, meeting_id=meeting.id, same=record.same))


async def settle_correction(request: web.Request) -> web.StreamResponse:
    """POST /meetings/{meeting_id}/correction: ours goes on, or the source's word counts."""
    meeting = await open_to_change(request)
    record, _ = read_form(CorrectionForm, await request.post())
    if record is None or record.field not in OVERRIDABLE:
        raise Refused()
    facts = {"meeting_id": meeting.id, "field": record.field, "keep": record.keep}
    raise web.HTTPSeeOther(await act_once(request, change_then, doing=settle_conflict, **facts))


async def show_joins(request: web.Request) -> web.StreamResponse:
    """POST /meetings/{meeting_id}/ways-in: shown on this answer only, and it is noted who looked."""
    meeting = await open_to_change(request)
    joins = await act(request, read_joins, meeting_id=meeting.id)
    return page(request, "coordinator/meeting.html", await meeting_context(request, meeting, joins=joins))


_ONE = r"/meetings/{meeting_id:[0-9a-fA-F-]{36}}"
routes = [
    web.get("/meetings/new", show_add, name="meeting.add"),
    web.post("/meetings/new", add, name="meeting.add"),
    web.get(_ONE + "/edit", show_edit, name="meeting.edit"),
    web.post(_ONE + "/edit", edit, name="meeting.edit"),
    web.get(_ONE + "/status", show_status, name="meeting.status"),
    web.post(_ONE + "/status", save_status, name="meeting.status"),
    web.get(_ONE + "/checked", show_check, name="meeting.checked"),
    web.post(_ONE + "/checked", save_check, name="meeting.checked"),
    web.post(_ONE + "/same", judge, name="meeting.same"),
    web.post(_ONE + "/correction", settle_correction, name="meeting.correction"),
    web.post(_ONE + "/ways-in", show_joins, name="meeting.joins"),
]
