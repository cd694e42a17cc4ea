"""The demo's invented town: who is in it, that it is the same each time, that nobody real is in it, and that it keeps every promise."""

import asyncio
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from matcher.actions.checking import Report, check_promises
from matcher.config import Config
from matcher.database import Database
from matcher.demo_history import SHOWN_IN_MAILBOX
from matcher.demo_meetings import invent_meetings
from matcher.demo_people import build_roster
from matcher.demo_plan import Town, plan
from matcher.demo_stories import month, workday_before
from matcher.demo_town import Built, build_town
from matcher.demo_volunteers import invent_volunteers
from matcher.domain.fellowship import Fellowship
from matcher.domain.sealed import PersonKey, Sealed
from tests.conftest import TestDatabase
from tests.world import make_config

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Europe/London"))
DRAMA = re.compile(r"(07700 900\d{3}|01632 960\d{3})?")
"""Numbers that Ofcom keeps for drama, or none."""


@dataclass(frozen=True)
class Seen:
    """A built town and a way to look into it."""

    config: Config
    built: Built
    dsn: str
    report: Report

    def ask(self, query: str, *args: Any) -> list[Any]:
        """Rows of one question."""
        return _elsewhere(self._ask(query, *args))

    async def _ask(self, query: str, *args: Any) -> list[Any]:
        connection = await asyncpg.connect(self.dsn)
        try:
            return list(await connection.fetch(query, *args))
        finally:
            await connection.close()

    def opened(self, table: str, column: str) -> list[dict[str, Any]]:
        """What is sealed in a column, opened with its people's own keys."""
        person = {"referrals": "newcomer_id"}.get(table, "id")
        rows = self.ask(
            f"SELECT t.id, t.{column} AS box, k.person_id, k.wrapped FROM {table} t JOIN person_keys k ON k.person_id = t.{person}"
        )
        return [
            self.config.vault.open(Sealed(PersonKey(row["person_id"], row["wrapped"]), f"{table}.{column}:{row['id']}", row["box"]))
            for row in rows
            if row["box"]
        ]


def _elsewhere(work: Any) -> Any:
    """Run in a loop of its own: these tests have none."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@pytest.fixture(scope="module")
def town(new_database: Callable[[str | None], TestDatabase], template: str) -> Iterator[Seen]:
    """The town as a first visitor finds it on a Monday at ten. Built once; nobody here changes it."""
    database = new_database(template)
    config = make_config(database.program_dsn)

    async def build() -> tuple[Built, Report]:
        db = await Database.connect(database.program_dsn)
        try:
            built = await db.act(build_town, config, MONDAY)
            async with db.reading() as c:
                return built, await check_promises(c, config, MONDAY)
        finally:
            await db.close()

    built, report = _elsewhere(build())
    yield Seen(config, built, database.owner_dsn, report)


def test_two_services_have_eight_keyworkers_and_two_areas_three_coordinators(town: Seen) -> None:
    found = {(row["role"], row["state"]): row["n"] for row in town.ask("SELECT role, state, count(*) AS n FROM staff GROUP BY 1, 2")}
    assert found == {("keyworker", "active"): 8, ("coordinator", "active"): 3}
    assert {row["name"] for row in town.ask("SELECT name FROM providers")} == {"Harbour", "Fernbank"}
    first = {said["name"]: said["keyworkers"][0][0] for said in plan()["providers"]} | {"": plan()["coordinators"][0][0]}
    assert first == {"Harbour": "Priya", "Fernbank": "Eve", "": "Carol"}


def test_about_250_volunteers_of_eight_fellowships_stand_in_every_state(town: Seen) -> None:
    states = {row["state"]: row["n"] for row in town.ask("SELECT state, count(*) AS n FROM volunteers GROUP BY 1")}
    assert 240 <= sum(states.values()) <= 265
    assert states["active"] > 200 and states["checking"] > 5 and states["paused"] > 5 and states["left"] > 0
    codes = {row["fellowship"] for row in town.ask("SELECT DISTINCT fellowship FROM volunteer_fellowships")}
    assert codes == {one.value for one in Fellowship} - {"alateen"}
    away = town.ask("SELECT count(*) AS n FROM volunteers WHERE state = 'active' AND away @> $1::date", MONDAY.date())[0]["n"]
    assert away > 3


def test_tom_and_wendy_are_on_the_roster(town: Seen) -> None:
    rows = town.ask(
        """
        SELECT v.state, array_agg(f.fellowship ORDER BY f.fellowship) AS codes FROM volunteers v JOIN volunteer_fellowships f ON f.volunteer_id = v.id
         WHERE v.id = ANY($1) GROUP BY v.id, v.state, v.number ORDER BY v.number
        """,
        town.built.town.volunteers[:2],
    )
    assert [row["state"] for row in rows] == ["active", "active"]
    assert "aa" in rows[0]["codes"] and "na" in rows[1]["codes"]
    names = [one.details.display_name for one in list(invent_volunteers(MONDAY.date()))[:2]]
    assert names == ["Tom", "Wendy"]


def test_300_meetings_of_nine_fellowships_fill_the_week(town: Seen) -> None:
    rows = town.ask("SELECT m.fellowship, m.iso_weekday, s.format, s.url FROM meetings m JOIN meeting_sources s ON s.id = m.source_id")
    assert 300 <= len(rows) <= 310
    assert {row["fellowship"] for row in rows} == {one.value for one in Fellowship}
    assert {row["iso_weekday"] for row in rows} == set(range(1, 8))
    assert {"manual", "meeting_guide", "sheet"} <= {row["format"] for row in rows}
    assert {row["url"] for row in rows} == {None}, "the demo fetches nothing from anywhere"


def test_alateen_is_there_as_meetings_only(town: Seen) -> None:
    assert town.ask("SELECT FROM meetings WHERE fellowship = 'alateen'")
    assert not town.ask("SELECT FROM volunteer_reach WHERE fellowship_no = $1", Fellowship.ALATEEN.number)
    assert not town.ask("SELECT FROM referrals WHERE 'alateen' = ANY(fellowships)")


@pytest.mark.parametrize("state", ["looking", "part_filled", "needs_person", "matched", "closed"])
def test_some_referral_stands_in_this_state(town: Seen, state: str) -> None:
    assert town.ask("SELECT FROM referrals WHERE state = $1", state)


@pytest.mark.parametrize("reason", ["completed", "unfilled", "cancelled", "declined", "consent_withdrawn"])
def test_some_referral_has_ended_for_this_reason(town: Seen, reason: str) -> None:
    assert town.ask("SELECT FROM referrals WHERE close_reason = $1", reason)


@pytest.mark.parametrize("state", ["sent", "accepted", "declined", "not_now", "expired", "covered", "withdrawn", "undeliverable"])
def test_some_offer_came_to_this(town: Seen, state: str) -> None:
    assert town.ask("SELECT FROM offers WHERE state = $1", state)


@pytest.mark.parametrize("kind", ["needs_person", "admit_volunteer", "volunteer_bounced", "print_plan", "letter_bounced"])
def test_some_task_of_this_kind_is_open(town: Seen, kind: str) -> None:
    assert town.ask("SELECT FROM tasks WHERE state = 'open' AND kind = $1", kind)


def test_drafts_wait_and_letters_were_sent_and_came_back(town: Seen) -> None:
    assert len(town.ask("SELECT FROM drafts")) == 4
    states = {row["state"] for row in town.ask("SELECT DISTINCT state FROM letters")}
    assert {"sent", "bounced"} <= states
    assert not town.ask("SELECT FROM letters WHERE state IN ('waiting', 'sending') AND next_at < $1", MONDAY)


def test_the_town_keeps_every_promise(town: Seen) -> None:
    assert town.report.broken == ()
    assert town.report.missing_helplines, "check has something to name"


def test_every_change_of_a_month_is_in_the_audit_and_none_in_the_future(town: Seen) -> None:
    first, last, hands = town.ask("SELECT min(at), max(at), count(DISTINCT actor_kind) FROM audit")[0]
    assert first < MONDAY - timedelta(days=200) and last <= MONDAY
    assert hands >= 4, "keyworkers, coordinators, volunteers, the clock"


def test_no_number_and_no_address_can_be_anybodys(town: Seen) -> None:
    boxes = [*town.opened("staff", "details_box"), *town.opened("volunteers", "details_box"), *town.opened("referrals", "contact_box")]
    assert len(boxes) > 270
    for box in boxes:
        assert DRAMA.fullmatch(box.get("telephone", "")), box["telephone"]
        assert not box.get("email") or box["email"].endswith(".example"), box["email"]
    for row in town.ask(
        "SELECT telephone, crisis_line AS other, reply_to FROM providers UNION SELECT on_call_telephone, '', reply_to FROM areas"
    ):
        assert DRAMA.fullmatch(row["telephone"]) and DRAMA.fullmatch(row["other"]) and row["reply_to"].endswith(".example")
    for row in town.ask("SELECT helpline FROM fellowship_contacts"):
        assert DRAMA.fullmatch(row["helpline"])


def test_the_letters_of_the_last_days_lie_in_the_mailbox(town: Seen) -> None:
    assert len(town.built.delivered) > 10
    for letter in town.built.delivered:
        assert letter.to.endswith(".example") and f"To: {letter.to}".encode() in letter.raw
        assert MONDAY - SHOWN_IN_MAILBOX <= letter.at <= MONDAY


def test_the_town_is_invented_the_same_each_time() -> None:
    def rows() -> list[dict[str, Any]]:
        town = Town(MONDAY, areas={said["name"]: UUID(int=number) for number, said in enumerate(plan()["areas"])})
        return list(invent_meetings(town))

    assert list(invent_volunteers(MONDAY.date())) == list(invent_volunteers(MONDAY.date()))
    assert rows() == rows()
    assert list(month(MONDAY)) == list(month(MONDAY))


def test_addresses_are_all_different() -> None:
    addresses = [one.details.email for one in invent_volunteers(MONDAY.date())]
    assert len(set(addresses)) == len(addresses) > 240


@pytest.mark.parametrize("starts_on", [date(2026, 11, day) for day in range(23, 28)] + [date(2026, 3, 30), date(2027, 1, 1)])
def test_stories_are_told_by_working_days_whenever_the_visit_is(starts_on: date) -> None:
    starts_at = datetime(starts_on.year, starts_on.month, starts_on.day, 10, tzinfo=ZoneInfo("Europe/London"))
    told = list(month(starts_at))
    assert all(story.at < starts_at and story.at.weekday() < 5 for story in told)
    assert sum(not story.past for story in told) == 18 and len(told) > 35
    assert workday_before(starts_at, 1).weekday() < 5


def test_the_roster_is_built_in_groups_that_came_before_the_visit(town: Seen) -> None:
    newest = town.ask("SELECT max(created_at) AS at FROM volunteers")[0]["at"]
    assert build_roster.__doc__ and timedelta(days=1) < MONDAY - newest < timedelta(days=14)
    waiting = town.ask("SELECT min(opened_at) AS at FROM tasks WHERE kind = 'admit_volunteer' AND state = 'open'")[0]["at"]
    assert MONDAY - waiting < timedelta(days=14), "nobody waits for months to be admitted"
