"""`python -m matcher meetings export`: our list as Meeting Guide JSON on standard output (meetings 9.4)."""

import os
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from matcher.meeting_import_commands import misuse, run_on_database

if TYPE_CHECKING:  # everything heavy is imported when a command runs
    from matcher.database import Database

NO_ADDRESS = "http://localhost"
"""Where our own pages are taken to be if BASE_URL is not set: the list is good without them."""


def export_command(
    *,
    fellowship: Annotated[
        str, typer.Option("--fellowship", help="Only this one: AA, CA, DAA, MA, NA, SMART, ALATEEN, AL-ANON or FA.")
    ] = "",
    area: Annotated[str, typer.Option("--area", help="Only the meetings of the area with this id.")] = "",
) -> None:
    """Write our list as Meeting Guide JSON: meetings kept by hand, and of sources that may be published again."""
    from matcher.domain.meeting import fellowship_of
    from matcher.meeting_export import exported_text
    from matcher.store.finder import list_exported

    whose = fellowship_of(fellowship) if fellowship else None
    if fellowship and whose is None:
        raise misuse(f"There is no fellowship {fellowship}: it is one of AA, CA, DAA, MA, NA, SMART, ALATEEN, AL-ANON, FA.")
    try:
        area_id = UUID(area) if area else None
    except ValueError:
        raise misuse("--area takes the id of an area.") from None

    async def export(db: "Database") -> str:
        async with db.reading() as c:
            meetings = await list_exported(c, fellowship=whose, area_id=area_id)
        return exported_text(meetings, os.environ.get("BASE_URL", "").rstrip("/") or NO_ADDRESS)

    typer.echo(run_on_database(export), nl=False)
