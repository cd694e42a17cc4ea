"""Who could get there: reach circles and their boxes for the index, the trip, and the half hours somebody is out of the house."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from matcher.domain.fellowship import Fellowship
from matcher.domain.place import Circle, Place, Point, km_between

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
DEGREES_PER_FELLOWSHIP = 1000  # the boxes of each fellowship lie in a world of their own, so that one index serves all
UNKNOWN_TRAVEL_MINUTES = 60
LEAST_KM_PER_DEGREE = 110.574  # of latitude, at the equator: a degree is nowhere shorter
MEAN_KM_PER_DEGREE = 111.195


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in degrees; its longitudes may be moved east."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, longitude: float, latitude: float) -> bool:
        """Whether the point lies in it, its edges included."""
        return self.west <= longitude <= self.east and self.south <= latitude <= self.north


def moved_east(longitude: float, fellowship: Fellowship) -> float:
    """The longitude at which the index is asked for this fellowship."""
    return longitude + DEGREES_PER_FELLOWSHIP * fellowship.number


def reach_box(circle: Circle, fellowship: Fellowship) -> Box:
    """A box that loses no point of the circle, moved east for the fellowship; the exact distance comes after."""
    lat, lon = circle.centre.latitude, moved_east(circle.centre.longitude, fellowship)
    tall = 1.001 * circle.radius_km / LEAST_KM_PER_DEGREE
    # Meridians close in towards the pole, so the width is taken at the edge of the circle that lies nearest to it.
    edge = abs(lat) + circle.radius_km / MEAN_KM_PER_DEGREE
    wide = 360.0
    if edge < 90:
        wide = min(wide, 1.001 * circle.radius_km / (MEAN_KM_PER_DEGREE * math.cos(math.radians(edge))))
    return Box(lon - wide, lat - tall, lon + wide, lat + tall)


def district_circle(district: Place) -> Circle:
    """The reach "this district": its centre and the radius of nine in ten of its postcodes, at least the 1 km of any reach.

    Raises ValueError for an unknown place.
    """
    if district.point is None or district.radius_m is None:
        raise ValueError("an unknown place has no reach around it")
    return Circle(district.point, min(100.0, max(1.0, district.radius_m / 1000)))


def within_reach(areas: Sequence[Circle], *points: Point | None) -> bool:
    """Whether one of the areas holds all the points (venue and meet-up place). An unknown point, or none at all, is never within reach."""
    known = [point for point in points if point is not None]
    if not known or len(known) < len(points):
        return False
    return any(all(km_between(area.centre, point) <= area.radius_km for point in known) for area in areas)


def trip_km(areas: Sequence[Circle], meet_up: Point, venue: Point) -> float | None:
    """Straight kilometres from an area's centre to the meet-up place, on to the venue and back, by the nearest of the areas that hold both.

    None where none does. For the ranking only."""
    if meet_up == venue:  # as for most meetings: the way back is the way there
        return min((2 * way for area in areas if (way := km_between(area.centre, venue)) <= area.radius_km), default=None)
    between = km_between(meet_up, venue)
    ways = [(km_between(area.centre, meet_up), km_between(venue, area.centre), area.radius_km) for area in areas]
    return min((there + between + back for there, back, radius in ways if there <= radius and back <= radius), default=None)


def half_hours(start_at: datetime, end_at: datetime) -> range:
    """The half hours since the epoch (UTC) that a span touches, rounded outward. Raises ValueError for an empty span or a naive time."""
    start_at, end_at = _in_utc(start_at), _in_utc(end_at)
    if end_at <= start_at:
        raise ValueError("the end is not after the start")
    return range((start_at - EPOCH) // HALF_HOUR, -((EPOCH - end_at) // HALF_HOUR))


def out_of_the_house(meet_up_at: datetime, ends_at: datetime, travel_minutes: int | None) -> tuple[int, int]:
    """First half hour, and the one after the last, between leaving home and being back; travel unknown is an hour each way."""
    travel = timedelta(minutes=UNKNOWN_TRAVEL_MINUTES if travel_minutes is None else travel_minutes)
    span = half_hours(_in_utc(meet_up_at) - travel, _in_utc(ends_at) + travel)
    return span.start, span.stop


def _in_utc(at: datetime) -> datetime:
    """The same instant in UTC: sums on local times are wall time and go wrong in the night of a clock change."""
    if at.utcoffset() is None:
        raise ValueError("a time without a zone is no instant")
    return at.astimezone(UTC)
