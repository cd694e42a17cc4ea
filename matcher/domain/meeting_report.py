"""What those who went say about a meeting: whether it was there. Never whether anybody else came (meetings 9.3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

COUNTED_FOR = timedelta(days=60)
"""How long one person's word counts beside another's (assumption)."""
FREEZES = 2
"""Different persons who did not find it: nobody is sent there any more until somebody has rung."""


class Report(StrEnum):
    """How somebody found a meeting on the day they went."""

    WAS_THERE = "was_there"
    NOT_THERE = "not_there"
    MOVED = "moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingReport:
    """One person's word about one meeting; a newer one takes the place of the older."""

    meeting_id: UUID
    person_id: UUID
    on_date: date
    report: Report
    at: datetime

    @property
    def doubts(self) -> bool:
        """Whether they did not find it where and when we say it is."""
        return self.report is not Report.WAS_THERE


def is_frozen_by(reports: Iterable[MeetingReport], now: datetime, *, checked_at: datetime | None) -> bool:
    """Whether enough people did not find it, lately and since somebody last made sure of it."""
    since = max(filter(None, (now - COUNTED_FOR, checked_at)))
    return len({one.person_id for one in reports if one.doubts and one.at > since}) >= FREEZES
