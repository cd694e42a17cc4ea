"""A row of volunteers as the record that matching judges: which columns it needs and how they are read. No query is run here."""

from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from typing import Any

from matcher.domain.availability import Away, Notice, WeekSpan
from matcher.domain.connection import Row
from matcher.domain.fellowship import Fellowship
from matcher.domain.journey_word import VolunteerState
from matcher.domain.place import Circle, Point, TravelMode
from matcher.domain.volunteer import ComfortableWith, Kind, Membership, TimeBand, Volunteer, VolunteerConsent, VolunteerId
from matcher.domain.wishes import SaysIs, SpecialAudience

VOLUNTEER_COLUMNS = """
    v.id, v.number, v.state, v.area_id, v.adult, v.time_band, v.smart_trained, v.email_index IS NOT NULL AND v.email_state = 'ok' AS address_ok,
    v.may_be_asked, v.role_card_version, v.checklist_complete, v.travel_mode, v.windows, v.away, v.notice, v.letters_per_week, v.going_cap,
    v.comfortable_with, v.says_is, v.languages, v.pair_only, v.audiences, v.further_if_needed, v.on_call, v.may_be_rung,
    ARRAY(SELECT m.fellowship || ':' || m.kind FROM volunteer_fellowships m WHERE m.volunteer_id = v.id AND m.ended_at IS NULL) AS memberships,
    ARRAY(SELECT DISTINCT a.latitude || ',' || a.longitude || ',' || a.radius_km FROM volunteer_reach a WHERE a.volunteer_id = v.id) AS reach
"""
"""What `volunteer_of` reads, as a SELECT list over `volunteers v`."""

OFFER_CONSENTS = frozenset({VolunteerConsent.HOLD, VolunteerConsent.MAIL, VolunteerConsent.TELL_NEWCOMER})
"""What `may_be_asked` stands for: V1, V2 and V4 in force together."""


def volunteer_of(row: Row, role_card_version: str) -> Volunteer:
    """A row with VOLUNTEER_COLUMNS as a Volunteer. `role_card_version` is the one in force: any other that was read counts as unread."""
    return Volunteer(
        id=VolunteerId(row["id"]),
        number=row["number"],
        state=VolunteerState(row["state"]),
        area_id=row["area_id"],
        memberships=frozenset(map(membership_of, row["memberships"])),
        adult=row["adult"],
        time_band=TimeBand(row["time_band"]),
        smart_trained=row["smart_trained"],
        address_ok=row["address_ok"],
        consents=OFFER_CONSENTS if row["may_be_asked"] else frozenset(),
        role_card_ok=row["role_card_version"] == role_card_version,
        checklist_ok=row["checklist_complete"],
        reach=tuple(map(circle_of, row["reach"])),
        travel_how=TravelMode(row["travel_mode"]),
        windows=windows_of(row["windows"]),
        away=away_of(row["away"]),
        notice=Notice(row["notice"]),
        cap=row["letters_per_week"],
        going_cap=row["going_cap"],
        comfortable_with=ComfortableWith(row["comfortable_with"]) if row["comfortable_with"] else None,
        says_is=SaysIs(row["says_is"]) if row["says_is"] else None,
        languages=frozenset(row["languages"]),
        pair_only=row["pair_only"],
        said_audiences=frozenset(map(SpecialAudience, row["audiences"])),
        further_if_needed=row["further_if_needed"],
        on_call=windows_of(row["on_call"]),
        may_be_rung=row["may_be_rung"],
    )


@cache
def membership_of(text: str) -> Membership:
    """ "aa:member" as a membership; there are 27 of them, made once."""
    fellowship, _, kind = text.partition(":")
    return Membership(Fellowship(fellowship), Kind(kind))


def circle_of(text: str) -> Circle:
    """ "52.47,-1.89,10" as a circle: latitude, longitude, kilometres."""
    latitude, longitude, radius = map(float, text.split(","))
    return Circle(Point(latitude, longitude), radius)


def windows_of(ranges: Iterable[Any]) -> tuple[WeekSpan, ...]:
    """An int4multirange as week spans; PostgreSQL keeps it merged and in order."""
    return tuple((span.lower, span.upper) for span in ranges)


def away_of(ranges: Iterable[Any]) -> tuple[Away, ...]:
    """A datemultirange as days away, both ends included; one without an upper end runs until it is cleared."""
    return tuple(Away(span.lower, span.upper - timedelta(days=1) if span.upper else None) for span in ranges)
