"""The CSV export of the 12 Step Meeting List plug-in and its cousins: a table whose rows may lack a key (meetings 5.3)."""

from dataclasses import replace

from matcher.domain.feed_issue import Issue
from matcher.domain.meeting import ParseResult
from matcher.feeds.raw_rows import Reading
from matcher.feeds.sheet import parse_sheet
from matcher.feeds.sheet_headings import TSML


def parse_tsml_csv(body: str | bytes, reading: Reading, *, most_rows: int, noted: list[Issue]) -> ParseResult:
    """The whole table. Columns about people and money are not read. Raises FeedFault."""
    return parse_sheet(body, replace(reading, synthesises_keys=True), most_rows=most_rows, noted=noted, form=TSML)
