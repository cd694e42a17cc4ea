"""A planned meeting as a calendar file: a download on a page, never an attachment, with nobody else's name or address in it (journeys 10)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress

from matcher.domain.inert import inert
from matcher.domain.occurrence import zone_of
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
    return _calendar(event, zone_component(zone, starts_at.year - 1, starts_at.year + 1), "CANCEL" if cancelled else "PUBLISH")


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


def zone_component(name: str, first_year: int, last_year: int) -> Timezone:
    """The zone with each change of its clocks in these years, to the minute, as RFC 5545 wants it: in the wall time before the change."""
    zone = zone_of(name)
    timezone = Timezone()
    timezone.add("tzid", name)
    began = datetime(first_year, 1, 1, tzinfo=UTC)
    timezone.add_component(_observance(began, zone, before=began))
    for moment in _changes(zone, began, datetime(last_year + 1, 1, 1, tzinfo=UTC)):
        timezone.add_component(_observance(moment, zone, before=moment - timedelta(minutes=1)))
    return timezone


def _observance(moment: datetime, zone: ZoneInfo, *, before: datetime) -> TimezoneStandard | TimezoneDaylight:
    after, was = moment.astimezone(zone), before.astimezone(zone)
    old, new = was.utcoffset() or timedelta(), after.utcoffset() or timedelta()
    part = TimezoneDaylight() if after.dst() else TimezoneStandard()
    part.add("dtstart", (moment + old).replace(tzinfo=None))
    part.add("tzoffsetfrom", old)
    part.add("tzoffsetto", new)
    part.add("tzname", after.tzname() or "")
    return part


def _changes(zone: ZoneInfo, first: datetime, last: datetime) -> Iterator[datetime]:
    """The moments in between at which the zone's offset changes."""
    step = timedelta(days=14)
    at = first
    while at < last:
        end = min(at + step, last)
        if at.astimezone(zone).utcoffset() != end.astimezone(zone).utcoffset():
            low, high = at, end
            while high - low > timedelta(minutes=1):
                middle = (low + (high - low) / 2).replace(second=0, microsecond=0)
                low, high = (low, middle) if middle.astimezone(zone).utcoffset() == end.astimezone(zone).utcoffset() else (middle, high)
            yield high
        at = end
