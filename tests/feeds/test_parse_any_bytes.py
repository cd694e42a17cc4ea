"""Whatever the bytes are: one object, no exception, no row without key and name, every row of the feed counted, the same answer twice."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matcher.domain.feed_issue import IssueCode
from matcher.domain.fellowship import Fellowship
from matcher.domain.meeting import ROW_KEYS
from matcher.feeds import reading
from matcher.feeds.formats import FORMATS, parse
from matcher.feeds.meeting_guide import FIELDS
from matcher.feeds.sheet_headings import HEADINGS

MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
WORDS = [
    "19:00",
    "7",
    "24:00",
    "Mon, Wed",
    "daily",
    "Online",
    "1 High St, Poole BH15 1HJ",
    "BH15",
    "0",
    "<script>x",
    "Passcode: gull42 ID: 999 0000 0001",
    "yes",
    "https://zoom.us/j/1?pwd=x",
    "O,C,zz",
    "Closed except last Friday, open",
    "31/10/2022",
    "0.5",
    "london",
    "a@b.org",
    "\x00",
    "50.7",
    "NaN",
    "\ud800",
]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.sampled_from(WORDS)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=6
)
NAMES = sorted({name for names in FIELDS.values() for name in names})
ROWS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=12) | st.fixed_dictionaries(
    {"slug": st.sampled_from("abc"), "name": SCALARS}, optional={name: VALUES for name in NAMES if name not in ("slug", "name")}
)
HEADS = st.lists(st.sampled_from([name for names in HEADINGS.values() for name in names] + ["x", ""]), max_size=8).map(
    lambda heads: ["id", "name", *heads]
)
CELLS = st.text(max_size=20) | st.sampled_from(WORDS)


def check(body: bytes, format: str) -> dict[str, Any]:
    """The promises every answer keeps."""
    found = parse(body, format=format, fellowship=Fellowship.AA).to_json()
    printed = json.dumps(found, ensure_ascii=False).encode("utf-8")
    assert json.dumps(parse(body, format=format, fellowship=Fellowship.AA).to_json(), ensure_ascii=False).encode("utf-8") == printed
    assert list(found) == ["rows", "issues", "rejected", "skipped", "run", "error_kind"]
    keys = [row["source_key"] for row in found["rows"]]
    assert len(set(keys)) == len(keys)
    for row in found["rows"]:
        assert tuple(row) == ROW_KEYS and row["source_key"] and row["name"]
        assert "" not in [value for value in row.values() if isinstance(value, str)]
        assert (
            (row["iso_weekday"] is None) == (row["start"] is None) == (row["duration_min"] is None) == (row["schedule"] == "by_appointment")
        )
        assert not row["attendable"] or (row["start"] and (row["in_person"] or row["online"]))
        assert [word for word in ("closed", "open") if word in row["attributes"]] == [row["audience"]] * (row["audience"] != "unknown")
    for issue in found["issues"]:
        assert issue["code"] in set(IssueCode) and len(issue["value"] or "") <= 80
    assert found["issues"] == sorted(found["issues"], key=lambda i: (i["row"] or 0, len(i["column"] or ""), i["column"] or ""))
    assert (found["run"] == "ok") == bool(found["rows"]) == (found["error_kind"] is None)
    return found


@pytest.mark.parametrize("format", FORMATS)
@given(body=st.binary(max_size=300))
@MANY
def test_any_bytes_give_one_object(body: bytes, format: str) -> None:
    check(body, format)


@pytest.mark.parametrize("format", FORMATS)
@given(
    body=st.text(alphabet=st.sampled_from('",;\t\n\r[]{}:a1IDNameDayTime<&'), max_size=200).map(
        lambda text: ("ID,Name,Day,Time\n" + text).encode()
    )
)
@MANY
def test_any_text_that_looks_like_a_table_gives_one_object(body: bytes, format: str) -> None:
    check(body, format)


@given(rows=st.lists(ROWS | VALUES, max_size=6))
@MANY
def test_each_row_of_a_list_is_taken_refused_or_skipped(rows: list[Any]) -> None:
    found = check(json.dumps(rows).encode(), "meeting_guide")
    if not rows:
        assert found["error_kind"] == "no_rows"
        return
    if found["run"] == "failed":
        assert found["error_kind"] == "unreadable"
        return
    several = sum(1 for row in found["rows"] if row["source_key"].rsplit("-", 1)[-1][:1].isdigit())
    assert len(rows) <= len(found["rows"]) + found["rejected"] + found["skipped"] <= len(rows) + 7 * several + found["skipped"]
    refused = {issue["row"] for issue in found["issues"] if issue["severity"] == "rejected"}
    assert len(refused) == found["rejected"]
    assert refused.isdisjoint(row["row"] for row in found["rows"])
    assert {row["row"] for row in found["rows"]} | refused | {i["row"] for i in found["issues"] if i["code"] == "duplicate_row"} == set(
        range(1, len(rows) + 1)
    )


@given(heads=HEADS, lines=st.lists(st.lists(CELLS, max_size=10), max_size=6))
@MANY
def test_each_line_of_a_table_is_taken_refused_or_skipped(heads: list[str], lines: list[list[str]]) -> None:
    lines = [[cell.replace("\x00", "").replace("\ud800", "") for cell in line] for line in lines]
    out = io.StringIO()
    csv.writer(out).writerows([heads, *lines])
    found = check(out.getvalue().encode("utf-8", "replace"), "sheet")
    assert found["error_kind"] in (None, "no_rows", "no_usable_rows")
    refused = {issue["row"] for issue in found["issues"] if issue["severity"] == "rejected"}
    assert len(refused) == found["rejected"]


@given(rows=st.lists(ROWS, min_size=1, max_size=4), seed=st.randoms())
@MANY
def test_the_order_of_a_feed_changes_no_key(rows: list[Any], seed: Any) -> None:
    shuffled = list(rows)
    seed.shuffle(shuffled)
    keys = [sorted(row["source_key"] for row in check(json.dumps(order).encode(), "meeting_guide")["rows"]) for order in (rows, shuffled)]
    assert keys[0] == keys[1]


def test_a_planted_crash_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    real = reading.read_place
    monkeypatch.setattr(reading, "read_place", lambda row, zone: real(row, zone) if row.plain("country") != "crash" else 1 / 0)
    with pytest.raises(ZeroDivisionError):
        check(b'[{"slug": "a", "name": "A", "country": "crash"}]', "meeting_guide")
