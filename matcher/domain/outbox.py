"""The outbox and the timers as records: what waits to be told or done, for whom, from when and until when (reliability 3 and 5)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from matcher.domain.sealed import PersonKey, Sealed


@dataclass(frozen=True, slots=True)
class NewLetter:
    """A letter frozen to its last byte, ready for the outbox. Its identity is (about, party, kind, occasion, revision)."""

    id: UUID
    kind: str
    about_id: UUID
    party_kind: str
    party_id: UUID
    occasion: str
    revision: int
    channel: str
    referral_id: UUID | None
    provider_id: UUID | None
    area_id: UUID | None
    message_id: str
    sealed_bytes: bytes
    sealed_to: bytes
    bytes_sha256: bytes
    created_at: datetime
    due_at: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class ClaimedLetter:
    """A letter that this worker may try to send until its lease ends."""

    id: UUID
    kind: str
    about_id: UUID
    party_kind: str
    party_id: UUID
    referral_id: UUID | None
    message_id: str
    sealed_bytes: Sealed
    sealed_to: Sealed
    attempts: int
    lease_id: UUID
    not_after: datetime


@dataclass(frozen=True, slots=True)
class LetterLine:
    """One line of a referral's letter log: never a body, never an address (CO-14)."""

    id: UUID
    kind: str
    about_id: UUID
    party_kind: str
    party_id: UUID
    revision: int
    channel: str
    state: str
    created_at: datetime
    due_at: datetime
    ended_at: datetime | None
    refused: str | None

    @property
    def shown_state(self) -> str:
        """Its state in the log's words: a letter that was refused for itself is not one whose address was."""
        return f"{self.state}_{self.refused}" if self.refused else self.state


@dataclass(frozen=True, slots=True)
class EndedLetter:
    """A letter that ended without being sent, and what the person it was for needs now."""

    id: UUID
    kind: str
    about_id: UUID
    party_kind: str
    party_id: UUID
    referral_id: UUID | None
    provider_id: UUID | None
    area_id: UUID | None


@dataclass(frozen=True, slots=True)
class Held:
    """A letter or a timer (`what`) that was begun five times and never came to an end: it waits for the operator. Ids and codes only."""

    what: str
    id: UUID
    kind: str
    due_at: datetime
    not_after: datetime
    referral_id: UUID | None


@dataclass(frozen=True, slots=True)
class Timer:
    """Something the clock does once: claimed with a lease, its effect and its end committed together."""

    id: UUID
    kind: str
    about_id: UUID
    referral_id: UUID | None
    due_for: str
    due_at: datetime
    not_after: datetime
    lease_id: UUID | None = None


def sealed_in(table_column: str, row_id: UUID, key: PersonKey, box: bytes) -> Sealed:
    """The sealed value of one column of one row: its place is `table.column:id`."""
    return Sealed(key, f"{table_column}:{row_id}", box)


class TimerKind(StrEnum):
    """What the clock does when a timer is due; `about` is the referral unless it says otherwise."""

    LOOK = "look"
    OFFER_EXPIRY = "offer_expiry"
    """About an offer: its reply-by has passed."""
    WRITE_OFFER_AGAIN = "write_offer_again"
    """About an offer: its letter had not left when something that stood in it besides was withdrawn."""
    RECHECK_OFFER = "recheck_offer"
    """About an offer: its volunteer said yes elsewhere, so it may not fit any more."""
    UNDO_OVER = "undo_over"
    """About a match: its undo window is over."""
    PAIR_DEADLINE = "pair_deadline"
    ANSWER_DEADLINE = "answer_deadline"
    LAST_MOMENT = "last_moment"
    MORNING_OF = "morning_of"
    """About a match: its companion is asked whether they are still coming."""
    DAY_UNCONFIRMED = "day_unconfirmed"
    """About a match: three hours before, its companion has perhaps not said so."""
    STAND_BY_OVER = "stand_by_over"
    """About a match: it is too late for a stand-by."""
    REMIND_COMPANION = "remind_companion"
    """About a match, as the next three: a day before."""
    REMIND_COMPANION_AGAIN = "remind_companion_again"
    REMIND_NEWCOMER = "remind_newcomer"
    REMIND_NEWCOMER_AGAIN = "remind_newcomer_again"
    UNMATCHED = "unmatched"
    MEETING_ENDED = "meeting_ended"
    """About a match: its meeting has been over for an hour."""
    OUTCOME_CHASE = "outcome_chase"
    OUTCOME_SILENT = "outcome_silent"
    FOLLOW_UP = "follow_up"
    FOLLOW_UP_SILENT = "follow_up_silent"
    SERIES_OVER = "series_over"
    EPISODE_OVER = "episode_over"
    FIRST_CONTACT = "first_contact"
    """Somebody has left a place of treatment: the first contact is due."""


GO_ON_FOLLOWING = frozenset({TimerKind.FOLLOW_UP, TimerKind.FOLLOW_UP_SILENT, TimerKind.SERIES_OVER, TimerKind.EPISODE_OVER})
"""Timers that outlive the search for a later meeting: they belong to the newcomer's first steps, and die when the referral closes."""
