"""When a meeting is next held: local dates first, then instants, right over both clock changes (meetings 10)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from matcher.domain.availability import WeekSpan, week_spans
from matcher.domain.holiday import is_holiday
from matcher.domain.meeting import ASSUMED_MINUTES, Schedule, Status

HELD = frozenset({Status.ACTIVE, Status.UNCONFIRMED})
LOOK_AHEAD = timedelta(days=366)
"""How far ahead `next_occurrences` looks when it is told only how many are wanted."""
A_WEEK, NEAR_DATES = timedelta(days=7, hours=3), timedelta(days=16)
"""Where the next date of a plain weekly meeting lies, whatever the clocks do, and that of nearly every other: looking further takes long."""


class HeldMeeting(Protocol):
    """What is read of a meeting: weekday 1 Monday to 7 Sunday, local wall time, minutes, zone name."""

    @property
    def id(self) -> UUID: ...
    @property
    def iso_weekday(self) -> int | None: ...
    @property
    def starts(self) -> time | None: ...
    @property
    def duration_min(self) -> int | None: ...
    @property
    def timezone(self) -> str: ...
    @property
    def schedule(self) -> Schedule: ...
    @property
    def status(self) -> Status: ...


@dataclass(frozen=True, slots=True)
class MeetingWeeks:
    """In which weeks a meeting is held that is not held in all, as a person has set it: exactly one of the three.

    `weeks_of_month`: 1 to 5 for the first to fifth such weekday of a month, -1 for its last. `anchor_on` with `every_weeks`: that
    date's week and every n-th before and after. `on_dates`: exactly these local dates, whatever their weekday.
    """

    weeks_of_month: frozenset[int] = frozenset()
    anchor_on: date | None = None
    every_weeks: int | None = None
    on_dates: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if sum((bool(self.weeks_of_month), self.anchor_on is not None, bool(self.on_dates))) != 1:
            raise ValueError("weeks of the month, a date with every n weeks, or dates: exactly one of them")
        if not self.weeks_of_month <= {1, 2, 3, 4, 5, -1} or (self.anchor_on is None) != (self.every_weeks is None):
            raise ValueError("weeks of the month are 1 to 5 or -1; every n weeks goes with the date it is counted from")

    def holds(self, on: date) -> bool:
        """Whether it is held on this date, which has the meeting's own weekday."""
        if self.weeks_of_month:
            is_last = (on + timedelta(days=7)).month != on.month
            return (on.day - 1) // 7 + 1 in self.weeks_of_month or (is_last and -1 in self.weeks_of_month)
        if self.anchor_on is not None and self.every_weeks:
            return (_monday(on) - _monday(self.anchor_on)).days // 7 % self.every_weeks == 0
        return on in self.on_dates


def _monday(on: date) -> date:
    return on - timedelta(days=on.weekday())


class ExceptionKind(StrEnum):
    """What is different about one date."""

    CANCELLED = "cancelled"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class MeetingException:
    """One date that is different: not held, or with its own start or venue."""

    on_date: date
    kind: ExceptionKind
    starts: time | None = None
    venue: str | None = None
    note: str = ""


class Mark(StrEnum):
    """What must be said beside an occurrence."""

    HOLIDAY = "holiday"
    CANCELLED = "cancelled"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A meeting on a local date: two instants (UTC) and the wall time it starts at. `venue` only where it is moved to another."""

    meeting_id: UUID
    on_date: date
    starts_at: datetime
    ends_at: datetime
    starts: time
    zone: str
    marks: frozenset[Mark] = frozenset()
    venue: str | None = None
    note: str = ""

    @property
    def is_cancelled(self) -> bool:
        """Whether it is shown struck through and never offered."""
        return Mark.CANCELLED in self.marks


@cache
def zone_of(name: str) -> ZoneInfo:
    """A time zone by its name. Raises ZoneInfoNotFoundError."""
    return ZoneInfo(name)


def local_instant(on_date: date, wall: time, zone: str | ZoneInfo) -> datetime:
    """The instant (UTC) at which clocks in this zone show this wall time: the first pass where it comes twice.

    A time that the clocks skip gives the first instant after the gap: 28 March 2027 01:30 in London is 02:00 there.
    """
    tz = zone_of(zone) if isinstance(zone, str) else zone
    naive = datetime.combine(on_date, wall.replace(tzinfo=None, fold=0))
    instant = naive.replace(tzinfo=tz).astimezone(UTC)
    if instant.astimezone(tz).replace(tzinfo=None, fold=0) == naive:  # it exists; an ambiguous one is its first pass (fold 0)
        return instant
    return _first_after_gap(naive.replace(tzinfo=tz, fold=1).astimezone(UTC), instant, tz)


def _first_after_gap(before: datetime, after: datetime, tz: ZoneInfo) -> datetime:
    """The instant between two at which the zone's offset changes, by halving down to the second."""
    offset = after.astimezone(tz).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(tz).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)


def next_occurrences(
    meeting: HeldMeeting,
    now: datetime,
    exceptions: Iterable[MeetingException] = (),
    weeks: MeetingWeeks | None = None,
    *,
    until: datetime | None = None,
    count: int | None = None,
    with_cancelled: bool = False,
) -> list[Occurrence]:
    """The occurrences that start after `now`, in order of their start: at most `count`, none after `until`; give one of the two or both.

    Cancelled ones are left out, unless they are to be shown. None for a meeting that is closed, withdrawn, unpublished or by appointment,
    and for one not held weekly until somebody has said in which weeks.
    """
    if until is None and count is None:
        raise ValueError("say until when, or how many")
    end = until or now + LOOK_AHEAD
    found: list[Occurrence] = []
    for occurrence in _occurrences(meeting, (now, end), exceptions, weeks):
        if now < occurrence.starts_at <= end and (with_cancelled or not occurrence.is_cancelled):
            found.append(occurrence)
    return sorted(found, key=lambda o: (o.starts_at, o.on_date))[:count]


def next_held(
    meeting: HeldMeeting, now: datetime, exceptions: Sequence[MeetingException] = (), weeks: MeetingWeeks | None = None
) -> Occurrence | None:
    """The next date that is held, if there is one."""
    is_plain = meeting.schedule is Schedule.WEEKLY and not exceptions
    soon = next_occurrences(meeting, now, exceptions, weeks, until=now + (A_WEEK if is_plain else NEAR_DATES))
    found = soon or next_occurrences(meeting, now, exceptions, weeks, count=1)
    return found[0] if found else None


def current_occurrence(
    meeting: HeldMeeting, now: datetime, exceptions: Iterable[MeetingException] = (), weeks: MeetingWeeks | None = None
) -> Occurrence | None:
    """The occurrence that has started and not ended, one that began yesterday before midnight included; None if there is none."""
    for occurrence in _occurrences(meeting, (now - timedelta(days=1), now), exceptions, weeks):
        if occurrence.starts_at <= now < occurrence.ends_at and not occurrence.is_cancelled:
            return occurrence
    return None


def occurrence_on(
    meeting: HeldMeeting, on_date: date, exceptions: Iterable[MeetingException] = (), weeks: MeetingWeeks | None = None
) -> Occurrence | None:
    """The occurrence of this local date, past ones and cancelled ones too; None if the meeting is not held on it."""
    if not _is_held(meeting, weeks) or on_date not in _dates(meeting, (on_date, on_date), weeks):
        return None
    return _occurrence(meeting, on_date, {e.on_date: e for e in exceptions}.get(on_date))


def week_minutes(occurrence: Occurrence) -> tuple[WeekSpan, ...]:
    """An occurrence as spans of local week minutes, 0 = Monday 00:00; one over Sunday midnight in two."""
    return week_spans(occurrence.starts_at, occurrence.ends_at, zone_of(occurrence.zone))


def _occurrences(
    meeting: HeldMeeting, span: tuple[datetime, datetime], exceptions: Iterable[MeetingException], weeks: MeetingWeeks | None
) -> Iterator[Occurrence]:
    if not _is_held(meeting, weeks):
        return
    changed = {e.on_date: e for e in exceptions}
    zone = zone_of(meeting.timezone)
    first = span[0].astimezone(zone).date() - timedelta(days=1)
    last = span[1].astimezone(zone).date() + timedelta(days=1)
    for on_date in _dates(meeting, (first, last), weeks):
        yield _occurrence(meeting, on_date, changed.get(on_date))


def _is_held(meeting: HeldMeeting, weeks: MeetingWeeks | None) -> bool:
    known = meeting.starts is not None and meeting.iso_weekday is not None
    often = meeting.schedule is Schedule.WEEKLY or (meeting.schedule is Schedule.NOT_WEEKLY and weeks is not None)
    return known and often and meeting.status in HELD


def _dates(meeting: HeldMeeting, span: tuple[date, date], weeks: MeetingWeeks | None) -> Iterator[date]:
    """The local dates on which it is held, both ends included. Steps are dates: a day added to an aware time is 25 h in October."""
    rule = weeks if meeting.schedule is Schedule.NOT_WEEKLY else None
    if rule and rule.on_dates:
        yield from sorted(on for on in rule.on_dates if span[0] <= on <= span[1])
        return
    on = span[0] + timedelta(days=((meeting.iso_weekday or 1) - span[0].isoweekday()) % 7)
    while on <= span[1]:
        if rule is None or rule.holds(on):
            yield on
        on += timedelta(days=7)


def _occurrence(meeting: HeldMeeting, on_date: date, change: MeetingException | None) -> Occurrence:
    starts = (change.starts if change and change.kind is ExceptionKind.MOVED else None) or meeting.starts or time()
    starts_at = local_instant(on_date, starts, meeting.timezone)
    marks = {Mark.HOLIDAY} if is_holiday(on_date) else set()
    if change:
        marks.add(Mark(change.kind.value))
    return Occurrence(
        meeting_id=meeting.id,
        on_date=on_date,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=meeting.duration_min or ASSUMED_MINUTES),
        starts=starts,
        zone=meeting.timezone,
        marks=frozenset(marks),
        venue=change.venue if change else None,
        note=change.note if change else "",
    )
