"""Weekly windows as a form shows them, day by day with a start and an end; the spans that are kept are in `availability.py`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time

from matcher.domain.availability import DAY, WEEK, WeekSpan, merge_windows, weekly_window, whole_day


@dataclass(frozen=True, slots=True)
class WindowRow:
    """One window of one weekday (0 is Monday). `ends` before `starts` runs into the next day, 00:00 to the day's own end.

    A whole day has midnight at both ends.
    """

    weekday: int
    starts: time
    ends: time

    @property
    def all_day(self) -> bool:
        """From 00:00 to 24:00."""
        return self.starts == self.ends == time()

    @property
    def into_next_day(self) -> bool:
        """Runs past midnight."""
        return time() < self.ends < self.starts


def rows_of(windows: Iterable[WeekSpan]) -> tuple[WindowRow, ...]:
    """Week spans as rows in the week's order: one of less than a day stays whole, also over midnight; longer ones are cut at each midnight."""
    spans = list(merge_windows(windows))
    if len(spans) > 1 and spans[0][0] == 0 and spans[-1][1] == WEEK and WEEK - spans[-1][0] + spans[0][1] < DAY:
        spans = [*spans[1:-1], (spans[-1][0], WEEK + spans[0][1])]
    return tuple(sorted((row for start, end in spans for row in _rows(start, end)), key=lambda row: (row.weekday, row.starts)))


def _rows(start: int, end: int) -> Iterable[WindowRow]:
    while end - start >= DAY:
        midnight = (start // DAY + 1) * DAY
        yield _row(start, midnight)
        start = midnight
    if start < end:
        yield _row(start, end)


def _row(start: int, end: int) -> WindowRow:
    return WindowRow(start // DAY % 7, _clock(start), _clock(end))


def _clock(minute: int) -> time:
    return time(minute % DAY // 60, minute % 60)


def spans_of(rows: Iterable[WindowRow]) -> tuple[WeekSpan, ...]:
    """The merged week spans of rows. Midnight at both ends is the whole day; raises EmptyWindow for any other start that equals its end."""
    spans: list[WeekSpan] = []
    for row in rows:
        spans += [whole_day(row.weekday)] if row.all_day else weekly_window(row.weekday, row.starts, row.ends)
    return merge_windows(spans)
