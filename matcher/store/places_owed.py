"""To whom a word of thanks is owed: which tables and maps the places in use come from."""

from dataclasses import dataclass

from matcher.domain.connection import Connection


@dataclass(frozen=True, slots=True)
class Owed:
    """The year of the full postcodes in use, if any are, and the geocoders whose answers meetings stand by."""

    postcodes_of: int | None
    geocoders: tuple[str, ...]


async def find_owed(c: Connection) -> Owed:
    """What is in use now, beside the shipped tables."""
    row = await c.fetchrow(
        """
        SELECT (SELECT vintage FROM postcode_loads WHERE state = 'used') AS postcodes_of,
               ARRAY(SELECT DISTINCT geocoder FROM geocoder_answers WHERE outcome = 'found' ORDER BY geocoder) AS geocoders
        """
    )
    return Owed(row["postcodes_of"], tuple(row["geocoders"]))
