"""When a meeting is held that no minute of the week tells: just enough of it to find its place in a list."""

from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

from matcher.domain.meeting import Schedule, Status
from matcher.domain.occurrence import MeetingException, MeetingWeeks, Occurrence, next_held
from matcher.domain.place import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class IrregularMeeting:
    """One that is not held weekly, or has a date that is different, or no date that is known. `starts` is local wall time."""

    id: UUID
    iso_weekday: int | None
    starts: time | None
    duration_min: int | None
    timezone: str
    schedule: Schedule
    status: Status
    point: Point | None
    weeks: MeetingWeeks | None
    exceptions: tuple[MeetingException, ...] = ()

    def next(self, now: datetime) -> Occurrence | None:
        """Its next date that is held."""
        return next_held(self, now, self.exceptions, self.weeks)
