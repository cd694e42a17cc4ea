"""One date of a meeting that is different, the weeks in which it is held, and the page that tells those who plan to go there."""

from datetime import datetime
from typing import Any
from uuid import UUID

from aiohttp import web

from matcher.actions.meeting_change_telling import tell_meeting_changed
from matcher.actions.meeting_dates import change_date, restore_date, set_weeks
from matcher.config import Config
from matcher.domain.connection import Connection
from matcher.domain.directory_meeting import DirectoryMeeting
from matcher.domain.errors import Refused
from matcher.domain.occurrence import ExceptionKind, MeetingException
from matcher.domain.permission import can_work_on_referral
from matcher.store.meeting_plans import list_depending
from matcher.store.referrals import find_referral
from web.access import act_once, page
from web.coordinator_meeting_edit_pages import address_of, change_then, open_to_change
from web.coordinator_meeting_forms import DateForm, HowOften, PutBackForm, TellForm, WeeksForm
from web.forms import Form, blank_form, read_form
from web.surroundings import actor_of, now_of, reading


async def show_date(request: web.Request) -> web.StreamResponse:
    """GET /meetings/{meeting_id}/date."""
    return _date_page(request, await open_to_change(request), blank_form(DateForm))


async def save_date(request: web.Request) -> web.StreamResponse:
    """POST the same: the meeting of one date is off, or has its own start or place."""
    meeting = await open_to_change(request)
    record, form = read_form(DateForm, await request.post())
    if record is not None and record.on_date < now_of(request).date():
        form, record = form.with_errors({"on_date": "date_past"}), None
    if record is None:
        return _date_page(request, meeting, form, status=400)
    moved = record.kind is ExceptionKind.MOVED
    different = MeetingException(
        record.on_date, record.kind, record.starts if moved else None, record.venue if moved else None, record.note or ""
    )
    raise web.HTTPSeeOther(await act_once(request, change_then, doing=change_date, meeting_id=meeting.id, different=different))


async def put_date_back(request: web.Request) -> web.StreamResponse:
    """POST /meetings/{meeting_id}/date/back: that date is as always again."""
    meeting = await open_to_change(request)
    record, _ = read_form(PutBackForm, await request.post())
    if record is None:
        raise Refused()
    raise web.HTTPSeeOther(await act_once(request, change_then, doing=restore_date, meeting_id=meeting.id, on_date=record.on_date))


def _date_page(request: web.Request, meeting: DirectoryMeeting, form: Form, *, status: int = 200) -> web.Response:
    coming = meeting.coming(now_of(request), 8)
    context = {"form": form, "meeting": meeting, "coming": coming, "back": address_of(meeting.id)}
    return page(request, "coordinator/meeting_date.html", context, status=status)


async def show_weeks(request: web.Request) -> web.StreamResponse:
    """GET /meetings/{meeting_id}/weeks."""
    meeting = await open_to_change(request)
    return _weeks_page(request, meeting, blank_form(WeeksForm, **_weeks_shown(meeting)))


def _weeks_shown(meeting: DirectoryMeeting) -> dict[str, Any]:
    weeks = meeting.weeks
    if weeks is None:
        return {"often": HowOften.EVERY_WEEK} if meeting.schedule == "weekly" else {}
    often = HowOften.OF_THE_MONTH if weeks.weeks_of_month else HowOften.EVERY_N if weeks.anchor_on else HowOften.DATES
    dates = ", ".join(on.strftime("%d/%m/%Y") for on in sorted(weeks.on_dates)) or None
    return {
        "often": often,
        "weeks": sorted(weeks.weeks_of_month),
        "every": weeks.every_weeks,
        "anchor": weeks.anchor_on,
        "dates": dates,
    }


async def save_weeks(request: web.Request) -> web.StreamResponse:
    """POST the same."""
    meeting = await open_to_change(request)
    record, form = read_form(WeeksForm, await request.post())
    if record is None:
        return _weeks_page(request, meeting, form, status=400)
    raise web.HTTPSeeOther(await act_once(request, change_then, doing=set_weeks, meeting_id=meeting.id, weeks=record.meant()))


def _weeks_page(request: web.Request, meeting: DirectoryMeeting, form: Form, *, status: int = 200) -> web.Response:
    context = {"form": form, "meeting": meeting, "back": address_of(meeting.id)}
    return page(request, "coordinator/meeting_weeks.html", context, status=status)


async def show_tell(request: web.Request) -> web.StreamResponse:
    """GET /meetings/{meeting_id}/tell: whose plans hang on it. Nothing is sent before the press."""
    meeting = await open_to_change(request)
    return await _tell_page(request, meeting, blank_form(TellForm))


async def _tell_page(request: web.Request, meeting: DirectoryMeeting, form: Form, *, status: int = 200) -> web.Response:
    now, actor = now_of(request), actor_of(request)
    async with reading(request) as c:
        plans = await list_depending(c, [meeting.id], now)
        found = {plan.referral_id: await find_referral(c, plan.referral_id) for plan in plans}
    seen = {key: one for key, one in found.items() if one is not None and can_work_on_referral(actor, one, now)}
    context = {"form": form, "meeting": meeting, "plans": plans, "referrals": seen, "back": address_of(meeting.id), "now": now}
    return page(request, "coordinator/meeting_tell.html", context, status=status)


async def tell(request: web.Request) -> web.StreamResponse:
    """POST the same: plans move with the meeting or are called off, and everybody concerned is written to."""
    meeting = await open_to_change(request)
    record, form = read_form(TellForm, await request.post())
    if record is None:
        return await _tell_page(request, meeting, form, status=400)
    raise web.HTTPSeeOther(await act_once(request, _tell_then, meeting_id=meeting.id))


async def _tell_then(tx: Connection, config: Config, now: datetime, *, meeting_id: UUID, **facts: Any) -> str:
    told = await tell_meeting_changed(tx, config, now, meeting_id=meeting_id, **facts)
    return address_of(meeting_id, f"?told={told.moved}-{told.off}-{told.nothing}")


_ONE = r"/meetings/{meeting_id:[0-9a-fA-F-]{36}}"
routes = [
    web.get(_ONE + "/date", show_date, name="meeting.date"),
    web.post(_ONE + "/date", save_date, name="meeting.date"),
    web.post(_ONE + "/date/back", put_date_back, name="meeting.date_back"),
    web.get(_ONE + "/weeks", show_weeks, name="meeting.weeks"),
    web.post(_ONE + "/weeks", save_weeks, name="meeting.weeks"),
    web.get(_ONE + "/tell", show_tell, name="meeting.tell"),
    web.post(_ONE + "/tell", tell, name="meeting.tell"),
]
