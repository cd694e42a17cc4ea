"""When somebody can come: weekly windows in local week minutes, days away, notice, blocks of four weeks. Arithmetic only, no people."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from matcher.domain.errors import Refusal

DAY = 24 * 60
WEEK = 7 * DAY
FIRST_BLOCK_ON = date(1970, 1, 5)
"""Monday from which blocks of four weeks are counted (matching 2)."""
BLOCK_DAYS = 28
SMALLEST_NOTICE = timedelta(hours=2)

WeekSpan = tuple[int, int]
"""[start, end) in minutes of the local week: 0 is Monday 00:00, 10080 the next Sunday midnight; start < end, never over Sunday midnight."""


class EmptyWindow(Refusal):
    """The end is the same as the start. Choose a later end, or the whole day as 00:00 to 24:00."""


class Notice(StrEnum):
    """How long before a meeting somebody must have been asked (application page 5)."""

    TWO_HOURS = "two_hours"
    SAME_DAY = "same_day"
    ONE_DAY = "one_day"
    TWO_DAYS = "two_days"


NOTICE_NOT_SAID = Notice.ONE_DAY
"""Rule H14: somebody who did not say gets a day's notice."""


class PartOfDay(StrEnum):
    """Part of a day as the referral form asks for it, by the local clock at the meeting's start."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


PART_STARTS = {PartOfDay.MORNING: time(6), PartOfDay.AFTERNOON: time(12), PartOfDay.EVENING: time(17)}
"""Each part runs up to the next one's start."""
EVENING_ENDS = time(23)
"""The evening's end (assumption). A meeting that starts from 23:00 to 06:00 belongs to no part and can only be picked by hand."""


@dataclass(frozen=True, slots=True)
class Away:
    """Local dates, both included, on which somebody cannot come: leave, or "not this week". No last date: until it is cleared."""

    first_on: date
    last_on: date | None = None

    def covers(self, on: date) -> bool:
        """Whether this local date lies inside."""
        return self.first_on <= on and (self.last_on is None or on <= self.last_on)


def part_of_day(starts: time) -> PartOfDay | None:
    """Morning 06:00–12:00, afternoon 12:00–17:00, evening 17:00–23:00 by the local clock; None at night."""
    if not PART_STARTS[PartOfDay.MORNING] <= starts < EVENING_ENDS:
        return None
    return max((part for part in PartOfDay if PART_STARTS[part] <= starts), key=PART_STARTS.__getitem__)


def parse_times(times: tuple[str, ...]) -> frozenset[tuple[int, PartOfDay]]:
    """`0-evening` → (Monday, evening). The form writes them, so anything else is a mistake in the program."""
    parts = (text.split("-", 1) for text in times)
    return frozenset((int(day), PartOfDay(part)) for day, part in parts)


def any_day(times: frozenset[tuple[int, PartOfDay]]) -> frozenset[tuple[int, PartOfDay]]:
    """The same parts of day on every weekday: what "another day" widens to. Somebody who can only come in the evening is not asked for mornings."""
    return frozenset((day, part) for day in range(7) for part in {part for _, part in times})


def weekly_window(weekday: int, starts: time, ends: time) -> tuple[WeekSpan, ...]:
    """A window of the profile as week spans; weekday 0 is Monday. An end before the start is on the next day, 00:00 the day's own midnight.

    Raises EmptyWindow if both are equal: a whole day is `whole_day`.
    """
    if not 0 <= weekday <= 6:
        raise ValueError(f"weekday {weekday}")
    start, end = starts.hour * 60 + starts.minute, ends.hour * 60 + ends.minute
    if start == end:
        raise EmptyWindow
    begin = weekday * DAY
    return split_over_sunday(begin + start, begin + end + (DAY if end < start else 0))


def whole_day(weekday: int) -> WeekSpan:
    """00:00 to 24:00 of one weekday; 0 is Monday."""
    return weekday * DAY, (weekday + 1) * DAY


def split_over_sunday(start: int, end: int) -> tuple[WeekSpan, ...]:
    """Week minutes, whose end may lie in the next week, as one span, or as two where it crosses Sunday midnight.

    Raises ValueError for an empty span, one of more than a week, or a start outside the week.
    """
    if not 0 <= start < WEEK or not 0 < end - start <= WEEK:
        raise ValueError(f"week span {start} to {end}")
    return ((start, end),) if end <= WEEK else ((start, WEEK), (0, end - WEEK))


def merge_windows(windows: Iterable[WeekSpan]) -> tuple[WeekSpan, ...]:
    """The same minutes in order, overlapping and touching windows joined, so that one window covers what they cover together."""
    merged: list[WeekSpan] = []
    for start, end in sorted(windows):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def windows_cover(windows: Iterable[WeekSpan], spans: Iterable[WeekSpan]) -> bool:
    """Whether each span lies inside one window. Windows are as `merge_windows` gives them. No windows cover nothing."""
    spans = tuple(spans)
    kept = tuple(windows)
    return bool(spans) and all(any(start <= first and last <= end for start, end in kept) for first, last in spans)


def week_spans(starts_at: datetime, ends_at: datetime, zone: tzinfo) -> tuple[WeekSpan, ...]:
    """An occurrence's time as week spans, by the clock people read in its zone.

    In the night of a clock change every reading between start and end counts: an hour that comes twice is needed whole, one that is
    skipped is simply passed. Raises ValueError if the end is not after the start or more than a day later.
    """
    if not timedelta(0) < ends_at - starts_at <= timedelta(days=1):
        raise ValueError("an occurrence ends after it starts, within a day")
    first, last = _clock(starts_at, zone), _clock(ends_at, zone)
    if last - first != ends_at - starts_at:
        minutes = math.ceil((ends_at - starts_at) / timedelta(minutes=1))
        readings = [_clock(starts_at + timedelta(minutes=n), zone) for n in range(minutes)]
        first, last = min(readings), max(readings) + timedelta(minutes=1)
    start = first.weekday() * DAY + first.hour * 60 + first.minute
    length = math.ceil((last - first.replace(second=0, microsecond=0)) / timedelta(minutes=1))
    return split_over_sunday(start, start + max(length, 1))


def _clock(at: datetime, zone: tzinfo) -> datetime:
    """What a clock on the wall shows: local time without its zone."""
    return at.astimezone(zone).replace(tzinfo=None)


def week_minute(at: datetime, zone: tzinfo) -> int:
    """The minute of the local week that a clock on the wall shows: 0 is Monday 00:00."""
    clock = _clock(at, zone)
    return clock.weekday() * DAY + clock.hour * 60 + clock.minute


def local_dates(starts_at: datetime, ends_at: datetime, zone: tzinfo) -> tuple[date, ...]:
    """The local dates an occurrence touches, in order; one that ends at midnight does not touch the next day."""
    first, last = starts_at.astimezone(zone).date(), (ends_at - timedelta(microseconds=1)).astimezone(zone).date()
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))


def latest_answer_at(notice: Notice | None, starts_at: datetime, zone: tzinfo) -> datetime:
    """The last instant at which a yes still gives somebody their notice before a meeting (rule H14), in UTC.

    Two hours and "same day": two hours before the start. One and two days: the end of the local day that lies so many days before,
    and never less than two hours before the start.
    """
    lead = starts_at.astimezone(UTC) - SMALLEST_NOTICE
    days = {Notice.ONE_DAY: 1, Notice.TWO_DAYS: 2}.get(notice or NOTICE_NOT_SAID, 0)
    if not days:
        return lead
    first_day_too_late = starts_at.astimezone(zone).date() - timedelta(days=days - 1)
    midnight = datetime.combine(first_day_too_late, time(), zone).astimezone(UTC)
    return min(lead, midnight - timedelta(microseconds=1))


def block_of(on: date) -> int:
    """The number of the four-week block a local date belongs to, counted from Monday 5 January 1970 (negative before it)."""
    return (on - FIRST_BLOCK_ON).days // BLOCK_DAYS
