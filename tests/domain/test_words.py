"""Days, times and lists as people say them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from matcher.domain.words import date_words, day_words, list_words, moment_words, part_words, time_words, weekday_words

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("hour", "minute", "words"),
    [
        (19, 30, "7.30pm"),
        (19, 0, "7pm"),
        (7, 5, "7.05am"),
        (12, 0, "12 noon"),
        (0, 0, "12 midnight"),
        (12, 30, "12.30pm"),
        (0, 15, "12.15am"),
        (11, 59, "11.59am"),
    ],
)
def test_times_are_said_by_the_twelve_hour_clock(hour: int, minute: int, words: str) -> None:
    assert time_words(datetime(2026, 11, 26, hour, minute, tzinfo=LONDON)) == words


def test_a_moment_has_weekday_day_month_and_time() -> None:
    assert moment_words(datetime(2026, 11, 26, 19, 30, tzinfo=LONDON)) == "Thursday 26 November, 7.30pm"
    assert day_words(date(2028, 2, 29)) == "Tuesday 29 February"
    assert date_words(date(2026, 11, 3)) == "3 November 2026"


def test_every_day_of_a_week_has_its_own_name() -> None:
    days = [weekday_words(date(2026, 11, day)) for day in range(23, 30)]
    assert days == ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


@pytest.mark.parametrize(
    ("hour", "part"), [(0, "morning"), (11, "morning"), (12, "afternoon"), (16, "afternoon"), (17, "evening"), (23, "evening")]
)
def test_a_part_of_the_day_turns_at_noon_and_at_five(hour: int, part: str) -> None:
    assert part_words(datetime(2026, 11, 26, hour, 30, tzinfo=LONDON)) == f"Thursday {part}"


def test_a_list_is_said_with_its_last_word() -> None:
    assert [list_words(names) for names in ([], ["Tom"], ["Tom", "Wendy"], ["a", "b", "c"])] == ["", "Tom", "Tom and Wendy", "a, b and c"]
    assert list_words(["a", "b", "c"], "or") == "a, b or c"
