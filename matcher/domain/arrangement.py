"""The records of one arrangement as the database keeps them: referral, options, offers, matches. What may follow what is in `journey.py`."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from matcher.domain.availability import any_day, parse_times
from matcher.domain.fellowship import Fellowship, WhoFor
from matcher.domain.journey import OPEN
from matcher.domain.journey_word import MatchState, OfferState, ReferralState
from matcher.domain.place import Place
from matcher.domain.referral import HeldSeat, ReferralId, ReferralNeeds
from matcher.domain.rung import Rung
from matcher.domain.sealed import PersonKey, Sealed
from matcher.domain.wishes import TRAVEL_MINUTES_MOST, Age, Care, Comfort, EpisodeState, Need, SaysIs, SpecialAudience, TravelHow


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """One keyworker's ask for one newcomer. `open_offers` is counted when it is read.

    `met_count` of six at most have been gone to, the first at `first_met_at`. `ask_first`: the companions of last time, asked before others.
    `leaving_on`, `leaving_district`: discharge mode, when and to where they leave a place of treatment.

    Boxes are sealed under the newcomer's own key; None where nothing is held.
    """

    id: UUID
    provider_id: UUID
    area_id: UUID | None
    keyworker_id: UUID
    newcomer_id: UUID
    reference: str
    state: ReferralState
    close_reason: str | None
    cancel_reason: str | None
    needs_reason: str | None
    held_state: str | None
    held_reason: str | None
    held_cause: str | None
    overdue_at: datetime | None
    meeting_number: int
    episode: str
    episode_reason: str | None
    met_count: int
    first_met_at: datetime | None
    ask_first: tuple[UUID, ...]
    leaving_on: date | None
    leaving_district: str | None
    seats: int
    seats_taken: int
    open_offers: int
    deadline: datetime | None
    next_look_at: datetime | None
    asking_since: datetime | None
    ladder_step: int
    ladder_at: datetime | None
    rungs_taken: tuple[int, ...]
    who_for: str | None
    age: str | None
    exposure: str | None
    stage: str | None
    fellowships: tuple[str, ...]
    travel_from: str | None
    travel_how: str | None
    travel_minutes: int
    times: tuple[str, ...]
    earliest_on: date | None
    may_widen: tuple[str, ...]
    comfort: str | None
    settled_comfort: str | None
    released: bool
    newcomer_is: str | None
    both_meet_wish: bool
    needs: tuple[str, ...]
    audiences: tuple[str, ...]
    languages: tuple[str, ...]
    interpreter: bool
    care: tuple[str, ...]
    avoid_meetings: tuple[UUID, ...]
    to_settle: tuple[str, ...]
    channel: str
    email_safe: bool
    email_state: str
    discreet: bool
    reminder_two_hours: bool
    agree_first: bool
    share_number: bool
    fare_help: str
    submitted_at: datetime
    matched_at: datetime | None
    confirmed_at: datetime | None
    closed_at: datetime | None
    updated_at: datetime
    version: int
    key: PersonKey | None
    newcomer: Sealed | None
    contact: Sealed | None
    avoid: Sealed | None

    @property
    def is_open(self) -> bool:
        """Neither a draft nor closed."""
        return self.state in OPEN

    @property
    def is_asking(self) -> bool:
        """Whether volunteers may be asked now."""
        return self.state in (ReferralState.LOOKING, ReferralState.PART_FILLED)

    def has_taken(self, rung: Rung) -> bool:
        """Whether this rung of the ladder has widened the search for this meeting."""
        return rung in self.rungs_taken

    @property
    def fellowships_open(self) -> int:
        """How many of the newcomer's own list are being asked: one, and one more for each time the ladder came to it."""
        return 1 + self.rungs_taken.count(Rung.NEXT_FELLOWSHIP)

    @property
    def writes_to_newcomer(self) -> bool:
        """Whether letters may go to the newcomer: a safe, chosen address that works."""
        return self.channel == "email" and self.email_safe and self.email_state == "ok" and self.contact is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralOption:
    """An occurrence a referral accepts. `fixed` once somebody has said yes to it."""

    id: UUID
    referral_id: UUID
    meeting_number: int
    rank: int
    meeting_id: UUID
    fellowship: str
    on_date: date
    starts_at: datetime
    ends_at: datetime
    meet_at: datetime
    picked_by_hand: bool
    state: str
    timezone: str
    meeting_name: str
    venue: str | None
    formatted_address: str | None
    town: str | None
    outcode: str | None
    location_notes: str | None
    travel_notes: str | None
    last_confirmed_at: datetime | None
    online: bool
    in_person: bool

    @property
    def place_name(self) -> str:
        """What the place is called: its venue, else its address, else the meeting's own name."""
        return self.venue or self.formatted_address or self.meeting_name

    @property
    def meet_place(self) -> str:
        """What a letter calls the place: never by the meeting's own name, which may say whose it is."""
        return (self.venue or self.formatted_address or self.district) if self.in_person else "Online"

    @property
    def district(self) -> str:
        """Where it is, as coarsely as an invitation may say it before a yes."""
        return self.town or self.outcode or ""

    @property
    def zone(self) -> ZoneInfo:
        """The meeting's own zone."""
        return ZoneInfo(self.timezone)

    @property
    def starts(self) -> datetime:
        """Local wall time with its zone, as a letter shows it."""
        return self.starts_at.astimezone(self.zone)

    @property
    def meets(self) -> datetime:
        """When to meet, local."""
        return self.meet_at.astimezone(self.zone)

    @property
    def ends(self) -> datetime:
        """When it is over, local."""
        return self.ends_at.astimezone(self.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One ask to one volunteer. `beside`: the offer whose letter or page holds this one too."""

    id: UUID
    referral_id: UUID
    provider_id: UUID
    area_id: UUID | None
    meeting_number: int
    volunteer_id: UUID
    fellowship: str
    state: OfferState
    state_reason: str | None
    wave: int
    by_hand: bool
    by_telephone: bool
    reply_by: datetime
    last_moment: datetime
    created_at: datetime
    sent_at: datetime | None
    answered_at: datetime | None
    banked_at: datetime | None
    standby: bool
    beside: UUID | None = None

    @property
    def is_call(self) -> bool:
        """Whether it was a keyworker's call (connect now). Whom a coordinator rang themselves they asked by hand."""
        return self.by_telephone and not self.by_hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An accepted offer: this volunteer goes with this newcomer to this occurrence."""

    id: UUID
    offer_id: UUID
    referral_id: UUID
    provider_id: UUID
    area_id: UUID | None
    meeting_number: int
    seat: int
    volunteer_id: UUID
    fellowship: str
    option_id: UUID
    meeting_id: UUID
    on_date: date
    starts_at: datetime
    ends_at: datetime
    meet_at: datetime
    block: int
    state: MatchState
    cancelled_reason: str | None
    not_answered: bool
    accepted_at: datetime
    undo_until: datetime
    confirmed_at: datetime | None
    day_confirmed_at: datetime | None
    ended_at: datetime | None
    revision: int
    told_newcomer_at: datetime | None
    calendar_uid: UUID

    @property
    def is_live(self) -> bool:
        """Holds a seat of a meeting that is not known to be over."""
        return self.state in (MatchState.PLANNED, MatchState.CONFIRMED) and self.ended_at is None

    @property
    def is_off(self) -> bool:
        """Called off, by whomever. A meeting that is over is not off."""
        return self.state is MatchState.CANCELLED


def needs_of(referral: Referral, *, consent_c1: bool, travel_from: Place, held: HeldSeat | None, unresolved: bool) -> ReferralNeeds:
    """A referral as the hard rules read it: what the newcomer said, and what the ladder has widened with their yes."""
    times = parse_times(referral.times)
    return ReferralNeeds(
        id=ReferralId(referral.id),
        state=referral.state,
        on_hold=referral.state is ReferralState.ON_HOLD,
        consent_c1=consent_c1,
        age=Age(referral.age) if referral.age else None,
        who_for=WhoFor(referral.who_for) if referral.who_for else None,
        fellowships=tuple(Fellowship(code) for code in referral.fellowships),
        fellowships_open=referral.fellowships_open,
        comfort=Comfort(referral.comfort) if referral.comfort else None,
        settled_comfort=Comfort(referral.settled_comfort) if referral.settled_comfort else None,
        newcomer_is=SaysIs(referral.newcomer_is) if referral.newcomer_is else None,
        said_audiences=frozenset(SpecialAudience(audience) for audience in referral.audiences),
        languages=frozenset(referral.languages),
        interpreter_arranged=referral.interpreter,
        needs=frozenset(Need(need) for need in referral.needs),
        travel_from=travel_from,
        travel_how=TravelHow(referral.travel_how) if referral.travel_how else None,
        travel_minutes_most=TRAVEL_MINUTES_MOST if referral.has_taken(Rung.FARTHER) else referral.travel_minutes,
        times=any_day(times) if referral.has_taken(Rung.OTHER_DAY) else times,
        earliest_on=referral.earliest_on,
        avoid_meetings=frozenset(referral.avoid_meetings),
        unresolved_avoid_people=unresolved,
        care=frozenset(Care(care) for care in referral.care),
        released=referral.released,
        companions=referral.seats,
        both_meet_wish=referral.both_meet_wish,
        held=held,
        meeting_number=referral.meeting_number,
        met_count=referral.met_count,
        episode=EpisodeState(referral.episode),
        not_before=referral.leaving_on,
    )
