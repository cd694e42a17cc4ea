"""Whom a newcomer named, on rosters that their coordinator may not read: barred by their name when they would be asked, and shown to nobody."""

from collections.abc import Iterable
from uuid import UUID

from matcher.actions.scene import Scene
from matcher.domain.name_likeness import may_mean
from matcher.matching.eligible import Eligible
from matcher.store import audit, parties, referral_changes


def names_to_avoid(scene: Scene) -> list[str]:
    """Those whom the newcomer must not meet, as they called them."""
    avoid = scene.config.vault.open(scene.referral.avoid) if scene.referral.avoid else {}
    return [one["name"] for one in avoid.get("people", ())]


async def bar_namesakes(scene: Scene, people: Iterable[Eligible], *, asked: Iterable[UUID]) -> bool:
    """Bar those of neighbouring rosters who may be meant, before any of them is asked (R56). True where somebody was barred: search again.

    A coordinator reads their own roster only, and settles there who is meant. Elsewhere a name that is alike is enough: one volunteer too few
    costs little, the wrong one very much. Those `asked` already stand by name on the referral's page, so that a coordinator decides about them.
    """
    names = names_to_avoid(scene)
    known = set(asked)
    elsewhere = [one.volunteer.id for one in people if one.volunteer.area_id != scene.area.id and one.volunteer.id not in known]
    if not names or not elsewhere:
        return False
    barred = False
    for volunteer_id, party in (await parties.list_volunteer_parties(scene.tx, elsewhere)).items():
        details = scene.config.vault.open(party.details) if party.details else {}
        if any(may_mean(name, details.get("display_name", ""), details.get("private_name", "")) for name in names):
            await referral_changes.insert_newcomer_bar(scene.tx, scene.referral.newcomer_id, volunteer_id, scene.now, set_by=None)
            await audit.insert_audit(scene.tx, "referrals", scene.referral.id, reason="bar_set")
            barred = True
    return barred
