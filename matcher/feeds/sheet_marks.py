"""What a spreadsheet's XML says that its cells do not: formulas without a stored result, merged cells, and how far it reaches (meetings 5.2)."""

import re
from collections.abc import Iterator

from matcher.domain.feed_issue import ErrorKind, IssueCode
from matcher.feeds.reading_text import FeedFault
from matcher.feeds.table_rows import CellMark

CELLS_MOST = 4_000_000
"""Lines times columns. A reader keeps every cell between the first and the last, filled or not."""
ROWS_OF_A_SHEET, COLUMNS_OF_A_SHEET = 1_048_576, 16_384
_PIECE, _OVERLAP = 1 << 20, 64

_REFERENCE = re.compile(rb"""[\s"']r\s*=\s*["']([A-Za-z]*)([0-9]+)["']""")
_PREFIX = rb"<(?:\w{1,40}+:)?"
# Nothing here may look beyond the next "<", and no two repeats of the same thing may follow each other: a file made of the beginnings of tags
# would keep the whole program waiting for days, because a pattern is never interrupted.
_MERGED = re.compile(_PREFIX + rb"""mergeCell\s[^<>]*?ref\s*+=\s*+["']([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}\d{1,7}["']""")
_FORMULA = re.compile(
    _PREFIX + rb"""c\b(?P<about>[^<>]*+)>\s*+<(?:\w{1,40}+:)?f\b[^<>]*?(?:/>|>[^<]*+</(?:\w{1,40}+:)?f>)\s*+"""
    rb"""(?P<value><(?:\w{1,40}+:)?v\s*+/>|<(?:\w{1,40}+:)?v>[^<]*+</(?:\w{1,40}+:)?v>)?+\s*+</(?:\w{1,40}+:)?c>"""
)
_SHEET = re.compile(_PREFIX + rb"""sheet\s([^<>]*+)>""")
_SHEET_ID = re.compile(rb"""\s\w{1,40}+:id\s*+=\s*+["']([^"']*+)["']""")
_RELATION = re.compile(_PREFIX + rb"Relationship\s([^<>]*+)>")
_ATTRIBUTE = rb"""\b%s\s*+=\s*+["']([^"']*+)["']"""

_ODS = re.compile(
    rb"""<(?P<end>/?)table:(?P<what>table-row|table-cell|covered-table-cell|table)(?=[\s/>])(?P<about>(?:[^<>"']|"[^<"]*+"|'[^<']*+')*+)(?P<whole>>)?"""
)
_TIMES = re.compile(rb"""table:number-(?:rows|columns)-repeated\b(?:\s*+=\s*+["']([0-9]{1,20})["'])?""")
_SPANNED = re.compile(rb"""table:number-(?:rows|columns)-spanned\s*=\s*["'](?!1["'])""")


def marks_of_xlsx(parts: dict[str, bytes]) -> tuple[tuple[CellMark, ...], ...]:
    """The marks of each sheet in the order of the workbook. Raises FeedFault for one that reaches too far."""
    for part in parts.values():
        if b"sheetData" in part:
            _check_reach(part)
    targets = {}
    for relation in _RELATION.findall(parts.get("xl/_rels/workbook.xml.rels", b"")):
        name, target = (re.search(_ATTRIBUTE % word, relation) for word in (b"Id", b"Target"))
        if name and target:
            targets[name[1]] = target[1].decode("utf-8", "replace")
    ids = [_SHEET_ID.search(b" " + about) for about in _SHEET.findall(parts["xl/workbook.xml"])]
    names = [targets.get(found[1], "") for found in ids if found]
    paths = [name[1:] if name.startswith("/") else f"xl/{name}" for name in names]
    return tuple(tuple(_xlsx_marks(parts.get(path, b""))) for path in paths)


def _check_reach(part: bytes) -> None:
    """Piece by piece, so that a large sheet costs little memory."""
    columns, lines = set[bytes](), 0
    for start in range(0, len(part), _PIECE):
        found = _REFERENCE.findall(part[start : start + _PIECE + _OVERLAP])
        columns.update(letters for letters, _ in found)
        lines = max(lines, max((int(digits[:9]) for _, digits in found), default=0))
    _check_size(lines, max((_place(letters) + 1 for letters in columns), default=0))


def _check_size(lines: int, columns: int) -> None:
    if lines > ROWS_OF_A_SHEET or columns > COLUMNS_OF_A_SHEET or lines * columns > CELLS_MOST:
        raise FeedFault(ErrorKind.TOO_LARGE)


def _place(letters: bytes) -> int:
    """0 for A, 25 for Z, 26 for AA."""
    place = 0
    for letter in letters[:4].upper():
        place = place * 26 + letter - 64
    return place - 1


def _xlsx_marks(part: bytes) -> Iterator[CellMark]:
    for letters, digits in _MERGED.findall(part):
        yield CellMark(int(digits), _place(letters), IssueCode.MERGED_CELLS)
    for found in _FORMULA.finditer(part):
        where = _REFERENCE.search(found["about"])
        is_wrong = b't="e"' in found["about"] or not re.search(rb">[^<]", found["value"] or b"")
        if where and is_wrong:
            yield CellMark(int(where[2][:9]), _place(where[1]), IssueCode.FORMULA_WITHOUT_VALUE)


def marks_of_ods(content: bytes) -> tuple[tuple[CellMark, ...], ...]:
    """The marks of each sheet, in order. Raises FeedFault for one that reaches too far: a cell may be written once for a million.

    A tag that is none, or that has "<" in what it says, is refused: it could hide how far it reaches from us and show it to the reader.
    """
    sheets: list[list[CellMark]] = []
    line = place = reach_lines = reach_columns = times = 0
    for tag in _ODS.finditer(content):
        if not tag["whole"]:
            raise FeedFault(ErrorKind.UNREADABLE)
        what, about, is_end = tag["what"], tag["about"], bool(tag["end"])
        if what == b"table" and not is_end:
            sheets.append([])
            line = reach_lines = reach_columns = 0
        elif what == b"table-row":
            if not is_end:
                times, place = _times(about), 0
            line += times if is_end or about.endswith(b"/") else 0
        elif what != b"table" and not is_end:
            if not about.endswith(b"/") or b"value-type" in about or b"formula" in about:
                reach_lines, reach_columns = max(reach_lines, line + times), max(reach_columns, place + _times(about))
                _check_size(reach_lines, reach_columns)
            if sheets:
                sheets[-1].extend(_ods_marks(about, line + 1, place))
            place += _times(about)
    return tuple(tuple(marks) for marks in sheets)


def _ods_marks(about: bytes, line: int, place: int) -> Iterator[CellMark]:
    if _SPANNED.search(about):
        yield CellMark(line, place, IssueCode.MERGED_CELLS)
    if b"table:formula" in about and (b"office:value-type" not in about or b'calcext:value-type="error"' in about):
        yield CellMark(line, place, IssueCode.FORMULA_WITHOUT_VALUE)


def _times(about: bytes) -> int:
    """How often it stands there. A number that is not written in plain digits, which a reader may understand all the same, is too many."""
    return max((int(digits or CELLS_MOST + 1) for digits in _TIMES.findall(about)), default=1) or 1
