"""The meeting as a feed gives it: one row, one parsed feed, and whether somebody can go. Its times are in occurrence.py."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, time
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import Any

from matcher.domain.feed_issue import ErrorKind, Issue, Run, run_of
from matcher.domain.fellowship import Fellowship

ASSUMED_MINUTES = 60
"""How long a meeting is taken to be whose source does not say (meetings 3.2)."""
WRITTEN_CODES = {fellowship: fellowship.value.upper() for fellowship in Fellowship} | {Fellowship.ALANON: "AL-ANON"}
"""Each fellowship as the command line and parsed rows write it."""


class Status(StrEnum):
    """Where a meeting stands. Unconfirmed and withdrawn exist only over time; the others a feed can say too."""

    ACTIVE = "active"
    UNCONFIRMED = "unconfirmed"
    TEMPORARILY_CLOSED = "temporarily_closed"
    CLOSED = "closed"
    UNPUBLISHED = "unpublished"
    WITHDRAWN = "withdrawn"


class Schedule(StrEnum):
    """How often it is held. By appointment there is neither day nor start."""

    WEEKLY = "weekly"
    NOT_WEEKLY = "not_weekly"
    BY_APPOINTMENT = "by_appointment"


class Audience(StrEnum):
    """Who may come. Unknown is never shown as open."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class JoinDetails:
    """The ways into an online meeting that are never public. Never printed, not even by accident."""

    meeting_id: str | None = field(default=None, repr=False)
    passcode: str | None = field(default=None, repr=False)
    dial_in: str | None = field(default=None, repr=False)
    full_link: str | None = field(default=None, repr=False)

    def __bool__(self) -> bool:
        return any((self.meeting_id, self.passcode, self.dial_in, self.full_link))


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedMeeting:
    """One row of meetings 3.2. `start` and `end` are local wall times, `source_updated` is UTC; text is plain or None, never empty."""

    row: int
    source_key: str
    name: str
    fellowship: Fellowship
    iso_weekday: int | None = None
    start: time | None = None
    end: time | None = None
    duration_min: int | None = None
    duration_is_assumed: bool = False
    timezone: str
    schedule: Schedule = Schedule.WEEKLY
    status: Status = Status.ACTIVE
    attendable: bool = False
    needs_human_check: bool = False
    in_person: bool = False
    online: bool = False
    venue: str | None = None
    address: str | None = None
    formatted_address: str | None = None
    town: str | None = None
    region: str | None = None
    regions: tuple[str, ...] = ()
    postcode: str | None = None
    outcode: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    conference_url: str | None = None
    conference_provider: str | None = None
    conference_phone: str | None = None
    join_secret_separated: bool = False
    audience: Audience = Audience.UNKNOWN
    audience_note: str | None = None
    attributes: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    raw_types: tuple[str, ...] = ()
    format_ids: tuple[int, ...] = ()
    notes: str | None = None
    location_notes: str | None = None
    travel_notes: str | None = None
    source_url: str | None = None
    source_updated: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """Every key of the contract, in its order, as JSON writes it."""
        values = list(_values_of(self))
        for place, write in _WRITTEN:
            if values[place] is not None:
                values[place] = write(values[place])
        return dict(zip(ROW_KEYS, values, strict=True))


ROW_KEYS = tuple(f.name for f in fields(ParsedMeeting))
_values_of = attrgetter(*ROW_KEYS)
UNHASHED = frozenset({"row", "source_updated"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseResult:
    """A whole feed. `joins` (the separated ways in, by source key), `missing_columns` and `fingerprint` (see feeds) are not printed as JSON."""

    rows: tuple[ParsedMeeting, ...] = ()
    issues: tuple[Issue, ...] = ()
    rejected: int = 0
    skipped: int = 0
    error_kind: ErrorKind | None = None
    joins: Mapping[str, JoinDetails] = field(default_factory=dict, repr=False)
    missing_columns: tuple[str, ...] = ()
    fingerprint: bytes | None = field(default=None, repr=False, compare=False)

    @property
    def run(self) -> Run:
        """How reading it ended."""
        return run_of(self.error_kind)

    def to_json(self) -> dict[str, Any]:
        """The one object that `meetings parse` prints (meetings 3.1)."""
        return {
            "rows": [row.to_json() for row in self.rows],
            "issues": [issue.to_json() for issue in self.issues],
            "rejected": self.rejected,
            "skipped": self.skipped,
            "run": self.run.value,
            "error_kind": self.error_kind.value if self.error_kind else None,
        }


def is_attendable(
    *,
    status: Status,
    schedule: Schedule,
    iso_weekday: int | None,
    start: time | None,
    in_person: bool,
    has_way_in: bool,
    has_weeks: bool = False,
) -> bool:
    """Whether somebody can simply go (meetings 2).

    `has_weeks`: a person has said in which weeks it is held. `has_way_in`: there is a link, a telephone number or a meeting id.
    """
    in_time = schedule is Schedule.WEEKLY or (schedule is Schedule.NOT_WEEKLY and has_weeks)
    return status is Status.ACTIVE and in_time and iso_weekday is not None and start is not None and (in_person or has_way_in)


def content_hash(row: ParsedMeeting) -> bytes:
    """SHA-256 over what the row says, without its place in the feed, its date of change and the order of its types (meetings 7.1)."""
    said = row.to_json()
    for name in UNHASHED:
        del said[name]
    said["raw_types"].sort()
    return hashlib.sha256(_HASHED.encode(said).encode("ascii")).digest()


def fellowship_of(code: str) -> Fellowship | None:
    """The fellowship of a code as people write it ("AL-ANON", "na"), in any case; None if there is none."""
    plain = code.strip().lower().replace("-", "")
    return Fellowship(plain) if plain in set(Fellowship) else None


@lru_cache(maxsize=4096)
def _clock(at: time) -> str:
    return at.strftime("%H:%M")


@lru_cache(maxsize=4096)
def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


_WRITERS: dict[str, Callable[[Any], Any]] = {
    "fellowship": WRITTEN_CODES.__getitem__,
    **dict.fromkeys(("start", "end"), _clock),
    **dict.fromkeys(("schedule", "status", "audience"), str),
    **dict.fromkeys(("regions", "attributes", "languages", "raw_types", "format_ids"), list),
    "source_updated": _instant,
}
_WRITTEN = tuple((ROW_KEYS.index(name), write) for name, write in _WRITERS.items())
"""The values that JSON writes otherwise: HH:MM, UTC with a Z, the contract's code of a fellowship, lists."""
_HASHED = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)
