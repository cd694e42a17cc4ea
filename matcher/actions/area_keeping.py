"""A coordinator keeps their area: how its letters are signed, whom they say to ring, when somebody is on call, and how people are asked."""

from datetime import datetime
from uuid import UUID

from matcher.actions.setting_up import AreaOfItself
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.connection import Connection
from matcher.domain.errors import Invalid
from matcher.domain.permission import check_can_change_area
from matcher.matching.policies import policy_named
from matcher.store import areas, audit
from matcher.vocabulary import is_neutral


async def change_area(
    tx: Connection,
    _config: Config,
    now: datetime,
    *,
    actor: Actor,
    area_id: UUID,
    discreet_name: str,
    reply_to: str,
    on_call_telephone: str,
    on_call_hours: str,
) -> str:
    """Change how an area's letters are signed and whom they say to ring. Raises Hidden for another's, Invalid for a name that tells too much."""
    area = await areas.get_area(tx, area_id)
    check_can_change_area(actor, AreaOfItself(area.id), now)
    if not is_neutral(discreet_name):
        raise Invalid({"discreet_name": "not_neutral"})
    await audit.claim_acting(tx, actor, "change_area", now)
    await areas.update_area(
        tx, area_id, discreet_name=discreet_name, reply_to=reply_to, on_call_telephone=on_call_telephone, on_call_hours=on_call_hours
    )
    await audit.insert_audit(tx, "areas", area_id)
    return "saved"


async def change_asking(tx: Connection, _config: Config, now: datetime, *, actor: Actor, area_id: UUID, policy: str) -> str:
    """Choose by which policy an area asks, from its next look at each referral on. Raises Hidden for another's, UnknownPolicy."""
    area = await areas.get_area(tx, area_id)
    check_can_change_area(actor, AreaOfItself(area.id), now)
    policy_named(policy)
    await audit.claim_acting(tx, actor, "change_asking", now)
    await areas.update_policy(tx, area_id, policy)
    await audit.insert_audit(tx, "areas", area_id, reason=policy)
    return "saved"
