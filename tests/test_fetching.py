"""Fetching against servers of our own that behave as badly as they can: nothing inner is ever connected to, nothing large fills the memory."""

import asyncio
import gzip
import json
import socket
import ssl
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiohttp import web

from matcher.domain.feed_issue import ErrorKind
from matcher.domain.meeting_source import Fetched
from matcher.domain.outside_address import is_address_literal, is_outside
from matcher.fetching import FetchRules, fetch_feed, look_up
from tests.publisher import Answer, publishing, says

PUBLIC = "93.184.215.14"


async def fetch(url: str, **rules: object) -> Fetched:
    """Fetch with this machine allowed, as tests may."""
    return await fetch_feed(
        url, rules=FetchRules(**{"from_loopback": True, "wait_s": 5.0} | rules)
    )  # the rules are typed where they are made


# ── addresses ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

INNER = """
127.0.0.1 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 169.254.169.254 169.254.0.1 100.64.0.1
100.127.255.255 192.0.0.1 192.0.0.8 192.0.0.170 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1
255.255.255.255 192.88.99.1 ::1 :: ::127.0.0.1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:93.184.215.14
::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::127.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::7f00:1 2002:7f00:1:: 2002:a9fe:a9fe::1 2002:c0a8:1::
2001:0:7f00:1:: 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:db8::1 2001:10::1 2001:2::1 3fff::1 fc00::1 fd00::1 fd00:ec2::254 fe80::1 fe80::1%lo
fec0::1 ff02::1 ff0e::1 100::1 5f00::1 4000::1
""".split()
LITERALS = """
127.0.0.1 127.1 127.0.1 0 0x7f.1 0x7f000001 0x7f.0x0.0x0.0x1 2130706433 017700000001 0177.0.0.1 0177.1 127.0.0.1. [::1] [::] [::ffff:127.0.0.1]
[64:ff9b::7f00:1] [2002:7f00:1::] 169.254.169.254 2852039166 0xa9fea9fe 0251.0376.0251.0376 [fd00:ec2::254] [::ffff:a9fe:a9fe] 1.1.1.1 999.1
１２７.0.0.1 127。0。0。1 ①②⑦.0.0.1
""".split()
NAMES = ("localhost", "localhost.", "LOCALHOST", "ip6-localhost", "feed", "metadata", "feed.")


@pytest.mark.parametrize("address", INNER)
def test_an_inner_address_is_not_outside(address: str) -> None:
    assert not is_outside(address)


@pytest.mark.parametrize(
    "address", [PUBLIC, "1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "2a00:1450:4009:81f::200e", "192.0.1.1", "100.128.0.1"]
)
def test_a_public_address_is_outside(address: str) -> None:
    assert is_outside(address)


@pytest.mark.parametrize("text", ["", "feed.example.org", "127.0.0.1.", "1.2.3", "0x7f.1", "1.2.3.4/8", "999.1.1.1"])
def test_what_is_no_address_is_never_outside(text: str) -> None:
    assert not is_outside(text)


@pytest.mark.parametrize("host", LITERALS)
def test_a_number_is_an_address_in_every_spelling(host: str) -> None:
    assert is_address_literal(host)


def test_a_name_is_no_address() -> None:
    assert not any(
        is_address_literal(host) for host in ("example.org", "a1.example", "feeds.0x7f.example", "xn--bcher-kva.example", "7.example")
    )


async def test_every_spelling_of_an_inner_address_makes_no_connection() -> None:
    """Typed, looked up, and with http, https, other ports and user names: the server inside is never connected to."""
    connected: list[object] = []

    def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.append(writer.get_extra_info("peername"))
        writer.close()

    inside = await asyncio.start_server(note, "127.0.0.1", 0)
    port = inside.sockets[0].getsockname()[1]
    try:
        tried = 0
        for host in (*LITERALS, *NAMES):
            for url in (f"https://{host}:{port}/", f"http://{host}:{port}/", f"https://{host}/", f"https://me:secret@{host}:{port}/"):
                found = await fetch_feed(url, rules=FetchRules(wait_s=5))
                assert (found.error, found.body) == (ErrorKind.ADDRESS_REFUSED, None), url
                tried += 1
        for address in INNER:
            for answers in ([address], [PUBLIC, address], [address, PUBLIC]):
                found = await fetch_feed("https://feeds.example.org/", rules=FetchRules(look_up=answering(answers), wait_s=5))
                assert found.error is ErrorKind.ADDRESS_REFUSED, answers
                tried += 1
        assert tried > 250 and connected == []
    finally:
        inside.close()
        await inside.wait_closed()


def answering(addresses: list[str]) -> Callable[[str, int], Awaitable[list[str]]]:
    """A resolver that always answers so."""

    async def answer(host: str, port: int) -> list[str]:
        return addresses

    return answer


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/x",
        "file:///etc/passwd",
        "https://example.org:8443/x",
        "https://",
        "not an address",
        "//example.org",
        "https://u@example.org/",
    ],
)
async def test_only_plain_https_addresses_are_asked(url: str) -> None:
    found = await fetch_feed(url, rules=FetchRules(look_up=answering([PUBLIC]), wait_s=5))
    assert found.error is ErrorKind.ADDRESS_REFUSED


async def test_this_machine_may_be_asked_by_leave_only() -> None:
    async with publishing(says(b"[1]")) as publisher:
        assert (await fetch_feed(publisher.url)).error is ErrorKind.ADDRESS_REFUSED and publisher.asked == []
        assert (await fetch(publisher.url)).body == b"[1]"


async def test_a_name_is_looked_up_once_and_that_address_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers with a public address first and an inner one afterwards gains nothing: nobody asks it again."""
    asked: list[str] = []
    connected: list[tuple[str, int]] = []

    async def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return [PUBLIC] if len(asked) == 1 else ["127.0.0.1"]

    async def refuse(addr_infos: list[tuple[object, ...]], **_: object) -> socket.socket:
        connected.extend(info[4] for info in addr_infos)  # what would have been connected to
        raise ConnectionRefusedError

    monkeypatch.setattr("aiohappyeyeballs.start_connection", refuse)
    found = await fetch_feed("https://feeds.example.org/x.json", rules=FetchRules(look_up=rebinding, wait_s=5))
    assert found.error is ErrorKind.CONNECTION_FAILED
    assert asked == ["feeds.example.org"] and connected == [(PUBLIC, 443)]


async def test_a_name_that_does_not_exist_is_a_failed_connection() -> None:
    async def nothing(host: str, port: int) -> list[str]:
        raise socket.gaierror

    found = await fetch_feed("https://feeds.example.org/", rules=FetchRules(look_up=nothing))
    assert found.error is ErrorKind.CONNECTION_FAILED
    assert await look_up("localhost", 443)


# ── redirects ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{other}/",
        "https://127.0.0.1:{other}/",
        "http://localhost:{other}/",
        "http://169.254.169.254/latest/meta-data/",
        "https://169.254.169.254/",
        "http://[::1]:{other}/",
        "http://2130706433:{other}/",
        "file:///etc/passwd",
        "https://inner.example.org/",
        "http://feeds.example.org/",
    ],
)
async def test_a_redirect_inside_is_refused(target: str) -> None:
    async with publishing(says(b"secret")) as inside:

        async def away(_: web.Request) -> web.StreamResponse:
            return web.Response(status=302, headers={"Location": target.format(other=inside.port)})

        async with publishing(away) as publisher:
            found = await fetch(publisher.url, look_up=answering(["10.0.0.1"]))
        assert (found.error, found.body) == (ErrorKind.REDIRECT_REFUSED, None) and inside.asked == []


async def test_three_redirects_are_followed_and_no_more() -> None:
    async def onwards(request: web.Request) -> web.StreamResponse:
        left = int(request.query.get("left", "0"))
        if not left:
            return web.Response(body=b"[]")
        return web.Response(status=307, headers={"Location": f"/feed?left={left - 1}"})

    async with publishing(onwards) as publisher:
        assert (await fetch(publisher.url + "?left=3")).body == b"[]"
        assert (await fetch(publisher.url + "?left=4")).error is ErrorKind.REDIRECT_REFUSED


# ── what comes back ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_validators_are_sent_and_kept() -> None:
    async def once(request: web.Request) -> web.StreamResponse:
        if request.headers.get("If-None-Match") == '"a"':
            return web.Response(status=304)
        return web.Response(body=b"[]", headers={"ETag": '"a"', "Last-Modified": "Mon, 23 Nov 2026 10:00:00 GMT"})

    async with publishing(once) as publisher:
        first = await fetch(publisher.url)
        assert (first.etag, first.last_modified, first.http_status) == ('"a"', "Mon, 23 Nov 2026 10:00:00 GMT", 200)
        again = await fetch_feed(publisher.url, etag=first.etag, rules=FetchRules(from_loopback=True))
        assert again.is_unmodified and again.body is None
        headers = publisher.asked[0].headers
        assert headers["User-Agent"].startswith("Alongside/") and "Cookie" not in headers and "Referer" not in headers


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (says(status=500), ErrorKind.HTTP_ERROR),
        (says(status=404), ErrorKind.HTTP_ERROR),
        (says(status=304), ErrorKind.HTTP_ERROR),
        (says(status=302), ErrorKind.HTTP_ERROR),
        (says(b"<!doctype html><html>Please enable cookies</html>", status=403), ErrorKind.BLOCKED_BY_SECURITY_SERVICE),
        (says(b"x", status=503, cf_mitigated="challenge"), ErrorKind.BLOCKED_BY_SECURITY_SERVICE),
        (says(b"x" * (20 * 1024 * 1024 + 1)), ErrorKind.TOO_LARGE),
        (says(b"no gzip", Content_Encoding="gzip"), ErrorKind.UNREADABLE),
        (says(gzip.compress(b"[]" * 1000)[:-20], Content_Encoding="gzip"), ErrorKind.UNREADABLE),
        (says(b"x", Content_Encoding="zstd"), ErrorKind.UNREADABLE),
    ],
)
async def test_an_answer_that_is_no_feed_is_said_as_what_it_is(answer: Answer, kind: ErrorKind) -> None:
    async with publishing(answer) as publisher:
        found = await fetch(publisher.url)
    assert (found.error, found.body) == (kind, None)


async def test_a_feed_may_come_packed_and_in_pieces() -> None:
    body = json.dumps([{"slug": str(n), "notes": "x" * n} for n in range(3000)]).encode()

    async def in_pieces(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Encoding": "gzip"})
        await response.prepare(request)
        packed = gzip.compress(body)
        for start in range(0, len(packed), 777):
            await response.write(packed[start : start + 777])
        return response

    async with publishing(in_pieces) as publisher:
        assert (await fetch(publisher.url)).body == body
    assert len(body) > 4_000_000


async def test_a_feed_packed_in_several_parts_is_read_to_its_end() -> None:
    """As servers do that pack file by file. Half a table looks like a whole one."""
    parts = [b"ID,Name\n", b"1,Ebb\n" * 200_000, b"2,Flow\n"]
    packed = b"".join(gzip.compress(part) for part in parts)
    async with publishing(says(packed, Content_Encoding="gzip")) as publisher:
        assert (await fetch(publisher.url)).body == b"".join(parts)
    for wrong in (packed + b"more", packed[:-9]):
        async with publishing(says(wrong, Content_Encoding="gzip")) as publisher:
            assert (await fetch(publisher.url)).error is ErrorKind.UNREADABLE


@pytest.mark.parametrize("mark", [b'"\xff\xfe"', b'"' + b"x" * 1001 + b'"', b"", '"caf\u00e9"'.encode()])
async def test_a_validator_that_cannot_be_kept_or_sent_back_counts_for_nothing(mark: bytes) -> None:
    async def odd(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nETag: " + mark + b"\r\nLast-Modified: \xff\r\nContent-Length: 2\r\n\r\n[]")
        writer.close()

    server = await asyncio.start_server(odd, "127.0.0.1", 0)
    try:
        found = await fetch(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        assert (found.body, found.etag, found.last_modified) == (b"[]", None, None)
    finally:
        server.close()
        await server.wait_closed()


async def test_a_body_without_end_is_cut_off() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)

    async with publishing(endless) as publisher:
        assert (await fetch(publisher.url)).error is ErrorKind.TOO_LARGE


async def test_a_bomb_fills_no_memory() -> None:
    """A quarter of a gigabyte of nothing in a few hundred kilobytes: refused while memory stays flat."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    megabyte = bytes(1024 * 1024)
    bomb = b"".join(packer.compress(megabyte) for _ in range(256)) + packer.flush()
    async with publishing(says(bomb, Content_Encoding="gzip")) as publisher:
        tracemalloc.start()
        found = await fetch(publisher.url, wait_s=20.0)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert found.error is ErrorKind.TOO_LARGE and len(bomb) < 400_000
    assert peak < 64 * 1024 * 1024


async def test_a_slow_publisher_is_not_waited_for() -> None:
    async def slow(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(b" ")
            await asyncio.sleep(0.05)
        return response

    async with publishing(slow) as publisher:
        assert (await fetch(publisher.url, wait_s=0.5)).error is ErrorKind.TIMEOUT


async def test_nobody_there_and_half_an_answer_are_failed_connections(free_port: int) -> None:
    assert (await fetch(f"http://127.0.0.1:{free_port}/")).error is ErrorKind.CONNECTION_FAILED

    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(half, "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        assert (await fetch(f"http://127.0.0.1:{port}/")).error is ErrorKind.CONNECTION_FAILED
    finally:
        server.close()
        await server.wait_closed()


async def test_a_certificate_that_proves_nothing_is_refused(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own_certificate(tmp_path))
    async with publishing(says(b"[]"), context) as publisher:
        found = await fetch(publisher.url.replace("http:", "https:"))
    assert (found.error, found.body, publisher.asked) == (ErrorKind.TLS_FAILED, None, [])


def own_certificate(folder: Path) -> Path:
    """A certificate for this machine that nobody vouches for."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "own.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


async def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with publishing(says(b"from the proxy")) as proxy, publishing(says(b"[]")) as publisher:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert (await fetch(publisher.url)).body == b"[]" and proxy.asked == []


# ── teeth ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_without_the_check_of_addresses_the_inside_would_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[object] = []

    async def note(addr_infos: list[tuple[object, ...]], **_: object) -> socket.socket:
        connected.extend(info[4] for info in addr_infos)
        raise ConnectionRefusedError

    monkeypatch.setattr("aiohappyeyeballs.start_connection", note)
    monkeypatch.setattr("matcher.fetching.is_outside", lambda _: True)
    await fetch_feed("https://feeds.example.org/", rules=FetchRules(look_up=answering(["169.254.169.254"]), wait_s=5))
    assert connected == [("169.254.169.254", 443)]


def test_fetching_needs_no_settings() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import matcher.fetching, sys; print('asyncpg' in sys.modules)"], capture_output=True, timeout=60, check=True
    )
    assert done.stdout.strip() == b"False"
