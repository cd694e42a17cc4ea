"""Servers on this machine that publish lists of meetings, well or as badly as they can."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Publisher:
    """A server on this machine, and who connected to it."""

    port: int
    asked: list[web.Request] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/feed.json"


@asynccontextmanager
async def publishing(answer: Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[Publisher]:
    """A publisher that answers everything so."""
    publisher = Publisher(0)

    async def respond(request: web.Request) -> web.StreamResponse:
        publisher.asked.append(request)
        return await answer(request)

    server = web.Server(respond)
    runner = web.ServerRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    publisher.port = runner.addresses[0][1]
    try:
        yield publisher
    finally:
        await runner.cleanup()


def says(body: bytes = b"[]", status: int = 200, **headers: str) -> Answer:
    """Always this answer."""

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=body, status=status, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return answer
