"""The main links of each role, from web/words/navigation.json. A link whose page is not part of this application is left out."""

import json
from functools import cache
from typing import Any

from aiohttp import web

from web.error_words import WORDS
from web.surroundings import actor_of, route_of


def nav_for(request: web.Request) -> list[dict[str, Any]]:
    """The frame's links for whoever asks: `{"href", "text", "here"}`. `here` where the page belongs to the same part of the site."""
    router = request.app.router
    part = route_of(request)
    return [
        {"href": str(router[line["route"]].url_for()), "text": line["text"], "here": part.startswith(tuple(line["here"]))}
        for line in _lines().get(actor_of(request).kind.value, [])
        if line["route"] in router
    ]


@cache
def _lines() -> dict[str, list[dict[str, Any]]]:
    read: dict[str, list[dict[str, Any]]] = json.loads((WORDS / "navigation.json").read_text(encoding="utf-8"))["nav"]
    return read
