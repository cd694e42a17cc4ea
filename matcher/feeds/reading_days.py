"""Days of the week as feeds write them, into 1 Monday … 7 Sunday, once, at the edge (meetings 4.2)."""

import re
from collections.abc import Iterable
from enum import IntEnum
from functools import lru_cache

NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
DAY_PATTERN = r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:s|nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)s?"

_SPLIT = re.compile(r"\s*(?:,|;|/|&|\+|\band\b|\s)\s*")
_RANGE = re.compile(r"\s*(?:-|–|—|~|\bto\b|\bthrough\b|\bthru\b|\buntil\b)\s*")
_BLANKS = re.compile(r"\s+")
_WHOLE = re.compile(r"(\d+)(?:\.0+)?")
_ALL = {
    "daily": EVERY_DAY,
    "every day": EVERY_DAY,
    "everyday": EVERY_DAY,
    "weekdays": (1, 2, 3, 4, 5),
    "weekends": (6, 7),
}


class DayCount(IntEnum):
    """The number from which a format counts, which is Sunday's; names are understood in every format."""

    SUNDAY_0 = 0
    SUNDAY_1 = 1


def feed_number(iso_weekday: int) -> int:
    """0 Sunday … 6 Saturday: the number that goes into the key of one of several days."""
    return iso_weekday % 7


def read_days(value: object, count: DayCount = DayCount.SUNDAY_0) -> tuple[int, ...] | None:
    """The days of one cell in the order given, each once; () if there is none, None if any of it cannot be read."""
    if isinstance(value, list):
        return _distinct(read_days(part, count) for part in value)
    if isinstance(value, bool | dict):
        return None
    if isinstance(value, int | float):
        return _numbered(str(int(value)), count) if 0 <= value <= 7 and float(value).is_integer() else None
    return _from_text(value, count) if isinstance(value, str) else ()


@lru_cache(maxsize=1024)
def _from_text(text: str, count: DayCount) -> tuple[int, ...] | None:
    text = _BLANKS.sub(" ", text).strip(" .").lower()
    if not text:
        return ()
    if len(text) > 200:
        return None
    if text in _ALL:
        return _ALL[text]
    parts = [part for part in _SPLIT.split(_RANGE.sub("-", text)) if part]
    return _distinct(_part(part.strip("."), count) for part in parts) if parts else None


def _part(part: str, count: DayCount) -> tuple[int, ...] | None:
    """One day or one range of days, which may run over the week's end."""
    ends = [_one(end.strip("."), count) for end in part.split("-")]
    if None in ends or len(ends) > 2:
        return None
    first, last = (ends[0] or 0), (ends[-1] or 0)
    return tuple((first - 1 + step) % 7 + 1 for step in range((last - first) % 7 + 1))


def _one(word: str, count: DayCount) -> int | None:
    if number := _WHOLE.fullmatch(word):
        found = _numbered(number[1], count)
        return found[0] if found else None
    stem = word.removesuffix("s") if word.endswith("s") else word
    for iso, name in enumerate(NAMES, start=1):
        if any(len(w) >= 3 and name.startswith(w) for w in (word, stem)):
            return iso
    return None


def _numbered(digits: str, count: DayCount) -> tuple[int, ...] | None:
    if len(digits) > 3:
        return None
    number = int(digits) - count
    return ((number - 1) % 7 + 1,) if 0 <= number <= 6 else None


def _distinct(parts: Iterable[tuple[int, ...] | None]) -> tuple[int, ...] | None:
    found: list[int] = []
    for part in parts:
        if part is None:
            return None
        found.extend(day for day in part if day not in found)
    return tuple(found)
