"""What a policy sees of a referral: its people, asks and claims as figures. No names, no wishes, no reasons."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from matcher.actions.scene import Scene
from matcher.domain.arrangement import Offer
from matcher.domain.journey_word import OfferState
from matcher.domain.referral import ReferralId
from matcher.domain.volunteer import LETTERS_A_WEEK, VolunteerId
from matcher.matching.asking_settings import SHIPPED
from matcher.matching.asking_view import AskingView, Claim, ClaimKind
from matcher.matching.asking_view import Offer as SeenOffer
from matcher.matching.eligible import Eligible, candidate_of
from matcher.store import offers, scarcity


def view_of(scene: Scene, people: list[Eligible], made: list[Offer]) -> AskingView:
    """What the policy sees: no names, no wishes, no reasons. Somebody over their letters of the week is seen only where they have a claim."""
    referral = scene.referral
    found: dict[UUID, Eligible] = {person.volunteer.id: person for person in people}
    banked = sorted((o for o in made if is_banked(o) and o.volunteer_id in found), key=lambda o: (not o.standby, _banked_at(o)))
    claims = tuple(Claim(candidate=candidate_of(found[o.volunteer_id]), kind=_kind_of(o), since=_banked_at(o)) for o in banked)
    asked_first = [found[one] for one in referral.ask_first if one in found]  # who went along last time, where that is wished (R40, R44)
    since = referral.asking_since or referral.submitted_at
    claims += tuple(Claim(candidate=candidate_of(person), kind=ClaimKind.SAME_COMPANION, since=since) for person in asked_first)
    candidates = tuple(candidate_of(person) for person in people if not _over_letters(person))
    return AskingView(
        now=scene.now,
        referral=ReferralId(referral.id),
        submitted_at=referral.submitted_at,
        asking_since=referral.asking_since or referral.submitted_at,
        deadline=referral.deadline or scene.now,
        zone=scene.area.zone,
        meeting_number=referral.meeting_number,
        seats_open=max(1, referral.seats - referral.seats_taken),
        eligible_count=len(candidates),
        candidates=candidates,
        offers=tuple(
            SeenOffer(
                volunteer=VolunteerId(o.volunteer_id),
                shown_at=o.created_at,
                state=o.state,
                wave=0 if o.by_hand else o.wave,
                bundled=o.beside is not None,
            )
            for o in made
            if not _never_arrived(o)
        ),
        claims=claims,
    )


async def weighed(scene: Scene, view: AskingView, made: list[Offer]) -> AskingView:
    """What `product` reckons with besides: how much everybody has been asked, how rare people are (where that weighs anything), and what was to
    be hoped of each ask when it was made."""
    fellowships = sorted({option.fellowship for option in scene.open_options})
    pressure = await offers.count_pressure(scene.tx, scene.referral.area_id, fellowships, scene.now)
    hopes = await offers.list_hopes(scene.tx, scene.referral.id, scene.referral.meeting_number) if made else {}
    by_person = {(VolunteerId(o.volunteer_id), o.created_at): hopes.get(o.id, ()) for o in made}
    seen = tuple(replace(offer, hopes=by_person[offer.volunteer, offer.shown_at]) for offer in view.offers)
    rare = await scarcity.count_mean_scarcity(scene.tx, scene.referral.area_id) if SHIPPED.weights.scarce else 0.0
    return replace(view, pressure=pressure, mean_scarcity=rare, offers=seen)


def _never_arrived(offer: Offer) -> bool:
    """An ask that nobody can answer any more: its letter was refused, or taken back before it left, or nobody answered the telephone."""
    unheard = offer.is_call and offer.state is OfferState.EXPIRED
    return unheard or offer.state is OfferState.UNDELIVERABLE or (offer.state is OfferState.WITHDRAWN and offer.sent_at is None)


def is_banked(offer: Offer) -> bool:
    """A late yes that has not been taken back by "no, thank you"."""
    return offer.state is OfferState.COVERED and offer.banked_at is not None


def _kind_of(offer: Offer) -> ClaimKind:
    """Who ticked that they stand by comes before those who were only too late."""
    return ClaimKind.STAND_BY if offer.standby else ClaimKind.BANKED_YES


def _banked_at(offer: Offer) -> datetime:
    return offer.banked_at or offer.created_at


def _over_letters(person: Eligible) -> bool:
    """Rule H16, which only a claim passes over."""
    standing = person.standing
    return standing.has_open_letter or standing.letters_in_seven_days >= (person.volunteer.cap or LETTERS_A_WEEK)
