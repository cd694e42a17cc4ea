"""Who is asked by the simple policies of other programs, and by somebody who knows every answer beforehand (matching 16)."""

import random

from matcher.matching.simulated_life import Life, add_waking


class OrderedWaves:
    """The first `wave` people of an order, the next after `gap` clock hours or as soon as all have said no. No gap: everybody at once.

    Orders: nearest; round_robin, asked longest ago first; random; fixed, the roster's.
    """

    banks = False

    def __init__(self, life: Life, order: str, wave: int | None, gap: float | None) -> None:
        self.life, self.order, self.wave, self.gap = life, order, wave, gap
        self.turn = [0] * len(life.arrival)
        self.waiting: list[set[int]] = [set() for _ in life.arrival]
        self.shuffled = random.Random(life.world.seed)

    def start(self, i: int, at: float) -> None:
        """Ask the next of the order."""
        life = self.life
        if not life.is_open(i, at):
            return
        left = [j for j in life.ties[i] if j not in life.shown[i] and not life.left[j] and life.choices_left(i, j, at)]
        asked = self._in_order(i, left, at)[: self.wave]
        self.turn[i] += 1
        self.waiting[i] = set(asked)
        for j in asked:
            life.ask(i, j, at)
        if asked and self.gap is not None:
            life.look_at(at + self.gap, i, self.turn[i])

    def _in_order(self, i: int, people: list[int], at: float) -> list[int]:
        """Of equals, the one first on the roster."""
        life = self.life
        if self.order == "nearest":
            return sorted(people, key=lambda j: min(choice.km for choice in life.choices_left(i, j, at)))
        if self.order == "round_robin":
            return sorted(people, key=lambda j: life.asked_at[j])
        if self.order == "random":
            self.shuffled.shuffle(people)
        return people

    def declined(self, i: int, j: int, at: float) -> None:
        """Go on at once when nobody of the wave is left."""
        if j in self.waiting[i]:
            self.waiting[i].discard(j)
            if not self.waiting[i]:
                self.start(i, at)

    def look(self, i: int, turn: int, at: float) -> None:
        """The gap is over, unless the wave was."""
        if turn == self.turn[i]:
            self.start(i, at)

    def answered(self, j: int, said_yes: bool, *, asked_at: float, at: float) -> None:
        """These learn nothing."""

    def accepted(self, i: int, j: int, at: float) -> None:
        """Nothing more to do."""

    def came_late(self, j: int, at: float) -> None:
        """Nobody keeps it."""


class Clairvoyant:
    """Asks the one person who will answer in time and say yes, if there is one: what perfect prediction could do."""

    banks = False

    def __init__(self, life: Life) -> None:
        self.life = life

    def start(self, i: int, at: float) -> None:
        """Ask whoever answers soonest, somebody with fewer matches first."""
        life = self.life
        found = []
        for j in life.ties[i]:
            if j in life.shown[i] or life.left[j]:
                continue
            tired, wait = life.tiredness(j, at), life.ties[i][j].wait
            answers_at = add_waking(at, wait)
            if life.will_answer(i, j, tired) and answers_at < life.deadline[i] and life.would_take(i, j, tired, at=answers_at):
                found.append((wait + 8 * life.matches[j] / life.cap[j], j))
        if found:
            life.ask(i, min(found)[1], at)

    def declined(self, i: int, j: int, at: float) -> None:
        """They had another booking by then: nobody else is tried."""

    def look(self, i: int, turn: int, at: float) -> None:
        """It waits for nothing."""

    def answered(self, j: int, said_yes: bool, *, asked_at: float, at: float) -> None:
        """It knows everything already."""

    def accepted(self, i: int, j: int, at: float) -> None:
        """As it knew."""

    def came_late(self, j: int, at: float) -> None:
        """It asks nobody who would."""
