"""Places beyond the pure rules: distances as they are shown, what a text is taken for, and asking a geocoder. The only file that knows geopy."""

import json
import math
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import aiohttp
from geopy.adapters import AdapterHTTPError, AioHTTPAdapter
from geopy.distance import geodesic
from geopy.exc import (
    GeocoderAuthenticationFailure,
    GeocoderInsufficientPrivileges,
    GeocoderParseError,
    GeocoderQuotaExceeded,
    GeocoderRateLimited,
    GeocoderServiceError,
    GeocoderTimedOut,
    GeocoderUnavailable,
    GeopyError,
)
from geopy.geocoders import Nominatim, Pelias, Photon
from yarl import URL

from matcher.domain.place import NOWHERE, Miles, Place, find_place, good_point, in_miles, table_vintage, venue_place
from matcher.geocoding_settings import GeocoderSettings

ANSWER_MOST = 1024 * 1024
"""Bytes of a geocoder's answer, unpacked."""
WAIT_S = 10.0
COUNTRIES = ["gb", "ie", "im", "je", "gg"]
LABEL_MOST = 300


def shown_distance(a: Place, b: Place) -> Miles | None:
    """Miles to show between two places, by the WGS84 geodesic; None if either is unknown."""
    if a.point is None or b.point is None:
        return None
    km = geodesic((a.point.latitude, a.point.longitude), (b.point.latitude, b.point.longitude)).km
    return in_miles(km, (a.radius_m, b.radius_m))


def place_text(text: str) -> tuple[Place, str]:
    """The place of a postcode, sector or district, or of "latitude, longitude", and where it is from; NOWHERE and no source if unknown."""
    if numbers := re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*", text, re.ASCII):
        point = good_point(float(numbers[1]), float(numbers[2]))
        return (venue_place(point, text.strip()), "as typed") if point else (NOWHERE, "")
    place = find_place(text)
    return (place, f"{place.precision}s.csv {table_vintage()}") if place else (NOWHERE, "")


class Detail(StrEnum):
    """How closely a geocoder found what it was asked."""

    HOUSE = "house"
    STREET = "street"
    COARSE = "coarse"


@dataclass(frozen=True, slots=True)
class Found:
    """What a geocoder answered, not yet judged: degrees, its own name for the place, and how close that is."""

    latitude: float
    longitude: float
    label: str
    detail: Detail


class AskFailed(Exception):
    """A geocoder gave no answer: `kind` is rate_limited, quota, refused, time_out, unavailable or unreadable. It says nothing of the venue."""

    def __init__(self, kind: str, *, retry_after_s: float | None = None) -> None:
        self.kind, self.retry_after_s = kind, retry_after_s
        super().__init__(kind)


async def _get_text(adapter: Any, url: str, **sent: Any) -> str:
    with adapter._normalize_exceptions():
        asked = adapter.session.get(
            URL(url, encoded=True), timeout=aiohttp.ClientTimeout(total=sent["timeout"]), headers=sent["headers"], allow_redirects=False
        )
        async with asked as response:
            body = bytearray()
            async for chunk in response.content.iter_chunked(64 * 1024):
                body += chunk
                if len(body) > ANSWER_MOST:
                    raise GeocoderParseError("the answer is too large")
            text = body.decode("utf-8", "replace")
            if response.status != 200:
                raise AdapterHTTPError("no answer", status_code=response.status, headers=response.headers, text=text)
            return text


async def _get_json(adapter: Any, url: str, **sent: Any) -> Any:
    text = await _get_text(adapter, url, **sent)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise GeocoderParseError("the answer is no JSON") from None


# geopy's aiohttp adapter with a bound on the body, and following nobody elsewhere. Made so because geopy has no types to subclass.
_CarefulAdapter: Any = type("_CarefulAdapter", (AioHTTPAdapter,), {"get_text": _get_text, "get_json": _get_json})


async def ask_geocoder(settings: GeocoderSettings, asked: str, *, wait_s: float = WAIT_S) -> Found | None:
    """Ask one question, once; None where the geocoder knows no such place. Raises AskFailed. Who asks has claimed a turn (geocoding.py)."""
    try:
        async with _open_coder(settings, wait_s) as coder:
            countries = {"country_codes": COUNTRIES} if settings.kind == "nominatim" else {}
            answer = await coder.geocode(asked, **countries)
            return None if answer is None else _found(settings.kind, answer)
    except GeocoderRateLimited as error:
        raise AskFailed("rate_limited", retry_after_s=error.retry_after) from None
    except GeopyError as error:
        raise AskFailed(next((kind for fault, kind in FAILURES.items() if isinstance(error, fault)), "unavailable")) from None
    except (LookupError, TypeError, ValueError, AttributeError, AssertionError):  # what geopy makes of JSON of another shape
        raise AskFailed("unreadable") from None


FAILURES: dict[type[GeopyError], str] = {
    GeocoderQuotaExceeded: "quota",
    GeocoderAuthenticationFailure: "refused",
    GeocoderInsufficientPrivileges: "refused",
    GeocoderTimedOut: "time_out",
    GeocoderParseError: "unreadable",
    GeocoderUnavailable: "unavailable",
    GeocoderServiceError: "unavailable",
}


def _open_coder(settings: GeocoderSettings, wait_s: float) -> Any:
    """geopy's geocoder for these settings, to be used inside `async with`: outside it the connection would leak."""
    kinds: dict[str, Any] = {"nominatim": Nominatim, "photon": Photon, "pelias": Pelias}
    more = {"api_key": settings.key} if settings.kind == "pelias" and settings.key else {}
    return kinds[settings.kind](
        domain=settings.address.place,
        scheme=settings.address.scheme,
        user_agent=settings.agent,
        timeout=wait_s,
        proxies={},
        adapter_factory=_CarefulAdapter,
        **more,
    )


def _found(kind: str, answer: Any) -> Found:
    raw = answer.raw
    properties = raw if kind == "nominatim" else raw["properties"]
    latitude, longitude = float(answer.latitude), float(answer.longitude)
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        raise ValueError("no number")
    return Found(latitude, longitude, str(answer.address or "")[:LABEL_MOST], _detail(kind, properties))


def _detail(kind: str, properties: dict[str, Any]) -> Detail:
    """Only what says that it is a house or a street is one: a country, region, town or postcode is no venue, nor is what says nothing."""
    if kind == "nominatim":
        rank = properties.get("place_rank")
        if isinstance(rank, int) and rank >= 28:
            return Detail.HOUSE
        return Detail.STREET if rank in (26, 27) else Detail.COARSE
    said = properties.get("type" if kind == "photon" else "layer")
    if said in ("house", "address", "venue"):
        return Detail.HOUSE
    return Detail.STREET if said == "street" else Detail.COARSE
