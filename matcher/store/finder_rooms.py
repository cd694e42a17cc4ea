"""Which meetings are held in a service's own rooms, and the written way to a meeting. Room notes are read for staff only."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from matcher.domain.connection import Connection
from matcher.domain.meeting_room import HostedMeeting


async def find_host(c: Connection, meeting_id: UUID) -> HostedMeeting | None:
    """Who hosts a meeting; None where no service does."""
    return (await list_hosts(c, [meeting_id])).get(meeting_id)


async def list_hosts(c: Connection, meeting_ids: Sequence[UUID]) -> dict[UUID, HostedMeeting]:
    """The hosted ones of these meetings."""
    rows = await c.fetch(
        """
        SELECT h.meeting_id, h.provider_id, p.name AS provider_name, h.room_note FROM meeting_hosts h JOIN providers p ON p.id = h.provider_id
         WHERE h.meeting_id = ANY ($1)
        """,
        list(meeting_ids),
    )
    return {row["meeting_id"]: HostedMeeting(**dict(row)) for row in rows}


async def upsert_host(tx: Connection, hosted: HostedMeeting, now: datetime, *, by_staff: UUID) -> None:
    """A meeting is held in this service's rooms."""
    await tx.execute(
        """
        INSERT INTO meeting_hosts (meeting_id, provider_id, room_note, by_staff, at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (meeting_id) DO UPDATE SET provider_id = EXCLUDED.provider_id, room_note = EXCLUDED.room_note, by_staff = EXCLUDED.by_staff,
            at = EXCLUDED.at
        """,
        hosted.meeting_id,
        hosted.provider_id,
        hosted.room_note,
        by_staff,
        now,
    )


async def delete_host(tx: Connection, meeting_id: UUID) -> None:
    """A meeting is held in no service's rooms any more."""
    await tx.execute("DELETE FROM meeting_hosts WHERE meeting_id = $1", meeting_id)


async def find_way(c: Connection, meeting_id: UUID) -> tuple[str, tuple[str, ...]]:
    """Where the written way to a meeting begins, and its steps; both empty where none is written."""
    row = await c.fetchrow("SELECT from_where, steps FROM meeting_ways WHERE meeting_id = $1", meeting_id)
    return (row["from_where"], tuple(row["steps"])) if row else ("", ())


async def update_way(tx: Connection, meeting_id: UUID, *, from_where: str, steps: Sequence[str], now: datetime, by_staff: UUID) -> None:
    """The written way to a meeting; no steps: none is written any more."""
    await tx.execute("DELETE FROM meeting_ways WHERE meeting_id = $1", meeting_id)
    if steps:
        await tx.execute(
            "INSERT INTO meeting_ways (meeting_id, from_where, steps, by_staff, at) VALUES ($1, $2, $3, $4, $5)",
            meeting_id,
            from_where,
            list(steps),
            by_staff,
            now,
        )
