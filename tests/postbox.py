"""A real SMTP server for tests that let the worker send: it takes every letter and shows it as its receiver would see it."""

import asyncio
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.site import SeenLetter, read_letter


@dataclass
class Postbox:
    """The letters taken so far, oldest first. Each came in an envelope of its own with one address on it."""

    port: int = 0
    letters: list[SeenLetter] = field(default_factory=list)

    @property
    def smtp_url(self) -> str:
        """SMTP_URL of this server."""
        return f"smtp://127.0.0.1:{self.port}"

    def to(self, address: str) -> list[SeenLetter]:
        """Everything one person has got."""
        return [letter for letter in self.letters if letter.to == address]

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Called by the server for each letter."""
        assert len(envelope.rcpt_tos) == 1, "one letter, one envelope, one recipient"
        content = envelope.content
        assert isinstance(content, bytes)
        self.letters.append(read_letter(content, to=envelope.rcpt_tos[0]))
        return "250 2.0.0 taken"


async def open_postbox() -> tuple[Postbox, asyncio.Server]:
    """Start it on a free port of 127.0.0.1."""
    postbox = Postbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(postbox, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", 0)
    postbox.port = server.sockets[0].getsockname()[1]
    return postbox, server
