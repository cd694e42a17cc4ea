"""On hold, as its keyworker, its coordinator and the companion's calendar see it: each says what follows, and strangers see nothing."""

import pytest
from coordinator_desk import address, open_desk
from icalendar import Calendar

from tests.keyworker_desk import Desk, eve_sits_down, sit_down
from tests.link_stage import Links
from tests.web.test_keyworker_status import BY_EMAIL, asked, matched


@pytest.fixture
async def desk(links: Links) -> Desk:
    return await sit_down(links)


async def test_a_keyworker_puts_it_on_hold_with_a_reason_and_lets_it_go_on_with_a_tick(desk: Desk) -> None:
    referral = await matched(desk, contact=BY_EMAIL)
    path = f"/referrals/{referral}"
    status = await desk.get(path)
    assert status.page and (f"{path}/hold", "Put it on hold for a while") in status.page.links
    page = await desk.get(f"{path}/hold")
    assert "told that it is put off, without a reason" in page.text
    refused = await desk.browser.submit(page, {}, status=400)
    assert "Choose a reason" in refused.text and await desk.stage.state(referral) == "matched"
    held = await desk.browser.submit(refused, {"reason": "unwell"})
    await desk.stage.worker.run_until_idle()
    assert "On hold" in held.text and "nothing is sent before you let it go on" in held.text
    assert held.page and f"{path}/hold" not in dict(held.page.links) and f"{path}/plan" not in dict(held.page.links)
    assert "was going to come" in held.text and "On hold" in (await desk.get("/referrals")).text
    again = await desk.get(f"{path}/release")
    unsure = await desk.browser.submit(again, {}, status=400)
    assert unsure.page and unsure.page.title.startswith("Error: ") and await desk.stage.state(referral) == "on_hold"
    on = await desk.browser.submit(unsure, {"sure": True})
    assert await desk.stage.state(referral) == "matched" and "will come" in on.text
    assert (await desk.get(f"{path}/release")).path == path, "there is nothing to release any more"


async def test_a_wrong_reason_is_refused_and_nothing_happens(desk: Desk) -> None:
    referral = await asked(desk)
    page = await desk.get(f"/referrals/{referral}/hold")
    tokens = {name: page.form().fields[name].chosen[0] for name in ("token", "nonce")}
    refused = await desk.browser.ask("POST", f"/referrals/{referral}/hold", data=tokens | {"reason": "arrested"}, status=400)
    assert refused.page and refused.page.title.startswith("Error: ") and await desk.stage.state(referral) == "looking"


async def test_eve_can_neither_hold_nor_release(desk: Desk) -> None:
    referral = await asked(desk)
    eve = await eve_sits_down(desk.links)
    for rest in ("hold", "release"):
        assert (await eve.get(f"/referrals/{referral}/{rest}", status=404)).status == 404


async def test_a_coordinator_holds_and_releases_and_sees_who_is_told(links: Links) -> None:
    desk = await open_desk(links)
    await desk.stage.world.volunteer("Tom")
    referral = await desk.referral()
    start = await desk.get(address(referral))
    assert "Put it on hold for a while" in start.text
    page = await desk.get(address(referral, "/hold"))
    assert "are told that it is put off" in page.text and "safeguarding lead, or 999" in page.text
    refused = await desk.submit(page, {}, status=400)
    assert "Choose a reason" in refused.text
    held = await desk.submit(refused, {"reason": "to_sort_out"})
    assert "Nobody is asked and nothing is sent" in held.text and await desk.stage.state(referral) == "on_hold"
    assert "cannot be put on hold as it stands" in (await desk.get(address(referral, "/hold"))).text
    late = await desk.submit(page, {"reason": "away"}, status=409)
    assert late.status == 409
    unsure = await desk.submit(await desk.get(address(referral, "/release")), {}, status=400)
    on = await desk.submit(unsure, {"agreed": True})
    assert "It goes on" in on.text and await desk.stage.state(referral) in ("looking", "needs_person")
    assert "This referral is not on hold" in (await desk.get(address(referral, "/release"))).text


async def test_a_hold_for_safety_offers_a_release_to_neither(links: Links) -> None:
    desk, priya = await open_desk(links), await sit_down(links)
    referral = await asked(priya)
    await desk.acting()
    await desk.stage.sql.execute("UPDATE offers SET state = 'withdrawn', state_reason = 'no_longer_needed'")
    await desk.stage.sql.execute(
        "UPDATE referrals SET state = 'on_hold', held_state = 'looking', held_cause = 'safety', needs_reason = NULL WHERE id = $1", referral
    )
    page = await desk.get(address(referral, "/release"))
    assert "It is not yours to decide" in page.text and page.page and not [f for f in page.page.forms if "release" in f.action]
    status = await priya.get(f"/referrals/{referral}")
    assert "Let it go on" not in status.text and "Whoever put it on hold lets it go on" in status.text


async def test_a_plan_put_off_leaves_the_companions_calendar_and_comes_back_with_a_higher_number(links: Links) -> None:
    desk = await open_desk(links)
    await desk.stage.world.volunteer("Tom")
    referral = await desk.referral()
    await desk.stage.yes((await desk.stage.offers("sent"))[0])
    await desk.stage.pass_time(minutes=16)

    async def entry() -> tuple[str, int]:
        raw = (await links.browser.get(f"{links.link('tom', '/calendar/')}/file")).body
        [event] = Calendar.from_ical(raw).walk("VEVENT")
        return str(event["STATUS"]), int(event["SEQUENCE"])

    first = await entry()
    await desk.stage.pass_time(minutes=1)
    await desk.submit(await desk.get(address(referral, "/hold")), {"reason": "away"})
    off = await entry()
    await desk.stage.pass_time(minutes=1)
    await desk.submit(await desk.get(address(referral, "/release")), {"agreed": True})
    back = await entry()
    assert [state for state, _ in (first, off, back)] == ["CONFIRMED", "CANCELLED", "CONFIRMED"]
    assert first[1] < off[1] < back[1]
