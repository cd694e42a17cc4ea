"""The day itself: "are you still coming?", and what follows where nobody says so: a stand-by is asked, and one seat has one winner (M10 to M12)."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from matcher.actions.asking import new_offer, send_ask, set_timer
from matcher.actions.scene import Scene, again, claim_scene
from matcher.actions.searching import needs_in, person_named, search_in, stands_in_the_way
from matcher.actions.telling import alert_coordinators, owe
from matcher.actions.telling_volunteers import ask_still_coming, tell_cancelled, tell_covered
from matcher.actions.unwinding import NOT_CONFIRMED, cancel_match, drop_call, drop_plan, those_without
from matcher.config import Config
from matcher.domain.actor import CLOCK, Actor
from matcher.domain.arrangement import Match, Offer
from matcher.domain.connection import Connection
from matcher.domain.journey_word import MatchReason, MatchState, OfferReason, OfferState, ReferralState
from matcher.domain.letter_parts import AlertReason, CoveredBecause, Ending
from matcher.domain.outbox import TimerKind
from matcher.domain.task import TaskKind
from matcher.domain.timing import morning_at
from matcher.matching.asking_view import ClaimKind
from matcher.matching.rules import ON_A_CLAIM
from matcher.store import audit, letters, matches, offers, referrals, timers

STAND_BY_POLICY = "stand_by"
DAY_TIMERS = [TimerKind.MORNING_OF.value, TimerKind.DAY_UNCONFIRMED.value, TimerKind.STAND_BY_OVER.value]


async def set_day_timers(scene: Scene, match: Match) -> None:
    """The plan stands, or has moved: when its companion is asked whether they are coming, and what follows their silence.

    Who said yes after that question would have left has answered it with their yes.
    """
    timing, key = scene.config.timing, match.starts_at.isoformat()
    await timers.update_timers_cancelled(scene.tx, [match.id], scene.now, kinds=DAY_TIMERS)
    asked_at = morning_at(match.starts_at, scene.area.zone, timing=timing)
    if match.accepted_at >= min(asked_at, match.starts_at - timing.late_under):
        await matches.claim_day_confirmed(scene.tx, match.id, match.accepted_at)
        return
    await set_timer(scene, TimerKind.MORNING_OF, match.id, max(asked_at, scene.now), due_for=key)
    await set_timer(scene, TimerKind.DAY_UNCONFIRMED, match.id, max(match.starts_at - timing.late_under, scene.now), due_for=key)


async def ask_day(tx: Connection, config: Config, now: datetime, match_id: UUID) -> None:
    """Are you still coming? One letter, to a companion who has not said so yet (R35a)."""
    scene, match = await _claim(tx, config, now, match_id, action="morning_of")
    if _is_open(scene, match):
        await ask_still_coming(scene, match)


async def confirm_day(tx: Connection, config: Config, now: datetime, *, actor: Actor, match_id: UUID) -> bool:
    """ "I'm coming" (M10): a stand-by who was asked meanwhile is thanked and stands down. False where the seat has passed on, or it is over."""
    await audit.claim_acting(tx, actor, "confirm_day", now)
    scene, match = await _claim(tx, config, now, match_id)
    if not match.is_live or now >= match.starts_at or scene.referral.state is ReferralState.ON_HOLD:
        return False
    if await matches.claim_day_confirmed(tx, match_id, now):
        await audit.insert_audit(tx, "matches", match_id, reason="day_confirmed")
        await timers.update_timers_cancelled(tx, [match_id], now, kinds=DAY_TIMERS)
        await drop_call(scene, match)
        await _stand_down(scene, match)
    return True


async def decide_unconfirmed(tx: Connection, config: Config, now: datetime, match_id: UUID) -> None:
    """Three hours before and no word (M11): the stand-by who has waited longest is asked alone; where nobody stands by, a person rings."""
    scene, match = await _claim(tx, config, now, match_id, action="day_unconfirmed")
    if not _is_open(scene, match):
        return
    if await _ask_stand_by(scene, match):
        await set_timer(scene, TimerKind.STAND_BY_OVER, match.id, match.starts_at - config.timing.lead, due_for=match.starts_at.isoformat())
    else:
        await _call(scene, match)


async def end_stand_by(tx: Connection, config: Config, now: datetime, match_id: UUID) -> None:
    """Two hours before: too late for a stand-by to say yes. They are thanked; where the companion is silent still, a person rings."""
    scene, match = await _claim(tx, config, now, match_id, action="stand_by_over")
    await _stand_down(scene, match)
    if _is_open(scene, match):
        await _call(scene, match)


async def pass_seat(scene: Scene, offer: Offer) -> Scene:
    """A stand-by says yes (M12): the seat of a companion who is still silent becomes free in this transaction, for this yes alone.

    Nothing happens where they have said that they are coming, or the seat is free already: the yes is then judged as any other.
    """
    match_id = await offers.find_instead_of(scene.tx, offer.id)
    if match_id is None or not await matches.claim_unconfirmed(scene.tx, match_id):
        return scene
    match = await matches.get_match(scene.tx, match_id)
    live = await matches.list_matches(scene.tx, scene.referral.id, scene.referral.meeting_number)
    await cancel_match(scene, match, reason=MatchReason.UNCONFIRMED)
    to = ReferralState.PART_FILLED if those_without(live, match) else ReferralState.LOOKING
    await referrals.claim_seat_back(scene.tx, scene.referral.id, scene.now, to=to)
    await drop_plan(scene)
    await tell_cancelled(scene, match, Ending.NOT_NEEDED)
    await offers.claim_offer_state(scene.tx, match.offer_id, scene.now, sources=[OfferState.ACCEPTED], to=OfferState.DECLINED)
    return await again(scene)


async def _claim(tx: Connection, config: Config, now: datetime, match_id: UUID, *, action: str = "") -> tuple[Scene, Match]:
    """The match as it is once its referral is locked; `action`: what the clock does."""
    if action:
        await audit.claim_acting(tx, CLOCK, action, now)
    scene = await claim_scene(tx, config, now, (await matches.get_match(tx, match_id)).referral_id)
    return scene, await matches.get_match(tx, match_id)


def _is_open(scene: Scene, match: Match) -> bool:
    """Whether a plan stands whose companion has not said that they are coming, and the meeting lies ahead."""
    waits = match.state is MatchState.CONFIRMED and match.day_confirmed_at is None and scene.now < match.starts_at
    return waits and scene.referral.state is not ReferralState.ON_HOLD


async def _ask_stand_by(scene: Scene, match: Match) -> bool:
    """An offer for this seat to the first stand-by whom no hard rule stops and a letter still reaches."""
    made = await offers.list_offers(scene.tx, scene.referral.id, match.meeting_number)
    waiting = [one for one in made if one.standby and one.banked_at is not None and one.state is OfferState.COVERED]
    option = scene.option(match.option_id)
    live = await matches.list_matches(scene.tx, scene.referral.id, match.meeting_number)
    needs = replace(await needs_in(scene, those_without(live, match)), state=ReferralState.LOOKING)
    search = replace(await search_in(scene, [option]), needs=needs)
    for one in sorted(waiting, key=lambda offer: (offer.banked_at or offer.created_at, offer.created_at)):
        person = await person_named(scene, one.volunteer_id, list(search.options))
        if person is None or stands_in_the_way(search, person, search.options[0], ignoring=ON_A_CLAIM):
            continue
        why = {"policy": STAND_BY_POLICY, "decided_at": scene.now.isoformat(), "reason": "claim", "claim": ClaimKind.STAND_BY.value}
        new = new_offer(scene, person[0], [option], wave=0, decision_id=uuid4(), policy=STAND_BY_POLICY, why=why)
        offer = await send_ask(scene, replace(new, instead_of=match.id, last_moment=option.starts_at - scene.config.timing.lead), [option])
        if await letters.count_revisions(scene.tx, offer.id, offer.volunteer_id, "offer"):
            return True
        await offers.claim_offer_state(
            scene.tx,
            offer.id,
            scene.now,
            sources=[OfferState.QUEUED],
            to=OfferState.WITHDRAWN,
            reason=OfferReason.NO_LONGER_NEEDED.value,
        )
    return False


async def _stand_down(scene: Scene, match: Match) -> None:
    """Whoever was asked to stand by for this seat is not needed today, thank you."""
    asked = await offers.list_offers_instead_of(scene.tx, match.id)
    for offer in asked:
        sources = [OfferState.QUEUED, OfferState.SENT, OfferState.EXPIRED]
        reason = OfferReason.PLACE_TAKEN.value
        await offers.claim_offer_state(scene.tx, offer.id, scene.now, sources=sources, to=OfferState.WITHDRAWN, reason=reason)
        await timers.update_timers_cancelled(scene.tx, [offer.id], scene.now)
    unsent = await letters.update_letters_cancelled(scene.tx, [offer.id for offer in asked], scene.now, kinds=["offer"])
    never_told = {letter.about_id for letter in unsent}
    told = [offer for offer in asked if offer.id not in never_told]
    await tell_covered(scene, told, because=CoveredBecause.NOT_NEEDED)


async def _call(scene: Scene, match: Match) -> None:
    """Nobody stands by: the coordinators hear of it, with a line to ring the companion."""
    await owe(scene, TaskKind.RING_THEM, reason=NOT_CONFIRMED, due_at=match.starts_at - timedelta(hours=1), match=match)
    await alert_coordinators(scene, AlertReason.NO_STANDBY, do_by=match.starts_at)
