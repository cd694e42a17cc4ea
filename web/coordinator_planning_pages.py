"""The planners' pages: where company is missing, and who would best go with whom this week. They show and suggest; nothing is sent or changed."""

from typing import Any
from uuid import UUID

from aiohttp import web

from matcher.actions.looking_at_coverage import CoverageSeen, look_at_coverage
from matcher.actions.planning_week import plan_the_week
from matcher.domain.availability import PartOfDay
from matcher.domain.fellowship import Fellowship
from matcher.domain.language import language_name
from matcher.store.areas import list_areas
from web.access import page
from web.coordinator_forms import CoverageSearch
from web.coordinator_roster_pages import fellowship_names
from web.forms import read_form
from web.surroundings import actor_of, config_of, now_of, reading

TABLES_MOST = 6
"""So many tables are shown at once: those where most is missing."""
KINDS_SHOWN = 10


async def show_coverage(request: web.Request) -> web.StreamResponse:
    """GET /coordinator/coverage: referrals without company, volunteers and the worth of one more, by weekday and part of day."""
    search, form = read_form(CoverageSearch, request.query)
    wanted, own = search or CoverageSearch(), actor_of(request).area_ids
    areas = [wanted.area] if wanted.area and wanted.area in own else list(own)
    async with reading(request) as c:
        seen = await look_at_coverage(c, now_of(request), areas)
        named = {area.id: area for area in await list_areas(c, own)}
    tables = _tables(seen, wanted.fellowship or "")
    context = {
        "form": form,
        "areas": named,
        "fellowship_names": fellowship_names(),
        "seen": seen,
        "tables": tables[:TABLES_MOST],
        "more": max(0, len(tables) - TABLES_MOST),
        "parts": [part.value for part in PartOfDay],
        "kinds": [kind for kind in _kinds(seen) if wanted.fellowship in (None, "", kind["fellowship"])][:KINDS_SHOWN],
        "narrowed": bool(wanted.fellowship or (wanted.area and wanted.area in own)),
    }
    return page(request, "coordinator/coverage.html", context)


def _tables(seen: CoverageSeen, fellowship: str) -> list[dict[str, Any]]:
    """One table for each area and fellowship with a referral or a volunteer in it, where most is missing first."""
    squares: dict[tuple[UUID, Fellowship], dict[tuple[int, str], Any]] = {}
    for cell, figures in seen.coverage.cells.items():
        if fellowship in ("", cell.fellowship.value):
            squares.setdefault((cell.area_id, cell.fellowship), {})[cell.weekday, cell.part.value] = figures
    made = [
        {
            "area": area_id,
            "fellowship": one.value,
            "cells": cells,
            "unmet": sum(figures.unmet for figures in cells.values()),
            "gaps": sorted((slot for slot in cells if cells[slot].unmet), key=lambda slot: (-cells[slot].unmet, slot))[:3],
        }
        for (area_id, one), cells in squares.items()
    ]
    return sorted(made, key=lambda table: (-table["unmet"], table["fellowship"], str(table["area"])))


def _kinds(seen: CoverageSeen) -> list[dict[str, Any]]:
    """The kinds of volunteer that would help most, with how many more could have had company."""
    return [
        {
            "fellowship": kind.cell.fellowship.value,
            "weekday": kind.cell.weekday,
            "part": kind.cell.part.value,
            "outcode": kind.outcode,
            "comfort": kind.comfort.value,
            "language": "" if kind.language == "en" else language_name(kind.language),
            "worth": worth,
        }
        for kind, worth in seen.coverage.kinds
    ]


async def show_week(request: web.Request) -> web.StreamResponse:
    """GET /coordinator/week: the best plan for all open referrals together, and who cannot be done without."""
    own = list(actor_of(request).area_ids)
    async with reading(request) as c:
        plan = await plan_the_week(c, config_of(request), now_of(request), own)
    return page(request, "coordinator/week.html", {"plan": plan, "back": "/coordinator"})


routes = [
    web.get("/coordinator/coverage", show_coverage, name="coverage.table"),
    web.get("/coordinator/week", show_week, name="coverage.week"),
]
