"""What the clock does with sources of meetings: takes the one whose turn it is, and brings in what came of asking its publisher."""

from datetime import datetime, timedelta
from uuid import UUID

from matcher.actions.import_reading import Feed
from matcher.actions.importing import import_meetings
from matcher.domain.actor import FEED
from matcher.domain.connection import Connection
from matcher.domain.meeting_source import MeetingSource, RunReport
from matcher.domain.source_schedule import LEASE, LONGEST_PAUSE, next_fetch
from matcher.store import meeting_sources, source_fetches

TRIAL_KEPT = timedelta(days=1)
"""How long a list waits for somebody to decide about what they were shown."""


class SourceTakenOver(Exception):
    """The source is another worker's by now, or was switched off: what this one fetched counts for nothing."""


async def claim_source_due(tx: Connection, now: datetime, *, lease_id: UUID) -> MeetingSource | None:
    """Take the source that waits longest; None where no source is due. A worker that dies gives it back when its lease ends."""
    return await source_fetches.claim_due_source(tx, now, lease_id=lease_id, lease=LEASE, retry=LONGEST_PAUSE / 6)


async def bring_in_fetched(tx: Connection, now: datetime, *, source_id: str, lease_id: UUID, feed: Feed, jitter: float) -> RunReport:
    """Bring in what a worker fetched, and say when the source is fetched next. `jitter`: chance, between -1 and 1. Raises SourceTakenOver."""
    await meeting_sources.claim_source(tx, source_id)
    if not await source_fetches.claim_lease_ended(tx, source_id, lease_id):
        raise SourceTakenOver()
    report = await import_meetings(tx, now, actor=FEED, source_id=source_id, feed=feed)
    source = await meeting_sources.find_source(tx, source_id)
    if source is not None:
        due = next_fetch(
            now,
            report.run,
            interval_h=source.interval_h,
            failures=source.failures,
            jitter=jitter,
            retry_after_s=feed.fetched.retry_after_s,
        )
        await source_fetches.update_next_fetch(tx, source_id, due)
    return report


async def drop_old_trials(tx: Connection, now: datetime) -> int:
    """Lists that were looked at and never used are not kept. Returns how many were dropped."""
    return await source_fetches.delete_old_trials(tx, now - TRIAL_KEPT)
