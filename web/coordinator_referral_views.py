"""One referral as a coordinator's pages show it: where it stands, who was asked and who goes. Never the newcomer's name or contact. No words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from aiohttp import web

from matcher.actions.showing_candidates import find_own_referral, name_of
from matcher.domain.area import Area
from matcher.domain.arrangement import Match, Offer, Referral, ReferralOption
from matcher.domain.connection import Connection
from matcher.domain.errors import Hidden
from matcher.domain.journey import REFERRAL_TABLE, ReferralEvent, states_allowing
from matcher.domain.journey_referral import SEEKING
from matcher.domain.journey_word import OfferState, ReferralState
from matcher.domain.provider import Provider
from matcher.store.areas import get_area
from matcher.store.ladder_steps import list_steps
from matcher.store.matches import list_matches
from matcher.store.offers import find_fallback, list_offers
from matcher.store.parties import get_staff_party, list_volunteer_parties
from matcher.store.providers import get_provider
from matcher.store.queue import list_nudged, list_reasons
from matcher.store.referrals import list_options
from matcher.store.tasks import Task, list_open_tasks_of_referral
from web.referral_progress import Step, rung_steps
from web.surroundings import actor_of, config_of, now_of, reading

HOLDABLE = states_allowing(REFERRAL_TABLE, ReferralEvent.HOLD_REFERRAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferLine:
    """One ask: to whom, why, and whether a reminder may go."""

    offer: Offer
    name: str
    why: Mapping[str, Any]
    nudged: bool
    silent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanionLine:
    """Somebody who said yes."""

    match: Match
    name: str
    option: ReferralOption


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralView:
    """Everything a page about one referral shows."""

    referral: Referral
    provider: Provider
    area: Area
    keyworker: Mapping[str, str]
    options: tuple[ReferralOption, ...]
    offers: tuple[OfferLine, ...]
    companions: tuple[CompanionLine, ...]
    tasks: tuple[Task, ...]
    rungs: tuple[Step, ...]
    quiet: bool
    fell_back_at: datetime | None = None

    @property
    def address(self) -> str:
        """The referral's page."""
        return f"/coordinator/referrals/{self.referral.id}"

    @property
    def seeks(self) -> bool:
        """Whether a seat is free and somebody may still be found."""
        return self.referral.state in SEEKING and self.referral.seats_taken < self.referral.seats

    @property
    def waits(self) -> bool:
        """Whether nothing happens before a coordinator does something."""
        return self.referral.state is ReferralState.NEEDS_PERSON

    @property
    def ahead(self) -> tuple[ReferralOption, ...]:
        """The meetings that can still be had: the fixed one once somebody has said yes."""
        fixed = tuple(option for option in self.options if option.state == "fixed")
        return fixed or self.options

    @property
    def may_settle(self) -> bool:
        """Whether something must be settled before anybody is asked."""
        return self.waits and bool(self.referral.to_settle)

    @property
    def may_hold(self) -> bool:
        """Whether it could rest for a while."""
        return self.referral.state in HOLDABLE

    @property
    def may_take_one(self) -> bool:
        """Whether one companion instead of two could be offered to the newcomer."""
        allowed = "two_people" not in self.referral.care and self.provider.pair_rule == "when_asked"
        return self.seeks and self.referral.seats == 2 and allowed


def id_in(request: web.Request, name: str) -> UUID:
    """An id of the address. Raises Hidden for what is none."""
    try:
        return UUID(request.match_info[name])
    except ValueError:
        raise Hidden from None


async def open_referral(request: web.Request) -> ReferralView:
    """The referral of this address. Raises Hidden unless it lies in one of the coordinator's own areas."""
    async with reading(request) as c:
        referral = await find_own_referral(c, actor_of(request), now_of(request), id_in(request, "referral_id"))
        if referral.area_id is None:
            raise Hidden
        return await _view(request, c, referral, referral.area_id)


async def _view(request: web.Request, c: Connection, referral: Referral, area_id: UUID) -> ReferralView:
    config, now = config_of(request), now_of(request)
    options = tuple(await list_options(c, referral.id, referral.meeting_number))
    made = await list_offers(c, referral.id, referral.meeting_number)
    live = [match for match in await list_matches(c, referral.id, referral.meeting_number) if match.is_live]
    people = await list_volunteer_parties(c, [*(offer.volunteer_id for offer in made), *(match.volunteer_id for match in live)])
    reasons, nudged = await list_reasons(c, [offer.id for offer in made]), await list_nudged(c, [offer.id for offer in made])
    keyworker = await get_staff_party(c, referral.keyworker_id)
    area = await get_area(c, area_id)
    by_id = {option.id: option for option in options}
    return ReferralView(
        referral=referral,
        provider=await get_provider(c, referral.provider_id),
        area=area,
        keyworker=config.vault.open(keyworker.details),
        options=options,
        offers=tuple(
            OfferLine(
                offer=offer,
                name=name_of(config, people, offer.volunteer_id),
                why=reasons.get(offer.id, {}),
                nudged=offer.id in nudged,
                silent=offer.state is OfferState.SENT and now < offer.reply_by and not offer.is_call,
            )
            for offer in made
        ),
        companions=tuple(
            CompanionLine(match=match, name=name_of(config, people, match.volunteer_id), option=by_id[match.option_id])
            for match in live
            if match.option_id in by_id
        ),
        tasks=tuple(task for task in await list_open_tasks_of_referral(c, referral.id) if task.for_role == "coordinator"),
        rungs=tuple(rung_steps(await list_steps(c, referral.id, referral.meeting_number))),
        quiet=config.timing.volunteer_quiet.quiet_at(now, area.zone) is not None,
        fell_back_at=await find_fallback(c, referral.id, referral.meeting_number),
    )
