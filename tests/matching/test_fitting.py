"""Which meetings fit a newcomer, whoever comes along: what stops them from going, in which order it is said, and how far they would travel."""

from datetime import time, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import CENTRE, FAR, MEETING, NOW, an_option, some_needs

from matcher.domain.place import NOWHERE, Point, TravelMode, km_between
from matcher.domain.referral import RulePolicy
from matcher.domain.wishes import Care, Need, SaysIs, SpecialAudience, TravelHow
from matcher.matching.fitting import Fit, farthest_km, fit_of, minutes_to, mode_of

STEP_FREE = {"needs": frozenset({Need.STEP_FREE})}
OLD = {"last_checked_at": NOW - timedelta(days=181)}
WOMENS = {"attributes": frozenset({"women"})}
YOUNG = {"attributes": frozenset({"young_people"})}


@pytest.mark.parametrize(
    ("needs", "option", "fit"),
    [
        ({}, {}, Fit.FITS),
        ({"times": frozenset()}, {}, Fit.NO),
        ({"travel_from": NOWHERE}, {}, Fit.NO),
        ({"avoid_meetings": frozenset({MEETING})}, {}, Fit.NO),
        ({"newcomer_is": SaysIs.WOMAN}, WOMENS, Fit.FITS),
        ({"newcomer_is": SaysIs.MAN}, WOMENS, Fit.NO),
        ({"newcomer_is": None}, WOMENS, Fit.NO),
        ({"newcomer_is": None}, {}, Fit.FITS),
        ({"said_audiences": frozenset({SpecialAudience.YOUNG_PEOPLE})}, YOUNG, Fit.FITS),
        ({}, YOUNG, Fit.NO),
        (STEP_FREE, {}, Fit.ACCESS),
        (STEP_FREE, {"access_rung": True}, Fit.FITS),
        (STEP_FREE, OLD, Fit.ACCESS),
        ({}, OLD, Fit.NOT_CHECKED),
        ({}, {"last_checked_at": None}, Fit.NOT_CHECKED),
        ({}, {"last_checked_at": NOW - timedelta(days=180)}, Fit.FITS),
        ({"times": frozenset(), **STEP_FREE}, OLD, Fit.NO),
    ],
)
def test_what_stops_them_is_said_before_what_somebody_could_mend(needs: dict, option: dict, fit: Fit) -> None:
    assert fit_of(some_needs(**needs), an_option(**option), NOW) is fit


def test_a_meeting_that_starts_before_anybody_could_answer_is_none() -> None:
    start = an_option().starts_at
    assert fit_of(some_needs(), an_option(), start - timedelta(hours=2, seconds=1)) is Fit.FITS
    assert fit_of(some_needs(), an_option(), start - timedelta(hours=2)) is Fit.NO
    longer = RulePolicy(lead=timedelta(hours=4), checked_within=timedelta(days=5))
    assert fit_of(some_needs(), an_option(), start - timedelta(hours=3), longer) is Fit.NO
    assert fit_of(some_needs(), an_option(), NOW, longer) is Fit.NOT_CHECKED
    by_day = some_needs(care=frozenset({Care.DAYTIME_ONLY}))
    assert fit_of(by_day, an_option(), NOW) is Fit.NO and fit_of(by_day, an_option(), NOW, RulePolicy(daytime_ends=time(21))) is Fit.FITS


@pytest.mark.parametrize(
    ("how", "care", "mode"),
    [
        (TravelHow.WALK, (), TravelMode.FOOT),
        (TravelHow.OWN, (), TravelMode.CAR),
        (TravelHow.OWN, (Care.PUBLIC_TRANSPORT_ONLY,), TravelMode.BUS_TRAIN),
        (TravelHow.OWN, (Care.TWO_PEOPLE,), TravelMode.CAR),
        (TravelHow.WALK, (Care.PUBLIC_TRANSPORT_ONLY,), TravelMode.FOOT),
        (None, (), TravelMode.BUS_TRAIN),
    ],
)
def test_their_way_is_reckoned_as_they_travel(how: TravelHow | None, care: tuple[Care, ...], mode: TravelMode) -> None:
    assert mode_of(some_needs(travel_how=how, care=frozenset(care))) is mode


def test_the_minutes_of_a_way_are_told_where_both_ends_are_known() -> None:
    walks = some_needs(travel_how=TravelHow.WALK)
    assert minutes_to(walks, an_option(venue=CENTRE)) == 0
    by_bus, on_foot = minutes_to(some_needs(), an_option()), minutes_to(walks, an_option())
    assert by_bus and on_foot and by_bus < on_foot
    assert minutes_to(walks, an_option(in_person=False, has_way_in=True)) is None
    assert minutes_to(walks, an_option(venue=None)) is None
    assert minutes_to(some_needs(travel_from=NOWHERE), an_option()) is None


@given(
    st.sampled_from([*TravelHow, None]),
    st.integers(10, 90),
    st.floats(-0.5, 0.5),
    st.floats(-0.7, 0.7),
    st.sets(st.sampled_from(list(Care))),
)
def test_no_meeting_that_fits_lies_beyond_the_farthest_they_could_come(
    how: TravelHow | None, most: int, north: float, east: float, care: set[Care]
) -> None:
    needs = some_needs(travel_how=how, travel_minutes_most=most, care=frozenset(care), companions=2, released=True)
    venue = Point(CENTRE.latitude + north, CENTRE.longitude + east)
    if fit_of(needs, an_option(venue=venue), NOW) is Fit.FITS:
        assert km_between(CENTRE, venue) <= farthest_km(needs)


def test_the_farthest_is_a_little_over_what_the_minutes_reach_and_never_less_than_nothing() -> None:
    walks, by_bus = some_needs(travel_how=TravelHow.WALK, travel_minutes_most=60), some_needs(travel_minutes_most=60)
    assert farthest_km(some_needs(travel_minutes_most=0)) == pytest.approx(0.1)
    assert farthest_km(walks) == pytest.approx(4.8 / 1.3 + 0.1), "an hour on foot"
    assert farthest_km(by_bus) == pytest.approx(48 / 60 * 18 / 1.4 + 0.1), "twelve minutes go by before a bus moves"


def test_an_option_that_a_person_picked_is_not_judged_by_time_or_way() -> None:
    picked = an_option(meeting_id=UUID(int=7), venue=FAR, picked_by_hand=True)
    assert fit_of(some_needs(times=frozenset()), picked, NOW) is Fit.FITS
