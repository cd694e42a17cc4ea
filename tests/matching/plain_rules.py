"""The hard rules once more, as plainly as the table of the design says them and sharing no code with the product's: a judge of made-up matches.

Only what is no rule is taken from the product: points, kilometres, minutes on the way, which readings a clock shows.
"""

import math
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from matcher.domain.place import Point, TravelMode, km_between, travel_minutes
from matcher.matching.question import Question

OWN = {"aa", "ca", "daa", "ma", "na", "smart"}
ROUTES = {"own_use": OWN, "affected": {"alanon", "fa"}, "not_sure": OWN | {"alanon", "fa"}}
SAME = {"woman": "woman", "man": "man", "women": "woman", "men": "man"}
ATTRIBUTE = {"step_free": "wheelchair", "hearing_loop": "hearing_loop", "bsl": "sign_language"}
LGBTQ = {"lgbtq", "gay", "lesbian", "bisexual", "transgender", "non_binary"}
YEARS = {"under_1": 0, "1_to_2": 1, "2_to_5": 2, "5_or_more": 5}
NOTICE_DAYS = {"two_hours": 0, "same_day": 0, "one_day": 1, "two_days": 2}
HALF_HOUR = 1800


def broken(q: Question) -> set[int]:
    """The numbers of the rules that stand in the way of this match, when the machine asks."""
    kept = {**_of_the_newcomer(q), **_of_the_two(q), **_of_the_meeting(q), **_of_the_volunteer(q)}
    assert sorted(kept) == list(range(1, 22))
    return {number for number, holds in kept.items() if not holds}


def ends_at(q: Question) -> datetime:
    """When the meeting is over; an hour where nobody knows."""
    return q.option.starts_at + timedelta(minutes=q.option.length_minutes or 60)


def meets_at(q: Question) -> datetime:
    """When the two meet: a quarter of an hour before it starts, or when it starts online."""
    return q.option.starts_at - timedelta(minutes=15 if q.option.in_person else 0)


def minutes_away(q: Question) -> int:
    """How long the volunteer is on the way, each way: an hour where it is not known."""
    if not q.option.in_person:
        return 0
    venue, how = q.option.venue, q.volunteer.travel_how
    kms = [km for km in _kms_within(q) if km is not None]
    return travel_minutes(min(kms), how) if kms and venue and how else 60


def _kms_within(q: Question) -> list[float | None]:
    """For each of their areas how far its edge-most end of the way is, or None where it does not hold both places."""
    points = [q.option.venue, q.option.meet_up or q.option.venue]
    found: list[float | None] = []
    for area in q.volunteer.reach:
        kms = [km_between(area.centre, point) if isinstance(point, Point) else 1e9 for point in points]
        found.append(max(kms) if max(kms) <= area.radius_km else None)
    return found


def half_hours_away(q: Question) -> set[int]:
    """The half hours since 1970 that any minute out of the house falls into."""
    away = timedelta(minutes=minutes_away(q))
    first, last = (meets_at(q) - away).timestamp(), (ends_at(q) + away).timestamp()
    return set(range(math.floor(first / HALF_HOUR), math.ceil(last / HALF_HOUR)))


def block(on: date) -> int:
    """Four weeks, counted from a Monday."""
    return (on.toordinal() - date(1970, 1, 5).toordinal()) // 28


@cache
def _minutes_needed(first_at: datetime, last_at: datetime, zone: ZoneInfo) -> frozenset[int]:
    """Every minute of the week that the clock on the wall shows, or passes over, in this time."""
    length = (last_at - first_at) // timedelta(minutes=1)
    shown = [(first_at + timedelta(minutes=n)).astimezone(zone).replace(tzinfo=None) for n in range(length)]
    passed = (min(shown) + timedelta(minutes=n) for n in range((max(shown) - min(shown)) // timedelta(minutes=1) + 1))
    return frozenset(at.weekday() * 1440 + at.hour * 60 + at.minute for at in passed)


@cache
def _minutes_free(windows: tuple[tuple[int, int], ...]) -> frozenset[int]:
    return frozenset(minute for start, end in windows for minute in range(start, end))


def _of_the_newcomer(q: Question) -> dict[int, bool]:
    n, o = q.needs, q.option
    asked = [fellowship.value for fellowship in n.fellowships[: n.fellowships_open]]
    stated = [ATTRIBUTE[need] in o.attributes for need in n.needs if need in ATTRIBUTE and (o.in_person or need == "bsl")]
    return {
        1: n.state.value in ("looking", "part_filled") and n.consent_c1 and not n.on_hold,
        2: n.age is not None and n.age.value == "18_or_over",
        3: n.who_for is not None and o.fellowship.value in asked and o.fellowship.value in ROUTES[n.who_for.value],
        7: _can_come(q),
        8: o.access_rung or all(stated),
        21: n.episode.value in ("not_started", "going") and n.met_count < 6 and n.meeting_number in range(1, 7),
    }


def _can_come(q: Question) -> bool:
    n, o, local = q.needs, q.option, q.option.starts_at.astimezone(q.option.zone)
    over = ends_at(q).astimezone(o.zone)
    careful = (
        ("two_people" not in n.care or n.companions == 2)
        and ("coordinator_first" not in n.care or n.released)
        and ("daytime_only" not in n.care or (over.date() == o.on_date and over.time() <= q.policy.daytime_ends))
    )
    if not careful or o.meeting_id in n.avoid_meetings or (n.not_before and o.on_date < n.not_before):
        return False
    if o.picked_by_hand:
        return True
    hour = local.hour
    part = "morning" if 6 <= hour < 12 else "afternoon" if 12 <= hour < 17 else "evening" if 17 <= hour < 23 else None
    if (local.weekday(), part) not in {(day, ticked.value) for day, ticked in n.times} or (n.earliest_on and o.on_date < n.earliest_on):
        return False
    if not o.in_person:
        return True
    if n.travel_from.point is None or o.venue is None:
        return False
    how = {"walk": "foot", "own": "car"}.get(n.travel_how.value if n.travel_how else "bus", "bus_train")
    if how == "car" and "public_transport_only" in n.care:
        how = "bus_train"
    return travel_minutes(km_between(n.travel_from.point, o.venue), TravelMode(how)) <= n.travel_minutes_most


def _of_the_two(q: Question) -> dict[int, bool]:
    n, v, s, o, held = q.needs, q.volunteer, q.standing, q.option, q.needs.held
    wish = n.settled_comfort if n.comfort == "own_words" and n.settled_comfort else n.comfort
    first_will_do = held is not None and held.meets_comfort and n.companions == 2 and not n.both_meet_wish
    always_two = q.policy.pair is None or q.policy.pair == "always" or (q.policy.pair == "first_time" and n.meeting_number == 1)
    alone = n.companions == 1 and not always_two and v.pair_only is False
    barred = (
        s.barred_from_newcomer
        or s.barred_from_provider
        or s.same_person
        or o.meeting_id in n.barred_meetings
        or (o.in_person and bool(s.barred_outcodes) and (o.outcode is None or o.outcode in s.barred_outcodes))
        or (held is not None and held.volunteer_id in s.barred_pair_partners)
    )
    asked = n.meeting_number in s.asked_for_meeting_numbers and not s.banked_yes
    other_day = s.said_another_day and bool(s.shown) and all(on != o.on_date for _, on in s.shown)
    return {
        9: (first_will_do or _is_as_wished(wish, v.says_is)) and _is_as_wished(v.comfortable_with, n.newcomer_is),
        10: bool(n.languages) and (n.languages == {"en"} or n.interpreter_arranged or bool(n.languages & v.languages)),
        18: not barred and not n.unresolved_avoid_people,
        19: (n.companions == 2 or alone) and (held is None or (held.option == (o.meeting_id, o.on_date) and held.volunteer_id != v.id)),
        20: not s.said_no and (not asked or other_day),
    }


def _is_as_wished(wish: str | None, says_is: str | None) -> bool:
    return wish in ("no_preference", "anyone") or (wish in SAME and says_is == SAME[wish])


def _of_the_meeting(q: Question) -> dict[int, bool]:
    v, o, n = q.volunteer, q.option, q.needs
    special = {mark for mark in o.attributes if mark in ("women", "men", "young_people")} | ({"lgbtq"} if LGBTQ & o.attributes else set())
    both = [
        {audience.value for audience in said} | {word for word in ("women", "men") if is_ == SAME[word]}
        for said, is_ in ((v.said_audiences, v.says_is), (n.said_audiences, n.newcomer_is))
    ]
    fresh = o.last_checked_at is not None and q.now - o.last_checked_at <= q.policy.checked_within
    kinds = {membership.kind.value for membership in v.memberships if membership.fellowship == o.fellowship}
    trained = "facilitator" in kinds and o.fellowship == "smart" and v.smart_trained is True
    return {
        4: "member" in kinds or trained or (bool(kinds) and o.audience.value == "open"),
        6: o.attendable and not o.needs_human_check and fresh and all(special <= said for said in both),
        11: any(km is not None for km in _kms_within(q)) if o.in_person else o.has_way_in,
        12: bool(v.windows) and _minutes_needed(meets_at(q), ends_at(q), o.zone) <= _minutes_free(v.windows),
    }


def _of_the_volunteer(q: Question) -> dict[int, bool]:
    v, o, s, n = q.volunteer, q.option, q.standing, q.needs
    long_enough = (
        v.smart_trained is True
        if o.fellowship == "smart"
        else v.time_band is not None and YEARS[v.time_band] >= YEARS[q.policy.least_time_band]
    )
    beside_somebody = q.policy.second_may_be_newer and n.held is not None and n.held.meets_time_band
    in_order = (
        v.adult and v.state.value == "active" and v.address_ok and v.role_card_ok and v.checklist_ok and {"v1", "v2", "v4"} <= v.consents
    )
    touched = {meets_at(q).astimezone(o.zone).date(), (ends_at(q) - timedelta(seconds=1)).astimezone(o.zone).date()}
    days = (o.starts_at.astimezone(o.zone).date() - q.now.astimezone(o.zone).date()).days
    hours_left = (o.starts_at - q.now) / timedelta(hours=1)
    soon = max(2.0, q.policy.lead / timedelta(hours=1))
    elsewhere = any(start < ends_at(q) and meets_at(q) < end for start, end in n.other_matches)
    return {
        5: in_order and (long_enough or beside_somebody),
        13: not any(away.first_on <= on and (away.last_on is None or on <= away.last_on) for away in v.away for on in touched),
        14: hours_left >= soon and days >= NOTICE_DAYS[v.notice or "one_day"],
        15: s.matches_in_block.get(block(o.on_date), 0) < (2 if v.going_cap is None else v.going_cap),
        16: s.letters_in_seven_days < (2 if v.cap is None else v.cap) and not s.has_open_letter,
        17: not elsewhere and not half_hours_away(q) & s.busy,
    }
