"""What one asking decision sees and what it answers, whatever the policy (matching 19). It never sees names, comfort, needs or reasons."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from matcher.domain.journey_word import OfferState
from matcher.domain.option import OptionKey
from matcher.domain.referral import ReferralId
from matcher.domain.volunteer import Tally, VolunteerId

LIVE = frozenset({OfferState.QUEUED, OfferState.SENT})
"""Offers on their way or waiting for an answer: the `open_offers` that may never be more than ten."""
STANDING = LIVE | {OfferState.EXPIRED}
"""Offers that can still bring somebody, silent ones too: the others of a wave are replaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody who passes every hard rule now for these options, in the newcomer's order. `number` is their roster number.

    `km` is the trip at the option nearest for them (None: not known, or online), `kms` that of each option, `load` their live matches in that block + 1 over
    `going_cap`, `year_share` that of the last twelve months. `standing`: they said that their answer to one of them is always yes. `also`: other open
    referrals they could be shown in the same letter.
    """

    volunteer: VolunteerId
    number: int
    options: tuple[OptionKey, ...]
    km: float | None = None
    load: float = 0.0
    going_cap: int = 2
    year_share: float = 0.0
    tally: Tally = field(default_factory=Tally)
    last_asked_at: datetime | None = None
    letters_this_week: int = 0
    standing: bool = False
    also: tuple[ReferralId, ...] = ()
    kms: tuple[float | None, ...] = ()


Hope = tuple[float, float, float]
"""Of one sort of people: chance of an answer that is a yes, chance of any answer, natural log of the median delay in asking hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An ask of this referral and meeting number as a decision sees it. `wave` 0: asked on a claim or by hand, outside the waves. `hopes`: what
    was to be expected of it when it was made, where the policy reckoned with that. `bundled`: shown in a letter about another referral."""

    volunteer: VolunteerId
    shown_at: datetime
    state: OfferState
    wave: int = 0
    p_hat: float = 0.0
    bundled: bool = False
    hopes: tuple[Hope, ...] = ()


class ClaimKind(StrEnum):
    """Why somebody is asked before everybody else, alone."""

    BANKED_YES = "banked_yes"
    SAME_COMPANION = "same_companion"
    STAND_BY = "stand_by"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Somebody to be asked first. `since`: from when the claim holds; an Offer shown to them later is its answer."""

    candidate: Candidate
    kind: ClaimKind
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingView:
    """One referral's state. `zone` is the area's; `deadline` the latest option's start less the lead; `asking_since` when asking began, or
    began anew (a seat that re-opened, options widened, a coordinator's release): waves count from there. `offers` are all of this
    meeting number, answered ones too; `seats_open`: how many are sought; `candidates` whoever passes the rules; `claims` in their order."""

    now: datetime
    referral: ReferralId
    submitted_at: datetime
    asking_since: datetime
    deadline: datetime
    zone: ZoneInfo
    meeting_number: int = 1
    seats_open: int = 1
    eligible_count: int = 0
    pressure: float = 0.0
    mean_scarcity: float = 0.0
    candidates: tuple[Candidate, ...] = ()
    offers: tuple[Offer, ...] = ()
    claims: tuple[Claim, ...] = ()


class DecisionReason(StrEnum):
    """Why a decision asked these people, or nobody."""

    WAVE = "wave"
    WORTH_ASKING = "worth_asking"
    REPLACED = "replaced"
    CLAIM = "claim"
    SHORT_NOTICE = "short_notice"
    RUNG = "ring_now"
    WAITING = "waiting"
    WAITING_FOR_CLAIM = "waiting_for_claim"
    ENOUGH_ASKED = "enough_asked"
    RESTING = "resting"
    UNLIKELY = "unlikely"
    OUTSIDE_HOURS = "outside_hours"
    NO_CANDIDATE = "no_candidate"
    ALL_DECLINED = "all_declined"
    WAVES_OVER = "waves_over"
    NO_HOURS_LEFT = "no_hours_left"
    DEADLINE_PASSED = "deadline_passed"

    @property
    def needs_person(self) -> bool:
        """Whether nobody will be asked any more by the machine: the coordinator's queue, with this reason (R13, R20)."""
        return self in NEEDS_PERSON


NEEDS_PERSON = frozenset(
    {
        DecisionReason.NO_CANDIDATE,
        DecisionReason.ALL_DECLINED,
        DecisionReason.UNLIKELY,
        DecisionReason.WAVES_OVER,
        DecisionReason.NO_HOURS_LEFT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskFigures:
    """The figures behind an ask, for replay (matching 12): tally, tiredness, pressure and scarcity as they were; chance of a yes, of one in time;
    cost and index; chance wanted and chance that nobody asked before comes; `propensity`, how likely this decision was to ask this person."""

    version: str
    settings: str
    n: float
    y: float
    answers: float
    log_delay: float
    tired: float
    pressure: float
    scarcity: float
    year_share: float
    p_hat: float
    in_time: float
    cost: float
    index: float
    need: float
    q_before: float
    explored: bool
    propensity: float
    hopes: tuple[Hope, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskReason:
    """Why somebody was asked, as it was true at that moment: stored with the Offer, shown to them and to coordinators (matching 10, 12).

    `figures`: of a policy that reckons with chances, None where it does not.
    """

    policy: str
    decided_at: datetime
    reason: DecisionReason
    rank: int
    considered: int
    wave: int
    live_before: int
    hours_left: float
    km: float | None
    load: float
    last_asked_at: datetime | None
    letters_this_week: int
    standing: bool
    claim: ClaimKind | None = None
    figures: AskFigures | None = None

    def to_json(self) -> dict[str, Any]:
        """As it is stored: names of fields, times as ISO text; the figures beside the rest, where there are any."""
        told = asdict(self)
        told |= told.pop("figures") or {}
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in told.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One person to ask now, with the figures of a policy that reckons with chances (None where it does not)."""

    volunteer: VolunteerId
    options: tuple[OptionKey, ...]
    rank: int
    wave: int
    why: AskReason
    also: tuple[ReferralId, ...] = ()
    p_hat: float | None = None
    index: float | None = None
    propensity: float = 1.0
    explored: bool = False
    hopes: tuple[Hope, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AskDecision:
    """Whom to ask now, and when to look again (None: never by itself; a new event decides). Asking twice is stopped by a unique key.

    `any_yes` is the ladder's r: the chance that any yes still comes, those not asked yet included (None: a policy without chances).
    """

    asks: tuple[Ask, ...]
    reason: DecisionReason
    look_again_at: datetime | None
    need: float | None = None
    q: float | None = None
    pressure: float = 0.0
    any_yes: float | None = None
