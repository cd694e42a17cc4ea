"""The demo's clock only moves forward, is kept in its folder, and begins in asking hours."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from matcher.demo_clock import AHEAD, latest_opening, next_morning, open_clock, read_moment
from matcher.domain.errors import Misconfigured
from tests.site import TestClock

MONDAY_TEN = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (datetime(2026, 11, 23, 22, 30, tzinfo=UTC), datetime(2026, 11, 23, 10, 0, tzinfo=UTC)),
        (datetime(2026, 11, 23, 7, 0, tzinfo=UTC), datetime(2026, 11, 23, 10, 0, tzinfo=UTC)),
        (datetime(2026, 11, 22, 12, 0, tzinfo=UTC), datetime(2026, 11, 20, 10, 0, tzinfo=UTC)),
        (datetime(2026, 7, 18, 12, 0, tzinfo=UTC), datetime(2026, 7, 17, 9, 0, tzinfo=UTC)),
        (datetime(2026, 7, 17, 23, 30, tzinfo=UTC), datetime(2026, 7, 17, 9, 0, tzinfo=UTC)),
    ],
)
def test_a_first_visit_begins_at_ten_in_london_on_the_latest_weekday(now: datetime, opens: datetime) -> None:
    assert latest_opening(now) == opens


def test_it_ticks_on_from_where_it_begins(tmp_path: Path) -> None:
    machine = TestClock(datetime(2030, 1, 1, tzinfo=UTC))
    clock = open_clock(tmp_path / "clock.json", MONDAY_TEN, machine=machine)
    assert clock() == MONDAY_TEN
    machine.forward(minutes=3)
    assert clock() == MONDAY_TEN + timedelta(minutes=3)


def test_it_never_goes_back_whatever_the_machine_does(tmp_path: Path) -> None:
    machine = TestClock(datetime(2030, 1, 1, tzinfo=UTC))
    clock = open_clock(tmp_path / "clock.json", MONDAY_TEN, machine=machine)
    machine.forward(minutes=3)
    reached = clock()
    machine.forward(hours=-5)
    assert clock() == reached
    clock.move_to(MONDAY_TEN - timedelta(days=1))
    assert clock() == reached


def test_the_next_start_goes_on_where_the_last_one_stopped(tmp_path: Path) -> None:
    machine = TestClock(datetime(2030, 1, 1, tzinfo=UTC))
    open_clock(tmp_path / "clock.json", MONDAY_TEN, machine=machine).move_to(MONDAY_TEN + timedelta(hours=4))
    machine.forward(days=30)
    again = open_clock(tmp_path / "clock.json", machine=machine)
    assert timedelta(0) <= again() - (MONDAY_TEN + timedelta(hours=4)) <= 2 * AHEAD, "it stood still while the demo was off"


def test_an_earlier_moment_is_refused_and_a_later_one_taken(tmp_path: Path) -> None:
    open_clock(tmp_path / "clock.json", MONDAY_TEN)
    with pytest.raises(Misconfigured, match=r"only moves forward.*--fresh"):
        open_clock(tmp_path / "clock.json", MONDAY_TEN - timedelta(hours=1))
    later = MONDAY_TEN + timedelta(days=2)
    assert open_clock(tmp_path / "clock.json", later)() >= later


def test_a_moment_without_a_zone_is_london_time() -> None:
    assert read_moment("2026-07-17T10:00") == datetime(2026, 7, 17, 9, 0, tzinfo=UTC)
    assert read_moment("2026-07-17T10:00+02:00") == datetime(2026, 7, 17, 8, 0, tzinfo=UTC)
    with pytest.raises(Misconfigured, match="--clock must be"):
        read_moment("tomorrow")


def test_next_morning_is_nine_by_the_local_clock() -> None:
    assert next_morning(datetime(2026, 10, 24, 12, 0, tzinfo=UTC)) == datetime(2026, 10, 25, 9, 0, tzinfo=UTC)
    assert next_morning(datetime(2026, 7, 17, 23, 30, tzinfo=UTC)) == datetime(2026, 7, 19, 8, 0, tzinfo=UTC)


def test_a_spoilt_clock_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "clock.json").write_text("{")
    with pytest.raises(Misconfigured, match="--fresh"):
        open_clock(tmp_path / "clock.json")
