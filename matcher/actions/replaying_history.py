"""What if, on a database's own history: its referrals of some months, who could have gone, and what they answered, played with other policies.

Reads only, sends nothing, and knows no name: what comes out are counts and shares.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from matcher.actions.looking_at_coverage import all_card_versions, past_referrals
from matcher.domain.connection import Connection
from matcher.domain.errors import Misconfigured
from matcher.domain.journey_word import OfferState
from matcher.domain.place import Circle
from matcher.domain.volunteer import GOINGS_A_BLOCK, LETTERS_A_WEEK, Volunteer
from matcher.domain.wishes import Comfort
from matcher.matching.covering import PastReferral, could_go
from matcher.matching.habits import Heard, fit_habits
from matcher.matching.policies import policy_named
from matcher.matching.replaying import Case, Person, Told, gini, replay
from matcher.matching.roster_columns import REACH_KM, columns_of
from matcher.store import planning_rows
from matcher.store.planning_rows import AnswerRow

LONDON = ZoneInfo("Europe/London")
MOST_REFERRALS, MOST_VOLUNTEERS = 20_000, 50_000
ANSWERED = {OfferState.ACCEPTED: True, OfferState.COVERED: True, OfferState.DECLINED: False, OfferState.NOT_NOW: False}


class NoSuchDays(Misconfigured):
    """The first day must lie before the last."""


class NothingToReplay(Misconfigured):
    """There is no referral in this time that looked for company."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What is otherwise than it was: how far people go (times their own reach), whether every newcomer would go with anybody; and the seed."""

    radius: float = 1.0
    any_comfort: bool = False
    seed: int = 0


Step = Callable[[], None]
Steps = Callable[[int], Step]


async def replay_history(
    c: Connection, first_on: date, last_on: date, policies: Sequence[str], *, changed: Changed, steps: Steps
) -> dict[str, Any]:
    """The figures of each policy beside those of history. `steps` is told how many referrals will be played in all, and gives what counts them.

    Raises UnknownPolicy, NoSuchDays and NothingToReplay.
    """
    chosen = {name: policy_named(name) for name in policies}
    if first_on > last_on:
        raise NoSuchDays
    since, until = (datetime.combine(on, time(), tzinfo=UTC) for on in (first_on, last_on + timedelta(days=1)))
    areas = await planning_rows.list_area_ids(c)
    found = await planning_rows.list_sent_since(c, areas, since, until=until, most=MOST_REFERRALS)
    if not found:
        raise NothingToReplay
    people = await planning_rows.list_roster(c, areas, card_versions=all_card_versions(), most=MOST_VOLUNTEERS)
    answers = await planning_rows.list_answers(c, [referral.id for referral in found])
    past = await past_referrals(c, found)
    cases, roster = _coded(people, past, answers, changed)
    step = steps(len(cases) * len(chosen))
    matched = [referral for referral in found if referral.matched_at is not None]
    waited = sorted((referral.matched_at - referral.submitted_at) / timedelta(hours=1) for referral in matched if referral.matched_at)
    letters = sum(answer.own_letter and answer.state is not OfferState.UNDELIVERABLE for answer in answers)
    return {
        "from": first_on.isoformat(),
        "to": last_on.isoformat(),
        "set": {"radius": changed.radius, "comfort": "any" if changed.any_comfort else "own", "seed": changed.seed},
        "referrals": len(cases),
        "volunteers": len(people),
        "eligible_per_referral": round(sum(len(case.could) for case in cases) / len(cases), 2),
        "history": _shares(len(found), waited, letters) | {"drawn_share": 0.0},
        "policies": {name: _told(replay(cases, roster, policy, seed=changed.seed, step=step), cases) for name, policy in chosen.items()},
    }


def _coded(
    people: Sequence[Volunteer], past: Sequence[PastReferral], answers: Sequence[AnswerRow], changed: Changed
) -> tuple[list[Case], dict[int, Person]]:
    """Referrals and people as a replay reads them: numbers, times, distances."""
    numbers: dict[UUID, int] = {one.id: place for place, one in enumerate(people)}
    heard: dict[UUID, dict[int, Heard]] = {}
    for answer in answers:
        if answer.volunteer_id in numbers and (said := _heard(answer)) is not None:
            heard.setdefault(answer.referral_id, {})[numbers[answer.volunteer_id]] = said
    together, own = fit_habits((person, said) for by_person in heard.values() for person, said in by_person.items())
    wider = [replace(one, reach=tuple(_wider(circle, changed.radius) for circle in one.reach)) for one in people]
    columns = columns_of(wider)
    cases = []
    for one in sorted(past, key=lambda referral: (referral.now, referral.needs.id)):
        needs = replace(one.needs, comfort=Comfort.NO_PREFERENCE, settled_comfort=None) if changed.any_comfort else one.needs
        could: dict[int, dict[Any, tuple[datetime, float]]] = {}
        for option in one.options:
            for place, km in could_go(wider, replace(one, needs=needs), option, columns).items():
                could.setdefault(place, {})[option.key] = (option.starts_at, km)
        zone = one.options[0].zone if one.options else LONDON
        seats = 2 if needs.companions == 2 else 1
        cases.append(Case(id=needs.id, sent_at=one.now, zone=zone, seats=seats, could=could, heard=heard.get(needs.id, {})))
    roster = {
        place: Person(
            id=one.id,
            number=one.number,
            letters=one.cap or LETTERS_A_WEEK,
            going_cap=one.going_cap or GOINGS_A_BLOCK,
            habit=own.get(place, together),
        )
        for place, one in enumerate(people)
    }
    return cases, roster


def _wider(circle: Circle, factor: float) -> Circle:
    return Circle(circle.centre, min(float(REACH_KM[-1]), circle.radius_km * factor))


def _heard(answer: AnswerRow) -> Heard | None:
    """What was said; None where an ask was taken back before an answer, or still waits."""
    if answer.state is OfferState.EXPIRED:
        return Heard(None)
    if answer.state not in ANSWERED or answer.answered_at is None:
        return None
    return Heard(ANSWERED[answer.state], max(0.0, (answer.answered_at - answer.asked_at) / timedelta(hours=1)))


def _told(told: Told, cases: Sequence[Case]) -> dict[str, Any]:
    eligible = sorted({person for case in cases for person in case.could})
    return _shares(told.referrals, sorted(told.waited_hours), told.letters) | {
        "gini_asks": round(gini([told.letters_of.get(person, 0) for person in eligible]), 4),
        "most_letters_of_one": max(told.letters_of.values(), default=0),
        "drawn_share": round(told.drawn / told.played, 4) if told.played else 0.0,
    }


def _shares(referrals: int, waited: Sequence[float], letters: int) -> dict[str, Any]:
    """Fill, fill within a day, the median and ninth tenth of hours to a yes, letters for each found; None where nobody was found."""
    found = len(waited)
    return {
        "fill": round(found / referrals, 4),
        "d24": round(sum(hours <= 24 for hours in waited) / referrals, 4),
        "t50_h": round(waited[found // 2], 2) if found else None,
        "t90_h": round(waited[min(found - 1, found * 9 // 10)], 2) if found else None,
        "emails_per_fill": round(letters / found, 2) if found else None,
    }
