"""How many letters a second leave, beside the standard library's smtplib with one connection that builds the same letter."""

import asyncio
import os
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from uuid import UUID
from zoneinfo import ZoneInfo

from bench.figures import Figure
from matcher.config import Config
from matcher.crypto import Vault
from matcher.domain.letter import OfferLetter
from matcher.domain.letter_kind import LetterKind
from matcher.domain.letter_parts import Contact, LetterId, OfferOption, Seat, Sender
from matcher.mail import FrozenLetter, freeze_letter
from matcher.transport import open_transport

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")


@contextmanager
def sink() -> Iterator[int]:
    """A bare mail server in a process of its own; gives its port."""
    running = subprocess.Popen([sys.executable, "-m", "bench.bare_sink"], stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        yield int(running.stdout.readline())
    finally:
        running.terminate()
        running.wait()


def config_for(port: int) -> Config:
    """Settings that send to the sink."""
    return Config(
        database_url="postgresql://none",
        migrate_database_url="postgresql://none",
        smtp_url=f"smtp://127.0.0.1:{port}",
        base_url="http://127.0.0.1:8080",
        mail_domain="example.org",
        vault=Vault({1: os.urandom(32)}, os.urandom(32)),
    )


def build(config: Config, number: int) -> FrozenLetter:
    """One invitation, built from its template to its last byte."""
    starts = (NOW + timedelta(days=3)).astimezone(LONDON)
    contact = Contact("Millbrook Together", "01632 960000")
    letter = OfferLetter(
        display_name="Tom",
        fellowship=None,
        options=(OfferOption(starts, starts - timedelta(minutes=15), "Millbrook"),),
        seat=Seat.ONLY,
        reply_by=starts - timedelta(days=1),
        answer_link=config.link("/answer/" + "x" * 43),
        pause_link=config.link("/pause/" + "x" * 43),
        coordinator=contact,
    )
    sender = Sender(
        "Millbrook Together", "letters@example.org", "team@example.org", "01632 960000", config.link("/privacy"), config.link("/complaints")
    )
    identity = LetterId(LetterKind.OFFER, UUID(int=number + 1), UUID(int=7))
    return freeze_letter(config, letter, letter_id=identity, sender=sender, to=f"v{number}@members.example", due_at=NOW)


def with_smtplib(config: Config, port: int, count: int) -> float:
    """Letters a second with smtplib: one connection, each letter built and sent in turn."""
    began = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for number in range(count):
            frozen = build(config, number)
            smtp.sendmail("letters@example.org", [frozen.to], frozen.raw)
    return count / (time.perf_counter() - began)


def with_smtplib_message(port: int, template: EmailMessage, count: int) -> float:
    """The same with the standard library's own message object, copied and written out for each letter, without our templates."""
    began = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for number in range(count):
            message = EmailMessage()
            for name in ("From", "Subject", "Date", "Reply-To"):
                message[name] = str(template[name])
            message["To"] = f"v{number}@members.example"
            text, html = (template.get_body((kind,)) for kind in ("plain", "html"))
            message.set_content(text.get_content() if text else "")
            message.add_alternative(html.get_content() if html else "", subtype="html")
            smtp.send_message(message)
    return count / (time.perf_counter() - began)


async def with_ours(config: Config, letters: list[FrozenLetter]) -> float:
    """Letters a second through the product's own transport, eight at a time, frozen before as the outbox holds them."""
    transport = open_transport(config.smtp_url, our_name="example.org")
    queue = iter(letters)

    async def send() -> None:
        for letter in queue:
            await transport.send(letter.raw, envelope_from="letters@example.org", envelope_to=letter.to)

    began = time.perf_counter()
    await asyncio.gather(*(send() for _ in range(8)))
    rate = len(letters) / (time.perf_counter() - began)
    await transport.close()
    return rate


def measure_sending(*, count: int = 400) -> list[Figure]:
    """Three ways of sending to the same bare sink, in turn."""

    with sink() as port:
        config = config_for(port)
        letters = [build(config, number) for number in range(count)]
        template = BytesParser(policy=policy.default).parsebytes(letters[0].raw)
        assert isinstance(template, EmailMessage)
        theirs, plain, ours = [], [], []
        for _ in range(3):
            theirs.append(with_smtplib(config, port, count))
            plain.append(with_smtplib_message(port, template, count))
            ours.append(asyncio.run(with_ours(config, letters)))
    best, own_message, rate = sorted(theirs)[1], sorted(plain)[1], sorted(ours)[1]
    return [
        Figure("letters a second: the worker's transport, frozen bytes", f"{rate:,.0f}/s"),
        Figure(
            "beside smtplib, one connection, building the same letter", f"{rate / best:.1f} × ({best:,.0f}/s)", "≥ 3 ×", rate >= 3 * best
        ),
        Figure("beside smtplib, one connection, its own message object, no template", f"{rate / own_message:.1f} × ({own_message:,.0f}/s)"),
    ]
