"""Meeting Guide JSON: a bare list of meetings, day 0 Sunday (meetings 5.1; the specification of code4recovery, MIT).

Fields about people and money (contacts, authors, feedback, payment) are not in the table below and so are never read.
"""

from collections.abc import Mapping
from typing import Any

from matcher.domain.feed_issue import ErrorKind, Issue
from matcher.domain.meeting import ParseResult
from matcher.feeds.raw_rows import RawRow, Reading, Source
from matcher.feeds.reading import read_rows
from matcher.feeds.reading_json import letting_go, numbered_rows
from matcher.feeds.reading_text import FeedFault

FIELDS = {
    "key": ("slug", "id"),
    "name": ("name",),
    "day": ("day",),
    "start": ("time",),
    "end": ("end_time",),
    "timezone": ("timezone",),
    "formatted_address": ("formatted_address",),
    "address": ("address",),
    "town": ("city",),
    "state": ("state",),
    "postcode": ("postal_code",),
    "country": ("country",),
    "latitude": ("latitude",),
    "longitude": ("longitude",),
    "coordinates": ("coordinates",),
    "approximate": ("approximate",),
    "venue": ("location",),
    "location_notes": ("location_notes",),
    "regions": ("regions",),
    "region": ("region",),
    "sub_region": ("sub_region",),
    "conference_url": ("conference_url",),
    "conference_url_notes": ("conference_url_notes",),
    "conference_phone": ("conference_phone",),
    "conference_phone_notes": ("conference_phone_notes",),
    "declared": ("attendance_option",),
    "types": ("types",),
    "notes": ("notes",),
    "group_notes": ("group_notes",),
    "updated": ("updated",),
    "source_url": ("url",),
}
SOURCES = {word: Source(names[0]) for word, names in FIELDS.items()}
WITHOUT_SLUG = SOURCES | {"key": Source("id")}
WORDS = {names[0]: word for word, names in FIELDS.items()}


def parse_meeting_guide(answer: Any, reading: Reading, *, most_rows: int, noted: list[Issue]) -> ParseResult:
    """The whole feed. Raises FeedFault where it is no list of meetings."""
    rows = answer
    if isinstance(rows, dict) and rows.get("meetings") == []:
        raise FeedFault(ErrorKind.NO_ROWS)
    if not isinstance(rows, list):
        raise FeedFault(ErrorKind.WRONG_SHAPE)
    good, refused = numbered_rows(rows, most_rows)
    return read_rows((_raw_row(place, row) for place, row in letting_go(good)), reading, refused=refused, noted=noted)


def _raw_row(place: int, row: Mapping[str, object]) -> RawRow:
    values = {WORDS[name]: value for name, value in row.items() if name in WORDS and value is not None and value != ""}
    if "key" not in values and row.get("id") not in (None, ""):
        return RawRow(place, values | {"key": row["id"]}, WITHOUT_SLUG)
    return RawRow(place, values, SOURCES)
