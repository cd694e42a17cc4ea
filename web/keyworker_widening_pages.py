"""What a keyworker writes down when nobody was found: what their client says yes to besides, or that somebody of the service goes along."""

from functools import partial

from aiohttp import web

from matcher.actions import widening
from matcher.domain.arrangement import Referral
from matcher.domain.journey import REFERRAL_TABLE, ReferralEvent, states_allowing
from matcher.domain.rung import CONSENT, Rung
from matcher.domain.task import TaskKind
from matcher.domain.wishes import MayWiden
from matcher.store.tasks import list_open_tasks_of_referral
from web.access import act, page
from web.form_fields import FormRecord
from web.forms import Form, blank_form, read_form
from web.keyworker_amend_pages import Press, Sure, show_press, take_press
from web.keyworker_referral_pages import REFERRAL, own_referral
from web.keyworker_status_pages import opened_names
from web.surroundings import actor_of, config_of, reading

WORKER = Press("worker", ReferralEvent.CANCEL_REFERRAL, Sure, widening.send_worker)


class YesTo(FormRecord):
    """What the newcomer says yes to."""

    yes_to: tuple[MayWiden, ...] = ()


async def show_widen(request: web.Request) -> web.StreamResponse:
    """GET /referrals/{referral_id}/widen: what would bring somebody, to be asked of the newcomer. Changes nothing."""
    return await _widen_page(request, await own_referral(request), blank_form(YesTo))


async def widen(request: web.Request) -> web.StreamResponse:
    """POST: keeps what they say yes to, and the search goes on with it at once."""
    referral = await own_referral(request)
    record, form = read_form(YesTo, await request.post())
    if record is None or not record.yes_to:
        return await _widen_page(request, referral, form if record is None else form.with_errors({"yes_to": "empty"}), status=400)
    rungs = [rung for rung, wish in CONSENT.items() if wish in record.yes_to]
    await act(request, widening.allow_widening, referral_id=referral.id, rungs=rungs)
    raise web.HTTPSeeOther(f"/referrals/{referral.id}")


async def _widen_page(request: web.Request, referral: Referral, form: Form, *, status: int = 200) -> web.Response:
    """The question; the referral's own page where its state does not know this any more."""
    if referral.state not in states_allowing(REFERRAL_TABLE, ReferralEvent.WIDEN, by=actor_of(request).kind):
        raise web.HTTPSeeOther(f"/referrals/{referral.id}")
    async with reading(request) as c:
        open_tasks = await list_open_tasks_of_referral(c, referral.id)
    task = next((task for task in open_tasks if task.kind == TaskKind.ASK_TO_WIDEN), None)
    helps = {CONSENT[rung] for rung in CONSENT if task and rung.code in task.reason.split()}
    own_to_ask = [wish for rung, wish in CONSENT.items() if rung is not Rung.WORKER and wish.value not in referral.may_widen]
    context = {
        "form": form,
        "referral": referral,
        "names": opened_names(config_of(request), referral),
        "needs": referral.needs,
        "wishes": [wish.value for wish in own_to_ask],
        "helps": [wish.value for wish in own_to_ask if wish in helps],
        "back": f"/referrals/{referral.id}",
    }
    return page(request, "keyworker/widen.html", context, status=status)


routes = [
    web.get(f"{REFERRAL}/widen", show_widen, name="keyworker.widen"),
    web.post(f"{REFERRAL}/widen", widen, name="keyworker.widen"),
    web.get(f"{REFERRAL}/worker", partial(show_press, WORKER), name="keyworker.worker"),
    web.post(f"{REFERRAL}/worker", partial(take_press, WORKER), name="keyworker.worker"),
]
