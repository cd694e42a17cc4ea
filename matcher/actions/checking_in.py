"""A volunteer says how they themself are. It leads to a coordinator who rings them, and to nobody's outcome: no referral is read here, nor written."""

from datetime import datetime
from uuid import UUID, uuid4

from matcher.actions.letter_writing import Occasion, roster_sender, staff_recipient, write_letter
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.connection import Connection
from matcher.domain.errors import Invalid
from matcher.domain.letter import CoordinatorAlertLetter
from matcher.domain.letter_parts import AlertReason
from matcher.domain.permission import check_can_check_in
from matcher.domain.task import TaskKind
from matcher.store import audit, check_ins, parties, tasks

RING = {"ring_me": "check_in_ring", "worried": "check_in_worry"}
"""What somebody says for whom a coordinator must ring, and the reason on the line."""
ANSWERS: dict[str, dict[str, str | bool]] = {
    "ok": {"feeling": "ok"},
    "ring_me": {"feeling": "ring_me"},
    "worried": {"feeling": "worried"},
    "again_yes": {"happy_again": True},
    "again_not_now": {"happy_again": False},
    "thank_yes": {"may_thank": True},
    "thank_no": {"may_thank": False},
}
"""Every answer of the three pages. Whether somebody came is not among them."""


async def answer_check_in(tx: Connection, config: Config, now: datetime, *, actor: Actor, check_in_id: UUID, choice: str) -> None:
    """Keep one answer. "Please ring me" and "something worried me" open a line and write to the coordinators at once. Raises Invalid, Hidden."""
    check_in = await check_ins.get_check_in(tx, check_in_id)
    check_can_check_in(actor, check_in, now)
    if choice not in ANSWERS:
        raise Invalid({"choice": "not_offered"})
    await audit.claim_acting(tx, actor, "check_in", now)
    said = ANSWERS[choice]
    feeling, again, thank = said.get("feeling"), said.get("happy_again"), said.get("may_thank")
    changed = await check_ins.claim_answer(
        tx,
        check_in_id,
        now,
        feeling=str(feeling) if feeling else None,
        happy_again=bool(again) if again is not None else None,
        may_thank=bool(thank) if thank is not None else None,
    )
    if changed and choice in RING:
        await _call_coordinators(tx, config, now, check_in.volunteer_id, check_in_id=check_in_id, reason=RING[choice])


async def _call_coordinators(tx: Connection, config: Config, now: datetime, volunteer_id: UUID, *, check_in_id: UUID, reason: str) -> None:
    area = (await parties.get_volunteer_party(tx, volunteer_id)).area
    line = tasks.Task(
        id=uuid4(),
        kind=TaskKind.RING_THEM.value,
        reason=reason,
        for_role="coordinator",
        provider_id=None,
        area_id=area.id,
        staff_id=None,
        about_id=check_in_id,
        volunteer_id=volunteer_id,
        opened_at=now,
        due_at=now + config.timing.meeting_over,
    )
    await tasks.insert_task(tx, line)
    for party in await parties.list_coordinators_of(tx, area.id):
        if party.email_state != "ok":
            continue
        letter = CoordinatorAlertLetter(
            reason=AlertReason.SAFETY_FLAG, urgent=True, area=area.name, do_by=None, sign_in_link=config.link("/sign-in")
        )
        to = staff_recipient(config, party, config.vault.open(party.details), roster_sender(config, area))
        occasion = Occasion(about_id=check_in_id, due_at=now, not_after=now + config.timing.mail_retry, area_id=area.id, recurs=reason)
        await write_letter(tx, config, now, letter, to=to, occasion=occasion)
