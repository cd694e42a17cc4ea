"""Coverage, this week's plan, how a search goes and the invitation with its reasons, in a real browser: clean, and within the width of the screen."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.async_api import Page

from tests.browser.conftest import in_one_loop
from tests.conftest import TestDatabase
from tests.keyworker_desk import Desk, sit_down
from tests.link_stage import Links, open_links

Check = Callable[[Page], Awaitable[None]]


@in_one_loop
async def links(database: TestDatabase, tmp_path: Path, free_port: int) -> AsyncIterator[Links]:
    """Two who look for a woman and find nobody, one whom Tom is asked for."""
    folder = tmp_path / "letters"
    folder.mkdir()
    async with open_links(database, folder, free_port) as opened:
        world = opened.stage.world
        await world.volunteer("Wendy of the Long and Winding Name", fellowship="na")
        for _ in range(3):
            await opened.stage.begin(await world.referral(comfort="woman"))
        await world.meeting(uuid4(), weekday=2)
        await opened.ask("Tom")
        yield opened


async def enter(desk: Desk, page: Page) -> str:
    """The same sign-in in a real browser. Returns the site's address."""
    base = desk.links.config.base_url
    await page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": base} for cookie in desk.browser.jar])
    return base


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
async def test_the_planners_pages_are_axe_clean_and_fit(
    links: Links, open_page: Callable[..., Awaitable[Page]], axe_clean: Check, fits: Check, width: int, dark: bool
) -> None:
    page = await open_page(width=width, dark=dark, for_axe=True)
    base = await enter(await sit_down(links, links.stage.world.coordinator_id), page)
    await page.goto(f"{base}/coordinator/coverage")
    assert "3 without company of 4" in await page.inner_text("main")
    await axe_clean(page)
    await fits(page)
    await page.get_by_label("Fellowship").select_option("na")
    await page.get_by_role("button", name="Show").click()
    await page.wait_for_url("**fellowship=na**")
    assert "Narcotics Anonymous, Millbrook" in await page.inner_text("main")
    await page.get_by_role("link", name="This week").click()
    await page.wait_for_url("**/coordinator/week")
    assert "Still without company in this plan" in await page.inner_text("main")
    await axe_clean(page)
    await fits(page)
    await enter(await sit_down(links), page)
    await page.goto(f"{base}/referrals/{links.asked}/search")
    assert "fewer than 5" in await page.inner_text("main")
    await axe_clean(page)
    await fits(page)
    await page.goto(f"{base}{links.link('tom', '/answer/')}")
    assert "We asked you because you are usually free on Thursdays" in await page.inner_text("main")
    await axe_clean(page)
    await fits(page)
    assert page.faults == []
