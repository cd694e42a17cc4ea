"""The calendar download: private, neutral, one person's own, right over the clock change, and cancellable (journeys 10)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from matcher.calendar_file import FILE_NAME, TellingTitle, calendar_file
from matcher.letter_templates import calendar_title
from matcher.vocabulary import is_neutral
from tests.letters.letter_cast import HOSTILE

STARTS = datetime(2026, 11, 26, 19, 15, tzinfo=UTC)


def wall_at(month: int, day: int, hour: int = 0) -> datetime:
    """A wall time of 2026, as a zone's rules take it."""
    return datetime(2026, month, day, hour, tzinfo=UTC).replace(tzinfo=None)


def made(**changes: Any) -> bytes:
    facts = {
        "uid": "3f0c9a54@alongside.example.org",
        "starts_at": STARTS,
        "ends_at": STARTS + timedelta(minutes=105),
        "zone": "Europe/London",
        "summary": "Meet Sam",
        "organiser": "no-reply@alongside.example.org",
        "stamped_at": datetime(2026, 11, 23, 10, 50, tzinfo=UTC),
    }
    return calendar_file(**{**facts, **changes})


def event_of(raw: bytes) -> Any:
    (event,) = Calendar.from_ical(raw).walk("VEVENT")
    return event


def test_a_calendar_file_is_private_published_and_names_nobody_else() -> None:
    raw = made()
    event = event_of(raw)
    assert b"METHOD:PUBLISH\r\n" in raw and b"ATTENDEE" not in raw and b"VALARM" not in raw and b"COMMENT" not in raw
    assert (str(event["CLASS"]), str(event["SUMMARY"]), event["SEQUENCE"]) == ("PRIVATE", "Meet Sam", 0)
    assert str(event["ORGANIZER"]) == "mailto:no-reply@alongside.example.org"
    assert "LOCATION" not in event and "DESCRIPTION" not in event and "URL" not in event
    assert raw == made() and b"\n" not in raw.replace(b"\r\n", b"")


def test_a_cancelled_one_says_so_under_the_same_uid_with_a_higher_sequence() -> None:
    raw = made(sequence=2, cancelled=True)
    event = event_of(raw)
    assert b"METHOD:CANCEL\r\n" in raw
    assert (str(event["UID"]), str(event["STATUS"]), event["SEQUENCE"]) == ("3f0c9a54@alongside.example.org", "CANCELLED", 2)


@pytest.mark.parametrize("month", range(1, 13))
def test_the_time_is_the_same_on_the_wall_all_year(month: int) -> None:
    local = datetime(2026, month, 26, 19, 15, tzinfo=ZoneInfo("Europe/London"))
    raw = made(starts_at=local.astimezone(UTC), ends_at=local.astimezone(UTC) + timedelta(hours=1))
    assert f"DTSTART;TZID=Europe/London:2026{month:02d}26T191500\r\n".encode() in raw
    assert event_of(raw)["DTSTART"].dt == local and b"BEGIN:VTIMEZONE\r\nTZID:Europe/London\r\n" in raw


def test_the_zone_that_comes_along_agrees_with_the_clocks_around_both_changes() -> None:
    (zone,) = Calendar.from_ical(made()).walk("VTIMEZONE")
    changes, london = zone.to_tz(), ZoneInfo("Europe/London")
    days = [wall_at(month, day) for month, day in ((3, 28), (3, 29), (3, 30), (7, 1), (10, 24), (10, 25), (10, 26), (11, 26))]
    for wall in (day + timedelta(minutes=minutes) for day in days for minutes in range(0, 24 * 60, 15)):
        if wall.replace(tzinfo=london).astimezone(UTC).astimezone(london).replace(tzinfo=None) == wall:  # a time that clocks show
            assert changes.utcoffset(wall) == wall.replace(tzinfo=london).utcoffset(), wall


def test_the_zone_names_the_wall_time_at_which_summer_time_begins_and_ends() -> None:
    (zone,) = Calendar.from_ical(made()).walk("VTIMEZONE")
    began = {part["DTSTART"].dt for part in zone.walk("DAYLIGHT")}
    ended = {part["DTSTART"].dt for part in zone.walk("STANDARD")}
    assert wall_at(3, 29, 1) in began and wall_at(10, 25, 2) in ended


def test_hostile_text_stays_inside_its_value() -> None:
    raw = made(summary=calendar_title(HOSTILE), location=HOSTILE)
    event = event_of(raw)
    assert len(Calendar.from_ical(raw).walk("VEVENT")) == 1 and b"\r\nBcc" not in raw and b"https://" not in raw
    assert "\n" not in str(event["LOCATION"]) and "evil.example" not in str(event["LOCATION"])


@pytest.mark.parametrize("title", ["NA meeting", "Recovery group", "Meet Tom from AA", "Alcohol service"])
def test_a_title_that_tells_is_refused(title: str) -> None:
    with pytest.raises(TellingTitle):
        made(summary=title)


@pytest.mark.parametrize(("name", "title"), [("Sam", "Meet Sam"), ("Sober Sam", "Meet up"), ("NA", "Meet up"), ("Siân", "Meet Siân")])
def test_the_title_names_the_person_unless_the_name_tells(name: str, title: str) -> None:
    assert calendar_title(name) == title and is_neutral(FILE_NAME)
