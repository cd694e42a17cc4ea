"""What a whole story needs: the site, a worker that sends over real SMTP, and the people, who read only what has arrived. Not a test itself."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from matcher.transport import open_transport
from matcher.worker import Worker
from tests.conftest import TestDatabase
from tests.keyworker_desk import CONTACT, FELLOWSHIP, PEOPLE, WHEN, WHO
from tests.link_stage import LINK, Links, open_links
from tests.postbox import Postbox, open_postbox
from tests.site import Browser, Seen, SeenLetter
from tests.stage import Stage

THURSDAY = datetime(2026, 11, 26, 19, 30, tzinfo=UTC)
"""When the meeting begins: the stage's Monday is three days before."""
PRIYA, CAROL, NOOR = "priya@harbour.example", "carol@millbrook.example", "noor@letters.example"
BY_EMAIL: dict[str, Any] = {"channels": "email", "email": NOOR, "email_safe": "yes", "consent_contact": True}
NAMES_IT = re.compile(r"alcohol|drink|recovery|treatment|anonymous|\bAA\b", re.I)
"""What no subject and no letter to the newcomer says."""


@dataclass
class Story:
    """Everybody in it. They sign in by a letter's code, follow links of letters that have arrived, and nothing else."""

    links: Links
    postbox: Postbox
    browsers: dict[str, Browser] = field(default_factory=dict)

    @property
    def stage(self) -> Stage:
        return self.links.stage

    def letters(self, who: str) -> list[SeenLetter]:
        """What somebody has got, in the order of arrival: `letters("tom")`. Sign-in codes are left out."""
        return [letter for letter in self.postbox.letters if letter.to.startswith(who) and letter.subject != "Your code"]

    def newest(self, who: str) -> str:
        """The words of the newest letter somebody has got, without its line ends."""
        return " ".join(self.letters(who)[-1].text.split())

    def link(self, who: str, path: str) -> str:
        """The newest link of this kind in somebody's letters, as a path of the site."""
        found = [link for letter in self.letters(who) for link in LINK.findall(letter.text) if link.startswith(path)]
        assert found, f"no {path} link has reached {who}"
        return found[-1]

    async def asked(self, *names: str) -> None:
        """These people, and only these, have an invitation."""
        got = {letter.to.split("-")[0] for letter in self.postbox.letters if letter.to.endswith("@members.example")}
        assert got == set(names), got

    async def signs_in(self, email: str) -> Browser:
        """A browser of this person's own, after the code from their letter."""
        browser = Browser(self.links.config.base_url)
        self.links.stack.push_async_callback(browser.close)
        seen = await browser.submit(await browser.get("/sign-in"), {"email": email})
        await self.stage.worker.run_until_idle()
        code = re.search(r"\b\d{6}\b", next(one for one in reversed(self.postbox.letters) if one.to == email).text)
        assert code
        await browser.submit(seen, {"code": code.group()})
        self.browsers[email] = browser
        return browser

    async def priya_fills_in(
        self, *, contact: Mapping[str, Any] = BY_EMAIL, more: Mapping[str, Any] | None = None, fellowships: Sequence[str] = ("aa",)
    ) -> Seen:
        """Priya signs in and fills in the five pages, for the first meeting that is shown; and details, if there are `more`. The check page."""
        browser = await self.signs_in(PRIYA)
        seen = await browser.get("/referrals/new")
        for answers in (WHO, {**FELLOWSHIP, "fellowships": list(fellowships)}, PEOPLE, WHEN):
            seen = await browser.submit(seen, answers)
        first = next(value for value in seen.form().fields["options"].values if value != "any")
        seen = await browser.submit(seen, {"options": [first]}, button="Continue")
        check = await browser.submit(seen, {**CONTACT, **contact})
        if more:
            check = await browser.submit(await browser.get(check.path.replace("/check", "/more")), more)
        return check

    async def priya_refers(self, **how: Any) -> UUID:
        """She sends it too; the worker asks the first volunteers."""
        check = await self.priya_fills_in(**how)
        sent = await self.submits(PRIYA, check, action="/check")
        assert "Referral sent" in sent.text and "ALG-" in sent.text
        return UUID(sent.path.split("/")[2])

    async def priya_reads(self, referral_id: UUID) -> str:
        """The words of the status page; Priya signs in again where she was away for long."""
        return (await self.opens(PRIYA, f"/referrals/{referral_id}")).text

    async def opens(self, email: str, path: str) -> Seen:
        """A page of somebody's who has an account."""
        if email in self.browsers:
            seen = await self.browsers[email].get(path)
            if not seen.path.startswith("/sign-in"):
                return seen
        return await (await self.signs_in(email)).get(path)

    async def submits(self, email: str, seen: Seen, answers: Any = None, **how: Any) -> Seen:
        """Somebody with an account sends a form; the worker does what follows at once."""
        answer = await self.browsers[email].submit(seen, answers, **how)
        await self.stage.worker.run_until_idle()
        return answer

    async def answers(self, who: str, choice: str, path: str = "/answer/") -> Seen:
        """Somebody follows the newest link of a letter, chooses and continues."""
        seen = await self.links.choose(self.link(who, path), choice)
        await self.stage.worker.run_until_idle()
        return seen

    async def later(self, **length: float) -> None:
        """Time goes by."""
        await self.stage.pass_time(**length)

    async def until_before_the_meeting(self, **length: float) -> None:
        """Time goes by hour by hour until so long before it begins: `until_before_the_meeting(hours=2)`."""
        await self.stage.until(THURSDAY - timedelta(**length))

    async def ends_well(self) -> None:
        """No promise is broken, every letter left or was taken back, nobody was sent the same letter twice, and none says too much."""
        assert (report := await self.stage.check()).is_well, report.broken
        assert not await self.stage.one("SELECT count(*) FROM letters WHERE state NOT IN ('sent', 'cancelled')")
        numbers = [letter.message["Message-ID"] for letter in self.postbox.letters]
        assert len(set(numbers)) == len(numbers) > 0
        assert not [letter.subject for letter in self.postbox.letters if NAMES_IT.search(letter.subject) or "Noor" in letter.subject]
        assert not [letter.text for letter in self.letters("noor") if NAMES_IT.search(letter.text)]


def sends_to(stage: Stage, smtp_url: str) -> Worker:
    """A worker on the stage's clock that sends there."""
    return Worker(stage.db, stage.config, open_transport(smtp_url, our_name="example.org"), clock=lambda: stage.now)


@asynccontextmanager
async def tell(database: TestDatabase, folder: Path, port: int) -> AsyncIterator[Story]:
    """A story on this database, its site on this port; at its end nothing may be amiss."""
    postbox, server = await open_postbox()
    try:
        async with open_links(database, folder, port) as links:
            links.stage.worker = sends_to(links.stage, postbox.smtp_url)
            story = Story(links, postbox)
            yield story
            await links.stage.worker._transport.close()
            await story.ends_well()
    finally:
        server.close()
        await server.wait_closed()
