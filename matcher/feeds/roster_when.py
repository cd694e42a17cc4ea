"""Weekly windows as a coordinator's sheet says them: "Tues eve", "evenings exc. Fri", "Mon 18:00-21:00". Nothing is guessed."""

import re
from dataclasses import dataclass, field
from datetime import time

from matcher.domain.availability import EVENING_ENDS, PART_STARTS, EmptyWindow, PartOfDay, WeekSpan
from matcher.domain.week_rows import WindowRow, spans_of
from matcher.feeds.reading_days import DAY_PATTERN, read_days
from matcher.feeds.reading_times import BadTime, read_time

LONGEST = 500
EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
Hours = tuple[time, time]

_CLOCK = r"(?:\d{1,2}[:.]\d{2}|\d{3,4}|\d{1,2})(?:\s*[ap]\.?m\b\.?)?|noon|midday|midnight"
_TOKENS = re.compile(
    rf"""(?P<days>\b{DAY_PATTERN}\b\.?(?:\s*(?:-|–|—|\bto\b)\s*{DAY_PATTERN}\b\.?)?)
    |(?P<group>\b(?:week\s?days?|week\s?ends?|every\s?day|daily|all\sweek)\b)
    |(?P<part>\b(?:all\sday|any\s?time|mornings?|am|afternoons?|evenings?|eves?)\b\.?)
    |(?P<hours>(?:{_CLOCK})\s*(?:-|–|—|\bto\b|\buntil\b)\s*(?:{_CLOCK}))
    |(?P<less>\b(?:excluding|except(?:\sfor)?|exc|but\snot|not)\b\.?)
    |(?P<stop>[;\n|])
    |(?P<glue>[\s,/&+.]+|\band\b|\bon\b|:\s)""",
    re.IGNORECASE | re.VERBOSE,
)
_PARTS = {
    "morning": (PART_STARTS[PartOfDay.MORNING], PART_STARTS[PartOfDay.AFTERNOON]),
    "am": (PART_STARTS[PartOfDay.MORNING], PART_STARTS[PartOfDay.AFTERNOON]),
    "afternoon": (PART_STARTS[PartOfDay.AFTERNOON], PART_STARTS[PartOfDay.EVENING]),
    "evening": (PART_STARTS[PartOfDay.EVENING], EVENING_ENDS),
    "eve": (PART_STARTS[PartOfDay.EVENING], EVENING_ENDS),
    "all day": (time(), time()),
    "anytime": (time(), time()),
    "any time": (time(), time()),
}
_GROUPS = {"weekday": EVERY_DAY[:5], "weekend": EVERY_DAY[5:]}


class NotUnderstood(ValueError):
    """This cannot be read without guessing; `text` is the part of it."""

    def __init__(self, text: str) -> None:
        self.text = text.strip()[:60]
        super().__init__(self.text)


@dataclass(slots=True)
class _Group:
    """Days with their hours, as far as they have been read. `less` holds what comes after "except"; `opens`: it begins a clause."""

    days: list[int] = field(default_factory=list)
    hours: list[Hours] = field(default_factory=list)
    less: list[int] | None = None
    hours_first: bool = False
    opens: bool = True
    text: str = ""

    def rows(self) -> list[WindowRow]:
        """The windows it stands for. Hours that open a clause without a day are for every day; a day without hours is not guessed."""
        if not self.hours or self.less == [] or not (self.days or self.opens):
            raise NotUnderstood(self.text)
        wanted = [day for day in (self.days or EVERY_DAY) if day not in (self.less or [])]
        if not wanted or not set(self.less or []) <= set(self.days or EVERY_DAY):
            raise NotUnderstood(self.text)
        return [WindowRow(day, starts, ends) for day in wanted for starts, ends in self.hours]


def read_windows(text: str) -> tuple[WeekSpan, ...]:
    """The week spans of one cell, () for an empty one. Raises NotUnderstood for the first part that could mean more than one thing."""
    if len(text) > LONGEST:
        raise NotUnderstood(text)
    groups, place = [_Group()], 0
    while place < len(text):
        token = _TOKENS.match(text, place)
        if token is None or not token.group():
            raise NotUnderstood(text[place:])
        if token.lastgroup != "glue":
            _take(groups, token.lastgroup or "", token.group().strip())
        place = token.end()
    rows = [row for group in groups if group.text for row in group.rows()]
    try:
        return spans_of(rows)
    except EmptyWindow as error:
        raise NotUnderstood(text) from error


def _take(groups: list[_Group], kind: str, text: str) -> None:
    """One word more: it belongs to the group being read, or begins the next."""
    group = groups[-1]
    if kind == "stop":
        groups.append(_Group())
        return
    if kind in ("days", "group") and group.less is None and group.days and group.hours and not group.hours_first:
        group = _next(groups)
    if kind in ("part", "hours") and group.hours_first and group.days:
        group = _next(groups)
    group.text = f"{group.text} {text}".strip()
    if kind in ("days", "group"):
        (group.days if group.less is None else group.less).extend(_days(kind, text))
    elif kind == "less":
        if group.less is not None or (not group.hours and not group.days):
            raise NotUnderstood(group.text)
        group.less = []
    elif group.less:  # "evenings exc. Fri, Sat morning" could mean two things
        raise NotUnderstood(group.text)
    else:
        group.hours_first = group.hours_first or not group.days
        group.hours.append(_hours(kind, text))


def _next(groups: list[_Group]) -> _Group:
    groups.append(_Group(opens=False))
    return groups[-1]


def _days(kind: str, text: str) -> tuple[int, ...]:
    word = re.sub(r"\s", "", text.lower())
    if kind == "group":
        return _GROUPS.get(word.removesuffix("s"), EVERY_DAY)
    found = read_days(text.replace(".", ""))
    if not found:
        raise NotUnderstood(text)
    return tuple(day - 1 for day in found)


def _hours(kind: str, text: str) -> Hours:
    if kind == "part":
        word = re.sub(r"\s+", " ", text.lower()).strip(".")
        return _PARTS[word if word in _PARTS else word.removesuffix("s")]
    try:
        read = read_time(text)
    except BadTime as error:
        raise NotUnderstood(text) from error
    if read is None or read.end is None or read.start == read.end:
        raise NotUnderstood(text)
    return read.start, read.end
