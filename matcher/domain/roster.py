"""A volunteer as the roster keeps them: their answers, the checks a coordinator makes, and what stands in the way of asking them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from matcher.domain.availability import Away, Notice, WeekSpan
from matcher.domain.fellowship import Fellowship
from matcher.domain.journey_word import VolunteerState
from matcher.domain.place import Circle, Point, TravelMode
from matcher.domain.sealed import Sealed
from matcher.domain.volunteer import GOINGS_A_BLOCK, LETTERS_A_WEEK, ComfortableWith, Membership, TimeBand, VolunteerConsent
from matcher.domain.wishes import SaysIs, SpecialAudience

CONSENT_WORDING = "2026-11-30"
"""Which words a volunteer was asked with: the version of the sentences on the roster's consent page."""
PAGE_SIZE = 50
LEAST_BAND = TimeBand.ONE_TO_TWO
"""Shorter than this, somebody is only ever the second of a pair (rule H5, shipped policy: twelve months)."""
NOT_ON_A_ROSTER = frozenset({Fellowship.ALATEEN})
"""Alateen comes with a module of its own: two certified adults, signed for by a safeguarding lead."""


class Dbs(StrEnum):
    """What was seen of a criminal record check. Number, scan and content have no place here."""

    NOT_REQUIRED = "not_required"
    BASIC = "basic"
    ENHANCED = "enhanced"


class GivenHow(StrEnum):
    """How a volunteer gave a consent to their coordinator."""

    IN_PERSON = "spoken"
    TELEPHONE = "telephone"
    PAPER = "paper"


class Check(StrEnum):
    """One line of the checklist before somebody is asked."""

    FELLOWSHIP = "fellowship"
    TIME = "time"
    TRAINED = "trained"
    MET = "met"
    REFEREE = "referee"
    TRAINING = "training"
    DBS = "dbs"


class Obstacle(StrEnum):
    """Why somebody is not asked just now. The words are on the page."""

    CHECKING = "checking"
    PAUSED = "paused"
    ENDED = "ended"
    CONSENT = "consent"
    ADDRESS = "address"
    ROLE_CARD = "role_card"
    CHECKS = "checks"
    REACH = "reach"
    WINDOWS = "windows"
    COMFORT = "comfort"
    AWAY = "away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """What the coordinator has seen to, as dates; who met them and who vouches stands sealed in the details."""

    met_on: date | None = None
    referee_on: date | None = None
    training_on: date | None = None
    dbs: Dbs | None = None
    dbs_seen_on: date | None = None


@dataclass(frozen=True, slots=True)
class ReachArea:
    """A district somebody sets out from, and how far from there they come."""

    label: str
    circle: Circle


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDetails:
    """What says who somebody is. Kept sealed under their own key, never in the clear.

    `ring_number` is the number a keyworker is shown in their hours on call; empty: such calls go through their coordinator's.
    """

    display_name: str
    private_name: str
    email: str
    telephone: str = ""
    ring_number: str = ""
    recognise_me: str = ""
    own_words: str = ""
    can_offer: str = ""
    met_by: str = ""
    referee: str = ""

    def as_box(self) -> dict[str, str]:
        """As the JSON object that is sealed."""
        return {name: getattr(self, name) for name in DETAILS}


def details_of(box: Mapping[str, Any]) -> PersonDetails:
    """An opened box; what it does not hold is empty."""
    return PersonDetails(**{name: str(box.get(name, "")) for name in DETAILS})


DETAILS = tuple(one.name for one in fields(PersonDetails))


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterAnswers:
    """What a volunteer said and a coordinator noted, in the clear: nothing here says who they are.

    `windows` are week spans, `on_call` those in which they may be rung (none: never); `reach` counts for every fellowship alike.
    `letters_per_week` and `going_cap` (matches in four weeks) are the most they want.
    """

    time_band: TimeBand
    smart_trained: bool = False
    memberships: frozenset[Membership] = frozenset()
    reach: tuple[ReachArea, ...] = ()
    travel_mode: TravelMode = TravelMode.BUS_TRAIN
    further_if_needed: bool = False
    windows: tuple[WeekSpan, ...] = ()
    on_call: tuple[WeekSpan, ...] = ()
    away: tuple[Away, ...] = ()
    notice: Notice = Notice.ONE_DAY
    letters_per_week: int = LETTERS_A_WEEK
    going_cap: int = GOINGS_A_BLOCK
    comfortable_with: ComfortableWith | None = None
    says_is: SaysIs | None = None
    pair_only: bool = False
    audiences: frozenset[SpecialAudience] = frozenset()
    languages: frozenset[str] = frozenset()
    share_number: bool = False
    discreet: bool = True
    checklist: Checklist = field(default_factory=Checklist)
    role_card_version: str | None = None
    role_card_on: date | None = None

    @property
    def fellowships(self) -> tuple[Fellowship, ...]:
        """Their fellowships in the usual order."""
        named = {membership.fellowship for membership in self.memberships}
        return tuple(fellowship for fellowship in Fellowship if fellowship in named)


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """One line of a volunteer's consent ledger: the newest of a purpose counts."""

    purpose: VolunteerConsent
    given: bool
    method: str
    at: datetime
    wording_version: str = CONSENT_WORDING


@dataclass(frozen=True, slots=True, kw_only=True)
class VolunteerProfile:
    """One roster entry whole. `details` and `conflicts` stay sealed until a page that may show them opens them."""

    id: UUID
    number: int
    area_id: UUID
    state: VolunteerState
    paused_reason: str | None
    paused_until: date | None
    adult: bool
    may_be_asked: bool
    may_be_rung: bool
    email_state: str
    checklist_complete: bool
    answers: RosterAnswers
    details: Sealed | None
    conflicts: Sealed | None
    created_at: datetime
    updated_at: datetime
    version: int
    last_asked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterLine:
    """One line of the roster's list: enough to pick somebody, names still sealed."""

    id: UUID
    number: int
    area_id: UUID
    state: VolunteerState
    paused_until: date | None
    email_state: str
    ready: bool
    memberships: tuple[Membership, ...]
    districts: tuple[str, ...]
    windows: tuple[WeekSpan, ...]
    languages: tuple[str, ...]
    away: tuple[Away, ...]
    last_asked_at: datetime | None
    details: Sealed | None


class RosterOrder(StrEnum):
    """How the list is ordered; ties go by roster number. Least recently asked first is also the fair order of asking."""

    LEAST_RECENT = "least_recent"
    MOST_RECENT = "most_recent"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterFilter:
    """What the list is narrowed by; None and empty mean any. `language` "" means any, "none" those who have not said.

    `free` are week spans of which one must overlap a window; `near` is a point that must lie within their reach.
    """

    area_ids: tuple[UUID, ...]
    state: VolunteerState | None = None
    fellowship: Fellowship | None = None
    language: str = ""
    free: tuple[WeekSpan, ...] = ()
    near: Point | None = None
    order: RosterOrder = RosterOrder.LEAST_RECENT


def missing_checks(answers: RosterAnswers) -> tuple[Check, ...]:
    """What the checklist still lacks. SMART Recovery asks for training where the others ask for time; a short time will do for pairs only."""
    checklist, needs = answers.checklist, answers.fellowships
    twelve_steps = any(fellowship is not Fellowship.SMART for fellowship in needs)
    dbs_done = checklist.dbs is Dbs.NOT_REQUIRED or (checklist.dbs is not None and checklist.dbs_seen_on is not None)
    done = {
        Check.FELLOWSHIP: bool(needs) and not NOT_ON_A_ROSTER & set(needs),
        Check.TIME: not twelve_steps or answers.pair_only or answers.time_band.years >= LEAST_BAND.years,
        Check.TRAINED: Fellowship.SMART not in needs or answers.smart_trained,
        Check.MET: checklist.met_on is not None,
        Check.REFEREE: checklist.referee_on is not None,
        Check.TRAINING: checklist.training_on is not None,
        Check.DBS: dbs_done,
    }
    return tuple(check for check in Check if not done[check])


_NOT_YET = (VolunteerState.APPLIED, VolunteerState.EMAIL_CONFIRMED, VolunteerState.CHECKING)


def obstacles(profile: VolunteerProfile, today: date, role_card_version: str) -> tuple[Obstacle, ...]:
    """Everything that stands in the way of asking somebody today, the weightiest first. `today` is local."""
    answers, state = profile.answers, profile.state
    standing = {
        Obstacle.CHECKING: state in _NOT_YET,
        Obstacle.PAUSED: state is VolunteerState.PAUSED,
        Obstacle.ENDED: state not in (*_NOT_YET, VolunteerState.ACTIVE, VolunteerState.PAUSED),
        Obstacle.CONSENT: not profile.may_be_asked,
        Obstacle.ADDRESS: profile.email_state != "ok" or profile.details is None,
        Obstacle.ROLE_CARD: answers.role_card_version != role_card_version,
        Obstacle.CHECKS: bool(missing_checks(answers)),
        Obstacle.REACH: not answers.reach,
        Obstacle.WINDOWS: not answers.windows,
        Obstacle.COMFORT: answers.comfortable_with is None,
        Obstacle.AWAY: any(away.covers(today) for away in answers.away),
    }
    return tuple(obstacle for obstacle in Obstacle if standing[obstacle])
