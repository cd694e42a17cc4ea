"""Following up: the rounds of questions one, four and twelve weeks after the first meeting that was gone to, and how it all ends well (R45, R46, E8)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from matcher.actions.asking import set_timer
from matcher.actions.scene import Scene, again, claim_scene
from matcher.actions.telling import owe
from matcher.actions.telling_afterwards import ask_how_it_is, may_ask_newcomer, say_thank_you
from matcher.config import Config
from matcher.domain.actor import CLOCK
from matcher.domain.connection import Connection
from matcher.domain.follow_up import MOST_SKIPPED, WEEKS, FollowUp, FollowUpState, Round
from matcher.domain.journey import EPISODE_TABLE, CloseReason, EpisodeEvent, EpisodeReason, ReferralState, can
from matcher.domain.letter_kind import LetterKind
from matcher.domain.outbox import TimerKind
from matcher.domain.task import TaskKind, TaskOutcome
from matcher.domain.wishes import EpisodeState
from matcher.store import audit, episodes, follow_ups, letter_links, letters, referrals, tasks, timers

QUIET_END = timedelta(days=28)
"""A referral that is only followed, with nothing more to ask, closes after so long (assumption)."""
NOT_ANSWERED = (FollowUpState.SKIPPED, FollowUpState.SILENT)


async def begin_rounds(scene: Scene, first_met_at: datetime) -> None:
    """The first meeting was gone to: set when the rounds come, and when the episode is over at the latest."""
    for round_, after in WEEKS.items():
        await set_timer(scene, TimerKind.FOLLOW_UP, scene.referral.id, first_met_at + after, due_for=round_.value)
    await set_timer(scene, TimerKind.EPISODE_OVER, scene.referral.id, first_met_at + scene.config.timing.episode_most)


async def await_end(scene: Scene) -> None:
    """A referral that is only followed must come to an end some day, whatever happens: set when that is looked at."""
    at = scene.now + QUIET_END
    await set_timer(scene, TimerKind.SERIES_OVER, scene.referral.id, at, due_for=at.isoformat())


async def follow_up_due(tx: Connection, config: Config, now: datetime, referral_id: UUID) -> None:
    """A round is due (R45): a letter where the newcomer agreed and has a safe channel, else the keyworker asks. One that was asked is not asked again."""
    await audit.claim_acting(tx, CLOCK, "follow_up_due", now)
    scene = await claim_scene(tx, config, now, referral_id)
    referral = scene.referral
    if not referral.is_open or referral.first_met_at is None or referral.state is ReferralState.ON_HOLD:
        return
    rounds = await follow_ups.list_follow_ups(tx, referral_id)
    if passed_over_enough(rounds):
        return
    known = {one.occasion for one in rounds}
    due = [round_ for round_, after in WEEKS.items() if referral.first_met_at + after <= now and round_ not in known]
    for round_ in due[-1:]:  # after a long stand-still only the newest: nobody is asked three rounds in one hour
        made = uuid4()
        await follow_ups.insert_follow_up(tx, made, now, referral_id=referral_id, occasion=round_.value)
        if await may_ask_newcomer(scene):
            await ask_how_it_is(scene, made)
        else:
            await owe(scene, TaskKind.FOLLOW_UP_BY_PERSON, reason=round_.value, due_at=now + config.timing.follow_up_open, about_id=made)
        at = now + config.timing.follow_up_open
        await set_timer(scene, TimerKind.FOLLOW_UP_SILENT, referral_id, at, due_for=round_.value)


def passed_over_enough(rounds: Sequence[FollowUp]) -> bool:
    """Whether so many rounds were passed over that no more are asked."""
    return sum(one.state in NOT_ANSWERED for one in rounds) >= MOST_SKIPPED


async def end_silent_rounds(tx: Connection, config: Config, now: datetime, referral_id: UUID) -> None:
    """Nobody answered for fourteen days: the round is over, and that is fine."""
    await audit.claim_acting(tx, CLOCK, "follow_up_silent", now)
    scene = await claim_scene(tx, config, now, referral_id)
    for one in await follow_ups.list_follow_ups(tx, referral_id):
        if one.state is FollowUpState.ASKED and one.round is not Round.AFTER and one.asked_at + config.timing.follow_up_open <= now:
            await end_round(scene, one, FollowUpState.SILENT)


async def end_round(
    scene: Scene, one: FollowUp, state: FollowUpState, *, by: str | None = None, how: str | None = None, staff_id: UUID | None = None
) -> bool:
    """A round is over: its letter if that has not left, its links and its task end; after the last one the referral is complete (R46)."""
    if not await follow_ups.claim_ended(scene.tx, one.id, scene.now, state=state, answered_by=by, how=how):
        return False
    await letters.update_letters_cancelled(scene.tx, [one.id], scene.now, kinds=[LetterKind.FOLLOW_UP.value])
    outcome = TaskOutcome.RECORDED if state is FollowUpState.ANSWERED else TaskOutcome.SUPERSEDED
    kinds = [TaskKind.FOLLOW_UP_BY_PERSON.value]
    await tasks.update_tasks_done(scene.tx, one.id, scene.now, outcome=outcome.value, kinds=kinds, done_by=staff_id)
    if await _series_is_over(await again(scene)):
        await complete(scene)
    return True


async def _series_is_over(scene: Scene) -> bool:
    """Nothing more is asked, and no meeting is planned."""
    if scene.referral.state is not ReferralState.FOLLOWING or scene.referral.first_met_at is None:
        return False
    rounds = await follow_ups.list_follow_ups(scene.tx, scene.referral.id)
    ended = {one.round for one in rounds if one.state is not FollowUpState.ASKED}
    return Round.WEEK_12 in ended or passed_over_enough(rounds)


async def end_series(tx: Connection, config: Config, now: datetime, referral_id: UUID) -> None:
    """The clock looks whether a referral that is only followed has anything left to ask. If so it looks again later."""
    await audit.claim_acting(tx, CLOCK, "series_over", now)
    scene = await claim_scene(tx, config, now, referral_id)
    referral = scene.referral
    if referral.state is not ReferralState.FOLLOWING:
        return  # when it comes back to following, this is set again
    rounds = await follow_ups.list_follow_ups(tx, referral_id)
    asked = any(one.state is FollowUpState.ASKED for one in rounds if one.round is not Round.AFTER)
    ahead = referral.first_met_at is not None and referral.first_met_at + WEEKS[Round.WEEK_12] > now and not passed_over_enough(rounds)
    if asked or ahead:
        await await_end(scene)
    else:
        await complete(scene)


async def complete(scene: Scene) -> None:
    """It has ended well (R46): one line of thanks to the newcomer, and everything that waited for them is over."""
    referral = scene.referral
    moved = await referrals.claim_state(
        scene.tx,
        referral.id,
        scene.now,
        sources=[ReferralState.FOLLOWING],
        to=ReferralState.CLOSED,
        reason=CloseReason.COMPLETED.value,
    )
    if not moved:
        return
    await end_everything_after(scene)
    await say_thank_you(scene)


async def end_everything_after(scene: Scene) -> None:
    """A referral has closed: no timer, no question, no task of it is left."""
    referral = scene.referral
    await timers.update_timers_cancelled(scene.tx, [referral.id], scene.now)
    await tasks.update_tasks_done(scene.tx, referral.id, scene.now, outcome=TaskOutcome.SUPERSEDED.value)
    for one in await follow_ups.list_follow_ups(scene.tx, referral.id):
        await follow_ups.claim_ended(scene.tx, one.id, scene.now, state=FollowUpState.SILENT)
        await letters.update_letters_cancelled(scene.tx, [one.id], scene.now, kinds=[LetterKind.FOLLOW_UP.value])
        await letter_links.update_links_ended(scene.tx, one.id, scene.now)


async def end_episode_in_time(tx: Connection, config: Config, now: datetime, referral_id: UUID) -> None:
    """Ninety days after the first meeting the episode is over (E8). What is planned stays; nobody new is asked, and the follow-ups go on."""
    await audit.claim_acting(tx, CLOCK, "time_over", now)
    scene = await claim_scene(tx, config, now, referral_id)
    state = EpisodeState(scene.referral.episode)
    if can(EPISODE_TABLE, state, EpisodeEvent.TIME_OVER, by=CLOCK.kind):
        await episodes.claim_episode(tx, referral_id, source=state, to=EpisodeState.ENDED, reason=EpisodeReason.TIME_OVER)
