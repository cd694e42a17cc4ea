"""The headers of security 7 on every answer: every route, every status, static files, and what is no HTTP at all. `site` inspects each one."""

import asyncio
import re
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import web

from matcher.domain import errors
from matcher.domain.route_policy import ANYBODY, POLICY, RoutePolicy
from tests.site import ON_EVERY_ANSWER, Browser, Site, inspect
from web import app as site_app
from web.pages import static_url
from web.safe_headers import headers_of
from web.serving import serving

FAULTS: dict[str, tuple[type[BaseException], int]] = {
    "fault": (ZeroDivisionError, 500),
    "timeout": (TimeoutError, 408),
    "busy": (errors.Busy, 503),
    "unknown": (errors.OutcomeUnknown, 503),
    "many": (errors.TooMany, 429),
    "hidden": (errors.Hidden, 404),
    "refused": (errors.Refused, 403),
    "changed": (errors.Changed, 409),
    "finished": (errors.Finished, 200),
    "taken": (errors.Taken, 409),
    "gone": (web.HTTPGone, 410),
    "found": (lambda: web.HTTPFound("/"), 302),  # type: Any
}
SECRET = "Noor lives here"


def faulty_routes(monkeypatch: pytest.MonkeyPatch) -> list[web.RouteDef]:
    """A page for each way to fail, each carrying something that must not be shown."""

    def fails(error: Any) -> Any:
        async def handler(_request: web.Request) -> web.Response:
            raise error(SECRET) if error is ZeroDivisionError else error()

        return handler

    for name in FAULTS:
        monkeypatch.setitem(POLICY, f"test.{name}", RoutePolicy(ANYBODY))
    return [web.get(f"/test/{name}", fails(error), name=f"test.{name}") for name, (error, _) in FAULTS.items()]


def paths(app: web.Application) -> set[tuple[str, str]]:
    """Every method and address, with something in each place of the pattern."""
    found = set()
    for route in app.router.routes():
        assert route.resource is not None
        address = route.resource.canonical.replace("{token}", "0" * 43)
        found.add((route.method, re.sub(r"\{[^}]*\}", str(uuid4()), address)))
    return found


async def test_every_route_answers_every_method_with_all_headers(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.link_pages.SLOWER_SECONDS", 0.0)
    for path in {path for _, path in paths(site.app)}:
        for method in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "FOO"):
            answer = await site.ask(method, path, follow=False)  # inspects it
            assert answer.status < 500, f"{method} {path}"


async def test_every_route_answers_somebody_signed_in_with_all_headers(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.link_pages.SLOWER_SECONDS", 0.0)
    for person in (site.people.priya, site.people.carol):
        browser = site.new_browser()
        await site.sign_in(person, browser)
        for method, path in paths(site.app):
            if method in ("GET", "HEAD"):
                assert (await browser.ask(method, path, follow=False)).status < 500, path


@pytest.mark.parametrize("name", FAULTS)
async def test_every_failure_is_a_page_of_ours(
    config: Any, db: Any, clock: Any, connection: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    app = site_app.create_app(config, db, clock, more_routes=faulty_routes(monkeypatch))
    browser = Browser(config.base_url)
    async with serving(app, "127.0.0.1", int(config.base_url.rpartition(":")[2])):
        answer = await browser.get(f"/test/{name}", status=FAULTS[name][1], follow=False)
        missing = await browser.get("/nothing/here", status=404)
        await browser.close()
    said = answer.body.decode()
    assert SECRET not in said and "Error" not in said and "Traceback" not in said
    assert ("Retry-After" in answer.headers) == (answer.status in (429, 503))
    assert bool(re.search(r"reference: [0-9a-f]{8}", answer.text)) == (answer.status == 500)
    if name == "hidden":
        assert answer.body == missing.body, "what is hidden looks exactly like what never was"


async def test_static_files_may_be_kept_for_ever_and_are_told_their_kind(site: Site) -> None:
    for name in ("alongside.css", "alongside.js", "favicon.svg"):
        answer = await site.get(static_url(name))
        assert "immutable" in answer.headers["Cache-Control"]
    assert (await site.get("/static/../app.py", status=404)).page
    assert (await site.get("/static/nothing.css", status=404)).page


@pytest.mark.parametrize(
    "sent",
    [
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=["garbage", "version", "header name", "long line", "long header", "smuggling", "TLS"],
)
async def test_what_is_no_http_gets_a_short_answer_with_the_headers_and_quotes_nothing(site: Site, sent: bytes) -> None:
    port = int(site.config.base_url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.decode().partition("\r\n\r\n")
    told = dict(line.split(": ", 1) for line in head.splitlines()[1:])
    assert head.startswith(("HTTP/1.1 400 ", "HTTP/1.0 400 ")), head.splitlines()[:1]
    assert {name: told.get(name) for name in ON_EVERY_ANSWER} == ON_EVERY_ANSWER
    assert "Server" not in told and told["Cache-Control"] == "no-store"
    assert body == "This could not be read.\n"


async def test_an_unmet_expectation_gets_them_too(site: Site) -> None:
    assert (await site.ask("POST", "/sign-in", headers={"Expect": "the-unexpected"}, data=b"x")).status == 417


async def test_only_public_pages_may_be_listed_and_https_is_insisted_on(site: Site, config: Any) -> None:
    assert "X-Robots-Tag" not in (await site.get("/privacy")).headers
    for path in ("/sign-in", "/health/live"):
        assert (await site.get(path)).headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "Strict-Transport-Security" not in (await site.get("/")).headers
    assert headers_of(replace(config, base_url="https://a.example.org"), public=True)["Strict-Transport-Security"].startswith(
        "max-age=63072000"
    )


async def test_the_inspection_has_teeth(site: Site) -> None:
    answer = await site.get("/")
    for name in (*ON_EVERY_ANSWER, "Permissions-Policy", "Cache-Control"):
        fewer = {key: value for key, value in answer.headers.items() if key != name}
        with pytest.raises((AssertionError, KeyError)):
            inspect(replace(answer, headers=fewer))


async def test_a_route_without_a_policy_or_a_name_stops_the_start(config: Any, db: Any, clock: Any) -> None:
    async def open_to_all(_request: web.Request) -> web.Response:
        return web.Response()

    for route in (web.get("/new", open_to_all, name="keyworker.new_thing"), web.get("/new", open_to_all)):
        with pytest.raises(errors.Misconfigured, match=r"no policy.*(keyworker\.new_thing|without a name)"):
            site_app.create_app(config, db, clock, more_routes=[route])
