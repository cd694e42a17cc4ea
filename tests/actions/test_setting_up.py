"""Setting up: every district belongs to one area, every address to one person, and nothing is half made."""

from typing import Any

import pytest

from matcher.actions import setting_up
from matcher.actions.setting_up import NewArea, NewPerson
from matcher.config import Config
from matcher.database import Database
from matcher.domain.actor import OPERATOR
from matcher.domain.errors import Hidden, NotFound
from matcher.domain.fellowship import Fellowship
from matcher.domain.text import BadText
from matcher.store.areas import find_area_by_name, find_area_of, find_contact, get_area, list_contacts
from matcher.store.audit import list_audit
from matcher.store.staff_accounts import find_staff_by_address, get_staff
from tests.people import BAY, People
from tests.site import TestClock

COAST = NewArea(name="Coast", outcodes=("BH9", "bh10"), reply_to="coast@example.org")
ANN = NewPerson(first_name="Noor", email="noor@bay.example.org", telephone="0113 496 0000")


async def test_a_district_belongs_to_one_area_and_the_refusal_names_whose(
    db: Database, config: Config, clock: TestClock, people: People, connection: Any
) -> None:
    greedy = NewArea(name="Greedy", outcodes=("BH9", "BH1", "BH2"), reply_to="a@example.org")
    with pytest.raises(setting_up.DistrictTaken, match=r"BH1 \(Bournemouth\), BH2 \(Bournemouth\)"):
        await db.act(setting_up.create_area, config, clock.now, actor=OPERATOR, new=greedy)
    assert await find_area_by_name(connection, "Greedy") is None
    assert await find_area_of(connection, "BH9") is None


async def test_an_area_begins_with_every_fellowships_shipped_address(
    db: Database, config: Config, clock: TestClock, people: People, connection: Any
) -> None:
    area_id = await db.act(setting_up.create_area, config, clock.now, actor=OPERATOR, new=COAST)
    area = await get_area(connection, area_id)
    assert area.outcodes == ("BH10", "BH9") and area.zone.key == "Europe/London" and area.policy == "product"
    contacts = await list_contacts(connection, area_id)
    assert [one.fellowship for one in contacts] == list(Fellowship)
    assert all("." in one.web_address and one.helpline == "" and one.checked_on is None for one in contacts)
    assert [row.action for row in await list_audit(connection, [area_id])] == ["create_area"]


@pytest.mark.parametrize(
    ("new", "refusal"),
    [
        (BAY, setting_up.NameTaken),
        (NewArea(name="X", outcodes=(), reply_to="a@example.org"), setting_up.NoDistricts),
        (NewArea(name="X", outcodes=("BH1 4QT",), reply_to="a@example.org"), BadText),
        (NewArea(name="X\r\nBcc: y", outcodes=("BH9",), reply_to="a@example.org"), BadText),
        (NewArea(name="X", outcodes=("BH9",), reply_to="a@example.org,b@example.org"), BadText),
        (NewArea(name="X", outcodes=("BH9",), reply_to="a@example.org", timezone="Mars/Olympus"), setting_up.UnknownZone),
        (NewArea(name="X", outcodes=("BH9",), reply_to="a@example.org", timezone="../../etc/passwd"), setting_up.UnknownZone),
    ],
    ids=["name", "no district", "full postcode", "header", "two addresses", "zone", "path"],
)
async def test_what_cannot_be_an_area_is_refused(
    db: Database, config: Config, clock: TestClock, people: People, new: NewArea, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await db.act(setting_up.create_area, config, clock.now, actor=OPERATOR, new=new)


async def test_an_account_is_sealed_found_by_address_and_unique(
    db: Database, config: Config, clock: TestClock, people: People, connection: Any
) -> None:
    found = await find_staff_by_address(connection, config.vault.blind_index(" PRIYA@harbour.example.org"))
    assert found and found.id == people.priya.id
    assert config.vault.open(found.details) == {"first_name": "Priya", "email": people.priya.email, "telephone": "0113 496 0101"}
    again = NewPerson(first_name="Eve", email="Priya@Harbour.example.org", telephone="0113 496 0000")
    with pytest.raises(setting_up.AddressTaken):
        await db.act(setting_up.create_keyworker, config, clock.now, actor=OPERATOR, new=again, provider_id=people.lighthouse_id)
    assert await connection.fetchval("SELECT count(*) FROM person_keys") == 4
    rows = await connection.fetch("SELECT s::text AS line FROM staff s")
    assert "priya" not in " ".join(row["line"] for row in rows).lower()


async def test_staff_belong_somewhere_that_exists(db: Database, config: Config, clock: TestClock, people: People) -> None:
    with pytest.raises(NotFound):
        await db.act(setting_up.create_keyworker, config, clock.now, actor=OPERATOR, new=ANN, provider_id=people.bay_id)
    with pytest.raises(NotFound):
        await db.act(setting_up.create_coordinator, config, clock.now, actor=OPERATOR, new=ANN, area_ids=frozenset({people.harbour_id}))
    with pytest.raises(setting_up.NoAreas):
        await db.act(setting_up.create_coordinator, config, clock.now, actor=OPERATOR, new=ANN, area_ids=frozenset())


async def test_disabling_twice_is_said_and_audited_once(
    db: Database, config: Config, clock: TestClock, people: People, connection: Any
) -> None:
    await db.act(setting_up.disable_staff, config, clock.now, actor=OPERATOR, staff_id=people.eve.id)
    with pytest.raises(setting_up.HasLeft):
        await db.act(setting_up.disable_staff, config, clock.now, actor=OPERATOR, staff_id=people.eve.id)
    assert [(row.from_state, row.to_state) for row in await list_audit(connection, [people.eve.id])] == [
        (None, "active"),
        ("active", "disabled"),
    ]


async def test_a_coordinator_keeps_the_contacts_of_her_own_area_only(
    db: Database, config: Config, clock: TestClock, people: People, connection: Any
) -> None:
    carol = (await get_staff(connection, people.carol.id)).actor
    change = {"fellowship": Fellowship.AA, "web_address": "www.example.org", "helpline": "0113 496 0500", "checked_on": clock.now.date()}
    await db.act(setting_up.update_fellowship_contact, config, clock.now, actor=carol, area_id=people.bay_id, **change)
    kept = await find_contact(connection, people.bay_id, Fellowship.AA)
    assert kept and (kept.helpline, kept.checked_on) == ("0113 496 0500", clock.now.date())
    eve = (await get_staff(connection, people.eve_coordinator.id)).actor
    with pytest.raises(Hidden):
        await db.act(setting_up.update_fellowship_contact, config, clock.now, actor=eve, area_id=people.bay_id, **change)
