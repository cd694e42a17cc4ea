"""Sources in the hands of workers and of people who try them: whose turn it is, leases, what was fetched for a look, switching on and off."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from matcher.domain.connection import Connection
from matcher.domain.meeting_source import MeetingSource
from matcher.store.meeting_sources import find_source

CLAIMS = 6_130_224_907_518_442
"""The lock under which one worker at a time looks for a source: two that looked at once could take two sources of one host."""


async def claim_due_source(tx: Connection, now: datetime, *, lease_id: UUID, lease: timedelta, retry: timedelta) -> MeetingSource | None:
    """Take the source that was tried longest ago among those whose turn it is, for one worker alone; None where there is none.

    A host that somebody is asking already is left alone. Whatever becomes of the worker, the source comes up again after `retry`.
    """
    await tx.execute("SELECT pg_advisory_xact_lock($1)", CLAIMS)
    source_id = await tx.fetchval(
        """
        UPDATE meeting_sources SET lease_id = $2, lease_until = $3, last_attempt_at = $1, next_fetch_at = $4
         WHERE id = (SELECT s.id FROM meeting_sources s
                      WHERE s.next_fetch_at <= $1 AND (s.lease_until IS NULL OR s.lease_until <= $1)
                        AND NOT EXISTS (SELECT FROM meeting_sources other WHERE other.lease_until > $1 AND other.id <> s.id
                            AND lower(split_part(other.url, '/', 3)) = lower(split_part(s.url, '/', 3)))
                      ORDER BY s.last_attempt_at NULLS FIRST, s.id LIMIT 1)
        RETURNING id
        """,
        now,
        lease_id,
        now + lease,
        now + retry,
    )
    return await find_source(tx, source_id) if source_id else None


async def claim_lease_ended(tx: Connection, source_id: str, lease_id: UUID) -> bool:
    """Give a source back; False where it is another worker's by now, or was switched off meanwhile."""
    status = await tx.execute(
        "UPDATE meeting_sources SET lease_id = NULL, lease_until = NULL WHERE id = $1 AND lease_id = $2", source_id, lease_id
    )
    return status.endswith(" 1")


async def update_next_fetch(tx: Connection, source_id: str, next_at: datetime) -> None:
    """When it is fetched next, as long as it is switched on."""
    await tx.execute("UPDATE meeting_sources SET next_fetch_at = $2 WHERE id = $1 AND next_fetch_at IS NOT NULL", source_id, next_at)


async def update_switched(tx: Connection, source_id: str, *, first_at: datetime | None) -> None:
    """Fetched by itself from this moment on, or not any more (None): a fetch under way then counts for nothing."""
    await tx.execute(
        """
        UPDATE meeting_sources SET next_fetch_at = $2, lease_id = NULL, lease_until = NULL,
               state = CASE WHEN $2::timestamptz IS NULL THEN 'paused' WHEN failing_since IS NULL THEN 'ok' ELSE 'failing' END
         WHERE id = $1
        """,
        source_id,
        first_at,
    )


async def update_source_settings(tx: Connection, source: MeetingSource) -> None:
    """Keep what a person has changed about a source. Another address or way of reading is unknown until it is tried again."""
    await tx.execute(
        """
        UPDATE meeting_sources SET name = $2, url = $3, timezone = $4, date_order = $5, keep_areas = $6, interval_h = $7, licence_note = $8,
               publisher_contact = $9, may_republish = $10, format = $11, etag = $12, last_modified = $13, previewed_at = $14
         WHERE id = $1
        """,
        source.id,
        source.name,
        source.url,
        source.timezone,
        source.date_order,
        list(source.keep_areas),
        source.interval_h,
        source.licence_note,
        source.publisher_contact,
        source.may_republish,
        source.format,
        source.etag,
        source.last_modified,
        source.previewed_at,
    )


# ── what is looked at before it counts ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A list as it was fetched or sent for a look. `sha256` names exactly these bytes."""

    body: bytes
    sha256: bytes
    from_file: bool
    http_status: int | None
    etag: str | None
    last_modified: str | None
    by_staff: UUID
    at: datetime


async def upsert_trial(tx: Connection, source_id: str, trial: Trial) -> None:
    """Keep what somebody is about to look at; it takes the place of the one before. The source has been seen now."""
    await tx.execute("DELETE FROM source_trials WHERE source_id = $1", source_id)
    await tx.execute(
        """
        INSERT INTO source_trials (source_id, body, sha256, from_file, http_status, etag, last_modified, by_staff, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        source_id,
        trial.body,
        trial.sha256,
        trial.from_file,
        trial.http_status,
        trial.etag,
        trial.last_modified,
        trial.by_staff,
        trial.at,
    )
    await tx.execute("UPDATE meeting_sources SET previewed_at = $2 WHERE id = $1", source_id, trial.at)


async def find_trial(c: Connection, source_id: str) -> Trial | None:
    """What was fetched or sent for a look."""
    row = await c.fetchrow(
        "SELECT body, sha256, from_file, http_status, etag, last_modified, by_staff, at FROM source_trials WHERE source_id = $1", source_id
    )
    return Trial(**dict(row)) if row else None


async def delete_trial(tx: Connection, source_id: str) -> None:
    """It has been used, or nobody wants it."""
    await tx.execute("DELETE FROM source_trials WHERE source_id = $1", source_id)


async def delete_old_trials(tx: Connection, before: datetime) -> int:
    """What nobody has decided about for so long is not kept. Returns how many."""
    status = await tx.execute("DELETE FROM source_trials WHERE at < $1", before)
    return int(status.rsplit(" ", 1)[-1])
