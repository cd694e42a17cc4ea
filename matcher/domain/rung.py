"""The ladder's rungs (journeys 5.6): what is tried when nobody says yes, in their order, and what the newcomer must have allowed for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from types import MappingProxyType

from matcher.domain.wishes import MayWiden


class Rung(IntEnum):
    """One rung; the number is that of journeys 5.6 and of `referrals.ladder_step`."""

    REACH = 0
    """Volunteers who said so themselves come one and a half times as far."""
    FARTHER = 1
    """Meetings further away, 90 minutes at most."""
    OTHER_DAY = 2
    """Another day, or another meeting."""
    ONE_COMPANION = 3
    NEXT_FELLOWSHIP = 4
    """The next fellowship of the newcomer's own list."""
    ONLINE = 5
    """An online meeting, joined together."""
    COORDINATOR = 6
    WORKER = 7
    """A worker of the service goes along."""
    HONEST_NO = 8

    @property
    def code(self) -> str:
        """Its name in templates, forms and tasks."""
        return self.name.lower()


class RungOutcome(StrEnum):
    """What came of a rung."""

    TAKEN = "taken"
    NOTHING = "nothing"
    """It would have brought nobody, so nothing was changed."""
    TOLD = "told"
    """A person was told; asking went on."""


CONSENT: Mapping[Rung, MayWiden] = MappingProxyType(
    {
        Rung.FARTHER: MayWiden.FURTHER,
        Rung.OTHER_DAY: MayWiden.OTHER_DAY,
        Rung.ONE_COMPANION: MayWiden.ONE_COMPANION,
        Rung.NEXT_FELLOWSHIP: MayWiden.SECOND_FELLOWSHIP,
        Rung.ONLINE: MayWiden.ONLINE,
        Rung.WORKER: MayWiden.PEER_OR_WORKER,
    }
)
"""What the newcomer must have ticked before a rung is tried. A rung that is not here changes none of their choices."""


@dataclass(frozen=True, slots=True)
class RungLine:
    """One rung that was tried, as it is kept for the pages and for the honest answer."""

    rung: Rung
    outcome: RungOutcome
    at: datetime
