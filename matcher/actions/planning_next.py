"""The next meeting together (R44), another try at one that was missed (R40), and the episode of up to six that they belong to (E3 to E7)."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from matcher.actions.amending import check_hand
from matcher.actions.asking import begin_asking, set_timer
from matcher.actions.choosing_meetings import Fitting, Seeker, choose_for, find_picked
from matcher.actions.following import complete
from matcher.actions.meeting_over import end_asking_about_it
from matcher.actions.scene import Scene, again, claim_scene
from matcher.actions.searching import needs_in
from matcher.actions.telling import alert_coordinators, owe
from matcher.actions.unwinding import withdraw_offers
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.connection import Connection
from matcher.domain.errors import Changed, Invalid, Refused
from matcher.domain.follow_up import FollowUpState
from matcher.domain.journey import (
    EPISODE_TABLE,
    REFERRAL_TABLE,
    EpisodeEvent,
    EpisodeReason,
    NeedsReason,
    OfferReason,
    ReferralEvent,
    ReferralState,
    check_can,
)
from matcher.domain.letter_parts import AlertReason
from matcher.domain.option import OptionKey
from matcher.domain.outbox import TimerKind
from matcher.domain.referral import MOST_MEETINGS
from matcher.domain.task import TaskKind
from matcher.domain.timing import answer_without_meeting
from matcher.domain.wishes import EpisodeState, NewcomerConsent
from matcher.matching.eligible import as_on_the_form
from matcher.store import audit, consents, episodes, referral_changes, referrals


class Company(StrEnum):
    """Who should come along next time. `somebody_else` is a wall: whoever came last is not asked again for this newcomer."""

    SAME = "same"
    ANYBODY = "anybody"
    SOMEBODY_ELSE = "somebody_else"


class SixMet(Refused):
    """They have been to six meetings together, which is the most. From here they go with people they know by now."""


class ConsentMissing(Refused):
    """They have not agreed that we tell a volunteer about them, so nobody is asked. Ask them first."""


async def seeker_of_referral(scene: Scene) -> Seeker:
    """Who looks for the next meeting: the needs as the referral holds them."""
    needs = as_on_the_form(await needs_in(scene, []))
    return Seeker(needs=needs, newcomer_id=scene.referral.newcomer_id, provider=scene.provider)


async def plan_next_meeting(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID, company: Company, picked: Sequence[OptionKey] = ()
) -> bool:
    """One more meeting together (R44, E3): up to three dates that were picked, or, where none was, chosen for them. False where nothing fits.

    Raises SixMet, ConsentMissing, MovedOn; Invalid where a picked date cannot be had any more.
    """
    await audit.claim_acting(tx, actor, "plan_next_meeting", now)
    scene = await claim_scene(tx, config, now, referral_id)
    referral = scene.referral
    check_hand(actor, referral, now)
    if referral.met_count >= MOST_MEETINGS or referral.meeting_number >= MOST_MEETINGS:
        raise SixMet()
    chosen = await _chosen(scene, picked)
    check_can(REFERRAL_TABLE, referral.state, ReferralEvent.PLAN_NEXT_MEETING, by=actor.kind, has_option=bool(chosen))
    state = EpisodeState(referral.episode)
    if state is EpisodeState.RESTING:
        await _move_episode(scene, actor, EpisodeEvent.RESUME)
        state = EpisodeState.GOING
    check_can(EPISODE_TABLE, state, EpisodeEvent.PLAN_NEXT_MEETING, by=actor.kind, under_six=True)
    await end_asking_about_it(scene, FollowUpState.SILENT)
    await look_for(scene, actor, chosen, company=company, meeting_number=referral.meeting_number + 1)
    return bool(chosen)


async def _chosen(scene: Scene, picked: Sequence[OptionKey]) -> list[Fitting]:
    """The dates that company is asked for. They are of one fellowship: its members are asked."""
    seeker = await seeker_of_referral(scene)
    if not picked:
        return await choose_for(scene.tx, scene.now, seeker)
    found = await find_picked(scene.tx, scene.now, seeker, picked)
    if len(found) < len(set(picked)):
        raise Invalid({"options": "not_held"})
    if len({one.meeting.fellowship for one in found}) > 1:
        raise Invalid({"options": "two_fellowships"})
    return found


async def options_for(scene: Scene, picked: Sequence[OptionKey]) -> list[Fitting]:
    """As `plan_next_meeting` finds them, for another try at a meeting that was missed."""
    return await _chosen(scene, picked)


async def look_for(scene: Scene, actor: Actor, chosen: Sequence[Fitting], *, company: Company, meeting_number: int) -> None:
    """Every seat is free and company is looked for, the same companion first where that is wished; with no date at all a person is called."""
    tx, referral = scene.tx, scene.referral
    if not await consents.find_consent(tx, referral.newcomer_id, NewcomerConsent.TELL_VOLUNTEER.value):
        raise ConsentMissing()
    await withdraw_offers(
        scene, reason=OfferReason.NO_LONGER_NEEDED, everything=True
    )  # silent ones of the last try: their people may be asked anew
    last = [row["volunteer_id"] for row in await episodes.list_companions(tx, referral.id, referral.meeting_number)]
    if company is Company.SOMEBODY_ELSE:
        for volunteer_id in last:
            await referral_changes.insert_newcomer_bar(tx, referral.newcomer_id, volunteer_id, scene.now, set_by=actor.id)
    moved = await episodes.claim_next_try(
        tx,
        referral.id,
        scene.now,
        sources=[ReferralState.AWAITING_OUTCOME, ReferralState.FOLLOWING],
        meeting_number=meeting_number,
        needs_reason=None if chosen else NeedsReason.NO_CANDIDATE.value,
        ask_first=list(dict.fromkeys(last))[: referral.seats] if company is Company.SAME else [],
    )
    if not moved:
        raise Changed()
    await episodes.update_options_lost(tx, referral.id, meeting_number)
    for rank, one in enumerate(chosen, start=1):
        await referrals.insert_option(tx, _option(referral.id, meeting_number, one, rank=rank))
    fresh = await again(scene)
    if chosen:
        await begin_asking(fresh)
    else:
        await _call_person(fresh)


def _option(referral_id: UUID, meeting_number: int, one: Fitting, *, rank: int) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "referral_id": referral_id,
        "meeting_number": meeting_number,
        "rank": rank,
        "meeting_id": one.meeting.id,
        "fellowship": one.meeting.fellowship.value,
        "on_date": one.occurrence.on_date,
        "starts_at": one.occurrence.starts_at,
        "ends_at": one.occurrence.ends_at,
        "meet_at": one.meeting.meets_at(one.occurrence),
        "picked_by_hand": one.option.picked_by_hand,
    }


async def _call_person(scene: Scene) -> None:
    """Nothing fits in the weeks ahead (R40a, R44a): the coordinator looks, and an answer comes by a stated moment."""
    referral, timing = scene.referral, scene.config.timing
    deadline = answer_without_meeting(scene.now, referral.earliest_on, scene.area.zone, timing=timing)
    await referrals.update_asking(scene.tx, referral.id, asking_since=None, deadline=deadline)
    due_for = f"{referral.meeting_number} {deadline.isoformat()}"
    await set_timer(scene, TimerKind.LAST_MOMENT, referral.id, deadline, due_for=due_for)
    await owe(scene, TaskKind.NEEDS_PERSON, reason=NeedsReason.NO_CANDIDATE.value, due_at=scene.now + timing.unmatched_alert)
    await alert_coordinators(scene, AlertReason.NO_CANDIDATE)


# ── the episode ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


ENDS: dict[EpisodeEvent, EpisodeReason] = {
    EpisodeEvent.OWN_CONTACT: EpisodeReason.OWN_CONTACT,
    EpisodeEvent.STOP_EPISODE: EpisodeReason.NEWCOMER_STOPPED,
}


async def change_episode(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID, event: EpisodeEvent, ask_on: bool = True
) -> None:
    """Rest, go on, or end it because they have contacts of their own or want no more (E5 to E7). Nobody who went along is told anything.

    Without `ask_on` no more questions are wanted: where nothing is planned the referral is complete (R46).
    """
    await audit.claim_acting(tx, actor, event.value, now)
    scene = await claim_scene(tx, config, now, referral_id)
    check_hand(actor, scene.referral, now)
    if scene.referral.state not in (ReferralState.FOLLOWING, ReferralState.AWAITING_OUTCOME):
        raise Changed()
    await _move_episode(scene, actor, event)
    await audit.insert_audit(tx, "referrals", referral_id)
    if event in ENDS and not ask_on:
        await complete(scene)


async def _move_episode(scene: Scene, actor: Actor, event: EpisodeEvent) -> None:
    state = EpisodeState(scene.referral.episode)
    step = check_can(EPISODE_TABLE, state, event, by=actor.kind)
    if not isinstance(step.to, EpisodeState):
        return
    if not await episodes.claim_episode(scene.tx, scene.referral.id, source=state, to=step.to, reason=ENDS.get(event)):
        raise Changed()
