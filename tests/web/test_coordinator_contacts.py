"""Areas, who is on call, and each fellowship's web address and helpline: what is missing is marked, what is wrong is said beside the field."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from coordinator_desk import Desk, open_desk

from matcher.actions.area_keeping import change_asking
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.area import FellowshipContact
from matcher.domain.fellowship import Fellowship
from matcher.matching.policies import POLICY_NAMES, UnknownPolicy
from matcher.store.areas import insert_contacts
from tests.link_stage import Links
from tests.site import from_own_page


@pytest.fixture
async def desk(links: Links) -> Desk:
    opened = await open_desk(links)
    stage = opened.stage
    shipped = [
        FellowshipContact(stage.world.area_id, one, f"https://{one.value}.example.org", "", None, stage.now)
        for one in (Fellowship.AA, Fellowship.NA)
    ]
    await insert_contacts(stage.sql, shipped)
    return opened


def area(desk: Desk, rest: str = "") -> str:
    return f"/areas/{desk.stage.world.area_id}{rest}"


async def test_missing_helplines_are_marked(desk: Desk) -> None:
    listed = await desk.get("/areas")
    assert "Millbrook" in listed.text and "2 helplines missing" in listed.text and "B1, B2" in listed.text
    page = await desk.get(area(desk))
    assert page.text.count("Missing") == 2 and "https://aa.example.org" in page.text
    assert "Three at a time" in page.text and "Carol" in page.text and "Two or more are better" in page.text
    assert "No hours are given" in page.text


async def test_a_helpline_is_entered_with_the_day_it_was_looked_at(desk: Desk) -> None:
    page = await desk.get(area(desk, "/fellowships/aa"))
    answers = {"web_address": "https://aa.example.org/meetings", "helpline": "0800 917 7650", "checked_on": "2026-11-23"}
    saved = await desk.submit(page, answers)
    assert "Saved" in saved.text and "0800 917 7650" in saved.text and "23 November 2026" in saved.text
    assert "1 helpline missing" in (await desk.get("/areas")).text
    assert await desk.stage.one("SELECT count(*) FROM audit WHERE action = 'update_fellowship_contact' AND reason = 'aa'") == 1


WRONG = (
    ({"web_address": ""}, "Enter the web address"),
    ({"web_address": "javascript:alert(1)"}, "Enter a web address in full"),
    ({"web_address": "aa.example.org"}, "Enter a web address in full"),
    ({"helpline": "ring me"}, "Enter a telephone number"),
    ({"checked_on": "2027-01-01"}, "The day must be today or earlier"),
    ({"checked_on": "2026-02-30"}, "must be a real date"),
    ({"web_address": "https://x.example.org/\u202egro"}, "hidden mark"),
)


async def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_saved(desk: Desk) -> None:
    page = await desk.get(area(desk, "/fellowships/aa"))
    for answers, says in WRONG:
        refused = await desk.submit(page, answers, status=400)
        assert says in refused.text and refused.page and refused.page.title.startswith("Error: ")
    assert (
        await desk.stage.one("SELECT web_address || helpline FROM fellowship_contacts WHERE fellowship = 'aa'") == "https://aa.example.org"
    )


async def test_who_is_on_call_is_changed_for_the_next_letter(desk: Desk) -> None:
    page = await desk.get(area(desk, "/on-call"))
    saved = await desk.submit(page, {"on_call_telephone": "01632 960777", "on_call_hours": "every day, 8am to 10pm"})
    assert "01632 960777, every day, 8am to 10pm" in saved.text
    await desk.stage.world.volunteer("Tom")
    await desk.referral()
    assert "01632 960777" in desk.stage.letters_to("tom")[0].as_string()


async def test_a_name_that_tells_what_it_is_about_is_refused(desk: Desk) -> None:
    refused = await desk.submit(await desk.get(area(desk, "/on-call")), {"discreet_name": "Millbrook AA Recovery"}, status=400)
    assert "tells what the letters are about" in refused.text
    assert await desk.stage.one("SELECT discreet_name FROM areas WHERE id = $1", desk.stage.world.area_id) == "Millbrook Together"
    two = await desk.submit(refused, {"discreet_name": "Millbrook", "reply_to": "a@example.org, b@example.org"}, status=400)
    assert "one email address only" in two.text


async def test_how_people_are_asked_is_chosen_in_words_and_counts_from_the_next_look(desk: Desk) -> None:
    assert "Three at a time, every four hours" in (await desk.get(area(desk))).text
    page = await desk.get(area(desk, "/asking"))
    assert page.form().fields["policy"].chosen == ["round_robin_wave3_4h"]
    assert set(page.form().fields["policy"].values) == set(POLICY_NAMES), "every way there is, each in words"
    for policy in reversed(POLICY_NAMES):
        saved = await desk.submit(page, {"policy": policy})
        assert await desk.stage.one("SELECT policy FROM areas WHERE id = $1", desk.stage.world.area_id) == policy
        page = await desk.get(area(desk, "/asking"))
    assert "Saved" in saved.text and "Weighed person by person" in saved.text
    assert await desk.stage.one("SELECT reason FROM audit WHERE action = 'change_asking' ORDER BY at DESC, id DESC LIMIT 1") == "product"
    await desk.stage.world.volunteer("Tom")
    await desk.referral()
    assert await desk.stage.one("SELECT DISTINCT policy FROM ask_decisions") == "product"


async def test_a_way_of_asking_that_there_is_not_is_refused(desk: Desk) -> None:
    page = await desk.get(area(desk, "/asking"))
    sent = {name: field.chosen[0] for name, field in page.form().fields.items()} | {"policy": "broadcast"}
    own = from_own_page(desk.stage.config.base_url)
    refused = await desk.browser.ask("POST", area(desk, "/asking"), data=sent, headers=own)
    assert refused.status == 400 and refused.page and refused.page.title.startswith("Error: ")
    world, stage = desk.stage.world, desk.stage
    carol = Actor(ActorKind.COORDINATOR, world.coordinator_id, area_ids=frozenset({world.area_id}))
    with pytest.raises(UnknownPolicy):
        await stage.db.act(change_asking, stage.config, stage.now, actor=carol, area_id=world.area_id, policy="broadcast")
    assert await desk.stage.one("SELECT policy FROM areas") == "round_robin_wave3_4h"


async def test_an_area_without_a_number_is_marked(desk: Desk) -> None:
    await desk.submit(await desk.get(area(desk, "/on-call")), {"on_call_telephone": ""})
    assert "Nobody can be rung" in (await desk.get(area(desk))).text and "No telephone" in (await desk.get("/areas")).text


async def test_another_areas_pages_are_not_there(desk: Desk) -> None:
    eve = await desk.eve()
    assert "Millbrook" not in (await eve.get("/areas")).text
    for path in (
        area(desk),
        area(desk, "/on-call"),
        area(desk, "/asking"),
        area(desk, "/fellowships/aa"),
        f"/areas/{uuid4()}",
        "/areas/nonsense",
    ):
        await eve.get(path, status=404)
    for path in (area(desk, "/fellowships/aaa"), area(desk, "/fellowships/alanon"), f"/areas/{UUID(int=0)}"):
        await desk.get(path, status=404)


async def test_somebody_without_an_area_is_told_so(desk: Desk) -> None:
    await desk.stage.sql.execute("DELETE FROM coordinator_areas")
    assert "You do not look after an area yet" in (await desk.get("/areas")).text
    assert "Nothing needs you just now." in (await desk.get("/coordinator")).text
    desk.stage.now += timedelta(minutes=1)
