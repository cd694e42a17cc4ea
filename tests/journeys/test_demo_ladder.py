"""In the demo: a referral that nobody answers walks its whole ladder by the clock's buttons alone; keyworker and coordinator read each rung in words."""

import asyncio
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.demo_visit import RunningDemo, Visitor, running_demo
from tests.site import Browser

MONDAY = "2026-11-23T10:00"
STEPS = (
    ("", ("We also asked people who said they would come further if needed",)),
    ("four_hours", ("We also asked for meetings further away, up to 90 minutes", "We also asked for another day, or another meeting")),
    ("morning", ("The coordinator was told that nobody has said yes yet. We go on asking",)),
    ("morning", ("We also asked for the next fellowship on their list",)),
    ("morning", ("We also asked for an online meeting, joined together",)),
)
"""What is new on the page when the visitor has pressed this button of the clock."""
HANDED_OVER = "There is nobody left whom we could ask by email: a person looks now"
ASKED = ["hodan", "faisal", "sagal", "bilal", "ubah", "warsame"]


@pytest.fixture(scope="module")
def demo() -> Iterator[RunningDemo]:
    """A demo of its own, in a folder that every account can reach."""
    made = Path(tempfile.mkdtemp(prefix="alo-ladder-"))
    made.chmod(0o755)
    with running_demo(made / "town", "--fresh", "--clock", MONDAY) as running:
        yield running
    shutil.rmtree(made, ignore_errors=True)


@dataclass
class Desks:
    """Priya and Carol, each in a browser of their own, with Ayaan's referral before them."""

    priya: Visitor
    carol: Visitor
    page: str = ""

    async def find(self) -> None:
        """Priya's newest referral."""
        home = await self.priya.enter("Priya")
        assert home.page is not None
        self.page = next(href for href, name in home.page.links if "Ayaan" in name)
        await self.carol.enter("Carol")

    async def both_read(self) -> tuple[str, str]:
        """The words of both pages; nothing of the newcomer is on the coordinator's."""
        own, carols = await asyncio.gather(self.priya.browser.get(self.page), self.carol.browser.get(f"/coordinator{self.page}"))
        assert "Ayaan" not in carols.body.decode() and "ayaan@" not in carols.body.decode()
        return own.text, carols.text

    async def letters(self) -> list[dict[str, Any]]:
        """What these people were sent, oldest first."""
        found = [one for one in await self.priya.letters() if re.match(f"ayaan|{'|'.join(ASKED)}", one["to"])]
        return sorted(found, key=lambda one: int(one["number"]))


@pytest.fixture
async def desks(demo: RunningDemo) -> AsyncIterator[Desks]:
    browsers = [Browser(demo.address) for _ in range(2)]
    made = Desks(*(Visitor(browser) for browser in browsers))
    await made.find()
    yield made
    for browser in browsers:
        await browser.close()


async def test_the_clock_alone_walks_the_whole_ladder_and_both_read_every_rung(desks: Desks) -> None:
    everything = [sentence for _, new in STEPS for sentence in new]
    known: list[str] = []
    for button, new in STEPS:
        if button:
            await desks.priya.move(button, page=desks.page)
        own, carols = await desks.both_read()
        known += new
        for page in (own, carols):
            places = [page.find(sentence) for sentence in known]
            assert places == sorted(places) and places[0] > 0, (button, new, page)
            assert not [sentence for sentence in everything if sentence in page and sentence not in known]
        assert "Waiting for an answer" in own and "Looking for somebody" in carols
    await a_person_has_it(desks)
    await the_honest_no(desks)
    invited = [one["to"].split(".")[0] for one in await desks.letters() if "?" in one["subject"]]
    assert sorted(invited[:2]) == sorted(ASKED[:2]), "in one moment: who is near, and who comes further"
    assert invited[2:] == ASKED[2:], "each rung asked exactly the one whom it reached"


async def a_person_has_it(desks: Desks) -> None:
    """Nobody is left: the coordinator has it, and the keyworker hears what only they can do."""
    for _ in range(2):
        await desks.priya.move("morning", page=desks.page)
    own, carols = await desks.both_read()
    assert HANDED_OVER in carols and "Waiting for you" in carols
    assert "Nobody who could come has said yes" in own
    home = (await desks.priya.browser.get("/referrals")).text
    assert "Nobody found yet: could somebody of your service go along?" in home
    question = (await desks.priya.browser.get(f"{desks.page}/widen")).text
    assert "has said yes already to everything that we may try" in question and "Somebody of ours goes along" in question
    alerts = [one["text"] for one in await desks.priya.letters("carol@saltmere-together.example")]
    assert any("Nobody who fits has said yes" in text for text in alerts)


async def the_honest_no(desks: Desks) -> None:
    """Two hours before the last meeting: all three read that nobody could come, what was tried, and what there is instead."""
    for _ in range(3):
        await desks.priya.move("four_hours", page=desks.page)
    own, carols = await desks.both_read()
    assert "The honest answer left" in carols and HANDED_OVER in own
    for said in (
        "Closed: nobody could come",
        "people who come from further away, meetings further away, other days, the next fellowship on their list and online meetings",
        "These three are the best next ones for them",
        "has a helpline: 01632 960",
        "You, or a colleague, could go along with them",
        "Start again",
    ):
        assert said in own, said
    last = [one for one in await desks.letters() if one["to"].startswith("ayaan")]
    assert len(last) == 1 and last[0]["subject"] == "About Saturday"
    text = " ".join(last[0]["text"].split())
    assert "Nobody could come with you" in text and "we tried people from further away, places further away" in text
    assert "one of their own team goes with you" in text and len(re.findall(r"Monday|Tuesday|Wednesday", text)) >= 3
