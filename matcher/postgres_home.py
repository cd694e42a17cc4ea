"""The folder an embedded server lives in: whose it is, who may start in it, where its socket is. Starts nothing: that is `embedded.py`."""

import contextlib
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from matcher.domain.errors import Misconfigured
from matcher.postgres_binaries import PORT, Account, Binaries, account_for, can_reach

LONGEST_SOCKET_PATH = 103
"""Bytes in the address of a unix socket on macOS, less the closing zero; Linux has four more (unix(7))."""


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one server: the cluster, the socket, the log and the lock of who may start it. 0700, the account's own."""

    path: Path
    account: Account

    @property
    def cluster(self) -> Path:
        return self.path / "cluster"

    @property
    def pid_file(self) -> Path:
        return self.cluster / "postmaster.pid"

    @property
    def log(self) -> Path:
        return self.path / "postgres.log"


def make_home(data_dir: Path) -> Home:
    """The home below this folder, made when missing. Raises Misconfigured when it cannot be written, or not by the account."""
    path = data_dir / "postgres"
    account = account_for(path)
    try:
        data_dir.mkdir(mode=0o755 if account.is_another else 0o700, parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
        if account.is_another:
            os.chown(path, account.uid, account.gid)
    except OSError as failure:
        raise Misconfigured(f"The database cannot be kept in {data_dir}: {failure.strerror}. Choose another folder with --data.") from None
    if not can_reach(data_dir, account):
        raise Misconfigured(
            f"PostgreSQL does not run as root, and the account '{account.name}' cannot reach {data_dir}. "
            "Choose a folder that is open to it with --data, for example /var/lib/alongside/data."
        )
    return Home(path, account)


@contextlib.contextmanager
def only_one(home: Home) -> Iterator[None]:
    """One process at a time starts or finds the server; the next one then finds it running."""
    import fcntl  # not on every platform: see the refusal in `embedded.py`

    with append(home, home.path / "start.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def append(home: Home, path: Path) -> BinaryIO:
    """Opens a file of the home, which stays the account's own: what root made today its owner may start tomorrow."""
    try:
        file = path.open("ab")
        if home.account.is_another:
            os.chown(path, home.account.uid, home.account.gid)
    except OSError as failure:
        raise Misconfigured(f"{path} cannot be written: {failure.strerror}. Does the folder belong to another account?") from None
    return file


def check_version(home: Home, binaries: Binaries) -> None:
    """Raises Misconfigured when the cluster was written by another major version: such files are never opened."""
    version = home.cluster / "PG_VERSION"
    if home.cluster.exists() and version.read_text().strip() != str(binaries.major):
        raise Misconfigured(
            f"The database in {home.path} was written by PostgreSQL {version.read_text().strip()}, and {binaries.folder} holds "
            f"{binaries.major}. Make a backup with the old programs (--pg-bin names their folder) and restore it into an empty folder "
            "with the new ones. Nothing was changed."
        )


def is_inhabited(home: Home) -> bool:
    """Whether a living process works in the cluster: every PostgreSQL process does. Where that cannot be read: yes, to be safe."""
    if not Path("/proc/self/cwd").exists():
        return True
    for place in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if place.readlink() == home.cluster:
                return True
        except PermissionError:
            with contextlib.suppress(OSError):
                if place.parent.stat().st_uid == home.account.uid:
                    return True
        except OSError:
            continue  # it has ended
    return False


def choose_socket_folder(home: Home) -> Path:
    """The home, or when its path is too long for a socket's address a private temporary folder: the same each time, so that DSNs
    stay true, unless somebody else put something there."""
    if len(os.fsencode(home.path / f".s.PGSQL.{PORT}.lock")) <= LONGEST_SOCKET_PATH:
        return home.path
    temporary = Path(tempfile.gettempdir())
    folder = temporary / f"alongside-{hashlib.sha256(os.fsencode(home.path)).hexdigest()[:16]}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        os.chown(folder, home.account.uid, home.account.gid)
    found = folder.lstat()
    if stat.S_ISDIR(found.st_mode) and found.st_uid == home.account.uid and not found.st_mode & 0o077:
        return folder
    folder = Path(tempfile.mkdtemp(prefix="alongside-"))
    os.chown(folder, home.account.uid, home.account.gid)
    return folder
