"""Bringing in a sheet of volunteers: choose it, look at what it would bring, add them. Between the pages the sheet travels in the form."""

import base64
import zlib
from typing import Any
from uuid import UUID

from aiohttp import web

from matcher.actions.roster_import import COLUMNS, MOST_BYTES, Preview, faults_sheet, import_sheet, preview_sheet, template_sheet
from matcher.config import Config
from matcher.domain.connection import Connection
from matcher.domain.errors import Changed
from matcher.domain.week_rows import rows_of
from matcher.store.areas import list_areas
from web.access import act_once, page
from web.coordinator_roster_pages import fellowship_names
from web.coordinator_roster_views import grouped_days, own_areas
from web.error_words import error_sentence
from web.form_fields import FormRecord, Whole
from web.forms import Form, Problem, blank_form, read_form
from web.surroundings import actor_of, config_of, now_of, reading

MOST_SHOWN = 100
SHEET = "text/csv; charset=utf-8"


class ImportForm(FormRecord):
    """Which roster the sheet is for; the file itself is read apart."""

    area: UUID | None = None


class ImportAgain(FormRecord):
    """The sheet that was shown, packed, and the name of exactly what was shown."""

    area: UUID
    sheet: str
    digest: str


class ImportDone(FormRecord):
    """How many were added, for the page that says so."""

    added: Whole = 0


async def show_import(request: web.Request) -> web.StreamResponse:
    """GET /roster/import: asks for the sheet, and says what each column may hold."""
    return await _ask_page(request, blank_form(ImportForm))


async def show_preview(request: web.Request) -> web.StreamResponse:
    """POST /roster/import: what the sheet would bring. Writes nothing."""
    posted = await request.post()
    record, form = read_form(ImportForm, posted, also=("file",))
    sent: Any = posted.get("file")
    body = sent.file.read(MOST_BYTES + 1) if hasattr(sent, "file") else b""
    if record is not None and record.area is None and len(own_areas(request)) > 1:
        form = form.with_errors({"area": "empty"})
    form = form if body else form.with_errors({"file": "empty"})
    if record is None or form.errors:
        return await _ask_page(request, form, status=400)
    area_id = record.area or own_areas(request)[0]
    preview = await _preview(request, area_id, body)
    if preview.sheet.fault or preview.sheet.missing:
        return await _ask_page(request, form.with_errors({"file": _whole_fault(preview)}), status=400)
    return _preview_page(request, preview, area_id, body)


async def _preview(request: web.Request, area_id: UUID, body: bytes) -> Preview:
    async with reading(request) as c:
        return await preview_sheet(c, config_of(request), now_of(request), actor=actor_of(request), area_id=area_id, body=body)


def _whole_fault(preview: Preview) -> Problem:
    sheet = preview.sheet
    if sheet.fault:
        return Problem(sheet.fault.value, {"headings": ", ".join(sheet.unread)})
    return Problem("sheet_missing", {"headings": ", ".join(sheet.missing)})


def _preview_page(request: web.Request, preview: Preview, area_id: UUID, body: bytes, *, status: int = 200) -> web.Response:
    shown = preview.people[:MOST_SHOWN]
    context = {
        "preview": preview,
        "people": [(person, grouped_days(person.answers.windows)) for person in shown],
        "overnight": {person.line for person in shown if any(row.into_next_day for row in rows_of(person.answers.windows))},
        "faults": [(fault, fault_sentence(fault)) for fault in preview.faults[:MOST_SHOWN]],
        "bad_lines": len({fault.line for fault in preview.faults}),
        "packed": packed(body),
        "area_id": area_id,
        "fellowship_names": fellowship_names(),
        "again": status != 200,
        "back": "/roster/import",
    }
    return page(request, "coordinator/import_preview.html", context, status=status)


def fault_sentence(fault: Any) -> str:
    """What is wrong with one cell, as the screen says it."""
    return error_sentence(Form(errors={fault.heading: Problem(fault.code, fault.limits)}, kind="Sheet"), fault.heading)


async def add_people(request: web.Request) -> web.StreamResponse:
    """POST /roster/import/add: adds exactly the people that were shown, or shows again what has changed since."""
    record, _ = read_form(ImportAgain, await request.post())
    body = unpacked(record.sheet) if record else None
    if record is None or body is None:
        raise Changed
    try:
        to = await act_once(request, _add, area_id=record.area, body=body, digest=record.digest)
    except Changed:
        return _preview_page(request, await _preview(request, record.area, body), record.area, body, status=409)
    raise web.HTTPSeeOther(to)


async def _add(tx: Connection, config: Config, now: Any, **facts: Any) -> str:
    return f"/roster/import/done?added={len(await import_sheet(tx, config, now, **facts))}"


async def show_done(request: web.Request) -> web.StreamResponse:
    """GET /roster/import/done: how many, and what comes next for them."""
    record, _ = read_form(ImportDone, request.query)
    return page(request, "coordinator/import_done.html", {"added": record.added if record else 0})


async def give_template(request: web.Request) -> web.StreamResponse:
    """GET /roster/import/template: an empty sheet with every heading."""
    return _file(template_sheet(), "volunteers.csv")


async def give_faults(request: web.Request) -> web.StreamResponse:
    """POST /roster/import/faults: what to mend, as a sheet."""
    record, _ = read_form(ImportAgain, await request.post())
    body = unpacked(record.sheet) if record else None
    if record is None or body is None:
        raise Changed
    preview = await _preview(request, record.area, body)
    return _file(faults_sheet([(str(one.line), one.heading, fault_sentence(one), one.shown) for one in preview.faults]), "to-mend.csv")


def _file(body: bytes, name: str) -> web.Response:
    return web.Response(body=body, headers={"Content-Type": SHEET, "Content-Disposition": f'attachment; filename="{name}"'})


def packed(body: bytes) -> str:
    """A sheet small enough for a form."""
    return base64.b64encode(zlib.compress(body)).decode()


def unpacked(text: str) -> bytes | None:
    """The sheet again; None for what we did not pack, or what is larger unpacked than a sheet may be."""
    try:
        unpacking = zlib.decompressobj()
        body = unpacking.decompress(base64.b64decode(text, validate=True), MOST_BYTES + 1)
    except (ValueError, zlib.error):
        return None
    return body if len(body) <= MOST_BYTES and unpacking.eof else None


async def _ask_page(request: web.Request, form: Form, *, status: int = 200) -> web.Response:
    async with reading(request) as c:
        areas = await list_areas(c, own_areas(request))
    context = {"form": form, "areas": areas, "columns": COLUMNS, "back": "/roster"}
    return page(request, "coordinator/import.html", context, status=status)


routes = [
    web.get("/roster/import", show_import, name="roster.sheet"),
    web.post("/roster/import", show_preview, name="roster.sheet"),
    web.post("/roster/import/add", add_people, name="roster.sheet_add"),
    web.get("/roster/import/done", show_done, name="roster.sheet_done"),
    web.get("/roster/import/template", give_template, name="roster.sheet_template"),
    web.post("/roster/import/faults", give_faults, name="roster.sheet_faults"),
]
