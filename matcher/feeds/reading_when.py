"""When a row's meeting is held: days, start, end, duration, or by appointment (meetings 4.2, 4.3, 4.7). Nothing is substituted."""

from datetime import time
from typing import NamedTuple

from matcher.domain.feed_issue import IssueCode
from matcher.domain.meeting import ASSUMED_MINUTES, Schedule
from matcher.feeds.raw_rows import RowInHand
from matcher.feeds.reading_days import read_days
from matcher.feeds.reading_times import LONG_MINUTES, BadTime, TimeRead, minutes_between, read_end, read_minutes, read_time, time_after


class When(NamedTuple):
    """The days of a row (none: by appointment), 1 Monday to 7 Sunday, and its wall times."""

    days: tuple[int, ...] = ()
    start: time | None = None
    end: time | None = None
    minutes: int | None = None
    is_assumed: bool = False

    @property
    def schedule(self) -> Schedule:
        """Weekly, or by appointment where there is neither day nor start."""
        return Schedule.WEEKLY if self.days else Schedule.BY_APPOINTMENT


def read_when(row: RowInHand) -> When:
    """The row's times; reasons to refuse it are noted on the row."""
    count = row.reading.day_count if row.raw.day_count is None else row.raw.day_count
    days = read_days(row.value("day"), count)
    if days is None:
        row.refuse(IssueCode.INVALID_DAY, "day")
    start: TimeRead | None = None
    try:
        start = read_time(row.value("start"), from_cell=row.reading.from_cells)
        time_is_missing = start is None
    except BadTime:
        row.refuse(IssueCode.INVALID_TIME, "start")
        time_is_missing = False
    _note_missing(row, day=days == (), start=time_is_missing)
    if row.refusals or not days or not start:
        return When()
    if start.is_midnight:
        row.note(IssueCode.TIME_24_00, "start")
    minutes = _minutes(row, start)
    if not minutes:
        return When(days, start.start, None, ASSUMED_MINUTES, is_assumed=True)
    if minutes > LONG_MINUTES:
        row.note(IssueCode.LONG_DURATION, "end" if not row.is_empty("end") else "start", f"{minutes} min")
    return When(days, start.start, time_after(start.start, minutes), minutes)


def _note_missing(row: RowInHand, *, day: bool, start: bool) -> None:
    """One of the two alone makes a meeting by appointment where that is legal; elsewhere each of them is needed."""
    if not day and not start:
        return
    for is_missing, code, word in ((day, IssueCode.MISSING_DAY, "day"), (start, IssueCode.MISSING_TIME, "start")):
        if is_missing and row.reading.needs_day_and_time:
            row.refuse(code, word)
        elif is_missing and not (day and start):
            row.note(code, word)


def _minutes(row: RowInHand, start: TimeRead) -> int | None:
    """The length: from the end's own cell, an end or a duration beside the start, or the duration's cell. Equal times are no length."""
    end = start.end
    try:
        end = read_end(row.value("end"), from_cell=row.reading.from_cells) or end
    except BadTime:
        row.note(IssueCode.INVALID_END_TIME, "end")
    if end and (minutes := minutes_between(start.start, end)):
        return minutes
    if start.minutes:
        return start.minutes
    try:
        return read_minutes(row.value("duration"))
    except BadTime:
        row.note(IssueCode.INVALID_DURATION, "duration")
        return None
