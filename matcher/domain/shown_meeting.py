"""A meeting as everybody may see it: no way in that is kept apart, nothing of who keeps it. How sure we are of it is said in its marks."""

from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

from matcher.domain.directory_meeting import OLD_AFTER
from matcher.domain.fellowship import Fellowship
from matcher.domain.meeting import Audience, Schedule, Status
from matcher.domain.meeting_source import MANUAL, STALE_AFTER
from matcher.domain.occurrence import MeetingException, MeetingWeeks, Occurrence, current_occurrence, next_held, next_occurrences, zone_of
from matcher.domain.place import NOWHERE, Place, Point, Precision

SHORT = 10
"""Hex digits of a meeting's id in its short address, few enough to be typed from paper. One that two meetings share shows neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMeeting:
    """One meeting that may be shown. `starts` is local wall time. `steps` are the written way there, from `steps_from`."""

    id: UUID
    source_id: str
    source_name: str
    source_format: str
    source_url: str | None
    source_failing_since: datetime | None
    page_url: str | None
    area_id: UUID | None
    fellowship: Fellowship
    name: str
    iso_weekday: int | None
    starts: time | None
    duration_min: int | None
    duration_is_assumed: bool
    timezone: str
    schedule: Schedule
    status: Status
    needs_human_check: bool
    in_person: bool
    online: bool
    venue: str | None
    address: str | None
    formatted_address: str | None
    town: str | None
    postcode: str | None
    outcode: str | None
    regions: tuple[str, ...]
    point: Point | None
    place_precision: Precision
    radius_m: int | None
    conference_url: str | None
    conference_provider: str | None
    conference_phone: str | None
    audience: Audience
    audience_note: str | None
    attributes: tuple[str, ...]
    languages: tuple[str, ...]
    notes: str | None
    location_notes: str | None
    travel_notes: str | None
    last_confirmed_at: datetime | None
    confirmed_how: str | None
    missing_since: datetime | None
    updated_at: datetime
    steps_from: str
    steps: tuple[str, ...]
    weeks: MeetingWeeks | None
    exceptions: tuple[MeetingException, ...] = ()

    @property
    def short(self) -> str:
        """The end of its short address."""
        return self.id.hex[:SHORT]

    @property
    def is_manual(self) -> bool:
        """Whether people keep it by hand."""
        return self.source_format == MANUAL

    @property
    def place(self) -> Place:
        """Where it is held, as exactly as is known."""
        if self.point is None or self.radius_m is None:
            return NOWHERE
        return Place(self.point, self.place_precision, self.radius_m, self.venue or self.name)

    @property
    def is_plain(self) -> bool:
        """Whether it is held on the same weekday of each week, and nothing else is known of any date."""
        return self.schedule is Schedule.WEEKLY and not self.exceptions

    def must_ring(self, now: datetime) -> bool:
        """Whether to ring before going: not confirmed, its source down for days, or nobody has confirmed it for over 90 days."""
        stale = self.source_failing_since is not None and now - self.source_failing_since > STALE_AFTER
        old = self.last_confirmed_at is None or now - self.last_confirmed_at > OLD_AFTER
        return self.status is Status.UNCONFIRMED or self.needs_human_check or stale or old

    def coming(self, now: datetime, count: int) -> list[Occurrence]:
        """Its next dates, those that are called off among them."""
        return next_occurrences(self, now, self.exceptions, self.weeks, count=count, with_cancelled=True)

    def next(self, now: datetime) -> Occurrence | None:
        """Its next date that is held."""
        return next_held(self, now, self.exceptions, self.weeks)

    def under_way(self, now: datetime) -> Occurrence | None:
        """The date that has begun and not ended."""
        if self.is_plain and (now.astimezone(zone_of(self.timezone)).isoweekday() - (self.iso_weekday or 0)) % 7 > 1:
            return None  # it began neither today nor yesterday
        return current_occurrence(self, now, self.exceptions, self.weeks)
