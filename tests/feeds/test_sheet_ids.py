"""A sheet without IDs comes back with them: nothing else of it changes, no two are alike, and it can then be brought in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.sheets import xlsx_of
from matcher.domain.csv_cells import csv_bytes
from matcher.domain.feed_issue import ErrorKind
from matcher.domain.fellowship import Fellowship
from matcher.feeds.formats import parse
from matcher.feeds.reading_text import FeedFault
from matcher.feeds.sheet_ids import with_ids

SHEET = "Our list;;;;\nName;Day;Time;Lat;Lon\nHope;Tuesday;19:30;53.75;-0.33\nHope;Tuesday;19:30;53.75;-0.34\n;Friday;20:00;;\n"


def test_each_line_gets_an_id_that_says_which_it_is() -> None:
    assert with_ids(SHEET.encode(), most_rows=10) == [
        ["ID", "Name", "Day", "Time", "Lat", "Lon"],
        ["hope-tuesday-19-30", "Hope", "Tuesday", "19:30", "53.75", "-0.33"],
        ["hope-tuesday-19-30-2", "Hope", "Tuesday", "19:30", "53.75", "-0.34"],
        ["friday-20-00", "", "Friday", "20:00", "", ""],
    ]


def test_what_comes_back_can_be_brought_in() -> None:
    made = csv_bytes(with_ids(SHEET.encode(), most_rows=10))
    read = parse(made, format="sheet", fellowship=Fellowship.AA)
    assert [row.source_key for row in read.rows] == ["hope-tuesday-19-30", "hope-tuesday-19-30-2"]
    assert b"53.75,-0.33\r\n" in made, "a longitude in the west is no formula"


def test_a_spreadsheet_gets_them_too() -> None:
    assert with_ids(xlsx_of([["Name", "Day", "Time"], ["Light", "Friday", "7.30pm"]]), most_rows=10)[1] == [
        "light-friday-7-30pm",
        "Light",
        "Friday",
        "7.30pm",
    ]


def test_what_was_kept_from_running_as_a_formula_is_read_without_the_mark() -> None:
    made = csv_bytes(with_ids(b"Name,Day,Time,Notes\n@ Ease,Friday,20:00,- bring a cup\nName,Day,Time,Notes\n", most_rows=10))
    [row] = parse(made, format="sheet", fellowship=Fellowship.AA).rows
    assert (row.name, row.notes, row.source_key) == ("@ Ease", "- bring a cup", "ease-friday-20-00")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", ErrorKind.NO_ROWS),
        (b"Day,Time\nTuesday,19:30\n", ErrorKind.MISSING_REQUIRED_COLUMN),
        (b"ID,Name\n1,Hope\n", ErrorKind.WRONG_SHAPE),
        (b"Name\n" + b"Hope\n" * 12, ErrorKind.TOO_MANY_ROWS),
        (b"PK\x03\x04 no archive", ErrorKind.UNREADABLE),
    ],
)
def test_a_file_that_is_none_is_named(body: bytes, kind: ErrorKind) -> None:
    with pytest.raises(FeedFault) as fault:
        with_ids(body, most_rows=10)
    assert fault.value.kind is kind


@given(st.lists(st.tuples(st.text(max_size=6), st.sampled_from(["Monday", "", "mon"])), max_size=30))
def test_no_two_are_alike(names: list[tuple[str, str]]) -> None:
    body = csv_bytes([("Name", "Day"), *names])
    try:
        ids = [line[0] for line in with_ids(body, most_rows=50)[1:]]
    except FeedFault as fault:
        assert fault.kind is ErrorKind.UNREADABLE
        return
    assert len(set(ids)) == len(ids) and all(ids)
