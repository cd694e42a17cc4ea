"""The offer's state table (journeys 5.2; on screen: invitation). Looking at a link is no event: it changes nothing and is not recorded."""

from matcher.domain.errors import Changed, Finished, Refusal
from matcher.domain.journey_reader import read_steps
from matcher.domain.journey_referral import UndoOver
from matcher.domain.journey_table import Table
from matcher.domain.journey_word import OfferEvent, OfferReason, OfferState

LIVE_OFFERS = (OfferState.QUEUED, OfferState.SENT, OfferState.EXPIRED)
"""One of these per referral, meeting number and volunteer: the partial unique index of journeys 4."""
MAY_ACCEPT = (OfferState.SENT, OfferState.EXPIRED, OfferState.DECLINED, OfferState.NOT_NOW)
"""The states whose link still takes a yes (O4)."""


class AlreadyYes(Changed):
    """You have already said yes to this one. If you cannot come after all, please use the link in our letter."""


# Facts: place_open: a seat is free and the last moment lies ahead; was_place_taken: withdrawn because another was quicker;
# was_sent: the letter had left before; in_time: the undo window is open.
ROWS = """
O1   | -                 | queue_offer           | W C |                           | queued
O1a  | -                 | ring_now              | K   |                           | sent
O2   | queued            | handed_over           | W   |                           | sent                        | offer
O3   | queued            | place_taken           | W   |                           | withdrawn/place_taken
O3   | queued            | no_longer_needed      | W   |                           | withdrawn/no_longer_needed
O3a  | live              | volunteer_stopped     | W   |                           | withdrawn/volunteer_stopped
O4   | may_accept        | accept_offer          | V K | place_open                | accepted                    | offer_accepted
O4a  | -                 | record_yes_by_phone   | C   |                           | accepted/by_phone           | offer_accepted
O4a  | queued may_accept | record_yes_by_phone   | C   |                           | accepted/by_phone           | offer_accepted
O5   | may_accept        | decline_offer         | V K |                           | declined
O5a  | queued may_accept | record_no_by_phone    | C   |                           | declined/by_phone
O6   | may_accept        | not_now               | V   |                           | not_now
O7   | may_accept        | stop_asking           | V   |                           | declined                    | roster_notice
O8   | sent              | reply_by_passed       | W   |                           | expired
O8a  | sent              | not_answered          | K   |                           | expired
O9   | may_accept        | accept_offer          | V K | not place_open            | covered/banked
O9a  | covered           | accept_offer          | V K |                           | same
O10  | sent              | place_taken           | W   |                           | withdrawn/place_taken       | covered
O10a | expired declined not_now | place_taken           | W   |                           | same
O11  | withdrawn         | accept_offer          | V K | was_place_taken           | covered/banked
O12  | withdrawn         | accept_offer          | V K | not was_place_taken       | same
O12  | withdrawn covered | decline_offer         | V K |                           | same
O12  | withdrawn covered | not_now               | V   |                           | same
O12a | withdrawn covered | stop_asking           | V   |                           | same                        | roster_notice
O13  | withdrawn         | winner_undid          | W   | was_place_taken, was_sent | sent
O13a | withdrawn         | winner_undid          | W   | was_place_taken, not was_sent | queued
O14* | covered           | place_reopened        | W   |                           | same                        | offer
O15  | live              | bounced               | W   |                           | undeliverable | coordinator_alert | volunteer_bounced
O16  | sent              | no_longer_needed      | W   |                           | withdrawn/no_longer_needed  | covered
O16  | expired           | no_longer_needed      | W   |                           | withdrawn/no_longer_needed
O16a | declined not_now  | no_longer_needed      | W   |                           | same
O17  | accepted          | accept_offer          | V K |                           | same
O18  | accepted          | undo_acceptance       | V   | in_time                   | declined/undone
"""

NOTES = {
    "O1": "active; role card current; under the cap; no live offer; never after their no",
    "O1a": "rung by the keyworker, one number at a time; no letter goes; its own answers alone may be passed on by K",
    "O2": "place open; reply-by ahead; outside quiet hours",
    "O3": "the waiting letter is cancelled, nothing is sent",
    "O3a": "paused, suspended or left: the link ends",
    "O4": "a choice was made; the form fits the link; still eligible; no clash; the pair fits; also a changed mind on the same link",
    "O4a": "as R23; without an offer before, one is made and taken in one",
    "O5": "never asked again for this referral; the link lets them change it until the last moment",
    "O5a": "as R23",
    "O6": "may be asked for a later meeting number or a new option",
    "O7": "the volunteer is paused: V7",
    "O8": "soft: the link works until the last moment",
    "O8a": "nobody answered the telephone: they count as asked",
    "O9": "somebody is already going: a kind page; the yes is banked",
    "O9a": "the same page again",
    "O10": "covered is due after the undo window",
    "O10a": "the link then leads to the kind page",
    "O11": "as O9",
    "O12": "no longer needed: a thank-you page",
    "O12a": "as O12; the volunteer is paused: V7",
    "O13": "reply-by moved by the time lost; the waiting covered letter is cancelled",
    "O13a": "the offer letter is written anew",
    "O14": "still eligible: a new offer to them first",
    "O15": "return path valid; the volunteer is paused: V7",
    "O16": "closed, held or barred; the link ends",
    "O16a": "the link ends",
    "O17": "the same page, no second letter",
    "O18": "with R26 and M3",
}

NAMES = {"live": LIVE_OFFERS, "may_accept": MAY_ACCEPT}
WHY: dict[OfferEvent, type[Refusal]] = {OfferEvent.UNDO_ACCEPTANCE: UndoOver}
DONE: dict[OfferState, type[Refusal]] = {OfferState.UNDELIVERABLE: Finished, OfferState.ACCEPTED: AlreadyYes}
OFFER_TABLE = Table(
    "Offer",
    OfferState,
    OfferEvent,
    read_steps(ROWS, OfferState, OfferEvent, names=NAMES, reasons=(OfferReason,), notes=NOTES),
    why=WHY,
    done=DONE,
)
