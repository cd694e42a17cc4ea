"""Each parser fuzzed by atheris for some minutes, from small made-up feeds: no exception escapes, no row is invented. Only in the long run.

atheris is no package of the lock: it has no wheel for every platform. CONTRIBUTING.md says how to have it.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from test_parse_any_rows import BOOKS

from bench.parsing import FEEDS
from matcher.feeds.formats import FORMATS

ROOT = Path(__file__).parents[2]
HARNESS = Path(__file__).with_name("fuzz_feed.py")
KINDS = {**dict.fromkeys(FORMATS, ""), "xlsx": "xl/worksheets/sheet1.xml", "ods": "content.xml"}
"""What is fuzzed: a format's text, or one member of a spreadsheet."""
RUNS, SECONDS = 200_000, 60
"""Whichever comes first, for each of them."""
FEED_MOST = 4096
WORDS = [
    *(
        '"id_bigint"',
        '"formats"',
        '"meetings"',
        '"world_id"',
        '"startTime"',
        '"slug"',
        '"day"',
        '"types"',
        '"conference_url"',
        '"attributes"',
    ),
    *(
        '"field_meeting_times"',
        '"key_string"',
        '"customFields"',
        "24:00",
        "7pm-9",
        "Mon, Wed",
        "daily",
        "https://zoom.us/j/1?pwd=x",
        "BH1 4HS",
    ),
    *(
        "Passcode: gull42",
        "first Monday",
        "NaN",
        "#@-@#",
        "&lt;script&gt;",
        "table:number-rows-repeated",
        "r=",
        "mergeCell",
        "<f>",
        "ID,Name",
        "crash",
    ),
]


def planted_corpus(folder: Path, kind: str) -> Path:
    """Small feeds of this kind, and a list of words worth trying."""
    corpus = folder / "corpus"
    corpus.mkdir()
    if member := KINDS[kind]:
        part = BOOKS[kind][member]
        seeds = [part.encode() if isinstance(part, str) else part]
    else:
        texts = [make for name, (format, make) in FEEDS.items() if format == kind and "ods" not in name and "xlsx" not in name]
        seeds = [make(size) for make in texts for size in (1, 2, 4)]
    for number, seed in enumerate(seeds):
        (corpus / str(number)).write_bytes(seed)
    quoted = [word.replace("\\", "\\\\").replace('"', '\\"') for word in WORDS]
    (folder / "words").write_text("".join(f'"{word}"\n' for word in quoted), encoding="utf-8")
    return corpus


def fuzz(folder: Path, kind: str, *options: str) -> subprocess.CompletedProcess[str]:
    """One run. `ATHERIS` names the folder atheris was installed into, where it is not among this environment's packages."""
    command = [sys.executable, HARNESS, kind, planted_corpus(folder, kind), *options, f"-dict={folder / 'words'}", f"-max_len={FEED_MOST}"]
    command += [f"-artifact_prefix={folder}/", "-timeout=30", "-rss_limit_mb=1024", "-print_final_stats=1", "-verbosity=0"]
    paths = [path for path in (str(ROOT), os.environ.get("ATHERIS")) if path]
    return subprocess.run(
        command, capture_output=True, text=True, errors="replace", check=False, env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    )


def last_of(done: subprocess.CompletedProcess[str]) -> str:
    """What it said, for whoever must look into it."""
    if "No module named 'atheris'" in done.stderr:
        return "The long run needs atheris: pip install --target DIR atheris, then ATHERIS=DIR (CONTRIBUTING.md)."
    return (done.stdout + done.stderr)[-4000:]


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_fuzzing_finds_no_crash_and_no_invented_row(kind: str, tmp_path: Path) -> None:
    done = fuzz(tmp_path, kind, f"-runs={RUNS}", f"-max_total_time={SECONDS}")
    assert done.returncode == 0, last_of(done)
    count = re.search(r"number_of_executed_units:\s*(\d+)", done.stderr)
    assert count and int(count[1]) > 500, last_of(done)
    print(f"{kind}: {count[1]} runs")


@pytest.mark.long
def test_fuzzing_finds_a_planted_crash(tmp_path: Path) -> None:
    """No seed has so long a key: the fuzzer must bring one about."""
    done = fuzz(tmp_path, "meeting_guide", "--plant", "-seed=1", f"-max_total_time={3 * SECONDS}")
    assert done.returncode and "ZeroDivisionError" in done.stdout + done.stderr, last_of(done)
