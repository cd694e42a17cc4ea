"""The nine fellowships and whom each is for (journeys 16). Words shown on screen live in `data/fellowships.json`, not here."""

from enum import StrEnum


class Fellowship(StrEnum):
    """A fellowship's code. Its place in this list is its number in the reach index and never changes."""

    AA = "aa"
    CA = "ca"
    DAA = "daa"
    MA = "ma"
    NA = "na"
    SMART = "smart"
    ALATEEN = "alateen"
    ALANON = "alanon"
    FA = "fa"

    @property
    def number(self) -> int:
        """0 to 8: moves this fellowship's reach boxes apart in the one spatial index (matching 13.2)."""
        return list(Fellowship).index(self)


class WhoFor(StrEnum):
    """Why somebody looks for a meeting: the first question of a referral."""

    OWN_USE = "own_use"
    AFFECTED = "affected"
    NOT_SURE = "not_sure"


OWN_USE = (Fellowship.AA, Fellowship.CA, Fellowship.DAA, Fellowship.MA, Fellowship.NA, Fellowship.SMART)
AFFECTED = (Fellowship.ALANON, Fellowship.FA)
"""Alateen is left out on purpose: it is never matched by the machine (journeys 16)."""


def fellowships_for(who_for: WhoFor) -> tuple[Fellowship, ...]:
    """The fellowships that may be ticked for this route, in the order shown. Not sure: both groups."""
    return {WhoFor.OWN_USE: OWN_USE, WhoFor.AFFECTED: AFFECTED, WhoFor.NOT_SURE: OWN_USE + AFFECTED}[who_for]
