"""`alongside simulate`: policies of asking in made-up counties, beside their bounds (matching 14). Needs no database, network or setting."""

import gc
import json
import math
import os
import re
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from matcher.domain.errors import Misconfigured

if TYPE_CHECKING:
    from matcher.matching.asking_settings import AskingSettings
    from matcher.matching.simulated_settings import WorldSettings
    from matcher.matching.simulation import Played

SEEDS_MOST = 1000
SHOWN = ("fill", "d24", "t50_h", "t90_h", "emails_per_fill", "disclosures_per_fill", "gini_asks", "km", "lost_pct", "seconds")
HEADS = ("fill", "d24", "t50", "t90", "letters", "discl.", "Gini", "km", "lost %", "s")
Job = tuple["WorldSettings", "AskingSettings", tuple[str, ...], int]


class WrongSeeds(Misconfigured):
    """Seeds are whole numbers from 0, as A-B with A not over B, or A alone, and at most 1000 of them."""


class WrongSetting(Misconfigured):
    """There is no such setting."""


def simulate_command(
    scenario: Annotated[str, typer.Option(help="rural, county, city, overload, options3 or standing10.", show_default=False)],
    *,
    policy: Annotated[str, typer.Option(help="Policies, with commas between them.")] = "product",
    seeds: Annotated[str, typer.Option(help="A-B, both included, or A alone.")] = "0-19",
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="key=value, also several after one; asking.KEY for a setting of asking.")
    ] = None,
    more: Annotated[list[str] | None, typer.Argument(hidden=True)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object and nothing else.")] = False,
) -> None:
    """Play policies of asking in made-up counties: how many newcomers find company, how soon, and what it takes out of people."""
    from matcher.matching.asking_settings import SHIPPED
    from matcher.matching.simulated_settings import SCENARIOS, WrongWorld
    from matcher.matching.simulation import HINDSIGHT, asker_named
    from matcher.matching.simulation_summary import summarise

    if scenario not in SCENARIOS:
        raise WrongWorld(f"There is no scenario of that name. Scenarios: {', '.join(SCENARIOS)}.")
    names = tuple(dict.fromkeys(policy.split(",")))
    for name in names:
        asker_named(name)
    numbers = _seeds(seeds)
    changed = _changes([*(set_ or []), *(more or [])])
    world = replace(SCENARIOS[scenario], **{key: value for key, value in changed.items() if not key.startswith("asking.")})
    asking = replace(SHIPPED, **{key.removeprefix("asking."): value for key, value in changed.items() if key.startswith("asking.")})
    played = _play([(world, asking, names, seed) for seed in numbers])
    summary = summarise(scenario, numbers, changed, played)
    if summary["bounds"][HINDSIGHT] is None:
        from matcher.matching.hindsight import NoPlanner

        typer.echo(NoPlanner().sentence, err=True)
    typer.echo(json.dumps(summary, allow_nan=False) if as_json else _table(summary), nl=True)


def _seeds(text: str) -> list[int]:
    found = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", text, re.A)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if first > last or last - first >= SEEDS_MOST:
        raise WrongSeeds
    return list(range(first, last + 1))


def _changes(pairs: list[str]) -> dict[str, Any]:
    """Settings by key, whole where the setting is a count. Raises WrongSetting for a key, and Misconfigured for a value, that cannot be."""
    from matcher.matching import asking_settings, simulated_settings

    allowed: dict[str, tuple[float, float]] = dict(simulated_settings.RANGES)
    allowed |= {f"asking.{key}": limits for key, limits in asking_settings.RANGES.items()}
    changed: dict[str, Any] = {}
    for pair in pairs:
        key, _, text = pair.partition("=")
        if key not in allowed:
            raise WrongSetting(f"There is no setting of that name. Settings: {', '.join(allowed)}.")
        least, most = allowed[key]
        value = _number(text)
        if value is None or not least <= value <= most or (isinstance(least, int) and value != int(value)):
            raise WrongSetting(f"{key} is {'a whole number' if isinstance(least, int) else 'a number'} between {least} and {most}.")
        changed[key] = int(value) if isinstance(least, int) else value
    return changed


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _play(jobs: list[Job]) -> list["Played"]:
    """Every world, in as many processes as there are processors; with a bar where somebody looks."""
    workers = min(len(jobs), os.cpu_count() or 1)
    label, shown = f"{len(jobs)} worlds", sys.stderr.isatty()
    if workers == 1:
        with typer.progressbar(jobs, label=label, file=sys.stderr, hidden=not shown) as bar:
            return [_play_one(job) for job in bar]
    with (
        ProcessPoolExecutor(workers, initializer=gc.freeze) as pool,  # what is loaded stays: no need to look for it again and again
        typer.progressbar(pool.map(_play_one, jobs), length=len(jobs), label=label, file=sys.stderr, hidden=not shown) as bar,
    ):
        return list(bar)


def _play_one(job: Job) -> "Played":
    from matcher.matching.simulated_county import build_world
    from matcher.matching.simulation import play_world

    world, asking, names, seed = job
    return play_world(build_world(world, seed), names, time.perf_counter, settings=asking)


def _table(summary: dict[str, Any]) -> str:
    """The figures as plain text, half the 95 % interval behind the fill."""
    world, rows = summary["world"], [("", *HEADS)]
    for name, found in (summary["policies"] | summary["bounds"]).items():
        if found is not None:
            rows.append((name, *(_cell(metric, found[metric], summary["ci95"][name][metric]) for metric in SHOWN)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width) for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    seeds = summary["seeds"]
    head = (
        f"{summary['scenario']}, seeds {seeds[0]}-{seeds[-1]}: {_cell('km', world['referrals'])} referrals a world,"
        f" {_cell('km', world['eligible_per_referral'])} eligible each, none for {_cell('km', world['none_eligible_pct'])} %"
    )
    return "\n".join([head, *lines])


def _cell(metric: str, value: float | None, interval: float | None = None) -> str:
    if value is None:
        return "-"
    digits = 3 if metric in ("fill", "d24", "gini_asks") else 2 if metric in ("lost_pct", "seconds", "t50_h") else 1
    return f"{value:.{digits}f}" + (f" ±{interval:.3f}" if metric == "fill" and interval is not None else "")
