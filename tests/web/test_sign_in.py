"""Signing in as people meet it: an address, a code, the way out; and what a stranger learns or can do, which is nothing."""

import re

import pytest

from tests.site import Seen, Site

WAIT_WORDS = "too many tries"


def without_tokens(seen: Seen) -> str:
    return re.sub(r'value="[^"]*"', "", seen.body.decode())


async def test_a_keyworker_signs_in_with_the_code_from_the_letter(site: Site) -> None:
    arrived = await site.sign_in(site.people.priya)
    assert arrived.status == 200
    assert ">Priya</span>" in arrived.body.decode()


async def test_the_code_letter_says_nothing_about_who_writes_or_why(site: Site) -> None:
    await site.submit(await site.get("/sign-in"), {"email": site.people.priya.email})
    [letter] = await site.letters()
    assert letter.to == site.people.priya.email and letter.subject == "Your code"
    assert not re.search(r"alongside|keyworker|fellowship|recovery", letter.text.split("\n--")[0][:300], re.I)
    assert not [link for link in letter.links if "/sign-in" in link]


async def test_a_known_and_an_unknown_address_get_equal_pages_at_every_step(site: Site) -> None:
    walks = []
    for address in (site.people.priya.email, "nobody@harbour.example.org"):
        browser = site.new_browser()
        asked = await browser.submit(await browser.get("/sign-in"), {"email": address})
        wrong = await browser.submit(asked, {"code": "000000"}, status=400)
        walks.append([(seen.status, seen.path, without_tokens(seen)) for seen in (asked, wrong)])
    assert walks[0] == walks[1]


async def test_a_fourth_code_in_a_quarter_of_an_hour_is_not_sent_and_the_page_does_not_say_so(site: Site) -> None:
    pages = [await site.submit(await site.get("/sign-in"), {"email": site.people.priya.email}) for _ in range(4)]
    assert len({without_tokens(seen) for seen in pages}) == 1
    assert len(await site.letters()) == 3


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("", "Enter your work email address"),
        ("priya", "in full"),
        ("a@example.org, b@example.org", "one email address only"),
        ("a@example.org\u202e", "hidden mark"),
        ("x" * 300 + "@example.org", "254 characters"),
    ],
    ids=["empty", "no address", "two", "bidi", "long"],
)
async def test_a_wrong_address_is_said_beside_the_field_and_kept(site: Site, address: str, says: str) -> None:
    answer = await site.submit(await site.get("/sign-in"), {"email": address}, status=400)
    assert says in answer.text and answer.page and answer.page.title.startswith("Error: ")


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "१२३४५", "12 34 5"])
async def test_what_is_no_code_is_said_without_using_up_a_try(site: Site, code: str) -> None:
    asked = await site.submit(await site.get("/sign-in"), {"email": site.people.priya.email})
    await site.submit(asked, {"code": code}, status=400)
    assert await site.connection.fetchval("SELECT sum(tries) FROM sign_in_codes") == 0


async def test_a_code_may_be_typed_with_spaces(site: Site) -> None:
    asked = await site.submit(await site.get("/sign-in"), {"email": site.people.priya.email})
    code = await site.code_for(site.people.priya)
    assert "Priya" in (await site.submit(asked, {"code": f" {code[:3]} {code[3:]} "})).body.decode()


async def test_a_stranger_who_tries_codes_cannot_bar_priya(site: Site) -> None:
    stranger = site.new_browser()
    page = await stranger.submit(await stranger.get("/sign-in"), {"email": site.people.priya.email})
    for _ in range(10):
        page = await stranger.submit(page, {"code": "000000"}, status=400)
    barred = await stranger.submit(page, {"code": "000000"}, status=429)
    assert WAIT_WORDS in barred.text and int(barred.headers["Retry-After"]) == 900
    arrived = await site.sign_in(site.people.priya, site.new_browser())
    assert "Priya" in arrived.body.decode()


async def test_a_cookie_of_before_signing_in_is_worth_nothing_afterwards(site: Site) -> None:
    await site.get("/sign-in")
    before = {cookie.key: cookie.value for cookie in site.browser.jar}
    await site.sign_in(site.people.priya)
    after = {cookie.key: cookie.value for cookie in site.browser.jar}
    assert before.keys() == after.keys() == {"in"} and before != after
    thief = site.new_browser()
    thief.jar.update_cookies(before)
    assert "Priya" not in (await thief.get("/")).body.decode()


async def test_a_stolen_cookie_is_refused_after_sign_out(site: Site) -> None:
    arrived = await site.sign_in(site.people.priya)
    thief = site.new_browser()
    thief.jar.update_cookies({cookie.key: cookie.value for cookie in site.browser.jar})
    assert ">Priya</span>" in (await thief.get("/sign-out")).body.decode()
    left = await site.submit(arrived, action="/sign-out")
    assert "You are signed out" in left.text
    for browser in (thief, site.browser):
        assert ">Priya</span>" not in (await browser.get("/sign-out")).body.decode()


async def test_signing_out_everywhere_ends_the_other_browser_too(site: Site) -> None:
    elsewhere = site.new_browser()
    await site.sign_in(site.people.priya)
    await site.sign_in(site.people.priya, elsewhere)
    asked = await site.get("/sign-out")
    left = await site.submit(asked, action="/sign-out/everywhere")
    assert "everywhere" in left.text
    assert ">Priya</span>" not in (await elsewhere.get("/sign-out")).body.decode()


async def test_half_an_hour_without_a_page_ends_a_sign_in_and_a_page_in_time_keeps_it(site: Site) -> None:
    await site.sign_in(site.people.priya)
    for _ in range(3):
        site.clock.forward(minutes=29)
        assert ">Priya</span>" in (await site.get("/sign-out")).body.decode()
    site.clock.forward(minutes=30)
    assert ">Priya</span>" not in (await site.get("/sign-out")).body.decode()


async def test_a_page_that_refreshes_itself_keeps_nobody_signed_in(site: Site) -> None:
    await site.sign_in(site.people.priya)
    for _ in range(3):
        site.clock.forward(minutes=14)
        await site.get("/sign-out", headers={"X-Refresh": "1"})
    assert ">Priya</span>" not in (await site.get("/sign-out")).body.decode()


async def test_looking_at_pages_sets_a_cookie_only_where_there_is_a_form(site: Site) -> None:
    for path in ("/", "/privacy", "/accessibility", "/about", "/complaints"):
        assert "Set-Cookie" not in (await site.get(path)).headers
    cookie = (await site.get("/sign-in")).headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie and "Domain" not in cookie and "Max-Age" not in cookie
