"""Reach circles, their boxes in the index, the trip, and the half hours out of the house."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.fellowship import Fellowship
from matcher.domain.place import NOWHERE, Circle, Place, Point, Precision, find_outcode, km_between
from matcher.matching.reach import Box, district_circle, half_hours, moved_east, out_of_the_house, reach_box, trip_km, within_reach

HOME, HALL, STOP = Point(50.72, -1.88), Point(50.75, -1.80), Point(50.74, -1.82)
LONDON = ZoneInfo("Europe/London")
CIRCLES = st.builds(Circle, st.builds(Point, st.floats(-89, 89), st.floats(-170, 170)), st.floats(1, 100))


def at_edge(circle: Circle, north: float, east: float) -> Point | None:
    """A point somewhere in or near the circle, by shares of its radius."""
    latitude = circle.centre.latitude + north * circle.radius_km / 110.5
    if abs(latitude) > 90:
        return None
    one_degree = km_between(Point(circle.centre.latitude, 0), Point(latitude, 1))
    longitude = circle.centre.longitude + east * circle.radius_km / max(one_degree, 0.01)
    return Point(latitude, longitude) if abs(longitude) <= 180 else None


@given(CIRCLES, st.floats(-1.02, 1.02), st.floats(-1.02, 1.02), st.sampled_from(Fellowship))
def test_the_box_never_loses_a_point_of_the_circle(circle: Circle, north: float, east: float, fellowship: Fellowship) -> None:
    point = at_edge(circle, north, east)
    inside = point is not None and within_reach([circle], point)
    assert not inside or (point and reach_box(circle, fellowship).holds(moved_east(point.longitude, fellowship), point.latitude))


def lost(width_taken_at_the_edge: bool) -> int:
    """Points of a circle of 100 km at 88° N that a box loses, by where its width is taken."""
    circle = Circle(Point(88, 0), 100)
    box = reach_box(circle, Fellowship.AA)
    if not width_taken_at_the_edge:
        wide = 100 / km_between(Point(88, 0), Point(88, 1))
        box = Box(-wide, box.south, wide, box.north)
    points = [Point(88 + north / 1000, east / 10) for north in range(-890, 890, 10) for east in range(-600, 600, 10)]
    return sum(within_reach([circle], p) and not box.holds(p.longitude, p.latitude) for p in points)


def test_a_box_as_wide_as_the_circle_at_its_centre_would_lose_some() -> None:
    assert lost(width_taken_at_the_edge=True) == 0
    assert lost(width_taken_at_the_edge=False) > 0


def test_the_box_fits_closely_here() -> None:
    box = reach_box(Circle(HOME, 10), Fellowship.AA)
    assert km_between(HOME, Point(box.north, HOME.longitude)) == pytest.approx(10, rel=0.01)
    assert km_between(HOME, Point(HOME.latitude, box.east)) == pytest.approx(10, rel=0.01)
    assert (box.east + box.west) / 2 == pytest.approx(HOME.longitude) and (box.north + box.south) / 2 == pytest.approx(HOME.latitude)


def test_the_edges_of_a_box_belong_to_it_and_nothing_beyond() -> None:
    box = Box(1.0, 2.0, 3.0, 4.0)
    corners = [(1.0, 2.0), (1.0, 4.0), (3.0, 2.0), (3.0, 4.0), (2.0, 3.0)]
    assert all(box.holds(*corner) for corner in corners)
    assert not any(box.holds(*outside) for outside in [(0.999, 3.0), (3.001, 3.0), (2.0, 1.999), (2.0, 4.001)])


def test_a_fellowships_world_lies_a_thousand_degrees_from_the_next() -> None:
    assert [moved_east(-1.5, fellowship) for fellowship in (Fellowship.AA, Fellowship.CA, Fellowship.FA)] == [-1.5, 998.5, 7998.5]
    box = reach_box(Circle(Point(90, 0), 100), Fellowship.AA)
    assert (box.west, box.east) == (-360.0, 360.0), "over a pole once round on either side"


@pytest.mark.parametrize("centre", [Point(90, 0), Point(-90, 170), Point(89.5, -180)])
def test_a_circle_over_a_pole_takes_every_longitude_and_no_neighbour(centre: Point) -> None:
    for fellowship in Fellowship:
        box = reach_box(Circle(centre, 100), fellowship)
        assert all(box.holds(moved_east(lon, fellowship), centre.latitude) for lon in (-180, -90, 0, 90, 180))
        others = [f for f in Fellowship if f is not fellowship]
        assert not any(box.holds(moved_east(lon, other), centre.latitude) for lon in (-180, 180) for other in others)


def test_the_boxes_of_two_fellowships_never_touch() -> None:
    boxes = [reach_box(Circle(HOME, 100), fellowship) for fellowship in Fellowship]
    assert boxes[3].west - boxes[0].west == pytest.approx(3000)
    assert all(a.east < b.west for a, b in pairwise(boxes))


def test_one_area_must_hold_both_points() -> None:
    near_hall, near_stop = Circle(HALL, 1), Circle(STOP, 1)
    assert within_reach([near_hall], HALL) and within_reach([near_stop], STOP)
    assert not within_reach([near_hall, near_stop], HALL, STOP)
    assert within_reach([near_hall, near_stop, Circle(HOME, 10)], HALL, STOP)


def test_an_unknown_place_is_within_nobodys_reach() -> None:
    everywhere = [Circle(HOME, 100)]
    assert not within_reach(everywhere, NOWHERE.point)
    assert not within_reach(everywhere, HALL, None)
    assert not within_reach(everywhere, None, HALL)
    assert not within_reach(everywhere)
    assert not within_reach([], HALL)


def test_the_edge_of_a_reach_belongs_to_it() -> None:
    km = km_between(HOME, HALL)
    assert within_reach([Circle(HOME, km)], HALL)
    assert not within_reach([Circle(HOME, km - 0.001)], HALL)


def test_a_district_is_a_circle_around_its_centre() -> None:
    ze2, w1a = find_outcode("ZE2"), find_outcode("W1A")
    assert ze2 and w1a
    assert district_circle(ze2) == Circle(ze2.point or HOME, 45.513)
    assert district_circle(w1a).radius_km == 1
    wide = Place(HOME, Precision.OUTCODE, 100_001, "XX1")
    assert district_circle(wide) == Circle(HOME, 100.0) and district_circle(replace(wide, radius_m=99_000)).radius_km == 99
    with pytest.raises(ValueError, match=r"^an unknown place has no reach around it$"):
        district_circle(NOWHERE)


def test_the_trip_goes_by_the_meet_up_place_and_home_again() -> None:
    home = Circle(HOME, 100)
    assert trip_km([home], HALL, HALL) == pytest.approx(2 * km_between(HOME, HALL))
    assert trip_km([home], STOP, HALL) == pytest.approx(km_between(HOME, STOP) + km_between(STOP, HALL) + km_between(HALL, HOME))
    assert trip_km([home, Circle(STOP, 100)], STOP, HALL) == pytest.approx(2 * km_between(STOP, HALL)), "by the nearest"


def test_an_area_that_does_not_hold_both_ends_is_no_way_there() -> None:
    small = Circle(HOME, (km_between(HOME, HALL) + km_between(HOME, STOP)) / 2)  # holds the stop alone
    assert trip_km([small], HALL, STOP) is None and trip_km([small], STOP, HALL) is None and trip_km([], HALL, HALL) is None
    assert trip_km([small], STOP, STOP) is not None
    assert trip_km([Circle(HOME, km_between(HOME, HALL))], STOP, HALL) is not None, "the edge is inside"


def test_half_hours_are_rounded_outward() -> None:
    day = datetime(2026, 1, 6, tzinfo=UTC)
    first = int(day.timestamp()) // 1800
    assert half_hours(day, day + timedelta(minutes=30)) == range(first, first + 1)
    assert half_hours(day, day + timedelta(minutes=31)) == range(first, first + 2)
    assert half_hours(day - timedelta(microseconds=1), day + timedelta(minutes=30)) == range(first - 1, first + 1)


def test_out_of_the_house_is_from_leaving_home_to_being_back() -> None:
    meet_up, end = datetime(2026, 1, 6, 18, 15, tzinfo=UTC), datetime(2026, 1, 6, 19, 30, tzinfo=UTC)
    start, stop = out_of_the_house(meet_up, end, 25)  # 17:50 to 19:55
    assert (start * 1800, stop * 1800) == (meet_up.replace(hour=17, minute=30).timestamp(), end.replace(hour=20, minute=0).timestamp())
    assert out_of_the_house(meet_up, end, None) == out_of_the_house(meet_up, end, 60)
    assert out_of_the_house(meet_up, end, 0)[1] - out_of_the_house(meet_up, end, 0)[0] == 3


@given(st.integers(0, 2**31).map(lambda s: datetime.fromtimestamp(s, UTC)), st.integers(1, 400), st.integers(0, 300))
def test_the_half_hours_hold_the_whole_span_and_less_than_an_hour_more(meet_up: datetime, length: int, travel: int) -> None:
    end = meet_up + timedelta(minutes=length)
    start, stop = out_of_the_house(meet_up, end, travel)
    leave, back = meet_up - timedelta(minutes=travel), end + timedelta(minutes=travel)
    assert start * 1800 <= leave.timestamp() < (start + 1) * 1800
    assert (stop - 1) * 1800 < back.timestamp() <= stop * 1800


@pytest.mark.parametrize("start_at", [datetime(2026, 3, 29, 0, 30, tzinfo=LONDON), datetime(2026, 10, 25, 0, 30, tzinfo=LONDON)])
def test_local_times_count_real_minutes_in_the_nights_of_the_clock_change(start_at: datetime) -> None:
    end_at = (start_at.astimezone(UTC) + timedelta(minutes=90)).astimezone(LONDON)
    assert len(half_hours(start_at, end_at)) == 3
    before = start_at - timedelta(hours=2)  # the way home goes over the change
    assert out_of_the_house(before, start_at, 90) == out_of_the_house(before.astimezone(UTC), start_at.astimezone(UTC), 90)


def test_a_span_that_is_none_is_refused() -> None:
    at = datetime(2026, 1, 6, 18, tzinfo=UTC)
    with pytest.raises(ValueError, match=r"^the end is not after the start$"):
        half_hours(at, at)
    with pytest.raises(ValueError, match=r"^a time without a zone is no instant$"):
        half_hours(at.replace(tzinfo=None), at.replace(tzinfo=None) + timedelta(hours=1))
