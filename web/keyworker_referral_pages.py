"""The referral form: five pages and the details, each kept on the server as it is left. Checking and sending: keyworker_sending_pages.py."""

from collections.abc import Mapping
from re import fullmatch
from typing import Any
from uuid import UUID

from aiohttp import web

from matcher.actions import referring
from matcher.actions.referring import AdultsOnly, ChangedElsewhere, answers_of, saved_times
from matcher.domain.arrangement import Referral
from matcher.domain.draft import Answers, Draft, DraftPage, pages_missing
from matcher.domain.errors import NotFound
from matcher.domain.fellowship import fellowships_for
from matcher.domain.permission import check_can_change_referral, check_can_see_draft, check_can_start_referral
from matcher.domain.place import find_outcode
from matcher.domain.postcode import outcode_of
from matcher.domain.provider import Provider
from matcher.domain.wishes import Exposure
from matcher.store.areas import find_area_of, list_areas
from matcher.store.drafts import get_draft
from matcher.store.fitting_meetings import find_outcode_of_town, list_towns
from matcher.store.providers import get_provider
from matcher.store.referrals import get_referral
from matcher.vocabulary import fellowship_words
from web.access import act, act_once, page
from web.form_fields import FormRecord
from web.forms import Form, Problem, blank_form, read_form
from web.referral_forms import FORMS, Details, WhereAndWhen, WhichFellowship, Who, answers_from, form_for
from web.surroundings import actor_of, config_of, now_of, reading

DRAFT, REFERRAL = "/drafts/{draft_id:[0-9a-f-]{36}}", "/referrals/{referral_id:[0-9a-f-]{36}}"
"""The addresses that everything about one draft, and one referral, begins with."""
STEPS = {DraftPage.WHO: 1, DraftPage.FELLOWSHIP: 2, DraftPage.PEOPLE: 3, DraftPage.WHEN: 4, DraftPage.MEETINGS: 4, DraftPage.CONTACT: 5}
ORDER = (DraftPage.WHO, DraftPage.FELLOWSHIP, DraftPage.PEOPLE, DraftPage.WHEN, DraftPage.MEETINGS, DraftPage.CONTACT)
LEFT_TO_US = ("saved", "then")
"""Fields of each page's form that are not answers: how often it was saved before, and where to go afterwards."""


async def show_new(request: web.Request) -> web.StreamResponse:
    """GET /referrals/new: the first page. Nothing is kept before it is sent."""
    check_can_start_referral(actor_of(request), None, now_of(request))
    return await _page(request, None, DraftPage.WHO, blank_form(Who))


async def begin(request: web.Request) -> web.StreamResponse:
    """POST /referrals/new: begins a draft with the first page's answers. Of somebody under 18 nothing is kept."""
    record, form = read_form(Who, await request.post(), also=LEFT_TO_US)
    form = await _check_own_pattern(request, form)
    if record is None or form.errors:
        return await _page(request, None, DraftPage.WHO, form, status=400)
    try:
        raise web.HTTPSeeOther(await act_once(request, _start, answers=answers_from(record)))
    except AdultsOnly:
        return await _stop_page(request, answers_from(record))


async def _start(tx: Any, config: Any, now: Any, **facts: Any) -> str:
    draft_id = await referring.start_draft(tx, config, now, **facts)
    return address(draft_id, DraftPage.FELLOWSHIP)


async def resume(request: web.Request) -> web.StreamResponse:
    """GET /drafts/{draft_id}: goes on where it was left: at the first page that lacks something, else at the check page."""
    draft = await own_draft(request)
    missing = [one for one in pages_missing(answers_of(config_of(request), draft)) if one in ORDER]
    raise web.HTTPSeeOther(address(draft.id, missing[0]) if missing else f"/drafts/{draft.id}/check")


async def show(request: web.Request) -> web.StreamResponse:
    """GET /drafts/{draft_id}/{page}: one page with the answers so far."""
    draft, which = await own_draft(request), DraftPage(request.match_info["page"])
    answers = answers_of(config_of(request), draft)
    form = form_for(FORMS[which], answers, saved=saved_times(config_of(request), draft, which) > 0)
    return await _page(request, draft, which, form)


async def keep(request: web.Request) -> web.StreamResponse:
    """POST /drafts/{draft_id}/{page}: keeps the page and goes on, or back to the check page where it was opened from there."""
    draft, which = await own_draft(request), DraftPage(request.match_info["page"])
    posted = await request.post()
    record, form = read_form(FORMS[which], posted, also=LEFT_TO_US)
    form = await _look_up(request, draft, record, form)
    if record is None or form.errors:
        return await _page(request, draft, which, form, status=400)
    found = {DraftPage.WHEN: "travel_from", DraftPage.MORE: "leaving_district"}.get(which)
    answers = answers_from(record) | ({found: form.value("outcode")} if found else {})
    if isinstance(record, Who) and record.age_ok != "18_or_over":
        await act(request, referring.drop_draft, draft_id=draft.id)
        return await _stop_page(request, answers)
    try:
        await act(request, referring.save_page, draft_id=draft.id, page=which, answers=answers, saved=_number(posted.get("saved")))
    except ChangedElsewhere:
        return await _page(request, draft, which, form.with_errors({"": "changed_elsewhere"}), status=409)
    raise web.HTTPSeeOther(_next(draft, which, record, to_check=posted.get("then") == "check"))


def _next(draft: Draft, which: DraftPage, record: FormRecord, *, to_check: bool) -> str:
    if isinstance(record, WhichFellowship) and record.exposure is Exposure.NOT_INTERESTED:
        return f"/drafts/{draft.id}/not-interested"
    if which is DraftPage.WHEN:
        return address(draft.id, DraftPage.MEETINGS) + ("?then=check" if to_check else "")
    if to_check or which in (DraftPage.CONTACT, DraftPage.MORE):
        return f"/drafts/{draft.id}/check"
    return address(draft.id, ORDER[ORDER.index(which) + 1])


def address(draft_id: UUID, which: DraftPage) -> str:
    """Where a page of a draft is."""
    return f"/drafts/{draft_id}/{which.value}"


def _number(text: Any) -> int:
    return int(text) if isinstance(text, str) and text.isdecimal() and len(text) < 7 else 0


async def own_draft(request: web.Request) -> Draft:
    """The draft of this address. Hidden unless it is this keyworker's own; a draft that was sent leads to its referral."""
    async with reading(request) as c:
        try:
            draft = await get_draft(c, id_in(request, "draft_id"))
        except NotFound:
            raise web.HTTPSeeOther(f"/referrals/{request.match_info['draft_id']}") from None
    check_can_see_draft(actor_of(request), draft, now_of(request))
    return draft


async def own_referral(request: web.Request) -> Referral:
    """The referral of this address, for its own keyworker only. Raises Hidden for everybody else."""
    async with reading(request) as c:
        referral = await get_referral(c, id_in(request, "referral_id"))
    check_can_change_referral(actor_of(request), referral, now_of(request))
    return referral


def id_in(request: web.Request, name: str) -> UUID:
    """An id in the address. Raises NotFound for what only looks like one."""
    try:
        return UUID(request.match_info[name])
    except ValueError:
        raise NotFound() from None


async def own_provider(request: web.Request) -> Provider:
    """The service of whoever asks."""
    provider_id = actor_of(request).provider_id
    if provider_id is None:
        raise NotFound()
    async with reading(request) as c:
        return await get_provider(c, provider_id)


# ── what only a look-up can tell ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _look_up(request: web.Request, draft: Draft, record: FormRecord | None, form: Form) -> Form:
    """The checks that need more than the page itself: the service's own pattern, the route of page 1, the place, today."""
    if form.kind == Who.__name__:
        return await _check_own_pattern(request, form)
    if isinstance(record, WhichFellowship):
        offered = {one.value for one in offered_fellowships(await own_provider(request), answers_of(config_of(request), draft))} | {
            "not_sure"
        }
        return form if set(form.chosen("fellowships")) <= offered else form.with_errors({"fellowships": "outside_route"})
    if isinstance(record, WhereAndWhen):
        if record.earliest_on and record.earliest_on < now_of(request).date():
            form = form.with_errors({"earliest_on": "date_past"})
        return await _find_district(request, record.travel_from, form)
    if isinstance(record, Details):
        if record.leaving_on and record.leaving_on < now_of(request).date():
            form = form.with_errors({"leaving_on": "date_past"})
        if record.leaving_district:
            form = await _find_district(request, record.leaving_district, form, field="leaving_district")
    target_on = getattr(record, "target_on", None)
    return form.with_errors({"target_on": "date_past"}) if target_on and target_on < now_of(request).date() else form


async def _check_own_pattern(request: web.Request, form: Form) -> Form:
    """The service may have said what its own references look like."""
    provider = await own_provider(request)
    given = form.value("provider_ref").strip()
    if provider.reference_pattern and given and not form.error("provider_ref") and not fullmatch(provider.reference_pattern, given):
        return form.with_errors({"provider_ref": Problem("pattern", {"hint": provider.reference_hint})})
    return form


async def _find_district(request: web.Request, typed: str, form: Form, *, field: str = "travel_from") -> Form:
    """The district of what was typed, as the field `outcode`. A town will do where meetings are held in it; outside every area is said here."""
    async with reading(request) as c:
        outcode = outcode_of(typed) or await find_outcode_of_town(c, typed)
        if outcode is None or find_outcode(outcode) is None:
            return form.with_errors({field: "not_known"})
        if await find_area_of(c, outcode) is None:
            return form.with_errors({field: Problem("outside_areas", {"district": outcode})})
    return Form(values={**form.values, "outcode": outcode}, errors=form.errors, kind=form.kind)


def offered_fellowships(provider: Provider, answers: Answers) -> list[Any]:
    """The fellowships page 2 shows: those of the route that the service works with; the whole route where that leaves fewer than two."""
    fitting = fellowships_for(answers.route) if answers.route else ()
    own = [one for one in fitting if one in provider.fellowships]
    return own if len(own) > 1 else list(fitting)


# ── the page itself ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _page(request: web.Request, draft: Draft | None, which: DraftPage, form: Form, *, status: int = 200) -> web.Response:
    """One page of the form, with what its template needs besides the answers."""
    config = config_of(request)
    answers = answers_of(config, draft) if draft else Answers()
    then = (await request.post()).get("then", "") if request.method == "POST" else request.query.get("then", "")
    context: Mapping[str, Any] = {
        "form": form,
        "draft": draft,
        "answers": answers,
        "saved": saved_times(config, draft, which) if draft else 0,
        "then": "check" if then == "check" else "",
        "step": STEPS.get(which),
        "back": _back(draft, which, to_check=then == "check"),
        **await _beside(request, which, answers),
    }
    return page(request, f"keyworker/form_{which.value}.html", context, status=status)


def _back(draft: Draft | None, which: DraftPage, *, to_check: bool) -> str:
    if draft is None:
        return "/referrals"
    if to_check or which is DraftPage.MORE:
        return f"/drafts/{draft.id}/check"
    before = ORDER.index(which) - 1
    return "/referrals" if before < 0 else address(draft.id, ORDER[before])


async def _beside(request: web.Request, which: DraftPage, answers: Answers) -> dict[str, Any]:
    """What one page shows besides its questions."""
    if which is DraftPage.WHO:
        return {"provider": await own_provider(request)}
    if which is DraftPage.FELLOWSHIP:
        return {"offered": [(one, fellowship_words(one)) for one in offered_fellowships(await own_provider(request), answers)]}
    if which is DraftPage.PEOPLE or which is DraftPage.MORE:
        return {"provider": await own_provider(request)}
    if which is DraftPage.WHEN:
        async with reading(request) as c:
            towns = await list_towns(c)
            districts = sorted({outcode for area in await list_areas(c) for outcode in area.outcodes})
        return {"places": [*towns, *districts], "today": now_of(request).date()}
    return {}


async def _stop_page(request: web.Request, answers: Mapping[str, Any]) -> web.Response:
    """Not 18: nothing was kept. Where to turn instead."""
    context = {"answers": answers, "provider": await own_provider(request), "back": "/referrals/new"}
    return page(request, "keyworker/adults_only.html", context)


WITHOUT_MEETINGS = "who|fellowship|people|when|contact|more"

routes = [
    web.get("/referrals/new", show_new, name="keyworker.new"),
    web.post("/referrals/new", begin, name="keyworker.new"),
    web.get(DRAFT, resume, name="keyworker.draft"),
    web.get(f"{DRAFT}/{{page:{WITHOUT_MEETINGS}}}", show, name="keyworker.draft_page"),
    web.post(f"{DRAFT}/{{page:{WITHOUT_MEETINGS}}}", keep, name="keyworker.draft_page"),
]
