"""The command line as an operator meets it: one sentence for every mistake, several processes on one database, backups nobody else can read."""

import asyncio
import base64
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from matcher.domain.errors import Misconfigured
from matcher.embedded import EmbeddedServer
from matcher.postgres_backup import NotBackedUp, find_pg_dump, make_backup
from tests.conftest import TestDatabase
from tests.people import People
from tests.site import TestClock

ROOT = Path(__file__).parent.parent
KEY = base64.b64encode(b"k" * 32).decode()
OTHER_KEY = base64.b64encode(b"o" * 32).decode()
PROVIDER = ["create-provider", "--name", "Harbour", "--reply-to", "team@example.org", "--telephone", "0113 496 0000"]


def environment(database: TestDatabase | None, port: int = 8080, **changes: str) -> dict[str, str]:
    """Settings as an operator exports them; an empty change takes one away."""
    settings = {
        "BASE_URL": f"http://127.0.0.1:{port}",
        "SMTP_URL": "smtp://127.0.0.1:1",
        "MAIL_DOMAIN": "example.org",
        "MASTER_KEYS": f"1:{KEY}",
        "IDENTITY_KEY": KEY,
        "NO_COLOR": "1",
        "TERM": "dumb",
        "COLUMNS": "200",
        "PATH": os.environ["PATH"],
    }
    if database:
        settings |= {"DATABASE_URL": database.program_dsn, "MIGRATE_DATABASE_URL": database.owner_dsn}
    return {name: value for name, value in (settings | changes).items() if value}


def alongside(arguments: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "matcher", *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set.*--embedded"),
        ({"DATABASE_URL": "mysql://x"}, "must begin with postgresql://"),
        ({"BASE_URL": ""}, "BASE_URL is not set"),
        ({"BASE_URL": "http://alongside.example.org"}, "must begin with https://"),
        ({"SMTP_URL": "http://mail"}, "SMTP_URL must be"),
        ({"MASTER_KEYS": "1:short"}, "32 random bytes"),
        ({"IDENTITY_KEY": ""}, "IDENTITY_KEY is not set"),
        ({"TRUSTED_PROXIES": "everybody"}, "TRUSTED_PROXIES must be"),
        ({"SENDING": "maybe"}, "SENDING must be one of"),
        ({"MASTER_KEYS_FILE": "/nowhere"}, "not both"),
        ({"MASTER_KEYS": "", "MASTER_KEYS_FILE": "/nowhere"}, "cannot be read"),
        ({"DATABASE_URL": "postgresql:///x?host=/nowhere"}, "cannot reach our records"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_setting_is_one_sentence_and_never_a_trace(changes: dict[str, str], says: str) -> None:
    env = environment(None, DATABASE_URL="postgresql:///x?host=/nowhere") | changes
    done = alongside(["serve"], {name: value for name, value in env.items() if value})
    assert done.returncode in (1, 2) and (done.returncode == 2 or "records" in says)
    assert len(done.stderr.strip().splitlines()) == 1 and "Traceback" not in done.stderr
    assert re.search(says, done.stderr), done.stderr
    assert KEY not in done.stderr


@pytest.mark.parametrize(
    "command", ["serve", "work", "migrate", "backup", "create-provider", "create-area", "create-coordinator", "create-keyworker"]
)
def test_every_command_explains_itself(command: str) -> None:
    done = alongside([command, "--help"], environment(None))
    assert done.returncode == 0 and "--embedded" in done.stdout


def test_a_database_that_is_not_migrated_is_said_and_migrated_by_the_owner(empty_database: TestDatabase) -> None:
    env = environment(empty_database)
    refused = alongside(["work"], env)
    assert refused.returncode == 2 and "Run: alongside migrate" in refused.stderr
    done = alongside(["migrate"], env)
    assert done.returncode == 0 and "applied 0001_people.sql" in done.stdout
    assert "up to date" in alongside(["migrate"], env).stdout
    made = alongside(PROVIDER, env)
    assert made.returncode == 0 and len(made.stdout.strip()) == 36


def test_a_set_up_by_hand_works_and_mistakes_are_said_by_option(database: TestDatabase) -> None:
    env = environment(database)
    assert alongside(PROVIDER, env).returncode == 0
    area = ["create-area", "--name", "Bay", "--reply-to", "bay@example.org", "--districts"]
    assert alongside([*area, "BH1,bh2"], env).returncode == 0
    person = ["--first-name", "Carol", "--telephone", "0113 496 0000", "--email"]
    assert alongside(["create-coordinator", "--area", "bay", *person, "carol@example.org"], env).returncode == 0
    assert alongside(["create-keyworker", "--provider", "harbour", *person, "priya@example.org"], env).returncode == 0
    for arguments, says in (
        ([*area, "BH3"], "an area of that name already"),
        (["create-area", "--name", "Moor", "--reply-to", "a@example.org", "--districts", "BH1"], r"BH1 (Bay)"),
        ([*area[:3], "--reply-to", "a@example.org", "--districts", "BH1 4QT"], "--districts must be postcode districts, not whole"),
        (["create-keyworker", "--provider", "harbour", *person, "priya@example.org"], "has that email address already"),
        (["create-keyworker", "--provider", "nowhere", *person, "b@example.org"], "There is no service nowhere"),
        (["create-coordinator", "--area", "nowhere", *person, "b@example.org"], "There is no area nowhere"),
        (["create-coordinator", "--area", "bay", *person, "b at example"], "--email must be one email address"),
        ([*PROVIDER, "--fellowships", "aa,xx"], "no fellowship xx"),
    ):
        done = alongside(arguments, env)
        assert done.returncode in (1, 2) and says in done.stderr and "Traceback" not in done.stderr, (arguments, done.stderr)


def test_wrong_keys_stop_the_start(database: TestDatabase) -> None:
    env = environment(database)
    alongside(["create-area", "--name", "Bay", "--reply-to", "a@example.org", "--districts", "BH1"], env)
    person = ["--first-name", "Carol", "--telephone", "0113 496 0000", "--email", "carol@example.org"]
    assert alongside(["create-coordinator", "--area", "Bay", *person], env).returncode == 0
    for masters, says in ((f"2:{OTHER_KEY}", "needs key 1"), (f"1:{OTHER_KEY}", "does not hold the keys")):
        done = alongside(["serve", "--port", "0"], environment(database, MASTER_KEYS=masters))
        assert done.returncode == 2 and says in done.stderr


async def _started(port: int, env: dict[str, str]) -> asyncio.subprocess.Process:
    arguments = ["-m", "matcher", "serve", "--port", str(port)]
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT, env=env, stderr=asyncio.subprocess.PIPE)
    assert process.stderr
    assert b"is ready at" in await asyncio.wait_for(process.stderr.readline(), 30)
    return process


async def test_two_processes_serve_one_port_and_end_in_order(database: TestDatabase, free_port: int) -> None:
    env = environment(database, free_port)
    first, second = [await _started(free_port, env) for _ in range(2)]

    def ask() -> int:
        with urllib.request.urlopen(f"http://localhost:{free_port}/health/ready", timeout=5) as answer:
            return int(answer.status)

    for process in (first, second):
        assert [await asyncio.to_thread(ask) for _ in range(4)] == [200] * 4
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.communicate(), 15)
        assert process.returncode == 0


async def test_a_taken_port_is_one_sentence(database: TestDatabase, free_port: int) -> None:
    listening = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", free_port)
    done = await asyncio.to_thread(alongside, ["serve", "--port", str(free_port)], environment(database, free_port))
    listening.close()
    await listening.wait_closed()
    assert done.returncode == 2 and "Choose another with --port" in done.stderr


async def test_a_backup_is_two_files_for_this_account_only_and_the_records_hold_no_key(
    database: TestDatabase, people: People, connection: Any, clock: TestClock, tmp_path: Path, server: EmbeddedServer
) -> None:
    made = await asyncio.to_thread(make_backup, database.owner_dsn, tmp_path / "kept", clock.now)
    assert [oct(path.stat().st_mode & 0o777) for path in (made.records, made.keys)] == ["0o600", "0o600"]
    wrapped = await connection.fetchval("SELECT encode(wrapped, 'hex') FROM person_keys LIMIT 1")
    restore = str(Path(find_pg_dump()).with_name("pg_restore"))

    def text(path: Path) -> str:
        return subprocess.run([restore, "--file=-", str(path)], capture_output=True, text=True, check=True).stdout

    assert wrapped not in text(made.records) and str(people.priya.id) in text(made.records)
    assert wrapped in text(made.keys)

    server.create_database("restored")
    try:
        dsn = server._dsn("postgres", "restored")
        before, after = ["--section=pre-data", "--section=data"], ["--section=post-data"]
        for path, parts in ((made.records, before), (made.keys, []), (made.records, after)):
            subprocess.run([restore, "--no-owner", *parts, f"--dbname={dsn}", str(path)], capture_output=True, check=True)
        copy = await asyncpg.connect(dsn)
        assert await copy.fetchval("SELECT count(*) FROM staff JOIN person_keys ON person_id = id") == 4
        await copy.close()
    finally:
        server.drop_database("restored")


def test_a_recipient_without_the_program_is_refused_never_written_plain(
    database: TestDatabase, clock: TestClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Misconfigured, match="age is not on this machine"):
        make_backup(database.owner_dsn, tmp_path / "kept", clock.now, recipient="age1x")
    assert not (tmp_path / "kept").exists()


def test_with_a_recipient_what_is_written_went_through_age(
    database: TestDatabase, clock: TestClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for age that writes other bytes: the plain dump must be nowhere."""
    age = tmp_path / "age"
    age.write_text('#!/bin/sh\n[ "$1" = -r ] || exit 1\nbase64\n')
    age.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    made = make_backup(database.owner_dsn, tmp_path / "kept", clock.now, recipient="age1x")
    assert [path.name.endswith(".age") for path in (made.records, made.keys)] == [True, True]
    assert not made.records.read_bytes().startswith(b"PGDMP")
    age.write_text("#!/bin/sh\ncat >/dev/null\nexit 3\n")
    with pytest.raises(NotBackedUp):
        make_backup(database.owner_dsn, tmp_path / "broken", clock.now, recipient="age1x")
    assert list((tmp_path / "broken").iterdir()) == []


def test_a_backup_that_fails_leaves_nothing_behind(clock: TestClock, tmp_path: Path) -> None:
    with pytest.raises(NotBackedUp):
        make_backup("postgresql:///nothing?host=/nowhere", tmp_path / "kept", clock.now)
    assert list((tmp_path / "kept").iterdir()) == []
