"""A volunteer, a newcomer's needs and an option that pass every hard rule together, and people to ask: change one thing and see what it does."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from matcher.domain.availability import PartOfDay, weekly_window
from matcher.domain.fellowship import Fellowship, WhoFor
from matcher.domain.journey_word import OfferState, ReferralState, VolunteerState
from matcher.domain.meeting import Audience
from matcher.domain.occurrence import local_instant
from matcher.domain.option import Option
from matcher.domain.place import Circle, Place, Point, Precision, TravelMode
from matcher.domain.referral import ReferralId, ReferralNeeds
from matcher.domain.volunteer import ComfortableWith, Kind, Membership, Notice, Standing, TimeBand, Volunteer, VolunteerConsent, VolunteerId
from matcher.domain.wishes import Age, Comfort, EpisodeState, SaysIs, TravelHow
from matcher.matching.asking_view import AskingView, Candidate, Offer
from matcher.matching.question import Question

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 5, 11, 9, 0, tzinfo=UTC)
"""A Monday, 10:00 in London."""
THURSDAY = date(2026, 5, 14)
CENTRE = Point(50.72, -1.88)
NEAR = Point(50.73, -1.90)
FAR = Point(51.20, -1.88)
AREA = UUID(int=7)
MEETING = UUID(int=100)


def person_id(number: int) -> VolunteerId:
    """The id of the volunteer with this roster number."""
    return VolunteerId(UUID(int=number))


def evenings() -> tuple[tuple[int, int], ...]:
    """Free each day from 17:00 to 22:00."""
    return tuple(span for day in range(7) for span in weekly_window(day, time(17), time(22)))


def a_volunteer(number: int = 1, **changes: Any) -> Volunteer:
    """Tom, of AA, who is free in the evenings and goes up to 10 km."""
    facts: dict[str, Any] = {
        "id": person_id(number),
        "number": number,
        "state": VolunteerState.ACTIVE,
        "area_id": AREA,
        "memberships": frozenset({Membership(Fellowship.AA, Kind.MEMBER)}),
        "adult": True,
        "time_band": TimeBand.TWO_TO_FIVE,
        "smart_trained": False,
        "address_ok": True,
        "consents": frozenset({VolunteerConsent.HOLD, VolunteerConsent.MAIL, VolunteerConsent.TELL_NEWCOMER}),
        "role_card_ok": True,
        "checklist_ok": True,
        "reach": (Circle(CENTRE, 10.0),),
        "travel_how": TravelMode.CAR,
        "windows": evenings(),
        "notice": Notice.SAME_DAY,
        "cap": 2,
        "going_cap": 2,
        "comfortable_with": ComfortableWith.ANYONE,
        "says_is": SaysIs.MAN,
        "languages": frozenset({"en"}),
        "pair_only": False,
    }
    return Volunteer(**facts | changes)


def some_needs(**changes: Any) -> ReferralNeeds:
    """Noor, who wants company at an AA meeting on an evening."""
    facts: dict[str, Any] = {
        "id": ReferralId(UUID(int=500)),
        "state": ReferralState.LOOKING,
        "consent_c1": True,
        "age": Age.EIGHTEEN_OR_OVER,
        "who_for": WhoFor.OWN_USE,
        "fellowships": (Fellowship.AA, Fellowship.NA),
        "comfort": Comfort.NO_PREFERENCE,
        "newcomer_is": SaysIs.WOMAN,
        "languages": frozenset({"en"}),
        "travel_from": Place(CENTRE, Precision.OUTCODE, 1500, "BH1"),
        "travel_how": TravelHow.BUS,
        "travel_minutes_most": 60,
        "times": frozenset((day, PartOfDay.EVENING) for day in range(7)),
        "earliest_on": date(2026, 5, 12),
        "episode": EpisodeState.NOT_STARTED,
    }
    return ReferralNeeds(**facts | changes)


def an_option(on_date: date = THURSDAY, starts: time = time(19), zone: ZoneInfo = LONDON, **changes: Any) -> Option:
    """An open AA meeting in person, on Thursday at 19:00 unless said otherwise."""
    facts: dict[str, Any] = {
        "meeting_id": MEETING,
        "on_date": on_date,
        "fellowship": Fellowship.AA,
        "zone": zone,
        "starts_at": local_instant(on_date, starts, zone),
        "length_minutes": 90,
        "attendable": True,
        "last_checked_at": NOW - timedelta(days=20),
        "needs_human_check": False,
        "audience": Audience.OPEN,
        "attributes": frozenset({"open"}),
        "in_person": True,
        "venue": NEAR,
        "outcode": "BH1",
    }
    return Option(**facts | changes)


def a_question(
    volunteer: Volunteer | None = None, needs: ReferralNeeds | None = None, option: Option | None = None, **changes: Any
) -> Question:
    """May Tom go with Noor on Thursday? Yes, unless something is changed."""
    facts: dict[str, Any] = {
        "volunteer": volunteer or a_volunteer(),
        "needs": needs or some_needs(),
        "option": option or an_option(),
        "now": NOW,
        "standing": Standing(),
    }
    return Question(**facts | changes)


def a_candidate(number: int, last_asked_at: datetime | None = None) -> Candidate:
    """Somebody who may be asked."""
    return Candidate(volunteer=person_id(number), number=number, options=((MEETING, THURSDAY),), km=3.0, last_asked_at=last_asked_at)


def an_offer(number: int, shown_at: datetime = NOW, state: OfferState = OfferState.SENT, wave: int = 1) -> Offer:
    """An ask of the volunteer with this number."""
    return Offer(volunteer=person_id(number), shown_at=shown_at, state=state, wave=wave)


def a_view(**changes: Any) -> AskingView:
    """A referral of just now whose last option starts on Thursday at 19:00, with ten people to ask."""
    facts: dict[str, Any] = {
        "now": NOW,
        "referral": ReferralId(UUID(int=500)),
        "submitted_at": NOW,
        "asking_since": min(NOW, changes.get("now", NOW)),
        "deadline": datetime(2026, 5, 14, 16, 0, tzinfo=UTC),
        "zone": LONDON,
        "candidates": tuple(a_candidate(number) for number in range(1, 11)),
    }
    return AskingView(**facts | changes)
