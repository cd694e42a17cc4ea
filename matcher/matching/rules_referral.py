"""Hard rules on the newcomer's side: H1 to H3, H7, H8 and H21. None of them reads the volunteer."""

from datetime import datetime

from matcher.domain.fellowship import fellowships_for
from matcher.domain.journey_word import ReferralState
from matcher.domain.option import Option
from matcher.domain.place import TravelMode, km_between, travel_minutes
from matcher.domain.referral import MOST_MEETINGS, ReferralNeeds, RulePolicy
from matcher.domain.wishes import Age, Care, EpisodeState, Need, TravelHow
from matcher.matching.question import Question, Verdict, known, met

ASKED_IN = (ReferralState.LOOKING, ReferralState.PART_FILLED)
STATED_BY = {Need.STEP_FREE: "wheelchair", Need.HEARING_LOOP: "hearing_loop", Need.BSL: "sign_language"}
"""Needs that are facts of the meeting, and the attribute that states each. No feed states the other needs: they are told or planned."""
OF_A_PLACE = frozenset({Need.STEP_FREE, Need.HEARING_LOOP})
"""Needs that a meeting held online only cannot fail."""


def h1_looking(q: Question) -> Verdict:
    """C1 in force and the referral is looking; a coordinator may also ask for one that waits for a person."""
    open_now = q.needs.state in ASKED_IN or (q.by_hand and q.needs.state is ReferralState.NEEDS_PERSON)
    return met(q.needs.consent_c1 and open_now and not q.needs.on_hold)


def h2_adult(q: Question) -> Verdict:
    """The newcomer is 18 or over; not said counts as not adult."""
    return known(None if q.needs.age is None else q.needs.age is Age.EIGHTEEN_OR_OVER)


def h3_fellowship(q: Question) -> Verdict:
    """The meeting's fellowship fits the route and is, of the newcomer's own list, one that is being asked now."""
    if q.needs.who_for is None or not q.needs.fellowships:
        return Verdict.UNKNOWN
    asked = q.needs.fellowships[: q.needs.fellowships_open]
    return met(q.option.fellowship in asked and q.option.fellowship in fellowships_for(q.needs.who_for))


def h7_limits(q: Question) -> Verdict:
    """The newcomer's time, travel limit, meetings to avoid and care on the day. An option picked by hand satisfies time and travel.

    Before the day they leave a place of treatment they cannot come, whoever picked the day.
    """
    if q.option.meeting_id in q.needs.avoid_meetings or not _takes_care(q.needs, q.option, q.policy):
        return Verdict.FAIL
    if q.needs.not_before is not None and q.option.on_date < q.needs.not_before:
        return Verdict.FAIL
    if q.option.picked_by_hand:
        return Verdict.PASS
    if not _in_time(q.needs, q.option):
        return Verdict.FAIL
    return _near_enough(q.needs, q.option) if q.option.in_person else Verdict.PASS


def h8_access(q: Question) -> Verdict:
    """What the newcomer needs of the meeting is stated by it, or somebody rang and was told so. Not stated is not there."""
    if q.option.access_rung:
        return Verdict.PASS
    needed = {need for need in q.needs.needs if need in STATED_BY and (q.option.in_person or need not in OF_A_PLACE)}
    return met(all(STATED_BY[need] in q.option.attributes for need in needed))


def h21_episode(q: Question) -> Verdict:
    """Fewer than six met, and the arrangement neither ended nor resting."""
    going = q.needs.episode in (EpisodeState.NOT_STARTED, EpisodeState.GOING)
    return met(going and q.needs.met_count < MOST_MEETINGS and 1 <= q.needs.meeting_number <= MOST_MEETINGS)


def _in_time(needs: ReferralNeeds, option: Option) -> bool:
    """No time ticked is no time at all, never any time; no earliest date is today."""
    return option.slot in needs.times and (needs.earliest_on is None or needs.earliest_on <= option.on_date)


def _near_enough(needs: ReferralNeeds, option: Option) -> Verdict:
    """Travel from the newcomer's district by their own way; not said is by bus or train."""
    if needs.travel_from.point is None or option.venue is None:
        return Verdict.UNKNOWN
    how = (needs.travel_how or TravelHow.BUS).mode
    if Care.PUBLIC_TRANSPORT_ONLY in needs.care and how is TravelMode.CAR:
        how = TravelMode.BUS_TRAIN
    return met(travel_minutes(km_between(needs.travel_from.point, option.venue), how) <= needs.travel_minutes_most)


def _takes_care(needs: ReferralNeeds, option: Option, policy: RulePolicy) -> bool:
    """Public transport only changes the reckoning of the way; the other three decide here."""
    if Care.TWO_PEOPLE in needs.care and needs.companions != 2:
        return False
    if Care.COORDINATOR_FIRST in needs.care and not needs.released:
        return False
    return Care.DAYTIME_ONLY not in needs.care or _by_daylight(option, policy)


def _by_daylight(option: Option, policy: RulePolicy) -> bool:
    """Over by 18:00 by the meeting's own clock, on the day it began."""
    return option.ends_at.astimezone(option.zone).replace(tzinfo=None) <= datetime.combine(option.on_date, policy.daytime_ends)
