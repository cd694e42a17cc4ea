"""What each letter may show: one frozen record per letter. What is not a field here cannot appear in it (journeys 9, I7 of reliability).

The words are in `matcher/letters/`. Fields stand in the order in which the letter shows them.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal

from matcher.domain.letter_afterwards import CheckInLetter, CompanionReminderLetter, FollowUpLetter, NewcomerReminderLetter, ThankYouLetter
from matcher.domain.letter_kind import LetterKind, Party
from matcher.domain.letter_parts import (
    AlertReason,
    ChangedLine,
    ChangeReason,
    Companion,
    Contact,
    CoveredBecause,
    DayNeed,
    Ending,
    FareHelp,
    KeyworkerReason,
    Link,
    MeetingIdea,
    OfferOption,
    PlannedMeeting,
    RosterChange,
    Seat,
    Told,
    Tried,
    Venue,
)
from matcher.domain.letter_parts import Changed as ChangedThing

ForEither = Literal[Party.VOLUNTEER, Party.NEWCOMER]


@dataclass(frozen=True, slots=True)
class OfferLetter:
    """An invitation: nothing of the newcomer, no venue, no address. `fellowship`: None for a discreet volunteer. `beside`: meetings of two others."""

    kind: ClassVar[LetterKind] = LetterKind.OFFER
    party: ClassVar[Party] = Party.VOLUNTEER
    display_name: str
    fellowship: str | None
    options: tuple[OfferOption, ...]
    seat: Seat
    reply_by: datetime
    answer_link: Link
    pause_link: Link
    coordinator: Contact
    beside: tuple[tuple[OfferOption, ...], ...] = ()

    def __post_init__(self) -> None:
        if len(self.beside) > 2 or not all(1 <= len(options) <= 3 for options in (self.options, *self.beside)):
            raise ValueError("a letter holds one to three invitations, each names one to three meetings")


@dataclass(frozen=True, slots=True)
class OfferAcceptedLetter:
    """What was recorded, and how to undo it. The newcomer's name follows later."""

    kind: ClassVar[LetterKind] = LetterKind.OFFER_ACCEPTED
    party: ClassVar[Party] = Party.VOLUNTEER
    display_name: str
    recorded_at: datetime
    starts: datetime
    meet_at: datetime
    venue: Venue
    seat: Seat
    asking_second: bool
    undo_until: datetime
    undo_link: Link
    cannot_come_link: Link
    coordinator: Contact


@dataclass(frozen=True, slots=True)
class CoveredLetter:
    """The invitation is over: thank you. Never who went, never why."""

    kind: ClassVar[LetterKind] = LetterKind.COVERED
    party: ClassVar[Party] = Party.VOLUNTEER
    display_name: str
    starts: datetime
    because: CoveredBecause
    standby_link: Link | None
    coordinator: Contact


@dataclass(frozen=True, slots=True)
class VolunteerConfirmationLetter:
    """The plan for the companion: the first letter with the newcomer's name used. `newcomer_phone` only where both agreed to share."""

    kind: ClassVar[LetterKind] = LetterKind.VOLUNTEER_CONFIRMATION
    party: ClassVar[Party] = Party.VOLUNTEER
    display_name: str
    name_used: str
    starts: datetime
    meet_at: datetime
    meet_place: str
    venue: Venue
    needs: tuple[DayNeed, ...]
    interpreter_language: str | None
    partner_name: str | None
    newcomer_phone: str | None
    wait_minutes: int
    role_points: tuple[str, ...]
    role_card_version: str
    on_call: Contact
    safe_home_link: Link | None
    cannot_come_link: Link
    calendar_link: Link | None


@dataclass(frozen=True, slots=True)
class NewcomerConfirmationLetter:
    """The plan for the newcomer. A discreet one has neither fellowship nor venue: they are behind the link."""

    kind: ClassVar[LetterKind] = LetterKind.NEWCOMER_CONFIRMATION
    party: ClassVar[Party] = Party.NEWCOMER
    name_used: str
    discreet: bool
    companions: tuple[Companion, ...]
    meet_at: datetime
    meet_place: str
    starts: datetime
    ends: datetime | None
    fellowship: str | None
    venue: Venue | None
    travel_line: str | None
    fare_help: FareHelp | None
    ask_first: bool
    plan_link: Link
    on_call: Contact
    told: tuple[Told, ...]
    keyworker: Contact
    local_crisis: Contact | None
    checked_on: date | None
    calendar_link: Link | None

    def __post_init__(self) -> None:
        if self.discreet and (self.fellowship or self.venue):
            raise ValueError("a discreet letter names neither fellowship nor venue")
        if not 1 <= len(self.companions) <= 2:
            raise ValueError("one or two companions")


@dataclass(frozen=True, slots=True)
class ChangeLetter:
    """Old crossed out, new below, and what to do, which is often nothing. No reason if it is personal.

    `late_minutes` only for LATE. `who` is the person who is late, or for COMPANION the new companion, by display name or name used.
    """

    kind: ClassVar[LetterKind] = LetterKind.CHANGE
    party: ForEither
    name: str
    discreet: bool
    reason: ChangeReason
    starts: datetime
    lines: tuple[ChangedLine, ...]
    who: Companion | None
    late_minutes: int | None
    own_link: Link
    calendar_link: Link | None
    contact: Contact

    def __post_init__(self) -> None:
        shows_venue = any(line.what is ChangedThing.VENUE for line in self.lines)
        if self.party is Party.NEWCOMER and self.discreet and shows_venue:
            raise ValueError("a discreet letter names no venue")
        if (self.reason is ChangeReason.LATE) != (self.late_minutes is not None):
            raise ValueError("minutes belong to somebody who is late")


@dataclass(frozen=True, slots=True)
class MorningOfLetter:
    """One question, on the day or the evening before: are you still coming? Two choices on the page."""

    kind: ClassVar[LetterKind] = LetterKind.MORNING_OF
    party: ClassVar[Party] = Party.VOLUNTEER
    display_name: str
    on_the_day: bool
    starts: datetime
    meet_at: datetime
    meet_place: str
    confirm_link: Link
    coordinator: Contact


@dataclass(frozen=True, slots=True)
class CancellationLetter:
    """Not needed, cancelled or put off. Never who decided or why. `contact` is who rings (newcomer) or may be rung (volunteer)."""

    kind: ClassVar[LetterKind] = LetterKind.CANCELLATION
    party: ForEither
    name: str
    starts: datetime
    ending: Ending
    calendar_link: Link | None
    contact: Contact


@dataclass(frozen=True, slots=True)
class NoCompanionLetter:
    """Nobody could come this time, said honestly, with meetings to go to all the same. No figures."""

    kind: ClassVar[LetterKind] = LetterKind.NO_COMPANION
    party: ClassVar[Party] = Party.NEWCOMER
    name_used: str
    discreet: bool
    starts: datetime
    tried: tuple[Tried, ...]
    meetings: tuple[MeetingIdea, ...]
    helpline: Contact | None
    keyworker: Contact
    plan_link: Link | None

    def __post_init__(self) -> None:
        if self.discreet and (self.helpline or any(idea.fellowship or idea.venue for idea in self.meetings)):
            raise ValueError("a discreet letter names neither fellowship, venue nor helpline")


@dataclass(frozen=True, slots=True)
class KeyworkerNoticeLetter:
    """An update for a keyworker. No name, fellowship or venue; `reference_end` is the last four characters of their own reference."""

    kind: ClassVar[LetterKind] = LetterKind.KEYWORKER_NOTICE
    party: ClassVar[Party] = Party.KEYWORKER
    reference_end: str
    reason: KeyworkerReason
    do_by: datetime | None
    sign_in_link: Link

    def __post_init__(self) -> None:
        if len(self.reference_end) > 4:
            raise ValueError("the last four characters of the reference, no more")


@dataclass(frozen=True, slots=True)
class CoordinatorAlertLetter:
    """Somebody is needed. No names. Also tells governance and safeguarding leads of their own reasons."""

    kind: ClassVar[LetterKind] = LetterKind.COORDINATOR_ALERT
    party: ClassVar[Party] = Party.COORDINATOR
    reason: AlertReason
    urgent: bool
    area: str
    do_by: datetime | None
    sign_in_link: Link


@dataclass(frozen=True, slots=True)
class SignInCodeLetter:
    """A typed code. No role, fellowship or link."""

    kind: ClassVar[LetterKind] = LetterKind.SIGN_IN_CODE
    party: ClassVar[Party] = Party.STAFF
    code: str
    minutes: int

    def __post_init__(self) -> None:
        if not (len(self.code) == 6 and self.code.isascii() and self.code.isdigit()):
            raise ValueError("a code is six digits")


@dataclass(frozen=True, slots=True)
class RosterNoticeLetter:
    """What changed about a volunteer's place on the roster and how to change it back. Never a reason."""

    kind: ClassVar[LetterKind] = LetterKind.ROSTER_NOTICE
    party: ClassVar[Party] = Party.VOLUNTEER
    display_name: str
    change: RosterChange
    planned: tuple[PlannedMeeting, ...]
    profile_link: Link | None
    coordinator: Contact


Letter = (
    OfferLetter
    | OfferAcceptedLetter
    | CoveredLetter
    | VolunteerConfirmationLetter
    | NewcomerConfirmationLetter
    | ChangeLetter
    | MorningOfLetter
    | CancellationLetter
    | NoCompanionLetter
    | KeyworkerNoticeLetter
    | CoordinatorAlertLetter
    | SignInCodeLetter
    | RosterNoticeLetter
    | CompanionReminderLetter
    | NewcomerReminderLetter
    | CheckInLetter
    | FollowUpLetter
    | ThankYouLetter
)
