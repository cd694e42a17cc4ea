"""What a coordinator does with a source: lets it be recognised, looks at what it would bring, uses exactly that, switches it on or off."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from matcher.actions.import_reading import Feed, read_feed
from matcher.actions.importing import compare, import_meetings, judge_read
from matcher.actions.meeting_source_keeping import source_number
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.connection import Connection
from matcher.domain.csv_cells import csv_bytes
from matcher.domain.errors import Changed, Hidden, Refused
from matcher.domain.feed_issue import ErrorKind
from matcher.domain.fellowship import Fellowship
from matcher.domain.meeting import ParseResult
from matcher.domain.meeting_source import Fetched, MeetingSource, RunReport, SourceAreas
from matcher.domain.permission import check_can_add_meeting, check_can_keep_source
from matcher.domain.source_preview import Preview, preview_of, preview_of_nothing
from matcher.feeds.formats import FORMATS, ROWS_MOST, parse
from matcher.feeds.reading_text import FeedFault
from matcher.feeds.recognising import recognise_format
from matcher.feeds.sheet_ids import with_ids
from matcher.store import audit, meeting_sources, source_fetches
from matcher.store.source_fetches import Trial

MOST_BYTES, MOST_ROWS = 5 * 1024 * 1024, 20_000
"""Of a file sent by a page (meetings 8)."""
FORMATS_READ = FORMATS
"""The formats a source may be in."""


class NotSeenYet(Refused):
    """Please try this source first: it is switched on only after somebody has looked at what it brings."""


class SourceIdTaken(Refused):
    """There is a source with this short name already. Please choose another."""


class ShownIsGone(Changed):
    """What you were shown is not kept any more. Nothing was changed: please try the source again."""


# ── which format it is ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Recognised:
    """Which format a list seems to be in, and how many meetings it then holds. `kind`: why none. `missing_columns`: headings it lacks."""

    format: str
    rows: int
    kind: ErrorKind | None
    missing_columns: tuple[str, ...] = ()


def recognise(body: bytes, *, fellowship: Fellowship, timezone: str, date_order: str, from_file: bool) -> Recognised:
    """Find out how a list is written. It takes seconds for a large one: call it beside the event loop."""
    name = recognise_format(body) or ("meeting_guide" if body.lstrip()[:1] in (b"[", b"{") else "sheet")
    most_rows = MOST_ROWS if from_file else ROWS_MOST
    read = parse(body, format=name, fellowship=fellowship, timezone=timezone, date_order=date_order, most_rows=most_rows)
    return Recognised(name, len(read.rows), read.error_kind, read.missing_columns)


def sheet_with_ids(body: bytes) -> bytes | ErrorKind:
    """The sheet with an ID column filled in, or why there can be none. Call it beside the event loop."""
    try:
        return csv_bytes(with_ids(body, most_rows=MOST_ROWS))
    except FeedFault as fault:
        return fault.kind


# ── making and changing a source ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def areas_of(c: Connection, source_id: str) -> SourceAreas:
    """The areas a source has to do with."""
    return SourceAreas(frozenset(await meeting_sources.list_areas_of_source(c, source_id)))


async def claim_kept_source(tx: Connection, now: datetime, *, actor: Actor, source_id: str, action: str) -> MeetingSource:
    """Lock a source that this coordinator may keep. Raises Hidden or Refused."""
    await audit.claim_acting(tx, actor, action, now)
    source = await meeting_sources.claim_source(tx, source_id)
    if source is None or source.is_manual:
        raise Hidden()
    check_can_keep_source(actor, await areas_of(tx, source_id), now)
    await audit.insert_audit(tx, "meeting_sources", source_number(source_id))
    return source


async def make_source(tx: Connection, _config: Config, now: datetime, *, actor: Actor, source: MeetingSource) -> str:
    """Make a source as a coordinator described it, switched off until they have seen what it brings. Returns its id. Raises SourceIdTaken."""
    await audit.claim_acting(tx, actor, "add_source", now)
    check_can_add_meeting(actor, None, now)
    if not await meeting_sources.insert_source(tx, source, now):
        raise SourceIdTaken()
    await audit.insert_audit(tx, "meeting_sources", source_number(source.id))
    return source.id


async def change_source(
    tx: Connection, _config: Config, now: datetime, *, actor: Actor, source_id: str, settings: Mapping[str, Any]
) -> None:
    """Change what stands in `settings`, by the names of MeetingSource. Read or fetched otherwise than before: it must be tried again."""
    source = await claim_kept_source(tx, now, actor=actor, source_id=source_id, action="change_source")
    changed = replace(source, **settings)
    if _is_read_otherwise(source, changed):
        changed = replace(changed, etag=None, last_modified=None, previewed_at=None)
        await source_fetches.update_switched(tx, source_id, first_at=None)
        await source_fetches.delete_trial(tx, source_id)
    await source_fetches.update_source_settings(tx, changed)


def _is_read_otherwise(before: MeetingSource, after: MeetingSource) -> bool:
    names = ("url", "format", "timezone", "date_order", "keep_areas")
    return any(getattr(before, name) != getattr(after, name) for name in names)


async def switch_source(tx: Connection, _config: Config, now: datetime, *, actor: Actor, source_id: str, on: bool) -> None:
    """Fetched by itself from now on, or not any more. Raises NotSeenYet where nobody has looked at what it brings."""
    source = await claim_kept_source(tx, now, actor=actor, source_id=source_id, action="switch_source_on" if on else "switch_source_off")
    if on and (source.previewed_at is None or not source.url):
        raise NotSeenYet()
    await source_fetches.update_switched(tx, source_id, first_at=now if on else None)


# ── trying it ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def keep_trial(
    tx: Connection, _config: Config, now: datetime, *, actor: Actor, source_id: str, fetched: Fetched, from_file: bool
) -> None:
    """Keep what was fetched or sent, so that exactly this can be used afterwards. Raises ShownIsGone without a body."""
    await claim_kept_source(tx, now, actor=actor, source_id=source_id, action="try_source")
    if fetched.body is None or actor.id is None:
        raise ShownIsGone()
    trial = Trial(
        body=fetched.body,
        sha256=sha256(fetched.body).digest(),
        from_file=from_file,
        http_status=fetched.http_status,
        etag=fetched.etag,
        last_modified=fetched.last_modified,
        by_staff=actor.id,
        at=now,
    )
    await source_fetches.upsert_trial(tx, source_id, trial)


async def read_trial(source: MeetingSource, trial: Trial) -> Feed:
    """Read what is kept for a look, beside the event loop: a large list takes seconds."""
    fetched = Fetched(body=trial.body, http_status=trial.http_status, etag=trial.etag, last_modified=trial.last_modified)
    feed = await asyncio.to_thread(read_feed, source, fetched)
    if trial.from_file and len(feed.rows) > MOST_ROWS:
        return Feed(fetched=fetched, result=ParseResult(error_kind=ErrorKind.TOO_MANY_ROWS))
    return feed


async def preview_feed(c: Connection, source: MeetingSource, feed: Feed) -> Preview:
    """What a list would bring. Writes nothing."""
    result = feed.result or ParseResult(error_kind=feed.fetched.error or ErrorKind.UNREADABLE)
    if result.error_kind is not None:
        return preview_of_nothing(result, result.error_kind)
    compared = await compare(c, source, feed)
    kind = judge_read(result, source) or compared.kind
    missing = [compared.said[known.id] for known in compared.matched.missing if known.is_live and known.id in compared.said]
    return preview_of(result, compared.matched, kind=kind, missing=missing)


async def use_trial(
    tx: Connection, _config: Config, now: datetime, *, actor: Actor, source_id: str, digest: bytes, feed: Feed, switch_on: bool
) -> RunReport:
    """Bring in exactly what was shown; from then on it may be fetched by itself. Raises ShownIsGone where it is another list by now."""
    source = await claim_kept_source(tx, now, actor=actor, source_id=source_id, action="use_trial")
    trial = await source_fetches.find_trial(tx, source_id)
    body = feed.fetched.body
    if trial is None or trial.sha256 != digest or body is None or sha256(body).digest() != digest:
        raise ShownIsGone()
    report = await import_meetings(tx, now, actor=actor, source_id=source_id, feed=feed, guarded=False)
    await source_fetches.delete_trial(tx, source_id)
    if switch_on and source.url:
        await source_fetches.update_switched(tx, source_id, first_at=now)
    return report


async def drop_trial(tx: Connection, _config: Config, now: datetime, *, actor: Actor, source_id: str) -> None:
    """What was shown is not wanted."""
    await claim_kept_source(tx, now, actor=actor, source_id=source_id, action="drop_trial")
    await source_fetches.delete_trial(tx, source_id)


async def fetch_soon(tx: Connection, _config: Config, now: datetime, *, actor: Actor, source_id: str) -> None:
    """Let the next worker that is free fetch a source that is switched on, without waiting for its time."""
    await claim_kept_source(tx, now, actor=actor, source_id=source_id, action="fetch_soon")
    await source_fetches.update_next_fetch(tx, source_id, now)


def known_area(actor: Actor, area_id: UUID | None) -> UUID | None:
    """The area a new source is given: the one that was chosen, else the only one this coordinator has. Raises Hidden for another's."""
    if area_id is not None and area_id not in actor.area_ids:
        raise Hidden()
    return area_id or (next(iter(actor.area_ids)) if len(actor.area_ids) == 1 else None)
