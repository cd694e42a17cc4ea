"""Connect now: a keyworker rings somebody who may be rung in this hour, one number at a time, and says what came of it (KW-07, decision 28).

A call is an ask like any other, by telephone: the same hard rules before it, the same acceptance after it, and never a letter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from matcher.actions.answering import Answered, accept_offer, decline_offer
from matcher.actions.asking import NobodyToAskFor, new_offer, of_one_fellowship, set_look, set_timer
from matcher.actions.avoiding import bar_namesakes
from matcher.actions.bundling import STILL_ASKED
from matcher.actions.scene import Scene, claim_scene
from matcher.actions.searching import about, people_near, search_in
from matcher.actions.standing_in import MOST_OPEN
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.arrangement import Offer, ReferralOption
from matcher.domain.availability import week_minute
from matcher.domain.connection import Connection
from matcher.domain.errors import Changed, NotFound, Refused
from matcher.domain.journey_word import OfferState
from matcher.domain.outbox import TimerKind
from matcher.domain.party import VolunteerParty
from matcher.domain.permission import check_can_change_referral
from matcher.matching.eligible import Eligible, candidate_of, eligible_people
from matcher.matching.on_call import AHEAD, CALLS_MOST, POLICY, Ring, Ringing, choose_rings
from matcher.store import audit, offers, parties, referrals, timers
from matcher.store.candidates import find_anybody_on_call

CALL_LASTS = timedelta(minutes=15)
"""So long somebody is kept free for the call they may be in. Then silence counts as no answer, softly: a yes can still be said."""
SHOWING = timedelta(minutes=1)
"""A form that was tapped twice, or whose answer was lost on the way, is one showing. After that the same form shows no number any more."""


class NobodyToRing(Refused):
    """Nobody can be rung just now."""


class Said(StrEnum):
    """What came of a call, as the keyworker presses it."""

    YES = "yes"
    NO = "no"
    NO_ANSWER = "no_answer"


class Ended(StrEnum):
    """What that means for the referral, as the next page says it."""

    GOING = "going"
    COVERED = "covered"
    NOT_NEEDED = "not_needed"
    NO = "no"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is on, with the meetings it is about. No number: that is shown once, by `show_number`."""

    offer: Offer
    options: tuple[ReferralOption, ...]


@dataclass(frozen=True, slots=True)
class Number:
    """Whom to ring, by the name they chose. `through`: the number is that of these coordinators, who put the call through; empty for their own."""

    name: str
    number: str
    through: str = ""


async def find_call(scene: Scene) -> Call | None:
    """The call that is on for this referral, without its number."""
    made = await offers.list_offers(scene.tx, scene.referral.id, scene.referral.meeting_number)
    offer = next((one for one in made if one.is_call and one.state is OfferState.SENT), None)
    if offer is None:
        return None
    asked = set(await offers.list_offer_options(scene.tx, offer.id))
    return Call(offer, tuple(option for option in scene.open_options if option.id in asked))


async def can_ring(scene: Scene) -> bool:
    """Whether somebody could be rung at this moment. Reads only."""
    made = await offers.list_offers(scene.tx, scene.referral.id, scene.referral.meeting_number)
    if not _may_ring(scene, made):
        return False
    return bool(_in_order(await _reached(scene, await _on_call(scene)), made, scene, pressure=0.0))


async def is_anybody_on_call(c: Connection, area_id: UUID, options: Sequence[ReferralOption], now: datetime) -> bool:
    """Whether one of these meetings is near, and anybody at all may be rung at this minute: what a page asks before it looks who could."""
    return any(now < option.starts_at <= now + AHEAD for option in options) and await find_anybody_on_call(c, area_id, now)


async def ring_somebody(tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID) -> str:
    """Take the next one to ring and keep the ask that this is: its id, or "" while a call is on. Its number may then be shown, once.

    Raises NobodyToRing, Hidden and Refused where it is not the actor's own referral.
    """
    check_can_change_referral(actor, await referrals.get_referral(tx, referral_id), now)
    scene = await claim_scene(tx, config, now, referral_id)
    under_way = await find_call(scene)
    if under_way is not None and now < under_way.offer.reply_by:
        return ""
    if under_way is not None:
        await _not_answered(scene, actor, under_way.offer)
    await audit.claim_acting(tx, actor, "ring_now", now)
    made = await offers.list_offers(tx, referral_id, scene.referral.meeting_number)
    if not _may_ring(scene, made):
        raise NobodyToRing
    people = await _on_call(scene)
    while await bar_namesakes(scene, people, asked=[offer.volunteer_id for offer in made]):
        people = await _on_call(scene)
    people = await _reached(scene, people)
    fellowships = sorted({option.fellowship for option in scene.open_options})
    pressure = await offers.count_pressure(tx, scene.referral.area_id, fellowships, now)
    for ring in _in_order(people, made, scene, pressure=pressure):
        if await offers.claim_call(tx, ring.candidate.volunteer, now):
            person = next(one for one in people if one.volunteer.id == ring.candidate.volunteer)
            return await _begin(scene, actor, person, ring)
    raise NobodyToRing


async def show_number(c: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID, offer_id: UUID) -> Number | None:
    """The number of a call that has just begun; None once a minute has gone by, or the call is over. Raises Hidden for what is not the actor's own."""
    check_can_change_referral(actor, await referrals.get_referral(c, referral_id), now)
    offer = await offers.get_offer(c, offer_id)
    if offer.referral_id != referral_id or not offer.is_call:
        raise NotFound
    if offer.state is not OfferState.SENT or now - offer.created_at >= SHOWING:
        return None
    return _number_of(config, await parties.get_volunteer_party(c, offer.volunteer_id))


def _may_ring(scene: Scene, made: Sequence[Offer]) -> bool:
    """Whether this referral looks for somebody, for a meeting that is near, and is not at the end of its calls."""
    referral = scene.referral
    calls = sum(offer.is_call for offer in made)
    room = sum(offer.state in (OfferState.QUEUED, OfferState.SENT) for offer in made) < MOST_OPEN
    seeks = referral.is_asking and referral.seats_taken < referral.seats
    return seeks and room and calls < CALLS_MOST and bool(_soon(scene))


def _soon(scene: Scene) -> list[ReferralOption]:
    """The meetings of the next two days that can still be said yes to."""
    lead, now = scene.config.timing.lead, scene.now
    return [option for option in scene.open_options if option.starts_at - lead > now and option.starts_at <= now + AHEAD]


async def _on_call(scene: Scene) -> list[Eligible]:
    """Everybody who may be rung at this minute and passes every hard rule for one of these meetings."""
    search = await search_in(scene, _soon(scene))
    minute = week_minute(scene.now, scene.area.zone)
    people, _ = await people_near(scene.tx, search, about(scene), letters_count=True, on_call=minute)
    return eligible_people([one for one in people if one[0].is_on_call(scene.now, scene.area.zone)], search)


def _in_order(people: Sequence[Eligible], made: Sequence[Offer], scene: Scene, *, pressure: float) -> list[Ring]:
    live = sum(offer.state in (OfferState.QUEUED, OfferState.SENT) for offer in made)
    asked_still = {offer.volunteer_id for offer in made if offer.state in STILL_ASKED}
    fresh = [candidate_of(one) for one in people if one.volunteer.id not in asked_still]
    return choose_rings(fresh, Ringing(now=scene.now, live=live, pressure=pressure))


async def _reached(scene: Scene, people: Sequence[Eligible]) -> list[Eligible]:
    """Those for whom there is a number to ring."""
    found = await parties.list_volunteer_parties(scene.tx, [one.volunteer.id for one in people])
    return [one for one in people if _number_of(scene.config, found[one.volunteer.id]).number]


def _number_of(config: Config, party: VolunteerParty) -> Number:
    """Their own number where they chose one, else their coordinators'."""
    details = config.vault.open(party.details) if party.details else {}
    name, own = details.get("display_name", ""), details.get("ring_number", "")
    return Number(name, own) if own else Number(name, party.area.on_call_telephone, party.area.discreet_name)


async def _begin(scene: Scene, actor: Actor, person: Eligible, ring: Ring) -> str:
    """Keep the ask: shown is asked. The audit holds who saw whose number, never the number."""
    wanted = of_one_fellowship([option for option in _soon(scene) if (option.meeting_id, option.on_date) in ring.candidate.options])
    decision_id = uuid4()
    why = ring.why.to_json() | {"by": str(actor.id)}
    new = new_offer(scene, person.volunteer, wanted, wave=0, decision_id=decision_id, policy=POLICY, why=why)
    reply_by = min(scene.now + CALL_LASTS, new.last_moment)
    await offers.insert_offer(scene.tx, replace(new, by_telephone=True, state=OfferState.SENT, reply_by=reply_by))
    await offers.update_tally_asked(scene.tx, [new.volunteer_id], scene.now)
    await offers.insert_decision(
        scene.tx,
        decision_id,
        scene.referral.id,
        scene.now,
        meeting_number=scene.referral.meeting_number,
        policy=POLICY,
        asked=1,
        candidates=ring.why.considered,
        reason=ring.why.reason.value,
    )
    await set_timer(scene, TimerKind.OFFER_EXPIRY, new.id, reply_by)
    await audit.insert_audit(scene.tx, "volunteers", new.volunteer_id, reason="number_shown")
    return str(new.id)


async def record_call(
    tx: Connection,
    config: Config,
    now: datetime,
    *,
    actor: Actor,
    referral_id: UUID,
    offer_id: UUID,
    said: Said,
    option_id: UUID | None = None,
) -> str:
    """What came of a call, in one press. A yes goes through the same acceptance as a volunteer's own; it may come too late, and then says so.

    Raises what `accept_offer` raises, NotFound for an ask that was no call of this referral, Changed where it was answered otherwise meanwhile.
    """
    check_can_change_referral(actor, await referrals.get_referral(tx, referral_id), now)
    scene = await claim_scene(tx, config, now, referral_id)
    offer = await offers.get_offer(tx, offer_id)
    if offer.referral_id != referral_id or not offer.is_call:
        raise NotFound
    if said is Said.YES:
        if option_id not in await offers.list_offer_options(tx, offer_id) or option_id is None:
            raise NobodyToAskFor
        answer = await accept_offer(tx, config, now, actor=actor, offer_id=offer_id, option_id=option_id)
        return {Answered.GOING: Ended.GOING, Answered.COVERED: Ended.COVERED}.get(answer.what, Ended.NOT_NEEDED)
    if said is Said.NO:
        answer = await decline_offer(tx, config, now, actor=actor, offer_id=offer_id)
        if answer.what is Answered.GOING:
            raise Changed
        return Ended.NO if answer.what is Answered.DECLINED else Ended.NOT_NEEDED
    await _not_answered(scene, actor, offer)
    return Ended.NO_ANSWER


async def _not_answered(scene: Scene, actor: Actor, offer: Offer) -> None:
    """Nobody picked up: they count as asked, and whoever comes next is asked."""
    await audit.claim_acting(scene.tx, actor, "not_answered", scene.now)
    if await offers.claim_offer_state(scene.tx, offer.id, scene.now, sources=[OfferState.SENT], to=OfferState.EXPIRED):
        await timers.update_timers_cancelled(scene.tx, [offer.id], scene.now)
        if scene.referral.is_asking:
            await set_look(scene, scene.now)
