"""Who asks: sign-in cookie, the first wall (route_policy.py), form tokens; and how a page changes something. Sign-in's own pages: sign_in_pages.py."""

import ipaddress
import secrets
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from typing import Any, Concatenate, ParamSpec, TypeVar

import aiohttp_jinja2
from aiohttp import web

from matcher.actions import signing_in
from matcher.actions.once import act_once as run_once
from matcher.actions.once import submission_of
from matcher.config import Config
from matcher.domain.actor import ANONYMOUS, Actor, ActorKind
from matcher.domain.connection import Connection
from matcher.domain.errors import Refused
from matcher.domain.route_policy import check_can_open
from matcher.domain.staff import SignIn
from matcher.links import TOKEN_CHARACTERS, form_token, is_form_token, new_token, token_hash
from matcher.store.sign_ins import find_sign_in
from web.navigation import nav_for
from web.surroundings import (
    ACTOR,
    EXTRAS,
    NEW_COOKIE,
    SIGN_IN,
    Page,
    actor_of,
    config_of,
    database_of,
    now_of,
    reading,
    route_of,
)

P = ParamSpec("P")
R = TypeVar("R")
HOMES = {ActorKind.KEYWORKER: "keyworker.home", ActorKind.COORDINATOR: "coordinator.home"}
"""Where each role begins, by route name."""
SHORTEST_NONCE, LONGEST_NONCE = 16, 64
UNKNOWN_TO_NOBODY = frozenset({"static", "health.live", "health.ready", "public.csp"})
"""Routes that never ask who is there: they work without the database."""


class NoNonce(Refused):
    """This form did not come from one of our pages as we showed it. Nothing was saved: please go back, open the page again and send it."""


def cookie_name(config: Config) -> str:
    """`__Host-` makes the browser insist on https, this host and the whole site; without https (a demo) it would refuse the cookie."""
    return "__Host-in" if config.secure else "in"


def cookie_token(request: web.Request) -> str:
    """The random token this browser holds: of a sign-in, or of nothing yet. Empty where it holds none."""
    token = request.get(NEW_COOKIE) or request.cookies.get(cookie_name(config_of(request)), "")
    return token if len(token) == TOKEN_CHARACTERS and token.isascii() else ""


def give_cookie(request: web.Request, token: str) -> None:
    """Put this token in the browser with the answer."""
    request[NEW_COOKIE] = token


def own_cookie(request: web.Request) -> str:
    """The browser's token; a browser that has none gets one with this page. It tells us nothing about anybody."""
    if not cookie_token(request):
        give_cookie(request, new_token())
    return cookie_token(request)


def send_cookie(request: web.Request, response: web.StreamResponse) -> None:
    """Add the cookie that this page decided on to its answer."""
    if NEW_COOKIE in request:
        config = config_of(request)
        response.set_cookie(cookie_name(config), request[NEW_COOKIE], path="/", secure=config.secure, httponly=True, samesite="Lax")


def network_of(request: web.Request) -> str:
    """The network address that asks. X-Forwarded-For counts only as far as our own proxies wrote it."""
    proxies = [ipaddress.ip_network(proxy, strict=False) for proxy in config_of(request).trusted_proxies]
    told = [part.strip() for header in request.headers.getall("X-Forwarded-For", []) for part in header.split(",")]
    address = request.remote or ""
    while told and _is_among(address, proxies):
        address = told.pop()
    return address


def _is_among(address: str, networks: list[Any]) -> bool:
    try:
        return any(ipaddress.ip_address(address) in network for network in networks)
    except ValueError:
        return False


@web.middleware
async def know_actor(request: web.Request, handler: Page) -> web.StreamResponse:
    """Who asks, and whether their kind may open this route at all. A sign-in in use is kept alive, but not by a page that refreshes itself."""
    name = route_of(request)
    if not name or name in UNKNOWN_TO_NOBODY:
        return await handler(request)
    sign_in = await _find_sign_in(request)
    request[SIGN_IN] = sign_in
    request[ACTOR] = sign_in.staff.actor if sign_in else ANONYMOUS
    check_can_open(request[ACTOR], name)
    now = now_of(request)
    if sign_in and signing_in.is_worth_noting(sign_in, now) and "X-Refresh" not in request.headers:
        await database_of(request).act(signing_in.note_seen, now, token=cookie_token(request))
    return await handler(request)


async def _find_sign_in(request: web.Request) -> SignIn | None:
    token = cookie_token(request)
    if not token:
        return None
    timing = config_of(request).timing
    async with reading(request) as c:
        return await find_sign_in(c, token_hash(token), now_of(request), idle=timing.sign_in_idle, most=timing.sign_in_most)


def sign_in_of(request: web.Request) -> SignIn | None:
    """The live sign-in of this browser."""
    return request.get(SIGN_IN)


def home_of(request: web.Request, actor: Actor) -> str:
    """The address where this actor's work begins; the public start for everybody else."""
    name = HOMES.get(actor.kind, "public.start")
    return str(request.app.router[name].url_for()) if name in request.app.router else "/"


# ── changing something ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def act(request: web.Request, action: Callable[Concatenate[Connection, P], Awaitable[R]], **facts: Any) -> R:
    """Run `action(tx, config, now, actor=…, **facts)` in one transaction, as whoever asks. `actor` may be given, for the holder of a link."""
    facts.setdefault("actor", actor_of(request))
    run: Any = database_of(request).act
    answer: R = await run(action, config_of(request), now_of(request), **facts)
    return answer


async def act_once(request: web.Request, action: Callable[..., Awaitable[str]], **facts: Any) -> str:
    """As `act`, at most once for the nonce of this form: a second sending gets the first one's answer. The action answers a short text."""
    facts.setdefault("actor", actor_of(request))
    posted = await request.post()
    nonce = posted.get("nonce", "")
    if not isinstance(nonce, str) or not SHORTEST_NONCE <= len(nonce) <= LONGEST_NONCE:
        raise NoNonce()
    answers = [(name, value if isinstance(value, str) else _file_hash(value)) for name, value in posted.items()]
    submission = submission_of(nonce, facts["actor"].id, [*answers, ("to", request.path)])
    now = now_of(request)
    return await run_once(database_of(request), submission, now, action, config_of(request), now, **facts)


def _file_hash(sent: Any) -> str:
    if isinstance(sent, bytes | bytearray):  # a file field that was left empty
        return sha256(sent).hexdigest()
    digest = sha256(sent.file.read()).hexdigest()
    sent.file.seek(0)
    return digest


# ── forms and pages ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def holder_of(request: web.Request) -> str:
    """What a form is bound to: the link it is at the end of (`{token}` in the address), else this browser's cookie."""
    return request.match_info.get("token") or cookie_token(request)


def token_for(request: web.Request, route: str = "") -> str:
    """The form token for a form that posts to the named route, by default this one."""
    own = request.match_info.get("token") or own_cookie(request)
    return form_token(config_of(request).vault, own, route or route_of(request))


def is_own_form(request: web.Request, given: str) -> bool:
    """Whether this post comes from a form that we showed to this browser, or at the end of this link."""
    holder = holder_of(request)
    return bool(holder) and is_form_token(config_of(request).vault, holder, route_of(request), given)


def form_tokens(request: web.Request, route: str = "") -> dict[str, str]:
    """`token` and `nonce` for one form; `route` names where it posts to when that is another page."""
    return {"token": token_for(request, route), "nonce": secrets.token_urlsafe(16)}


def page(request: web.Request, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200) -> web.Response:
    """A whole page of ours. Every template may use `token`, `nonce`, `tokens_for("route.name")`, `can_…` it is given, and the frame's own."""
    given = dict(context or {})
    mine = form_tokens(request) if needs_tokens(request) else {"token": "", "nonce": ""}
    extras: dict[str, Any] = {}
    for extra in request.app[EXTRAS]:
        extras |= extra(request)
    frame = {
        "tokens_for": lambda route: form_tokens(request, route),
        "nav": nav_for(request),
        "sign_out": sign_out_form(request),
        "demo": None,
    }
    return aiohttp_jinja2.render_template(template, request, {**frame, **mine, **extras, **given}, status=status)


def needs_tokens(request: web.Request) -> bool:
    """Whether this page can hold a form of its own: only then is a browser without a cookie given one."""
    return bool(holder_of(request)) or "POST" in allowed_methods(request)


def allowed_methods(request: web.Request) -> set[str]:
    """The methods this address takes."""
    resource = request.match_info.route.resource
    return {route.method for route in resource} if resource is not None else set()


def sign_out_form(request: web.Request) -> dict[str, str] | None:
    """What the frame needs for its sign-out button; None where nobody is signed in."""
    sign_in = sign_in_of(request)
    if sign_in is None:
        return None
    details = config_of(request).vault.open(sign_in.staff.details)
    return {"action": "/sign-out", "who": details["first_name"], **form_tokens(request, "sign_in.out")}
