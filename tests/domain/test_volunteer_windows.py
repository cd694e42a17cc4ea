"""When somebody can come: windows over every day, hour, midnight and clock change, notice, leave and four-week blocks (RG-04, RG-05)."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.availability import (
    WEEK,
    Away,
    EmptyWindow,
    Notice,
    PartOfDay,
    block_of,
    latest_answer_at,
    local_dates,
    merge_windows,
    part_of_day,
    split_over_sunday,
    week_minute,
    week_spans,
    weekly_window,
    whole_day,
    windows_cover,
)
from matcher.domain.journey_word import VolunteerState
from matcher.domain.occurrence import local_instant
from matcher.domain.volunteer import Volunteer, VolunteerId

LONDON = ZoneInfo("Europe/London")
SPRING, AUTUMN = date(2027, 3, 28), date(2026, 10, 25)
"""Sundays on which the clocks of London change: 01:00 to 02:00, and 02:00 back to 01:00."""
MONDAY = date(2026, 5, 11)


def spans_at(on: date, starts: time, minutes: int = 60) -> tuple[tuple[int, int], ...]:
    at = local_instant(on, starts, LONDON)
    return week_spans(at, at + timedelta(minutes=minutes), LONDON)


@pytest.mark.parametrize("hour", range(24))
@pytest.mark.parametrize("day", range(7))
def test_a_window_of_one_hour_covers_that_hour_of_that_day_and_no_other(day: int, hour: int) -> None:
    window = merge_windows(weekly_window(day, time(hour), time((hour + 1) % 24)))
    covered = {
        (other, clock)
        for other in range(7)
        for clock in range(24)
        if windows_cover(window, spans_at(MONDAY + timedelta(days=other), time(clock)))
    }
    assert covered == {(day, hour)}


@pytest.mark.parametrize("sunday", [SPRING, AUTUMN])
@pytest.mark.parametrize("days", range(-7, 8))
def test_a_wall_clock_hour_stays_the_same_window_in_the_weeks_around_both_clock_changes(sunday: date, days: int) -> None:
    on = sunday + timedelta(days=days)
    for hour in set(range(24)) - ({1} if days == 0 else set()):  # the hour that is skipped or comes twice has tests of its own
        window = merge_windows(weekly_window(on.weekday(), time(hour), time((hour + 1) % 24)))
        assert windows_cover(window, spans_at(on, time(hour))), hour
        assert not windows_cover(window, spans_at(on, time((hour + 1) % 24))), hour


def test_the_hour_that_comes_twice_is_needed_whole() -> None:
    twice = spans_at(AUTUMN, time(1, 30))  # 01:30 to 01:30: the clock shows 01:30 to 01:59, then 01:00 to 01:30
    assert windows_cover(weekly_window(6, time(1), time(2)), twice)
    assert not windows_cover(weekly_window(6, time(1, 30), time(2, 30)), twice)
    assert not windows_cover(weekly_window(6, time(1), time(1, 45)), twice)
    long = spans_at(AUTUMN, time(0, 30), 120)  # ends at the second 01:30
    assert windows_cover(weekly_window(6, time(0, 30), time(2)), long)
    assert not windows_cover(weekly_window(6, time(0, 30), time(1, 45)), long)


def test_the_hour_that_is_skipped_is_passed() -> None:
    across = spans_at(SPRING, time(0, 30))  # 00:30 to 02:30 by the clock, an hour long
    assert across == ((6 * 1440 + 30, 6 * 1440 + 150),)
    assert windows_cover(weekly_window(6, time(0, 30), time(2, 30)), across)
    assert not windows_cover(weekly_window(6, time(0, 30), time(1, 30)), across)
    assert spans_at(SPRING, time(1, 30)) == ((6 * 1440 + 120, 6 * 1440 + 180),)  # it begins when the clocks show 02:00


@pytest.mark.parametrize("day", range(7))
def test_an_overnight_window_covers_half_past_midnight_of_the_next_day(day: int) -> None:
    window = merge_windows(weekly_window(day, time(22), time(2)))
    next_day = MONDAY + timedelta(days=day + 1)
    assert windows_cover(window, spans_at(next_day, time(0, 30)))
    assert windows_cover(window, spans_at(MONDAY + timedelta(days=day), time(23, 30)))
    assert not windows_cover(window, spans_at(next_day, time(1, 30)))
    assert not windows_cover(window, spans_at(next_day + timedelta(days=6), time(0, 30)))


def test_sunday_night_runs_on_into_monday() -> None:
    assert weekly_window(6, time(22), time(2)) == ((6 * 1440 + 22 * 60, WEEK), (0, 120))
    over = spans_at(date(2026, 5, 17), time(23, 30))
    assert over == ((WEEK - 30, WEEK), (0, 30))
    assert windows_cover(weekly_window(6, time(23), time(1)), over)
    assert not windows_cover(weekly_window(6, time(23), time(0)), over)


def test_midnight_at_the_end_is_the_days_own_midnight() -> None:
    assert weekly_window(0, time(20), time(0)) == ((1200, 1440),)
    assert whole_day(6) == (6 * 1440, WEEK)


@pytest.mark.parametrize("at", [time(0), time(9), time(23, 59)])
def test_an_end_equal_to_the_start_is_refused_with_a_sentence(at: time) -> None:
    with pytest.raises(EmptyWindow, match="The end is the same as the start"):
        weekly_window(2, at, at)


@pytest.mark.parametrize("weekday", [-1, 7])
def test_a_day_that_does_not_exist_is_refused(weekday: int) -> None:
    with pytest.raises(ValueError, match="weekday"):
        weekly_window(weekday, time(9), time(10))


@pytest.mark.parametrize(("start", "end"), [(5, 5), (6, 5), (-1, 5), (WEEK, WEEK + 5), (10, 11 + WEEK)])
def test_a_span_that_is_empty_outside_the_week_or_longer_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="week span"):
        split_over_sunday(start, end)


def test_windows_that_touch_or_overlap_become_one_that_covers_both() -> None:
    windows = [(100, 200), (200, 300), (250, 260), (400, 500)]
    assert merge_windows(windows) == ((100, 300), (400, 500))
    assert windows_cover(merge_windows(windows), [(150, 290)])
    assert not windows_cover(merge_windows(windows), [(290, 410)])


def test_no_windows_cover_nothing_and_nothing_is_not_covered() -> None:
    assert not windows_cover((), [(1, 2)])
    assert not windows_cover((), ())
    assert not windows_cover(((0, WEEK),), ())


INSTANTS = st.integers(0, 2 * 365 * 1440).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))
WINDOWS = st.lists(st.tuples(st.integers(0, WEEK - 1), st.integers(1, 600)).map(lambda w: (w[0], min(WEEK, w[0] + w[1]))), max_size=8)


@given(WINDOWS, st.integers(0, WEEK - 1), st.integers(1, 600))
def test_merging_keeps_each_minute_and_covers_what_its_minutes_cover(windows: list[tuple[int, int]], start: int, length: int) -> None:
    minutes = {minute for first, last in windows for minute in range(first, last)}
    merged = merge_windows(windows)
    assert {minute for first, last in merged for minute in range(first, last)} == minutes
    assert all(merged[i][1] < merged[i + 1][0] for i in range(len(merged) - 1))
    span = split_over_sunday(start, start + length)
    assert windows_cover(merged, span) == ({minute % WEEK for minute in range(start, start + length)} <= minutes)


@given(INSTANTS, st.integers(1, 1440))
def test_every_reading_of_the_clock_lies_inside_the_spans(at: datetime, minutes: int) -> None:
    spans = week_spans(at, at + timedelta(minutes=minutes), LONDON)
    for passed in {0, minutes // 3, minutes // 2, minutes - 1}:
        local = (at + timedelta(minutes=passed)).astimezone(LONDON)
        reading = local.weekday() * 1440 + local.hour * 60 + local.minute
        assert any(first <= reading < last for first, last in spans)
    assert abs(sum(last - first for first, last in spans) - minutes) <= 60


@pytest.mark.parametrize("minutes", [0, -5, 24 * 60 + 1])
def test_an_occurrence_ends_after_it_starts_within_a_day(minutes: int) -> None:
    with pytest.raises(ValueError, match="ends after it starts"):
        spans_at(MONDAY, time(19), minutes)


def test_the_dates_touched_end_with_the_last_minute() -> None:
    at = local_instant(MONDAY, time(23), LONDON)
    assert local_dates(at, at + timedelta(minutes=60), LONDON) == (MONDAY,)
    assert local_dates(at, at + timedelta(minutes=61), LONDON) == (MONDAY, MONDAY + timedelta(days=1))


def test_leave_holds_on_both_its_days_and_an_open_end_until_it_is_cleared() -> None:
    leave = Away(date(2026, 5, 11), date(2026, 5, 12))
    assert [leave.covers(date(2026, 5, day)) for day in (10, 11, 12, 13)] == [False, True, True, False]
    assert Away(MONDAY).covers(date(2099, 1, 1)) and not Away(MONDAY).covers(date(2026, 5, 10))


@pytest.mark.parametrize(
    ("notice", "last"),
    [
        (Notice.TWO_HOURS, datetime(2026, 5, 14, 16, 0, tzinfo=UTC)),
        (Notice.SAME_DAY, datetime(2026, 5, 14, 16, 0, tzinfo=UTC)),
        (Notice.ONE_DAY, datetime(2026, 5, 13, 22, 59, 59, 999999, tzinfo=UTC)),
        (None, datetime(2026, 5, 13, 22, 59, 59, 999999, tzinfo=UTC)),
        (Notice.TWO_DAYS, datetime(2026, 5, 12, 22, 59, 59, 999999, tzinfo=UTC)),
    ],
)
def test_the_last_answer_leaves_the_notice_somebody_wants(notice: Notice | None, last: datetime) -> None:
    assert latest_answer_at(notice, datetime(2026, 5, 14, 18, 0, tzinfo=UTC), LONDON) == last


def test_a_day_before_a_meeting_just_after_midnight_still_leaves_two_hours() -> None:
    at_one = local_instant(MONDAY, time(1), LONDON)
    assert latest_answer_at(Notice.ONE_DAY, at_one, LONDON) == at_one - timedelta(hours=2)


@given(INSTANTS, st.sampled_from(Notice), st.integers(-4, 80))
def test_notice_by_local_date_agrees_with_counting_dates(starts_at: datetime, notice: Notice, hours: int) -> None:
    now = starts_at - timedelta(hours=hours)
    days = {Notice.ONE_DAY: 1, Notice.TWO_DAYS: 2}.get(notice, 0)
    between = (starts_at.astimezone(LONDON).date() - now.astimezone(LONDON).date()).days
    assert (now <= latest_answer_at(notice, starts_at, LONDON)) == (hours >= 2 and between >= days)


def test_blocks_are_four_weeks_from_a_monday_in_1970() -> None:
    assert [block_of(date(1970, 1, day)) for day in (4, 5)] == [-1, 0]
    assert [block_of(date(1970, 2, day)) for day in (1, 2)] == [0, 1]
    assert block_of(date(2026, 5, 14)) == (date(2026, 5, 14) - date(1970, 1, 5)).days // 28 == 735


@pytest.mark.parametrize(
    ("starts", "part"),
    [
        (time(5, 59), None),
        (time(6), PartOfDay.MORNING),
        (time(11, 59), PartOfDay.MORNING),
        (time(12), PartOfDay.AFTERNOON),
        (time(16, 59), PartOfDay.AFTERNOON),
        (time(17), PartOfDay.EVENING),
        (time(22, 59), PartOfDay.EVENING),
        (time(23), None),
        (time(0), None),
    ],
)
def test_the_parts_of_a_day_have_their_hours_and_the_night_has_none(starts: time, part: PartOfDay | None) -> None:
    assert part_of_day(starts) is part


# ── may be rung now ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def rings(at: datetime, *windows: tuple[int, int], **changes: Any) -> bool:
    person = Volunteer(
        id=VolunteerId(UUID(int=1)),
        number=1,
        state=VolunteerState.ACTIVE,
        area_id=UUID(int=2),
        memberships=frozenset(),
        **{"may_be_rung": True, "on_call": windows, **changes},
    )
    return person.is_on_call(at, LONDON)


@given(st.integers(0, 2 * 366 * 1440))
def test_the_minute_of_the_week_is_what_a_clock_on_the_wall_shows(minutes: int) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    minute, clock = week_minute(at, LONDON), at.astimezone(LONDON)
    assert 0 <= minute < WEEK and divmod(minute, 1440) == (clock.weekday(), clock.hour * 60 + clock.minute)


def test_somebody_is_on_call_from_the_first_minute_to_the_last_by_the_clock_here() -> None:
    evening = weekly_window(0, time(18), time(22))
    for winter_or_summer in (date(2026, 1, 5), date(2026, 5, 11)):
        at = local_instant(winter_or_summer, time(18), LONDON)
        assert rings(at, *evening) and rings(at + timedelta(hours=3, minutes=59, seconds=59), *evening)
        assert not rings(at - timedelta(seconds=1), *evening) and not rings(at + timedelta(hours=4), *evening)
        assert not rings(at + timedelta(days=1), *evening)


def test_a_night_on_call_runs_over_sunday_midnight() -> None:
    night = weekly_window(6, time(22), time(2))
    sunday = local_instant(date(2026, 5, 10), time(23, 59), LONDON)
    assert rings(sunday, *night) and rings(sunday + timedelta(minutes=2), *night) and not rings(sunday + timedelta(hours=3), *night)


def test_without_hours_without_consent_or_away_nobody_is_on_call() -> None:
    at, always = local_instant(MONDAY, time(12), LONDON), (0, WEEK)
    assert rings(at, always)
    assert not rings(at) and not rings(at, always, may_be_rung=False)
    assert not rings(at, always, away=(Away(MONDAY, MONDAY),)) and rings(at, always, away=(Away(MONDAY + timedelta(days=1)),))
