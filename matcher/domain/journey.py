"""The four journeys in one place: import states, events, tables and questions from here. `docs/states.md` comes from these tables."""

from matcher.domain.errors import Refusal
from matcher.domain.journey_episode import EPISODE_TABLE, EpisodeEvent, EpisodeReason
from matcher.domain.journey_match import LIVE_MATCHES, MATCH_TABLE, PlanCancelled
from matcher.domain.journey_offer import LIVE_OFFERS, MAY_ACCEPT, OFFER_TABLE, AlreadyYes
from matcher.domain.journey_plan import AFTER_YES
from matcher.domain.journey_referral import BEFORE, OPEN, SEEKING, MeetingBegun, ReferralClosed, SeatsFull, UndoOver
from matcher.domain.journey_table import (
    Ends,
    MovedOn,
    NotAsThingsStand,
    NotYoursToDecide,
    Step,
    Table,
    can,
    check_can,
    facts_asked,
    next_state,
    states_allowing,
    target,
)
from matcher.domain.journey_volunteer import VOLUNTEER_TABLE, ChecksMissing, HasLeft, RoleCardUnread
from matcher.domain.journey_word import (
    CancelReason,
    CloseReason,
    MatchEvent,
    MatchReason,
    MatchState,
    OfferEvent,
    OfferReason,
    OfferState,
    PauseReason,
    ReferralEvent,
    ReferralState,
    VolunteerEvent,
    VolunteerState,
)
from matcher.domain.task import YES_COUNTS, NeedsReason

_WHY: dict[ReferralEvent, type[Refusal]] = {ReferralEvent.UNDO_ACCEPTANCE: UndoOver, ReferralEvent.CANCEL_REFERRAL: MeetingBegun}
_DONE: dict[ReferralState, type[Refusal]] = {ReferralState.CLOSED: ReferralClosed, ReferralState.MATCHED: SeatsFull}
REFERRAL_TABLE = Table("Referral", ReferralState, ReferralEvent, (*BEFORE, *AFTER_YES), why=_WHY, done=_DONE)

__all__ = [
    "EPISODE_TABLE",
    "LIVE_MATCHES",
    "LIVE_OFFERS",
    "MATCH_TABLE",
    "MAY_ACCEPT",
    "OFFER_TABLE",
    "OPEN",
    "REFERRAL_TABLE",
    "SEEKING",
    "VOLUNTEER_TABLE",
    "YES_COUNTS",
    "AlreadyYes",
    "CancelReason",
    "ChecksMissing",
    "CloseReason",
    "Ends",
    "EpisodeEvent",
    "EpisodeReason",
    "HasLeft",
    "MatchEvent",
    "MatchReason",
    "MatchState",
    "MeetingBegun",
    "MovedOn",
    "NeedsReason",
    "NotAsThingsStand",
    "NotYoursToDecide",
    "OfferEvent",
    "OfferReason",
    "OfferState",
    "PauseReason",
    "PlanCancelled",
    "ReferralClosed",
    "ReferralEvent",
    "ReferralState",
    "RoleCardUnread",
    "SeatsFull",
    "Step",
    "Table",
    "UndoOver",
    "VolunteerEvent",
    "VolunteerState",
    "can",
    "check_can",
    "facts_asked",
    "next_state",
    "states_allowing",
    "target",
]
