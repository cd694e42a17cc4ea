"""Sources of meetings, their runs and what was found in them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from matcher.domain.connection import Connection, Row
from matcher.domain.feed_issue import ErrorKind, Issue, IssueCode, Run, Severity
from matcher.domain.fellowship import Fellowship
from matcher.domain.meeting_source import ImportRun, MeetingSource, SourceState

COLUMNS = """
    id, area_id, name, fellowship, format, url, timezone, date_order, keep_areas, state, failing_since, last_attempt_at, last_success_at, etag,
    last_modified, last_good_rows, interval_h, licence_note, publisher_contact, may_republish, previewed_at, next_fetch_at, failures
"""


def _source(row: Row) -> MeetingSource:
    fellowship = Fellowship(row["fellowship"]) if row["fellowship"] else None
    kept = {"fellowship": fellowship, "keep_areas": tuple(row["keep_areas"]), "state": SourceState(row["state"])}
    return MeetingSource(**dict(row) | kept)


async def find_source(c: Connection, source_id: str) -> MeetingSource | None:
    """A source by its id."""
    row = await c.fetchrow("SELECT" + COLUMNS + "FROM meeting_sources WHERE id = $1", source_id)
    return _source(row) if row else None


async def claim_source(tx: Connection, source_id: str) -> MeetingSource | None:
    """Lock a source for this transaction, so that one run at a time works on its meetings."""
    row = await tx.fetchrow("SELECT" + COLUMNS + "FROM meeting_sources WHERE id = $1 FOR UPDATE", source_id)
    return _source(row) if row else None


async def list_sources(c: Connection) -> list[MeetingSource]:
    """Every source, by id."""
    return [_source(row) for row in await c.fetch("SELECT" + COLUMNS + "FROM meeting_sources ORDER BY id")]


async def insert_source(tx: Connection, source: MeetingSource, now: datetime) -> bool:
    """Keep a new source, switched off; False where the id is taken."""
    status = await tx.execute(
        """
        INSERT INTO meeting_sources (id, area_id, name, fellowship, format, url, timezone, date_order, keep_areas, state, interval_h, licence_note,
            publisher_contact, may_republish, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING
        """,
        source.id,
        source.area_id,
        source.name,
        source.fellowship.value if source.fellowship else None,
        source.format,
        source.url,
        source.timezone,
        source.date_order,
        list(source.keep_areas),
        source.state.value,
        source.interval_h,
        source.licence_note,
        source.publisher_contact,
        source.may_republish,
        now,
    )
    return status.endswith(" 1")


async def update_source_good(
    tx: Connection, source_id: str, now: datetime, *, rows: int, etag: str | None, last_modified: str | None
) -> None:
    """A good run: what the next one is judged against. The validators belong to the body that was applied, so another's are never kept."""
    await tx.execute(
        """
        UPDATE meeting_sources SET state = CASE WHEN state = 'paused' THEN state ELSE 'ok' END, failing_since = NULL, failures = 0,
               last_attempt_at = $2, last_success_at = $2, last_good_rows = $3, etag = $4, last_modified = $5
         WHERE id = $1
        """,
        source_id,
        now,
        rows,
        etag,
        last_modified,
    )


async def update_source_unmodified(tx: Connection, source_id: str, now: datetime) -> None:
    """The publisher said that nothing has changed: a good run with the same rows."""
    await tx.execute(
        """
        UPDATE meeting_sources SET state = CASE WHEN state = 'paused' THEN state ELSE 'ok' END, failing_since = NULL, failures = 0,
               last_attempt_at = $2, last_success_at = $2
         WHERE id = $1
        """,
        source_id,
        now,
    )


async def update_source_bad(tx: Connection, source_id: str, now: datetime, *, state: SourceState) -> None:
    """A run that brought nothing to believe, and since when that is so. The validators stay those of the last good body."""
    await tx.execute(
        """
        UPDATE meeting_sources SET state = CASE WHEN state = 'paused' THEN state ELSE $3 END, failing_since = coalesce(failing_since, $2),
               failures = failures + 1, last_attempt_at = $2
         WHERE id = $1
        """,
        source_id,
        now,
        state.value,
    )


# ── runs ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def insert_run(
    tx: Connection,
    run_id: UUID,
    source_id: str,
    now: datetime,
    *,
    http_status: int | None,
    size: int | None,
    sha256: bytes | None,
    reader: bytes,
    fingerprint: bytes | None,
    run: Run,
) -> None:
    """Open a run, so that history lines can name it; `update_run` says how it ended. `reader`: names by what, and how, its body is read."""
    await tx.execute(
        """
        INSERT INTO import_runs (id, source_id, started_at, finished_at, http_status, bytes, sha256, run, counts, reader, fingerprint)
        VALUES ($1, $2, $3, $3, $4, $5, $6, $7, '{}', $8, $9)
        """,
        run_id,
        source_id,
        now,
        http_status,
        size,
        sha256,
        run.value,
        reader,
        fingerprint,
    )


async def update_run(
    tx: Connection, run_id: UUID, *, run: Run, error_kind: ErrorKind | None, counts: dict[str, Any], body: bytes | None
) -> None:
    """How a run ended."""
    await tx.execute(
        "UPDATE import_runs SET run = $2, error_kind = $3, counts = $4, body = $5 WHERE id = $1",
        run_id,
        run.value,
        error_kind.value if error_kind else None,
        json.dumps(counts),
        body,
    )


async def update_old_bodies_dropped(tx: Connection, source_id: str, before: datetime) -> None:
    """The bodies of quarantined runs older than this are not kept."""
    await tx.execute("UPDATE import_runs SET body = NULL WHERE source_id = $1 AND body IS NOT NULL AND started_at < $2", source_id, before)


async def claim_run_decided(tx: Connection, run_id: UUID, *, decided: str, by_staff: UUID | None) -> bool:
    """A person has said what becomes of a quarantined run; False where that was said before."""
    status = await tx.execute(
        """
        UPDATE import_runs SET decided = $2::text, decided_by = $3, body = CASE WHEN $2 = 'discarded' THEN NULL ELSE body END
         WHERE id = $1 AND run = 'quarantined' AND decided IS NULL
        """,
        run_id,
        decided,
        by_staff,
    )
    return status.endswith(" 1")


@dataclass(frozen=True, slots=True)
class GoodRun:
    """The last run whose rows were taken: what it read, and by what. `rows`: those it took, as many as the directory still has of it unchanged."""

    id: UUID
    sha256: bytes | None
    reader: bytes | None
    fingerprint: bytes | None
    counts: dict[str, Any]
    is_whole: bool


async def find_last_good(c: Connection, source_id: str, *, besides: UUID | None = None) -> GoodRun | None:
    """The last run of a source whose rows were taken. `is_whole`: each still stands as it was read. `besides`: the run that is under way."""
    row = await c.fetchrow(
        """
        SELECT r.id, r.sha256, r.reader, r.fingerprint, r.counts,
               s.last_good_rows = (SELECT count(*) FROM meetings m
                   WHERE m.source_id = s.id AND m.missing_since IS NULL AND m.status <> 'withdrawn' AND m.last_confirmed_at >= m.last_seen_at) AS is_whole
          FROM import_runs r JOIN meeting_sources s ON s.id = r.source_id
         WHERE r.source_id = $1 AND r.run = 'ok' AND r.id IS DISTINCT FROM $2 ORDER BY r.started_at DESC LIMIT 1
        """,
        source_id,
        besides,
    )
    return GoodRun(**dict(row) | {"counts": json.loads(row["counts"]), "is_whole": bool(row["is_whole"])}) if row else None


async def copy_issues(tx: Connection, run_id: UUID, same_as: UUID) -> None:
    """What was found in the same bytes is found again."""
    await tx.execute(
        """
        INSERT INTO import_issues (run_id, number, row_number, column_name, source_key, field, code, value, severity)
        SELECT $1, number, row_number, column_name, source_key, field, code, value, severity FROM import_issues WHERE run_id = $2
        """,
        run_id,
        same_as,
    )


async def insert_issues(tx: Connection, run_id: UUID, issues: Sequence[Issue]) -> None:
    """Keep what was found in a run, in its order."""
    for start in range(0, len(issues), 20_000):
        await tx.copy_records_to_table(
            "import_issues",
            records=(
                (run_id, number, i.row, i.column, i.source_key, i.field, i.code.value, i.value, i.severity.value)
                for number, i in enumerate(issues[start : start + 20_000], start)
            ),
            columns=("run_id", "number", "row_number", "column_name", "source_key", "field", "code", "value", "severity"),
        )


RUNS = "SELECT id, source_id, started_at, finished_at, http_status, run, error_kind, counts, body IS NOT NULL AS has_body, decided FROM import_runs"


def _run(row: Row) -> ImportRun:
    return ImportRun(**dict(row) | {"run": Run(row["run"]), "counts": json.loads(row["counts"])})


async def list_runs(c: Connection, source_id: str, *, most: int = 20) -> list[ImportRun]:
    """The last runs of a source, newest first."""
    rows = await c.fetch(RUNS + " WHERE source_id = $1 ORDER BY started_at DESC LIMIT $2", source_id, most)
    return [_run(row) for row in rows]


async def find_run(c: Connection, run_id: UUID) -> ImportRun | None:
    """A run by its id."""
    row = await c.fetchrow(RUNS + " WHERE id = $1", run_id)
    return _run(row) if row else None


async def find_body(c: Connection, run_id: UUID) -> bytes | None:
    """The kept body of a quarantined run."""
    body: bytes | None = await c.fetchval("SELECT body FROM import_runs WHERE id = $1", run_id)
    return body


async def list_issues(c: Connection, run_id: UUID, *, most: int = 500) -> list[Issue]:
    """What was found in a run, in its order."""
    rows = await c.fetch(
        """
        SELECT row_number, column_name, source_key, field, code, value, severity FROM import_issues WHERE run_id = $1 ORDER BY number LIMIT $2
        """,
        run_id,
        most,
    )
    return [
        Issue(
            row["row_number"],
            row["column_name"],
            row["source_key"],
            row["field"],
            IssueCode(row["code"]),
            row["value"],
            Severity(row["severity"]),
        )
        for row in rows
    ]


async def list_areas_of_source(c: Connection, source_id: str) -> list[UUID]:
    """The areas whose coordinators have to do with a source: its own, and those where its meetings are."""
    rows = await c.fetch(
        """
        SELECT area_id FROM meeting_sources WHERE id = $1 AND area_id IS NOT NULL
        UNION SELECT area_id FROM meetings WHERE source_id = $1 AND area_id IS NOT NULL ORDER BY 1
        """,
        source_id,
    )
    return [row["area_id"] for row in rows]
