"""A backup in two files: the records without anybody's key, and the keys apart (security 5). Encrypted with `age` where a recipient is set."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from urllib.parse import unquote, urlsplit, urlunsplit

from matcher.domain.errors import Misconfigured, Refusal
from matcher.postgres_binaries import find_binaries


class NotBackedUp(Refusal):
    """The backup was not made, and nothing of it was kept."""


@dataclass(frozen=True, slots=True)
class Backup:
    """The two files. Keep them on different machines: together they open every record to whoever holds the master key as well."""

    records: Path
    keys: Path


def make_backup(dsn: str, folder: Path, now: datetime, *, recipient: str = "") -> Backup:
    """Write both files into a folder, readable by this account only. `recipient`: an age public key that they are encrypted for.

    Raises Misconfigured where a recipient is set and `age` is missing (never a plain file instead), NotBackedUp where a program fails.
    """
    age = shutil.which("age") if recipient else None
    if recipient and age is None:
        raise Misconfigured("AGE_RECIPIENT is set, but the program age is not on this machine. Install age, or take AGE_RECIPIENT away.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"alongside-{now:%Y%m%dT%H%M%SZ}"
    ending = ".age" if age else ""
    made = Backup(folder / f"{name}.records.dump{ending}", folder / f"{name}.keys.dump{ending}")
    seal = [age, "-r", recipient] if age else None
    _write(dsn, ["--exclude-table-data=person_keys"], made.records, seal)
    try:
        _write(dsn, ["--data-only", "--table=person_keys"], made.keys, seal)
    except NotBackedUp:
        made.records.unlink(missing_ok=True)
        raise
    return made


def find_pg_dump() -> str:
    """pg_dump: the one on the path, else that of the embedded database, which reads PostgreSQL 15 to 18."""
    try:
        return find_binaries().path("pg_dump")
    except Misconfigured:
        found = shutil.which("pg_dump")
        if found is None:
            raise Misconfigured("There is no pg_dump on this machine. Install PostgreSQL's client programs.") from None
        return found


def _write(dsn: str, what: list[str], target: Path, seal: list[str] | None) -> None:
    """Dump through `age` into a file of another name first, so that a broken backup never looks whole."""
    fresh = target.with_name(f"{target.name}.part")
    address, password = _without_password(dsn)
    env = {**os.environ, **({"PGPASSWORD": password} if password else {})}
    command = [find_pg_dump(), "--format=custom", "--no-owner", *what, f"--dbname={address}"]
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        failed = _run(command, env, seal, file.fileno())
        os.fsync(file.fileno())
    if failed:
        fresh.unlink()
        raise NotBackedUp(f"{NotBackedUp.__doc__} {failed}")
    fresh.replace(target)


def _run(command: list[str], env: dict[str, str], seal: list[str] | None, to: int) -> str:
    """Run pg_dump, alone or into age. Empty when all went well; else the last line that was said."""
    if seal is None:
        alone = subprocess.run(command, env=env, stdout=to, stderr=subprocess.PIPE, check=False)
        return _last(alone.stderr) if alone.returncode else ""
    with TemporaryFile() as said, subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=said) as dump:
        with subprocess.Popen(seal, stdin=dump.stdout, stdout=to, stderr=subprocess.PIPE) as sealing:
            if dump.stdout is not None:
                dump.stdout.close()  # only age reads it: when age ends early, pg_dump must notice
            words = sealing.communicate()[1]
        dump.wait()
        said.seek(0)
        if sealing.returncode:
            return _last(words)
        return _last(said.read()) if dump.returncode else ""


def _last(said: bytes) -> str:
    return (said.decode(errors="replace").strip().splitlines() or ["It said nothing."])[-1]


def _without_password(dsn: str) -> tuple[str, str]:
    """A password on the command line could be read by everybody on the machine: it goes by the environment."""
    parts = urlsplit(dsn)
    password = unquote(parts.password or "")
    if not password:
        return dsn, ""
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", "@", 1))), password
