"""Pages for everybody, health for machines, and what browsers report."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from matcher.config import Config
from matcher.crypto import Vault
from matcher.database import Database
from matcher.domain.errors import Misconfigured
from matcher.places_loading import load_postcodes
from matcher.readiness import check_keys, find_readiness
from tests.site import Browser, Site, TestClock
from web.app import create_app, machine_clock
from web.serving import serving

PAGES = ("/", "/privacy", "/accessibility", "/about", "/complaints", "/complaint", "/sign-in", "/sign-in/code", "/sign-out")


@pytest.mark.parametrize("path", PAGES)
async def test_every_public_page_is_whole_and_every_link_on_it_leads_somewhere(site: Site, path: str) -> None:
    seen = await site.get(path)
    assert seen.page and len(seen.text) > 40
    for href, _ in seen.page.links:
        if href.startswith("/"):
            await site.get(href)


async def test_the_sources_we_must_name_are_on_the_about_page(site: Site) -> None:
    assert "Contains OS data © Crown copyright and database right" in (await site.get("/about")).text


async def test_a_loaded_table_and_a_geocoder_are_named_there_as_long_as_they_are_in_use(site: Site, tmp_path: Path) -> None:
    before = (await site.get("/about")).text
    assert "database right 2026" not in before and "OpenStreetMap" not in before
    (tmp_path / "ONSPD_MAY_2026.csv").write_text("pcds,lat,long\nB1 1AA,52.4790,-1.9000\n")
    await load_postcodes(site.db, site.clock(), tmp_path / "ONSPD_MAY_2026.csv")
    await site.connection.execute(
        """INSERT INTO geocoder_answers (geocoder, asked, outcome, latitude, longitude, radius_m, asked_at, ask_again_at)
           VALUES ('nominatim geo.example.org', '1 Mill Lane', 'found', 52.479, -1.9, 100, $1, $1)""",
        site.clock(),
    )
    after = (await site.get("/about")).text
    assert "database right 2017" in after and "database right 2026" in after and "OpenStreetMap contributors" in after


async def test_somebody_signed_in_starts_where_their_work_is(site: Site) -> None:
    await site.sign_in(site.people.priya)
    home = site.app.router["keyworker.home"].url_for()
    assert (await site.get("/")).path == str(home)
    assert (await site.get("/sign-in")).path == str(home)


async def test_pages_for_everybody_work_while_the_database_is_away(config: Config, db: Database, clock: TestClock) -> None:
    app = create_app(config, db, clock)
    browser = Browser(config.base_url)
    async with serving(app, "127.0.0.1", int(config.base_url.rpartition(":")[2])):
        await db.close()
        assert (await browser.get("/privacy")).status == 200
        asked = await browser.get("/sign-in")
        answer = await browser.submit(asked, {"email": "priya@harbour.example.org"}, status=503)
        assert "Nothing was saved" in answer.text and int(answer.headers["Retry-After"]) > 0
        ready = await browser.get("/health/ready", status=503)
        assert '"database": false' in ready.text
        assert (await browser.get("/health/live")).status == 200
        await browser.close()


async def test_readiness_says_what_is_missing_and_names_nobody(site: Site, db: Database, config: Config) -> None:
    assert (await site.get("/health/ready")).body == (b'{"ready": true, "database": true, "migrations": true, "keys": true, "clock": true}')
    other = replace(config, vault=Vault({2: b"x" * 32}, b"y" * 32))
    now = machine_clock()
    assert await find_readiness(other, db, now) == {"database": True, "migrations": True, "keys": False, "clock": True}
    late = now.replace(year=now.year + 1)
    assert (await find_readiness(config, db, late))["clock"] is False


async def test_a_start_without_the_right_keys_is_refused_with_the_number_of_the_key(site: Site, config: Config) -> None:
    for masters, says in (({2: b"x" * 32}, "key 1 in MASTER_KEYS"), ({1: b"x" * 32}, "does not hold the keys")):
        with pytest.raises(Misconfigured, match=says):
            await check_keys(replace(config, vault=Vault(masters, b"y" * 32)), site.connection)
    await check_keys(config, site.connection)


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        (
            "application/csp-report",
            b'{"csp-report": {"effective-directive": "script-src-elem", "document-uri": "x/noor"}}',
            "script-src-elem",
        ),
        ("application/csp-report", b'{"csp-report": {"effective-directive": "<noor>"}}', "other"),
        ("application/csp-report", b"[" * 50_000, "unreadable"),
        ("application/csp-report", b"\xff\xfe", "unreadable"),
        ("text/plain", b"noor", "other"),
        ("application/csp-report", b"[]", "unreadable"),
    ],
)
async def test_of_a_report_of_blocked_content_only_the_rule_is_kept(
    site: Site, capsys: pytest.CaptureFixture[str], kind: str, body: bytes, code: str
) -> None:
    capsys.readouterr()
    await site.ask("POST", "/csp", data=body, headers={"Content-Type": kind}, status=204)
    said = capsys.readouterr().out
    assert f"code={code}" in said and "noor" not in said


@pytest.mark.parametrize(
    ("proxies", "told", "network"),
    [
        ((), "203.0.113.9", "127.0.0.1"),
        (("127.0.0.1",), "203.0.113.9", "203.0.113.9"),
        (("127.0.0.1",), "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        (("127.0.0.0/8", "10.0.0.0/8"), "1.1.1.1, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
        (("127.0.0.1",), "", "127.0.0.1"),
        (("127.0.0.1",), "not an address", "not an address"),
    ],
)
async def test_a_forwarded_address_counts_only_as_far_as_our_own_proxies_wrote_it(
    config: Config, db: Database, clock: TestClock, connection: Any, proxies: tuple[str, ...], told: str, network: str
) -> None:
    behind = replace(config, trusted_proxies=proxies)
    browser = Browser(behind.base_url)
    async with serving(create_app(behind, db, clock), "127.0.0.1", int(behind.base_url.rpartition(":")[2])):
        asked = await browser.get("/sign-in")
        token = asked.form().fields["token"].chosen[0]
        headers = {"X-Forwarded-For": told} if told else {}
        await browser.ask("POST", "/sign-in", data={"token": token, "email": "a@example.org"}, headers=headers, status=200)
        await browser.close()
    address = config.vault.blind_index("a@example.org").hex()
    counted = config.vault.keyed_hash("limit", f"codes|{address}|{network}|a day")
    assert await connection.fetchval("SELECT hits FROM rate_limits WHERE counted = $1", counted) == 1
