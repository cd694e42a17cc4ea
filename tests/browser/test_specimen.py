"""Every part of a page in a real browser: axe clean light and dark, no sideways scrolling at 320 px, large targets, and what the script adds."""

import itertools
import re
from pathlib import Path

from aiohttp import web
from specimen import PARTS, STATES, specimen_page

from tests.browser.conftest import Check

STATIC = Path(__file__).parent.parent.parent / "web/static"
STYLES = (STATIC / "alongside.css").read_text()
PAGES = {f"/{part}/{state}": specimen_page(part, state) for part, state in itertools.product(PARTS, STATES)}


def different(*states: str) -> list[str]:
    """One path for each different page of these states: the mailbox, for one, looks the same in all."""
    return list({html: path for path, html in PAGES.items() if path.endswith(states)}.values())


async def test_axe_finds_nothing_on_a_phone_by_day_and_by_night(open_page, serve_pages, axe_clean: Check) -> None:
    address = await serve_pages(PAGES)
    page = await open_page(width=390, for_axe=True)
    for path in different(*STATES):
        await page.goto(address + path)
        await axe_clean(page)
        if path.endswith(("answered", "wrong")):  # these hold every colour there is
            await page.emulate_media(color_scheme="dark")
            await axe_clean(page)
            await page.emulate_media(color_scheme="light")


def test_dark_changes_colours_only() -> None:
    """So a page may be judged in the dark at one width, and by day at another."""
    [night] = re.findall(r"prefers-color-scheme[^{]*\{\s*:root\s*\{([^{}]*)\}\s*\}", STYLES)
    assert STYLES.count("prefers-color-scheme") == 1 and "color-scheme" not in (STATIC / "alongside.js").read_text()
    named = re.findall(r"(--[\w-]+): #[0-9a-f]{6};", night)
    assert len(named) > 10 and re.sub(r"--[\w-]+: #[0-9a-f]{6};|\s", "", night) == ""


async def test_nothing_is_read_sideways_and_the_content_policy_holds(open_page, serve_pages, fits: Check) -> None:
    address = await serve_pages(PAGES)
    page = await open_page()
    for path in different(*STATES):
        await page.goto(address + path)
        for width in (320, 390, 768, 1280):
            await page.set_viewport_size({"width": width, "height": 844})
            await fits(page)
    assert page.faults == []


CONTROLS = (
    "button, input:not([type=hidden]), select, textarea, summary, nav a, a.button, .back, .exit, .tasks a, .mailbox a, .bottom a, .change a"
)
SMALL = """(controls) => [...document.querySelectorAll(controls)].filter(e => {
  const box = e.getBoundingClientRect();
  return box.width && (box.height < 43.5 || box.width < 43.5);
}).map(e => e.outerHTML.slice(0, 90))"""


async def test_every_control_is_large_enough_for_a_thumb(open_page, serve_pages) -> None:
    address = await serve_pages(PAGES)
    page = await open_page(width=390)
    small: dict[str, list[str]] = {}
    for path in different(*STATES):
        await page.goto(address + path)
        small[path] = await page.evaluate(SMALL, CONTROLS)
    assert {path: found for path, found in small.items() if found} == {}


async def test_the_error_summary_takes_the_focus_and_leads_to_the_field(open_page, serve_pages) -> None:
    address = await serve_pages(PAGES)
    page = await open_page()
    await page.goto(f"{address}/question/wrong")
    assert await page.evaluate("document.activeElement.hasAttribute('data-errors')")
    await page.click("[data-errors] a[href='#name_used']")
    assert await page.evaluate("document.activeElement.id") == "name_used"
    assert await page.locator("label[for=name_used]").is_visible()


async def test_an_answer_opens_its_part_without_script(open_page, serve_pages) -> None:
    address = await serve_pages(PAGES)
    page = await open_page(script=False)
    await page.goto(f"{address}/contact/empty")
    assert not await page.locator("#email").is_visible()
    await page.locator("input[value=email]").check()
    assert await page.locator("#email").is_visible() and not await page.locator("#phone").is_visible()


async def test_no_messages_puts_the_other_answers_out(open_page, serve_pages) -> None:
    address = await serve_pages(PAGES)
    page = await open_page()
    await page.goto(f"{address}/contact/answered")
    await page.locator("input[value=none]").check()
    assert not await page.locator("input[value=email]").is_checked()
    await page.locator("input[value=text]").check()
    assert not await page.locator("input[value=none]").is_checked()


async def test_shift_three_times_leaves_and_so_does_the_plain_link(open_page, serve_pages) -> None:
    address = await serve_pages({**PAGES, "/exit": "<!doctype html><title>Weather</title>"})
    page = await open_page()
    await page.goto(f"{address}/single/empty")
    for _ in range(3):
        await page.keyboard.press("Shift")
    await page.wait_for_url("**/exit")
    assert await page.evaluate("history.length") <= 2, "the page left is not one step back"
    plain = await open_page(script=False)
    await plain.goto(f"{address}/single/empty")
    await plain.click("[data-exit]")
    assert await plain.title() == "Weather"


async def test_typing_with_shift_never_leaves(open_page, serve_pages) -> None:
    address = await serve_pages(PAGES)
    page = await open_page()
    await page.goto(f"{address}/single/empty")
    for key in ("Shift", "Shift", "a", "Shift", "Shift"):
        await page.keyboard.press(key)
    await page.wait_for_timeout(100)
    assert page.url.endswith("/single/empty")


async def test_a_changed_form_asks_before_it_is_left_but_not_when_sent(open_page, serve_pages) -> None:
    async def taken(_: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>Taken</title>", content_type="text/html")

    address = await serve_pages(PAGES, web.post("/specimen", taken))
    page = await open_page()
    asked: list[str] = []

    async def answer(dialog) -> None:
        asked.append(dialog.type)
        await dialog.accept()

    page.on("dialog", answer)
    await page.goto(f"{address}/question/empty")
    await page.fill("#name_used", "Noor")
    await page.goto(f"{address}/question/empty")
    assert asked == ["beforeunload"]
    await page.fill("#name_used", "Noor")
    await page.click("main button")
    assert await page.title() == "Taken" and asked == ["beforeunload"]


async def test_a_live_part_tells_the_news_and_leaves_the_rest_alone(open_page, serve_pages) -> None:
    visits = itertools.count()

    async def status(_: web.Request) -> web.Response:
        html = PAGES["/status/answered"].replace('data-refresh="20"', 'data-refresh="0.2"')
        return web.Response(
            text=html if not next(visits) else html.replace("Waiting for an answer", "Tom said yes"), content_type="text/html"
        )

    address = await serve_pages({}, web.get("/status", status))
    page = await open_page()
    await page.goto(f"{address}/status")
    await page.evaluate("document.querySelector('h1').scrollIntoView()")
    await page.get_by_text("Tom said yes").wait_for(timeout=9000)
    assert await page.get_attribute("#status", "aria-live") == "polite"
    assert await page.locator("h1").count() == 1 and page.faults == []


async def test_focus_is_never_hidden_behind_the_way_out(open_page, serve_pages) -> None:
    address = await serve_pages(PAGES)
    page = await open_page(height=480)
    await page.goto(f"{address}/single/answered")
    for _ in range(14):
        await page.keyboard.press("Tab")
        hidden = await page.evaluate(
            """() => { const e = document.activeElement, b = e.getBoundingClientRect(), x = document.querySelector('[data-exit]').getBoundingClientRect();
              return e.dataset.exit === undefined && b.left >= x.left && b.right <= x.right && b.top >= x.top && b.bottom <= x.bottom; }"""
        )
        assert not hidden


async def test_the_first_view_is_light(open_page, serve_pages) -> None:
    address = await serve_pages(PAGES)
    page = await open_page()
    sizes: list[int] = []

    async def weigh(request) -> None:
        sizes.append((await request.sizes())["responseBodySize"])

    page.on("requestfinished", weigh)
    await page.goto(f"{address}/question/wrong", wait_until="networkidle")
    assert sizes and sum(sizes) <= 30_000


def test_the_stylesheet_and_the_script_stay_small() -> None:
    assert (STATIC / "alongside.css").stat().st_size <= 20_000
    assert (STATIC / "alongside.js").stat().st_size <= 4_000


async def test_paper_is_white_even_from_a_dark_screen_and_holds_no_controls(open_page, serve_pages) -> None:
    address = await serve_pages(PAGES)
    page = await open_page(dark=True)
    await page.goto(f"{address}/status/answered")
    await page.emulate_media(media="print")
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert await page.evaluate("getComputedStyle(document.querySelector('.tag.wait')).color") == "rgb(138, 90, 0)"
    assert not await page.locator("nav, .button, .sign-out, .back").filter(visible=True).count()
