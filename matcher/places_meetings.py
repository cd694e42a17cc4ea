"""Giving meetings the best place that is known: to be called after whatever writes where they are."""

from datetime import datetime
from uuid import UUID

from matcher.domain.connection import Connection
from matcher.store import places_venues


async def place_meetings(tx: Connection, now: datetime, source_id: str, *, every_point: bool = False) -> None:
    """Give each meeting of a source the best place that is known: its full postcode, then what the geocoder answered.

    A person's own point stands. `every_point`: look also at points that stood before, which an import has looked at itself: one over 30 km from
    its own postcode, at 0,0 or at a stock centre is named in the placing and not used.
    """
    await _place(tx, now, source_id=source_id, meeting_id=None, every_point=every_point)


async def place_meeting(tx: Connection, now: datetime, meeting_id: UUID) -> None:
    """The same for one meeting and its point."""
    await _place(tx, now, source_id=None, meeting_id=meeting_id, every_point=True)


async def _place(tx: Connection, now: datetime, *, source_id: str | None, meeting_id: UUID | None, every_point: bool) -> None:
    await places_venues.put_back(tx, await places_venues.list_placed_by_old_table(tx, source_id=source_id, meeting_id=meeting_id))
    await places_venues.erase_stale(tx, source_id=source_id, meeting_id=meeting_id)
    wanted = await places_venues.list_rough_with_postcode(tx, source_id=source_id, meeting_id=meeting_id)
    if every_point:
        wanted += await places_venues.list_wrong_with_postcode(tx, source_id=source_id, meeting_id=meeting_id)
    await places_venues.place_by_postcode(tx, now, list(dict.fromkeys(wanted)))
    await places_venues.place_by_answer(tx, now, source_id=source_id, meeting_id=meeting_id)
