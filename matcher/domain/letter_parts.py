"""The pieces that letters are made of: addresses of our own, venues, contacts, and the codes a template turns into words.

A plain `str` in any of these is text somebody typed: it is made inert before a template sees it (`mail.py`). A `Link` must lie on our
own host, a `Mailbox` is one checked address. A `datetime` is local wall time with its zone attached, never UTC.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from matcher.domain.letter_kind import LetterKind

Link = Annotated[str, "link"]
Mailbox = Annotated[str, "mailbox"]


@dataclass(frozen=True, slots=True)
class LetterId:
    """Which letter to whom about what: the outbox's unique key. The Message-ID is made from it and from nothing else.

    `occasion` is empty but for letters that recur (`t24`, `week4`); `revision` starts at 1.
    """

    kind: LetterKind
    about_id: UUID
    party_id: UUID
    occasion: str = ""
    revision: int = 1

    def __post_init__(self) -> None:
        if "|" in self.occasion or self.revision < 1:
            raise ValueError("occasion holds no bar and revision starts at 1")

    @property
    def text(self) -> str:
        """The five parts in one line, as the keyed hash reads them."""
        return f"{self.kind.value}|{self.about_id}|{self.party_id}|{self.occasion}|{self.revision}"


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a letter is from and whom its footer names: the provider's discreet name and mailbox, or the roster's for volunteers."""

    name: str
    mailbox: Mailbox
    reply_to: Mailbox
    phone: str
    privacy_link: Link
    complaint_link: Link


@dataclass(frozen=True, slots=True)
class Contact:
    """A person to ring: a first name or a role, and one number."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Venue:
    """Where a meeting is held. Empty parts are left out of the letter."""

    name: str
    address: str = ""
    door: str = ""
    directions: str = ""


@dataclass(frozen=True, slots=True)
class Companion:
    """Somebody who comes along, as the newcomer may know them: display name and how to recognise them."""

    display_name: str
    recognise_me: str = ""


class Seat(StrEnum):
    """Which companion a volunteer is or would be."""

    ONLY = "only"
    FIRST = "first"
    SECOND = "second"


class DayNeed(StrEnum):
    """What matters on the day, in the template's words. Never why."""

    STEP_FREE = "step_free"
    HEARING_LOOP = "hearing_loop"
    QUIET = "quiet"
    BSL = "bsl"
    INTERPRETER = "interpreter"
    LARGE_PRINT = "large_print"
    EASY_READ = "easy_read"
    ADVOCATE = "advocate"
    NEW_TO_MEETINGS = "new_to_meetings"


class Told(StrEnum):
    """What a companion was told about a newcomer."""

    NAME_USED = "name_used"
    TIME_AND_PLACE = "time_and_place"
    FIRST_MEETING = "first_meeting"
    COMFORT = "comfort"
    NEEDS = "needs"
    PHONE = "phone"


class FareHelp(StrEnum):
    """How the provider helps with the fare."""

    TICKET = "ticket"
    CASH = "cash"
    TAXI = "taxi"


class ChangeReason(StrEnum):
    """What kind of change a letter tells of."""

    MEETING = "meeting"
    COMPANION = "companion"
    ALONE = "alone"
    SECOND_MISSING = "second_missing"
    LATE = "late"


class Changed(StrEnum):
    """One thing that changed: its label in the letter."""

    DAY = "day"
    START = "start"
    MEET_AT = "meet_at"
    MEET_PLACE = "meet_place"
    VENUE = "venue"
    COMPANION = "companion"


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """Old, crossed out, and new below. Days and times are `datetime`s (the label says which part of them is shown), the rest is text."""

    what: Changed
    old: str | datetime
    new: str | datetime


class Ending(StrEnum):
    """How a planned meeting together ends, as the letter says it: never who decided, never why."""

    NOT_NEEDED = "not_needed"
    CANCELLED = "cancelled"
    PUT_OFF = "put_off"


class CoveredBecause(StrEnum):
    """Why an invitation is over."""

    SOMEBODY_IS_GOING = "somebody_is_going"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True, slots=True)
class OfferOption:
    """One dated meeting of an invitation: when, and the district only. The venue and address are not told before a yes."""

    starts: datetime
    meet_at: datetime
    district: str


class Tried(StrEnum):
    """What was tried before nobody could be found, as the honest answer says it in one sentence."""

    REACH = "reach"
    FARTHER = "farther"
    OTHER_DAY = "other_day"
    ONE_COMPANION = "one_companion"
    NEXT_FELLOWSHIP = "next_fellowship"
    ONLINE = "online"


@dataclass(frozen=True, slots=True)
class MeetingIdea:
    """A meeting somebody could go to by themselves. `fellowship` and `venue` are None for a discreet letter."""

    starts: datetime
    fellowship: str | None = None
    venue: Venue | None = None


@dataclass(frozen=True, slots=True)
class PlannedMeeting:
    """A meeting still in a paused volunteer's diary: day and time only, and the way out of it."""

    starts: datetime
    cannot_come_link: Link


class KeyworkerReason(StrEnum):
    """What happened to a referral, as its keyworker is told."""

    PLANNED = "planned"
    PLANNED_TELL_THEM = "planned_tell_them"
    ONE_COMPANION = "one_companion"
    NEEDS_PERSON = "needs_person"
    MAY_WIDEN = "may_widen"
    """Nobody found yet, and a yes of the newcomer's would help."""
    NO_COMPANION = "no_companion"
    DROPPED_OUT = "dropped_out"
    CHANGED = "changed"
    MEETING_OFF = "meeting_off"
    CONSENT_REFUSED = "consent_refused"
    NO_CONSENT_ANSWER = "no_consent_answer"
    LETTER_FAILED = "letter_failed"
    """An address that was refused; it is to be corrected."""
    NOT_TOLD = "not_told"
    """A letter that came too late, or that no mail server took: nothing is wrong with the address."""
    OTHER_TIME = "other_time"
    PUT_OFF = "put_off"
    GOES_ON = "goes_on"
    CALL_BACK = "call_back"


class AlertReason(StrEnum):
    """Why somebody is needed: the reason codes of the coordinator's queue (journeys 9.4) and of the governance and safeguarding leads."""

    NO_CANDIDATE = "no_candidate"
    ALL_DECLINED = "all_declined"
    TO_SETTLE = "to_settle"
    SECOND_MISSING = "second_missing"
    LATE_DROPOUT = "late_dropout"
    NO_NEWCOMER_ANSWER = "no_newcomer_answer"
    NO_STANDBY = "no_standby"
    PREFERENCE_CLASH = "preference_clash"
    SAFETY_FLAG = "safety_flag"
    ALATEEN = "alateen"
    BOUNCE = "bounce"
    """A volunteer's address was refused: they are paused until it is corrected."""
    NOT_TOLD = "not_told"
    """A volunteer's letter came too late, or no mail server took it: nothing is wrong with the address."""
    SAFE_HOME_MISSING = "safe_home_missing"
    MEETING_FROZEN = "meeting_frozen"
    OVERDUE = "overdue"
    TIME_SHORT = "time_short"
    """Few asking hours are left and a seat is empty; asking goes on."""
    UNLIKELY = "unlikely"
    """There is time, and hardly anybody who could go: a yes is less likely than not. Asking goes on."""
    INCIDENT = "incident"
    COMPLAINT = "complaint"
    RIGHTS_CASE = "rights_case"
    BREACH_CLOCK = "breach_clock"
    RETENTION_FAILED = "retention_failed"


class RosterChange(StrEnum):
    """What changed about a volunteer's place on the roster. Never a reason."""

    WELCOME = "welcome"
    PAUSED = "paused"
    ENDED = "ended"
