"""What the clock does: each due timer is one action, whose effect and end commit together; and the sweeps that run beside them."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

from matcher.actions.bundling import write_again
from matcher.actions.climbing import flag_overdue, look_on
from matcher.actions.confirming import decide_pair, decide_without_answer, end_undo_window
from matcher.actions.confirming_day import ask_day, decide_unconfirmed, end_stand_by
from matcher.actions.ending import end_unfilled
from matcher.actions.following import end_episode_in_time, end_series, end_silent_rounds, follow_up_due
from matcher.actions.leaving import flag_no_first_contact
from matcher.actions.meeting_over import chase_outcome, end_meeting, give_up_outcome
from matcher.actions.reminding import (
    remind_companion_again,
    remind_companion_day_before,
    remind_newcomer_again,
    remind_newcomer_day_before,
)
from matcher.actions.scene import claim_scene
from matcher.actions.withdrawing import recheck_offer, take_back
from matcher.config import Config
from matcher.domain.actor import CLOCK
from matcher.domain.connection import Connection
from matcher.domain.journey_word import OfferReason, OfferState
from matcher.domain.outbox import Timer, TimerKind
from matcher.store import audit, glances, offers, timers
from matcher.store.glances import Due

LEASE = timedelta(seconds=50)


class TakenOver(Exception):
    """Another worker ended this timer meanwhile: everything this one did is rolled back."""


async def claim_timers(tx: Connection, now: datetime, *, lease_id: UUID, most: int) -> list[Timer]:
    """Take due timers to run."""
    return await timers.claim_due_timers(tx, now, lease_id=lease_id, most=most, lease=LEASE)


async def glance(c: Connection, now: datetime) -> Due:
    """Whether anything fell due, for a worker at rest. Takes and changes nothing."""
    return await glances.find_due(c, now)


async def run_timer(tx: Connection, config: Config, now: datetime, timer: Timer) -> None:
    """Do what a timer is for, and end it, in one transaction. Each re-reads its facts: one that no longer applies just ends.

    Raises TakenOver, which undoes everything, when its lease was lost.
    """
    late = now > timer.not_after
    if not late:
        await DO[TimerKind(timer.kind)](tx, config, now, timer.about_id)
    if not await timers.claim_timer_end(tx, timer, now, state="expired" if late else "done"):
        raise TakenOver()


async def hold_poisonous_timers(tx: Connection, now: datetime) -> int:
    """Hold timers that never came to an end, whatever they do to their worker. Returns how many: the operator is told, `check` names them."""
    return await timers.claim_poisonous_timers(tx, now)


async def expire_offer(tx: Connection, config: Config, now: datetime, offer_id: UUID) -> None:
    """The reply-by has passed (O8): softly, the link works on. An offer whose letter never left is taken back instead."""
    await audit.claim_acting(tx, CLOCK, "reply_by_passed", now)
    scene = await claim_scene(tx, config, now, (await offers.get_offer(tx, offer_id)).referral_id)
    if await offers.claim_offer_state(tx, offer_id, now, sources=[OfferState.SENT], to=OfferState.EXPIRED):
        return
    if (await offers.get_offer(tx, offer_id)).state is OfferState.QUEUED:
        await take_back(scene, offer_id, reason=OfferReason.NO_LONGER_NEEDED)


async def _look(tx: Connection, config: Config, now: datetime, referral_id: UUID) -> None:
    await look_on(tx, config, now, referral_id)


async def _last_moment(tx: Connection, config: Config, now: datetime, referral_id: UUID) -> None:
    await end_unfilled(tx, config, now, referral_id)


async def _undo_over(tx: Connection, config: Config, now: datetime, match_id: UUID) -> None:
    await end_undo_window(tx, config, now, match_id)


DO: dict[TimerKind, Callable[[Connection, Config, datetime, UUID], Awaitable[None]]] = {
    TimerKind.LOOK: _look,
    TimerKind.OFFER_EXPIRY: expire_offer,
    TimerKind.WRITE_OFFER_AGAIN: write_again,
    TimerKind.RECHECK_OFFER: recheck_offer,
    TimerKind.UNDO_OVER: _undo_over,
    TimerKind.REMIND_COMPANION: remind_companion_day_before,
    TimerKind.REMIND_COMPANION_AGAIN: remind_companion_again,
    TimerKind.REMIND_NEWCOMER: remind_newcomer_day_before,
    TimerKind.REMIND_NEWCOMER_AGAIN: remind_newcomer_again,
    TimerKind.PAIR_DEADLINE: decide_pair,
    TimerKind.ANSWER_DEADLINE: decide_without_answer,
    TimerKind.LAST_MOMENT: _last_moment,
    TimerKind.UNMATCHED: flag_overdue,
    TimerKind.MORNING_OF: ask_day,
    TimerKind.DAY_UNCONFIRMED: decide_unconfirmed,
    TimerKind.STAND_BY_OVER: end_stand_by,
    TimerKind.MEETING_ENDED: end_meeting,
    TimerKind.OUTCOME_CHASE: chase_outcome,
    TimerKind.OUTCOME_SILENT: give_up_outcome,
    TimerKind.FOLLOW_UP: follow_up_due,
    TimerKind.FOLLOW_UP_SILENT: end_silent_rounds,
    TimerKind.SERIES_OVER: end_series,
    TimerKind.EPISODE_OVER: end_episode_in_time,
    TimerKind.FIRST_CONTACT: flag_no_first_contact,
}
"""Every kind of timer and its one action; a test proves the table complete."""
