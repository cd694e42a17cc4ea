"""The roster in a real browser: axe clean, nothing read sideways, and a week filled in without script."""

from uuid import UUID

import pytest
from playwright.async_api import Page

from matcher.domain.actor import Actor, ActorKind
from matcher.domain.volunteer import VolunteerConsent
from matcher.store.volunteers import get_profile
from tests.browser.conftest import Check, Judge, OpenPage
from tests.roster_people import NOW, Roster, active_volunteer, add_volunteer, agreed, near, tom_entry, wendy_entry
from tests.site import Site

TOPICS = "who fellowships where when ring whom often checks away consents conflicts address pause leave".split()
LONG = "Wolfeschlegelsteinhausenbergerdorffwelch"


async def fill_roster(site: Site) -> UUID:
    """Tom ready, Wendy still being checked, and somebody with the longest name and hardly an answer."""
    carol = Actor(ActorKind.COORDINATOR, id=site.people.carol.id, area_ids=frozenset({site.people.bay_id}))
    roster = Roster(site.db, site.config, site.people.bay_id, carol)
    tom = await active_volunteer(roster)
    await add_volunteer(roster, wendy_entry())
    bare = {"display_name": LONG, "private_name": LONG * 2, "email": f"{LONG.lower()}@example.org"}
    many = tuple(near(district) for district in ("B13", "B14", "B29", "B30", "M14", "M1"))
    await add_volunteer(
        roster, tom_entry(bare, agreed(VolunteerConsent.HOLD), windows=(), comfortable_with=None, reach=many, languages=frozenset())
    )
    return tom


async def sign_in(site: Site, page: Page) -> None:
    """Carol, by the address and the code."""
    await page.goto(f"{site.config.base_url}/sign-in")
    await page.fill("#email", site.people.carol.email)
    await page.click("main button")
    await page.fill("#code", await site.code_for(site.people.carol))
    await page.click("main button")


async def test_axe_finds_nothing_on_the_roster_pages(site: Site, open_page: OpenPage, judge: Judge) -> None:
    site.clock.now = NOW
    page = await open_page(for_axe=True)
    await sign_in(site, page)
    await page.goto(f"{site.config.base_url}/roster")
    await judge(page)
    tom = await fill_roster(site)
    for path in ("", "/new", "/import", f"/{tom}", *(f"/{tom}/{topic}" for topic in TOPICS)):
        await page.goto(f"{site.config.base_url}/roster{path}")
        assert await page.locator("h1").count() == 1, path
        await judge(page)


async def test_nothing_is_read_sideways_on_a_small_phone(site: Site, open_page: OpenPage, fits: Check) -> None:
    site.clock.now = NOW
    page = await open_page(width=320)
    await sign_in(site, page)
    tom = await fill_roster(site)
    for path in ("", "/new", "/import", f"/{tom}", *(f"/{tom}/{topic}" for topic in TOPICS)):
        await page.goto(f"{site.config.base_url}/roster{path}")
        await fits(page)
    assert page.faults == []


@pytest.mark.parametrize("script", [True, False])
async def test_on_a_phone_the_filters_are_folded_away_and_on_a_wide_screen_they_are_open(
    site: Site, open_page: OpenPage, script: bool
) -> None:
    site.clock.now = NOW
    await fill_roster(site)
    for width in (390, 1280):
        page = await open_page(width=width, script=script)
        await sign_in(site, page)
        await page.goto(f"{site.config.base_url}/roster?fellowship=aa&day=1")
        assert await page.get_by_text("Alcoholics Anonymous · free on Tuesday").is_visible()
        assert await page.locator("#near").is_visible() is (width == 1280)
        if width == 390:
            await page.get_by_text("Change what is shown").click()
            assert await page.locator("#near").is_visible()


async def test_a_week_is_filled_in_without_script(site: Site, open_page: OpenPage, fits: Check) -> None:
    site.clock.now = NOW
    page = await open_page(script=False)
    await sign_in(site, page)
    tom = await fill_roster(site)
    await page.goto(f"{site.config.base_url}/roster/{tom}/when")
    await page.fill("#sat_from_1", "20:00")
    await page.fill("#sat_to_1", "01:00")
    await page.get_by_role("button", name="Save").click()
    assert await page.locator("#errors-title").is_visible()
    await fits(page)
    await page.get_by_label("Yes, into the next day").check()
    await page.get_by_role("button", name="Save").click()
    assert page.url.endswith("?saved=yes")
    assert (5 * 1440 + 1200, 6 * 1440 + 60) in (await get_profile(site.connection, tom)).answers.windows
