"""Where a meeting's own postcode lies, and whether its point agrees. A hundred thousand are asked about in one feed."""

from functools import lru_cache

from matcher.domain.place import FAR_FROM_POSTCODE_KM, Place, Point, find_place, km_between

NEAR_DEGREES = 0.15
"""Of latitude and of longitude: at most 24 km, wherever on the globe."""


@lru_cache(maxsize=8192)
def find_venue_place(text: str) -> Place | None:
    """The place of a meeting's own postcode or district, looked up once: many share it. Not for where a person lives, which is kept nowhere."""
    return find_place(text)


def is_far_from_postcode(point: Point, postcode: str) -> bool:
    """Whether a point contradicts its own postcode: over 30 km from its sector (Northern Ireland: district). An unknown postcode: no."""
    place = find_venue_place(postcode)
    centre = place.point if place else None
    if centre is None or (abs(point.latitude - centre.latitude) < NEAR_DEGREES and abs(point.longitude - centre.longitude) < NEAR_DEGREES):
        return False
    return km_between(point, centre) > FAR_FROM_POSTCODE_KM
