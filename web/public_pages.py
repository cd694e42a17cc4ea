"""Pages for everybody: the start, privacy, accessibility, sources, complaints; and the address that browsers report blocked content to."""

import json
from functools import partial

import structlog
from aiohttp import web

from matcher.domain.errors import Busy
from matcher.places_reading import attributions
from matcher.store.places_owed import Owed, find_owed
from web.access import home_of, page, sign_in_of
from web.safe_headers import POLICY_OF_CONTENT
from web.surroundings import Page, actor_of, config_of, database_of

DIRECTIVES = frozenset(part.split()[0] for part in POLICY_OF_CONTENT.split("; ")) | {"script-src-elem", "style-src-elem", "style-src-attr"}
REPORT_KINDS = frozenset({"application/csp-report", "application/json"})


async def start(request: web.Request) -> web.StreamResponse:
    """GET /: what this is. Somebody signed in is taken to where their work begins."""
    home = home_of(request, actor_of(request))
    if sign_in_of(request) is not None and home != "/":
        raise web.HTTPSeeOther(home)
    return page(request, "public/start.html")


async def show(name: str, request: web.Request) -> web.StreamResponse:
    """GET of a page of words alone."""
    timing = config_of(request).timing
    return page(request, f"public/{name}.html", {"timing": timing})


async def about(request: web.Request) -> web.StreamResponse:
    """GET /about: what this is, and whose tables and maps the places come from. It is shown without the latter while the database is away."""
    try:
        async with database_of(request).reading() as c:
            owed = await find_owed(c)
    except Busy:
        owed = Owed(None, ())
    return page(request, "public/about.html", {"attribution": attributions(owed.postcodes_of), "owed": owed})


async def blocked_content(request: web.Request) -> web.StreamResponse:
    """POST /csp: a browser says that it blocked something on a page of ours. Only which rule it was is kept."""
    directive = "other"
    if request.content_type in REPORT_KINDS:
        try:
            told = json.loads(await request.read())
            named = str(told["csp-report"]["effective-directive"])
            directive = named if named in DIRECTIVES else "other"
        except (ValueError, KeyError, TypeError, RecursionError):
            directive = "unreadable"
    structlog.get_logger().warning("content_blocked", code=directive)
    return web.Response(status=204)


def _words(name: str) -> Page:
    return partial(show, name)


routes = [
    web.get("/", start, name="public.start"),
    web.get("/privacy", _words("privacy"), name="public.privacy"),
    web.get("/accessibility", _words("accessibility"), name="public.accessibility"),
    web.get("/about", about, name="public.about"),
    web.get("/complaints", _words("complaints"), name="public.complaints"),
    web.get("/complaint", _words("complaints"), name="public.complaint"),
    web.post("/csp", blocked_content, name="public.csp"),
]
