"""`python -m bench.simulating`: the scenarios of the simulator on seeds 0-19, beside baselines, bounds and goals; writes docs/asking.md.

`make bench` does so too, and keeps the first columns in docs/benchmarks.md. Takes some minutes. In one process, so that whatever else runs on the
machine keeps a processor; what was played can be kept in a folder, so that a run which was broken off goes on where it was.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from bench.simulating_goals import POLICIES, goal_table
from matcher.matching.asking_settings import SHIPPED, VERSION, AskingSettings, fingerprint_of
from matcher.matching.policies import PRODUCT
from matcher.matching.simulated_bounds import AsksInTurn, AsksTogether, heard_at_once, knows_people
from matcher.matching.simulated_county import World, build_world
from matcher.matching.simulated_settings import SCENARIOS
from matcher.matching.simulation import Figures, Played, asker_named, play_policy, play_world
from matcher.matching.simulation_summary import mean, summarise

PAGE = Path(__file__).parent.parent / "docs" / "asking.md"
SEEDS = range(20)
"""What is reported on; tuning has 100 to 199."""
COLUMNS = ("fill", "d24", "t50_h", "t90_h", "emails_per_fill", "disclosures_per_fill", "gini_asks", "km", "lost_pct", "seconds")
FIRST = ("fill", "d24", "t50_h", "emails_per_fill", "disclosures_per_fill")
SHORT = ("fill", "d24", "t50_h", "t90_h", "emails_per_fill", "disclosures_per_fill", "gini_asks", "lost_pct")
HEAD = """# Whom the policies ask: figures of the simulator

Written by `python -m bench.simulating`; edit nothing here. Seeds {seeds}, means over worlds, ± half the 95 % interval of the mean (Student);
policy `product` is version {version} with settings {settings}; on rural, seed 0, its fill is {check}. What the columns mean:
`alongside simulate --help` and decision 18. All behaviour is assumed. Seconds are processor time of one machine.
"""
SUMMARY = """
## Whom the policies ask, on made-up worlds

`alongside simulate`, all scenarios, seeds {seeds}: means over worlds, ± half the 95 % interval of the mean (Student). `product` is what the worker
runs; `clairvoyant` and `hindsight` are bounds, the others baselines. Every column, the goals, and what better guessing or quicker answers could bring:
[asking.md](asking.md).

"""
BOUNDS = """## What would take more than anybody can know

`asks_in_turn` hears every answer in the minute it asks, asks one after the other, never in vain, and knows everybody's true chances; the number
says how much later the tired are asked, and the one that holds back asks nobody whose chance is under .03. `asks_together` hears and knows as much,
shows one newcomer in a letter or three, and holds a letter back until the chance of a yes to any of them is worth it. `knows_people` is `product`
where every tally tells from the first day what a thousand asks would have told; the one that waits counts a yes within a day for no more than a
later one, and tiredness half: of the forms that were tried the one that fills most. The last row of county is `product` with a bonus for a yes within
five hours: what it costs to be sooner. Decision 30 draws the conclusions.
"""


def _product(settings: AskingSettings) -> Callable[[World], Figures]:
    return lambda world: play_policy(world, asker_named(PRODUCT, settings), time.process_time)


def _weighing(**weights: float) -> Callable[[World], Figures]:
    return _product(replace(SHIPPED, weights=replace(SHIPPED.weights, **weights)))


def _in_turn(spares: float, least: float = 0.0) -> Callable[[World], Figures]:
    return lambda world: play_policy(heard_at_once(world), partial(AsksInTurn, spares=spares, least=least), time.process_time)


IN_TURN: Mapping[str, Callable[[World], Figures]] = {
    "asks_in_turn_1": _in_turn(1),
    "asks_in_turn_10": _in_turn(10),
    "asks_in_turn_and_holds_back": _in_turn(0.5, 0.03),
}
TOGETHER: Mapping[str, Callable[[World], Figures]] = {
    f"asks_together_{most}": lambda world, most=most: play_policy(heard_at_once(world), partial(AsksTogether, most=most), time.process_time)
    for most in (1, 3)
}
UNHURRIED = replace(
    SHIPPED, weights=replace(SHIPPED.weights, in_a_day=0.0, tires=SHIPPED.weights.tires / 2, tired=SHIPPED.weights.tired / 2)
)
KNOWING: Mapping[str, Callable[[World], Figures]] = {
    "knows_people": lambda world: play_policy(world, knows_people(), time.process_time),
    "knows_people_and_waits": lambda world: play_policy(world, knows_people(UNHURRIED), time.process_time),
}
BESIDE: Mapping[str, Mapping[str, Callable[[World], Figures]]] = {
    "county": {**IN_TURN, **KNOWING, "sooner: five hours count .5 more": _weighing(soon=0.5)},
    **{name: {**IN_TURN, **KNOWING} for name in ("city", "options3")},
    "overload": {**IN_TURN, **TOGETHER, **KNOWING},
    "standing10": KNOWING,
}
"""What is played beside policies and bounds, by scenario."""


def world_figures(scenario: str, seed: int, kept: Path | None) -> tuple[Played, dict[str, Figures]]:
    """Everything of one world; what is kept of an earlier run with these settings is not played again."""
    found: dict[str, Any] = {"played": None, "beside": {}}
    names, beside = [name for name in POLICIES if name != PRODUCT], BESIDE.get(scenario, {})
    at = kept / f"{scenario}-{seed}.json" if kept else None
    if at and at.exists():
        found = json.loads(at.read_text(encoding="utf-8"))
    ours = f"{PRODUCT} {VERSION} {fingerprint_of(SHIPPED)}"
    todo = {name: play for name, play in {ours: _product(SHIPPED), **beside}.items() if name not in found["beside"]}
    if todo or found["played"] is None:
        world = build_world(SCENARIOS[scenario], seed)
        found["played"] = found["played"] or asdict(play_world(world, names, time.process_time))
        found["beside"] |= {name: play(world) for name, play in todo.items()}
    if at:
        at.write_text(json.dumps(found), encoding="utf-8")
    played = Played(**found["played"] | {"policies": {PRODUCT: found["beside"][ours], **found["played"]["policies"]}})
    return played, {name: found["beside"][name] for name in beside}


def scenario_summary(name: str, seeds: range, kept: Path | None = None) -> dict[str, Any]:
    """All policies and bounds of one scenario, and what is played beside them."""
    worlds = [world_figures(name, seed, kept) for seed in seeds]
    beside = {one: [extras[one] for _, extras in worlds] for one in BESIDE.get(name, {})}
    return summarise(name, seeds, {}, [played for played, _ in worlds]) | {"beside": beside}


def scenario_table(summary: dict[str, Any]) -> str:
    """One scenario as a table."""
    lines = [f"## {summary['scenario']}", "", "| Policy | " + " | ".join(COLUMNS) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in _rows(summary, COLUMNS))])


def summary_of(found: Mapping[str, Mapping[str, Any]], seeds: range) -> str:
    """All scenarios in one table, the first columns only."""
    lines = ["| Scenario | Policy | " + " | ".join(FIRST) + " |", "|---" * (len(FIRST) + 2) + "|"]
    lines += ["| " + " | ".join([scenario, *row]) + " |" for scenario, summary in found.items() for row in _rows(summary, FIRST)]
    return SUMMARY.format(seeds=_named(seeds)) + "\n".join(lines) + "\n"


def _rows(summary: Mapping[str, Any], columns: Sequence[str]) -> list[list[str]]:
    both = summary["policies"] | summary["bounds"]
    return [[name, *(_cell(row[m], summary["ci95"][name][m], m) for m in columns)] for name, row in both.items() if row is not None]


def _named(seeds: range) -> str:
    return f"{seeds[0]}-{seeds[-1]}"


def _cell(value: float | None, interval: float | None, metric: str) -> str:
    if value is None:
        return "–"
    digits = 3 if metric in ("fill", "d24", "gini_asks") else 2
    return f"{value:.{digits}f}" + (f" ± {interval:.{digits}f}" if interval is not None else "")


def bounds_table(found: Mapping[str, Mapping[str, Any]]) -> str:
    """What is played beside, as shares of what the clairvoyant fills too."""
    lines = [BOUNDS, "| Scenario | Asker | fill ÷ clairvoyant | " + " | ".join(SHORT) + " |", "|---" * (len(SHORT) + 3) + "|"]
    for scenario, summary in found.items():
        rows = {PRODUCT: summary["policies"][PRODUCT]} | {
            name: {metric: mean(one[metric] for one in worlds) for metric in SHORT} for name, worlds in summary["beside"].items()
        }
        for name, row in rows.items() if summary["beside"] else ():
            share = (row["fill"] or 0.0) / (summary["bounds"]["clairvoyant"]["fill"] or 1.0)
            lines.append(
                f"| {scenario} | {name} | {share:.3f} | " + " | ".join(_cell(row[metric], None, metric) for metric in SHORT) + " |"
            )
    return "\n".join(lines)


def check_fill() -> str:
    """The fill by which a test knows that the page is of this code."""
    return f"{_product(SHIPPED)(build_world(SCENARIOS['rural'], 0))['fill']:.4f}"


def main() -> None:
    """Play, print, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seeds", type=int, default=len(SEEDS), help="how many, from 0; fewer than 20: nothing is written")
    options.add_argument("--kept", type=Path, help="a folder that keeps what was played")
    options.add_argument("only", nargs="*", choices=[*SCENARIOS, []], help="only these scenarios: nothing is written")
    asked = options.parse_args()
    seeds = range(asked.seeds)
    found = play_all(asked.only or list(SCENARIOS), seeds, asked.kept)
    if not asked.only:
        sys.stdout.write("\n\n".join([bounds_table(found), goal_table(found)]) + "\n")
    if not asked.only and len(seeds) >= len(SEEDS):
        write_page(found, seeds)


def play_all(scenarios: Sequence[str], seeds: range, kept: Path | None) -> dict[str, dict[str, Any]]:
    """Play and print scenario by scenario."""
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
    found = {}
    for name in scenarios:
        found[name] = scenario_summary(name, seeds, kept)
        sys.stdout.write(scenario_table(found[name]) + "\n\n")
        sys.stdout.flush()
    return found


def write_page(found: dict[str, dict[str, Any]], seeds: range) -> None:
    """docs/asking.md."""
    head = HEAD.format(seeds=_named(seeds), version=VERSION, settings=fingerprint_of(SHIPPED), check=check_fill())
    tables = [*map(scenario_table, found.values()), bounds_table(found), goal_table(found)]
    PAGE.write_text("\n\n".join([head.rstrip(), *tables]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
