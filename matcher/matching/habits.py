"""How people answer, fitted to the log of what they were asked: for those who were never asked for something, what they may have said."""

import math
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

PRIOR_ASKS = 3.0
"""What everybody does counts as much as so many asks of one's own (matching 7.2)."""
ANSWERS_OF_ALL, YESES_OF_ALL, MEDIAN_HOURS, SPREAD = 0.6, 0.5, 6.0, 1.2
"""Before anything is known: six in ten answer, half of them with yes, half within six hours (matching 7.2, 15: assumptions)."""
SHORTEST_HOURS = 0.1


@dataclass(frozen=True, slots=True)
class Heard:
    """What somebody did when asked: `says_yes` None is silence; `hours` from the ask to the answer, by the clock."""

    says_yes: bool | None
    hours: float = 0.0


@dataclass(frozen=True, slots=True)
class Habit:
    """Chances that somebody answers, and with yes if they do; the median of the hours they take."""

    answers: float
    says_yes: float
    median_hours: float

    def draw(self, seed: str) -> Heard:
        """An answer by this habit; the same for the same seed, whoever asks and when."""
        chance = random.Random(seed)
        answers, says_yes, wait = chance.random(), chance.random(), chance.gauss(0, SPREAD)
        if answers >= self.answers:
            return Heard(None)
        return Heard(says_yes < self.says_yes, max(SHORTEST_HOURS, self.median_hours * math.exp(wait)))


def fit_habits(log: Iterable[tuple[int, Heard]]) -> tuple[Habit, Mapping[int, Habit]]:
    """Everybody's habit together, and that of each person who was ever asked, drawn towards it where little is known."""
    by_person: dict[int, list[Heard]] = defaultdict(list)
    for person, heard in log:
        by_person[person].append(heard)
    start = Habit(ANSWERS_OF_ALL, YESES_OF_ALL, MEDIAN_HOURS)
    all_heard = [heard for own in by_person.values() for heard in own]
    together = _towards(start, all_heard)
    return together, {person: _towards(together, own) for person, own in by_person.items()}


def _towards(prior: Habit, heard: list[Heard]) -> Habit:
    answered = [one for one in heard if one.says_yes is not None]
    yeses = sum(one.says_yes is True for one in answered)
    logs = sum(math.log(max(SHORTEST_HOURS, one.hours)) for one in answered)
    return Habit(
        (PRIOR_ASKS * prior.answers + len(answered)) / (PRIOR_ASKS + len(heard)),
        (PRIOR_ASKS * prior.says_yes + yeses) / (PRIOR_ASKS + len(answered)),
        math.exp((PRIOR_ASKS * math.log(prior.median_hours) + logs) / (PRIOR_ASKS + len(answered))),
    )
