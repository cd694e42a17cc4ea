"""What a request must be before a page sees it: sent to our own host, no larger than allowed, and a form of ours (security 7)."""

import asyncio
from urllib.parse import urlsplit

from aiohttp import web

from matcher.config import Config
from matcher.domain.route_policy import POLICY, RoutePolicy
from web.access import is_own_form
from web.surroundings import Page, config_of, route_of

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
MOST_FIELDS = 200
READ_SECONDS = 10.0
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
ANY_HOST = frozenset({"health.live", "health.ready"})
"""Asked for by the machine itself, by whatever name."""


class NotOurForm(Exception):
    """A post that did not come from a page we showed. `own_site` is False where the browser says that another site sent it."""

    def __init__(self, *, own_site: bool) -> None:
        self.own_site = own_site
        super().__init__()


def policy_of(request: web.Request) -> RoutePolicy | None:
    """The first wall's line for this route; None where there is no page."""
    return POLICY.get(route_of(request))


def is_own_host(config: Config, host: str) -> bool:
    """Whether a request was sent to us by our name. On a machine's own address all its three names are ours."""
    ours = urlsplit(config.base_url).netloc
    if host == ours:
        return True
    name, port, our_name, our_port = *_split(host), *_split(ours)
    return name in LOOPBACK and our_name in LOOPBACK and port == our_port


def is_own_origin(config: Config, origin: str, host: str) -> bool:
    """Whether an Origin header names this site. `null` is what a browser sends from our own pages: they send no referrer."""
    if origin in ("", "null"):
        return True
    parts = urlsplit(origin)
    return parts.scheme == urlsplit(config.base_url).scheme and parts.netloc == host and is_own_host(config, host)


def _split(host: str) -> tuple[str, str]:
    name, colon, port = host.rpartition(":")
    return (name, port) if colon and port.isdigit() else (host, "")


@web.middleware
async def check_host(request: web.Request, handler: Page) -> web.StreamResponse:
    """A forged Host gets 400: letters and redirects never depend on it, and no page is served under another's name."""
    if route_of(request) not in ANY_HOST and not is_own_host(config_of(request), request.host):
        raise web.HTTPBadRequest
    return await handler(request)


@web.middleware
async def check_form(request: web.Request, handler: Page) -> web.StreamResponse:
    """Read a posted form within its limits, and refuse one that another site made. A page's own `await request.post()` is then at once."""
    policy = policy_of(request)
    if request.method in SAFE or policy is None:
        return await handler(request)
    check_size(request, policy.most_bytes)
    if policy.own_capability:
        return await handler(request)
    async with asyncio.timeout(READ_SECONDS):
        posted = await request.post()
    own_site = request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
    own_site = own_site and is_own_origin(config_of(request), request.headers.get("Origin", ""), request.host)
    token = posted.get("token", "")
    if not own_site or not isinstance(token, str) or not is_own_form(request, token):
        raise NotOurForm(own_site=own_site)
    return await handler(request)


def check_size(request: web.Request, most: int) -> None:
    """Refuse a body that is too large by its own account, or that gives none: every browser says how long a form is."""
    if "Transfer-Encoding" in request.headers or "Content-Encoding" in request.headers:
        raise web.HTTPLengthRequired
    length = request.content_length or 0
    if length > most:
        raise web.HTTPRequestEntityTooLarge(max_size=most, actual_size=length)
