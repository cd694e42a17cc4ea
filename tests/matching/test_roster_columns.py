"""The roster in memory finds whom the rules on reach and hours would let go, all of them, wherever they live; and measures as everybody else does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import CENTRE, FAR, a_question, a_volunteer, an_option

from matcher.domain.availability import merge_windows
from matcher.domain.fellowship import Fellowship
from matcher.domain.place import Circle, Point, km_between
from matcher.domain.volunteer import Membership
from matcher.matching.question import Rule
from matcher.matching.roster_columns import columns_of, km_to, lay_out
from matcher.matching.rules import failed_rules
from matcher.matching.rules_meeting import h11_reach, h12_free
from matcher.matching.rules_people import h4_own_fellowship

spots = st.builds(Point, st.floats(49.0, 61.0), st.floats(-8.5, 2.0))
near = st.builds(lambda north, east: Point(CENTRE.latitude + north, CENTRE.longitude + east), st.floats(-1.2, 1.2), st.floats(-1.8, 1.8))
spans = st.tuples(st.integers(0, 10020), st.integers(10, 400)).map(lambda pair: (pair[0], min(10080, pair[0] + pair[1])))
people = st.lists(
    st.builds(
        lambda centres, radius, windows, fellowships: {
            "reach": tuple(Circle(centre, radius) for centre in centres),
            "windows": merge_windows([*windows, (4 * 1440 - 420, 4 * 1440 - 120)] if radius > 10 else windows),
            "memberships": frozenset(Membership(one) for one in fellowships),
        },
        st.lists(near, max_size=2, unique_by=lambda point: (point.latitude, point.longitude)),
        st.floats(1, 100),
        st.lists(spans, max_size=3),
        st.sets(st.sampled_from([Fellowship.AA, Fellowship.NA]), min_size=1),
    ),
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(people, near)
def test_it_loses_nobody_and_adds_nobody_but_for_parts_of_half_hours(made: list[dict], venue: Point) -> None:
    volunteers = [a_volunteer(n, **facts) for n, facts in enumerate(made, start=1)]
    option = an_option(venue=venue)
    found = set(columns_of(volunteers).near(Fellowship.AA.number, venue, option.spans)[0])
    questions = [a_question(volunteer=one, option=option) for one in volunteers]
    judges = {Rule.H4: h4_own_fellowship, Rule.H11: h11_reach}
    reached = {n for n, question in enumerate(questions) if not failed_rules(question, judges)}
    exactly = {n for n in reached if not failed_rules(questions[n], {Rule.H12: h12_free})}
    assert exactly <= found <= reached
    whole = {n for n in reached if all(start % 30 == end % 30 == 0 for start, end in volunteers[n].windows)}
    first, last = option.spans[0][0] // 30 * 30, -(-option.spans[0][1] // 30) * 30
    assert {n for n in whole if any(a <= first and last <= b for a, b in volunteers[n].windows)} == found & whole


@settings(max_examples=100, deadline=None)
@given(spots, st.lists(spots, min_size=1, max_size=5))
def test_distances_are_those_of_everybody_else(here: Point, there: list[Point]) -> None:
    far = km_to(here, np.array([p.latitude for p in there]), np.array([p.longitude for p in there]))
    assert [pytest.approx(km_between(here, point), rel=1e-9, abs=1e-9) for point in there] == list(far)


def test_an_empty_roster_and_a_place_that_is_not_known() -> None:
    assert len(columns_of([]).near(0, CENTRE, [(0, 60)])[0]) == 0
    assert len(columns_of([a_volunteer(1, reach=())]).near(0, CENTRE, [(0, 60)])[0]) == 0
    one, free = np.zeros(1, dtype=np.int64), np.zeros((1, 42), dtype=np.uint8)
    for place, radius in ((float("nan"), 5.0), (50.0, 101.0), (50.0, 0.0), (50.0, float("nan"))):
        with pytest.raises(ValueError, match=r"^a place that is not known, or a reach that nobody can say$"):
            lay_out(one, one, np.array([[place, 0.0]]), np.array([radius]), free=free)


@pytest.mark.parametrize("latitude", [0.0, 51.5, 60.9])
@pytest.mark.parametrize("radius", [1.0, 5.0, 18.0, 100.0])
def test_somebody_at_the_very_edge_of_their_reach_is_found_wherever_the_cells_lie(latitude: float, radius: float) -> None:
    degrees = 0.9999 * radius / km_between(Point(latitude, -3.0), Point(latitude, -2.0))
    homes = [Point(latitude, -3.0 + step * degrees / 7 + side * degrees) for step in range(15) for side in (-1, 1)]
    venues = [Point(latitude, -3.0 + step * degrees / 7) for step in range(15) for _ in (-1, 1)]
    volunteers = [a_volunteer(n, reach=(Circle(home, radius),), windows=((0, 10080),)) for n, home in enumerate(homes, start=1)]
    columns = columns_of(volunteers)
    for place, (home, venue) in enumerate(zip(homes, venues, strict=True)):
        assert 0.999 * radius < km_between(home, venue) <= radius
        assert place in columns.near(Fellowship.AA.number, venue, [(0, 60)])[0]


def test_columns_are_sorted_by_cell_and_keep_each_row_together() -> None:
    windows = ((90, 150), (3 * 1440, 3 * 1440 + 45))
    south = Point(CENTRE.latitude - 1, CENTRE.longitude)
    somebody = a_volunteer(1, reach=(Circle(CENTRE, 7.0), Circle(south, 30.0)), windows=windows)
    columns = columns_of([somebody, a_volunteer(2, reach=(), windows=windows)])
    assert columns.key.tolist() == sorted(columns.key.tolist()) and columns.person.tolist() == [0, 0]
    rows = zip(columns.latitude.tolist(), columns.longitude.tolist(), columns.radius_km.tolist(), strict=True)
    assert sorted(rows) == [(south.latitude, south.longitude, 30.0), (CENTRE.latitude, CENTRE.longitude, 7.0)]
    lines = columns.free.T.tolist()
    assert columns.free.shape == (42, 2) and lines[0] == lines[1]
    free = [place for place in range(336) if lines[0][place // 8] >> place % 8 & 1]
    assert free == [3, 4, 144, 145], "from 01:30 to 02:30 on Monday; a part of the second half hour of Thursday counts"


def test_somebody_comes_once_for_each_area_that_holds_the_place_with_the_way_from_it() -> None:
    near, beside = Circle(CENTRE, 7.0), Circle(Point(CENTRE.latitude + 0.05, CENTRE.longitude), 30.0)
    columns = columns_of([a_volunteer(1, reach=(near, beside, Circle(FAR, 3.0)))])
    persons, kms = columns.near(Fellowship.AA.number, CENTRE, an_option().spans)
    assert persons.tolist() == [0, 0] and sorted(kms.tolist()) == pytest.approx([0.0, km_between(CENTRE, beside.centre)])
    assert columns.near(Fellowship.NA.number, CENTRE, an_option().spans)[0].tolist() == []
