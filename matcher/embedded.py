"""The embedded PostgreSQL, used when no DATABASE_URL is given: starts one server over a folder, and stops it when its owner ends.

For one machine only: it listens on a socket in that folder, has no TLS and no copy elsewhere. Finding the programs: `postgres_binaries.py`.
"""

import atexit
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from matcher.domain.errors import Misconfigured
from matcher.postgres_binaries import PORT, Binaries, environment, find_binaries, readable_by
from matcher.postgres_home import Home, append, check_version, choose_socket_folder, is_inhabited, make_home, only_one

OWNER, PROGRAM, _SUPERUSER = "alongside_owner", "alongside", "postgres"
"""The owner migrates, the program runs: two database roles, neither of them the superuser."""
_START_SECONDS, _STOP_SECONDS = 30.0, 30.0
_LOG_BYTES = 1_000_000
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "max_connections": "200",
    "jit": "off",  # the wheel has no compiler for it
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Nothing that people wrote may reach the log (security 8): no statements, no parameters, no DETAIL with the values of a key.
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}
_ROLES = f"""
DO $$ BEGIN
    CREATE ROLE {OWNER} LOGIN CREATEDB NOSUPERUSER NOBYPASSRLS;
EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN
    CREATE ROLE {PROGRAM} LOGIN NOSUPERUSER NOCREATEDB NOBYPASSRLS;
EXCEPTION WHEN duplicate_object THEN NULL; END $$;
"""


@dataclass(slots=True)
class EmbeddedServer:
    """A running server. Who started it owns it and stops it; who found it running only shares it, and starts its own by
    `start_embedded` again when the owner's has gone (same folder, so the same DSNs).
    """

    socket_folder: Path
    pid: int
    binaries: Binaries
    home: Path
    owned: subprocess.Popen[bytes] | None = None
    _owner_pid: int = field(default_factory=os.getpid)

    def owner_dsn(self, database: str) -> str:
        """For migrations: the role that owns the tables."""
        return self._dsn(OWNER, database)

    def program_dsn(self, database: str) -> str:
        """For web and worker: the role that may only do what migrations granted it."""
        return self._dsn(PROGRAM, database)

    def create_database(self, name: str, *, template: str | None = None) -> bool:
        """Makes a database of the owner's, by copying the files of `template` if given. False if there is one of that name already."""
        made = f'CREATE DATABASE "{name}" OWNER {OWNER}' + (f' TEMPLATE "{template}" STRATEGY file_copy' if template else "")
        answer = self._psql([made, f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC', f'GRANT CONNECT ON DATABASE "{name}" TO {PROGRAM}'])
        if answer.returncode != 0 and "42P04" not in answer.stderr:  # duplicate_database
            raise Misconfigured(f"The database '{name}' could not be made in {self.home}: {answer.stderr.strip()}")
        return answer.returncode == 0

    def drop_database(self, name: str) -> None:
        """Removes a database and everything in it, ending connections to it. Does nothing if there is none."""
        answer = self._psql([f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'])
        if answer.returncode != 0:
            raise Misconfigured(f"The database '{name}' could not be removed from {self.home}: {answer.stderr.strip()}")

    def stop(self) -> None:
        """Ends the server cleanly, if we own it; open transactions are rolled back. Safe to repeat, and after the server died."""
        if self.owned is None or os.getpid() != self._owner_pid:
            return
        atexit.unregister(self.stop)
        for sign, seconds in ((signal.SIGINT, _STOP_SECONDS), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0)):
            with contextlib.suppress(ProcessLookupError):
                self.owned.send_signal(sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.owned.wait(seconds)
                break
        self.owned = None
        if self.socket_folder != self.home:
            shutil.rmtree(self.socket_folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _dsn(self, role: str, database: str) -> str:
        return f"postgresql://{role}@/{quote(database, safe='')}?host={quote(str(self.socket_folder), safe='/')}&port={PORT}"

    def _psql(self, statements: list[str]) -> subprocess.CompletedProcess[str]:
        return self.binaries.psql(self.socket_folder, _SUPERUSER, statements)


def start_embedded(data_dir: Path, *, pg_bin: Path | None = None, settings: Mapping[str, str] | None = None) -> EmbeddedServer:
    """Starts the server whose files are below `data_dir` (made when missing), or shares the one that already runs there.

    Call it from the main thread: on Linux the server stops when the thread that started it ends. `settings` replaces values of
    SETTINGS (tests turn fsync off). Raises Misconfigured with a sentence for every reason why it cannot run.
    """
    if sys.platform == "win32":
        raise Misconfigured("The embedded database does not run on Windows. Set DATABASE_URL to a PostgreSQL 15 to 18, or use WSL.")
    if threading.current_thread() is not threading.main_thread():
        raise Misconfigured("The embedded database must be started from the main thread: it ends with the thread that started it.")
    home = make_home(data_dir.resolve())
    binaries = readable_by(find_binaries(pg_bin), home.account)
    wanted = {**SETTINGS, **(settings or {})}
    with only_one(home):
        running = _find_running(home, binaries)
        if running:
            return running
        check_version(home, binaries)
        if not home.cluster.exists():
            _initialise(home, binaries, sync=wanted["fsync"] == "on")
        server = _start(home, binaries, wanted)
        atexit.register(server.stop)  # where the kernel cannot tell the server that we ended; does nothing to a shared one
        return server


def _find_running(home: Home, binaries: Binaries) -> EmbeddedServer | None:
    """The server that answers for this folder. Asked by connecting: a pid file outlives its server, and a dead one may hold a number."""
    try:
        lines = home.pid_file.read_text().splitlines()
        pid, folder = int(lines[0]), Path(lines[4])
    except (OSError, ValueError, IndexError):
        return None
    answer = binaries.psql(folder, _SUPERUSER, ["SHOW data_directory"])
    if answer.returncode != 0 or Path(answer.stdout.strip()) != home.cluster:
        return None
    return EmbeddedServer(socket_folder=folder, pid=pid, binaries=binaries, home=home.path)


def _initialise(home: Home, binaries: Binaries, *, sync: bool) -> None:
    """Makes the cluster under another name first, so that a start that was broken off leaves nothing that looks whole."""
    fresh = home.path / "cluster-new"
    shutil.rmtree(fresh, ignore_errors=True)
    failure = binaries.initialise(fresh, home.account, superuser=_SUPERUSER, sync=sync)
    if failure:
        shutil.rmtree(fresh, ignore_errors=True)
        raise Misconfigured(f"The database could not be made in {home.path}: {_reason(failure)}")
    fresh.rename(home.cluster)


def _start(home: Home, binaries: Binaries, settings: Mapping[str, str]) -> EmbeddedServer:
    """Starts until it answers. After a kill -9 the old server's children may still hold the lock for a moment: then again."""
    folder = choose_socket_folder(home)
    launch = Path(__file__).with_name("postgres_launch.py")
    account = home.account
    command = [sys.executable, "-I", "-S", str(launch), str(os.getpid()), str(account.uid), str(account.gid)]
    command += [binaries.path("postgres"), "-D", str(home.cluster), "-k", str(folder), "-p", PORT]
    command += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    deadline = time.monotonic() + _START_SECONDS
    if home.log.exists() and home.log.stat().st_size > _LOG_BYTES:
        home.log.replace(home.log.with_suffix(".log.1"))
    while True:
        with append(home, home.log) as log:
            began = log.tell()
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(), cwd="/", start_new_session=True
            )
        if _answers(home, binaries, child, deadline):
            return EmbeddedServer(socket_folder=folder, pid=child.pid, binaries=binaries, home=home.path, owned=child)
        said = home.log.read_bytes()[began:].decode(errors="replace")
        if time.monotonic() > deadline or not ("lock file" in said or "shared memory" in said):
            raise Misconfigured(f"The database in {home.path} did not start: {_reason(said)} The log is {home.log}.")
        if "lock file" in said and not is_inhabited(home):
            # The number in it is that of a dead child nobody collected, or somebody else's by now.
            home.pid_file.unlink(missing_ok=True)
            (folder / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
        time.sleep(0.1)
        running = _find_running(home, binaries)
        if running:
            return running


def _answers(home: Home, binaries: Binaries, child: subprocess.Popen[bytes], deadline: float) -> bool:
    """Waits until the child, and no other server, takes connections, and sees to our roles. False when it died or takes too long."""
    while child.poll() is None:
        running = _find_running(home, binaries)
        if running and running.pid == child.pid and binaries.psql(running.socket_folder, _SUPERUSER, [_ROLES]).returncode == 0:
            return True
        if time.monotonic() > deadline:
            child.kill()
        time.sleep(0.01)
    return False


def _reason(said: str) -> str:
    """The line of PostgreSQL's that tells why, else its last one."""
    lines = said.strip().splitlines() or ["it said nothing."]
    return next((line for line in reversed(lines) if "FATAL" in line or "error:" in line), lines[-1])
