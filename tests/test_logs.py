"""The log holds patterns and ids only: no address, no query, no name, no value of an error, whatever is asked for."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from aiohttp import web

from matcher import logs
from matcher.domain.route_policy import ANYBODY, POLICY, RoutePolicy
from tests.site import Browser, Site
from web.app import create_app
from web.serving import serving

CANARY = "noor-was-here"


@pytest.fixture
def lines() -> Iterator[Any]:
    """Everything that is logged, one dictionary a line."""
    stream = io.StringIO()
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    logs.set_up_logs(stream)
    logs.dropped.clear()
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers, root.level = before, level
    structlog.reset_defaults()


async def test_a_page_is_logged_by_its_pattern_without_path_query_headers_or_answers(site: Site, lines: Any) -> None:
    await site.get(
        f"/answer/{CANARY}?who={CANARY}", headers={"Referer": CANARY, "User-Agent": CANARY, "X-Forwarded-For": CANARY}, status=None
    )
    await site.get(f"/{CANARY}", status=404)
    await site.submit(await site.get("/sign-in"), {"email": f"{CANARY}@example.org"})
    await site.sign_in(site.people.priya)
    said = json.dumps(lines())
    assert CANARY not in said and site.people.priya.email not in said and "Priya" not in said
    assert {"/answer/{token}", "(none)", "/sign-in"} <= {line.get("route") for line in lines()}
    assert str(site.people.priya.id) in said
    assert {key for line in lines() for key in line} <= logs.KEYS


async def test_an_error_is_logged_by_type_and_place_never_by_its_text(
    config: Any, db: Any, clock: Any, lines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(_request: web.Request) -> web.Response:
        raise ValueError(CANARY)

    monkeypatch.setitem(POLICY, "test.fails", RoutePolicy(ANYBODY))
    app = create_app(config, db, clock, more_routes=[web.get("/fails", fails, name="test.fails")])
    browser = Browser(config.base_url)
    async with serving(app, "127.0.0.1", int(config.base_url.rpartition(":")[2])):
        seen = await browser.get("/fails", status=500)
        await browser.close()
    [line] = [line for line in lines() if line["event"] == "failed"]
    assert line["code"].startswith("ValueError test_logs.py:") and line["level"] == "error"
    assert line["request_id"] in seen.text and CANARY not in json.dumps(lines())


def test_what_libraries_log_is_cut_down_to_their_name_and_the_kind_of_error(lines: Any) -> None:
    try:
        raise KeyError(CANARY)
    except KeyError:
        logging.getLogger("aiohttp.server").exception("Error handling %s", CANARY)
    logging.getLogger("asyncio").warning("slow %s", CANARY)
    assert CANARY not in json.dumps(lines())
    assert [line["event"] for line in lines()] == ["library", "library"]
    assert "aiohttp.server KeyError" in lines()[0]["code"]


def test_a_key_that_is_not_on_the_list_is_left_out_and_counted(lines: Any) -> None:
    structlog.get_logger().info("asked", route="/x", path=f"/x/{CANARY}", code="z" * 900)
    assert logs.dropped == {"path": 1} and CANARY not in json.dumps(lines())
    assert len(lines()[0]["code"]) == 200
