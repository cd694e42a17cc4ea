"""Priya says that a meeting is held in Harbour's rooms; Eve of another service cannot take that away; Carol writes the way there."""

from uuid import UUID

from tests.shown_meetings import add_meeting
from tests.site import Site


async def own(site: Site) -> UUID:
    """A meeting of Carol's area."""
    return await add_meeting(site.connection, area_id=site.people.bay_id)


async def test_a_keyworker_says_that_it_is_held_in_their_rooms_and_staff_read_the_note(site: Site) -> None:
    meeting = await own(site)
    await site.sign_in(site.people.priya)
    here = await site.get(f"/m/{meeting.hex[:10]}")
    assert "It is held in our rooms" in here.text and "step by step" not in here.text
    page = await site.get(f"/meetings/{meeting}/room")
    assert "Choose yes or no" in (await site.submit(page, {}, status=400)).text
    done = await site.submit(page, {"hosted": "yes", "room_note": "Key at reception\nRamp at the back"})
    assert done.path == f"/m/{meeting.hex[:10]}" and "Held at Harbour" in done.text
    assert "Key at reception" in done.text and "Others to choose from" not in done.text
    assert "Key at reception" in (await site.get(f"/meetings/{meeting}/room")).body.decode()
    nobody = site.new_browser()
    assert "Key at reception" not in (await nobody.get(f"/m/{meeting.hex[:10]}")).text
    noted = await site.connection.fetchrow("SELECT actor_id, reason FROM audit WHERE action = 'host_meeting'")
    assert (noted["actor_id"], noted["reason"]) == (site.people.priya.id, "hosted")
    await site.submit(await site.get(f"/meetings/{meeting}/room"), {"hosted": "no"})
    assert await site.connection.fetchval("SELECT count(*) FROM meeting_hosts") == 0


async def test_another_service_cannot_take_it_away_and_coordinators_have_no_rooms(site: Site) -> None:
    meeting = await own(site)
    await site.sign_in(site.people.priya)
    await site.submit(await site.get(f"/meetings/{meeting}/room"), {"hosted": "yes"})
    eve, carol = site.new_browser(), site.new_browser()
    await site.sign_in(site.people.eve, eve)
    await site.sign_in(site.people.carol, carol)
    refused = await eve.submit(await eve.get(f"/meetings/{meeting}/room"), {"hosted": "no"}, status=403)
    assert "Another service says" in refused.text
    assert await site.connection.fetchval("SELECT provider_id FROM meeting_hosts") == site.people.harbour_id
    assert (await carol.get(f"/meetings/{meeting}/room", status=None)).status in (403, 404)
    assert (await site.new_browser().get(f"/meetings/{meeting}/room", status=None)).path == "/sign-in"


async def test_a_coordinator_writes_the_way_and_it_is_printed(site: Site) -> None:
    meeting = await own(site)
    await site.sign_in(site.people.carol)
    assert "Write the way there" in (await site.get(f"/m/{meeting.hex[:10]}")).text
    page = await site.get(f"/meetings/{meeting}/steps")
    for wrong, said in (
        ({"steps": "Turn left"}, "Enter where the way begins"),
        ({"from_where": "The station", "steps": "\n".join(["Walk"] * 13)}, "at most 12 steps"),
        ({"from_where": "The station", "steps": "x" * 201}, "at most 12 steps"),
    ):
        assert said in (await site.submit(page, wrong, status=400)).text, said
    done = await site.submit(page, {"from_where": "The station", "steps": "Turn left\n\n  Pass the church \nGreen door"})
    assert done.path == f"/m/{meeting.hex[:10]}" and "Change the way there" in done.text
    sheet = await site.new_browser().get(f"/m/{meeting.hex[:10]}/way")
    assert "Step by step from The station" in sheet.text and "Turn left Pass the church Green door" in sheet.text
    await site.submit(await site.get(f"/meetings/{meeting}/steps"), {"from_where": "", "steps": ""})
    assert "Step by step" not in (await site.get(f"/m/{meeting.hex[:10]}/way")).text
    eve = site.new_browser()
    await site.sign_in(site.people.eve_coordinator, eve)
    assert (await eve.get(f"/meetings/{meeting}/steps", status=None)).status == 403
