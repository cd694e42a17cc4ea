"""Many points of the National Grid at once, by the formulas of domain/national_grid.py: a file has 1.7 million of them."""

import numpy as np
from numpy.typing import NDArray

from matcher.domain.national_grid import EAST_MOST, FALSE_EAST, NORTH_MOST, airy_radians, wgs84_radians

Floats = NDArray[np.float64]


def grids_to_degrees(east: Floats, north: Floats) -> tuple[Floats, Floats]:
    """WGS84 latitudes and longitudes of metres east and north; NaN for what lies off the grid or is no number."""
    on = (east >= 0) & (east <= EAST_MOST) & (north >= 0) & (north <= NORTH_MOST)
    latitude, longitude = wgs84_radians(*airy_radians(np.where(on, east, FALSE_EAST), np.where(on, north, 0.0), np), np)
    return np.where(on, np.degrees(latitude), np.nan), np.where(on, np.degrees(longitude), np.nan)
