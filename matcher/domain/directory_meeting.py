"""A meeting as staff look at it: what holds, where it comes from, how sure we are. Which date of a plan it still keeps is decided here too."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from matcher.domain.fellowship import Fellowship
from matcher.domain.meeting import Audience, Schedule, Status
from matcher.domain.meeting_source import MANUAL, STALE_AFTER
from matcher.domain.occurrence import MeetingException, MeetingWeeks, Occurrence, next_occurrences
from matcher.domain.option import MEET_BEFORE
from matcher.domain.place import Precision

OLD_AFTER = timedelta(days=90)
"""Not confirmed for so long: amber on the coordinator's list (meetings 7.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryMeeting:
    """One meeting of the directory, whatever has become of it. `starts` is local wall time."""

    id: UUID
    source_id: str
    source_name: str
    source_format: str
    source_failing_since: datetime | None
    source_key: str
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
    attendable: bool
    needs_human_check: bool
    in_person: bool
    online: bool
    venue: str | None
    address: str | None
    formatted_address: str | None
    town: str | None
    postcode: str | None
    outcode: str | None
    place_precision: Precision
    radius_m: int | None
    conference_url: str | None
    conference_provider: str | None
    conference_phone: str | None
    has_joins: bool
    audience: Audience
    audience_note: str | None
    attributes: tuple[str, ...]
    languages: tuple[str, ...]
    notes: str | None
    location_notes: str | None
    travel_notes: str | None
    source_url: str | None
    last_seen_at: datetime
    last_confirmed_at: datetime | None
    confirmed_how: str | None
    missing_since: datetime | None
    weeks: MeetingWeeks | None
    exceptions: tuple[MeetingException, ...] = ()

    @property
    def is_manual(self) -> bool:
        """Whether people keep it by hand."""
        return self.source_format == MANUAL

    def is_stale(self, now: datetime) -> bool:
        """Whether its source has failed for so long that it is not certain any more."""
        return self.source_failing_since is not None and now - self.source_failing_since > STALE_AFTER

    def is_old(self, now: datetime) -> bool:
        """Whether nobody, not even its source, has confirmed it lately."""
        return self.last_confirmed_at is None or now - self.last_confirmed_at > OLD_AFTER

    def coming(self, now: datetime, count: int) -> list[Occurrence]:
        """Its next dates, those that are called off among them."""
        return next_occurrences(self, now, self.exceptions, self.weeks, count=count, with_cancelled=True)

    def instead_of(self, on_date: date, now: datetime) -> Occurrence | None:
        """The date that a plan for `on_date` now means: that one, else the one of the same week; None where it is off or over."""
        monday = on_date - timedelta(days=on_date.weekday())
        until = datetime.combine(monday + timedelta(days=9), time(), now.tzinfo)
        found = next_occurrences(self, now, self.exceptions, self.weeks, until=max(until, now), with_cancelled=True)
        week = [one for one in found if monday <= one.on_date < monday + timedelta(days=7)]
        nearest = min(week, key=lambda one: abs((one.on_date - on_date).days), default=None)
        return None if nearest is None or nearest.is_cancelled else nearest

    def meets_at(self, occurrence: Occurrence) -> datetime:
        """When to meet: at the door a quarter of an hour before; online at the start."""
        return occurrence.starts_at - (MEET_BEFORE if self.in_person else timedelta(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryFilter:
    """What the list is narrowed by. `place`: a district, or a town's name. `gone`: closed and withdrawn ones instead of the others."""

    fellowship: Fellowship | None = None
    iso_weekday: int | None = None
    outcode: str | None = None
    town: str | None = None
    needs_check: bool = False
    unsure: bool = False
    gone: bool = False
    area_ids: tuple[UUID, ...] | None = None
