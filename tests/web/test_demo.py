"""The demo as a visitor meets it: started by its command, signed in to by one click, its clock moved, its letters read. And no door elsewhere."""

import asyncio
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from matcher.domain.errors import Misconfigured
from tests.demo_visit import ROOT, RunningDemo, Visitor, demo_environment, running_demo
from tests.site import Browser, Site
from web.demo_pages import own_path
from web.demo_pages import routes as doors
from web.demo_run import REAL, check_nothing_real, find_port


@pytest.fixture(scope="module")
def folder_of_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the demo of this module keeps its town: a short path that every account can reach."""
    import shutil
    import tempfile

    made = Path(tempfile.mkdtemp(prefix="alo-demo-"))
    made.chmod(0o755)
    yield made / "town"
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def demo(folder_of_demo: Path) -> Iterator[RunningDemo]:
    """One running demo for all tests here. They may change its town, and move its clock forward."""
    with running_demo(folder_of_demo, "--clock", "2026-11-23T10:00") as running:
        yield running


@pytest.fixture
async def visitor(demo: RunningDemo) -> AsyncIterator[Visitor]:
    """A visitor with a new browser. Answers of the demo are inspected as all others, but for its letters' own frames."""
    browser = Browser(demo.address)
    yield Visitor(browser)
    await browser.close()


def test_it_says_where_it_is_ready_and_who_is_there(demo: RunningDemo) -> None:
    assert f"\nAlongside is ready at {demo.address}\n" in demo.words
    assert "Priya" in demo.words and "Eve" in demo.words and "Carol" in demo.words and f"{demo.address}/demo/mailbox" in demo.words


def test_its_keys_are_its_own_and_nobody_else_reads_them(demo: RunningDemo, folder_of_demo: Path) -> None:
    keys = folder_of_demo / "keys.json"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    assert str(keys) in demo.words and "demo only" in demo.words


def test_the_process_stays_under_150_megabytes(demo: RunningDemo) -> None:
    assert psutil.Process(demo.process.pid).memory_info().rss < 150_000_000


@pytest.mark.parametrize(("name", "home"), [("Priya", "/referrals"), ("Eve", "/referrals"), ("Carol", "/coordinator")])
async def test_one_click_signs_in(visitor: Visitor, name: str, home: str) -> None:
    seen = await visitor.enter(name)
    assert seen.path == home and name in seen.body.decode()


async def test_everybody_has_a_door(visitor: Visitor) -> None:
    seen = await visitor.browser.get("/demo")
    assert seen.page is not None
    buttons = {value for form in seen.page.forms for name, value, _ in form.buttons if name == "who"}
    assert len(buttons) == 11


async def test_an_unknown_door_and_a_foreign_form_open_nothing(visitor: Visitor) -> None:
    start = await visitor.browser.get("/demo")
    form = start.form("/demo/clock")
    token = form.fields["token"].chosen[0]
    assert (await visitor.browser.ask("POST", "/demo/clock", data={"token": token, "move": "back"})).status == 404
    assert (await visitor.browser.ask("POST", "/demo/sign-in", data={"token": "x", "who": "priya"})).status in (400, 403)
    assert (await visitor.browser.get("/referrals", status=None)).path != "/referrals", "nobody is signed in"


async def test_localhost_is_the_same_demo(demo: RunningDemo) -> None:
    browser = Browser(demo.address.replace("127.0.0.1", "localhost"))
    try:
        assert (await Visitor(browser).enter("Priya")).path == "/referrals"
    finally:
        await browser.close()


async def test_a_yes_in_the_mailbox_becomes_a_plan_when_the_clock_moves(visitor: Visitor) -> None:
    invitation = next(one for one in await visitor.letters() if any("/answer/" in link for link in one["links"]) and "?" in one["subject"])
    assert {"to", "subject", "text", "html", "links", "headers"} <= set(invitation)
    assert invitation["headers"]["To"] == invitation["to"] and invitation["text"] in invitation["text"]
    page = await visitor.browser.get(urlsplit(next(link for link in invitation["links"] if "/answer/" in link)).path)
    own = page.form("/answer/")
    choice = next(seen for seen in own.fields.values() if seen.kind == "radio")
    await visitor.browser.submit(page, {choice.name: choice.values[0]}, action="/answer/")
    for _ in range(100):
        thanks = await visitor.letters(invitation["to"])
        if thanks[0]["number"] != invitation["number"]:
            break
        await asyncio.sleep(0.1)
    assert any("/undo/" in link for link in thanks[0]["links"]), "what was recorded, with a way to undo it"
    await visitor.enter("Priya")
    moved = await visitor.move("quarter", page="/referrals")
    assert moved.path == "/referrals", "still signed in, and back on the same page"
    plans = [one for one in await visitor.letters(invitation["to"]) if one["number"] > thanks[0]["number"]]
    assert plans, "what fell due on the way has happened when the page comes back"


async def test_the_clock_moves_on_and_keeps_people_signed_in(visitor: Visitor) -> None:
    await visitor.enter("Carol")
    before = _time_of(await visitor.letters())
    for how in ("four_hours", "morning", "meeting"):
        seen = await visitor.move(how, page="/coordinator")
        assert seen.path == "/coordinator", how
    seen = await visitor.browser.get("/demo")
    assert "Demo" in seen.body.decode() and _time_of(await visitor.letters()) >= before


def _time_of(letters: list[dict[str, str]]) -> datetime:
    return max(datetime.fromisoformat(one["at"]) for one in letters)


async def test_a_letter_is_shown_in_a_frame_that_can_do_nothing(visitor: Visitor) -> None:
    number = (await visitor.letters())[0]["number"]
    import aiohttp

    async with aiohttp.ClientSession() as web, web.get(f"{visitor.browser.base_url}/demo/mailbox/{number}") as page:
        assert page.status == 200 and "frame-src 'self'" in page.headers["Content-Security-Policy"]
        assert 'sandbox="allow-top-navigation-by-user-activation"' in await page.text()
    async with aiohttp.ClientSession() as web, web.get(f"{visitor.browser.base_url}/demo/mailbox/{number}/page") as page:
        policy = page.headers["Content-Security-Policy"]
        assert "sandbox" in policy and "script-src" not in policy and "default-src 'none'" in policy and "frame-ancestors 'self'" in policy
        assert '<base target="_top">' in await page.text()
    raw = await visitor.browser.get(f"/demo/mailbox/{number}/raw")
    assert raw.headers["Content-Type"].startswith("text/plain") and b"\r\nMessage-ID: " in raw.body


async def test_the_mailbox_lists_letters_newest_first_and_by_receiver(visitor: Visitor) -> None:
    seen = await visitor.browser.get("/demo/mailbox")
    newest = (await visitor.letters())[0]
    assert seen.page is not None
    listed = [href for href, _ in seen.page.links if href.startswith("/demo/mailbox/")]
    assert listed[0] == f"/demo/mailbox/{newest['number']}"
    assert {one["to"] for one in await visitor.letters(newest["to"])} == {newest["to"]}
    assert (await visitor.browser.get("/demo/mailbox/999999", status=None)).status == 404
    assert (await visitor.browser.get("/demo/mailbox/x", status=None)).status == 404


def test_a_second_start_shows_the_same_town_and_letters(folder_of_demo: Path, demo: RunningDemo) -> None:
    demo.process.send_signal(2)
    demo.process.wait(30)
    assert "The demo has stopped." in demo.words
    with running_demo(folder_of_demo) as again:
        assert "Building" not in again.words, "nothing is built a second time"
        assert (folder_of_demo / "mailbox.jsonl").stat().st_size > 50_000


# ── where there is no demo ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_none_of_the_doors_exists_outside_the_demo(site: Site) -> None:
    paths = {door.path.replace("{number}", "1").replace("{part}", "1") for door in doors}
    assert len(paths) == 9
    for path in sorted(paths):
        assert (await site.get(path, status=None)).status == 404
        assert (await site.ask("POST", path, data={"who": "priya", "move": "quarter"})).status in (403, 404)
    names = {route.resource.name for route in site.app.router.routes() if route.resource}
    assert not {name for name in names if name and name.startswith("demo")}
    assert "Demo" not in (await site.get("/")).body.decode()


@pytest.mark.parametrize("name", REAL)
def test_it_does_not_start_where_something_looks_real(name: str) -> None:
    with pytest.raises(Misconfigured, match=f"{name} is set"):
        check_nothing_real({name: "something"})
    check_nothing_real({name: "", "HOME": "/root"})


def test_the_command_refuses_with_a_sentence() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "matcher", "demo"],
        cwd=ROOT, env=demo_environment() | {"DATABASE_URL": "postgresql://alongside@db/alongside"}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert told.returncode == 2 and told.stderr.startswith("DATABASE_URL is set") and "Traceback" not in told.stderr


def test_a_taken_port_is_said() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Misconfigured, match=r"Port \d+ is taken.*--port"):
            find_port(taken.getsockname()[1])
    assert find_port(0) > 1023


@pytest.mark.parametrize("given", ["//evil.example", "https://evil.example", "/\\evil.example", "", None, "/a\r\nb", "javascript:x"])
def test_only_paths_of_our_own_are_gone_back_to(given: object) -> None:
    assert own_path(given) == "/demo"
    assert own_path("/referrals?page=2") == "/referrals?page=2"
