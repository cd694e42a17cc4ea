"""How the search for company stands, for a keyworker: counts without names, and what would help most. Nothing is changed; barred people are not counted."""

from dataclasses import dataclass
from datetime import datetime

from matcher.actions.proposing import Help, what_would_help
from matcher.actions.scene import scene_of
from matcher.actions.searching import search_in
from matcher.actions.showing_candidates import MOST_JUDGED, explain_people
from matcher.config import Config
from matcher.domain.arrangement import Referral
from matcher.domain.connection import Connection
from matcher.domain.journey_word import OfferState
from matcher.matching.explaining import codes_of, count_funnel, count_place_unknown, stops_everybody
from matcher.store import offers, queue

THINKING = (OfferState.QUEUED, OfferState.SENT, OfferState.EXPIRED)
SAID_NO = (OfferState.DECLINED, OfferState.NOT_NOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSoFar:
    """`funnel` counts volunteers by its lines; the page hides 1 to 4. `asked`, `thinking` and `said_no` are exact: what happened, not who there is."""

    options: int
    funnel: dict[str, int]
    place_unknown: int
    stops: tuple[str, ...]
    help: Help
    asked: int
    thinking: int
    said_no: int


async def look_at_search(c: Connection, config: Config, now: datetime, *, referral: Referral) -> SearchSoFar | None:
    """The search for a referral that the reader may see; None where nobody was ever looked for in any area."""
    if referral.area_id is None:
        return None
    scene = await scene_of(c, config, now, referral)
    ahead = [option for option in scene.open_options if option.starts_at - config.timing.lead > now]
    search = await search_in(scene, ahead, by_hand=True)
    told = await explain_people(scene, search, await queue.list_active_ids(c, scene.area.id, most=MOST_JUDGED))
    made = await offers.list_offers(c, referral.id, referral.meeting_number)
    return SearchSoFar(
        options=len(ahead),
        funnel={line.value: number for line, number in count_funnel(told).items()},
        place_unknown=count_place_unknown(told),
        stops=codes_of(stops_everybody(told)),
        help=await what_would_help(scene, search, told) if told else Help(),
        asked=len({offer.volunteer_id for offer in made}),
        thinking=sum(offer.state in THINKING for offer in made),
        said_no=sum(offer.state in SAID_NO for offer in made),
    )
