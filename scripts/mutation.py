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
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
PLANTED = ROOT / "mutants"
FIGURES = ROOT / "docs" / "mutation.md"
SEEN_LEAST = 0.90
SURVIVED, NO_TEST, NOT_TRIED = 0, (5, 33), None
"""What mutmut writes down of a fault that no test sees; any other code is that of a test that failed, crashed or never ended."""
MUTMUT = "import sys; sys.path.append(sys.argv.pop(1)); from mutmut.__main__ import cli; cli()"
"""At the end of the path, so that the packages it brings along hide none of ours."""
PAGE = """# Planted faults

Small faults are planted into `matcher/matching` one at a time (a comparison turned round, an argument dropped, a number one higher), and the tests
of matching are run against each. A fault that no test sees is a promise that nobody checks, or makes no difference. Written by `make mutants`; below
{least:.0%} seen it fails. What is left out, and why the rest is not 100 %, stands in [decision 31](decisions/0031-planted-faults.md).

| File | planted | seen | not seen | share |
|---|---:|---:|---:|---:|
{rows}
"""

Faults = Mapping[str, Mapping[str, bool]]
"""File → name of a fault → whether a test sees it."""


def main() -> None:
    chosen, processes = _read_arguments()
    if not chosen:
        shutil.rmtree(PLANTED, ignore_errors=True)
    patterns = [f"matcher.matching.{name}.*" for name in chosen]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}  # sets come in the same order in each run
    command = [sys.executable, "-c", MUTMUT, os.environ.get("MUTMUT", "")]
    subprocess.run([*command, "run", "--max-children", str(processes), *patterns], cwd=ROOT, env=environment, check=True)
    faults = {file: found for file, found in read_faults(PLANTED / "matcher" / "matching").items() if not chosen or file in chosen}
    print(table_of(faults))
    if chosen:
        for name in (name for found in faults.values() for name, seen in found.items() if not seen):
            subprocess.run([*command, "show", name], cwd=ROOT, check=True)
    else:
        FIGURES.write_text(PAGE.format(least=SEEN_LEAST, rows=table_of(faults)))
    check_enough(faults)


def _read_arguments() -> tuple[list[str], int]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", help="names of modules in matcher/matching; none: all of them")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    told = parser.parse_args()
    if unknown := [name for name in told.files if not (ROOT / "matcher" / "matching" / f"{name}.py").is_file()]:
        parser.error(f"no file of matcher/matching: {', '.join(unknown)}")
    return told.files, told.processes


def read_faults(folder: Path) -> Faults:
    """What mutmut has written down beside the files it has planted faults into."""
    kept = {
        path.name.removesuffix(".py.meta"): json.loads(path.read_text())["exit_code_by_key"] for path in sorted(folder.glob("*.py.meta"))
    }
    return {
        file: {name: code not in (SURVIVED, *NO_TEST, NOT_TRIED) for name, code in codes.items()} for file, codes in kept.items() if codes
    }


def check_enough(faults: Faults) -> None:
    """Ends the program where too few are seen."""
    share = _share([seen for found in faults.values() for seen in found.values()])
    if share < SEEN_LEAST:
        raise SystemExit(f"The tests see {share:.1%} of the faults, less than {SEEN_LEAST:.0%}.")


def table_of(faults: Faults) -> str:
    """A line for each file and one for all."""
    rows = {f"`{file}`": list(found.values()) for file, found in faults.items()}
    rows["**all**"] = [seen for found in rows.values() for seen in found]
    return "\n".join(
        f"| {name} | {len(seen)} | {sum(seen)} | {len(seen) - sum(seen)} | {_share(seen):.1%} |" for name, seen in rows.items()
    )


def _share(seen: Sequence[bool]) -> float:
    return sum(seen) / max(1, len(seen))


if __name__ == "__main__":
    main()
