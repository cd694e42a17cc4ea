"""The words of the four journeys: states, reasons and events, as they stand in the database and the audit log."""

from enum import StrEnum


class ReferralState(StrEnum):
    DRAFT = "draft"
    AWAITING_CONSENT = "awaiting_consent"
    LOOKING = "looking"
    PART_FILLED = "part_filled"
    NEEDS_PERSON = "needs_person"
    MATCHED = "matched"
    AWAITING_OUTCOME = "awaiting_outcome"
    FOLLOWING = "following"
    ON_HOLD = "on_hold"
    CLOSED = "closed"


class CloseReason(StrEnum):
    """How a referral ended."""

    COMPLETED = "completed"
    NOT_ATTENDED = "not_attended"
    UNFILLED = "unfilled"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    CONSENT_WITHDRAWN = "consent_withdrawn"


class CancelReason(StrEnum):
    """Why a referral was cancelled; chosen from a list, never told to the volunteer."""

    NEWCOMER_CHANGED_MIND = "newcomer_changed_mind"
    ARRANGED_OTHERWISE = "arranged_otherwise"
    UNWELL = "unwell"
    DISCHARGED = "discharged"
    MOVED = "moved"
    DUPLICATE = "duplicate"
    ENTERED_BY_MISTAKE = "entered_by_mistake"
    SAFETY = "safety"
    NO_CONSENT_ANSWER = "no_consent_answer"


class HoldCause(StrEnum):
    """For what a referral is held: a pause, somebody's safety, or a right to restrict what is done with their details."""

    PAUSE = "pause"
    SAFETY = "safety"
    RESTRICTION = "restriction"


class ReferralEvent(StrEnum):
    START_REFERRAL = "start_referral"
    SAVE_PAGE = "save_page"
    RECORD_NOT_INTERESTED = "record_not_interested"
    SUBMIT_REFERRAL = "submit_referral"
    SUBMIT_FOR_OWN_CONSENT = "submit_for_own_consent"
    DRAFT_UNTOUCHED = "draft_untouched"
    GIVE_CONSENT = "give_consent"
    REFUSE_CONSENT = "refuse_consent"
    CONSENT_SILENT = "consent_silent"
    WAVE_DUE = "wave_due"
    NOBODY_ELIGIBLE = "nobody_eligible"
    ACCEPT_OFFER = "accept_offer"
    PAIR_DEADLINE = "pair_deadline"
    OFFER_ENDED = "offer_ended"
    ASKING_OVER = "asking_over"
    UNMATCHED_LONG = "unmatched_long"
    LADDER_STEP = "ladder_step"
    TIME_SHORT = "time_short"
    WIDEN = "widen"
    ASK_BY_HAND = "ask_by_hand"
    RING_NOW = "ring_now"
    RELEASE = "release"
    RECORD_YES_BY_PHONE = "record_yes_by_phone"
    RECORD_NO_BY_PHONE = "record_no_by_phone"
    GIVE_UP = "give_up"
    LAST_MOMENT_PASSED = "last_moment_passed"
    UNDO_ACCEPTANCE = "undo_acceptance"
    UNDO_OVER = "undo_over"
    AGREE_PLAN = "agree_plan"
    WANT_OTHER_PERSON = "want_other_person"
    WANT_OTHER_TIME = "want_other_time"
    ANSWER_DEADLINE = "answer_deadline"
    WITHDRAW_COMPANION = "withdraw_companion"
    REMINDER_DUE = "reminder_due"
    MORNING_DUE = "morning_due"
    MEETING_CHANGED = "meeting_changed"
    MEETING_CANCELLED = "meeting_cancelled"
    MEETING_ENDED = "meeting_ended"
    RECORD_ATTENDED = "record_attended"
    RECORD_NOT_ATTENDED = "record_not_attended"
    CHASE_DUE = "chase_due"
    OUTCOME_SILENT = "outcome_silent"
    PLAN_NEXT_MEETING = "plan_next_meeting"
    FOLLOW_UP_DUE = "follow_up_due"
    SERIES_OVER = "series_over"
    WITHDRAW_CONSENT = "withdraw_consent"
    CANCEL_REFERRAL = "cancel_referral"
    HOLD_REFERRAL = "hold_referral"
    RELEASE_HOLD = "release_hold"
    END_HOLD = "end_hold"
    HAND_OVER = "hand_over"
    DISCHARGE = "discharge"
    RETENTION_DUE = "retention_due"
    AMEND_REFERRAL = "amend_referral"
    SEND_AGAIN = "send_again"


class OfferState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    NOT_NOW = "not_now"
    EXPIRED = "expired"
    COVERED = "covered"
    WITHDRAWN = "withdrawn"
    UNDELIVERABLE = "undeliverable"


class OfferReason(StrEnum):
    """Why an offer is in its state, where the state alone does not say it."""

    PLACE_TAKEN = "place_taken"
    NO_LONGER_NEEDED = "no_longer_needed"
    VOLUNTEER_STOPPED = "volunteer_stopped"
    UNDONE = "undone"
    BY_PHONE = "by_phone"
    BANKED = "banked"


class OfferEvent(StrEnum):
    QUEUE_OFFER = "queue_offer"
    HANDED_OVER = "handed_over"
    RING_NOW = "ring_now"
    ACCEPT_OFFER = "accept_offer"
    DECLINE_OFFER = "decline_offer"
    NOT_NOW = "not_now"
    STOP_ASKING = "stop_asking"
    REPLY_BY_PASSED = "reply_by_passed"
    NOT_ANSWERED = "not_answered"
    PLACE_TAKEN = "place_taken"
    WINNER_UNDID = "winner_undid"
    PLACE_REOPENED = "place_reopened"
    BOUNCED = "bounced"
    NO_LONGER_NEEDED = "no_longer_needed"
    VOLUNTEER_STOPPED = "volunteer_stopped"
    UNDO_ACCEPTANCE = "undo_acceptance"
    RECORD_YES_BY_PHONE = "record_yes_by_phone"
    RECORD_NO_BY_PHONE = "record_no_by_phone"


class MatchState(StrEnum):
    PLANNED = "planned"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    MET = "met"
    MISSED = "missed"


class MatchReason(StrEnum):
    """Why a match was cancelled or missed."""

    UNDONE = "undone"
    NEWCOMER_CHOICE = "newcomer_choice"
    VOLUNTEER = "volunteer"
    MEETING = "meeting"
    UNCONFIRMED = "unconfirmed"
    CALLED_OFF = "called_off"


class MatchEvent(StrEnum):
    ACCEPT_OFFER = "accept_offer"
    RECORD_YES_BY_PHONE = "record_yes_by_phone"
    UNDO_ACCEPTANCE = "undo_acceptance"
    UNDO_OVER = "undo_over"
    AGREE_PLAN = "agree_plan"
    ANSWER_DEADLINE = "answer_deadline"
    WANT_OTHER_PERSON = "want_other_person"
    WANT_OTHER_TIME = "want_other_time"
    WITHDRAW_COMPANION = "withdraw_companion"
    MEETING_CHANGED = "meeting_changed"
    MEETING_CANCELLED = "meeting_cancelled"
    CONFIRM_DAY = "confirm_day"
    DAY_UNCONFIRMED = "day_unconfirmed"
    STAND_BY_ACCEPTS = "stand_by_accepts"
    RUNNING_LATE = "running_late"
    RECORD_ATTENDED = "record_attended"
    RECORD_NOT_ATTENDED = "record_not_attended"
    OUTCOME_SILENT = "outcome_silent"
    CALL_OFF = "call_off"


class VolunteerState(StrEnum):
    APPLIED = "applied"
    EMAIL_CONFIRMED = "email_confirmed"
    CHECKING = "checking"
    ACTIVE = "active"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    LEFT = "left"
    FORGOTTEN = "forgotten"


class PauseReason(StrEnum):
    """Why a volunteer is paused. Nobody is ever asked for a reason: this says who or what paused them."""

    OWN_WISH = "own_wish"
    COORDINATOR = "coordinator"
    UNDELIVERABLE = "undeliverable"
    NO_REPLY = "no_reply"


class VolunteerEvent(StrEnum):
    APPLY = "apply"
    TYPE_CODE = "type_code"
    CODE_UNTYPED = "code_untyped"
    TAKE_UP = "take_up"
    ADMIT = "admit"
    TURN_DOWN = "turn_down"
    PAUSE = "pause"
    RESUME = "resume"
    SUSPEND = "suspend"
    LIFT_SUSPENSION = "lift_suspension"
    END_SUSPENSION = "end_suspension"
    LEAVE = "leave"
    RECONFIRM_DUE = "reconfirm_due"
    NO_REPLY = "no_reply"
    FORGET_DUE = "forget_due"
    DELETE_MY_DETAILS = "delete_my_details"
    ADD_BY_HAND = "add_by_hand"
