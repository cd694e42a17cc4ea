"""Carol notes where somebody's answer is always yes: only what they could go to is offered, and what counts no more is said."""

from uuid import uuid4

import pytest
from coordinator_desk import Desk, address, open_desk

from tests.link_stage import Links
from tests.site import from_own_page


@pytest.fixture
async def desk(links: Links) -> Desk:
    return await open_desk(links)


async def test_meetings_within_reach_and_hours_are_offered_and_what_is_ticked_stands_on_the_entry(desk: Desk) -> None:
    far, morning, other = uuid4(), uuid4(), uuid4()
    for meeting in (far, morning, other):
        await desk.stage.world.meeting(meeting, fellowship="na" if meeting == other else "aa")
    await desk.stage.sql.execute("UPDATE meetings SET latitude = 57 WHERE id = $1", far)
    await desk.stage.sql.execute("UPDATE meetings SET starts = '09:00' WHERE id = $1", morning)
    tom = await desk.stage.world.volunteer("Tom")
    page = await desk.get(f"/roster/{tom}/always")
    field = page.form().fields["meetings"]
    assert field.values == [str(desk.stage.world.meeting_id)] and field.chosen == []
    assert "Thursday Welcome, Thursday 7.30pm" in page.text
    entry = await desk.submit(page, {"meetings": field.values})
    assert "Saved" in entry.text and "Thursday Welcome, Thursday 7.30pm" in entry.text
    again = await desk.get(f"/roster/{tom}/always")
    assert again.form().fields["meetings"].chosen == field.values
    await desk.submit(again, {"meetings": []})
    assert await desk.stage.one("SELECT count(*) FROM standing_yeses") == 0


async def test_what_counts_no_more_is_said_and_is_not_ticked(desk: Desk) -> None:
    tom = await desk.stage.world.volunteer("Tom")
    page = await desk.get(f"/roster/{tom}/always")
    await desk.submit(page, {"meetings": page.form().fields["meetings"].values})
    for _ in range(2):
        await desk.referral()
        await desk.stage.no((await desk.stage.offers("sent"))[-1])
        await desk.stage.pass_time(minutes=2)
    assert "counts no more" in (await desk.get(f"/roster/{tom}")).text
    page = await desk.get(f"/roster/{tom}/always")
    assert page.form().fields["meetings"].chosen == [] and "two invitations in a row without a yes" in page.text
    await desk.submit(page, {"meetings": page.form().fields["meetings"].values})
    assert "counts no more" not in (await desk.get(f"/roster/{tom}")).text
    await desk.close_all()


async def test_another_areas_coordinator_finds_nothing_there(desk: Desk) -> None:
    tom = await desk.stage.world.volunteer("Tom")
    eve = await desk.eve()
    assert (await eve.get(f"/roster/{tom}/always", status=404)).status == 404


async def test_a_meeting_that_was_not_offered_is_refused(desk: Desk) -> None:
    other = uuid4()
    await desk.stage.world.meeting(other, fellowship="na")
    tom = await desk.stage.world.volunteer("Tom")
    page = await desk.get(f"/roster/{tom}/always")
    fields = page.form().fields
    sent = {name: fields[name].chosen[0] for name in ("token", "nonce", "version")}
    answer = await desk.browser.ask(
        "POST", f"/roster/{tom}/always", data={**sent, "meetings": str(other)}, headers=from_own_page(desk.links.config.base_url)
    )
    assert answer.status == 400 and "Choose from the meetings shown" in answer.text


async def test_the_page_of_a_referral_says_that_choosing_went_wrong(desk: Desk) -> None:
    await desk.stage.sql.execute("UPDATE areas SET policy = 'product'")
    for name in ("Tom", "Ahmed", "Bill", "Dan", "Fred", "Gus", "Hal", "Ian", "Jim", "Ken"):
        await desk.stage.world.volunteer(name)
    referral = await desk.referral()
    assert "went wrong" not in (await desk.get(address(referral))).text
    await desk.stage.sql.execute("UPDATE offer_reasons SET why = jsonb_set(why, '{hopes}', '[[0.2, 0.5]]')")
    await desk.stage.no((await desk.stage.offers("sent"))[0])
    await desk.stage.pass_time(minutes=1)
    assert "Choosing whom to ask went wrong" in (await desk.get(address(referral))).text
