"""A coordinator's meeting pages in a real browser: axe clean and nothing read sideways, on a phone and a desk, light and dark; and without script."""

from typing import Any, cast

from playwright.async_api import Page

from tests.browser.conftest import Check, Judge, OpenPage
from tests.directory import Directory, but, rows
from tests.site import Site

LONG = "Wolfeschlegelsteinhausenbergerdorffwelch"
BY_HAND: dict[str, Any] = {
    "fellowship": "na",
    "name": f"Friday Quiet of {LONG}",
    "weekday": "5",
    "starts": "18:30",
    "minutes": "90",
    "held": ["in_person"],
    "venue": LONG,
    "address": f"1 {LONG} Street",
    "town": "Bournemouth",
    "postcode": "BH1 4HS",
    "audience": "open",
    "attributes": ["wheelchair", "newcomer"],
    "languages": "Welsh",
    "location_notes": "Round the back, past the green gate, second bell from the top. " * 3,
}
TOPICS = ("", "/edit", "/status", "/checked", "/date", "/weeks", "/tell")


async def fill_directory(site: Site) -> dict[str, str]:
    """One meeting kept by hand, with a date off; of a list, one corrected by hand that its list contradicts, and one that is held. Name → id."""
    await site.sign_in(site.people.carol)
    saved = await site.submit(await site.get("/meetings/new"), BY_HAND)
    by_hand = saved.path.split("/")[2].split("?")[0]
    await site.submit(await site.get(f"/meetings/{by_hand}/date"), {"on_date": "2026-11-27", "kind": "cancelled", "note": "let"})
    directory = Directory(site.db, site.connection, world=cast(Any, None), now=site.clock.now, source="aa-bay")
    await directory.add("aa-bay")
    await directory.feed(rows())
    corrected = str(await directory.id_of("m1"))
    page = await site.get(f"/meetings/{corrected}/edit")
    await site.submit(page, {"starts": "19:30", "reason": "Their secretary rang"})
    moved = but(rows(), "m2", name="Meeting 2 at the Harbour", formatted_address="1 Briggate, Leeds LS1 6HD, UK")
    await directory.feed(but(moved, "m1", time="18:00"))
    return {"by hand": by_hand, "corrected": corrected, "held": str(await directory.id_of("m2"))}


async def enter(site: Site, page: Page) -> None:
    """The same sign-in in a real browser."""
    await page.context.add_cookies([{"name": one.key, "value": one.value, "url": site.config.base_url} for one in site.browser.jar])


async def test_axe_finds_nothing_on_the_meeting_pages(site: Site, open_page: OpenPage, judge: Judge) -> None:
    meetings = await fill_directory(site)
    page = await open_page(for_axe=True)
    await enter(site, page)
    addresses = ["/meetings", "/meetings?fellowship=na&day=5&place=BH1", "/meetings?day=1&fellowship=ca", "/meetings/new"]
    addresses += [f"/meetings/{meetings['by hand']}{topic}" for topic in TOPICS]
    addresses += [f"/meetings/{meetings[name]}" for name in ("corrected", "held")]
    for address in addresses:
        await page.goto(site.config.base_url + address)
        assert await page.locator("h1").count() == 1, address
        await judge(page, crosswise=True)
        assert page.faults == [], address


async def test_a_meeting_is_corrected_without_script_and_a_wrong_answer_is_said(site: Site, open_page: OpenPage, fits: Check) -> None:
    meetings = await fill_directory(site)
    page = await open_page(width=320, script=False)
    await enter(site, page)
    await page.goto(f"{site.config.base_url}/meetings/{meetings['by hand']}/edit")
    await page.fill("#minutes", "soon")
    await page.get_by_role("button", name="Save").click()
    assert await page.locator("#errors-title").is_visible()
    await fits(page)
    await page.fill("#minutes", "75")
    await page.get_by_role("button", name="Save").click()
    assert "75 minutes" in await page.inner_text("main")
    await fits(page)
