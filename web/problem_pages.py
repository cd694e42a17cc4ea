"""Every error becomes a page in our own layout, and one line in the log. Sentences are in templates/public/problem.html and in errors' docstrings."""

import logging
import math
import secrets
import time
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import web

from matcher.domain.errors import Busy, Changed, Finished, Hidden, Invalid, OutcomeUnknown, Refusal, Refused, TooMany
from matcher.domain.route_policy import SignInFirst
from matcher.domain.text import without_hidden
from matcher.logs import where
from web.access import page, send_cookie
from web.form_guard import SAFE, NotOurForm
from web.surroundings import REQUEST_ID, Page, actor_of, pattern_of

STATUS: dict[type[Refusal], int] = {
    Hidden: 404,
    Refused: 403,
    Finished: 200,
    Changed: 409,
    Invalid: 400,
    TooMany: 429,
    OutcomeUnknown: 503,
    Busy: 503,
    Refusal: 409,
}
"""What a refusal is over HTTP; the first line that it is an instance of counts."""
RETRY_SECONDS = 5
MOST_SHOWN = 60
log = structlog.get_logger()


@web.middleware
async def answer_kindly(request: web.Request, handler: Page) -> web.StreamResponse:
    """The outermost frame: whatever goes wrong inside is a page, and every request is one line in the log."""
    began = time.monotonic()
    request[REQUEST_ID] = secrets.token_hex(4)
    error: Exception | None = None
    try:
        response = await handler(request)
    except web.HTTPException as answer:
        response = _answered(request, answer)
    except Exception as caught:
        error = caught
        response = await _problem(request, caught)
    send_cookie(request, response)
    _note(request, response.status, time.monotonic() - began, error)
    return response


def _answered(request: web.Request, answer: web.HTTPException) -> web.StreamResponse:
    """A redirect as it is; any other answer of the framework in our layout."""
    if answer.status < HTTPStatus.BAD_REQUEST:
        return web.Response(status=answer.status, headers={"Location": answer.headers["Location"]} if "Location" in answer.headers else {})
    allow = answer.headers.get("Allow", "")
    if request.method == "OPTIONS" and answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
        return web.Response(status=HTTPStatus.NO_CONTENT, headers={"Allow": allow})
    response = problem(request, answer.status)
    if allow:
        response.headers["Allow"] = allow
    return response


async def _problem(request: web.Request, error: Exception) -> web.StreamResponse:
    if isinstance(error, SignInFirst):
        if request.method in SAFE:
            return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/sign-in"})
        return problem(request, 403, "signed_out", kept=await _kept(request))
    if isinstance(error, NotOurForm):
        if "token" in request.match_info:  # the end of a link: nothing is typed there, and the way back is the link itself
            return problem(request, HTTPStatus.BAD_REQUEST, "form", back=request.path)
        return problem(request, HTTPStatus.FORBIDDEN, "form", kept=await _kept(request) if error.own_site else [])
    if isinstance(error, Refusal):
        status = next(status for kind, status in STATUS.items() if isinstance(error, kind))
        own_words = "" if isinstance(error, Hidden) else error.sentence
        response = problem(request, status, sentence=own_words)
        if status in (429, 503):
            response.headers["Retry-After"] = str(_retry_after(error))
        return response
    if isinstance(error, TimeoutError):
        return problem(request, HTTPStatus.REQUEST_TIMEOUT)
    return problem(request, 500)


def problem(request: web.Request, status: int, kind: str = "", *, sentence: str = "", kept: Any = (), back: str = "") -> web.Response:
    """A page that says what went wrong and what to do. `kind` picks the words where the status does not; `kept` are answers to copy."""
    told = {
        "kind": kind or str(status),
        "back": back,
        "sentence": sentence,
        "kept": kept,
        "reference": request.get(REQUEST_ID, "") if status == 500 else "",
    }
    return page(request, "public/problem.html", told, status=status)


def _retry_after(error: Refusal) -> int:
    wait = error.facts.get("retry_after")
    return max(1, math.ceil(wait.total_seconds())) if wait is not None else RETRY_SECONDS


async def _kept(request: web.Request) -> list[dict[str, str]]:
    """What was typed into a form that could not be taken, to be copied from the page: nothing is lost."""
    try:
        posted = await request.post()
    except (web.HTTPException, ValueError, TimeoutError):
        return []
    typed = [(name, value) for name, value in posted.items() if isinstance(value, str) and name not in ("token", "nonce") and value.strip()]
    return [{"key": name.replace("_", " "), "value": without_hidden(value[:5000])} for name, value in typed[:MOST_SHOWN]]


def _note(request: web.Request, status: int, seconds: float, error: Exception | None) -> None:
    bad = error is not None and not isinstance(error, (Refusal, NotOurForm, TimeoutError))
    log.log(
        logging.ERROR if bad else logging.INFO,
        "answered" if error is None else "refused" if not bad else "failed",
        route=pattern_of(request),
        method=request.method if request.method in ("GET", "HEAD", "OPTIONS", "POST") else "other",
        status=status,
        ms=round(seconds * 1000, 1),
        request_id=request[REQUEST_ID],
        actor_id=str(actor_of(request).id or ""),
        code=where(error) if error is not None else "",
    )
