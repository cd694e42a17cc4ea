"""What a request must be before a page sees it: our host, our form, our size. And that a real browser's requests always are."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.site import Site, from_own_page
from web.form_guard import is_own_host, is_own_origin


async def token_of(site: Site, path: str = "/sign-in") -> str:
    return (await site.get(path)).form().fields["token"].chosen[0]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    ],
    ids=str,
)
async def test_a_form_of_another_site_is_refused_even_with_a_right_token(site: Site, headers: dict[str, str]) -> None:
    answers = {"token": await token_of(site), "email": site.people.priya.email}
    refused = await site.ask("POST", "/sign-in", data=answers, headers=headers, status=403)
    assert site.people.priya.email not in refused.body.decode()
    assert await site.letters() == []


@pytest.mark.parametrize("headers", [{}, {"Origin": "null"}, from_own_page("")], ids=["old browser", "no referrer", "Chromium"])
async def test_a_form_of_ours_is_taken_with_the_headers_real_browsers_send(site: Site, headers: dict[str, str]) -> None:
    answers = {"token": await token_of(site), "email": site.people.priya.email}
    await site.ask("POST", "/sign-in", data=answers, headers=headers, status=200)
    assert len(await site.letters()) == 1


@pytest.mark.parametrize("wrong", ["none", "empty", "other form", "other browser", "changed"])
async def test_a_form_without_its_own_token_is_refused_with_what_was_typed_kept(site: Site, wrong: str) -> None:
    token = await token_of(site)
    if wrong == "other form":
        token = await token_of(site, "/sign-in/code")
    if wrong == "other browser":
        other = site.new_browser()
        token = (await other.get("/sign-in")).form().fields["token"].chosen[0]
    given = {"none": None, "empty": "", "changed": token[:-1] + ("0" if token[-1] != "0" else "1")}.get(wrong, token)
    answers = {"email": "kept@example.org", **({} if given is None else {"token": given})}
    refused = await site.ask("POST", "/sign-in", data=answers, headers=from_own_page(""), status=403)
    assert "go back" in refused.text and "kept@example.org" in refused.text
    assert await site.connection.fetchval("SELECT count(*) FROM sign_in_codes") == 0


async def test_a_post_when_signed_out_keeps_what_was_typed_and_leads_to_signing_in(site: Site) -> None:
    await site.sign_in(site.people.priya)
    page = await site.get("/sign-out")
    site.clock.forward(minutes=31)
    token = page.form("/sign-out/everywhere").fields["token"].chosen[0]
    refused = await site.ask(
        "POST", "/sign-out/everywhere", data={"token": token, "note": "long words"}, headers=from_own_page(""), status=403
    )
    assert "signed out" in refused.text and "long words" in refused.text


async def test_another_host_is_refused_and_both_names_of_this_machine_are_ours(site: Site) -> None:
    port = site.config.base_url.rpartition(":")[2]
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1", "localhost:1", f"127.0.0.1:{port}.evil.example"):
        assert (await site.ask("GET", "/", headers={"Host": host})).status == 400, host
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"):
        assert (await site.ask("GET", "/", headers={"Host": host})).status == 200, host
    assert (await site.ask("GET", "/health/live", headers={"Host": "10.0.0.7"})).status == 200


def test_hosts_and_origins_are_compared_whole(config: Any) -> None:
    real = replace(config, base_url="https://alongside.example.org")
    assert is_own_host(real, "alongside.example.org")
    assert not any(
        is_own_host(real, host) for host in ("localhost", "127.0.0.1", "alongside.example.org:8080", "xalongside.example.org", "")
    )
    assert is_own_origin(real, "https://alongside.example.org", "alongside.example.org")
    for origin in ("http://alongside.example.org", "https://alongside.example.org.evil.example", "https://evil.example", "file://"):
        assert not is_own_origin(real, origin, "alongside.example.org"), origin


async def test_what_is_too_large_or_of_no_said_length_is_refused_before_it_is_read(site: Site) -> None:
    token = await token_of(site)
    refused = await site.ask("POST", "/sign-in", data={"token": token, "email": "x" * 70_000}, status=413)
    assert "64 kB" in refused.text

    async def endless() -> Any:
        yield b"token="
        yield b"x" * 1000

    assert (await site.ask("POST", "/sign-in", data=endless())).status == 411
    zipped = {"Content-Encoding": "gzip", "Content-Type": "application/x-www-form-urlencoded"}
    assert (await site.ask("POST", "/sign-in", data=b"\x1f\x8b", headers=zipped)).status == 411


async def test_more_than_two_hundred_fields_are_refused(site: Site) -> None:
    token = await token_of(site)
    many = [("token", token), *((f"f{number}", "x") for number in range(200))]
    assert (await site.ask("POST", "/sign-in", data=many)).status == 413


async def test_a_form_that_never_arrives_ends_in_time(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.form_guard.READ_SECONDS", 0.2)
    port = int(site.config.base_url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    kind = "application/x-www-form-urlencoded"
    writer.write(f"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: {kind}\r\nContent-Length: 50\r\n\r\ntoken=".encode())
    line = await asyncio.wait_for(reader.readline(), 5)
    assert b" 408 " in line
    writer.close()
    await writer.wait_closed()


async def test_options_changes_nothing_and_names_what_may_be_asked(site: Site) -> None:
    answer = await site.ask("OPTIONS", "/sign-in", status=204)
    assert set(answer.headers["Allow"].split(",")) == {"GET", "HEAD", "POST"}
