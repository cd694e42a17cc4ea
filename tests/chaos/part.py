"""One process of a run that kills processes: `python -m tests.chaos.part work|serve|people`. Settings come from the environment.

`work` and `serve` are the shipped worker and site with a quick clock and a short undo window; `people` submits referrals as keyworkers do, and
presses the links that volunteers were sent. It writes to its history only what was acknowledged.
"""

import asyncio
import hashlib
import json
import os
import re
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import aiohttp
import asyncpg

from matcher.actions.referring import start_draft
from matcher.actions.submitting import submit_referral
from matcher.config import Config, read_config
from matcher.database import Database
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.errors import Busy, OutcomeUnknown
from matcher.domain.timing import Timing
from matcher.logs import set_up_logs
from matcher.transport import open_transport
from matcher.worker import Worker
from tests.chaos.quick_clock import QuickClock
from tests.chaos.wrong_workers import WRONG
from tests.sink import read_ledger
from tests.site import Browser, Seen, from_own_page
from web.app import create_app
from web.serving import serve_until_told

UNDO = timedelta(seconds=10)
OPTION = re.compile(r"[0-9a-f-]{36}")
AT_ONCE = 6
RECORDED = {"yes": "You are going along", "no": "We have noted: not this time", "another_day": "We have noted: ask me another day"}


class History:
    """What was acknowledged, one line of JSON each, on disk before the next thing is asked for."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, **line: Any) -> None:
        os.write(self._file, json.dumps(line).encode() + b"\n")
        os.fsync(self._file)


def clock_of(env: Mapping[str, str]) -> QuickClock:
    return QuickClock(float(env["CHAOS_STARTED"]), float(env["CHAOS_SPEED"]))


def config_of(env: Mapping[str, str]) -> Config:
    return replace(read_config(env), timing=Timing(undo=UNDO))


async def connect(config: Config) -> Database:
    """A pool, as soon as there is a database to connect to."""
    while True:
        try:
            return await Database.connect(config.database_url, most=10)
        except Busy:
            await asyncio.sleep(0.2)


async def work(env: Mapping[str, str]) -> None:
    config = config_of(env)
    kind = WRONG.get(env.get("CHAOS_WRONG", ""), Worker)
    worker = kind(await connect(config), config, open_transport(config.smtp_url, our_name=config.mail_domain), clock=clock_of(env))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
    print(f"at work {os.getpid()}", flush=True)
    await worker.run()


async def serve(env: Mapping[str, str]) -> None:
    config = config_of(env)
    app = create_app(config, await connect(config), clock_of(env))
    port = int(config.base_url.rpartition(":")[2])
    await serve_until_told(app, "127.0.0.1", port, shared=True, started=lambda _: None)


async def people(env: Mapping[str, str]) -> None:
    history = History(env["CHAOS_HISTORY"])
    await asyncio.gather(refer(env, history), answer(env, history))


async def refer(env: Mapping[str, str], history: History) -> None:
    """Submit the planned referrals, one after another."""
    config, clock = config_of(env), clock_of(env)
    db = await connect(config)
    plan = json.loads(Path(env["CHAOS_PLAN"]).read_text())
    for number in range(plan["referrals"]):
        keyworker = plan["keyworkers"][number % len(plan["keyworkers"])]
        actor = Actor(ActorKind.KEYWORKER, UUID(keyworker["id"]), provider_id=UUID(keyworker["provider_id"]))
        weekday, meeting_id, on_date = plan["meetings"][number % len(plan["meetings"])]
        draft_id = uuid5(NAMESPACE_URL, f"referral {number}")
        answers = form(number, weekday, f"{meeting_id}|{date.fromisoformat(on_date)}")
        await until_answered(_start, db, config, clock, actor=actor, answers=answers, draft_id=draft_id)
        await until_answered(_submit, db, config, clock, actor=actor, draft_id=draft_id)
        history.note(what="referral", id=str(draft_id))
        await asyncio.sleep(plan["pause"])


async def until_answered(step: Any, db: Database, config: Config, clock: QuickClock, **facts: Any) -> None:
    """Repeat, as a person does who is told that nobody knows or nothing was saved."""
    while True:
        try:
            await step(db, config, clock, **facts)
            return
        except (Busy, OutcomeUnknown):
            await asyncio.sleep(0.3)


async def _start(db: Database, config: Config, clock: QuickClock, **facts: Any) -> None:
    try:
        await db.act(start_draft, config, clock(), **facts)
    except asyncpg.UniqueViolationError:
        return  # the commit that nobody answered had been kept


async def _submit(db: Database, config: Config, clock: QuickClock, **facts: Any) -> None:
    await db.act(submit_referral, config, clock(), **facts)


def form(number: int, weekday: int, option: str) -> dict[str, Any]:
    """The answers of one referral: an adult, a meeting, a safe address."""
    return {
        "who_for": "own_use",
        "age_ok": "18_or_over",
        "name_used": "Noor",
        "provider_ref": f"H-{number}",
        "exposure": "never",
        "fellowships": ["aa"],
        "comfort": "no_preference",
        "language": "english",
        "travel_from": "B1",
        "travel_how": "bus",
        "when": [f"{weekday}-evening"],
        "options": [option],
        "channels": "email",
        "email": f"noor-{number}@letters.example",
        "email_safe": True,
        "consent_tell": True,
        "consent_contact": True,
        "consent_method": "spoken",
    }


async def answer(env: Mapping[str, str], history: History) -> None:
    """Read the post as it comes, and press every invitation's link once: most say yes, some no, some another day."""
    config, ledger = config_of(env), Path(env["CHAOS_LEDGER"])
    seen: set[str] = set()
    going: set[asyncio.Task[None]] = set()
    places = asyncio.Semaphore(AT_ONCE)
    while True:
        for row in read_ledger(ledger) if ledger.exists() else []:
            for link in row.get("links", ()):
                path = "/" + link.split("/", 3)[3]
                if path.startswith("/answer/") and path not in seen:
                    seen.add(path)
                    going.add(asyncio.create_task(press(config.base_url, path, history, places)))
        going = {task for task in going if not task.done()}
        await asyncio.sleep(0.2)


async def press(base_url: str, path: str, history: History, places: asyncio.Semaphore) -> None:
    """Open one link and answer, again and again until a page has said what was recorded."""
    chance = hashlib.sha256(path.encode()).digest()[0]
    wish = "no" if chance < 30 else "another_day" if chance < 50 else "yes"
    async with places:
        for _ in range(200):
            browser = Browser(base_url)
            try:
                page = await browser.get(path, status=None)
                told = await reply(browser, page, wish) if page.status == 200 else None
            except (aiohttp.ClientError, OSError, TimeoutError):
                told = None
            finally:
                await browser.close()
            if told is not None:
                history.note(what=told, path=path)
                return
            await asyncio.sleep(0.3)


async def reply(browser: Browser, page: Seen, wish: str) -> str | None:
    """What the pages said in the end; None where they said nothing that counts."""
    if RECORDED["yes"] in page.text:
        return "yes"
    fields = page.page.forms[-1].fields if page.page and page.page.forms else {}
    values = fields["choice"].values if "choice" in fields else []
    options = [value for value in values if OPTION.fullmatch(value)]
    if not options:
        return "nothing to answer"
    answers = {"choice": options[0] if wish == "yes" else wish}
    if wish != "no":  # others in the same letter: whoever can goes there too
        answers |= {name: next(filter(OPTION.fullmatch, field.values)) for name, field in fields.items() if name.startswith("also_")}
    said = await browser.submit(page, answers, status=None)
    if said.status != 200:
        return None
    await _decline_what_clashes(browser, said)
    asked_again = "Could you go along?" in said.text
    return next((told for told, words in RECORDED.items() if words in said.text), None if asked_again else "thanked")


async def _decline_what_clashes(browser: Browser, said: Seen) -> None:
    """Nobody can be in two places: a yes that was not taken becomes a no, so that its newcomer need not wait for somebody silent."""
    fields = said.page.forms[-1].fields if said.page and said.page.forms else {}
    noes = {name: next(one for one in field.values if one.startswith("no-")) for name, field in fields.items() if name.startswith("also_")}
    if noes:
        data = {"token": fields["token"].chosen[0], **noes}
        await browser.ask("POST", said.path, data=data, headers=from_own_page(browser.base_url), status=None)


if __name__ == "__main__":
    set_up_logs()
    part = {"work": work, "serve": serve, "people": people}[sys.argv[1]]
    asyncio.run(part(os.environ))
