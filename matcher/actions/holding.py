"""Putting a referral on hold and going on with it (R49–R51): nothing is asked or sent meanwhile; afterwards it goes on with what still fits.

A pause is the keyworker's or a coordinator's, and either ends it. A hold for somebody's safety is ended by the safeguarding lead alone, a
restriction of what may be done with somebody's details by governance alone, and of that one nobody is told (decision 17).
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from matcher.actions.asking import begin_asking, set_deadline, set_timer
from matcher.actions.confirming_day import set_day_timers
from matcher.actions.ending import end_referral, plan_nobody_keeps
from matcher.actions.meeting_over import ask_how_it_went, set_meeting_end
from matcher.actions.reminding import set_reminders
from matcher.actions.scene import Scene, again, claim_scene, plan_has_left
from matcher.actions.searching import still_fits
from matcher.actions.telling import alert_coordinators, notify_keyworker, owe, tell_newcomer_cancelled, tell_newcomer_plan
from matcher.actions.telling_volunteers import tell_again, tell_cancelled, tell_covered
from matcher.actions.unwinding import PLAN_LETTERS, cancel_match, drop_plan, free_options, look_again, withdraw_offers
from matcher.config import Config
from matcher.domain.actor import CLOCK, Actor, ActorKind
from matcher.domain.arrangement import Match, Offer
from matcher.domain.connection import Connection
from matcher.domain.errors import Changed
from matcher.domain.journey import (
    REFERRAL_TABLE,
    CloseReason,
    MatchReason,
    MatchState,
    MeetingBegun,
    NeedsReason,
    OfferReason,
    OfferState,
    ReferralEvent,
    ReferralState,
    check_can,
)
from matcher.domain.journey_word import HoldCause
from matcher.domain.letter_parts import AlertReason, CoveredBecause, Ending, KeyworkerReason
from matcher.domain.outbox import TimerKind
from matcher.domain.permission import check_can_end_hold, check_can_hold, check_can_release
from matcher.domain.task import TaskKind, TaskOutcome
from matcher.store import audit, letter_links, letters, matches, offers, referral_holds, referrals, tasks, timers

SILENT_KINDS = (
    TaskKind.NEEDS_PERSON,
    TaskKind.OVERDUE,
    TaskKind.PRINT_PLAN,
    TaskKind.TELL_IN_PERSON,
    TaskKind.NOT_TOLD,
    TaskKind.NEWCOMER_SILENT,
    TaskKind.RING_THEM,
)
"""Lines about a plan that is put off: nobody has to do them now."""


class HoldReason(StrEnum):
    """Why it is put off for a while; kept in the audit, told to nobody."""

    UNWELL = "unwell"
    AWAY = "away"
    TO_SORT_OUT = "to_sort_out"


class NotOnHold(Changed):
    """This is not on hold any more. Nothing was changed."""


async def hold_referral(
    tx: Connection,
    config: Config,
    now: datetime,
    *,
    actor: Actor,
    referral_id: UUID,
    cause: HoldCause = HoldCause.PAUSE,
    reason: HoldReason | None = None,
) -> str:
    """Put it on hold (R49): nobody is asked, letters that wait and timers die, plans keep their state but rest; each who knows of one is told.

    Raises MeetingBegun for a pause after the start, MovedOn or NotAsThingsStand where its state does not know a hold.
    """
    if actor != CLOCK:
        check_can_hold(actor, await referrals.get_referral(tx, referral_id), now)
    await audit.claim_acting(tx, actor, "hold_referral", now, reason=reason.value if reason else cause.value)
    scene = await claim_scene(tx, config, now, referral_id)
    facts = {"for_safety": cause is HoldCause.SAFETY, "restricted": cause is HoldCause.RESTRICTION}
    check_can(REFERRAL_TABLE, scene.referral.state, ReferralEvent.HOLD_REFERRAL, by=actor.kind, **facts)
    live = await matches.list_matches(tx, referral_id, scene.referral.meeting_number)
    if cause is HoldCause.PAUSE and any(now >= match.starts_at for match in live):
        raise MeetingBegun
    knew = next((match for match in live if match.told_newcomer_at), None) or await plan_nobody_keeps(scene)
    told = await _stop(scene, live)
    await referral_holds.claim_on_hold(tx, referral_id, now, cause=cause.value)
    scene = await again(scene)
    if cause is not HoldCause.RESTRICTION:
        await tell_covered(scene, told, because=CoveredBecause.NOT_NEEDED)
        await _tell_put_off(scene, live, knew)
        await _tell_staff(scene, actor, cause)
    return "held"


async def _stop(scene: Scene, live: Sequence[Match]) -> list[Offer]:
    """Everything that was under way rests: offers are withdrawn, unsent letters, timers and lines of a plan end, and links to change it too."""
    tx, now, referral = scene.tx, scene.now, scene.referral
    told = await withdraw_offers(scene, reason=OfferReason.NO_LONGER_NEEDED, everything=True)
    await drop_plan(scene)
    ids = [match.id for match in live]
    await letters.update_letters_cancelled(tx, ids, now, kinds=PLAN_LETTERS)
    resting = [match.id for match in live if now < match.starts_at]  # one that has begun comes to its end, on hold or not
    await timers.update_timers_cancelled(tx, [referral.id, *resting], now)
    kinds = [kind.value for kind in SILENT_KINDS]
    await tasks.update_tasks_done(tx, referral.id, now, outcome=TaskOutcome.SUPERSEDED.value, kinds=kinds)
    for match_id in ids:
        await referral_holds.update_revision(tx, match_id)
        for purpose in ("undo_acceptance", "cannot_come"):
            await letter_links.update_links_ended(tx, match_id, now, purpose=purpose)
    return told


async def _tell_put_off(scene: Scene, live: Sequence[Match], knew: Match | None) -> None:
    """It is put off, to each apart and without a reason: to who said yes, and to a newcomer who has a plan in hand."""
    for match in live:
        if await tell_cancelled(scene, match, Ending.PUT_OFF) is None:
            await owe(scene, TaskKind.RING_THEM, reason="cancellation", due_at=match.starts_at, match=match)
    if knew is not None and await plan_has_left(scene):
        await tell_newcomer_cancelled(scene, scene.option(knew.option_id), Ending.PUT_OFF)


async def _tell_staff(scene: Scene, actor: Actor, cause: HoldCause) -> None:
    """Its keyworker, where somebody else did it; for safety the safeguarding lead, and the coordinators are told to wait."""
    if actor.kind is not ActorKind.KEYWORKER:
        await notify_keyworker(scene, KeyworkerReason.PUT_OFF)
    if cause is HoldCause.SAFETY:
        await owe(scene, TaskKind.SAFEGUARDING, reason="meeting_frozen")
        await alert_coordinators(scene, AlertReason.MEETING_FROZEN)


async def release_hold(tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID) -> str:
    """Go on (R50): plans that still fit stand again and both are told anew; the others end kindly; a free seat is asked for, or a person called."""
    referral = await referrals.get_referral(tx, referral_id)
    check_can_release(actor, referral, now)
    await audit.claim_acting(tx, actor, "release_hold", now)
    scene = await claim_scene(tx, config, now, referral_id)
    if scene.referral.state is not ReferralState.ON_HOLD:
        raise NotOnHold
    live = await matches.list_matches(tx, referral_id, scene.referral.meeting_number)
    kept = [match for match in live if await _has_begun(scene, match) or await _still_stands(scene, match)]
    for match in live:
        if match not in kept:
            await _let_go(scene, match)
    await free_options(scene, kept)
    await tasks.update_tasks_done(tx, referral_id, now, outcome=TaskOutcome.SETTLED.value, kinds=[TaskKind.SAFEGUARDING.value])
    scene = await again(scene)
    to, reason = _goes_on_as(scene, len(kept))
    await referrals.claim_state(tx, referral_id, now, sources=[ReferralState.ON_HOLD], to=to, reason=reason)
    await _go_on(await again(scene), kept)
    if actor.kind is not ActorKind.KEYWORKER:
        await notify_keyworker(scene, KeyworkerReason.GOES_ON)
    return "released"


async def _still_stands(scene: Scene, match: Match) -> bool:
    """Whether a plan can go on: its meeting lies ahead, and nothing the newcomer says by now speaks against it, a bar least of all."""
    ahead = scene.now < match.starts_at and any(option.id == match.option_id for option in scene.options)
    return ahead and await still_fits(scene, match.volunteer_id, [match.option_id])


async def _has_begun(scene: Scene, match: Match) -> bool:
    """Whether its meeting began before the hold: then it took place, as far as anybody knows, and is asked about like any other."""
    over = scene.referral.held_state == ReferralState.AWAITING_OUTCOME
    return match.state is MatchState.CONFIRMED and (over or await referral_holds.find_end_awaited(scene.tx, match.id, match.starts_at))


async def _let_go(scene: Scene, match: Match) -> None:
    """This plan does not come back: the seat is free, and who held it reads "not needed, thank you" where the day has not passed."""
    await cancel_match(scene, match, reason=MatchReason.CALLED_OFF)
    await tell_cancelled(scene, match, Ending.NOT_NEEDED)
    await referrals.claim_seat_back(scene.tx, scene.referral.id, scene.now, to=ReferralState.ON_HOLD)
    await offers.claim_offer_state(
        scene.tx,
        match.offer_id,
        scene.now,
        sources=[OfferState.ACCEPTED],
        to=OfferState.WITHDRAWN,
        reason=OfferReason.NO_LONGER_NEEDED.value,
    )


def _goes_on_as(scene: Scene, kept: int) -> tuple[ReferralState, str | None]:
    """The state it goes on in: the former one, unless what it stood on has gone; and the reason where a person is needed."""
    referral = scene.referral
    if referral.held_state == ReferralState.AWAITING_OUTCOME and kept:
        return ReferralState.AWAITING_OUTCOME, None
    if referral.to_settle:
        return ReferralState.NEEDS_PERSON, NeedsReason.TO_SETTLE.value
    if kept == referral.seats:
        return ReferralState.MATCHED, None
    if not any(option.starts_at - scene.config.timing.lead > scene.now for option in scene.open_options):
        return ReferralState.NEEDS_PERSON, NeedsReason.NO_CANDIDATE.value
    if referral.held_state == ReferralState.NEEDS_PERSON:
        return ReferralState.NEEDS_PERSON, referral.held_reason or NeedsReason.NO_CANDIDATE.value
    return (ReferralState.PART_FILLED if kept else ReferralState.LOOKING), None


async def _go_on(scene: Scene, kept: Sequence[Match]) -> None:
    """Both are told again of a plan that stands; a search begins anew; a person who is needed hears of it."""
    for match in kept:
        await referral_holds.update_revision(scene.tx, match.id)
    state = scene.referral.state
    if state is ReferralState.AWAITING_OUTCOME:
        await ask_how_it_went(scene, kept)
        return
    if state is ReferralState.MATCHED:
        await _stand_again(scene, [match for match in kept if scene.now < match.starts_at])
        return
    for match in kept:
        if scene.now < match.starts_at:
            await tell_again(scene, match)
        if match.state is MatchState.CONFIRMED:
            await _set_clocks(scene, match)
    if state is not ReferralState.NEEDS_PERSON:
        await (look_again(scene) if kept else begin_asking(scene))
        return
    if scene.open_options:
        await set_deadline(scene, asking_since=scene.referral.asking_since)
    else:
        await _answer_in_time(scene)
    reason, due = scene.referral.needs_reason or NeedsReason.NO_CANDIDATE.value, (await again(scene)).referral.deadline
    await owe(scene, TaskKind.NEEDS_PERSON, reason=reason, due_at=due)
    await alert_coordinators(scene, AlertReason(reason), do_by=due)


async def _answer_in_time(scene: Scene) -> None:
    """Every day that was chosen has passed: a person has as long as any search to find another way, then the honest answer leaves (R25)."""
    due = scene.now + scene.config.timing.unmatched_alert
    await referrals.update_asking(scene.tx, scene.referral.id, asking_since=scene.referral.asking_since, deadline=due)
    await set_timer(scene, TimerKind.LAST_MOMENT, scene.referral.id, due, due_for=f"released {scene.now.isoformat()}")


async def _set_clocks(scene: Scene, match: Match) -> None:
    """What the clock does for a plan that stands: the question of the day, the reminders, and the end of the meeting."""
    await set_day_timers(scene, match)
    await set_reminders(scene, match)
    await set_meeting_end(scene, match)


async def _stand_again(scene: Scene, kept: Sequence[Match]) -> None:
    """The plan stands: told at once where it stood before; where the newcomer was not told yet, when the undo window would have been over.

    What the clock did for it before the hold, it does again. A meeting that has begun is nothing to be told of.
    """
    if not kept:
        return
    waiting = [match for match in kept if match.state is MatchState.PLANNED]
    await referral_holds.update_untold(scene.tx, [match.id for match in kept])
    for match in waiting:
        due = max(scene.now, match.undo_until)
        await set_timer(scene, TimerKind.UNDO_OVER, match.id, due, due_for=f"released {scene.now.isoformat()}")
    for match in kept:
        if await tell_again(scene, match) is None:
            await owe(scene, TaskKind.RING_THEM, reason="not_told", due_at=match.starts_at, match=match)
        if match.state is MatchState.CONFIRMED:
            await _set_clocks(scene, match)
    if not waiting:
        await tell_newcomer_plan(scene, kept)
        await referrals.update_confirmed(scene.tx, scene.referral.id, scene.now)


async def end_hold(tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID) -> None:
    """It does not go on (R51): closed as cancelled, told to each once and without a reason; of a restriction nobody is told."""
    referral = await referrals.get_referral(tx, referral_id)
    check_can_end_hold(actor, referral, now)
    await audit.claim_acting(tx, actor, "end_hold", now)
    scene = await claim_scene(tx, config, now, referral_id)
    check_can(REFERRAL_TABLE, scene.referral.state, ReferralEvent.END_HOLD, by=actor.kind)
    live = await matches.list_matches(tx, referral_id, scene.referral.meeting_number)
    told = next((match for match in live if match.told_newcomer_at), None)
    silent = scene.referral.held_cause == HoldCause.RESTRICTION
    await end_referral(scene, actor, ending=Ending.CANCELLED, close=CloseReason.CANCELLED, outcome=TaskOutcome.CANCELLED)
    if silent:
        ids = [referral_id, *(match.id for match in live)]
        await letters.update_letters_cancelled(tx, ids, now)
    elif told is not None and await plan_has_left(scene):
        await tell_newcomer_cancelled(scene, scene.option(told.option_id), Ending.CANCELLED)
