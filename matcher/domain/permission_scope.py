"""Whose a thing is: what the questions of permission.py are made of."""

from uuid import UUID

from matcher.domain.actor import Actor, ActorKind
from matcher.domain.permission_facts import DraftFacts, LinkPurpose


def is_kind(actor: Actor, *kinds: ActorKind) -> bool:
    """One of these kinds, and not disabled."""
    return actor.active and actor.kind in kinds


def is_own_keyworker(actor: Actor, thing: DraftFacts) -> bool:
    """The keyworker who made it."""
    same_provider = actor.provider_id is not None and actor.provider_id == thing.provider_id
    return is_kind(actor, ActorKind.KEYWORKER) and same_provider and actor.id is not None and actor.id == thing.keyworker_id


def is_of_area(actor: Actor, area_id: UUID | None) -> bool:
    """A coordinator of that area."""
    return is_kind(actor, ActorKind.COORDINATOR) and area_id is not None and area_id in actor.area_ids


def holds_link(actor: Actor, kind: ActorKind, thing_id: UUID, *purposes: LinkPurpose) -> bool:
    """Came by a link for one of these purposes about this very thing."""
    return is_kind(actor, kind) and actor.about_id is not None and actor.about_id == thing_id and actor.link_purpose in purposes
