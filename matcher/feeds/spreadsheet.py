"""xlsx and ods: the first sheet with the headings asked for, its cells as text and numbers (meetings 5.2). Nothing in a file is run."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

from matcher.domain.feed_issue import ErrorKind
from matcher.feeds.archive import pack, unpack
from matcher.feeds.reading_text import FeedFault
from matcher.feeds.sheet_headings import TableForm
from matcher.feeds.sheet_marks import marks_of_ods, marks_of_xlsx
from matcher.feeds.table_rows import HEADING_WITHIN, CellMark, Cells, filled_lines, find_heading

LINES_BEFORE_HEADING = 1000
_FROM_1904 = re.compile(rb"\bdate1904\s*=\s*[\"'](?:1|true)[\"']")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a file, with what calamine does not tell about its cells."""

    cells: CalamineSheet
    marks: tuple[CellMark, ...]

    def lines(self) -> Iterator[Cells]:
        """Its lines from the first; dates and times as text, to the minute."""
        before = [""] * (self.cells.start or (0, 0))[1]
        for line in self.cells.iter_rows():
            yield [*before, *(cell if isinstance(cell, str | float) else _plain(cell) for cell in line)]


@dataclass(frozen=True, slots=True)
class Spreadsheet:
    """An opened file. `from_1904`: its bare day numbers count from 1904."""

    book: CalamineWorkbook
    marks: tuple[tuple[CellMark, ...], ...]
    from_1904: bool

    def sheets(self) -> Iterator[Sheet]:
        """Its sheets of cells, in order. Raises FeedFault for a broken one."""
        for place, about in enumerate(self.book.sheets_metadata):
            if about.typ == SheetTypeEnum.WorkSheet:
                yield Sheet(_sheet(self.book, place), self.marks[place] if place < len(self.marks) else ())

    def sheet_of(self, form: TableForm) -> Sheet:
        """The first sheet with a heading line of this form. Raises FeedFault as the first sheet that has anything in it would."""
        fault = FeedFault(ErrorKind.NO_ROWS)
        for sheet in self.sheets():
            try:
                if first := first_filled(sheet):
                    find_heading(first, form)
                    return sheet
            except FeedFault as lacking:
                fault = lacking if fault.kind is ErrorKind.NO_ROWS else fault
        raise fault


def open_spreadsheet(body: bytes) -> Spreadsheet:
    """A file that says it is xlsx or ods. Raises FeedFault: too large, encrypted, with entities, broken, or another kind of archive."""
    parts = unpack(body)
    if "xl/workbook.xml" in parts:
        marks = marks_of_xlsx(parts)
    elif "content.xml" in parts and b"opendocument.spreadsheet" in parts.get("mimetype", b""):
        marks = marks_of_ods(parts["content.xml"])
    else:
        raise FeedFault(ErrorKind.UNREADABLE)
    packed, is_1904 = pack(parts), bool(_FROM_1904.search(parts.get("xl/workbook.xml", b"")))
    parts.clear()
    try:
        return Spreadsheet(CalamineWorkbook.from_filelike(packed), marks, is_1904)
    except BaseException as broken:
        raise _fault_of(broken) from None


def first_filled(sheet: Sheet) -> list[tuple[int, Cells]]:
    """The first lines of a sheet that are not blank, as many as may come before its heading."""
    return list(islice(filled_lines(islice(sheet.lines(), LINES_BEFORE_HEADING)), HEADING_WITHIN))


def _sheet(book: CalamineWorkbook, place: int) -> CalamineSheet:
    try:
        return book.get_sheet_by_index(place)
    except BaseException as broken:
        raise _fault_of(broken) from None


def _fault_of(broken: BaseException) -> BaseException:
    """A file that calamine refuses, or stumbles over with a panic, cannot be read; anything else is passed on."""
    is_files_fault = isinstance(broken, CalamineError) or type(broken).__module__ == "pyo3_runtime"
    return FeedFault(ErrorKind.UNREADABLE) if is_files_fault else broken


def _plain(cell: object) -> object:
    """A cell as it would be typed. Excel keeps times as fractions of a day, so they are rounded to the minute that is meant."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, time):
        minutes = round((cell.hour * 3600 + cell.minute * 60 + cell.second + cell.microsecond / 1e6) / 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"
    if isinstance(cell, datetime):
        return (cell + timedelta(microseconds=500_000)).strftime("%Y-%m-%dT%H:%M:%S")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        minutes = round(cell.total_seconds() / 60)
        return f"{minutes // 60}:{minutes % 60:02d}"
    return cell
