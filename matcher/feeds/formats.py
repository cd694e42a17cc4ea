"""Which formats are read, and by what: bytes in, one result out, whatever the bytes are (meetings 3.1). Which one it is: recognising.py."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from matcher.domain.feed_issue import ErrorKind, Issue, IssueCode, Severity
from matcher.domain.fellowship import Fellowship
from matcher.domain.meeting import ParseResult
from matcher.feeds.aagb import parse_aagb
from matcher.feeds.archive import is_archive
from matcher.feeds.bmlt import parse_bmlt
from matcher.feeds.meeting_guide import parse_meeting_guide
from matcher.feeds.naws_csv import parse_naws_csv
from matcher.feeds.raw_rows import Reading
from matcher.feeds.reading_json import load_json
from matcher.feeds.reading_text import FeedFault, decode_body
from matcher.feeds.sheet import parse_sheet
from matcher.feeds.tsml_csv import parse_tsml_csv
from matcher.feeds.ukna import parse_ukna

FORMATS = ("meeting_guide", "sheet", "tsml_csv", "naws_csv", "bmlt", "ukna", "aagb")
"""Every format of the contract; a source may name any of them."""
FILE_MOST = 200 * 1024 * 1024
ROWS_MOST = 150_000


class Parser(Protocol):
    """What the JSON of a feed holds into its result; it may be emptied on the way. Raises FeedFault."""

    def __call__(self, answer: Any, reading: Reading, *, most_rows: int, noted: list[Issue]) -> ParseResult: ...


class TableParser(Protocol):
    """Text of a table, or a spreadsheet's bytes, into its result. Raises FeedFault."""

    def __call__(self, body: str | bytes, reading: Reading, *, most_rows: int, noted: list[Issue]) -> ParseResult: ...


TABLES: dict[str, TableParser] = {"sheet": parse_sheet, "tsml_csv": parse_tsml_csv, "naws_csv": parse_naws_csv}
"""The formats whose rows are lines of cells; they may come as CSV, from the Sheets API, as xlsx or as ods."""
DOCUMENTS: dict[str, Parser] = {"meeting_guide": parse_meeting_guide, "bmlt": parse_bmlt, "ukna": parse_ukna, "aagb": parse_aagb}

PARSERS: dict[str, Parser | TableParser] = {**TABLES, **DOCUMENTS}


def parse(
    body: bytes,
    *,
    format: str,
    fellowship: Fellowship,
    timezone: str = "Europe/London",
    date_order: str = "dmy",
    most_bytes: int = FILE_MOST,
    most_rows: int = ROWS_MOST,
    fingerprints: bool = False,
    is_glance: bool = False,
) -> ParseResult:
    """A whole feed; `fingerprints`: with its fingerprint; `is_glance`: with nothing else, in a quarter of the time.

    Never raises for what the bytes are: a feed that cannot be read is a result that says so. Raises KeyError for no format.
    """
    if format not in FORMATS:
        raise KeyError(format)
    reading = Reading(
        fellowship=fellowship,
        timezone=timezone,
        date_order=date_order,
        from_cells=format in TABLES,
        fingerprints=fingerprints or is_glance,
        is_glance=is_glance,
    )
    if len(body) > most_bytes:
        return ParseResult(error_kind=ErrorKind.TOO_LARGE)
    try:
        with _no_collecting():
            return _parse(body, format, reading, most_rows=most_rows)
    except FeedFault as fault:
        return ParseResult(error_kind=fault.kind, missing_columns=fault.missing_columns)


def _parse(body: bytes, format: str, reading: Reading, *, most_rows: int) -> ParseResult:
    if format in TABLES and is_archive(body):
        return TABLES[format](body, reading, most_rows=most_rows, noted=[])
    text, is_guessed = decode_body(body)
    noted = [Issue(None, None, None, None, IssueCode.ENCODING_GUESSED, "windows-1252", Severity.WARNING)] if is_guessed else []
    if format in TABLES:
        return TABLES[format](text, reading, most_rows=most_rows, noted=noted)
    answer = load_json(text)
    del text  # of a large feed it is as large as all that will be kept of it
    return DOCUMENTS[format](answer, reading, most_rows=most_rows, noted=noted)


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Rows refer to nothing that refers back, so there is no garbage to look for among them; looking took a third of the time of a large feed."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
