"""A meeting as a calendar feed (RFC 5545): its weekly rule in its own zone, dates that are off or moved, a title that tells nobody anything."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from icalendar import Calendar, Event

from matcher.calendar_file import PRODUCT, TellingTitle, zone_component
from matcher.domain.inert import inert
from matcher.domain.meeting import ASSUMED_MINUTES, Schedule, Status
from matcher.domain.occurrence import ExceptionKind, MeetingException, MeetingWeeks, local_instant, zone_of
from matcher.domain.shown_meeting import ShownMeeting
from matcher.vocabulary import is_neutral

BYDAY = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
YEARS = 10
"""How many years of clock changes come along; every calendar knows the zone by its name besides."""


def meeting_calendar(meeting: ShownMeeting, *, now: datetime, host: str, title: str, with_place: bool) -> bytes | None:
    """The feed as text/calendar bytes; None where no date of it can be known. A meeting that is closed for a while is one that is cancelled.

    `host`: the end of the event's lasting id. Raises TellingTitle for a title that is not neutral.
    """
    if not is_neutral(title):
        raise TellingTitle
    first = _first_date(meeting, now)
    if first is None or meeting.starts is None:
        return None
    series = _event(meeting, host=host, title=title, with_place=with_place)
    series.add("dtstart", _at(first, meeting.starts, meeting))
    _repeat(series, meeting, first)
    moved = [
        _moved(meeting, one, host=host, title=title, with_place=with_place)
        for one in meeting.exceptions
        if one.kind is ExceptionKind.MOVED and one.on_date >= first
    ]
    calendar = Calendar()
    for name, value in (("prodid", PRODUCT), ("version", "2.0"), ("calscale", "GREGORIAN"), ("method", "PUBLISH")):
        calendar.add(name, value)
    calendar.add_component(zone_component(meeting.timezone, first.year - 1, first.year + YEARS))
    for event in (series, *moved):
        calendar.add_component(event)
    made: bytes = calendar.to_ical()
    return made


def _event(meeting: ShownMeeting, *, host: str, title: str, with_place: bool, venue: str | None = None) -> Event:
    event = Event()
    event.add("uid", f"{meeting.id}@{host}")
    event.add("dtstamp", meeting.updated_at.astimezone(UTC))
    event.add("last-modified", meeting.updated_at.astimezone(UTC))
    event.add("duration", timedelta(minutes=meeting.duration_min or ASSUMED_MINUTES))
    event.add("summary", title)
    where = ", ".join(part for part in (venue or meeting.venue, None if venue else meeting.formatted_address or meeting.postcode) if part)
    if with_place and where:
        event.add("location", inert(where))
    event.add("class", "PRIVATE")
    event.add("status", "CANCELLED" if meeting.status is Status.TEMPORARILY_CLOSED else "CONFIRMED")
    event.add("transp", "OPAQUE")
    return event


def _moved(meeting: ShownMeeting, one: MeetingException, *, host: str, title: str, with_place: bool) -> Event:
    event = _event(meeting, host=host, title=title, with_place=with_place, venue=one.venue)
    usual = meeting.starts or time()
    event.add("recurrence-id", _at(one.on_date, usual, meeting))
    event.add("dtstart", _at(one.on_date, one.starts or usual, meeting))
    return event


def _at(on_date: date, wall: time, meeting: ShownMeeting) -> datetime:
    return datetime.combine(on_date, wall, zone_of(meeting.timezone))


def _first_date(meeting: ShownMeeting, now: datetime) -> date | None:
    """The first date of the series that is not over for a week: stable for a while, and one on which its wall time exists."""
    if meeting.iso_weekday is None or meeting.starts is None or meeting.schedule is Schedule.BY_APPOINTMENT:
        return None
    weeks = meeting.weeks if meeting.schedule is Schedule.NOT_WEEKLY else None
    if meeting.schedule is Schedule.NOT_WEEKLY and weeks is None:
        return None
    since = now.astimezone(zone_of(meeting.timezone)).date() - timedelta(days=7)
    if weeks and weeks.on_dates:
        return min((on for on in weeks.on_dates if on >= since), default=None)
    first = since + timedelta(days=(meeting.iso_weekday - since.isoweekday()) % 7)
    days = (first + timedelta(weeks=number) for number in range(53))
    return next((on for on in days if (weeks is None or weeks.holds(on)) and _exists(on, meeting)), None)


def _exists(on: date, meeting: ShownMeeting) -> bool:
    """Whether clocks show its start on this date: one hour a year they do not."""
    wall = meeting.starts or time()
    zone = zone_of(meeting.timezone)
    return local_instant(on, wall, zone).astimezone(zone).replace(tzinfo=None) == datetime.combine(on, wall)


def _repeat(series: Event, meeting: ShownMeeting, first: date) -> None:
    """The rule, the dates that are off, and those on which the clocks skip its start: there it is the first moment after, as on our pages."""
    weeks = meeting.weeks if meeting.schedule is Schedule.NOT_WEEKLY else None
    wall = meeting.starts or time()
    if weeks and weeks.on_dates:
        more = sorted(on for on in weeks.on_dates if on > first)
        if more:
            series.add("rdate", [_at(on, wall, meeting) for on in more])
    else:
        series.add("rrule", _rule(meeting, weeks))
    off = [one.on_date for one in meeting.exceptions if one.kind is ExceptionKind.CANCELLED and one.on_date >= first]
    skipped = [on for on in _dates_of(meeting, weeks, first) if not _exists(on, meeting)]
    if off or skipped:
        series.add("exdate", [_at(on, wall, meeting) for on in sorted({*off, *skipped})])
    later = [local_instant(on, wall, meeting.timezone).astimezone(zone_of(meeting.timezone)) for on in skipped if on not in off]
    if later:
        series.add("rdate", later)


def _rule(meeting: ShownMeeting, weeks: MeetingWeeks | None) -> dict[str, object]:
    day = BYDAY[(meeting.iso_weekday or 1) - 1]
    if weeks and weeks.weeks_of_month:
        return {"FREQ": "MONTHLY", "BYDAY": [f"{number}{day}" for number in sorted(weeks.weeks_of_month)]}
    every = {"INTERVAL": weeks.every_weeks} if weeks and weeks.every_weeks else {}
    return {"FREQ": "WEEKLY", **every, "BYDAY": day, "WKST": "MO"}


def _dates_of(meeting: ShownMeeting, weeks: MeetingWeeks | None, first: date) -> Iterator[date]:
    """Its dates of the years to come, by the rule alone."""
    if weeks and weeks.on_dates:
        yield from sorted(on for on in weeks.on_dates if on >= first)
        return
    for number in range(53 * YEARS):
        on = first + timedelta(weeks=number)
        if weeks is None or weeks.holds(on):
            yield on
