"""Where company was missing, and what one more volunteer would be worth there: cells of fellowship, area, weekday and part of day (matching 11).

Judges only by what lasts: whose fellowship, wishes, languages, reach and usual hours, and how they usually answer. Who was tired, away or asked
already that week is left out.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

import numpy as np

from matcher.domain.availability import DAY, EVENING_ENDS, PART_STARTS, PartOfDay, block_of
from matcher.domain.fellowship import Fellowship
from matcher.domain.option import Option
from matcher.domain.place import Point, km_between
from matcher.domain.referral import SHIPPED_POLICY, ReferralNeeds, RulePolicy
from matcher.domain.volunteer import GOINGS_A_BLOCK, Tally, Volunteer
from matcher.domain.wishes import Comfort
from matcher.matching.chances import chance_of_yes
from matcher.matching.planning import OneMore, Plan, PlanQuestion, plan_week, worth_of_one_more
from matcher.matching.question import Question, Rule, Verdict
from matcher.matching.roster_columns import RosterColumns, columns_of
from matcher.matching.rules import RULES

LASTING = MappingProxyType({rule: RULES[rule] for rule in (Rule.H9, Rule.H10, Rule.H4, Rule.H5, Rule.H12, Rule.H11)})
JOINS_KM = 10.0
"""How far somebody who might join is taken to go from the newcomer's district (assumption)."""
FREE_MINUTES = 60
"""So long must somebody be free in a part of a day to be counted there (assumption)."""
KINDS_MOST = 60
UNTRIED = Tally()
NOBODY_ASKED: Mapping[UUID, Tally] = MappingProxyType({})


class Cell(NamedTuple):
    """One square of the table; weekday 0 is Monday."""

    area_id: UUID
    fellowship: Fellowship
    weekday: int
    part: PartOfDay


@dataclass(frozen=True, slots=True, kw_only=True)
class PastReferral:
    """A referral as coverage reads it. `unmet`: nobody could be found. `outcode` is their district's name."""

    area_id: UUID
    needs: ReferralNeeds
    options: tuple[Option, ...]
    now: datetime
    unmet: bool
    outcode: str = ""
    policy: RulePolicy = SHIPPED_POLICY

    @property
    def cells(self) -> frozenset[Cell]:
        """Where it asked for company: one square for each weekday and part of its options."""
        return frozenset(Cell(self.area_id, option.fellowship, *option.slot) for option in self.options if option.slot)


class Kind(NamedTuple):
    """A volunteer who might join: near this district, free then, and whom an unmet newcomer wished for."""

    cell: Cell
    outcode: str
    comfort: Comfort
    language: str


@dataclass(frozen=True, slots=True)
class Covered:
    """One square's figures. `worth`: seats more that could be filled with the best kind of volunteer there; None where that was not reckoned."""

    asked: int = 0
    unmet: int = 0
    volunteers: int = 0
    worth: int | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """The table, the kinds that would help (best first, with their worth), and whether the worth was reckoned exactly, or not at all (None)."""

    cells: dict[Cell, Covered]
    kinds: tuple[tuple[Kind, int], ...]
    exact: bool
    left_out: int = 0


def cover(people: Sequence[Volunteer], past: Sequence[PastReferral], tallies: Mapping[UUID, Tally] = NOBODY_ASKED) -> Coverage:
    """Count every square, and reckon what one more volunteer of each kind would be worth. Without OR-tools the worth is left out.

    `tallies`: how people answer, by their id; whoever is missing was never asked."""
    unmet = [one for one in past if one.unmet]
    asked, missing = _count(past), _count(unmet)
    free = Counter(cell for one in people for cell in free_cells(one))
    kinds = [kind for kind, _ in kinds_of(unmet).most_common()]
    question = question_of(people, past, tallies)
    before = plan_week(question)
    worth = _worth(question, before, past, kinds[:KINDS_MOST]) if before.exact else {}
    best: dict[Cell, int] = {}
    for kind, gain in worth.items():
        best[kind.cell] = max(gain, best.get(kind.cell, 0))
    cells = {cell: Covered(asked[cell], missing[cell], free[cell], best.get(cell)) for cell in {*asked, *free}}
    told = sorted(((kind, gain) for kind, gain in worth.items() if gain), key=lambda pair: (-pair[1], pair[0].cell.weekday, pair[0]))
    return Coverage(cells, tuple(told), before.exact, left_out=max(0, len(kinds) - KINDS_MOST))


def _count(past: Sequence[PastReferral]) -> Counter[Cell]:
    return Counter(cell for one in past for cell in one.cells)


def free_cells(one: Volunteer) -> frozenset[Cell]:
    """The squares somebody on the roster belongs to: their fellowships, in the parts of the week in which they are free for an hour."""
    parts = [(weekday, part) for weekday in range(7) for part in PartOfDay if _free_minutes(one, weekday, part) >= FREE_MINUTES]
    return frozenset(Cell(one.area_id, membership.fellowship, *slot) for membership in one.memberships for slot in parts)


def _free_minutes(one: Volunteer, weekday: int, part: PartOfDay) -> int:
    parts = list(PartOfDay)
    ends = PART_STARTS[parts[parts.index(part) + 1]] if part is not parts[-1] else EVENING_ENDS
    first, last = (weekday * DAY + _minutes(at) for at in (PART_STARTS[part], ends))
    return max((min(last, end) - max(first, start) for start, end in one.windows), default=0)


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def kinds_of(unmet: Sequence[PastReferral]) -> Counter[Kind]:
    """The kinds that unmet referrals would have needed, and how many of them each."""
    return Counter(
        Kind(cell, one.outcode, one.needs.wish or Comfort.NO_PREFERENCE, _language(one.needs))
        for one in unmet
        for cell in one.cells
        if one.needs.wish is not Comfort.OWN_WORDS
    )


def _language(needs: ReferralNeeds) -> str:
    """The language somebody would have to speak; of several, the first that is not English. An interpreter makes English enough."""
    return "en" if needs.interpreter_arranged or "en" in needs.languages else min(needs.languages, default="en")


def question_of(
    people: Sequence[Volunteer],
    past: Sequence[PastReferral],
    tallies: Mapping[UUID, Tally] = NOBODY_ASKED,
    columns: RosterColumns | None = None,
) -> PlanQuestion:
    """All referrals of the time and everybody who could have gone by what lasts, as one plan: nobody asked yet, caps by four-week blocks."""
    columns = columns_of(people) if columns is None else columns
    arcs: list[tuple[int, int, int, float]] = []
    for number, one in enumerate(past):
        by_option = [[(place, option, km) for place, km in could_go(people, one, option, columns).items()] for option in one.options]
        if one.needs.companions == 2:
            by_option = sorted(by_option, key=len, reverse=True)[:1]  # a pair goes to one meeting
        arcs += [(number, place, block_of(option.on_date), km) for found in by_option for place, option, km in found]
    slots = {slot: n for n, slot in enumerate(dict.fromkeys((place, block) for _, place, block, _ in arcs))}
    caps = [people[place].going_cap or GOINGS_A_BLOCK for place, _ in slots]
    known = [tallies.get(one.id, UNTRIED) for one in people]
    return PlanQuestion(
        seats=np.array([2 if one.needs.companions == 2 else 1 for one in past], dtype=np.int64),
        referral=np.array([arc[0] for arc in arcs], dtype=np.int64),
        person=np.array([arc[1] for arc in arcs], dtype=np.int64),
        slot=np.array([slots[arc[1], arc[2]] for arc in arcs], dtype=np.int64),
        p_hat=np.array([chance_of_yes(known[arc[1]], arc[3], 0.0) for arc in arcs], dtype=np.float64),
        km=np.array([arc[3] for arc in arcs], dtype=np.float64),
        taken=np.zeros(len(slots), dtype=np.int64),
        room=np.array(caps, dtype=np.int64),
    )


def could_go(people: Sequence[Volunteer], one: PastReferral, option: Option, columns: RosterColumns) -> dict[int, float]:
    """Place in `people` → the way out and back in km, for those who could have gone by what lasts; `columns` are theirs."""
    kms = _there(columns, option) if option.in_person else dict.fromkeys(range(len(people)), 0.0)
    return {place: km for place, km in sorted(kms.items()) if _passes(one, people[place], option)}


def _passes(one: PastReferral, volunteer: Volunteer, option: Option) -> bool:
    question = Question(volunteer=volunteer, needs=one.needs, option=option, now=one.now, policy=one.policy)
    return all(judge(question) is Verdict.PASS for judge in LASTING.values())


def _there(columns: RosterColumns, option: Option) -> dict[int, float]:
    """Who comes as far as this venue and is free then, or nearly, with the way out and back from the nearest of their areas."""
    if option.venue is None:
        return {}
    persons, kms = columns.near(option.fellowship.number, option.venue, option.spans)
    found: dict[int, float] = {}
    for person, km in zip(persons.tolist(), kms.tolist(), strict=True):
        found[person] = min(2 * km, found.get(person, 2 * km))
    return found


def _worth(question: PlanQuestion, before: Plan, past: Sequence[PastReferral], kinds: Sequence[Kind]) -> dict[Kind, int]:
    homes = {one.outcode: point for one in past if (point := one.needs.travel_from.point)}
    joining = {kind: joins for kind in kinds if (joins := joining_of(kind, past, homes.get(kind.outcode))) is not None}
    return dict(zip(joining, worth_of_one_more(question, list(joining.values()), before), strict=True))


def joining_of(kind: Kind, past: Sequence[PastReferral], home: Point | None) -> OneMore | None:
    """What somebody of this kind, who lives here, could have done; None where they could have gone with nobody."""
    found = [
        (number, block_of(option.on_date), km)
        for number, one in enumerate(past)
        for option in one.options
        if _suits(kind, one, option) and (km := _km_from(home, option)) is not None
    ]
    if not found:
        return None
    numbers, blocks, kms = zip(*found, strict=True)
    return OneMore(referral=np.array(numbers), block=np.array(blocks), km=np.array(kms), cap=GOINGS_A_BLOCK)


def _suits(kind: Kind, one: PastReferral, option: Option) -> bool:
    """The right fellowship and hour; and whom the newcomer wished for, in a language they share."""
    wish = one.needs.wish or Comfort.NO_PREFERENCE
    same = option.fellowship is kind.cell.fellowship and option.slot == (kind.cell.weekday, kind.cell.part)
    return same and wish in (Comfort.NO_PREFERENCE, kind.comfort) and _language(one.needs) in ("en", kind.language)


def _km_from(home: Point | None, option: Option) -> float | None:
    """There and back from the kind's district; None where that is too far or not known."""
    if not option.in_person:
        return 0.0
    if home is None or option.venue is None:
        return None
    km = km_between(home, option.venue)
    return 2 * km if km <= JOINS_KM else None
