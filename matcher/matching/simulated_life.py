"""How people behave in a made-up county: they are asked, tire, answer, cancel, leave (matching 16). Who is asked is a policy's business.

Hours since Monday 00:00. Policies differ only by whom they ask when: everything else was drawn before.
"""

import heapq
import math
from collections.abc import Callable
from itertools import islice
from typing import Any, Protocol

from matcher.matching.simulated_county import LEAD, Choice, World

WAKES, SLEEPS = 8.0, 22.0
AWAKE = SLEEPS - WAKES
TIRED_HALF_LIFE = 14 * 24.0
CLASH = 3.0
CANCELS_LEAST_AHEAD = 6.0
CANCELS_LAST = 4.0
LATER_OPTION = 0.6
SHOWN_AFTER = 3
"""How many other referrals somebody sees who says yes too late."""


class Asker(Protocol):
    """Who is asked when. `start`: a referral arrived, or its companion cancelled; `declined`: a no; `look`: a moment the asker set itself."""

    banks: bool

    def start(self, i: int, at: float) -> None: ...

    def declined(self, i: int, j: int, at: float) -> None: ...

    def look(self, i: int, turn: int, at: float) -> None: ...

    def answered(self, j: int, said_yes: bool, *, asked_at: float, at: float) -> None: ...

    def accepted(self, i: int, j: int, at: float) -> None: ...

    def came_late(self, j: int, at: float) -> None: ...


def add_waking(at: float, hours: float) -> float:
    """The moment so many waking hours later: people answer between 08:00 and 22:00."""
    day = math.floor(at / 24)
    clock = at - 24 * day
    if clock < WAKES:
        clock = WAKES
    elif clock >= SLEEPS:
        day, clock = day + 1, WAKES
    awake = clock - WAKES + hours
    days = math.floor(awake / AWAKE)
    return (day + days) * 24 + WAKES + (awake - AWAKE * days)


class Life:
    """The state of everybody while one policy asks in one world. `play` runs it to the end; the counts are then those of the whole time."""

    def __init__(self, world: World, asker: Callable[["Life"], Asker]) -> None:
        people, count = world.settings.volunteers, len(world.newcomers.at)
        self.world = world
        self.ties = world.ties
        self.arrival: list[float] = world.newcomers.at.tolist()
        self.deadline: list[float] = world.deadline.tolist()
        self.cap: list[int] = world.town.cap.tolist()
        self.answers: list[float] = world.answers.tolist()
        self.kappa, self.attrition, self.cancels = world.settings.kappa, world.settings.attrition, world.settings.cancel
        self.tired, self.tired_at = [0.0] * people, [0.0] * people
        self.booked: list[list[float]] = [[] for _ in range(people)]
        self.load: list[dict[int, int]] = [{} for _ in range(people)]
        self.letters, self.matches = [0] * people, [0] * people
        self.left = [False] * people
        self.asked_at = [-1.0] * people
        self.matched: list[tuple[int, Choice] | None] = [None] * count
        self.first_yes: list[float | None] = [None] * count
        self.shown: list[set[int]] = [set() for _ in range(count)]
        self.disclosures = self.late = 0
        self._events: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._made = 0
        self._arrived: list[int] = []
        self.asker = asker(self)
        for i, at in enumerate(self.arrival):
            self._later(at, self._arrives, i)

    def play(self) -> None:
        """Let everything happen, in the order of time."""
        while self._events:
            at, _, happens, about = heapq.heappop(self._events)
            happens(*about, at)

    def look_at(self, at: float, i: int, turn: int) -> None:
        """The asker wants to look at a referral again."""
        self._later(at, self.asker.look, i, turn)

    def is_open(self, i: int, at: float) -> bool:
        """Whether somebody is still looked for."""
        return self.matched[i] is None and at < self.deadline[i]

    def tiredness(self, j: int, at: float) -> float:
        """Asks felt lately."""
        return self.tired[j] * math.pow(0.5, (at - self.tired_at[j]) / TIRED_HALF_LIFE)

    def choices_left(self, i: int, j: int, at: float) -> list[Choice]:
        """The options somebody could still do: two hours ahead, no other meeting within three hours, not over their cap."""
        booked, load, cap = self.booked[j], self.load[j], self.cap[j]
        return [
            choice
            for choice in self.ties[i][j].choices
            if choice.start - LEAD > at
            and load.get(choice.block, 0) < cap
            and not any(abs(start - choice.start) < CLASH for start in booked)
        ]

    def will_answer(self, i: int, j: int, tired: float) -> bool:
        """Whether an ask made at this tiredness would ever be answered."""
        return self.ties[i][j].answer < self.answers[j] * math.exp(-self.kappa / 2 * tired)

    def would_take(self, i: int, j: int, tired: float, *, at: float) -> Choice | None:
        """The first option of those left that they would say yes to."""
        drawn, eager = self.ties[i][j].yes, math.exp(-self.kappa * tired)
        for place, choice in enumerate(self.choices_left(i, j, at)):
            draw = drawn if place == 0 else (drawn * 9973 * place) % 1
            if draw < choice.chance * (1 if place == 0 else LATER_OPTION) * eager:
                return choice
        return None

    def ask(self, i: int, j: int, at: float, *, also: tuple[int, ...] = ()) -> None:
        """Write one letter: about this referral, and others shown beside it."""
        tired, tie = self.tiredness(j, at), self.ties[i][j]
        self.tired[j], self.tired_at[j], self.asked_at[j] = tired + 1, at, at
        self.letters[j] += 1
        self.disclosures += 1 + len(also)
        for shown in (i, *also):
            self.shown[shown].add(j)
        if tie.leave < self.attrition * max(0.0, tired - 1):
            self.left[j] = True
        if self.will_answer(i, j, tired):
            self._later(add_waking(at, tie.wait), self._answer, j, (i, *also), (tired, at))

    def _later(self, at: float, happens: Callable[..., None], *about: Any) -> None:
        heapq.heappush(self._events, (at, self._made, happens, about))
        self._made += 1

    def _answer(self, j: int, letter: tuple[int, ...], asked: tuple[float, float], at: float) -> None:
        tired, asked_at = asked
        if self.left[j]:
            return
        still = [i for i in letter if self.is_open(i, at)]
        if still:
            taken = self._first_taken(j, still, tired, at)
            self.asker.answered(j, taken is not None, asked_at=asked_at, at=at)
            self._settle(j, still, taken, at)
            return
        first = letter[0]
        late = self.matched[first] is not None and at < self.deadline[first] and self.would_take(first, j, tired, at=at) is not None
        self.asker.answered(j, late, asked_at=asked_at, at=at)
        if late:
            self._bank(j, tired, at)

    def _first_taken(self, j: int, shown: list[int], tired: float, at: float) -> tuple[int, Choice] | None:
        """The first referral they say yes to, and the option: one yes at most."""
        found = ((i, self.would_take(i, j, tired, at=at)) for i in shown)
        return next(((i, choice) for i, choice in found if choice is not None), None)

    def _settle(self, j: int, shown: list[int], taken: tuple[int, Choice] | None, at: float) -> None:
        """The yes stands first; everything else that was shown gets a no."""
        if taken is not None:
            self._match(taken[0], j, taken[1], at=at)
        for i in shown:
            if taken is None or i != taken[0]:
                self.asker.declined(i, j, at)

    def _bank(self, j: int, tired: float, at: float) -> None:
        """A yes that came too late: it is felt, and may go to another referral that is open."""
        self.late += 1
        self.tired[j], self.tired_at[j] = self.tiredness(j, at) + 0.5, at
        self.asker.came_late(j, at)
        if self.asker.banks:
            others = (r for r in self.open_now(at) if j in self.ties[r] and j not in self.shown[r] and self.choices_left(r, j, at))
            shown = list(islice(others, SHOWN_AFTER))
            self.disclosures += len(shown)
            for r in shown:
                self.shown[r].add(j)
            self._settle(j, shown, self._first_taken(j, shown, tired, at), at)

    def open_now(self, at: float) -> list[int]:
        """Referrals that somebody is looked for, the earliest deadline first."""
        self._arrived = [i for i in self._arrived if at < self.deadline[i]]
        return sorted((i for i in self._arrived if self.matched[i] is None), key=lambda i: self.deadline[i])

    def _arrives(self, i: int, at: float) -> None:
        self._arrived.append(i)
        self.asker.start(i, at)

    def _match(self, i: int, j: int, choice: Choice, *, at: float) -> None:
        self.matched[i] = (j, choice)
        self.booked[j].append(choice.start)
        self.load[j][choice.block] = self.load[j].get(choice.block, 0) + 1
        self.matches[j] += 1
        if self.first_yes[i] is None:
            self.first_yes[i] = at
        self.asker.accepted(i, j, at)
        tie = self.ties[i][j]
        if tie.cancel < self.cancels and choice.start - at > CANCELS_LEAST_AHEAD:
            self._later(at + tie.cancel_at * (choice.start - CANCELS_LAST - at), self._cancel, i, j, choice)

    def _cancel(self, i: int, j: int, choice: Choice, at: float) -> None:
        self.matched[i] = None
        self.booked[j].remove(choice.start)
        self.load[j][choice.block] -= 1
        self.matches[j] -= 1
        if at < self.deadline[i]:
            self.asker.start(i, at)
