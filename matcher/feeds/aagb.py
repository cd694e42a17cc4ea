"""Marker rows of old AA Great Britain result pages: times in words, and for online meetings everything in the address (meetings 5.7)."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from matcher.domain.feed_issue import ErrorKind, Issue
from matcher.domain.meeting import ParseResult
from matcher.feeds.raw_rows import RawRow, Reading, Source
from matcher.feeds.reading import read_rows
from matcher.feeds.reading_json import letting_go, numbered_rows
from matcher.feeds.reading_text import FeedFault, to_text

FIELDS = {
    "key": "code",
    "name": "title",
    "day": "day",
    "start": "time",
    "formatted_address": "address",
    "postcode": "postcode",
    "latitude": "lat",
    "longitude": "lng",
    "types": "icons",
    "status_words": "status",
    "notes": "comment",
}
SOURCES = {word: Source(name) for word, name in FIELDS.items()} | {"conference_url": Source("address"), "group_notes": Source("address")}
_LINK = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_ONLINE = re.compile(r"https?://|\bzoom\b|\bskype\b|\bmeeting id\b|\bpass(?:code|word)\b|\bonline\b", re.IGNORECASE)


def parse_aagb(answer: Any, reading: Reading, *, most_rows: int, noted: list[Issue]) -> ParseResult:
    """A list of rows, or one row alone. Raises FeedFault for anything else."""
    rows = answer
    if isinstance(rows, dict) and {"code", "title", "day", "time"} <= set(rows):
        rows = [rows]
    if not isinstance(rows, list):
        raise FeedFault(ErrorKind.WRONG_SHAPE)
    good, refused = numbered_rows(rows, most_rows)
    own = replace(reading, place_needs_postcode=True)
    return read_rows((_raw_row(place, row) for place, row in letting_go(good)), own, refused=refused, noted=noted)


def _raw_row(place: int, row: Mapping[str, Any]) -> RawRow:
    values = {word: row[name] for word, name in FIELDS.items() if row.get(name) not in (None, "", [])}
    status = values.get("status_words")
    if isinstance(status, list):
        values["status_words"] = "; ".join(to_text(part) for part in status)
    address = to_text(values.get("formatted_address"))
    if _ONLINE.search(address):
        links = list(dict.fromkeys(_LINK.findall(address)))
        if len(links) == 1:
            values["conference_url"] = links[0]
            address = address.replace(links[0], " ")
        _set_words_aside(values, address)
    return RawRow(place, values, SOURCES)


def _set_words_aside(values: dict[str, Any], address: str) -> None:
    """Without a postcode it is no address but a note; beside one it stays, without its link."""
    if to_text(values.get("postcode")).strip():
        values["formatted_address"] = address
        return
    values.pop("formatted_address")
    values["group_notes"] = address
