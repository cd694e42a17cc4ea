"""What a test in a browser may ask for: one Chromium for the run, pages at any width, light or dark, and axe. No page leaves this machine."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright

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
    # Pages of Chromium's own, loaded unseen beside each window of ours: half of what a window costs. And a process kept in reserve.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,OmniboxWebUI,WebUIOmnibox,SpareRendererForSitePerProcess",
)
AXE_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)

OpenPage = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="session")
def chromium() -> Iterator[str]:
    """The address by which tests drive the one Chromium of this run."""
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


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """The running Chromium, driven from this test's own loop."""
    async with async_playwright() as driver:
        connected = await driver.chromium.connect_over_cdp(chromium)
        yield connected
        for context in connected.contexts[1:]:
            await context.close()
        await connected.close()


@pytest.fixture
async def open_page(browser: Browser) -> OpenPage:
    """Opens an empty page: `await open_page(width=390, dark=True, script=False, for_axe=True)`. Its faults are listed in `page.faults`."""

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
        page = await context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.faults = faults
        return page

    return opened


@pytest.fixture
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


@pytest.fixture
def axe_clean() -> Callable[[Page], Awaitable[None]]:
    """Fails with axe's report if the page now open (with for_axe=True) breaks a rule of WCAG 2.2 AA or good practice."""

    async def clean(page: Page) -> None:
        options: dict[str, Any] = {"runOnly": list(AXE_TAGS), "resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
        found = await Axe().run(page, options=options)
        assert found.violations_count == 0, found.generate_report()

    return clean


@pytest.fixture
def fits() -> Callable[[Page], Awaitable[None]]:
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
