"""One invitation as its page shows it: how it stands for the reader, what may still be chosen, and nothing that identifies anybody."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from aiohttp import web

from matcher.actions.bundling import STILL_ASKED
from matcher.actions.scene import Scene, scene_of
from matcher.actions.searching import could_say_yes_to
from matcher.actions.telling_volunteers import seat_of
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.arrangement import Match, Offer, ReferralOption
from matcher.domain.connection import Connection
from matcher.domain.fellowship import Fellowship
from matcher.domain.journey_word import OfferReason, OfferState, ReferralState, VolunteerState
from matcher.domain.odds import LOOK_BACK_WEEKS, Odds, honest_odds
from matcher.domain.party import VolunteerParty
from matcher.domain.permission import check_can_answer_offer
from matcher.domain.why_asked import Because, reasons_told
from matcher.store import bundles, matches, offers, parties, referrals
from matcher.store.invited import get_invited
from matcher.vocabulary import fellowship_words
from web.link_pages import wall
from web.surroundings import config_of, now_of

COMING = "coming"
NO, ANOTHER_DAY, STOP, STAND_BY, NO_STAND_BY, GO_BACK, KEEP = "no", "another_day", "stop", "stand_by", "no_stand_by", "go_back", "keep"


class Standing(StrEnum):
    """How an invitation stands for the one who reads it. Templates know them by these names."""

    OPEN = "open"
    GOING = "going"
    COVERED = "covered"
    NOT_NEEDED = "not_needed"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """`asked`: the options of the letter. `options`: those of them that may still be accepted. `match` is there once a yes was given a seat.

    `beside`: the invitations that stand in the same letter, or were shown after a late yes; they have no reasons and odds of their own.
    `clashes`: a yes to another one of them leaves no option of this one; the clock takes it back in a moment.
    """

    offer: Offer
    scene: Scene
    party: VolunteerParty
    asked: frozenset[str]
    options: tuple[ReferralOption, ...]
    match: Match | None
    now: datetime
    why: tuple[Because, ...] = ()
    odds: Odds | None = None
    beside: tuple["Invitation", ...] = ()
    clashes: bool = False

    @property
    def standing(self) -> Standing:
        """What the reader can do now."""
        if self.match is not None and self.match.is_live:
            return Standing.GOING
        if self._is_over or self.clashes:
            return Standing.NOT_NEEDED
        if self.party.state != VolunteerState.ACTIVE:
            return Standing.PAUSED
        return Standing.COVERED if self._is_covered else Standing.OPEN

    @property
    def _is_over(self) -> bool:
        """Nobody is needed any more, whoever asks; or this yes was called off by others."""
        offer, referral = self.offer, self.scene.referral
        ended = referral.state in (ReferralState.CLOSED, ReferralState.ON_HOLD) or offer.meeting_number != referral.meeting_number
        kept = (OfferReason.PLACE_TAKEN, OfferReason.VOLUNTEER_STOPPED)
        taken_back = offer.state is OfferState.WITHDRAWN and offer.state_reason not in kept
        too_late = offer.beside is not None and self.now >= offer.last_moment and offer.state in STILL_ASKED
        return ended or taken_back or too_late or offer.state in (OfferState.UNDELIVERABLE, OfferState.ACCEPTED)

    @property
    def _is_covered(self) -> bool:
        """Somebody was quicker, so that no place is left that this reader was asked for."""
        referral = self.scene.referral
        taken = self.offer.state in (OfferState.COVERED, OfferState.WITHDRAWN)
        return taken or referral.seats_taken >= referral.seats or not self.options

    @property
    def asks_beside(self) -> bool:
        """Whether one of the others still waits for an answer."""
        return any(one.standing is Standing.OPEN for one in self.beside)

    @property
    def choices(self) -> tuple[str, ...]:
        """The answers that this page offers now."""
        yes = tuple(str(option.id) for option in self.options)
        return {
            Standing.OPEN: (*yes, NO, ANOTHER_DAY, STOP),
            Standing.GOING: (GO_BACK, KEEP),
            Standing.COVERED: (STAND_BY, NO_STAND_BY, STOP),
        }.get(self.standing, ())


async def read_invitation(c: Connection, request: web.Request, actor: Actor) -> Invitation:
    """Everything the page shows, read and nothing more. Raises Hidden for whom this offer was not made."""
    now, config = now_of(request), config_of(request)
    if actor.about_id is None:
        raise ValueError("the holder of a link is about one thing")
    offer = await offers.get_offer(c, actor.about_id)
    check_can_answer_offer(actor, offer, now)
    others = [one for one in await bundles.list_beside(c, [offer.id]) if one.sent_at is not None or one.state is not OfferState.WITHDRAWN]
    odds = honest_odds(await get_invited(c, offer.volunteer_id, offer.fellowship, since=now - timedelta(weeks=LOOK_BACK_WEEKS), now=now))
    main, *beside = await _without_clashes([await _invitation(c, config, now, one) for one in (offer, *others)])
    return replace(main, why=reasons_told(await offers.find_reason(c, offer.id) or {}), odds=odds, beside=tuple(beside))


async def _without_clashes(all_: list[Invitation]) -> list[Invitation]:
    """Whoever said yes to one is not asked, on the page that follows, for what they cannot do besides."""
    if not any(one.standing is Standing.GOING for one in all_):
        return all_
    return [await _what_fits(one) if one.standing is Standing.OPEN and one.offer.state in STILL_ASKED else one for one in all_]


async def _what_fits(one: Invitation) -> Invitation:
    fit = tuple(await could_say_yes_to(one.scene, one.offer.volunteer_id, one.options))
    return replace(one, options=fit, clashes=not fit)


async def _invitation(c: Connection, config: Config, now: datetime, offer: Offer) -> Invitation:
    scene = await scene_of(c, config, now, await referrals.get_referral(c, offer.referral_id))
    asked = frozenset(str(option_id) for option_id in await offers.list_offer_options(c, offer.id))
    return Invitation(
        offer=offer,
        scene=scene,
        party=await parties.get_volunteer_party(c, offer.volunteer_id),
        asked=asked,
        options=tuple(o for o in scene.open_options if str(o.id) in asked and o.starts_at - config.timing.lead > now),
        match=await matches.find_match_of_offer(c, offer.id),
        now=now,
    )


def option_line(option: ReferralOption) -> dict[str, Any]:
    """An occurrence as an invitation may tell it: when and about where, never the place itself."""
    return {
        "id": str(option.id),
        "starts": wall(option.starts_at, option.zone),
        "meets": wall(option.meet_at, option.zone),
        "district": option.district if option.in_person else "",
        "online": not option.in_person,
    }


def match_line(match: Match, option: ReferralOption, party: VolunteerParty, now: datetime) -> dict[str, Any]:
    """What was recorded of a yes. `undo_until` is None once its fifteen minutes are over."""
    zone = party.area.zone
    return {
        **option_line(option),
        "starts": wall(match.starts_at, option.zone),
        "meets": wall(match.meet_at, option.zone),
        "said_at": wall(match.accepted_at, zone),
        "undo_until": wall(match.undo_until, zone) if now < match.undo_until else None,
    }


def invitation_context(found: Invitation) -> dict[str, Any]:
    """What the templates of an invitation need. No newcomer, no venue, nobody's name."""
    zone, offer, scene = found.party.area.zone, found.offer, found.scene
    answered = offer.state in (OfferState.DECLINED, OfferState.NOT_NOW)
    going = found.match if found.match is not None and found.match.is_live else None
    return {
        "standing": found.standing.value,
        "options": [option_line(option) for option in found.options],
        "seat": seat_of(scene, 2 if scene.referral.seats_taken else 1).value,
        "fellowship": None if found.party.discreet else fellowship_words(Fellowship(offer.fellowship)).name,
        "reply_by": wall(offer.reply_by, zone),
        "late": found.now >= offer.reply_by,
        "until": wall(offer.last_moment, zone),
        "recorded": offer.state.value if answered else "",
        "recorded_at": wall(offer.answered_at, zone) if answered and offer.answered_at else None,
        "going": match_line(going, scene.option(going.option_id), found.party, found.now) if going else None,
        "asking_second": scene.referral.seats > scene.referral.seats_taken,
        "free_again": scene.referral.seats_taken < scene.referral.seats,
        "contact": scene.coordinator,
        "why": [because.value for because in found.why],
        "days": list(dict.fromkeys(wall(option.starts_at, option.zone) for option in found.options)),
        "odds": found.odds,
    }
