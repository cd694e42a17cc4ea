"""Running the application as a server: our own answer to what is no HTTP at all, several processes on one port, an orderly end."""

import asyncio
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import web

from matcher.domain.errors import Misconfigured
from matcher.logs import where
from matcher.long_running import keep_for_good
from web.safe_headers import headers_of
from web.surroundings import CONFIG

END_SECONDS = 10.0
KEEP_ALIVE_SECONDS = 60.0
LONGEST_LINE = 8190


class BareAnswer(web.Response):
    """An answer outside the application: the framework never asks our signals about it, so it brings its own headers and drops `Server`."""

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        self.headers.popall("Server", None)


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int, *, shared: bool = False) -> AsyncIterator[int]:
    """Serve on this address until the block ends; gives the port (the chosen one for 0). `shared`: several processes may take the port.

    Raises Misconfigured where the port is taken or may not be used.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=END_SECONDS)
    await runner.setup()
    try:
        listening = await _listen(runner, _protocols(runner, app), (host, port), shared=shared)
        try:
            yield int(listening.sockets[0].getsockname()[1])
        finally:
            listening.close()
    finally:
        await runner.cleanup()


async def serve_until_told(app: web.Application, host: str, port: int, *, shared: bool, started: Callable[[int], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; pages under way are finished first. `started` is called with the port."""
    stop = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    async with serving(app, host, port, shared=shared) as chosen:
        keep_for_good()
        started(chosen)
        await stop.wait()


async def _listen(
    runner: web.AppRunner, protocols: Callable[[], asyncio.Protocol], address: tuple[str, int], *, shared: bool
) -> asyncio.Server:
    host, port = address
    may_share = shared and hasattr(socket, "SO_REUSEPORT")
    try:
        return await asyncio.get_running_loop().create_server(protocols, host, port, reuse_port=may_share or None, backlog=512)
    except OSError as error:
        raise Misconfigured(
            f"Port {port} of {host} cannot be used: it is taken, or needs other rights. Choose another with --port."
        ) from error


def _protocols(runner: web.AppRunner, app: web.Application) -> Callable[[], asyncio.Protocol]:
    """Makes the framework's own protocol, but for its answer to broken requests: that one is ours."""
    server = runner.server
    if server is None:
        raise RuntimeError("set the runner up first")
    safe = {**headers_of(app[CONFIG], public=False), "Cache-Control": "no-store"}
    loop = asyncio.get_running_loop()
    wanted: dict[str, Any] = {
        "access_log": None,
        "keepalive_timeout": KEEP_ALIVE_SECONDS,
        "max_line_size": LONGEST_LINE,
        "max_field_size": LONGEST_LINE,
        "auto_decompress": False,
    }

    def unreadable(_protocol: Any, request: Any, status: int = 500, *told: Any, **more: Any) -> web.StreamResponse:
        """Say that it could not be read, and nothing of what was sent: the framework would quote it."""
        error = next((one for one in (*told, *more.values()) if isinstance(one, BaseException)), None)
        level = logging.ERROR if status >= HTTPStatus.INTERNAL_SERVER_ERROR else logging.INFO
        structlog.get_logger().log(level, "unreadable", status=status, code=where(error) if error else "")
        if request.writer.output_size > 0:
            raise ConnectionError
        text = "This could not be read.\n" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "Something went wrong on our side.\n"
        answer = BareAnswer(status=status, text=text, headers=safe)
        answer.force_close()
        return answer

    class Protocol(web.RequestHandler):
        handle_error = unreadable

    def make() -> asyncio.Protocol:
        return Protocol(server, loop=loop, **wanted)

    return make
