"""The referral until it is matched (journeys 5.1): drafting, asking, answers, the coordinator's part. What follows is in `journey_plan.py`.

A row with a small letter after its number (R16a) is ours: journeys.md leaves that pair open, and a person could meet it.
"""

from matcher.domain.errors import Changed, Refused
from matcher.domain.journey_reader import read_steps
from matcher.domain.journey_word import CloseReason, ReferralEvent, ReferralState
from matcher.domain.task import NeedsReason

OPEN = tuple(state for state in ReferralState if state not in (ReferralState.DRAFT, ReferralState.CLOSED))
"""Every state but draft and closed."""
ASKING = (ReferralState.LOOKING, ReferralState.PART_FILLED)
SEEKING = (*ASKING, ReferralState.NEEDS_PERSON)
"""A seat is still free in these, unless the seats are full and only an answer is missing."""
NAMES = {"open": OPEN, "asking": ASKING, "seeking": SEEKING, "any": tuple(ReferralState)}
REASONS = (CloseReason, NeedsReason)


class ReferralClosed(Changed):
    """This referral is closed and stays closed. You can start a new one from it."""


class SeatsFull(Changed):
    """Somebody has already said yes to this one. Nothing was changed."""


class MeetingBegun(Refused):
    """The meeting has begun. Please say how it went instead."""


class UndoOver(Refused):
    """The time to undo is over. You can still tell us that you cannot come."""


# Facts: alateen; to_settle: something must be settled first (R56); has_option: at least one meeting that fits was chosen;
# last_seat: with this yes no seat is free; at_once: T is so near that letters do not wait for the undo window; yes_counts: the reason
# is one of task.YES_COUNTS; seat_held: a live match exists; one_will_do: one companion is enough; later_meeting: from the second on;
# option_left: a dated meeting can still be had.
ROWS = """
R1   | -                | start_referral         | K   |                           | draft
R2   | draft            | save_page              | K   |                           | same
R3   | draft            | record_not_interested  | K   |                           | closed/declined
R4   | draft            | submit_referral        | K   | not alateen, not to_settle, has_option | looking
R4a  | draft            | submit_referral | K | not alateen, not to_settle, not has_option | needs_person/no_candidate | coordinator_alert
R5*  | draft            | submit_for_own_consent | K   |                           | awaiting_consent            | consent_ask
R6*  | draft            | submit_referral        | K   | alateen                   | needs_person/alateen | coordinator_alert | safeguarding
R7   | draft            | draft_untouched        | W   |                           | erased
R8*  | awaiting_consent | give_consent           | N   | not to_settle             | looking
R9*  | awaiting_consent | refuse_consent         | N   |                           | closed/declined             | keyworker_notice
R10* | awaiting_consent | consent_silent         | W   |                           | same                        |  | ask_consent_in_person
R11* | awaiting_consent | last_moment_passed     | W   |                           | closed/cancelled            | keyworker_notice
R12  | asking           | wave_due               | W   |                           | same                        | offer
R12a | asking           | ring_now               | K   |                           | same
R13  | asking           | nobody_eligible        | W   |                           | needs_person/no_candidate   | help | ask_to_widen
R14  | looking          | accept_offer           | V K | last_seat, not at_once    | matched                     | offer_accepted
R14  | looking          | accept_offer           | V K | last_seat, at_once        | matched                     | offer_accepted told
R15  | looking          | accept_offer           | V K | not last_seat             | part_filled                 | offer_accepted
R16  | part_filled      | accept_offer           | V K | last_seat, not at_once    | matched                     | offer_accepted
R16  | part_filled      | accept_offer           | V K | last_seat, at_once        | matched                     | offer_accepted told
R16a | needs_person     | accept_offer           | V K | yes_counts, last_seat, not at_once | matched                     | offer_accepted
R16a | needs_person     | accept_offer           | V K | yes_counts, last_seat, at_once | matched                     | offer_accepted told
R16a | needs_person     | accept_offer           | V K | yes_counts, not last_seat | part_filled                 | offer_accepted
R17  | part_filled      | pair_deadline          | W   | one_will_do               | matched                     | change>V told
R17  | needs_person     | pair_deadline          | W   | yes_counts, one_will_do, seat_held | matched            | change>V told
R18  | part_filled      | pair_deadline          | W   | not one_will_do | needs_person/second_missing | coordinator_alert change>V
R18a | needs_person     | pair_deadline | W | yes_counts, not one_will_do, seat_held | needs_person/second_missing | coordinator_alert change>V
R18a | needs_person     | pair_deadline          | W   | not yes_counts, seat_held | same                        | coordinator_alert
R19  | asking           | offer_ended            | W   |                           | same                        | offer
R20  | asking           | asking_over            | W   |                           | needs_person/all_declined   | help | ask_to_widen
R20a | asking           | ladder_step            | W   |                           | same                        | offer
R21  | asking           | unmatched_long         | W   |                           | same                        | help | overdue ask_to_widen
R21a | asking           | time_short             | W   |                           | same                        | help | overdue ask_to_widen
R22  | asking           | widen ask_by_hand      | C   |                           | same                        | offer
R22  | needs_person     | widen ask_by_hand release | C   | not seat_held             | looking                     | offer
R22  | needs_person     | widen ask_by_hand release | C   | seat_held                 | part_filled                 | offer
R22a | asking           | widen                  | K   |                           | same                        | offer
R22a | needs_person     | widen                  | K   | yes_counts, not seat_held | looking                     | offer
R22a | needs_person     | widen                  | K   | yes_counts, seat_held     | part_filled                 | offer
R22a | needs_person     | widen                  | K   | not yes_counts            | same
R23  | seeking          | record_yes_by_phone    | C   | last_seat, not at_once    | matched                     | offer_accepted
R23  | seeking          | record_yes_by_phone    | C   | last_seat, at_once        | matched                     | offer_accepted told
R23  | looking needs_person | record_yes_by_phone    | C   | not last_seat             | part_filled                 | offer_accepted
R23  | seeking          | record_no_by_phone     | C   |                           | same
R24  | needs_person     | give_up | C K | not later_meeting | closed/unfilled | no_companion keyworker_notice cancellation>V covered
R24  | needs_person     | give_up                | C K | later_meeting | following | no_companion keyworker_notice cancellation>V covered
R25  | seeking | last_moment_passed | W | not later_meeting | closed/unfilled | no_companion keyworker_notice cancellation>V covered
R25  | seeking          | last_moment_passed     | W   | later_meeting | following | no_companion keyworker_notice cancellation>V covered
R55  | looking          | meeting_changed meeting_cancelled | C F | option_left               | same | covered keyworker_notice
R55  | looking          | meeting_changed meeting_cancelled | C F | not option_left           | needs_person/no_candidate   | covered help
R56  | draft            | submit_referral        | K   | not alateen, to_settle    | needs_person/to_settle      | coordinator_alert
R56* | awaiting_consent | give_consent           | N   | to_settle                 | needs_person/to_settle      | coordinator_alert
"""

NOTES = {
    "R1": "provider active",
    "R2": "own draft",
    "R3": "exposure answered",
    "R4": "form valid; C1 given; 1 to 3 options; 18 or over; nonce unused",
    "R4a": "nothing fits: said on the check page, and it goes to a person",
    "R5": "as R4 less C1; a safe channel",
    "R6": "module on; affected; 12 to 17; never looking",
    "R8": "link live; wording shown is the wording stored",
    "R10": "once",
    "R12": "somebody is eligible; inside asking hours",
    "R12a": "a meeting within 48 h; somebody passes every hard rule and may be rung now; one number at a time; their yes is passed on by K",
    "R13": "no ladder step is left",
    "R14": "as O4",
    "R15": "as O4",
    "R16": "as O4; same occurrence; the pair fits",
    "R16a": "a late yes to a soft-expired offer; as O4 and R16",
    "R17": "policy and newcomer allow one companion in a public place; the match is confirmed as in M4",
    "R18a": "a coordinator has it for another reason: they hear that this is due now; what must be settled first stays the reason",
    "R19": "more are eligible; wave limit not reached",
    "R20": "no ladder step is left",
    "R20a": "asking has come to its end and the next rung of the ladder brings somebody: it is widened, and waves count anew",
    "R21": "once",
    "R21a": "few asking hours are left, or a yes is less likely than not; once, and not after R21",
    "R22": "the newcomer's yes where a stated choice changes; an option lies ahead; R56 settled; a bar is a wall",
    "R22a": "the newcomer has said yes to widening more; what must be settled first stays the coordinator's",
    "R23": "as R22; the volunteer passes every hard rule; a no declines that offer",
    "R24": "reason code; the answer leaves before the meeting",
    "R25": "the seats are not full, and R17 does not apply; the answer leaves before the meeting",
    "R55": "the option is updated or removed; offers without an option left are withdrawn",
    "R56": "as R4; a name to avoid, coordinator first, or comfort in own words",
}

BEFORE = read_steps(ROWS, ReferralState, ReferralEvent, names=NAMES, reasons=REASONS, notes=NOTES)
