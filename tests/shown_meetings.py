"""Meetings put straight into the tables, for tests of the finder and of paper: one weekly meeting with any of its columns different."""

from datetime import time, timedelta
from typing import Any
from uuid import UUID, uuid4

from matcher.domain.place import Point, load_outcodes
from tests.world import MONDAY_TEN


async def add_meeting(connection: Any, name: str = "Thursday Welcome", **changes: Any) -> UUID:
    """A weekly AA meeting in B1 on Thursday at 7.30pm, confirmed yesterday, with some columns different."""
    meeting_id = changes.pop("id", None) or uuid4()
    await connection.execute(
        """
        INSERT INTO meeting_sources (id, name, fellowship, format, url, created_at)
        VALUES ('list', 'The list', 'aa', $1, 'https://list.example/aa', $2)
        ON CONFLICT DO NOTHING
        """,
        "meeting_guide",
        MONDAY_TEN,
    )
    columns: dict[str, Any] = {
        "id": meeting_id,
        "source_id": "list",
        "source_key": str(meeting_id)[:8],
        "fellowship": "aa",
        "name": name,
        "iso_weekday": 4,
        "starts": time(19, 30),
        "duration_min": 60,
        "duration_is_assumed": False,
        "timezone": "Europe/London",
        "schedule": "weekly",
        "status": "active",
        "attendable": True,
        "needs_human_check": False,
        "in_person": True,
        "online": False,
        "venue": "Mill Hall",
        "formatted_address": "1 Mill Lane, Millbrook B1 1AA",
        "town": "Millbrook",
        "postcode": "B1 1AA",
        "outcode": "B1",
        "latitude": 52.4797,
        "longitude": -1.9027,
        "place_precision": "venue",
        "radius_m": 100,
        "audience": "open",
        "attributes": ["open", "wheelchair"],
        "source_row": "{}",
        "content_hash": b"\x00",
        "first_seen_at": MONDAY_TEN - timedelta(days=90),
        "last_seen_at": MONDAY_TEN,
        "last_confirmed_at": MONDAY_TEN - timedelta(days=1),
        "confirmed_how": "feed",
    } | changes
    names, marks = ", ".join(columns), ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    await connection.execute(f"INSERT INTO meetings ({names}) VALUES ({marks})", *columns.values())
    return meeting_id


NOWHERE_KNOWN = {"latitude": None, "longitude": None, "place_precision": "none", "radius_m": None}
ONLINE = {"in_person": False, "online": True, "venue": None, "formatted_address": None, "town": None, "postcode": None, "outcode": None}


def at(outcode: str) -> dict[str, Any]:
    """The columns of a place at the middle of a district."""
    point = load_outcodes()[outcode].point
    assert isinstance(point, Point)
    return {"latitude": point.latitude, "longitude": point.longitude, "outcode": outcode, "town": outcode, "postcode": None}
