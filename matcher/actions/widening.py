"""What the newcomer says yes to when nobody was found: more may be tried, from now on and at once; or somebody of the service goes along."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from matcher.actions.amending import cancel_referral, check_hand
from matcher.actions.asking import reopen, set_look
from matcher.actions.scene import again, claim_scene
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.connection import Connection
from matcher.domain.errors import Refused
from matcher.domain.journey import REFERRAL_TABLE, YES_COUNTS, CancelReason, NeedsReason, ReferralEvent, ReferralState, check_can
from matcher.domain.rung import CONSENT, Rung, RungLine, RungOutcome
from matcher.domain.task import TaskKind, TaskOutcome
from matcher.domain.wishes import MayWiden
from matcher.store import audit, ladder_steps, tasks


class NothingNew(Refused):
    """Please tick what they say yes to. Nothing was changed."""


async def allow_widening(tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID, rungs: Sequence[Rung]) -> None:
    """The newcomer says yes to trying more (R22a): what they allow is kept as their own choice, and the search goes on with it at once.

    Raises NothingNew where all of it was allowed before. Nothing across a bar, an age, a consent or a check can be allowed here: no rung is one.
    """
    await audit.claim_acting(tx, actor, "widen", now)
    scene = await claim_scene(tx, config, now, referral_id)
    referral = scene.referral
    check_hand(actor, referral, now)
    waits = referral.state is ReferralState.NEEDS_PERSON
    yes_counts = waits and referral.needs_reason in {NeedsReason(reason).value for reason in YES_COUNTS}
    facts = {"yes_counts": yes_counts, "seat_held": referral.seats_taken > 0} if waits else {}
    check_can(REFERRAL_TABLE, referral.state, ReferralEvent.WIDEN, by=actor.kind, **facts)
    new = sorted(rung for rung in set(rungs) if rung in CONSENT and CONSENT[rung].value not in referral.may_widen)
    if not new:
        raise NothingNew
    allowed = {*referral.may_widen, *(CONSENT[rung].value for rung in new)}
    kept = [code.value for code in MayWiden if code.value in allowed]
    await ladder_steps.update_may_widen(tx, referral_id, kept, next_rung=min(new[0], Rung(referral.ladder_step)))
    await audit.insert_audit(tx, "referrals", referral_id, reason="may_widen_" + "_".join(rung.code for rung in new))
    await _done(tx, scene.referral.id, now, actor)
    if yes_counts:
        await reopen(scene, TaskOutcome.WIDENED, actor)
    scene = await again(scene)
    if scene.referral.is_asking:
        await set_look(scene, now)


async def send_worker(tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID) -> None:
    """Somebody of the service goes along instead (the seventh rung): the search ends, and everybody who was asked is thanked once."""
    scene = await claim_scene(tx, config, now, referral_id)
    check_hand(actor, scene.referral, now)
    await cancel_referral(tx, config, now, actor=actor, referral_id=referral_id, reason=CancelReason.ARRANGED_OTHERWISE)
    line = RungLine(Rung.WORKER, RungOutcome.TAKEN, now)
    await ladder_steps.insert_step(tx, referral_id, scene.referral.meeting_number, line)


async def _done(tx: Connection, referral_id: UUID, now: datetime, actor: Actor) -> None:
    kinds = [TaskKind.ASK_TO_WIDEN.value]
    await tasks.update_tasks_done(tx, referral_id, now, outcome=TaskOutcome.ANSWERED.value, kinds=kinds, done_by=actor.id)
