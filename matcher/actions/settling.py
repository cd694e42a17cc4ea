"""What a coordinator settles, widens or ends on a referral of their own area, and the small things: remind once, record a drop-out, close a line."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from matcher.actions import amending
from matcher.actions.asking import release_referral, reopen, set_look, set_timer
from matcher.actions.confirming import tell_alone
from matcher.actions.scene import Scene, again
from matcher.actions.searching import person_named, search_in, stands_in_the_way
from matcher.actions.standing_in import Done, GoesAlready, RulesInTheWay, claim_own_scene, is_quiet
from matcher.actions.telling import owe
from matcher.actions.telling_volunteers import invite, tell_covered
from matcher.actions.unwinding import withdraw_offers
from matcher.actions.withdrawing import take_back, withdraw_companion
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.arrangement import Match
from matcher.domain.connection import Connection
from matcher.domain.errors import Changed, Refused
from matcher.domain.journey_referral import SEEKING, SeatsFull
from matcher.domain.journey_word import OfferReason, OfferState, ReferralState
from matcher.domain.letter_parts import CoveredBecause
from matcher.domain.outbox import TimerKind
from matcher.domain.permission import check_can_see_volunteer
from matcher.domain.task import NeedsReason, TaskKind, TaskOutcome
from matcher.domain.wishes import Care, Comfort
from matcher.matching.question import Rule
from matcher.store import audit, letters, matches, offers, queue, referral_changes, referrals, tasks, timers, volunteers


class NothingToSettle(Changed):
    """There is nothing to settle here any more. Nothing was changed."""


class OneIsNotAllowed(Refused):
    """One companion is not enough here: two were asked for as care on the day, or the service always wants two."""


class NotSilent(Refused):
    """There is nothing to remind them of: they have answered, their letter has not left yet, or the time to reply is over."""


class RemindedAlready(Refused):
    """They were reminded once, and nobody is reminded twice. You can ring them and record what they say."""


class Asleep(Refused):
    """Volunteers are left in peace at this hour. Please try again in the morning."""


class StillWaiting(Refused):
    """This line closes by itself with what you do for the referral. Please open the referral and choose there."""


async def settle(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID, barred: Sequence[UUID], comfort: Comfort | None
) -> str:
    """Settle what had to be settled first (R56, R22): bar those whom the newcomer named, say what their own words come to, and let asking begin.

    `comfort` None: left in their own words, so that only a person asks. Without a meeting ahead it goes on waiting for a person, with that reason.
    """
    scene = await claim_own_scene(tx, config, now, actor, action="release", referral_id=referral_id)
    if scene.referral.state is not ReferralState.NEEDS_PERSON or not scene.referral.to_settle:
        raise NothingToSettle
    for volunteer_id in barred:
        await _bar(scene, actor, volunteer_id)
    settled = comfort.value if comfort else None
    if any(option.starts_at - config.timing.lead > now for option in scene.open_options):
        await release_referral(tx, config, now, actor=actor, referral_id=referral_id, settled_comfort=settled)
        return Done.SETTLED
    await referrals.update_settled(tx, referral_id, settled_comfort=settled)
    reason = NeedsReason.NO_CANDIDATE.value
    await referrals.claim_state(tx, referral_id, now, sources=[ReferralState.NEEDS_PERSON], to=ReferralState.NEEDS_PERSON, reason=reason)
    await owe(scene, TaskKind.NEEDS_PERSON, reason=reason, due_at=scene.referral.deadline)
    return Done.SETTLED_NO_MEETING


async def _bar(scene: Scene, actor: Actor, volunteer_id: UUID) -> None:
    """Never these two. What that volunteer was asked is taken back; no reason is kept, and the audit does not say who.

    It is somebody of the own roster, or whom this referral has asked already: those of other rosters nobody here may name.
    """
    made = await offers.list_offers(scene.tx, scene.referral.id, scene.referral.meeting_number)
    if all(offer.volunteer_id != volunteer_id for offer in made):
        check_can_see_volunteer(actor, await volunteers.get_profile(scene.tx, volunteer_id), scene.now)
    live = await matches.list_matches(scene.tx, scene.referral.id, scene.referral.meeting_number)
    if any(match.volunteer_id == volunteer_id for match in live):
        raise GoesAlready
    await referral_changes.insert_newcomer_bar(scene.tx, scene.referral.newcomer_id, volunteer_id, scene.now, set_by=actor.id)
    for offer in made:
        if offer.volunteer_id == volunteer_id:
            await take_back(scene, offer.id, reason=OfferReason.NO_LONGER_NEEDED)
    await audit.insert_audit(scene.tx, "referrals", scene.referral.id, reason="bar_set")


async def take_one_companion(tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID) -> str:
    """One companion instead of two, on the newcomer's yes (R22): who has said yes goes alone, or the search goes on for one.

    Raises OneIsNotAllowed by care on the day or the service's policy, and RulesInTheWay where the one who goes does so only in a pair.
    """
    scene = await claim_own_scene(tx, config, now, actor, action="widen", referral_id=referral_id)
    referral = scene.referral
    if referral.seats != 2 or referral.state not in SEEKING:
        raise SeatsFull if referral.seats_taken >= referral.seats else Changed
    if Care.TWO_PEOPLE in referral.care or scene.provider.pair_rule != "when_asked":
        raise OneIsNotAllowed
    await referrals.update_seats(tx, referral_id, 1)
    await audit.insert_audit(tx, "referrals", referral_id, reason="one_companion")
    live = await matches.list_matches(tx, referral_id, referral.meeting_number)
    scene = await again(scene)
    if live:
        await _goes_alone(scene, live[0], actor)
        return Done.WIDENED_MATCHED
    if not referral.to_settle:
        await reopen(scene, TaskOutcome.WIDENED, actor)
        await set_look(await again(scene), now)
    return Done.WIDENED


async def _goes_alone(scene: Scene, match: Match, actor: Actor) -> None:
    """The seat that was held is the only one now (as R17): the others are thanked, and both are told once the undo window is over."""
    search = await search_in(scene, [scene.option(match.option_id)])
    person = await person_named(scene, match.volunteer_id, list(search.options))
    if person is not None and stands_in_the_way(search, person, search.options[0], ignoring=~Rule.H19):
        raise RulesInTheWay(rules=("h19",))
    told = await withdraw_offers(scene, reason=OfferReason.PLACE_TAKEN)
    await tell_covered(scene, told, because=CoveredBecause.NOT_NEEDED)
    await referrals.claim_state(scene.tx, scene.referral.id, scene.now, sources=SEEKING, to=ReferralState.MATCHED)
    await timers.update_timers_cancelled(scene.tx, [scene.referral.id], scene.now, kinds=[TimerKind.PAIR_DEADLINE.value])
    await set_look(scene, None)
    kinds = [TaskKind.NEEDS_PERSON.value, TaskKind.OVERDUE.value]
    await tasks.update_tasks_done(scene.tx, scene.referral.id, scene.now, outcome=TaskOutcome.WIDENED.value, kinds=kinds, done_by=actor.id)
    scene = await again(scene)
    await tell_alone(scene, match)
    await set_timer(scene, TimerKind.UNDO_OVER, match.id, max(scene.now, match.undo_until), due_for=f"alone {scene.now.isoformat()}")


async def nudge(tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID, offer_id: UUID) -> str:
    """Remind somebody who has not answered, once for each invitation and never in quiet hours (UA-16): the same letter, as its next revision."""
    scene = await claim_own_scene(tx, config, now, actor, action="nudge", referral_id=referral_id)
    offer = next((one for one in await offers.list_offers(tx, referral_id, scene.referral.meeting_number) if one.id == offer_id), None)
    asked = set(await offers.list_offer_options(tx, offer_id))
    wanted = [option for option in scene.open_options if option.id in asked]
    if offer is None or offer.by_telephone or offer.state is not OfferState.SENT or not wanted or now >= offer.reply_by:
        raise NotSilent
    if offer_id in await queue.list_nudged(tx, [offer_id]):
        raise RemindedAlready
    if is_quiet(scene, now):
        raise Asleep
    if await invite(scene, offer, wanted, seat=2 if scene.referral.seats_taken else 1) is None:
        raise NotSilent
    await audit.insert_audit(tx, "offers", offer_id)
    return Done.NUDGED


async def record_cannot_come(tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID, match_id: UUID) -> str:
    """A companion rang: they cannot make it after all (M7). The search begins again at once, or a person is called."""
    scene = await claim_own_scene(tx, config, now, actor, action="withdraw_companion", referral_id=referral_id)
    live = await matches.list_matches(tx, referral_id, scene.referral.meeting_number)
    if match_id not in {match.id for match in live}:
        raise Changed
    if not await withdraw_companion(tx, config, now, actor=actor, match_id=match_id):
        raise Changed
    return Done.CANNOT_COME


class GiveUpReason(StrEnum):
    """Why a person ended the search; kept in the audit, told to nobody."""

    NOBODY_NEAR = "nobody_near"
    NOBODY_FREE = "nobody_free"
    NOBODY_FITS = "nobody_fits"
    NO_TIME_LEFT = "no_time_left"
    NEWCOMER_DECIDED = "newcomer_decided"


async def give_up(tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID, reason: GiveUpReason) -> str:
    """Nobody could be found (R24): the honest answer goes to newcomer and keyworker, before the meeting."""
    await claim_own_scene(tx, config, now, actor, action="give_up", referral_id=referral_id)
    await amending.give_up(tx, config, now, actor=actor, referral_id=referral_id)
    await audit.insert_audit(tx, "referrals", referral_id, reason=reason.value)
    return Done.GAVE_UP


async def send_letter_again(tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID, letter_id: UUID) -> str:
    """A companion's letter once more, with new links (R58). Invitations are reminded of instead, and a newcomer's letters are their keyworker's."""
    await claim_own_scene(tx, config, now, actor, action="send_again", referral_id=referral_id)
    line = next((one for one in await letters.list_letters_of_referral(tx, referral_id) if one.id == letter_id), None)
    if line is None or line.kind not in AGAIN:
        raise amending.NotAnyMore
    await amending.send_again(tx, config, now, actor=actor, referral_id=referral_id, letter_id=letter_id)
    return Done.SENT_AGAIN


AGAIN = frozenset({"offer_accepted", "volunteer_confirmation"})
"""Letters a coordinator may send once more from the log."""


async def close_line(tx: Connection, config: Config, now: datetime, *, actor: Actor, task_id: UUID, outcome: TaskOutcome | None) -> str:
    """Close a line of the queue with how it ended (CO-04). A referral that waits for a person keeps its line until something is done for it."""
    task = await tasks.get_task(tx, task_id)
    if task.kind == TaskKind.NEEDS_PERSON and task.referral_id is not None:
        await claim_own_scene(tx, config, now, actor, action="close_task", referral_id=task.referral_id)
        if (await referrals.get_referral(tx, task.referral_id)).state is ReferralState.NEEDS_PERSON:
            raise StillWaiting
    closed = await amending.close_task(tx, config, now, actor=actor, task_id=task_id, outcome=outcome)
    return Done.CLOSED if closed else Done.CLOSED_ALREADY
