"""The volunteer's state table (journeys 5.4). Only `active` is ever asked; pausing and leaving need no reason and act at once."""

from matcher.domain.errors import Changed, Refusal, Refused
from matcher.domain.journey_reader import read_steps
from matcher.domain.journey_table import Table
from matcher.domain.journey_word import PauseReason, VolunteerEvent, VolunteerState


class ChecksMissing(Refused):
    """Not every item of the checklist is done yet."""


class RoleCardUnread(Refused):
    """The role card has changed and must be read first."""


class HasLeft(Changed):
    """This volunteer has left the roster."""


# Facts: checks_done: every item of the fellowship's checklist; role_card_read: the current version was acknowledged.
ROWS = """
V1*  | -               | apply             | V     |                             | applied         | sign_in_code
V2*  | applied         | type_code         | V     |                             | email_confirmed |  | admit_volunteer
V3*  | applied         | code_untyped      | W     |                             | erased
V4*  | email_confirmed | take_up           | C     |                             | checking
V5   | checking        | admit             | C     | checks_done, role_card_read | active          | roster_notice
V6*  | checking        | turn_down         | C V   |                             | left            | roster_notice
V7   | active          | pause             | V C W |                             | paused          | roster_notice
V7a  | paused          | pause             | V C W |                             | same
V8   | paused          | resume            | V C   | role_card_read              | active
V9*  | active paused   | suspend           | L     |                             | suspended       | roster_notice cancellation>V
V10* | suspended       | lift_suspension   | L     |                             | active          | roster_notice
V10* | suspended       | end_suspension    | L     |                             | left            | roster_notice
V11  | active paused email_confirmed checking | leave             | V C   |  | left | roster_notice cancellation>V
V12* | active          | reconfirm_due     | W     |                             | same            | reconfirm_willing
V13* | paused          | no_reply          | W     |                             | left
V14* | left            | forget_due        | W     |                             | forgotten
V15* | applied email_confirmed checking active paused suspended left | delete_my_details | V     |                             | forgotten
V16  | -               | add_by_hand       | C     |                             | checking        |  | admit_volunteer
"""

NOTES = {
    "V1": "18 or over; consent V1 explicit; rate limit",
    "V2": "6 digits, 10 min, at most 10 tries",
    "V5": "Alateen: the safeguarding lead signs",
    "V7": "no reason asked; offers are withdrawn, plans stay",
    "V7a": "again: nothing more happens",
    "V8": "C on their word",
    "V11": "C on their word; offers withdrawn; plans given back: R33, R34",
    "V15": "no open incident",
    "V16": "18 or over, and consent V1 given to the coordinator: wording, method, date",
}

WHY: dict[VolunteerEvent, type[Refusal]] = {VolunteerEvent.ADMIT: ChecksMissing, VolunteerEvent.RESUME: RoleCardUnread}
DONE: dict[VolunteerState, type[Refusal]] = {VolunteerState.LEFT: HasLeft, VolunteerState.FORGOTTEN: HasLeft}
VOLUNTEER_TABLE = Table(
    "Volunteer",
    VolunteerState,
    VolunteerEvent,
    read_steps(ROWS, VolunteerState, VolunteerEvent, names={}, reasons=(PauseReason,), notes=NOTES),
    why=WHY,
    done=DONE,
)
