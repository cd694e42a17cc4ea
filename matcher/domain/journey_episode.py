"""The meeting-plan episode's state table (journeys 5.5): up to six meetings together, resting, and how it ends well."""

from enum import StrEnum

from matcher.domain.journey_reader import read_steps
from matcher.domain.journey_table import Table
from matcher.domain.wishes import EpisodeState


class EpisodeReason(StrEnum):
    """Why an episode ended."""

    SIX_MET = "six_met"
    OWN_CONTACT = "own_contact"
    NEWCOMER_STOPPED = "newcomer_stopped"
    TIME_OVER = "time_over"
    REFERRAL_CLOSED = "referral_closed"


class EpisodeEvent(StrEnum):
    SUBMIT_REFERRAL = "submit_referral"
    RECORD_ATTENDED = "record_attended"
    PLAN_NEXT_MEETING = "plan_next_meeting"
    REST = "rest"
    RESUME = "resume"
    OWN_CONTACT = "own_contact"
    STOP_EPISODE = "stop_episode"
    TIME_OVER = "time_over"
    REFERRAL_CLOSED = "referral_closed"


# Facts: sixth: with this one six have been met; under_six: fewer than six have been met.
ROWS = """
E1  | -             | submit_referral   | K   |           | not_started
E2  | not_started   | record_attended   | N K |           | going
E3  | going         | plan_next_meeting | N K | under_six | same
E3a | not_started   | plan_next_meeting | N K | under_six | same
E4  | going resting | record_attended   | N K | not sixth | same
E4  | going resting | record_attended   | N K | sixth     | ended/six_met
E4a | ended         | record_attended   | N K |           | same
E5  | not_started going | rest          | N K |           | resting
E6  | resting       | resume            | N K |           | going
E7  | not_started going resting | own_contact  | N K |    | ended/own_contact
E7  | not_started going resting | stop_episode | N K |    | ended/newcomer_stopped
E8  | going resting | time_over         | W   |           | ended/time_over
E9  | not_started going resting | referral_closed | W K N C | | ended/referral_closed
"""

NOTES = {
    "E1": "one meeting, then ask: nobody is bound to six",
    "E3": "meeting number + 1; with R44",
    "E3a": "the last one is not known to have been gone to",
    "E4a": "a meeting that was planned before it ended",
    "E5": "no asks; follow-ups go on",
    "E6": "C1 in force",
    "E7": "the companions are told nothing about the newcomer",
    "E8": "90 days after the first meeting",
}

EPISODE_TABLE = Table(
    "Episode",
    EpisodeState,
    EpisodeEvent,
    read_steps(ROWS, EpisodeState, EpisodeEvent, names={}, reasons=(EpisodeReason,), notes=NOTES),
)
