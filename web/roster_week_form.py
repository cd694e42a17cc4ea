"""The week of a volunteer as a form without script: for each weekday all day, or rows with a start and an end. Sentences are in web/words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time

from pydantic import BaseModel, ValidationError

from matcher.domain.availability import EmptyWindow, WeekSpan
from matcher.domain.text import without_hidden
from matcher.domain.week_rows import WindowRow, rows_of, spans_of
from web.form_fields import ClockTime
from web.forms import Form, Problem, Submitted

DAY_CODES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_ROWS = 6
KIND = "WeekForm"


class _Clock(BaseModel):
    at: ClockTime


@dataclass(frozen=True, slots=True)
class WeekAnswer:
    """The spans a week form holds (None where something is wrong), its form, and the rows that run into the next day."""

    windows: tuple[WeekSpan, ...] | None
    form: Form
    overnight: tuple[WindowRow, ...] = ()


def week_form(windows: Iterable[WeekSpan], **more: str) -> Form:
    """The form that shows these windows; `more` are its other answers."""
    values: dict[str, str | list[str]] = dict(more)
    counted: dict[int, int] = {}
    for row in rows_of(windows):
        day = DAY_CODES[row.weekday]
        if row.all_day:
            values[f"{day}_all"] = "yes"
            continue
        counted[row.weekday] = counted.get(row.weekday, 0) + 1
        values[f"{day}_from_{counted[row.weekday]}"] = f"{row.starts:%H:%M}"
        values[f"{day}_to_{counted[row.weekday]}"] = f"{row.ends:%H:%M}"
    return Form(values=values, kind=KIND)


def rows_shown(form: Form) -> dict[str, int]:
    """How many rows each day shows: one more than it has."""
    filled = {
        day: [n for n in range(1, MOST_ROWS + 1) if form.value(f"{day}_from_{n}") or form.value(f"{day}_to_{n}")] for day in DAY_CODES
    }
    return {day: min(MOST_ROWS, max(rows, default=0) + 1) for day, rows in filled.items()}


def read_week(submitted: Submitted, *, known: Iterable[WindowRow] = (), may_be_empty: bool = False) -> WeekAnswer:
    """The week as it was sent. A row that runs into the next day counts once `overnight` is ticked: an end typed too early is not a night.

    `known` are the rows kept so far: they were confirmed when they were new.
    """
    values = {name: _text(submitted, name) for name in set(submitted.keys()) if name not in ("token", "nonce")}
    errors: dict[str, Problem] = {}
    rows: list[WindowRow] = []
    for weekday, day in enumerate(DAY_CODES):
        if values.get(f"{day}_all") == "yes":
            rows.append(WindowRow(weekday, time(), time()))
        for number in range(1, MOST_ROWS + 1):
            row = _row(values, errors, weekday, number)
            rows += [row] if row else []
    known = set(known)
    overnight = tuple(row for row in rows if row.into_next_day and row not in known)
    if not rows and not errors and not may_be_empty:
        errors["mon_from_1"] = Problem("no_windows")
    if overnight and not errors and values.get("overnight") != "yes":
        errors["overnight"] = Problem("into_next_day")
    form = Form(values={name: value for name, value in values.items() if value}, errors=errors, kind=KIND)
    return WeekAnswer(None if errors else spans_of(rows), form, overnight)


def _row(values: dict[str, str], errors: dict[str, Problem], weekday: int, number: int) -> WindowRow | None:
    """One row, or None where it is empty or wrong, which is noted at the field."""
    names = [f"{DAY_CODES[weekday]}_{end}_{number}" for end in ("from", "to")]
    if not any(values.get(name) for name in names):
        return None
    times = []
    for name in names:
        try:
            times.append(_Clock.model_validate({"at": values.get(name) or None}).at)
        except ValidationError:
            errors[name] = Problem("not_a_time" if values.get(name) else "empty")
    if len(times) < 2:
        return None
    row = WindowRow(weekday, times[0], times[1])
    try:
        if row.all_day:
            raise EmptyWindow
        spans_of([row])
    except EmptyWindow:
        errors[names[1]] = Problem("end_is_start")
        return None
    return row


def _text(submitted: Submitted, name: str) -> str:
    given = [one for one in submitted.getall(name) if isinstance(one, str)]
    return without_hidden(given[0][:40]).strip() if given else ""
