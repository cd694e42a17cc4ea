"""Times of day, ends and durations as feeds write them (meetings 4.3). What cannot be read is never replaced by another time."""

import re
from dataclasses import dataclass
from datetime import time
from functools import lru_cache

DAY_MINUTES = 24 * 60
LONG_MINUTES = 6 * 60

_TIME = re.compile(
    r"(?:(?P<h>\d{1,2})\s?[:.h]\s?(?P<m>\d{2})(?::\d{2}(?:\.\d+)?)?|(?P<run>\d{3,4})|(?P<bare>\d{1,2}))"
    r"(?:\s*(?:(?P<half>[ap])\.?\s?m\b\.?|(?:hrs?|hours|h)\b\.?|(?P<noon>noon|midday)|(?P<midnight>midnight)))?",
    re.IGNORECASE,
)
_WORDS = {"noon": (12, 0), "midday": (12, 0), "midnight": (24, 0)}
_BETWEEN = re.compile(r"\s*(?:[-–—~]|\bto\b|\buntil\b|\btill?\b)\s*", re.IGNORECASE)
_HOURS_MINUTES = re.compile(
    r"(?P<h>\d{1,2})\s*h[a-z]*\.?\s*(?:(?:and|,)?\s*(?P<m>\d{1,2})\s*m[a-z]*\.?)?|(?P<only>\d{1,3})\s*m[a-z]*\.?", re.IGNORECASE
)
_DURATION_TAIL = re.compile(r"[\s,;–-]+(?:[a-z]{2,20}\.?\s*:?\s*)?(?=\d{1,3}\s*[hm])", re.IGNORECASE)
_BLANKS = re.compile(r"\s+")
_FRACTION = re.compile(r"0?\.\d+")


class BadTime(ValueError):
    """This is not a time that can be read without guessing."""


@dataclass(frozen=True, slots=True)
class TimeRead:
    """One cell of time: a start, perhaps with an end or a duration in minutes. `is_midnight`: it was written 24:00 or midnight."""

    start: time
    end: time | None = None
    minutes: int | None = None
    is_midnight: bool = False


@dataclass(frozen=True, slots=True)
class Clock:
    """A time as written: hour may be 24; `half` is a, p or nothing; `is_bare` has no minutes."""

    hour: int
    minute: int
    half: str | None = None
    is_bare: bool = False
    is_twelve_word: bool = False


def read_time(value: object, *, from_cell: bool = False) -> TimeRead | None:
    """A start, a range, or a start with a duration; None for an empty cell. Raises BadTime.

    `from_cell`: a table's cell, where a fraction of a day is a time too.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return _read_text(value if isinstance(value, str) else _number_text(value), from_cell)


@lru_cache(maxsize=4096)
def _read_text(text: str, from_cell: bool) -> TimeRead:
    text = _BLANKS.sub(" ", text).strip()
    if len(text) > 80:
        raise BadTime
    if from_cell and (fraction := _fraction(text)) is not None:
        return TimeRead(start=fraction[0], is_midnight=fraction[1])
    if from_cell:
        text = re.sub(r"^(\d{3,4})\.0+$", r"\1", text)
    return _from_text(text)


def read_end(value: object, *, from_cell: bool = False) -> time | None:
    """The time of an end's own cell; 24:00 and midnight are the end of the day. None for an empty cell. Raises BadTime."""
    read = read_time(value, from_cell=from_cell)
    if read and (read.end or read.minutes):
        raise BadTime
    return read.start if read else None


def read_minutes(value: object) -> int | None:
    """A duration: a number of minutes, h:mm, h:mm:ss, or hours and minutes in words. None for empty, 0 where it says 0. Raises BadTime."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    text = _number_text(value) if not isinstance(value, str) else value.strip().lower()
    return _minutes_from(re.sub(r"^(\d+)\.0+$", r"\1", text))


@lru_cache(maxsize=4096)
def _minutes_from(text: str) -> int:
    if re.fullmatch(r"\d{1,4}", text):
        minutes = int(text)
    elif clock := re.fullmatch(r"(\d{1,2}):([0-5]\d)(?::\d{2})?", text):
        minutes = int(clock[1]) * 60 + int(clock[2])
    else:
        minutes = _spoken_minutes(text)
    if minutes > DAY_MINUTES:
        raise BadTime
    return minutes


def minutes_between(start: time, end: time) -> int:
    """From start to end; an end before the start is on the next day, equal times are 0."""
    return (_minute(end) - _minute(start)) % DAY_MINUTES


def time_after(start: time, minutes: int) -> time:
    """The wall time so many minutes later."""
    return time(*divmod((_minute(start) + minutes) % DAY_MINUTES, 60))


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def _number_text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) > 1e6:
        raise BadTime
    return str(int(value)) if float(value).is_integer() else repr(value)


def _fraction(text: str) -> tuple[time, bool] | None:
    """0.760417 of a day to the minute; a day that rounds to its end is midnight."""
    if not _FRACTION.fullmatch(text):
        return None
    minutes = round(float(text) * DAY_MINUTES)
    return time(*divmod(minutes % DAY_MINUTES, 60)), minutes == DAY_MINUTES


def _from_text(text: str) -> TimeRead:
    parts = _BETWEEN.split(text, maxsplit=1)
    if len(parts) == 2 and (ends := (_clock(parts[0]), _clock(parts[1]))) and ends[0] and ends[1]:
        return _range(ends[0], ends[1])
    if clock := _clock(text):
        return _alone(clock)
    found = _TIME.match(text) or re.match(r"noon|midday", text, re.IGNORECASE)
    tail = _DURATION_TAIL.match(text, found.end()) if found else None
    if not found or not tail or not (clock := _clock(found[0])):
        raise BadTime
    read = _alone(clock)
    return TimeRead(read.start, minutes=_spoken_minutes(text[tail.end() :]), is_midnight=read.is_midnight)


def _spoken_minutes(text: str) -> int:
    found = _HOURS_MINUTES.fullmatch(text.strip())
    if not found:
        raise BadTime
    minutes = int(found["only"]) if found["only"] else int(found["h"]) * 60 + int(found["m"] or 0)
    if minutes > DAY_MINUTES:
        raise BadTime
    return minutes


def _clock(text: str) -> Clock | None:
    """One time as written, not yet put into a half of the day; None if it is none."""
    if text.lower() in _WORDS:
        return Clock(*_WORDS[text.lower()], is_twelve_word=True)
    found = _TIME.fullmatch(text)
    if not found:
        return None
    if found["run"]:
        hour, minute = int(found["run"][:-2]), int(found["run"][-2:])
    else:
        hour, minute = int(found["h"] or found["bare"]), int(found["m"] or 0)
    half = (found["half"] or "").lower() or None
    if found["noon"] or found["midnight"]:
        if (hour, minute) not in ((12, 0), (24, 0), (0, 0)):
            return None
        return Clock(*_WORDS["noon" if found["noon"] else "midnight"], is_twelve_word=True)
    return Clock(hour, minute, half, is_bare=bool(found["bare"]))


def _alone(clock: Clock) -> TimeRead:
    if clock.is_bare and not clock.half:
        raise BadTime
    start = _in_half(clock, clock.half)
    return TimeRead(start, is_midnight=clock.hour == 24)


def _range(first: Clock, last: Clock) -> TimeRead:
    """An end without am or pm takes the start's half of the day unless that puts it before the start; a start likewise takes the end's."""
    start_half, end_half = first.half, last.half
    if start_half and not end_half and _may_have_half(last):
        end_half = start_half if _in_half(last, start_half) > _in_half(first, start_half) else _other(start_half)
    elif end_half and not start_half and _may_have_half(first):
        start_half = end_half if _in_half(first, end_half) < _in_half(last, end_half) else _other(end_half)
    for clock, half in ((first, start_half), (last, end_half)):
        if clock.is_bare and not half:
            raise BadTime
    start = _in_half(first, start_half)
    return TimeRead(start, end=_in_half(last, end_half), is_midnight=first.hour == 24)


def _may_have_half(clock: Clock) -> bool:
    return 1 <= clock.hour <= 12 and not clock.is_twelve_word


def _other(half: str) -> str:
    return "p" if half == "a" else "a"


def _in_half(clock: Clock, half: str | None) -> time:
    """The 24-hour time. Raises BadTime for what no clock shows."""
    hour, minute = clock.hour, clock.minute
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    elif half == "a" and hour > 12:
        raise BadTime
    if (hour, minute) == (24, 0):
        hour = 0
    if hour > 23 or minute > 59:
        raise BadTime
    return time(hour, minute)
