"""One web process for a race: started by test_races.py with the settings of its stage on standard input, and a clock that stands still."""

import asyncio
import json
import sys
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from matcher.config import Config
from matcher.crypto import Vault
from matcher.database import Database
from matcher.domain.connection import Connection
from matcher.domain.permission_facts import LinkPurpose
from matcher.store import audit
from web.app import create_app
from web.link_pages import Holder, at_end_of
from web.serving import serving
from web.surroundings import Page, database_of, now_of, route_of

PAGE = "<!doctype html><html lang=en><title>Answer</title><main><h1>{}</h1></main></html>"


def config_of_race(told: dict[str, Any]) -> Config:
    """The settings as the test wrote them down."""
    vault = Vault({1: bytes.fromhex(told["master"])}, bytes.fromhex(told["identity"]))
    return Config(
        database_url=told["dsn"],
        migrate_database_url=told["dsn"],
        smtp_url="smtp://127.0.0.1:1",
        base_url=told["base_url"],
        mail_domain="example.org",
        vault=vault,
    )


async def looks_then_acts(tx: Connection, holder: Holder, now: datetime) -> bool:
    """The planted mistake: look whether the place is free, and if so take it. Between the two anybody else looks too."""
    await audit.claim_acting(tx, holder.actor, "accept_offer", now)
    offer = await tx.fetchrow("SELECT referral_id FROM offers WHERE id = $1", holder.link.about_id)
    assert offer is not None
    taken = await tx.fetchval("SELECT seats_taken FROM referrals WHERE id = $1", offer["referral_id"])
    if taken:
        return False
    await asyncio.sleep(0.02)  # as long as the letter to the winner takes to write
    await tx.execute("UPDATE offers SET state = 'accepted', state_reason = NULL WHERE id = $1", holder.link.about_id)
    await tx.execute("UPDATE referrals SET seats_taken = 1 WHERE id = $1", offer["referral_id"])
    return True


@at_end_of(LinkPurpose.ANSWER_OFFER)
async def wrong_answer(request: web.Request, holder: Holder) -> web.StreamResponse:
    """What the planted mistake says."""
    going = await database_of(request).act(looks_then_acts, holder, now_of(request))
    said = "Thank you. You are going along" if going else "Somebody is already going"
    return web.Response(text=PAGE.format(said), content_type="text/html")


@web.middleware
async def plant(request: web.Request, handler: Page) -> web.StreamResponse:
    """Serve the wrong answer in place of ours."""
    wrong = route_of(request) == "link.answer_offer" and request.method == "POST"
    return await (wrong_answer if wrong else handler)(request)


async def race(told: dict[str, Any]) -> None:
    """Serve until standard input ends."""
    config = config_of_race(told)
    database = await Database.connect(config.database_url)
    now = datetime.fromisoformat(told["now"])
    app = create_app(config, database, lambda: now)
    if told["wrong"]:
        app.middlewares.append(plant)
    async with serving(app, "127.0.0.1", urlsplit(config.base_url).port or 0, shared=True):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
    await database.close()


if __name__ == "__main__":
    asyncio.run(race(json.loads(sys.stdin.readline())))
