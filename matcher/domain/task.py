"""The lines on staff task lists: what each kind asks, whose it is and which outcomes close it. None closes without one (CO-04)."""

from dataclasses import dataclass
from enum import StrEnum

from matcher.domain.actor import ActorKind, Role
from matcher.domain.errors import Refused
from matcher.domain.letter_kind import LetterKind


class NeedsReason(StrEnum):
    """Why a referral waits for a person: the reason codes of the coordinator's queue, as in its alert."""

    NO_CANDIDATE = "no_candidate"
    ALL_DECLINED = "all_declined"
    TO_SETTLE = "to_settle"
    SECOND_MISSING = "second_missing"
    LATE_DROPOUT = "late_dropout"
    NO_NEWCOMER_ANSWER = "no_newcomer_answer"
    PREFERENCE_CLASH = "preference_clash"
    SAFETY_FLAG = "safety_flag"
    ALATEEN = "alateen"


YES_COUNTS = frozenset({NeedsReason.NO_CANDIDATE, NeedsReason.ALL_DECLINED, NeedsReason.SECOND_MISSING, NeedsReason.LATE_DROPOUT})
"""Reasons under which a volunteer's late yes still takes a free seat; under the others a person must look first."""


class TaskKind(StrEnum):
    """What somebody is asked to do."""

    NEEDS_PERSON = "needs_person"
    OVERDUE = "overdue"
    LETTER_BOUNCED = "letter_bounced"
    VOLUNTEER_BOUNCED = "volunteer_bounced"
    REWRITE_ADDRESS = "rewrite_address"
    RING_THEM = "ring_them"
    CHECK_MEETING = "check_meeting"
    PRINT_PLAN = "print_plan"
    TELL_IN_PERSON = "tell_in_person"
    NOT_TOLD = "not_told"
    NEWCOMER_SILENT = "newcomer_silent"
    ASK_TO_WIDEN = "ask_to_widen"
    """Its reason names the rungs of the ladder that a yes of the newcomer's would open."""
    ASK_CONSENT_IN_PERSON = "ask_consent_in_person"
    RECORD_OUTCOME = "record_outcome"
    FOLLOW_UP_BY_PERSON = "follow_up_by_person"
    TAKEN_OVER = "taken_over"
    ADMIT_VOLUNTEER = "admit_volunteer"
    SAFEGUARDING = "safeguarding"


class TaskOutcome(StrEnum):
    """How a task ended. `superseded` is never chosen by a person: the action that made a task void writes it, as the clock does."""

    ASKED = "asked"
    FILLED = "filled"
    WIDENED = "widened"
    SETTLED = "settled"
    GAVE_UP = "gave_up"
    CANCELLED = "cancelled"
    PRINTED = "printed"
    TOLD = "told"
    COULD_NOT_REACH = "could_not_reach"
    ADDRESS_CORRECTED = "address_corrected"
    CHANNEL_STOPPED = "channel_stopped"
    PAUSED = "paused"
    LEFT = "left"
    CHECKED = "checked"
    CHANGED = "changed"
    ANSWERED = "answered"
    RECORDED = "recorded"
    SEEN = "seen"
    ADMITTED = "admitted"
    TURNED_DOWN = "turned_down"
    SUPERSEDED = "superseded"


class OutcomeNeeded(Refused):
    """Please say how this ended before you close it."""


class OutcomeDoesNotFit(Refused):
    """This cannot be closed with that answer. Please choose one from the list."""


@dataclass(frozen=True, slots=True)
class TaskRule:
    """Whose list a kind stands on, and which outcomes a person may close it with. `by_itself`: it may also end as `superseded`."""

    role: Role
    outcomes: tuple[TaskOutcome, ...]
    by_itself: bool = True


_O = TaskOutcome
_REACHED = (_O.TOLD, _O.COULD_NOT_REACH)
TASKS: dict[TaskKind, TaskRule] = {
    TaskKind.NEEDS_PERSON: TaskRule(Role.COORDINATOR, (_O.ASKED, _O.FILLED, _O.WIDENED, _O.SETTLED, _O.GAVE_UP, _O.CANCELLED)),
    TaskKind.OVERDUE: TaskRule(Role.COORDINATOR, (_O.ASKED, _O.FILLED, _O.WIDENED, _O.GAVE_UP, _O.CANCELLED, _O.SEEN)),
    TaskKind.LETTER_BOUNCED: TaskRule(Role.KEYWORKER, (_O.ADDRESS_CORRECTED, _O.CHANNEL_STOPPED, _O.TOLD, _O.PRINTED)),
    TaskKind.VOLUNTEER_BOUNCED: TaskRule(Role.COORDINATOR, (_O.ADDRESS_CORRECTED, _O.PAUSED, _O.LEFT)),
    TaskKind.REWRITE_ADDRESS: TaskRule(Role.COORDINATOR, (_O.ADDRESS_CORRECTED, _O.PAUSED, _O.LEFT)),
    TaskKind.RING_THEM: TaskRule(Role.COORDINATOR, _REACHED),
    TaskKind.CHECK_MEETING: TaskRule(Role.COORDINATOR, (_O.CHECKED, _O.CHANGED, _O.COULD_NOT_REACH)),
    TaskKind.PRINT_PLAN: TaskRule(Role.KEYWORKER, (_O.PRINTED, _O.TOLD, _O.COULD_NOT_REACH)),
    TaskKind.TELL_IN_PERSON: TaskRule(Role.KEYWORKER, _REACHED),
    TaskKind.NOT_TOLD: TaskRule(Role.KEYWORKER, _REACHED),
    TaskKind.NEWCOMER_SILENT: TaskRule(Role.KEYWORKER, (_O.ANSWERED, _O.COULD_NOT_REACH, _O.CANCELLED)),
    TaskKind.ASK_TO_WIDEN: TaskRule(Role.KEYWORKER, (_O.ANSWERED, _O.COULD_NOT_REACH)),
    TaskKind.ASK_CONSENT_IN_PERSON: TaskRule(Role.KEYWORKER, (_O.ANSWERED, _O.COULD_NOT_REACH, _O.CANCELLED)),
    TaskKind.RECORD_OUTCOME: TaskRule(Role.KEYWORKER, (_O.COULD_NOT_REACH,)),  # how it went closes it by itself
    TaskKind.FOLLOW_UP_BY_PERSON: TaskRule(Role.KEYWORKER, (_O.RECORDED, _O.COULD_NOT_REACH)),
    TaskKind.TAKEN_OVER: TaskRule(Role.KEYWORKER, (_O.SEEN,), by_itself=False),
    TaskKind.ADMIT_VOLUNTEER: TaskRule(Role.COORDINATOR, (_O.ADMITTED, _O.TURNED_DOWN)),
    TaskKind.SAFEGUARDING: TaskRule(Role.SAFEGUARDING_LEAD, (_O.SETTLED, _O.CANCELLED), by_itself=False),
}


def task_instead(letter: LetterKind) -> TaskKind:
    """The keyworker's task in place of a newcomer's letter that no safe channel can carry: a plan is printed, the rest is told in person."""
    return TaskKind.PRINT_PLAN if letter is LetterKind.NEWCOMER_CONFIRMATION else TaskKind.TELL_IN_PERSON


def can_close_task(kind: TaskKind, outcome: TaskOutcome | None, *, by: ActorKind) -> bool:
    """True where this outcome closes this kind of task for this actor."""
    if outcome is TaskOutcome.SUPERSEDED:
        return by is ActorKind.CLOCK and TASKS[kind].by_itself
    return outcome in TASKS[kind].outcomes


def check_can_close_task(kind: TaskKind, outcome: TaskOutcome | None, *, by: ActorKind) -> None:
    """Raise OutcomeNeeded without an outcome and OutcomeDoesNotFit for one that is not on this kind's list."""
    if outcome is None:
        raise OutcomeNeeded
    if not can_close_task(kind, outcome, by=by):
        raise OutcomeDoesNotFit
