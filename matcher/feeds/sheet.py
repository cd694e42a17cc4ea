"""Plain sheets: CSV by comma, semicolon or tab, the values of the Sheets API, xlsx and ods; what is in them is read by table_rows (meetings 5.2)."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from matcher.domain.feed_issue import ErrorKind, Issue
from matcher.domain.meeting import ParseResult
from matcher.feeds.raw_rows import Reading
from matcher.feeds.reading_json import load_json
from matcher.feeds.reading_text import FeedFault, to_text
from matcher.feeds.sheet_headings import SHEET, TableForm
from matcher.feeds.spreadsheet import open_spreadsheet
from matcher.feeds.table_rows import COLUMNS_MOST, HEADING_WITHIN, Cells, filled_lines, is_blank, read_table

DELIMITERS = (",", ";", "\t")


def parse_sheet(body: str | bytes, reading: Reading, *, most_rows: int, noted: list[Issue], form: TableForm = SHEET) -> ParseResult:
    """The whole table, from text or from a spreadsheet's bytes. Raises FeedFault where it is none or lacks a required column."""
    if isinstance(body, str):
        return read_table(text_lines(body, form), reading, form, most_rows=most_rows, noted=noted)
    book = open_spreadsheet(body)
    sheet = book.sheet_of(form)
    reading = replace(reading, from_1904=book.from_1904)
    return read_table(sheet.lines(), reading, form, most_rows=most_rows, noted=noted, marks=sheet.marks)


def first_lines(text: str) -> list[Cells]:
    """The first filled lines of a table whose kind is not known yet, by the delimiter that gives most cells. JSON that is no table: none."""
    if text.lstrip()[:1] == "{":
        return [cells for _, cells in islice(filled_lines(_api_lines(load_json(text))), HEADING_WITHIN)]
    tried = [[cells for cells in _first_lines(text, delimiter) if not is_blank(cells)] for delimiter in DELIMITERS]
    return max(tried, key=lambda lines: max((len(cells) for cells in lines), default=0))


def text_lines(text: str, form: TableForm) -> Iterable[Cells]:
    """The lines of a table that came as text. Raises FeedFault where it is none."""
    start = text.lstrip()[:1]
    if start == "{":
        return _api_lines(load_json(text))
    if start == "[":
        try:
            load_json(text)
        except FeedFault:
            return _csv_lines(text, form)
        raise FeedFault(ErrorKind.WRONG_SHAPE)
    return _csv_lines(text, form)


def _api_lines(answer: object) -> list[Cells]:
    """The Sheets API leaves `values` out where the sheet is empty."""
    is_range = isinstance(answer, dict) and ("values" in answer or "range" in answer) and answer.get("majorDimension", "ROWS") == "ROWS"
    values = answer.get("values", []) if isinstance(answer, dict) else None
    if not is_range or not isinstance(values, list) or not all(isinstance(line, list) for line in values):
        raise FeedFault(ErrorKind.WRONG_SHAPE)
    return values


def _csv_lines(text: str, form: TableForm) -> Iterator[Cells]:
    """The table by the delimiter under which its first lines have most known headings."""
    best, most = DELIMITERS[0], -1
    for delimiter in DELIMITERS:
        known = max((_known(cells, form) for cells in _first_lines(text, delimiter)), default=0)
        if known > most:
            best, most = delimiter, known
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=best)
    except csv.Error:
        raise FeedFault(ErrorKind.UNREADABLE) from None


def _first_lines(text: str, delimiter: str) -> Iterator[Cells]:
    found = 0
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            found += not is_blank(cells)
            yield cells
            if found >= HEADING_WITHIN:
                return
    except csv.Error:
        return


def _known(cells: Cells, form: TableForm) -> int:
    return sum(form.word_of(to_text(cell)) is not None for cell in cells[:COLUMNS_MOST])
