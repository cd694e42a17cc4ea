"""Page 4's second half: the meetings that fit, soonest first, with bands; up to three become options, or the choice is left to us."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from matcher.actions import choosing_meetings, referring
from matcher.actions.choosing_meetings import Fitting, Found
from matcher.actions.referring import ChangedElsewhere, answers_of, saved_times
from matcher.actions.submitting import seeker_for
from matcher.domain.draft import Answers, Draft, DraftPage, read_option
from matcher.domain.fellowship import Fellowship
from matcher.domain.option import OptionKey
from matcher.store.fitting_meetings import list_meeting_names
from matcher.vocabulary import fellowship_words
from web.access import act, page
from web.forms import Form, read_form
from web.keyworker_referral_pages import DRAFT, LEFT_TO_US, address, own_draft
from web.referral_forms import WhichMeetings, answers_from, form_for
from web.surroundings import config_of, now_of, reading

MORE_FIELDS = (*LEFT_TO_US, "do", "fellowship", "online", "page")
HIGHEST_PAGE = 999


async def show(request: web.Request) -> web.StreamResponse:
    """GET /drafts/{draft_id}/meetings: what fits. `fellowship`, `online` and `page` in the address narrow and turn the list; looking keeps nothing."""
    draft = await own_draft(request)
    answers = answers_of(config_of(request), draft)
    if not answers.wanted or not answers.travel_from:
        raise web.HTTPSeeOther(f"/drafts/{draft.id}")
    return await _page(request, draft, answers, form_for(WhichMeetings, answers), asked=request.query)


async def keep(request: web.Request) -> web.StreamResponse:
    """POST /drafts/{draft_id}/meetings: keeps what was ticked; "more" turns the page with the ticks kept, Continue goes on."""
    draft = await own_draft(request)
    answers, posted = answers_of(config_of(request), draft), await request.post()
    if not answers.wanted or not answers.travel_from:
        raise web.HTTPSeeOther(f"/drafts/{draft.id}")
    record, form = read_form(WhichMeetings, posted, also=MORE_FIELDS)
    turning = posted.get("do", "") != ""
    if record is not None:
        form = await _check_picks(request, draft, answers, form, turning=turning)
    if record is None or form.errors:
        return await _page(request, draft, answers, form, asked=posted, status=400)
    try:
        saved = int(str(posted.get("saved", "0")) or 0) if str(posted.get("saved", "0")).isdecimal() else 0
        kept = answers_from(record)
        await act(request, referring.save_page, draft_id=draft.id, page=DraftPage.MEETINGS, answers=kept, saved=saved)
    except ChangedElsewhere:
        return await _page(request, draft, answers, form.with_errors({"": "changed_elsewhere"}), asked=posted, status=409)
    raise web.HTTPSeeOther(_next(draft, posted, turning=turning))


def _next(draft: Draft, posted: Any, *, turning: bool) -> str:
    then = "check" if posted.get("then") == "check" else ""
    if turning:
        kept = {name: str(posted.get(name, "")) for name in ("fellowship", "online")} | {"page": str(posted["do"]), "then": then}
        return f"{address(draft.id, DraftPage.MEETINGS)}?{urlencode({name: text for name, text in kept.items() if text})}"
    return f"/drafts/{draft.id}/check" if then else address(draft.id, DraftPage.CONTACT)


async def _page(request: web.Request, draft: Draft, answers: Answers, form: Form, *, asked: Any, status: int = 200) -> web.Response:
    config, now = config_of(request), now_of(request)
    first = _fellowship(answers, asked.get("fellowship", ""))
    online = asked.get("online", "") == "yes"
    number = min(int(asked["page"]), HIGHEST_PAGE) if str(asked.get("page", "")).isdecimal() and len(str(asked["page"])) < 4 else 1
    keys = keys_in(form)
    async with reading(request) as c:
        seeker = await seeker_for(c, draft, answers, first=first)
        picked = await choosing_meetings.find_picked(c, now, seeker, keys)
        found = await choosing_meetings.find_fitting(c, now, seeker, page=number, online=online, besides=[one.option.key for one in picked])
        avoided = await list_meeting_names(c, list(seeker.needs.avoid_meetings))
    shown = first or seeker.needs.fellowships[0]
    context = {
        "form": form,
        "draft": draft,
        "answers": answers,
        "picked": picked,
        "found": found,
        "avoided": avoided,
        "meetings_here": _meetings(picked, found),
        "fellowships": [(one, fellowship_words(one).name) for one in answers.wanted],
        "shown": shown,
        "fellowship_name": {one: fellowship_words(one).name for one in answers.wanted},
        "online": online,
        "now": now,
        "saved": saved_times(config, draft, DraftPage.MEETINGS),
        "then": "check" if asked.get("then") == "check" else "",
        "step": 4,
        "back": f"/drafts/{draft.id}/check" if asked.get("then") == "check" else address(draft.id, DraftPage.WHEN),
    }
    return page(request, "keyworker/form_meetings.html", context, status=status)


def keys_in(form: Form) -> list[OptionKey]:
    """The dated meetings ticked in a form, right or wrong; what is no such name is passed over."""
    found = []
    for text in form.chosen("options"):
        with suppress(ValueError):
            found.append(read_option(text))
    return found


async def _check_picks(request: web.Request, draft: Draft, answers: Answers, form: Form, *, turning: bool) -> Form:
    """What was ticked can still be had, and is of one fellowship: volunteers of one fellowship are asked at a time."""
    keys = keys_in(form)
    async with reading(request) as c:
        seeker = await seeker_for(c, draft, answers)
        picked = await choosing_meetings.find_picked(c, now_of(request), seeker, keys)
        if len(picked) < len(set(keys)):
            return form.with_errors({"options": "not_held"})
        if len({one.meeting.fellowship for one in picked}) > 1:
            return form.with_errors({"options": "two_fellowships"})
        if form.chosen("options") or turning:
            return form
        found = await choosing_meetings.find_fitting(c, now_of(request), seeker)
        return form.with_errors({"options": "empty"}) if found.total else form


def _fellowship(answers: Answers, code: str) -> Fellowship | None:
    return next((one for one in answers.wanted if one.value == code), None)


def _meetings(picked: Iterable[Fitting], found: Found) -> list[tuple[str, str]]:
    """The meetings on this page, each once: what "they would rather avoid" can be ticked from."""
    return sorted({(str(one.meeting.id), one.meeting.name) for one in (*picked, *found.shown)}, key=lambda pair: pair[1])


routes = [
    web.get(f"{DRAFT}/meetings", show, name="keyworker.draft_meetings"),
    web.post(f"{DRAFT}/meetings", keep, name="keyworker.draft_meetings"),
]
