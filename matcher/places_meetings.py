"""Giving meetings the best place that is known: to be called after whatever writes where they are."""

from datetime import datetime
from uuid import UUID

from matcher.domain.connection import Connection
from matcher.store import places_venues


async def place_meetings(tx: Connection, now: datetime, source_id: str) -> int:
    """Give each meeting of a source the best place that is known: its full postcode, then what the geocoder answered.

    A person's own point stands. A point over 30 km from its own postcode, at 0,0 or at a stock centre is named in the placing and not used.
    Returns how many stand better than their list says.
    """
    await _place(tx, now, source_id=source_id, meeting_id=None)
    return await places_venues.count_placed(tx, source_id)


async def place_meeting(tx: Connection, now: datetime, meeting_id: UUID) -> None:
    """The same for one meeting."""
    await _place(tx, now, source_id=None, meeting_id=meeting_id)


async def _place(tx: Connection, now: datetime, *, source_id: str | None, meeting_id: UUID | None) -> None:
    while await places_venues.put_back(tx, source_id=source_id, meeting_id=meeting_id):
        pass
    await places_venues.erase_stale(tx, source_id=source_id, meeting_id=meeting_id)
    while await places_venues.place_by_postcode(tx, now, source_id=source_id, meeting_id=meeting_id):
        pass
    await places_venues.place_by_answer(tx, now, source_id=source_id, meeting_id=meeting_id)
