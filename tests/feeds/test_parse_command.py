"""`python -m matcher meetings parse`: one object on standard output, nothing else touched, at once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from matcher.__main__ import new_app

ROOT = Path(__file__).parents[2]
FEED = [{"slug": "a", "name": "Ebb", "day": 1, "time": "19:00", "formatted_address": "1 High St, Bournemouth BH1 4HS, UK", "types": ["O"]}]


def write(folder: Path, feed: object, name: str = "feed.json") -> str:
    file = folder / name
    file.write_text(json.dumps(feed), encoding="utf-8")
    return str(file)


def run(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(new_app(), ["meetings", "parse", *words])
    return done.exit_code, done.stdout, done.stderr


def test_it_prints_exactly_one_object_and_ends_with_nought(tmp_path: Path) -> None:
    code, out, err = run(write(tmp_path, FEED), "--format", "meeting_guide", "--fellowship", "aa", "--json")
    assert (code, err, out.count("\n")) == (0, "", 1)
    assert json.loads(out)["rows"][0]["fellowship"] == "AA"


def test_without_json_it_prints_a_table_for_people(tmp_path: Path) -> None:
    code, out, _ = run(write(tmp_path, FEED), "--format", "meeting_guide", "--fellowship", "AA")
    assert code == 0 and "Ebb" in out and "1 taken" in out and "{" not in out


def test_a_quarantined_run_prints_its_object_and_ends_with_one(tmp_path: Path) -> None:
    code, out, _ = run(write(tmp_path, []), "--format", "meeting_guide", "--fellowship", "NA", "--json")
    assert (code, json.loads(out)["error_kind"]) == (1, "no_rows")


def test_a_missing_column_is_named_on_standard_error(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("Name,Day\nA,Monday\n", encoding="utf-8")
    code, out, err = run(str(file), "--format", "sheet", "--fellowship", "AA", "--json")
    assert (code, json.loads(out)["error_kind"]) == (1, "missing_required_column")
    assert "no column id" in err


@pytest.mark.parametrize(
    "words",
    [["--format", "pdf", "--fellowship", "AA"], ["--format", "meeting_guide", "--fellowship", "XX"], ["--format", "meeting_guide"], ["--fellowship", "AA"],
     ["--format", "meeting_guide", "--fellowship", "AA", "--timezone", "GMT"], ["--format", "meeting_guide", "--fellowship", "AA", "--date-order", "ymd"],
     ["--format", "meeting_guide", "--fellowship", "AA", "--loud"]],
)  # fmt: skip
def test_a_wrong_command_says_so_and_prints_no_json(tmp_path: Path, words: list[str]) -> None:
    code, out, err = run(write(tmp_path, FEED), *words, "--json")
    assert (code, out) == (2, "") and err


def test_no_such_file_is_a_wrong_command(tmp_path: Path) -> None:
    code, out, err = run(str(tmp_path / "none.json"), "--format", "meeting_guide", "--fellowship", "AA", "--json")
    assert (code, out) == (2, "") and "none.json" in err
    assert run(str(tmp_path), "--format", "meeting_guide", "--fellowship", "AA")[0] == 2


BMLT = [{"id_bigint": "7", "service_body_bigint": "1", "weekday_tinyint": "1", "start_time": "19:00:00", "meeting_name": "Ebb"}]
MARKER = {"code": "7", "title": "Ebb", "day": "Sunday", "time": "19.00", "lat": "NaN", "lng": "NaN"}
PAGE = {"data": [{"id": "7", "attributes": {"title": "Ebb", "field_meeting_day": "Sunday", "field_meeting_times": {"from": 68400}}}]}


@pytest.mark.parametrize(("format", "feed"), [("bmlt", BMLT), ("aagb", [MARKER]), ("ukna", PAGE), ("meeting_guide", FEED)])
def test_a_format_may_be_told_from_the_file_and_is_named_on_standard_error(tmp_path: Path, format: str, feed: object) -> None:
    asked = run(write(tmp_path, feed), "--format", format, "--fellowship", "NA", "--json")
    assert asked[0] == 0 and json.loads(asked[1])["rows"][0]["start"] == "19:00"
    told = run(write(tmp_path, feed), "--format", "auto", "--fellowship", "NA", "--json")
    assert told[:2] == asked[:2] and told[2] == f"Read as {format}.\n"


def test_a_file_in_none_of_the_formats_is_a_wrong_command(tmp_path: Path) -> None:
    code, out, err = run(write(tmp_path, {"error": 1}), "--format", "auto", "--fellowship", "NA", "--json")
    assert (code, out) == (2, "") and "none of the formats" in err


def test_the_program_needs_no_settings_writes_nothing_and_loads_no_driver(tmp_path: Path) -> None:
    file = write(tmp_path, FEED)
    watch = (
        "import sys; from matcher.__main__ import main\n"
        f"sys.argv = ['x', 'meetings', 'parse', {file!r}, '--format', 'meeting_guide', '--fellowship', 'AA', '--json']\n"
        "try: main()\nfinally: print(sorted({'asyncpg', 'aiohttp', 'numpy', 'jinja2', 'geopy', 'rich.table'} & set(sys.modules)), file=sys.stderr)"
    )
    plain = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    done = [subprocess.run([sys.executable, "-c", watch], cwd=tmp_path, env=plain, capture_output=True, timeout=60) for _ in range(2)]
    assert done[0].stdout == done[1].stdout and done[0].returncode == 0
    assert done[0].stderr.decode().strip() == "[]"
    assert os.listdir(tmp_path) == ["feed.json"]
