"""A mail server that misbehaves at one chosen verb in one chosen way, for the outcome table of reliability 4. Plain asyncio: real servers are too polite."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class At(StrEnum):
    """Where the server misbehaves. EHLO_AGAIN is the greeting after STARTTLS, HANDSHAKE the TLS handshake itself."""

    BANNER = "banner"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    HANDSHAKE = "handshake"
    EHLO_AGAIN = "ehlo_again"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    END = "end"
    QUIT = "quit"
    OTHER = "other"
    NOWHERE = "nowhere"


class Kind(StrEnum):
    """How it misbehaves."""

    TEMPORARY = "4xx"
    PERMANENT = "5xx"
    CLOSE = "close"
    SILENCE = "silence"
    DRIP = "one byte a second"
    GARBAGE = "garbage"
    BAD_CERTIFICATE = "bad certificate"
    STRIPPED = "stripped"


@dataclass(frozen=True, slots=True)
class Fault:
    at: At
    kind: Kind

    def __str__(self) -> str:
        return f"{self.at.value}-{self.kind.value}".replace(" ", "_")


NO_FAULT = Fault(At.NOWHERE, Kind.CLOSE)


@dataclass(frozen=True, slots=True)
class Certificates:
    """A small authority of our own, a certificate from it for 127.0.0.1, and one that nobody signed."""

    ca_file: Path
    good: ssl.SSLContext
    bad: ssl.SSLContext


def make_certificates(folder: Path) -> Certificates:
    ca_key, ca = _certificate("Test authority", None)
    folder.joinpath("ca.pem").write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    good = _context(folder / "good.pem", *_certificate("127.0.0.1", (ca_key, ca)))
    bad = _context(folder / "bad.pem", *_certificate("127.0.0.1", None))
    return Certificates(folder / "ca.pem", good, bad)


def _certificate(
    name: str, issuer: tuple[ec.EllipticCurvePrivateKey, x509.Certificate] | None
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signing_key, issued_by = (issuer[0], issuer[1].subject) if issuer else (key, subject)
    today = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issued_by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False)
    )
    if issuer is None:
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        built = built.add_extension(usage, critical=True)
    return key, built.sign(signing_key, hashes.SHA256())


def _context(path: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> ssl.SSLContext:
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@dataclass
class FaultServer:
    """Takes letters, except where its fault says otherwise. `taken` holds what it answered 250 to, `arrived` every whole letter that reached it."""

    fault: Fault = NO_FAULT
    certificates: Certificates | None = None
    utf8: bool = False
    refuse_reset: bool = False
    hang_up_after: int = 0
    arrived: list[bytes] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    commands: list[bytes] = field(default_factory=list)
    connections: int = 0
    at_once: int = 0
    most_at_once: int = 0
    slow: float = 0.0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._talk(reader, writer)
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not await self._answer(writer, At.BANNER, b"220 ready\r\n"):
            return
        secure = False
        while line := await reader.readline():
            self.commands.append(line.rstrip(b"\r\n"))
            verb = line[:4].upper()
            if verb == b"STAR":
                if not await self._answer(writer, At.STARTTLS, b"220 go on\r\n") or not await self._secure(writer):
                    return
                secure = True
            elif verb == b"DATA":
                if not await self._take(reader, writer):
                    return
            elif not await self._answer_simple(writer, verb, secure):
                return

    async def _answer_simple(self, writer: asyncio.StreamWriter, verb: bytes, secure: bool) -> bool:
        offered = b"250-AUTH PLAIN\r\n" if self.fault != Fault(At.AUTH, Kind.STRIPPED) else b""
        if self.certificates and not secure and self.fault.kind is not Kind.STRIPPED:
            offered += b"250-STARTTLS\r\n"
        if self.utf8:
            offered += b"250-SMTPUTF8\r\n"
        at, good = {
            b"EHLO": (At.EHLO_AGAIN if secure else At.EHLO, b"250-here\r\n" + offered + b"250 8BITMIME\r\n"),
            b"AUTH": (At.AUTH, b"235 2.7.0 welcome\r\n"),
            b"MAIL": (At.MAIL, b"250 2.1.0 ok\r\n"),
            b"RCPT": (At.RCPT, b"250 2.1.5 ok\r\n"),
            b"QUIT": (At.QUIT, b"221 2.0.0 bye\r\n"),
            b"RSET": (At.OTHER, b"500 no\r\n" if self.refuse_reset else b"250 2.0.0 ok\r\n"),
        }.get(verb, (At.OTHER, b"502 5.5.1 what?\r\n"))
        return await self._answer(writer, at, good) and verb != b"QUIT"

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        go_on = await self._answer(writer, At.DATA, b"354 go on\r\n")
        if not go_on or self.fault.at is At.DATA:
            return go_on
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        letter = (await reader.readuntil(b"\r\n.\r\n"))[:-3]
        self.arrived.append(letter)
        await asyncio.sleep(self.slow)
        self.at_once -= 1
        if not await self._answer(writer, At.END, b"250 2.0.0 queued as 7\r\n"):
            return False
        if self.fault.at is not At.END:
            self.taken.append(letter)
        return self.hang_up_after == 0 or len(self.taken) % self.hang_up_after != 0

    async def _answer(self, writer: asyncio.StreamWriter, at: At, good: bytes) -> bool:
        """Say the good answer, or do the fault. False ends the connection."""
        if at is not self.fault.at or self.fault.kind in (Kind.BAD_CERTIFICATE, Kind.STRIPPED):
            writer.write(good)
            return True
        if self.fault.kind is Kind.CLOSE:
            return False
        if self.fault.kind is Kind.SILENCE:
            await asyncio.sleep(60)
        elif self.fault.kind is Kind.DRIP:
            for place in range(len(good)):
                writer.write(good[place : place + 1])
                await asyncio.sleep(1)
        about_letter = at in (At.DATA, At.END)
        answers = {
            Kind.TEMPORARY: b"451 4.7.1 tom@example.org: not now\r\n",
            Kind.PERMANENT: b"554 5.7.1 tom@example.org: not this\r\n" if about_letter else b"550 5.1.1 tom@example.org: never\r\n",
            Kind.GARBAGE: b"\x00\xff<html>hello tom@example.org\r\n",
        }
        writer.write(answers[self.fault.kind])
        return True

    async def _secure(self, writer: asyncio.StreamWriter) -> bool:
        assert self.certificates is not None
        if self.fault.at is At.HANDSHAKE and self.fault.kind is not Kind.BAD_CERTIFICATE:
            return await self._answer(writer, At.HANDSHAKE, b"\x16\x03\x03")
        await writer.start_tls(self.context())
        return True

    def context(self) -> ssl.SSLContext:
        assert self.certificates is not None
        return self.certificates.bad if self.fault.kind is Kind.BAD_CERTIFICATE else self.certificates.good


@asynccontextmanager
async def running(server: FaultServer, *, implicit_tls: bool = False) -> AsyncIterator[int]:
    """The port on 127.0.0.1 where the server listens until the block ends."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        await server.serve(reader, writer)

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 20, ssl=server.context() if implicit_tls else None)
    try:
        yield int(listening.sockets[0].getsockname()[1])
    finally:
        listening.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
