"""What a test in a browser may ask for: one Chromium for the run, pages at any width, light or dark, and axe. No page leaves this machine.

All tests here share one event loop, which the program that drives Chromium is bound to: an asynchronous fixture is made with `in_one_loop`.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from aiohttp import web
from axe_playwright_python.async_playwright import Axe
from axe_playwright_python.base import AxeResults
from playwright.async_api import Browser, BrowserContext, Page, TimeoutError, async_playwright

from matcher.config import Config
from matcher.database import Database
from tests.conftest import TestDatabase
from tests.link_stage import Links, open_links
from tests.people import People, build_people
from tests.site import Site, TestClock, open_site
from web.pages import setup_templates

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_ARGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
    "--no-startup-window",  # a window of its own, at which now and then a program that connects waits without end
    # Pages of Chromium's own, loaded unseen beside each window of ours: half of what a window costs. And a process kept in reserve.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,OmniboxWebUI,WebUIOmnibox,SpareRendererForSitePerProcess",
)
AXE_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)

STARTS, PATIENCE_MS = 3, 30_000
COLOUR_RULES = ("color-contrast", "link-in-text-block")

OpenPage = Callable[..., Awaitable[Page]]
Check = Callable[[Page], Awaitable[None]]
Judge = Callable[..., Awaitable[None]]
in_one_loop = pytest_asyncio.fixture(loop_scope="session")
"""Instead of `pytest.fixture`, for everything asynchronous that a test in a browser asks for."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Runs every asynchronous test of this folder in the one loop."""
    for item in items:
        if Path(__file__).parent in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@contextmanager
def _chromium() -> Iterator[str]:
    """A Chromium that runs; the address by which it is driven."""
    program = os.environ.get("CHROMIUM") or next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)
    assert program, "no Chromium here: install one, or name it in CHROMIUM"
    folder = Path(tempfile.mkdtemp(prefix="alo-chromium-"))
    log = folder / "log"
    with log.open("wb") as stderr:
        running = subprocess.Popen(
            [program, *CHROMIUM_ARGS, f"--user-data-dir={folder}"], stdout=subprocess.DEVNULL, stderr=stderr, start_new_session=True
        )
    try:
        yield _address(log, running)
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _address(log: Path, running: subprocess.Popen[bytes]) -> str:
    for _ in range(200):
        found = re.search(rb"DevTools listening on (ws://\S+)", log.read_bytes())
        if found:
            return found[1].decode()
        try:
            running.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
        break
    raise AssertionError(f"Chromium did not start: {log.read_text(errors='replace')[-2000:]}")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The one Chromium of this run, and one program that drives it: to start that anew took every test half a second of a processor.

    One that was started on a busy machine and cannot be driven is no finding about our pages: another is started in its place.
    """
    async with async_playwright() as driver:
        for tries_left in reversed(range(STARTS)):
            with _chromium() as address:
                try:
                    found = await driver.chromium.connect_over_cdp(address, timeout=PATIENCE_MS)
                except TimeoutError:
                    if not tries_left:
                        raise
                    continue
                yield found
                return


@in_one_loop
async def open_page(browser: Browser) -> AsyncIterator[OpenPage]:
    """Opens an empty page: `await open_page(width=390, dark=True, script=False, for_axe=True)`. Its faults are listed in `page.faults`.

    Each is a window with cookies and storage of its own, closed after the test.
    """
    contexts: list[BrowserContext] = []

    async def opened(*, width: int = 390, height: int = 844, dark: bool = False, script: bool = True, for_axe: bool = False) -> Page:
        context = await browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            bypass_csp=for_axe,
            locale="en-GB",
            timezone_id="Europe/London",
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = await context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.faults = faults
        return page

    yield opened
    for context in contexts:
        await context.close()


@in_one_loop
async def db(database: TestDatabase) -> AsyncIterator[Database]:
    """This test's database as the product opens it."""
    opened = await Database.connect(database.program_dsn, most=8)
    yield opened
    await opened.close()


@in_one_loop
async def connection(database: TestDatabase) -> AsyncIterator[asyncpg.Connection]:
    """A connection to this test's database as the program's role."""
    opened = await asyncpg.connect(database.program_dsn)
    yield opened
    await opened.close(timeout=5)


@in_one_loop
async def people(db: Database, config: Config, clock: TestClock) -> People:
    """The cast that signs in."""
    return await build_people(db, config, clock.now)


@in_one_loop
async def site(config: Config, db: Database, clock: TestClock, people: People, connection: asyncpg.Connection) -> AsyncIterator[Site]:
    """The whole site on a real server."""
    async with open_site(config, db, clock, people, connection) as opened:
        yield opened


@in_one_loop
async def links(database: TestDatabase, tmp_path: Path, free_port: int) -> AsyncIterator[Links]:
    """The made-up world with its site in front."""
    folder = tmp_path / "letters"
    folder.mkdir()
    async with open_links(database, folder, free_port) as opened:
        yield opened


@in_one_loop
async def serve_pages() -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """Serves given HTML, by path, with our static files and our content policy: `address = await serve_pages({"/": html})`."""
    runners: list[web.AppRunner] = []

    async def serve(pages: Mapping[str, str], *handlers: web.RouteDef) -> str:
        app = web.Application()
        setup_templates(app)
        app.on_response_prepare.append(_with_policy)
        for path, html in pages.items():
            app.router.add_get(path, _sends(html))
        app.add_routes(handlers)
        runner = web.AppRunner(app)
        runners.append(runner)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield serve
    for runner in runners:
        await runner.cleanup()


async def _with_policy(_: web.Request, response: web.StreamResponse) -> None:
    response.headers["Content-Security-Policy"] = POLICY


def _sends(html: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def sent(_: web.Request) -> web.Response:
        return web.Response(text=html, content_type="text/html")

    return sent


async def run_axe(page: Page, only: Mapping[str, Any]) -> None:
    """Fail with axe's report if the page breaks a rule."""
    axe = Axe()
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(axe.axe_script)
    found = AxeResults(await page.evaluate("how => axe.run(how)", {"resultTypes": ["violations"], **only}))
    assert found.violations_count == 0, found.generate_report()


@pytest.fixture
def axe_clean() -> Check:
    """Fails with axe's report if the page now open (with for_axe=True) breaks a rule of WCAG 2.2 AA or good practice."""

    async def clean(page: Page) -> None:
        await run_axe(page, {"runOnly": list(AXE_TAGS), "rules": {"target-size": {"enabled": True}}})

    return clean


@pytest.fixture
def judge(axe_clean: Check, fits: Check) -> Judge:
    """Fails if the page now open (with for_axe=True) breaks a rule of axe's as it is on a phone by day and on a desk at night, or has to be
    moved sideways at 320, 390 or 1280 px. It is judged as it stands, without loading it again: our script does nothing by width or colour,
    and dark changes colours only (a test in test_specimen.py). `phone` is the width of the phone that axe looks at; `crosswise` lets it
    judge the colours of the phone at night and of the desk by day too.
    """

    async def judged(page: Page, *, phone: int = 390, crosswise: bool = False) -> None:
        assert page.viewport_size is not None
        for width in {320, 390} - {phone}:
            await page.set_viewport_size({"width": width, "height": 844})
            await fits(page)
        for width, usual in ((1280, "dark"), (phone, "light")):
            await page.set_viewport_size({"width": width, "height": 844})
            await fits(page)
            if crosswise:
                await page.emulate_media(color_scheme="light" if usual == "dark" else "dark")
                await run_axe(page, {"runOnly": {"type": "rule", "values": list(COLOUR_RULES)}})
            await page.emulate_media(color_scheme=usual)
            await axe_clean(page)

    return judged


@pytest.fixture
def fits() -> Check:
    """Fails if the page now open has to be moved sideways to be read, naming what sticks out."""

    async def fitting(page: Page) -> None:
        wide = await page.evaluate(
            """() => {
              const most = document.documentElement.clientWidth;
              if (document.documentElement.scrollWidth <= most) return [];
              return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > most + 1)
                .map(e => `${e.tagName} ${e.className} ${Math.round(e.getBoundingClientRect().right)}`).slice(0, 8);
            }"""
        )
        assert wide == []

    return fitting
