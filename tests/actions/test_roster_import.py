"""A sheet is shown before anything is written, and comes in whole or not at all."""

import csv
import io
from collections.abc import AsyncIterator

import asyncpg
import pytest

from matcher.actions.roster_import import NobodyToAdd, Preview, import_sheet, preview_sheet
from matcher.database import Database
from matcher.domain.errors import Changed, Hidden
from matcher.domain.journey_word import VolunteerState
from matcher.domain.volunteer import TimeBand
from matcher.store.consents import list_consents
from tests.conftest import TestDatabase
from tests.roster_people import NOW, Roster, add_volunteer, make_roster, roster_config

HEADINGS = (
    "Name to show,Full name,Email,18 or over,Fellowships,Time in fellowship,Districts,How far,When,Comfortable with,"
    "How they agreed,Agreed to be held,Agreed to emails,Agreed to name being told"
)
TOM = "Tom,Tom Harbour,tom@example.org,yes,AA,5+,B14,10,Tues eve,anyone,in person,20/11/2026,20/11/2026,20/11/2026"
WENDY = "Wendy,Wendy Harbour,wendy@example.org,yes,NA,2-5,B29,5,evenings exc. Fri,women,on paper,19/11/2026,,"
BROKEN = "Sam,Sam,sam@example.org,yes,NA,2-5,B29,5,sometimes,women,on paper,19/11/2026,,"


def body(*lines: str) -> bytes:
    return "\n".join([HEADINGS, *lines]).encode()


@pytest.fixture
async def roster(database: TestDatabase) -> AsyncIterator[Roster]:
    db = await Database.connect(database.program_dsn)
    yield await make_roster(db, roster_config(database.program_dsn))
    await db.close()


async def preview(roster: Roster, sheet: bytes) -> Preview:
    shown = await roster.do(preview_sheet, area_id=roster.area_id, body=sheet)
    assert isinstance(shown, Preview)
    return shown


async def test_a_preview_writes_nothing(roster: Roster, connection: asyncpg.Connection) -> None:
    shown = await preview(roster, body(TOM, WENDY, BROKEN))
    assert [person.details.display_name for person in shown.people] == ["Tom", "Wendy"]
    assert [(fault.line, fault.heading, fault.shown) for fault in shown.faults] == [(4, "When", "sometimes")]
    for table in ("volunteers", "person_keys", "consents", "tasks", "audit"):
        assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0


async def test_who_was_shown_comes_in_to_be_checked_with_what_they_agreed_to(roster: Roster, connection: asyncpg.Connection) -> None:
    sheet = body(TOM, WENDY, BROKEN)
    tom, wendy = await roster.do(import_sheet, area_id=roster.area_id, body=sheet, digest=(await preview(roster, sheet)).digest)
    assert await connection.fetchval("SELECT count(*) FROM volunteers") == 2
    profile = await roster.profile(tom)
    assert (profile.state, profile.may_be_asked, profile.answers.time_band) == (VolunteerState.CHECKING, True, TimeBand.FIVE_OR_MORE)
    assert not (await roster.profile(wendy)).may_be_asked
    given = await list_consents(connection, wendy)
    assert [(one.purpose, one.method, one.at.date().isoformat(), one.actor_id) for one in given] == [
        ("v1", "paper", "2026-11-19", roster.carol.id)
    ]
    assert await connection.fetchval("SELECT count(*) FROM tasks WHERE kind = 'admit_volunteer'") == 2
    assert {row["action"] for row in await connection.fetch("SELECT action FROM audit")} == {"import_roster"}
    assert await connection.fetchval("SELECT count(*) FROM letters") == 0


async def test_sending_the_same_sheet_twice_adds_nobody_twice(roster: Roster, connection: asyncpg.Connection) -> None:
    sheet = body(TOM, WENDY)
    shown = await preview(roster, sheet)
    await roster.do(import_sheet, area_id=roster.area_id, body=sheet, digest=shown.digest)
    with pytest.raises(Changed):
        await roster.do(import_sheet, area_id=roster.area_id, body=sheet, digest=shown.digest)
    again = await preview(roster, sheet)
    assert [(fault.line, fault.heading, fault.code) for fault in again.faults] == [
        (2, "Email", "already_there"),
        (3, "Email", "already_there"),
    ]
    with pytest.raises(NobodyToAdd):
        await roster.do(import_sheet, area_id=roster.area_id, body=sheet, digest=again.digest)
    assert await connection.fetchval("SELECT count(*) FROM volunteers") == 2


async def test_somebody_who_joined_since_the_preview_stops_it_whole(roster: Roster, connection: asyncpg.Connection) -> None:
    sheet = body(TOM, WENDY)
    shown = await preview(roster, sheet)
    await add_volunteer(roster)
    with pytest.raises(Changed):
        await roster.do(import_sheet, area_id=roster.area_id, body=sheet, digest=shown.digest)
    assert await connection.fetchval("SELECT count(*) FROM volunteers") == 1


async def test_another_sheet_than_the_one_shown_is_not_brought_in(roster: Roster) -> None:
    shown = await preview(roster, body(TOM))
    with pytest.raises(Changed):
        await roster.do(import_sheet, area_id=roster.area_id, body=body(TOM, WENDY), digest=shown.digest)


async def test_another_areas_coordinator_neither_previews_nor_imports(roster: Roster) -> None:
    elsewhere = await make_roster(roster.db, roster.config, name="South Harbour", districts=("M14",))
    shown = await preview(roster, body(TOM))
    with pytest.raises(Hidden):
        await roster.do(preview_sheet, actor=elsewhere.carol, area_id=roster.area_id, body=body(TOM))
    with pytest.raises(Hidden):
        await roster.do(import_sheet, actor=elsewhere.carol, area_id=roster.area_id, body=body(TOM), digest=shown.digest)


async def test_a_large_sheet_comes_in_in_one_go(roster: Roster, connection: asyncpg.Connection) -> None:
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(HEADINGS.split(","))
    for number in range(400):
        writer.writerow(next(csv.reader([TOM.replace("tom@", f"tom{number}@")])))
    sheet = written.getvalue().encode()
    shown = await preview(roster, sheet)
    assert (len(shown.people), shown.faults) == (400, ())
    added = await roster.do(import_sheet, area_id=roster.area_id, body=sheet, digest=shown.digest, now=NOW)
    assert len(added) == await connection.fetchval("SELECT count(*) FROM volunteer_tally") == 400
