"""The figures of planted faults: read from what mutmut has written, counted by file, and too few of them seen is a failure."""

import json
from pathlib import Path

import pytest

from scripts import mutation


def written(folder: Path, file: str, *codes: int | None) -> None:
    """What mutmut writes of one file: an exit code for each fault, none for one that was not tried."""
    names = {f"matcher.matching.{file}.x_rule__mutmut_{number}": code for number, code in enumerate(codes, start=1)}
    (folder / f"{file}.py.meta").write_text(json.dumps({"exit_code_by_key": names}))


def test_a_fault_is_seen_if_a_test_fails_crashes_or_never_ends(tmp_path: Path) -> None:
    written(tmp_path, "reach", 1, 1, 3, -24, 36, -11, 0, 33, None)
    written(tmp_path, "question")
    seen = mutation.read_faults(tmp_path)
    assert list(seen) == ["reach"], "a file without faults is no file"
    assert list(seen["reach"].values()) == [True] * 6 + [False] * 3
    assert list(mutation.read_faults(tmp_path, tried_only=True)["reach"].values()) == [True] * 6 + [False] * 2
    assert mutation.table_of(seen) == "| `reach` | 9 | 6 | 3 | 66.7% |\n| **all** | 9 | 6 | 3 | 66.7% |"


def test_the_page_says_whether_every_fault_was_tried(tmp_path: Path) -> None:
    written(tmp_path, "reach", 1, 0)
    seen = mutation.read_faults(tmp_path)
    assert "\nEvery fault was tried.\n" in mutation.page_of(seen, "") and "| `reach` | 2 | 1 | 1 | 50.0% |" in mutation.page_of(seen, "")
    assert "\nOnly faults whose number ends in 3 or 7 were tried: the figures are those of a sample.\n" in mutation.page_of(seen, "37")


def test_under_nine_in_ten_it_fails_and_says_so(tmp_path: Path) -> None:
    written(tmp_path, "reach", *[1] * 9, 0)
    mutation.check_enough(mutation.read_faults(tmp_path))
    written(tmp_path, "rules", 1, 0)
    with pytest.raises(SystemExit, match=r"83\.3% of the faults, less than 90%"):
        mutation.check_enough(mutation.read_faults(tmp_path))


def test_where_nothing_was_tried_it_fails(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        mutation.check_enough(mutation.read_faults(tmp_path))
