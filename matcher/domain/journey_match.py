"""The match's state table (journeys 5.3; on screen: your meeting together). No row lets a volunteer say whether the newcomer came."""

from matcher.domain.errors import Changed, Refusal
from matcher.domain.journey_reader import read_steps
from matcher.domain.journey_referral import UndoOver
from matcher.domain.journey_table import Table
from matcher.domain.journey_word import MatchEvent, MatchReason, MatchState

LIVE_MATCHES = (MatchState.PLANNED, MatchState.CONFIRMED)
"""A seat is held in these: the partial unique index of journeys 4."""


class PlanCancelled(Changed):
    """This plan is already off. There is nothing you need to do."""


# Facts: in_time: the undo window is open; agree_first: the newcomer wished to say OK first; keep: policy at T - 6 h; fits: the meeting
# as changed is inside the volunteer's window and the newcomer's limits.
ROWS = """
M1   | -         | accept_offer        | V K     |                 | planned                   | offer_accepted
M2   | -         | record_yes_by_phone | C       |                 | planned                   | offer_accepted
M3   | planned   | undo_acceptance     | V       | in_time         | cancelled/undone
M4   | planned   | undo_over           | W       | not agree_first | confirmed                 | volunteer_confirmation
M4a  | planned   | undo_over           | W       | agree_first     | same
M4b  | planned   | agree_plan          | N K     |                 | confirmed                 | volunteer_confirmation
M5   | planned   | answer_deadline     | W       | keep            | confirmed                 | volunteer_confirmation  | newcomer_silent
M6   | live      | want_other_person   | N K     |                 | cancelled/newcomer_choice | cancellation>V
M6*  | live      | want_other_time     | N K     |                 | cancelled/newcomer_choice | cancellation>V
M7   | live      | withdraw_companion  | V C W   |                 | cancelled/volunteer
M8   | live      | meeting_changed     | C F     | fits            | same                      | change>V
M9   | live      | meeting_changed     | C F     | not fits        | cancelled/meeting         | cancellation>V
M9   | live      | meeting_cancelled   | C F     |                 | cancelled/meeting         | cancellation>V
M10  | confirmed | confirm_day         | V       |                 | same
M11  | confirmed | day_unconfirmed     | W       |                 | same                      | offer coordinator_alert
M12  | confirmed | stand_by_accepts    | V       |                 | cancelled/unconfirmed     | cancellation>V change>N
M13* | confirmed | running_late        | V N     |                 | same                      | new_details
M14  | confirmed | record_attended     | N K     |                 | met
M15  | confirmed | record_not_attended | N K     |                 | missed
M16  | confirmed | outcome_silent      | W       |                 | same
M17  | live      | call_off            | W K N C |                 | cancelled/called_off      | cancellation>V
"""

NOTES = {
    "M1": "as O4",
    "M2": "as R23; or the screen says that no letter goes",
    "M4": "the undo window of the last seat is over; also with R17",
    "M4a": "waits for the newcomer's OK",
    "M4b": "agree first was wished",
    "M5": "marked not answered; T - 6 h, or the end of the undo window if later",
    "M7": "before T; no reason asked; with R33, R34",
    "M8": "revision + 1",
    "M10": "on the day of the meeting",
    "M11": "to the stand-by alone; none available: the coordinator",
    "M13": "from T - 60 min",
    "M14": "with R39",
    "M15": "with R40, R41",
    "M16": "shown as not known",
    "M17": "with R24, R25, R47, R48, R57, V9, V11",
}

WHY: dict[MatchEvent, type[Refusal]] = {MatchEvent.UNDO_ACCEPTANCE: UndoOver}
DONE: dict[MatchState, type[Refusal]] = {MatchState.CANCELLED: PlanCancelled, MatchState.CONFIRMED: UndoOver}
MATCH_TABLE = Table(
    "Match",
    MatchState,
    MatchEvent,
    read_steps(ROWS, MatchState, MatchEvent, names={"live": LIVE_MATCHES}, reasons=(MatchReason,), notes=NOTES),
    why=WHY,
    done=DONE,
)
