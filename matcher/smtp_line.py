"""One connection to the mail server: opened, used for one letter after another, hung up. What replies mean is in `domain/delivery.py`."""

import ipaddress
import re
import ssl
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import aiosmtplib
from aiosmtplib.errors import SMTPException, SMTPResponseException

from matcher.domain.delivery import NotSendable, OurFault, Ours, Outcome, Verb, judge_reply, judge_silence

_LEADING_DOT = re.compile(rb"^\.", re.M)


class Security(StrEnum):
    """How the connection is kept secret. PLAIN is for a loopback address only."""

    PLAIN = "plain"
    STARTTLS = "starttls"
    IMPLICIT = "implicit"


@dataclass(frozen=True, slots=True, repr=False)
class Relay:
    """The mail server that takes our letters, and how to reach it."""

    host: str
    port: int
    security: Security
    our_name: str
    name: str | None = None
    password: str = ""
    ca_file: Path | None = None


def tls_context(relay: Relay) -> ssl.SSLContext | None:
    """Certificates and host names are always verified; TLS 1.2 or later."""
    if relay.security is Security.PLAIN:
        return None
    context = ssl.create_default_context(cafile=relay.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class Progress:
    """How far an attempt has come, so that a deadline that cuts it off can be judged."""

    def __init__(self) -> None:
        self.verb = Verb.SLOT


class Line:
    """A connection that sends one letter at a time: one MAIL, one RCPT."""

    def __init__(self, relay: Relay, context: ssl.SSLContext | None) -> None:
        self._relay = relay
        self._smtp = aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            local_hostname=relay.our_name,
            timeout=None,  # one deadline is kept around the whole attempt
            start_tls=False,
            use_tls=relay.security is Security.IMPLICIT,
            tls_context=context,
        )
        self._spoiled = False
        self.letters = 0

    @property
    def is_open(self) -> bool:
        """Whether the server has not hung up on us."""
        return self._smtp.is_connected

    async def open(self, progress: Progress) -> Outcome | None:
        """Connect, greet, secure, sign in. None when the line is ready, else why it is not (it is dropped then)."""
        try:
            failed = await self._open(progress)
        except SMTPResponseException as error:
            failed = judge_reply(progress.verb, error.code, error.message) or judge_silence(progress.verb)
        except (SMTPException, OSError) as error:
            failed = _judge_break(progress.verb, error)
        except BaseException:
            self.drop()
            raise
        if failed is not None:
            self.drop()
        return failed

    async def _open(self, progress: Progress) -> Outcome | None:
        progress.verb = Verb.CONNECT
        await self._smtp.connect()
        if self._relay.security is Security.PLAIN and not self._peer_is_loopback():
            return OurFault(Ours.NO_STARTTLS, "not loopback")
        progress.verb = Verb.EHLO
        await self._smtp.ehlo()
        if self._relay.security is Security.STARTTLS:
            progress.verb = Verb.TLS
            if not self._smtp.supports_extension("starttls"):
                return OurFault(Ours.NO_STARTTLS, Verb.TLS.value)
            await self._smtp.starttls()
            progress.verb = Verb.EHLO
            await self._smtp.ehlo()
        if self._relay.name is not None:
            progress.verb = Verb.AUTH
            if not self._smtp.supported_auth_methods:
                return OurFault(Ours.AUTH, Verb.AUTH.value)
            await self._smtp.login(self._relay.name, self._relay.password)
        return None

    async def deliver(self, raw: bytes, *, sender: str, recipient: str, progress: Progress) -> Outcome:
        """Send one letter down this line. Whatever breaks is judged by how far it had come; a broken line is dropped."""
        self.letters += 1
        try:
            return await self._deliver(raw, sender, recipient, progress)
        except (SMTPException, OSError):
            self.drop()
            return judge_silence(progress.verb)
        except BaseException:
            self.drop()
            raise

    async def _deliver(self, raw: bytes, sender: str, recipient: str, progress: Progress) -> Outcome:
        options: tuple[bytes, ...] = ()
        if not recipient.isascii():
            if not self._smtp.supports_extension("smtputf8"):
                return NotSendable(Verb.MAIL.value)
            options = (b"SMTPUTF8",)
        progress.verb = Verb.MAIL
        if self._spoiled and await self._say(progress, b"RSET") is not None:
            self.drop()
            return judge_silence(Verb.MAIL)
        self._spoiled = True
        steps = (
            (Verb.MAIL, (b"MAIL", b"FROM:<" + sender.encode() + b">", *options)),
            (Verb.RCPT, (b"RCPT", b"TO:<" + recipient.encode() + b">")),
            (Verb.DATA, (b"DATA",)),
        )
        for verb, words in steps:
            progress.verb = verb
            outcome = await self._say(progress, *words)
            if outcome is not None:
                return outcome
        outcome = await self._send_body(raw, progress)
        self._spoiled = False
        return outcome

    async def _say(self, progress: Progress, *words: bytes) -> Outcome | None:
        reply = await self._smtp.execute_command(*words)
        return judge_reply(progress.verb, reply.code, reply.message)

    async def _send_body(self, raw: bytes, progress: Progress) -> Outcome:
        """From the first byte on nobody can know how much arrived, so every break from here on is Unknown."""
        protocol = self._smtp.protocol
        if protocol is None:
            return judge_silence(progress.verb)
        progress.verb = Verb.END
        protocol.write(_LEADING_DOT.sub(b"..", raw) + b".\r\n")
        reply = await protocol.read_response()
        return judge_reply(Verb.END, reply.code, reply.message) or judge_silence(Verb.END)

    async def hang_up(self) -> None:
        """QUIT. Whatever goes wrong with it changes nothing."""
        with suppress(SMTPException, OSError):
            await self._smtp.quit()
        self.drop()

    def drop(self) -> None:
        """Close without another word."""
        self._smtp.close()

    def _peer_is_loopback(self) -> bool:
        return ipaddress.ip_address(self._smtp.get_transport_info("peername")[0]).is_loopback


def _judge_break(verb: Verb, error: BaseException | None) -> Outcome:
    """A certificate that does not verify is ours to mend, however deep the library wraps it; all other breaks are the transport's."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return OurFault(Ours.CERTIFICATE, Verb.TLS.value)
        error = error.__cause__
    return judge_silence(verb)
