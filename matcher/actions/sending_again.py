"""The same letters once more, as new revisions with new links: after an address was corrected, or because somebody asks (R58)."""

from datetime import datetime
from uuid import UUID

from matcher.actions.scene import Scene, claim_scene, people_of
from matcher.actions.telling_volunteers import tell_accepted, tell_plan
from matcher.config import Config
from matcher.domain.arrangement import Match
from matcher.domain.connection import Connection
from matcher.domain.journey_word import MatchState
from matcher.store import matches


async def send_again_for_party(tx: Connection, config: Config, now: datetime, party_id: UUID) -> int:
    """Everything a volunteer still needs to know of the meetings ahead, to the address that is right now. Returns how many letters."""
    sent = 0
    for match in sorted(await matches.list_matches_of_volunteer(tx, party_id, now), key=lambda m: m.referral_id):
        scene = await claim_scene(tx, config, now, match.referral_id)
        sent += await send_match_again(scene, match) is not None
    return sent


async def send_match_again(scene: Scene, match: Match) -> UUID | None:
    """A companion's letter once more: what was recorded, or the plan once it stands."""
    if match.state is MatchState.PLANNED:
        return await tell_accepted(scene, match)
    live = await matches.list_matches(scene.tx, scene.referral.id, scene.referral.meeting_number)
    people = await people_of(scene, live)
    partner = next((people[other.volunteer_id] for other in live if other.id != match.id), None)
    return await tell_plan(scene, match, partner)
