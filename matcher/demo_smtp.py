"""The demo's mail server: a real SMTP server on loopback that delivers nothing but into the demo's mailbox, and nothing to anywhere else."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as Dialogue

from matcher.demo_mailbox import Mailbox
from matcher.mail import SIMULATOR

LARGEST = 1_000_000
TRIES_LATER = 2
"""How often `later@` is told to come again before it is delivered, as greylisting does."""


class DemoReceiver:
    """Answers as a mail server would. The magic recipients of simulator.invalid take every path of reliability 4; a tag may follow them,
    as in `refused+jo@simulator.invalid`."""

    def __init__(self, mailbox: Mailbox, clock: Callable[[], datetime]) -> None:
        self._mailbox, self._clock = mailbox, clock
        self._tries: Counter[str] = Counter()

    async def answer_recipient(self, _server: SMTP, _dialogue: Dialogue, envelope: Envelope, *told: Any) -> str:
        """RCPT TO: the address (`told` is it and its options) may be refused for good, or for now."""
        address, options = told
        path = magic(address)
        if path == "refused":
            return "550 5.1.1 no such mailbox"
        if path == "full":
            return "452 4.2.2 mailbox full"
        if path == "later":
            self._tries[address] += 1
            if self._tries[address] <= TRIES_LATER:
                return "451 4.7.1 come again later"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 ok"

    async def answer_letter(self, server: SMTP, _dialogue: Dialogue, envelope: Envelope) -> str:
        """The letter itself. `gone-after-data@` loses the line once before it says whether it took it: nobody knows then."""
        raw = envelope.original_content or b""
        to = envelope.rcpt_tos[0]
        if magic(to) == "gone-after-data":
            self._tries[to] += 1
            if self._tries[to] == 1:
                if isinstance(server.transport, asyncio.WriteTransport):
                    server.transport.abort()
                return "421 4.4.2 gone"
        self._mailbox.take(raw, to=to, at=self._clock())
        return "250 2.0.0 taken"

    handle_RCPT, handle_DATA = answer_recipient, answer_letter
    """The names by which the library asks."""


def magic(address: str) -> str:
    """Which path a magic recipient takes: "refused", "later", "full", "gone-after-data"; empty for everybody else."""
    local, at, domain = address.casefold().rpartition("@")
    return local.partition("+")[0] if at + domain == SIMULATOR else ""


@asynccontextmanager
async def receiving(mailbox: Mailbox, clock: Callable[[], datetime]) -> AsyncIterator[str]:
    """Run the mail server on a free port of loopback while the block lasts; gives its address for SMTP_URL."""
    receiver = DemoReceiver(mailbox, clock)
    loop = asyncio.get_running_loop()

    def protocol() -> SMTP:
        return SMTP(receiver, hostname="demo.invalid", ident="demo", data_size_limit=LARGEST, enable_SMTPUTF8=True, loop=loop)

    server = await loop.create_server(protocol, "127.0.0.1", 0)
    try:
        yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
