"""The export for NA World Services, about fifty columns: a table whose name, day and time may not be missing (meetings 5.4).

Columns about people (Contact…), and about the service structure (AreaRegion, ParentName), are known and not read.
"""

from dataclasses import replace

from matcher.domain.feed_issue import Issue
from matcher.domain.meeting import ParseResult
from matcher.feeds.raw_rows import RawRow, Reading
from matcher.feeds.reading_text import to_text
from matcher.feeds.sheet import parse_sheet
from matcher.feeds.sheet_headings import TableForm

NAWS_HEADINGS = {
    "key": ("Committee", "MeetingID"),
    "name": ("CommitteeName",),
    "day": ("Day",),
    "start": ("Time",),
    "audience": ("Closed",),
    "wheelchair": ("WheelChr",),
    "language": ("Language1",),
    "language_2": ("Language2",),
    "language_3": ("Language3",),
    "venue": ("Place", "Room"),
    "address": ("Address",),
    "town": ("City",),
    "sub_region": ("LocBorough",),
    "state": ("State",),
    "postcode": ("Zip",),
    "country": ("Country",),
    "travel_notes": ("Directions",),
    "latitude": ("Latitude",),
    "longitude": ("Longitude",),
    "types": ("Format1",),
    "types_2": ("Format2",),
    "types_3": ("Format3",),
    "types_4": ("Format4",),
    "types_5": ("Format5",),
    "conference_phone": ("PhoneMeetingNumber",),
    "conference_url": ("VirtualMeetingLink",),
    "conference_url_notes": ("VirtualMeetingInfo",),
    "timezone": ("TimeZone",),
    "updated": ("LastChanged",),
    "institutional": ("Institutional",),
    "deleted": ("Delete",),
    "unpublished": ("unpublished",),
}


def _finish(raw: RawRow) -> RawRow | None:
    """Without the rows that the server has deleted; the state is the region too."""
    if to_text(raw.values.get("deleted")).strip().casefold() == "d":
        return None
    if "state" not in raw.values:
        return raw
    return raw._replace(
        values=dict(raw.values) | {"region": raw.values["state"]}, sources=dict(raw.sources) | {"region": raw.sources["state"]}
    )


NAWS = TableForm(
    required=("name", "day", "start"),
    headings=NAWS_HEADINGS,
    dropped=(r"contact\w*", r"companyname|comemid|adddate|arearegion|parentname|locationid|meetingid|bmltid"),
    joined={"venue": ", "},
    finish=_finish,
)


def parse_naws_csv(body: str | bytes, reading: Reading, *, most_rows: int, noted: list[Issue]) -> ParseResult:
    """The whole table, as text or as a spreadsheet. Raises FeedFault."""
    own = replace(reading, synthesises_keys=True, needs_day_and_time=True)
    return parse_sheet(body, own, most_rows=most_rows, noted=noted, form=NAWS)
