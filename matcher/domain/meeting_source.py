"""A source of meetings, what a fetch of it brought, and what one run did. What a run may not do is in import_guards.py."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from matcher.domain.errors import Refused
from matcher.domain.feed_issue import ErrorKind, Run
from matcher.domain.fellowship import Fellowship

STALE_AFTER = timedelta(days=7)
"""How long a source may fail before all its meetings carry the mark "not confirmed since" (meetings 7.3)."""
KEEPS_BODY = timedelta(days=30)
"""How long the body of a quarantined run is kept for its coordinators."""
MANUAL = "manual"


class NoSuchSource(Refused):
    """There is no such source of meetings."""


class SourceState(StrEnum):
    """How a source is doing."""

    OK = "ok"
    FAILING = "failing"
    QUARANTINED = "quarantined"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingSource:
    """A published list, or `manual` for what people typed themselves. `keep_areas`: postcode areas that are taken, all where it is empty.

    `interval_h`: hours between two fetches. `failures`: fetches in a row that brought nothing to believe.
    """

    id: str
    area_id: UUID | None
    name: str
    fellowship: Fellowship | None
    format: str
    url: str | None
    timezone: str
    date_order: str
    keep_areas: tuple[str, ...]
    state: SourceState
    failing_since: datetime | None
    last_attempt_at: datetime | None
    last_success_at: datetime | None
    etag: str | None
    last_modified: str | None
    last_good_rows: int | None
    interval_h: int = 24
    licence_note: str = ""
    publisher_contact: str = ""
    may_republish: bool = False
    previewed_at: datetime | None = None
    next_fetch_at: datetime | None = None
    failures: int = 0

    @property
    def is_on(self) -> bool:
        """Whether it is fetched by itself. It is switched on by a person who has seen what it would bring."""
        return self.next_fetch_at is not None

    @property
    def is_manual(self) -> bool:
        """Whether people keep it by hand."""
        return self.format == MANUAL

    def is_stale(self, now: datetime) -> bool:
        """Whether it has failed for so long that nothing it said is certain any more."""
        return self.failing_since is not None and now - self.failing_since > STALE_AFTER


@dataclass(frozen=True, slots=True)
class SourceAreas:
    """The areas a source has to do with: its own, and those where its meetings are. Their coordinators keep it."""

    area_ids: frozenset[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What came of a fetch: a body, "not modified" (304), or why there is none. A file read from disk has no status."""

    body: bytes | None = field(default=None, repr=False)
    http_status: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    error: ErrorKind | None = None
    retry_after_s: int | None = None

    @property
    def is_unmodified(self) -> bool:
        """Whether the publisher said that nothing has changed since the last good run."""
        return self.http_status == 304 and self.error is None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What a run did: the object that `meetings import` prints (meetings 3.6). All counts of rows are 0 unless the run is ok."""

    run: Run
    error_kind: ErrorKind | None = None
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    restored: int = 0
    held: int = 0
    missing: int = 0
    withdrawn: int = 0
    rejected: int = 0
    skipped: int = 0
    issues: int = 0
    changed_fields: tuple[str, ...] = ()
    conflicts: int = 0
    needs_coordinator: bool = False

    def to_json(self) -> dict[str, Any]:
        """The keys of the contract, in its order. Nothing is ever deleted; the figure is printed so that it can be watched."""
        counts = ("added", "updated", "unchanged", "restored", "held", "missing", "withdrawn", "rejected", "skipped", "issues")
        return {
            **{name: getattr(self, name) for name in counts},
            "deleted": 0,
            "changed_fields": list(self.changed_fields),
            "conflicts": self.conflicts,
            "run": self.run.value,
            "error_kind": self.error_kind.value if self.error_kind else None,
            "needs_coordinator": self.needs_coordinator,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRun:
    """A run as it was kept."""

    id: UUID
    source_id: str
    started_at: datetime
    finished_at: datetime
    http_status: int | None
    run: Run
    error_kind: str | None
    counts: dict[str, Any]
    has_body: bool
    decided: str | None


def postcode_area(outcode: str) -> str:
    """The letters a district begins with."""
    return outcode[: 2 if outcode[1:2].isalpha() else 1]


def is_kept(outcode: str | None, keep_areas: Sequence[str]) -> bool:
    """Whether a row belongs to the postcode areas a source is kept for; one without a district always does."""
    return not keep_areas or outcode is None or postcode_area(outcode) in keep_areas
