"""Making sources of meetings: a published list, and the one of each area that its coordinators keep by hand."""

from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from matcher.domain.actor import Actor
from matcher.domain.connection import Connection
from matcher.domain.meeting_source import MANUAL, MeetingSource, SourceState
from matcher.store import audit, meeting_sources


def source_number(source_id: str) -> UUID:
    """A source in the audit, where every thing has a UUID."""
    return uuid5(NAMESPACE_URL, f"meeting-source:{source_id}")


async def add_source(tx: Connection, now: datetime, *, actor: Actor, source: MeetingSource) -> bool:
    """Make a source; False where its id is taken."""
    await audit.claim_acting(tx, actor, "add_source", now)
    if not await meeting_sources.insert_source(tx, source, now):
        return False
    await audit.insert_audit(tx, "meeting_sources", source_number(source.id))
    return True


def manual_source_id(area_id: UUID) -> str:
    """The source of what an area's coordinators type themselves."""
    return f"manual-{area_id.hex}"


async def claim_manual_source(tx: Connection, now: datetime, area_id: UUID, *, timezone: str) -> MeetingSource:
    """An area's own source, made when it is first wanted."""
    source = MeetingSource(
        id=manual_source_id(area_id),
        area_id=area_id,
        name="By hand",
        fellowship=None,
        format=MANUAL,
        url=None,
        timezone=timezone,
        date_order="dmy",
        keep_areas=(),
        state=SourceState.OK,
        failing_since=None,
        last_attempt_at=None,
        last_success_at=None,
        etag=None,
        last_modified=None,
        last_good_rows=None,
    )
    await meeting_sources.insert_source(tx, source, now)
    return source
