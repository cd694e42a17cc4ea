"""`alongside meetings import` and `meetings sources`: the directory kept from the command line (meetings 3.6)."""

import asyncio
import os
import re
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:  # the driver is imported when a command runs: `meetings parse` never needs it
    from matcher.database import Database
    from matcher.domain.meeting_source import Fetched, MeetingSource, RunReport

R = TypeVar("R")
SOURCE_ID = re.compile(r"[a-z0-9-]{2,40}")
sources_app = typer.Typer(help="The published lists that meetings come from.", no_args_is_help=True)
SourceId = Annotated[str, typer.Argument(help="Letters, digits and dashes, such as ca-uk.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of words.")]
FromLoopback = Annotated[
    bool, typer.Option("--from-loopback", help="Let this machine itself be asked, by http too. For tests.", hidden=True)
]


def import_command(
    feed: Annotated[str, typer.Argument(metavar="FILE_OR_URL", help="A file, or an https address.", show_default=False)],
    *,
    source: Annotated[str, typer.Option("--source", help="Which source it is of: see `meetings sources`.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything, then take it back.")] = False,
    json: AsJson = False,
    from_loopback: FromLoopback = False,
) -> None:
    """Bring a feed into the directory. Nothing is ever deleted by it.

    Exit code: 0 done or not modified, 1 quarantined or failed with nothing changed, 2 for a wrong command.
    """
    report = run_on_database(lambda db: _import(db, feed, source_id=source, dry_run=dry_run, from_loopback=from_loopback))
    if json:
        print_json(report.to_json())
    else:
        typer.echo(in_words(report))
    raise typer.Exit(0 if report.run in ("ok", "not_modified") else 1)


async def _import(db: "Database", feed: str, *, source_id: str, dry_run: bool, from_loopback: bool) -> "RunReport":
    from matcher.actions.import_reading import read_changed
    from matcher.actions.importing import OnlyTried, import_meetings
    from matcher.domain.actor import OPERATOR
    from matcher.store.meeting_sources import find_source

    async with db.reading() as c:
        found = await find_source(c, source_id)
    if found is None or found.is_manual:
        raise misuse(
            f"There is no source {source_id}. Make it with: alongside meetings sources add {source_id} --format FORMAT --fellowship CODE"
        )
    fetched = await _fetch(feed, found, from_loopback=from_loopback)
    async with db.reading() as c:
        read = await read_changed(c, found, fetched)
    now = datetime.now(UTC)
    try:
        return await db.act(import_meetings, now, actor=OPERATOR, source_id=source_id, feed=read, dry_run=dry_run)
    except OnlyTried as tried:
        return tried.report


async def _fetch(feed: str, source: "MeetingSource", *, from_loopback: bool) -> "Fetched":
    from matcher.domain.meeting_source import Fetched
    from matcher.feeds.formats import FILE_MOST

    if not feed.lower().startswith(("http://", "https://")):
        from matcher.meeting_commands import read_file

        return Fetched(body=read_file(Path(feed), FILE_MOST + 1))

    from matcher.fetching import FetchRules, agent_name, fetch_feed

    rules = FetchRules(from_loopback=from_loopback, agent=agent_name(os.environ.get("BASE_URL", "")))
    same = feed == source.url  # the validators are those of the source's own address
    return await fetch_feed(feed, etag=source.etag if same else None, last_modified=source.last_modified if same else None, rules=rules)


@sources_app.command("add")
def add_source_command(
    source_id: SourceId,
    *,
    format: Annotated[str, typer.Option("--format", help="How it is written, as in `meetings parse`.", show_default=False)],
    fellowship: Annotated[
        str, typer.Option("--fellowship", help="AA, CA, DAA, MA, NA, SMART, ALATEEN, AL-ANON or FA.", show_default=False)
    ],
    url: Annotated[str, typer.Option("--url", help="Where it is published.")] = "",
    name: Annotated[str, typer.Option("--name", help="What people call it. Default: the id.")] = "",
    timezone: Annotated[str, typer.Option("--timezone", help="For rows that name no zone.")] = "Europe/London",
    date_order: Annotated[str, typer.Option("--date-order", help="Of dates such as 3/2/2026: dmy or mdy.")] = "dmy",
    keep: Annotated[str, typer.Option("--keep", help="Postcode areas to take, such as BH,SO. Default: all.")] = "",
    json: AsJson = False,
) -> None:
    """Make a source of meetings."""
    source = _new_source(
        source_id, format=format, fellowship=fellowship, url=url, name=name, timezone=timezone, date_order=date_order, keep=keep
    )

    async def add(db: "Database") -> bool:
        from matcher.actions.meeting_source_keeping import add_source
        from matcher.domain.actor import OPERATOR

        return await db.act(add_source, datetime.now(UTC), actor=OPERATOR, source=source)

    if not run_on_database(add):
        raise misuse(f"There is a source {source_id} already.")
    if json:
        print_json(source_json(source))
    else:
        typer.echo(f"{source_id} is ready. Bring its meetings in with: alongside meetings import FILE_OR_URL --source {source_id}")


def _new_source(
    source_id: str, *, format: str, fellowship: str, url: str, name: str, timezone: str, date_order: str, keep: str
) -> "MeetingSource":
    from matcher.domain.meeting_source import MeetingSource, SourceState
    from matcher.feeds.formats import FORMATS
    from matcher.meeting_commands import fellowship_option, zone_option

    if not SOURCE_ID.fullmatch(source_id):
        raise misuse("A source's id is 2 to 40 small letters, digits and dashes, such as ca-uk.")
    if format not in FORMATS:
        raise misuse(f"There is no format {format}: it is one of {', '.join(FORMATS)}.")
    if date_order not in ("dmy", "mdy"):
        raise misuse("--date-order is dmy or mdy.")
    if url and not re.match(r"https?://[^\s/]+\.?[^\s]*$", url):
        raise misuse("--url must be a web address such as https://example.org/meetings.json.")
    areas = tuple(sorted({part.strip().upper() for part in keep.split(",") if part.strip()}))
    if not all(re.fullmatch(r"[A-Z]{1,2}", area) for area in areas):
        raise misuse("--keep names postcode areas, such as BH,SO.")
    return MeetingSource(
        id=source_id,
        area_id=None,
        name=(name.strip() or source_id)[:80],
        fellowship=fellowship_option(fellowship),
        format=format,
        url=url or None,
        timezone=zone_option(timezone),
        date_order=date_order,
        keep_areas=areas,
        state=SourceState.OK,
        failing_since=None,
        last_attempt_at=None,
        last_success_at=None,
        etag=None,
        last_modified=None,
        last_good_rows=None,
    )


@sources_app.command("list")
def list_sources_command(*, json: AsJson = False) -> None:
    """Show the sources of meetings."""

    async def read(db: "Database") -> "list[MeetingSource]":
        from matcher.store.meeting_sources import list_sources

        async with db.reading() as c:
            return await list_sources(c)

    sources = run_on_database(read)
    if json:
        print_json({"sources": [source_json(source) for source in sources]})
        return
    for source in sources:
        seen = f"last good run {source.last_success_at:%Y-%m-%d %H:%M} UTC" if source.last_success_at else "never run"
        typer.echo(f"{source.id}  {source.format}  {source.state.value}  {seen}  {source.url or ''}".rstrip())
    if not sources:
        typer.echo("There are no sources yet. Make one with: alongside meetings sources add ID --format FORMAT --fellowship CODE")


def source_json(source: "MeetingSource") -> dict[str, object]:
    """A source as one JSON object."""
    from matcher.domain.meeting import WRITTEN_CODES

    times = {name: getattr(source, name) for name in ("failing_since", "last_attempt_at", "last_success_at")}
    return {
        "id": source.id,
        "name": source.name,
        "format": source.format,
        "fellowship": WRITTEN_CODES[source.fellowship] if source.fellowship else None,
        "url": source.url,
        "timezone": source.timezone,
        "date_order": source.date_order,
        "keep_areas": list(source.keep_areas),
        "state": source.state.value,
        **{name: at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None for name, at in times.items()},
        "last_good_rows": source.last_good_rows,
    }


def in_words(report: "RunReport") -> str:
    """What a run did, in one line for people."""
    counts = report.to_json()
    kind = f" ({report.error_kind})" if report.error_kind else ""
    names = ("added", "updated", "unchanged", "restored", "held", "missing", "withdrawn", "rejected", "skipped", "issues", "conflicts")
    said = ", ".join(f"{counts[name]} {name}" for name in names if counts[name]) or "nothing to do"
    return f"{report.run}{kind}: {said}" + (". A coordinator must look at it." if report.needs_coordinator else "")


def run_on_database(work: "Callable[[Database], Awaitable[R]]") -> R:
    """Do something with the database of DATABASE_URL, once it is known to be migrated."""
    return asyncio.run(_with_database(work))


async def _with_database(work: "Callable[[Database], Awaitable[R]]") -> R:
    from matcher.database import Database, list_missing_migrations
    from matcher.domain.errors import Misconfigured

    db = await Database.connect(_database_url(), most=2)
    try:
        async with db.reading() as c:
            if await list_missing_migrations(c):
                raise Misconfigured("The database is older than this program. Run: alongside migrate")
        return await work(db)
    finally:
        await db.close()


def _database_url() -> str:
    url, file = os.environ.get("DATABASE_URL", ""), os.environ.get("DATABASE_URL_FILE", "")
    if file and not url:
        from matcher.meeting_commands import read_file

        url = read_file(Path(file), 10_000).decode().strip()
    if not url.startswith(("postgresql://", "postgres://")):
        raise misuse("DATABASE_URL is not set. Example: postgresql://alongside@host/alongside")
    return url


def print_json(value: dict[str, object]) -> None:
    """One object on standard output, in UTF-8 whatever the terminal."""
    from json import dumps

    sys.stdout.buffer.write(dumps(value, ensure_ascii=False).encode("utf-8") + b"\n")
    sys.stdout.buffer.flush()


def misuse(sentence: str) -> typer.Exit:
    """Says what is wrong with the command, on standard error; the exit to raise."""
    typer.echo(sentence, err=True)
    return typer.Exit(2)
