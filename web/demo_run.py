"""Runs the demo: embedded database, invented town, mail server, worker and site in one process on this machine. It can send nothing outside."""

import asyncio
import base64
import fcntl
import json
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from matcher.config import Config, read_vault
from matcher.database import Database, migrate
from matcher.demo_clock import DemoClock, open_clock, read_moment
from matcher.demo_life import DemoLife
from matcher.demo_mailbox import Mailbox
from matcher.demo_smtp import receiving
from matcher.demo_town import Built, build_town
from matcher.domain.errors import Misconfigured
from matcher.embedded import PROGRAM, EmbeddedServer, start_embedded
from matcher.logs import set_up_logs
from matcher.postgres_binaries import place_for_database
from matcher.store.demo_rows import find_town
from web.demo_pages import make_demo_app
from web.error_words import WORDS
from web.serving import serve_until_told

DATABASE = "demo"
HOST = "127.0.0.1"
DEFAULT_FOLDER = Path(__file__).parent.parent / ".demo"
MAIL_DOMAIN = "saltmere.example"
REAL = ("DATABASE_URL", "DATABASE_URL_FILE", "MIGRATE_DATABASE_URL", "SMTP_URL", "SMTP_URL_FILE", "MASTER_KEYS", "MASTER_KEYS_FILE")
"""Settings of a real installation. Where one is set, the demo does not start: it must never touch real people (security 1, row 21)."""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """Everything one demo keeps: database, clock, keys and mailbox. Delete the folder and the town is gone."""

    path: Path

    @property
    def clock(self) -> Path:
        """How far its clock has come."""
        return self.path / "clock.json"

    @property
    def keys(self) -> Path:
        """The keys that everything personal in it is sealed with."""
        return self.path / "keys.json"

    @property
    def mailbox(self) -> Path:
        """The letters that were sent."""
        return self.path / "mailbox.jsonl"

    @property
    def log(self) -> Path:
        """What the program noted."""
        return self.path / "demo.log"


def run_demo(*, port: int, data: Path | None, fresh: bool, clock: str | None, say: Say) -> None:
    """Run until Ctrl-C. Port 0 picks a free one. `clock` is where a new demo's clock begins. Raises Misconfigured with a sentence."""
    check_nothing_real(os.environ)
    wanted = read_moment(clock) if clock else None
    folder = DemoFolder(place_for_database(DEFAULT_FOLDER) if data is None else data.resolve())
    chosen = find_port(port)
    words = demo_words()
    say(words["starting"].format(folder=folder.path))
    with start_embedded(folder.path) as server, _only_one(folder), folder.log.open("w", encoding="utf-8") as log:
        set_up_logs(log)
        if fresh:
            _clear(folder, server)
        server.create_database(DATABASE)
        asyncio.run(_migrate(server))
        vault, made = _keys(folder)
        if made:
            say(words["keys"].format(folder=folder.path))
        config = Config(
            database_url=server.program_dsn(DATABASE),
            migrate_database_url=server.owner_dsn(DATABASE),
            smtp_url="smtp://127.0.0.1:1",
            base_url=f"http://{HOST}:{chosen}",
            mail_domain=MAIL_DOMAIN,
            vault=vault,
            signs_mail=True,
            demo=True,
        )
        asyncio.run(_live(config, folder, open_clock(folder.clock, wanted), say))
    say(words["stopped"])


def check_nothing_real(env: Mapping[str, str]) -> None:
    """Raise Misconfigured where this machine is set up for real people."""
    found = [name for name in REAL if env.get(name)]
    if found:
        raise Misconfigured(
            f"{found[0]} is set: this looks like a real installation, and the demo must never touch one. "
            f"Unset {', '.join(found)} to run the demo."
        )


def find_port(port: int) -> int:
    """The port to serve on, free as of now; a free one for 0. Raises Misconfigured where it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise Misconfigured(f"Port {port} is taken, or may not be used. Choose another with --port, or --port 0 for any.") from error
        return int(probe.getsockname()[1])


def demo_words() -> dict[str, Any]:
    """What the demo says on the terminal."""
    read: dict[str, Any] = json.loads((WORDS / "demo.json").read_text(encoding="utf-8"))["demo"]
    return read


@contextmanager
def _only_one(folder: DemoFolder) -> Iterator[None]:
    """One demo at a time in a folder: two clocks would be one too many."""
    with (folder.path / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Misconfigured(
                f"A demo is running in {folder.path} already. Stop it first, or choose another folder with --data."
            ) from error
        yield


def _clear(folder: DemoFolder, server: EmbeddedServer) -> None:
    """Forget the town: the next steps build it anew."""
    server.drop_database(DATABASE)
    for path in (folder.clock, folder.keys, folder.mailbox):
        path.unlink(missing_ok=True)


async def _migrate(server: EmbeddedServer) -> None:
    try:
        await migrate(server.owner_dsn(DATABASE), program=PROGRAM)
    except Misconfigured as refusal:
        raise Misconfigured(f"{refusal.sentence} A demo can also begin anew with --fresh.") from refusal


def _keys(folder: DemoFolder) -> tuple[Any, bool]:
    """The demo's own keys, made once, readable by this account only; and whether they were made just now."""
    made = not folder.keys.exists()
    if made:
        drawn = {"MASTER_KEYS": f"1:{_drawn()}", "IDENTITY_KEY": _drawn()}
        with open(os.open(folder.keys, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(drawn, file)
    return read_vault(json.loads(folder.keys.read_text(encoding="utf-8"))), made


def _drawn() -> str:
    return base64.b64encode(os.urandom(32)).decode()


async def _live(config: Config, folder: DemoFolder, clock: DemoClock, say: Say) -> None:
    """Mail server, town, worker and site, from here to Ctrl-C."""
    mailbox = Mailbox(folder.mailbox)
    async with receiving(mailbox, clock) as smtp_url:
        config = replace(config, smtp_url=smtp_url)
        db = await Database.connect(config.database_url)
        try:
            await _furnish(config, db, clock, mailbox=mailbox, say=say)
            life = DemoLife(db, config, clock)
            app = await make_demo_app(config, db, clock, mover=life, mailbox=mailbox)
            work = asyncio.create_task(life.run())
            try:
                await serve_until_told(app, HOST, int(config.base_url.rpartition(":")[2]), shared=False, started=_tell(config, say))
            finally:
                life.stop()
                await work
        finally:
            await db.close()


async def _furnish(config: Config, db: Database, clock: DemoClock, *, mailbox: Mailbox, say: Say) -> None:
    """Build the town where there is none. Nothing of it stays if this is broken off."""
    async with db.reading() as c:
        if await find_town(c):
            return
    say(demo_words()["building"])
    built: Built = await db.act(build_town, config, clock())
    mailbox.take_all([(letter.raw, letter.to, letter.at) for letter in built.delivered])


def _tell(config: Config, say: Say) -> Callable[[int], None]:
    def ready(_port: int) -> None:
        words = demo_words()
        for line in (words["ready"], *words["roles"]):
            say(line.format(address=config.base_url))

    return ready
