"""Quiet hours by somebody's own clock: is it quiet now, when does it end, and time that passes only outside them. Right over both clock changes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from matcher.domain.errors import Misconfigured
from matcher.domain.occurrence import local_instant

DAY = timedelta(days=1)
LONGEST = timedelta(hours=16)
"""Longer quiet hours would leave too little day to be asked, told and reminded in (assumption)."""


class WrongQuietHours(Misconfigured):
    """Quiet hours must begin and end at different times, and last 16 hours at most."""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From when until when nobody is written to, by the local clock; usually over midnight. Raises WrongQuietHours for what cannot be."""

    quiet_from: time
    quiet_until: time

    def __post_init__(self) -> None:
        length = (_minutes(self.quiet_until) - _minutes(self.quiet_from)) % (24 * 60)
        if not 0 < length <= LONGEST.total_seconds() / 60:
            raise WrongQuietHours

    def night_of(self, on: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The instants (UTC) of the quiet hours that begin on this local date."""
        ends_on = on if self.quiet_until > self.quiet_from else on + DAY
        return local_instant(on, self.quiet_from, zone), local_instant(ends_on, self.quiet_until, zone)

    def quiet_at(self, at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
        """The quiet hours this instant lies in (their end is no longer quiet), or None."""
        today = at.astimezone(zone).date()
        nights = (self.night_of(on, zone) for on in (today - DAY, today))
        return next(((begins, ends) for begins, ends in nights if begins <= at < ends), None)


def move_out_of_quiet_hours(at: datetime, zone: ZoneInfo, hours: QuietHours, *, starts_at: datetime | None = None) -> datetime:
    """This instant, or the end of the quiet hours it lies in, in UTC.

    `starts_at` is given for news that cannot wait, such as a change or cancellation: where that meeting starts before the quiet hours end, the
    instant stays.
    """
    night = hours.quiet_at(at, zone)
    if night is None or (starts_at is not None and starts_at <= night[1]):
        return at.astimezone(UTC)
    return night[1]


def move_before_quiet_hours(at: datetime, zone: ZoneInfo, hours: QuietHours) -> datetime:
    """This instant, or the last minute before the quiet hours it lies in, in UTC: reminders move forward (journeys 6)."""
    night = hours.quiet_at(at, zone)
    return at.astimezone(UTC) if night is None else night[0] - timedelta(minutes=1)


def add_waking_time(at: datetime, length: timedelta, zone: ZoneInfo, hours: QuietHours) -> datetime:
    """The instant (UTC) by which so much time outside quiet hours has passed: paced clocks stop at night (journeys 6)."""
    left = max(length, timedelta(0))
    awake = at.astimezone(UTC)
    for begins, ends in _nights_from(at, zone, hours):
        if awake + left <= begins:
            break
        left -= max(begins - awake, timedelta(0))
        awake = max(awake, ends)
    return awake + left


def _nights_from(at: datetime, zone: ZoneInfo, hours: QuietHours) -> Iterator[tuple[datetime, datetime]]:
    first = at.astimezone(zone).date() - DAY
    return (hours.night_of(first + n * DAY, zone) for n in count())


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute
