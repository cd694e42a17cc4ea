"""`meetings import` and `meetings sources` as programs call them: one object on standard output, a sentence for misuse, exit codes."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.conftest import TestDatabase
from tests.directory import but, rows
from tests.house import ROOT

KEYS = (
    "added updated unchanged restored held missing withdrawn rejected skipped issues deleted changed_fields conflicts run error_kind needs_coordinator"
).split()
Command = Any


def start(dsn: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    """Run the program with nothing but a database."""
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATABASE_URL": dsn}
    return subprocess.run([sys.executable, "-m", "matcher", "meetings", *words], env=env, capture_output=True, timeout=120)


@pytest.fixture
def command(database: TestDatabase) -> Iterator[Command]:
    def run(*words: str, code: int = 0) -> dict[str, Any]:
        done = start(database.program_dsn, *words)
        assert done.returncode == code, done.stderr.decode()
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    yield run


@pytest.fixture
def source(command: Command) -> str:
    command("sources", "add", "aa-bay", "--format", "meeting_guide", "--fellowship", "AA", "--json")
    return "aa-bay"


def write(folder: Path, feed: object) -> str:
    path = folder / "feed.json"
    path.write_text(feed if isinstance(feed, str) else json.dumps(feed))
    return str(path)


def test_a_file_is_brought_in_tried_and_brought_in_again(command: Command, source: str, tmp_path: Path) -> None:
    first = command("import", write(tmp_path, rows()), "--source", source, "--json")
    assert list(first) == KEYS and (first["added"], first["deleted"], first["run"]) == (10, 0, "ok")
    changed = write(tmp_path, but(rows(), "m1", time="20:00"))
    tried = command("import", changed, "--source", source, "--dry-run", "--json")
    done = command("import", changed, "--source", source, "--json")
    assert tried == done and (done["updated"], done["unchanged"]) == (1, 9)
    assert command("import", changed, "--source", source, "--json")["unchanged"] == 10


def test_what_cannot_be_believed_is_said_with_exit_one(command: Command, source: str, tmp_path: Path) -> None:
    command("import", write(tmp_path, rows()), "--source", source, "--json")
    cut = command("import", write(tmp_path, rows(3)), "--source", source, "--json", code=1)
    assert (cut["run"], cut["error_kind"], cut["missing"], cut["needs_coordinator"]) == ("quarantined", "too_few_rows", 0, True)
    broken = command("import", write(tmp_path, "<html><body>no</body></html>"), "--source", source, "--json", code=1)
    assert (broken["run"], broken["error_kind"]) == ("failed", "html_page")
    listed = command("sources", "list", "--json")["sources"]
    assert [(one["id"], one["state"], one["last_good_rows"]) for one in listed] == [(source, "failing", 10)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("import", "x.json", "--source", "nobody", "--json"), "meetings sources add nobody --format"),
        (("import", "x.json", "--source", "aa-bay", "--json"), "no file x.json"),
        (("sources", "add", "aa-bay", "--format", "sheet", "--fellowship", "NA"), "already"),
        (("sources", "add", "Big", "--format", "sheet", "--fellowship", "NA"), "small letters"),
        (("sources", "add", "other", "--format", "pdf", "--fellowship", "NA"), "no format pdf"),
        (("sources", "add", "other", "--format", "sheet", "--fellowship", "XX"), "no fellowship XX"),
        (("sources", "add", "other", "--format", "sheet", "--fellowship", "NA", "--timezone", "BST"), "no time zone"),
        (("sources", "add", "other", "--format", "sheet", "--fellowship", "NA", "--url", "example"), "web address"),
        (("import",), "Missing argument"),
    ],
)
def test_misuse_is_a_sentence_and_exit_two(database: TestDatabase, source: str, words: tuple[str, ...], said: str) -> None:
    done = start(database.program_dsn, *words)
    assert (done.returncode, done.stdout) == (2, b"") and said in done.stderr.decode()


def test_without_a_database_it_says_which_setting_is_missing(tmp_path: Path) -> None:
    done = start("", "import", write(tmp_path, rows()), "--source", "aa-bay", "--json")
    assert (done.returncode, done.stdout) == (2, b"") and b"DATABASE_URL" in done.stderr


def test_a_database_that_was_never_made_ready_says_so(empty_database: TestDatabase) -> None:
    done = start(empty_database.owner_dsn, "sources", "list", "--json")
    assert (done.returncode, done.stdout) == (2, b"") and b"alongside migrate" in done.stderr


async def test_an_address_is_fetched_and_one_inside_is_not(database: TestDatabase, source: str) -> None:
    asked: list[str] = []

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        asked.append(request.path)
        body = b" " * (30 * 1024 * 1024) if request.path == "/large" else json.dumps(rows()).encode()
        return web.Response(body=body)

    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        refused = await fetch(database, f"{url}/feed", "--source", source, "--json")
        assert (refused["run"], refused["error_kind"], asked) == ("failed", "address_refused", [])
        assert (await fetch(database, f"{url}/feed", "--source", source, "--json", "--from-loopback"))["added"] == 10
        large = await fetch(database, f"{url}/large", "--source", source, "--json", "--from-loopback")
        assert (large["run"], large["error_kind"], large["unchanged"]) == ("failed", "too_large", 0)
    finally:
        await runner.cleanup()


async def fetch(database: TestDatabase, *words: str) -> dict[str, Any]:
    """The import of an address, beside the server that answers it."""
    done = await asyncio.to_thread(start, database.program_dsn, "import", *words)
    found: dict[str, Any] = json.loads(done.stdout)
    return found
