"""Pages at the end of links in a real browser: one that runs scripts changes nothing by looking, and every page is clear, small-screen safe and axe clean."""

import re
from collections.abc import Awaitable, Callable

from playwright.async_api import Route

from tests.browser.conftest import Judge, OpenPage
from tests.link_stage import Links, hash_of_all_tables

ENOUGH_MS = 1500
"""Longer than any script of ours waits before it does something by itself."""


async def test_a_scanner_that_runs_scripts_and_waits_changes_nothing(links: Links, open_page: OpenPage) -> None:
    await links.ask("Tom", "Wendy")
    await links.accept("tom")
    await links.stage.pass_time(minutes=16)
    page = await open_page(width=1280)
    every = links.all_links()
    before = await hash_of_all_tables(links.stage.sql)
    for path in every:
        await page.goto(links.config.base_url + path, wait_until="load")
        for key in ("Tab", "Shift", "PageDown", "End"):
            await page.keyboard.press(key)
        await page.mouse.move(200, 300)
        await page.evaluate("scrollTo(0, document.body.scrollHeight)")
    await page.wait_for_timeout(ENOUGH_MS)
    assert len(every) >= 6 and page.faults == []
    assert await hash_of_all_tables(links.stage.sql) == before


async def test_a_person_answers_with_the_keyboard_alone_and_without_script(links: Links, open_page: OpenPage) -> None:
    await links.ask("Tom", "Wendy")
    pages = [await open_page(script=script) for script in (True, False)]
    for page, who in zip(pages, ("tom", "wendy"), strict=True):
        await page.goto(links.config.base_url + links.link(who, "/answer/"))
    for page, said in zip(pages, ("You are going along", "Somebody is already going"), strict=True):
        await page.focus("#choice")
        await page.keyboard.press("Space")
        async with page.expect_navigation():
            await page.keyboard.press("Enter")
        assert said in await page.locator("h1").inner_text()
    assert await links.stage.one("SELECT count(*) FROM matches") == 1


async def test_without_a_choice_the_error_takes_the_focus(links: Links, open_page: OpenPage) -> None:
    await links.ask("Tom")
    page = await open_page()
    await page.goto(links.config.base_url + links.link("tom", "/answer/"))
    assert await page.locator("input:checked").count() == 0
    await page.get_by_role("button", name="Continue").click()
    await page.wait_for_load_state()
    assert await page.evaluate("document.activeElement.hasAttribute('data-errors')")
    await page.click("[data-errors] a")
    assert await page.evaluate("document.activeElement.name") == "choice"


async def test_shift_three_times_leaves_the_plan(links: Links, open_page: OpenPage) -> None:
    await links.ask("Tom")
    await links.accept("tom")
    await links.stage.pass_time(minutes=16)
    page = await open_page()
    asked: list[str] = []

    async def stay_here(route: Route) -> None:
        asked.append(route.request.url)
        await route.fulfill(body="<!doctype html><title>Weather</title>", content_type="text/html")

    await page.route(re.compile("^https:"), stay_here)  # no test goes out into the world
    await page.goto(links.config.base_url + links.link("noor", "/plan/"))
    for _ in range(3):
        await page.keyboard.press("Shift")
    await page.wait_for_url(re.compile("^https:"))
    assert asked == ["https://www.bbc.co.uk/weather"] and await page.title() == "Weather"


async def walk(links: Links, look: Callable[[str, str], Awaitable[None]]) -> None:
    """Lead the arrangement through its states and look at each page on the way: `look(name, path)`."""
    await links.ask("Tom", "Wendy", "Ann")
    for who, name in (("tom", "question"), ("wendy", "question again")):
        await look(name, links.link(who, "/answer/"))
    await links.choose(links.link("ann", "/answer/"), "another_day")
    await look("recorded another day", links.link("ann", "/answer/"))
    await look("pause", links.link("tom", "/pause/"))
    await links.accept("tom")
    await links.stage.worker.run_until_idle()
    await look("going", links.link("tom", "/answer/"))
    await look("undo", links.link("tom", "/undo/"))
    await look("covered", links.link("wendy", "/answer/"))
    await links.stage.pass_time(minutes=16)
    await look("cannot come", links.link("tom", "/cannot-come/"))
    await look("calendar", links.link("tom", "/calendar/"))
    plan = links.link("noor", "/plan/")
    for ending in ("", "/sheet", "/cancel", "/stop"):
        await look(f"plan{ending.replace('/', ' ')}", plan + ending)
    await links.choose(links.link("tom", "/cannot-come/"), "go_back")
    await look("calendar cancelled", links.link("tom", "/calendar/"))
    await look("free again", links.link("wendy", "/answer/"))
    await look("plan settling", plan)
    await links.choose(links.link("wendy", "/pause/"), "week")
    await look("paused", links.link("wendy", "/pause/"))
    await look("answer paused", links.link("wendy", "/answer/"))
    await look("finished", "/answer/" + "A" * 43)


async def test_every_page_of_a_link_is_axe_clean_and_fits_a_small_phone(links: Links, open_page: OpenPage, judge: Judge) -> None:
    page = await open_page(for_axe=True)
    seen: list[str] = []

    async def look(name: str, path: str) -> None:
        seen.append(name)
        await page.goto(links.config.base_url + path)
        every_colour = name in ("question", "going", "recorded another day", "plan")  # these hold every colour there is
        await judge(page, phone=320, crosswise=every_colour)

    await walk(links, look)
    assert len(seen) == len(set(seen)) >= 18
