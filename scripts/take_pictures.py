"""Takes the pictures of the README and of docs/pictures: one screen for each role, narrow and wide, light and dark, from a demo town of its own.

    make pictures                      all of them
    make pictures ARGS=--only=coordinator-home

CHROMIUM names the browser (make finds it). Nothing of a running demo is touched: this one lives in a temporary folder.
"""

import argparse
import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "pictures"
READY = re.compile(r"^Alongside is ready at (\S+)$", re.M)
PATIENCE = 180.0
CLOCK = "2026-11-23T10:00"
"""Each run shows the same Monday morning."""
SIZES = {390: 844, 1280: 860}
"""Width of the window → its height."""
SCHEMES = ("light", "dark")
HIDE = ".demo-banner { display: none !important }"


@dataclass(frozen=True)
class Visit:
    """One browser window on the demo."""

    page: Page
    address: str

    async def open(self, path: str) -> None:
        """Open a page of the site."""
        await self.page.goto(self.address + path)

    async def sign_in(self, who: str) -> None:
        """Press a button of the banner, which the pictures then leave out."""
        await self.open("/demo")
        await self.page.click(f".demo-banner button[value={who}]")

    async def letters(self) -> list[dict[str, Any]]:
        """The mailbox, newest first."""
        answer = await self.page.request.get(self.address + "/demo/mailbox.json")
        found: list[dict[str, Any]] = await answer.json()
        return found

    async def follow(self, part: str, *, subject: str = "", to: str = "") -> None:
        """Open the newest letter's link whose address holds this part."""
        for letter in await self.letters():
            links = [link for link in letter["links"] if part in link]
            if links and subject in letter["subject"] and letter["to"].startswith(to):
                await self.page.goto(links[0])
                return
        raise LookupError(f"no letter with {part}")


async def keyworker_home(visit: Visit) -> None:
    """Priya's referrals: where each stands, and what is to do."""
    await visit.sign_in("priya")
    await visit.open("/referrals")


async def keyworker_status(visit: Visit) -> None:
    """One referral: somebody said yes."""
    await visit.sign_in("priya")
    await visit.page.get_by_role("link", name="Noor", exact=True).first.click()


async def keyworker_meetings(visit: Visit) -> None:
    """The referral form: meetings that fit, and how many could come."""
    await visit.sign_in("priya")
    await visit.open("/referrals/new")
    await _tick(visit.page, who_for="own_use", age_ok="18_or_over")
    await visit.page.fill("[name=name_used]", "Noor")
    await visit.page.fill("[name=provider_ref]", "H1042")
    await _go_on(visit.page)
    await _tick(visit.page, exposure="never", fellowships="aa")
    await _go_on(visit.page)
    await _tick(visit.page, comfort="no_preference", language="english")
    await _go_on(visit.page)
    await visit.page.fill("[name=travel_from]", "HU3")
    for day in range(7):
        await _tick(visit.page, when=f"{day}-evening")
    await _go_on(visit.page)
    boxes = visit.page.locator("input[name=options]")
    for place in (0, 1):
        await boxes.nth(place).check(force=True)


async def coordinator_home(visit: Visit) -> None:
    """Carol's list: who waits for a person."""
    await visit.sign_in("carol")
    await visit.open("/coordinator")


async def coordinator_roster(visit: Visit) -> None:
    """Carol's roster."""
    await visit.sign_in("carol")
    await visit.open("/roster")


async def volunteer_answer(visit: Visit) -> None:
    """An invitation, as the volunteer who opens its link sees it."""
    await visit.follow("/answer/", subject="?")


async def newcomer_plan(visit: Visit) -> None:
    """The plan, as the newcomer sees it."""
    await visit.follow("/plan/", to="noor@")


async def newcomer_sheet(visit: Visit) -> None:
    """The plan on paper."""
    await visit.sign_in("priya")
    await visit.page.get_by_role("link", name="Noor", exact=True).first.click()
    await visit.page.get_by_role("link", name="The plan to print").click()


async def finder(visit: Visit) -> None:
    """Meetings near a district, as anybody finds them."""
    await visit.open("/meetings?near=HU3")
    await visit.page.locator(".found").first.scroll_into_view_if_needed()


async def finder_way(visit: Visit) -> None:
    """The way to a meeting, as it is printed."""
    await visit.open("/meetings?near=HU3")
    address = await visit.page.locator("a.what").first.get_attribute("href")
    await visit.open(f"{address}/way?start=HU6")


async def mailbox(visit: Visit) -> None:
    """The demo's mailbox with a letter open."""
    letters = await visit.letters()
    number = next(letter["number"] for letter in letters if "?" in letter["subject"])
    await visit.open(f"/demo/mailbox/{number}")


SCREENS: dict[str, Callable[[Visit], Awaitable[None]]] = {
    screen.__name__.replace("_", "-"): screen
    for screen in (
        keyworker_home,
        keyworker_status,
        keyworker_meetings,
        coordinator_home,
        coordinator_roster,
        volunteer_answer,
        newcomer_plan,
        newcomer_sheet,
        finder,
        finder_way,
        mailbox,
    )
}


async def _tick(page: Page, **answers: str) -> None:
    for name, value in answers.items():
        await page.check(f'input[name="{name}"][value="{value}"]', force=True)


async def _go_on(page: Page) -> None:
    await page.locator("main form button.button").first.click()
    await page.wait_for_load_state()


async def take(browser: Browser, address: str, name: str, *, width: int, scheme: str) -> Path:
    """One picture: only what fits the window, as somebody first sees it."""
    context = await browser.new_context(
        viewport={"width": width, "height": SIZES[width]}, color_scheme="dark" if scheme == "dark" else "light", bypass_csp=True
    )
    page = await context.new_page()
    await SCREENS[name](Visit(page, address))
    if name != "mailbox":
        await page.add_style_tag(content=HIDE)
    path = PICTURES / f"{name}-{width}-{scheme}.png"
    await page.evaluate("window.scrollTo(0, 0)")
    await page.screenshot(path=path, animations="disabled", caret="hide")
    await context.close()
    return path


@contextmanager
def demo(folder: Path) -> Iterator[str]:
    """A demo town of our own on a free port; gives its address."""
    said = folder / "said"
    with said.open("w") as out:
        command = [sys.executable, "-m", "matcher", "demo", "--port", "0", "--data", str(folder / "town"), "--clock", CLOCK]
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT)
    try:
        began = time.monotonic()
        while not (found := READY.search(said.read_text())):
            if process.poll() is not None or time.monotonic() - began > PATIENCE:
                raise SystemExit(said.read_text())
            time.sleep(0.1)
        yield found.group(1)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


async def take_all(address: str, only: str) -> None:
    """Every picture, or those of one screen."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=["--no-sandbox"])
        for name in [name for name in SCREENS if not only or name == only]:
            for width in SIZES:
                for scheme in SCHEMES:
                    print((await take(browser, address, name, width=width, scheme=scheme)).relative_to(ROOT))
        await browser.close()


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", choices=["", *SCREENS])
    wanted = parser.parse_args()
    PICTURES.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="alo-pictures-"))
    folder.chmod(0o755)
    try:
        with demo(folder) as address:
            asyncio.run(take_all(address, wanted.only))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
