"""A volunteer's answer: yes, no, another day, stop asking; and fifteen minutes to undo a yes. The first valid yes wins in one transaction."""

import math
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from matcher.actions.asking import set_deadline, set_look, set_timer
from matcher.actions.bundling import show_others
from matcher.actions.confirming_day import pass_seat
from matcher.actions.scene import Scene, again, claim_scene
from matcher.actions.searching import WHEN_SAYING_YES, person_named, search_in, stands_in_the_way
from matcher.actions.telling_volunteers import tell_accepted, tell_covered
from matcher.actions.unwinding import withdraw_offers
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.arrangement import Match, Offer, ReferralOption
from matcher.domain.availability import block_of
from matcher.domain.connection import Connection
from matcher.domain.errors import Finished, Refused
from matcher.domain.journey_word import OfferReason, OfferState, ReferralState
from matcher.domain.letter_parts import CoveredBecause
from matcher.domain.outbox import TimerKind
from matcher.domain.task import YES_COUNTS, NeedsReason, TaskKind, TaskOutcome
from matcher.domain.timing import pair_deadline, told_at, undo_until
from matcher.matching.asking_hours import AskingHours, asking_hours_between
from matcher.matching.eligible import Person
from matcher.matching.rules_meeting import half_hours_out
from matcher.store import audit, matches, offers, referrals, tasks, timers
from matcher.store.matches import NewMatch

SHORTEST_ANSWER_H = 0.1
"""A delay is counted as at least so many asking hours (matching 7.2)."""


class Answered(StrEnum):
    """What an answer came to, as the page says it."""

    GOING = "going"
    COVERED = "covered"
    NOT_NEEDED = "not_needed"
    DECLINED = "declined"
    NOT_NOW = "not_now"
    STOPPED = "stopped"


class NotThatOne(Refused):
    """You cannot go along to that one as things stand. Please ring the coordinator if you think that is wrong."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was recorded; `match` only where a seat was given."""

    what: Answered
    offer: Offer
    match: Match | None = None


YES_FROM = (OfferState.SENT, OfferState.EXPIRED, OfferState.DECLINED, OfferState.NOT_NOW, OfferState.QUEUED)
BANK_FROM = (OfferState.SENT, OfferState.EXPIRED, OfferState.WITHDRAWN, OfferState.DECLINED, OfferState.NOT_NOW)


async def accept_offer(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, offer_id: UUID, option_id: UUID, by_telephone: bool = False
) -> Answer:
    """A yes. Gives the seat to the first one that is valid; every other yes is thanked and banked. A repeat gets the same answer.

    Raises Finished past the last moment, NotThatOne where a hard rule stands in the way, Clash or FullBlock from the schema's own promises.
    """
    await audit.claim_acting(tx, actor, "record_yes_by_phone" if by_telephone else "accept_offer", now)
    scene = await claim_scene(tx, config, now, (await offers.get_offer(tx, offer_id)).referral_id)
    offer = await offers.get_offer(tx, offer_id)
    if offer.state is OfferState.ACCEPTED:
        return Answer(Answered.GOING, offer, await matches.find_match_of_offer(tx, offer_id))
    if now >= offer.last_moment:
        raise Finished()
    if _not_needed(scene, offer):
        return Answer(Answered.NOT_NEEDED, offer)
    option = next((o for o in scene.open_options if o.id == option_id), None)
    asked_for = option_id in await offers.list_offer_options(tx, offer_id)
    if offer.state in (OfferState.WITHDRAWN, OfferState.COVERED) or option is None or not asked_for:
        return await _bank(scene, offer)
    if now >= option.starts_at - config.timing.lead:  # the offer's last moment is that of its last option
        raise Finished()
    scene = await pass_seat(scene, offer)
    person = await _check_fits(scene, offer, option, by_hand=by_telephone)
    taken = await matches.claim_match(
        tx,
        scene.referral.id,
        scene.referral.meeting_number,
        await _new_match(scene, offer, option, person=person),
        sources=[s.value for s in YES_FROM],
        reasons=[reason.value for reason in _yes_counts(by_telephone)],
    )
    if taken is None:
        return await _bank(scene, offer)
    if taken.match is None:
        raise Finished()
    await _settle(scene, offer, option, taken.match, full=taken.full)
    return Answer(Answered.GOING, await offers.get_offer(tx, offer_id), taken.match)


def _yes_counts(by_telephone: bool) -> frozenset[NeedsReason]:
    """For which reasons a referral that waits for a person takes a yes: a coordinator who records one has looked at it."""
    return frozenset(NeedsReason) if by_telephone else YES_COUNTS


def _not_needed(scene: Scene, offer: Offer) -> bool:
    """Nobody is looked for any more, whoever asks: closed, on hold, another meeting by now, or taken back for another reason than the place."""
    ended = scene.referral.state in (ReferralState.CLOSED, ReferralState.ON_HOLD) or offer.meeting_number != scene.referral.meeting_number
    taken_back = offer.state is OfferState.WITHDRAWN and offer.state_reason != OfferReason.PLACE_TAKEN
    return ended or taken_back or offer.state is OfferState.UNDELIVERABLE


async def _check_fits(scene: Scene, offer: Offer, option: ReferralOption, *, by_hand: bool) -> Person:
    """The hard rules once more, on the rows as they are now."""
    search = await search_in(scene, [option], by_hand=by_hand)
    person = await person_named(scene, offer.volunteer_id, list(search.options))
    if person is None or stands_in_the_way(search, person, search.options[0], ignoring=WHEN_SAYING_YES):
        raise NotThatOne()
    return person


async def _new_match(scene: Scene, offer: Offer, option: ReferralOption, *, person: Person) -> NewMatch:
    facts = (await search_in(scene, [option])).options[0]
    return NewMatch(
        id=uuid4(),
        offer_id=offer.id,
        option_id=option.id,
        meeting_id=option.meeting_id,
        on_date=option.on_date,
        starts_at=option.starts_at,
        ends_at=option.ends_at,
        meet_at=option.meet_at,
        block=block_of(option.on_date),
        half_hours=half_hours_out(person[0], facts),
        accepted_at=scene.now,
        undo_until=undo_until(scene.now, option.starts_at, timing=scene.config.timing),
        calendar_uid=uuid4(),
    )


async def _settle(scene: Scene, offer: Offer, option: ReferralOption, match: Match, *, full: bool) -> None:
    """What follows a yes: the occurrence is fixed, the others hear nothing before the undo window ends, the clock is set."""
    tx, now = scene.tx, scene.now
    await referrals.update_option_state(tx, option.id, "fixed")
    await offers.update_tally_answered(scene.tx, offer, yes=True, log_delay=_log_delay(scene, offer))
    await timers.update_timers_cancelled(tx, [offer.id], now)
    scene = await again(scene)
    tells = told_at(now, option.starts_at, timing=scene.config.timing)
    if full:
        told = await withdraw_offers(scene, reason=OfferReason.PLACE_TAKEN, besides=offer)
        await tell_covered(scene, told, because=CoveredBecause.SOMEBODY_IS_GOING, at=tells)
        await set_look(scene, None)
    else:
        await set_deadline(scene, asking_since=scene.referral.asking_since)
        answer_at = (await again(scene)).referral.deadline
        due = pair_deadline(option.starts_at, match.undo_until, answer_at=answer_at, timing=scene.config.timing)
        await set_timer(scene, TimerKind.PAIR_DEADLINE, scene.referral.id, due, due_for=str(match.id))
        await set_look(scene, now)
    for due in {tells, match.undo_until}:
        await set_timer(scene, TimerKind.UNDO_OVER, match.id, due, due_for=due.isoformat())
    done = [TaskKind.NEEDS_PERSON.value, *([TaskKind.OVERDUE.value] if full else [])]
    await tasks.update_tasks_done(tx, scene.referral.id, now, outcome=TaskOutcome.FILLED.value, kinds=done)
    asked_to_widen = [TaskKind.ASK_TO_WIDEN.value]
    await tasks.update_tasks_done(tx, scene.referral.id, now, outcome=TaskOutcome.SUPERSEDED.value, kinds=asked_to_widen)
    await tell_accepted(scene, match)
    for other in await offers.list_open_offers_of_volunteer(tx, offer.volunteer_id):
        await set_timer(scene, TimerKind.RECHECK_OFFER, other.id, now, due_for=str(match.id))


def _log_delay(scene: Scene, offer: Offer) -> float:
    """Natural log of the asking hours between letter and answer."""
    hours = AskingHours(scene.area.zone)
    passed = asking_hours_between(offer.sent_at or offer.created_at, scene.now, hours).total_seconds() / 3600
    return math.log(max(SHORTEST_ANSWER_H, passed))


async def keep_late_yes(scene: Scene, offer: Offer) -> None:
    """A yes to a place that is taken: kept, first to be asked if it opens again (O9, O11); felt by half an ask; and others are shown (8.3)."""
    moved = await offers.claim_offer_state(
        scene.tx, offer.id, scene.now, sources=BANK_FROM, to=OfferState.COVERED, reason=OfferReason.BANKED.value
    )
    await timers.update_timers_cancelled(scene.tx, [offer.id], scene.now)
    if moved:
        if offer.answered_at is None:
            await offers.update_tally_answered(scene.tx, offer, yes=True, log_delay=_log_delay(scene, offer))
        await offers.update_tally_late(scene.tx, offer.volunteer_id, scene.now)
        await show_others(scene, offer)


async def _bank(scene: Scene, offer: Offer) -> Answer:
    """Somebody is already going: thank you."""
    await keep_late_yes(scene, offer)
    if scene.referral.is_asking and scene.referral.seats_taken < scene.referral.seats:
        await set_look(scene, scene.now)  # the place is open again: whoever stands by is asked first
    return Answer(Answered.COVERED, await offers.get_offer(scene.tx, offer.id))


async def decline_offer(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, offer_id: UUID, another_day: bool = False, by_telephone: bool = False
) -> Answer:
    """Not this time (never asked again for this referral), or ask me another day. The next volunteer is asked at once (R19)."""
    await audit.claim_acting(tx, actor, "record_no_by_phone" if by_telephone else "not_now" if another_day else "decline_offer", now)
    scene = await claim_scene(tx, config, now, (await offers.get_offer(tx, offer_id)).referral_id)
    to = OfferState.NOT_NOW if another_day else OfferState.DECLINED
    sources = [OfferState.SENT, OfferState.EXPIRED, OfferState.QUEUED, OfferState.NOT_NOW if not another_day else OfferState.DECLINED]
    reason = OfferReason.BY_PHONE.value if by_telephone else None
    before = await offers.get_offer(tx, offer_id)
    if await offers.claim_offer_state(tx, offer_id, now, sources=sources, to=to, reason=reason):
        await timers.update_timers_cancelled(tx, [offer_id], now)
        if before.state in (OfferState.SENT, OfferState.EXPIRED):
            await offers.update_tally_answered(tx, before, yes=False, log_delay=_log_delay(scene, before))
        if scene.referral.is_asking:
            await set_look(scene, now)
    after = await offers.get_offer(tx, offer_id)
    said = {OfferState.NOT_NOW: Answered.NOT_NOW, OfferState.DECLINED: Answered.DECLINED, OfferState.ACCEPTED: Answered.GOING}
    return Answer(said.get(after.state, Answered.NOT_NEEDED), after)
