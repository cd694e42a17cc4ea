"""A parsed row: its keys, when it is attendable, and a fingerprint that moves only when the meeting does."""

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from matcher.domain.feed_issue import ErrorKind, Issue, IssueCode, Run, Severity, run_of, severity_of
from matcher.domain.fellowship import Fellowship
from matcher.domain.meeting import (
    Audience,
    JoinDetails,
    ParsedMeeting,
    ParseResult,
    Schedule,
    Status,
    content_hash,
    fellowship_of,
    is_attendable,
)

TUESDAY = ParsedMeeting(
    row=3, source_key="a", name="A", fellowship=Fellowship.ALANON, iso_weekday=2, start=time(18, 5), timezone="Europe/London",
    audience=Audience.OPEN, raw_types=("O", "W"), source_updated=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
)  # fmt: skip
KEYS = """row source_key name fellowship iso_weekday start end duration_min duration_is_assumed timezone schedule status attendable
needs_human_check in_person online venue address formatted_address town region regions postcode outcode latitude longitude conference_url
conference_provider conference_phone join_secret_separated audience audience_note attributes languages raw_types format_ids notes
location_notes travel_notes source_url source_updated""".split()


def attendable(**changed: object) -> bool:
    usual = {
        "status": Status.ACTIVE,
        "schedule": Schedule.WEEKLY,
        "iso_weekday": 2,
        "start": time(18),
        "in_person": True,
        "has_way_in": False,
    }
    return is_attendable(**(usual | changed))


def test_a_row_prints_every_key_of_the_contract_in_its_order() -> None:
    printed = TUESDAY.to_json()
    assert list(printed) == KEYS
    assert (printed["fellowship"], printed["start"], printed["audience"]) == ("AL-ANON", "18:05", "open")
    assert (printed["source_updated"], printed["regions"], printed["end"]) == ("2026-01-02T03:04:05Z", [], None)


def test_midnight_prints_as_a_time_and_not_as_nothing() -> None:
    assert replace(TUESDAY, start=time(0)).to_json()["start"] == "00:00"


def test_the_fingerprint_forgets_the_place_in_the_feed_and_the_order_of_types() -> None:
    same = replace(TUESDAY, row=99, source_updated=None, raw_types=("W", "O"))
    assert content_hash(same) == content_hash(TUESDAY)
    assert len(content_hash(TUESDAY)) == 32


@pytest.mark.parametrize(
    "change", [{"start": time(18, 6)}, {"name": "B"}, {"town": "Ely"}, {"status": Status.CLOSED}, {"raw_types": ("O",)}]
)
def test_the_fingerprint_sees_every_other_change(change: dict[str, object]) -> None:
    assert content_hash(replace(TUESDAY, **change)) != content_hash(TUESDAY)


def test_a_weekly_active_meeting_with_a_way_to_it_is_attendable() -> None:
    assert attendable()
    assert attendable(in_person=False, has_way_in=True)
    assert attendable(iso_weekday=7, start=time(0)), "midnight is a time, not an absence"


@pytest.mark.parametrize(
    "change",
    [{"status": status} for status in Status if status is not Status.ACTIVE]
    + [
        {"schedule": Schedule.BY_APPOINTMENT},
        {"schedule": Schedule.NOT_WEEKLY},
        {"iso_weekday": None},
        {"start": None},
        {"in_person": False},
    ],
)
def test_any_one_thing_missing_makes_it_not_attendable(change: dict[str, object]) -> None:
    assert not attendable(**change)


def test_a_meeting_held_in_some_weeks_is_attendable_once_a_person_has_said_which() -> None:
    assert attendable(schedule=Schedule.NOT_WEEKLY, has_weeks=True)
    assert not attendable(schedule=Schedule.BY_APPOINTMENT, has_weeks=True)


def test_ways_in_are_never_shown_by_accident() -> None:
    joins = JoinDetails(meeting_id="999 0000", passcode="gate", dial_in="1#", full_link="https://zoom.us/j/1?pwd=gate")
    shown = repr(joins) + repr(ParseResult(rows=(TUESDAY,), joins={"a": joins}))
    assert "gate" not in shown and "999" not in shown
    assert joins and not JoinDetails()


def test_a_result_prints_one_object_and_says_how_it_ended() -> None:
    issue = Issue(3, "B", "a", "Name", IssueCode.TEXT_CUT, "x", Severity.WARNING)
    printed = ParseResult(rows=(TUESDAY,), issues=(issue,), rejected=1).to_json()
    assert list(printed) == ["rows", "issues", "rejected", "skipped", "run", "error_kind"]
    assert list(printed["issues"][0]) == ["row", "column", "source_key", "field", "code", "value", "severity"]
    assert (printed["run"], printed["error_kind"]) == ("ok", None)


@pytest.mark.parametrize("kind", list(ErrorKind))
def test_each_kind_of_failure_quarantines_or_fails(kind: ErrorKind) -> None:
    assert run_of(kind) in (Run.QUARANTINED, Run.FAILED)
    assert (run_of(kind) is Run.QUARANTINED) == (kind.value in {"no_rows", "no_usable_rows", "too_few_rows", "mass_change"})


def test_only_the_codes_marked_so_are_notices() -> None:
    notices = {code.value for code in IssueCode if severity_of(code) is Severity.NOTICE}
    assert notices == {
        "synthesised_key", "duplicate_row", "long_duration", "unlikely_time", "unknown_conference_host", "formats_without_world_ids",
        "unknown_column",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "fellowship"), [("AL-ANON", Fellowship.ALANON), ("al-anon", Fellowship.ALANON), ("Na", Fellowship.NA), ("XX", None)]
)
def test_fellowship_codes_are_read_in_any_case(code: str, fellowship: Fellowship | None) -> None:
    assert fellowship_of(code) is fellowship
