"""The volunteers of the demo's town before they are written down: names, windows, reach, comfort, languages. All invented."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from matcher.actions.rostering import current_role_card
from matcher.demo_plan import dice, mobile, plan
from matcher.domain.availability import DAY, Away, Notice, merge_windows
from matcher.domain.fellowship import Fellowship
from matcher.domain.place import Circle, TravelMode, load_outcodes
from matcher.domain.roster import Checklist, Dbs, PersonDetails, ReachArea, RosterAnswers
from matcher.domain.volunteer import ComfortableWith, Kind, Membership, TimeBand
from matcher.domain.wishes import SaysIs, SpecialAudience

AWAY_SHARE = 0.05
"""How many are on leave just now."""
ON_CALL_SHARE = 0.3
"""How many may be rung in their hours."""
EVENING, DAYTIME, MORNING, LATE = (17 * 60, 22 * 60 + 30), (9 * 60, 17 * 60), (7 * 60, 12 * 60 + 30), (18 * 60, 24 * 60)
ANY_TIME = (8 * 60, 23 * 60)
LANGUAGES = [("en",)] * 16 + [("en", "pl"), ("en", "pl"), ("en", "ur"), ("en", "pa"), ("cy", "en"), ("en", "fa"), ()]


@dataclass(frozen=True, slots=True)
class Somebody:
    """One volunteer before they are written down."""

    details: PersonDetails
    answers: RosterAnswers
    area: str


def invent_volunteers(today: date) -> Iterator[Somebody]:
    """Everybody on the roster, in the order of their roster numbers. `today` only dates their checks and leave."""
    thrown, rings = dice("volunteers"), dice("on call")
    wanted = [Fellowship(code) for code, number in plan()["volunteers"].items() for _ in range(number)]
    wanted.remove(Fellowship.AA)
    wanted.remove(Fellowship.NA)
    thrown.shuffle(wanted)
    taken: set[str] = set()
    for number, fellowship in enumerate([Fellowship.AA, Fellowship.NA, *wanted]):
        somebody = _invent(thrown, number, fellowship, today)
        if number in (0, 1):
            somebody = _known(somebody, "Tom" if number == 0 else "Wendy")
        while somebody.details.email in taken:
            email = somebody.details.email.replace("@", f"{number}@")
            somebody = replace(somebody, details=replace(somebody.details, email=email))
        taken.add(somebody.details.email)
        yield _on_call(rings, somebody, number)


def _known(somebody: Somebody, name: str) -> Somebody:
    """Tom and Wendy, whom every visitor should meet: active, in the middle of town, free every evening."""
    says = SaysIs.MAN if name == "Tom" else SaysIs.WOMAN
    details = replace(
        somebody.details, display_name=name, private_name=f"{name} Alderton", email=f"{name.lower()}@members.example", own_words=""
    )
    answers = replace(
        somebody.answers,
        says_is=says,
        comfortable_with=ComfortableWith.ANYONE,
        languages=frozenset({"en"}),
        time_band=TimeBand.FIVE_OR_MORE,
        pair_only=False,
        notice=Notice.TWO_HOURS,
        windows=merge_windows((day * DAY + 17 * 60, day * DAY + 23 * 60) for day in range(7)),
        away=(),
        reach=(reach_from("HU1", 12.0),),
        audiences=frozenset(),
    )
    return Somebody(details, answers, "Saltmere")


def _on_call(rings: Random, somebody: Somebody, number: int) -> Somebody:
    """Some may be rung every day from eight to ten in the evening: most at a number of their own, a few through their coordinators."""
    may_be, through = rings.random() < ON_CALL_SHARE, rings.random() < 0.25
    if not may_be:
        return somebody
    hours = merge_windows((day * DAY + ANY_TIME[0], day * DAY + 22 * 60) for day in range(7))
    details = replace(somebody.details, ring_number="" if through else mobile(number * 3 + 8))
    return replace(somebody, details=details, answers=replace(somebody.answers, on_call=hours))


def _invent(thrown: Random, number: int, fellowship: Fellowship, today: date) -> Somebody:
    woman = thrown.random() < 0.5
    first = thrown.choice(plan()["women" if woman else "men"][1:])  # there is one Wendy and one Tom
    last = thrown.choice(plan()["surnames"])
    area = plan()["areas"][0 if thrown.random() < 0.8 else 1]
    details = PersonDetails(
        display_name=first if thrown.random() < 0.7 else f"{first} {last[0]}",
        private_name=f"{first} {last}",
        email=f"{first}.{last}@members.example".lower(),
        telephone=mobile(number * 3 + 7) if thrown.random() < 0.85 else "",
        recognise_me=thrown.choice(plan()["recognise"]) if thrown.random() < 0.8 else "",
        met_by=thrown.choice(["Carol", "Devinder", "Ruth"]),
        referee=f"{thrown.choice(plan()['women'])}, same group",
    )
    return Somebody(details, _answers(thrown, fellowship, today, woman=woman, home=thrown.choice(area["outcodes"])), area["name"])


def _answers(thrown: Random, fellowship: Fellowship, today: date, *, woman: bool, home: str) -> RosterAnswers:
    says = SaysIs.WOMAN if woman else SaysIs.MAN
    unsaid = thrown.random()
    comfortable = thrown.choices([*ComfortableWith], weights=[3, 1, 5] if woman else [1, 3, 6])[0]
    time_band = thrown.choices([TimeBand.ONE_TO_TWO, TimeBand.TWO_TO_FIVE, TimeBand.FIVE_OR_MORE], weights=[2, 4, 4])[0]
    audiences = {SpecialAudience.WOMEN} if woman and thrown.random() < 0.6 else set()
    audiences |= {SpecialAudience.LGBTQ} if thrown.random() < 0.1 else set()
    away_from = today - timedelta(days=thrown.randrange(6))
    seen = today - timedelta(days=thrown.randrange(60, 200))
    return RosterAnswers(
        time_band=time_band,
        smart_trained=fellowship is Fellowship.SMART,
        memberships=_memberships(thrown, fellowship),
        reach=(reach_from(home, thrown.choice([4.0, 6.0, 8.0, 10.0, 12.0, 16.0])),),
        travel_mode=thrown.choices([TravelMode.BUS_TRAIN, TravelMode.CAR, TravelMode.BICYCLE, TravelMode.FOOT], weights=[4, 5, 1, 1])[0],
        further_if_needed=thrown.random() < 0.3,
        windows=_windows(thrown),
        away=(Away(away_from, away_from + timedelta(days=10)),) if thrown.random() < AWAY_SHARE else (),
        notice=thrown.choices([*Notice], weights=[4, 4, 3, 1])[0],
        letters_per_week=thrown.choice([2, 2, 2, 3, 3]),
        going_cap=thrown.choice([1, 2, 2, 2, 3, 4]),
        comfortable_with=comfortable,
        says_is=says if unsaid < 0.92 else SaysIs.RATHER_NOT_SAY if unsaid < 0.97 else None,
        pair_only=thrown.random() < 0.06,
        audiences=frozenset(audiences),
        languages=frozenset(thrown.choice(LANGUAGES)),
        share_number=thrown.random() < 0.4,
        discreet=thrown.random() < 0.85,
        checklist=Checklist(met_on=seen, referee_on=seen, training_on=seen + timedelta(days=7), dbs=Dbs.NOT_REQUIRED),
        role_card_version=current_role_card(),
        role_card_on=seen + timedelta(days=8),
    )


def _memberships(thrown: Random, fellowship: Fellowship) -> frozenset[Membership]:
    """One fellowship for most, a second one for some."""
    kind = Kind.FACILITATOR if fellowship is Fellowship.SMART else Kind.MEMBER
    second = {Fellowship.AA: Fellowship.CA, Fellowship.NA: Fellowship.AA, Fellowship.ALANON: Fellowship.FA}.get(fellowship)
    also = {Membership(second)} if second and thrown.random() < 0.1 else set()
    return frozenset({Membership(fellowship, kind), *also})


def _windows(thrown: Random) -> tuple[tuple[int, int], ...]:
    """When somebody usually can: after work, in the day, at weekends, or as the shifts fall."""
    habit = thrown.choices(["evenings", "daytime", "weekend", "shifts", "any"], weights=[8, 4, 3, 3, 2])[0]
    days = thrown.sample(range(5), thrown.choice([2, 3, 3, 4, 5]))
    spans = {
        "evenings": [(day, EVENING) for day in days] + [(day, ANY_TIME) for day in (5, 6) if thrown.random() < 0.4],
        "daytime": [(day, DAYTIME) for day in days] + [(6, MORNING)],
        "weekend": [(5, ANY_TIME), (6, ANY_TIME), (thrown.randrange(5), EVENING)],
        "shifts": [(day, thrown.choice([DAYTIME, EVENING, LATE, MORNING])) for day in range(7) if thrown.random() < 0.7],
        "any": [(day, ANY_TIME) for day in range(7)],
    }[habit]
    return merge_windows((day * DAY + start, day * DAY + end) for day, (start, end) in spans) or merge_windows(
        [(2 * DAY + 1020, 2 * DAY + 1350)]
    )


def reach_from(outcode: str, radius_km: float) -> ReachArea:
    """Everywhere within so many kilometres of a district's centre."""
    centre = load_outcodes()[outcode].point
    if centre is None:
        raise ValueError(f"{outcode} has no centre")
    return ReachArea(outcode, Circle(centre, radius_km))
