"""Who could go with a newcomer and why not, for a coordinator's pages: names, codes and figures; nothing is changed. Barred people are not in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from matcher.actions.proposing import Help, what_would_help
from matcher.actions.scene import Scene, scene_of
from matcher.actions.searching import about, card_version, eligible_now, person_named, search_in, stands_in_the_way, with_reach
from matcher.actions.showing_terms import terms_of
from matcher.actions.standing_in import WHEN_YES_BY_PHONE
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.arrangement import Offer, Referral, ReferralOption
from matcher.domain.connection import Connection
from matcher.domain.errors import NotFound
from matcher.domain.letter_kind import LetterKind, Party
from matcher.domain.option import Option
from matcher.domain.party import VolunteerParty
from matcher.domain.permission import check_can_see_volunteer, check_can_work_on_referral
from matcher.domain.timing import letter_due
from matcher.matching.asking_terms import AskTerms
from matcher.matching.eligible import Eligible, Person, Search, candidate_of
from matcher.matching.explaining import (
    ALL_RULES,
    Explained,
    codes_of,
    count_funnel,
    count_place_unknown,
    explain,
    removed_most,
    stops_everybody,
)
from matcher.matching.rules import NONE_FAILED
from matcher.store import candidates, offers, parties, queue, referrals

MOST_JUDGED = 2000
"""So many of a roster are looked at for one page; more are said to be there, not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCandidate:
    """One volunteer beside a referral. `could`: options with nothing in the way; else `rules` are the fewest in the way, at `best`."""

    id: UUID
    number: int
    name: str
    could: tuple[UUID, ...]
    best: UUID
    rules: tuple[str, ...]
    unknown: tuple[str, ...]
    km: float | None
    last_asked_at: datetime | None
    letters_this_week: int
    asked: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """All that a page says about who could go, in codes. `people`: one page of the `total`; `could`: so many of them could go."""

    funnel: dict[str, int]
    place_unknown: int
    most_in_the_way: str
    stops: tuple[str, ...]
    help: Help
    people: tuple[ShownCandidate, ...]
    could: int
    total: int
    whole_roster: bool
    neighbours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AtMeeting:
    """One option for one person: what stands in the way of asking them, and of a yes they give themselves; and the rules that are met."""

    option: ReferralOption
    ask: tuple[str, ...]
    yes: tuple[str, ...]
    met: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnePerson:
    """One volunteer beside a referral, before something is done about them. `letter_at`: when an email asking them could leave.

    `terms`: what asking them was weighed by, or would be; None where a coordinator asked them, or there is no meeting to ask for.
    """

    id: UUID
    name: str
    telephone: str
    at: tuple[AtMeeting, ...]
    asked: Offer | None
    terms: AskTerms | None
    letter_at: datetime

    @property
    def may_be_asked(self) -> tuple[AtMeeting, ...]:
        """Where nothing stands in the way of asking."""
        return tuple(one for one in self.at if not one.ask)

    @property
    def may_say_yes(self) -> tuple[AtMeeting, ...]:
        """Where a yes by telephone counts."""
        return tuple(one for one in self.at if not one.yes)

    @property
    def in_the_way(self) -> tuple[str, ...]:
        """The fewest rules that stop them from being asked."""
        return min((one.ask for one in self.at), key=len, default=())

    @property
    def against_yes(self) -> tuple[str, ...]:
        """The fewest rules that a yes by telephone would break."""
        return min((one.yes for one in self.at), key=len, default=())


async def find_own_referral(c: Connection, actor: Actor, now: datetime, referral_id: UUID) -> Referral:
    """A referral of the actor's own area. Raises Hidden for any other, as if it did not exist."""
    referral = await referrals.get_referral(c, referral_id)
    check_can_work_on_referral(actor, referral, now)
    return referral


async def look_for_candidates(
    c: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID, most: int, skip: int = 0
) -> Company:
    """The area's roster beside a referral, from the `skip`th on: those who could go first, then those with the least in the way."""
    scene = await scene_of(c, config, now, await find_own_referral(c, actor, now, referral_id))
    options = [option for option in scene.open_options if option.starts_at - config.timing.lead > now]
    search = await search_in(scene, options, by_hand=True)
    ids = await queue.list_active_ids(c, scene.area.id, most=MOST_JUDGED + 1)
    told = await explain_people(scene, search, ids[:MOST_JUDGED])
    elsewhere = await _from_elsewhere(scene, search, ids)
    mine = [one for one in elsewhere if one.volunteer.area_id in actor.area_ids]
    removed, everybody = removed_most(told), [*mine, *told]
    return Company(
        funnel={line.value: number for line, number in count_funnel(told).items()},
        place_unknown=count_place_unknown(told),
        most_in_the_way=codes_of(removed)[0] if removed else "",
        stops=codes_of(stops_everybody(told)),
        help=await what_would_help(scene, search, told),
        people=await _shown(scene, options, everybody, most=most, skip=skip),
        could=sum(not one.best.failed for one in everybody),
        total=len(everybody),
        whole_roster=len(ids) <= MOST_JUDGED,
        neighbours=len(elsewhere) - len(mine),
    )


async def explain_people(scene: Scene, search: Search, ids: Sequence[UUID]) -> list[Explained]:
    """These volunteers beside each option, without those a bar keeps from it."""
    if not search.options or not ids:
        return []
    version = card_version(search.options[0].fellowship.value)
    people = await candidates.list_people_named(scene.tx, ids, search.options, scene.now, about=about(scene), role_card_version=version)
    return explain(with_reach(people, further=search.further), search)


async def _from_elsewhere(scene: Scene, search: Search, ids: Sequence[UUID]) -> list[Explained]:
    """Volunteers of neighbouring rosters who could go now; the machine asks them too."""
    found = await eligible_now(scene, search)
    own = set(ids)
    return explain([(one.volunteer, one.standing) for one in found if one.volunteer.id not in own], search)


async def _shown(
    scene: Scene, options: Sequence[ReferralOption], told: Sequence[Explained], *, most: int, skip: int
) -> tuple[ShownCandidate, ...]:
    """One page of them by name, those who could go first."""
    ordered = sorted(told, key=lambda one: (one.best.failed.bit_count(), one.volunteer.number))[skip : skip + most]
    people = await parties.list_volunteer_parties(scene.tx, [one.volunteer.id for one in ordered])
    made = await offers.list_offers(scene.tx, scene.referral.id, scene.referral.meeting_number)
    asked = {offer.volunteer_id: offer.state.value for offer in made}
    option_ids = {(option.meeting_id, option.on_date): option.id for option in options}
    return tuple(
        ShownCandidate(
            id=one.volunteer.id,
            number=one.volunteer.number,
            name=name_of(scene.config, people, one.volunteer.id),
            could=tuple(option_ids[at.option.key] for at in one.could()),
            best=option_ids[one.best.option.key],
            rules=codes_of(one.best.failed),
            unknown=codes_of(one.best.unknown),
            km=_km(one),
            last_asked_at=one.standing.last_asked_at,
            letters_this_week=one.standing.letters_in_seven_days,
            asked=asked.get(one.volunteer.id, ""),
        )
        for one in ordered
    )


def _km(one: Explained) -> float | None:
    """The way out and back at the nearest option that is within reach; None where none is, or it is held online."""
    return candidate_of(Eligible(one.volunteer, one.standing, tuple(at.option for at in one.at))).km


def name_of(config: Config, people: dict[UUID, VolunteerParty], volunteer_id: UUID) -> str:
    """The name a volunteer wants to be known by; empty for somebody forgotten."""
    party = people.get(volunteer_id)
    name: str = config.vault.open(party.details)["display_name"] if party and party.details else ""
    return name


async def look_at_person(c: Connection, config: Config, now: datetime, *, actor: Actor, referral_id: UUID, volunteer_id: UUID) -> OnePerson:
    """One volunteer of the own roster, or whom this referral has asked, beside a referral. Raises Hidden for anybody else."""
    scene = await scene_of(c, config, now, await find_own_referral(c, actor, now, referral_id))
    options = [option for option in scene.open_options if option.starts_at - config.timing.lead > now]
    search = await search_in(scene, options, by_hand=True)
    party = (await parties.list_volunteer_parties(c, [volunteer_id])).get(volunteer_id)
    if party is None:
        raise NotFound
    made = await offers.list_offers(c, referral_id, scene.referral.meeting_number)
    asked = next((offer for offer in reversed(made) if offer.volunteer_id == volunteer_id), None)
    if asked is None:
        check_can_see_volunteer(actor, OfArea(party.id, party.area.id), now)
    details = config.vault.open(party.details) if party.details else {}
    found = await person_named(scene, volunteer_id, list(search.options)) if options else None
    at = _at_meetings(search, options, found) if found else ()
    could = [fact for one, fact in zip(at, search.options, strict=False) if not one.ask]
    return OnePerson(
        id=volunteer_id,
        name=details.get("display_name", ""),
        telephone=details.get("telephone", ""),
        at=at,
        asked=asked,
        terms=await terms_of(scene, found, could or search.options, asked=asked, made=made),
        letter_at=letter_due(LetterKind.OFFER, Party.VOLUNTEER, now, scene.area.zone, timing=config.timing),
    )


@dataclass(frozen=True, slots=True)
class OfArea:
    """A volunteer as the policy asks about them."""

    id: UUID
    area_id: UUID | None


def _at_meetings(search: Search, options: Sequence[ReferralOption], person: Person) -> tuple[AtMeeting, ...]:
    return tuple(_at_meeting(search, option, fact, person) for option, fact in zip(options, search.options, strict=True))


def _at_meeting(search: Search, option: ReferralOption, fact: Option, person: Person) -> AtMeeting:
    failed = stands_in_the_way(search, person, fact, ignoring=NONE_FAILED)
    yes = codes_of(stands_in_the_way(search, person, fact, ignoring=WHEN_YES_BY_PHONE))
    return AtMeeting(option=option, ask=codes_of(failed), yes=yes, met=codes_of(ALL_RULES & ~failed))
