"""The meeting that holds, as the database keeps it: what a source says with corrections on top, its place with a precision, whether one can go."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from statistics import median
from typing import Any
from uuid import UUID

from matcher.domain.meeting import JoinDetails, ParsedMeeting, Status, is_attendable
from matcher.domain.place import NOWHERE, Place, Point, Precision, find_outcode, good_point, km_between, venue_place
from matcher.domain.venue import find_venue_place

SMALLEST_TOWN_RADIUS_M = 1_500
"""Of a place known by its town only (assumption)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveMeeting:
    """One row of the table `meetings`, apart from its id, its source and its clocks."""

    area_id: UUID | None
    said: ParsedMeeting
    holds: ParsedMeeting
    content_hash: bytes
    status: Status
    needs_human_check: bool
    attendable: bool
    place: Place

    @property
    def starts(self) -> time | None:
        """Local wall time."""
        return self.holds.start


def effective_meeting(
    said: ParsedMeeting,
    holds: ParsedMeeting,
    *,
    content_hash: bytes,
    status: Status,
    joins: Mapping[str, str] | None,
    has_weeks: bool,
    needs_human_check: bool,
    area_id: UUID | None,
) -> EffectiveMeeting:
    """What is kept of a meeting. `holds`: `said` with overrides on top. `status`: where it stands, over time too."""
    has_way_in = holds.online and has_way_into(holds, joins)
    attendable = is_attendable(
        status=status,
        schedule=holds.schedule,
        iso_weekday=holds.iso_weekday,
        start=holds.start,
        in_person=holds.in_person,
        has_way_in=has_way_in,
        has_weeks=has_weeks,
    )
    return EffectiveMeeting(
        area_id=area_id,
        said=said,
        holds=holds,
        content_hash=content_hash,
        status=status,
        needs_human_check=needs_human_check,
        attendable=attendable and "institutional" not in holds.attributes,
        place=place_of(holds),
    )


def has_way_into(meeting: ParsedMeeting, joins: Mapping[str, str] | None) -> bool:
    """Whether there is a link, a telephone number or a meeting id."""
    return bool(meeting.conference_url or meeting.conference_phone or (joins or {}).get("meeting_id"))


def place_of(meeting: ParsedMeeting) -> Place:
    """The best of what is known where it is (meetings 11.2): its own point, its sector, its district. By its town: `town_place`."""
    if not meeting.in_person:
        return NOWHERE
    point = good_point(meeting.latitude, meeting.longitude, in_region=False)
    if point:
        return venue_place(point, meeting.venue or meeting.name)
    found = find_venue_place(meeting.postcode) if meeting.postcode else None
    return found or (find_outcode(meeting.outcode) if meeting.outcode else None) or NOWHERE


def town_place(town: str, venues: Sequence[Point]) -> Place:
    """Where a town's own venues say that it is: the median, and the radius that holds nine in ten of them. No venue: nowhere."""
    if not venues:
        return NOWHERE
    centre = Point(round(median(p.latitude for p in venues), 5), round(median(p.longitude for p in venues), 5))
    distances = sorted(km_between(centre, point) for point in venues)
    radius_km = distances[math.ceil(0.9 * len(distances)) - 1]
    return Place(centre, Precision.TOWN, max(SMALLEST_TOWN_RADIUS_M, math.ceil(radius_km * 1000)), town)


def joins_json(joins: JoinDetails | None) -> dict[str, str] | None:
    """The ways in as they are kept: those that are there."""
    if not joins:
        return None
    parts = {name: getattr(joins, name) for name in ("meeting_id", "passcode", "dial_in", "full_link")}
    return {name: value for name, value in parts.items() if value}


def confirmed_now(now: datetime) -> dict[str, Any]:
    """The clocks of a meeting that its source names."""
    return {"last_seen_at": now, "last_confirmed_at": now, "confirmed_how": "feed", "confirmed_by": None}
