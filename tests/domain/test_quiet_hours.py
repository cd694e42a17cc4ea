"""Quiet hours by the local clock, over both clock changes, against a slow reading of the same rule minute by minute."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.quiet_hours import (
    QuietHours,
    WrongQuietHours,
    add_waking_time,
    move_before_quiet_hours,
    move_out_of_quiet_hours,
)

LONDON = ZoneInfo("Europe/London")
ZONES = st.sampled_from([LONDON, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kathmandu")])
NIGHT = QuietHours(time(22), time(8))
MINUTE = timedelta(minutes=1)
SPRING, AUTUMN = datetime(2027, 3, 28, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)
"""The Sundays on which the clocks of London go forward and back at 01:00 UTC."""

instants = st.one_of(
    st.integers(-2 * 1440, 2 * 1440).map(lambda n: SPRING + n * MINUTE),
    st.integers(-2 * 1440, 2 * 1440).map(lambda n: AUTUMN + n * MINUTE),
    st.integers(0, 366 * 1440).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + n * MINUTE),
)


def fits(hours: tuple[int, int]) -> bool:
    return 0 < (hours[1] - hours[0]) % 1440 <= 16 * 60


quiet = (
    st.tuples(st.integers(0, 1439), st.integers(0, 1439)).filter(fits).map(lambda pair: QuietHours(*(time(n // 60, n % 60) for n in pair)))
)


def local(*numbers: int, fold: int = 0) -> datetime:
    return datetime(*numbers, tzinfo=LONDON, fold=fold).astimezone(UTC)


def test_an_evening_letter_waits_for_the_morning() -> None:
    assert move_out_of_quiet_hours(local(2026, 11, 23, 22, 0), LONDON, NIGHT) == local(2026, 11, 24, 8, 0)
    assert move_out_of_quiet_hours(local(2026, 11, 23, 3, 0), LONDON, NIGHT) == local(2026, 11, 23, 8, 0)
    assert move_out_of_quiet_hours(local(2026, 11, 23, 21, 59), LONDON, NIGHT) == local(2026, 11, 23, 21, 59)
    assert move_out_of_quiet_hours(local(2026, 11, 23, 8, 0), LONDON, NIGHT) == local(2026, 11, 23, 8, 0)


def test_the_morning_is_eight_by_the_clock_on_both_change_nights() -> None:
    assert move_out_of_quiet_hours(local(2027, 3, 27, 23, 0), LONDON, NIGHT) == datetime(2027, 3, 28, 7, 0, tzinfo=UTC)
    assert move_out_of_quiet_hours(local(2026, 10, 24, 23, 0), LONDON, NIGHT) == datetime(2026, 10, 25, 8, 0, tzinfo=UTC)


def test_quiet_hours_that_end_in_the_hour_that_comes_twice_end_once() -> None:
    hours = QuietHours(time(22), time(1, 30))
    first_pass, second_pass = local(2026, 10, 25, 1, 45), local(2026, 10, 25, 1, 15, fold=1)
    assert move_out_of_quiet_hours(local(2026, 10, 25, 1, 15), LONDON, hours) == local(2026, 10, 25, 1, 30)
    assert move_out_of_quiet_hours(first_pass, LONDON, hours) == first_pass
    assert move_out_of_quiet_hours(second_pass, LONDON, hours) == second_pass, "never back to a time that has passed"


def test_quiet_hours_that_end_in_the_hour_that_is_skipped_end_after_it() -> None:
    hours = QuietHours(time(22), time(1, 30))
    assert move_out_of_quiet_hours(local(2027, 3, 28, 0, 30), LONDON, hours) == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)


def test_news_of_a_meeting_before_the_end_of_the_night_goes_at_once() -> None:
    at = local(2026, 11, 23, 23, 0)
    assert move_out_of_quiet_hours(at, LONDON, NIGHT, starts_at=local(2026, 11, 24, 7, 30)) == at
    assert move_out_of_quiet_hours(at, LONDON, NIGHT, starts_at=local(2026, 11, 24, 8, 0)) == at
    assert move_out_of_quiet_hours(at, LONDON, NIGHT, starts_at=local(2026, 11, 24, 8, 1)) == local(2026, 11, 24, 8, 0)


def test_a_reminder_moves_forward_to_the_last_minute_before() -> None:
    assert move_before_quiet_hours(local(2026, 11, 24, 6, 0), LONDON, NIGHT) == local(2026, 11, 23, 21, 59)
    assert move_before_quiet_hours(local(2026, 11, 24, 9, 0), LONDON, NIGHT) == local(2026, 11, 24, 9, 0)


@pytest.mark.parametrize(("begins", "ends"), [(time(8), time(8)), (time(5), time(22)), (time(8), time(7, 59))])
def test_a_night_of_a_whole_day_is_refused(begins: time, ends: time) -> None:
    with pytest.raises(WrongQuietHours, match="16 hours"):
        QuietHours(begins, ends)


@given(instants, quiet, ZONES)
def test_moving_never_ends_in_quiet_hours_nor_in_the_past(at: datetime, hours: QuietHours, zone: ZoneInfo) -> None:
    later = move_out_of_quiet_hours(at, zone, hours)
    assert later >= at and hours.quiet_at(later, zone) is None
    assert later - at <= timedelta(hours=18), "the longest night, and the hour the clocks go back"
    assert (later == at) is (hours.quiet_at(at, zone) is None)
    earlier = move_before_quiet_hours(at, zone, hours)
    assert earlier <= at and (earlier == at or hours.quiet_at(earlier + MINUTE, zone) is not None)


@given(instants, st.integers(0, 1440), quiet, ZONES)
def test_waking_time_is_counted_as_by_the_minute(at: datetime, minutes: int, hours: QuietHours, zone: ZoneInfo) -> None:
    counted, end = 0, at
    while counted < minutes:
        counted += hours.quiet_at(end, zone) is None
        end += MINUTE
    assert add_waking_time(at, minutes * MINUTE, zone, hours) in ({end} if minutes else {at, move_out_of_quiet_hours(at, zone, hours)})
