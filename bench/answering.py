"""The whole acceptance as a volunteer sends it: the form behind a link over HTTP, with everything it writes and the letters it freezes.

Those are what was recorded and thanks to two others; the plan's own letters are written a quarter of an hour later, by the worker.
"""

from urllib.parse import urlencode

import asyncpg

from bench.figures import Figure, median_ms, percentile_ms
from bench.invited import Invited, fill_invited
from bench.pages import logs_to_nowhere, on_a_port, site_config
from bench.rows import NOW
from bench.visits import a_request, visit
from matcher.config import Config
from matcher.database import Database
from matcher.links import form_token
from web.app import create_app

CONNECTIONS = 16
WARM = 10


def the_answer(config: Config, port: int, one: Invited) -> str:
    """The request that a browser sends for a yes."""
    said = {"token": form_token(config.vault, one.token, "link.answer_offer"), "choice": str(one.option_id)}
    return a_request(port, "POST", f"/answer/{one.token}", body=urlencode(said))


async def measure_answering(owner_dsn: str, dsn: str, *, count: int) -> list[Figure]:
    """`count` yeses, each for a referral of its own with three people asked, over 16 connections to one web process."""
    config, port = site_config()
    c = await asyncpg.connect(owner_dsn)
    invited = await fill_invited(c, config, count + WARM)
    db = await Database.connect(dsn)
    with logs_to_nowhere():
        async with on_a_port(create_app(config, db, lambda: NOW), port):
            answers = [the_answer(config, port, one) for one in invited]
            await visit(port, answers[:WARM], connections=4)
            seen = await visit(port, answers[WARM:], connections=CONNECTIONS)
    taken = await c.fetchval("SELECT count(*) FROM matches")
    letters = await c.fetchval("SELECT count(*) FROM letters")
    await c.close()
    await db.close()
    assert seen.statuses == {"200": len(answers) - WARM} and taken == len(answers), (seen.statuses, taken)
    each = letters / taken
    p99 = percentile_ms(seen.took, 0.99)
    return [
        Figure(
            f"the whole accept over HTTP, {each:.0f} letters frozen in it, one web process, {CONNECTIONS} connections",
            f"{seen.rate:,.0f}/s, p99 {p99:.0f} ms (median {median_ms(seen.took):.0f} ms)",
        )
    ]
