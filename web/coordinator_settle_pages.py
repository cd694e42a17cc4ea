"""What a coordinator decides about a whole referral: settle it first, one companion instead of two, put it on hold, or give up honestly."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from aiohttp import web

from matcher.actions import holding, settling
from matcher.actions.settling import GiveUpReason
from matcher.domain.errors import Changed, Refused
from matcher.domain.name_likeness import begins_like, may_mean
from matcher.domain.permission import can_release
from matcher.store.parties import list_volunteer_parties
from matcher.store.queue import list_roster_ids
from web.access import act_once, page
from web.coordinator_forms import SETTLED_AS, GiveUp, Hold, OneCompanion, Release, Settle
from web.coordinator_referral_pages import ONE, context_of
from web.coordinator_referral_views import ReferralView, open_referral
from web.forms import Form, blank_form, read_form
from web.surroundings import actor_of, config_of, now_of, reading

MOST_NAMES = 10_000
"""So many names are looked through for one page; where the roster is longer, the page says so."""
AT_ONCE = 500
"""So many are opened before others get their turn: names are sealed, and each is compared once it is open, then forgotten."""
MOST_FOUND = 30
FIND = "find"


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody of the roster, by the names the coordinator knows."""

    id: UUID
    display_name: str
    private_name: str


async def show_settle(request: web.Request) -> web.StreamResponse:
    """GET …/settle: the names to avoid as the newcomer gave them, their own words about company, and what to choose."""
    return await _settle_page(request, await open_referral(request), blank_form(Settle))


async def settle(request: web.Request) -> web.StreamResponse:
    """POST …/settle: sets the bars, notes the wish, and lets asking begin. "Find" only looks for names: by a post, so that none is in an address."""
    view, posted = await open_referral(request), await request.post()
    record, form = read_form(Settle, posted, also=["do"])
    if posted.get("do") == FIND:
        found = replace(form, errors={name: problem for name, problem in form.errors.items() if name == FIND})
        return await _settle_page(request, view, found, status=400 if found.errors else 200)
    if record is not None:
        form = form.with_errors(record.missing(view.referral.to_settle))
    if record is None or form.errors:
        return await _settle_page(request, view, form, status=400)
    facts = {"barred": list(record.barred), "comfort": record.settled_comfort}
    try:
        done = await act_once(request, settling.settle, referral_id=view.referral.id, **facts)
    except (Refused, Changed) as refused:
        return await _settle_page(request, view, form, refused=refused.sentence, status=409)
    raise web.HTTPSeeOther(f"{view.address}?done={done}")


async def _settle_page(request: web.Request, view: ReferralView, form: Form, *, refused: str = "", status: int = 200) -> web.Response:
    avoid = _avoided(request, view)
    look = _Look(typed="" if form.error(FIND) else form.value(FIND).strip(), avoid=avoid, ticked=form.chosen("barred"))
    if "avoid_people" in view.referral.to_settle:
        await _look_through(request, view, look)
    told = {"avoid": avoid, "own_words": _own_words(request, view), **look.shown()}
    context = context_of(request, view, form=form, refused=refused, settled_as=SETTLED_AS, back=view.address, **told)
    return page(request, "coordinator/settle.html", context, status=status)


@dataclass(slots=True)
class _Look:
    """One look through the roster's names: what is looked for, and whom it found."""

    typed: str
    avoid: list[dict[str, str]]
    ticked: Sequence[str]
    people: list[Named] = field(default_factory=list)
    found: list[Named] = field(default_factory=list)
    meant: list[Named] = field(default_factory=list)
    asked: list[Named] = field(default_factory=list)
    roster: int = 0

    def see(self, one: Named) -> None:
        """Keep whom the page may have to show, and nobody else."""
        names = (one.display_name, one.private_name)
        if begins_like(self.typed, *names):
            self.found.append(one)
        if any(may_mean(said["name"], *names) for said in self.avoid):
            self.meant.append(one)
        if str(one.id) in self.ticked:
            self.people.append(one)

    def shown(self) -> dict[str, Any]:
        """Whom the page offers to tick: those ticked, those found by the name typed, those whom the newcomer's words may mean, and who was asked."""
        ticked = [one for one in (*self.people, *self.asked) if str(one.id) in self.ticked]
        found, meant = (sorted(some, key=_by_name)[:MOST_FOUND] for some in (self.found, self.meant))
        offered = list(dict.fromkeys([*sorted(ticked, key=_by_name), *found, *meant, *self.asked]))
        counted = {"roster": min(self.roster, MOST_NAMES), "found": len(self.found), "most_found": MOST_FOUND}
        return {"people": offered, "typed": self.typed, "whole_roster": self.roster <= MOST_NAMES, **counted}


def _by_name(one: Named) -> tuple[str, str]:
    return one.display_name.casefold(), one.private_name.casefold()


async def _look_through(request: web.Request, view: ReferralView, look: _Look) -> None:
    """The volunteers of the area, also those who are paused or being checked, who may be asked later on; and those of no roster here whom this
    referral has asked: by the name that stands on its page anyway, and by no other."""
    vault = config_of(request).vault
    async with reading(request) as c:
        ids = await list_roster_ids(c, view.area.id, most=MOST_NAMES + 1)
        for first in range(0, min(len(ids), MOST_NAMES), AT_ONCE):
            for one in (await list_volunteer_parties(c, ids[first : min(first + AT_ONCE, MOST_NAMES)])).values():
                if one.details:
                    details = vault.open(one.details)
                    look.see(Named(one.id, details["display_name"], details["private_name"]))
    look.roster = len(ids)
    names, listed = {line.offer.volunteer_id: line.name for line in view.offers}, set(ids)
    look.asked = [Named(volunteer_id, name, "") for volunteer_id, name in names.items() if volunteer_id not in listed]


def _avoided(request: web.Request, view: ReferralView) -> list[dict[str, str]]:
    """Whom the newcomer does not want to meet, as they said it: read here only, to settle it."""
    sealed = view.referral.avoid
    return config_of(request).vault.open(sealed).get("people", []) if sealed else []


def _own_words(request: web.Request, view: ReferralView) -> str:
    """What the newcomer said about company, in their own words; nothing else of their box is read."""
    sealed = view.referral.newcomer
    words = config_of(request).vault.open(sealed).get("comfort_words", "") if sealed and "own_words" in view.referral.to_settle else ""
    return str(words)


async def show_one_companion(request: web.Request) -> web.StreamResponse:
    """GET …/one-companion: what changes, and the newcomer's yes."""
    return await _decision_page(request, "one_companion", blank_form(OneCompanion))


async def take_one_companion(request: web.Request) -> web.StreamResponse:
    """POST …/one-companion: one instead of two, only on the newcomer's yes."""
    record, form = read_form(OneCompanion, await request.post())
    if record is None:
        return await _decision_page(request, "one_companion", form, status=400)
    return await _decide(request, "one_companion", form, settling.take_one_companion)


async def show_give_up(request: web.Request) -> web.StreamResponse:
    """GET …/give-up: the honest answer that will go out."""
    return await _decision_page(request, "give_up", blank_form(GiveUp))


async def give_up(request: web.Request) -> web.StreamResponse:
    """POST …/give-up: closes the referral and tells both that nobody could come this time."""
    record, form = read_form(GiveUp, await request.post())
    if record is None:
        return await _decision_page(request, "give_up", form, status=400)
    return await _decide(request, "give_up", form, settling.give_up, reason=record.reason)


async def show_hold(request: web.Request) -> web.StreamResponse:
    """GET …/hold: what stops, and who is told."""
    return await _decision_page(request, "hold", blank_form(Hold))


async def hold(request: web.Request) -> web.StreamResponse:
    """POST …/hold: nothing is asked or sent before somebody lets it go on."""
    record, form = read_form(Hold, await request.post())
    if record is None:
        return await _decision_page(request, "hold", form, status=400)
    return await _decide(request, "hold", form, holding.hold_referral, reason=record.reason)


async def show_release(request: web.Request) -> web.StreamResponse:
    """GET …/release: what goes on."""
    return await _decision_page(request, "release", blank_form(Release))


async def release(request: web.Request) -> web.StreamResponse:
    """POST …/release: it goes on with what still fits, on the keyworker's word."""
    record, form = read_form(Release, await request.post())
    if record is None:
        return await _decision_page(request, "release", form, status=400)
    return await _decide(request, "release", form, holding.release_hold)


async def _decide(request: web.Request, name: str, form: Form, action: Any, **facts: Any) -> web.StreamResponse:
    view = await open_referral(request)
    try:
        done = await act_once(request, action, referral_id=view.referral.id, **facts)
    except (Refused, Changed) as refused:
        return await _decision_page(request, name, form, refused=Refused(refused.sentence, **refused.facts), status=409)
    raise web.HTTPSeeOther(f"{view.address}?done={done}")


async def _decision_page(request: web.Request, name: str, form: Form, *, refused: Refused | None = None, status: int = 200) -> web.Response:
    view = await open_referral(request)
    rules = tuple(refused.facts.get("rules", ())) if refused else ()
    told: dict[str, Any] = {
        "refused": refused.sentence if refused else "",
        "rules": rules,
        "reasons": [reason.value for reason in GiveUpReason],
    }
    told["may_release"] = can_release(actor_of(request), view.referral, now_of(request))
    return page(request, f"coordinator/{name}.html", context_of(request, view, form=form, back=view.address, **told), status=status)


routes = [
    web.get(ONE + "/settle", show_settle, name="coordinator.settle"),
    web.post(ONE + "/settle", settle, name="coordinator.settle"),
    web.get(ONE + "/one-companion", show_one_companion, name="coordinator.one_companion"),
    web.post(ONE + "/one-companion", take_one_companion, name="coordinator.one_companion"),
    web.get(ONE + "/hold", show_hold, name="coordinator.hold"),
    web.post(ONE + "/hold", hold, name="coordinator.hold"),
    web.get(ONE + "/release", show_release, name="coordinator.release"),
    web.post(ONE + "/release", release, name="coordinator.release"),
    web.get(ONE + "/give-up", show_give_up, name="coordinator.give_up"),
    web.post(ONE + "/give-up", give_up, name="coordinator.give_up"),
]
