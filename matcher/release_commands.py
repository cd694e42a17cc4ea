"""`alongside release`: shows the letters and timers that are held, and lets those go that the operator names. Ids and codes, never a name."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from matcher.actions import releasing
from matcher.config import Config
from matcher.domain.actor import OPERATOR
from matcher.domain.errors import Misconfigured
from matcher.domain.outbox import Held
from matcher.run_commands import DEFAULT_DATA, DataFolder, Embedded, ready_database, say, settings

HINT = "Nothing was changed. When the cause is mended: alongside release ID …, or alongside release --all"


def release_command(
    ids: Annotated[list[UUID] | None, typer.Argument(help="What to release. Without any: only look.", show_default=False)] = None,
    everything: Annotated[bool, typer.Option("--all", help="Release everything that is held.")] = False,
    embedded: Embedded = False,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Show letters and timers that are held, and release those named: the next worker tries them again.

    Something is held when five workers in a row began with it and none came to an end. One line each: what, id, kind, due, latest moment, referral.
    """
    if ids and everything:
        raise Misconfigured("Give ids or --all, not both.")
    with settings(embedded=embedded, folder=data) as config:
        shown = asyncio.run(_release(config, ids or [], everything=everything, embedded=embedded))
    for one in shown:
        referral = str(one.referral_id) if one.referral_id else "-"
        typer.echo(
            "\t".join((one.what, str(one.id), one.kind, f"{one.due_at:%Y-%m-%dT%H:%MZ}", f"{one.not_after:%Y-%m-%dT%H:%MZ}", referral))
        )
    if ids or everything:
        say(f"Released: {len(shown)}.")
    else:
        say(HINT if shown else "Nothing is held.")


async def _release(config: Config, ids: list[UUID], *, everything: bool, embedded: bool) -> list[Held]:
    async with ready_database(config, embedded=embedded) as database:
        async with database.reading() as c:
            held = await releasing.list_held(c)
        chosen = [one.id for one in held] if everything else ids
        if not chosen:
            return [] if everything else held
        return await database.act(releasing.release_held, datetime.now(UTC), actor=OPERATOR, ids=chosen)
