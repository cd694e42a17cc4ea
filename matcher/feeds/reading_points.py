"""A row's point, tested in the order of meetings 4.5. A point that fails is emptied and said, never replaced or turned round."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from matcher.domain.feed_issue import IssueCode
from matcher.domain.place import Point, point_fault
from matcher.domain.venue import is_far_from_postcode

SHARED_LEAST = 5
ISLAND_ZONES = frozenset({"Europe/London", "Europe/Dublin", "Europe/Belfast", "Europe/Jersey", "Europe/Guernsey", "Europe/Isle_of_Man"})

_NUMBER = re.compile(r"[+-]?\d{1,4}(?:\.\d{1,20})?")


class RawPoint(NamedTuple):
    """Two halves as the feed has them. `is_box`: four numbers, which name no spot."""

    latitude: float | None = None
    longitude: float | None = None
    is_given: bool = False
    is_box: bool = False

    @property
    def spot(self) -> tuple[float, float] | None:
        """Both halves to five decimals; None where one is missing."""
        if self.latitude is None or self.longitude is None:
            return None
        return round(self.latitude, 5), round(self.longitude, 5)


NO_POINT = RawPoint()


def read_point(latitude: object, longitude: object, coordinates: object = None) -> RawPoint:
    """The halves of a row's point; a half that is no number is None and the point is given all the same."""
    if type(latitude) is float and type(longitude) is float:
        return RawPoint(_number(latitude), _number(longitude), is_given=True)
    together = coordinates.strip() if isinstance(coordinates, str) else ""
    if together and _is_empty(latitude) and _is_empty(longitude):
        halves = re.split(r"[,;\s]+", together)
        if len(halves) == 4:
            return RawPoint(is_given=True, is_box=True)
        latitude, longitude = (halves[0], halves[1]) if len(halves) == 2 else ("?", "?")
    if _is_empty(latitude) and _is_empty(longitude):
        return NO_POINT
    return RawPoint(_number(latitude), _number(longitude), is_given=True)


def _is_empty(half: object) -> bool:
    return half is None or (isinstance(half, str) and not half.strip())


def _number(half: object) -> float | None:
    if type(half) is float:
        return half if abs(half) <= 1e6 else None  # False for NaN
    if isinstance(half, bool):
        return None
    if isinstance(half, int):
        return float(half) if abs(half) <= 1e6 else None
    return float(half) if isinstance(half, str) and _NUMBER.fullmatch(half := half.strip()) and half.isascii() else None


class Setting(NamedTuple):
    """What a row says about its place, to test its point against."""

    zone: str
    postcode: str | None
    town: str | None
    is_place: bool


def shared_points(rows: Iterable[tuple[RawPoint, Setting]]) -> frozenset[tuple[float, float]]:
    """Points to five decimals that five or more rows of a feed share although their postcodes or towns differ: stock points of no place."""
    seen: dict[tuple[float, float], list[Setting]] = {}
    for point, setting in rows:
        if spot := point.spot:
            seen.setdefault(spot, []).append(setting)
    return frozenset(spot for spot, settings in seen.items() if len(settings) >= SHARED_LEAST and _differ(settings))


def _differ(settings: list[Setting]) -> bool:
    postcodes = {s.postcode for s in settings if s.postcode}
    towns = {s.town.casefold() for s in settings if s.town}
    return len(postcodes) > 1 or len(towns) > 1


def judge_point(raw: RawPoint, setting: Setting, shared: frozenset[tuple[float, float]]) -> tuple[Point | None, IssueCode | None]:
    """The point that may be kept, or what is wrong with it; neither for a box, and for a row without a place."""
    if not raw.is_given or raw.is_box:
        return None, None
    fault = point_fault(raw.latitude, raw.longitude, in_region=setting.zone in ISLAND_ZONES)
    if raw.latitude is None or raw.longitude is None or fault == "invalid_coordinates":
        return None, IssueCode.INVALID_COORDINATES
    if fault == "placeholder_point" or (shared and raw.spot in shared):
        return None, IssueCode.PLACEHOLDER_POINT
    if fault:
        return None, IssueCode(fault.value)
    point = Point(raw.latitude, raw.longitude)
    if setting.postcode and is_far_from_postcode(point, setting.postcode):
        return None, IssueCode.POINT_FAR_FROM_POSTCODE
    return (point if setting.is_place else None), None
