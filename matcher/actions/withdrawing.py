"""A companion who changes their mind: undo within fifteen minutes, "I can't make it after all" at any time, pausing, and offers that no longer fit."""

from datetime import datetime
from uuid import UUID

from matcher.actions.asking import set_deadline, set_look, set_timer
from matcher.actions.bundling import take_letters_back
from matcher.actions.scene import Scene, again, claim_scene
from matcher.actions.searching import could_say_yes_to
from matcher.actions.telling import alert_coordinators, notify_keyworker, owe
from matcher.actions.unwinding import cancel_match, drop_plan, free_options, look_again, those_without
from matcher.config import Config
from matcher.domain.actor import CLOCK, Actor, ActorKind
from matcher.domain.arrangement import Match
from matcher.domain.connection import Connection
from matcher.domain.journey_word import MatchReason, MatchState, OfferReason, OfferState, ReferralState
from matcher.domain.letter_kind import LetterKind
from matcher.domain.letter_parts import AlertReason, KeyworkerReason
from matcher.domain.outbox import TimerKind
from matcher.domain.task import NeedsReason, TaskKind
from matcher.domain.timing import is_late, tells_at_once
from matcher.store import audit, letters, matches, offers, referrals, timers


async def undo_acceptance(tx: Connection, config: Config, now: datetime, *, actor: Actor, match_id: UUID) -> bool:
    """Take a yes back within its fifteen minutes (O18, R26, O13): the seat is free, those who were asked before are asked again.

    False when it is too late, or was undone already: then the page offers "I can't make it after all".
    """
    await audit.claim_acting(tx, actor, "undo_acceptance", now)
    match = await matches.get_match(tx, match_id)
    scene = await claim_scene(tx, config, now, match.referral_id)
    match = await matches.get_match(tx, match_id)
    if not match.is_live or now >= match.undo_until or _link_rests(scene, actor):
        return False
    if match.state is MatchState.CONFIRMED or tells_at_once(match.accepted_at, match.starts_at, timing=config.timing):
        await _leave(scene, match, reason=MatchReason.UNDONE)
    else:
        await _undo(scene, match)
    await offers.claim_offer_state(
        tx, match.offer_id, now, sources=[OfferState.ACCEPTED], to=OfferState.DECLINED, reason=OfferReason.UNDONE.value
    )
    return True


async def _undo(scene: Scene, match: Match) -> None:
    """Nobody had been told: the letters that waited are taken back and the offers they were for live on."""
    remaining = await _give_seat_back(scene, match, reason=MatchReason.UNDONE)
    await _revive(scene, match)
    await free_options(scene, remaining)
    await _look_on(scene)


async def _revive(scene: Scene, match: Match) -> None:
    """Those who were asked before this yes and have not been told that it is covered are asked again (O13), by the letter they have."""
    if scene.referral.state is ReferralState.ON_HOLD:
        return
    revived = await offers.claim_offers_revived(
        scene.tx, scene.referral.id, scene.referral.meeting_number, longer=scene.now - match.accepted_at
    )
    await letters.update_letters_cancelled(scene.tx, revived, scene.now, kinds=[LetterKind.COVERED.value])
    for offer_id in revived:
        offer = await offers.get_offer(scene.tx, offer_id)
        await set_timer(scene, TimerKind.OFFER_EXPIRY, offer_id, offer.reply_by)


async def _give_seat_back(scene: Scene, match: Match, *, reason: MatchReason) -> list[Match]:
    """Cancel the match and free its seat; returns the companions who remain."""
    live = await matches.list_matches(scene.tx, scene.referral.id, scene.referral.meeting_number)
    remaining = those_without(live, match)
    await cancel_match(scene, match, reason=reason)
    to = ReferralState.PART_FILLED if remaining else ReferralState.LOOKING
    if scene.referral.state is ReferralState.NEEDS_PERSON:
        to = ReferralState.NEEDS_PERSON
    await referrals.claim_seat_back(scene.tx, scene.referral.id, scene.now, to=to, reason=scene.referral.needs_reason)
    return remaining


async def _look_on(scene: Scene) -> None:
    """Back to asking where it stood: the waves go on, with the look that is due now."""
    fresh = await again(scene)
    await set_deadline(fresh, asking_since=fresh.referral.asking_since)
    if fresh.referral.is_asking:
        await set_look(fresh, fresh.now)


async def withdraw_companion(tx: Connection, config: Config, now: datetime, *, actor: Actor, match_id: UUID) -> bool:
    """ "I can't make it after all", at any time and without a reason (M7): the search starts again at once (R33), or a person is called (R34).

    False when the match had ended already, and to a volunteer's own link while the referral is on hold.
    """
    await audit.claim_acting(tx, actor, "withdraw_companion", now)
    match = await matches.get_match(tx, match_id)
    scene = await claim_scene(tx, config, now, match.referral_id)
    match = await matches.get_match(tx, match_id)
    if not match.is_live or now >= match.starts_at or _link_rests(scene, actor):
        return False
    await _leave(scene, match, reason=MatchReason.VOLUNTEER)
    await offers.claim_offer_state(tx, match.offer_id, now, sources=[OfferState.ACCEPTED], to=OfferState.DECLINED)
    return True


def _link_rests(scene: Scene, actor: Actor) -> bool:
    """While a referral is on hold, no link of its matches acts; who leaves the roster, or tells a coordinator, is let go all the same."""
    return scene.referral.state is ReferralState.ON_HOLD and actor.kind is ActorKind.VOLUNTEER


async def _leave(scene: Scene, match: Match, *, reason: MatchReason) -> None:
    """A companion is gone after people were told, or about to be: coordinators and keyworker hear now, the newcomer once it is known who comes."""
    timing = scene.config.timing
    remaining = await _give_seat_back(scene, match, reason=reason)
    await drop_plan(scene)
    await _revive(scene, match)
    await free_options(scene, remaining)
    fresh = await again(scene)
    if fresh.referral.state is ReferralState.ON_HOLD:  # nothing is asked and nobody is written to before it is released
        return
    await set_deadline(fresh, asking_since=fresh.referral.asking_since)
    late = is_late(fresh.now, match.starts_at, timing=timing)
    do_by = match.starts_at - timing.lead
    if late and not remaining and fresh.referral.state is ReferralState.LOOKING:
        await referrals.claim_state(
            fresh.tx,
            fresh.referral.id,
            fresh.now,
            sources=[ReferralState.LOOKING],
            to=ReferralState.NEEDS_PERSON,
            reason=NeedsReason.LATE_DROPOUT.value,
        )
        await owe(fresh, TaskKind.NEEDS_PERSON, reason=NeedsReason.LATE_DROPOUT.value, due_at=match.starts_at)
    elif fresh.referral.is_asking:
        await look_again(fresh)
    if not remaining:  # by then somebody else goes along, or the newcomer hears that nobody does
        await set_timer(fresh, TimerKind.LAST_MOMENT, fresh.referral.id, max(fresh.now, do_by), due_for=f"instead of {match.id}")
    await alert_coordinators(fresh, AlertReason.LATE_DROPOUT, do_by=match.starts_at if late else do_by)
    await notify_keyworker(fresh, KeyworkerReason.DROPPED_OUT, do_by=match.starts_at if late else None)


async def recheck_offer(tx: Connection, config: Config, now: datetime, offer_id: UUID) -> None:
    """Its volunteer said yes elsewhere: an offer that clashes now, or is over their goings, is withdrawn, and the next person asked."""
    await audit.claim_acting(tx, CLOCK, "recheck_offer", now)
    scene = await claim_scene(tx, config, now, (await offers.get_offer(tx, offer_id)).referral_id)
    offer = await offers.get_offer(tx, offer_id)
    live = (OfferState.QUEUED, OfferState.SENT, OfferState.EXPIRED)
    asked = set(await offers.list_offer_options(tx, offer_id))
    wanted = [option for option in scene.open_options if option.id in asked]
    if offer.state not in live or not wanted:
        return
    if not await could_say_yes_to(scene, offer.volunteer_id, wanted):
        await take_back(scene, offer_id, reason=OfferReason.NO_LONGER_NEEDED)


async def take_back(scene: Scene, offer_id: UUID, *, reason: OfferReason) -> None:
    """Withdraw one offer: its letter if that has not left, its timer, and look for the next person."""
    live = (OfferState.QUEUED, OfferState.SENT, OfferState.EXPIRED)
    before = await offers.get_offer(scene.tx, offer_id)
    if await offers.claim_offer_state(scene.tx, offer_id, scene.now, sources=live, to=OfferState.WITHDRAWN, reason=reason.value):
        await take_letters_back(scene, [before])
        await timers.update_timers_cancelled(scene.tx, [offer_id], scene.now)
        if scene.referral.is_asking:
            await set_look(scene, scene.now)


async def withdraw_offers_of_volunteer(
    tx: Connection, config: Config, now: datetime, *, volunteer_id: UUID, calls_only: bool = False
) -> None:
    """Somebody paused, left or cannot be reached: what they were asked is withdrawn, referral by referral in one order. Who acts is told already.

    `calls_only`: they may still be written to, and are rung no more.
    """
    open_offers = await offers.list_open_offers_of_volunteer(tx, volunteer_id)
    asked = [offer for offer in open_offers if offer.by_telephone or not calls_only]
    for offer in asked:  # all of them before any letter: one letter may hold several
        await referrals.claim_referral(tx, offer.referral_id)
    for offer in asked:
        await take_back(await claim_scene(tx, config, now, offer.referral_id), offer.id, reason=OfferReason.VOLUNTEER_STOPPED)


async def cancel_matches_of_volunteer(tx: Connection, config: Config, now: datetime, *, volunteer_id: UUID) -> None:
    """Somebody leaves the roster: their planned meetings are called off and the search starts again (R33). Who acts is told already."""
    for match in sorted(await matches.list_matches_of_volunteer(tx, volunteer_id, now), key=lambda m: m.referral_id):
        scene = await claim_scene(tx, config, now, match.referral_id)
        fresh = await matches.get_match(tx, match.id)
        if fresh.is_live:
            await _leave(scene, fresh, reason=MatchReason.VOLUNTEER)
            await offers.claim_offer_state(tx, match.offer_id, now, sources=[OfferState.ACCEPTED], to=OfferState.DECLINED)
