"""How it went, as the newcomer or their keyworker says it (R39 to R41, M14, M15). No other hand gets this far, and the database refuses one that would."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from matcher.actions.amending import check_hand
from matcher.actions.following import await_end, begin_rounds, end_everything_after
from matcher.actions.meeting_over import end_asking_about_it
from matcher.actions.planning_next import Company, look_for, options_for
from matcher.actions.scene import Scene, again, claim_scene
from matcher.actions.telling import owe
from matcher.config import Config
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.connection import Connection
from matcher.domain.errors import Changed
from matcher.domain.follow_up import FollowUpState
from matcher.domain.journey import (
    EPISODE_TABLE,
    MATCH_TABLE,
    REFERRAL_TABLE,
    CloseReason,
    EpisodeEvent,
    EpisodeReason,
    MatchEvent,
    MatchState,
    ReferralEvent,
    ReferralState,
    check_can,
)
from matcher.domain.option import OptionKey
from matcher.domain.outbox import sealed_in
from matcher.domain.outcome import Barrier, Hand, Outcome, ToldHow, Went, WhatNow
from matcher.domain.referral import MOST_MEETINGS
from matcher.domain.task import TaskKind, TaskOutcome
from matcher.domain.wishes import EpisodeState
from matcher.store import audit, episodes, matches, outcomes, referrals

COMPANY = {
    WhatNow.AGAIN_SAME: Company.SAME,
    WhatNow.AGAIN_ANYBODY: Company.ANYBODY,
    WhatNow.AGAIN_OTHER: Company.SOMEBODY_ELSE,
}
ONE_LEFT = "one_left"
"""The reason on the keyworker's task after the fifth meeting: talk about who comes next."""


async def record_attended(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID, went: Went, how: ToldHow
) -> None:
    """They went, or went for part of it (R39). The follow-ups are set from the first meeting that was gone to."""
    await audit.claim_acting(tx, actor, "record_attended", now)
    scene = await _claim(tx, config, now, actor=actor, referral_id=referral_id)
    check_can(REFERRAL_TABLE, scene.referral.state, ReferralEvent.RECORD_ATTENDED, by=actor.kind)
    await _keep(scene, actor, went, how=how)
    await _count(scene, actor)
    await _move(scene, ReferralState.FOLLOWING)
    await await_end(scene)


async def record_not_attended(
    tx: Connection,
    config: Config,
    now: datetime,
    *,
    actor: Actor,
    referral_id: UUID,
    how: ToldHow,
    what_now: WhatNow,
    barrier: Barrier | None = None,
    picked: Sequence[OptionKey] = (),
) -> bool:
    """They did not go (R40, R41): another try at the same meeting number, or that was it. False where they try again and nothing fits yet."""
    await audit.claim_acting(tx, actor, "record_not_attended", now)
    scene = await _claim(tx, config, now, actor=actor, referral_id=referral_id)
    referral = scene.referral
    later = referral.meeting_number > 1
    chosen = await options_for(scene, picked) if what_now in COMPANY else []
    facts = {"try_again": what_now in COMPANY, "has_option": bool(chosen), "later_meeting": later}
    check_can(REFERRAL_TABLE, referral.state, ReferralEvent.RECORD_NOT_ATTENDED, by=actor.kind, **facts)
    await _keep(scene, actor, Went.NO, how=how, barrier=barrier)
    if what_now in COMPANY:
        await look_for(scene, actor, chosen, company=COMPANY[what_now], meeting_number=referral.meeting_number)
        return bool(chosen)
    if later:
        await _move(scene, ReferralState.FOLLOWING)
        await await_end(scene)
    else:
        await _move(scene, ReferralState.CLOSED, CloseReason.NOT_ATTENDED)
        await end_everything_after(scene)
    return True


async def _claim(tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID) -> Scene:
    scene = await claim_scene(tx, config, now, referral_id)
    check_hand(actor, scene.referral, now)
    return scene


async def _keep(scene: Scene, actor: Actor, went: Went, *, how: ToldHow, barrier: Barrier | None = None) -> None:
    """The outcome, the matches' own word for it, and no more asking about it."""
    tx, referral = scene.tx, scene.referral
    held = [one for one in await matches.list_matches(tx, referral.id, referral.meeting_number) if one.state is MatchState.CONFIRMED]
    if not held:
        raise Changed()
    event = MatchEvent.RECORD_NOT_ATTENDED if went is Went.NO else MatchEvent.RECORD_ATTENDED
    for match in held:
        check_can(MATCH_TABLE, match.state, event, by=actor.kind)
    outcome = Outcome(
        referral_id=referral.id,
        meeting_number=referral.meeting_number,
        attempt=await outcomes.find_attempt(tx, referral.id, referral.meeting_number),
        meeting_at=held[0].starts_at,
        went=went,
        recorded_by=Hand.NEWCOMER if actor.kind is ActorKind.NEWCOMER else Hand.KEYWORKER,
        recorder_id=actor.id or referral.newcomer_id,
        how=how,
        recorded_at=scene.now,
        barrier=None,
    )
    if barrier is not None and referral.key is not None:
        place = "outcomes.barrier_box"
        box = scene.config.vault.seal(referral.key, f"{place}:{referral.id}", {"barrier": barrier.value})
        outcome = replace(outcome, barrier=sealed_in(place, referral.id, referral.key, box))
    own = actor.kind is ActorKind.NEWCOMER
    await end_asking_about_it(scene, None if own else FollowUpState.SILENT, outcome=TaskOutcome.RECORDED)
    await outcomes.insert_outcome(tx, outcome)
    await outcomes.update_matches_outcome(tx, referral.id, referral.meeting_number, met=went is not Went.NO)


async def _count(scene: Scene, actor: Actor) -> None:
    """One more of six: the first sets the follow-ups, the sixth ends the episode, after the fifth the keyworker talks about who comes next."""
    tx, referral = scene.tx, scene.referral
    sixth = referral.met_count + 1 >= MOST_MEETINGS
    met = await matches.list_matches(tx, referral.id, referral.meeting_number)
    await episodes.update_met(tx, referral.id, first_met_at=met[0].starts_at)
    state = EpisodeState(referral.episode)
    facts = {"sixth": sixth} if state in (EpisodeState.GOING, EpisodeState.RESTING) else {}
    step = check_can(EPISODE_TABLE, state, EpisodeEvent.RECORD_ATTENDED, by=actor.kind, **facts)
    if isinstance(step.to, EpisodeState):
        reason = EpisodeReason.SIX_MET if step.to is EpisodeState.ENDED else None
        await episodes.claim_episode(tx, referral.id, source=state, to=step.to, reason=reason)
    if referral.first_met_at is None:
        await begin_rounds(scene, met[0].starts_at)
    if referral.met_count + 1 == MOST_MEETINGS - 1:
        await owe(scene, TaskKind.TELL_IN_PERSON, reason=ONE_LEFT)


async def _move(scene: Scene, to: ReferralState, reason: CloseReason | None = None) -> None:
    fresh = await again(scene)
    sources = [ReferralState.AWAITING_OUTCOME]
    why = reason.value if reason else None
    if not await referrals.claim_state(scene.tx, fresh.referral.id, scene.now, sources=sources, to=to, reason=why):
        raise Changed()
