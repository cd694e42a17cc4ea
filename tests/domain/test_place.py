"""Points, the shipped tables, distance and time on the way."""

import csv
import math
import subprocess
import sys
from importlib.resources import files

import pytest
from geopy.distance import geodesic, great_circle
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.place import (
    NOWHERE,
    Circle,
    Miles,
    Place,
    Point,
    PointFault,
    Precision,
    TravelMode,
    attribution,
    find_outcode,
    find_place,
    find_sector,
    good_point,
    in_miles,
    is_usual,
    km_between,
    load_outcodes,
    load_sectors,
    nearest_outcode,
    point_fault,
    search_districts,
    table_vintage,
    travel_minutes,
    travel_range,
    venue_place,
)
from matcher.domain.venue import is_far_from_postcode

UK_POINTS = st.builds(Point, st.floats(49.1, 61.0), st.floats(-8.5, 1.9))
NAN, INF = math.nan, math.inf


def geodesic_km(a: Point, b: Point) -> float:
    return float(geodesic((a.latitude, a.longitude), (b.latitude, b.longitude)).km)


@pytest.mark.parametrize(
    ("latitude", "longitude", "fault"),
    [
        (50.72, -1.88, None),
        (None, None, None),
        (50.72, None, PointFault.INVALID),
        (None, -1.88, PointFault.INVALID),
        (NAN, -1.88, PointFault.INVALID),
        (50.72, NAN, PointFault.INVALID),
        (INF, 0.0, PointFault.INVALID),
        (50.72, -INF, PointFault.INVALID),
        (90.1, 0.0, PointFault.INVALID),
        (0.0, 180.1, PointFault.INVALID),
        (0.0, 0.0, PointFault.INVALID),
        (0.01, -0.01, PointFault.INVALID),
        (51.5, 0.0, None),  # Greenwich is a place
        (55.378051, -3.435973, PointFault.PLACEHOLDER),
        (54.7023545, -3.2765753, PointFault.PLACEHOLDER),
        (34.235918, -118.563659, PointFault.PLACEHOLDER),
        (34.2359, -118.5636, PointFault.OUTSIDE),
        (-1.88, 50.72, PointFault.OUTSIDE),  # halves swapped
        (48.99, -1.0, PointFault.OUTSIDE),
        (61.51, -1.0, PointFault.OUTSIDE),
        (55.0, -11.01, PointFault.OUTSIDE),
        (55.0, 2.51, PointFault.OUTSIDE),
    ],
)
def test_a_bad_point_is_no_point_and_says_why(latitude: float | None, longitude: float | None, fault: PointFault | None) -> None:
    assert point_fault(latitude, longitude) is fault
    assert (good_point(latitude, longitude) is None) == (fault is not None or latitude is None)


def test_a_point_abroad_is_good_where_the_row_is_abroad() -> None:
    assert good_point(52.52, 13.40, in_region=False) == Point(52.52, 13.40)
    assert good_point(34.235918, -118.563659, in_region=False) is None


@pytest.mark.parametrize("halves", [(NAN, 0.0), (0.0, NAN), (91.0, 0.0), (0.0, -181.0), (INF, 0.0)])
def test_no_point_off_the_globe_can_exist(halves: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="not on the globe"):
        Point(*halves)


@pytest.mark.parametrize(
    "parts",
    [
        (None, Precision.OUTCODE, 500),
        (Point(50, -1), Precision.NONE, None),
        (Point(50, -1), Precision.VENUE, None),
        (None, Precision.NONE, 0),
    ],
)
def test_an_unknown_place_has_no_point_and_no_radius(parts: tuple[Point | None, Precision, int | None]) -> None:
    with pytest.raises(ValueError, match="a point and a radius"):
        Place(*parts, "odd")
    assert NOWHERE.point is None and NOWHERE.radius_m is None


@pytest.mark.parametrize("radius_km", [0, 0.99, 100.01, -5, NAN, INF])
def test_a_reach_is_1_to_100_km(radius_km: float) -> None:
    with pytest.raises(ValueError, match="1 to 100 km"):
        Circle(Point(50, -1), radius_km)


@given(UK_POINTS, st.floats(-0.62, 0.62), st.floats(-0.95, 0.95))
def test_distance_is_within_10_m_of_the_geodesic_under_100_km(a: Point, north: float, east: float) -> None:
    b = Point(a.latitude + north, a.longitude + east)
    true_km = geodesic_km(a, b)
    assert true_km > 100 or abs(km_between(a, b) - true_km) <= 0.010
    assert km_between(a, b) == km_between(b, a)


def test_the_same_check_catches_a_distance_on_a_sphere() -> None:
    a, b = Point(50.72, -1.88), Point(51.5, -1.88)
    on_a_sphere = great_circle((a.latitude, a.longitude), (b.latitude, b.longitude)).km
    assert abs(on_a_sphere - geodesic_km(a, b)) > 0.010 >= abs(km_between(a, b) - geodesic_km(a, b))


@pytest.mark.parametrize(
    ("km", "radii", "miles"),
    [
        (0, (), Miles(0, 0.25)),
        (0.4, (), Miles(0, 0.25)),
        (0.41, (), Miles(0.5, 0.5)),
        (1.6, (), Miles(1, 1)),
        (2.0, (), Miles(1, 1)),
        (2.1, (), Miles(1.5, 1.5)),
        (15.9, (), Miles(10, 10)),
        (16.9, (), Miles(11, 11)),
        (80.4672, (100, 100), Miles(50, 50)),
        (5.6, (700, 700), Miles(3.5, 3.5)),  # exactly a quarter is no range yet
        (5.6, (1300, 1200), Miles(2, 5)),
        (0.5, (1000, 1000), Miles(0, 1.5)),
        (5.6, (None, 100), Miles(3.5, 3.5)),
    ],
)
def test_miles_are_said_no_finer_than_they_are_known(km: float, radii: tuple[int | None, ...], miles: Miles) -> None:
    assert in_miles(km, radii) == miles


@given(st.floats(0, 900), st.floats(0, 50))
def test_more_kilometres_are_never_fewer_miles(km: float, more: float) -> None:
    near, far = in_miles(km), in_miles(km + more)
    assert near.low == near.high or near == Miles(0, 0.25)
    assert far.low >= near.low and far.high >= near.high


@pytest.mark.parametrize(
    ("km", "mode", "minutes"),
    [
        (0, TravelMode.FOOT, 0),
        (1, TravelMode.FOOT, 20),
        (2, TravelMode.FOOT, 35),
        (2.2, TravelMode.FOOT, 40),
        (10, TravelMode.FOOT, 165),
        (0, TravelMode.BUS_TRAIN, 15),
        (10, TravelMode.BUS_TRAIN, 60),
        (10, TravelMode.BICYCLE, 60),
        (20, TravelMode.BICYCLE, 115),
        (0, TravelMode.CAR, 5),
        (10, TravelMode.CAR, 30),
        (12.5, TravelMode.CAR, 35),  # 5 + 30 exactly: not 40
    ],
)
def test_minutes_follow_the_table_and_are_rounded_up_to_5(km: float, mode: TravelMode, minutes: int) -> None:
    assert travel_minutes(km, mode) == minutes


@given(st.floats(0, 400), st.floats(0, 40), st.sampled_from(TravelMode))
def test_time_on_the_way_never_falls_as_the_way_grows(km: float, more: float, mode: TravelMode) -> None:
    assert travel_minutes(km, mode) <= travel_minutes(km + more, mode)
    assert travel_minutes(km, mode) % 5 == 0


def test_somebody_who_walks_is_never_promised_a_bus() -> None:
    assert travel_minutes(10, TravelMode.FOOT) > 90 >= travel_minutes(10, TravelMode.BUS_TRAIN)
    assert not is_usual(10, TravelMode.FOOT)


@pytest.mark.parametrize("km", [-0.1, NAN, INF])
def test_no_distance_has_no_time(km: float) -> None:
    with pytest.raises(ValueError, match="no distance"):
        travel_minutes(km, TravelMode.CAR)


def test_a_known_imprecision_widens_the_time_to_a_range() -> None:
    assert travel_range(10, TravelMode.CAR) == (30, 30)
    assert travel_range(10, TravelMode.CAR, (2000, 100)) == (25, 35)
    assert travel_range(0.5, TravelMode.FOOT, (2000, None))[0] == 0


def test_only_the_usual_ways_are_offered_for_a_distance() -> None:
    assert [m for m in TravelMode if is_usual(2, m)] == list(TravelMode)
    assert [m for m in TravelMode if is_usual(5, m)] == [TravelMode.BUS_TRAIN, TravelMode.BICYCLE, TravelMode.CAR]
    assert [m for m in TravelMode if is_usual(11, m)] == [TravelMode.BUS_TRAIN, TravelMode.CAR]


def test_the_shipped_tables_are_whole() -> None:
    assert len(load_outcodes()) == 2969
    assert sum(code.startswith("BT") for code in load_outcodes()) == 80
    assert len(load_sectors()) == 10867
    assert not any(code.startswith("BT") for code in load_sectors())
    assert {code.split()[0] for code in load_sectors()} <= set(load_outcodes())
    for table in (load_outcodes(), load_sectors()):
        assert all(p.point and good_point(p.point.latitude, p.point.longitude) and (p.radius_m or 0) >= 500 for p in table.values())
    assert load_outcodes()["ZE2"].radius_m == max(p.radius_m or 0 for p in load_outcodes().values()) == 45513


def test_every_sector_lies_in_its_district() -> None:
    outside = [
        code
        for code, sector in load_sectors().items()
        if sector.point and (district := load_outcodes()[code.split()[0]]).point and km_between(sector.point, district.point) > 120
    ]
    assert outside == []


def test_the_attribution_stands_beside_the_tables_with_one_year() -> None:
    folder = files("matcher") / "data"
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert attribution() in readme
    assert f"Vintage: {table_vintage()}." in readme
    assert attribution().count(str(table_vintage())) == 3 and table_vintage() == 2017


def test_the_columns_are_as_documented() -> None:
    for name in ("outcode", "sector"):
        with (files("matcher") / "data" / f"{name}s.csv").open(encoding="utf-8", newline="") as lines:
            rows = list(csv.reader(lines))
        assert rows[0] == [name, "latitude", "longitude", "postcodes", "radius90_m"]
        assert all(len(half.partition(".")[2]) == 5 for row in rows[1:] for half in row[1:3])


@pytest.mark.parametrize(
    ("text", "label", "precision"),
    [
        ("bh14ab", "BH1 4", Precision.SECTOR),
        ("BH1 4", "BH1 4", Precision.SECTOR),
        ("bh1", "BH1", Precision.OUTCODE),
        ("BT1 1AA", "BT1", Precision.OUTCODE),
        ("BT1 1", "BT1", Precision.OUTCODE),
    ],
)
def test_a_text_is_placed_by_its_sector_or_district_never_finer(text: str, label: str, precision: Precision) -> None:
    place = find_place(text)
    assert place is not None and (place.label, place.precision) == (label, precision)


@pytest.mark.parametrize("text", ["", "London", "GIR 0AA", "JE3 1AA", "ZZ1", "50.7,-1.8", "\x00", "BH1 4AB and more"])
def test_an_unknown_text_is_no_place(text: str) -> None:
    assert find_place(text) is None and find_outcode(text) is None and find_sector(text) is None


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("bh2", ["BH2", "BH20", "BH21", "BH22", "BH23", "BH24", "BH25"]),
        ("BH1 4AB", ["BH1"]),  # a full postcode is not taken; its district is offered
        ("bh1 4", ["BH1 4"]),
        ("ze", ["ZE1", "ZE2", "ZE3"]),
        ("", []),
        (" ", []),
        ("Bournemouth", []),
        ("JE3 1AA", []),
    ],
)
def test_districts_are_offered_for_what_was_typed(text: str, labels: list[str]) -> None:
    assert [place.label for place in search_districts(text)] == labels


def test_a_short_beginning_offers_a_list_that_can_be_read() -> None:
    assert [p.label for p in search_districts("b", limit=3)] == ["B1", "B2", "B3"]
    assert len(search_districts("b")) == 20


def test_the_nearest_district_is_the_nearest() -> None:
    assert nearest_outcode(Point(50.7206, -1.8843)).label == "BH2"


@pytest.mark.parametrize(
    ("point", "radius_m"),
    [
        (Point(50.72055, -1.87956), 100),
        (Point(50.721, -1.88012), 100),
        (Point(50.72, -1.88012), 556),
        (Point(50.7, -1.88), 5560),
        (Point(51, -2), 55600),
    ],
)
def test_a_venue_is_known_no_finer_than_its_decimals(point: Point, radius_m: int) -> None:
    assert venue_place(point, "hall") == Place(point, Precision.VENUE, radius_m, "hall")


def test_a_point_far_from_its_own_postcode_contradicts_it() -> None:
    assert not is_far_from_postcode(Point(50.73, -1.85), "BH1 4AB")
    assert is_far_from_postcode(Point(51.5, -0.12), "BH1 4AB")
    assert is_far_from_postcode(Point(51.5, -0.12), "BT1 1AA")
    assert not is_far_from_postcode(Point(51.5, -0.12), "JE3 1AA")


def test_places_are_looked_up_without_opening_a_socket() -> None:
    program = """
import sys
sys.addaudithook(lambda event, args: sys.exit(f"socket: {event} {args}") if event.startswith("socket.") else None)
from matcher.domain.place import Point, find_place, nearest_outcode, search_districts
from matcher.places import place_text, shown_distance
assert find_place("BH1 4AB") and search_districts("bh") and nearest_outcode(Point(50.7, -1.8)).label
print(shown_distance(place_text("BH1 4")[0], place_text("SE1")[0]))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Miles(low=9")


@given(st.sampled_from(["BH1 4AB", "ZE2 9AA", "BT1 1AA", "TR21 0AA"]), st.floats(-0.6, 0.6), st.floats(-0.6, 0.6))
def test_looking_at_degrees_first_never_changes_what_is_far(postcode: str, north: float, east: float) -> None:
    place = find_place(postcode)
    assert place is not None and place.point is not None
    point = Point(place.point.latitude + north, place.point.longitude + east)
    assert is_far_from_postcode(point, postcode) == (km_between(point, place.point) > 30)
