"""Mail scanners open every link of every letter: GET, HEAD and OPTIONS change no row of any table, and the person who comes afterwards acts as if first."""

from itertools import cycle, islice

import pytest
from aiohttp import web

from matcher.actions.answering import accept_offer
from matcher.domain.permission_facts import LinkPurpose
from tests.link_stage import Links, hash_of_all_tables
from web.access import act
from web.invitation import read_invitation
from web.link_pages import Holder, at_end_of
from web.pages import STATIC, make_environment
from web.surroundings import reading

LOOKS = ("GET", "HEAD", "OPTIONS")
BEYOND = {"/answer/": ("", "/break"), "/calendar/": ("", "/file"), "/plan/": ("", "/sheet", "/cancel", "/stop")}
"""What a scanner finds when it follows the links of the pages too."""
HEADERS = (
    {},
    {"User-Agent": "Mozilla/5.0 (compatible; SafeLinks)"},
    {"Purpose": "prefetch", "Sec-Purpose": "prefetch;prerender"},
    {"User-Agent": "GoogleImageProxy", "Accept": "*/*"},
)


async def every_kind_of_letter(links: Links) -> None:
    """Two arrangements side by side: one planned and told, one still asked for and one undone, so that each kind of link has been sent."""
    await links.ask("Tom", "Wendy", "Ann")
    await links.accept("tom")
    await links.stage.pass_time(minutes=16)
    for name in ("Bob", "Cy", "Dee"):
        await links.stage.world.volunteer(name)
    await links.stage.begin(await links.stage.world.referral())
    await links.accept("bob")
    await links.choose(links.link("cy", "/pause/"), "until_i_say")
    await links.stage.worker.run_until_idle()


async def visit(links: Links, path: str, number: int) -> None:
    """One visit of a scanner, by each method, to a link and to what its page leads to."""
    headers = HEADERS[number % len(HEADERS)]
    first = f"/{path.split('/')[1]}/"
    for ending in BEYOND.get(first, ("",)):
        for method in LOOKS:
            seen = await links.browser.ask(method, path + ending, headers=headers, follow=False)
            assert seen.status in (200, 204), f"{method} {first}…{ending}: {seen.status}"
    extra = await links.browser.ask("GET", f"{path}?choice=yes&List-Unsubscribe=One-Click&_={number}", headers=headers)
    assert extra.status == 200


async def crawl(links: Links, visits: int) -> int:
    """So many visits, going round through every link of every letter; then nothing at all may have changed. Returns how many there were."""
    every = links.all_links()
    kinds = {f"/{path.split('/')[1]}/" for path in every}
    assert kinds == {"/answer/", "/undo/", "/cannot-come/", "/pause/", "/calendar/", "/plan/"}
    before = await hash_of_all_tables(links.stage.sql)
    for number, path in enumerate(islice(cycle(every), visits)):
        await visit(links, path, number)
    after = await hash_of_all_tables(links.stage.sql)
    assert {name for name in after if after[name] != before[name]} == set()
    return visits


async def people_still_act(links: Links) -> None:
    """What the scanner saw first is still the person's to do."""
    await links.choose(links.link("tom", "/cannot-come/"), "go_back")
    await links.choose(links.link("bob", "/undo/"), "go_back")
    assert "You are going along" in (await links.accept("dee")).text
    assert await links.stage.one("SELECT count(*) FROM matches WHERE state = 'planned'") == 1


async def test_a_scanner_that_opens_every_link_changes_nothing(links: Links) -> None:
    await every_kind_of_letter(links)
    assert await crawl(links, visits=max(25, len(links.all_links()))) >= 25
    await people_still_act(links)


@pytest.mark.long
async def test_a_thousand_visits_of_scanners_change_nothing(links: Links) -> None:
    await every_kind_of_letter(links)
    assert await crawl(links, visits=1000) == 1000
    await people_still_act(links)


async def test_a_page_that_accepts_on_get_is_caught_by_the_same_crawl(links: Links) -> None:
    """Teeth: the mistake of many sign-up tools, planted: the link itself is the yes."""

    @at_end_of(LinkPurpose.ANSWER_OFFER)
    async def accepts_on_get(request: web.Request, holder: Holder) -> web.StreamResponse:
        async with reading(request) as c:
            found = await read_invitation(c, request, holder.actor)
        for option in found.options:
            await act(request, accept_offer, actor=holder.actor, offer_id=found.offer.id, option_id=option.id)
        return web.Response(
            text="<!doctype html><html lang=en><title>Yes</title><main><h1>Thank you</h1></main></html>", content_type="text/html"
        )

    await every_kind_of_letter(links)
    await links.plant("link.answer_offer", "GET", accepts_on_get)
    with pytest.raises(AssertionError, match="offers"):
        await crawl(links, visits=len(links.all_links()))


def test_no_page_of_a_link_submits_itself_or_leads_to_a_change() -> None:
    """Scripts of ours submit nothing, and no template of a link holds a script, a refresh or a form that is sent by GET."""
    environment = make_environment()
    names = [name for name in environment.list_templates() if name.startswith(("volunteer/", "newcomer/", "link/"))]
    assert len(names) > 10
    for name in names:
        source = (environment.loader.get_source(environment, name)[0] if environment.loader else "").lower()
        for wrong in ("<script", "http-equiv", 'method="get"', "onload", "onclick", "autofocus", ".submit("):
            assert wrong not in source, f"{name} holds {wrong}"
    script = (STATIC / "alongside.js").read_text(encoding="utf-8")
    assert ".submit(" not in script and ".requestSubmit(" not in script and ".click(" not in script
