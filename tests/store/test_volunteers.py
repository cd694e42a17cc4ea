"""The roster's rows: written whole, read back the same, narrowed by what is in the clear, never by a name."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import time, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from matcher.actions.roster_states import leave_roster
from matcher.actions.rostering import current_role_card, edit_volunteer
from matcher.database import Database
from matcher.domain.availability import Away, Notice
from matcher.domain.fellowship import Fellowship
from matcher.domain.journey_word import VolunteerState
from matcher.domain.place import TravelMode, find_outcode
from matcher.domain.roster import PAGE_SIZE, Checklist, Dbs, RosterFilter, RosterOrder
from matcher.domain.volunteer import ComfortableWith, Kind, Membership, TimeBand
from matcher.domain.week_rows import WindowRow, spans_of
from matcher.domain.wishes import SaysIs, SpecialAudience
from matcher.store import volunteers
from matcher.store.volunteer_rows import VOLUNTEER_COLUMNS, volunteer_of
from tests.conftest import TestDatabase
from tests.roster_people import (
    NOW,
    Roster,
    active_volunteer,
    add_volunteer,
    make_roster,
    near,
    on,
    roster_config,
    tom_answers,
    tom_entry,
    wendy_entry,
)


@pytest.fixture
async def roster(database: TestDatabase) -> AsyncIterator[Roster]:
    db = await Database.connect(database.program_dsn)
    yield await make_roster(db, roster_config(database.program_dsn))
    await db.close()


async def listed(roster: Roster, **wanted: Any) -> list[UUID]:
    async with roster.db.reading() as c:
        found = await volunteers.list_roster(c, RosterFilter(**{"area_ids": (roster.area_id,), **wanted}), current_role_card())
    return [line.id for line in found.lines]


async def test_every_answer_comes_back_as_it_was_given(roster: Roster) -> None:
    answers = tom_answers(
        time_band=TimeBand.FIVE_OR_MORE,
        smart_trained=True,
        memberships=frozenset(
            {Membership(Fellowship.AA), Membership(Fellowship.SMART, Kind.FACILITATOR), Membership(Fellowship.NA, Kind.PEER_MENTOR)}
        ),
        reach=(near("B14", 1), near("B29", 100), near("M14", 12.5)),
        travel_mode=TravelMode.CAR,
        further_if_needed=True,
        windows=spans_of([WindowRow(6, time(20), time(1)), WindowRow(2, time(), time())]),
        away=(Away(on(1), on(7)), Away(on(20), None)),
        notice=Notice.TWO_DAYS,
        letters_per_week=7,
        going_cap=8,
        comfortable_with=ComfortableWith.WOMEN,
        says_is=SaysIs.OWN_WORDS,
        pair_only=True,
        audiences=frozenset(SpecialAudience),
        languages=frozenset({"cy", "en"}),
        share_number=True,
        discreet=False,
        checklist=Checklist(met_on=on(1), referee_on=on(2), training_on=on(3), dbs=Dbs.ENHANCED, dbs_seen_on=on(4)),
    )
    tom = await add_volunteer(roster, replace(tom_entry(), answers=answers))
    assert (await roster.profile(tom)).answers == answers


async def test_matching_reads_the_same_person(roster: Roster, connection: asyncpg.Connection) -> None:
    tom = await active_volunteer(roster)
    row = await connection.fetchrow("SELECT" + VOLUNTEER_COLUMNS + "FROM volunteers v WHERE v.id = $1", tom)
    judged, answers = volunteer_of(row, current_role_card()), tom_answers()
    assert (judged.state, judged.role_card_ok, judged.checklist_ok, judged.address_ok) == (VolunteerState.ACTIVE, True, True, True)
    assert (judged.windows, judged.memberships, judged.reach) == (answers.windows, answers.memberships, (answers.reach[0].circle,))
    assert volunteer_of(row, "another version").role_card_ok is False


async def test_reach_stands_once_for_each_fellowship_and_area_and_is_rewritten(roster: Roster, connection: asyncpg.Connection) -> None:
    both = frozenset({Membership(Fellowship.AA), Membership(Fellowship.NA)})
    tom = await add_volunteer(roster, tom_entry(memberships=both, reach=(near("B14"), near("B29"))))
    rows = await connection.fetch("SELECT fellowship_no, label FROM volunteer_reach WHERE volunteer_id = $1 ORDER BY 1, 2", tom)
    assert [tuple(row) for row in rows] == [(0, "B14"), (0, "B29"), (4, "B14"), (4, "B29")]
    await roster.do(edit_volunteer, volunteer_id=tom, version=1, answers={"memberships": frozenset({Membership(Fellowship.NA)})})
    rows = await connection.fetch("SELECT fellowship_no, label FROM volunteer_reach WHERE volunteer_id = $1 ORDER BY 1, 2", tom)
    assert [tuple(row) for row in rows] == [(4, "B14"), (4, "B29")]
    ended = await connection.fetchval("SELECT ended_at FROM volunteer_fellowships WHERE volunteer_id = $1 AND fellowship = 'aa'", tom)
    assert ended == NOW


async def test_a_fellowship_taken_up_again_is_in_force_again(roster: Roster) -> None:
    tom = await add_volunteer(roster)
    for version, fellowship in ((1, Fellowship.NA), (2, Fellowship.AA)):
        await roster.do(edit_volunteer, volunteer_id=tom, version=version, answers={"memberships": frozenset({Membership(fellowship)})})
    assert (await roster.profile(tom)).answers.fellowships == (Fellowship.AA,)


async def test_the_list_is_narrowed_by_each_filter(roster: Roster) -> None:
    tom, wendy = (
        await active_volunteer(roster),
        await add_volunteer(roster, wendy_entry(windows=spans_of([WindowRow(5, time(9), time(11))]))),
    )
    quiet = await add_volunteer(
        roster, tom_entry({"email": "no.words@example.org"}, languages=frozenset(), reach=(near("M14"),), windows=())
    )
    b29 = find_outcode("B29")
    assert b29 is not None
    assert await listed(roster) == [tom, wendy, quiet]
    assert await listed(roster, fellowship=Fellowship.NA) == [wendy]
    assert await listed(roster, state=VolunteerState.ACTIVE) == [tom]
    assert await listed(roster, language="pl") == [wendy]
    assert await listed(roster, language="none") == [quiet]
    assert await listed(roster, free=((5 * 1440, 6 * 1440),)) == [wendy]
    assert await listed(roster, free=((18 * 60, 19 * 60),)) == [tom]
    assert await listed(roster, free=((22 * 60, 23 * 60),)) == []
    assert await listed(roster, near=b29.point) == [tom, wendy]
    assert await listed(roster, area_ids=()) == []


async def test_a_reach_of_ten_kilometres_ends_at_ten(roster: Roster) -> None:
    tom = await add_volunteer(roster, tom_entry(reach=(near("B14", 10),)))
    centre = near("B14").circle.centre
    inside = replace(centre, latitude=centre.latitude + 9.9 / 111.195)
    outside = replace(centre, latitude=centre.latitude + 10.1 / 111.195)
    assert await listed(roster, near=inside) == [tom]
    assert await listed(roster, near=outside) == []


async def test_who_left_is_listed_only_when_asked_for(roster: Roster) -> None:
    tom = await active_volunteer(roster)
    await roster.do(leave_roster, volunteer_id=tom)
    assert await listed(roster) == []
    assert await listed(roster, state=VolunteerState.LEFT) == [tom]


async def test_least_recently_asked_comes_first_and_ties_go_by_roster_number(roster: Roster, connection: asyncpg.Connection) -> None:
    people = [await add_volunteer(roster, tom_entry({"email": f"v{n}@example.org"})) for n in range(4)]
    for volunteer_id, days in ((people[0], 1), (people[2], 5)):
        await connection.execute(
            "UPDATE volunteer_tally SET last_asked_at = $2 WHERE volunteer_id = $1", volunteer_id, NOW - timedelta(days=days)
        )
    assert await listed(roster) == [people[1], people[3], people[2], people[0]]
    assert await listed(roster, order=RosterOrder.MOST_RECENT) == [people[0], people[2], people[1], people[3]]
    assert await listed(roster, order=RosterOrder.NEWEST) == people[::-1]


async def test_pages_of_fifty_lose_nobody_and_repeat_nobody(roster: Roster) -> None:
    people = [await add_volunteer(roster, tom_entry({"email": f"v{n}@example.org"})) for n in range(PAGE_SIZE + 3)]
    async with roster.db.reading() as c:
        pages = [
            await volunteers.list_roster(c, RosterFilter(area_ids=(roster.area_id,)), current_role_card(), page=page) for page in (1, 2, 3)
        ]
    assert [line.id for page in pages for line in page.lines] == people
    assert [(len(page.lines), page.total) for page in pages] == [(50, 53), (3, 53), (0, 0)]


async def test_ready_means_that_nothing_in_the_entry_stops_an_ask(roster: Roster) -> None:
    tom = await active_volunteer(roster)
    half = await add_volunteer(roster, wendy_entry())
    async with roster.db.reading() as c:
        lines = (await volunteers.list_roster(c, RosterFilter(area_ids=(roster.area_id,)), current_role_card())).lines
        stale = (await volunteers.list_roster(c, RosterFilter(area_ids=(roster.area_id,)), "a newer card")).lines
    assert {line.id: line.ready for line in lines} == {tom: True, half: False}
    assert not any(line.ready for line in stale)


async def test_no_name_and_no_address_stands_in_the_tables(roster: Roster, owner_connection: asyncpg.Connection) -> None:
    await active_volunteer(roster)
    tables = await owner_connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for table in tables:
        for row in await owner_connection.fetch(f"SELECT t::text AS line FROM {table['tablename']} t"):
            assert "Tom" not in row["line"] and "tom@" not in row["line"] and b"tom@".hex() not in row["line"], table["tablename"]
