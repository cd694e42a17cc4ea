"""What becomes of letters: claimed with a lease, recorded once, and what a person is owed when one could not be delivered (reliability 3, 4)."""

import random
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from matcher.actions.asking import set_look
from matcher.actions.bundling import let_go_beside
from matcher.actions.scene import claim_scene
from matcher.actions.telling import alert_coordinators, notify_keyworker, owe
from matcher.actions.withdrawing import take_back, withdraw_offers_of_volunteer
from matcher.config import Config
from matcher.domain.actor import CLOCK
from matcher.domain.connection import Connection
from matcher.domain.delivery import AddressRefused, LetterRefused, NotSendable, Outcome, Sent, Unknown, next_try_after
from matcher.domain.journey_word import OfferReason, OfferState
from matcher.domain.letter_kind import LetterKind
from matcher.domain.letter_parts import AlertReason, KeyworkerReason
from matcher.domain.outbox import ClaimedLetter, EndedLetter
from matcher.domain.task import TaskKind
from matcher.store import audit, bounces, bundles, letter_links, letters, matches, offers, referrals, tasks

LEASE = timedelta(seconds=50)
"""Longer than an attempt's deadline (30 s), shorter than the minute in which a dead worker's letter must move again."""
NO_HARM = tuple(
    kind.value
    for kind in (
        LetterKind.COVERED,
        LetterKind.ROSTER_NOTICE,
        LetterKind.OFFER,
        LetterKind.OFFER_ACCEPTED,
        LetterKind.MORNING_OF,
        LetterKind.REMINDER,
    )
)
"""Letters whose loss needs no telephone call: the page or an earlier letter has said it, another person is asked, or silence is looked at anyway."""


async def claim_letters(tx: Connection, now: datetime, *, lease_id: UUID, most: int) -> list[ClaimedLetter]:
    """Take due letters to send. Committed before the first of them is tried."""
    return await letters.claim_due_letters(tx, now, lease_id=lease_id, most=most, lease=LEASE)


async def record_outcome(tx: Connection, config: Config, now: datetime, letter: ClaimedLetter, *, outcome: Outcome) -> bool:
    """Write down what became of one attempt, and what follows from it. False when another worker had taken the letter over.

    Unknown (silence after the last byte) writes nothing: the lease ends and the same bytes go again.
    """
    if isinstance(outcome, Unknown):
        return True
    await audit.claim_acting(tx, CLOCK, "deliver_letter", now)
    await _claim_referrals(tx, letter, outcome)
    if isinstance(outcome, Sent):
        return await _sent(tx, now, letter, outcome.code)
    if isinstance(outcome, (AddressRefused, NotSendable, LetterRefused)):
        flag = not isinstance(outcome, LetterRefused)
        refused = "address" if flag else "letter"
        if not await letters.claim_outcome(tx, letter.id, letter.lease_id, state="bounced", code=outcome.code, now=now, refused=refused):
            return False
        await _bounced(tx, config, now, letter, flag=flag)
        return True
    code = outcome.code
    wait = next_try_after(letter.attempts, random.Random(f"{letter.id}{letter.attempts}"))
    return await letters.claim_next_try(tx, letter.id, letter.lease_id, next_at=now + wait, code=code)


async def _claim_referrals(tx: Connection, letter: ClaimedLetter, outcome: Outcome) -> None:
    """Lock every referral that this outcome touches, before the letter and in one order: two workers, or a worker and an answer, never cross."""
    touched = {letter.referral_id}
    if letter.kind == LetterKind.OFFER:
        touched |= {offer.referral_id for offer in await bundles.list_beside(tx, [letter.about_id])}
    if letter.party_kind == "volunteer" and isinstance(outcome, (AddressRefused, NotSendable)):
        touched |= {offer.referral_id for offer in await offers.list_open_offers_of_volunteer(tx, letter.party_id)}
    for referral_id in sorted(one for one in touched if one is not None):
        await referrals.claim_referral(tx, referral_id)


async def give_back(tx: Connection, letter: ClaimedLetter) -> bool:
    """A worker that stops puts back what it has not begun to send, for the next one to take at once. False when its lease was lost."""
    return await letters.claim_given_back(tx, letter.id, letter.lease_id)


async def _sent(tx: Connection, now: datetime, letter: ClaimedLetter, code: str) -> bool:
    if not await letters.claim_outcome(tx, letter.id, letter.lease_id, state="sent", code=code, now=now):
        return False
    await letter_links.update_older_links_ended(tx, letter.id, now)
    if letter.kind == LetterKind.OFFER:
        for offer_id in (letter.about_id, *(offer.id for offer in await bundles.list_beside(tx, [letter.about_id]))):
            await offers.claim_offer_state(tx, offer_id, now, sources=[OfferState.QUEUED], to=OfferState.SENT)
            await offers.update_sent_late(tx, offer_id, now)
    return True


async def _bounced(tx: Connection, config: Config, now: datetime, letter: ClaimedLetter | EndedLetter, *, flag: bool) -> None:
    """A letter that will not arrive: flag the address where it was refused, and tell a person within the minute."""
    if letter.party_kind == "volunteer":
        if flag:
            await _volunteer_unreachable(tx, config, now, letter.party_id)
        elif letter.kind == LetterKind.OFFER:
            await _never_asked(tx, config, now, letter.about_id)
        await _volunteer_not_told(tx, config, now, letter, flag=flag)
    elif letter.party_kind == "newcomer" and letter.referral_id:
        await _newcomer_not_told(tx, config, now, letter, flag=flag)
    elif flag and letter.party_kind == "staff":
        await bounces.update_staff_bounced(tx, letter.party_id)


async def _volunteer_unreachable(tx: Connection, config: Config, now: datetime, volunteer_id: UUID) -> None:
    """O15: paused until the address is corrected; what they were asked goes to the next person; the coordinator is told."""
    for offer in await offers.list_open_offers_of_volunteer(tx, volunteer_id):
        scene = await claim_scene(tx, config, now, offer.referral_id)
        moved = await offers.claim_offer_state(tx, offer.id, now, sources=[OfferState.QUEUED, OfferState.SENT], to=OfferState.UNDELIVERABLE)
        if not moved:
            await take_back(scene, offer.id, reason=OfferReason.VOLUNTEER_STOPPED)
        elif scene.referral.is_asking:
            await set_look(scene, now)
    await bounces.update_volunteer_bounced(tx, volunteer_id)
    await withdraw_offers_of_volunteer(tx, config, now, volunteer_id=volunteer_id)
    await tasks.insert_task(
        tx,
        tasks.Task(
            id=uuid4(),
            kind=TaskKind.VOLUNTEER_BOUNCED.value,
            reason="bounce",
            for_role="coordinator",
            provider_id=None,
            area_id=await bounces.find_area_of_volunteer(tx, volunteer_id),
            staff_id=None,
            about_id=volunteer_id,
            volunteer_id=volunteer_id,
            opened_at=now,
        ),
    )


async def _never_asked(tx: Connection, config: Config, now: datetime, offer_id: UUID) -> None:
    """An invitation that never left, though nothing is wrong with the address: the next person is asked instead."""
    offer = await offers.get_offer(tx, offer_id)
    scene = await claim_scene(tx, config, now, offer.referral_id)
    await let_go_beside(scene, [offer_id])
    if (await offers.get_offer(tx, offer_id)).state is OfferState.QUEUED:
        await take_back(scene, offer_id, reason=OfferReason.NO_LONGER_NEEDED)


async def _volunteer_not_told(tx: Connection, config: Config, now: datetime, letter: ClaimedLetter | EndedLetter, *, flag: bool) -> None:
    """A plan, change or cancellation a volunteer will not read: somebody rings them. Coordinators also hear of an address that was refused."""
    harmless = letter.kind in NO_HARM
    if letter.referral_id is None or (harmless and not flag):
        return
    scene = await claim_scene(tx, config, now, letter.referral_id)
    if not harmless:
        match = await matches.find_match(tx, letter.about_id)
        await owe(scene, TaskKind.RING_THEM, reason=letter.kind, due_at=scene.referral.deadline, match=match)
    await alert_coordinators(scene, AlertReason.BOUNCE if flag else AlertReason.NOT_TOLD, do_by=scene.referral.deadline)


async def _newcomer_not_told(tx: Connection, config: Config, now: datetime, letter: ClaimedLetter | EndedLetter, *, flag: bool) -> None:
    """The keyworker prints the sheet and tells them; nothing more goes to an address that was refused. A lost reminder is only a reminder."""
    if letter.referral_id is None or (letter.kind in NO_HARM and not flag):
        return
    scene = await claim_scene(tx, config, now, letter.referral_id)
    if flag:
        await referrals.update_email_bounced(tx, scene.referral.id)
        held = await matches.list_matches(tx, scene.referral.id, scene.referral.meeting_number)
        about = [scene.referral.id, *(match.id for match in held)]
        await letters.update_letters_cancelled(tx, about, now, party_id=scene.referral.newcomer_id)
    kind = TaskKind.LETTER_BOUNCED if flag else TaskKind.NOT_TOLD
    await owe(scene, kind, reason=letter.kind, due_at=scene.referral.deadline)
    await notify_keyworker(scene, KeyworkerReason.LETTER_FAILED if flag else KeyworkerReason.NOT_TOLD, do_by=scene.referral.deadline)


async def list_with_late_letters(tx: Connection, now: datetime) -> list[UUID | None]:
    """The referrals that have letters past their latest moment; None stands for letters about no referral."""
    return await letters.list_with_late_letters(tx, now)


async def end_late_letters(tx: Connection, config: Config, now: datetime, *, referral_id: UUID | None) -> int:
    """End a referral's letters past their latest moment, and owe the people they were for a word from a person. Returns how many.

    The referral is locked before its letters, as everywhere else.
    """
    await audit.claim_acting(tx, CLOCK, "end_late_letters", now)
    if referral_id is not None:
        await referrals.claim_referral(tx, referral_id)
    late = await letters.claim_late_letters(tx, now, referral_id=referral_id)
    for letter in late:
        await _bounced(tx, config, now, letter, flag=False)
    return len(late)


async def hold_poisonous_letters(tx: Connection, now: datetime) -> int:
    """Hold letters that may be killing their worker. Returns how many: the operator is told."""
    return len(await letters.claim_poisonous_letters(tx, now))
