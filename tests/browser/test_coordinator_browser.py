"""A coordinator's own pages in a real browser: what is to do, gathered lines, and settling by a search that works without script."""

from collections.abc import AsyncIterator
from pathlib import Path

from playwright.async_api import Page

from matcher.domain.task import TaskKind
from matcher.store.tasks import Task, insert_task
from tests.browser.conftest import Check, Judge, OpenPage, in_one_loop
from tests.conftest import TestDatabase
from tests.keyworker_desk import Desk, sit_down
from tests.link_stage import open_links


@in_one_loop
async def desk(database: TestDatabase, tmp_path: Path, free_port: int) -> AsyncIterator[Desk]:
    """Carol's desk: a newcomer of Priya's names somebody to avoid, and three people wait to be admitted."""
    folder = tmp_path / "letters"
    folder.mkdir()
    async with open_links(database, folder, free_port) as links:
        stage = links.stage
        for name in ("Tom", "Wendy", "Bill"):
            volunteer = await stage.world.volunteer(f"{name} Waiting", state="checking")
            task = Task(
                id=volunteer,
                kind=TaskKind.ADMIT_VOLUNTEER,
                reason="",
                for_role="coordinator",
                provider_id=None,
                area_id=stage.world.area_id,
                staff_id=None,
                about_id=volunteer,
                volunteer_id=volunteer,
                opened_at=stage.now,
            )
            await stage.sql.execute("SELECT set_config('alongside.acting', $1, false)", f"{stage.now.isoformat()}|operator||test|")
            await insert_task(stage.sql, task)
        await stage.world.volunteer("Thomas")
        await (await sit_down(links)).send({}, {}, {"avoid_name_1": "Tom", "avoid_how_1": "from work"})
        await stage.worker.run_until_idle()
        yield await sit_down(links, stage.world.coordinator_id)


async def enter(desk: Desk, page: Page) -> str:
    """The same sign-in in a real browser. Returns the site's address."""
    base = desk.links.config.base_url
    await page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": base} for cookie in desk.browser.jar])
    return base


async def test_the_coordinators_start_and_settling_are_axe_clean_and_fit(desk: Desk, open_page: OpenPage, judge: Judge) -> None:
    page = await open_page(for_axe=True)
    base = await enter(desk, page)
    await page.goto(f"{base}/coordinator")
    await judge(page, crosswise=True)
    await page.get_by_role("link", name="3 people wait to be admitted").click()
    await page.wait_for_url("**/lines/**")
    assert await page.locator(".tasks li").count() == 3
    await judge(page, crosswise=True)
    await page.goto(f"{base}/coordinator/referrals")
    await judge(page, crosswise=True)
    await page.locator(".rows a").first.click()
    await page.wait_for_url("**/referrals/*-*")
    await page.goto(f"{page.url}/settle")
    await page.fill("#find", "wai")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/settle#found")
    assert "3 people fit “wai”" in await page.inner_text("main")
    await judge(page, crosswise=True)
    assert page.faults == []


async def test_a_name_is_found_and_barred_without_script(desk: Desk, open_page: OpenPage, fits: Check) -> None:
    page = await open_page(width=320, script=False)
    base = await enter(desk, page)
    referral = await desk.stage.one("SELECT id FROM referrals")
    await page.goto(f"{base}/coordinator/referrals/{referral}/settle")
    await page.get_by_label("Tom Waiting").check()
    await page.fill("#find", "thomas")
    await page.get_by_role("button", name="Find").click()
    assert await page.get_by_label("Tom Waiting").is_checked() and "thomas" not in page.url
    await page.get_by_label("Thomas").check()
    await page.get_by_label("I have looked for everybody they named").check()
    await fits(page)
    await page.get_by_role("button", name="Settle it").click()
    assert await desk.stage.one("SELECT count(*) FROM bars WHERE kind = 'newcomer_volunteer'") == 2
    assert await desk.stage.one("SELECT count(*) FROM offers") == 0
