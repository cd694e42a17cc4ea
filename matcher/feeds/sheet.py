"""Tables with headings: CSV by comma, semicolon or tab, and the values of the Sheets API (meetings 5.2, 5.3). Archives are not opened here."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from matcher.domain.feed_issue import NOTICES, ErrorKind, Issue, IssueCode, Severity
from matcher.domain.meeting import ParseResult
from matcher.feeds.raw_rows import RawRow, Reading, Source, shown_value
from matcher.feeds.reading import read_rows
from matcher.feeds.reading_json import load_json
from matcher.feeds.reading_text import FeedFault, plain_line, to_text
from matcher.feeds.sheet_headings import JOINED, SHEET, TableForm, column_letter, plain_heading

HEADING_WITHIN = 10
DELIMITERS = (",", ";", "\t")
COLUMNS_MOST = 1000

Cells = Sequence[object]


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading line: its place, the columns of each of our words in order of rank, and the headings nobody knows."""

    line: int
    cells: tuple[str, ...]
    columns: dict[str, list[int]]
    unknown: tuple[int, ...]

    def missing(self, form: TableForm) -> tuple[str, ...]:
        """The required columns it lacks, by their usual headings."""
        return tuple(form.headings[word][0] for word in form.required if word not in self.columns)


def parse_sheet(text: str, reading: Reading, *, most_rows: int, noted: list[Issue], form: TableForm = SHEET) -> ParseResult:
    """The whole table. Raises FeedFault where it is none or lacks a required column."""
    filled = _filled_lines(_lines(text, form), most_rows + HEADING_WITHIN)
    if not filled:
        raise FeedFault(ErrorKind.NO_ROWS)
    heading = _find_heading(filled, form)
    below = [(number, cells) for number, cells in filled if number > heading.line and not _is_heading_again(cells, heading)]
    if not below:
        raise FeedFault(ErrorKind.NO_ROWS)
    if len(below) > most_rows:
        raise FeedFault(ErrorKind.TOO_MANY_ROWS)
    about = [*noted, *_unknown_columns(heading)]
    sources = {word: Source(heading.cells[places[0]], column_letter(places[0])) for word, places in heading.columns.items()}
    raws: list[RawRow] = []
    for number, cells in below:
        about.extend(_extra_cells(number, cells, heading))
        raw = _raw_row(number, cells, heading, sources)
        raws.append(_split_address_at(raw) if form.splits_at else raw)
    return read_rows(raws, reading, noted=about)


def _filled_lines(lines: Iterable[Cells], most: int) -> list[tuple[int, Cells]]:
    """The lines that are not blank, with the number a person sees. Raises FeedFault as soon as there are too many."""
    filled: list[tuple[int, Cells]] = []
    for number, cells in enumerate(lines, start=1):
        if not _is_blank(cells):
            filled.append((number, cells))
            if len(filled) > most:
                raise FeedFault(ErrorKind.TOO_MANY_ROWS)
    return filled


def _lines(text: str, form: TableForm) -> Iterable[Cells]:
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
            found += not _is_blank(cells)
            yield cells
            if found >= HEADING_WITHIN:
                return
    except csv.Error:
        return


def _known(cells: Cells, form: TableForm) -> int:
    return sum(form.word_of(to_text(cell)) is not None for cell in cells[:COLUMNS_MOST])


def _is_blank(cells: Cells) -> bool:
    return not any(_filled(cell) for cell in cells)


def _filled(cell: object) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(plain_line(cell)))


def _find_heading(filled: list[tuple[int, Cells]], form: TableForm) -> Heading:
    """The first line of ten with every required heading. Raises FeedFault naming what the likeliest line lacks."""
    seen = [_heading(number, cells, form) for number, cells in filled[:HEADING_WITHIN]]
    for heading in seen:
        if not heading.missing(form):
            return heading
    likeliest = max(seen, key=lambda heading: len(heading.columns))
    raise FeedFault(ErrorKind.MISSING_REQUIRED_COLUMN, likeliest.missing(form))


def _heading(number: int, cells: Cells, form: TableForm) -> Heading:
    names = tuple(plain_line(to_text(cell)) for cell in cells[:COLUMNS_MOST])
    ranked: dict[str, list[tuple[int, int]]] = {}
    unknown: list[int] = []
    for place, name in enumerate(names):
        found = form.word_of(name)
        if found:
            ranked.setdefault(found[0], []).append((found[1], place))
        elif name and not form.is_dropped(name):
            unknown.append(place)
    columns = {word: [place for _, place in sorted(places)] for word, places in ranked.items()}
    return Heading(number, names, columns, tuple(unknown))


def _is_heading_again(cells: Cells, heading: Heading) -> bool:
    again = [plain_heading(to_text(cell)) for cell in cells]
    first = [plain_heading(name) for name in heading.cells]
    while again and not again[-1]:
        again.pop()
    while first and not first[-1]:
        first.pop()
    return again == first


def _raw_row(number: int, cells: Cells, heading: Heading, sources: dict[str, Source]) -> RawRow:
    values: dict[str, object] = {}
    own = sources
    for word, places in heading.columns.items():
        filled = [place for place in places if place < len(cells) and _filled(cells[place])]
        if not filled:
            continue
        if filled[0] != places[0]:
            own = own | {word: Source(heading.cells[filled[0]], column_letter(filled[0]))}
        values[word] = JOINED[word].join(to_text(cells[place]) for place in filled) if word in JOINED else cells[filled[0]]
    return RawRow(number, values, own)


def _split_address_at(raw: RawRow) -> RawRow:
    street, at, way = to_text(raw.values.get("address")).partition(" @ ")
    if not at:
        return raw
    notes = "\n\n".join(part for part in (to_text(raw.values.get("location_notes")), way) if part)
    return replace(raw, values=dict(raw.values) | {"address": street, "location_notes": notes})


def _unknown_columns(heading: Heading) -> list[Issue]:
    return [_about(heading.line, place, heading.cells[place], IssueCode.UNKNOWN_COLUMN) for place in heading.unknown]


def _extra_cells(number: int, cells: Cells, heading: Heading) -> list[Issue]:
    """Filled cells in columns without a heading; one issue for a row."""
    for place, cell in enumerate(cells):
        if _filled(cell) and (place >= len(heading.cells) or not heading.cells[place]):
            return [_about(number, place, to_text(cell), IssueCode.EXTRA_CELLS)]
    return []


def _about(number: int, place: int, text: str, code: IssueCode) -> Issue:
    severity = Severity.NOTICE if code in NOTICES else Severity.WARNING
    name = shown_value(text) if code is IssueCode.UNKNOWN_COLUMN else None
    return Issue(number, column_letter(place), None, name, code, shown_value(text), severity)
