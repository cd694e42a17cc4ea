"""xlsx and ods: cells of every kind, what calamine does not tell, and files made to do harm."""

import io
import json
import time
import tracemalloc
import zipfile
from typing import Any

import pytest
from feed_cases import answer, codes, table

from bench.sheets import ods_members, ods_of, ods_table, xlsx_lines, xlsx_members, xlsx_of, zipped
from matcher.feeds import sheet_marks, spreadsheet
from matcher.feeds.archive import pack

HEAD = ["ID", "Name", "Day", "Time", "Full Address", "Updated"]
ROW = ["a", "Ebb", "Monday", "19:00", "1 High St, Bournemouth BH1 4HS", "31/10/2026"]
MADE = {"xlsx": xlsx_of, "ods": ods_of}


def xlsx(*lines: list[str], after: str = "", workbook: str = "") -> bytes:
    """A workbook of one sheet; `after`: XML that follows its cells."""
    return zipped(xlsx_members({"Meetings": xlsx_lines(lines) + after}, workbook))


def number(value: str, style: int = 0) -> str:
    """A cell of a number: 1 is shown as a time, 2 as a date, 3 as hours."""
    return f'< s="{style}"|<v>{value}</v>'


def one(body: bytes) -> dict[str, Any]:
    found = answer(body, "sheet")
    assert len(found["rows"]) == 1, found
    return found["rows"][0] | {"codes": codes(found)}


@pytest.mark.parametrize("kind", MADE)
def test_it_reads_the_same_as_csv(kind: str) -> None:
    assert answer(MADE[kind]([HEAD, ROW, [], ["b", *ROW[1:]]]), "sheet") == table(list(HEAD), list(ROW), [], ["b", *ROW[1:]])


@pytest.mark.parametrize("format", ["sheet", "tsml_csv"])
def test_every_table_may_come_as_one(format: str) -> None:
    assert answer(xlsx(HEAD, ROW), format) == table(list(HEAD), list(ROW), format=format)


def test_lines_and_columns_are_those_a_person_sees() -> None:
    found = answer(xlsx([], ["", "Our list"], [], ["", *HEAD], [], ["", "x", "X", "Funday", "19:00", "", ""]), "sheet")
    assert [(issue["row"], issue["column"], issue["field"], issue["code"]) for issue in found["issues"]] == [(6, "D", "Day", "invalid_day")]


@pytest.mark.parametrize(
    ("cell", "start"),
    [
        (number("0.760417", 1), "18:15"),
        (number("0.7604166", 1), "18:15"),
        (number("0.760417"), "18:15"),
        (number("1815"), "18:15"),
        (number("0.76", 3), "18:14"),
        ("7.30pm - 9", "19:30"),
    ],
)
def test_cells_of_time(cell: str, start: str) -> None:
    assert one(xlsx(HEAD, [*ROW[:3], cell, *ROW[4:]]))["start"] == start


@pytest.mark.parametrize("cell", [number("45000.79", 1), number("1", 1), number("7"), number("45000", 2)])
def test_cells_that_are_no_time_refuse_the_row(cell: str) -> None:
    assert codes(answer(xlsx(HEAD, [*ROW[:3], cell, *ROW[4:]]), "sheet")) == ["invalid_time"]


@pytest.mark.parametrize(("workbook", "updated"), [("", "2023-03-15T00:00:00Z"), ('<workbookPr date1904="1"/>', "2027-03-16T00:00:00Z")])
@pytest.mark.parametrize("style", [0, 2])
def test_day_numbers_count_as_the_file_says(workbook: str, updated: str, style: int) -> None:
    assert one(xlsx(HEAD, [*ROW[:5], number("45000", style)], workbook=workbook))["source_updated"] == updated


def test_numbers_and_ticks() -> None:
    ticked = ['< t="b"|<v>1</v>', '< t="b"|<v>0</v>']
    found = answer(
        xlsx(["ID", "Name", "Day", "Time", "Wheelchair"], *([number("12"), "A", number("0"), "19:00", tick] for tick in ticked)), "sheet"
    )
    assert {row["iso_weekday"] for row in found["rows"]} == {7} and [row["attributes"] for row in found["rows"]] == [["wheelchair"], []]


def test_a_formula_without_a_stored_result_is_named_and_its_row_keeps_the_rest() -> None:
    formulas = ["<|<f>A1&amp;B1</f>", "<|<f>A1</f><v></v>", '< t="e"|<f>1/0</f><v>#DIV/0!</v>']
    for formula in formulas:
        found = answer(xlsx(HEAD, [*ROW[:4], formula, ROW[5]]), "sheet")
        assert [(i["row"], i["column"], i["field"]) for i in found["issues"] if i["code"] == "formula_without_value"] == [
            (2, "E", "Full Address")
        ]
        assert (found["rows"][0]["formatted_address"], found["rows"][0]["name"]) == (None, "Ebb")
    assert one(xlsx(HEAD, [*ROW[:4], '< t="str"|<f>B1</f><v>2 Quay St, Poole</v>', ROW[5]]))["codes"] == []
    cell = '<table:table-cell table:formula="of:=[.A1]"/>'
    assert "formula_without_value" in codes(answer(ods_of([HEAD, [*ROW[:4], cell, ROW[5]]]), "sheet"))


def test_a_merged_cell_has_its_value_in_the_first_only() -> None:
    lines = [["Our meetings"], HEAD, ROW, ["b", "Flow", "", *ROW[3:]]]
    merges = '<mergeCells count="2"><mergeCell ref="A1:F1"/><mergeCell ref="C3:C4"/></mergeCells>'
    cell = '<table:table-cell table:number-rows-spanned="2" office:value-type="string"><text:p>Monday</text:p></table:table-cell>'
    merged = [["Our meetings"], HEAD, [*ROW[:2], cell, *ROW[3:]], ["b", "Flow", "<table:covered-table-cell/>", *ROW[3:]]]
    for body in (xlsx(*lines, after=merges), ods_of(merged)):
        found = answer(body, "sheet")
        said = [(issue["row"], issue["column"], issue["code"], issue["value"]) for issue in found["issues"]]
        assert said == [(3, "C", "merged_cells", "Monday"), (4, "C", "missing_day", None)]
        assert [row["iso_weekday"] for row in found["rows"]] == [1, None]


def test_the_first_sheet_with_the_headings_is_read() -> None:
    sheets = {
        "Notes": xlsx_lines([["Dear all"], ["please fill in the next sheet"]]),
        "List": xlsx_lines([HEAD, ROW]),
        "Old": xlsx_lines([HEAD, ROW, ROW]),
    }
    assert one(zipped(xlsx_members(sheets)))["source_key"] == "a"
    tables = ods_table([["Dear all"]], "Notes") + ods_table([HEAD, ROW], "List")
    assert one(zipped(ods_members(tables)))["source_key"] == "a"


@pytest.mark.parametrize("kind", MADE)
def test_a_spreadsheet_without_rows_or_headings_says_so(kind: str) -> None:
    made = MADE[kind]
    assert [answer(made(lines), "sheet")["error_kind"] for lines in ([], [["", ""]], [HEAD], [["Name", "Day"], ["A", "Monday"]])] == [
        "no_rows",
        "no_rows",
        "no_rows",
        "missing_required_column",
    ]


GOOD = xlsx_members({"Meetings": xlsx_lines([HEAD, ROW])})
GOOD_ODS = ods_members(ods_table([HEAD, ROW]))


def sheet_with(cells: str) -> dict[str, str | bytes]:
    return xlsx_members({"Meetings": f"<sheetData>{cells}</sheetData>"})


def false_sizes() -> bytes:
    """An archive whose directory says that 60 MB are 60 bytes."""
    body = bytearray(zipped(GOOD | {"xl/worksheets/sheet1.xml": b" " * 60_000_000}))
    at = body.rfind(b"xl/worksheets/sheet1.xml") - 46  # its line of the directory
    body[at + 24 : at + 28] = (60).to_bytes(4, "little")
    return bytes(body)


def beginnings(text: str) -> str:
    """Tags that begin and never end, as much as a small file holds. Nothing may look for their ends again from each of them."""
    return text * (400_000 // len(text))


def repeated(times: str) -> bytes:
    """A line that an OpenDocument file says to stand there so often."""
    line = f'<table:table-row table:number-rows-repeated="{times}">'
    return zipped(ods_members(ods_table([HEAD]).replace("<table:table-row>", line, 1)))


def plainly(members: dict[str, str | bytes]) -> bytes:
    """An archive that is not packed, so that no ratio gives it away."""
    return zipped(members, zipfile.ZIP_STORED)


HOSTILE = {
    "cells without an end": (plainly(GOOD | {"xl/worksheets/sheet1.xml": beginnings("<c ")}), "unreadable"),
    "merges without an end": (plainly(GOOD | {"xl/worksheets/sheet1.xml": beginnings("<mergeCell ")}), "unreadable"),
    "blanks after a formula": (plainly(sheet_with('<row r="1"><c r="A1"><f/>' + " " * 400_000)), "unreadable"),
    "relations without an end": (plainly(GOOD | {"xl/_rels/workbook.xml.rels": beginnings("<Relationship ")}), "unreadable"),
    "sheets without an end": (plainly(GOOD | {"xl/workbook.xml": beginnings("<sheet ")}), "unreadable"),
    "a sheet with one long word": (plainly(GOOD | {"xl/workbook.xml": "<sheet " + "a" * 400_000}), "unreadable"),
    "lines without an end": (plainly(GOOD_ODS | {"content.xml": beginnings("<table:table-row ")}), "unreadable"),
    "a table that does not end": (
        plainly(GOOD_ODS | {"content.xml": str(GOOD_ODS["content.xml"]).partition("</table:table>")[0]}),
        "unreadable",
    ),
    "a line said ten thousand million times": (repeated("10000000000"), "too_large"),
    "a line said a million times with noughts before": (repeated("00000000001000000"), "too_large"),
    "a line said a million times in other words": (repeated("&#49;000000"), "too_large"),
    "a line said a million times behind a tag's end that is none": (repeated('1" a="<" table:number-rows-repeated="1000000'), "unreadable"),
    "a bomb of one member": (zipped(GOOD | {"xl/worksheets/sheet1.xml": b" " * 60_000_000}), "too_large"),
    "a bomb under the size but not the ratio": (zipped(GOOD | {"xl/media/a.xml": b" " * 5_000_000}), "too_large"),
    "two thousand members": (zipped(GOOD | {f"xl/{n}.xml": "<a/>" for n in range(2000)}), "too_large"),
    "sizes that lie": (false_sizes(), "unreadable"),
    "one cell in the last corner": (
        zipped(sheet_with('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>')),
        "too_large",
    ),
    "a cell that says where it is in its own way": (
        zipped(sheet_with("<row><c r='A1'><v>1</v></c><c\nr = 'xfd1048576'><v>1</v></c></row>")),
        "too_large",
    ),
    "a line said a million times": (
        zipped(ods_members(ods_table([HEAD]).replace("<table:table-row>", '<table:table-row table:number-rows-repeated="1000000">', 1))),
        "too_large",
    ),
    "entities": (zipped(GOOD | {"xl/worksheets/sheet1.xml": '<!DOCTYPE a [<!ENTITY b "c">]><worksheet>&b;</worksheet>'}), "unreadable"),
    "entities in another alphabet": (
        zipped(GOOD | {"xl/workbook.xml": '<?xml version="1.0"?><!DOCTYPE a><a/>'.encode("utf-16")}),
        "unreadable",
    ),
    "broken XML": (zipped(GOOD | {"xl/worksheets/sheet1.xml": "<worksheet><sheetData><row"}), "unreadable"),
    "no sheet where one should be": (zipped({k: v for k, v in GOOD.items() if "sheet1" not in k}), "unreadable"),
    "another kind of archive": (zipped({"word/document.xml": "<a/>"}), "unreadable"),
    "a drawing of LibreOffice": (zipped(GOOD_ODS | {"mimetype": "application/vnd.oasis.opendocument.graphics"}), "unreadable"),
    "cut off": (zipped(GOOD)[:-40], "unreadable"),
    "nothing but a beginning": (b"PK\x03\x04" + b"\x00" * 40, "unreadable"),
    "an empty archive": (zipped({}), "unreadable"),
    "a compression that is not used": (zipped(GOOD, zipfile.ZIP_LZMA), "unreadable"),
    "an old or a locked workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "unreadable"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_made_to_do_harm_has_a_name_and_costs_little(name: str) -> None:
    body, kind = HOSTILE[name]
    tracemalloc.start()
    began = time.process_time()
    found = answer(body, "sheet")
    spent, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (found["run"], found["error_kind"], found["rows"]) == ("failed", kind, [])
    assert peak < 40_000_000 and spent < 10


def test_a_member_with_a_password_is_not_opened() -> None:
    body = bytearray(zipped(GOOD))
    for at in range(len(body) - 4):
        if body[at : at + 4] == b"PK\x01\x02":
            body[at + 8] |= 1
    assert answer(bytes(body), "sheet")["error_kind"] == "unreadable"


def test_macros_and_pictures_are_never_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(spreadsheet, "pack", lambda parts: seen.extend(parts) or pack(parts))
    assert one(zipped(GOOD | {"xl/vbaProject.bin": b"Sub Auto_Open()", "xl/media/a.png": b"\x89PNG"}))["source_key"] == "a"
    assert "xl/workbook.xml" in seen and not [name for name in seen if name.endswith((".bin", ".png"))]


def test_what_is_read_is_an_archive_of_our_own() -> None:
    body = zipped(GOOD)
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        repacked = pack({name: archive.read(name) for name in archive.namelist()})
    assert answer(repacked.getvalue(), "sheet") == answer(body, "sheet")


def test_the_reach_of_a_sheet_is_looked_at_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Teeth: with the limit away, a corner cell of a smaller sheet is read, all its empty cells with it."""
    body = zipped(sheet_with('<row r="1"><c r="A1"><v>1</v></c><c r="CV60000"><v>1</v></c></row>'))
    assert answer(body, "sheet")["error_kind"] == "too_large"
    monkeypatch.setattr(sheet_marks, "CELLS_MOST", 10_000_000)
    assert answer(body, "sheet")["error_kind"] == "missing_required_column"


def test_sheets_of_other_sizes_than_a_page_are_let_through() -> None:
    lines = [HEAD, *([str(n), f"Ebb {n * 7919}", ROW[2], ROW[3], f"{n * 31} High St, Bournemouth BH1 4HS", ROW[5]] for n in range(3000))]
    for made in MADE.values():
        found = answer(made(lines), "sheet")
        assert (len(found["rows"]), found["issues"]) == (3000, []), json.dumps(found["issues"][:3])
