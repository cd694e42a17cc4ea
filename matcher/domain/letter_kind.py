"""The names of all letters and who may receive each (journeys 9.2-9.4). Their words live in `matcher/letters/`."""

from enum import StrEnum


class Party(StrEnum):
    """Whom a letter is for."""

    VOLUNTEER = "volunteer"
    NEWCOMER = "newcomer"
    KEYWORKER = "keyworker"
    COORDINATOR = "coordinator"
    STAFF = "staff"


class LetterKind(StrEnum):
    """A letter's one name: in the outbox, in its template and in its tests."""

    OFFER = "offer"
    COVERED = "covered"
    OFFER_ACCEPTED = "offer_accepted"
    VOLUNTEER_CONFIRMATION = "volunteer_confirmation"
    NEWCOMER_CONFIRMATION = "newcomer_confirmation"
    CHANGE = "change"
    CANCELLATION = "cancellation"
    NO_COMPANION = "no_companion"
    KEYWORKER_NOTICE = "keyworker_notice"
    COORDINATOR_ALERT = "coordinator_alert"
    SIGN_IN_CODE = "sign_in_code"
    CONSENT_ASK = "consent_ask"
    REMINDER = "reminder"
    MORNING_OF = "morning_of"
    CHECK_IN = "check_in"
    FOLLOW_UP = "follow_up"
    RECONFIRM_WILLING = "reconfirm_willing"
    ROSTER_NOTICE = "roster_notice"
    THANK_YOU = "thank_you"


RECEIVERS: dict[LetterKind, frozenset[Party]] = {
    LetterKind.OFFER: frozenset({Party.VOLUNTEER}),
    LetterKind.COVERED: frozenset({Party.VOLUNTEER}),
    LetterKind.OFFER_ACCEPTED: frozenset({Party.VOLUNTEER}),
    LetterKind.VOLUNTEER_CONFIRMATION: frozenset({Party.VOLUNTEER}),
    LetterKind.NEWCOMER_CONFIRMATION: frozenset({Party.NEWCOMER}),
    LetterKind.CHANGE: frozenset({Party.VOLUNTEER, Party.NEWCOMER}),
    LetterKind.CANCELLATION: frozenset({Party.VOLUNTEER, Party.NEWCOMER}),
    LetterKind.NO_COMPANION: frozenset({Party.NEWCOMER}),
    LetterKind.KEYWORKER_NOTICE: frozenset({Party.KEYWORKER}),
    LetterKind.COORDINATOR_ALERT: frozenset({Party.COORDINATOR}),
    LetterKind.SIGN_IN_CODE: frozenset({Party.STAFF, Party.VOLUNTEER}),
    LetterKind.CONSENT_ASK: frozenset({Party.NEWCOMER}),
    LetterKind.REMINDER: frozenset({Party.VOLUNTEER, Party.NEWCOMER}),
    LetterKind.MORNING_OF: frozenset({Party.VOLUNTEER}),
    LetterKind.CHECK_IN: frozenset({Party.VOLUNTEER}),
    LetterKind.FOLLOW_UP: frozenset({Party.NEWCOMER}),
    LetterKind.RECONFIRM_WILLING: frozenset({Party.VOLUNTEER}),
    LetterKind.ROSTER_NOTICE: frozenset({Party.VOLUNTEER}),
    LetterKind.THANK_YOU: frozenset({Party.NEWCOMER}),
}
"""A letter to anybody else is a mistake in the program."""

NOT_WRITTEN_YET = frozenset(
    {
        LetterKind.CONSENT_ASK,
        LetterKind.RECONFIRM_WILLING,
        LetterKind.ROSTER_NOTICE,
    }
)
"""Letters the tables name whose templates come later: a step that owes one of these owes nothing today."""
