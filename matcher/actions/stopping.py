"""What the answer page does besides yes and no: stop asking me (O7), and standing by once somebody else is going (O9, O11)."""

from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from matcher.actions.answering import decline_offer, keep_late_yes
from matcher.actions.asking import set_look
from matcher.actions.roster_states import pause_volunteer
from matcher.actions.scene import claim_scene
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.connection import Connection
from matcher.domain.journey_word import OfferReason, OfferState, ReferralState
from matcher.domain.permission import check_can_answer_offer
from matcher.domain.permission_facts import LinkPurpose
from matcher.store import audit, offers


async def stop_asking(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, offer_id: UUID, until: date | None = None, declines: bool = True
) -> bool:
    """A no, and no more questions (O7): the holder of an invitation pauses themselves, and is sent the notice. False where they paused already.

    `declines` False: only a break, taken after the answer was given. Raises what pausing raises for somebody who has left.
    """
    offer = await offers.get_offer(tx, offer_id)
    check_can_answer_offer(actor, offer, now)
    if declines:
        await decline_offer(tx, config, now, actor=actor, offer_id=offer_id)
    # Whoever may answer for this volunteer may pause them: the letter carries both links, to the same address.
    own = replace(actor, link_purpose=LinkPurpose.PAUSE.value, about_id=offer.volunteer_id)
    return await pause_volunteer(tx, config, now, actor=own, volunteer_id=offer.volunteer_id, until=until)


async def stand_by(tx: Connection, config: Config, now: datetime, *, actor: Actor, offer_id: UUID, standby: bool) -> bool:
    """Keep a late yes, first to be asked if the place opens again, or let it be. False where the place is open now: then the question is put anew."""
    await audit.claim_acting(tx, actor, "stand_by", now)
    scene = await claim_scene(tx, config, now, (await offers.get_offer(tx, offer_id)).referral_id)
    offer = await offers.get_offer(tx, offer_id)
    referral = scene.referral
    asks = referral.is_asking and referral.seats_taken < referral.seats
    asked_again = offer.state in (OfferState.SENT, OfferState.EXPIRED) and asks
    gone = referral.state in (ReferralState.CLOSED, ReferralState.ON_HOLD) or offer.meeting_number != referral.meeting_number
    taken_back = offer.state is OfferState.WITHDRAWN and offer.state_reason != OfferReason.PLACE_TAKEN
    if asked_again or gone or taken_back or offer.state in (OfferState.ACCEPTED, OfferState.UNDELIVERABLE):
        return False
    if standby and offer.state is not OfferState.COVERED:
        await keep_late_yes(scene, offer)
    await offers.update_standby(tx, offer_id, standby=standby)
    await audit.insert_audit(tx, "offers", offer_id, reason="on" if standby else "off")
    if standby and asks:
        await set_look(scene, now)
    return True
