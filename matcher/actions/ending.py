"""How a referral ends before its meeting: everything under way stops, and where nobody could be found the honest answer leaves in time."""

from datetime import datetime
from uuid import UUID

from matcher.actions.choosing_meetings import Seeker, best_next
from matcher.actions.following import await_end, end_everything_after
from matcher.actions.scene import Scene, claim_scene, plan_has_left
from matcher.actions.searching import needs_in
from matcher.actions.telling import notify_keyworker, tell_newcomer_cancelled, tell_newcomer_nobody
from matcher.actions.unwinding import call_everything_off
from matcher.config import Config
from matcher.domain.actor import CLOCK, Actor
from matcher.domain.arrangement import Match, ReferralOption
from matcher.domain.connection import Connection
from matcher.domain.errors import Changed
from matcher.domain.fellowship import Fellowship
from matcher.domain.journey import CloseReason, ReferralState
from matcher.domain.journey_referral import OPEN, SEEKING
from matcher.domain.letter_kind import LetterKind
from matcher.domain.letter_parts import Ending, KeyworkerReason, Tried
from matcher.domain.rung import Rung, RungLine, RungOutcome
from matcher.domain.task import TaskKind, TaskOutcome
from matcher.matching.eligible import as_on_the_form
from matcher.store import audit, ladder_steps, letters, matches, referrals, tasks


async def end_unfilled(tx: Connection, config: Config, now: datetime, referral_id: UUID) -> bool:
    """The last option's last moment has passed and a seat is empty (R25). False where somebody said yes, or another day is still possible.

    A newcomer who knows of a plan for today that nobody keeps is told in either case, so that they do not wait at a door alone.
    """
    await audit.claim_acting(tx, CLOCK, "last_moment_passed", now)
    scene = await claim_scene(tx, config, now, referral_id)
    referral = scene.referral
    if referral.state not in SEEKING or referral.seats_taken >= referral.seats:
        return False
    if referral.deadline is not None and now < referral.deadline:
        await _put_off(scene)
        return False
    await end_without_company(scene, CLOCK)
    return True


async def _put_off(scene: Scene) -> None:
    told = None if scene.referral.seats_taken else await plan_nobody_keeps(scene)
    if told is None or scene.now < told.starts_at - scene.config.timing.lead or not await plan_has_left(scene):
        return
    await tell_newcomer_cancelled(scene, scene.option(told.option_id), Ending.PUT_OFF)


async def plan_nobody_keeps(scene: Scene) -> Match | None:
    """The plan ahead that the newcomer was told of and whose companion has dropped out; None once they have been told that it is off."""
    told = await matches.find_earlier_told(scene.tx, scene.referral.id, scene.referral.meeting_number)
    known = told is not None and any(option.id == told.option_id for option in scene.options)
    if told is None or told.ended_at is None or not known or scene.now >= told.starts_at:
        return None
    log = await letters.list_letters_of_referral(scene.tx, scene.referral.id)
    off = (one for one in log if one.kind == LetterKind.CANCELLATION and one.party_kind == "newcomer")
    return None if any(one.created_at >= told.ended_at for one in off) else told


async def end_without_company(scene: Scene, actor: Actor) -> None:
    """Nobody could come: a single held seat is called off kindly, newcomer and keyworker get the honest answer with three meetings (R24, R25)."""
    ideas = await ideas_for(scene)
    later = scene.referral.meeting_number > 1
    outcome = TaskOutcome.SUPERSEDED if actor == CLOCK else TaskOutcome.GAVE_UP
    await end_referral(scene, actor, ending=Ending.NOT_NEEDED, close=None if later else CloseReason.UNFILLED, outcome=outcome)
    await tell_newcomer_nobody(scene, ideas, await _tried(scene))
    await notify_keyworker(scene, KeyworkerReason.NO_COMPANION)


async def _tried(scene: Scene) -> list[Tried]:
    """The rungs of the ladder that were taken, each once, in order; the honest no is kept as the last."""
    referral = scene.referral
    steps = await ladder_steps.list_steps(scene.tx, referral.id, referral.meeting_number)
    await ladder_steps.insert_step(scene.tx, referral.id, referral.meeting_number, RungLine(Rung.HONEST_NO, RungOutcome.TAKEN, scene.now))
    taken = {step.rung.code for step in steps if step.outcome is RungOutcome.TAKEN}
    return [one for one in Tried if one.value in taken]


async def ideas_for(scene: Scene) -> list[ReferralOption]:
    """The three best next meetings for this newcomer, for somebody who goes without company."""
    wanted = [Fellowship(code) for code in scene.referral.fellowships]
    if not wanted:
        return []
    needs = as_on_the_form(await needs_in(scene, []))
    seeker = Seeker(needs=needs, newcomer_id=scene.referral.newcomer_id, provider=scene.provider)
    return [one.meeting.as_idea(one.occurrence, scene.referral.id) for one in await best_next(scene.tx, scene.now, seeker)]


async def end_referral(scene: Scene, actor: Actor, *, ending: Ending, close: CloseReason | None, outcome: TaskOutcome) -> None:
    """Everything under way stops in this transaction; then the referral closes, or goes on following where an earlier meeting was met."""
    referral = scene.referral
    await call_everything_off(scene, ending=ending, follows_on=close is None)
    to = ReferralState.CLOSED if close else ReferralState.FOLLOWING
    for _ in range(referral.seats_taken):
        await referrals.claim_seat_back(scene.tx, referral.id, scene.now, to=referral.state, reason=referral.needs_reason)
    moved = await referrals.claim_state(scene.tx, referral.id, scene.now, sources=OPEN, to=to, reason=close.value if close else None)
    if not moved:
        raise Changed()
    await tasks.update_tasks_done(
        scene.tx,
        referral.id,
        scene.now,
        outcome=outcome.value,
        done_by=actor.id,
        kinds=[TaskKind.NEEDS_PERSON.value, TaskKind.OVERDUE.value],
    )
    if close is None:
        ended = [kind.value for kind in TaskKind if kind is not TaskKind.FOLLOW_UP_BY_PERSON]
        await tasks.update_tasks_done(scene.tx, referral.id, scene.now, outcome=TaskOutcome.SUPERSEDED.value, kinds=ended)
        await await_end(scene)
    else:
        await end_everything_after(scene)
