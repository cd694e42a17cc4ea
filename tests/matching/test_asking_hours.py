"""Asking hours, 08:00 to 21:00 by the clock on the wall, in ordinary weeks and over both clock changes; quiet hours."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.errors import Misconfigured
from matcher.matching.asking_hours import (
    AskingHours,
    add_asking_hours,
    after_quiet_hours,
    asking_hours_between,
    before_quiet_hours,
    is_asking_time,
    next_asking_moment,
)

LONDON = ZoneInfo("Europe/London")
HOURS = AskingHours(LONDON)
HOUR = timedelta(hours=1)
INSTANTS = st.integers(0, 2 * 365 * 1440).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))
LENGTHS = st.integers(0, 60 * 100).map(lambda minutes: timedelta(minutes=minutes))


def london(day: int, hour: int, minute: int = 0, *, month: int = 5, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=LONDON).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "moment"),
    [
        (london(11, 7, 59), london(11, 8)),
        (london(11, 8), london(11, 8)),
        (london(11, 20, 59), london(11, 20, 59)),
        (london(11, 21), london(12, 8)),
        (london(11, 23, 30), london(12, 8)),
        (london(12, 0, 30), london(12, 8)),
    ],
)
def test_people_are_asked_from_eight_to_nine_at_night(at: datetime, moment: datetime) -> None:
    assert next_asking_moment(at, HOURS) == moment
    assert is_asking_time(at, HOURS) == (at == moment)


@pytest.mark.parametrize(
    ("first", "last", "hours"),
    [
        (london(11, 9), london(11, 13), 4),
        (london(11, 19), london(12, 10), 4),
        (london(11, 22), london(12, 7), 0),
        (london(11, 6), london(12, 23), 26),
        (london(11, 13), london(11, 9), 0),
        (london(24, 20, month=10), london(25, 9, month=10), 2),  # the long night
        (london(27, 20, month=3, year=2027), london(28, 9, month=3, year=2027), 2),  # the short night
    ],
)
def test_only_asking_hours_count(first: datetime, last: datetime, hours: int) -> None:
    assert asking_hours_between(first, last, HOURS) == hours * HOUR


@pytest.mark.parametrize(
    ("at", "hours", "later"),
    [
        (london(11, 9), 4, london(11, 13)),
        (london(11, 17), 4, london(11, 21)),
        (london(11, 18), 4, london(12, 9)),
        (london(11, 22), 4, london(12, 12)),
        (london(11, 9), 0, london(11, 9)),
        (london(11, 21), 0, london(12, 8)),  # nobody is asked at nine sharp
        (london(11, 9), 26, london(13, 9)),
        (london(24, 19, month=10), 4, london(25, 10, month=10)),
        (london(27, 19, month=3, year=2027), 4, london(28, 10, month=3, year=2027)),
    ],
)
def test_a_gap_runs_on_in_the_morning(at: datetime, hours: int, later: datetime) -> None:
    assert add_asking_hours(at, hours * HOUR, HOURS) == later


def test_the_day_is_that_of_the_place_where_people_are() -> None:
    """Seven in the evening on the west coast of America is the next day already by the clock of Greenwich."""
    west = ZoneInfo("America/Los_Angeles")
    hours = AskingHours(west)
    evening, morning = datetime(2026, 5, 11, 19, tzinfo=west), datetime(2026, 5, 12, 9, tzinfo=west)
    assert evening.astimezone(UTC).day == 12
    assert asking_hours_between(evening, morning, hours) == 3 * HOUR
    assert add_asking_hours(evening, 3 * HOUR, hours) == morning
    assert next_asking_moment(evening + 2 * HOUR, hours) == morning - HOUR


def test_every_moment_is_told_in_utc_wherever_it_was_read_from_a_clock() -> None:
    noon, night = datetime(2026, 5, 11, 12, tzinfo=LONDON), datetime(2026, 5, 11, 23, tzinfo=LONDON)
    for at in (noon, night):
        told = [
            next_asking_moment(at, HOURS),
            add_asking_hours(at, HOUR, HOURS),
            after_quiet_hours(at, LONDON, time(21), time(8)),
            before_quiet_hours(at, LONDON, time(21), time(8)),
            *HOURS.of_day(at.date()),
        ]
        assert all(moment.tzinfo is UTC for moment in told)


@given(INSTANTS, LENGTHS)
def test_adding_and_counting_agree(at: datetime, length: timedelta) -> None:
    later = add_asking_hours(at, length, HOURS)
    assert asking_hours_between(at, later, HOURS) == length
    assert asking_hours_between(at, later - timedelta(minutes=1), HOURS) < length or not length
    assert time(8) <= later.astimezone(LONDON).time() <= time(21)


@given(INSTANTS, LENGTHS, LENGTHS)
def test_asking_time_adds_up(at: datetime, one: timedelta, two: timedelta) -> None:
    middle, last = at + one, at + one + two
    assert asking_hours_between(at, middle, HOURS) + asking_hours_between(middle, last, HOURS) == asking_hours_between(at, last, HOURS)
    assert asking_hours_between(at, last, HOURS) <= one + two


def test_people_may_be_asked_from_seven_to_ten_at_night_where_that_is_set() -> None:
    assert AskingHours(LONDON, time(7), time(22)).of_day(london(11, 12).date()) == (london(11, 7), london(11, 22))


@pytest.mark.parametrize(
    ("asks_from", "asks_until"), [(time(6, 59), time(21)), (time(8), time(22, 1)), (time(9), time(9)), (time(20), time(8))]
)
def test_hours_that_cannot_be_are_refused_with_a_sentence(asks_from: time, asks_until: time) -> None:
    with pytest.raises(Misconfigured, match="between 07:00 and 22:00"):
        AskingHours(LONDON, asks_from, asks_until)


@pytest.mark.parametrize(
    ("at", "after", "before"),
    [
        (london(11, 20, 59), london(11, 20, 59), london(11, 20, 59)),
        (london(11, 21), london(12, 8), london(11, 20, 59)),
        (london(12, 3), london(12, 8), london(11, 20, 59)),
        (london(12, 7, 59), london(12, 8), london(11, 20, 59)),
        (london(12, 8), london(12, 8), london(12, 8)),
        (london(25, 1, month=10), london(25, 8, month=10), london(24, 20, 59, month=10)),
    ],
)
def test_quiet_hours_over_midnight_hold_a_letter_or_bring_a_reminder_forward(at: datetime, after: datetime, before: datetime) -> None:
    assert after_quiet_hours(at, LONDON, time(21), time(8)) == after
    assert before_quiet_hours(at, LONDON, time(21), time(8)) == before


def test_quiet_hours_within_one_day_and_none_at_all() -> None:
    for minute in (0, 30, 59):
        assert after_quiet_hours(london(11, 13, minute), LONDON, time(13), time(14)) == london(11, 14)
    assert after_quiet_hours(london(11, 14), LONDON, time(13), time(14)) == london(11, 14)
    assert after_quiet_hours(london(11, 12, 59), LONDON, time(13), time(14)) == london(11, 12, 59)
    assert before_quiet_hours(london(11, 13, 30), LONDON, time(13), time(14)) == london(11, 12, 59)
    assert after_quiet_hours(london(11, 3), LONDON, time(8), time(8)) == london(11, 3)


@given(INSTANTS)
def test_a_letter_after_the_quiet_hours_is_never_in_them_and_never_earlier(at: datetime) -> None:
    later = after_quiet_hours(at, LONDON, time(22), time(8))
    assert later >= at and time(8) <= later.astimezone(LONDON).time() < time(22)
    assert before_quiet_hours(at, LONDON, time(22), time(8)) <= at
