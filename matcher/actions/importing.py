"""One run of one source: a parsed feed judged by the guards and brought into the directory, in one transaction. Nothing is ever deleted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from uuid import UUID, uuid4

from matcher.actions.import_again import apply_same, apply_unmodified, said_joins
from matcher.actions.import_applying import apply_matched
from matcher.actions.import_reading import Feed, find_same, read_feed, reader_mark
from matcher.actions.meeting_tasks import end_source_tasks, owe_source
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.connection import Connection
from matcher.domain.errors import Changed
from matcher.domain.feed_issue import ErrorKind, Run, Severity, run_of
from matcher.domain.import_guards import has_shrunk, judge_matched
from matcher.domain.import_matching import Matched, match_rows, who_to_read
from matcher.domain.known_meeting import Override
from matcher.domain.meeting import ParsedMeeting, ParseResult
from matcher.domain.meeting_source import KEEPS_BODY, Fetched, MeetingSource, NoSuchSource, RunReport, SourceState
from matcher.store import audit, meeting_sources, meetings


class RunDecided(Changed):
    """Somebody has decided about this run already."""


class OnlyTried(Exception):
    """A run that was only to be tried: raised at its end, so that the transaction is rolled back. Holds what it would have done."""

    def __init__(self, report: RunReport) -> None:
        self.report = report
        super().__init__("rolled back, as asked")


async def import_meetings(
    tx: Connection, now: datetime, *, actor: Actor, source_id: str, feed: Feed, dry_run: bool = False, guarded: bool = True
) -> RunReport:
    """Bring a feed into the directory and say what that did (meetings 7). Raises NoSuchSource.

    `guarded` False: a person has looked at a quarantined run and wants it. `dry_run`: raises OnlyTried with the report.
    """
    await audit.claim_acting(tx, actor, "import_meetings", now)
    source = await meeting_sources.claim_source(tx, source_id)
    if source is None or source.is_manual:
        raise NoSuchSource()
    run_id = uuid4()
    body = feed.fetched.body
    await meeting_sources.insert_run(
        tx,
        run_id,
        source_id,
        now,
        http_status=feed.fetched.http_status,
        size=len(body) if body is not None else None,
        sha256=sha256(body).digest() if body is not None else None,
        reader=reader_mark(source),
        fingerprint=feed.fingerprint,
        run=Run.OK,
    )
    report = await _run(tx, now, run_id, source=source, feed=feed, guarded=guarded)
    kept = body if report.run is Run.QUARANTINED else None
    await meeting_sources.update_run(tx, run_id, run=report.run, error_kind=report.error_kind, counts=report.to_json(), body=kept)
    await meeting_sources.update_old_bodies_dropped(tx, source_id, now - KEEPS_BODY)
    await audit.insert_audit(tx, "import_runs", run_id, reason=report.run.value)
    if dry_run:
        raise OnlyTried(report)
    return report


async def _run(tx: Connection, now: datetime, run_id: UUID, *, source: MeetingSource, feed: Feed, guarded: bool) -> RunReport:
    if feed.fetched.is_unmodified:
        await apply_unmodified(tx, now, run_id, source)
        await meeting_sources.update_source_unmodified(tx, source.id, now)
        await end_source_tasks(tx, now, source.id)
        return RunReport(run=Run.NOT_MODIFIED)
    if feed.same_as is not None:
        return await _same(tx, now, run_id, source=source, feed=feed, guarded=guarded)
    result = feed.result
    if result is None:
        return await _nothing_believed(tx, now, source, feed, kind=feed.fetched.error or ErrorKind.UNREADABLE)
    await meeting_sources.insert_issues(tx, run_id, result.issues)
    kind = judge_read(result, source) if guarded else result.error_kind
    if kind is not None:
        return await _nothing_believed(tx, now, source, feed, kind=kind)
    return await _import_rows(tx, now, run_id, source=source, feed=feed, result=result, guarded=guarded)


async def _same(tx: Connection, now: datetime, run_id: UUID, *, source: MeetingSource, feed: Feed, guarded: bool) -> RunReport:
    """The same list again. Where something happened since it was compared, it is read after all."""
    good = await find_same(tx, source, feed.fetched, besides=run_id, fingerprint=feed.fingerprint)
    if good is None:
        return await _run(tx, now, run_id, source=source, feed=read_feed(source, feed.fetched), guarded=guarded)
    report = await apply_same(tx, now, run_id, source)
    await meeting_sources.copy_issues(tx, run_id, good.id)
    fetched = feed.fetched
    await meeting_sources.update_source_good(
        tx, source.id, now, rows=report.unchanged, etag=fetched.etag, last_modified=fetched.last_modified
    )
    await end_source_tasks(tx, now, source.id)
    return replace(report, **{name: good.counts.get(name, 0) for name in ("rejected", "skipped", "issues")})


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A feed beside what is known: which row is which meeting, and why the guards would not believe it. `said`: kept rows that were read."""

    matched: Matched
    kind: ErrorKind | None
    said: Mapping[UUID, ParsedMeeting]
    overrides: dict[UUID, list[Override]]
    joins: dict[UUID, dict[str, str]]


async def compare(c: Connection, source: MeetingSource, feed: Feed) -> Compared:
    """Find out which row is which meeting. Writes nothing. The feed must have been read."""
    result = feed.result or ParseResult()
    known = {meeting.source_key: meeting for meeting in await meetings.list_known(c, source.id)}
    overrides = await meetings.list_overrides(c, source.id)
    joins = said_joins(await meetings.list_joins(c, source.id), overrides)
    refused = {issue.source_key for issue in result.issues if issue.severity is Severity.REJECTED and issue.source_key}
    said = await meetings.list_said(c, who_to_read(feed.rows, known, refused, joins))
    matched = match_rows(feed.rows, known, said=said, refused=refused, joins=joins)
    kind = judge_matched(matched, sum(meeting.is_live for meeting in known.values()))
    return Compared(matched=matched, kind=kind, said=said, overrides=overrides, joins=joins)


def judge_read(result: ParseResult, source: MeetingSource) -> ErrorKind | None:
    """Why a feed is not believed before any of its rows is looked at; None where it may be."""
    if result.error_kind is None and has_shrunk(len(result.rows), source.last_good_rows):
        return ErrorKind.TOO_FEW_ROWS
    return result.error_kind


async def _import_rows(
    tx: Connection, now: datetime, run_id: UUID, *, source: MeetingSource, feed: Feed, result: ParseResult, guarded: bool
) -> RunReport:
    compared = await compare(tx, source, feed)
    matched = compared.matched
    if compared.kind and guarded:
        return await _nothing_believed(tx, now, source, feed, kind=compared.kind)
    report = await apply_matched(tx, now, run_id, source=source, matched=matched, overrides=compared.overrides, joins_said=compared.joins)
    fetched = feed.fetched
    await meeting_sources.update_source_good(
        tx, source.id, now, rows=len(result.rows), etag=fetched.etag, last_modified=fetched.last_modified
    )
    await end_source_tasks(tx, now, source.id)
    if matched.ambiguous:
        await owe_source(tx, now, source.id, reason="same_twice")
    return replace(report, rejected=result.rejected, skipped=result.skipped, issues=len(result.issues))


async def _nothing_believed(tx: Connection, now: datetime, source: MeetingSource, feed: Feed, *, kind: ErrorKind) -> RunReport:
    """A run that failed or was quarantined: no meeting and no clock of one is moved."""
    run = run_of(kind)
    state = SourceState.QUARANTINED if run is Run.QUARANTINED else SourceState.FAILING
    await meeting_sources.update_source_bad(tx, source.id, now, state=state)
    is_stale = source.is_stale(now)
    if run is Run.QUARANTINED or is_stale:
        await owe_source(tx, now, source.id, reason=f"source_{state.value}")
    result = feed.result or ParseResult()
    return RunReport(
        run=run,
        error_kind=kind,
        rejected=result.rejected,
        skipped=result.skipped,
        issues=len(result.issues),
        needs_coordinator=run is Run.QUARANTINED or is_stale,
    )


async def decide_run(tx: Connection, _config: Config, now: datetime, *, actor: Actor, run_id: UUID, use: bool) -> RunReport | None:
    """A coordinator uses a quarantined run after all, from its kept body, or discards it. Raises RunDecided; NoSuchSource without a body."""
    await audit.claim_acting(tx, actor, "use_run" if use else "discard_run", now)
    run = await meeting_sources.find_run(tx, run_id)
    body = await meeting_sources.find_body(tx, run_id)
    source = await meeting_sources.find_source(tx, run.source_id) if run else None
    if run is None or source is None or (use and body is None):
        raise NoSuchSource()
    if not await meeting_sources.claim_run_decided(tx, run_id, decided="used" if use else "discarded", by_staff=actor.id):
        raise RunDecided()
    await audit.insert_audit(tx, "import_runs", run_id)
    if not use:
        await end_source_tasks(tx, now, source.id)
        return None
    feed = read_feed(source, Fetched(body=body))
    return await import_meetings(tx, now, actor=actor, source_id=source.id, feed=feed, guarded=False)
