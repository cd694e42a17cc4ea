"""What every page stands in: the settings, the database and the clock of its application, and one moment for one page."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any

from aiohttp import web

from matcher.config import Config
from matcher.database import Database
from matcher.domain.actor import ANONYMOUS, Actor
from matcher.domain.connection import Connection
from matcher.domain.staff import SignIn

Page = Callable[[web.Request], Awaitable[web.StreamResponse]]
Clock = Callable[[], datetime]
Extras = Callable[[web.Request], dict[str, Any]]

CONFIG = web.AppKey("config", Config)
DATABASE = web.AppKey("database", Database)
CLOCK = web.AppKey[Clock]("clock")
EXTRAS = web.AppKey[list[Extras]]("extras")
"""Functions that add to what every page of an application shows (the demo's banner)."""

NOW = web.RequestKey("now", datetime)
ACTOR = web.RequestKey("actor", Actor)
SIGN_IN = web.RequestKey[SignIn | None]("sign_in")
REQUEST_ID = web.RequestKey("request_id", str)
NEW_COOKIE = web.RequestKey("new_cookie", str)


def config_of(request: web.Request) -> Config:
    """The settings."""
    return request.app[CONFIG]


def database_of(request: web.Request) -> Database:
    """The database; to change something use `act` of access.py."""
    return request.app[DATABASE]


def now_of(request: web.Request) -> datetime:
    """The moment this page was asked for: one for everything on it."""
    if NOW not in request:
        request[NOW] = request.app[CLOCK]()
    return request[NOW]


def actor_of(request: web.Request) -> Actor:
    """Who asks for this page: somebody signed in, or ANONYMOUS."""
    found: Actor = request.get(ACTOR, ANONYMOUS)
    return found


def route_of(request: web.Request) -> str:
    """The name of this route; empty where there is no page."""
    return request.match_info.route.name or ""


def pattern_of(request: web.Request) -> str:
    """The route as a pattern: all that a log may say about an address."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "(none)"


def reading(request: web.Request) -> AbstractAsyncContextManager[Connection]:
    """A connection to read this page's rows with: `async with reading(request) as c:`."""
    return database_of(request).reading()
