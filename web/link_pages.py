"""What every page at the end of a link shares: who holds it, the one page for links that have finished, and the limit on guessing (journeys 7)."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from functools import wraps
from typing import Any
from weakref import WeakKeyDictionary

from aiohttp import web

from matcher.config import Config
from matcher.database import Database
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.errors import Finished, Hidden
from matcher.domain.permission_facts import LinkPurpose
from matcher.links import token_hash
from matcher.store.letter_links import Link, find_link
from web.access import network_of, page
from web.form_fields import FormRecord
from web.forms import Form, blank_form, read_form
from web.surroundings import Page, config_of, database_of, now_of, reading

MOST_GUESSES = 20
GUESS_WINDOW = timedelta(hours=1)
"""20 finished or unknown links from one network address in an hour (security 2); then the same page comes slower."""
SLOWER_SECONDS = 2.0
MOST_NETWORKS = 10_000


@dataclass(frozen=True, slots=True)
class Holder:
    """Whoever came by a live link: the link, and the actor it makes of them for its one thing."""

    link: Link
    actor: Actor


class Choice(FormRecord):
    """The one answer of a page at the end of a link. Nothing is chosen beforehand."""

    choice: str


LinkPage = Callable[[web.Request, Holder], Awaitable[web.StreamResponse]]


def at_end_of(purpose: LinkPurpose) -> Callable[[LinkPage], Page]:
    """A page for the holder of a live link of this purpose. Forged, used, replaced and expired ones all get the same page."""

    def wrap(handler: LinkPage) -> Page:
        @wraps(handler)
        async def opened(request: web.Request) -> web.StreamResponse:
            holder = await find_holder(request, purpose)
            if holder is None:
                return await finished(request)
            try:
                return await handler(request, holder)
            except (Finished, Hidden):  # it ended between the look and the change, or what it was about is gone
                return await finished(request)

        return opened

    return wrap


async def find_holder(request: web.Request, purpose: LinkPurpose) -> Holder | None:
    """Who holds this link; None unless it is live and for this purpose. One look-up by hash, the same for every token. Writes nothing."""
    async with reading(request) as c:
        link = await find_link(c, token_hash(request.match_info["token"]), now_of(request))
    if link is None or not link.live or link.purpose != purpose:
        return None
    actor = Actor(ActorKind(link.party_kind), id=link.party_id, link_purpose=link.purpose, about_id=link.about_id)
    return Holder(link, actor)


# ── pages and forms ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def link_page(request: web.Request, template: str, *, status: int = 200, **context: Any) -> web.Response:
    """A page in our frame without anything of a sign-in: whoever holds the link reads it, also on a colleague's screen."""
    given = {"here": own_address(request), "form": blank_form(Choice), **context}
    return page(request, template, {"nav": [], "sign_out": None, **given}, status=status)


def own_address(request: web.Request) -> str:
    """The address of the page of this link, without what follows the token."""
    first, token = request.path.split("/")[1], request.match_info["token"]
    return f"/{first}/{token}"


async def read_choice(request: web.Request, offered: Iterable[str]) -> tuple[str, Form]:
    """The chosen answer, or an empty text and the form with what is wrong: none chosen, or one that this page did not offer."""
    record, form = read_form(Choice, await request.post())
    if record is None:
        return "", form
    if record.choice not in offered:
        return "", form.with_errors({"choice": "not_offered"})
    return record.choice, form


def wall(moment: datetime, zone: tzinfo) -> datetime:
    """An instant as a clock on the wall there shows it: without its zone, so that the page says it as it stands."""
    return moment.astimezone(zone).replace(tzinfo=None)


# ── finished links ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Guesses:
    """How often each network address came with a link that is not live. Kept in memory alone: looking at a link writes no row, whatever the link."""

    seen: dict[bytes, tuple[datetime, int]] = field(default_factory=dict)

    def count(self, who: bytes, now: datetime) -> int:
        """Note one more and return how many in this window. The oldest address is dropped where there are too many."""
        since, number = self.seen.pop(who, (now, 0))
        if now - since >= GUESS_WINDOW:
            since, number = now, 0
        self.seen[who] = (since, number + 1)
        while len(self.seen) > MOST_NETWORKS:
            self.seen.pop(next(iter(self.seen)))
        return number + 1


_guesses: WeakKeyDictionary[Database, Guesses] = WeakKeyDictionary()


async def finished(request: web.Request) -> web.Response:
    """The one page for links that do not work any more, or never did: the same length and the same work for all of them."""
    config: Config = config_of(request)
    who = config.vault.keyed_hash("guess", network_of(request))
    if _guesses.setdefault(database_of(request), Guesses()).count(who, now_of(request)) > MOST_GUESSES:
        await asyncio.sleep(SLOWER_SECONDS)
    return page(request, "link/finished.html", {"nav": [], "sign_out": None})
