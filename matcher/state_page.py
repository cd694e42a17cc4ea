"""Writes docs/states.md from the state tables: a small diagram and a table for each. `python -m matcher states` prints it."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from matcher.domain.journey import EPISODE_TABLE, MATCH_TABLE, OFFER_TABLE, REFERRAL_TABLE, VOLUNTEER_TABLE, Ends, Step, Table, target
from matcher.domain.journey_reader import HANDS
from matcher.domain.letter_kind import NOT_WRITTEN_YET, RECEIVERS, LetterKind, Party
from matcher.domain.task import TASKS

HEADINGS = ("Row", "From", "Event", "By", "When", "To", "Letters", "Tasks", "Besides")
LETTER_OF = {kind: letter for letter, kind in HANDS.items()}

INTRODUCTION = """# States

Made by `python -m matcher states` from `matcher/domain/journey_….py`; a test compares. Do not edit by hand.

By: K keyworker, N newcomer, V volunteer, C coordinator, L safeguarding lead, G information governance, M service lead, W the clock,
F a meeting feed. A letter goes to each party of that kind there is; a newcomer without a safe channel gets a task of their keyworker in its
place. A row in *italics* is not built yet and is refused. What no row names is refused. A row number with a small letter that `journeys.md`
does not have is ours.
"""


def states_page() -> str:
    """The whole page, as it stands in docs/states.md."""
    parts = [INTRODUCTION]
    for table in (REFERRAL_TABLE, OFFER_TABLE, MATCH_TABLE, EPISODE_TABLE, VOLUNTEER_TABLE):
        parts += [f"## {table.name}\n", _diagram(table), _rows(table)]
    return "\n".join([*parts, _tasks()])


def _diagram(table: Table[Any, Any]) -> str:
    """Which state leads to which, in built rows; many events between two states share one arrow."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for step in table.steps:
        if step.built and step.to is not Ends.SAME:
            for source in step.sources or (None,):
                pair = (source or "[*]", target(step, source) or "[*]")
                arrows[pair] = sorted({*arrows.get(pair, []), step.id}, key=_number)
    lines = [f"    {before} --> {after} : {', '.join(ids)}" for (before, after), ids in arrows.items()]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```", ""])


def _number(row_id: str) -> tuple[int, str]:
    digits = "".join(character for character in row_id if character.isdigit())
    return int(digits), row_id


def _rows(table: Table[Any, Any]) -> str:
    steps = sorted(table.steps, key=lambda step: (_number(step.id), not step.built))
    lines = [_line(HEADINGS), _line("---" for _ in HEADINGS)]
    for _, group in groupby(steps, key=_without_event):
        lines.append(_line(_cells(list(group))))
    return "\n".join([*lines, ""])


def _without_event(step: Step[Any, Any]) -> tuple[object, ...]:
    return (step.id, step.sources, step.actors, step.to, step.when, step.reason, step.letters, step.tasks, step.built)


def _cells(steps: list[Step[Any, Any]]) -> Iterator[str]:
    step = steps[0]
    goal = step.to.value + (f" ({step.reason})" if step.reason else "")
    yield f"*{step.id}*" if not step.built else step.id
    yield ", ".join(step.sources) or "–"
    yield ", ".join(each.event for each in steps)
    yield " ".join(LETTER_OF[kind] for kind in step.actors)
    yield ", ".join(step.when).replace("_", " ")
    yield goal
    yield ", ".join(_letter(kind, party) for kind, party in step.letters)
    yield ", ".join(step.tasks)
    yield step.guard


def _letter(kind: LetterKind, party: Party) -> str:
    several = len(RECEIVERS[kind]) > 1
    return f"`{kind}`" + (f" to {party}" if several else "") + (" (later)" if kind in NOT_WRITTEN_YET else "")


def _tasks() -> str:
    lines = [
        "## Tasks\n",
        "Nothing leaves a list without one of its outcomes; a task that events have made void ends as `superseded`, where marked.\n",
    ]
    lines += [_line(("Task", "Whose", "Outcomes", "Ends by itself")), _line(["---"] * 4)]
    for kind, rule in TASKS.items():
        lines.append(_line((kind, rule.role, ", ".join(rule.outcomes), "yes" if rule.by_itself else "no")))
    return "\n".join([*lines, ""])


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
