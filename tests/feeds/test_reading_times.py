"""Times, ends, lengths, days, zones and dates as feeds write them. What is doubtful is refused, never replaced."""

from datetime import UTC, datetime, time

import pytest

from matcher.feeds.reading_dates import read_updated, read_zone
from matcher.feeds.reading_days import DayCount, feed_number, read_days
from matcher.feeds.reading_times import BadTime, minutes_between, read_end, read_minutes, read_time, time_after


def start(value: object, *, from_cell: bool = False) -> str:
    read = read_time(value, from_cell=from_cell)
    assert read is not None
    return read.start.strftime("%H:%M")


@pytest.mark.parametrize(
    "text", ["18:15", "18.15", "18h15", "1815", 1815, "18:15:00", "6.15pm", "6:15 P.M.", "6:15PM", " 18:15 ", "615pm", "18:15 hrs"]
)
def test_a_quarter_past_six_in_the_evening(text: object) -> None:
    assert start(text) == "18:15"


@pytest.mark.parametrize(
    ("text", "wall"),
    [
        ("915", "09:15"),
        (915, "09:15"),
        ("6 pm", "18:00"),
        ("noon", "12:00"),
        ("Midday", "12:00"),
        ("12 noon", "12:00"),
        ("12:00 AM", "00:00"),
        ("12:30 pm", "12:30"),
        ("0:00", "00:00"),
        ("00:05", "00:05"),
        ("7am", "07:00"),
    ],
)
def test_other_times(text: object, wall: str) -> None:
    assert start(text) == wall


@pytest.mark.parametrize(
    "text", ["7", "19", 19, "26:10", "25:99", "soon", "19:60", "13:00 am", "0", "-", "7:5", "1 2 3", "99", "18:15x", "18,5", "9999"]
)
def test_what_is_no_time_is_never_read_as_one(text: object) -> None:
    with pytest.raises(BadTime):
        read_time(text)


@pytest.mark.parametrize("value", [True, [1], {"h": 1}, 1e300, float("nan")])
def test_other_things_are_no_time(value: object) -> None:
    with pytest.raises(BadTime):
        read_time(value)


@pytest.mark.parametrize("value", [None, "", "  "])
def test_an_empty_cell_is_no_time_and_no_mistake(value: object) -> None:
    assert read_time(value) is None


@pytest.mark.parametrize("text", ["24:00", "midnight", "12 midnight", "2400"])
def test_midnight_is_marked(text: str) -> None:
    read = read_time(text)
    assert read is not None and read.start == time(0) and read.is_midnight
    assert read_end(text) == time(0)


@pytest.mark.parametrize(
    ("text", "from_to"),
    [
        ("18:30-20:00", "18:30 20:00"),
        ("6.15pm – 7.15", "18:15 19:15"),
        ("10am-12", "10:00 12:00"),
        ("11pm to 1", "23:00 01:00"),
        ("7pm ~ 8.30pm", "19:00 20:30"),
        ("10:00 until 11:30", "10:00 11:30"),
        ("9pm - 24:00", "21:00 00:00"),
        ("6-7pm", "18:00 19:00"),
        ("11:30-1:00pm", "11:30 13:00"),
        ("noon - 1pm", "12:00 13:00"),
        ("11am - 12:30", "11:00 12:30"),
    ],
)
def test_two_times_are_start_and_end(text: str, from_to: str) -> None:
    read = read_time(text)
    assert read is not None and read.end is not None
    assert f"{read.start:%H:%M} {read.end:%H:%M}" == from_to


@pytest.mark.parametrize("text", ["18 - 19", "6-7", "18:00 - late", "- 19:00", "7pm -"])
def test_a_range_of_bare_hours_or_words_is_a_guess(text: str) -> None:
    with pytest.raises(BadTime):
        read_time(text)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("19.00 - duration 1hr", 60),
        ("20.00 -duration 1hr 15mins", 75),
        ("19.30 duration 1hr 30 mins", 90),
        ("19.30 - duration 1hr 30miins", 90),
        ("19.00 - duratoin 1 hr 20 min", 80),
        ("7pm, duration 45 minutes", 45),
    ],
)
def test_a_duration_beside_the_start(text: str, minutes: int) -> None:
    read = read_time(text)
    assert read is not None and read.minutes == minutes and read.end is None


def test_fractions_are_times_in_cells_only() -> None:
    assert start("0.760417", from_cell=True) == "18:15"
    assert start(0.75, from_cell=True) == "18:00"
    assert start("1815.0", from_cell=True) == "18:15"
    for value in ("0.760417", 0.75):
        with pytest.raises(BadTime):
            read_time(value)


@pytest.mark.parametrize(
    ("value", "minutes"), [("60", 60), (90, 90), ("1:30", 90), ("01:00:00", 60), ("1 hr 20 min", 80), ("24:00", 1440), ("0", 0), ("", None)]
)
def test_lengths(value: object, minutes: int | None) -> None:
    assert read_minutes(value) == minutes


@pytest.mark.parametrize("value", ["25:00", "1441", "long", "-5", True, "1:75"])
def test_what_is_no_length(value: object) -> None:
    with pytest.raises(BadTime):
        read_minutes(value)


def test_an_end_before_the_start_is_on_the_next_day() -> None:
    assert minutes_between(time(23, 30), time(0, 30)) == 60
    assert time_after(time(23, 30), 60) == time(0, 30)
    assert minutes_between(time(9), time(9)) == 0


@pytest.mark.parametrize("number", range(7))
def test_both_bases_meet_in_the_same_week(number: int) -> None:
    assert read_days(number, DayCount.SUNDAY_0) == read_days(str(number + 1), DayCount.SUNDAY_1) == ((number - 1) % 7 + 1,)
    assert feed_number((number - 1) % 7 + 1) == number


@pytest.mark.parametrize("number", [0, 8])
def test_numbers_outside_a_base_are_no_days(number: int) -> None:
    assert read_days(number, DayCount.SUNDAY_1) is None


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Mon, Wed", (1, 3)),
        ("Monday to Friday", (1, 2, 3, 4, 5)),
        ("Fri–Mon", (5, 6, 7, 1)),
        ("daily", (1, 2, 3, 4, 5, 6, 7)),
        ("Sat/Sun", (6, 7)),
        ("Tuesdays & Thursdays", (2, 4)),
        ("Mon Mon", (1,)),
        ("", ()),
        ("weekdays", (1, 2, 3, 4, 5)),
        ("Wed.", (3,)),
    ],
)
def test_days_in_words(text: str, days: tuple[int, ...]) -> None:
    assert read_days(text) == days


@pytest.mark.parametrize("text", ["mo", "someday", "Mon, x", "Mon-", "7", "Montag", "1.5", "Mon to Fri to Sun"])
def test_words_that_are_no_days(text: str) -> None:
    assert read_days(text) is None


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("Europe/London", "Europe/London"),
        ("london", "Europe/London"),
        ("NEW YORK", "America/New_York"),
        ("europe/dublin", "Europe/Dublin"),
        ("GMT", None),
        ("BST", None),
        ("EST", None),
        ("+01:00", None),
        ("Etc/UTC", None),
        ("Indianapolis", None),
        ("../../x", None),
        ("", None),
    ],
)
def test_zones(text: str, zone: str | None) -> None:
    assert read_zone(text) == zone


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("2022-10-31", at(2022, 10, 31)),
        ("31/10/2022", at(2022, 10, 31)),
        ("31.10.2022 18:05", at(2022, 10, 31, 18, 5)),
        ("2022-10-31T18:00:00+01:00", at(2022, 10, 31, 17)),
        ("2022-10-31T18:00:00.123Z", at(2022, 10, 31, 18)),
        ("31/10/2022 6:00 PM", at(2022, 10, 31, 18)),
    ],
)
def test_dates(value: str, read: datetime) -> None:
    assert read_updated(value) == (read, False)


@pytest.mark.parametrize("value", ["10/31/2022", "31/10/22", "soon", "2022-13-01", "0001-01-01T00:00:00+23:59", 45000, ["x"]])
def test_what_is_no_date_is_said_and_left_empty(value: object) -> None:
    assert read_updated(value) == (None, True)


def test_day_counts_follow_the_sheets_own_system() -> None:
    assert read_updated("45000", from_cell=True).at == at(2023, 3, 15)
    assert read_updated("45000", from_cell=True, from_1904=True).at == at(2027, 3, 16)
