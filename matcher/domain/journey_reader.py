"""Reads the state tables from the text they are written in, one row a line, and refuses a word it does not know.

Columns: id (a `*` after it: not built yet) | from (`-`: makes the record) | events | by | facts | to, with `/reason` | letters | tasks.
By: K keyworker, N newcomer, V volunteer, C coordinator, L safeguarding lead, G governance, M service lead, W the clock, F a meeting feed.
A letter with two possible readers names one (`change>V`); `help` is coordinator_alert and keyworker_notice, `told` is newcomer_confirmation
and keyworker_notice, `off` and `new_details` are cancellation and change to both. Coming to needs_person always makes a task of that name.
A letter goes to each party of that kind there is (none, where nobody holds a seat); a newcomer without a safe channel gets the task of
`task.task_instead` in its place.
"""

from enum import StrEnum
from typing import TypeVar

from matcher.domain.actor import ActorKind
from matcher.domain.journey_table import Ends, Owed, Step
from matcher.domain.letter_kind import RECEIVERS, LetterKind, Party
from matcher.domain.task import TaskKind

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)

COLUMNS = 8
HANDS = {
    "K": ActorKind.KEYWORKER,
    "N": ActorKind.NEWCOMER,
    "V": ActorKind.VOLUNTEER,
    "C": ActorKind.COORDINATOR,
    "L": ActorKind.SAFEGUARDING_LEAD,
    "G": ActorKind.RECORDS_OFFICER,
    "M": ActorKind.PROVIDER_LEAD,
    "W": ActorKind.CLOCK,
    "F": ActorKind.FEED,
}
READERS = {"V": Party.VOLUNTEER, "N": Party.NEWCOMER}
ENDS = {"same": Ends.SAME, "erased": Ends.ERASED, "former": Ends.FORMER}
NOTICE = (LetterKind.KEYWORKER_NOTICE, Party.KEYWORKER)
PAIRS: dict[str, tuple[Owed, ...]] = {
    "help": ((LetterKind.COORDINATOR_ALERT, Party.COORDINATOR), NOTICE),
    "told": ((LetterKind.NEWCOMER_CONFIRMATION, Party.NEWCOMER), NOTICE),
    "off": ((LetterKind.CANCELLATION, Party.VOLUNTEER), (LetterKind.CANCELLATION, Party.NEWCOMER)),
    "new_details": ((LetterKind.CHANGE, Party.VOLUNTEER), (LetterKind.CHANGE, Party.NEWCOMER)),
}


def read_steps(
    text: str,
    states: type[S],
    events: type[E],
    *,
    names: dict[str, tuple[S, ...]],
    reasons: tuple[type[StrEnum], ...],
    notes: dict[str, str],
) -> tuple[Step[S, E], ...]:
    """The rows of one table. `names` are short names for groups of states, `reasons` the enumerations a reason may come from.

    Raises ValueError (KeyError) for a word that is no state, event, letter, task, reason or hand.
    """
    steps: list[Step[S, E]] = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        cells = [cell.strip() for cell in line.split("|")]
        name, sources, several, by, facts, to, letters, tasks = cells + [""] * (COLUMNS - len(cells))
        goal, _, reason = to.partition("/")
        steps += [
            Step(
                id=name.rstrip("*"),
                sources=_sources(sources, states, names),
                event=events(event),
                actors=tuple(HANDS[hand] for hand in by.split()),
                to=ENDS.get(goal) or states(goal),
                when=tuple(filter(None, (fact.strip() for fact in facts.split(",")))),
                reason=_reason(reason, reasons),
                letters=tuple(owed for word in letters.split() for owed in _letters(word)),
                tasks=_tasks(goal, tasks),
                guard=notes.get(name.rstrip("*"), ""),
                built=not name.endswith("*"),
            )
            for event in several.split()
        ]
    return tuple(steps)


def _sources(cell: str, states: type[S], names: dict[str, tuple[S, ...]]) -> tuple[S, ...]:
    if cell == "-":
        return ()
    return tuple(state for word in cell.split() for state in (names.get(word) or (states(word),)))


def _tasks(goal: str, cell: str) -> tuple[TaskKind, ...]:
    named = tuple(TaskKind(word) for word in cell.split())
    return (*named, TaskKind.NEEDS_PERSON) if goal == TaskKind.NEEDS_PERSON else named


def _reason(word: str, reasons: tuple[type[StrEnum], ...]) -> StrEnum | None:
    if not word:
        return None
    for kind in reasons:
        if word in kind.__members__.values():
            return kind(word)
    raise ValueError(f"{word!r} is no reason")


def _letters(word: str) -> tuple[Owed, ...]:
    if word in PAIRS:
        return PAIRS[word]
    kind, _, reader = word.partition(">")
    readers = {Party.VOLUNTEER} if word == LetterKind.SIGN_IN_CODE else RECEIVERS[LetterKind(kind)]
    party = READERS[reader] if reader else next(iter(readers))
    if party not in readers or (len(readers) > 1 and not reader):
        raise ValueError(f"{word!r} does not say who reads it")
    return ((LetterKind(kind), party),)
