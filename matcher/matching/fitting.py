"""Which meetings fit a newcomer, whoever may come along: the hard rules that read no volunteer, asked of one option (journeys 8.1, page 4)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from matcher.domain.journey_word import VolunteerState
from matcher.domain.option import Option
from matcher.domain.place import PACES, TravelMode, km_between, travel_minutes
from matcher.domain.referral import SHIPPED_POLICY, ReferralNeeds, RulePolicy
from matcher.domain.volunteer import Volunteer, VolunteerId
from matcher.domain.wishes import Care, SpecialAudience, TravelHow
from matcher.matching.question import Question, Verdict
from matcher.matching.rules_meeting import SAID_BY
from matcher.matching.rules_referral import h7_limits, h8_access

NOBODY = Volunteer(
    id=VolunteerId(UUID(int=0)), number=0, state=VolunteerState.ACTIVE, area_id=UUID(int=0), memberships=frozenset(), says_is=None
)
"""Stands where a rule wants a volunteer and reads none."""


class Fit(StrEnum):
    """How an occurrence stands to a newcomer."""

    FITS = "fits"
    NOT_CHECKED = "not_checked"
    """It would fit, but nobody has checked it for too long: shown, and cannot be picked."""
    ACCESS = "access"
    """It would fit, but it does not state what the newcomer needs."""
    NO = "no"


def fit_of(needs: ReferralNeeds, option: Option, now: datetime, policy: RulePolicy = SHIPPED_POLICY) -> Fit:
    """Whether the newcomer could go there: time, way, care, meetings to avoid, for whom it is, access, and when it was last checked."""
    question = Question(volunteer=NOBODY, needs=needs, option=option, now=now, policy=policy)
    special = option.special <= _said(needs)
    if h7_limits(question) is not Verdict.PASS or not special or option.starts_at - policy.lead <= now:
        return Fit.NO
    if h8_access(question) is not Verdict.PASS:
        return Fit.ACCESS
    if option.last_checked_at is None or now - option.last_checked_at > policy.checked_within:
        return Fit.NOT_CHECKED
    return Fit.FITS


def _said(needs: ReferralNeeds) -> frozenset[SpecialAudience]:
    own = {SAID_BY[needs.newcomer_is]} if needs.newcomer_is in SAID_BY else set()
    return needs.said_audiences | own


def mode_of(needs: ReferralNeeds) -> TravelMode:
    """How the newcomer's way is reckoned; nothing said is by bus or train."""
    mode = (needs.travel_how or TravelHow.BUS).mode
    return TravelMode.BUS_TRAIN if mode is TravelMode.CAR and Care.PUBLIC_TRANSPORT_ONLY in needs.care else mode


def minutes_to(needs: ReferralNeeds, option: Option) -> int | None:
    """About how long the way there takes; None online, or where a place is not known."""
    if not option.in_person or option.venue is None or needs.travel_from.point is None:
        return None
    return travel_minutes(km_between(needs.travel_from.point, option.venue), mode_of(needs))


def farthest_km(needs: ReferralNeeds) -> float:
    """How far in a straight line the travel limit can reach, a little over: for a box around the newcomer's district."""
    pace = PACES[mode_of(needs)]
    return max(0.0, needs.travel_minutes_most - pace.start_minutes) * pace.km_per_hour / (60 * pace.detour) + 0.1
