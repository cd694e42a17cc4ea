"""Pausing, starting again and leaving, by a coordinator on a volunteer's word or by the volunteer's own link (V7, V8, V11). Nobody asks why."""

from datetime import date, datetime
from uuid import UUID

from matcher.actions.rostering import current_role_card
from matcher.actions.telling_roster import tell_roster_change
from matcher.actions.withdrawing import cancel_matches_of_volunteer, withdraw_offers_of_volunteer
from matcher.config import Config
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.connection import Connection
from matcher.domain.errors import Changed
from matcher.domain.journey_table import check_can
from matcher.domain.journey_volunteer import VOLUNTEER_TABLE
from matcher.domain.journey_word import PauseReason, VolunteerEvent, VolunteerState
from matcher.domain.letter_parts import RosterChange
from matcher.domain.permission import check_can_change_volunteer, check_can_pause_self
from matcher.domain.roster import VolunteerProfile
from matcher.domain.task import TaskKind, TaskOutcome
from matcher.store import tasks, volunteers
from matcher.store.audit import claim_acting

BOUNCED = (TaskKind.VOLUNTEER_BOUNCED.value, TaskKind.REWRITE_ADDRESS.value)


async def pause_volunteer(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, volunteer_id: UUID, until: date | None = None
) -> bool:
    """V7: nobody asks them any more; what they were asked is withdrawn, meetings that are planned stay. False where they paused already.

    `until` is a note for the coordinator's list: nobody starts again by themselves. The clock pauses whose address does not work.
    """
    await claim_acting(tx, actor, "pause", now)
    profile = await volunteers.get_profile(tx, volunteer_id)
    _check_may_stop(actor, profile, now)
    check_can(VOLUNTEER_TABLE, profile.state, VolunteerEvent.PAUSE, by=actor.kind)
    if profile.state is VolunteerState.PAUSED:
        return False
    reason = {ActorKind.COORDINATOR: PauseReason.COORDINATOR, ActorKind.CLOCK: PauseReason.UNDELIVERABLE}.get(
        actor.kind, PauseReason.OWN_WISH
    )
    await _stop(tx, config, now, profile=profile, to=VolunteerState.PAUSED, reason=reason, until=until)
    await tasks.update_tasks_done(tx, volunteer_id, now, outcome=TaskOutcome.PAUSED.value, kinds=BOUNCED, done_by=actor.id)
    await tell_roster_change(tx, config, now, volunteer_id=volunteer_id, change=RosterChange.PAUSED)
    return True


async def resume_volunteer(tx: Connection, config: Config, now: datetime, *, actor: Actor, volunteer_id: UUID) -> None:
    """V8: they may be asked again. Raises RoleCardUnread where the card has changed meanwhile, Changed."""
    await claim_acting(tx, actor, "resume", now)
    profile = await volunteers.get_profile(tx, volunteer_id)
    _check_may_stop(actor, profile, now)
    read = profile.answers.role_card_version == current_role_card()
    check_can(VOLUNTEER_TABLE, profile.state, VolunteerEvent.RESUME, by=actor.kind, role_card_read=read)
    if not await volunteers.claim_volunteer_state(tx, profile, VolunteerState.ACTIVE, now):
        raise Changed


async def leave_roster(tx: Connection, config: Config, now: datetime, *, actor: Actor, volunteer_id: UUID) -> None:
    """V11: they are off the roster; what they were asked is withdrawn, planned meetings are given back and somebody else is looked for."""
    await claim_acting(tx, actor, "leave", now)
    profile = await volunteers.get_profile(tx, volunteer_id)
    _check_may_stop(actor, profile, now)
    check_can(VOLUNTEER_TABLE, profile.state, VolunteerEvent.LEAVE, by=actor.kind)
    await cancel_matches_of_volunteer(tx, config, now, volunteer_id=volunteer_id)
    await _stop(tx, config, now, profile=profile, to=VolunteerState.LEFT)
    await tasks.update_tasks_done(tx, volunteer_id, now, outcome=TaskOutcome.LEFT.value, kinds=BOUNCED, done_by=actor.id)
    admitting = [TaskKind.ADMIT_VOLUNTEER.value]
    await tasks.update_tasks_done(tx, volunteer_id, now, outcome=TaskOutcome.TURNED_DOWN.value, kinds=admitting, done_by=actor.id)
    await tell_roster_change(tx, config, now, volunteer_id=volunteer_id, change=RosterChange.ENDED)


def _check_may_stop(actor: Actor, profile: VolunteerProfile, now: datetime) -> None:
    if actor.kind is ActorKind.VOLUNTEER:
        check_can_pause_self(actor, profile, now)
    elif actor.kind is not ActorKind.CLOCK:
        check_can_change_volunteer(actor, profile, now)


async def _stop(
    tx: Connection,
    config: Config,
    now: datetime,
    *,
    profile: VolunteerProfile,
    to: VolunteerState,
    reason: PauseReason | None = None,
    until: date | None = None,
) -> None:
    """Withdraw, move, withdraw: referrals are always locked before a volunteer, and an ask that slipped in between is caught by the second."""
    await withdraw_offers_of_volunteer(tx, config, now, volunteer_id=profile.id)
    if not await volunteers.claim_volunteer_state(tx, profile, to, now, paused_reason=reason, paused_until=until):
        raise Changed
    await withdraw_offers_of_volunteer(tx, config, now, volunteer_id=profile.id)
