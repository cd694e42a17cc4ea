"""How letters leave: one small interface, opened from SMTP_URL. The two ways are in `smtp.py` and `file_transport.py`."""

import re
from pathlib import Path
from typing import Protocol

from matcher.domain.delivery import Outcome
from matcher.file_transport import FileTransport
from matcher.smtp import DEADLINE, SENDS_AT_ONCE, SmtpTransport, read_relay

_TO = re.compile(rb"^To:[ \t]*(?:\r\n[ \t]+)?([^\r\n]*)\r\n(?![ \t])", re.M | re.I)
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")


class WrongEnvelope(ValueError):
    """The envelope and the letter do not name the same one person, or the bytes are not a letter of ours. Nothing was sent."""


class Transport(Protocol):
    """Sends frozen letters, one envelope recipient each. Never raises for what a mail server does: that is an Outcome."""

    async def send(self, raw: bytes, *, envelope_from: str, envelope_to: str) -> Outcome: ...

    def begin_no_more(self) -> None: ...

    async def close(self) -> None: ...


class CheckedTransport:
    """A transport that refuses, before anything leaves, a letter whose To header is not its envelope's one recipient."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    async def send(self, raw: bytes, *, envelope_from: str, envelope_to: str) -> Outcome:
        """Try once, within the deadline. Raises WrongEnvelope for a mistake of ours."""
        check_envelope(raw, envelope_from, envelope_to)
        return await self._inner.send(raw, envelope_from=envelope_from, envelope_to=envelope_to)

    def begin_no_more(self) -> None:
        """Finish what is being sent; what has not begun ends as Later("slot") and may be given back."""
        self._inner.begin_no_more()

    async def close(self) -> None:
        """Hang up politely."""
        await self._inner.close()


def open_transport(
    smtp_url: str, *, our_name: str, deadline: float = DEADLINE, sends_at_once: int = SENDS_AT_ONCE, ca_file: Path | None = None
) -> CheckedTransport:
    """The transport for SMTP_URL. `our_name` is what we call ourselves in EHLO (the mail domain); `deadline` is seconds for one attempt.

    `smtp://` means STARTTLS, or no TLS to a loopback address; `smtps://` means TLS from the start; `file:DIR` writes to a folder. A certificate
    is always verified, against `ca_file` if given. Raises Misconfigured.
    """
    if smtp_url.startswith("file:"):
        return CheckedTransport(FileTransport(Path(smtp_url.removeprefix("file:"))))
    relay = read_relay(smtp_url, our_name=our_name, ca_file=ca_file)
    return CheckedTransport(SmtpTransport(relay, deadline=deadline, sends_at_once=sends_at_once))


def check_envelope(raw: bytes, envelope_from: str, envelope_to: str) -> None:
    """One To header, equal to the envelope's one recipient; only CRLF; no character in either address that SMTP could act on."""
    headers = raw.partition(b"\r\n\r\n")[0] + b"\r\n"
    named = [found.group(1).strip() for found in _TO.finditer(headers)]
    if named != [envelope_to.encode()] or _BARE.search(raw) or not raw.endswith(b"\r\n"):
        raise WrongEnvelope
    if any(not c.isprintable() or c in " ,;<>" for c in envelope_from + envelope_to) or not envelope_from.isascii():
        raise WrongEnvelope
