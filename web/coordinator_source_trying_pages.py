"""Trying a source: what it would bring, meeting by meeting and cell by cell; using exactly that; problems as a sheet; a quarantined run's difference."""

import asyncio
from typing import Any

from aiohttp import web

from matcher.actions.importing import decide_run
from matcher.actions.source_trying import MOST_BYTES, areas_of, drop_trial, keep_trial, preview_feed, read_trial, sheet_with_ids, use_trial
from matcher.config import Config
from matcher.domain.connection import Connection
from matcher.domain.errors import Hidden, Refused
from matcher.domain.feed_issue import ErrorKind
from matcher.domain.meeting_source import Fetched, MeetingSource
from matcher.domain.permission import check_can_add_meeting, check_can_keep_source
from matcher.domain.source_preview import Preview
from matcher.fetching_pages import fetch_list
from matcher.store.meeting_sources import find_body, find_run, find_source, list_issues
from matcher.store.source_fetches import Trial, find_trial
from web.access import act_once, page
from web.coordinator_meeting_forms import RunForm
from web.coordinator_referral_views import id_in
from web.coordinator_source_forms import FileForm, UseForm, problem_rows, problem_sheet, source_words
from web.coordinator_source_pages import ONE, address_of, done_then, open_kept_source, rules_of, sent_file, source_page
from web.forms import Form, blank_form, read_form
from web.surroundings import actor_of, now_of, reading

PROBLEMS_SHOWN = 200
ALL_ISSUES = 150_000
SHEET = "text/csv; charset=utf-8"


async def try_source(request: web.Request) -> web.StreamResponse:
    """POST /meetings/sources/{source_id}/try: fetches it, or takes the file that was sent. No meeting is written."""
    source = await open_kept_source(request)
    posted = await request.post()
    _, form = read_form(FileForm, posted, also=("file", "from"))
    sent = sent_file(posted)
    from_file = posted.get("from") == "file"
    if from_file and not sent:
        return await source_page(request, source, status=400, form=form.with_errors({"file": "empty"}))
    if len(sent) > MOST_BYTES:
        return await source_page(request, source, status=400, form=form.with_errors({"file": "too_long"}))
    fetched = Fetched(body=sent) if from_file else await fetch_list(source, rules_of(request), anew=True)
    if fetched.body is None:
        said = source_words()["kinds"][fetched.error.value] if fetched.error else ""
        return await source_page(request, source, status=400, not_fetched=said)
    facts = {"source_id": source.id, "fetched": fetched, "from_file": from_file}
    raise web.HTTPSeeOther(await act_once(request, done_then, doing=keep_trial, to=address_of(source.id, "/try"), **facts))


async def show_trial(request: web.Request) -> web.StreamResponse:
    """GET the same: what it would bring."""
    source, trial = await _open_trial(request)
    return await _trial_page(request, source, trial, blank_form(UseForm))


async def _open_trial(request: web.Request) -> tuple[MeetingSource, Trial]:
    source = await open_kept_source(request)
    async with reading(request) as c:
        trial = await find_trial(c, source.id)
    if trial is None:
        raise web.HTTPSeeOther(address_of(source.id))
    return source, trial


async def _trial_page(request: web.Request, source: MeetingSource, trial: Trial, form: Form, *, status: int = 200) -> web.Response:
    feed = await read_trial(source, trial)
    async with reading(request) as c:
        preview = await preview_feed(c, source, feed)
    more = {"form": form, "trial": trial, "digest": trial.sha256.hex(), "run": None, "problems_at": address_of(source.id, "/try/problems")}
    return page(request, "coordinator/source_try.html", _preview_context(source, preview) | more, status=status)


def _preview_context(source: MeetingSource, preview: Preview) -> dict[str, Any]:
    return {
        "source": source,
        "preview": preview,
        "problems": problem_rows(preview.worth_a_look[:PROBLEMS_SHOWN]),
        "problem_count": len(preview.worth_a_look),
        "words": source_words(),
        "back": address_of(source.id),
    }


async def use(request: web.Request) -> web.StreamResponse:
    """POST /meetings/sources/{source_id}/use: exactly what was shown is brought in."""
    source, trial = await _open_trial(request)
    record, form = read_form(UseForm, await request.post())
    if record is None:
        return await _trial_page(request, source, trial, form, status=400)
    feed = await read_trial(source, trial)
    facts = {"source_id": source.id, "digest": bytes.fromhex(record.digest), "feed": feed, "switch_on": record.switch_on}
    to = address_of(source.id, "?saved=yes")
    raise web.HTTPSeeOther(await act_once(request, _use_then, to=to, **facts))


async def give_ids(request: web.Request) -> web.StreamResponse:
    """POST /meetings/sources/ids: the sheet that was sent, with an ID column filled in. Nothing is kept of it."""
    check_can_add_meeting(actor_of(request), None, now_of(request))
    sent = sent_file(await request.post(), "sheet")
    made = ErrorKind.TOO_LARGE if len(sent) > MOST_BYTES else await asyncio.to_thread(sheet_with_ids, sent)
    if isinstance(made, ErrorKind):
        return page(
            request,
            "coordinator/source_ids.html",
            {"why": source_words()["kinds"][made.value], "back": "/meetings/sources/new"},
            status=400,
        )
    return _file(made, "meetings-with-ids.csv")


async def _use_then(tx: Connection, config: Config, now: Any, *, to: str, **facts: Any) -> str:
    await use_trial(tx, config, now, **facts)
    return to


async def drop(request: web.Request) -> web.StreamResponse:
    """POST /meetings/sources/{source_id}/drop: what was shown is not wanted."""
    source = await open_kept_source(request)
    to = address_of(source.id)
    raise web.HTTPSeeOther(await act_once(request, done_then, doing=drop_trial, to=to, source_id=source.id))


# ── problems and runs ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def give_trial_problems(request: web.Request) -> web.StreamResponse:
    """GET /meetings/sources/{source_id}/try/problems: all that was found, as a sheet."""
    source, trial = await _open_trial(request)
    feed = await read_trial(source, trial)
    return _file(problem_sheet(feed.result.issues if feed.result else ()), f"{source.id}-problems.csv")


async def give_run_problems(request: web.Request) -> web.StreamResponse:
    """GET /meetings/runs/{run_id}/problems: all that was found in a run, as a sheet."""
    source, run = await _open_run(request)
    async with reading(request) as c:
        issues = await list_issues(c, run.id, most=ALL_ISSUES)
    return _file(problem_sheet(issues), f"{source.id}-{run.started_at:%Y-%m-%d}-problems.csv")


async def show_run(request: web.Request) -> web.StreamResponse:
    """GET /meetings/runs/{run_id}: what a list that was not believed would change."""
    source, run = await _open_run(request)
    async with reading(request) as c:
        body = await find_body(c, run.id)
    if body is None or run.decided:
        raise web.HTTPSeeOther(address_of(source.id))
    trial = Trial(
        body=body,
        sha256=b"",
        from_file=False,
        http_status=run.http_status,
        etag=None,
        last_modified=None,
        by_staff=run.id,
        at=run.started_at,
    )
    feed = await read_trial(source, trial)
    async with reading(request) as c:
        preview = await preview_feed(c, source, feed)
    more = {"form": blank_form(), "trial": trial, "digest": "", "run": run, "problems_at": f"/meetings/runs/{run.id}/problems"}
    return page(request, "coordinator/source_try.html", _preview_context(source, preview) | more)


async def decide(request: web.Request) -> web.StreamResponse:
    """POST the same: a quarantined run is used after all, or discarded."""
    source, run = await _open_run(request)
    record, _ = read_form(RunForm, await request.post())
    if record is None:
        raise Refused()
    to = address_of(source.id, "?saved=yes")
    raise web.HTTPSeeOther(await act_once(request, done_then, doing=decide_run, run_id=run.id, use=record.use, to=to))


async def _open_run(request: web.Request) -> tuple[MeetingSource, Any]:
    async with reading(request) as c:
        run = await find_run(c, id_in(request, "run_id"))
        source = await find_source(c, run.source_id) if run else None
        if run is None or source is None:
            raise Hidden()
        check_can_keep_source(actor_of(request), await areas_of(c, source.id), now_of(request))
    return source, run


def _file(body: bytes, name: str) -> web.Response:
    return web.Response(body=body, headers={"Content-Type": SHEET, "Content-Disposition": f'attachment; filename="{name}"'})


_RUN = r"/meetings/runs/{run_id:[0-9a-fA-F-]{36}}"
routes = [
    web.post("/meetings/sources/ids", give_ids, name="meeting.source_ids"),
    web.get(ONE + "/try", show_trial, name="meeting.source_try"),
    web.post(ONE + "/try", try_source, name="meeting.source_try"),
    web.get(ONE + "/try/problems", give_trial_problems, name="meeting.source_problems"),
    web.post(ONE + "/use", use, name="meeting.source_use"),
    web.post(ONE + "/drop", drop, name="meeting.source_drop"),
    web.get(_RUN, show_run, name="meeting.run"),
    web.post(_RUN, decide, name="meeting.run"),
    web.get(_RUN + "/problems", give_run_problems, name="meeting.run_problems"),
]
