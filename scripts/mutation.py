"""Plants small faults into `matcher/matching`, one at a time (mutmut), and counts those that a test sees. Fails below nine in ten.

    make mutants                       every file: the figures in docs/mutation.md
    make mutants ARGS=rules_people     one file or several, and each fault in them that no test sees
    make mutants ARGS='--ending 3'     a quick look: only faults whose number ends in 3 (or in one of several digits)

Each file is judged by its own tests. MUTMUT names the folder mutmut was installed into (CONTRIBUTING.md). Everything lies in the folder
`mutants`, which may be removed at any time.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parent.parent
MATCHING = Path("matcher") / "matching"
PLANTED = ROOT / "mutants"
FIGURES = ROOT / "docs" / "mutation.md"
SEEN_LEAST = 0.90
SURVIVED, NO_TEST, NOT_TRIED = 0, (5, 33), None
"""What mutmut writes down of a fault that no test sees; any other code is that of a test that failed, crashed or never ended."""
SMALL = 50
"""A file of fewer lines is tried whole: it may have no fault of a certain number, and mutmut takes that for a mistake."""
LEFT_OUT = ("simulat*", "hindsight", "__init__")
RULES = ("rules_columns", "rules_people", "rules_meeting")
ASKING = ("choosing_asks", "ask_figures", "looking_again", "asking_settings")
JUDGES: Mapping[str, Sequence[str]] = {
    "asking_figures": ("ask_figures", "looking_again", "choosing_asks", "asking_for_pairs"),
    "asking_settings": ASKING,
    "asking_view": ("waves", "ask_figures"),
    "chances": ("chances", "ask_figures"),
    "choosing_asks": ASKING,
    "plan_solving": ("planning", "planning_exact"),
    "planning": ("planning", "planning_exact"),
    "policies": ("replaying", "choosing_asks"),
    "question": ("rules_columns",),
    "rules": ("rules_columns", "eligible"),
    "rules_meeting": ("rules_columns", "rules_meeting"),
    "rules_people": ("rules_columns", "rules_people"),
    "rules_referral": RULES,
}
"""Where the tests of a file are not in the one named after it. A few files of tests for each: some thousand faults have to be tried."""
SETTINGS = """[mutmut]
source_paths=matcher
only_mutate={file}
pytest_add_cli_args_test_selection=
    {tests}
pytest_add_cli_args=
    --hypothesis-profile=planted faults
    {spared}
timeout_multiplier=3
timeout_constant=3
track_dependencies=false
use_git_change_detection=false
"""
SPARED = ("xdist", "aiohttp", "faulthandler", "unraisableexception", "threadexception", "junitxml", "doctest", "logging", "time-machine")
"""Parts of pytest that these tests do without: starting it takes half as long."""
MUTMUT = "import sys; sys.path.append(sys.argv.pop(1)); from mutmut.__main__ import cli; cli()"
"""At the end of the path, so that the packages it brings along hide none of ours."""
PAGE = """# Planted faults

Small faults are planted into `matcher/matching` one at a time (a comparison turned round, an argument dropped, a number one higher), and the tests
of that file are run against each. A fault that no test sees is a promise that nobody checks, or makes no difference. Written by `make mutants`; below
{least:.0%} seen it fails. What is left out, and why the rest is not 100 %, stands in [decision 31](decisions/0031-planted-faults.md).

{extent}

| File | planted | seen | not seen | share |
|---|---:|---:|---:|---:|
{rows}
"""

Faults = Mapping[str, Mapping[str, bool]]
"""File → name of a fault → whether a test sees it."""


def main() -> None:
    told = _read_arguments()
    faults: dict[str, Mapping[str, bool]] = {}
    for file in told.files or _all_files():
        _plant(file, told.processes, told.ending)
        faults |= read_faults(_folder(file) / "mutants" / MATCHING, tried_only=bool(told.ending))
        print(table_of(faults), flush=True)
        if told.files or told.ending:
            for name in (name for name, seen in faults.get(file, {}).items() if not seen):
                _mutmut(file, "show", name)
    if not told.files:
        FIGURES.write_text(page_of(faults, told.ending))
    check_enough(faults)


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", help="names of modules in matcher/matching; none: all of them")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--ending", default="", help="digits: try only faults whose number ends in one of them")
    told = parser.parse_args()
    if unknown := [name for name in told.files if name not in _all_files()]:
        parser.error(f"no file that faults are planted into: {', '.join(unknown)}")
    return told


def _all_files() -> list[str]:
    files = sorted(path for path in (ROOT / MATCHING).glob("*.py"))
    return [path.stem for path in files if not any(path.match(f"{pattern}.py") for pattern in LEFT_OUT)]


def _folder(file: str) -> Path:
    return PLANTED / file


def _plant(file: str, processes: int, ending: str) -> None:
    """Run mutmut over one file, in a folder of its own in which everything else is as it is here."""
    folder = _folder(file)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("matcher", "tests", "pyproject.toml"):
        (folder / name).symlink_to(ROOT / name)
    tests = "\n    ".join(f"tests/matching/test_{name}.py" for name in JUDGES.get(file, (file,)))
    spared = "\n    ".join(f"-pno:{name}" for name in SPARED)
    (folder / "setup.cfg").write_text(SETTINGS.format(file=MATCHING / f"{file}.py", tests=tests, spared=spared))
    told = None if sys.stdout.isatty() else (folder / "run.log").open("w")  # it draws a wheel that turns
    whole = len((ROOT / MATCHING / f"{file}.py").read_text().splitlines()) < SMALL
    only = [] if whole else [f"matcher.matching.{file}.*{digit}" for digit in ending]
    _mutmut(file, "run", "--max-children", str(processes), *only, told=told)


def _mutmut(file: str, *arguments: str, told: IO[str] | None = None) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": "0"}  # sets come in the same order in each run
    command = [str(ROOT / ".venv" / "bin" / "python"), "-c", MUTMUT, os.environ.get("MUTMUT", ""), *arguments]
    subprocess.run(command, cwd=_folder(file), env=environment, stdout=told, check=True)


def read_faults(folder: Path, *, tried_only: bool = False) -> Faults:
    """What mutmut has written down beside the files it has planted faults into. A fault that was not tried is not seen, or is left out."""
    found = {}
    for path in sorted(folder.glob("*.py.meta")):
        codes = json.loads(path.read_text())["exit_code_by_key"].items()
        seen = {name: code not in (SURVIVED, *NO_TEST, NOT_TRIED) for name, code in codes if code is not NOT_TRIED or not tried_only}
        if seen:
            found[path.name.removesuffix(".py.meta")] = seen
    return found


def page_of(faults: Faults, ending: str) -> str:
    """The page of figures; it says so where only some of the faults were tried."""
    some = f"Only faults whose number ends in {' or '.join(ending)} were tried: the figures are those of a sample."
    return PAGE.format(least=SEEN_LEAST, extent=some if ending else "Every fault was tried.", rows=table_of(faults))


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
