"""A published list that comes in pages is fetched page by page and put together; every other list is one fetch. Rules: fetching.py."""

import asyncio
import json
from dataclasses import replace
from typing import Any

from yarl import URL

from matcher.domain.feed_issue import ErrorKind
from matcher.domain.meeting_source import Fetched, MeetingSource
from matcher.fetching import FetchRules, fetch_feed

PAGED = frozenset({"ukna"})
"""Formats whose publishers answer in pages, each with the address of the next (meetings 5.6)."""
PAGES_MOST = 200
BETWEEN_PAGES_S = 1.0


async def fetch_list(source: MeetingSource, rules: FetchRules, *, anew: bool = False, between_s: float = BETWEEN_PAGES_S) -> Fetched:
    """Fetch a source's whole list. `anew`: also where the publisher would say that nothing has changed. The source must have an address."""
    first = await fetch_feed(
        source.url or "",
        etag=None if anew else source.etag,
        last_modified=None if anew else source.last_modified,
        rules=rules,
    )
    if first.body is None or source.format not in PAGED:
        return first
    try:
        async with asyncio.timeout(rules.wait_for_pages_s):
            return await _with_next_pages(first, source.url or "", rules, between_s)
    except TimeoutError:
        return Fetched(body=None, http_status=first.http_status, error=ErrorKind.TIMEOUT)


async def _with_next_pages(first: Fetched, address: str, rules: FetchRules, between_s: float) -> Fetched:
    """The first page with all that follow it. A page that cannot be had fails the whole: half a list is no list."""
    here, page = address, first
    rows: list[Any] = []
    total = 0
    for number in range(PAGES_MOST + 1):
        total += len(page.body or b"")
        read = _read_page(page.body or b"")
        if read is None:
            return first if number == 0 else replace(first, body=None, error=ErrorKind.WRONG_SHAPE)
        rows += read["data"]
        following = _next_address(read, here)
        if following is None:
            return first if number == 0 else replace(first, body=json.dumps({"data": rows}).encode(), etag=None, last_modified=None)
        if number == PAGES_MOST or total > rules.most:
            return replace(first, body=None, error=ErrorKind.TOO_LARGE)
        if URL(following).host != URL(address).host:
            return replace(first, body=None, error=ErrorKind.REDIRECT_REFUSED)
        await asyncio.sleep(between_s)
        here, page = following, await fetch_feed(following, rules=rules)
        if page.body is None:
            return replace(page, etag=None, last_modified=None)
    return replace(first, body=None, error=ErrorKind.TOO_LARGE)


def _read_page(body: bytes) -> dict[str, Any] | None:
    """A page of the form {"data": […], "links": …}; None for anything else, which the parser names better than we could."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and isinstance(value.get("data"), list) else None


def _next_address(page: dict[str, Any], here: str) -> str | None:
    links = page.get("links")
    following = links.get("next") if isinstance(links, dict) else None
    text = following.get("href") if isinstance(following, dict) else following
    if not isinstance(text, str) or not text:
        return None
    try:
        return str(URL(here).join(URL(text)))
    except ValueError:
        return None
