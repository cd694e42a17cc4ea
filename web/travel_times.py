"""About how long it takes to get to a meeting, for pages: the application's routing server if it has one, else our estimate. Words: parts/travel.html."""

from datetime import datetime

from aiohttp import web

from matcher.domain.place import Place
from matcher.routing import Router, TravelTime, usual_ways

ROUTER = web.AppKey("router", Router)


async def travel_times(request: web.Request, start: Place, venue: Place, *, arrive: datetime) -> list[TravelTime]:
    """By each way that anybody would take so far; none where either place is unknown. `start`: a district, sector or town, else TooFine."""
    return await usual_ways(request.app[ROUTER], start, venue, arrive=arrive)
