"""Statements that only the demo's town and the demo's clock use: many rows at once, what is due next, sign-ins that move with the clock."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from asyncpg import IntegrityConstraintViolationError

from matcher.domain.connection import Connection, Row
from matcher.domain.errors import Refusal
from matcher.domain.sealed import PersonKey


async def insert_keys(tx: Connection, keys: Sequence[PersonKey], kind: str, now: datetime) -> None:
    """Keep the wrapped keys of many new people."""
    await tx.executemany(
        "INSERT INTO person_keys (person_id, kind, wrapped, created_at) VALUES ($1, $2, $3, $4)",
        [(key.person_id, kind, key.wrapped, now) for key in keys],
    )


async def update_volunteers(
    tx: Connection, ids: Sequence[UUID], now: datetime, *, state: str, paused_reason: str | None = None, paused_until: date | None = None
) -> None:
    """Move many volunteers to one state. Who acts has been told."""
    await tx.execute(
        """
        UPDATE volunteers SET state = $2, paused_reason = $3, paused_until = $4, updated_at = $5, version = version + 1 WHERE id = ANY($1)
        """,
        list(ids),
        state,
        paused_reason,
        paused_until,
        now,
    )


async def insert_source(tx: Connection, source: Mapping[str, Any], now: datetime) -> None:
    """Keep a source of meetings. It has no address, so that nothing is ever fetched for it."""
    await tx.execute(
        """
        INSERT INTO meeting_sources (id, area_id, name, fellowship, format, licence_note, may_republish, last_attempt_at, last_success_at,
                                     last_good_rows, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, true, $7, $7, $8, $9)
        """,
        source["id"],
        source["area_id"],
        source["name"],
        source["fellowship"],
        source["format"],
        source["licence_note"],
        source["last_success_at"],
        source["rows"],
        now,
    )


async def insert_run(tx: Connection, run: Mapping[str, Any]) -> None:
    """Keep a finished run of a source's import."""
    await tx.execute(
        """
        INSERT INTO import_runs (id, source_id, started_at, finished_at, bytes, run, counts) VALUES ($1, $2, $3, $4, $5, 'ok', $6)
        """,
        run["id"],
        run["source_id"],
        run["started_at"],
        run["started_at"] + timedelta(seconds=2),
        run["bytes"],
        run["counts"],
    )


MEETING_COLUMNS = tuple(
    """
    id source_id source_key area_id fellowship name iso_weekday starts duration_min duration_is_assumed timezone schedule status attendable
    needs_human_check in_person online venue address formatted_address town postcode outcode latitude longitude place_precision radius_m
    conference_url conference_provider audience attributes languages raw_types notes location_notes travel_notes source_row content_hash
    first_seen_at last_seen_at last_confirmed_at confirmed_how
    """.split()
)
"""What a meeting of the town is made of, in the order of the statement below."""


async def insert_meetings(tx: Connection, meetings: Sequence[Mapping[str, Any]]) -> None:
    """Keep many meetings; each holds exactly MEETING_COLUMNS."""
    await tx.executemany(
        """
        INSERT INTO meetings (
            id, source_id, source_key, area_id, fellowship, name, iso_weekday, starts, duration_min, duration_is_assumed, timezone, schedule,
            status, attendable, needs_human_check, in_person, online, venue, address, formatted_address, town, postcode, outcode, latitude,
            longitude, place_precision, radius_m, conference_url, conference_provider, audience, attributes, languages, raw_types, notes,
            location_notes, travel_notes, source_row, content_hash, first_seen_at, last_seen_at, last_confirmed_at, confirmed_how)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27,
                $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42)
        """,
        [tuple(one[name] for name in MEETING_COLUMNS) for one in meetings],
    )


async def find_town(c: Connection) -> bool:
    """Whether a town has been built in this database."""
    return bool(await c.fetchval("SELECT EXISTS (SELECT FROM providers)"))


async def find_next_event(c: Connection) -> datetime | None:
    """When the next timer or letter is due, late ones included; None where nothing waits."""
    due: datetime | None = await c.fetchval(
        """
        SELECT least((SELECT min(due_at) FROM timers WHERE state = 'waiting'),
                     (SELECT min(next_at) FROM letters WHERE state = 'waiting' AND not_after > next_at))
        """
    )
    return due


async def find_next_planned_meeting(
    c: Connection, after: datetime, *, keyworker_id: UUID | None = None, area_ids: Sequence[UUID] = ()
) -> datetime | None:
    """When the next meeting starts to which somebody goes along: this keyworker's, in these areas, or (with neither) any."""
    starts: datetime | None = await c.fetchval(
        """
        SELECT min(m.starts_at) FROM matches m JOIN referrals r ON r.id = m.referral_id
         WHERE m.state IN ('planned', 'confirmed') AND m.starts_at > $1
           AND ($2::uuid IS NULL OR r.keyworker_id = $2) AND (cardinality($3::uuid[]) = 0 OR m.area_id = ANY($3))
        """,
        after,
        keyworker_id,
        list(area_ids),
    )
    return starts


async def update_sign_ins_moved(tx: Connection, by: timedelta) -> None:
    """Let every live sign-in live on when the demo's clock is moved: nobody sat idle in between."""
    await tx.execute("UPDATE sign_ins SET created_at = created_at + $1, seen_at = seen_at + $1 WHERE ended_at IS NULL", by)


async def list_new_offers(c: Connection, since: datetime) -> list[Row]:
    """Offers whose letters left at or after this moment, in the order in which people were asked, with the option each likes best."""
    return list(
        await c.fetch(
            """
            SELECT o.id, o.referral_id, o.volunteer_id, o.sent_at,
                   (SELECT p.option_id FROM offer_options p JOIN referral_options r ON r.id = p.option_id WHERE p.offer_id = o.id
                     ORDER BY r.rank LIMIT 1) AS option_id
              FROM offers o JOIN volunteers v ON v.id = o.volunteer_id
             WHERE o.state = 'sent' AND o.sent_at >= $1 ORDER BY o.created_at, v.number
            """,
            since,
        )
    )


@asynccontextmanager
async def trying(tx: Connection) -> AsyncIterator[None]:
    """Steps that may turn out not to be possible (somebody has been asked elsewhere, is full, was called off): then nothing of them stays."""
    await tx.execute("SAVEPOINT trying")
    try:
        yield
    except (Refusal, IntegrityConstraintViolationError):
        await tx.execute("ROLLBACK TO SAVEPOINT trying")
    await tx.execute("RELEASE SAVEPOINT trying")
