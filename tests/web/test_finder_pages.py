"""A page of the finder is the page that reading every meeting that fits, and sorting them all, would give."""

import random
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

from matcher.domain.fellowship import Fellowship
from matcher.domain.finding import Mark, Spotted, Wanted, in_order, minutes_ahead
from matcher.domain.place import find_place, km_between
from matcher.store import finder
from tests.shown_meetings import NOWHERE_KNOWN, ONLINE, add_meeting, at
from tests.site import Site
from tests.world import MONDAY_TEN
from web.finder_search import MOST, MOST_READ, PER_PAGE, find_page


async def fill(connection: Any, chance: random.Random, count: int) -> None:
    """Meetings of every kind round B1 and elsewhere, some of them with a date that is different or with weeks."""
    for number in range(count):
        changes: dict[str, Any] = {
            "fellowship": chance.choice(("aa", "aa", "na")),
            "iso_weekday": chance.randint(1, 7),
            "starts": time(chance.randint(0, 23), chance.choice((0, 30))),
            "timezone": chance.choice(("Europe/London", "Europe/London", "Europe/Dublin", "America/New_York")),
            "status": chance.choice(("active", "active", "active", "unconfirmed", "temporarily_closed")),
            "attributes": chance.choice((["open"], ["women", "newcomer"], [], ["institutional"])),
        } | at(chance.choice(("B1", "B1", "B5", "M1")))
        kind = chance.randint(0, 9)
        if kind == 0:
            changes |= NOWHERE_KNOWN | ONLINE
        elif kind in (1, 2):
            changes |= {"schedule": "not_weekly"}
        elif kind == 3:
            changes |= {"schedule": "by_appointment", "iso_weekday": None, "starts": None, "duration_min": None}
        meeting = await add_meeting(connection, f"Meeting {number}", **changes)
        if kind == 1:
            await connection.execute(
                "INSERT INTO meeting_weeks (meeting_id, weeks_of_month) VALUES ($1, $2)", meeting, [chance.choice((1, 2, -1))]
            )
        elif kind in (4, 5):
            on_date = date(2026, 11, 23) + timedelta(days=(changes["iso_weekday"] - 1))
            await connection.execute(
                "INSERT INTO meeting_exceptions (meeting_id, on_date, kind, starts, note, at) VALUES ($1, $2, $3, $4, '', $5)",
                meeting,
                on_date,
                "cancelled" if kind == 4 else "moved",
                None if kind == 4 else time(21, 15),
                MONDAY_TEN,
            )


async def by_reading_all(c: Any, wanted: Wanted, page: int) -> tuple[list[UUID], int, int]:
    """The ids of a page, how many there are, and which page it is: every one that fits is read in full."""
    if wanted.centre is None:
        spotted = await finder.list_anywhere(c, wanted, MONDAY_TEN, most=MOST)
        spotted += await finder.list_undated(c, wanted, most=MOST - len(spotted)) if len(spotted) < MOST else []
        irregular = [one.id for one in spotted if one.ahead is None][:MOST_READ]
    else:
        spotted = await finder.list_near(c, wanted, MONDAY_TEN, most=MOST)
        irregular = [one.id for one in spotted if one.ahead is None]
    read = {meeting.id: meeting for meeting in await finder.list_shown(c, irregular)}
    placed = [one for one in spotted if one.id not in read]
    for meeting in read.values():
        km = km_between(wanted.point, meeting.point) if wanted.point and meeting.point else None
        upcoming = meeting.next(MONDAY_TEN)
        if km is not None and km > wanted.within_km:
            continue
        if wanted.narrows_time:
            if upcoming is None or wanted.iso_weekday not in (None, upcoming.on_date.isoweekday()):
                continue
            if not wanted.minutes[0] <= upcoming.starts.hour * 60 + upcoming.starts.minute < wanted.minutes[1]:
                continue
        ahead = minutes_ahead(upcoming.starts_at, meeting.timezone, MONDAY_TEN) if upcoming else None
        placed.append(Spotted(meeting.id, ahead, km))
    here = min(page, max(1, -(-len(placed) // PER_PAGE)))
    return [one.id for one in sorted(placed, key=in_order)[(here - 1) * PER_PAGE : here * PER_PAGE]], len(placed), here


async def test_every_page_is_that_of_reading_all_that_fits(site: Site) -> None:
    chance = random.Random(20261123)
    await fill(site.connection, chance, 170)
    seen = set[tuple[bool, int]]()
    for _ in range(120):
        centre = find_place(chance.choice(("B1", "B5", "M1"))) if chance.random() < 0.6 else None
        wanted = Wanted(
            fellowships=chance.choice((tuple(Fellowship), tuple(Fellowship), (Fellowship.NA,))),
            iso_weekday=chance.choice((None, None, None, 1, 4)),
            minutes=chance.choice(((0, 1440), (0, 1440), (0, 1440), (1020, 1440))),
            marks=chance.choice((Mark(0), Mark(0), Mark(0), Mark.WOMEN, Mark.ONLINE)),
            centre=centre,
            within_km=chance.choice((2.0, 8.0, 40.0)),
        )
        page = chance.choice((1, 1, 2, 3, 4, 9))
        found = await find_page(site.connection, wanted, MONDAY_TEN, page)
        ids, total, here = await by_reading_all(site.connection, wanted, page)
        assert ([hit.meeting.id for hit in found.hits], found.total, found.page) == (ids, total, here), wanted
        seen.add((centre is None, here))
    assert {(True, 3), (False, 3), (True, 1), (False, 1)} <= seen, seen
