"""Which formats are read, and by what: bytes in, one result out, whatever the bytes are (meetings 3.1)."""

from typing import Protocol

from matcher.domain.feed_issue import ErrorKind, Issue, IssueCode, Severity
from matcher.domain.fellowship import Fellowship
from matcher.domain.meeting import ParseResult
from matcher.feeds.meeting_guide import parse_meeting_guide
from matcher.feeds.raw_rows import Reading
from matcher.feeds.reading_text import FeedFault, decode_body
from matcher.feeds.sheet import parse_sheet
from matcher.feeds.tsml_csv import parse_tsml_csv

FORMATS = ("meeting_guide", "sheet", "tsml_csv", "naws_csv", "bmlt", "ukna", "aagb")
"""Every format of the contract; a source may name any of them."""
FILE_MOST = 200 * 1024 * 1024
ROWS_MOST = 150_000


class Parser(Protocol):
    """Text of a feed into its result. Raises FeedFault."""

    def __call__(self, text: str, reading: Reading, *, most_rows: int, noted: list[Issue]) -> ParseResult: ...


PARSERS: dict[str, Parser] = {"meeting_guide": parse_meeting_guide, "sheet": parse_sheet, "tsml_csv": parse_tsml_csv}
TABLES = frozenset({"sheet", "tsml_csv", "naws_csv"})


class NotReadYet(Exception):
    """This format has its place but is not read yet."""


def parser_of(format: str) -> Parser:
    """The parser of a format. Raises NotReadYet, and KeyError for a word that is no format."""
    if format not in FORMATS:
        raise KeyError(format)
    if format not in PARSERS:
        raise NotReadYet(f"The format {format} is not read yet.")
    return PARSERS[format]


def parse(
    body: bytes,
    *,
    format: str,
    fellowship: Fellowship,
    timezone: str = "Europe/London",
    date_order: str = "dmy",
    most_bytes: int = FILE_MOST,
    most_rows: int = ROWS_MOST,
) -> ParseResult:
    """A whole feed. Never raises for what the bytes are: a feed that cannot be read is a result that says so. Raises NotReadYet."""
    parser = parser_of(format)
    reading = Reading(fellowship=fellowship, timezone=timezone, date_order=date_order, from_cells=format in TABLES)
    try:
        if len(body) > most_bytes:
            raise FeedFault(ErrorKind.TOO_LARGE)
        text, is_guessed = decode_body(body)
        noted = [Issue(None, None, None, None, IssueCode.ENCODING_GUESSED, "windows-1252", Severity.WARNING)] if is_guessed else []
        return parser(text, reading, most_rows=most_rows, noted=noted)
    except FeedFault as fault:
        return ParseResult(error_kind=fault.kind, missing_columns=fault.missing_columns)
