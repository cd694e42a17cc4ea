"""Two pages with their queries in a busy town, beside a bare aiohttp handler that renders the same template with the same words and no database."""

import os
import socket
import statistics
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

import aiohttp_jinja2
from aiohttp import web

from bench.figures import Figure
from bench.sending import config_for
from bench.visits import Visit, a_request, visit
from matcher.actions import signing_in
from matcher.config import Config
from matcher.database import Database
from matcher.demo_town import build_town
from matcher.logs import set_up_logs
from matcher.store.staff_accounts import get_staff
from web.app import create_app
from web.pages import make_environment

MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
CONNECTIONS = 8
GOAL = 0.4
Shown = tuple[str, dict[str, Any]]
"""A template and what it was given."""


@dataclass
class Rates:
    """Answers a second of one page, turn by turn, with its queries and without."""

    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)


@asynccontextmanager
async def on_a_port(app: web.Application, port: int = 0) -> AsyncIterator[int]:
    """Serve on this port of 127.0.0.1 or a free one, as plainly as aiohttp does it."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield int(runner.addresses[0][1])
    await runner.cleanup()


def site_config() -> tuple[Config, int]:
    """Settings of a site on a free port: a page answers under its own address only."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    return replace(config_for(1), base_url=f"http://127.0.0.1:{port}"), port


@contextmanager
def logs_to_nowhere() -> Iterator[None]:
    """The log is written as in production, into nothing."""
    with Path(os.devnull).open("w", encoding="utf-8") as nothing:
        set_up_logs(nothing)
        yield
        set_up_logs(sys.stderr)


async def town_in(db: Database, config: Config) -> tuple[UUID, UUID, UUID]:
    """Build the demo's town; gives a referral with a plan and many letters, its keyworker, and the coordinator with the longest roster."""
    await db.act(build_town, config, MONDAY)
    async with db.reading() as c:
        referral = await c.fetchrow(
            """
            SELECT r.id, r.keyworker_id FROM referrals r JOIN letters l ON l.referral_id = r.id WHERE r.state = 'matched'
             GROUP BY r.id ORDER BY count(*) DESC, r.id LIMIT 1
            """
        )
        coordinator = await c.fetchval(
            """
            SELECT a.staff_id FROM coordinator_areas a JOIN volunteers v ON v.area_id = a.area_id GROUP BY a.staff_id ORDER BY count(*) DESC LIMIT 1
            """
        )
    assert referral is not None
    return referral["id"], referral["keyworker_id"], coordinator


async def signed_in(db: Database, staff_id: UUID) -> str:
    """The cookie of somebody's browser."""
    async with db.reading() as c:
        staff = await get_staff(c, staff_id)
    return f"in={await db.act(signing_in.sign_in, MONDAY, staff=staff)}"


def bare_app(shown: dict[str, Shown]) -> web.Application:
    """For each path the template and the words that our page had, and nothing else."""
    app = web.Application()
    app[aiohttp_jinja2.APP_KEY] = make_environment()

    async def bare(request: web.Request) -> web.StreamResponse:
        return aiohttp_jinja2.render_template(shown[request.path][0], request, shown[request.path][1])

    app.add_routes([web.get(path, bare) for path in shown])
    return app


async def measure_pages(dsn: str, *, turns: int, count: int) -> list[Figure]:
    """`count` requests of each page in turns with and without its queries. One process serves, another asks."""
    config, port = site_config()
    db = await Database.connect(dsn)
    referral, keyworker, coordinator = await town_in(db, config)
    pages = {f"/referrals/{referral}": await signed_in(db, keyworker), "/roster": await signed_in(db, coordinator)}
    with logs_to_nowhere():
        async with on_a_port(create_app(config, db, lambda: MONDAY), port):
            shown, lengths = await look_at(port, pages)
            rates = {path: Rates() for path in pages}
            async with on_a_port(bare_app(shown)) as bare:
                for path, cookie in [*pages.items()] * turns:
                    plain = await ask(bare, path, "", count)
                    assert plain.length == lengths[path], "both answer with the same page"
                    rates[path].bare.append(plain.rate)
                    rates[path].ours.append((await ask(port, path, cookie, count)).rate)
    await db.close()
    names = dict(zip(pages, ("keyworker's status page", "coordinator's roster page"), strict=True))
    return [figure(names[path], rates[path], lengths[path]) for path in pages]


async def look_at(port: int, pages: dict[str, str]) -> tuple[dict[str, Shown], dict[str, int]]:
    """Open each page once; the template and the words it was made of, and its length."""
    shown: dict[str, Shown] = {}
    render = aiohttp_jinja2.render_template

    def noticing(template: str, request: web.Request, context: Any, **how: Any) -> web.Response:
        shown[request.path] = template, dict(context)
        return render(template, request, context, **how)

    with patch.object(aiohttp_jinja2, "render_template", noticing):
        lengths = {path: (await ask(port, path, cookie, 1)).length for path, cookie in pages.items()}
    return shown, lengths


async def ask(port: int, path: str, cookie: str, count: int) -> Visit:
    """One page, again and again; every answer must be the page."""
    seen = await visit(port, [a_request(port, "GET", path, cookie=cookie)] * count, connections=min(count, CONNECTIONS))
    assert seen.statuses == {"200": count}, f"{path} answered {seen.statuses}"
    return seen


def figure(name: str, rates: Rates, length: int) -> Figure:
    """The ratio of the two medians."""
    ours, bare = statistics.median(rates.ours), statistics.median(rates.bare)
    measured = f"{ours / bare:.2f} × ({ours:,.0f}/s; bare {bare:,.0f}/s; {length / 1000:.0f} kB)"
    return Figure(f"{name} with its queries, beside a bare handler with the same template", measured, f"≥ {GOAL} ×", ours >= GOAL * bare)
