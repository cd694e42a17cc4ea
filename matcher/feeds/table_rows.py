"""Tables with headings, whatever file they came in: lines of cells into rows, a column letter for everything that is found (meetings 5.2 to 5.4)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from typing import NamedTuple

from matcher.domain.csv_cells import FORMULA_STARTS
from matcher.domain.feed_issue import NOTICES, ErrorKind, Issue, IssueCode, Severity
from matcher.domain.meeting import ParseResult
from matcher.feeds.raw_rows import RawRow, Reading, Source, shown_value
from matcher.feeds.reading import read_rows
from matcher.feeds.reading_text import FeedFault, plain_line, to_text
from matcher.feeds.sheet_headings import TableForm, column_letter, plain_heading

HEADING_WITHIN = 10
COLUMNS_MOST = 1000
MADE_INERT = tuple(f"'{start}" for start in FORMULA_STARTS)
"""How a sheet of ours begins a cell that would else be run as a formula; what was written there is without the mark."""

Cells = Sequence[object]


class CellMark(NamedTuple):
    """Something about one cell that its value does not show: the line a person sees, the column from 0, and what it is."""

    line: int
    place: int
    code: IssueCode


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading line: its place, the columns of each of our words in order of rank, the headings nobody knows, and columns without one."""

    line: int
    cells: tuple[str, ...]
    columns: dict[str, list[int]]
    unknown: tuple[int, ...]
    nameless: tuple[int, ...]

    @property
    def initial(self) -> str:
        """The first letter of its first cell, small."""
        return self.cells[0][:1].casefold() if self.cells else ""

    def missing(self, form: TableForm) -> tuple[str, ...]:
        """The required columns it lacks, by their usual headings."""
        return tuple(form.headings[word][0] for word in form.required if word not in self.columns)


def read_table(
    lines: Iterable[Cells], reading: Reading, form: TableForm, *, most_rows: int, noted: list[Issue], marks: Sequence[CellMark] = ()
) -> ParseResult:
    """The whole table. Raises FeedFault where it is none or lacks a required column."""
    filled = filled_lines(lines)
    first = list(islice(filled, HEADING_WITHIN))
    if not first:
        raise FeedFault(ErrorKind.NO_ROWS)
    heading = find_heading(first, form)
    table = _Table(heading, form, most_rows, marks)
    table.noted.extend([*noted, *_unknown_columns(heading)])
    result = read_rows(table.raw_rows(chain(first, filled)), reading, noted=table.noted, left_out=lambda: table.skipped)
    if not table.count:
        raise FeedFault(ErrorKind.NO_ROWS)
    return result


class _Table:
    """The lines below a heading, one after the other, so that a long table is never held as a whole; what is found on the way is noted."""

    def __init__(self, heading: Heading, form: TableForm, most_rows: int, marks: Sequence[CellMark]) -> None:
        self.heading, self.form, self.most_rows = heading, form, most_rows
        self.noted: list[Issue] = []
        self.count = self.skipped = 0
        self.marks: dict[int, list[CellMark]] = {}
        for mark in sorted(set(marks)):
            self.marks.setdefault(mark.line, []).append(mark)

    def raw_rows(self, filled: Iterable[tuple[int, Cells]]) -> Iterator[RawRow]:
        """The rows as they are read. Raises FeedFault as soon as there are too many."""
        heading = self.heading
        sources = {word: Source(heading.cells[places[0]], column_letter(places[0])) for word, places in heading.columns.items()}
        for number, cells in filled:
            if number <= heading.line or is_heading_again(cells, heading):
                continue
            self.count += 1
            if self.count > self.most_rows:
                raise FeedFault(ErrorKind.TOO_MANY_ROWS)
            self.noted.extend(_extra_cells(number, cells, heading))
            self.noted.extend(_marked(self.marks.get(number, ()), cells, heading))
            raw = self.form.finish(_raw_row(number, cells, heading, sources=sources, form=self.form))
            self.skipped += raw is None
            if raw:
                yield raw


def filled_lines(lines: Iterable[Cells]) -> Iterator[tuple[int, Cells]]:
    """The lines that are not blank, with the number a person sees."""
    return ((number, cells) for number, cells in enumerate(lines, start=1) if not is_blank(cells))


def is_blank(cells: Cells) -> bool:
    """Whether nothing stands in the line."""
    return not any(cell != "" and _filled(cell) for cell in cells)


def _filled(cell: object) -> bool:
    """Whether something of it is left when it has been cleaned; what begins with a letter or digit always leaves that."""
    if not isinstance(cell, str):
        return cell is not None
    return cell[:1].isalnum() or bool(cell and plain_line(cell))


def find_heading(filled: list[tuple[int, Cells]], form: TableForm) -> Heading:
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
    return Heading(number, names, columns, tuple(unknown), tuple(place for place, name in enumerate(names) if not name))


def is_heading_again(cells: Cells, heading: Heading) -> bool:
    """Whether a line says what the heading says; most differ in the first letter of their first cell."""
    first = cells[0] if cells else ""
    if isinstance(first, str) and first[:1].isalnum() and first[:1].casefold() != heading.initial:
        return False
    return all(plain_heading(to_text(cell)) == plain_heading(name) for cell, name in zip_longest(cells, heading.cells, fillvalue=""))


def _raw_row(number: int, cells: Cells, heading: Heading, *, sources: dict[str, Source], form: TableForm) -> RawRow:
    values: dict[str, object] = {}
    own = sources
    width = len(cells)
    for word, places in heading.columns.items():
        if len(places) == 1:
            cell = cells[places[0]] if places[0] < width else ""
            if cell != "" and _filled(cell):
                values[word] = cell[1:] if isinstance(cell, str) and cell.startswith(MADE_INERT) else cell
            continue
        filled = [place for place in places if place < len(cells) and _filled(cells[place])]
        if not filled:
            continue
        if filled[0] != places[0]:
            own = own | {word: Source(heading.cells[filled[0]], column_letter(filled[0]))}
        joint = form.joined.get(word) if len(filled) > 1 else None
        values[word] = cells[filled[0]] if joint is None else joint.join(to_text(cells[place]) for place in filled)
    return RawRow(number, values, own)


def _unknown_columns(heading: Heading) -> list[Issue]:
    return [_about(heading.line, place, heading.cells[place], IssueCode.UNKNOWN_COLUMN) for place in heading.unknown]


def _marked(marks: Sequence[CellMark], cells: Cells, heading: Heading) -> Iterable[Issue]:
    """The marks in columns that are read; of a merged cell its own text is shown."""
    if not marks:
        return
    read = {place for places in heading.columns.values() for place in places}
    for mark in marks:
        if mark.place in read:
            text = shown_value(to_text(cells[mark.place])) if mark.place < len(cells) else None
            name = shown_value(heading.cells[mark.place])
            yield Issue(mark.line, column_letter(mark.place), None, name, mark.code, text, Severity.WARNING)


def _extra_cells(number: int, cells: Cells, heading: Heading) -> list[Issue]:
    """Filled cells in columns without a heading; one issue for a row."""
    for place in (*heading.nameless, *range(len(heading.cells), len(cells))):
        if place < len(cells) and _filled(cells[place]):
            return [_about(number, place, to_text(cells[place]), IssueCode.EXTRA_CELLS)]
    return []


def _about(number: int, place: int, text: str, code: IssueCode) -> Issue:
    severity = Severity.NOTICE if code in NOTICES else Severity.WARNING
    name = shown_value(text) if code is IssueCode.UNKNOWN_COLUMN else None
    return Issue(number, column_letter(place), None, name, code, shown_value(text), severity)
