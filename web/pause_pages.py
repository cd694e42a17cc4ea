"""A break from invitations: the pause link, a break taken from the answer page, and the one press of a mail program (RFC 8058)."""

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from aiohttp import web

from matcher.actions.roster_states import pause_volunteer, resume_volunteer
from matcher.actions.stopping import stop_asking
from matcher.domain.errors import Changed, Hidden, Refusal
from matcher.domain.journey_word import VolunteerState
from matcher.domain.letter_parts import Contact
from matcher.domain.party import VolunteerParty
from matcher.domain.permission_facts import LinkPurpose
from matcher.store import parties
from web.access import act, is_own_form
from web.form_guard import READ_SECONDS, NotOurForm
from web.link_pages import Holder, at_end_of, link_page, read_choice
from web.surroundings import now_of, reading

WEEK, MONTH, UNTIL_I_SAY, AGAIN, STAY = "week", "month", "until_i_say", "again", "stay"
LENGTHS: dict[str, timedelta | None] = {WEEK: timedelta(days=7), MONTH: timedelta(days=30), UNTIL_I_SAY: None}
ONE_CLICK = ("List-Unsubscribe", "One-Click")
MAY_PAUSE = (VolunteerState.ACTIVE, VolunteerState.PAUSED)
TRIES = 3


@dataclass(frozen=True, slots=True)
class Reader:
    """The volunteer whose link this is. `now_on` is today where they live."""

    party: VolunteerParty
    now_on: date

    @property
    def paused(self) -> bool:
        """Whether they are having a break already."""
        return self.party.state == VolunteerState.PAUSED

    @property
    def contact(self) -> Contact:
        """Whom to ring."""
        return Contact(self.party.area.discreet_name, self.party.area.on_call_telephone)

    def until(self, choice: str) -> date | None:
        """The last day of a break of this length; None where it ends when they say so."""
        length = LENGTHS[choice]
        return self.now_on + length if length else None


async def _reader(request: web.Request, holder: Holder) -> Reader:
    """Raises Hidden for somebody who is not on the roster any more: their link has finished."""
    async with reading(request) as c:
        party = await parties.get_volunteer_party(c, holder.link.party_id)
    if party.state not in MAY_PAUSE:
        raise Hidden()
    return Reader(party, now_of(request).astimezone(party.area.zone).date())


def _page(request: web.Request, reader: Reader, *, status: int = 200, **context: Any) -> web.Response:
    given = {
        "paused": reader.paused,
        "just": "",
        "ends": {choice: reader.until(choice) for choice in LENGTHS},
        "contact": reader.contact,
        "posts_to": request.path,
        "may_resume": "break" not in request.path.split("/")[3:],
        **context,
    }
    return link_page(request, "volunteer/paused.html" if given["just"] else "volunteer/pause.html", status=status, **given)


@at_end_of(LinkPurpose.PAUSE)
async def show_pause(request: web.Request, holder: Holder) -> web.StreamResponse:
    """GET /pause/{token}: asks for how long, or says that a break is on. Changes nothing."""
    return _page(request, await _reader(request, holder))


@at_end_of(LinkPurpose.PAUSE)
async def pause(request: web.Request, holder: Holder) -> web.StreamResponse:
    """POST /pause/{token}: a person's choice from our page, or a mail program's one press, which needs no form token and can only pause."""
    async with asyncio.timeout(READ_SECONDS):
        posted = await request.post()
    reader = await _reader(request, holder)
    if not posted or list(posted.items()) == [ONE_CLICK]:
        await _pause(request, holder, None)
        return _page(request, reader, just="paused", until=None)
    token = posted.get("token", "")
    if not isinstance(token, str) or not is_own_form(request, token):
        raise NotOurForm(own_site=True)
    choice, form = await read_choice(request, (AGAIN, STAY, *LENGTHS))
    if not choice:
        return _page(request, reader, form=form, status=400)
    if choice == STAY:
        return _page(request, reader, just="stays")
    if choice != AGAIN:
        await _pause(request, holder, reader.until(choice))
        return _page(request, reader, just="paused", until=reader.until(choice))
    try:
        await act(request, resume_volunteer, actor=holder.actor, volunteer_id=reader.party.id)
    except Hidden:
        raise
    except Refusal as refusal:
        return link_page(request, "volunteer/not_possible.html", sentence=refusal.sentence, contact=reader.contact)
    return _page(request, reader, just="resumed")


async def _pause(request: web.Request, holder: Holder, until: date | None) -> None:
    """Pause; a press that crosses another change of the same entry is simply tried again, for a replay must be harmless."""
    for attempt in range(1, TRIES + 1):
        try:
            await act(request, pause_volunteer, actor=holder.actor, volunteer_id=holder.link.party_id, until=until)
            return
        except Changed:
            if attempt == TRIES:
                raise


# ── from the answer page ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@at_end_of(LinkPurpose.ANSWER_OFFER)
async def show_break(request: web.Request, holder: Holder) -> web.StreamResponse:
    """GET /answer/{token}/break: the same question, offered after a no."""
    return _page(request, await _reader(request, holder))


@at_end_of(LinkPurpose.ANSWER_OFFER)
async def take_break(request: web.Request, holder: Holder) -> web.StreamResponse:
    """POST /answer/{token}/break: pauses for that long. Starting again is for the pause link."""
    reader = await _reader(request, holder)
    choice, form = await read_choice(request, LENGTHS)
    if reader.paused:
        return _page(request, reader, just="paused", until=None)
    if not choice:
        return _page(request, reader, form=form, status=400)
    await act(request, stop_asking, actor=holder.actor, offer_id=holder.link.about_id, until=reader.until(choice), declines=False)
    return _page(request, reader, just="paused", until=reader.until(choice))


routes = [
    web.get("/pause/{token}", show_pause, name="link.pause"),
    web.post("/pause/{token}", pause, name="link.pause"),
    web.get("/answer/{token}/break", show_break, name="link.answer_break"),
    web.post("/answer/{token}/break", take_break, name="link.answer_break"),
]
