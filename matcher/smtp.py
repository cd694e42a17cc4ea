"""Letters over SMTP: at most eight at a time, lines kept open and used again, one deadline around each attempt, no retry (reliability 4)."""

import asyncio
import ipaddress
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from matcher.domain.delivery import Later, Outcome, TransportIll, Unknown, Verb, judge_silence
from matcher.domain.errors import Misconfigured
from matcher.smtp_line import Line, Progress, Relay, Security, tls_context

DEADLINE = 30.0
"""Seconds for one attempt, waiting for a free line included. Must stay below the letter's lease of 50 s."""
SENDS_AT_ONCE = 8
LETTERS_PER_LINE = 100
IDLE_SECONDS = 10.0
GOODBYE_SECONDS = 2.0
FAULTS_IN_A_ROW = 3
"""After so many, a recipient domain is tried one letter at a time."""


def read_relay(smtp_url: str, *, our_name: str, ca_file: Path | None = None) -> Relay:
    """The mail server named by SMTP_URL. `smtp://` means STARTTLS, or no TLS to a loopback address. Raises Misconfigured."""
    parts = urlsplit(smtp_url)
    try:
        port = parts.port
    except ValueError as error:
        raise Misconfigured("SMTP_URL has a port that is not a number.") from error
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise Misconfigured("SMTP_URL must be smtp://host:587 (STARTTLS), smtps://host:465 or file:DIR.")
    security = Security.IMPLICIT if parts.scheme == "smtps" else Security.PLAIN if is_loopback(parts.hostname) else Security.STARTTLS
    return Relay(
        host=parts.hostname,
        port=port or {Security.IMPLICIT: 465, Security.STARTTLS: 587, Security.PLAIN: 25}[security],
        security=security,
        our_name=our_name,
        name=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password or ""),
        ca_file=ca_file,
    )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its very name. Other names are never trusted to stay here."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class SmtpTransport:
    """Sends letters to one mail server. Belongs to one event loop."""

    def __init__(self, relay: Relay, *, deadline: float = DEADLINE, sends_at_once: int = SENDS_AT_ONCE) -> None:
        self._relay = relay
        self._context = tls_context(relay)
        self._deadline = deadline
        self._slots = asyncio.Semaphore(sends_at_once)
        self._idle: list[Line] = []
        self._forgotten: dict[Line, asyncio.TimerHandle] = {}
        self._faults: Counter[str] = Counter()
        self._alone: dict[str, asyncio.Lock] = {}
        self._ending = False

    async def send(self, raw: bytes, *, envelope_from: str, envelope_to: str) -> Outcome:
        """Try once. Ends within the deadline, whatever the server does."""
        progress = Progress()
        domain = envelope_to.rpartition("@")[2].lower()
        try:
            async with asyncio.timeout(self._deadline), self._turn(domain):
                outcome = judge_silence(Verb.SLOT) if self._ending else await self._attempt(raw, envelope_from, envelope_to, progress)
        except TimeoutError:
            outcome = judge_silence(progress.verb)
        self._note(domain, outcome)
        return outcome

    def begin_no_more(self) -> None:
        """Finish what is being sent; what still waits for a free line is answered Later("slot")."""
        self._ending = True

    async def close(self) -> None:
        """Hang up all lines politely, within two seconds."""
        lines, self._idle = self._idle, []
        for line in lines:
            self._forgotten.pop(line).cancel()
        try:
            async with asyncio.timeout(min(GOODBYE_SECONDS, self._deadline)):
                await asyncio.gather(*(line.hang_up() for line in lines))
        except TimeoutError:
            for line in lines:
                line.drop()

    @asynccontextmanager
    async def _turn(self, domain: str) -> AsyncIterator[None]:
        """A place among those sending now. A domain that keeps failing holds one of them at most."""
        if self._faults[domain] < FAULTS_IN_A_ROW:
            async with self._slots:
                yield
        else:
            async with self._alone.setdefault(domain, asyncio.Lock()), self._slots:
                yield

    def _note(self, domain: str, outcome: Outcome) -> None:
        if isinstance(outcome, Later | TransportIll | Unknown):
            self._faults[domain] += 1
        else:
            self._faults.pop(domain, None)
            self._alone.pop(domain, None)

    async def _attempt(self, raw: bytes, sender: str, recipient: str, progress: Progress) -> Outcome:
        used = self._take()
        if used is not None:
            outcome = await used.deliver(raw, sender=sender, recipient=recipient, progress=progress)
            if outcome != judge_silence(Verb.MAIL):
                self._give_back(used)
                return outcome
        # a new line: there was none, or the server hung up on an idle one before the letter began
        line = Line(self._relay, self._context)
        failed = await line.open(progress)
        if failed is not None:
            return failed
        outcome = await line.deliver(raw, sender=sender, recipient=recipient, progress=progress)
        self._give_back(line)
        return outcome

    def _take(self) -> Line | None:
        while self._idle:
            line = self._idle.pop()
            self._forgotten.pop(line).cancel()
            if line.is_open:
                return line
        return None

    def _give_back(self, line: Line) -> None:
        if not line.is_open:
            return
        if line.letters >= LETTERS_PER_LINE:
            line.drop()
            return
        self._idle.append(line)
        self._forgotten[line] = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._forget, line)

    def _forget(self, line: Line) -> None:
        self._idle.remove(line)
        del self._forgotten[line]
        line.drop()
