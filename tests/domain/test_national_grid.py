"""Eastings and northings to degrees, against figures published by the Ordnance Survey."""

import math

import pytest
from geopy.distance import geodesic
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.national_grid import airy_degrees, grid_to_degrees


def degrees(whole: int, minutes: int, seconds: float) -> float:
    return whole + minutes / 60 + seconds / 3600


def test_the_worked_example_of_the_guide_comes_out_on_the_grids_own_ellipsoid() -> None:
    latitude, longitude = airy_degrees(651409.903, 313177.270)
    assert latitude == pytest.approx(degrees(52, 39, 27.2531), abs=2e-8)
    assert longitude == pytest.approx(degrees(1, 43, 4.5177), abs=2e-8)


def test_the_seven_parameter_shift_moves_it_to_wgs84() -> None:
    latitude, longitude = grid_to_degrees(651409.903, 313177.270)
    assert latitude == pytest.approx(degrees(52, 39, 28.723), abs=1e-6)
    assert longitude == pytest.approx(degrees(1, 42, 57.787), abs=1e-6)


STATIONS = [  # test points of the Ordnance Survey's transformation OSTN15: east, north, ETRS89 latitude and longitude
    (91492.146, 11318.804, 49.92226393730, -6.29977752014),
    (170370.718, 11572.405, 49.96006137820, -5.20304609998),
    (250359.811, 62016.569, 50.43885825610, -4.10864563561),
    (449816.371, 75335.861, 50.57563665000, -1.29782277240),
]


@pytest.mark.parametrize(("east", "north", "latitude", "longitude"), STATIONS)
def test_known_stations_are_met_within_5_m(east: float, north: float, latitude: float, longitude: float) -> None:
    assert geodesic(grid_to_degrees(east, north), (latitude, longitude)).m < 5


@pytest.mark.parametrize(("east", "north", "latitude", "longitude"), STATIONS)
def test_without_the_shift_the_stations_would_be_missed_by_far(east: float, north: float, latitude: float, longitude: float) -> None:
    assert geodesic(airy_degrees(east, north), (latitude, longitude)).m > 50


@given(st.floats(80_000, 650_000), st.floats(10_000, 1_200_000))
def test_a_step_on_the_grid_is_a_step_on_the_ground(east: float, north: float) -> None:
    here, there = grid_to_degrees(east, north), grid_to_degrees(east + 600, north + 800)
    assert geodesic(here, there).m == pytest.approx(1000, rel=0.0012)  # the grid's own scale is between 0.9996 and 1.0008


@pytest.mark.parametrize("metres", [(-1, 0), (0, 1_300_001), (700_001, 0), (math.nan, 0), (0, math.inf)])
def test_what_is_off_the_grid_is_refused(metres: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="off the National Grid"):
        grid_to_degrees(*metres)
