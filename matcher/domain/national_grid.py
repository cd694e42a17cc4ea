"""From eastings and northings of the National Grid to WGS84 degrees, good to about 5 m. The other way is not needed.
The formulas are written once, for one spot and for arrays of many.

Formulas and constants: Ordnance Survey, "A guide to coordinate systems in Great Britain" (annexes A to C).
"""

import math
from typing import Any, Protocol

AIRY_A, AIRY_B = 6_377_563.396, 6_356_256.909
WGS84_A, WGS84_B = 6_378_137.000, 6_356_752.3142
SCALE = 0.9996012717
TRUE_LATITUDE, TRUE_LONGITUDE = math.radians(49), math.radians(-2)
FALSE_EAST, FALSE_NORTH = 400_000.0, -100_000.0
EAST_MOST, NORTH_MOST = 700_000, 1_300_000
SHIFT = (446.448, -125.157, 542.060)  # metres, OSGB36 to WGS84
TURN = tuple(math.radians(seconds / 3600) for seconds in (0.1502, 0.2470, 0.8421))
STRETCH = 1 - 20.4894e-6


ROUNDS = 6
"""Of the northing's latitude. Each brings it 300 times nearer: from 1,300 km to a thousandth of a millimetre."""


class Maths(Protocol):
    """The functions that the formulas need: of `math` for one spot, of numpy for arrays of them."""

    sin: Any
    cos: Any
    tan: Any
    sqrt: Any
    hypot: Any
    atan2: Any


def _meridian_arc(latitude: Any, of: Maths) -> Any:
    n = (AIRY_A - AIRY_B) / (AIRY_A + AIRY_B)
    less, more = latitude - TRUE_LATITUDE, latitude + TRUE_LATITUDE
    return (
        AIRY_B
        * SCALE
        * (
            (1 + n + 5 / 4 * n**2 + 5 / 4 * n**3) * less
            - (3 * n + 3 * n**2 + 21 / 8 * n**3) * of.sin(less) * of.cos(more)
            + (15 / 8 * n**2 + 15 / 8 * n**3) * of.sin(2 * less) * of.cos(2 * more)
            - 35 / 24 * n**3 * of.sin(3 * less) * of.cos(3 * more)
        )
    )


def airy_radians(east: Any, north: Any, of: Maths) -> tuple[Any, Any]:
    """Latitude and longitude on the grid's own ellipsoid (OSGB36) of metres east and north: the inverse transverse Mercator."""
    lat = TRUE_LATITUDE + (north - FALSE_NORTH) / (AIRY_A * SCALE)
    for _ in range(ROUNDS):
        lat = lat + (north - FALSE_NORTH - _meridian_arc(lat, of)) / (AIRY_A * SCALE)
    e2 = 1 - (AIRY_B / AIRY_A) ** 2
    waist = 1 - e2 * of.sin(lat) ** 2
    nu = AIRY_A * SCALE / of.sqrt(waist)
    rho = AIRY_A * SCALE * (1 - e2) / waist**1.5
    eta2 = nu / rho - 1
    t, sec, d = of.tan(lat), 1 / of.cos(lat), east - FALSE_EAST
    latitude = (
        lat
        - d**2 * t / (2 * rho * nu)
        + d**4 * t / (24 * rho * nu**3) * (5 + 3 * t**2 + eta2 - 9 * t**2 * eta2)
        - d**6 * t / (720 * rho * nu**5) * (61 + 90 * t**2 + 45 * t**4)
    )
    longitude = (
        TRUE_LONGITUDE
        + d * sec / nu
        - d**3 * sec / (6 * nu**3) * (nu / rho + 2 * t**2)
        + d**5 * sec / (120 * nu**5) * (5 + 28 * t**2 + 24 * t**4)
        - d**7 * sec / (5040 * nu**7) * (61 + 662 * t**2 + 1320 * t**4 + 720 * t**6)
    )
    return latitude, longitude


def wgs84_radians(lat: Any, lon: Any, of: Maths) -> tuple[Any, Any]:
    """The same spot on WGS84: the seven-parameter (Helmert) shift, at height 0."""
    e2 = 1 - (AIRY_B / AIRY_A) ** 2
    nu = AIRY_A / of.sqrt(1 - e2 * of.sin(lat) ** 2)
    x, y, z = nu * of.cos(lat) * of.cos(lon), nu * of.cos(lat) * of.sin(lon), (1 - e2) * nu * of.sin(lat)
    (tx, ty, tz), (rx, ry, rz) = SHIFT, TURN
    x, y, z = tx + STRETCH * x - rz * y + ry * z, ty + rz * x + STRETCH * y - rx * z, tz - ry * x + rx * y + STRETCH * z
    e2 = 1 - (WGS84_B / WGS84_A) ** 2
    flat = of.hypot(x, y)
    lat = of.atan2(z, flat * (1 - e2))
    for _ in range(4):  # each turn gains about three digits
        nu = WGS84_A / of.sqrt(1 - e2 * of.sin(lat) ** 2)
        lat = of.atan2(z + e2 * nu * of.sin(lat), flat)
    return lat, of.atan2(y, x)


def airy_degrees(east: float, north: float) -> tuple[float, float]:
    """The same in degrees, of one spot."""
    latitude, longitude = airy_radians(east, north, math)
    return math.degrees(latitude), math.degrees(longitude)


def grid_to_degrees(east: float, north: float) -> tuple[float, float]:
    """WGS84 latitude and longitude of a spot on the grid. Raises ValueError off the grid (0–700 km east, 0–1,300 km north)."""
    if not (0 <= east <= EAST_MOST and 0 <= north <= NORTH_MOST):
        raise ValueError(f"off the National Grid: {east}, {north}")
    latitude, longitude = wgs84_radians(*airy_radians(east, north, math), math)
    return math.degrees(latitude), math.degrees(longitude)
