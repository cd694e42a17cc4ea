"""One process of a race at the database: started by test_accept_races.py, which tells it on standard input who says yes to what, race by race."""

import asyncio
import json
import sys
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from matcher.database import Database
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.availability import block_of
from matcher.domain.connection import Connection
from matcher.domain.errors import Clash
from matcher.store import audit, matches
from matcher.store.matches import NewMatch


async def say_yes(tx: Connection, click: dict[str, Any], meeting_id: UUID, now: datetime) -> bool:
    """The statements of an acceptance (bench/accepting.py measures the same): False where the place is taken."""
    starts = datetime.fromisoformat(click["starts_at"])
    first = int(starts.timestamp()) // 1800
    await audit.claim_acting(tx, Actor(ActorKind.VOLUNTEER, UUID(click["volunteer"])), "accept_offer", now)
    new = NewMatch(
        id=uuid4(),
        offer_id=UUID(click["offer"]),
        option_id=UUID(click["option"]),
        meeting_id=meeting_id,
        on_date=starts.date(),
        starts_at=starts,
        ends_at=starts + timedelta(hours=1),
        meet_at=starts - timedelta(minutes=15),
        block=block_of(starts.date()),
        half_hours=range(first - 2, first + 4),
        accepted_at=now,
        undo_until=now + timedelta(minutes=15),
        calendar_uid=uuid4(),
    )
    taken = await matches.claim_match(tx, UUID(click["referral"]), 1, new, sources=["sent", "expired"], reasons=[])
    return taken is not None and taken.match is not None


async def click_once(db: Database, click: dict[str, Any], meeting_id: UUID, now: datetime) -> str:
    """What one click came to."""
    try:
        return "going" if await db.act(say_yes, click, meeting_id, now) else "taken"
    except Clash:
        return "clash"


async def take_part(told: dict[str, Any]) -> None:
    """Race until standard input ends: a line with clicks in, a line with what they came to out."""
    db = await Database.connect(told["dsn"], most=told["clicks"])
    meeting_id, now = UUID(told["meeting_id"]), datetime.fromisoformat(told["now"])
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        came_to = await asyncio.gather(*(click_once(db, click, meeting_id, now) for click in json.loads(line)))
        sys.stdout.write(json.dumps(came_to) + "\n")
        sys.stdout.flush()
    await db.close()


if __name__ == "__main__":
    asyncio.run(take_part(json.loads(sys.stdin.readline())))
