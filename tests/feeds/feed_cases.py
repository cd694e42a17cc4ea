"""Runs cases of feeds: those kept here, and the samples beside the repository where they are present."""

import csv
import io
import json
from pathlib import Path
from typing import Any

from matcher.domain.fellowship import Fellowship
from matcher.domain.meeting import fellowship_of
from matcher.feeds.formats import parse

SAMPLES = Path(__file__).parents[3] / "shared" / "data" / "feeds"
ADAPTERS = {"google_sheet": "sheet", "aagb_marker": "aagb", "ukna_jsonapi": "ukna"} | {
    name: name for name in ("meeting_guide", "tsml_csv", "naws_csv", "bmlt")
}
OF_NA = frozenset({"naws_csv", "bmlt", "ukna_jsonapi"})
PLACE = {"formatted_address": "1 High St, Bournemouth BH1 4HS, UK"}


def read(feed: object, **options: str) -> dict[str, Any]:
    """The answer for a Meeting Guide feed of these rows."""
    return answer(json.dumps(feed).encode(), "meeting_guide", **options)


def one(**fields: object) -> dict[str, Any]:
    """The answer for one Meeting Guide row on Mondays at seven, with these fields besides; the row and its issue codes put first."""
    found = read([{"slug": "a", "name": "A", "day": 1, "time": "19:00"} | PLACE | fields])
    assert len(found["rows"]) == 1, found
    return found["rows"][0] | {"codes": [issue["code"] for issue in found["issues"]]}


def refused(**fields: object) -> list[str]:
    """The codes for which one row is refused."""
    found = read([{"slug": "a", "name": "A", "day": 1, "time": "19:00"} | PLACE | fields])
    assert (found["rows"], found["rejected"]) == ([], 1)
    assert {issue["severity"] for issue in found["issues"]} == {"rejected"}
    return [issue["code"] for issue in found["issues"]]


def table(*lines: list[object], format: str = "sheet", **options: str) -> dict[str, Any]:
    """The answer for a table, written as CSV."""
    return answer(written(lines), format, **options)


def written(lines: Any, delimiter: str = ",") -> bytes:
    """Lines as CSV."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(lines)
    return out.getvalue().encode()


def answer(body: bytes, format: str, *, fellowship: str = "AA", timezone: str = "Europe/London", date_order: str = "dmy") -> dict[str, Any]:
    """What `meetings parse` prints, through JSON and back."""
    whose = fellowship_of(fellowship)
    assert isinstance(whose, Fellowship)
    printed = json.dumps(parse(body, format=format, fellowship=whose, timezone=timezone, date_order=date_order).to_json())
    found: dict[str, Any] = json.loads(printed)
    return found


def codes(found: dict[str, Any]) -> list[str]:
    """The issue codes of an answer, in its order."""
    return [issue["code"] for issue in found["issues"]]


def body_of(case: dict[str, Any], feed: Any) -> bytes:
    """The feed of a case as bytes: JSON as it stands, tables as CSV."""
    if case["adapter"] in ("tsml_csv", "naws_csv") and "header" in feed:
        return written([feed["header"], feed["row"]])
    if case["adapter"] in ("tsml_csv", "naws_csv") and isinstance(feed, list):
        heads = list(dict.fromkeys(head for record in feed for head in record))
        return written([heads, *([record.get(head, "") for head in heads] for record in feed)])
    return json.dumps(feed).encode()


def check_case(case: dict[str, Any]) -> None:
    """Runs one case and compares it with every word of its expectation."""
    options = {"fellowship": "NA"} if case["adapter"] in OF_NA else {}
    options |= {name: value for name, value in case["options"].items() if name in ("fellowship", "date_order", "timezone")}
    if zone := case["options"].get("default_timezone"):
        options["timezone"] = zone
    feed, expect = case["input"], case["expect"]
    if isinstance(feed, dict) and all(fellowship_of(code) for code in feed):
        for code in feed:
            found = answer(body_of(case, feed[code]), ADAPTERS[case["adapter"]], **options | {"fellowship": code})
            check_row(found["rows"][0], expect[code])
        return
    check_answer(answer(body_of(case, feed), ADAPTERS[case["adapter"]], **options), expect)


def check_answer(found: dict[str, Any], expect: dict[str, Any]) -> None:
    rows = {row["source_key"]: row for row in found["rows"]}
    for place, wanted in enumerate(expect.get("meetings", []) + expect.get("rows", [])):
        named = [row for row in found["rows"] if wanted.get("name") in (row["name"], None)]
        check_row(rows[wanted["source_key"]] if "source_key" in wanted else named[0] if "name" in wanted else found["rows"][place], wanted)
    for row in found["rows"]:
        check_row(row, expect.get("all", {}))
    for key, wanted in expect.get("by_key", {}).items():
        check_row(rows[key], wanted)
    for name, wanted in expect.get("by_name", {}).items():
        check_row(next(row for row in found["rows"] if row["name"] == name), wanted)
    check_counts(found, expect)
    check_issues(found, expect)


def check_counts(found: dict[str, Any], expect: dict[str, Any]) -> None:
    keys = [row["source_key"] for row in found["rows"]]
    assert expect.get("source_keys", keys) == keys
    assert {row["source_key"]: row["iso_weekday"] for row in found["rows"]} | expect.get("weekday_by_key", {}) == {
        row["source_key"]: row["iso_weekday"] for row in found["rows"]
    }
    assert expect.get("count", len(keys)) == len(keys) == expect.get("accepted", len(keys))
    for word in ("rejected", "skipped", "run", "error_kind"):
        assert expect.get(word, found[word]) == found[word]
    if expect.get("rejected_or_unscheduled"):
        assert found["rejected"] or all(row["start"] is None for row in found["rows"])


def check_issues(found: dict[str, Any], expect: dict[str, Any]) -> None:
    for wanted in expect.get("issues", []):
        assert any(wanted.items() <= issue.items() for issue in found["issues"]), (wanted, found["issues"])
    assert set(expect.get("issue_rows", [])) <= {issue["row"] for issue in found["issues"]}
    if "issue_codes_any" in expect:
        assert set(expect["issue_codes_any"]) & set(codes(found))


def check_row(row: dict[str, Any], wanted: dict[str, Any]) -> None:
    for key, value in wanted.items():
        values = value if isinstance(value, list) else [value]
        if key == "attributes":
            assert sorted(row[key]) == sorted(value)
        elif key == "source_updated_date":
            assert (row["source_updated"] or "")[:10] == value
        elif key == "raw_types_kept":
            assert row["raw_types"]
        elif key.endswith("_contains"):
            assert all(part in (row[key.removesuffix("_contains")] or "") for part in values)
        elif key.endswith("_excludes"):
            assert not any(part in (row[key.removesuffix("_excludes")] or "") for part in values)
        elif key.endswith("_include"):
            assert set(values) <= set(row[key.removesuffix("_include")])
        elif key.endswith("_any"):
            assert row[key.removesuffix("_any")] in value
        else:
            assert row[key] == value, (key, row[key], value)
