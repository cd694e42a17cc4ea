"""At the end of a companion's and of a newcomer's link, once the meeting has begun: was it there? Nothing is asked about anybody who came."""

from aiohttp import web

from matcher.actions.meeting_reporting import find_visit, report_meeting
from matcher.domain.meeting_report import Report
from matcher.domain.permission_facts import LinkPurpose
from matcher.store.directory import get_meeting
from matcher.store.meeting_reports import find_report
from web.access import act
from web.link_pages import Holder, at_end_of, link_page, read_choice
from web.surroundings import now_of, reading


async def _show(request: web.Request, holder: Holder) -> web.StreamResponse:
    """GET: the question, with what they said before. Changes nothing."""
    return await _page(request, holder)


async def _page(request: web.Request, holder: Holder, *, just: bool = False, **more: object) -> web.Response:
    async with reading(request) as c:
        visit = await find_visit(c, now_of(request), actor=holder.actor)
        meeting = await get_meeting(c, visit.meeting_id)
        said = await find_report(c, visit.meeting_id, holder.actor.id) if holder.actor.id else None
    context = {
        "begun": now_of(request) >= visit.starts_at,
        "on_date": visit.on_date,
        "starts": meeting.starts,
        "said": said.report.value if said and said.on_date == visit.on_date else "",
        "just": just,
        **more,
    }
    status = 400 if more else 200
    return link_page(request, "link/was_it_there.html", status=status, **context)


async def _say(request: web.Request, holder: Holder) -> web.StreamResponse:
    """POST: keeps it; they may say otherwise later."""
    choice, form = await read_choice(request, [one.value for one in Report])
    if not choice:
        return await _page(request, holder, form=form)
    await act(request, report_meeting, actor=holder.actor, report=Report(choice))
    return await _page(request, holder, just=True)


show_companion, show_newcomer = at_end_of(LinkPurpose.CALENDAR)(_show), at_end_of(LinkPurpose.MY_PLAN)(_show)
say_companion, say_newcomer = at_end_of(LinkPurpose.CALENDAR)(_say), at_end_of(LinkPurpose.MY_PLAN)(_say)

routes = [
    web.get("/calendar/{token}/was-it-there", show_companion, name="link.calendar_report"),
    web.post("/calendar/{token}/was-it-there", say_companion, name="link.calendar_report"),
    web.get("/plan/{token}/was-it-there", show_newcomer, name="link.my_plan_report"),
    web.post("/plan/{token}/was-it-there", say_newcomer, name="link.my_plan_report"),
]
