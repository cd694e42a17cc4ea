"""What a coordinator does by hand where the machine is at its end: ask, take an answer by telephone, settle, remind. The hard rules hold for them too.

Each answers a short code that the next page puts into words; each checks that the referral is of the coordinator's own area.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from matcher.actions.answering import YES_FROM, accept_offer, decline_offer
from matcher.actions.asking import BY_HAND_POLICY, ask_by_hand, new_offer
from matcher.actions.bundling import take_letters_back
from matcher.actions.scene import Scene, claim_scene
from matcher.actions.searching import WHEN_SAYING_YES, person_named, search_in, stands_in_the_way
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.arrangement import Offer, ReferralOption
from matcher.domain.connection import Connection
from matcher.domain.errors import Changed, NotFound, Refused
from matcher.domain.journey_referral import SEEKING, SeatsFull
from matcher.domain.journey_word import OfferState
from matcher.domain.letter_kind import LetterKind
from matcher.domain.permission import check_can_see_volunteer, check_can_work_on_referral
from matcher.matching.eligible import Person
from matcher.matching.explaining import codes_of
from matcher.matching.question import Rule
from matcher.matching.rules import NONE_FAILED
from matcher.store import audit, letters, offers, queue, referrals

WHEN_YES_BY_PHONE = WHEN_SAYING_YES & ~Rule.H1
"""What somebody overrides who says yes themselves. Consent and state are never theirs to override."""
WHEN_NO_BY_PHONE = ~(Rule.H5 | Rule.H18)
"""A no needs nothing but somebody who may be asked and a pair that may be brought together."""
MAY_SAY_NO = (OfferState.QUEUED, OfferState.SENT, OfferState.EXPIRED, OfferState.NOT_NOW, OfferState.DECLINED)
MOST_OPEN = 10
"""Never a broadcast: so many may be asked at one time (matching 8.2)."""


class Done(StrEnum):
    """What came of it."""

    ASKED = "asked"
    ASKED_LATER = "asked_later"
    YES = "yes"
    YES_NO_LETTER = "yes_no_letter"
    NO = "no"
    SETTLED = "settled"
    SETTLED_NO_MEETING = "settled_no_meeting"
    WIDENED = "widened"
    WIDENED_MATCHED = "widened_matched"
    NUDGED = "nudged"
    GAVE_UP = "gave_up"
    CANNOT_COME = "cannot_come"
    CLOSED = "closed"
    CLOSED_ALREADY = "closed_already"
    SENT_AGAIN = "sent_again"


class RulesInTheWay(Refused):
    """Something that was said or settled rules this out. Nothing was sent and nothing was changed."""


class NoLetterInTime(Refused):
    """No email could reach them in time. Please ring them, and record what they say."""


class TooNear(Refused):
    """It is too late to arrange company for that meeting. Nothing was changed."""


class EnoughAsked(Refused):
    """Ten people are being asked at this moment, and more are never asked at once. Please wait for an answer, or record one."""


class GoesAlready(Refused):
    """They are going along already. Nothing was changed."""


async def claim_own_scene(tx: Connection, config: Config, now: datetime, actor: Actor, *, action: str, referral_id: UUID) -> Scene:
    """Lock a referral of the actor's own area and say who acts. Raises Hidden for another's, as if it did not exist."""
    check_can_work_on_referral(actor, await referrals.get_referral(tx, referral_id), now)
    await audit.claim_acting(tx, actor, action, now)
    return await claim_scene(tx, config, now, referral_id)


async def ask(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID, volunteer_id: UUID, option_ids: Sequence[UUID]
) -> str:
    """Ask one volunteer of the own roster (R22): an email goes to them, or this is refused. The look that follows their silence is set.

    Raises RulesInTheWay with the codes of the rules, TooNear, SeatsFull, EnoughAsked, NoLetterInTime.
    """
    scene = await claim_own_scene(tx, config, now, actor, action="ask_by_hand", referral_id=referral_id)
    wanted = _check_open(scene, option_ids)
    await _check_not_too_many(scene)
    await _check_rules(scene, actor, volunteer_id, wanted, passing_over=NONE_FAILED)
    offer = await ask_by_hand(
        tx, config, now, actor=actor, referral_id=referral_id, volunteer_id=volunteer_id, option_ids=[option.id for option in wanted]
    )
    if not await letters.count_revisions(tx, offer.id, volunteer_id, LetterKind.OFFER.value):
        raise NoLetterInTime
    return Done.ASKED_LATER if is_quiet(scene, now) else Done.ASKED


def is_quiet(scene: Scene, now: datetime) -> bool:
    """Whether volunteers of this area are left in peace just now."""
    return scene.config.timing.volunteer_quiet.quiet_at(now, scene.area.zone) is not None


async def record_yes(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID, volunteer_id: UUID, option_id: UUID
) -> str:
    """Somebody said yes by telephone (R23), asked by letter before or never: the place is theirs at once, all hard rules holding.

    Raises RulesInTheWay, TooNear, SeatsFull, GoesAlready; Clash and FullBlock from the schema's own promises.
    """
    scene = await claim_own_scene(tx, config, now, actor, action="record_yes_by_phone", referral_id=referral_id)
    (option,) = _check_open(scene, [option_id])
    if any(offer.state is OfferState.ACCEPTED for offer in await _asked(scene, volunteer_id)):
        raise GoesAlready
    person = await _check_rules(scene, actor, volunteer_id, [option], passing_over=WHEN_YES_BY_PHONE)
    offer = await _offer_to_answer(scene, actor, person, option)
    await take_letters_back(scene, [offer])  # they have answered
    answer = await accept_offer(tx, config, now, actor=actor, offer_id=offer.id, option_id=option_id, by_telephone=True)
    if answer.match is None:
        raise Changed
    told = await letters.count_revisions(tx, answer.match.id, volunteer_id, LetterKind.OFFER_ACCEPTED.value)
    return Done.YES if told else Done.YES_NO_LETTER


async def record_no(tx: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID, volunteer_id: UUID) -> str:
    """Somebody said no by telephone (R23): nobody asks them again for this referral, the machine included. No letter goes.

    Whoever was asked may always say no. For somebody rung before any letter the ask itself is kept: raises RulesInTheWay where they may not be asked.
    """
    scene = await claim_own_scene(tx, config, now, actor, action="record_no_by_phone", referral_id=referral_id)
    options = scene.open_options
    if scene.referral.state not in SEEKING or not options:
        raise Changed
    made = await _asked(scene, volunteer_id)
    if any(one.state is OfferState.ACCEPTED for one in made):
        raise GoesAlready
    offer = next((one for one in reversed(made) if one.state in MAY_SAY_NO), None)
    if offer is None:
        person = await _check_rules(scene, actor, volunteer_id, options, passing_over=WHEN_NO_BY_PHONE)
        offer = await _offer_to_answer(scene, actor, person, options[0])
    await take_letters_back(scene, [offer])  # they have answered
    await decline_offer(tx, config, now, actor=actor, offer_id=offer.id, by_telephone=True)
    return Done.NO


def _check_open(scene: Scene, option_ids: Iterable[UUID]) -> list[ReferralOption]:
    """The chosen options that can still be had, of a referral that still looks for somebody."""
    referral = scene.referral
    if referral.state not in SEEKING or referral.seats_taken >= referral.seats:
        raise SeatsFull if referral.seats_taken >= referral.seats else Changed
    chosen = set(option_ids)
    ahead = [option for option in scene.open_options if option.id in chosen and option.starts_at - scene.config.timing.lead > scene.now]
    if not ahead:
        raise TooNear
    return ahead


async def _check_not_too_many(scene: Scene) -> None:
    if await offers.count_open_offers(scene.tx, scene.referral.id) >= MOST_OPEN:
        raise EnoughAsked


async def _check_rules(scene: Scene, actor: Actor, volunteer_id: UUID, wanted: Sequence[ReferralOption], *, passing_over: Rule) -> Person:
    """Somebody of the own roster, or whom this referral has asked already, with nothing in the way at one of these options at least."""
    search = await search_in(scene, wanted, by_hand=True)
    person = await person_named(scene, volunteer_id, list(search.options))
    if person is None:
        raise NotFound
    if not await _asked(scene, volunteer_id):
        check_can_see_volunteer(actor, person[0], scene.now)
    masks = [stands_in_the_way(search, person, option, ignoring=passing_over) for option in search.options]
    if all(masks):
        raise RulesInTheWay(rules=codes_of(min(masks, key=lambda mask: mask.bit_count())))
    return person


async def _asked(scene: Scene, volunteer_id: UUID) -> list[Offer]:
    """What this volunteer was asked for this meeting, oldest first."""
    made = await offers.list_offers(scene.tx, scene.referral.id, scene.referral.meeting_number)
    return [offer for offer in made if offer.volunteer_id == volunteer_id]


async def _offer_to_answer(scene: Scene, actor: Actor, person: Person, option: ReferralOption) -> Offer:
    """The ask that is being answered: the one they had, now for this option too, or one made by telephone in this transaction."""
    latest = option.starts_at - scene.config.timing.lead
    earlier = next((offer for offer in reversed(await _asked(scene, person[0].id)) if offer.state in YES_FROM), None)
    if earlier is not None:
        await queue.update_offer_by_telephone(scene.tx, earlier.id, option.id, last_moment=latest)
        return earlier
    await _check_not_too_many(scene)
    why = {"policy": BY_HAND_POLICY, "decided_at": scene.now.isoformat(), "reason": "by_telephone", "by": str(actor.id)}
    new = new_offer(scene, person[0], [option], wave=0, decision_id=uuid4(), policy=BY_HAND_POLICY, why=why)
    made = await offers.insert_offer(scene.tx, replace(new, by_telephone=True, last_moment=latest, reply_by=min(new.reply_by, latest)))
    await offers.update_tally_asked(scene.tx, [person[0].id], scene.now)
    return made
