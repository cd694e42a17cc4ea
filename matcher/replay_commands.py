"""`alongside replay`: what if the last months had been asked by another policy, or with a wider reach. Reads only; counts, never names."""

import asyncio
import json
import math
import sys
from datetime import date
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from matcher.actions.replaying_history import Changed, Steps, replay_history
from matcher.config import Config
from matcher.domain.errors import Misconfigured
from matcher.matching.policies import POLICY_NAMES
from matcher.run_commands import DEFAULT_DATA, DataFolder, Embedded, ready_database, settings

HEADS = ("fill", "d24", "t50_h", "t90_h", "emails_per_fill", "gini_asks", "most_letters_of_one", "drawn_share")


def replay_command(
    *,
    first: Annotated[str, typer.Option("--from", help="First day of the referrals, such as 2026-05-01.")],
    last: Annotated[str, typer.Option("--to", help="Last day, included.")],
    policy: Annotated[str, typer.Option(help=f"One or several, with commas: {', '.join(POLICY_NAMES)}.")],
    changes: Annotated[list[str] | None, typer.Option("--set", help="radius=1.5 (times their own reach), comfort=any, seed=1.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object and nothing else.")] = False,
    embedded: Embedded = False,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Play the referrals of some months again with other policies. Sends nothing and names nobody."""
    days, names, changed = (_day(first), _day(last)), _names(policy), read_changes(changes or [])
    with settings(embedded=embedded, folder=data) as config:
        told = asyncio.run(_play(config, days, names, changed, embedded=embedded))
    if as_json:
        typer.echo(json.dumps(told))
        return
    typer.echo(f"{told['referrals']} referrals, {told['volunteers']} volunteers, {told['eligible_per_referral']} who could go for each")
    typer.echo("\t".join(("", *HEADS)))
    for name, figures in {"history": told["history"], **told["policies"]}.items():
        typer.echo("\t".join((name, *(str(figures.get(head, "")) for head in HEADS))))


async def _play(config: Config, days: tuple[date, date], names: list[str], changed: Changed, *, embedded: bool) -> dict[str, Any]:
    # On a terminal only: whoever reads the figures from a pipe wants nothing else.
    console = Console(stderr=True, quiet=not sys.stderr.isatty())
    with Progress(console=console, transient=True) as progress:

        def steps(total: int) -> Any:
            bar = progress.add_task("replay", total=total)
            return lambda: progress.advance(bar)

        counting: Steps = steps
        async with ready_database(config, embedded=embedded) as database, database.reading() as c:
            return await replay_history(c, *days, names, changed=changed, steps=counting)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Misconfigured(f"{text!r} is no day. Example: 2026-05-01") from None


def _names(text: str) -> list[str]:
    names = list(dict.fromkeys(name.strip() for name in text.split(",")))
    for name in names:
        if name not in POLICY_NAMES:
            raise Misconfigured(f"There is no policy {name!r}. Allowed: {', '.join(POLICY_NAMES)}")
    return names


def read_changes(pairs: list[str]) -> Changed:
    """What is set otherwise. Raises Misconfigured with what is allowed."""
    found: dict[str, Any] = {}
    for pair in pairs:
        key, _, value = pair.partition("=")
        if key == "radius":
            found["radius"] = _number(value, pair)
        elif key == "comfort" and value in ("any", "own"):
            found["any_comfort"] = value == "any"
        elif key == "seed" and value.isdecimal():
            found["seed"] = int(value)
        else:
            raise Misconfigured(f"{pair!r} cannot be set. Allowed: radius=0.1 to 10, comfort=any or own, seed=0, 1, 2 …")
    return Changed(**found)


def _number(value: str, pair: str) -> float:
    try:
        read = float(value)
    except ValueError:
        read = math.nan
    if not 0.1 <= read <= 10:
        raise Misconfigured(f"{pair!r} cannot be set. Allowed: radius=0.1 to 10")
    return read
