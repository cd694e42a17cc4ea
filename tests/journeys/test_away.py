"""What happens to a story while its database or its mail server is away: a clear page, nothing lost, nothing twice."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from matcher.database import DatabaseAway, migrate
from matcher.domain.errors import Busy
from matcher.embedded import PROGRAM, EmbeddedServer, start_embedded
from tests.conftest import QUICK, TestDatabase, open_connections
from tests.journeys.story import PRIYA, Story, sends_to, tell


@dataclass
class OwnServer:
    """A PostgreSQL of one story's own, which may be stopped and started."""

    folder: Path
    running: EmbeddedServer

    def stop(self) -> None:
        self.running.stop()

    def start(self) -> None:
        self.running = start_embedded(self.folder, settings=QUICK)


@pytest.fixture
def own_server(folder: Path) -> Iterator[OwnServer]:
    made = OwnServer(folder / "pg", start_embedded(folder / "pg", settings=QUICK))
    made.running.create_database("away")
    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(asyncio.run, migrate(made.running.owner_dsn("away"), program=PROGRAM)).result()
    yield made
    left = open_connections()
    made.stop()
    assert left == [], "a connection left open would be collected by chance, inside some later test"


@pytest.fixture
async def story_on_its_own(own_server: OwnServer, tmp_path: Path, free_port: int) -> AsyncIterator[Story]:
    running = own_server.running
    database = TestDatabase("away", running.program_dsn("away"), running.owner_dsn("away"))
    async with tell(database, tmp_path, free_port) as told:
        yield told


async def test_while_the_database_is_away_nothing_is_lost_and_then_it_goes_on(story_on_its_own: Story, own_server: OwnServer) -> None:
    story, stage = story_on_its_own, story_on_its_own.stage
    for name in ("Tom", "Wendy"):
        await stage.world.volunteer(name)
    check = await story.priya_fills_in()
    browser = story.browsers[PRIYA]
    owner = own_server.running.owner_dsn("away")
    await stage.sql.close()
    own_server.stop()

    refused = await browser.submit(check, action="/check", status=503)
    assert "Nothing was saved" in refused.text and int(refused.headers["Retry-After"]) > 0
    with pytest.raises(Busy):
        await stage.worker.step()
    own_server.start()
    stage.sql = stage.world.connection = await asyncpg.connect(owner)

    sent = await browser.submit(check, action="/check")
    assert "Referral sent" in sent.text
    again = await browser.submit(check, action="/check")
    assert again.path == sent.path and await stage.one("SELECT count(*) FROM referrals") == 1
    await stage.worker.run_until_idle()
    await story.asked("tom", "wendy")

    answer = await story.links.browser.get(story.link("tom", "/answer/"))
    yes = {"choice": answer.form().fields["choice"].values[0]}
    await stage.sql.close()
    own_server.stop()
    assert "Nothing was saved" in (await story.links.browser.submit(answer, yes, status=503)).text
    with pytest.raises(DatabaseAway):
        await stage.worker.step()
    own_server.start()
    stage.sql = stage.world.connection = await asyncpg.connect(owner)

    await story.links.browser.submit(answer, yes)
    await stage.worker.run_until_idle()
    await story.later(minutes=16)
    assert "Tom" in story.newest("noor") and "Noor" in story.newest("tom")
    assert len(story.letters("noor")) == 1 and [letter.subject for letter in story.letters("tom")].count("Free Thursday evening?") == 1


async def test_while_the_mail_server_is_away_letters_wait_and_then_leave_once(story: Story) -> None:
    stage = story.stage
    for name in ("Tom", "Wendy"):
        await stage.world.volunteer(name)
    await story.priya_refers()
    there = stage.worker
    stage.worker = sends_to(stage, "smtp://127.0.0.1:1")
    arrived = len(story.postbox.letters)
    await story.answers("tom", "yes")
    await story.later(minutes=16)
    await story.later(hours=1)
    assert len(story.postbox.letters) == arrived and await stage.one("SELECT count(*) FROM letters WHERE state = 'waiting'") >= 5
    assert await stage.one("SELECT state FROM matches") == "confirmed", "the plan stands, whoever has read it"

    await stage.worker._transport.close()
    stage.worker = there
    for _ in range(3):
        await story.later(minutes=20)
    assert len(story.letters("noor")) == 1 and len(story.letters("wendy")) == 2 and len(story.letters("tom")) == 3
    assert "Tom" in story.newest("noor")
