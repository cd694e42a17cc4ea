"""When meetings are next held: both clock changes minute by minute, over midnight, New Year, fifth weekdays, exceptions, holidays."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.domain.holiday import bank_holidays, easter_sunday, is_holiday
from matcher.domain.meeting import Schedule, Status
from matcher.domain.occurrence import (
    ExceptionKind,
    Mark,
    MeetingException,
    MeetingWeeks,
    Occurrence,
    current_occurrence,
    local_instant,
    next_occurrences,
    occurrence_on,
    week_minutes,
)

MEETING = UUID(int=1)
LONDON = ZoneInfo("Europe/London")
SPRING, AUTUMN = date(2027, 3, 28), date(2026, 10, 25)


@dataclass(frozen=True)
class Held:
    id: UUID = MEETING
    iso_weekday: int | None = 2
    starts: time | None = time(18, 30)
    duration_min: int | None = 60
    timezone: str = "Europe/London"
    schedule: Schedule = Schedule.WEEKLY
    status: Status = Status.ACTIVE


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def dates(found: list[Occurrence]) -> list[date]:
    return [occurrence.on_date for occurrence in found]


def test_a_tuesday_meeting_keeps_its_wall_time_over_the_clock_change() -> None:
    found = next_occurrences(Held(), at(2025, 3, 24), count=2)
    assert [(o.on_date, o.starts_at) for o in found] == [
        (date(2025, 3, 25), at(2025, 3, 25, 18, 30)),
        (date(2025, 4, 1), at(2025, 4, 1, 17, 30)),
    ]
    assert {o.starts for o in found} == {time(18, 30)}


def test_a_time_that_does_not_exist_is_the_first_instant_after_the_gap() -> None:
    assert local_instant(SPRING, time(1, 30), "Europe/London") == at(2027, 3, 28, 1, 0)
    assert local_instant(SPRING, time(1, 30), LONDON).astimezone(LONDON).time() == time(2, 0)


def test_a_time_that_comes_twice_is_its_first_pass() -> None:
    assert local_instant(AUTUMN, time(1, 30), "Europe/London") == at(2026, 10, 25, 0, 30)


@pytest.mark.parametrize("day", [SPRING, AUTUMN], ids=str)
def test_every_minute_near_a_clock_change_is_right(day: date) -> None:
    for minute in range(-180, 7 * 60):
        naive = datetime.combine(day, time()) + timedelta(minutes=minute)
        instant = local_instant(naive.date(), naive.time(), "Europe/London")
        shown = instant.astimezone(LONDON)
        if day == SPRING and time(1) <= naive.time() < time(2) and naive.date() == day:
            assert shown.replace(tzinfo=None) == datetime.combine(SPRING, time(2))
        else:
            assert shown.replace(tzinfo=None, fold=0) == naive
            assert shown.fold == 0


def test_the_wrong_ways_differ_where_it_counts() -> None:
    """Teeth: a fixed offset, a day of 24 hours and the bare zone all miss an hour that is asserted above."""
    summer = local_instant(date(2025, 4, 1), time(18, 30), "Europe/London")
    assert datetime(2025, 4, 1, 18, 30, tzinfo=UTC) != summer
    before = datetime(2026, 10, 24, 18, 30, tzinfo=LONDON).astimezone(UTC)
    assert before + timedelta(days=1) != local_instant(AUTUMN, time(18, 30), "Europe/London")
    assert datetime.combine(SPRING, time(1, 30), LONDON).astimezone(UTC) != local_instant(SPRING, time(1, 30), "Europe/London")


@given(
    st.dates(date(2024, 1, 1), date(2030, 1, 1)),
    st.times(),
    st.sampled_from(["Europe/London", "Europe/Dublin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"]),
)
@settings(max_examples=300, deadline=None)
def test_any_wall_time_is_shown_again_or_lies_in_a_gap(day: date, wall: time, zone: str) -> None:
    instant = local_instant(day, wall, zone)
    shown = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
    wanted = datetime.combine(day, wall)
    just_before = (instant - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
    assert shown == wanted or just_before < wanted < shown


def test_an_overnight_meeting_belongs_to_the_day_it_starts_on() -> None:
    late = Held(iso_weekday=6, starts=time(23, 30), duration_min=90)
    found = next_occurrences(late, at(2026, 11, 2), count=1)[0]
    assert (found.on_date, found.starts_at, found.ends_at) == (date(2026, 11, 7), at(2026, 11, 7, 23, 30), at(2026, 11, 8, 1, 0))
    on_now = current_occurrence(late, at(2026, 11, 8, 0, 45))
    assert on_now is not None and on_now.on_date == date(2026, 11, 7)
    assert current_occurrence(late, at(2026, 11, 8, 1, 0)) is None


def test_one_that_has_started_is_on_now_and_not_offered() -> None:
    now = at(2026, 11, 3, 18, 30)
    assert dates(next_occurrences(Held(), now, count=1)) == [date(2026, 11, 10)]
    on_now = current_occurrence(Held(), now)
    assert on_now is not None and on_now.on_date == date(2026, 11, 3)
    assert current_occurrence(Held(), now - timedelta(minutes=1)) is None


def test_an_overnight_meeting_is_an_hour_longer_or_shorter_on_the_clock_in_the_night_of_a_change() -> None:
    all_night = Held(iso_weekday=6, starts=time(23, 0), duration_min=240)
    found = next_occurrences(all_night, at(2026, 10, 24), count=1)[0]
    assert found.ends_at - found.starts_at == timedelta(hours=4)
    assert found.ends_at.astimezone(LONDON).time() == time(2, 0)


def test_new_year_is_just_another_week() -> None:
    thursday = Held(iso_weekday=4, starts=time(23, 45), duration_min=60)
    found = next_occurrences(thursday, at(2026, 12, 30), count=2)
    assert dates(found) == [date(2026, 12, 31), date(2027, 1, 7)]
    assert found[0].ends_at == at(2027, 1, 1, 0, 45)
    assert found[0].marks == {Mark.HOLIDAY} and found[1].marks == frozenset()


def test_the_twenty_ninth_of_february_is_held() -> None:
    assert dates(next_occurrences(Held(iso_weekday=2), at(2028, 2, 28), count=2)) == [date(2028, 2, 29), date(2028, 3, 7)]


def test_until_includes_its_own_instant_and_count_limits() -> None:
    last = at(2026, 11, 17, 18, 30)
    assert dates(next_occurrences(Held(), at(2026, 11, 3), until=last)) == [date(2026, 11, 3), date(2026, 11, 10), date(2026, 11, 17)]
    assert len(next_occurrences(Held(), at(2026, 11, 3), until=last, count=2)) == 2
    with pytest.raises(ValueError, match="until when"):
        next_occurrences(Held(), at(2026, 11, 3))


def test_a_meeting_that_is_not_weekly_has_none_until_a_person_says_in_which_weeks() -> None:
    monthly = Held(schedule=Schedule.NOT_WEEKLY)
    assert next_occurrences(monthly, at(2026, 11, 1), count=3) == []
    first_and_third = MeetingWeeks(weeks_of_month=frozenset({1, 3}))
    assert dates(next_occurrences(monthly, at(2026, 11, 1), weeks=first_and_third, count=3)) == [
        date(2026, 11, 3),
        date(2026, 11, 17),
        date(2026, 12, 1),
    ]


def test_a_fifth_weekday_that_a_month_lacks_is_left_out_of_that_month() -> None:
    fifth = MeetingWeeks(weeks_of_month=frozenset({5}))
    found = next_occurrences(Held(schedule=Schedule.NOT_WEEKLY), at(2026, 11, 1), weeks=fifth, until=at(2027, 4, 1))
    assert dates(found) == [date(2026, 12, 29), date(2027, 3, 30)]


def test_the_last_weekday_is_the_fourth_or_the_fifth() -> None:
    last = MeetingWeeks(weeks_of_month=frozenset({-1}))
    found = next_occurrences(Held(schedule=Schedule.NOT_WEEKLY), at(2026, 11, 1), weeks=last, count=3)
    assert dates(found) == [date(2026, 11, 24), date(2026, 12, 29), date(2027, 1, 26)]


def test_every_second_week_is_counted_from_its_anchor_in_both_directions() -> None:
    for anchor in (date(2026, 11, 10), date(2027, 1, 5), date(2026, 11, 12)):  # the week counts, not the day in it
        rule = MeetingWeeks(anchor_on=anchor, every_weeks=2)
        found = next_occurrences(Held(schedule=Schedule.NOT_WEEKLY), at(2026, 11, 1), weeks=rule, count=2)
        assert dates(found) == [date(2026, 11, 10), date(2026, 11, 24)]


def test_explicit_dates_are_held_on_whatever_weekday_they_are() -> None:
    rule = MeetingWeeks(on_dates=frozenset({date(2026, 11, 20), date(2026, 11, 5)}))
    found = next_occurrences(Held(schedule=Schedule.NOT_WEEKLY), at(2026, 11, 1), weeks=rule, count=9)
    assert dates(found) == [date(2026, 11, 5), date(2026, 11, 20)]


@pytest.mark.parametrize("wrong", [{}, {"anchor_on": SPRING}, {"weeks_of_month": frozenset({6})}, {"weeks_of_month": frozenset({0})}])
def test_a_rule_of_weeks_says_exactly_one_thing(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="weeks"):
        MeetingWeeks(**wrong)


@pytest.mark.parametrize("status", [Status.CLOSED, Status.TEMPORARILY_CLOSED, Status.WITHDRAWN, Status.UNPUBLISHED])
def test_a_meeting_that_is_not_held_has_no_occurrences(status: Status) -> None:
    assert next_occurrences(Held(status=status), at(2026, 11, 1), count=1) == []


def test_by_appointment_and_unknown_times_have_no_occurrences() -> None:
    assert next_occurrences(Held(schedule=Schedule.BY_APPOINTMENT), at(2026, 11, 1), count=1) == []
    assert next_occurrences(Held(starts=None), at(2026, 11, 1), count=1) == []
    assert next_occurrences(Held(iso_weekday=None), at(2026, 11, 1), count=1) == []


def test_an_unknown_length_is_taken_as_an_hour() -> None:
    found = next_occurrences(Held(duration_min=None), at(2026, 11, 1), count=1)[0]
    assert found.ends_at - found.starts_at == timedelta(minutes=60)


def test_a_cancelled_date_is_skipped_and_can_be_shown() -> None:
    gone = [MeetingException(date(2026, 11, 3), ExceptionKind.CANCELLED, note="hall closed")]
    assert dates(next_occurrences(Held(), at(2026, 11, 1), gone, count=1)) == [date(2026, 11, 10)]
    shown = next_occurrences(Held(), at(2026, 11, 1), gone, count=1, with_cancelled=True)[0]
    assert shown.is_cancelled and shown.note == "hall closed"
    assert current_occurrence(Held(), at(2026, 11, 3, 18, 45), gone) is None


def test_a_moved_date_has_its_own_start_and_venue() -> None:
    moved = [MeetingException(date(2026, 11, 3), ExceptionKind.MOVED, starts=time(17, 0), venue="Library")]
    first, second = next_occurrences(Held(), at(2026, 11, 1), moved, count=2)
    assert (first.starts_at, first.starts, first.venue, first.marks) == (at(2026, 11, 3, 17), time(17), "Library", {Mark.MOVED})
    assert (second.starts, second.venue) == (time(18, 30), None)


def test_one_date_can_be_looked_up_past_or_cancelled() -> None:
    gone = [MeetingException(date(2020, 1, 7), ExceptionKind.CANCELLED)]
    found = occurrence_on(Held(), date(2020, 1, 7), gone)
    assert found is not None and found.is_cancelled and found.starts_at == at(2020, 1, 7, 18, 30)
    assert occurrence_on(Held(), date(2020, 1, 8)) is None


def test_week_minutes_are_those_of_the_clock_people_read() -> None:
    tuesday = next_occurrences(Held(), at(2026, 11, 1), count=1)[0]
    assert week_minutes(tuesday) == ((1440 + 18 * 60 + 30, 1440 + 19 * 60 + 30),)
    sunday = next_occurrences(Held(iso_weekday=7, starts=time(23, 30)), at(2026, 11, 1), count=1)[0]
    assert week_minutes(sunday) == ((10050, 10080), (0, 30))


@pytest.mark.parametrize(
    ("year", "easter"),
    [(2024, date(2024, 3, 31)), (2025, date(2025, 4, 20)), (2026, date(2026, 4, 5)), (2027, date(2027, 3, 28)), (2038, date(2038, 4, 25))],
)
def test_easter_is_where_the_calendar_has_it(year: int, easter: date) -> None:
    assert easter_sunday(year) == easter


def test_bank_holidays_of_2026_and_2027_are_those_published() -> None:
    assert sorted(bank_holidays(2026)) == [
        date(2026, 1, 1), date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 4), date(2026, 5, 25), date(2026, 8, 31),
        date(2026, 12, 25), date(2026, 12, 28),
    ]  # fmt: skip
    assert sorted(bank_holidays(2027)) == [
        date(2027, 1, 1), date(2027, 3, 26), date(2027, 3, 29), date(2027, 5, 3), date(2027, 5, 31), date(2027, 8, 30),
        date(2027, 12, 27), date(2027, 12, 28),
    ]  # fmt: skip


def test_days_round_christmas_and_new_year_are_marked_even_when_they_are_no_bank_holidays() -> None:
    assert all(is_holiday(date(2026, month, day)) for month, day in [(12, 24), (12, 25), (12, 26), (12, 31), (1, 1)])
    assert not is_holiday(date(2026, 12, 23)) and not is_holiday(date(2026, 12, 30))
