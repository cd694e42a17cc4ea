"""Whatever stands in the fields of each format, and wherever a spreadsheet is broken: no exception, every row counted, none invented."""

import json
import random
from typing import Any

import pytest
from feed_cases import written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_parse_any_bytes import CELLS, VALUES, WORDS, check

from bench.sheets import ods_members, ods_table, xlsx_lines, xlsx_members, xlsx_of, zipped
from matcher.feeds import aagb, bmlt, ukna
from matcher.feeds.naws_csv import NAWS_HEADINGS
from matcher.feeds.recognising import recognise_format

CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=CHECKS)
LONG = settings(max_examples=20_000, deadline=None, suppress_health_check=CHECKS)

BMLT_NAMES = sorted(
    {*bmlt.NAMES.values(), *bmlt.ADMIN_NAMES.values(), *bmlt.REGION_FIELDS, "bus_lines", "customFields", "temporarilyVirtual"}
)
UKNA_NAMES = sorted({*ukna.FIELDS.values(), ukna.TIMES, ukna.ADDRESS, ukna.POINT})
PARTS = st.fixed_dictionaries({}, optional=dict.fromkeys(("from", "to", "lat", "lon", "address_line1", "value", "uri"), VALUES))
HEADS = [name for names in NAWS_HEADINGS.values() for name in names]


def rows_of(names: list[str], values: Any = VALUES) -> Any:
    """Rows that have some of these fields, a few of them good enough to be taken."""
    return st.dictionaries(st.sampled_from(names), values, max_size=14)


BMLT_ROWS = st.builds(
    lambda good, more: good | more,
    st.sampled_from(
        [
            {},
            {"id_bigint": "1", "meeting_name": "A", "weekday_tinyint": "1", "start_time": "19:00:00"},
            {"id": 2, "startTime": "19:00", "day": 1},
        ]
    ),
    rows_of(BMLT_NAMES),
)
UKNA_ROWS = st.fixed_dictionaries({}, optional={"id": VALUES, "attributes": rows_of(UKNA_NAMES, VALUES | PARTS) | VALUES})
AAGB_ROWS = st.builds(
    lambda good, more: good | more,
    st.sampled_from([{}, {"code": "1", "title": "A"}, {"code": "2", "title": "B", "address": "https://zoom.us/j/1 Passcode: gull"}]),
    rows_of(sorted(aagb.FIELDS.values())),
)


def feeds() -> dict[str, Any]:
    """A strategy of feeds for each format that is JSON, as the format and the list of its rows."""
    return {
        "bmlt": st.lists(BMLT_ROWS | VALUES, min_size=1, max_size=5).map(lambda rows: (rows, rows)),
        "bmlt with formats": st.tuples(st.lists(BMLT_ROWS, min_size=1, max_size=4), VALUES | st.lists(VALUES)).map(
            lambda both: ({"meetings": both[0], "formats": both[1]}, both[0])
        ),
        "ukna": st.lists(UKNA_ROWS | VALUES, min_size=1, max_size=5).map(lambda rows: ({"data": rows}, rows)),
        "aagb": st.lists(AAGB_ROWS | VALUES, min_size=1, max_size=5).map(lambda rows: (rows, rows)),
    }


def check_feed(format: str, feed: object, rows: list[Any]) -> None:
    """Each row is taken, refused or skipped, and each meeting is of a row that has a name."""
    found = check(json.dumps(feed).encode(), format)
    recognise_format(json.dumps(feed).encode())
    if found["run"] == "failed":
        assert found["error_kind"] in ("unreadable", "wrong_shape")
        return
    refused = {issue["row"] for issue in found["issues"] if issue["severity"] == "rejected"}
    taken, twice = {row["row"] for row in found["rows"]}, {i["row"] for i in found["issues"] if i["code"] == "duplicate_row"}
    assert len(refused) == found["rejected"] and not refused & taken
    assert refused | taken | twice == set(range(1, len(rows) + 1))
    assert all(isinstance(rows[place - 1], dict) for place in taken)


@pytest.mark.parametrize("kind", feeds())
def test_any_fields_give_each_row_once(kind: str) -> None:
    given(feeds()[kind])(QUICK(lambda feed: check_feed(kind.split()[0], *feed)))()


@pytest.mark.long
@pytest.mark.parametrize("kind", feeds())
def test_any_fields_give_each_row_once_for_long(kind: str) -> None:
    given(feeds()[kind])(LONG(lambda feed: check_feed(kind.split()[0], *feed)))()


def check_table(heads: list[str], lines: list[list[str]]) -> None:
    lines = [[cell.replace("\x00", "").replace("\ud800", "") for cell in line] for line in lines]
    table = [["CommitteeName", "Day", "Time", *heads], *lines]
    found = check(written(table).decode("utf-8", "replace").encode(), "naws_csv")
    assert found["error_kind"] in (None, "no_rows", "no_usable_rows")
    assert len(found["rows"]) + found["rejected"] + found["skipped"] <= 7 * len(lines)
    if all(cell.isprintable() and len(cell) < 50 and "<" not in cell for line in table for cell in line):
        assert [row["name"] for row in check(xlsx_of(table), "naws_csv")["rows"]] == [row["name"] for row in found["rows"]]


TABLES = (st.lists(st.sampled_from([*HEADS, "x", ""]), max_size=8), st.lists(st.lists(CELLS | st.just("Monday"), max_size=10), max_size=5))


@given(*TABLES)
@QUICK
def test_any_cells_of_a_naws_table(heads: list[str], lines: list[list[str]]) -> None:
    check_table(heads, lines)


@pytest.mark.long
@given(*TABLES)
@LONG
def test_any_cells_of_a_naws_table_for_long(heads: list[str], lines: list[list[str]]) -> None:
    check_table(heads, lines)


LINES = [
    ["ID", "Name", "Day", "Time", "Notes"],
    ["1", "Ebb", "Mon", "19:00", "<|<f>A1</f>"],
    ["2", "Flow", "Tue", '< s="1"|<v>0.75</v>', ""],
]
BOOKS = {
    "xlsx": xlsx_members({"S": xlsx_lines(LINES) + '<mergeCells><mergeCell ref="A2:A3"/></mergeCells>'}),
    "ods": ods_members(ods_table([LINES[0], ["1", "Ebb", "Mon", "19:00", '<table:table-cell table:formula="of:=[.A1]"/>']])),
}


def broken(kind: str, chance: random.Random) -> bytes:
    """A workbook with some bytes of one member, or of the archive itself, changed, cut out or said twice."""
    members = dict(BOOKS[kind])
    name = chance.choice([*members, ""])
    if name:
        text = members[name]
        members[name] = _damaged(text.encode() if isinstance(text, str) else text, chance)
        return zipped(members)
    return _damaged(zipped(members), chance)


def _damaged(body: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randrange(1, 6)):
        at, much = chance.randrange(len(body)), chance.randrange(1, 30)
        word = chance.choice(WORDS).encode("utf-8", "replace")
        piece = chance.choice([b"", bytes([chance.randrange(256)]), body[at : at + much] * 2, b"<", b'"', b"&", b"999999999", word])
        body = body[:at] + piece + body[at + chance.choice([0, 1, much]) :] or b"x"
    return body


def check_broken(kind: str, seed: int) -> None:
    body = broken(kind, random.Random(seed))
    found = check(body, "sheet")
    assert len(found["rows"]) <= 40 and all(row["source_key"] and row["name"] for row in found["rows"])
    recognise_format(body)


@pytest.mark.parametrize("kind", BOOKS)
def test_a_broken_spreadsheet_is_read_or_named(kind: str) -> None:
    for seed in range(150):
        check_broken(kind, seed)
    assert check(zipped(BOOKS[kind]), "sheet")["run"] == "ok"


@pytest.mark.long
@pytest.mark.parametrize("kind", BOOKS)
def test_a_broken_spreadsheet_is_read_or_named_for_long(kind: str) -> None:
    for seed in range(150, 60_000):
        check_broken(kind, seed)
    assert check(zipped(BOOKS[kind]), "sheet")["run"] == "ok"
