"""Carol adds a list in a real browser, without scripts and with the keyboard's help only; every page on the way is axe clean and fits a phone."""

import json
from pathlib import Path

import pytest
from playwright.async_api import Page

from matcher.config import Config
from tests.browser.conftest import Judge, OpenPage
from tests.conftest import TestDatabase
from tests.directory import but, rows
from tests.publisher import publishing, says
from tests.site import Site
from tests.world import make_config

LONG = "Wolfeschlegelsteinhausenbergerdorffwelch" * 2
LIST = [*but(rows(), "m1", name=LONG), {"slug": "x", "name": LONG, "day": 9, "time": "19:00"}]


@pytest.fixture
def config(database: TestDatabase, free_port: int) -> Config:
    return make_config(database.program_dsn, base_url=f"http://127.0.0.1:{free_port}", feeds_from_loopback=True)


async def sign_in(site: Site, page: Page) -> None:
    await page.goto(f"{site.config.base_url}/sign-in")
    await page.fill("#email", site.people.carol.email)
    await page.get_by_role("button").last.click()
    await page.fill("#code", await site.code_for(site.people.carol))
    await page.get_by_role("button").last.click()
    await page.wait_for_url("**/coordinator")


async def add_list(site: Site, page: Page, url: str) -> None:
    """Fill in the form as a person does; the page that shows what it would bring."""
    await page.goto(f"{site.config.base_url}/meetings/sources/new")
    await page.fill("#name", "AA Bay")
    await page.select_option("#fellowship", "aa")
    await page.fill("#url", url)
    await page.get_by_role("button", name="Look at it").click()
    assert page.url.endswith("/sources/aa-bay/try"), await page.inner_text("body")


async def test_every_page_about_a_list_is_axe_clean_and_fits(site: Site, open_page: OpenPage, judge: Judge) -> None:
    page = await open_page(for_axe=True)
    await sign_in(site, page)
    async with publishing(says(json.dumps(LIST).encode())) as publisher:
        for step in ("/meetings/sources", "/meetings/sources/new"):
            await page.goto(site.config.base_url + step)
            await judge(page, crosswise=True)
        await add_list(site, page, publisher.url)
        await judge(page, crosswise=True)
        await page.get_by_label("I have looked at it").check()
        await page.get_by_role("button", name="Use it").click()
    for step in ("", "/settings"):
        await page.goto(f"{site.config.base_url}/meetings/sources/aa-bay{step}")
        await judge(page, crosswise=True)
    await page.goto(f"{site.config.base_url}/meetings/sources")
    await judge(page, crosswise=True)
    assert page.faults == []


async def test_a_list_is_added_and_switched_on_without_script_and_its_problems_saved(
    site: Site, open_page: OpenPage, tmp_path: Path
) -> None:
    page = await open_page(script=False)
    await sign_in(site, page)
    async with publishing(says(json.dumps(LIST).encode())) as publisher:
        await add_list(site, page, publisher.url)
        assert "10 new" in await page.inner_text("main") and "This is not a day" in await page.inner_text("main")
        async with page.expect_download() as saving:
            await page.get_by_role("link", name="Save all that was found").click()
        saved = tmp_path / "problems.csv"
        await (await saving.value).save_as(saved)
        assert "invalid_day" in saved.read_text(encoding="utf-8-sig")
        await page.get_by_label("I have looked at it").check()
        await page.get_by_label("Read it by itself").check()
        await page.get_by_role("button", name="Use it").click()
    await page.wait_for_url("**/sources/aa-bay?saved=yes")
    assert await page.get_by_role("button", name="Switch it off").count() == 1
    assert await site.connection.fetchval("SELECT count(*) FROM meetings") == 10
