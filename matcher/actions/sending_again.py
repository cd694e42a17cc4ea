"""The same letters once more, as new revisions with new links: after an address was corrected, or because somebody asks (R58)."""

from datetime import datetime
from uuid import UUID

from matcher.actions.scene import claim_scene
from matcher.actions.telling_volunteers import tell_again
from matcher.config import Config
from matcher.domain.connection import Connection
from matcher.domain.journey_word import ReferralState
from matcher.store import matches


async def send_again_for_party(tx: Connection, config: Config, now: datetime, party_id: UUID) -> int:
    """Everything a volunteer still needs to know of the meetings ahead, to the address that is right now. Returns how many letters."""
    sent = 0
    for match in sorted(await matches.list_matches_of_volunteer(tx, party_id, now), key=lambda m: m.referral_id):
        scene = await claim_scene(tx, config, now, match.referral_id)
        if scene.referral.state is ReferralState.ON_HOLD:  # they are written to when it goes on
            continue
        sent += await tell_again(scene, match) is not None
    return sent
