"""Signing in and out: an address, a typed code, and the way out in one tap. What happens is in matcher/actions/signing_in.py."""

import asyncio
import random
from datetime import timedelta

from aiohttp import web

from matcher.actions import signing_in
from matcher.links import new_token
from web.access import cookie_token, give_cookie, home_of, network_of, own_cookie, page, sign_in_of
from web.form_fields import Email, FormRecord, SixDigits
from web.forms import Form, Problem, blank_form, read_form
from web.surroundings import actor_of, config_of, database_of, now_of

MOST_JITTER = 0.02
"""Seconds added by chance to the answer of an asked-for code, so that its timing tells even less about whether an address is known."""


class AskForCode(FormRecord):
    """The work address of whoever wants to sign in."""

    email: Email


class TypeCode(FormRecord):
    """The code from the letter."""

    code: SixDigits


async def show_ask(request: web.Request) -> web.StreamResponse:
    """GET /sign-in: asks for the address. Somebody signed in is taken to their own start."""
    if sign_in_of(request) is not None:
        raise web.HTTPSeeOther(home_of(request, actor_of(request)))
    return page(request, "public/sign_in.html", {"form": blank_form(AskForCode)})


async def ask(request: web.Request) -> web.StreamResponse:
    """POST /sign-in: sends a code to whoever has this address. The next page is the same when nobody has."""
    record, form = read_form(AskForCode, await request.post())
    if record is None:
        return page(request, "public/sign_in.html", {"form": form}, status=400)
    config = config_of(request)
    await database_of(request).act(
        signing_in.ask_for_code,
        config,
        now_of(request),
        address=record.email,
        browser=own_cookie(request),
        network=network_of(request),
    )
    await asyncio.sleep(random.uniform(0, MOST_JITTER))
    raise web.HTTPSeeOther("/sign-in/code")


async def show_code(request: web.Request) -> web.StreamResponse:
    """GET /sign-in/code: asks for the code, whether or not one was sent."""
    return _code_page(request, blank_form(TypeCode))


async def try_code(request: web.Request) -> web.StreamResponse:
    """POST /sign-in/code: signs in with a right code. A wrong one and one for an unknown address get the same page."""
    record, form = read_form(TypeCode, await request.post())
    if record is None:
        return _code_page(request, form, status=400)
    tried = await database_of(request).act(
        signing_in.try_code,
        config_of(request),
        now_of(request),
        code=record.code,
        browser=own_cookie(request),
        network=network_of(request),
    )
    if tried.token and tried.staff:
        give_cookie(request, tried.token)
        raise web.HTTPSeeOther(home_of(request, tried.staff.actor))
    if tried.wait is not None:
        minutes = max(1, -(-tried.wait // timedelta(minutes=1)))
        response = _code_page(request, form.with_errors({"code": Problem("wait", {"minutes": minutes})}), status=429)
        response.headers["Retry-After"] = str(int(tried.wait.total_seconds()))
        return response
    return _code_page(request, form.with_errors({"code": "wrong_code" if tried.live else "old_code"}), status=400)


async def show_out(request: web.Request) -> web.StreamResponse:
    """GET /sign-out: changes nothing; shows the button, or that nobody is signed in."""
    return page(request, "public/signed_out.html", {"signed_in": sign_in_of(request) is not None, "everywhere": False})


async def sign_out(request: web.Request) -> web.StreamResponse:
    """POST /sign-out: ends this sign-in. Also the lock of a shared computer: no page can be shown again by going back."""
    await database_of(request).act(signing_in.sign_out, now_of(request), token=cookie_token(request))
    return _left(request, everywhere=False)


async def sign_out_everywhere(request: web.Request) -> web.StreamResponse:
    """POST /sign-out/everywhere: ends every sign-in of this account, for a telephone that was lost."""
    sign_in = sign_in_of(request)
    if sign_in is not None:
        await database_of(request).act(signing_in.sign_out_everywhere, now_of(request), staff_id=sign_in.staff.id)
    return _left(request, everywhere=True)


def _left(request: web.Request, *, everywhere: bool) -> web.Response:
    """The page after signing out, in a browser that holds a new, empty token."""
    give_cookie(request, new_token())
    return page(
        request,
        "public/signed_out.html",
        {"signed_in": False, "everywhere": everywhere, "sign_out": None, "nav": []},
    )


def _code_page(request: web.Request, form: Form, *, status: int = 200) -> web.Response:
    life = config_of(request).timing.code_life
    return page(request, "public/code.html", {"form": form, "back": "/sign-in", "minutes": int(life / timedelta(minutes=1))}, status=status)


routes = [
    web.get("/sign-in", show_ask, name="sign_in.ask"),
    web.post("/sign-in", ask, name="sign_in.ask"),
    web.get("/sign-in/code", show_code, name="sign_in.code"),
    web.post("/sign-in/code", try_code, name="sign_in.code"),
    web.get("/sign-out", show_out, name="sign_in.out"),
    web.post("/sign-out", sign_out, name="sign_in.out"),
    web.post("/sign-out/everywhere", sign_out_everywhere, name="sign_in.everywhere"),
]
