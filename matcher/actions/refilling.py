"""More meetings for a referral whose own bring nobody: the best of the next fourteen days to which somebody could come, up to three together."""

from collections.abc import Sequence
from uuid import uuid4

from matcher.actions.choosing_meetings import MOST_WEIGHED, ORDER, Fitting, Seeker, choose_for
from matcher.actions.scene import Scene
from matcher.domain.arrangement import ReferralOption
from matcher.domain.draft import MOST_OPTIONS
from matcher.domain.journey_word import OfferState
from matcher.domain.referral import ReferralNeeds
from matcher.domain.rung import Rung
from matcher.matching.eligible import Band, as_on_the_form
from matcher.store import offers, referrals

COUNTS = (OfferState.QUEUED, OfferState.SENT, OfferState.EXPIRED, OfferState.COVERED, OfferState.ACCEPTED)
"""An option that somebody was asked for and may still say yes to keeps its place."""
MOST_REPLACED = 2
"""Of three meetings that bring nobody one stays: it is what the newcomer chose."""


async def find_more(scene: Scene, needs: ReferralNeeds, *, online: bool = False) -> list[Fitting]:
    """Dates besides the referral's own to which somebody could come, best first: by band, the way there, the day. Reads only."""
    further = scene.referral.has_taken(Rung.REACH)
    seeker = Seeker(needs=as_on_the_form(needs), newcomer_id=scene.referral.newcomer_id, provider=scene.provider, further=further)
    own = {(option.meeting_id, option.on_date) for option in scene.options}
    weighed = await choose_for(scene.tx, scene.now, seeker, most=MOST_WEIGHED, online=online)
    fit = [one for one in weighed if one.option.key not in own and one.band not in (None, Band.NONE)]
    ranked = sorted(fit, key=lambda one: (ORDER[one.band or Band.NONE], one.minutes or 0, one.option.starts_at))
    first = {one.meeting.id: one for one in reversed(ranked)}
    return sorted(ranked, key=lambda one: first[one.meeting.id] is not one)


async def add_options(scene: Scene, found: Sequence[Fitting]) -> int:
    """Fill the referral's options up to three; returns how many are new. Where all places are held, those that can bring nobody any more give way."""
    if scene.fixed is not None or not found:
        return 0
    free = await _free_ranks(scene)
    for rank, one in zip(free, found, strict=False):
        await referrals.insert_option(
            scene.tx,
            {
                "id": uuid4(),
                "referral_id": scene.referral.id,
                "meeting_number": scene.referral.meeting_number,
                "rank": rank,
                "meeting_id": one.meeting.id,
                "fellowship": one.meeting.fellowship.value,
                "on_date": one.occurrence.on_date,
                "starts_at": one.occurrence.starts_at,
                "ends_at": one.occurrence.ends_at,
                "meet_at": one.meeting.meets_at(one.occurrence),
                "picked_by_hand": False,
            },
        )
    return min(len(free), len(found))


async def _free_ranks(scene: Scene) -> list[int]:
    """The ranks no option holds, after those have left that are over, or stand in the way of anything new."""
    over = [option for option in scene.options if option.starts_at - scene.config.timing.lead <= scene.now]
    ahead = [option for option in scene.options if option not in over]
    if len(ahead) == MOST_OPTIONS:
        over += (await _barren(scene, ahead))[-MOST_REPLACED:]
    for option in over:
        await referrals.update_option_state(scene.tx, option.id, "lost")
    held = {option.rank for option in scene.options if option not in over}
    return [rank for rank in range(1, MOST_OPTIONS + 1) if rank not in held]


async def _barren(scene: Scene, ahead: Sequence[ReferralOption]) -> list[ReferralOption]:
    """Options to which nobody who was asked can still say yes."""
    made = await offers.list_offers(scene.tx, scene.referral.id, scene.referral.meeting_number)
    counts = [await offers.list_offer_options(scene.tx, offer.id) for offer in made if offer.state in COUNTS]
    asked = {option_id for ids in counts for option_id in ids}
    return [option for option in ahead if option.id not in asked]
