"""When a meeting together is over (R38): the volunteer is asked whether they are OK, and never whether the newcomer came; that is asked elsewhere."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from matcher.actions.asking import set_timer
from matcher.actions.following import await_end, end_everything_after
from matcher.actions.scene import Scene, claim_scene
from matcher.actions.telling import owe
from matcher.actions.telling_afterwards import ask_are_you_ok, ask_how_it_is, may_ask_newcomer
from matcher.config import Config
from matcher.domain.actor import CLOCK
from matcher.domain.arrangement import Match
from matcher.domain.connection import Connection
from matcher.domain.follow_up import FollowUpState, after_meeting
from matcher.domain.journey import CloseReason, MatchState, ReferralState
from matcher.domain.letter_kind import LetterKind
from matcher.domain.outbox import TimerKind
from matcher.domain.task import TaskKind, TaskOutcome
from matcher.store import audit, follow_ups, letter_links, letters, matches, outcomes, referral_holds, referrals, tasks, timers

BEFORE_IT = (TaskKind.PRINT_PLAN, TaskKind.TELL_IN_PERSON, TaskKind.NOT_TOLD, TaskKind.NEWCOMER_SILENT)
"""Lines of use only before the meeting: nobody can tell anybody of it any more."""
ASKED_ABOUT_IT = (TimerKind.OUTCOME_CHASE.value, TimerKind.OUTCOME_SILENT.value)


async def set_meeting_end(scene: Scene, match: Match) -> None:
    """When this match's meeting has been over for an hour. The timer is the match's own and dies with it."""
    due = match.ends_at + scene.config.timing.meeting_over
    await set_timer(scene, TimerKind.MEETING_ENDED, match.id, due, due_for=due.isoformat())


async def end_meeting(tx: Connection, config: Config, now: datetime, match_id: UUID) -> None:
    """The meeting is over (R38). One that was moved to a later time meanwhile is looked at again then."""
    await audit.claim_acting(tx, CLOCK, "meeting_ended", now)
    scene = await claim_scene(tx, config, now, (await matches.get_match(tx, match_id)).referral_id)
    match, referral = await matches.get_match(tx, match_id), scene.referral
    if not match.is_live or match.meeting_number != referral.meeting_number:
        return
    if now < match.ends_at + config.timing.meeting_over:
        await set_meeting_end(scene, match)
        return
    live = await matches.list_matches(tx, referral.id, referral.meeting_number)
    went = [one for one in live if one.state is MatchState.CONFIRMED]
    if went and referral.state is ReferralState.ON_HOLD:  # nobody is asked before it goes on
        await referral_holds.claim_over_on_hold(tx, referral.id)
        await outcomes.update_matches_over(tx, referral.id, referral.meeting_number, now)  # it took place, and is not called off any more
        return
    sources, to = [ReferralState.MATCHED], ReferralState.AWAITING_OUTCOME
    if went and await referrals.claim_state(tx, referral.id, now, sources=sources, to=to):
        await ask_how_it_went(scene, went)


async def ask_how_it_went(scene: Scene, went: Sequence[Match]) -> None:
    """Those who went along are asked whether they are OK; how it went is the keyworker's to write down, and asked for in time."""
    tx, now, referral, timing = scene.tx, scene.now, scene.referral, scene.config.timing
    await outcomes.update_matches_over(tx, referral.id, referral.meeting_number, now)
    kinds = [kind.value for kind in BEFORE_IT]
    await tasks.update_tasks_done(tx, referral.id, now, outcome=TaskOutcome.SUPERSEDED.value, kinds=kinds)
    for one in went:
        await tasks.update_tasks_done(tx, one.id, now, outcome=TaskOutcome.SUPERSEDED.value, kinds=[TaskKind.RING_THEM.value])
        await ask_are_you_ok(scene, one)
    await owe(scene, TaskKind.RECORD_OUTCOME, due_at=now + timing.outcome_chases[0])
    attempt = await outcomes.find_attempt(tx, referral.id, referral.meeting_number)
    for after in timing.outcome_chases:
        due_for = f"{referral.meeting_number}.{attempt} {after.days}"
        await set_timer(scene, TimerKind.OUTCOME_CHASE, referral.id, now + after, due_for=due_for)
    given_up = now + timing.outcome_given_up
    await set_timer(scene, TimerKind.OUTCOME_SILENT, referral.id, given_up, due_for=f"{referral.meeting_number}.{attempt}")


async def chase_outcome(tx: Connection, config: Config, now: datetime, referral_id: UUID) -> None:
    """Nobody has said yet how it went (R42): the newcomer is asked, where they agreed to that. Else the keyworker's task stands as it is."""
    await audit.claim_acting(tx, CLOCK, "chase_due", now)
    scene = await claim_scene(tx, config, now, referral_id)
    referral = scene.referral
    if referral.state is not ReferralState.AWAITING_OUTCOME or not await may_ask_newcomer(scene):
        return
    occasion = after_meeting(referral.meeting_number, await outcomes.find_attempt(tx, referral_id, referral.meeting_number))
    await follow_ups.insert_follow_up(tx, uuid4(), now, referral_id=referral_id, occasion=occasion)
    asked = next(one for one in await follow_ups.list_follow_ups(tx, referral_id) if one.occasion == occasion)
    if asked.state is FollowUpState.ASKED:
        await ask_how_it_is(scene, asked.id)


async def give_up_outcome(tx: Connection, config: Config, now: datetime, referral_id: UUID) -> None:
    """Two weeks of silence (R43): how it went is not known, and nobody is asked any more. From the second meeting on it is followed all the same."""
    await audit.claim_acting(tx, CLOCK, "outcome_silent", now)
    scene = await claim_scene(tx, config, now, referral_id)
    referral = scene.referral
    later = referral.meeting_number > 1
    to = ReferralState.FOLLOWING if later else ReferralState.CLOSED
    reason = None if later else CloseReason.COMPLETED.value
    if not await referrals.claim_state(tx, referral_id, now, sources=[ReferralState.AWAITING_OUTCOME], to=to, reason=reason):
        return
    if later:
        await end_asking_about_it(scene, FollowUpState.SILENT)
        await await_end(scene)
    else:
        await end_everything_after(scene)


async def end_asking_about_it(scene: Scene, state: FollowUpState | None, *, outcome: TaskOutcome = TaskOutcome.SUPERSEDED) -> None:
    """How it went is known, or is given up: the chases, the keyworker's task and (unless somebody is just answering) the newcomer's questions end."""
    referral = scene.referral
    await timers.update_timers_cancelled(scene.tx, [referral.id], scene.now, kinds=ASKED_ABOUT_IT)
    await tasks.update_tasks_done(
        scene.tx, referral.id, scene.now, outcome=outcome.value, kinds=[TaskKind.RECORD_OUTCOME.value], done_by=None
    )
    attempt = await outcomes.find_attempt(scene.tx, referral.id, referral.meeting_number)
    mine = {after_meeting(referral.meeting_number, number) for number in range(1, attempt + 1)}
    for one in await follow_ups.list_follow_ups(scene.tx, referral.id):
        if one.occasion not in mine:
            continue
        await letters.update_letters_cancelled(scene.tx, [one.id], scene.now, kinds=[LetterKind.FOLLOW_UP.value])
        if state is not None and await follow_ups.claim_ended(scene.tx, one.id, scene.now, state=state):
            await letter_links.update_links_ended(scene.tx, one.id, scene.now)
