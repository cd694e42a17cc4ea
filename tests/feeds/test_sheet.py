"""Tables with headings: recognised by content, in any order, with a cell named for everything that is found."""

import json

import pytest
from feed_cases import answer, codes, table, written

from matcher.feeds.sheet_headings import column_letter

HEAD: list[object] = ["ID", "Name", "Day", "Time", "Full Address"]
ROW: list[object] = ["a", "A", "Monday", "19:00", "1 High St, Bournemouth BH1 4HS"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_by_the_headings(delimiter: str) -> None:
    row = answer(written([HEAD, ROW], delimiter), "sheet")["rows"][0]
    assert (row["source_key"], row["start"], row["postcode"], row["attendable"]) == ("a", "19:00", "BH1 4HS", True)


def test_the_values_of_the_sheets_interface_read_the_same() -> None:
    api = answer(json.dumps({"range": "A1:E2", "majorDimension": "ROWS", "values": [HEAD, ROW]}).encode(), "sheet")
    assert api == table(HEAD, ROW)


def test_headings_are_alike_in_any_case_and_order() -> None:
    row = table(["weekday", "START_TIME", "Post-Code", "Meeting name", "slug", "VENUE"], ["Tues", "6.30pm", "bh14hs", "Ebb", "e", "Ark"])[
        "rows"
    ][0]
    assert (row["iso_weekday"], row["start"], row["postcode"], row["name"], row["venue"], row["in_person"]) == (
        2,
        "18:30",
        "BH1 4HS",
        "Ebb",
        "Ark",
        True,
    )


def test_lines_count_as_a_person_sees_them() -> None:
    found = table(["Our meetings"], [], HEAD, ["x", "X\nsecond line", "someday", "19:00"], [], ["y", "Y", "Monday", "later"])
    assert [(issue["row"], issue["column"], issue["field"], issue["code"]) for issue in found["issues"]] == [
        (4, "C", "Day", "invalid_day"),
        (6, "D", "Time", "invalid_time"),
    ]
    assert (found["rejected"], found["error_kind"]) == (2, "no_usable_rows")


def test_a_heading_line_again_is_no_row_and_short_rows_are() -> None:
    found = table(HEAD, list(HEAD), ROW, ["b", "B"])
    assert [row["source_key"] for row in found["rows"]] == ["a", "b"]
    assert (found["rejected"], found["rows"][1]["schedule"]) == (0, "by_appointment")


def test_unknown_columns_are_said_once_and_cells_without_a_heading_where_they_are() -> None:
    found = table([*HEAD, "Colour", "", "Shoe"], [*ROW, "red", "", "9"], [*["b", *ROW[1:]], "blue", "stray", "8", "more"])
    assert [(i["row"], i["column"], i["code"], i["severity"]) for i in found["issues"]] == [
        (1, "F", "unknown_column", "notice"),
        (1, "H", "unknown_column", "notice"),
        (3, "G", "extra_cells", "warning"),
    ]


@pytest.mark.parametrize(("head", "missing"), [(["Name", "Day"], ("id",)), (["ID", "Day"], ("name",)), (["x", "y"], ("id", "name"))])
def test_a_required_column_is_named(head: list[object], missing: tuple[str, ...]) -> None:
    from matcher.domain.fellowship import Fellowship
    from matcher.feeds.formats import parse

    result = parse(written([head, ["1", "2"]]), format="sheet", fellowship=Fellowship.AA)
    assert (result.to_json()["run"], result.to_json()["error_kind"], result.missing_columns) == (
        "failed",
        "missing_required_column",
        missing,
    )


def test_numbers_written_by_a_spreadsheet() -> None:
    row = table(["id", "name", "day", "time", "duration", "updated"], ["12.0", "A", "1.0", "0.760417", "90.0", "45000.5"])["rows"][0]
    assert (row["source_key"], row["iso_weekday"], row["start"], row["duration_min"]) == ("12", 1, "18:15", 90)
    assert row["source_updated"] == "2023-03-15T12:00:00Z"
    api = answer(json.dumps({"values": [["id", "name", "day", "time"], [12, "A", 0, 1815]]}).encode(), "sheet")["rows"][0]
    assert (api["source_key"], api["iso_weekday"], api["start"]) == ("12", 7, "18:15")


def test_text_in_one_time_column() -> None:
    row = table(HEAD, ["a", "A", "Mon", "7.30pm - 9", "1 High St"])["rows"][0]
    assert (row["start"], row["end"], row["duration_min"]) == ("19:30", "21:00", 90)


@pytest.mark.parametrize(("order", "stored"), [("dmy", "2026-02-03T00:00:00Z"), ("mdy", "2026-03-02T00:00:00Z")])
def test_dates_are_read_in_the_sources_order_and_never_turned_round(order: str, stored: str) -> None:
    found = table([*HEAD, "Updated"], [*ROW, "3/2/2026"], date_order=order)
    assert found["rows"][0]["source_updated"] == stored
    wrong = table([*HEAD, "Updated"], [*ROW, "2/31/2026" if order == "mdy" else "10/31/2026"], date_order=order)
    assert (wrong["rows"][0]["source_updated"], codes(wrong)) == (None, ["invalid_updated"])


def test_audience_wheelchair_and_types_columns() -> None:
    head = ["id", "name", "Open / Closed", "Step-free", "types", "tags"]
    row = table(head, ["a", "A", "Closed", "Yes - ramp", "Men; Big Book", "Discussion"])["rows"][0]
    assert (row["audience"], row["attributes"]) == ("closed", ["big_book", "closed", "discussion", "men", "wheelchair"])
    assert table(head, ["a", "A", "", "no", "", ""])["rows"][0]["attributes"] == []
    found = table(head, ["a", "A", "sometimes", "perhaps", "", ""])
    assert [(i["column"], i["code"]) for i in found["issues"] if i["column"]] == [("C", "unknown_type"), ("D", "unknown_type")]


def test_join_details_have_their_own_columns_and_are_not_printed() -> None:
    head = ["id", "name", "day", "time", "zoom", "meeting id", "passcode"]
    found = table(head, ["a", "A", "Mon", "19:00", "", "999 0000 0001", "hunter2"], ["b", "B", "Mon", "19:00", "999 0000 0002", "", ""])
    for row in found["rows"]:
        assert (row["online"], row["attendable"], row["join_secret_separated"], row["conference_url"]) == (True, True, True, None)
    assert "hunter2" not in json.dumps(found) and "0000" not in json.dumps(found)


def test_the_address_the_town_and_the_region_keep_apart() -> None:
    row = table(["id", "name", "address", "town", "county", "postcode"], ["a", "A", "2 Quay St", "Poole", "Dorset", "BH15 1HJ"])["rows"][0]
    assert (row["address"], row["town"], row["region"], row["regions"]) == ("2 Quay St", "Poole", "Dorset", ["Dorset"])
    assert row["formatted_address"] == "2 Quay St, Poole, BH15 1HJ"
    assert table(["id", "name", "regions"], ["a", "A", "Dorset > Poole"])["rows"][0]["regions"] == ["Dorset", "Poole"]


@pytest.mark.parametrize(
    ("body", "run", "kind"),
    [
        (b"", "quarantined", "no_rows"),
        (b"\n\n , ,\n", "quarantined", "no_rows"),
        (b"ID,Name\n", "quarantined", "no_rows"),
        (b'{"range": "A1:Z9"}', "quarantined", "no_rows"),
        (b'{"values": []}', "quarantined", "no_rows"),
        (b'{"error": {"code": 403}}', "failed", "wrong_shape"),
        (b'{"values": [1, 2]}', "failed", "wrong_shape"),
        (b'[{"slug": "a"}]', "failed", "wrong_shape"),
        (b"{oops", "failed", "unreadable"),
        (b"PK\x03\x04" + b"\x00" * 40, "failed", "unreadable"),
        (b"\xff\xfe\x00", "failed", "unreadable"),
        (b'ID,Name\n"' + b"x" * 200_000, "failed", "unreadable"),
        (b"<html><head><title>Sign in</title>", "failed", "html_page"),
    ],
)
def test_a_table_that_cannot_be_read_says_why(body: bytes, run: str, kind: str) -> None:
    found = answer(body, "sheet")
    assert (found["run"], found["error_kind"], found["rows"]) == (run, kind, [])


def test_too_much_is_refused_before_it_is_kept() -> None:
    from matcher.domain.fellowship import Fellowship
    from matcher.feeds.formats import parse

    body = b"ID,Name\n" + b"a,A\n" * 50
    assert parse(body, format="sheet", fellowship=Fellowship.AA, most_rows=20).error_kind == "too_many_rows"
    assert parse(body, format="sheet", fellowship=Fellowship.AA, most_bytes=20).error_kind == "too_large"
    assert parse(body, format="sheet", fellowship=Fellowship.AA, most_rows=50).error_kind is None


def test_the_export_of_the_plugin_drops_people_and_splits_the_address() -> None:
    head = ["Name", "Day", "Time", "Address", "Phone", "Contact 1 Email", "Venmo", "Group", "Sub Region", "Region"]
    found = table(
        head,
        ["Ebb", "2", "6:00 PM", "2 Quay St @ side door", "01202 123456", "w@example.org", "@w", "G", "Poole", "Dorset"],
        format="tsml_csv",
    )
    row = found["rows"][0]
    assert (row["address"], row["location_notes"], row["iso_weekday"], row["regions"]) == ("2 Quay St", "side door", 2, ["Dorset", "Poole"])
    assert row["source_key"].startswith("x-") and len(row["source_key"]) == 14 and codes(found) == ["synthesised_key"]
    assert "example" not in json.dumps(found) and "123456" not in json.dumps(found)
    assert table(head, ["Ebb", "2", "6:00 PM", "2 Quay St"], format="tsml_csv")["rows"][0]["source_key"] != ""


@pytest.mark.parametrize(("place", "letter"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")])
def test_columns_have_letters(place: int, letter: str) -> None:
    assert column_letter(place) == letter
