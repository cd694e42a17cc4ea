"""How long loading 1.7 million postcodes takes and how much memory, by the command as an operator runs it; and from a file of the National Grid."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from bench.figures import Figure
from matcher.domain.place import load_sectors

ROOT = Path(__file__).parent.parent
ENDS = [a + b for a, b in product("ABDEFGHJLNPQRSTUWXYZ", repeat=2)]
ROWS = 1_700_000
MOST_S, MOST_MB = 60, 300


def made_up_rows(count: int, *, by_grid: bool) -> Iterator[str]:
    """So many postcodes of real sectors, each somewhere near its sector, as CSV lines."""
    sectors = list(load_sectors().items())
    each = -(-count // len(sectors))
    for number in range(count):
        place, step = divmod(number, each)
        code, sector = sectors[place]
        point = sector.point
        assert point is not None
        if by_grid:
            yield f'"{code}{ENDS[step]}",10,{200_000 + number % 400_000},{100_000 + number % 800_000},"E92000001","","","","",""\n'
        else:
            yield f'{code}{ENDS[step]},"{code}{ENDS[step]}",198001,,S99999999,{point.latitude + step / 1e5:.6f},{point.longitude + step / 1e5:.6f}\n'


def write_file(file: Path, count: int, *, by_grid: bool) -> None:
    """A file of postcode points as ONS writes it, or as Code-Point Open does."""
    with file.open("w", encoding="utf-8") as out:
        if not by_grid:
            out.write("pcd,pcds,dointr,doterm,oscty,lat,long\n")
        out.writelines(made_up_rows(count, by_grid=by_grid))


def _load(dsn: str, file: Path) -> tuple[float, float]:
    """Seconds and the most MB of memory of one load in a process of its own."""
    began = time.perf_counter()
    running = subprocess.Popen(
        [sys.executable, "-m", "matcher", "places", "load", str(file), "--vintage", "2026"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": dsn},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert running.stderr is not None
    said = running.stderr.read()
    _, status, used = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    assert running.returncode == 0, said.decode()
    return time.perf_counter() - began, used.ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024)


def measure_placing(dsn: str, *, count: int = ROWS) -> list[Figure]:
    """Seconds and MB of a first load by latitude and longitude, and of a second, by the grid, that replaces it."""
    figures = []
    with tempfile.TemporaryDirectory(prefix="alongside-placing-") as name:
        for by_grid, words in ((False, "latitudes and longitudes"), (True, "the National Grid, replacing the first")):
            file = Path(name) / f"points-{by_grid}.csv"
            write_file(file, count, by_grid=by_grid)
            seconds, megabytes = _load(dsn, file)
            figures.append(
                Figure(
                    f"places load, {count:,} postcodes, {words}",
                    f"{seconds:.1f} s",
                    f"≤ {MOST_S} s",
                    seconds <= MOST_S if count == ROWS else None,
                )
            )
            figures.append(Figure(f"memory of places load, {words}", f"{megabytes:.0f} MB", f"≤ {MOST_MB} MB", megabytes <= MOST_MB))
    return figures
