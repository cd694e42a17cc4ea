"""Settling what must be settled first, and one companion instead of two: each question needs its answer, and the newcomer's words stay on one page."""

from uuid import UUID

import pytest
from coordinator_desk import Desk, address, open_desk

from matcher.domain.sealed import PersonKey
from tests.link_stage import Links
from tests.site import Seen
from web import coordinator_settle_pages


@pytest.fixture
async def desk(links: Links) -> Desk:
    return await open_desk(links)


async def to_settle(desk: Desk, *what: str, named: str = "Big T", **changes: object) -> UUID:
    """A referral that waits for Carol with something to settle, and what the newcomer said about it."""
    referral = await desk.referral(**changes)
    world, sql = desk.stage.world, desk.stage.sql
    row = await sql.fetchrow(
        "SELECT r.newcomer_id, k.wrapped FROM referrals r JOIN person_keys k ON k.person_id = r.newcomer_id WHERE r.id = $1", referral
    )
    key = PersonKey(row["newcomer_id"], row["wrapped"])
    avoid = world.config.vault.seal(key, f"referrals.avoid_box:{referral}", {"people": [{"name": named, "how_known": "from work"}]})
    newcomer = {"name_used": "Noor", "own_reference": "H-1", "comfort_words": "somebody calm, about my age"}
    box = world.config.vault.seal(key, f"referrals.newcomer_box:{referral}", newcomer)
    await desk.acting()
    await sql.execute(
        "UPDATE referrals SET state = 'needs_person', to_settle = $2, needs_reason = 'to_settle', avoid_box = $3, newcomer_box = $4 WHERE id = $1",
        referral,
        list(what),
        avoid,
        box,
    )
    if "own_words" in what:
        await sql.execute("UPDATE referrals SET comfort = 'own_words' WHERE id = $1", referral)
    await sql.execute("UPDATE tasks SET reason = 'to_settle' WHERE referral_id = $1", referral)
    return referral


async def test_whom_the_newcomer_named_is_shown_on_one_page_only_and_barred_by_a_tick(desk: Desk) -> None:
    referral = await to_settle(desk, "avoid_people")
    tom, bill = await desk.stage.world.volunteer("Tom"), await desk.stage.world.volunteer("Bill")
    start = await desk.get(address(referral))
    assert "Something to settle first" in start.text and "Big T" not in start.text
    assert "Big T" not in (await desk.get("/coordinator")).text
    people = await desk.get(address(referral, "/people"))
    assert "Nobody can be asked before it is settled" in people.text and "Big T" not in people.text
    page = await desk.get(address(referral, "/settle"))
    assert "“Big T”, known from: from work" in page.text and "No name on your roster is like the one they gave" in page.text
    found = await desk.submit(page, {"find": "to"}, button="Find")
    refused = await desk.submit(found, {"barred": [str(tom)]}, button="Settle it, and begin to ask", status=400)
    assert "Look for every name they gave, then tick this" in refused.text
    assert refused.form().fields["barred"].chosen == [str(tom)]
    done = await desk.submit(refused, {"people_seen": True}, button="Settle it, and begin to ask")
    assert "We are asking now" in done.text
    assert {offer["volunteer_id"] for offer in await desk.stage.offers()} == {bill}
    assert "Tom" not in (await desk.get(address(referral, "/people"))).text
    assert "nothing to settle here any more" in (await desk.get(address(referral, "/settle"))).text


def offered(seen: Seen) -> set[str]:
    """Whom the page offers to tick, by id."""
    field = seen.form().fields.get("barred")
    return set(field.values) if field else set()


async def test_the_page_offers_names_like_those_given_and_finds_others_by_a_search(desk: Desk) -> None:
    referral = await to_settle(desk, "avoid_people", named="Tommy")
    world = desk.stage.world
    tom, paused = await world.volunteer("Tom"), await world.volunteer("Tomás", state="paused")
    wendy, bill = await world.volunteer("Wendy"), await world.volunteer("Bill Wender")
    left = await world.volunteer("Tommy", state="left")
    page = await desk.get(address(referral, "/settle"))
    assert offered(page) == {str(tom)}
    found = await desk.submit(page, {"find": " WEN", "barred": [str(tom)]}, button="Find")
    assert "2 people fit “WEN”" in found.text and offered(found) == {str(tom), str(wendy), str(bill)}
    assert found.form().fields["barred"].chosen == [str(tom)] and "WEN" not in found.path and not found.page.title.startswith("Error")
    again = await desk.submit(found, {"find": "tomas", "barred": [str(tom), str(bill)]}, button="Find")
    assert "1 person fits “tomas”" in again.text and offered(again) == {str(tom), str(bill), str(paused)}
    nobody = await desk.submit(again, {"find": "xyz"}, button="Find")
    assert "Nobody on your roster is called “xyz”" in nobody.text and str(left) not in nobody.body.decode()
    assert await desk.stage.one("SELECT count(*) FROM bars") == 0
    ticked = {"people_seen": True, "barred": [str(tom), str(bill)], "find": ""}
    await desk.submit(nobody, ticked, button="Settle it, and begin to ask")
    barred = await desk.stage.sql.fetch("SELECT volunteer_id FROM bars WHERE kind = 'newcomer_volunteer'")
    assert {row["volunteer_id"] for row in barred} == {tom, bill}


async def test_the_roster_next_door_is_shown_to_nobody_but_for_those_whom_this_referral_has_asked(desk: Desk) -> None:
    world, sql = desk.stage.world, desk.stage.sql
    other = await desk.eve()
    area = await desk.stage.one("SELECT id FROM areas WHERE name = 'Else'")
    asked = await world.volunteer("Kelly")
    await sql.execute("UPDATE volunteers SET area_id = $2 WHERE id = $1", asked, area)
    referral = await to_settle(desk, "avoid_people", named="Kel")
    unseen = await world.volunteer("Kelvin")
    await sql.execute("UPDATE volunteers SET area_id = $2 WHERE id = $1", unseen, area)
    page = await desk.get(address(referral, "/settle"))
    assert offered(page) == {str(asked)} and "Was asked for this referral" in page.text
    assert "Kelvin" not in page.text and "whose name is like one of these are left out as well" in page.text
    found = await desk.submit(page, {"find": "kel"}, button="Find")
    assert offered(found) == {str(asked)} and "Nobody on your roster is called “kel”" in found.text
    done = await desk.submit(found, {"people_seen": True, "find": ""}, button="Settle it, and begin to ask")
    assert "Kelvin" not in done.text + (await desk.get(address(referral, "/people"))).text + (await desk.get(address(referral))).text
    assert await desk.stage.one("SELECT count(*) FROM bars WHERE volunteer_id = $1", unseen) == 1
    assert (await other.get(address(referral, "/settle"), status=404)).status == 404


async def test_a_big_roster_is_never_listed_whole(desk: Desk) -> None:
    referral = await to_settle(desk, "avoid_people")
    for number in range(40):
        await desk.stage.world.volunteer(f"Ann{number}")
    page = await desk.get(address(referral, "/settle"))
    assert not offered(page)
    found = await desk.submit(page, {"find": "ann"}, button="Find")
    assert len(offered(found)) == 30 and "40 people fit “ann”" in found.text and "type more of the name" in found.text
    bad = await desk.submit(found, {"find": "a\u202eb"}, button="Find", status=400)
    assert bad.page.title.startswith("Error: ")


async def test_own_words_must_come_to_something(desk: Desk) -> None:
    referral = await to_settle(desk, "own_words")
    page = await desk.get(address(referral, "/settle"))
    assert "“somebody calm, about my age”" in page.text
    refused = await desk.submit(page, {}, status=400)
    assert "Choose what their own words come to" in refused.text
    done = await desk.submit(refused, {"comfort": "by_hand"})
    assert "Settled" in done.text and await desk.stage.one("SELECT settled_comfort FROM referrals WHERE id = $1", referral) is None
    assert await desk.stage.state(referral) == "needs_person"


async def test_a_wish_is_settled_as_one_the_rules_can_read(desk: Desk) -> None:
    referral = await to_settle(desk, "own_words", "coordinator_first")
    wendy = await desk.stage.world.volunteer("Wendy", says_is="woman")
    await desk.stage.world.volunteer("Tom")
    page = await desk.get(address(referral, "/settle"))
    refused = await desk.submit(page, {"comfort": "woman"}, status=400)
    assert "Tick this when you have looked" in refused.text
    await desk.submit(refused, {"talked": True})
    assert {offer["volunteer_id"] for offer in await desk.stage.offers()} == {wendy}
    assert "settled as: a woman" in (await desk.get(address(referral))).text


async def test_settling_twice_is_said_kindly(desk: Desk) -> None:
    referral = await to_settle(desk, "coordinator_first")
    page, other = await desk.get(address(referral, "/settle")), await desk.get(address(referral, "/settle"))
    await desk.submit(page, {"talked": True})
    late = await desk.submit(other, {"talked": True}, status=409)
    assert "nothing to settle here any more" in late.text.lower()


async def test_one_companion_needs_the_newcomers_own_yes(desk: Desk) -> None:
    referral = await desk.referral(seats=2)
    start = await desk.get(address(referral))
    assert "Two: the wish is for both" in start.text
    page = await desk.get(address(referral, "/one-companion"))
    refused = await desk.submit(page, {}, status=400)
    assert "It is never decided for them" in refused.text
    assert await desk.stage.one("SELECT seats FROM referrals WHERE id = $1", referral) == 2
    done = await desk.submit(refused, {"agreed": True})
    assert "We are looking for one person now" in done.text
    assert "cannot be changed here" in (await desk.get(address(referral, "/one-companion"))).text


async def test_the_one_who_said_yes_goes_alone_and_the_page_says_who_is_told(desk: Desk) -> None:
    referral = await desk.referral(seats=2)
    tom = await desk.stage.world.volunteer("Tom")
    yes = await desk.get(address(referral, f"/people/{tom}/yes"))
    await desk.submit(yes, {"option": str(await desk.option(referral))})
    page = await desk.get(address(referral, "/one-companion"))
    assert "Tom then goes alone" in page.text and "This sends an email to Tom" in page.text
    done = await desk.submit(page, {"agreed": True})
    assert "One companion is enough" in done.text and await desk.stage.state(referral) == "matched"


async def test_who_goes_only_in_a_pair_stands_in_the_way_with_the_rules_words(desk: Desk) -> None:
    referral = await desk.referral(seats=2)
    wendy = await desk.stage.world.volunteer("Wendy", pair_only=True)
    await desk.submit(await desk.get(address(referral, f"/people/{wendy}/yes")), {"option": str(await desk.option(referral))})
    refused = await desk.submit(await desk.get(address(referral, "/one-companion")), {"agreed": True}, status=409)
    assert "Two people are needed here, or they only go in a pair" in refused.text
    assert await desk.stage.one("SELECT seats FROM referrals WHERE id = $1", referral) == 2


async def test_care_on_the_day_leaves_two(desk: Desk) -> None:
    referral = await desk.referral(seats=2)
    await desk.stage.sql.execute("UPDATE referrals SET care = '{two_people}' WHERE id = $1", referral)
    assert address(referral, "/one-companion") not in (await desk.get(address(referral))).body.decode()
    assert "cannot be changed here" in (await desk.get(address(referral, "/one-companion"))).text


async def test_a_long_roster_is_looked_through_in_parts_and_one_that_is_too_long_says_so(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral = await to_settle(desk, "avoid_people")
    for name in ("Tom", "Bill", "Ann"):
        await desk.stage.world.volunteer(name)
    monkeypatch.setattr(coordinator_settle_pages, "AT_ONCE", 1)
    page = await desk.submit(await desk.get(address(referral, "/settle")), {"find": "an"}, button="Find")
    assert "1 person fits “an”" in page.text and "were looked through" not in page.text
    monkeypatch.setattr(coordinator_settle_pages, "MOST_NAMES", 2)
    page = await desk.submit(page, {"find": "an"}, button="Find")
    assert "only the first 2 names were looked through" in page.text and "Nobody on your roster is called “an”" in page.text
