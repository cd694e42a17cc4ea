"""What stands beside an invitation: other newcomers whom the same person could go along with, in one letter or after a late yes (matching 8.3, 8.4).

Every hard rule holds for each of them, and each is an offer of its own referral. It is one letter: one rest, and one ask that is felt.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from matcher.actions.asking import new_offer, new_timer, of_one_fellowship, set_timer
from matcher.actions.avoiding import bar_namesakes
from matcher.actions.scene import Scene, claim_scene, scene_of
from matcher.actions.searching import about, card_version, search_in, with_reach
from matcher.actions.telling_volunteers import invite
from matcher.config import Config
from matcher.domain.actor import CLOCK
from matcher.domain.arrangement import Offer, ReferralOption
from matcher.domain.connection import Connection
from matcher.domain.journey_word import OfferState
from matcher.domain.letter_kind import LetterKind
from matcher.domain.outbox import TimerKind
from matcher.domain.volunteer import VolunteerId
from matcher.matching.asking_settings import SHIPPED, VERSION, fingerprint_of
from matcher.matching.asking_view import LIVE, Ask, Hope
from matcher.matching.choosing_asks import OPEN_MOST, choose_also
from matcher.matching.eligible import Eligible, Search, candidate_of, eligible_people
from matcher.matching.policies import PRODUCT
from matcher.matching.rules import ON_A_CLAIM
from matcher.store import audit, bundles, candidates, letter_links, letters, offers, referrals, timers
from matcher.store.offers import NewOffer

MOST_LOOKED_AT = 12
"""So many other open referrals are looked at for one letter, the earliest deadlines first."""
SHOWN_AFTER_LATE_YES = 3
STILL_ASKED = (OfferState.QUEUED, OfferState.SENT, OfferState.EXPIRED)
"""Of the same referral nobody holds two of these: a banked yes that was asked anew, and is silent, is not shown it once more."""


@dataclass(frozen=True, slots=True)
class Beside:
    """One referral to be shown to somebody beside another: locked, with the options they could do."""

    scene: Scene
    person: Eligible
    options: tuple[ReferralOption, ...]


async def find_beside(scene: Scene, asks: Sequence[tuple[Eligible, Ask]]) -> dict[VolunteerId, list[Beside]]:
    """What the letters of these asks hold besides, by person. Locks those referrals; one that somebody else is at work on is left out."""
    people: dict[str, list[VolunteerId]] = {}
    for person, ask in asks:
        wanted = of_one_fellowship([option for option in scene.open_options if (option.meeting_id, option.on_date) in ask.options])
        people.setdefault(wanted[0].fellowship, []).append(person.volunteer.id)
    found: dict[VolunteerId, list[Beside]] = {}
    for fellowship in sorted(people):
        found |= await _find(scene, people[fellowship], fellowship=fellowship, most=SHIPPED.bundle - 1)
    return found


async def show_others(scene: Scene, late: Offer) -> None:
    """Somebody said yes too late: up to three other newcomers whom they could go along with stand on their page from now on (8.3)."""
    if late.beside is not None or late.by_telephone:  # a call has no page to show them on
        return
    most = SHOWN_AFTER_LATE_YES - len(await bundles.list_beside(scene.tx, [late.id]))
    found = await _find(scene, [VolunteerId(late.volunteer_id)], fellowship=late.fellowship, most=most)
    beside = found.get(VolunteerId(late.volunteer_id), [])
    for shown in await show_beside(late, beside, decision_id=uuid4(), hopes=()):
        await offers.claim_offer_state(scene.tx, shown, scene.now, sources=[OfferState.QUEUED], to=OfferState.SENT)
    if beside:
        until = readable_until(scene, [one.options for one in beside])
        await letter_links.update_links_until(scene.tx, late.id, purpose="answer_offer", until=until)


def readable_until(scene: Scene, groups: Sequence[Sequence[ReferralOption]]) -> datetime:
    """How long a page that holds these must be there: until nothing on it can be said yes to any more."""
    return max(option.starts_at for options in groups for option in options) - scene.config.timing.lead


async def _find(scene: Scene, people: Sequence[VolunteerId], *, fellowship: str, most: int) -> dict[VolunteerId, list[Beside]]:
    if scene.area.policy != PRODUCT or most < 1:
        return {}
    others = await bundles.list_open_elsewhere(
        scene.tx, scene.referral.id, scene.area.id, scene.now, fellowship=fellowship, most=MOST_LOOKED_AT
    )
    found: dict[VolunteerId, list[Beside]] = {one: [] for one in people}
    frames: dict[UUID, Scene] = {scene.referral.provider_id: scene}
    for other_id in choose_also(others, most=MOST_LOOKED_AT):
        lacking = [one for one in people if len(found[one]) < most]
        if not lacking:
            break
        # Locked before it is read: nobody is shown what is filled, or asked of ten people, meanwhile. What is being worked on is passed over.
        referral = await referrals.claim_if_free(scene.tx, other_id)
        if referral is None:
            continue
        other = await scene_of(scene.tx, scene.config, scene.now, referral, beside=frames.get(referral.provider_id, scene))
        frames[referral.provider_id] = other
        for one in await _who_could(other, lacking, fellowship):
            found[one.person.volunteer.id].append(one)
    return found


async def _who_could(other: Scene, people: Sequence[VolunteerId], fellowship: str) -> list[Beside]:
    """Who of these people passes every hard rule of another referral now, as many as may still be asked for it.

    Letters of the week are none of it: this is no letter more.
    """
    referral = other.referral
    options = [option for option in other.open_options if option.fellowship == fellowship]
    if not referral.is_asking or referral.seats_taken >= referral.seats or not options:
        return []
    asked = await offers.list_offers(other.tx, referral.id, referral.meeting_number)
    asked_still = {offer.volunteer_id for offer in asked if offer.state in STILL_ASKED}
    fresh, search = [one for one in people if one not in asked_still], await search_in(other, options)
    found = await _fit(other, fresh, search, fellowship)
    while await bar_namesakes(other, found, asked=[]):
        found = await _fit(other, fresh, search, fellowship)
    room = OPEN_MOST - sum(offer.state in LIVE for offer in asked)
    return [Beside(other, one, tuple(of_one_fellowship(_could_do(options, one)))) for one in found[: max(0, room)]]


async def _fit(other: Scene, people: Sequence[VolunteerId], search: Search, fellowship: str) -> list[Eligible]:
    version = card_version(fellowship)
    found = await candidates.list_people_named(other.tx, people, search.options, other.now, about=about(other), role_card_version=version)
    return eligible_people(with_reach(found, further=search.further), search, ON_A_CLAIM)


def _could_do(options: Sequence[ReferralOption], person: Eligible) -> list[ReferralOption]:
    keys = {option.key for option in person.options}
    return [option for option in options if (option.meeting_id, option.on_date) in keys]


async def show_beside(main: Offer, beside: Sequence[Beside], *, decision_id: UUID, hopes: Sequence[Hope]) -> list[UUID]:
    """Keep an offer for each referral that stands beside this one, with what is to be hoped of it; returns their ids."""
    shown = list[NewOffer]()
    for one in beside:
        scene, candidate = one.scene, candidate_of(one.person)
        why = {
            "policy": PRODUCT,
            "version": VERSION,
            "settings": fingerprint_of(SHIPPED),
            "decided_at": scene.now.isoformat(),
            "reason": "beside",
            "km": candidate.km,
            "standing": candidate.standing,
            "hopes": hopes,
        }
        made = new_offer(scene, one.person.volunteer, list(one.options), wave=0, decision_id=decision_id, policy=PRODUCT, why=why)
        shown.append(replace(made, beside=main.id))
    if shown:
        await offers.insert_offers(beside[0].scene.tx, shown)
        expiries = [new_timer(TimerKind.OFFER_EXPIRY, one.id, one.reply_by, referral_id=one.referral_id) for one in shown]
        await timers.insert_timers(beside[0].scene.tx, expiries)
    return [one.id for one in shown]


async def let_go_beside(scene: Scene, main_ids: Sequence[UUID]) -> None:
    """A letter was lost or taken back before it left: what stood in it besides ends too, each offer in a transaction of its own referral."""
    for offer in await bundles.list_beside(scene.tx, main_ids):
        if offer.state is OfferState.QUEUED:
            await set_timer(scene, TimerKind.OFFER_EXPIRY, offer.id, scene.now)


async def take_letters_back(scene: Scene, gone: Sequence[Offer]) -> set[UUID]:
    """What was withdrawn is not told any more. Returns the ids of those that nobody has read, nor will; `gone` is as it was before.

    A letter that has not left is taken back, and what stood in it besides is let go. One that held something withdrawn beside its own is taken back
    too, and the clock writes it without. All letters are locked at once and before any timer: two referrals of one letter never stand in each
    other's way, though only one of them is locked here.
    """
    queued = [offer for offer in gone if offer.state is OfferState.QUEUED]
    holding = {offer.beside for offer in queued if offer.beside is not None}
    about = [*holding, *(offer.id for offer in gone)]
    taken = await letters.update_letters_cancelled(scene.tx, about, scene.now, kinds=[LetterKind.OFFER.value])
    untold = {offer.id for offer in queued if not await _is_told(scene, offer)}
    await let_go_beside(scene, list(untold))
    await bundles.update_alone(scene.tx, list(untold))
    for letter in taken:
        if letter.about_id in holding:
            timer = TimerKind.WRITE_OFFER_AGAIN
            await set_timer(scene, timer, letter.about_id, scene.now, due_for=uuid4().hex[:8], referral_id=letter.referral_id)
    return untold


async def _is_told(scene: Scene, offer: Offer) -> bool:
    """Whether the letter that holds it reached the mail server, or is on its way there at this moment: that counts as told."""
    return await letters.find_told(scene.tx, offer.beside or offer.id, offer.volunteer_id, LetterKind.OFFER.value)


async def write_again(tx: Connection, config: Config, now: datetime, offer_id: UUID) -> None:
    """The letter of an invitation as it stands by now, in place of one that held more and was taken back before it left.

    Its referrals are locked as when it leaves: nobody is told of a newcomer who is being called off at this moment.
    """
    await audit.claim_acting(tx, CLOCK, "write_offer_again", now)
    holds = [await offers.get_offer(tx, offer_id), *await bundles.list_beside(tx, [offer_id])]
    for referral_id in sorted({one.referral_id for one in holds}):
        await referrals.claim_referral(tx, referral_id)
    scene = await claim_scene(tx, config, now, holds[0].referral_id)
    offer = await offers.get_offer(tx, offer_id)
    wanted = await _asked_for(scene, offer)
    if offer.state is not OfferState.QUEUED or not wanted:
        return
    beside = [other for other in await bundles.list_beside(tx, [offer_id]) if other.state is OfferState.QUEUED]
    others = []
    for other in beside:
        their = await scene_of(tx, config, now, await referrals.get_referral(tx, other.referral_id), beside=scene)
        others.append(await _asked_for(their, other))
    await invite(scene, offer, wanted, seat=2 if scene.referral.seats_taken else 1, beside=[options for options in others if options])


async def _asked_for(scene: Scene, offer: Offer) -> list[ReferralOption]:
    """The options of an invitation that can still be had."""
    asked = set(await offers.list_offer_options(scene.tx, offer.id))
    return [option for option in scene.open_options if option.id in asked]
