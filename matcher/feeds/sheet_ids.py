"""A sheet without an ID column, with one filled in: the offer that goes with the refusal (meetings 5.2). Its owner keeps it from then on."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, islice

from matcher.domain.feed_issue import ErrorKind
from matcher.feeds.archive import is_archive
from matcher.feeds.reading_text import FeedFault, decode_body, to_text
from matcher.feeds.sheet import text_lines
from matcher.feeds.sheet_headings import SHEET
from matcher.feeds.spreadsheet import open_spreadsheet
from matcher.feeds.table_rows import HEADING_WITHIN, Cells, Heading, filled_lines, find_heading, is_heading_again

FORM = replace(SHEET, required=("name",))
MADE_OF = ("name", "day", "start")
LONGEST = 60


def with_ids(body: bytes, *, most_rows: int) -> list[list[str]]:
    """The sheet's lines as text, "ID" before each: made of name, day and start, so that a person knows it again; no two alike.

    Raises FeedFault where it is no table, has no column of names, has IDs already (`WRONG_SHAPE`), or has too many lines.
    """
    lines = open_spreadsheet(body).sheet_of(FORM).lines() if is_archive(body) else text_lines(decode_body(body)[0], FORM)
    return list(_numbered(lines, most_rows))


def _numbered(lines: Iterable[Cells], most_rows: int) -> Iterator[list[str]]:
    filled = filled_lines(lines)
    first = list(islice(filled, HEADING_WITHIN))
    if not first:
        raise FeedFault(ErrorKind.NO_ROWS)
    heading = find_heading(first, FORM)
    if "key" in heading.columns:
        raise FeedFault(ErrorKind.WRONG_SHAPE)
    yield ["ID", *heading.cells]
    used: dict[str, int] = {}
    for count, (number, cells) in enumerate(chain(first, filled)):
        if number <= heading.line or is_heading_again(cells, heading):
            continue
        if count > most_rows:
            raise FeedFault(ErrorKind.TOO_MANY_ROWS)
        texts = [to_text(cell) for cell in cells]
        yield [_id_of(texts, heading, used), *texts]


def _id_of(texts: list[str], heading: Heading, used: dict[str, int]) -> str:
    """An ID that nobody has yet. `used`: each ID given, with the number its newest namesake got, so that many namesakes are not counted anew."""
    places = [heading.columns[word][0] for word in MADE_OF if word in heading.columns]
    words = " ".join(texts[place] for place in places if place < len(texts))
    made = re.sub(r"[^a-z0-9]+", "-", words.casefold()).strip("-")[:LONGEST].strip("-") or "meeting"
    found, number = made, used.get(made, 0)
    while found in used:
        number += 1
        found = f"{made}-{number}"
    used[made], used[found] = max(number, 1), 1
    return found
