"""The stories of the demo town's last month: who was referred when, and how it went. Playing them through the real actions: demo_history.py."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import cycle
from random import Random
from typing import Any

from matcher.demo_plan import LONDON, dice, plan

WORKDAYS_BACK = 21
ALL_TIMES = tuple(f"{day}-{part}" for day in range(7) for part in ("morning", "afternoon", "evening"))


NOOR = {
    "name_used": "Noor",
    "email": "noor@letters.example",
    "email_safe": True,
    "channels": "email",
    "consent_contact": True,
    "comfort": "woman",
    "newcomer_is": "woman",
}

BY_EMAIL = {"channels": "email", "email": "robin@letters.example", "email_safe": True, "consent_contact": True}


class Say(StrEnum):
    """What somebody answers to an invitation. Silence needs no entry."""

    YES = "yes"
    NO = "no"
    ANOTHER_DAY = "another_day"


class Then(StrEnum):
    """What happens later in a story."""

    UNDO = "undo"
    LEAVE = "leave"
    CANCEL = "cancel"
    RELEASE = "release"
    GIVE_UP = "give_up"
    PHONE = "phone"
    WITHDRAW_CONSENT = "withdraw_consent"


@dataclass(frozen=True, slots=True)
class Plot:
    """How a referral goes: who asked in which turn answers what after how many hours, and one thing that happens later.

    `then_after` counts hours: for UNDO and LEAVE from the yes, for the others from the referral.
    """

    turns: dict[int, tuple[Say, float]] = field(default_factory=dict)
    then: Then | None = None
    then_after: float = 0
    answers: dict[str, Any] = field(default_factory=dict)
    bounces: str = ""
    """Whose first letter comes back: `newcomer` or `volunteer`."""


QUICK = Plot({0: (Say.NO, 0.6), 1: (Say.YES, 1.4)})
FIRST = Plot({0: (Say.YES, 0.4)})
SECOND_WAVE = Plot({0: (Say.NO, 2.0), 2: (Say.ANOTHER_DAY, 3.0), 4: (Say.YES, 0.9)})
SLOW = Plot({1: (Say.NO, 5), 5: (Say.YES, 6)})
PAIR = Plot(
    {0: (Say.YES, 0.5), 1: (Say.YES, 2.2), 2: (Say.YES, 2.6), 3: (Say.YES, 1.9), 4: (Say.YES, 1.2)},
    answers={"companions": 2, "may_widen": ["one_companion"]},
)
NOBODY = Plot({0: (Say.NO, 1), 1: (Say.NO, 3), 3: (Say.NO, 2)})
GIVEN_UP = Plot({0: (Say.NO, 1), 1: (Say.NO, 2)}, Then.GIVE_UP, 30)
UNDONE = Plot({0: (Say.YES, 0.3), 1: (Say.NO, 2), 3: (Say.YES, 2), 4: (Say.YES, 3)}, Then.UNDO, 0.15)
DROPPED = Plot({0: (Say.YES, 1), 3: (Say.YES, 1), 4: (Say.YES, 2)}, Then.LEAVE, 5)
SETTLED = Plot(
    {0: (Say.YES, 1)}, Then.RELEASE, 1.5, answers={"comfort": "own_words", "comfort_words": "Somebody about my own age, please."}
)
AVOIDS = Plot({1: (Say.YES, 1)}, Then.RELEASE, 2, answers={"avoid_people": [{"name": "Kel", "how_known": "used to live together"}]})
PHONED = Plot({0: (Say.NO, 2)}, Then.PHONE, 20)
CANCELLED = Plot({0: (Say.YES, 1)}, Then.CANCEL, 6)
WITHDRAWN = Plot({}, Then.WITHDRAW_CONSENT, 3)
BOUNCED = Plot({1: (Say.YES, 2), 2: (Say.YES, 3), 3: (Say.YES, 3)}, bounces="volunteer")
PRINTED = Plot({0: (Say.YES, 1)}, answers={"channels": "keyworker", "email": "", "email_safe": False})
NOT_INTERESTED = Plot({}, answers={"exposure": "not_interested"})
PAST = tuple(
    plot
    for line in (
        (QUICK, FIRST, SECOND_WAVE, PRINTED, NOBODY, PAIR, QUICK, SETTLED),
        (SLOW, NOT_INTERESTED, UNDONE, FIRST, PHONED, CANCELLED, QUICK, BOUNCED),
        (DROPPED, FIRST, GIVEN_UP, SECOND_WAVE, AVOIDS, PRINTED, WITHDRAWN, QUICK),
    )
    for plot in line
)


UNHURRIED = (NOBODY, PAIR, SLOW, SECOND_WAVE, BOUNCED)
"""Plots that need a few days: their newcomers do not look for tonight."""


@dataclass(frozen=True, slots=True)
class Story:
    """One referral of the month: when and by whom it was sent, for which fellowship, and how it goes."""

    at: datetime
    keyworker: str
    plot: Plot
    answers: dict[str, Any]
    past: bool = True


def month(starts_at: datetime) -> Iterator[Story]:
    """Every referral of the month before the visit, oldest first: what is long over, then what is still open."""
    thrown = dice("stories")
    yield from _past(thrown, starts_at)
    yield from _open(thrown, starts_at)


def workday_before(starts_at: datetime, back: int) -> date:
    """The working day so many working days before the visit's."""
    on = starts_at.astimezone(LONDON).date()
    while back:
        on -= timedelta(days=1)
        back -= on.weekday() < 5
    return on


def _past(thrown: Random, starts_at: datetime) -> Iterator[Story]:
    plots = cycle(PAST)
    keyworkers = cycle(["Priya", "Eve", "Daniel", "Amina", "Marcus", "Steph", "Gareth", "Nadia"])
    number = 0
    for back in range(WORKDAYS_BACK, 2, -1):
        for hour in sorted(thrown.sample(range(9, 17), 1 if back % 3 else 2)):
            at = _at(workday_before(starts_at, back), time(hour, thrown.randrange(5, 55)))
            plot = next(plots)
            from_on = (at + timedelta(days=2 if plot.then or plot in UNHURRIED else 0)).date().isoformat()
            yield Story(
                at,
                next(keyworkers),
                plot,
                _answers(thrown, number, plot, "aa" if plot in (UNDONE, PAIR) else "")
                | {"earliest_on": from_on, "when": _some_times(thrown)},
            )
            number += 1


def _open(thrown: Random, starts_at: datetime) -> Iterator[Story]:
    """The last working day and this morning, so that each state has somebody in it when the visitor comes."""
    today, last = starts_at.astimezone(LONDON).date(), workday_before(starts_at, 1)
    soon, later = (today + timedelta(days=1)).isoformat(), (today + timedelta(days=3)).isoformat()
    steps: list[tuple[date, str, str, Plot, str, dict[str, Any]]] = [
        (
            last,
            "10:10",
            "Priya",
            QUICK,
            "aa",
            {"earliest_on": soon, **NOOR},
        ),
        (last, "10:40", "Priya", Plot({0: (Say.YES, 1)}, answers=PRINTED.answers), "na", {"earliest_on": soon}),
        (last, "11:15", "Eve", FIRST, "aa", {"earliest_on": soon}),
        (last, "11:50", "Steph", DROPPED, "aa", {"earliest_on": later}),
        (last, "13:30", "Priya", Plot({0: (Say.YES, 1)}, bounces="newcomer"), "aa", {"earliest_on": soon, **BY_EMAIL}),
        (last, "14:20", "Amina", Plot({0: (Say.YES, 2)}, answers={"agree_first": True}), "aa", {"earliest_on": later}),
        (last, "15:05", "Priya", PAIR, "aa", {"earliest_on": later}),
        (last, "15:25", "Marcus", QUICK, "smart", {"earliest_on": soon}),
        (last, "15:40", "Gareth", NOBODY, "ca", {"earliest_on": later}),
        (today, "09:02", "Priya", Plot(), "aa", {"earliest_on": later}),
        (today, "09:06", "Priya", Plot({0: (Say.YES, 0.3)}, answers=PAIR.answers), "aa", {"earliest_on": later}),
        (today, "09:10", "Priya", Plot(answers=SETTLED.answers), "na", {"earliest_on": later}),
        (today, "09:15", "Eve", Plot({0: (Say.NO, 0.4)}), "na", {"earliest_on": soon}),
        (today, "09:19", "Priya", Plot(), "ma", {"language": "other", "other_language": "fa", "earliest_on": soon}),
        (today, "09:24", "Priya", Plot({0: (Say.YES, 0.5)}), "na", {"earliest_on": soon}),
        (today, "09:31", "Daniel", Plot({0: (Say.ANOTHER_DAY, 0.2)}), "alanon", {"earliest_on": soon}),
        (today, "09:36", "Nadia", Plot(answers=AVOIDS.answers), "aa", {"earliest_on": soon}),
        (today, "09:40", "Priya", Plot(), "aa", {"earliest_on": soon, "comfort": "no_preference"}),
    ]
    for number, (on, clock, keyworker, plot, fellowship, answers) in enumerate(steps, start=100):
        given = _answers(thrown, number, plot, fellowship) | answers
        yield Story(_at(on, time.fromisoformat(clock)), keyworker, plot, given, past=False)


def _some_times(thrown: Random) -> list[str]:
    """Four evenings, two afternoons and a morning of the week."""
    evenings, days = thrown.sample(range(7), 4), thrown.sample(range(7), 3)
    return [*(f"{day}-evening" for day in evenings), *(f"{day}-afternoon" for day in days[1:]), f"{days[0]}-morning"]


def _at(on: date, clock: time) -> datetime:
    return datetime.combine(on, clock, LONDON)


def _answers(thrown: Random, number: int, plot: Plot, fellowship: str = "") -> dict[str, Any]:
    """A filled-in form. The plot's own answers come last."""
    chosen = fellowship or thrown.choices(["aa", "na", "ca", "smart", "alanon", "fa", "daa", "ma"], weights=[10, 5, 2, 2, 2, 1, 1, 1])[0]
    names = plan()["newcomers"]
    name = names[1:][number % (len(names) - 1)]
    says = thrown.choice(["woman", "man", "man", "woman", "rather_not_say"])
    areas = plan()["areas"]
    by_email = thrown.random() < 0.65
    return {
        "who_for": "affected" if chosen in ("alanon", "fa") else "own_use",
        "age_ok": "18_or_over",
        "name_used": name,
        "provider_ref": f"H{1001 + number * 7}",
        "exposure": thrown.choice(["never", "never", "been_before"]),
        "fellowships": [chosen],
        "comfort": thrown.choice(
            ["no_preference", "no_preference", "woman" if says == "woman" else "man" if says == "man" else "no_preference"]
        ),
        "newcomer_is": says,
        "language": "english",
        "needs": thrown.choice([[], [], [], ["step_free"], ["quiet"]]),
        "travel_from": thrown.choice(areas[0 if thrown.random() < 0.85 else 1]["outcodes"][:7]),
        "travel_how": thrown.choice(["bus", "bus", "walk", "own"]) if not fellowship else "bus",
        "when": list(ALL_TIMES),
        "choose_for_us": True,
        "channels": "email" if by_email else "keyworker",
        "email": f"{name.lower()}{number}@letters.example" if by_email else "",
        "email_safe": by_email,
        "consent_tell": True,
        "consent_contact": by_email,
        "consent_afterwards": thrown.random() < 0.6,
        "consent_method": "spoken",
        "stage": thrown.choice(["induction", "review", "transition", "aftercare"]),
        "commitment_newcomer": thrown.choice(["", "I will go to one and see."]),
        **plot.answers,
    }
