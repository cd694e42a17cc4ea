"""The next meeting together, or another try: the dates that fit, as on the form, and who should come along (R40, R44)."""

from typing import Annotated, Any, Literal, Self

from aiohttp import web
from pydantic import Field, model_validator

from matcher.actions import choosing_meetings, planning_next, recording_outcomes
from matcher.actions.planning_next import Company, seeker_of_referral
from matcher.actions.scene import scene_of
from matcher.domain.draft import MOST_OPTIONS, read_option
from matcher.domain.errors import Invalid
from matcher.domain.journey import ReferralState
from matcher.domain.outcome import ToldHow, WhatNow
from matcher.vocabulary import fellowship_words
from web.access import act, page
from web.form_fields import FormRecord
from web.forms import BadAnswer, Form, blank_form, read_form
from web.keyworker_choosing_pages import keys_in
from web.keyworker_referral_pages import REFERRAL, own_referral
from web.keyworker_status_pages import opened_names
from web.referral_forms import ANY, Pick
from web.surroundings import config_of, now_of, reading

AGAIN = {Company.SAME: WhatNow.AGAIN_SAME, Company.ANYBODY: WhatNow.AGAIN_ANYBODY, Company.SOMEBODY_ELSE: WhatNow.AGAIN_OTHER}


class NextMeeting(FormRecord):
    """Up to three dates, or "choose for us"; and who should come along."""

    options: Annotated[tuple[Pick, ...], Field(min_length=1)]
    company: Company
    missed: Literal["yes"] | None = None

    @model_validator(mode="after")
    def _three_at_most(self) -> Self:
        if len(set(self.options) - {ANY}) > MOST_OPTIONS:
            raise BadAnswer("too_many", field="options", most=MOST_OPTIONS)
        return self


async def show_next(request: web.Request) -> web.StreamResponse:
    """GET /referrals/{referral_id}/next: what fits, soonest first. `missed=yes`: another try at the one they did not go to. Changes nothing."""
    return await _page(request, blank_form(NextMeeting), missed=request.query.get("missed") == "yes", asked=request.query.get("page", ""))


async def plan_next(request: web.Request) -> web.StreamResponse:
    """POST the same: company is looked for; "Later ones" turns the page with the ticks kept."""
    referral, posted = await own_referral(request), await request.post()
    missed = posted.get("missed") == "yes"
    record, form = read_form(NextMeeting, posted, also=["do"])
    if posted.get("do"):
        turned = Form(values=form.values, kind=form.kind)
        return await _page(request, turned, missed=missed, asked=str(posted["do"]))
    if record is None:
        return await _page(request, form, missed=missed, status=400)
    picked = [] if ANY in record.options else [read_option(text) for text in dict.fromkeys(record.options)]
    facts: dict[str, Any] = {"referral_id": referral.id, "picked": picked}
    try:
        if missed:
            how, now = ToldHow.KEYWORKER, AGAIN[record.company]
            await act(request, recording_outcomes.record_not_attended, how=how, what_now=now, **facts)
        else:
            await act(request, planning_next.plan_next_meeting, company=record.company, **facts)
    except Invalid as invalid:
        return await _page(request, form.with_errors(dict(invalid.errors)), missed=missed, status=400)
    raise web.HTTPSeeOther(f"/referrals/{referral.id}")


async def _page(request: web.Request, form: Form, *, missed: bool, asked: str = "", status: int = 200) -> web.Response:
    referral = await own_referral(request)
    wanted = ReferralState.AWAITING_OUTCOME if missed else ReferralState.FOLLOWING
    if referral.state is ReferralState.AWAITING_OUTCOME and not missed:
        raise web.HTTPSeeOther(f"/referrals/{referral.id}/outcome")
    if referral.state is not wanted:
        raise web.HTTPSeeOther(f"/referrals/{referral.id}")
    number = int(asked) if asked.isdecimal() and len(asked) < 4 else 1
    config, now = config_of(request), now_of(request)
    async with reading(request) as c:
        seeker = await seeker_of_referral(await scene_of(c, config, now, referral))
        picked = await choosing_meetings.find_picked(c, now, seeker, keys_in(form))
        found = await choosing_meetings.find_fitting(c, now, seeker, page=number, besides=[one.option.key for one in picked])
    first = seeker.needs.fellowships[0]
    context = {
        "form": form,
        "referral": referral,
        "names": opened_names(config, referral),
        "needs": referral.needs,
        "picked": picked,
        "found": found,
        "fellowship_name": {one: fellowship_words(one).name for one in seeker.needs.fellowships},
        "shown": first,
        "missed": missed,
        "number": referral.meeting_number + (0 if missed else 1),
        "back": f"/referrals/{referral.id}",
    }
    return page(request, "keyworker/next.html", context, status=status)


routes = [
    web.get(f"{REFERRAL}/next", show_next, name="keyworker.next"),
    web.post(f"{REFERRAL}/next", plan_next, name="keyworker.next"),
]
