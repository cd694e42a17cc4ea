"""Staff accounts and their sign-ins. What a role may do is in `permission.py`; how somebody signs in, in `actions/signing_in.py`."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from matcher.domain.actor import Actor, ActorKind, Role
from matcher.domain.sealed import Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """One account. `details` holds first_name, email and telephone; `area_ids` is what a coordinator looks after."""

    id: UUID
    provider_id: UUID | None
    role: Role
    state: str
    email_state: str
    details: Sealed
    created_at: datetime
    confirmed_at: datetime
    area_ids: frozenset[UUID] = frozenset()

    @property
    def is_active(self) -> bool:
        """False for somebody who has left: every page and link of theirs ends at once."""
        return self.state == "active"

    @property
    def actor(self) -> Actor:
        """Who acts when this person presses a button."""
        return Actor(ActorKind(self.role.value), self.id, provider_id=self.provider_id, area_ids=self.area_ids, active=self.is_active)


@dataclass(frozen=True, slots=True)
class SignIn:
    """A live sign-in of an active account."""

    staff: Staff
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class SignInCode:
    """A typed code that was sent, bound to the browser that asked. `staff_id` is None where nobody has that address: nothing was sent then."""

    id: UUID
    staff_id: UUID | None
    code_hash: bytes
    created_at: datetime
    expires_at: datetime
    tries: int
