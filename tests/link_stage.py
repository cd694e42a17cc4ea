"""The stage with the site in front of it: letters leave, their links are opened in a browser, and the tables tell what that changed."""

import hashlib
import re
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiohttp import web

from matcher.config import Config
from tests.conftest import TestDatabase
from tests.site import Browser, Seen
from tests.stage import Stage, set_stage, words
from web.app import create_app
from web.serving import serving
from web.surroundings import Page, route_of

LINK = re.compile(r"https?://[^/\s]+(/[a-z-]+/[A-Za-z0-9_-]{43})")


@dataclass
class Links:
    """A stage, its site and one browser. Addresses are paths: the letters were written before the port was known."""

    stage: Stage
    config: Config
    browser: Browser
    stack: AsyncExitStack
    asked: Any = None

    async def ask(self, *people: str, **changes: Any) -> "Links":
        """Put people on the roster, Noor's referral to the Thursday meeting, and let the first wave's letters leave."""
        for name in people or ("Tom", "Wendy", "Ann"):
            await self.stage.world.volunteer(name)
        self.asked = await self.stage.world.referral(**changes)
        await self.stage.begin(self.asked)
        return self

    def letters(self, to: str) -> list[EmailMessage]:
        """What somebody has got, oldest first."""
        return sorted(self.stage.letters_to(to), key=lambda letter: letter["Date"].datetime)

    def link(self, to: str, path: str) -> str:
        """The newest link of this kind that somebody has got: `link("tom", "/answer/")`."""
        found = [link for letter in self.letters(to) for link in LINK.findall(words(letter)) if link.startswith(path)]
        assert found, f"no {path} link was sent to {to}"
        return found[-1]

    def all_links(self) -> list[str]:
        """Every link of ours in every letter that has left."""
        return sorted({link for letter in self.stage.letters() for link in LINK.findall(words(letter))})

    async def choose(self, path: str, choice: str, *, status: int | None = 200) -> Seen:
        """Open a link, choose one answer and press Continue, as a person does. `choice` may be the beginning of what stands beside it: "yes"."""
        seen = await self.browser.get(path)
        return await self.browser.submit(seen, {"choice": the_choice(seen, choice)}, status=status)

    async def accept(self, who: str) -> Seen:
        """Somebody says yes to the first option."""
        return await self.choose(self.link(who, "/answer/"), "yes")

    async def plant(self, route: str, method: str, wrong: Page) -> None:
        """Serve the same site with one page exchanged for a wrong one: for tests that show that a mistake would be caught."""

        @web.middleware
        async def exchange(request: web.Request, handler: Page) -> web.StreamResponse:
            return await (wrong if (route_of(request), request.method) == (route, method) else handler)(request)

        await self.serve_again(exchange)

    async def serve_again(self, *middlewares: Any) -> Browser:
        """One more application on the same database, on a port of its own; the browser of this stage goes there from now on."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        self.config = replace(self.config, base_url=f"http://127.0.0.1:{port}")
        app = create_app(self.config, self.stage.db, lambda: self.stage.now)
        app.middlewares.extend(middlewares)
        await self.stack.enter_async_context(serving(app, "127.0.0.1", port))
        self.browser = Browser(self.config.base_url)
        self.stack.push_async_callback(self.browser.close)
        return self.browser


def the_choice(seen: Seen, choice: str) -> str:
    """The value of an answer on a page; "yes" is the first one that is an option."""
    values = seen.form().fields["choice"].values
    if choice == "yes":
        return next((value for value in values if re.fullmatch(r"[0-9a-f-]{36}", value)), choice)
    return next((value for value in values if value == choice or value.startswith(choice)), choice)


async def hash_of_all_tables(sql: Any) -> dict[str, str]:
    """A hash for each table over every row of it: two of them are equal only where nothing at all was changed between."""
    tables = await sql.fetch(
        "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
    )
    hashes: dict[str, str] = {}
    for table in tables:
        rows = await sql.fetch(f"SELECT t::text AS row, xmin::text AS version FROM {table['name']} AS t")
        told = sorted(f"{row['row']}|{row['version']}" for row in rows)
        hashes[table["name"]] = hashlib.sha256("\n".join(told).encode()).hexdigest()
    assert len(hashes) > 20
    return hashes


@asynccontextmanager
async def open_links(database: TestDatabase, folder: Path, port: int) -> AsyncIterator[Links]:
    """The stage and its site on this port."""
    async with set_stage(database, folder) as stage, AsyncExitStack() as stack:
        config = replace(stage.config, base_url=f"http://127.0.0.1:{port}")
        await stack.enter_async_context(serving(create_app(config, stage.db, lambda: stage.now), "127.0.0.1", port))
        browser = Browser(config.base_url)
        stack.push_async_callback(browser.close)
        yield Links(stage, config, browser, stack)
