"""Arithmetic of asking hours: people are asked from 08:00 to 21:00 by their own clock, and paced clocks run only then (matching 2)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, takewhile
from zoneinfo import ZoneInfo

from matcher.domain.errors import Misconfigured

EARLIEST, LATEST = time(7), time(22)
NO_TIME = timedelta(0)


class WrongHours(Misconfigured):
    """Asking hours lie between 07:00 and 22:00, and end after they begin."""


@dataclass(frozen=True, slots=True)
class AskingHours:
    """From when until when people are asked, each day, by the clock of one zone. Raises WrongHours for what no setting may say."""

    zone: ZoneInfo
    asks_from: time = time(8)
    asks_until: time = time(21)

    def __post_init__(self) -> None:
        if not EARLIEST <= self.asks_from < self.asks_until <= LATEST:
            raise WrongHours

    def of_day(self, on: date) -> tuple[datetime, datetime]:
        """The instants, in UTC, between which people are asked on a local date."""
        return _instant(on, self.asks_from, self.zone), _instant(on, self.asks_until, self.zone)


def is_asking_time(at: datetime, hours: AskingHours) -> bool:
    """Whether somebody may be asked at this instant; at 21:00 sharp no longer."""
    return next_asking_moment(at, hours) == at


def next_asking_moment(at: datetime, hours: AskingHours) -> datetime:
    """This instant if people may be asked now, else the next 08:00, in UTC."""
    if hours.asks_from <= at.astimezone(hours.zone).time() < hours.asks_until:
        return at.astimezone(UTC)
    return next(opens for opens, _ in _days_from(at, hours) if at < opens)


def asking_hours_between(first_at: datetime, last_at: datetime, hours: AskingHours) -> timedelta:
    """How much asking time lies between two instants; none if the second is not later."""
    days = takewhile(lambda day: day[0] < last_at, _days_from(first_at, hours))
    return sum((max(NO_TIME, min(closes, last_at) - max(opens, first_at)) for opens, closes in days), NO_TIME)


def add_asking_hours(at: datetime, length: timedelta, hours: AskingHours) -> datetime:
    """The instant, in UTC, by which so much asking time has passed: always inside asking hours, or at their end."""
    left = max(length, NO_TIME)
    days = _days_from(at, hours)
    while True:
        opens, closes = next(days)
        begins = max(opens, at.astimezone(UTC))
        if begins < closes and begins + left <= closes:
            return begins + left
        left -= max(NO_TIME, closes - begins)


def _days_from(at: datetime, hours: AskingHours) -> Iterator[tuple[datetime, datetime]]:
    """The asking hours of this local date and every later one."""
    on = at.astimezone(hours.zone).date()
    return (hours.of_day(on + timedelta(days=n)) for n in count())


def _instant(on: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(on, at, zone).astimezone(UTC)


def after_quiet_hours(at: datetime, zone: ZoneInfo, quiet_from: time, quiet_until: time) -> datetime:
    """This instant if nobody is disturbed, else the end of the quiet hours, in UTC; they may run over midnight. Equal times: never quiet."""
    local = at.astimezone(zone)
    clock = local.time().replace(tzinfo=None)
    if quiet_from <= quiet_until:
        quiet, ends_on = quiet_from <= clock < quiet_until, local.date()
    else:
        quiet = clock >= quiet_from or clock < quiet_until
        ends_on = local.date() + timedelta(days=1 if clock >= quiet_from else 0)
    return _instant(ends_on, quiet_until, zone) if quiet else at.astimezone(UTC)


def before_quiet_hours(at: datetime, zone: ZoneInfo, quiet_from: time, quiet_until: time) -> datetime:
    """This instant if nobody is disturbed, else the last minute before the quiet hours, in UTC: reminders move forward (journeys 6)."""
    if after_quiet_hours(at, zone, quiet_from, quiet_until) == at:
        return at.astimezone(UTC)
    local = at.astimezone(zone)
    begun_on = local.date() - timedelta(days=0 if local.time().replace(tzinfo=None) >= quiet_from else 1)
    return _instant(begun_on, quiet_from, zone) - timedelta(minutes=1)
