"""What a keyworker sees of the time after a meeting: where the episode of up to six stands, how each went, and which questions were answered."""

from typing import Any

from matcher.actions.answering_questions import answers_of_round
from matcher.config import Config
from matcher.domain.arrangement import Referral
from matcher.domain.connection import Connection
from matcher.domain.follow_up import FollowUpState, Round, participation_count
from matcher.domain.journey import ReferralState
from matcher.domain.outcome import Hand
from matcher.domain.referral import MOST_MEETINGS
from matcher.domain.wishes import EpisodeState, NewcomerConsent
from matcher.store.consents import find_consent
from matcher.store.follow_ups import list_follow_ups
from matcher.store.outcomes import list_outcomes

AFTER = (ReferralState.AWAITING_OUTCOME, ReferralState.FOLLOWING)


async def afterwards_of(c: Connection, config: Config, referral: Referral, *, been: bool = True) -> dict[str, Any]:
    """Empty before the first meeting is over. What the newcomer answered themself is shown only where they agreed to it (C5); else that they did.

    `been`: False where it is known that nobody has said of any meeting how it went.
    """
    nothing_yet = referral.meeting_number == 1 and referral.state not in AFTER
    if nothing_yet and not been:
        return {}
    outcomes = await list_outcomes(c, referral.id, key=referral.key)
    if nothing_yet and not outcomes:
        return {}
    rounds = await list_follow_ups(c, referral.id)
    tells = await find_consent(c, referral.newcomer_id, NewcomerConsent.TELL_KEYWORKER.value)
    return {
        "met": referral.met_count,
        "most": MOST_MEETINGS,
        "number": referral.meeting_number,
        "episode": referral.episode,
        "reason": referral.episode_reason or "",
        "one_left": referral.met_count == MOST_MEETINGS - 1 and referral.episode != EpisodeState.ENDED,
        "may_go_on": max(referral.met_count, referral.meeting_number) < MOST_MEETINGS,
        "outcomes": [
            {
                "at": one.meeting_at,
                "went": one.went.value if tells or one.recorded_by is Hand.KEYWORKER else "",
                "barrier": config.vault.open(one.barrier)["barrier"]
                if one.barrier and (tells or one.recorded_by is Hand.KEYWORKER)
                else "",
            }
            for one in outcomes
        ],
        "rounds": [_round(config, one, tells=tells) for one in rounds if one.round is not Round.AFTER],
    }


def _round(config: Config, one: Any, *, tells: bool) -> dict[str, Any]:
    shown = one.state is FollowUpState.ANSWERED and (tells or one.answered_by == Hand.KEYWORKER)
    answers = answers_of_round(config, one) if shown else {}
    return {
        "round": one.round.value,
        "state": one.state.value,
        "at": one.ended_at or one.asked_at,
        "answers": answers,
        "count": participation_count(answers),
    }
