"""Check and send: the summary with its Change links, the confirmation, the short record of somebody not interested, and dropping a draft."""

from typing import Any
from uuid import UUID

from aiohttp import web

from matcher.actions import choosing_meetings, referring, submitting
from matcher.actions.choosing_meetings import Fitting
from matcher.actions.referring import answers_of, own_reference_index
from matcher.actions.submitting import seeker_for
from matcher.domain.draft import Answers, Draft, looks_clinical, pages_missing
from matcher.domain.errors import Invalid
from matcher.domain.timing import reply_by
from matcher.store.areas import find_area_of
from matcher.store.fitting_meetings import list_meeting_names
from matcher.store.parties import get_area_frame, get_provider_frame, get_staff_party
from matcher.store.referral_changes import count_open_with_reference
from matcher.store.referrals import list_options
from matcher.vocabulary import fellowship_words
from web.access import act, act_once, page
from web.forms import Form, blank_form
from web.keyworker_referral_pages import DRAFT, REFERRAL, id_in, own_draft, own_referral
from web.surroundings import config_of, now_of, reading


async def show_check(request: web.Request) -> web.StreamResponse:
    """GET /drafts/{draft_id}/check: every answer with its Change link, what is missing, and what will happen on Send."""
    return await _check_page(request, await own_draft(request), blank_form())


async def send(request: web.Request) -> web.StreamResponse:
    """POST /drafts/{draft_id}/check: sends the referral. Pressed twice, it is one referral with one confirmation."""
    draft_id = id_in(request, "draft_id")
    try:
        raise web.HTTPSeeOther(await act_once(request, _send, draft_id=draft_id))
    except Invalid as invalid:
        return await _check_page(
            request, await own_draft(request), Form(kind="Check").with_errors({"": next(iter(invalid.errors.values()))}), status=400
        )


async def _send(tx: Any, config: Any, now: Any, **facts: Any) -> str:
    return f"/referrals/{await submitting.submit_referral(tx, config, now, **facts)}/sent"


async def _check_page(request: web.Request, draft: Draft, form: Form, *, status: int = 200) -> web.Response:
    config, now = config_of(request), now_of(request)
    answers = answers_of(config, draft)
    async with reading(request) as c:
        chosen, nothing_fits = await _chosen(c, now, draft, answers)
        area = await find_area_of(c, answers.starts_from) if answers.starts_from else None
        provider = await get_provider_frame(c, draft.provider_id)
        avoided = await list_meeting_names(c, [UUID(text) for text in answers.avoid_meetings])
        twice = await count_open_with_reference(c, draft.provider_id, own_reference_index(config, draft.provider_id, answers.provider_ref))
    context = {
        "form": form,
        "draft": draft,
        "answers": answers,
        "wanted": [fellowship_words(one).name for one in answers.wanted],
        "chosen": chosen,
        "nothing_fits": nothing_fits,
        "missing": pages_missing(answers, nothing_fits=nothing_fits),
        "area": area,
        "provider": provider,
        "avoided": sorted(avoided.values()),
        "twice": twice,
        "clinical": looks_clinical(answers.experience_note),
        "back": f"/drafts/{draft.id}/contact",
    }
    return page(request, "keyworker/check.html", context, status=status)


async def _chosen(c: Any, now: Any, draft: Draft, answers: Answers) -> tuple[list[Fitting], bool]:
    """The meetings as they would be sent now, and whether nothing fits at all."""
    if not answers.wanted or not answers.travel_from:
        return [], False
    seeker = await seeker_for(c, draft, answers)
    if answers.options and not answers.choose_for_us:
        return await choosing_meetings.find_picked(c, now, seeker, answers.option_keys), False
    best = await choosing_meetings.choose_for(c, now, seeker)
    return (best if answers.choose_for_us else []), not best


async def show_sent(request: web.Request) -> web.StreamResponse:
    """GET /referrals/{referral_id}/sent: the confirmation, with the reference and what happens next and when."""
    referral = await own_referral(request)
    async with reading(request) as c:
        options = await list_options(c, referral.id, referral.meeting_number)
        area = await get_area_frame(c, referral.area_id) if referral.area_id else None
        keyworker = await get_staff_party(c, referral.keyworker_id)
    config = config_of(request)
    answer_by = None
    if options and referral.deadline and area:
        answer_by = reply_by(referral.submitted_at, options[0].starts_at, referral.deadline, area.zone, timing=config.timing)
    context = {
        "referral": referral,
        "options": options,
        "area": area,
        "answer_by": answer_by,
        "needs": referral.needs,
        "first_name": config.vault.open(keyworker.details)["first_name"],
    }
    return page(request, "keyworker/sent.html", context)


async def keep_not_interested(request: web.Request) -> web.StreamResponse:
    """POST /drafts/{draft_id}/not-interested: the short, complete record (R3)."""
    try:
        raise web.HTTPSeeOther(await act_once(request, _keep_not_interested, draft_id=id_in(request, "draft_id")))
    except Invalid:
        raise web.HTTPSeeOther(f"/drafts/{id_in(request, 'draft_id')}/fellowship") from None


async def _keep_not_interested(tx: Any, config: Any, now: Any, **facts: Any) -> str:
    return f"/referrals/{await submitting.record_not_interested(tx, config, now, **facts)}"


async def show_not_interested(request: web.Request) -> web.StreamResponse:
    """GET /drafts/{draft_id}/not-interested: what will be kept, and the button that keeps it."""
    return await _asked_once_more(request, "not_interested", back="fellowship")


async def show_drop(request: web.Request) -> web.StreamResponse:
    """GET /drafts/{draft_id}/drop: asks once more."""
    return await _asked_once_more(request, "drop", back="check")


async def _asked_once_more(request: web.Request, template: str, *, back: str) -> web.Response:
    draft = await own_draft(request)
    return page(request, f"keyworker/{template}.html", {"draft": draft, "back": f"/drafts/{draft.id}/{back}"})


async def drop(request: web.Request) -> web.StreamResponse:
    """POST /drafts/{draft_id}/drop: forgets the draft and its newcomer's key."""
    draft = await own_draft(request)
    await act(request, referring.drop_draft, draft_id=draft.id)
    raise web.HTTPSeeOther("/referrals")


routes = [
    web.get(f"{DRAFT}/check", show_check, name="keyworker.check"),
    web.post(f"{DRAFT}/check", send, name="keyworker.check"),
    web.get(f"{REFERRAL}/sent", show_sent, name="keyworker.sent"),
    web.get(f"{DRAFT}/not-interested", show_not_interested, name="keyworker.not_interested"),
    web.post(f"{DRAFT}/not-interested", keep_not_interested, name="keyworker.not_interested"),
    web.get(f"{DRAFT}/drop", show_drop, name="keyworker.drop"),
    web.post(f"{DRAFT}/drop", drop, name="keyworker.drop"),
]
