"""Who can be written to, as the store finds them: sealed addresses with the few facts a letter's frame needs. Opened by the action that writes."""

from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from matcher.domain.sealed import Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderFrame:
    """A service as its letters show it."""

    id: UUID
    discreet_name: str
    reply_to: str
    telephone: str
    crisis_line: str
    pair_rule: str
    one_may_go_alone: bool
    minimum_band: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaFrame:
    """An area as letters to its volunteers show it, with the zone its people live in."""

    id: UUID
    name: str
    timezone: str
    discreet_name: str
    reply_to: str
    on_call_telephone: str
    policy: str

    @property
    def zone(self) -> ZoneInfo:
        """The area's zone: quiet hours and asking hours are its people's own."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True, kw_only=True)
class VolunteerParty:
    """A volunteer to write to. `details` holds display_name, private_name, email, telephone, recognise_me."""

    id: UUID
    state: str
    email_state: str
    discreet: bool
    share_number: bool
    details: Sealed | None
    area: AreaFrame

    @property
    def can_be_written_to(self) -> bool:
        """Has an address that works."""
        return self.email_state == "ok" and self.details is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffParty:
    """A member of staff to write to. `details` holds first_name, email, telephone."""

    id: UUID
    role: str
    email_state: str
    details: Sealed
