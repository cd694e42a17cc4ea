"""A keyworker's pages in a real browser: axe clean, nothing read sideways, errors that take the focus, and the whole form without script."""

from collections.abc import AsyncIterator
from datetime import time
from pathlib import Path
from uuid import uuid4

from playwright.async_api import Page

from tests.browser.conftest import Check, Judge, OpenPage, in_one_loop
from tests.conftest import TestDatabase
from tests.keyworker_desk import Desk, sit_down
from tests.link_stage import open_links
from tests.on_call_people import looking, on_call

LONG = "Wolfeschlegelsteinhausenbergerdorffwelch"
PARTS = ("who", "fellowship", "people", "when", "meetings", "contact", "more", "check", "drop", "not-interested")


@in_one_loop
async def desk(database: TestDatabase, tmp_path: Path, free_port: int) -> AsyncIterator[Desk]:
    """Priya's desk, with a few meetings and members in the town."""
    folder = tmp_path / "letters"
    folder.mkdir()
    async with open_links(database, folder, free_port) as links:
        for day, starts in ((1, time(19)), (2, time(18)), (3, time(20)), (5, time(17, 30))):
            await links.stage.world.meeting(uuid4(), weekday=day, starts=starts)
        for name in ("Tom", "Ann", "Bob", "Cat", "Dan"):
            await links.stage.world.volunteer(name)
        yield await sit_down(links)


async def enter(desk: Desk, page: Page) -> None:
    """The same sign-in in a real browser."""
    base = desk.links.config.base_url
    await page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": base} for cookie in desk.browser.jar])


async def every_page(desk: Desk) -> dict[str, str]:
    """Each page of a keyworker, with much and long in it, by name."""
    evenings = [f"{day}-evening" for day in range(7)]
    long = {"name_used": LONG, "provider_ref": "H" * 40}
    needs = {"needs": ["step_free", "large_print", "quiet", "advocate"]}
    check = await desk.fill(long, {"fellowships": ["aa", "na"]}, needs, {"when": evenings})
    draft = check.path.rsplit("/", 1)[0]
    referral_id = await desk.send(long, {}, needs, {"when": evenings})
    await desk.stage.worker.run_until_idle()
    await desk.stage.yes((await desk.stage.offers("sent"))[0])
    await desk.stage.pass_time(minutes=16)
    task = await desk.stage.one("SELECT id FROM tasks WHERE for_role = 'keyworker' AND state = 'open'")
    own = ("", "/sent", "/plan", "/cancel", "/consent", "/other-person", "/agree", "/amend/people", "/amend/contact", "/amend/care")
    return {
        "home": "/referrals",
        "new": "/referrals/new",
        "task": f"/tasks/{task}",
        **{part: f"{draft}/{part}" for part in PARTS},
        **{part or "status": f"/referrals/{referral_id}{part}" for part in own},
    }


async def test_every_page_is_axe_clean_and_fits(desk: Desk, open_page: OpenPage, judge: Judge) -> None:
    page = await open_page(for_axe=True)
    await enter(desk, page)
    for name, path in (await every_page(desk)).items():
        await page.goto(desk.links.config.base_url + path)
        await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        await judge(page, phone=320)
        assert page.faults == [], name
    await on_call(desk.stage, LONG[:40])
    referral = f"{desk.links.config.base_url}/referrals/{await looking(desk.stage)}"
    await enter(await sit_down(desk.links), page)  # a day has gone by
    await page.goto(referral)
    await judge(page, phone=320)
    await page.get_by_role("button", name="Ring somebody now").click()
    assert await page.get_by_text("07700 900512").is_visible()
    await judge(page, phone=320)
    await page.get_by_role("button", name="No answer").click()
    await judge(page, phone=320)
    assert page.faults == []


async def test_four_referrals_are_seen_at_once_on_a_phone(desk: Desk, open_page: OpenPage, judge: Judge) -> None:
    for number in range(5):
        await desk.send({"name_used": f"Noor{number}", "provider_ref": f"H-{number}"}, {}, {"needs": ["step_free"] if number % 2 else []})
    await desk.fill({"name_used": "Sal"})
    await desk.stage.worker.run_until_idle()
    await desk.stage.yes((await desk.stage.offers("sent"))[0])
    await desk.stage.pass_time(minutes=16)
    page = await open_page(for_axe=True)
    await enter(desk, page)
    await page.goto(f"{desk.links.config.base_url}/referrals")
    assert await page.get_by_text("Print the plan").is_visible() and not await page.get_by_text("Go on with Sal").is_visible()
    rows = [await row.bounding_box() for row in await page.locator(".rows tbody tr").all()]
    assert len(rows) == 5 and sum(box["y"] + box["height"] <= 844 for box in rows) >= 4
    assert all(box["height"] >= 44 for box in rows)
    await page.locator(".rows tbody tr .next").first.click(force=True)
    await page.wait_for_url("**/referrals/*-*")
    await page.goto(f"{desk.links.config.base_url}/referrals")
    await page.get_by_text("form not sent yet").click()
    assert await page.get_by_text("Go on with Sal").is_visible()
    await judge(page, crosswise=True)


async def test_the_home_is_a_table_on_a_wide_screen_with_its_search_open(desk: Desk, open_page: OpenPage) -> None:
    await desk.send()
    page = await open_page(width=1280)
    await enter(desk, page)
    await page.goto(f"{desk.links.config.base_url}/referrals")
    assert await page.get_by_role("columnheader").all_inner_texts() == ["Your client", "Where it stands", "What is next", "Needs", "Sent"]
    await page.get_by_label("Your own reference, or ours").fill("nobody's")
    await page.get_by_role("button", name="Find").click()
    assert "None of your referrals has this reference" in await page.inner_text("main")


async def test_an_error_takes_the_focus_and_leads_to_its_field(desk: Desk, open_page: OpenPage, axe_clean: Check) -> None:
    page = await open_page(for_axe=True)
    await enter(desk, page)
    await page.goto(f"{desk.links.config.base_url}/referrals/new")
    await page.fill("#name_used", "07700 900123")
    await page.click("main form > button")
    assert (await page.title()).startswith("Error: ")
    assert await page.evaluate("document.activeElement.hasAttribute('data-errors')")
    await axe_clean(page)
    await page.click(".summary-of-errors a[href='#name_used']")
    assert await page.evaluate("document.activeElement.id") == "name_used" and await page.input_value("#name_used") == "07700 900123"


async def test_the_form_is_filled_in_and_sent_without_script(desk: Desk, open_page: OpenPage) -> None:
    page = await open_page(script=False)
    await enter(desk, page)
    await page.goto(f"{desk.links.config.base_url}/referrals/new")
    for actions in (
        ("#who_for", "#age_ok", ("#name_used", "Noor"), ("#provider_ref", "H-77")),
        ("#exposure", "#fellowships"),
        ("#comfort-3", "#language"),
        (("#travel_from", "Millbrook"), "#when-3-evening"),
        ("#options",),
        ("#channels", "#consent_tell", "#consent_method"),
    ):
        for action in actions:
            await (page.fill(*action) if isinstance(action, tuple) else page.check(action))
        await page.click("main form > button.button:not(.second)")
    assert "Check and send" in await page.inner_text("h1")
    await page.click("main form > button.button")
    assert "Referral sent" in await page.inner_text("h1")
    assert await desk.stage.one("SELECT count(*) FROM referrals") == 1


async def test_the_plan_prints_without_buttons_or_menus(desk: Desk, open_page: OpenPage) -> None:
    pages = await every_page(desk)
    page = await open_page(width=1000)
    await enter(desk, page)
    await page.goto(desk.links.config.base_url + pages["/plan"])
    await page.emulate_media(media="print")
    assert not await page.is_visible("main form button") and not await page.is_visible("nav")
    assert await page.is_visible("article.sheet h1")
