"""What letters around and after a meeting may show: the reminder, the volunteer's "are you OK?", the newcomer's "how are things?", the last thank-you."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from matcher.domain.letter_kind import LetterKind, Party
from matcher.domain.letter_parts import Companion, Contact, Link, Venue


@dataclass(frozen=True, slots=True)
class CompanionReminderLetter:
    """The plan in short, to its companion. `newcomer_phone`: a few hours before, where both share theirs.

    `confirm_link`: where they have not said today that they are coming.
    """

    kind: ClassVar[LetterKind] = LetterKind.REMINDER
    party: ClassVar[Party] = Party.VOLUNTEER
    display_name: str
    name_used: str
    on_the_day: bool
    starts: datetime
    meet_at: datetime
    meet_place: str
    venue: Venue
    partner_name: str | None
    newcomer_phone: str | None
    confirm_link: Link | None
    cannot_come_link: Link
    coordinator: Contact


@dataclass(frozen=True, slots=True)
class NewcomerReminderLetter:
    """The plan in short, to the newcomer. It has no field for a fellowship or a venue, discreet or not: they are behind the link."""

    kind: ClassVar[LetterKind] = LetterKind.REMINDER
    party: ClassVar[Party] = Party.NEWCOMER
    name_used: str
    on_the_day: bool
    companions: tuple[Companion, ...]
    starts: datetime
    meet_at: datetime
    meet_place: str
    plan_link: Link
    keyworker: Contact


@dataclass(frozen=True, slots=True)
class CheckInLetter:
    """Are you OK? It knows the day and the reader, and nothing of the newcomer: whether they came has no field and no question."""

    kind: ClassVar[LetterKind] = LetterKind.CHECK_IN
    party: ClassVar[Party] = Party.VOLUNTEER
    display_name: str
    starts: datetime
    check_in_link: Link
    coordinator: Contact


@dataclass(frozen=True, slots=True)
class FollowUpLetter:
    """Two lines and a link. The questions themselves, and what was answered before, are never in it."""

    kind: ClassVar[LetterKind] = LetterKind.FOLLOW_UP
    party: ClassVar[Party] = Party.NEWCOMER
    name_used: str
    questions_link: Link
    keyworker: Contact


@dataclass(frozen=True, slots=True)
class ThankYouLetter:
    """One line, and how to come back. Nothing of the journey."""

    kind: ClassVar[LetterKind] = LetterKind.THANK_YOU
    party: ClassVar[Party] = Party.NEWCOMER
    name_used: str
    keyworker: Contact
