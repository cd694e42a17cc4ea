"""From a yes to a plan: when the undo window of the last seat is over, both parties are told; and what is decided six hours before."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from matcher.actions.asking import call_person, set_timer
from matcher.actions.confirming_day import set_day_timers
from matcher.actions.meeting_over import set_meeting_end
from matcher.actions.reminding import set_reminders
from matcher.actions.scene import Scene, again, claim_scene, people_of, plan_has_left
from matcher.actions.telling import (
    alert_coordinators,
    companions_of,
    notify_keyworker,
    owe,
    tell_newcomer_change,
    tell_newcomer_plan,
)
from matcher.actions.telling_volunteers import tell_change, tell_covered, tell_plan
from matcher.actions.unwinding import withdraw_offers
from matcher.config import Config
from matcher.domain.actor import CLOCK, Actor
from matcher.domain.arrangement import Match
from matcher.domain.connection import Connection
from matcher.domain.journey_word import MatchState, OfferReason, ReferralState
from matcher.domain.letter_parts import AlertReason, Changed, ChangedLine, ChangeReason, Companion, CoveredBecause, KeyworkerReason
from matcher.domain.outbox import TimerKind
from matcher.domain.task import YES_COUNTS, NeedsReason, TaskKind, TaskOutcome
from matcher.domain.timing import answer_deadline, tells_at_once
from matcher.store import audit, matches, referrals, tasks


async def end_undo_window(tx: Connection, config: Config, now: datetime, match_id: UUID) -> bool:
    """The undo window of a match is over (R27, M4). Tells everybody once the last seat's window is; False where there is nothing to tell."""
    await audit.claim_acting(tx, CLOCK, "undo_over", now)
    match = await matches.get_match(tx, match_id)
    scene = await claim_scene(tx, config, now, match.referral_id)
    live = await matches.list_matches(tx, scene.referral.id, scene.referral.meeting_number)
    planned = [m for m in live if m.state is MatchState.PLANNED]
    if scene.referral.state is not ReferralState.MATCHED or not planned:
        return False
    if any(now < match.undo_until for match in live):
        return await _tell_at_once(scene, live)
    if scene.referral.agree_first:
        await _ask_newcomer_first(scene, live)
    else:
        await confirm(scene, live)
    return True


async def _tell_at_once(scene: Scene, live: Sequence[Match]) -> bool:
    """So near the meeting newcomer and keyworker hear without waiting for the undo window; the volunteer gets the name when it is over."""
    near = all(tells_at_once(match.accepted_at, match.starts_at, timing=scene.config.timing) for match in live)
    if not near or all(match.told_newcomer_at for match in live):
        return False
    await _tell_newcomer(scene, live)
    await _notify_planned(scene, live)
    return True


async def _ask_newcomer_first(scene: Scene, live: Sequence[Match]) -> None:
    """The newcomer wished to say OK before their name is given: the plan goes to them (unless it has, so near the meeting), the volunteer waits."""
    if not all(match.told_newcomer_at for match in live):
        await _tell_newcomer(scene, live)
        await _notify_planned(scene, live)
    due = answer_deadline(live[0].starts_at, scene.now, timing=scene.config.timing)
    await set_timer(scene, TimerKind.ANSWER_DEADLINE, scene.referral.id, due, due_for=_pair_key(live))


def _pair_key(live: Sequence[Match]) -> str:
    return ",".join(str(match.id)[:8] for match in live)


async def confirm(scene: Scene, live: Sequence[Match], *, not_answered: bool = False) -> None:
    """The plan stands: to the newcomer (unless told already), to each companion with the name, and a word to the keyworker."""
    if not all(match.told_newcomer_at for match in live):
        await _tell_newcomer(scene, live)
        await _notify_planned(scene, live)
    people = await people_of(scene, live)
    for match in live:
        if await matches.claim_confirmed(scene.tx, match.id, scene.now, not_answered=not_answered):
            await set_day_timers(scene, match)
            await set_reminders(scene, match)
            await set_meeting_end(scene, match)
            partner = next((people[other.volunteer_id] for other in live if other.id != match.id), None)
            if await tell_plan(scene, match, partner) is None:
                await owe(scene, TaskKind.RING_THEM, reason="not_told", due_at=match.starts_at, match=match)
        elif match.state is MatchState.CONFIRMED and len(live) == 2:
            await tell_change(scene, match, ChangeReason.COMPANION, who=await _partner_as_companion(scene, live, match))
    await referrals.update_confirmed(scene.tx, scene.referral.id, scene.now)


async def _notify_planned(scene: Scene, live: Sequence[Match]) -> None:
    """A word to the keyworker, once for each plan: it stands, or they have to tell it themselves."""
    told = KeyworkerReason.PLANNED if scene.referral.writes_to_newcomer else KeyworkerReason.PLANNED_TELL_THEM
    await notify_keyworker(scene, told, do_by=None if scene.referral.writes_to_newcomer else live[0].starts_at)


async def _partner_as_companion(scene: Scene, live: Sequence[Match], match: Match) -> Companion:
    others = [other for other in live if other.id != match.id]
    return (await companions_of(scene, others))[0]


async def _tell_newcomer(scene: Scene, live: Sequence[Match]) -> None:
    """The plan the first time; a change where they have an earlier one. One that was taken back before it left is none."""
    earlier = await matches.find_earlier_told(scene.tx, scene.referral.id, scene.referral.meeting_number)
    if earlier is None or not await plan_has_left(scene):
        await tell_newcomer_plan(scene, live)
        return
    option = scene.option(live[0].option_id)
    lines = []
    if earlier.starts_at != option.starts_at:
        old = earlier.starts_at.astimezone(option.zone)
        lines = [ChangedLine(Changed.DAY, old, option.starts), ChangedLine(Changed.START, old, option.starts)]
    new = [match for match in live if match.told_newcomer_at is None]
    companion = (await companions_of(scene, new or live))[-1]
    for match in live:
        await matches.update_told_newcomer(scene.tx, match.id, scene.now)
    await tell_newcomer_change(scene, option, ChangeReason.COMPANION, lines=lines, who=companion)


async def agree_plan(tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID) -> None:
    """The newcomer (or the keyworker for them) says OK: now the companion learns the name (R28). A second OK changes nothing."""
    await audit.claim_acting(tx, actor, "agree_plan", now)
    scene = await claim_scene(tx, config, now, referral_id)
    live = await matches.list_matches(tx, referral_id, scene.referral.meeting_number)
    only_ok_missing = scene.referral.needs_reason == NeedsReason.NO_NEWCOMER_ANSWER
    waiting = scene.referral.state is ReferralState.MATCHED or only_ok_missing
    if not waiting or not any(match.state is MatchState.PLANNED for match in live) or now >= live[0].starts_at:
        return
    if scene.referral.state is ReferralState.NEEDS_PERSON:
        await referrals.claim_state(tx, referral_id, now, sources=[ReferralState.NEEDS_PERSON], to=ReferralState.MATCHED)
        scene = await again(scene)
    await tasks.update_tasks_done(tx, referral_id, now, outcome=TaskOutcome.ANSWERED.value, kinds=[TaskKind.NEWCOMER_SILENT.value])
    await confirm(scene, live)


async def decide_without_answer(tx: Connection, config: Config, now: datetime, referral_id: UUID) -> None:
    """Six hours before and no OK from the newcomer (R31, R32): kept by default, with a task to find out."""
    await audit.claim_acting(tx, CLOCK, "answer_deadline", now)
    scene = await claim_scene(tx, config, now, referral_id)
    live = await matches.list_matches(tx, referral_id, scene.referral.meeting_number)
    if scene.referral.state is not ReferralState.MATCHED or not any(match.state is MatchState.PLANNED for match in live):
        return
    await owe(scene, TaskKind.NEWCOMER_SILENT, due_at=live[0].starts_at)
    if config.timing.keep_unanswered:
        await confirm(scene, live, not_answered=True)
        return
    reason = NeedsReason.NO_NEWCOMER_ANSWER
    await referrals.claim_state(tx, referral_id, now, sources=[ReferralState.MATCHED], to=ReferralState.NEEDS_PERSON, reason=reason.value)
    await owe(scene, TaskKind.NEEDS_PERSON, reason=reason.value, due_at=live[0].starts_at)
    await alert_coordinators(scene, AlertReason(reason.value), do_by=live[0].starts_at)
    await notify_keyworker(scene, KeyworkerReason.NEEDS_PERSON)


async def decide_pair(tx: Connection, config: Config, now: datetime, referral_id: UUID) -> None:
    """Six hours before and one of two seats is empty: one may go alone where service and newcomer allow it (R17), else a person decides (R18)."""
    await audit.claim_acting(tx, CLOCK, "pair_deadline", now)
    scene = await claim_scene(tx, config, now, referral_id)
    live = await matches.list_matches(tx, referral_id, scene.referral.meeting_number)
    if scene.referral.state not in (ReferralState.PART_FILLED, ReferralState.NEEDS_PERSON) or len(live) != 1 or scene.referral.seats != 2:
        return
    looked_at_first = scene.referral.state is ReferralState.NEEDS_PERSON and scene.referral.needs_reason not in YES_COUNTS
    allowed = scene.provider.one_may_go_alone and scene.provider.pair_rule == "when_asked" and "one_companion" in scene.referral.may_widen
    if looked_at_first or not allowed:
        await _call_for_second(scene, live[0])
        return
    told = await withdraw_offers(scene, reason=OfferReason.PLACE_TAKEN)
    await tell_covered(scene, told, because=CoveredBecause.NOT_NEEDED)
    await referrals.update_seats(tx, referral_id, 1)
    sources = [ReferralState.PART_FILLED, ReferralState.NEEDS_PERSON]
    await referrals.claim_state(tx, referral_id, now, sources=sources, to=ReferralState.MATCHED)
    kinds = [TaskKind.NEEDS_PERSON.value, TaskKind.OVERDUE.value]
    await tasks.update_tasks_done(tx, referral_id, now, outcome=TaskOutcome.SUPERSEDED.value, kinds=kinds)
    scene = await again(scene)
    await tell_alone(scene, live[0])
    if live[0].told_newcomer_at is not None:
        await notify_keyworker(scene, KeyworkerReason.CHANGED)
    if scene.referral.agree_first and live[0].state is MatchState.PLANNED:
        await _ask_newcomer_first(scene, live)
    else:
        await confirm(scene, live)


async def _call_for_second(scene: Scene, match: Match) -> None:
    """A person decides (R18). One who has the referral for another reason already hears that this is due now too (R18a)."""
    referral, reason = scene.referral, NeedsReason.SECOND_MISSING
    if referral.needs_reason == reason:
        return
    if referral.state is ReferralState.PART_FILLED:
        await call_person(scene, reason)
    else:
        await alert_coordinators(scene, AlertReason(reason.value), do_by=referral.deadline)
        if referral.needs_reason not in YES_COUNTS:  # what must be settled first stays the reason
            return
        waits = ReferralState.NEEDS_PERSON
        await referrals.claim_state(scene.tx, referral.id, scene.now, sources=[waits], to=waits, reason=reason.value)
        await owe(scene, TaskKind.NEEDS_PERSON, reason=reason.value, due_at=referral.deadline)
    await tell_change(scene, match, ChangeReason.SECOND_MISSING)


async def tell_alone(scene: Scene, match: Match) -> None:
    """Two were wanted and one goes: the volunteer hears it, and the newcomer where they know of the two."""
    await tell_change(scene, match, ChangeReason.ALONE)
    if match.told_newcomer_at is not None:
        who = (await companions_of(scene, [match]))[0]
        await tell_newcomer_change(scene, scene.option(match.option_id), ChangeReason.ALONE, who=who)
