"""The clock's decision for one referral: whom the area's policy asks now, and what is shown beside each invitation (matching 8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID, uuid4

import structlog

from matcher.actions.asking import new_offer, of_one_fellowship, send_ask, set_look
from matcher.actions.avoiding import bar_namesakes
from matcher.actions.bundling import Beside, find_beside, show_beside
from matcher.actions.scene import Scene, claim_scene
from matcher.actions.searching import ENOUGH, eligible_now, search_in
from matcher.actions.seeing import is_banked, view_of, weighed
from matcher.config import Config
from matcher.domain.actor import CLOCK
from matcher.domain.arrangement import Offer
from matcher.domain.connection import Connection
from matcher.domain.occurrence import local_instant
from matcher.domain.volunteer import LETTERS_A_WEEK, VolunteerId
from matcher.logs import where
from matcher.matching.asking_view import Ask, AskDecision, AskingView
from matcher.matching.eligible import Eligible
from matcher.matching.policies import PRODUCT, Decided, decide
from matcher.matching.rules import ON_A_CLAIM
from matcher.store import audit, offers

ENOUGH_TO_WEIGH = 200
"""So many who fit are looked at by a policy that weighs people against each other."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Look:
    """What was decided about a referral as it then was, and who could have gone along."""

    scene: Scene
    decision: AskDecision
    could: tuple[VolunteerId, ...]


async def look_for_company(tx: Connection, config: Config, now: datetime, referral_id: UUID) -> Look | None:
    """The clock's decision for one referral: ask, wait, or nobody is left to ask. Safe to repeat; None where nobody is looked for any more."""
    await audit.claim_acting(tx, CLOCK, "look_for_company", now)
    scene = await claim_scene(tx, config, now, referral_id)
    if not scene.referral.is_asking:
        return None
    if (begins := scene.referral.asking_since) is not None and begins > now:  # discharge mode: nobody is asked before
        await set_look(scene, begins)
        return None
    options = scene.open_options
    search = await search_in(scene, options)
    made_before = await offers.list_offers(tx, referral_id, scene.referral.meeting_number)
    claimants = [*scene.referral.ask_first, *(offer.volunteer_id for offer in made_before if is_banked(offer))]
    enough = ENOUGH_TO_WEIGH if scene.area.policy == PRODUCT else ENOUGH
    people = await eligible_now(scene, search, ignoring=ON_A_CLAIM, also=claimants, enough=enough)
    while await bar_namesakes(scene, people, asked=[offer.volunteer_id for offer in made_before]):
        people = await eligible_now(scene, search, ignoring=ON_A_CLAIM, also=claimants, enough=enough)
    view = view_of(scene, people, made_before)
    if scene.area.policy == PRODUCT:
        view = await weighed(scene, view, made_before)
    decided = _decide(scene, view)
    decision, decision_id = decided.decision, uuid4()
    # In one order for all referrals, so that two decisions at once never wait for each other's volunteers.
    asks = sorted(((_person(people, ask.volunteer), ask) for ask in decision.asks), key=lambda pair: pair[0].volunteer.number)
    # Their referrals are locked before any volunteer, and none of them is waited for. Whoever has a claim is asked for this one alone.
    beside = await find_beside(scene, [(person, ask) for person, ask in asks if ask.why.claim is None])
    made = [
        offer
        for person, ask in asks
        if (offer := await _ask(scene, ask, person, beside.get(person.volunteer.id, ()), decision_id=decision_id))
    ]
    await offers.insert_decision(
        tx,
        decision_id,
        referral_id,
        now,
        meeting_number=scene.referral.meeting_number,
        policy=decided.policy,
        asked=len(made),
        candidates=len(view.candidates),
        reason=decision.reason.value,
        fell_back=decided.fault is not None,
    )
    if not decision.reason.needs_person:  # else the ladder is next, and then a person: climbing.look_on
        short = len(made) < len(decision.asks)
        await set_look(scene, now + timedelta(minutes=1) if short else decision.look_again_at)
    return Look(scene, decision, tuple(person.volunteer.id for person in people))


def _decide(scene: Scene, view: AskingView) -> Decided:
    """What the area's policy decides. A fault of it is logged by its place alone, and kept with the decision for the coordinator to see."""
    decided = decide(scene.area.policy, view)
    if decided.fault is not None:
        log.error("decision_failed", thing_id=str(scene.referral.id), kind=scene.area.policy, error=where(decided.fault))
    return decided


def _person(people: list[Eligible], volunteer_id: UUID) -> Eligible:
    return next(person for person in people if person.volunteer.id == volunteer_id)


async def _ask(scene: Scene, ask: Ask, person: Eligible, beside: Sequence[Beside], *, decision_id: UUID) -> Offer | None:
    """Make one ask of a decision, and what stands beside it; None when this person got another letter a moment ago."""
    wanted = of_one_fellowship([option for option in scene.open_options if (option.meeting_id, option.on_date) in ask.options])
    made = new_offer(scene, person.volunteer, wanted, wave=ask.wave, decision_id=decision_id, policy=ask.why.policy, why=ask.why.to_json())
    today = scene.now.astimezone(scene.area.zone).date()
    week_on = today - timedelta(days=today.weekday())
    monday_at = local_instant(week_on, time(), scene.area.zone)
    cap = person.volunteer.cap or LETTERS_A_WEEK
    claimed = ask.why.claim is not None or await offers.claim_letters_week(
        scene.tx, person.volunteer.id, scene.now, week_on=week_on, monday_at=monday_at, cap=cap
    )
    if not claimed:
        return None
    offer = await send_ask(scene, made, wanted, beside=[other.options for other in beside])
    await show_beside(offer, beside, decision_id=decision_id, hopes=ask.hopes)
    return offer
