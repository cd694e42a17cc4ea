"""Workers that are wrong on purpose, for the teeth of the runs that kill processes: each must be caught by the same verification."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime

from matcher.actions import posting
from matcher.domain.delivery import Outcome, Sent
from matcher.domain.outbox import ClaimedLetter
from matcher.worker import Worker


class MarksFirst(Worker):
    """Writes a letter down as sent, then sends it: a kill between the two loses it for good."""

    async def _deliver(self, letter: ClaimedLetter) -> None:
        if await self._db.act(posting.record_outcome, self._config, self._clock(), letter, outcome=Sent("250")):
            await self._attempt(letter)


class WritesAnew(Worker):
    """Makes the letter new for each attempt, with the date of that moment: a second copy has other bytes."""

    async def _attempt(self, letter: ClaimedLetter) -> Outcome:
        raw = self._config.vault.open_bytes(letter.sealed_bytes)
        to = self._config.vault.open_bytes(letter.sealed_to).decode()
        date = format_datetime(datetime.now(UTC)).encode()
        anew = re.sub(rb"(?m)^Date: [^\r]*", b"Date: " + date + f" (attempt {letter.attempts})".encode(), raw, count=1)
        return await self._transport.send(anew, envelope_from=f"letters@{self._config.mail_domain}", envelope_to=to)


WRONG: dict[str, type[Worker]] = {"marks_first": MarksFirst, "writes_anew": WritesAnew}
