"""One referral for a coordinator: where it stands, who could go, its letters, and the small presses on it: remind, send again, cannot come."""

from typing import Any

from aiohttp import web

from matcher.actions import settling
from matcher.actions.settling import AGAIN
from matcher.actions.showing_candidates import look_for_candidates, name_of
from matcher.domain.errors import Hidden
from matcher.domain.language import language_name
from matcher.domain.permission import check_can_see_letter_log
from matcher.store.letters import list_letters_of_referral
from matcher.store.parties import list_volunteer_parties
from web.access import act_once, page
from web.coordinator_forms import LinesSearch
from web.coordinator_referral_views import ReferralView, id_in, open_referral
from web.coordinator_roster_pages import fellowship_names
from web.forms import read_form
from web.surroundings import actor_of, config_of, now_of, reading

PEOPLE_ON_A_PAGE = 30


def context_of(request: web.Request, view: ReferralView, **more: Any) -> dict[str, Any]:
    """What every page about a referral may say."""
    return {
        "view": view,
        "referral": view.referral,
        "now": now_of(request),
        "fellowship_names": fellowship_names(),
        "languages": [language_name(tag) for tag in sorted(view.referral.languages) if tag != "en"],
        "undo_minutes": int(config_of(request).timing.undo.total_seconds() // 60),
        **more,
    }


async def show_referral(request: web.Request) -> web.StreamResponse:
    """GET /coordinator/referrals/{referral_id}: where it stands and what can be done. Never a name or contact of the newcomer."""
    view = await open_referral(request)
    return page(request, "coordinator/referral.html", context_of(request, view, done=request.query.get("done", "")))


async def show_people(request: web.Request) -> web.StreamResponse:
    """GET /coordinator/referrals/{referral_id}/people: who could go, and which rule stands in the way of everybody else."""
    view = await open_referral(request)
    asked, _ = read_form(LinesSearch, request.query)
    here = asked.page if asked else 1
    this_page: dict[str, Any] = {"actor": actor_of(request), "most": PEOPLE_ON_A_PAGE, "skip": (here - 1) * PEOPLE_ON_A_PAGE}
    async with reading(request) as c:
        company = await look_for_candidates(c, config_of(request), now_of(request), referral_id=view.referral.id, **this_page)
    options = {option.id: option for option in view.options}
    last = max(1, -(-company.total // PEOPLE_ON_A_PAGE))
    context = context_of(request, view, company=company, options=options, here=here, last=last, back=view.address)
    return page(request, "coordinator/people.html", context)


async def show_letters(request: web.Request) -> web.StreamResponse:
    """GET /coordinator/referrals/{referral_id}/letters: what was sent to which kind of person, and how it ended. No bodies exist to be opened."""
    view = await open_referral(request)
    check_can_see_letter_log(actor_of(request), view.referral, now_of(request))
    async with reading(request) as c:
        lines = await list_letters_of_referral(c, view.referral.id)
        people = await list_volunteer_parties(c, [line.party_id for line in lines if line.party_kind == "volunteer"])
    live = {one.match.id for one in view.companions if now_of(request) < one.match.starts_at}
    last = {(line.kind, line.party_id, line.about_id): line.id for line in lines}
    again = {line.id for line in lines if line.kind in AGAIN and line.about_id in live and line.id in last.values()}
    names = {party_id: name_of(config_of(request), people, party_id) for party_id in people}
    context = context_of(request, view, lines=lines, names=names, again=again, back=view.address, done=request.query.get("done", ""))
    return page(request, "coordinator/letters.html", context)


async def send_again(request: web.Request) -> web.StreamResponse:
    """POST /coordinator/referrals/{referral_id}/letters/{letter_id}: a companion's letter once more, with new links."""
    view = await open_referral(request)
    done = await act_once(request, settling.send_letter_again, referral_id=view.referral.id, letter_id=id_in(request, "letter_id"))
    raise web.HTTPSeeOther(f"{view.address}/letters?done={done}")


async def nudge(request: web.Request) -> web.StreamResponse:
    """POST /coordinator/referrals/{referral_id}/nudge/{offer_id}: reminds somebody who has not answered, once."""
    view = await open_referral(request)
    done = await act_once(request, settling.nudge, referral_id=view.referral.id, offer_id=id_in(request, "offer_id"))
    raise web.HTTPSeeOther(f"{view.address}?done={done}")


async def show_cannot_come(request: web.Request) -> web.StreamResponse:
    """GET /coordinator/referrals/{referral_id}/cannot-come/{match_id}: what will happen when a companion drops out."""
    view = await open_referral(request)
    companion = next((one for one in view.companions if one.match.id == id_in(request, "match_id")), None)
    if companion is None:
        raise Hidden
    return page(request, "coordinator/cannot_come.html", context_of(request, view, companion=companion, back=view.address))


async def cannot_come(request: web.Request) -> web.StreamResponse:
    """POST the same: records it, on the companion's word."""
    view = await open_referral(request)
    done = await act_once(request, settling.record_cannot_come, referral_id=view.referral.id, match_id=id_in(request, "match_id"))
    raise web.HTTPSeeOther(f"{view.address}?done={done}")


ONE = "/coordinator/referrals/{referral_id}"
routes = [
    web.get(ONE, show_referral, name="coordinator.referral"),
    web.get(ONE + "/people", show_people, name="coordinator.people"),
    web.get(ONE + "/letters", show_letters, name="coordinator.letters"),
    web.post(ONE + "/letters/{letter_id}", send_again, name="coordinator.send_again"),
    web.post(ONE + "/nudge/{offer_id}", nudge, name="coordinator.nudge"),
    web.get(ONE + "/cannot-come/{match_id}", show_cannot_come, name="coordinator.cannot_come"),
    web.post(ONE + "/cannot-come/{match_id}", cannot_come, name="coordinator.cannot_come"),
]
