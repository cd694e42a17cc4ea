"""Running: what `serve`, `work`, `migrate` and `backup` need, apart from the site itself (only `__main__` knows the web). Each calls one thing."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from matcher.config import Config, read_config
from matcher.database import Database, list_missing_migrations, migrate
from matcher.domain.connection import Connection
from matcher.domain.errors import Misconfigured
from matcher.geocoding_settings import GeocoderSettings
from matcher.readiness import check_keys

DATABASE_NAME = "alongside"
Embedded = Annotated[bool, typer.Option("--embedded", help="Use a PostgreSQL of our own on this machine instead of DATABASE_URL.")]
DataFolder = Annotated[Path, typer.Option("--data", help="With --embedded: the folder of its files.")]
DEFAULT_DATA = Path("data")


@contextmanager
def settings(*, embedded: bool, folder: Path, env: Mapping[str, str] | None = None) -> Iterator[Config]:
    """The settings, with the embedded database running where it is wanted. Raises Misconfigured with what to mend."""
    values = dict(os.environ if env is None else env)
    if not embedded:
        if not values.get("DATABASE_URL") and not values.get("DATABASE_URL_FILE"):
            raise Misconfigured("DATABASE_URL is not set. Example: postgresql://alongside@host/alongside. On one machine: use --embedded.")
        yield read_config(values)
        return
    if values.get("DATABASE_URL"):
        raise Misconfigured("DATABASE_URL is set and --embedded was given. Use one of them.")
    read_config(values, database_url="postgresql:///not-yet")  # a wrong setting is said before a server is started

    from matcher.embedded import start_embedded

    with start_embedded(folder) as server:
        server.create_database(DATABASE_NAME)
        values["MIGRATE_DATABASE_URL"] = server.owner_dsn(DATABASE_NAME)
        yield read_config(values, database_url=server.program_dsn(DATABASE_NAME))


async def bring_up_to_date(config: Config) -> list[str]:
    """Apply the migrations that are missing, and give the program's role its rights. Returns their names."""
    owner, program = (urlsplit(dsn).username for dsn in (config.migrate_database_url, config.database_url))
    return await migrate(config.migrate_database_url, program=program if program and program != owner else None)


@asynccontextmanager
async def ready_database(config: Config, *, embedded: bool = False) -> AsyncIterator[Database]:
    """The database, once it is known to fit this program: migrated, and written with keys that are at hand. Raises Misconfigured."""
    if embedded:
        await bring_up_to_date(config)
    database = await Database.connect(config.database_url)
    try:
        async with database.reading() as c:
            missing = await list_missing_migrations(c)
            if missing:
                raise Misconfigured(f"The database lacks {len(missing)} migrations, the first is {missing[0]}. Run: alongside migrate")
            await check_keys(config, c)
            if await may_change_history(c):
                say("Warning: the role of DATABASE_URL may change the audit. Use a role of its own for the program (docs/operating.md).")
        yield database
    finally:
        await database.close()


async def may_change_history(c: Connection) -> bool:
    """Whether the program's role could rewrite what was done: it should not be able to."""
    return bool(await c.fetchval("SELECT has_table_privilege('audit', 'UPDATE') OR has_table_privilege('audit', 'DELETE')"))


def say(sentence: str) -> None:
    """One line for the operator, beside the log."""
    typer.echo(sentence, err=True)


def migrate_command(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether there is a backup: for machines.")] = False,
    embedded: Embedded = False,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Bring the database up to this version. Asks for a backup first where there is something to lose."""
    with settings(embedded=embedded, folder=data) as config:
        missing, lived_in = asyncio.run(_state_of(config))
        if missing and lived_in and not yes:
            if not sys.stdin.isatty():
                raise Misconfigured("This database holds records. Make a backup (alongside backup), then run: alongside migrate --yes")
            typer.confirm(f"{len(missing)} migrations are missing and there are records. Is there a backup of today?", abort=True)
        for name in asyncio.run(bring_up_to_date(config)):
            typer.echo(f"applied {name}")
        typer.echo("The database is up to date.")


async def _state_of(config: Config) -> tuple[list[str], bool]:
    """Which migrations are missing, and whether the database has been migrated before."""
    database = await Database.connect(config.migrate_database_url, most=1)
    try:
        async with database.reading() as c:
            missing = await list_missing_migrations(c)
            return missing, bool(await c.fetchval("SELECT to_regclass('migrations') IS NOT NULL"))
    finally:
        await database.close()


def work_command(embedded: Embedded = False, data: DataFolder = DEFAULT_DATA) -> None:
    """Send letters and do what is due, until told to stop. Any number of these may run."""
    from matcher.logs import set_up_logs

    set_up_logs()
    with settings(embedded=embedded, folder=data) as config:
        asyncio.run(_work(config, embedded=embedded))


async def _work(config: Config, *, embedded: bool) -> None:
    from matcher.feed_worker import FeedWorker
    from matcher.long_running import keep_for_good
    from matcher.transport import open_transport
    from matcher.worker import Worker

    transport = open_transport(config.smtp_url, our_name=config.mail_domain)
    async with ready_database(config, embedded=embedded) as database:
        worker, feeds = Worker(database, config, transport), FeedWorker(database, config)
        no_more_questions = asyncio.Event()

        def stop() -> None:
            worker.stop()
            feeds.stop()
            no_more_questions.set()
            transport.begin_no_more()

        for sign in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(sign, stop)
        keep_for_good()
        say("Alongside is at work: letters, timers and lists of meetings.")
        beside = [asyncio.create_task(feeds.run())]
        if config.geocoder:
            beside.append(asyncio.create_task(_geocode(database, config.geocoder, no_more_questions)))
        try:
            await worker.run()
        finally:
            await _end(beside)


async def _geocode(database: Database, geocoder: GeocoderSettings, stopping: asyncio.Event) -> None:
    from matcher.geocoding import keep_asking

    say(f"Venues that nothing better is known of are asked about at {geocoder.address.host}.")
    await keep_asking(database, geocoder, lambda: datetime.now(UTC), stopping)


async def _end(beside: list[asyncio.Task[None]]) -> None:
    """Let a list that is being brought in come to its end, for a moment; another worker fetches again what is left undone."""
    await asyncio.wait(beside, timeout=5)
    for task in beside:
        task.cancel()
    await asyncio.gather(*beside, return_exceptions=True)


def backup_command(
    folder: Annotated[Path, typer.Argument(help="Where to write. Made when missing.", show_default=False)],
    embedded: Embedded = False,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Write a backup: the records in one file, the keys that open them in another."""
    from matcher.postgres_backup import make_backup

    with settings(embedded=embedded, folder=data) as config:
        made = make_backup(config.migrate_database_url, folder, datetime.now(UTC), recipient=config.backup_for)
    typer.echo(f"records {made.records}\nkeys    {made.keys}\nKeep the two on different machines.")
    if not config.backup_for:
        say("Warning: these files are not encrypted. Set AGE_RECIPIENT to the public key that may open them.")
