"""The headings that a table may have, in any order and spelling (meetings 5.2 and 5.3)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from matcher.feeds.raw_rows import RawRow
from matcher.feeds.reading_text import to_text

HEADINGS = {
    "key": ("id", "slug"),
    "name": ("name", "meeting", "meeting name", "title"),
    "day": ("day", "weekday"),
    "start": ("time", "start", "start time"),
    "end": ("end time", "end", "finish"),
    "duration": ("duration", "length"),
    "formatted_address": ("full address", "formatted address"),
    "address": ("address", "street", "address 1"),
    "town": ("town", "city"),
    "region": ("region", "area", "geographical area", "county"),
    "regions": ("regions",),
    "sub_region": ("sub region",),
    "postcode": ("postcode", "post code", "zip", "postal code"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lng", "lon"),
    "venue": ("location", "location name", "venue", "place"),
    "notes": ("notes", "comments"),
    "location_notes": ("location notes", "access"),
    "travel_notes": ("directions", "travel", "bus", "train"),
    "types": ("types", "type", "tags", "meeting type"),
    "audience": ("open/closed",),
    "wheelchair": ("wheelchair", "step free"),
    "conference_url": ("conference url", "link", "zoom"),
    "conference_phone": ("conference phone", "dial in"),
    "meeting_id": ("meeting id",),
    "passcode": ("passcode",),
    "timezone": ("timezone",),
    "updated": ("updated", "last updated"),
    "source_url": ("url", "website"),
}
JOINED = {"notes": "\n\n", "location_notes": "\n\n", "travel_notes": "\n\n", "types": ", "}
"""Words whose several columns are read together; of the others the first that is filled in counts."""


def plain_heading(heading: str) -> str:
    """A heading without case, blanks, underscores, hyphens and strokes."""
    return re.sub(r"[\s_/\-–]+", "", heading).casefold().strip("*:.")


def _as_it_is(raw: RawRow) -> RawRow | None:
    return raw


@dataclass(frozen=True, slots=True)
class TableForm:
    """What a kind of table must have, may have besides, and what of it is never looked at. Columns are given by our words.

    `joined`: how the columns of one word are read together. `finish`: what is special about its rows; None for a row that the feed has deleted.
    """

    required: tuple[str, ...]
    headings: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: HEADINGS)
    dropped: tuple[str, ...] = ()
    joined: Mapping[str, str] = field(default_factory=lambda: JOINED)
    finish: Callable[[RawRow], RawRow | None] = _as_it_is
    _words: dict[str, tuple[str, int]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        for word, names in self.headings.items():
            for rank, name in enumerate(names):
                self._words.setdefault(plain_heading(name), (word, rank))

    def word_of(self, heading: str) -> tuple[str, int] | None:
        """Our word for a heading, and its rank among the headings of that word."""
        return self._words.get(plain_heading(heading))

    def is_dropped(self, heading: str) -> bool:
        """Whether it is known and left out on purpose: about people and money."""
        plain = plain_heading(heading)
        return any(re.fullmatch(pattern, plain) for pattern in self.dropped)


def _split_address_at(raw: RawRow) -> RawRow:
    """What follows " @ " in an address tells how to find it."""
    street, at, way = to_text(raw.values.get("address")).partition(" @ ")
    if not at:
        return raw
    notes = "\n\n".join(part for part in (to_text(raw.values.get("location_notes")), way) if part)
    return raw._replace(values=dict(raw.values) | {"address": street, "location_notes": notes})


SHEET = TableForm(required=("key", "name"))
TSML = TableForm(
    required=("name", "day", "start"),
    headings=HEADINGS | {"group_notes": ("group notes",), "source_url": ("website", "url", "website2")},
    dropped=(r"group|district|subdistrict|mailingaddress|venmo|square|paypal|email|phone|contact\d\w*|lastcontact|author|homegrouponline",),
    finish=_split_address_at,
)


def column_letter(place: int) -> str:
    """A for 0, Z for 25, AA for 26."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
