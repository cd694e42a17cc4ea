"""The planners: who would best go with whom, all at once; who is irreplaceable; what one more volunteer would be worth (matching 11).

Figures only: referrals, people and their four-week blocks are numbered from 0. A plan is a suggestion and never asks anybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matcher.matching.plan_solving import Network, solve_by_flow, solve_greedily

Whole = NDArray[np.int64]
Real = NDArray[np.float64]

NOBODY = 5000
"""What a seat costs that stays empty. An arc costs 1 to 1000."""
OF_A_NO, OF_A_KM = 400, 6
FURTHER_MOST = 3900
"""A further match never costs so much that an empty seat would be cheaper than the dearest arc."""
CLASH_ROUNDS = 20
UNTRIED = 0.30
"""The chance of a yes that is assumed of somebody nobody has asked yet (matching 7.2)."""


def of_a_further_match(nth: Whole) -> Whole:
    """What the nth match of one person in one block costs besides its arc: 0, 300, 900, 1800 … (convex, so that load is spread)."""
    further: Whole = np.minimum(150 * (nth - 1) * nth, FURTHER_MOST)
    return further


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanQuestion:
    """What one plan reads. `seats` is 1 or 2 for each referral; a pair goes to one occurrence, so a person stands beside it once.

    The candidates are given as arrays of one length: `referral`, `person`, `slot` (which four-week block of that person), `p_hat` (chance
    of a yes), `km` (the trip), and the half hours from `out_from` to `out_until` in which they would be out of the house (equal: not
    known, clashes with nothing). Each slot has `taken` matches already and `room` for so many more.
    Raises ValueError for figures that cannot be: a chance outside 0 to 1, a negative trip, a number out of range, somebody twice on a pair.
    """

    seats: Whole
    referral: Whole
    person: Whole
    slot: Whole
    p_hat: Real
    km: Real
    taken: Whole
    room: Whole
    out_from: Whole = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    out_until: Whole = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __post_init__(self) -> None:
        arcs = len(self.referral)
        if not len(self.out_from):
            object.__setattr__(self, "out_from", np.zeros(arcs, dtype=np.int64))
            object.__setattr__(self, "out_until", np.zeros(arcs, dtype=np.int64))
        columns: Sequence[NDArray[Any]] = (self.person, self.slot, self.p_hat, self.km, self.out_from, self.out_until)
        if any(len(column) != arcs for column in columns) or len(self.taken) != len(self.room):
            raise ValueError("columns of different lengths")
        if not (np.isin(self.seats, (1, 2)).all() and (self.taken >= 0).all() and (self.room >= 0).all()):
            raise ValueError("one seat or two, and no less than nothing taken or free")
        if not (_numbers(self.referral, len(self.seats)) and _numbers(self.slot, len(self.room)) and (self.person >= 0).all()):
            raise ValueError("a number outside its range")
        if not ((self.p_hat >= 0) & (self.p_hat <= 1) & (self.km >= 0) & np.isfinite(self.km)).all():
            raise ValueError("a chance lies between 0 and 1, a trip is not negative")
        paired = self.seats[self.referral] == 2
        pairs = self.referral[paired] * (int(self.person.max(initial=0)) + 1) + self.person[paired]
        if len(np.unique(pairs)) != len(pairs):
            raise ValueError("somebody stands twice beside a pair")

    def costs(self) -> Whole:
        """What each candidate costs: 400 · (1 − p̂) + 6 · km in whole numbers, 1 to 1000."""
        return np.clip(np.rint(OF_A_NO * (1 - self.p_hat) + OF_A_KM * self.km), 1, 1000).astype(np.int64)

    def only(self, kept: NDArray[np.bool_]) -> "PlanQuestion":
        """The same with some candidates left out."""
        names = ("referral", "person", "slot", "p_hat", "km", "out_from", "out_until")
        return replace(self, **{name: getattr(self, name)[kept] for name in names})


def _numbers(column: Whole, below: int) -> bool:
    return bool(((column >= 0) & (column < below)).all())


@dataclass(frozen=True, slots=True)
class Plan:
    """The candidates chosen (positions in the question), what the plan costs, how many seats it fills.

    `exact`: no plan of this question costs less; otherwise a simple search made it, because the extra `planner` is not installed.
    `set_aside`: candidates left out because somebody would have been in two places at once.
    """

    chosen: tuple[int, ...]
    cost: int
    filled: int
    exact: bool
    set_aside: int = 0


def cost_of(question: PlanQuestion, chosen: Sequence[int] | Whole) -> int:
    """What these choices cost: their arcs, the further matches, the empty seats."""
    picked = np.asarray(chosen, dtype=np.int64)
    slots = np.sort(question.slot[picked])
    nth = np.arange(len(slots)) - np.searchsorted(slots, slots) + question.taken[slots] + 1
    further = int(of_a_further_match(nth).sum())
    return int(question.costs()[picked].sum()) + further + NOBODY * int(question.seats.sum() - len(picked))


def plan_week(question: PlanQuestion, *, simple: bool = False) -> Plan:
    """The cheapest plan: as many seats filled as can be, likely yeses and short ways first, load spread, nobody over their cap.

    Nobody is in two places at once: where the cheapest plan would want that, the dearer of the two candidates is set aside and the rest
    planned anew. `simple`: by the simple search even where the exact one could be had.
    """
    kept = np.arange(len(question.referral))
    for turn in range(CLASH_ROUNDS + 1):
        part = question if not turn else question.only(np.isin(np.arange(len(question.referral)), kept))
        chosen, exact = _solve(part, simple=simple)
        clashing = _dearer_of_clashes(part, chosen)
        if not len(clashing):
            break
        if turn < CLASH_ROUNDS:
            kept = np.delete(kept, clashing)
        else:
            chosen = np.setdiff1d(chosen, clashing)
    picked = kept[chosen]
    return Plan(
        tuple(int(one) for one in picked), cost_of(question, picked), len(picked), exact, set_aside=len(question.referral) - len(kept)
    )


def _solve(question: PlanQuestion, *, simple: bool) -> tuple[Whole, bool]:
    """The candidates chosen without a look at clashes, and whether by the exact search."""
    room = question.room
    owner = np.repeat(np.arange(len(room)), room)
    nth = np.arange(len(owner)) - np.repeat(np.cumsum(room) - room, room) + question.taken[owner] + 1
    network = Network(
        seats=question.seats,
        referral=question.referral,
        slot=question.slot,
        slots=len(room),
        cost=question.costs(),
        place_of=owner,
        place_cost=of_a_further_match(nth),
        nobody=NOBODY,
    )
    chosen = None if simple else solve_by_flow(network)
    return (solve_greedily(network), False) if chosen is None else (chosen, True)


def _dearer_of_clashes(question: PlanQuestion, chosen: Whole) -> Whole:
    """Of candidates chosen for the same person at overlapping times, all but the cheapest of each heap."""
    if not (question.out_until[chosen] > question.out_from[chosen]).any():
        return np.zeros(0, dtype=np.int64)
    costs, dearer = question.costs(), []
    by_person = sorted(chosen, key=lambda arc: (question.person[arc], costs[arc]))
    held: list[int] = []
    for arc in by_person:
        held = [one for one in held if question.person[one] == question.person[arc]]
        if any(question.out_from[one] < question.out_until[arc] and question.out_from[arc] < question.out_until[one] for one in held):
            dearer.append(int(arc))
        else:
            held.append(int(arc))
    return np.array(dearer, dtype=np.int64)


def who_is_irreplaceable(question: PlanQuestion, plan: Plan) -> dict[int, int]:
    """Person → how many seats fewer could be filled without them; only those whose loss cannot be made good.

    Only people of the plan are tried: without anybody else it stays as it is.
    """
    lost = {}
    for person in sorted({int(question.person[arc]) for arc in plan.chosen}):
        without = plan_week(question.only(question.person != person), simple=not plan.exact)
        if without.filled < plan.filled:
            lost[person] = plan.filled - without.filled
    return lost


@dataclass(frozen=True, slots=True, kw_only=True)
class OneMore:
    """A volunteer who could join: the referrals they could go with, the block of each, the way, and how often in a block they would go."""

    referral: Whole
    block: Whole
    km: Real
    cap: int = 2
    p_hat: float = UNTRIED


def worth_of_one_more(question: PlanQuestion, joining: Sequence[OneMore], before: Plan | None = None) -> list[int]:
    """For each who could join, how many more seats could be filled with them, all planned anew.

    Who could go with nobody that is without company adds nothing and is not planned for. `before` is the plan without any of them.
    """
    before = before or plan_week(question)
    filled = np.bincount(question.referral[list(before.chosen)], minlength=len(question.seats)) if before.chosen else 0 * question.seats
    empty = filled < question.seats
    return [
        max(0, plan_week(_with(question, one), simple=not before.exact).filled - before.filled) if empty[one.referral].any() else 0
        for one in joining
    ]


def _with(question: PlanQuestion, one: OneMore) -> PlanQuestion:
    """The question with this person on the roster."""
    blocks, slot = np.unique(one.block, return_inverse=True)
    _, first = np.unique(np.stack([one.referral, slot]), axis=1, return_index=True)
    single = question.seats[one.referral] == 1
    first = np.array([k for k in first if single[k] or k == np.flatnonzero(one.referral == one.referral[k])[0]], dtype=np.int64)
    person = int(question.person.max(initial=-1)) + 1
    unknown = np.zeros(len(first), dtype=np.int64)
    return PlanQuestion(
        seats=question.seats,
        referral=np.concatenate([question.referral, one.referral[first]]),
        person=np.concatenate([question.person, np.full(len(first), person)]),
        slot=np.concatenate([question.slot, len(question.room) + slot[first]]),
        p_hat=np.concatenate([question.p_hat, np.full(len(first), one.p_hat)]),
        km=np.concatenate([question.km, one.km[first]]),
        taken=np.concatenate([question.taken, np.zeros(len(blocks), dtype=np.int64)]),
        room=np.concatenate([question.room, np.full(len(blocks), one.cap)]),
        out_from=np.concatenate([question.out_from, unknown]),
        out_until=np.concatenate([question.out_until, unknown]),
    )
