"""An option: a dated meeting a referral accepts, with the facts of the meeting that a hard rule reads."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

from matcher.domain.availability import PartOfDay, WeekSpan, local_dates, part_of_day, week_spans
from matcher.domain.fellowship import Fellowship
from matcher.domain.meeting import ASSUMED_MINUTES, Audience
from matcher.domain.place import Point
from matcher.domain.wishes import SpecialAudience

MEET_BEFORE = timedelta(minutes=15)
"""Meeting up comes so long before the meeting starts (journeys 6, assumption)."""
LGBTQ_MARKS = frozenset({"lgbtq", "gay", "lesbian", "bisexual", "transgender", "non_binary"})
"""Attributes of meetings (meetings 6) for people who say they are LGBTQ+."""


OptionKey = tuple[UUID, date]
"""A meeting's id and the local date it starts on: an occurrence."""


def special_audiences(attributes: Iterable[str]) -> frozenset[SpecialAudience]:
    """The special audiences a meeting's attributes name; a meeting that names two is for those who say both."""
    marks = frozenset(attributes)
    said = {audience for audience in SpecialAudience if audience in marks}
    return frozenset(said | ({SpecialAudience.LGBTQ} if marks & LGBTQ_MARKS else set()))


@dataclass(frozen=True, kw_only=True)
class Option:
    """One occurrence. `venue` and `meet_up` are None where the point is not known; `meet_up` is the venue's unless another was chosen.

    `has_way_in`: online, with a link, number or meeting id. `length_minutes` None: not known. `picked_by_hand`: a person chose it for this
    newcomer, so it satisfies time and travel. `access_rung`: somebody rang and was told that it meets the newcomer's needs.
    """

    meeting_id: UUID
    on_date: date
    fellowship: Fellowship
    zone: ZoneInfo
    starts_at: datetime
    length_minutes: int | None = None
    meet_up_at: datetime | None = None
    rank: int = 1
    attendable: bool = False
    last_checked_at: datetime | None = None
    needs_human_check: bool = True
    audience: Audience = Audience.UNKNOWN
    attributes: frozenset[str] = frozenset()
    in_person: bool = False
    has_way_in: bool = False
    venue: Point | None = None
    meet_up: Point | None = None
    outcode: str | None = None
    picked_by_hand: bool = False
    access_rung: bool = False

    @property
    def key(self) -> OptionKey:
        """What tells this occurrence from every other."""
        return self.meeting_id, self.on_date

    @cached_property
    def ends_at(self) -> datetime:
        """When the meeting is over; an unknown length is taken as an hour."""
        minutes = self.length_minutes if self.length_minutes and self.length_minutes > 0 else ASSUMED_MINUTES
        return self.starts_at.astimezone(UTC) + timedelta(minutes=minutes)

    @cached_property
    def meets_at(self) -> datetime:
        """When the two meet: 15 minutes before the start unless another time was chosen. Online: at the start."""
        if self.meet_up_at:
            return min(self.meet_up_at, self.starts_at).astimezone(UTC)
        return self.starts_at.astimezone(UTC) - (MEET_BEFORE if self.in_person else timedelta(0))

    @cached_property
    def spans(self) -> tuple[WeekSpan, ...]:
        """From meeting up to the end, in local week minutes."""
        return week_spans(self.meets_at, self.ends_at, self.zone)

    @cached_property
    def dates(self) -> tuple[date, ...]:
        """The local dates touched, meeting up included."""
        return local_dates(self.meets_at, self.ends_at, self.zone)

    @cached_property
    def local_start(self) -> datetime:
        """The start as the meeting's own clock shows it."""
        return self.starts_at.astimezone(self.zone)

    @cached_property
    def slot(self) -> tuple[int, PartOfDay] | None:
        """Weekday (0 is Monday) and part of day of the start; None at night."""
        part = part_of_day(self.local_start.time())
        return (self.local_start.weekday(), part) if part else None

    @cached_property
    def special(self) -> frozenset[SpecialAudience]:
        """For whom only this meeting is."""
        return special_audiences(self.attributes)

    @property
    def meeting_place(self) -> Point | None:
        """Where the two meet."""
        return self.meet_up or self.venue

    @property
    def ask_first(self) -> bool:
        """Whether the page says "ask first": nobody knows if the meeting is open (rule H6)."""
        return self.audience is Audience.UNKNOWN
