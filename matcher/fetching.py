"""Fetching a published list: https only, from an address that was looked up once and checked, within limits (meetings 8, security 10).

Nothing is raised for what the other side does: whatever comes is a Fetched that says so.
"""

import asyncio
import socket
import zlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from matcher.domain.feed_issue import ErrorKind
from matcher.domain.meeting_source import Fetched
from matcher.domain.outside_address import is_address_literal, is_outside
from matcher.feeds.reading_text import FeedFault, decode_body

FEED_MOST = 20 * 1024 * 1024
"""Bytes of a feed after decompression, and on the line."""
PAGE_MOST = 256 * 1024
"""Bytes read of an answer that is an error, to see what kind of page it is."""
WAIT_S = 30.0
WAIT_FOR_PAGES_S = 480.0
"""For all pages of a list together, with the pauses between them: less than a worker has a source to itself (LEASE)."""
REDIRECTS_MOST = 3
MARK_MOST = 1000
"""Characters of an ETag."""
CHUNK = 64 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

LookUp = Callable[[str, int], Awaitable[list[str]]]
"""A host's addresses, by its name and port. Raises OSError where there is none."""


class Stopped(Exception):
    """Fetching cannot go on, for this reason."""

    def __init__(self, kind: ErrorKind, status: int | None = None, *, retry_after_s: int | None = None) -> None:
        self.kind, self.status, self.retry_after_s = kind, status, retry_after_s
        super().__init__(kind.value)


async def look_up(host: str, port: int) -> list[str]:
    """Ask the system's resolver, once."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def agent_name(contact: str = "") -> str:
    """Who we say we are: our name, version, and where to complain about us."""
    try:
        number = version("alongside")
    except PackageNotFoundError:
        number = "0"
    return f"Alongside/{number}" + (f" (+{contact})" if contact else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRules:
    """How to fetch. `from_loopback`: this machine itself may be asked, by http too (tests only), but only where the first address named it."""

    from_loopback: bool = False
    agent: str = field(default_factory=agent_name)
    most: int = FEED_MOST
    wait_s: float = WAIT_S
    wait_for_pages_s: float = WAIT_FOR_PAGES_S
    look_up: LookUp = look_up
    tls: Any = True


class _Pinned(AbstractResolver):
    """Answers with the addresses that were checked, and never asks again: what the name says a moment later is nothing to us."""

    def __init__(self, host: str, addresses: list[str]) -> None:
        self._host, self._addresses = host, addresses

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        """The checked addresses of the one host this connection is for."""
        if host != self._host:
            raise OSError("another host than the one that was checked")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self._addresses
        ]

    async def close(self) -> None:
        """Nothing is held."""


async def fetch_feed(
    address: str, *, etag: str | None = None, last_modified: str | None = None, rules: FetchRules | None = None
) -> Fetched:
    """Fetch a feed, following at most three redirects. `etag` and `last_modified` are those of the last good run."""
    rules = rules or FetchRules()
    asked = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    headers = {"User-Agent": rules.agent, "Accept-Encoding": "gzip", "Accept": "application/json, text/csv, */*;q=0.5"}
    headers |= {name: value for name, value in asked.items() if value}
    try:
        async with asyncio.timeout(rules.wait_s):
            return await _follow(address, headers, rules)
    except Stopped as stopped:
        return Fetched(body=None, http_status=stopped.status, error=stopped.kind, retry_after_s=stopped.retry_after_s)
    except TimeoutError:
        return Fetched(body=None, error=ErrorKind.TIMEOUT)


async def _follow(address: str, headers: dict[str, str], rules: FetchRules) -> Fetched:
    first = _read_url(address)
    own_origin = (first.host, first.port) if rules.from_loopback and first.host in LOOPBACK else None
    here = first
    for hop in range(REDIRECTS_MOST + 1):
        refusal = ErrorKind.REDIRECT_REFUSED if hop else ErrorKind.ADDRESS_REFUSED
        pinned = await _check(here, rules, refusal, is_own=(here.host, here.port) == own_origin)
        answer = await _ask(here, headers, rules, pinned)
        if isinstance(answer, Fetched):
            return answer
        here = answer
    raise Stopped(ErrorKind.REDIRECT_REFUSED)


def _read_url(text: str) -> URL:
    try:
        url = URL(text)
        if url.host is None or url.port is None:
            raise ValueError(text)
    except ValueError:
        raise Stopped(ErrorKind.ADDRESS_REFUSED) from None
    return url.with_fragment(None)


async def _check(url: URL, rules: FetchRules, refusal: ErrorKind, *, is_own: bool) -> _Pinned:
    """The addresses of a URL's host, every one of them checked. `is_own`: this machine's, by leave of the rules."""
    host = url.host or ""
    if is_own and url.scheme in ("http", "https"):
        return _Pinned(host, ["::1"] if host == "::1" else ["127.0.0.1"])
    if url.scheme != "https" or url.port != 443 or url.user or url.password or "." not in host.strip(".") or is_address_literal(host):
        raise Stopped(refusal)
    try:
        addresses = await rules.look_up(host, 443)
    except (OSError, UnicodeError):
        raise Stopped(ErrorKind.CONNECTION_FAILED) from None
    if not addresses or not all(is_outside(one) for one in addresses):
        raise Stopped(refusal)
    return _Pinned(host, addresses)


async def _ask(url: URL, headers: dict[str, str], rules: FetchRules, pinned: _Pinned) -> Fetched | URL:
    """One request to a checked address: what it answered, or where it sends us."""
    connector = aiohttp.TCPConnector(resolver=pinned, use_dns_cache=False, force_close=True, limit=1, ssl=rules.tls)
    try:
        async with (
            aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=None),
            ) as web,
            web.get(url, headers=headers, allow_redirects=False) as response,
        ):
            return await _read(response, headers, rules)
    except (aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch):
        raise Stopped(ErrorKind.TLS_FAILED) from None
    except (aiohttp.ClientError, OSError) as error:
        if isinstance(error, TimeoutError):
            raise
        raise Stopped(ErrorKind.CONNECTION_FAILED) from None
    except ValueError:  # an answer that is no HTTP, or a header that cannot be sent
        raise Stopped(ErrorKind.HTTP_ERROR) from None


async def _read(response: aiohttp.ClientResponse, asked: dict[str, str], rules: FetchRules) -> Fetched | URL:
    status = response.status
    if status in REDIRECTS and response.headers.get("Location"):
        return _where_to(response)
    if response.headers.get("cf-mitigated", "").lower() == "challenge":
        raise Stopped(ErrorKind.BLOCKED_BY_SECURITY_SERVICE, status)
    if status == 304 and asked.keys() & {"If-None-Match", "If-Modified-Since"}:
        return Fetched(body=None, http_status=304)
    if status != 200:
        raise Stopped(await _kind_of_error(response), status, retry_after_s=_seconds(response.headers.get("Retry-After", "")))
    return Fetched(
        body=await _body(response, rules.most),
        http_status=200,
        etag=_mark(response, "ETag"),
        last_modified=_mark(response, "Last-Modified"),
    )


def _mark(response: aiohttp.ClientResponse, name: str) -> str | None:
    """A header that is kept and sent back next time. One in other letters than a header may have could be neither: it counts for nothing."""
    text = response.headers.get(name, "").strip()
    return text if text.isascii() and text.isprintable() and 0 < len(text) <= MARK_MOST else None


def _where_to(response: aiohttp.ClientResponse) -> URL:
    try:
        target = response.url.join(URL(response.headers["Location"]))
        if target.host is None or target.port is None:
            raise ValueError
    except ValueError:
        raise Stopped(ErrorKind.REDIRECT_REFUSED, response.status) from None
    return target.with_fragment(None)


def _seconds(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else None


async def _kind_of_error(response: aiohttp.ClientResponse) -> ErrorKind:
    """A page that keeps programs out is told from an ordinary error."""
    try:
        decode_body(await _body(response, PAGE_MOST))
    except FeedFault as fault:
        if fault.kind is ErrorKind.BLOCKED_BY_SECURITY_SERVICE:
            return fault.kind
    except Stopped:
        return ErrorKind.HTTP_ERROR
    return ErrorKind.HTTP_ERROR


async def _body(response: aiohttp.ClientResponse, most: int) -> bytes:
    """The whole body unpacked, as long as neither it nor what is on the line is larger than `most`."""
    unpack = _unpacker(response.headers.get("Content-Encoding", ""), response.status)
    if (response.content_length or 0) > most:
        raise Stopped(ErrorKind.TOO_LARGE, response.status)
    body, on_line = bytearray(), 0
    async for chunk in response.content.iter_chunked(CHUNK):
        on_line += len(chunk)
        for part in unpack.unpacked(chunk) if unpack else (chunk,):
            body += part
            if len(body) > most:
                raise Stopped(ErrorKind.TOO_LARGE, response.status)
        if on_line > most:
            raise Stopped(ErrorKind.TOO_LARGE, response.status)
    if unpack is not None and not unpack.is_whole:
        raise Stopped(ErrorKind.UNREADABLE, response.status)
    return bytes(body)


PACKED = frozenset({"gzip", "x-gzip", "deflate"})
_GZIP_OR_ZLIB = 47


class _Unpacker:
    """Unpacks a body a little at a time. A gzip body may be several packed one after the other: what follows the first is never left out."""

    def __init__(self, status: int) -> None:
        self._status = status
        self._part = zlib.decompressobj(_GZIP_OR_ZLIB)

    @property
    def is_whole(self) -> bool:
        """Whether the last of them has come to its end."""
        return self._part.eof

    def unpacked(self, chunk: bytes) -> Iterator[bytes]:
        """The chunk in parts of a bounded size: a bomb is noticed long before it fills the memory."""
        while chunk:
            if self._part.eof:
                self._part = zlib.decompressobj(_GZIP_OR_ZLIB)
            try:
                part = self._part.decompress(chunk, CHUNK)
                yield part
                while len(part) == CHUNK and not self._part.eof:
                    part = self._part.decompress(self._part.unconsumed_tail, CHUNK)
                    yield part
            except zlib.error:
                raise Stopped(ErrorKind.UNREADABLE, self._status) from None
            chunk = self._part.unused_data


def _unpacker(encoding: str, status: int) -> _Unpacker | None:
    """What unpacks the body; None where it is not packed."""
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return None
    if name not in PACKED:
        raise Stopped(ErrorKind.UNREADABLE, status)
    return _Unpacker(status)
