"""The demo's doors: sign-in by one click, the clock, the mailbox. Their routes exist only in the application that make_demo_app makes."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol
from uuid import UUID

from aiohttp import web

from matcher.actions.signing_in import sign_in
from matcher.config import Config
from matcher.database import Database
from matcher.demo_clock import DemoClock, Move
from matcher.demo_mailbox import Mailbox, OpenLetter, as_json
from matcher.domain.actor import ActorKind, Role
from matcher.domain.errors import NotFound
from matcher.domain.staff import Staff
from matcher.links import form_token
from matcher.store.areas import list_areas
from matcher.store.providers import list_providers
from matcher.store.staff_accounts import get_staff, list_staff_of_role
from web.access import give_cookie, home_of, own_cookie, page, sign_in_of
from web.app import create_app
from web.surroundings import actor_of, config_of, database_of, now_of, reading, route_of

FIRST_DOORS = ("Priya", "Eve", "Carol")
"""Who stands in the banner of every page; all the others are on /demo."""
MOVES = tuple(Move)
START = "/demo"
PER_PAGE = 25
OWN_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+(?=[/\s\"'<]|$)")
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; "
    "sandbox allow-top-navigation-by-user-activation"
)
"""What a letter may do when it is shown: look like itself and be followed by a click. Nothing runs, nothing is fetched."""


@dataclass(frozen=True, slots=True)
class Door:
    """Somebody to sign in as."""

    key: str
    name: str
    role: Role
    of: str
    staff_id: UUID


class Mover(Protocol):
    """Moves the demo's clock (matcher/demo_life.py)."""

    async def move(self, how: Move, *, keyworker_id: UUID | None = None, area_ids: Sequence[UUID] = ()) -> bool: ...


@dataclass(frozen=True, slots=True)
class DemoDoors:
    """What the demo's pages stand in besides the usual surroundings."""

    mover: Mover
    mailbox: Mailbox
    doors: tuple[Door, ...]


DOORS = web.AppKey("demo_doors", DemoDoors)


async def make_demo_app(config: Config, db: Database, clock: DemoClock, *, mover: Mover, mailbox: Mailbox) -> web.Application:
    """The usual application with the demo's doors, its banner on every page, and its clock."""
    doors = DemoDoors(mover, mailbox, await _list_doors(config, db))
    app = create_app(config, db, clock, more_routes=routes, extras=[banner])
    app[DOORS] = doors
    app.on_response_prepare.append(letter_headers)
    return app


async def _list_doors(config: Config, db: Database) -> tuple[Door, ...]:
    async with db.reading() as c:
        staff = [*await list_staff_of_role(c, Role.KEYWORKER), *await list_staff_of_role(c, Role.COORDINATOR)]
        places: dict[UUID, str] = {one.id: one.name for one in await list_providers(c)}
        places |= {one.id: one.name for one in await list_areas(c)}
    doors = [_door(config, one, places) for one in staff]
    return tuple(sorted(doors, key=lambda door: FIRST_DOORS.index(door.name) if door.name in FIRST_DOORS else len(FIRST_DOORS)))


def _door(config: Config, one: Staff, places: dict[UUID, str]) -> Door:
    name: str = config.vault.open(one.details)["first_name"]
    of = [places[one.provider_id]] if one.provider_id else sorted(places[area] for area in one.area_ids)
    return Door(name.lower(), name, one.role, ", ".join(of), one.id)


# ── the banner ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def banner(request: web.Request) -> dict[str, Any]:
    """What parts/demo_banner.html shows on every page: the demo's time, who may be signed in as, how the clock may be moved."""
    demo = request.config_dict[DOORS]
    signed_in = sign_in_of(request)
    here = signed_in.staff.id if signed_in else None
    return {
        "demo": {
            "now": now_of(request),
            "doors": [
                {"key": door.key, "name": door.name, "role": door.role.value, "here": door.staff_id == here}
                for door in demo.doors[: len(FIRST_DOORS)]
            ],
            "moves": [move.value for move in MOVES],
            "letters": len(demo.mailbox),
            "token_for": partial(_token, request),
            "back": request.path_qs if request.method == "GET" else "",
        }
    }


def _token(request: web.Request, route: str) -> str:
    """A form token bound to the browser's cookie, also on pages at the end of a link, whose own forms are bound to the link."""
    return form_token(config_of(request).vault, own_cookie(request), route)


async def show_start(request: web.Request) -> web.StreamResponse:
    """GET /demo: what this is, everybody to sign in as, what to try."""
    return page(request, "demo/start.html", {"doors": request.config_dict[DOORS].doors})


async def enter(request: web.Request) -> web.StreamResponse:
    """POST /demo/sign-in: signs this browser in as the one whose button was pressed."""
    posted = await request.post()
    door = next((door for door in request.config_dict[DOORS].doors if door.key == posted.get("who")), None)
    if door is None:
        raise NotFound()
    async with reading(request) as c:
        staff = await get_staff(c, door.staff_id)
    give_cookie(request, await database_of(request).act(sign_in, now_of(request), staff=staff))
    raise web.HTTPSeeOther(home_of(request, staff.actor))


async def move_clock(request: web.Request) -> web.StreamResponse:
    """POST /demo/clock: moves the clock, does all that falls due on the way, and shows the page again that the visitor came from."""
    posted = await request.post()
    asked = posted.get("move")
    if asked not in [move.value for move in MOVES]:
        raise NotFound()
    actor = actor_of(request)
    keyworker = actor.id if actor.kind is ActorKind.KEYWORKER else None
    found = await request.config_dict[DOORS].mover.move(Move(str(asked)), keyworker_id=keyworker, area_ids=sorted(actor.area_ids))
    if not found:
        return page(request, "demo/no_meeting.html", {"back": own_path(posted.get("back"))})
    raise web.HTTPSeeOther(own_path(posted.get("back")))


def own_path(given: object) -> str:
    """A page of ours to go back to; the demo's start for anything else."""
    ours = isinstance(given, str) and given.startswith("/") and not given.startswith("//") and "\\" not in given and given.isprintable()
    return str(given) if ours else START


# ── the mailbox ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def show_mailbox(request: web.Request) -> web.StreamResponse:
    """GET /demo/mailbox: letters, newest first; `to` narrows them to one address."""
    to = request.query.get("to", "")[:254]
    lines = request.config_dict[DOORS].mailbox.newest(to=to)
    last = max(1, -(-len(lines) // PER_PAGE))
    asked = request.query.get("page", "1")
    here = min(max(int(asked) if asked.isdecimal() and len(asked) < 6 else 1, 1), last)
    shown = lines[(here - 1) * PER_PAGE : here * PER_PAGE]
    return page(request, "demo/mailbox.html", {"lines": shown, "here": here, "last": last, "to": to, "total": len(lines)})


async def mailbox_json(request: web.Request) -> web.StreamResponse:
    """GET /demo/mailbox.json: every letter whole, newest first; `to` narrows them to one address, `most` to so many."""
    mailbox = request.config_dict[DOORS].mailbox
    most = request.query.get("most", "")
    lines = mailbox.newest(to=request.query.get("to", ""), most=int(most) if most.isdecimal() and len(most) < 6 else None)
    return web.json_response([as_json(letter, _here(request)) for line in lines if (letter := mailbox.open(line.number))])


def _letter(request: web.Request) -> OpenLetter:
    number = request.match_info["number"]
    found = request.config_dict[DOORS].mailbox.open(int(number)) if number.isdecimal() and len(number) < 10 else None
    if found is None:
        raise NotFound()
    return found


async def show_letter(request: web.Request) -> web.StreamResponse:
    """GET /demo/mailbox/N: one letter as its receiver sees it, with its headers, links and attachments."""
    letter = _letter(request)
    here = _here(request)
    return page(request, "demo/letter.html", {"letter": letter, "text": here(letter.text), "links": [here(link) for link in letter.links]})


async def letter_page(request: web.Request) -> web.StreamResponse:
    """GET /demo/mailbox/N/page: the letter's HTML alone, shut in its frame; its links open in the whole window."""
    html = _here(request)(_letter(request).html)
    return web.Response(text=html.replace("<head>", '<head><base target="_top">', 1), content_type="text/html")


async def letter_raw(request: web.Request) -> web.StreamResponse:
    """GET /demo/mailbox/N/raw: the bytes as they were sent."""
    return web.Response(body=_letter(request).raw, content_type="text/plain", charset="latin-1")


async def attachment(request: web.Request) -> web.StreamResponse:
    """GET /demo/mailbox/N/part/M: an attachment, as a download."""
    parts = _letter(request).attachments
    number = request.match_info["part"]
    if not number.isdecimal() or len(number) > 4 or not 1 <= int(number) <= len(parts):
        raise NotFound()
    part = parts[int(number) - 1]
    headers = {"Content-Disposition": f'attachment; filename="{re.sub(r"[^A-Za-z0-9._-]", "_", part.name) or "attachment"}"'}
    return web.Response(body=part.content, content_type=part.kind, headers=headers)


def _here(request: web.Request) -> Callable[[str], str]:
    """Addresses in letters hold the host and port of the day they were written: shown so that they work in this browser today."""
    return partial(OWN_ADDRESS.sub, f"http://{request.host}")


async def letter_headers(request: web.Request, response: web.StreamResponse) -> None:
    """After the usual headers (a signal): a letter may be shown in our own frame, and the page that holds it may frame it."""
    name = route_of(request) if response.status == HTTPStatus.OK else ""
    if name == "demo.letter_page":
        response.headers["Content-Security-Policy"] = LETTER_POLICY
    elif name == "demo.letter":
        response.headers["Content-Security-Policy"] += "; frame-src 'self'"


routes = [
    web.get(START, show_start, name="demo.start"),
    web.post("/demo/sign-in", enter, name="demo.sign_in"),
    web.post("/demo/clock", move_clock, name="demo.clock"),
    web.get("/demo/mailbox", show_mailbox, name="demo.mailbox"),
    web.get("/demo/mailbox.json", mailbox_json, name="demo.mailbox_json"),
    web.get("/demo/mailbox/{number}", show_letter, name="demo.letter"),
    web.get("/demo/mailbox/{number}/page", letter_page, name="demo.letter_page"),
    web.get("/demo/mailbox/{number}/raw", letter_raw, name="demo.letter_raw"),
    web.get("/demo/mailbox/{number}/part/{part}", attachment, name="demo.attachment"),
]
