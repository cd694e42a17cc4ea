"""For machines that watch this one: is the process alive, may it take work. Names nobody."""

from datetime import UTC, datetime

from aiohttp import web

from matcher.readiness import find_readiness
from web.surroundings import config_of, database_of


async def live(_request: web.Request) -> web.Response:
    """GET /health/live: the process answers. Looks at nothing else."""
    return web.json_response({"live": True})


async def ready(request: web.Request) -> web.Response:
    """GET /health/ready: database, migrations, keys and clock; 503 while one of them is missing."""
    found = await find_readiness(config_of(request), database_of(request), datetime.now(UTC))
    well = all(found.values())
    return web.json_response({"ready": well, **found}, status=200 if well else 503, headers={} if well else {"Retry-After": "5"})


routes = [
    web.get("/health/live", live, name="health.live"),
    web.get("/health/ready", ready, name="health.ready"),
]
