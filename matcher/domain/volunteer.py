"""A volunteer as matching reads them: what they said of themselves and how they stand to one referral. No names, no contact."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import NewType
from uuid import UUID

from matcher.domain.availability import Away, Notice, WeekSpan, week_minute
from matcher.domain.fellowship import Fellowship
from matcher.domain.journey_word import VolunteerState
from matcher.domain.place import Circle, TravelMode
from matcher.domain.wishes import SaysIs, SpecialAudience

VolunteerId = NewType("VolunteerId", UUID)

LETTERS_A_WEEK = 2
"""Rule H16: how many letters somebody gets in seven days who did not say."""
GOINGS_A_BLOCK = 2
"""Rule H15: how many matches in a four-week block for somebody who did not say."""


class Kind(StrEnum):
    """As what somebody goes along, for one fellowship. Listed from who may go to most meetings to who may go to fewest."""

    MEMBER = "member"
    FACILITATOR = "facilitator"
    PEER_MENTOR = "peer_mentor"


class TimeBand(StrEnum):
    """How long somebody has been in their fellowship: a band, never a date. Listed from short to long."""

    UNDER_ONE = "under_1"
    ONE_TO_TWO = "1_to_2"
    TWO_TO_FIVE = "2_to_5"
    FIVE_OR_MORE = "5_or_more"

    @property
    def years(self) -> int:
        """The least whole years the band stands for."""
        return YEARS[self]


YEARS = {TimeBand.UNDER_ONE: 0, TimeBand.ONE_TO_TWO: 1, TimeBand.TWO_TO_FIVE: 2, TimeBand.FIVE_OR_MORE: 5}


class VolunteerConsent(StrEnum):
    """Application page 8: each on its own, none pre-ticked. Offers need V1, V2 and V4; a call needs V5 besides (decision 28)."""

    HOLD = "v1"
    MAIL = "v2"
    TEXT = "v3"
    TELL_NEWCOMER = "v4"
    RING = "v5"


class ComfortableWith(StrEnum):
    """Whom a volunteer is comfortable to go with."""

    WOMEN = "women"
    MEN = "men"
    ANYONE = "anyone"


@dataclass(frozen=True, slots=True)
class Membership:
    """One fellowship on somebody's own profile, and as what they go along there."""

    fellowship: Fellowship
    kind: Kind = Kind.MEMBER


@dataclass(frozen=True, slots=True, kw_only=True)
class Volunteer:
    """One row of the roster, as far as a hard rule reads it. None means: not said.

    `number` is the roster number: order of asking among equals, order of locks. `windows` are merged week spans. `cap` is letters in
    seven days, `going_cap` matches in a four-week block. `languages` are lower-case tags ("cy", "pl"). `reach` holds the areas that are
    known: a district that is not known is left out, and somebody without any is asked for online meetings only. `further_if_needed`: they
    come further than that if nobody else can. `on_call` are merged week spans in which they may be rung, `may_be_rung` their consent to it.
    """

    id: VolunteerId
    number: int
    state: VolunteerState
    area_id: UUID
    memberships: frozenset[Membership]
    adult: bool = False
    time_band: TimeBand | None = None
    smart_trained: bool | None = None
    address_ok: bool = False
    consents: frozenset[VolunteerConsent] = frozenset()
    role_card_ok: bool = False
    checklist_ok: bool = False
    reach: tuple[Circle, ...] = ()
    travel_how: TravelMode | None = None
    windows: tuple[WeekSpan, ...] = ()
    away: tuple[Away, ...] = ()
    notice: Notice | None = None
    cap: int | None = None
    going_cap: int | None = None
    comfortable_with: ComfortableWith | None = None
    says_is: SaysIs | None = None
    languages: frozenset[str] = frozenset()
    pair_only: bool | None = None
    said_audiences: frozenset[SpecialAudience] = frozenset()
    further_if_needed: bool = False
    on_call: tuple[WeekSpan, ...] = ()
    may_be_rung: bool = False

    def kind_in(self, fellowship: Fellowship) -> Kind | None:
        """As what they go along to this fellowship's meetings; None if it is not on their profile. Who is several counts as the first of `Kind`."""
        kinds = {membership.kind for membership in self.memberships if membership.fellowship is fellowship}
        return next((kind for kind in Kind if kind in kinds), None)

    def is_away_on(self, on: date) -> bool:
        """On leave, or "not this week", on this local date."""
        return any(away.covers(on) for away in self.away)

    def is_on_call(self, now: datetime, zone: tzinfo) -> bool:
        """Whether they may be rung at this moment: they agreed to it, are not away, and the clock on the wall lies in a window they gave."""
        minute = week_minute(now, zone)
        holds = any(start <= minute < end for start, end in self.on_call)
        return self.may_be_rung and holds and not self.is_away_on(now.astimezone(zone).date())


@dataclass(frozen=True, slots=True)
class Tally:
    """What is known of somebody's answers: asks and yeses (faded by .98 at each ask), answers and the sum of their log delays in asking
    hours, tiredness in asks as it was at `tired_at`, scarcity. Sums over `offers`, kept in `volunteer_tally`."""

    n: float = 0.0
    y: float = 0.0
    log_delay: float = 0.0
    answers: float = 0.0
    tired: float = 0.0
    scarce: float = 0.0
    tired_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one volunteer stands at this moment, and to one referral: counted from offers, matches and bars.

    `matches_in_block` maps block number to live matches. `busy` holds the half hours (`reach.half_hours`) of live matches, travel
    included. `shown` are the (meeting id, local date) pairs of options shown to them for this meeting number. `barred_outcodes` are
    districts they do not want to go to. `banked_yes`: a late yes on a covered seat, which may be asked again. `always_yes` are the ids of
    meetings where they say that their answer is always yes, and that still counts.
    """

    letters_in_seven_days: int = 0
    has_open_letter: bool = False
    last_asked_at: datetime | None = None
    tally: Tally = Tally()
    matches_in_block: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))
    busy: frozenset[int] = frozenset()
    said_no: bool = False
    asked_for_meeting_numbers: frozenset[int] = frozenset()
    said_another_day: bool = False
    shown: frozenset[tuple[UUID, date]] = frozenset()
    banked_yes: bool = False
    barred_from_newcomer: bool = False
    barred_from_provider: bool = False
    barred_outcodes: frozenset[str] = frozenset()
    barred_pair_partners: frozenset[VolunteerId] = frozenset()
    same_person: bool = False
    always_yes: frozenset[UUID] = frozenset()


NEVER_ASKED = Standing()
"""Somebody nobody has asked, with nothing in the way."""
