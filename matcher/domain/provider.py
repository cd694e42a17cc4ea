"""A provider: the treatment service that keyworkers belong to, with the policies it has set."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from matcher.domain.fellowship import Fellowship
from matcher.domain.permission_facts import Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One service. `discreet_name` is how letters name it; `reply_to` is a mailbox that somebody reads.

    `reference_hint` and `reference_pattern` say what the service's own reference for a newcomer looks like.
    """

    id: UUID
    name: str
    discreet_name: str
    reply_to: str
    telephone: str
    fellowships: tuple[Fellowship, ...]
    created_at: datetime
    opening_hours: str = ""
    crisis_line: str = ""
    reference_hint: str = ""
    reference_pattern: str = ""
    pair_rule: str = "when_asked"
    one_may_go_alone: bool = True
    minimum_band: str = "1_to_2"
    team_visibility: Visibility = Visibility.OWN
    young_people_contact: str = ""
