"""A meeting of the directory as an import finds it, and what being missing does to it over time (meetings 7.3)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from matcher.domain.meeting import ParsedMeeting, Status

WITHDRAWN_AFTER_RUNS = 3
WITHDRAWN_AFTER = timedelta(days=14)
VOUCHED_FOR = timedelta(days=90)
"""How long a person's word keeps a meeting that its source no longer names (assumption)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMeeting:
    """What is kept of one. `is_held`: its source says something that a person must judge first, and it waits."""

    id: UUID
    source_key: str
    content_hash: bytes
    status: Status
    missing_since: datetime | None
    missing_runs: int
    last_confirmed_at: datetime | None
    confirmed_how: str | None
    needs_human_check: bool
    is_held: bool = False

    @property
    def is_missing(self) -> bool:
        """Whether the last good run did not name it."""
        return self.missing_since is not None

    @property
    def is_live(self) -> bool:
        """Not withdrawn."""
        return self.status is not Status.WITHDRAWN

    def is_vouched_for(self, since: datetime, now: datetime) -> bool:
        """Whether a person has confirmed it after this moment and not too long ago."""
        confirmed, how = self.last_confirmed_at, self.confirmed_how
        return how not in (None, "feed") and confirmed is not None and confirmed >= since and now - confirmed <= VOUCHED_FOR

    def status_when_missing(self, now: datetime) -> Status:
        """Where it stands after one more good run that does not name it: unconfirmed at first, withdrawn by the rule, never deleted.

        One that is closed, or not published, stays so until it is withdrawn: a missing row says nothing new about it.
        """
        since = self.missing_since or now
        if not self.is_live or (self.is_missing and self.is_vouched_for(since, now)):
            return self.status
        if self.missing_runs + 1 >= WITHDRAWN_AFTER_RUNS and now - since >= WITHDRAWN_AFTER:
            return Status.WITHDRAWN
        return Status.UNCONFIRMED if self.status is Status.ACTIVE else self.status

    def status_when_seen(self, said: Status) -> Status:
        """Where it stands when its source names it: as the source says, but doubts of people's own stay until a person has looked."""
        doubted = self.status is Status.UNCONFIRMED and not self.is_missing and not self.is_held
        return Status.UNCONFIRMED if doubted and said is Status.ACTIVE else said


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A person's correction of one field. `base_value`: what the source said then; `conflict_value`: what it says now, if that is news."""

    meeting_id: UUID
    field: str
    value: Any
    base_value: Any
    reason: str
    by_staff: UUID
    at: datetime
    until: datetime | None = None
    conflict_value: Any = None
    has_conflict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """One field that changed, by a run or by a person. Values as JSON has them; never a way in."""

    meeting_id: UUID
    field: str
    old: Any
    new: Any
    at: datetime
    run_id: UUID | None = None
    by_staff: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A row of a feed with its hash and its ways in."""

    row: ParsedMeeting
    content_hash: bytes
    joins: dict[str, str] | None = None
