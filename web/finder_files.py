"""The finder's files: our list as Meeting Guide JSON for other programs, and each meeting as a calendar feed."""

from hashlib import sha256
from uuid import UUID

from aiohttp import web

from matcher.calendar_file import FILE_NAME
from matcher.domain.errors import Hidden
from matcher.domain.fellowship import Fellowship
from matcher.meeting_calendar import meeting_calendar
from matcher.meeting_export import exported_text
from matcher.store import finder
from web.finder_pages import SHORT_ADDRESS, open_shown
from web.surroundings import config_of, now_of, reading

HOUR = "public, max-age=3600"
CALENDAR_TITLE = "Meeting"
"""What a calendar shows to whoever looks over a shoulder. Neutral by test, and the same for every meeting."""


async def show_export(request: web.Request) -> web.StreamResponse:
    """GET /meetings.json: what others may have of our list. `fellowship` and `area` in the address narrow it. Unchanged since: 304."""
    try:
        asked = request.query.get("fellowship")
        fellowship = Fellowship(asked.lower()) if asked else None
        area_id = UUID(request.query["area"]) if request.query.get("area") else None
    except ValueError:
        raise Hidden from None
    async with reading(request) as c:
        meetings = await finder.list_exported(c, fellowship=fellowship, area_id=area_id)
    text = exported_text(meetings, config_of(request).base_url)
    mark = f'"{sha256(text.encode()).hexdigest()[:32]}"'
    headers = {"ETag": mark, "Cache-Control": HOUR, "Access-Control-Allow-Origin": "*"}
    if mark in [part.strip().removeprefix("W/") for part in request.headers.get("If-None-Match", "").split(",")]:
        return web.Response(status=304, headers=headers)
    return web.Response(text=text, content_type="application/json", headers=headers)


async def show_calendar(request: web.Request) -> web.StreamResponse:
    """GET /m/{short}/calendar.ics: the meeting's dates for a calendar; `place=yes` puts the address in. Not found where no date is known."""
    meeting = await open_shown(request)
    made = meeting_calendar(
        meeting,
        now=now_of(request),
        host=config_of(request).mail_domain,
        title=CALENDAR_TITLE,
        with_place=request.query.get("place") == "yes",
    )
    if made is None:
        raise Hidden
    return web.Response(
        body=made, content_type="text/calendar", charset="utf-8", headers={"Content-Disposition": f'attachment; filename="{FILE_NAME}"'}
    )


routes = [
    web.get("/meetings.json", show_export, name="finder.export"),
    web.get(SHORT_ADDRESS + "/calendar.ics", show_calendar, name="finder.calendar"),
]
