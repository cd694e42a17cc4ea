"""The whole journey as people meet it, in a real browser at 390 px: the demo's town, its clock and its mailbox, every page judged by axe.

A keyworker's referral in five question pages and at most 90 seconds of human pace; a volunteer's yes behind a link; both sides' letters.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from tests.browser.conftest import Check, Judge, OpenPage
from tests.conftest import ROOT

TAP, LETTER, READING = 1.1, 0.22, 3.0
"""Seconds of a practised person on a phone: a tap with its decision, a typed character, taking in a new page (assumption)."""
MOST_SECONDS = 90
QUESTION_PAGES = 5


@dataclass
class Hand:
    """A person's hand: everything done with it costs the seconds it would cost a person, besides those the program takes itself."""

    page: Page
    judge: Callable[[], Awaitable[None]]
    seconds: float = 0.0
    steps: set[str] = field(default_factory=set)

    async def tick(self, selector: str) -> None:
        await self.page.check(selector)
        self.seconds += TAP

    async def type(self, selector: str, text: str) -> None:
        await self.page.fill(selector, text)
        self.seconds += TAP + LETTER * len(text)

    async def press(self, name: str) -> None:
        step = self.page.get_by_text(re.compile(r"^Step \d of \d$"))
        if await step.count():
            self.steps.add(await step.first.inner_text())
        began = time.perf_counter()
        await self.page.get_by_role("button", name=name).click()
        await self.page.wait_for_load_state("load")
        self.seconds += TAP + READING + time.perf_counter() - began
        await self.judge()


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    """A fresh demo in a folder of its own, as `make demo` starts it; gives its address."""
    folder = Path(tempfile.mkdtemp(prefix="alo-demo-"))
    folder.chmod(0o755)
    env = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "SMTP_URL")}
    running = subprocess.Popen(
        [sys.executable, "-m", "matcher", "demo", "--port", "0", "--data", str(folder / "town"), "--clock", "2026-11-23T10:00"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=env,
    )
    assert running.stdout is not None
    said = []
    for line in running.stdout:
        said.append(line)
        if found := re.search(r"Alongside is ready at (http://\S+)", line):
            break
    else:
        raise AssertionError("".join(said))
    yield found[1]
    running.send_signal(signal.SIGINT)
    running.wait(30)
    running.stdout.close()


async def letters(page: Page, demo: str, part: str) -> list[dict[str, Any]]:
    """Letters in the demo's mailbox whose receiver's address contains this text, newest first."""
    answer = await page.request.get(f"{demo}/demo/mailbox.json")
    return [letter for letter in json.loads(await answer.text()) if part in letter["to"]]


async def letters_soon(page: Page, demo: str, part: str, *, more_than: int) -> list[dict[str, Any]]:
    """The same, once there are more than so many: the worker sends within a second or two."""
    for _ in range(150):
        found = await letters(page, demo, part)
        if len(found) > more_than:
            return found
        await page.wait_for_timeout(200)
    raise AssertionError(f"no letter to {part}")


async def invitation_for(page: Page, demo: str, confirmation: str, before: set[str]) -> dict[str, Any]:
    """A new invitation to one of the meetings that the confirmation names: the town's other referrals go on asking meanwhile."""
    wanted = re.findall(r"(\w+ \d+ \w+), ([\d.]+[ap]m|12 noon): ", confirmation)
    assert wanted, confirmation
    for _ in range(150):
        for letter in await letters(page, demo, "@members.example"):
            fresh = letter["subject"].startswith("Free ") and not before & set(letter["links"][:1])
            if fresh and any(day in letter["text"] and f"starts at {at}" in letter["text"] for day, at in wanted):
                return letter
        await page.wait_for_timeout(200)
    raise AssertionError("nobody was asked")


async def say_yes(page: Page, invitation: dict[str, Any], judge: Callable[[], Awaitable[None]]) -> None:
    """The page behind an invitation's link: nothing chosen, an error without a choice, then a yes."""
    await page.goto(next(link for link in invitation["links"] if "/answer/" in link))
    await judge()
    assert await page.locator("input[type=radio]:checked").count() == 0, "nothing is chosen for anybody"
    await page.get_by_role("button", name="Continue").click()
    await page.wait_for_load_state("load")
    assert (await page.title()).startswith("Error:")
    await judge()
    await page.check("input[type=radio] >> nth=0")
    await page.get_by_role("button", name="Continue").click()
    await page.wait_for_load_state("load")
    await judge()


async def fill_in(hand: Hand) -> None:
    """The five question pages, as somebody does it who has done it before."""
    await hand.tick("input[name=who_for][value=own_use]")
    await hand.tick('input[name=age_ok][value="18_or_over"]')
    await hand.type("input[name=name_used]", "Robin")
    await hand.type("input[name=provider_ref]", "H2001")
    await hand.press("Continue")
    await hand.tick("input[name=exposure][value=never]")
    await hand.tick("input[name=fellowships][value=aa]")
    await hand.press("Continue")
    await hand.tick("input[name=comfort][value=no_preference]")
    await hand.tick("input[name=newcomer_is][value=man]")
    await hand.tick("input[name=language][value=english]")
    await hand.press("Continue")
    await hand.type("input[name=travel_from]", "Saltmere")
    for day in (1, 2, 3):
        await hand.tick(f'input[name=when][value="{day}-evening"]')
    await hand.press("Show the meetings that fit")
    for number in range(3):
        await hand.tick(f"input[name=options] >> nth={number}")
    await hand.press("Continue")
    await hand.tick("input[name=channels][value=email]")
    await hand.type("input[name=email]", "robin@post.example")
    await hand.tick("input[name=email_safe][value=yes]")
    await hand.tick("input[name=consent_tell]")
    await hand.tick("input[name=consent_contact]")
    await hand.tick("input[name=consent_method][value=spoken]")
    await hand.press("Check answers")


async def test_a_referral_becomes_two_people_at_the_same_door(demo: str, open_page: OpenPage, axe_clean: Check, fits: Check) -> None:
    page = await open_page(for_axe=True)
    page.set_default_timeout(60_000)
    visited: list[str] = []

    async def judge() -> None:
        visited.append(page.url)
        await axe_clean(page)
        await fits(page)

    await page.goto(demo)
    await judge()
    await page.get_by_role("button", name="Priya").first.click()
    await page.wait_for_load_state("load")
    await judge()
    hand = Hand(page, judge)
    await page.get_by_text("New referral").first.click()
    await page.wait_for_load_state("load")
    await judge()
    await fill_in(hand)
    before = {link for letter in await letters(page, demo, "@members.example") for link in letter["links"]}
    await hand.press("Send the referral")
    assert len(hand.steps) == QUESTION_PAGES, hand.steps
    assert hand.seconds <= MOST_SECONDS, f"{hand.seconds:.0f} s of a practised person"
    assert await page.get_by_role("heading", name="Referral sent").count() == 1
    status = await page.get_by_role("link", name="See where it stands").get_attribute("href")

    invitation = await invitation_for(page, demo, await page.inner_text("main"), before)
    assert "Robin" not in json.dumps(invitation)
    await say_yes(page, invitation, judge)

    await page.goto(f"{demo}{status}")
    await judge()
    assert "said yes" in (await page.inner_text("main")).lower()
    assert await letters(page, demo, "robin@post.example") == [], "nobody is told before the undo window is over"

    await page.get_by_role("button", name="+15 minutes").click()
    await page.wait_for_load_state("load")
    [plan] = await letters_soon(page, demo, "robin@post.example", more_than=0)
    assert "Alcoholics" not in plan["subject"] + plan["text"], "a discreet letter names no fellowship"
    assert "Robin" in plan["text"]
    confirmed = next(letter for letter in await letters(page, demo, invitation["to"]) if "Robin" in letter["text"])
    await page.goto(next(link for link in plan["links"] if "/plan/" in link))
    await judge()
    for purpose in ("/cannot-come/", "/calendar/"):
        await page.goto(next(link for link in confirmed["links"] if purpose in link))
        await judge()
    await page.goto(f"{demo}/demo/mailbox")
    await judge()
    assert [fault for fault in page.faults if "400" not in fault] == [], "the form without a choice answers 400"


async def test_every_main_page_of_the_demo_is_clean_in_the_dark_and_wide(demo: str, open_page: OpenPage, judge: Judge) -> None:
    """Home, queue, roster and meetings as their people see them, at 1280 px and dark, then at 390 px."""
    page = await open_page(for_axe=True)
    page.set_default_timeout(60_000)
    for person, paths in (("Priya", ("/referrals",)), ("Carol", ("/coordinator", "/coordinator/referrals", "/roster"))):
        await page.goto(demo)
        await page.get_by_role("button", name=person).first.click()
        await page.wait_for_load_state("load")
        for path in paths:
            answer = await page.goto(f"{demo}{path}")
            assert answer is not None and answer.status == 200, path
            await judge(page)
