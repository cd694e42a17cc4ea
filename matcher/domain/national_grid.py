"""From eastings and northings of the National Grid to WGS84 degrees, good to about 5 m. The other way is not needed.

Formulas and constants: Ordnance Survey, "A guide to coordinate systems in Great Britain" (annexes A to C).
"""

import math

AIRY_A, AIRY_B = 6_377_563.396, 6_356_256.909
WGS84_A, WGS84_B = 6_378_137.000, 6_356_752.3142
SCALE = 0.9996012717
TRUE_LATITUDE, TRUE_LONGITUDE = math.radians(49), math.radians(-2)
FALSE_EAST, FALSE_NORTH = 400_000.0, -100_000.0
SHIFT = (446.448, -125.157, 542.060)  # metres, OSGB36 to WGS84
TURN = tuple(math.radians(seconds / 3600) for seconds in (0.1502, 0.2470, 0.8421))
STRETCH = 1 - 20.4894e-6


def _meridian_arc(latitude: float) -> float:
    n = (AIRY_A - AIRY_B) / (AIRY_A + AIRY_B)
    less, more = latitude - TRUE_LATITUDE, latitude + TRUE_LATITUDE
    return (
        AIRY_B
        * SCALE
        * (
            (1 + n + 5 / 4 * n**2 + 5 / 4 * n**3) * less
            - (3 * n + 3 * n**2 + 21 / 8 * n**3) * math.sin(less) * math.cos(more)
            + (15 / 8 * n**2 + 15 / 8 * n**3) * math.sin(2 * less) * math.cos(2 * more)
            - 35 / 24 * n**3 * math.sin(3 * less) * math.cos(3 * more)
        )
    )


def airy_degrees(east: float, north: float) -> tuple[float, float]:
    """Latitude and longitude on the grid's own ellipsoid (OSGB36), degrees, of metres east and north: the inverse transverse Mercator."""
    lat = TRUE_LATITUDE
    arc = 0.0
    while abs(north - FALSE_NORTH - arc) >= 0.00001:
        lat += (north - FALSE_NORTH - arc) / (AIRY_A * SCALE)
        arc = _meridian_arc(lat)
    e2 = 1 - (AIRY_B / AIRY_A) ** 2
    waist = 1 - e2 * math.sin(lat) ** 2
    nu = AIRY_A * SCALE / math.sqrt(waist)
    rho = AIRY_A * SCALE * (1 - e2) / waist**1.5
    eta2 = nu / rho - 1
    t, sec, d = math.tan(lat), 1 / math.cos(lat), east - FALSE_EAST
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
    return math.degrees(latitude), math.degrees(longitude)


def _airy_to_wgs84(latitude: float, longitude: float) -> tuple[float, float]:
    """The seven-parameter (Helmert) shift, at height 0."""
    lat, lon = math.radians(latitude), math.radians(longitude)
    e2 = 1 - (AIRY_B / AIRY_A) ** 2
    nu = AIRY_A / math.sqrt(1 - e2 * math.sin(lat) ** 2)
    x, y, z = nu * math.cos(lat) * math.cos(lon), nu * math.cos(lat) * math.sin(lon), (1 - e2) * nu * math.sin(lat)
    (tx, ty, tz), (rx, ry, rz) = SHIFT, TURN
    x, y, z = tx + STRETCH * x - rz * y + ry * z, ty + rz * x + STRETCH * y - rx * z, tz - ry * x + rx * y + STRETCH * z
    e2 = 1 - (WGS84_B / WGS84_A) ** 2
    flat = math.hypot(x, y)
    lat = math.atan2(z, flat * (1 - e2))
    for _ in range(4):  # each turn gains about three digits
        nu = WGS84_A / math.sqrt(1 - e2 * math.sin(lat) ** 2)
        lat = math.atan2(z + e2 * nu * math.sin(lat), flat)
    return math.degrees(lat), math.degrees(math.atan2(y, x))


def grid_to_degrees(east: float, north: float) -> tuple[float, float]:
    """WGS84 latitude and longitude of a spot on the grid. Raises ValueError off the grid (0–700 km east, 0–1,300 km north)."""
    if not (0 <= east <= 700_000 and 0 <= north <= 1_300_000):
        raise ValueError(f"off the National Grid: {east}, {north}")
    return _airy_to_wgs84(*airy_degrees(east, north))
