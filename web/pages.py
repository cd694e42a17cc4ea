"""How pages are made: the one template environment for HTML with its filters, and static files by content hash."""

import gzip
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import web
from jinja2.bccache import Bucket

from web.error_words import error_sentence
from web.time_words import ago, day_words, on_date, short_day, time_words, when_words

HERE = Path(__file__).parent
TEMPLATES, STATIC = HERE / "templates", HERE / "static"
HASH_LENGTH = 12
FOREVER = "public, max-age=31536000, immutable"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

ContextProcessor = Callable[[web.Request], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file as it is sent: its address carries the hash of its content, so it may be kept for ever."""

    name: str
    address: str
    kind: str
    content: bytes
    packed: bytes


@cache
def static_files() -> dict[str, StaticFile]:
    """Every static file by plain name, read, hashed and packed once per program run."""
    return {path.name: _static_file(path) for path in sorted(STATIC.iterdir()) if path.suffix in _TYPES}


def static_url(name: str) -> str:
    """The address of a static file: `static_url("alongside.css")`. An unknown name is a mistake of the template: KeyError."""
    return static_files()[name].address


async def static_file(request: web.Request) -> web.Response:
    """GET /static/{file}. An address from another release gets today's file, not to be kept; anything else is not found."""
    asked = request.match_info["file"]
    parts = asked.split(".")
    found = static_files().get(f"{parts[0]}.{parts[-1]}") if len(parts) == 3 and len(parts[1]) == HASH_LENGTH else None
    if found is None:
        raise web.HTTPNotFound
    headers = {"Vary": "Accept-Encoding", "Cache-Control": FOREVER if f"/static/{asked}" == found.address else "no-cache"}
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    if packed:
        headers["Content-Encoding"] = "gzip"
    return web.Response(body=found.packed if packed else found.content, content_type=found.kind, charset="utf-8", headers=headers)


class Compiled(jinja2.BytecodeCache):
    """Each template's code, compiled once for all environments of this process: they differ in globals only, which code does not hold."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, CodeType]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give the code of the same source, if there is any."""
        checksum, code = self._kept.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep new code."""
        assert bucket.code is not None
        self._kept[bucket.key] = (bucket.checksum, bucket.code)


_COMPILED = Compiled()


def setup_templates(
    app: web.Application, *, context_processors: Sequence[ContextProcessor] = (), **extra_globals: Any
) -> jinja2.Environment:
    """Gives an application its page templates and its static files. Macros see `extra_globals`, but nothing of context processors."""
    environment = make_environment(**extra_globals)
    app[aiohttp_jinja2.APP_KEY] = environment
    if context_processors:
        app[aiohttp_jinja2.APP_CONTEXT_PROCESSORS_KEY] = context_processors
        app.middlewares.append(aiohttp_jinja2.context_processors_middleware)
    app.router.add_get("/static/{file}", static_file, name="static")
    return environment


def make_environment(**extra_globals: Any) -> jinja2.Environment:
    """The environment of every HTML page: escaping always on, a missing value is an error. Letters have environments of their own."""
    loader = jinja2.FileSystemLoader(TEMPLATES)
    environment = jinja2.Environment(
        loader=loader,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=_COMPILED,
    )
    filters = (day_words, time_words, when_words, on_date, short_day, ago, plural)
    environment.filters.update({words.__name__: words for words in filters})
    environment.globals.update(static_url=static_url, error_sentence=error_sentence, **extra_globals)
    return environment


def plural(number: int, one: str, many: str) -> str:
    """A counted word: `{{ 3 | plural("person", "people") }}` is "3 people"."""
    return f"{number:,} {one if number == 1 else many}"


def _static_file(path: Path) -> StaticFile:
    content = path.read_bytes()
    mark = hashlib.sha256(content).hexdigest()[:HASH_LENGTH]
    address = f"/static/{path.stem}.{mark}{path.suffix}"
    return StaticFile(path.name, address, _TYPES[path.suffix], content, gzip.compress(content, mtime=0))
