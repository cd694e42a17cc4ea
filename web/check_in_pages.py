"""Are you OK? A volunteer's own page after a meeting: three short questions about themself, one at a time. Nobody is asked who came."""

from typing import Any

from aiohttp import web

from matcher.actions.checking_in import answer_check_in
from matcher.domain.letter_parts import Contact
from matcher.domain.permission import check_can_check_in
from matcher.domain.permission_facts import LinkPurpose
from matcher.store.check_ins import CheckIn, get_check_in
from matcher.store.parties import get_volunteer_party
from web.access import act
from web.link_pages import Holder, at_end_of, link_page, read_choice
from web.surroundings import now_of, reading

FEELING = ("ok", "ring_me", "worried")
AGAIN = ("again_yes", "again_not_now")
THANK = ("thank_yes", "thank_no")
REST = "rest"
"""Leave the others out."""


async def _read(request: web.Request, holder: Holder) -> tuple[CheckIn, dict[str, Any]]:
    async with reading(request) as c:
        found = await get_check_in(c, holder.link.about_id)
        check_can_check_in(holder.actor, found, now_of(request))
        area = (await get_volunteer_party(c, found.volunteer_id)).area
    return found, {"on": found.on_date, "contact": Contact(area.discreet_name, area.on_call_telephone), "feeling": found.feeling or ""}


def choices_of(found: CheckIn) -> tuple[str, ...]:
    """The answers of the question that comes next; none once all three have one."""
    if found.feeling is None:
        return FEELING
    if found.happy_again is None:
        return (*AGAIN, REST)
    return (*THANK, REST) if found.may_thank is None else ()


@at_end_of(LinkPurpose.CHECK_IN)
async def show(request: web.Request, holder: Holder) -> web.StreamResponse:
    """GET /check-in/{token}: the next question, or thanks. Changes nothing."""
    found, context = await _read(request, holder)
    return link_page(request, "volunteer/check_in.html", choices=choices_of(found), **context)


@at_end_of(LinkPurpose.CHECK_IN)
async def answer(request: web.Request, holder: Holder) -> web.StreamResponse:
    """POST /check-in/{token}: keeps one answer and shows the next question."""
    found, context = await _read(request, holder)
    choices = choices_of(found)
    choice, form = await read_choice(request, (*FEELING, *AGAIN, *THANK, REST))
    if not choice:
        return link_page(request, "volunteer/check_in.html", status=400, form=form, choices=choices, **context)
    if choice == REST:
        return link_page(request, "volunteer/check_in.html", choices=(), **context)
    await act(request, answer_check_in, actor=holder.actor, check_in_id=found.id, choice=choice)
    found, context = await _read(request, holder)
    return link_page(request, "volunteer/check_in.html", choices=choices_of(found), **context)


routes = [
    web.get("/check-in/{token}", show, name="link.check_in"),
    web.post("/check-in/{token}", answer, name="link.check_in"),
]
