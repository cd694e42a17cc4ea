"""Encrypted values as records carry them: still closed, with what is needed to open them. No cipher here (see matcher.crypto)."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PersonKey:
    """One person's own key as the database holds it: wrapped by a master key. Destroying it forgets the person everywhere."""

    person_id: UUID
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class Sealed:
    """A JSON object encrypted under one person's key and bound to its place (`table.column:id`); None in the column means nothing is held."""

    key: PersonKey
    place: str
    box: bytes
