"""Plants small faults into `matcher/matching`, one at a time (mutmut), and counts those that a test sees. Fails below nine in ten.

    make mutants                       every file: the figures in docs/mutation.md
    make mutants ARGS=rules_people     one file or several, and each fault in them that no test sees

Which files, and which tests judge them, stands in pyproject.toml. MUTMUT names the folder mutmut was installed into (CONTRIBUTING.md).
The faults lie in the folder `mutants`, which may be removed at any time.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
PLANTED = ROOT / "mutants"
FIGURES = ROOT / "docs" / "mutation.md"
SEEN_LEAST = 0.90
SEEN = ("killed", "timeout", "segfault")
MUTMUT = "import sys; sys.path.append(sys.argv.pop(1)); from mutmut.__main__ import cli; cli()"
"""At the end of the path, so that the packages it brings along hide none of ours."""
PAGE = """# Planted faults

Small faults are planted into `matcher/matching` one at a time (a comparison turned round, an argument dropped, a number one higher), and the tests
of matching are run against each. A fault that no test sees is a promise nobody keeps, or a line that makes no difference. Written by `make mutants`;
below {least:.0%} seen it fails. The simulator (`simulat*`, `hindsight`) is left out, and why the rest is not 100 % stands in decision 31.

| File | planted | seen | not seen | share |
|---|---:|---:|---:|---:|
{rows}
"""

Verdicts = Mapping[str, Mapping[str, str]]
"""File → name of a fault → what became of it."""


def main() -> None:
    chosen, processes = _read_arguments()
    if not chosen:
        shutil.rmtree(PLANTED, ignore_errors=True)
    patterns = [f"matcher.matching.{name}.*" for name in chosen]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}  # sets come in the same order in each run
    command = [sys.executable, "-c", MUTMUT, os.environ.get("MUTMUT", "")]
    subprocess.run([*command, "run", "--max-children", str(processes), *patterns], cwd=ROOT, env=environment, check=True)
    verdicts = {file: found for file, found in _verdicts().items() if not chosen or file in chosen}
    print(_table(verdicts))
    if chosen:
        for name in (name for found in verdicts.values() for name, verdict in found.items() if verdict not in SEEN):
            subprocess.run([*command, "show", name], cwd=ROOT, check=True)
    else:
        FIGURES.write_text(PAGE.format(least=SEEN_LEAST, rows=_table(verdicts)))
    share = _share(Counter(verdict for found in verdicts.values() for verdict in found.values()))
    if share < SEEN_LEAST:
        raise SystemExit(f"The tests see {share:.1%} of the faults, less than {SEEN_LEAST:.0%}.")


def _read_arguments() -> tuple[list[str], int]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", help="names of modules in matcher/matching; none: all of them")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    told = parser.parse_args()
    if unknown := [name for name in told.files if not (ROOT / "matcher" / "matching" / f"{name}.py").is_file()]:
        parser.error(f"no file of matcher/matching: {', '.join(unknown)}")
    return told.files, told.processes


def _verdicts() -> Verdicts:
    """What mutmut has written down of every file."""
    if folder := os.environ.get("MUTMUT"):
        sys.path.append(folder)
    from mutmut.stats import status_by_exit_code

    kept = {path.name.removesuffix(".py.meta"): json.loads(path.read_text())["exit_code_by_key"] for path in _written()}
    return {file: {name: status_by_exit_code[code] for name, code in codes.items()} for file, codes in kept.items() if codes}


def _written() -> Iterable[Path]:
    return sorted((PLANTED / "matcher" / "matching").glob("*.meta"))


def _share(verdicts: Counter[str]) -> float:
    return sum(verdicts[verdict] for verdict in SEEN) / max(1, verdicts.total())


def _table(verdicts: Verdicts) -> str:
    by_file = {file: Counter(found.values()) for file, found in verdicts.items()}
    together = sum(by_file.values(), Counter())
    return "\n".join(_row(f"`{file}`", counts) for file, counts in by_file.items()) + "\n" + _row("**all**", together)


def _row(name: str, counts: Counter[str]) -> str:
    seen = sum(counts[verdict] for verdict in SEEN)
    return f"| {name} | {counts.total()} | {seen} | {counts.total() - seen} | {_share(counts):.1%} |"


if __name__ == "__main__":
    main()
