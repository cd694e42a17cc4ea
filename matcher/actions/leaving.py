"""Somebody who leaves a place of treatment: the first contact is due soon after (discharge mode), and a client who leaves the service (R53)."""

from datetime import datetime
from uuid import UUID

from matcher.actions.amending import check_hand
from matcher.actions.asking import set_timer
from matcher.actions.ending import end_referral
from matcher.actions.scene import Scene, claim_scene
from matcher.actions.telling import alert_coordinators, owe
from matcher.config import Config
from matcher.domain.actor import CLOCK, Actor
from matcher.domain.connection import Connection
from matcher.domain.journey import REFERRAL_TABLE, CancelReason, CloseReason, MatchState, ReferralEvent, ReferralState, check_can
from matcher.domain.letter_parts import AlertReason, Ending
from matcher.domain.outbox import TimerKind
from matcher.domain.task import TaskKind, TaskOutcome
from matcher.domain.timing import first_contact_due
from matcher.store import audit, matches, referral_changes, referrals

HAVE_MET = (ReferralState.AWAITING_OUTCOME, ReferralState.FOLLOWING, ReferralState.CLOSED)
FIRST_CONTACT = "first_contact"
"""The reason on the coordinator's task."""


async def await_first_contact(scene: Scene) -> None:
    """Set when the first contact after leaving is overdue. Nothing where no leaving date is known."""
    if scene.referral.leaving_on is not None:
        due = first_contact_due(scene.referral.leaving_on, scene.area.zone, timing=scene.config.timing)
        await set_timer(scene, TimerKind.FIRST_CONTACT, scene.referral.id, due)


async def flag_no_first_contact(tx: Connection, config: Config, now: datetime, referral_id: UUID) -> None:
    """48 hours after they left nobody has met them, or meets them now: a flag, a line on the queue and one alert. A plan for later is no contact yet."""
    await audit.claim_acting(tx, CLOCK, "first_contact_due", now)
    scene = await claim_scene(tx, config, now, referral_id)
    referral = scene.referral
    live = await matches.list_matches(tx, referral_id, referral.meeting_number)
    met = referral.met_count > 0 or any(match.state is MatchState.CONFIRMED and match.meet_at <= now for match in live)
    if not referral.is_open or met or referral.state in HAVE_MET or referral.state is ReferralState.ON_HOLD:
        return
    await referrals.update_overdue(tx, referral_id, now)
    await owe(scene, TaskKind.OVERDUE, reason=FIRST_CONTACT, due_at=referral.deadline)
    await alert_coordinators(scene, AlertReason.OVERDUE, do_by=referral.deadline)


async def discharge(tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID) -> None:
    """The client has left the service (R53): companions read "cancelled", follow-ups end, and nothing is sent to the newcomer any more."""
    reason = CancelReason.DISCHARGED
    await audit.claim_acting(tx, actor, "discharge", now, reason=reason.value)
    scene = await claim_scene(tx, config, now, referral_id)
    check_hand(actor, scene.referral, now)
    check_can(REFERRAL_TABLE, scene.referral.state, ReferralEvent.DISCHARGE, by=actor.kind)
    await end_referral(scene, actor, ending=Ending.CANCELLED, close=CloseReason.CANCELLED, outcome=TaskOutcome.CANCELLED)
    await referral_changes.update_cancel_reason(tx, referral_id, reason.value)
