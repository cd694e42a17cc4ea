"""Sources of meetings as coordinators keep them: the list with its health, a new one, its page, its settings. Trying and using: see source_trying."""

import asyncio
from typing import Any

from aiohttp import web

from matcher.actions.source_trying import (
    FORMATS_READ,
    MOST_BYTES,
    SourceIdTaken,
    areas_of,
    change_source,
    fetch_soon,
    keep_trial,
    known_area,
    make_source,
    recognise,
    switch_source,
)
from matcher.config import Config
from matcher.domain.connection import Connection
from matcher.domain.errors import Hidden, Refused
from matcher.domain.meeting_source import Fetched, MeetingSource
from matcher.domain.permission import can_keep_source, check_can_add_meeting, check_can_keep_source
from matcher.fetching import FetchRules, agent_name
from matcher.fetching_pages import PAGED, fetch_list
from matcher.store.areas import list_areas
from matcher.store.meeting_sources import find_source, list_issues, list_runs, list_sources
from matcher.store.source_fetches import find_trial
from web.access import act, act_once, page
from web.coordinator_roster_pages import fellowship_names
from web.coordinator_source_forms import INTERVALS, SourceForm, SwitchForm, new_source, problem_rows, shown_settings, source_words
from web.forms import Form, blank_form, read_form
from web.surroundings import actor_of, config_of, now_of, reading

ISSUES_SHOWN = 200


def rules_of(request: web.Request) -> FetchRules:
    """How publishers are asked while somebody waits for the page."""
    config = config_of(request)
    return FetchRules(agent=agent_name(config.base_url), from_loopback=config.feeds_from_loopback)


def address_of(source_id: str, rest: str = "") -> str:
    """A page of a source."""
    return f"/meetings/sources/{source_id}{rest}"


async def show_sources(request: web.Request) -> web.StreamResponse:
    """GET /meetings/sources: every published list, with how it is doing."""
    async with reading(request) as c:
        sources = [source for source in await list_sources(c) if not source.is_manual]
    context = {"sources": sources, "fellowship_names": fellowship_names(), "now": now_of(request), "words": source_words()}
    return page(request, "coordinator/sources.html", context)


async def open_source(request: web.Request) -> MeetingSource:
    """The source of this address. Raises Hidden."""
    async with reading(request) as c:
        source = await find_source(c, request.match_info["source_id"])
    if source is None or source.is_manual:
        raise Hidden()
    return source


async def open_kept_source(request: web.Request) -> MeetingSource:
    """The source this page changes. Refused for the coordinator of another area."""
    source = await open_source(request)
    async with reading(request) as c:
        check_can_keep_source(actor_of(request), await areas_of(c, source.id), now_of(request))
    return source


async def show_source(request: web.Request) -> web.StreamResponse:
    """GET /meetings/sources/{source_id}: how it is doing, its runs, and what was wrong in the newest one that found anything."""
    return await source_page(request, await open_source(request))


async def source_page(request: web.Request, source: MeetingSource, *, status: int = 200, **more: Any) -> web.Response:
    """A source's own page."""
    async with reading(request) as c:
        runs = await list_runs(c, source.id)
        newest = next((run for run in runs if run.counts.get("issues")), None)
        issues = await list_issues(c, newest.id, most=ISSUES_SHOWN) if newest else []
        areas = await areas_of(c, source.id)
        trial = await find_trial(c, source.id)
    context = {
        "form": blank_form(),
        "source": source,
        "runs": runs,
        "problems": problem_rows(issues),
        "newest": newest,
        "trial": trial,
        "may_decide": can_keep_source(actor_of(request), areas, now_of(request)),
        "fellowship_name": fellowship_names()[source.fellowship.value] if source.fellowship else "",
        "saved": request.query.get("saved") == "yes",
        "words": source_words(),
        "now": now_of(request),
        "not_fetched": "",
        **more,
    }
    return page(request, "coordinator/source.html", context, status=status)


# ── a new one ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def show_add(request: web.Request) -> web.StreamResponse:
    """GET /meetings/sources/new."""
    check_can_add_meeting(actor_of(request), None, now_of(request))
    return await _form_page(request, blank_form(SourceForm, timezone="Europe/London", date_order="dmy", interval_h=24), None)


async def add(request: web.Request) -> web.StreamResponse:
    """POST the same: fetches or reads the list, finds out how it is written, and leads to what it would bring. No meeting is written."""
    check_can_add_meeting(actor_of(request), None, now_of(request))
    record, form = read_form(SourceForm, await request.post(), also=("file",))
    sent = sent_file(await request.post())
    if record is not None:
        form = form.with_errors(_missing(record, sent, len(actor_of(request).area_ids)))
    if record is None or form.errors or record.fellowship is None:
        return await _form_page(request, form, None, status=400)
    area_id = known_area(actor_of(request), record.area)
    draft = new_source(record, fellowship=record.fellowship, format=record.format or FORMATS_READ[0], area_id=area_id)
    fetched = Fetched(body=sent) if sent else await fetch_list(draft, rules_of(request), anew=True)
    if fetched.body is None:
        said = source_words()["kinds"][fetched.error.value] if fetched.error else ""
        return await _form_page(request, form, None, status=400, not_fetched=said)
    seen = await asyncio.to_thread(
        recognise,
        fetched.body,
        fellowship=record.fellowship,
        timezone=record.timezone,
        date_order=record.date_order,
        from_file=bool(sent),
    )
    if not seen.rows and record.format is None:
        said = ": ".join(filter(None, (source_words()["kinds"][seen.kind.value] if seen.kind else "", ", ".join(seen.missing_columns))))
        lacks_ids = bool(sent) and seen.missing_columns == ("id",)
        return await _form_page(request, form, None, status=400, not_fetched=said, lacks_ids=lacks_ids)
    source = new_source(record, fellowship=record.fellowship, format=record.format or seen.format, area_id=area_id)
    if source.format in PAGED and draft.format not in PAGED and not sent:
        fetched = await fetch_list(source, rules_of(request), anew=True)
    try:
        to = await act_once(request, _make_and_try, source=source, fetched=fetched, from_file=bool(sent))
    except SourceIdTaken:
        return await _form_page(request, form.with_errors({"id": "taken"}), None, status=400)
    raise web.HTTPSeeOther(to)


def _missing(record: SourceForm, sent: bytes, areas: int) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if record.fellowship is None:
        wrong["fellowship"] = "empty"
    if record.area is None and areas > 1:
        wrong["area"] = "empty"
    if not record.url and not sent:
        wrong["url"] = "empty"
    if record.format and record.format not in FORMATS_READ:
        wrong["format"] = "empty"
    return wrong


async def _make_and_try(
    tx: Connection, config: Config, now: Any, *, actor: Any, source: MeetingSource, fetched: Fetched, from_file: bool
) -> str:
    await make_source(tx, config, now, actor=actor, source=source)
    await keep_trial(tx, config, now, actor=actor, source_id=source.id, fetched=fetched, from_file=from_file)
    return address_of(source.id, "/try")


def sent_file(posted: Any, name: str = "file") -> bytes:
    """The file of a form, empty where there is none; one byte more than is allowed where it is too large."""
    sent = posted.get(name)
    return sent.file.read(MOST_BYTES + 1) if hasattr(sent, "file") else b""


async def _form_page(
    request: web.Request, form: Form, source: MeetingSource | None, *, status: int = 200, not_fetched: str = "", lacks_ids: bool = False
) -> web.Response:
    async with reading(request) as c:
        areas = await list_areas(c, actor_of(request).area_ids)
    context = {
        "form": form,
        "source": source,
        "areas": areas,
        "fellowship_names": fellowship_names(),
        "formats": {name: source_words()["formats"][name] for name in FORMATS_READ},
        "intervals": INTERVALS,
        "not_fetched": not_fetched,
        "lacks_ids": lacks_ids,
        "back": address_of(source.id) if source else "/meetings/sources",
    }
    return page(request, "coordinator/source_form.html", context, status=status)


# ── settings and switches ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def show_settings(request: web.Request) -> web.StreamResponse:
    """GET /meetings/sources/{source_id}/settings."""
    source = await open_kept_source(request)
    return await _form_page(request, blank_form(SourceForm, **shown_settings(source)), source)


async def save_settings(request: web.Request) -> web.StreamResponse:
    """POST the same. Another address or way of reading switches it off until it was tried again."""
    source = await open_kept_source(request)
    record, form = read_form(SourceForm, await request.post())
    if record is not None and record.format not in FORMATS_READ:
        form, record = form.with_errors({"format": "empty"}), None
    if record is None:
        return await _form_page(request, form, source, status=400)
    settings = record.settings() | {"format": record.format}
    to = address_of(source.id, "?saved=yes")
    raise web.HTTPSeeOther(await act_once(request, done_then, doing=change_source, source_id=source.id, settings=settings, to=to))


async def switch(request: web.Request) -> web.StreamResponse:
    """POST /meetings/sources/{source_id}/switch: read by itself from now on, or not any more."""
    source = await open_kept_source(request)
    record, _ = read_form(SwitchForm, await request.post())
    if record is None:
        raise Refused()
    await act(request, switch_source, source_id=source.id, on=record.on)
    raise web.HTTPSeeOther(address_of(source.id, "?saved=yes"))


async def read_soon(request: web.Request) -> web.StreamResponse:
    """POST /meetings/sources/{source_id}/soon: the next worker that is free reads it."""
    source = await open_kept_source(request)
    await act(request, fetch_soon, source_id=source.id)
    raise web.HTTPSeeOther(address_of(source.id, "?saved=yes"))


async def done_then(tx: Connection, config: Config, now: Any, *, doing: Any, to: str, **facts: Any) -> str:
    """Do it and answer where to go."""
    await doing(tx, config, now, **facts)
    return to


ONE = r"/meetings/sources/{source_id:[a-z0-9-]{2,40}}"
routes = [
    web.get("/meetings/sources", show_sources, name="meeting.sources"),
    web.get("/meetings/sources/new", show_add, name="meeting.source_add"),
    web.post("/meetings/sources/new", add, name="meeting.source_add"),
    web.get(ONE, show_source, name="meeting.source"),
    web.get(ONE + "/settings", show_settings, name="meeting.source_settings"),
    web.post(ONE + "/settings", save_settings, name="meeting.source_settings"),
    web.post(ONE + "/switch", switch, name="meeting.source_switch"),
    web.post(ONE + "/soon", read_soon, name="meeting.source_soon"),
]
