"""The sketch of where a meeting is: what stands where on a sheet of 600 × 400, worked out from points alone (meetings 12.3). Templates draw it.

No map, no tiles, nobody asked: the venue, how exactly it is known, the nearest named places, north and a scale.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matcher.domain.place import KM_PER_MILE, Place, Point, Precision, in_miles, km_between, load_outcodes

WIDTH, HEIGHT = 600, 400
MARGIN = 0.15
"""How much room is left around everything that is drawn."""
MOST_NAMED, MOST_TOWNS = 6, 3
EXACT_ENOUGH = frozenset({Precision.VENUE, Precision.POSTCODE, Precision.SECTOR})
"""Known worse than this there is no sketch: it would show a door where only a district is known."""
SMALLEST_KM = 0.6
LETTER, LINE, GAP = 8.4, 16, 9
"""About the width and height of a letter of 14, and how far a label stands from its mark, in units of the sheet."""
BARS_KM = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)
BARS_MILES = (0.1, 0.25, 0.5, 1, 2, 5, 10, 20)
LONGEST_BAR = 150
CORNERS = ((0.0, HEIGHT - 66.0, 220.0, HEIGHT * 1.0), (WIDTH - 52.0, 0.0, WIDTH * 1.0, 78.0))
"""Where the scale and the north arrow stand: left, top, right, bottom."""
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Named:
    """A place with a name: a town of the directory, or a district in its plain letters."""

    label: str
    point: Point
    is_district: bool


@dataclass(frozen=True, slots=True)
class Spot:
    """A mark with its label on the sheet. `anchor`: start, middle or end of the label is at `label_x`."""

    x: float
    y: float
    label: str
    label_x: float
    label_y: float
    anchor: str
    is_district: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the scale: a round figure and how long it is on the sheet."""

    figure: float
    length: float


@dataclass(frozen=True, slots=True)
class Bearing:
    """Where the venue lies from a named place: miles as they may be said, and an eighth of the compass, 0 north, 2 east."""

    label: str
    low: float
    high: float
    eighth: int


@dataclass(frozen=True, slots=True)
class Sketch:
    """Everything on the sheet. `ring`: how exactly the venue is known, in units of the sheet; `radius_m` in metres."""

    venue: Spot
    ring: float
    radius_m: int
    named: tuple[Spot, ...]
    start: Spot | None
    km: Bar
    miles: Bar
    bearing: Bearing | None


def draw_sketch(venue: Place, towns: Iterable[Named], *, start: Place | None = None) -> Sketch | None:
    """The sketch of a venue; None where it is not known well enough. `start`: the district somebody sets out from, if they wish it drawn."""
    if venue.point is None or venue.radius_m is None or venue.precision not in EXACT_ENOUGH:
        return None
    nearest = _nearest(venue.point, towns)
    sheet = _Sheet(venue.point, venue.radius_m / 1000, [one.point for one in nearest] + ([start.point] if start and start.point else []))
    x, y = sheet.at(venue.point)
    taken: list[Box] = [*CORNERS, (x - GAP, y - GAP, x + GAP, y + GAP)]
    own = _label(x, y, venue.label, taken) or Spot(x, y, "", x, y, "start")
    begin = None
    if start and start.point:
        begin = _label(*sheet.at(start.point), start.label, taken)
    spots = [spot for one in nearest if (spot := _label(*sheet.at(one.point), one.label, taken, is_district=one.is_district))]
    return Sketch(
        venue=own,
        ring=venue.radius_m / 1000 * sheet.per_km,
        radius_m=venue.radius_m,
        named=tuple(spots),
        start=begin,
        km=_bar(BARS_KM, sheet.per_km),
        miles=_bar(BARS_MILES, sheet.per_km * KM_PER_MILE),
        bearing=_bearing(venue, nearest),
    )


def nearest_districts(point: Point, most: int = MOST_NAMED) -> list[Named]:
    """The districts whose middles are nearest."""
    middles = [Named(code, place.point, True) for code, place in load_outcodes().items() if place.point and _is_near(point, place.point)]
    return sorted(middles, key=lambda named: (km_between(point, named.point), named.label))[:most]


def _is_near(a: Point, b: Point) -> bool:
    return abs(a.latitude - b.latitude) < 0.6 and abs(a.longitude - b.longitude) < 1.2


def _nearest(venue: Point, towns: Iterable[Named]) -> list[Named]:
    """The three nearest towns and the nearest districts, six in all, nearest first: in a city the six nearest of both would all be districts."""
    near = sorted((town for town in towns if _is_near(venue, town.point)), key=lambda town: (km_between(venue, town.point), town.label))
    chosen = near[:MOST_TOWNS]
    chosen += nearest_districts(venue, MOST_NAMED - len(chosen))
    return sorted(chosen, key=lambda named: km_between(venue, named.point))


class _Sheet:
    """From degrees to the sheet: kilometres east and south of the venue, moved and shrunk until all is on it."""

    def __init__(self, venue: Point, ring_km: float, others: Sequence[Point]) -> None:
        self.origin = venue
        self.per_degree = (111.2, 111.2 * math.cos(math.radians(venue.latitude)))
        reach = max(ring_km, SMALLEST_KM / 2)
        spots = [self._km(point) for point in others]
        easts = [-reach, reach, *(east for east, _ in spots)]
        souths = [-reach, reach, *(south for _, south in spots)]
        wide, tall = max(easts) - min(easts), max(souths) - min(souths)
        self.per_km = min(WIDTH / (wide * (1 + 2 * MARGIN)), HEIGHT / (tall * (1 + 2 * MARGIN)))
        self.middle = ((max(easts) + min(easts)) / 2, (max(souths) + min(souths)) / 2)

    def _km(self, point: Point) -> tuple[float, float]:
        north, east = point.latitude - self.origin.latitude, point.longitude - self.origin.longitude
        return east * self.per_degree[1], -north * self.per_degree[0]

    def at(self, point: Point) -> tuple[float, float]:
        """Where a point is on the sheet."""
        east, south = self._km(point)
        return WIDTH / 2 + (east - self.middle[0]) * self.per_km, HEIGHT / 2 + (south - self.middle[1]) * self.per_km


def _label(x: float, y: float, label: str, taken: list[Box], *, is_district: bool = False) -> Spot | None:
    """A mark with its label right, left, above or below it, wherever there is room; None where there is none. What is placed is taken."""
    wide = len(label) * LETTER
    places = (
        (x + GAP, y + 5, "start", (x + GAP, y - LINE / 2, x + GAP + wide, y + LINE / 2)),
        (x - GAP, y + 5, "end", (x - GAP - wide, y - LINE / 2, x - GAP, y + LINE / 2)),
        (x, y - GAP, "middle", (x - wide / 2, y - GAP - LINE, x + wide / 2, y - GAP + 3)),
        (x, y + GAP + 12, "middle", (x - wide / 2, y + GAP, x + wide / 2, y + GAP + LINE)),
    )
    for label_x, label_y, anchor, box in places:
        inside = box[0] >= 2 and box[1] >= 2 and box[2] <= WIDTH - 2 and box[3] <= HEIGHT - 2
        if inside and not any(_overlap(box, other) for other in taken):
            taken += [box, (x - 5, y - 5, x + 5, y + 5)]
            return Spot(x, y, label, label_x, label_y, anchor, is_district)
    return None


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _bar(figures: Sequence[float], per_unit: float) -> Bar:
    """The longest round figure that is short enough."""
    fitting = [figure for figure in figures if figure * per_unit <= LONGEST_BAR] or [figures[0]]
    return Bar(fitting[-1], fitting[-1] * per_unit)


def _bearing(venue: Place, nearest: Sequence[Named]) -> Bearing | None:
    """From the nearest town, else the nearest district, that is far enough away for a direction to mean something."""
    if venue.point is None:
        return None
    point = venue.point
    apart = [one for one in nearest if km_between(point, one.point) > max(0.3, (venue.radius_m or 0) / 1000)]
    one = next((named for named in apart if not named.is_district), next(iter(apart), None))
    if one is None:
        return None
    north = point.latitude - one.point.latitude
    east = (point.longitude - one.point.longitude) * math.cos(math.radians(point.latitude))
    miles = in_miles(km_between(point, one.point), (venue.radius_m,))
    return Bearing(one.label, miles.low, miles.high, round(math.degrees(math.atan2(east, north)) / 45) % 8)
