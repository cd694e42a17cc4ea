"""`alongside check`: are the promises kept in this database? Reads only; what it finds is named by id, never by name."""

from dataclasses import dataclass
from datetime import datetime

from matcher.config import Config
from matcher.crypto import Unreadable
from matcher.domain.connection import Connection
from matcher.domain.outbox import ClaimedLetter
from matcher.store import invariants, letters
from matcher.store.invariants import Broken
from matcher.transport import WrongEnvelope, check_envelope


@dataclass(frozen=True, slots=True)
class Report:
    """What the check found: rows that break a promise, and what is merely missing."""

    broken: tuple[Broken, ...]
    missing_helplines: tuple[tuple[str, str], ...]

    @property
    def is_well(self) -> bool:
        """No promise is broken. A missing helpline is a warning."""
        return not self.broken


async def check_promises(c: Connection, config: Config, now: datetime) -> Report:
    """Ask every question of store/invariants.py, and open each unsent letter to see that it goes to its one party (I7)."""
    broken = await invariants.list_broken(c, now)
    unsound = [letter for letter in await letters.list_unsent(c) if not _is_sound(config, letter)]
    broken.extend(Broken("I7", "an unsent letter cannot be opened, or is not to its one recipient", str(letter.id)) for letter in unsound)
    return Report(tuple(broken), tuple(await invariants.list_missing_helplines(c)))


def _is_sound(config: Config, letter: ClaimedLetter) -> bool:
    """Whether an unsent letter has its bytes and its address, and they name the same one person."""
    if not letter.sealed_bytes.box or not letter.sealed_to.box:
        return False
    try:
        raw, to = config.vault.open_bytes(letter.sealed_bytes), config.vault.open_bytes(letter.sealed_to).decode()
        check_envelope(raw, f"letters@{config.mail_domain}", to)
    except (Unreadable, UnicodeDecodeError, WrongEnvelope):
        return False
    return True
