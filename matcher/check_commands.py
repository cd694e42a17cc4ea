"""`alongside check`: asks a database whether its promises are kept, and names the rows that break one. Reads only; ids, never names."""

import asyncio
from datetime import UTC, datetime

import typer

from matcher.actions.checking import Report, check_promises
from matcher.config import Config
from matcher.run_commands import DEFAULT_DATA, DataFolder, Embedded, ready_database, say, settings


def check_command(embedded: Embedded = False, data: DataFolder = DEFAULT_DATA) -> None:
    """See that every promise is kept: one line for each row that breaks one, and exit 1. A missing helpline is only a warning."""
    with settings(embedded=embedded, folder=data) as config:
        report = asyncio.run(_check(config, embedded=embedded))
    for area, fellowship in report.missing_helplines:
        say(f"Warning: nobody has entered a helpline for {fellowship} in {area}.")
    for broken in report.broken:
        typer.echo(f"{broken.promise}\t{broken.row_id}\t{broken.rule}")
    if not report.is_well:
        raise typer.Exit(1)
    say("Every promise is kept.")


async def _check(config: Config, *, embedded: bool) -> Report:
    async with ready_database(config, embedded=embedded) as database, database.reading() as c:
        return await check_promises(c, config, datetime.now(UTC))
