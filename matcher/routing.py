"""How long it takes to get to a venue: our labelled estimate, or a routing server's answer behind the same function where there is one.

What leaves is the venue and the middle of a district or sector, never anything finer of anybody. Whatever fails, the estimate stands.
"""

import asyncio
import json
import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp
import structlog

from matcher.domain.place import PACES, Place, Precision, TravelMode, is_usual, km_between, travel_range
from matcher.routing_settings import RoutingSettings

WAIT_S = 2.5
"""In all, for one question: a page is waiting."""
REST_S = 60.0
"""How long a server that failed is not asked."""
ANSWER_MOST = 512 * 1024
LONGEST_S = 12 * 3600
QUICKEST_KM_PER_HOUR = {TravelMode.FOOT: 9.0, TravelMode.BICYCLE: 40.0, TravelMode.BUS_TRAIN: 200.0, TravelMode.CAR: 130.0}
"""As the crow flies. An answer that beats it is a mistake."""
START = frozenset({Precision.SECTOR, Precision.OUTCODE, Precision.TOWN})
VALHALLA = {TravelMode.FOOT: "pedestrian", TravelMode.BICYCLE: "bicycle", TravelMode.BUS_TRAIN: "multimodal", TravelMode.CAR: "auto"}
OTP = {
    TravelMode.FOOT: ["WALK"],
    TravelMode.BICYCLE: ["BICYCLE"],
    TravelMode.BUS_TRAIN: ["TRANSIT", "WALK"],
    TravelMode.CAR: ["CAR"],
}
OTP_QUESTION = """
query Way($from: InputCoordinates!, $to: InputCoordinates!, $date: String, $time: String, $modes: [TransportMode]) {
  plan(from: $from, to: $to, date: $date, time: $time, arriveBy: true, numItineraries: 3, transportModes: $modes) { itineraries { duration } }
}
"""
log = structlog.get_logger()


class TooFine(ValueError):
    """A way begins at the middle of a district, sector or town: nobody's own door is ever sent or worked out."""


@dataclass(frozen=True, slots=True)
class TravelTime:
    """About how long: `least` to `most` minutes, in steps of five. `routed`: a routing server said so; else it is our estimate.

    `router_failed`: there is a routing server, and it gave no answer that can be used: the page says that this is the estimate instead.
    """

    least: int
    most: int
    mode: TravelMode
    routed: bool = False
    router_failed: bool = False


ABOUT_THE_WAY = frozenset({"no_way", "not_sensible", "status_400", "status_404"})
"""What a healthy server may say of one way: others are asked about all the same."""


class _NoAnswer(Exception):
    """The routing server gave none that can be used, for this reason."""


def estimate(start: Place, venue: Place, mode: TravelMode) -> TravelTime | None:
    """Our estimate from the middle of a district, sector or town to a venue; None if either is unknown. Raises TooFine."""
    if start.point is None or venue.point is None:
        return None
    _check(start)
    least, most = travel_range(km_between(start.point, venue.point), mode, (start.radius_m, venue.radius_m))
    return TravelTime(least, most, mode)


def _check(start: Place) -> None:
    if start.precision not in START:
        raise TooFine("a way begins at the middle of a district, sector or town")


class Router:
    """A routing server, asked one question at a time and left alone for a minute after it failed. Without settings: the estimate only."""

    def __init__(self, settings: RoutingSettings | None, *, wait_s: float = WAIT_S, rest_s: float = REST_S) -> None:
        self._settings, self._wait_s, self._rest_s = settings, wait_s, rest_s
        self._resting_until = 0.0

    async def travel_time(self, start: Place, venue: Place, mode: TravelMode, *, arrive: datetime) -> TravelTime | None:
        """About how long the way takes, to be there at `arrive` (in the venue's own zone). None if either place is unknown. Raises TooFine only."""
        ours = estimate(start, venue, mode)
        if ours is None or self._settings is None or start.point is None or venue.point is None:
            return ours
        clock = asyncio.get_running_loop().time
        if clock() < self._resting_until:
            return TravelTime(ours.least, ours.most, mode, router_failed=True)
        km = km_between(start.point, venue.point)
        try:
            async with asyncio.timeout(self._wait_s):
                seconds = _sensible(await self._ask(self._settings, start, venue, mode, arrive=arrive), km, mode)
        except (_NoAnswer, TimeoutError) as failed:
            code = str(failed) or "time_out"
            if code not in ABOUT_THE_WAY:
                self._resting_until = clock() + self._rest_s
            log.warning("router_failed", code=code)
            return TravelTime(ours.least, ours.most, mode, router_failed=True)
        return _widened(seconds, start, venue, mode)

    async def _ask(self, settings: RoutingSettings, start: Place, venue: Place, mode: TravelMode, *, arrive: datetime) -> object:
        path, question = (
            _valhalla_question(start, venue, mode, arrive) if settings.kind == "valhalla" else _otp_question(start, venue, mode, arrive)
        )
        answer = await _post(f"{settings.address.url}{path}", question)
        try:
            if settings.kind == "valhalla":
                return answer["trip"]["summary"]["time"]
            return min(way["duration"] for way in answer["data"]["plan"]["itineraries"])
        except (LookupError, TypeError, ValueError):
            raise _NoAnswer("no_way") from None


def _sensible(seconds: object, km: float, mode: TravelMode) -> float:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not math.isfinite(seconds):
        raise _NoAnswer("unreadable")
    if not 0 <= seconds <= LONGEST_S or km > QUICKEST_KM_PER_HOUR[mode] * seconds / 3600 + 0.2:
        raise _NoAnswer("not_sensible")
    return float(seconds)


def _widened(seconds: float, start: Place, venue: Place, mode: TravelMode) -> TravelTime:
    """Minutes in steps of five, wider by what the two places are not known to."""
    doubt_km = ((start.radius_m or 0) + (venue.radius_m or 0)) / 1000
    doubt = PACES[mode].minutes(doubt_km) - PACES[mode].minutes(0)
    least, most = max(0.0, seconds / 60 - doubt), seconds / 60 + doubt
    return TravelTime(max(5, 5 * math.ceil(least / 5 - 1e-9)), max(5, 5 * math.ceil(most / 5 - 1e-9)), mode, routed=True)


def _rounded(place: Place) -> tuple[float, float]:
    if place.point is None:
        raise ValueError("an unknown place")
    return round(place.point.latitude, 5), round(place.point.longitude, 5)


def _valhalla_question(start: Place, venue: Place, mode: TravelMode, arrive: datetime) -> tuple[str, dict[str, Any]]:
    points = [{"lat": latitude, "lon": longitude} for latitude, longitude in (_rounded(start), _rounded(venue))]
    question: dict[str, Any] = {"locations": points, "costing": VALHALLA[mode], "directions_type": "none", "units": "kilometers"}
    if mode is TravelMode.BUS_TRAIN:
        question["date_time"] = {"type": 2, "value": arrive.strftime("%Y-%m-%dT%H:%M")}
    return "/route", question


def _otp_question(start: Place, venue: Place, mode: TravelMode, arrive: datetime) -> tuple[str, dict[str, Any]]:
    (from_lat, from_lon), (to_lat, to_lon) = _rounded(start), _rounded(venue)
    told = {
        "from": {"lat": from_lat, "lon": from_lon},
        "to": {"lat": to_lat, "lon": to_lon},
        "date": arrive.strftime("%Y-%m-%d"),
        "time": arrive.strftime("%H:%M"),
        "modes": [{"mode": name} for name in OTP[mode]],
    }
    return "/otp/gtfs/v1", {"query": OTP_QUESTION, "variables": told}


async def _post(url: str, question: dict[str, Any]) -> Any:
    """The answer's JSON; redirects are not followed, the environment names no proxy, and the body is bounded."""
    try:
        async with (
            aiohttp.ClientSession(trust_env=False, cookie_jar=aiohttp.DummyCookieJar()) as web,
            web.post(url, json=question, allow_redirects=False) as response,
        ):
            body = bytearray()
            async for chunk in response.content.iter_chunked(64 * 1024):
                body += chunk
                if len(body) > ANSWER_MOST:
                    raise _NoAnswer("too_large")
            if response.status != 200:
                raise _NoAnswer(f"status_{response.status}")
            return json.loads(body)
    except (aiohttp.ClientError, OSError) as error:
        if isinstance(error, TimeoutError):
            raise
        raise _NoAnswer("unavailable") from None
    except (ValueError, RecursionError):
        raise _NoAnswer("unreadable") from None


async def usual_ways(router: Router, start: Place, venue: Place, *, arrive: datetime) -> list[TravelTime]:
    """About how long by each way of travelling that anybody would take so far: on foot up to 2 km, by bicycle up to 10, else bus and car.

    In the order foot, bus or train, bicycle, car. None at all where either place is unknown. Raises TooFine.
    """
    if start.point is None or venue.point is None:
        return []
    km = km_between(start.point, venue.point)
    modes = [mode for mode in TravelMode if is_usual(km, mode)]
    found = await asyncio.gather(*(router.travel_time(start, venue, mode, arrive=arrive) for mode in modes))
    return [time for time in found if time is not None]
