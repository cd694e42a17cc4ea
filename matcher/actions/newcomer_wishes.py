"""What a newcomer asks for on their own page that a person has to arrange: another day or time."""

from datetime import datetime
from uuid import UUID

from matcher.actions.amending import check_hand
from matcher.actions.scene import claim_scene
from matcher.actions.telling import notify_keyworker, owe
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.connection import Connection
from matcher.domain.letter_parts import KeyworkerReason
from matcher.domain.task import TaskKind
from matcher.store import audit, tasks

OTHER_TIME = "other_time"
"""The reason on the keyworker's task."""


async def ask_for_other_time(tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID) -> bool:
    """The newcomer would like another day or time: their keyworker is told and rings them. The plan stands until then. False where asked already."""
    await audit.claim_acting(tx, actor, "want_other_time", now)
    scene = await claim_scene(tx, config, now, referral_id)
    check_hand(actor, scene.referral, now)
    open_tasks = await tasks.list_open_tasks_of_referral(tx, referral_id)
    if not scene.referral.is_open or any(task.reason == OTHER_TIME for task in open_tasks):
        return False
    starts = [option.starts_at for option in scene.open_options]
    do_by = min(starts) if starts else None
    # About the newcomer, not the referral: another thing to tell them in person must not be lost under this one.
    await owe(scene, TaskKind.TELL_IN_PERSON, reason=OTHER_TIME, due_at=do_by, about_id=scene.referral.newcomer_id)
    await notify_keyworker(scene, KeyworkerReason.OTHER_TIME, do_by=do_by)
    await audit.insert_audit(tx, "referrals", referral_id)
    return True
