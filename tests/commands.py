"""The console command in a process of its own, as an operator runs it. Not a test itself."""

import asyncio
import base64
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from matcher.config import Config

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


def environment_of(config: Config) -> dict[str, str]:
    """The environment in which a process reads these very settings (all but the timing)."""
    masters = ",".join(f"{number}:{base64.b64encode(key).decode()}" for number, key in config.vault.masters.items())
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": config.database_url,
        "MIGRATE_DATABASE_URL": config.migrate_database_url,
        "SMTP_URL": config.smtp_url,
        "BASE_URL": config.base_url,
        "MAIL_DOMAIN": config.mail_domain,
        "MASTER_KEYS": masters,
        "IDENTITY_KEY": base64.b64encode(config.vault.identity).decode(),
        "DKIM": "on" if config.signs_mail else "off",
    }


async def run_command(config: Config, *words: str) -> Ran:
    """Run `alongside …` with these settings until it ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "matcher",
        *words,
        cwd=ROOT,
        env=environment_of(config),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return Ran(process.returncode, out.decode(), err.decode())
