"""Who does something: staff, the holder of a link, the clock or a feed. What each may do is in `permission.py` and the journey tables."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What a staff account may be. Volunteers and newcomers have no role: they hold links (journeys 2)."""

    KEYWORKER = "keyworker"
    COORDINATOR = "coordinator"
    PROVIDER_LEAD = "provider_lead"
    RECORDS_OFFICER = "records_officer"
    SAFEGUARDING_LEAD = "safeguarding_lead"


class ActorKind(StrEnum):
    """Whose hand moves something. The first five are the roles, with the same values."""

    KEYWORKER = "keyworker"
    COORDINATOR = "coordinator"
    PROVIDER_LEAD = "provider_lead"
    RECORDS_OFFICER = "records_officer"
    SAFEGUARDING_LEAD = "safeguarding_lead"
    VOLUNTEER = "volunteer"
    NEWCOMER = "newcomer"
    CLOCK = "clock"
    FEED = "feed"
    OPERATOR = "operator"
    ANONYMOUS = "anonymous"


STAFF = frozenset(ActorKind(role.value) for role in Role)


@dataclass(frozen=True, slots=True)
class Actor:
    """One actor, for one page or one action.

    `provider_id` is set for staff of a provider; `area_ids` and `fellowships` for a coordinator (own areas, own fellowships; no fellowships
    means all of them). `link_purpose` and `about_id` are set for the holder of a link: the one thing that link is for. A volunteer's or
    newcomer's `id` is the person's own. `active` is False for an account that was disabled or has left: it may nothing, at once.
    """

    kind: ActorKind
    id: UUID | None = None
    provider_id: UUID | None = None
    area_ids: frozenset[UUID] = frozenset()
    fellowships: frozenset[str] = frozenset()
    link_purpose: str | None = None
    about_id: UUID | None = None
    active: bool = True

    @property
    def is_staff(self) -> bool:
        """True for somebody who signs in."""
        return self.kind in STAFF

    @property
    def role(self) -> Role | None:
        """The staff role, or None for everybody else."""
        return Role(self.kind.value) if self.is_staff else None


CLOCK = Actor(ActorKind.CLOCK)
"""What the worker does when a time has come."""
FEED = Actor(ActorKind.FEED)
"""A published meeting list that changed."""
ANONYMOUS = Actor(ActorKind.ANONYMOUS)
OPERATOR = Actor(ActorKind.OPERATOR)
"""Somebody at the machine's command line; has no page."""
