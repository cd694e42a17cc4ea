"""Questions made by chance, in which most things are in order and a few are not; and lives, in which whoever may go along does."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from made_up import CENTRE, FAR, NEAR, a_question, a_volunteer, an_option, person_id, some_needs
from plain_rules import block, half_hours_away

from matcher.domain.availability import Away, Notice, PartOfDay, merge_windows, weekly_window
from matcher.domain.fellowship import Fellowship, WhoFor
from matcher.domain.journey_word import ReferralState, VolunteerState
from matcher.domain.meeting import Audience
from matcher.domain.place import NOWHERE, Circle, Place, Point, Precision, TravelMode
from matcher.domain.referral import HeldSeat, PairPolicy, ReferralNeeds, RulePolicy
from matcher.domain.volunteer import ComfortableWith, Kind, Membership, Standing, TimeBand, VolunteerConsent
from matcher.domain.wishes import Age, Care, Comfort, EpisodeState, Need, SaysIs, SpecialAudience, TravelHow
from matcher.matching.question import Question, Rule
from matcher.matching.rules import failed_rules

WEEKS = (date(2026, 5, 11), date(2026, 10, 19), date(2027, 3, 22))
"""An ordinary Monday, and those before the nights in which the clocks change."""
PLACES = (CENTRE, NEAR, Point(50.76, -1.80), FAR)
ODD = 0.015
"""How often each thing is not as it should be."""
Draw = Callable[[random.Random], Any]
FREE = tuple((day * 1440 + 7 * 60, day * 1440 + 23 * 60) for day in range(7))
EVERY_PART = frozenset((day, part) for day in range(7) for part in PartOfDay)


def one_of(*values: Any) -> Draw:
    return lambda chance: chance.choice(values)


def some_of(*values: Any) -> Draw:
    return lambda chance: frozenset(value for value in values if chance.random() < 0.4)


def windows(chance: random.Random) -> Any:
    drawn = [
        weekly_window(chance.randrange(7), time(chance.randrange(24), chance.choice((0, 30))), time(chance.randrange(24), 15))
        for _ in range(9)
    ]
    return merge_windows(span for spans in drawn for span in spans)


def circles(chance: random.Random) -> Any:
    return tuple(Circle(chance.choice(PLACES), chance.uniform(1, 60)) for _ in range(chance.randrange(3)))


SAYS_IS = one_of(*SaysIs, None)
VOLUNTEER: dict[str, Draw] = {
    "state": one_of(*VolunteerState),
    "adult": one_of(False),
    "memberships": lambda chance: frozenset({Membership(chance.choice(list(Fellowship)), chance.choice(list(Kind)))}),
    "time_band": one_of(*TimeBand, None),
    "smart_trained": one_of(True, None),
    "address_ok": one_of(False),
    "consents": some_of(*VolunteerConsent),
    "role_card_ok": one_of(False),
    "checklist_ok": one_of(False),
    "reach": circles,
    "travel_how": one_of(*TravelMode, None),
    "windows": windows,
    "away": lambda chance: (Away(chance.choice(WEEKS) + timedelta(days=chance.randrange(9)), None),),
    "notice": one_of(*Notice, None),
    "cap": one_of(1, 3, None),
    "going_cap": one_of(0, 1, 3, None),
    "comfortable_with": one_of(*ComfortableWith, None),
    "says_is": SAYS_IS,
    "languages": some_of("en", "cy", "pl"),
    "pair_only": one_of(True, None),
    "said_audiences": some_of(*SpecialAudience),
}
NEEDS: dict[str, Draw] = {
    "state": one_of(*ReferralState),
    "on_hold": one_of(True),
    "consent_c1": one_of(False),
    "age": one_of(*Age, None),
    "who_for": one_of(*WhoFor, None),
    "fellowships": one_of((), (Fellowship.NA, Fellowship.AA), (Fellowship.SMART,), (Fellowship.ALANON,), (Fellowship.ALATEEN,)),
    "fellowships_open": one_of(2),
    "comfort": one_of(*Comfort, None),
    "settled_comfort": one_of(Comfort.WOMAN, Comfort.MAN, Comfort.NO_PREFERENCE),
    "newcomer_is": SAYS_IS,
    "said_audiences": some_of(*SpecialAudience),
    "languages": some_of("en", "cy", "pl"),
    "interpreter_arranged": one_of(True),
    "needs": some_of(*Need),
    "travel_from": one_of(NOWHERE, Place(FAR, Precision.OUTCODE, 1500, "SP1")),
    "travel_how": one_of(*TravelHow, None),
    "travel_minutes_most": one_of(10, 20, 30, 90),
    "times": lambda chance: frozenset(chance.sample(sorted(EVERY_PART), 11)),
    "earliest_on": lambda chance: chance.choice(WEEKS) + timedelta(days=chance.randrange(9)),
    "not_before": lambda chance: chance.choice(WEEKS) + timedelta(days=chance.randrange(9)),
    "avoid_meetings": one_of(frozenset({UUID(int=100)}), frozenset({UUID(int=101)})),
    "barred_meetings": one_of(frozenset({UUID(int=100)}), frozenset({UUID(int=101)})),
    "unresolved_avoid_people": one_of(True),
    "care": some_of(*Care),
    "released": one_of(True),
    "companions": one_of(2, 2, 2, 3),
    "both_meet_wish": one_of(False),
    "meeting_number": one_of(0, 2, 6, 7),
    "met_count": one_of(1, 5, 6),
    "episode": one_of(*EpisodeState),
}
OPTION: dict[str, Draw] = {
    "meeting_id": one_of(UUID(int=101)),
    "fellowship": one_of(*Fellowship),
    "length_minutes": one_of(None, 45, 60, 240),
    "attendable": one_of(False),
    "needs_human_check": one_of(True),
    "audience": one_of(*Audience),
    "attributes": some_of("women", "men", "gay", "young_people", "wheelchair", "hearing_loop", "sign_language"),
    "in_person": one_of(False),
    "has_way_in": one_of(True),
    "venue": one_of(*PLACES, None),
    "meet_up": one_of(*PLACES),
    "outcode": one_of("BH2", None),
    "picked_by_hand": one_of(True),
    "access_rung": one_of(True),
}
STANDING: dict[str, Draw] = {
    "letters_in_seven_days": one_of(1, 2),
    "has_open_letter": one_of(True),
    "said_no": one_of(True),
    "asked_for_meeting_numbers": one_of(frozenset({1}), frozenset({2})),
    "said_another_day": one_of(True),
    "shown": lambda chance: frozenset({(UUID(int=100), chance.choice(WEEKS) + timedelta(days=chance.randrange(9)))}),
    "banked_yes": one_of(True),
    "barred_from_newcomer": one_of(True),
    "barred_from_provider": one_of(True),
    "barred_outcodes": some_of("BH1", "BH2"),
    "barred_pair_partners": one_of(frozenset({person_id(9)}), frozenset({person_id(8)})),
    "same_person": one_of(True),
}
POLICY: dict[str, Draw] = {
    "pair": one_of(*PairPolicy, None),
    "least_time_band": one_of(*TimeBand),
    "second_may_be_newer": one_of(True),
    "checked_within": one_of(timedelta(days=10)),
    "lead": one_of(timedelta(hours=6)),
    "daytime_ends": one_of(time(21)),
}


def drawn(chance: random.Random, odd: dict[str, Draw]) -> dict[str, Any]:
    return {name: draw(chance) for name, draw in odd.items() if chance.random() < ODD}


def an_occurrence(chance: random.Random, monday: date, now: datetime) -> Any:
    on = monday + timedelta(days=chance.randrange(9))
    starts = time(chance.choice((18, 19, 20)), chance.choice((0, 30))) if chance.random() < 0.9 else time(chance.randrange(24), 15)
    checked = (
        now - timedelta(days=20) if chance.random() > ODD else chance.choice((None, now - timedelta(days=181), now - timedelta(days=180)))
    )
    return an_option(on, starts, last_checked_at=checked, **drawn(chance, OPTION))


def some_newcomer(chance: random.Random, option: Any) -> ReferralNeeds:
    needs = some_needs(**{"times": EVERY_PART, "earliest_on": None} | drawn(chance, NEEDS))
    if chance.random() < 2 * ODD:
        key = option.key if chance.random() < 0.7 else (option.meeting_id, option.on_date + timedelta(days=7))
        held = HeldSeat(
            volunteer_id=person_id(chance.choice((1, 9, 9))),
            option=key,
            meets_comfort=chance.random() < 0.7,
            meets_time_band=chance.random() < 0.7,
        )
        needs = replace(needs, companions=2, held=held)
    if chance.random() < ODD:
        begins = option.starts_at + timedelta(minutes=chance.randrange(-200, 200))
        needs = replace(needs, other_matches=((begins, begins + timedelta(minutes=75)),))
    return needs


def a_life(chance: random.Random) -> Iterator[tuple[Question, Rule]]:
    """Six questions to one volunteer, and the rules that fail. Where none does they go along, and what they have agreed to makes them busy."""
    volunteer = a_volunteer(**{"windows": FREE, "going_cap": 4} | (drawn(chance, VOLUNTEER) if chance.random() < 0.5 else {}))
    going: Counter[int] = Counter()
    busy: set[int] = set()
    monday = chance.choice(WEEKS)
    now = datetime.combine(monday, time(chance.randrange(24)), UTC) - timedelta(days=chance.choice((0, 1, 1, 2)))
    policy = RulePolicy(**drawn(chance, POLICY))
    for _ in range(6):
        option = an_occurrence(chance, monday, now)
        standing = Standing(matches_in_block=dict(going), busy=frozenset(busy), **drawn(chance, STANDING))
        question = a_question(volunteer, some_newcomer(chance, option), option, standing=standing, now=now, policy=policy)
        failed = failed_rules(question)
        yield question, failed
        if not failed:
            going[block(option.on_date)] += 1
            busy |= half_hours_away(question)
