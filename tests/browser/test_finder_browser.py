"""The finder, a meeting's page and paper in a real browser: axe clean, nothing sideways, no script needed, nobody else asked, and what the printer gets."""

import re
from datetime import time, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page

from tests.browser.conftest import Check, Judge, OpenPage
from tests.shown_meetings import NOWHERE_KNOWN, ONLINE, add_meeting, at
from tests.site import Site
from tests.world import MONDAY_TEN

LONG = "Wolfeschlegelsteinhausenbergerdorffwelch"
A4, A5 = (595, 842), (420, 595)
"""Points, to within one."""


async def fill(site: Site) -> str:
    """Meetings of every kind of state, with much and long in them; the address of one."""
    meeting = await add_meeting(
        site.connection,
        f"Thursday {LONG}",
        venue=f"{LONG} Hall",
        location_notes="Round the back, green door. " * 4,
        travel_notes="Bus 8 from the station. " * 4,
        notes="Tea and biscuits. " * 10,
        attributes=["open", "wheelchair", "newcomer", "women", "hearing_loop", "child_friendly", "lgbtq"],
        languages=["pl", "cy"],
    )
    for number in range(60):
        await add_meeting(site.connection, f"Meeting {number}", iso_weekday=number % 7 + 1, starts=time(7 + number % 14, 30))
    for name, changes in {
        "Missing": {"status": "unconfirmed"},
        "Old": {"last_confirmed_at": MONDAY_TEN - timedelta(days=100)},
        "Shut": {"status": "temporarily_closed"},
        "Now": {"iso_weekday": 1, "starts": time(9, 30)},
        "In another town": at("B91") | {"town": "Solihull"},
        "Online": ONLINE | NOWHERE_KNOWN | {"conference_url": "https://zoom.us/j/99912345678"},
        "Of NA": {"fellowship": "na", "audience": "unknown", "attributes": []},
    }.items():
        await add_meeting(site.connection, name, **changes)
    return f"/m/{meeting.hex[:10]}"


def pages_of(one: str) -> tuple[str, ...]:
    """Each page with its states."""
    paper = "/meetings/print?near=B1"
    lists = (
        "/meetings",
        "/meetings?near=B1",
        "/meetings?near=B1&page=3",
        "/meetings?near=Nowhereton",
        "/meetings?near=B1&day=2&part=night&men=yes",
    )
    return (*lists, one, f"{one}/way", f"{one}/way?start=B14", paper, f"{paper}&size=large", f"{paper}&size=booklet")


async def test_every_page_is_axe_clean_and_fits(site: Site, open_page: OpenPage, judge: Judge) -> None:
    one = await fill(site)
    page = await open_page(for_axe=True)
    every_colour = (pages_of(one)[1], one, f"{one}/way", "/meetings/print?near=B1")
    for path in pages_of(one):
        await page.goto(site.config.base_url + path)
        await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert await page.locator("h1").count() == 1, path
        await judge(page, crosswise=path in every_colour)
    assert page.faults == []


async def test_nothing_is_read_sideways_on_a_small_phone_and_nobody_else_is_asked(site: Site, open_page: OpenPage, fits: Check) -> None:
    one = await fill(site)
    page = await open_page(width=320)
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    for path in pages_of(one):
        await page.goto(site.config.base_url + path)
        await fits(page)
        assert page.faults == [], path
    assert asked == {urlsplit(site.config.base_url).netloc}
    assert await page.context.cookies() == []


async def test_a_meeting_is_found_without_script_by_keyboard_alone(site: Site, open_page: OpenPage) -> None:
    await fill(site)
    page = await open_page(script=False)
    await page.goto(f"{site.config.base_url}/meetings")
    await page.focus("#near")
    await page.keyboard.type("b1 1aa")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**near=B1+1**")
    assert page.url.split("?")[1].startswith("near=B1+1") and "1aa" not in page.url.lower()
    await page.locator("details summary").click()
    await page.check("#women")
    await page.get_by_role("button", name="Find").click()
    assert await page.locator(".found .card").count() == 1 and "women=yes" in page.url
    assert await page.get_by_text("More to choose from").inner_text() == "More to choose from (1 chosen)"
    await page.locator(".found a.what").first.click()
    assert LONG in await page.inner_text("h1")
    await page.get_by_role("link", name="The way there, to print").click()
    await page.fill("#start", "B14")
    await page.get_by_role("button", name="Draw it in").click()
    assert "How long from B14" in await page.inner_text("main")


# ── what the printer gets ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def printed(page: Page) -> tuple[int, tuple[int, int]]:
    """How many pages the printer gets, and their size in points."""
    paper: Any = await page.pdf(prefer_css_page_size=True)
    boxes = {tuple(round(float(part)) for part in found.split()[2:]) for found in re.findall(rb"/MediaBox \[([^\]]+)\]", paper)}
    (size,) = boxes
    return len(re.findall(rb"/Type /Page\b", paper)), size


def is_size(size: tuple[int, int], wanted: tuple[int, int]) -> bool:
    return all(abs(a - b) <= 1 for a, b in zip(size, wanted, strict=True))


async def test_the_way_fits_one_side_of_a4_so_that_nothing_shows_when_it_is_folded(site: Site, open_page: OpenPage) -> None:
    one = await fill(site)
    page = await open_page(width=1000)
    for query in ("", "?start=B14"):
        await page.goto(f"{site.config.base_url}{one}/way{query}")
        count, size = await printed(page)
        assert (count, is_size(size, A4)) == (1, True)
        assert await page.title() == "The way there – Alongside"
    await page.emulate_media(media="print")
    assert not await page.is_visible("form") and await page.is_visible(".sketch") and await page.is_visible(".code")


@pytest.mark.parametrize(("size", "sheet", "letters"), [("normal", A4, 11), ("large", A4, 18), ("booklet", A5, 9.5)])
async def test_the_list_prints_in_its_size_and_rows_stay_whole(
    site: Site, open_page: OpenPage, size: str, sheet: tuple[int, int], letters: float
) -> None:
    await fill(site)
    page = await open_page(width=1000)
    await page.goto(f"{site.config.base_url}/meetings/print?near=B1&size={size}")
    count, points = await printed(page)
    assert count > 2 and is_size(points, sheet)
    await page.emulate_media(media="print")
    assert not await page.is_visible(".screen")
    told = await page.evaluate(
        """() => ({
            letters: parseFloat(getComputedStyle(document.querySelector('td')).fontSize) * 72 / 96,
            whole: [...document.querySelectorAll('tbody tr')].every(one => getComputedStyle(one).breakInside === 'avoid'),
            colours: [...new Set([...document.querySelectorAll('main *')].map(one => getComputedStyle(one).color))],
        })"""
    )
    assert told["letters"] == pytest.approx(letters, abs=0.1) and told["whole"]
    greys = [re.findall(r"\d+", colour)[:3] for colour in told["colours"]]
    assert all(len(set(parts)) == 1 for parts in greys), "black and white only"


async def test_the_outside_of_the_booklet_tells_a_stranger_nothing(site: Site, open_page: OpenPage) -> None:
    await fill(site)
    page = await open_page(width=1000)
    await page.goto(f"{site.config.base_url}/meetings/print?near=B1&size=booklet")
    await page.emulate_media(media="print")
    cover = await page.inner_text(".cover")
    assert cover.split("\n")[0] == "Where and when" and not re.search("Anonymous|Recovery|AA|NA|Meeting", cover)
    rules = await page.evaluate(
        "[getComputedStyle(document.querySelector('.cover')).breakAfter, getComputedStyle(document.querySelector('.foot')).breakBefore]"
    )
    assert rules == ["page", "page"] and not re.search("Anonymous|Recovery", await page.inner_text(".foot"))
