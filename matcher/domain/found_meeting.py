"""A meeting of the directory as somebody who looks for one sees it, and its coming dates as options. Which of them fit is in matching."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from matcher.domain.arrangement import ReferralOption
from matcher.domain.fellowship import Fellowship
from matcher.domain.meeting import Audience, Schedule, Status
from matcher.domain.occurrence import MeetingException, MeetingWeeks, Occurrence, next_occurrences, occurrence_on, zone_of
from matcher.domain.option import MEET_BEFORE, Option
from matcher.domain.place import Point, Precision


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMeeting:
    """One attendable meeting with its exceptions. The first seven fields are what `occurrence.py` reads."""

    id: UUID
    iso_weekday: int | None
    starts: time | None
    duration_min: int | None
    timezone: str
    schedule: Schedule
    status: Status
    fellowship: Fellowship
    name: str
    venue: str | None
    formatted_address: str | None
    town: str | None
    outcode: str | None
    point: Point | None
    precision: Precision
    radius_m: int | None
    location_notes: str | None
    travel_notes: str | None
    in_person: bool
    online: bool
    has_way_in: bool
    audience: Audience
    attributes: frozenset[str]
    last_confirmed_at: datetime | None
    weeks: MeetingWeeks | None
    exceptions: tuple[MeetingException, ...] = ()

    def between(self, now: datetime, until: datetime) -> list[Occurrence]:
        """Its dates that start after `now` and not after `until`, cancelled ones left out."""
        return next_occurrences(self, now, self.exceptions, self.weeks, until=until)

    def on(self, on_date: date) -> Occurrence | None:
        """Its occurrence of this local date, unless it is off."""
        found = occurrence_on(self, on_date, self.exceptions, self.weeks)
        return None if found is None or found.is_cancelled else found

    def meets_at(self, occurrence: Occurrence) -> datetime:
        """When to meet: at the door a quarter of an hour before; online at the start."""
        return occurrence.starts_at - (MEET_BEFORE if self.in_person else timedelta(0))

    def option(self, occurrence: Occurrence, *, rank: int = 1, picked_by_hand: bool = False) -> Option:
        """One of its dates with the facts the rules read."""
        return Option(
            meeting_id=self.id,
            on_date=occurrence.on_date,
            fellowship=self.fellowship,
            zone=zone_of(self.timezone),
            starts_at=occurrence.starts_at,
            length_minutes=int((occurrence.ends_at - occurrence.starts_at).total_seconds() // 60),
            meet_up_at=self.meets_at(occurrence),
            rank=rank,
            attendable=self.status is Status.ACTIVE,
            last_checked_at=self.last_confirmed_at,
            needs_human_check=False,
            audience=self.audience,
            attributes=self.attributes,
            in_person=self.in_person,
            has_way_in=self.has_way_in,
            venue=self.point,
            outcode=self.outcode,
            picked_by_hand=picked_by_hand,
        )

    def as_idea(self, occurrence: Occurrence, referral_id: UUID) -> ReferralOption:
        """One of its dates as a letter shows it to somebody who may go alone. It is kept nowhere."""
        return ReferralOption(
            id=self.id,
            referral_id=referral_id,
            meeting_number=1,
            rank=1,
            meeting_id=self.id,
            fellowship=self.fellowship.value,
            on_date=occurrence.on_date,
            starts_at=occurrence.starts_at,
            ends_at=occurrence.ends_at,
            meet_at=self.meets_at(occurrence),
            picked_by_hand=False,
            state="open",
            timezone=self.timezone,
            meeting_name=self.name,
            venue=occurrence.venue or self.venue,
            formatted_address=None if occurrence.venue else self.formatted_address,
            town=self.town,
            outcode=self.outcode,
            location_notes=self.location_notes,
            travel_notes=self.travel_notes,
            last_confirmed_at=self.last_confirmed_at,
            online=self.online,
            in_person=self.in_person,
        )
