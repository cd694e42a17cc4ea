"""`make bench`: every benchmark in one run on an embedded server of its own; prints the figures and writes docs/benchmarks.md.

At its end the simulator plays all scenarios, for that page and docs/asking.md. All of it takes about half an hour."""

import argparse
import asyncio
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bench.accepting import measure_accepting
from bench.answering import measure_answering
from bench.deciding import measure_deciding
from bench.figures import Figure, table
from bench.finding import measure_finding
from bench.first_ask import CITY, CROWD, MOST_ROUNDS, measure_first_ask
from bench.importing import measure_importing
from bench.pages import measure_pages
from bench.parsing import measure_parsing
from bench.placing import measure_placing
from bench.planning_ahead import measure_planning
from bench.remembering import measure_availability, measure_remembering
from bench.searching import measure_searching, search_ms
from bench.sending import measure_sending
from bench.simulating import SEEDS, play_all, summary_of, write_page
from bench.starting import measure_starting
from matcher.database import migrate
from matcher.embedded import PROGRAM, EmbeddedServer, start_embedded
from matcher.matching.simulated_settings import SCENARIOS

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Written by `make bench`; edit nothing here. Ratios are taken side by side in one run; times are of one machine and tell little by themselves.

Run on {date}, {machine}, Python {python}, PostgreSQL {server} (embedded, durable as in production).

"""


def _new(server: EmbeddedServer, name: str) -> tuple[str, str]:
    """A fresh migrated database: its owner's and its program's addresses."""
    server.create_database(name)
    asyncio.run(migrate(server.owner_dsn(name), program=PROGRAM))
    return server.owner_dsn(name), server.program_dsn(name)


def _searching(server: EmbeddedServer, quick: bool) -> list[Figure]:
    sizes = (1_000,) if quick else (10_000, 100_000, 1_000_000)
    return [figure for size in sizes for figure in asyncio.run(measure_searching(_new(server, f"search_{size}")[0], size))]


def _first_ask(server: EmbeddedServer, quick: bool) -> list[Figure]:
    rounds = 0 if quick else MOST_ROUNDS
    return [
        figure
        for size in ((CITY,) if quick else (CITY, CROWD))
        for figure in asyncio.run(measure_first_ask(*_new(server, f"first_ask_{size}"), rounds=rounds, size=size))
    ]


def _remembering(server: EmbeddedServer, quick: bool) -> list[Figure]:
    sizes = (1_000,) if quick else (1_000, 10_000, 100_000, 1_000_000)
    beside = min(100_000, sizes[-1])
    in_sql = asyncio.run(search_ms(_new(server, "beside_memory")[0], beside))
    kept = asyncio.run(measure_availability(_new(server, "hours")[0], 1_000 if quick else 50_000))
    return [*measure_remembering({size: in_sql if size == beside else None for size in sizes}), *kept]


PARTS: dict[str, Callable[[EmbeddedServer, bool], list[Figure]]] = {
    "searching": _searching,
    "accepting": lambda server, quick: asyncio.run(measure_accepting(*_new(server, "accept"), count=200 if quick else 5_000)),
    "answering": lambda server, quick: asyncio.run(measure_answering(*_new(server, "answers"), count=20 if quick else 1_000)),
    "first_ask": _first_ask,
    "pages": lambda server, quick: asyncio.run(
        measure_pages(_new(server, "pages")[1], turns=1 if quick else 21, count=20 if quick else 100)
    ),
    "deciding": lambda server, quick: measure_deciding(quick=quick),
    "finding": lambda server, quick: asyncio.run(
        measure_finding(*_new(server, "finding"), size=2_000 if quick else 100_000, count=50 if quick else 1_000)
    ),
    "starting": lambda server, quick: measure_starting(again=1 if quick else 3),
    "parsing": lambda server, quick: measure_parsing(quick=quick),
    "importing": lambda server, quick: measure_importing(_new(server, "import")[1], 500 if quick else 100_000),
    "placing": lambda server, quick: measure_placing(_new(server, "places")[1], count=20_000 if quick else 1_700_000),
    "sending": lambda server, quick: measure_sending(count=20 if quick else 500),
    "remembering": _remembering,
    "planning": lambda server, quick: measure_planning(quick=quick),
}
"""What can be measured, in the order of the page. What takes much memory here comes last: a program's highest memory begins with that of the
one that started it, and the import is judged by its own."""


def main() -> None:
    """Measure, print, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="a smoke run: small sizes, nothing written")
    options.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=f"only these, nothing written: {', '.join(PARTS)}")
    options.add_argument("--kept", type=Path, help="a folder that keeps what was simulated, so that a run broken off goes on from there")
    asked = options.parse_args()
    parts = asked.parts or list(PARTS)
    folder = Path(tempfile.mkdtemp(prefix="alongside-bench-"))
    folder.chmod(0o755)
    try:
        with start_embedded(folder) as server:
            figures = [figure for part in parts for figure in PARTS[part](server, asked.quick)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write(table(figures))
    if not asked.quick and not asked.parts:
        head = HEAD.format(
            date=datetime.now(UTC).date().isoformat(),
            machine=f"{platform.system()} {platform.machine()}",
            python=platform.python_version(),
            server="18",
        )
        found = play_all(list(SCENARIOS), SEEDS, asked.kept)
        write_page(found, SEEDS)
        PAGE.write_text(head + table(figures) + summary_of(found, SEEDS), encoding="utf-8")


if __name__ == "__main__":
    main()
