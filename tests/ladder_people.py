"""People and meetings a little further away, on other days, of another fellowship or online: what the rungs of the ladder lead to. Not a test itself."""

from datetime import time
from typing import Any
from uuid import UUID, uuid4

from tests.stage import Stage

DEGREES_A_KM = 1 / 111.2


async def person(stage: Stage, name: str, *, km_north: float = 0, days: str = "", further: bool = False, **how: Any) -> UUID:
    """A volunteer whose reach of 10 km lies so far north of the centre; free in the evening of these weekdays only ("1" is Monday)."""
    volunteer_id = await stage.world.volunteer(name, **how)
    windows = "{" + ",".join(f"[{(int(day) - 1) * 1440 + 1020},{(int(day) - 1) * 1440 + 1380})" for day in days) + "}"
    await stage.sql.execute(
        "UPDATE volunteer_reach SET latitude = latitude + $2 WHERE volunteer_id = $1", volunteer_id, km_north * DEGREES_A_KM
    )
    await stage.sql.execute(
        "UPDATE volunteers SET further_if_needed = $2, windows = CASE WHEN $3 = '{}' THEN windows ELSE $3::text::int4multirange END WHERE id = $1",
        volunteer_id,
        further,
        windows,
    )
    return volunteer_id


async def meeting(stage: Stage, *, weekday: int = 4, km_north: float = 0, fellowship: str = "aa", online: bool = False) -> UUID:
    """Another weekly meeting."""
    meeting_id = uuid4()
    await stage.world.meeting(meeting_id, weekday=weekday, starts=time(19), fellowship=fellowship)
    await stage.sql.execute("UPDATE meetings SET latitude = latitude + $2 WHERE id = $1", meeting_id, km_north * DEGREES_A_KM)
    if online:
        await stage.sql.execute(
            "UPDATE meetings SET in_person = false, online = true, conference_url = 'https://meet.example/1' WHERE id = $1", meeting_id
        )
    return meeting_id
