"""What those who went said about meetings, one row for each person and meeting."""

from datetime import datetime
from uuid import UUID

from matcher.domain.connection import Connection
from matcher.domain.meeting_report import MeetingReport, Report


async def upsert_report(tx: Connection, report: MeetingReport) -> None:
    """Keep somebody's word; it takes the place of what they said of this meeting before."""
    await tx.execute(
        """
        INSERT INTO meeting_reports (meeting_id, person_id, on_date, report, at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (meeting_id, person_id) DO UPDATE SET on_date = EXCLUDED.on_date, report = EXCLUDED.report, at = EXCLUDED.at
        """,
        report.meeting_id,
        report.person_id,
        report.on_date,
        report.report.value,
        report.at,
    )


async def list_reports(c: Connection, meeting_id: UUID) -> list[MeetingReport]:
    """What was said of a meeting, newest first."""
    rows = await c.fetch(
        "SELECT meeting_id, person_id, on_date, report, at FROM meeting_reports WHERE meeting_id = $1 ORDER BY at DESC", meeting_id
    )
    return [MeetingReport(**dict(row) | {"report": Report(row["report"])}) for row in rows]


async def find_report(c: Connection, meeting_id: UUID, person_id: UUID) -> MeetingReport | None:
    """What one person said of a meeting."""
    return next((one for one in await list_reports(c, meeting_id) if one.person_id == person_id), None)


async def find_last_check(c: Connection, meeting_id: UUID) -> datetime | None:
    """When a coordinator last made sure that a meeting is held as it stands here."""
    found: datetime | None = await c.fetchval(
        "SELECT max(at) FROM audit WHERE thing_id = $1 AND thing_kind = 'meetings' AND action = 'check_meeting'", meeting_id
    )
    return found


async def update_found(tx: Connection, meeting_id: UUID, now: datetime) -> None:
    """Somebody was there and found it: a confirmation like a visit. What a coordinator must look at stays to be looked at."""
    await tx.execute(
        "UPDATE meetings SET last_confirmed_at = $2, confirmed_how = 'visit', confirmed_by = NULL WHERE id = $1", meeting_id, now
    )


async def update_doubted(tx: Connection, meeting_id: UUID, *, frozen: bool) -> None:
    """Somebody did not find it: a coordinator must look. `frozen`: nobody is sent there until then."""
    await tx.execute(
        """
        UPDATE meetings SET needs_human_check = true, attendable = attendable AND NOT $2,
               status = CASE WHEN $2 AND status = 'active' THEN 'unconfirmed' ELSE status END
         WHERE id = $1
        """,
        meeting_id,
        frozen,
    )
