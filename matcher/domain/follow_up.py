"""The questions put to a newcomer afterwards (journeys 12): which round asks what, in which order, and which answers there are.

Own plain wording, in templates; no published scale is copied. Every question may be passed over, and passing over is an answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from matcher.domain.outcome import Barrier, WhatNow
from matcher.domain.sealed import Sealed

NOT_SAID = "not_said"
"""Prefer not to say: it counts as an answer."""
SCALE = tuple(str(number) for number in range(11))
MOST_SKIPPED = 3
"""So many rounds passed over end the series (journeys 6)."""
AFTER = "after"


class Round(StrEnum):
    """When the questions come: after a meeting, and so many weeks after the first one that was gone to."""

    AFTER = AFTER
    WEEK_1 = "week1"
    WEEK_4 = "week4"
    WEEK_12 = "week12"


WEEKS = {Round.WEEK_1: timedelta(weeks=1), Round.WEEK_4: timedelta(weeks=4), Round.WEEK_12: timedelta(weeks=12)}


class Question(StrEnum):
    """One question, one page. F is about the meeting, P about taking part since."""

    WENT = "went"
    BARRIER = "barrier"
    WHAT_NOW = "what_now"
    HOW_WAS_IT = "how_was_it"
    COMFORTABLE = "comfortable"
    GO_AGAIN = "go_again"
    COMPANY = "company"
    MEETINGS = "meetings"
    TAKING_PART = "taking_part"
    SUPPORT = "support"
    TELL_A_FRIEND = "tell_a_friend"
    RING_ME = "ring_me"


TOOK_PART = ("talked", "spoke", "between", "sponsor", "material", "steps", "helped", "usual")
"""P1 to P8, one list to tick: taking part, not attendance alone."""
NONE_OF_THEM = "none"
MEETINGS_IN_FOUR_WEEKS = ("0", "1", "2_3", "4_7", "8_or_more")

CHOICES: Mapping[Question, tuple[str, ...]] = {
    Question.WENT: ("yes", "part", "no"),
    Question.BARRIER: (*(barrier.value for barrier in Barrier), NOT_SAID),
    Question.WHAT_NOW: (WhatNow.AGAIN_SAME.value, WhatNow.AGAIN_OTHER.value, "ring_me", WhatNow.STOP.value),
    Question.HOW_WAS_IT: (*SCALE, NOT_SAID),
    Question.COMFORTABLE: (*SCALE, NOT_SAID),
    Question.GO_AGAIN: ("same_meeting", "other_meeting", "other_fellowship", "maybe", "no", NOT_SAID),
    Question.COMPANY: ("same", "other", "not_now", "own_way"),
    Question.MEETINGS: (*MEETINGS_IN_FOUR_WEEKS, NOT_SAID),
    Question.TAKING_PART: (*TOOK_PART, NONE_OF_THEM, NOT_SAID),
    Question.SUPPORT: (*SCALE, NOT_SAID),
    Question.TELL_A_FRIEND: ("yes", "no", NOT_SAID),
    Question.RING_ME: ("no", "ring_me"),
}
"""Every answer a page offers. Nothing else is taken."""
TICKED = frozenset({Question.TAKING_PART})
"""Questions of which several answers may be ticked."""

_MISSED = (Question.WENT, Question.BARRIER, Question.WHAT_NOW)
_GONE = (Question.WENT, Question.HOW_WAS_IT, Question.COMFORTABLE, Question.GO_AGAIN, Question.RING_ME, Question.COMPANY)
_LATER = (Question.MEETINGS, Question.TAKING_PART, Question.SUPPORT)
ASKED: Mapping[Round, tuple[Question, ...]] = {
    Round.AFTER: _GONE,
    Round.WEEK_1: (*_LATER, Question.HOW_WAS_IT, Question.GO_AGAIN, Question.RING_ME),
    Round.WEEK_4: (*_LATER, Question.GO_AGAIN, Question.RING_ME, Question.TELL_A_FRIEND),
    Round.WEEK_12: (*_LATER, Question.GO_AGAIN, Question.RING_ME, Question.TELL_A_FRIEND),
}
"""At most six questions a round; who did not go is asked three."""


class FollowUpState(StrEnum):
    """Where one round stands."""

    ASKED = "asked"
    ANSWERED = "answered"
    SKIPPED = "skipped"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """One round put to one newcomer. `answers` are sealed under their own key."""

    id: UUID
    referral_id: UUID
    newcomer_id: UUID
    occasion: str
    state: FollowUpState
    asked_at: datetime
    answered_by: str | None
    ended_at: datetime | None
    answers: Sealed | None
    version: int

    @property
    def round(self) -> Round:
        """Which round it is: "after 2.1" is the one after the second meeting at its first try."""
        return Round(self.occasion.partition(" ")[0])

    @property
    def about(self) -> tuple[int, int]:
        """Of a round after a meeting: its number and try."""
        number, _, attempt = self.occasion.partition(" ")[2].partition(".")
        return int(number), int(attempt)


def after_meeting(meeting_number: int, attempt: int) -> str:
    """The occasion of the questions after one meeting at one try."""
    return f"{AFTER} {meeting_number}.{attempt}"


def questions_of(round_: Round, answers: Mapping[str, Any]) -> tuple[Question, ...]:
    """The questions of a round in their order, as far as the answers so far decide it."""
    missed = round_ is Round.AFTER and answers.get(Question.WENT) == "no"
    return _MISSED if missed else ASKED[round_]


def next_question(round_: Round, answers: Mapping[str, Any]) -> Question | None:
    """The first question that has no answer yet; None once the round is complete."""
    return next((one for one in questions_of(round_, answers) if one.value not in answers), None)


def read_answer(question: Question, given: tuple[str, ...]) -> str | tuple[str, ...] | None:
    """What was chosen, as it is kept; None where the page did not offer it, nothing was chosen, or the answers exclude each other."""
    offered = CHOICES[question]
    if not given or any(one not in offered for one in given):
        return None
    if question not in TICKED:
        return given[0] if len(given) == 1 else None
    alone = {NONE_OF_THEM, NOT_SAID} & set(given)
    return None if alone and len(given) > 1 else tuple(one for one in offered if one in given)


def participation_count(answers: Mapping[str, Any]) -> int | None:
    """How many of the eight kinds of taking part were ticked, 0 to 8; None where nothing was said. Not a validated score."""
    ticked = answers.get(Question.TAKING_PART)
    if ticked is None or NOT_SAID in ticked:
        return None
    return sum(one in TOOK_PART for one in ticked)
