"""A planned meeting as a calendar file: a download on a page, never an attachment, with nobody else's name or address in it (journeys 10)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vCalAddress

from matcher.domain.inert import inert
from matcher.vocabulary import is_neutral

FILE_NAME = "plan.ics"
"""What the download is called: it stays in a folder that others may look into."""
PRODUCT = "-//Alongside//Alongside//EN"


class TellingTitle(ValueError):
    """A calendar title would tell a stranger what the meeting is."""


def calendar_file(
    *,
    uid: str,
    starts_at: datetime,
    ends_at: datetime,
    zone: str,
    summary: str,
    organiser: str,
    stamped_at: datetime,
    location: str | None = None,
    sequence: int = 0,
    cancelled: bool = False,
) -> bytes:
    """One event as text/calendar bytes with CRLF. The same arguments give the same bytes.

    `starts_at`, `ends_at` and `stamped_at` (when this version of the plan was made) are instants; `zone` is the meeting's. `uid` is random and
    stays the same through all changes, `sequence` goes up by one with each. `organiser` is a no-reply mailbox of ours. Give `location` only if
    the person chose so. Raises TellingTitle for a summary that is not neutral.
    """
    if not is_neutral(summary):
        raise TellingTitle
    local = ZoneInfo(zone)
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", stamped_at.astimezone(UTC))
    event.add("dtstart", starts_at.astimezone(local))
    event.add("dtend", ends_at.astimezone(local))
    event.add("summary", inert(summary))
    if location is not None:
        event.add("location", inert(location))
    event.add("organizer", vCalAddress(f"mailto:{organiser}"))
    event.add("class", "PRIVATE")
    event.add("sequence", sequence)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if cancelled else "OPAQUE")
    return _calendar(event, _zone_around(zone, starts_at.date()), "CANCEL" if cancelled else "PUBLISH")


def _calendar(event: Event, timezone: Timezone, method: str) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    calendar.add_component(timezone)
    calendar.add_component(event)
    made: bytes = calendar.to_ical()
    return made


def _zone_around(zone: str, day: date) -> Timezone:
    """The zone's changes from the year before to the year after: all that this one event can need."""
    timezone = Timezone.from_tzid(zone, first_date=date(day.year - 1, 1, 1), last_date=date(day.year + 1, 1, 1) + timedelta(days=365))
    timezone.pop("COMMENT", None)  # "only works from … to …": true, of no use to the reader
    return timezone
