"""Example cases of feeds: our own, and those beside the repository where they are present."""

import json
from pathlib import Path
from typing import Any

import pytest
from feed_cases import ADAPTERS, OF_NA, SAMPLES, answer, body_of, check_answer, check_case, check_row
from typer.testing import CliRunner

from matcher.__main__ import new_app
from matcher.domain.meeting import fellowship_of
from matcher.feeds import reading_when
from matcher.feeds.reading_times import BadTime, TimeRead, read_time

OWN: list[dict[str, Any]] = [
    {
        "id": "own-01-day-names-and-seconds",
        "adapter": "meeting_guide",
        "options": {},
        "input": [
            {"id": 7, "name": "Harbour Steps", "day": "Tuesday", "time": "18:30:00", "formatted_address": "2 Quay St, Poole BH15 1HJ, UK"}
        ],
        "expect": {
            "meetings": [{"source_key": "7", "iso_weekday": 2, "start": "18:30", "postcode": "BH15 1HJ", "town": "Poole"}],
            "rejected": 0,
        },
    },
    {
        "id": "own-02-rubbish-times-and-days",
        "adapter": "meeting_guide",
        "options": {},
        "input": [{"slug": "a", "name": "A", "day": 1, "time": "later"}, {"slug": "b", "name": "B", "day": "someday", "time": "19:00"}],
        "expect": {"accepted": 0, "rejected": 2, "run": "quarantined", "error_kind": "no_usable_rows", "issue_codes_any": ["invalid_day"]},
    },
    {
        "id": "own-03-not-a-list",
        "adapter": "meeting_guide",
        "options": {},
        "input": {"error": "no such route"},
        "expect": {"run": "failed", "error_kind": "wrong_shape"},
    },
    {
        "id": "own-04-sheet-in-any-order",
        "adapter": "google_sheet",
        "options": {"fellowship": "SMART"},
        "input": {
            "values": [
                ["Post Code", "start_time", "WEEKDAY", "Meeting Name", "Venue", "id", "Step Free"],
                ["BH1 4HS", "7.30pm - 8.30pm", "Thurs", "Quayside", "The Old Mill", "q1", "yes"],
            ]
        },
        "expect": {
            "rows": [
                {"source_key": "q1", "iso_weekday": 4, "start": "19:30", "end": "20:30", "in_person": True, "attributes": ["wheelchair"]}
            ],
            "skipped": 0,
        },
    },
    {
        "id": "own-05-tsml-without-a-key",
        "adapter": "tsml_csv",
        "options": {},
        "input": [{"Name": "Ebb", "Day": "0", "Time": "6:00 PM", "Address": "3 Ferry Rd, Poole @ round the back", "Types": "Open, Men"}],
        "expect": {
            "all": {"iso_weekday": 7, "location_notes_contains": "round the back", "audience": "open"},
            "issue_codes_any": ["synthesised_key"],
        },
    },
]


def cases() -> list[dict[str, Any]]:
    file = SAMPLES / "examples.json"
    beside = json.loads(file.read_text(encoding="utf-8"))["cases"] if file.exists() else []
    return OWN + [case for case in beside if case["adapter"] in ADAPTERS]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["id"])
def test_a_case_gives_what_it_says(case: dict[str, Any]) -> None:
    check_case(case)


def midnight_for_rubbish(value: object, *, from_cell: bool = False) -> TimeRead | None:
    try:
        return read_time(value, from_cell=from_cell)
    except BadTime:
        return read_time("00:00")


def test_a_reader_that_gives_midnight_for_rubbish_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_when, "read_time", midnight_for_rubbish)
    with pytest.raises(AssertionError):
        check_case(next(case for case in cases() if case["id"] == "own-02-rubbish-times-and-days"))


def test_a_reader_that_gives_sunday_for_rubbish_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    real = reading_when.read_days
    monkeypatch.setattr(reading_when, "read_days", lambda *given: real(*given) or (7,))
    with pytest.raises(AssertionError):
        check_case(OWN[1])


OWN_SAMPLE = [
    {"slug": str(n), "name": f"Group {n}" if n % 50 else "", "day": n % 7, "time": "20:00:00", "city": "Poole", "address": f"{n} Ferry Rd"}
    for n in range(1, 101)
]


def samples() -> dict[str, tuple[str, int, int, bytes]]:
    """Name → format, rows of the feed, rows refused, bytes."""
    known = {
        "mg_c4r_pdf_fixture.json": ("meeting_guide", 25, 0),
        "mg_raleigh_aa_2017.json": ("meeting_guide", 357, 7),
        "tsml_template.csv": ("tsml_csv", 36, 0),
        "bmlt_berlin.json": ("bmlt", 108, 0),
        "bmlt_yap_day2.json": ("bmlt", 53, 0),
        "aagb_fenland.json": ("aagb", 65, 0),
    }
    beside = {name: (*facts, (SAMPLES / name).read_bytes()) for name, facts in known.items() if (SAMPLES / name).exists()}
    return {"own": ("meeting_guide", 100, 2, json.dumps(OWN_SAMPLE).encode())} | beside


@pytest.mark.parametrize("name", samples())
def test_a_whole_feed_is_read_with_a_reason_for_each_row_not_taken(name: str) -> None:
    format, rows, rejected, body = samples()[name]
    found = answer(body, format, timezone="America/Los_Angeles")
    assert (len(found["rows"]), found["rejected"], found["skipped"], found["run"]) == (rows - rejected, rejected, 0, "ok")
    reasons = {issue["row"] for issue in found["issues"] if issue["severity"] == "rejected"}
    assert len(reasons) == rejected
    assert not {row["start"] for row in found["rows"]} & {"00:00"}
    assert answer(body, format, timezone="America/Los_Angeles") == found


@pytest.mark.parametrize("name", [name for name in samples() if name.endswith("csv")] or ["own"])
def test_the_plugin_export_reads_the_same_as_a_plain_sheet(name: str) -> None:
    format, rows, rejected, body = samples()[name]
    as_sheet = answer(body, "sheet" if format == "tsml_csv" else format)
    assert len(as_sheet["rows"]) == rows - rejected
    if format == "tsml_csv":
        as_export = answer(body, "tsml_csv")
        drop = ("source_url", "notes")
        assert [{k: v for k, v in row.items() if k not in drop} for row in as_sheet["rows"]] == [
            {k: v for k, v in row.items() if k not in drop} for row in as_export["rows"]
        ]
        assert "unknown_column" in {issue["code"] for issue in as_sheet["issues"]}
        assert "unknown_column" not in {issue["code"] for issue in as_export["issues"]}


def by_command(folder: Path, case: dict[str, Any], code: str, feed: Any) -> dict[str, Any]:
    """What the command prints for a case, with its options given as a person gives them."""
    file = folder / "feed"
    file.write_bytes(body_of(case, feed))
    words = ["meetings", "parse", str(file), "--format", ADAPTERS[case["adapter"]], "--fellowship", code, "--json"]
    options = case["options"]
    for name, value in (("--timezone", options.get("default_timezone")), ("--date-order", options.get("date_order"))):
        words += [name, value] if value else []
    done = CliRunner().invoke(new_app(), words)
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.exit_code == (0 if found["run"] == "ok" else 1)
    return found


def test_the_command_prints_what_each_case_says(tmp_path: Path) -> None:
    for case in cases():
        feed, expect = case["input"], case["expect"]
        code = case["options"].get("fellowship", "NA" if case["adapter"] in OF_NA else "AA")
        if isinstance(feed, dict) and all(fellowship_of(word) for word in feed):
            assert [check_row(by_command(tmp_path, case, word, feed[word])["rows"][0], expect[word]) for word in feed]
        else:
            check_answer(by_command(tmp_path, case, code, feed), expect)
