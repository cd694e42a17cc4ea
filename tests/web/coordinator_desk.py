"""Carol at her desk: signed in on the stage's site, with referrals that look, wait or are full. Not a test itself."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from tests.link_stage import Links
from tests.site import Browser, Seen
from tests.stage import Stage, words

THURSDAY = datetime(2026, 11, 26, 19, 30, tzinfo=UTC)
# As words of their own: a random token of a form may well have "H-1" inside.
NEVER_SHOWN = re.compile(r"(?<![\w-])(?:Noor|noor@letters\.example|01632 960009|H-1)(?![\w-])")
"""The newcomer's name, address, number and reference: on no page of a coordinator's."""


@dataclass
class Desk:
    """The site as Carol has it in front of her."""

    links: Links
    browser: Browser

    @property
    def stage(self) -> Stage:
        return self.links.stage

    async def get(self, path: str, **how: Any) -> Seen:
        """A page; nothing of the newcomer is ever on it."""
        seen = await self.browser.get(path, **how)
        check_discreet(seen)
        return seen

    async def submit(self, seen: Seen, answers: Any = None, **how: Any) -> Seen:
        """Send a form of a page; let the worker do what is due."""
        answer = await self.browser.submit(seen, answers, **how)
        await self.stage.worker.run_until_idle()
        check_discreet(answer)
        return answer

    async def referral(self, **changes: Any) -> UUID:
        """Noor's referral, begun: with nobody on the roster it waits for Carol."""
        made = await self.stage.world.referral(**changes)
        await self.stage.begin(made)
        return made

    async def option(self, referral: UUID) -> UUID:
        found: UUID = await self.stage.one("SELECT id FROM referral_options WHERE referral_id = $1", referral)
        return found

    async def reference(self, referral: UUID) -> str:
        return str(await self.stage.one("SELECT reference FROM referrals WHERE id = $1", referral))

    async def bar(self, referral: UUID, volunteer: UUID) -> None:
        """These two are never brought together."""
        newcomer = await self.stage.one("SELECT newcomer_id FROM referrals WHERE id = $1", referral)
        await self.stage.sql.execute(
            "INSERT INTO bars (id, kind, newcomer_id, volunteer_id, set_at) VALUES ($1, 'newcomer_volunteer', $2, $3, $4)",
            uuid4(),
            newcomer,
            volunteer,
            self.stage.now,
        )

    async def acting(self) -> None:
        """Let the test write to tables whose changes are audited."""
        await self.stage.sql.execute("SELECT set_config('alongside.acting', $1, false)", f"{self.stage.now.isoformat()}|operator||test|")

    async def close_all(self) -> None:
        """End referrals that were put into the table without anything that looks after them."""
        await self.acting()
        await self.stage.sql.execute(
            "UPDATE referrals SET state = 'closed', close_reason = 'cancelled', needs_reason = NULL, closed_at = $1", self.stage.now
        )

    async def eve(self) -> Browser:
        """A coordinator of another area, signed in elsewhere."""
        area, person = uuid4(), uuid4()
        sql = self.stage.sql
        await self.acting()
        await sql.execute(
            "INSERT INTO areas (id, name, discreet_name, reply_to, created_at) VALUES ($1, 'Else', 'Else', 'else@example.org', $2)",
            area,
            self.stage.now,
        )
        async with sql.transaction():
            await self.stage.world.staff(person, "coordinator", "eve@else.example", "Eve")
            await sql.execute("INSERT INTO coordinator_areas (staff_id, area_id) VALUES ($1, $2)", person, area)
        return await signed_in(self.links, "eve@else.example")


def address(referral: UUID, rest: str = "") -> str:
    """A referral's page for its coordinator."""
    return f"/coordinator/referrals/{referral}{rest}"


def check_discreet(seen: Seen) -> None:
    """No newcomer's name or contact on the page, and no person's name in its title or address."""
    body = seen.body.decode()
    assert not NEVER_SHOWN.findall(body), f"{seen.path} shows something of the newcomer"
    if seen.page is not None:
        assert not re.search(r"Tom|Wendy|Bill|Ahmed|Priya|Carol", seen.page.title + seen.path), seen.page.title


async def signed_in(links: Links, email: str) -> Browser:
    """A browser of somebody who has typed the code from their letter."""
    browser = Browser(links.config.base_url)
    links.stack.push_async_callback(browser.close)
    asked = await browser.submit(await browser.get("/sign-in"), {"email": email})
    await links.stage.worker.run_until_idle()
    newest = max(links.stage.letters_to(email), key=lambda letter: letter["Date"].datetime)
    code = re.search(r"\b\d{6}\b", words(newest))
    assert code
    await browser.submit(asked, {"code": code.group()})
    return browser


async def open_desk(links: Links) -> Desk:
    """Carol signs in."""
    return Desk(links, await signed_in(links, "carol@millbrook.example"))
