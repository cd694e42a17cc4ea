"""Whether this process may take work: database, migrations, keys, clock. Names nobody: each answer is a word and yes or no."""

from datetime import datetime, timedelta

from matcher.config import Config
from matcher.crypto import Unreadable
from matcher.database import Database, list_missing_migrations
from matcher.domain.connection import Connection
from matcher.domain.errors import Busy, Misconfigured
from matcher.store import person_keys

CLOCK_MOST = timedelta(seconds=5)
"""How far the database's clock and ours may be apart: deadlines are compared across machines."""


async def find_readiness(config: Config, db: Database, real_now: datetime) -> dict[str, bool]:
    """Each thing a process needs, and whether it has it. `real_now` is the machine's time, also where the demo's clock was moved."""
    try:
        async with db.reading() as c:
            here: datetime = await c.fetchval("SELECT clock_timestamp()")
            missing = await list_missing_migrations(c)
            return {
                "database": True,
                "migrations": not missing,
                "keys": not missing and await _keys_fit(config, c),
                "clock": abs(here - real_now) <= CLOCK_MOST,
            }
    except (Busy, OSError, TimeoutError):
        return {"database": False, "migrations": False, "keys": False, "clock": False}


async def check_keys(config: Config, c: Connection) -> None:
    """Raise Misconfigured, naming the number of the key, where this database holds people whose keys ours cannot open."""
    lacking = [str(number) for number in await person_keys.list_master_ids(c) if number not in config.vault.masters]
    if lacking:
        raise Misconfigured(f"This database needs key {' and key '.join(lacking)} in MASTER_KEYS.")
    if not await _keys_fit(config, c):
        raise Misconfigured("MASTER_KEYS does not hold the keys that this database was written with.")


async def _keys_fit(config: Config, c: Connection) -> bool:
    found = await person_keys.find_any_key(c)
    if found is None:
        return True
    try:
        config.vault.seal_bytes(found, "person_keys.tried", b"")
    except Unreadable:
        return False
    return True
