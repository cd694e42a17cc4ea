"""A volunteer's other links: undo, "I can't make it after all", "I'm coming", and the calendar. The invitation's own page is volunteer_answer_pages.py."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from matcher.actions.confirming_day import confirm_day
from matcher.actions.withdrawing import undo_acceptance, withdraw_companion
from matcher.calendar_file import FILE_NAME, calendar_file
from matcher.domain.arrangement import Match, ReferralOption
from matcher.domain.journey_word import ReferralState
from matcher.domain.letter_parts import Contact
from matcher.domain.party import VolunteerParty
from matcher.domain.permission import check_can_see_own_match, check_can_withdraw_companion
from matcher.domain.permission_facts import LinkPurpose
from matcher.letter_templates import calendar_title
from matcher.store import matches, parties, referrals
from web.access import act
from web.invitation import COMING, GO_BACK, KEEP, match_line
from web.link_pages import Holder, LinkPage, at_end_of, link_page, read_choice
from web.surroundings import config_of, now_of, reading

CALENDAR_KIND = "text/calendar"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMeeting:
    """A volunteer's own planned meeting, as their links show it."""

    match: Match
    option: ReferralOption
    party: VolunteerParty
    rests: bool

    @property
    def stands(self) -> bool:
        """Whether it is going to happen, as things are: neither cancelled nor put off."""
        return not self.match.is_off and not self.rests


async def read_own_meeting(request: web.Request, holder: Holder) -> OwnMeeting:
    """The meeting this link is about. Raises Hidden for anybody else's."""
    async with reading(request) as c:
        match = await matches.get_match(c, holder.link.about_id)
        check_can_see_own_match(holder.actor, match, now_of(request))
        option = await referrals.get_option(c, match.option_id)
        rests = (await referrals.get_referral(c, match.referral_id)).state is ReferralState.ON_HOLD
        return OwnMeeting(match=match, option=option, party=await parties.get_volunteer_party(c, match.volunteer_id), rests=rests)


async def take_back_yes(request: web.Request, holder: Holder, match: Match) -> str:
    """Undo within the fifteen minutes, else "I can't make it after all": "undone", "withdrawn", or "over" where it had ended already.

    Undoing is tried by every link: within that time nobody was told, so that nobody need be alarmed.
    """
    if now_of(request) < match.undo_until and await act(request, undo_acceptance, actor=holder.actor, match_id=match.id):
        return "undone"
    return "withdrawn" if await act(request, withdraw_companion, actor=holder.actor, match_id=match.id) else "over"


def _context(request: web.Request, found: OwnMeeting) -> dict[str, Any]:
    area = found.party.area
    return {
        "going": match_line(found.match, found.option, found.party, now_of(request)),
        "contact": Contact(area.discreet_name, area.on_call_telephone),
        "cancelled": not found.stands,
        "begun": now_of(request) >= found.match.starts_at,
    }


# ── undo and cannot come ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _show_own(request: web.Request, holder: Holder) -> web.StreamResponse:
    """GET: what was recorded and when. Changes nothing."""
    found = await read_own_meeting(request, holder)
    return link_page(request, "volunteer/cannot_come.html", **_context(request, found))


async def _step_back(request: web.Request, holder: Holder) -> web.StreamResponse:
    """POST: gives the seat back, or leaves everything as it is; what was chosen is said."""
    found = await read_own_meeting(request, holder)
    check_can_withdraw_companion(holder.actor, found.match, now_of(request))
    context = _context(request, found)
    choice, form = await read_choice(request, (GO_BACK, KEEP))
    if not choice:
        return link_page(request, "volunteer/cannot_come.html", status=400, form=form, **context)
    just = await take_back_yes(request, holder, found.match) if choice == GO_BACK else "kept"
    return link_page(request, "volunteer/came_back.html", just=just, **context)


def _both(page: LinkPage) -> tuple[Any, Any]:
    """The same page for the undo link, which outlives its fifteen minutes as "I can't make it", and for that link itself."""
    return at_end_of(LinkPurpose.UNDO_ACCEPTANCE)(page), at_end_of(LinkPurpose.CANNOT_COME)(page)


show_undo, show_cannot_come = _both(_show_own)
undo, cannot_come = _both(_step_back)


# ── coming today ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@at_end_of(LinkPurpose.CONFIRM_DAY)
async def show_coming(request: web.Request, holder: Holder) -> web.StreamResponse:
    """GET /coming/{token}: one question, are you still coming? Changes nothing."""
    found = await read_own_meeting(request, holder)
    return link_page(request, "volunteer/coming.html", said=found.match.day_confirmed_at is not None, **_context(request, found))


@at_end_of(LinkPurpose.CONFIRM_DAY)
async def say_coming(request: web.Request, holder: Holder) -> web.StreamResponse:
    """POST: "I'm coming", or "I can't make it after all". Where the seat has passed on meanwhile, that is said kindly."""
    found = await read_own_meeting(request, holder)
    check_can_withdraw_companion(holder.actor, found.match, now_of(request))
    context = _context(request, found)
    choice, form = await read_choice(request, (COMING, GO_BACK))
    if not choice:
        said = found.match.day_confirmed_at is not None
        return link_page(request, "volunteer/coming.html", status=400, form=form, said=said, **context)
    if choice == GO_BACK:
        return link_page(request, "volunteer/came_back.html", just=await take_back_yes(request, holder, found.match), **context)
    coming = await act(request, confirm_day, actor=holder.actor, match_id=found.match.id)
    return link_page(request, "volunteer/came_back.html", just="coming" if coming else "passed_on", **context)


# ── calendar ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@at_end_of(LinkPurpose.CALENDAR)
async def show_calendar(request: web.Request, holder: Holder) -> web.StreamResponse:
    """GET /calendar/{token}: day and time, and the file to download."""
    found = await read_own_meeting(request, holder)
    return link_page(request, "volunteer/calendar.html", **_context(request, found))


@at_end_of(LinkPurpose.CALENDAR)
async def send_calendar(request: web.Request, holder: Holder) -> web.StreamResponse:
    """GET /calendar/{token}/file: the entry, or its CANCEL once the meeting is off. Only a confirmed plan has the newcomer's name in its title."""
    found = await read_own_meeting(request, holder)
    match, config = found.match, config_of(request)
    name = await _name_used(request, found) if found.stands and match.confirmed_at else ""
    made = calendar_file(
        uid=f"{match.calendar_uid}@{config.mail_domain}",
        starts_at=match.meet_at,
        ends_at=match.ends_at,
        zone=found.option.timezone,
        summary=calendar_title(name),
        organiser=f"no-reply@{config.mail_domain}",
        stamped_at=(match.ended_at if match.is_off else None) or match.confirmed_at or match.accepted_at,
        sequence=match.revision + (1 if match.is_off else 0),
        cancelled=not found.stands,
    )
    headers = {"Content-Disposition": f'attachment; filename="{FILE_NAME}"', "Content-Type": f"{CALENDAR_KIND}; charset=utf-8"}
    return web.Response(body=made, headers=headers)


async def _name_used(request: web.Request, found: OwnMeeting) -> str:
    async with reading(request) as c:
        referral = await referrals.get_referral(c, found.match.referral_id)
    opened = config_of(request).vault.open(referral.newcomer) if referral.newcomer else {}
    return str(opened.get("name_used", ""))


routes = [
    web.get("/undo/{token}", show_undo, name="link.undo_acceptance"),
    web.post("/undo/{token}", undo, name="link.undo_acceptance"),
    web.get("/cannot-come/{token}", show_cannot_come, name="link.cannot_come"),
    web.post("/cannot-come/{token}", cannot_come, name="link.cannot_come"),
    web.get("/coming/{token}", show_coming, name="link.confirm_day"),
    web.post("/coming/{token}", say_coming, name="link.confirm_day"),
    web.get("/calendar/{token}", show_calendar, name="link.calendar"),
    web.get("/calendar/{token}/file", send_calendar, name="link.calendar_file"),
]
