"""The honest answer: nobody could come this time. It always leaves before the meeting, by the clock at the last moment or by a person's press."""

from datetime import datetime
from uuid import UUID

from matcher.actions.scene import Scene, again, claim_scene
from matcher.actions.telling import notify_keyworker, tell_newcomer_cancelled, tell_newcomer_nobody
from matcher.actions.unwinding import call_everything_off
from matcher.config import Config
from matcher.domain.actor import CLOCK
from matcher.domain.connection import Connection
from matcher.domain.journey_word import CloseReason, ReferralState
from matcher.domain.letter_kind import LetterKind
from matcher.domain.letter_parts import Ending, KeyworkerReason
from matcher.domain.task import TaskKind, TaskOutcome
from matcher.store import audit, letters, matches, referrals, tasks

SEEKING = (ReferralState.LOOKING, ReferralState.PART_FILLED, ReferralState.NEEDS_PERSON)


async def end_unfilled(tx: Connection, config: Config, now: datetime, referral_id: UUID) -> bool:
    """The last option's last moment has passed and nobody accepted (R25). False where somebody did, or another day is still possible.

    A newcomer who knows of a plan for today that nobody keeps is told in either case, so that they do not wait at a door alone.
    """
    await audit.claim_acting(tx, CLOCK, "last_moment_passed", now)
    scene = await claim_scene(tx, config, now, referral_id)
    deadline = scene.referral.deadline
    if scene.referral.state not in SEEKING:
        return False
    if deadline is not None and now < deadline:
        await _put_off(scene)
        return False
    await close_unfilled(scene, TaskOutcome.SUPERSEDED)
    return True


async def _put_off(scene: Scene) -> None:
    told = await matches.find_earlier_told(scene.tx, scene.referral.id, scene.referral.meeting_number)
    if told is None or told.ended_at is None or scene.referral.seats_taken:
        return
    option = next((option for option in scene.options if option.id == told.option_id), None)
    if option is None or not option.starts_at - scene.config.timing.lead <= scene.now < option.starts_at:
        return
    log = await letters.list_letters_of_referral(scene.tx, scene.referral.id)
    if not any(one.kind == LetterKind.CANCELLATION and one.party_kind == "newcomer" and one.created_at >= told.ended_at for one in log):
        await tell_newcomer_cancelled(scene, option, Ending.PUT_OFF)


async def close_unfilled(scene: Scene, outcome: TaskOutcome, *, done_by: UUID | None = None) -> None:
    """Close without a companion: a single held seat is called off kindly, the newcomer and the keyworker get the honest answer."""
    await call_everything_off(scene, ending=Ending.NOT_NEEDED)
    kinds = [TaskKind.NEEDS_PERSON.value, TaskKind.OVERDUE.value]
    await tasks.update_tasks_done(scene.tx, scene.referral.id, scene.now, outcome=outcome.value, kinds=kinds, done_by=done_by)
    if scene.referral.seats_taken:
        await _give_back_seats(scene)
    await referrals.claim_state(
        scene.tx, scene.referral.id, scene.now, sources=SEEKING, to=ReferralState.CLOSED, reason=CloseReason.UNFILLED.value
    )
    fresh = await again(scene)
    await tell_newcomer_nobody(fresh, [option for option in fresh.options if option.starts_at > fresh.now])
    await notify_keyworker(fresh, KeyworkerReason.NO_COMPANION)


async def _give_back_seats(scene: Scene) -> None:
    for _ in range(scene.referral.seats_taken):
        await referrals.claim_seat_back(scene.tx, scene.referral.id, scene.now, to=scene.referral.state, reason=scene.referral.needs_reason)
