"""How a meeting together went, as the newcomer or their keyworker says it. A volunteer is never asked, and no record here has room for their word."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from matcher.domain.sealed import Sealed


class Went(StrEnum):
    """Did they go? Part: some of it, or only as far as the door."""

    YES = "yes"
    PART = "part"
    NO = "no"


class Barrier(StrEnum):
    """What got in the way (journeys 12, F2). Each has an answer that the next page offers."""

    NOBODY_CAME = "nobody_came"
    FELT_ILL = "felt_ill"
    NERVES = "nerves"
    TRAVEL = "travel"
    FARE = "fare"
    CHILDCARE = "childcare"
    TIME = "time"
    CHANGED_MIND = "changed_mind"
    UNSAFE = "unsafe"
    FAITH = "faith"
    ACCESS = "access"
    NOT_THE_RIGHT_PERSON = "not_the_right_person"
    OTHER = "other"


class WhatNow(StrEnum):
    """What follows a meeting that was missed."""

    AGAIN_SAME = "again_same"
    AGAIN_ANYBODY = "again_anybody"
    AGAIN_OTHER = "again_other"
    STOP = "stop"


class ToldHow(StrEnum):
    """By which way an answer came: the newcomer's own link, or the keyworker, who was told by telephone, in person or on paper."""

    LINK = "link"
    KEYWORKER = "keyworker"


class Hand(StrEnum):
    """Who may write an outcome down. There is no third."""

    NEWCOMER = "newcomer"
    KEYWORKER = "keyworker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one meeting went at one try. `barrier` is sealed under the newcomer's own key; None where nothing was said."""

    referral_id: UUID
    meeting_number: int
    attempt: int
    meeting_at: datetime
    went: Went
    recorded_by: Hand
    recorder_id: UUID
    how: ToldHow
    recorded_at: datetime
    barrier: Sealed | None
