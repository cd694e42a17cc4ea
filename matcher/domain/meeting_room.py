"""A meeting in a service's own rooms: what its staff must know. Nobody else is shown it."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class HostedMeeting:
    """Which service holds a meeting in its rooms, and its note about the room."""

    meeting_id: UUID
    provider_id: UUID
    provider_name: str
    room_note: str
