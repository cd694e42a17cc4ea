"""An area: the patch that coordinators look after, its postcode districts, and where to ring and read for each fellowship there."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from matcher.domain.fellowship import Fellowship


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """One area. `outcodes` are its districts; each belongs to one area only."""

    id: UUID
    name: str
    timezone: str
    discreet_name: str
    reply_to: str
    created_at: datetime
    on_call_telephone: str = ""
    on_call_hours: str = ""
    policy: str = "product"
    outcodes: tuple[str, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The zone its people live in."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True)
class FellowshipContact:
    """A fellowship's web address and helpline in one area. `checked_on`: when a coordinator last made sure; None for never."""

    area_id: UUID
    fellowship: Fellowship
    web_address: str
    helpline: str
    checked_on: date | None
    updated_at: datetime
