"""What somebody who looks for a meeting asks for, and where what they find stands among the others. The database does the looking."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntFlag
from uuid import UUID

from matcher.domain.fellowship import Fellowship
from matcher.domain.occurrence import zone_of
from matcher.domain.place import Place, Point

DAY_MINUTES = 24 * 60
SOON = timedelta(hours=2)
"""How far ahead "starts soon" looks (meetings 12.5)."""
KM_A_DEGREE = 110.57


class Mark(IntFlag):
    """What can be asked of a meeting beyond its time and place, as the bits of `meetings.finder_marks`."""

    IN_PERSON = 1
    ONLINE = 2
    OPEN = 4
    CLOSED = 8
    NEWCOMER = 16
    WHEELCHAIR = 32
    WOMEN = 64
    MEN = 128
    LGBTQ = 256
    YOUNG_PEOPLE = 512
    HEARING_LOOP = 1024
    CHILD_FRIENDLY = 2048
    SIGN_LANGUAGE = 4096
    INSTITUTIONAL = 8192


NO_MARK = Mark(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A search. `minutes`: from and before which minute of the day it starts. `centre` with `within_km`, or anywhere. Unknown is never "open"."""

    fellowships: tuple[Fellowship, ...] = tuple(Fellowship)
    iso_weekday: int | None = None
    minutes: tuple[int, int] = (0, DAY_MINUTES)
    marks: Mark = NO_MARK
    centre: Place | None = None
    within_km: float = 0.0

    @property
    def point(self) -> Point | None:
        """Where it looks around; None for anywhere."""
        return self.centre.point if self.centre else None

    @property
    def narrows_time(self) -> bool:
        """Whether it asks for a day or a part of the day: then what has no fixed start cannot be found."""
        return self.iso_weekday is not None or self.minutes != (0, DAY_MINUTES)


@dataclass(frozen=True, slots=True)
class Spotted:
    """A meeting that fits. `ahead`: local wall minutes until it starts next; None where no next date is known. `km`: how far, if looked from somewhere."""

    id: UUID
    ahead: int | None
    km: float | None = None


def minutes_ahead(starts_at: datetime, zone: str, now: datetime) -> int:
    """Whole minutes of wall time from now to a start, counted as the database counts them: a start in this very minute is 0 a week on, not now."""
    local, then = (moment.astimezone(zone_of(zone)).replace(tzinfo=None, second=0, microsecond=0) for moment in (now, starts_at))
    return int((then - local).total_seconds() // 60) - 1


def in_order(spotted: Spotted) -> tuple[bool, int, float, UUID]:
    """The order of a list: next start, then distance; what has no date last."""
    return spotted.ahead is None, spotted.ahead or 0, spotted.km or 0.0, spotted.id
