"""NA in the United Kingdom: pages of Drupal's JSON:API, times in seconds from midnight (meetings 5.6). Several pages may come as one list."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from matcher.domain.feed_issue import ErrorKind, Issue
from matcher.domain.meeting import ParseResult
from matcher.feeds.raw_rows import RawRow, Reading, Source
from matcher.feeds.reading import read_rows
from matcher.feeds.reading_json import letting_go, numbered_rows
from matcher.feeds.reading_text import FeedFault, to_text

FIELDS = {
    "name": "title",
    "day": "field_meeting_day",
    "declared": "field_meeting_type",
    "town": "field_meeting_town",
    "postcode": "field_meeting_postcode",
    "venue": "field_meeting_venue_name",
    "wheelchair": "field_meeting_wheelchair",
    "conference_url": "field_meeting_online_link",
    "published": "status",
    "updated": "changed",
}
TIMES, ADDRESS, POINT = "field_meeting_times", "field_meeting_address", "field_meeting_coordinates"
SOURCES = {word: Source(name) for word, name in FIELDS.items()} | {
    "key": Source("id"),
    "start": Source(TIMES),
    "end": Source(TIMES),
    "address": Source(ADDRESS),
    "latitude": Source(POINT),
    "longitude": Source(POINT),
}
DAY_SECONDS = 24 * 3600
_SECONDS = re.compile(r"\d{1,6}", re.ASCII)
_FORM_GAP = re.compile(r"[\s_-]+")


def parse_ukna(answer: Any, reading: Reading, *, most_rows: int, noted: list[Issue]) -> ParseResult:
    """One page, or all of them as a list. Raises FeedFault for anything else."""
    pages = answer if isinstance(answer, list) else [answer]
    if not pages or not all(isinstance(page, dict) and isinstance(page.get("data"), list) for page in pages):
        raise FeedFault(ErrorKind.WRONG_SHAPE)
    good, refused = numbered_rows([row for page in pages for row in page.pop("data")], most_rows)
    return read_rows((_raw_row(place, row) for place, row in letting_go(good)), reading, refused=refused, noted=noted)


def _raw_row(place: int, row: Mapping[str, Any]) -> RawRow:
    said = row.get("attributes")
    attributes: Mapping[str, Any] = said if isinstance(said, dict) else {}
    values = {word: value for word, name in FIELDS.items() if (value := _bare(attributes.get(name))) not in (None, "")}
    values["key"] = row.get("id")
    times, address, point = (_part(attributes.get(name)) for name in (TIMES, ADDRESS, POINT))
    values |= {"start": _wall_time(times.get("from")), "end": _wall_time(times.get("to"))}
    if attributes.get(TIMES) and not times:
        values["start"] = attributes[TIMES]
    values["address"] = address.get("address_line1")
    values |= {"latitude": point.get("lat"), "longitude": point.get("lon")}
    if isinstance(values.get("declared"), list | str):
        values["declared"] = _form(values["declared"])
    return RawRow(place, {word: value for word, value in values.items() if value not in (None, "")}, SOURCES)


def _bare(value: object) -> object:
    """What Drupal wraps: a text in its `value`, a link in its `uri`, a list of one."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        return next((value[name] for name in ("value", "uri", "processed") if name in value), value)
    return value


def _part(value: object) -> Mapping[str, Any]:
    """An object, alone or the only one of a list; nothing of anything else."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, dict) else {}


def _wall_time(value: object) -> object:
    """Seconds from midnight as HH:MM, 24:00 for the end of the day. Anything else stays as it is, to be judged like any other time."""
    digits = to_text(value).strip()
    return _clock_of(int(digits)) if _SECONDS.fullmatch(digits) else value


@lru_cache(maxsize=2048)
def _clock_of(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}" if seconds <= DAY_SECONDS else f"{seconds} s"


def _form(value: object) -> object:
    """In person and online, said together, are hybrid."""
    words = {_FORM_GAP.sub(" ", to_text(part)).strip().casefold() for part in (value if isinstance(value, list) else [value])}
    return "hybrid" if {"in person", "online"} <= words else next(iter(words), "") if len(words) == 1 else value
