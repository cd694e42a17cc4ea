"""How a state table is written and read: a step, a table, the questions an action asks of it. The tables are in `journey.py`."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from matcher.domain.actor import ActorKind
from matcher.domain.errors import Changed, Refusal, Refused
from matcher.domain.letter_kind import LetterKind, Party
from matcher.domain.task import TaskKind

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)

Owed = tuple[LetterKind, Party]
"""A letter a step writes, and to whom."""


class MovedOn(Changed):
    """This has moved on since you opened the page. Nothing was changed: please look at it again."""


class NotYoursToDecide(Refused):
    """This is not yours to decide."""


class NotAsThingsStand(Refused):
    """That cannot be done as things stand."""


class Ends(StrEnum):
    """Where a step leads when that is not one named state."""

    SAME = "same"
    ERASED = "row erased"
    FORMER = "former state"


@dataclass(frozen=True)
class Step(Generic[S, E]):
    """One row of a state table: in one of `sources` (none: it makes the record), `event` by one of `actors` leads `to`.

    `when` are the facts that choose between rows of one event ("last_seat", "not last_seat"). `guard` says in a few words what the action
    checks besides. `built` is False for a row that the product does not have yet: it is refused like one that does not exist.
    """

    id: str
    sources: tuple[S, ...]
    event: E
    actors: tuple[ActorKind, ...]
    to: S | Ends
    when: tuple[str, ...] = ()
    reason: StrEnum | None = None
    letters: tuple[Owed, ...] = ()
    tasks: tuple[TaskKind, ...] = ()
    guard: str = ""
    built: bool = True

    def fits(self, facts: dict[str, bool]) -> bool:
        """True where every fact of `when` is as the row wants it."""
        return all(bool(facts[fact.removeprefix("not ")]) != fact.startswith("not ") for fact in self.when)

    @property
    def facts(self) -> frozenset[str]:
        """The names of the facts this row asks about."""
        return frozenset(fact.removeprefix("not ") for fact in self.when)


@dataclass(frozen=True)
class Table(Generic[S, E]):
    """One state table. `why` names the refusal for an event whose facts do not fit, `done` the one for a record in a final state."""

    name: str
    states: type[S]
    events: type[E]
    steps: tuple[Step[S, E], ...]
    why: dict[E, type[Refusal]] = field(default_factory=dict)
    done: dict[S, type[Refusal]] = field(default_factory=dict)
    index: dict[tuple[S | None, E], tuple[Step[S, E], ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index: dict[tuple[S | None, E], tuple[Step[S, E], ...]] = {}
        for step in self.steps:
            for source in step.sources or (None,):
                index[source, step.event] = (*index.get((source, step.event), ()), step)
        object.__setattr__(self, "index", index)


def facts_asked(table: Table[S, E], state: S | None, event: E) -> frozenset[str]:
    """The facts that must be known before this event can be judged in this state."""
    return frozenset().union(*(step.facts for step in table.index.get((state, event), ())))


def check_can(table: Table[S, E], state: S | None, event: E, *, by: ActorKind, **facts: bool) -> Step[S, E]:
    """The one step that this event is, in this state, by this actor; `state` is None for what makes the record.

    Raises a Changed (MovedOn, or what the table names) where the state does not know the event, NotYoursToDecide for the wrong actor,
    NotAsThingsStand (or what the table names) where the facts fit no row. A fact left out or misspelt: TypeError.
    """
    rows = table.index.get((state, event), ())
    _check_facts(table, state, event, set(facts))
    built = [step for step in rows if step.built]
    if not built:
        raise MovedOn if state is None else table.done.get(state, MovedOn)
    allowed = [step for step in built if by in step.actors]
    if not allowed:
        raise NotYoursToDecide
    for step in allowed:
        if step.fits(facts):
            return step
    raise table.why.get(event, NotAsThingsStand)


def can(table: Table[S, E], state: S | None, event: E, *, by: ActorKind, **facts: bool) -> bool:
    """True where `check_can` finds a step."""
    try:
        check_can(table, state, event, by=by, **facts)
    except Refusal:
        return False
    return True


def next_state(table: Table[S, E], state: S | None, event: E, *, by: ActorKind, **facts: bool) -> S | None:
    """The state after this event, or None where the row is erased. Raises as `check_can` does."""
    return target(check_can(table, state, event, by=by, **facts), state)


def target(step: Step[S, E], state: S | None) -> S | None:
    """Where a step leads from this state; None where the row is erased."""
    if step.to is Ends.SAME:
        return state
    return None if isinstance(step.to, Ends) else step.to


def states_allowing(table: Table[S, E], event: E, *, by: ActorKind | None = None) -> tuple[S, ...]:
    """The states in which a built row knows this event: what stands in the `WHERE` of the update."""
    steps = [step for step in table.steps if step.built and step.event is event and (by is None or by in step.actors)]
    return tuple(state for state in table.states if any(state in step.sources for step in steps))


def _check_facts(table: Table[S, E], state: S | None, event: E, given: set[str]) -> None:
    known = {fact for step in table.steps if step.event is event for fact in step.facts}
    if given - known:
        raise TypeError(f"{event} does not ask about {', '.join(sorted(given - known))}")
    if missing := facts_asked(table, state, event) - given:
        raise TypeError(f"{event} in {state} must know {', '.join(sorted(missing))}")
