"""What every test may ask for: one quick PostgreSQL for the run, a database of its own for each test, a folder, a free port.

The cast and the builders of records are in `people.py` and `builders.py`. Nothing is skipped here: see ALLOWED_SKIPS.
"""

import asyncio
import gc
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from hypothesis import Phase, settings

from matcher.embedded import PROGRAM, EmbeddedServer, start_embedded
from tests.databases import Databases, TestDatabase

if TYPE_CHECKING:
    from matcher.config import Config
    from matcher.database import Database
    from tests.people import People
    from tests.postbox import Postbox
    from tests.site import Site, TestClock

ROOT = Path(__file__).parent.parent
ALLOWED_SKIPS: dict[str, str] = {}
"""Node id (or its beginning) → reason and owner. Any other skip, and any expected failure, makes the run fail."""
QUICK = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_wal_size": "512MB"}
"""A test database may be lost with the machine; tests of what survives a crash start a server of their own."""
settings.register_profile("any machine", deadline=None)  # what is slow beside other work is not wrong
settings.register_profile(  # one failure is enough, and each fault is judged by the same examples (scripts/mutation.py)
    "planted faults", max_examples=40, deadline=None, derandomize=True, database=None, phases=(Phase.explicit, Phase.generate)
)
settings.load_profile("any machine")
_skipped: list[str] = []
_left_out: list[int] = []


def quickest_place() -> Path:
    """Memory where there is enough of it: copying a database took 20 ms there and 400 ms on a disk. Else the temporary folder.

    What a killed run left there is removed: memory is dearer than a disk.
    """
    memory = Path("/dev/shm")
    if not memory.is_dir() or shutil.disk_usage(memory).free < 3_000_000_000:
        return Path(tempfile.gettempdir())
    for left in memory.glob("alo-*-*"):
        if not Path("/proc", left.name.split("-")[1]).exists():
            shutil.rmtree(left, ignore_errors=True)
    return memory


def open_connections() -> list[asyncpg.Connection]:
    """Connections that somebody in this process has made and nobody has closed: for tests that stop a server under them."""
    gc.collect()
    return [one for one in gc.get_objects() if type(one) is asyncpg.Connection and not one.is_closed()]


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    """The PostgreSQL of this run. Quick, so not durable."""
    folder = Path(tempfile.mkdtemp(prefix=f"alo-{os.getpid()}-", dir=quickest_place()))
    folder.chmod(0o755)  # as root the server runs as another account
    with start_embedded(folder, settings=QUICK) as running:
        yield running
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def template(server: EmbeddedServer) -> str:
    """The name of a migrated, empty database with nobody connected to it."""
    from matcher.database import migrate

    server.create_database("template_migrated")
    with ThreadPoolExecutor(1) as elsewhere:  # a loop of its own: the one of a test may be set already
        elsewhere.submit(asyncio.run, migrate(server.owner_dsn("template_migrated"), program=PROGRAM)).result()
    return "template_migrated"


@pytest.fixture(scope="session")
def databases(server: EmbeddedServer) -> Iterator[Databases]:
    """Makes and removes databases for all tests of this process."""
    made = Databases(server)
    yield made
    made.close()


@pytest.fixture(scope="session")
def new_database(databases: Databases) -> Callable[[str | None], TestDatabase]:
    """Makes one more database, from a template or empty, for tests that want several. Dropped with the server."""
    return databases.make


@pytest.fixture
def database(databases: Databases, template: str) -> Iterator[TestDatabase]:
    """A migrated database of this test's own, gone afterwards."""
    made = databases.make(template)
    yield made
    databases.drop(made)


@pytest.fixture
def empty_database(databases: Databases) -> Iterator[TestDatabase]:
    """A database without a single table, for tests of migrations."""
    made = databases.make(None)
    yield made
    databases.drop(made)


@pytest.fixture
async def connection(database: TestDatabase) -> AsyncIterator[asyncpg.Connection]:
    """A connection to this test's database as the program's role."""
    opened = await asyncpg.connect(database.program_dsn)
    yield opened
    await opened.close(timeout=5)


@pytest.fixture
async def owner_connection(database: TestDatabase) -> AsyncIterator[asyncpg.Connection]:
    """A connection to this test's database as its owner: to plant wrong rows that the program may not write."""
    opened = await asyncpg.connect(database.owner_dsn)
    yield opened
    await opened.close(timeout=5)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A new folder with a short path that every account can reach: pytest's own are closed, and a server of root's runs as another."""
    made = Path(tempfile.mkdtemp(prefix="alo-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def free_port() -> int:
    """A TCP port on loopback that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def clock() -> "TestClock":
    """A clock that stands on a Monday at ten until the test moves it."""
    from tests.site import TestClock
    from tests.world import MONDAY_TEN

    return TestClock(MONDAY_TEN)


@pytest.fixture
def config(database: TestDatabase, free_port: int) -> "Config":
    """Settings with new keys, for a site on a free port of this machine."""
    from tests.world import make_config

    return make_config(database.program_dsn, base_url=f"http://127.0.0.1:{free_port}")


@pytest.fixture
async def db(database: TestDatabase) -> AsyncIterator["Database"]:
    """This test's database as the product opens it."""
    from matcher.database import Database

    opened = await Database.connect(database.program_dsn, most=8)
    yield opened
    await opened.close()


@pytest.fixture
async def people(db: "Database", config: "Config", clock: "TestClock") -> "People":
    """The cast that signs in, made through the product's actions."""
    from tests.people import build_people

    return await build_people(db, config, clock.now)


@pytest.fixture
async def site(
    config: "Config", db: "Database", clock: "TestClock", people: "People", connection: asyncpg.Connection
) -> AsyncIterator["Site"]:
    """The whole site on a real server, with a browser. See tests/site.py."""
    from tests.site import open_site

    async with open_site(config, db, clock, people, connection) as opened:
        yield opened


@pytest.fixture
async def postbox() -> AsyncIterator["Postbox"]:
    """A real SMTP server that keeps what it is sent: give its `smtp_url` to a transport."""
    from tests.postbox import open_postbox

    box, server = await open_postbox()
    yield box
    server.close()
    await server.wait_closed()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the long tests too (make test-long)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves the long runs out by deselecting them: they are counted at the end, never skipped in silence."""
    if config.getoption("--long"):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    items[:] = [item for item in items if not item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=long)
    _left_out.append(len(long))


def _note_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    expected = getattr(report, "wasxfail", None) is not None
    if (report.skipped or expected) and not any(report.nodeid.startswith(allowed) for allowed in ALLOWED_SKIPS):
        _skipped.append(report.nodeid)


pytest_runtest_logreport = _note_if_skipped
pytest_collectreport = _note_if_skipped


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _skipped:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = sum(_left_out)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """One of the processes of a run in several (xdist) has ended. Each left out the same tests, so what the first one counted is shown."""
    if not _left_out and (left_out := getattr(node, "workeroutput", {}).get("left_out")):
        _left_out.append(left_out)
        node.config.hook.pytest_deselected(items=[SimpleNamespace()] * left_out)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _skipped:
        terminalreporter.section("skipped without leave", red=True)
        for nodeid in _skipped:
            terminalreporter.write_line(f"{nodeid}: a skip needs a reason and an owner in ALLOWED_SKIPS (tests/conftest.py)")
