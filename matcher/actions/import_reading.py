"""Reading what was fetched, and finding out first whether it is the list that was read last time. Writes nothing; importing.py brings it in."""

import asyncio
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from matcher.domain.connection import Connection
from matcher.domain.effective_meeting import joins_json
from matcher.domain.feed_issue import ErrorKind
from matcher.domain.known_meeting import Incoming
from matcher.domain.meeting import ParseResult, content_hash
from matcher.domain.meeting_source import Fetched, MeetingSource, is_kept
from matcher.feeds.formats import parse
from matcher.store import meeting_sources
from matcher.store.meeting_sources import GoodRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What was fetched, and what was read in it; nothing was read where the fetch failed or the publisher said that nothing changed.

    `same_as`: the good run that read the same list in the same way, so that it need not be read again. `fingerprint`: of what was read.
    """

    fetched: Fetched
    result: ParseResult | None = None
    rows: tuple[Incoming, ...] = ()
    same_as: UUID | None = None
    fingerprint: bytes | None = None


@cache
def _program_mark() -> bytes:
    """Names the program that reads lists: another one may read the same bytes otherwise."""
    digest = sha256()
    for part in ("feeds", "domain", "data"):
        for path in sorted((Path(__file__).parent.parent / part).iterdir()):
            if path.suffix in (".py", ".json"):
                digest.update(path.name.encode() + path.read_bytes())
    return digest.digest()


def reader_mark(source: MeetingSource) -> bytes:
    """Names by what, and how, the lists of a source are read."""
    how = (source.format, source.fellowship, source.timezone, source.date_order, source.keep_areas)
    return sha256(_program_mark() + repr(how).encode()).digest()


async def find_same(
    c: Connection, source: MeetingSource, fetched: Fetched, *, besides: UUID | None = None, fingerprint: bytes | None = None
) -> GoodRun | None:
    """The last good run, where it read this list in the same way and all that it took still stands; None: it must be read.

    The same list is the very same bytes, or the same `fingerprint`. `besides`: the run that is under way.
    """
    good = await _find_comparable(c, source, fetched, besides=besides)
    if good is None or fetched.body is None:
        return None
    is_same = good.sha256 == sha256(fetched.body).digest() or (fingerprint is not None and good.fingerprint == fingerprint)
    return good if is_same else None


async def _find_comparable(c: Connection, source: MeetingSource, fetched: Fetched, *, besides: UUID | None = None) -> GoodRun | None:
    good = await meeting_sources.find_last_good(c, source.id, besides=besides) if fetched.body is not None else None
    return good if good is not None and good.is_whole and good.reader == reader_mark(source) else None


async def read_changed(c: Connection, source: MeetingSource, fetched: Fetched) -> Feed:
    """Read what was fetched beside the event loop, unless it is the list that was read last time: the same bytes, or others that say the same."""
    good = await _find_comparable(c, source, fetched)
    if good is None or fetched.body is None:
        return await asyncio.to_thread(read_feed, source, fetched)
    if good.sha256 == sha256(fetched.body).digest():
        return Feed(fetched=fetched, same_as=good.id, fingerprint=good.fingerprint)
    if good.fingerprint is not None and await asyncio.to_thread(_fingerprint, source, fetched.body) == good.fingerprint:
        return Feed(fetched=fetched, same_as=good.id, fingerprint=good.fingerprint)
    return await asyncio.to_thread(read_feed, source, fetched)


def _parse(source: MeetingSource, body: bytes, *, is_glance: bool = False) -> ParseResult:
    if source.fellowship is None:
        return ParseResult()
    return parse(
        body,
        format=source.format,
        fellowship=source.fellowship,
        timezone=source.timezone,
        date_order=source.date_order,
        fingerprints=True,
        is_glance=is_glance,
    )


def _fingerprint(source: MeetingSource, body: bytes) -> bytes | None:
    return _parse(source, body, is_glance=True).fingerprint


def read_feed(source: MeetingSource, fetched: Fetched) -> Feed:
    """Parse what was fetched, as the source is written. It takes seconds for a large feed, so it is done before the transaction begins."""
    if fetched.error or fetched.is_unmodified or fetched.body is None or source.fellowship is None:
        return Feed(fetched=fetched)
    result = _narrowed(_parse(source, fetched.body), source)
    joins = result.joins
    rows = tuple(Incoming(row=row, content_hash=content_hash(row), joins=joins_json(joins.get(row.source_key))) for row in result.rows)
    return Feed(fetched=fetched, result=result, rows=rows, fingerprint=result.fingerprint)


def _narrowed(result: ParseResult, source: MeetingSource) -> ParseResult:
    """Without the rows outside the postcode areas a source is kept for; they count as skipped."""
    kept = tuple(row for row in result.rows if is_kept(row.outcode, source.keep_areas))
    if len(kept) == len(result.rows):
        return result
    kind = None if kept else ErrorKind.NO_USABLE_ROWS
    return replace(result, rows=kept, skipped=result.skipped + len(result.rows) - len(kept), error_kind=kind)
