"""Made-up questions for a planner, and the best plan of a small one by trying every plan there is."""

import itertools
import random
from typing import Any

import numpy as np

from matcher.matching.planning import PlanQuestion, cost_of


def a_question(arcs: list[tuple[int, ...]], *, seats: list[int], room: list[int], **changes: Any) -> PlanQuestion:
    """From (referral, person, slot, p̂ in percent, km) for each candidate."""
    columns = [np.array([arc[n] for arc in arcs], dtype=np.int64) for n in range(5)]
    facts: dict[str, Any] = {
        "seats": np.array(seats),
        "referral": columns[0],
        "person": columns[1],
        "slot": columns[2],
        "p_hat": columns[3] / 100,
        "km": columns[4].astype(float),
        "taken": np.zeros(len(room), dtype=np.int64),
        "room": np.array(room, dtype=np.int64),
    }
    return PlanQuestion(**(facts | changes))


def drawn(chance: random.Random, *, referrals: int, people: int, most: int, pairs: float = 0.3) -> PlanQuestion:
    """A question drawn at random: each person with one or two blocks, already going now and then, up to `most` candidates a referral."""
    blocks = [chance.choice((1, 1, 2)) for _ in range(people)]
    first = [sum(blocks[:person]) for person in range(people)]
    seats = [2 if chance.random() < pairs else 1 for _ in range(referrals)]
    arcs = []
    for referral in range(referrals):
        for person in chance.sample(range(people), min(people, chance.randint(0, most))):
            slots = [first[person] + n for n in range(blocks[person])]
            for slot in slots if seats[referral] == 1 else slots[:1]:
                arcs.append((referral, person, slot, chance.randint(0, 95), chance.randint(0, 60)))
    count = sum(blocks)
    taken = np.array([chance.choice((0, 0, 0, 1, 2)) for _ in range(count)])
    return a_question(arcs, seats=seats, room=[chance.choice((0, 1, 2, 3)) for _ in range(count)], taken=taken)


def is_possible(question: PlanQuestion, chosen: tuple[int, ...]) -> bool:
    """No more companions than seats, nobody over the room of a block, nobody twice for one referral."""
    at, of = question.referral[list(chosen)], question.slot[list(chosen)]
    within = (np.bincount(at, minlength=len(question.seats)) <= question.seats).all()
    caps = (np.bincount(of, minlength=len(question.room)) <= question.room).all()
    return bool(within and caps and len({(r, question.person[arc]) for r, arc in zip(at, chosen, strict=True)}) == len(chosen))


def least_cost(question: PlanQuestion) -> int:
    """By trying every set of candidates."""
    arcs = range(len(question.referral))
    every = (subset for size in range(len(arcs) + 1) for subset in itertools.combinations(arcs, size))
    return min(cost_of(question, subset) for subset in every if is_possible(question, subset))
