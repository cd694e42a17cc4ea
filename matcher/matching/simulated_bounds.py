"""Askers who know or hear what nobody can: how far the goals are from what could be reached (decision 30). Played for docs/asking.md only."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from matcher.matching.asking_settings import SHIPPED, AskingSettings
from matcher.matching.asking_view import Candidate
from matcher.matching.chances import HARDER
from matcher.matching.choosing_asks import choose_asks
from matcher.matching.simulated_county import Choice, World
from matcher.matching.simulated_life import LATER_OPTION, WAKES, Life
from matcher.matching.simulated_product import Production

ASKED_UNTIL = 21.0
SOON = 1e-7
"""Hours after which an answer that comes at once is known."""
LONG_KNOWN = 1000.0
"""Asks after which a tally says what somebody is like as well as it ever will."""


class KnowsPeople(Production):
    """The policy of production for people whose tally tells, from the first day, what a thousand asks would have told. Tiredness is as it is."""

    def _made(self, i: int, j: int, choices: list[Choice], at: float) -> Candidate:
        made, life = super()._made(i, j, choices, at), self.life
        answers = LONG_KNOWN * life.answers[j]
        known = replace(
            made.tally,
            n=LONG_KNOWN,
            y=answers * HARDER * float(life.world.yes[j]),
            answers=answers,
            log_delay=answers * math.log(float(life.world.town.median[j])),
        )
        return replace(made, tally=known)


def knows_people(settings: AskingSettings = SHIPPED) -> Callable[[Life], KnowsPeople]:
    """What learning from six numbers leaves to be won."""
    return partial(KnowsPeople, choose=partial(choose_asks, settings=settings), settings=settings)


def heard_at_once(world: World) -> World:
    """The same world, where whoever answers does so in the minute they are asked."""
    return replace(world, ties=tuple({j: tie._replace(wait=0.0) for j, tie in ties.items()} for ties in world.ties))


class AsksInTurn:
    """Asks one person after the other and hears each before it asks the next, in a world `heard_at_once`: no ask is ever in vain because of a
    yes that was on its way. Knows everybody's true chances too; the best first, the tired later the more `spares` is, and nobody at all whose
    chance, so lessened, is under `least`."""

    banks = False

    def __init__(self, life: Life, spares: float = 1.0, least: float = 0.0) -> None:
        self.life, self.spares, self.least = life, spares, least

    def start(self, i: int, at: float) -> None:
        """Ask until somebody says yes."""
        life = self.life
        left = {j for j in life.ties[i] if j not in life.shown[i] and not life.left[j] and life.choices_left(i, j, at)}
        left = {j for j in left if self._worth(i, j, at) >= self.least}
        while left and life.is_open(i, at):
            j = max(left, key=lambda one: (self._worth(i, one, at), -one))
            left.remove(j)
            tired = life.tiredness(j, at)
            says_yes = life.will_answer(i, j, tired) and life.would_take(i, j, tired, at=at) is not None
            life.ask(i, j, at)
            if says_yes and not life.left[j]:
                return

    def _chance(self, i: int, j: int, at: float) -> float:
        """Of a yes to any option left, once they answer."""
        life, none = self.life, 1.0
        eager = math.exp(-life.kappa * life.tiredness(j, at))
        for place, choice in enumerate(life.choices_left(i, j, at)):
            none *= 1 - choice.chance * (1 if place == 0 else LATER_OPTION) * eager
        return 1 - none

    def _worth(self, i: int, j: int, at: float) -> float:
        """The chance of a yes, less what asking somebody tired takes from later referrals."""
        life = self.life
        tired, none = life.tiredness(j, at), 1.0
        for place, choice in enumerate(life.choices_left(i, j, at)):
            none *= 1 - choice.chance * (1 if place == 0 else LATER_OPTION) * math.exp(-life.kappa * tired)
        return life.answers[j] * math.exp(-life.kappa / 2 * tired) * (1 - none) * math.exp(-self.spares * tired)

    def declined(self, i: int, j: int, at: float) -> None:
        """Heard already."""

    def look(self, i: int, turn: int, at: float) -> None:
        """It waits for nothing."""

    def answered(self, j: int, said_yes: bool, *, asked_at: float, at: float) -> None:
        """It knows everybody already."""

    def accepted(self, i: int, j: int, at: float) -> None:
        """As it heard."""

    def came_late(self, j: int, at: float) -> None:
        """Nobody does."""


class AsksTogether(AsksInTurn):
    """As AsksInTurn, but a letter may show up to `most` newcomers, those likeliest to please first, and is held back: until `hours` before the
    deadline nobody is asked whose letter is worth less than `far`, after that nobody under `least`. Looks every `step` hours by day."""

    def __init__(
        self,
        life: Life,
        spares: float = 0.3,
        least: float = 0.05,
        far: float = 0.2,
        *,
        hours: float = 24.0,
        most: int = 3,
        step: float = 2.0,
    ) -> None:
        super().__init__(life, spares, least)
        self.far, self.hours, self.most, self.step = far, hours, most, step

    def start(self, i: int, at: float) -> None:
        """Look now, and every few hours from now on."""
        self._ask_one(i, at)
        ahead = at + self.step
        if not WAKES <= ahead % 24 < ASKED_UNTIL:
            ahead = math.floor(ahead / 24) * 24 + WAKES + (24 if ahead % 24 >= ASKED_UNTIL else 0)
        if ahead < self.life.deadline[i]:
            self.life.look_at(ahead, i, 0)

    def look(self, i: int, turn: int, at: float) -> None:
        """Turn 1: what the last letter brought is known."""
        if self.life.is_open(i, at):
            self._ask_one(i, at) if turn else self.start(i, at)

    def _ask_one(self, i: int, at: float) -> None:
        life, least = self.life, self.far if self.life.deadline[i] - at > self.hours else self.least
        if not life.is_open(i, at):
            return
        opens = [r for r in life.open_now(at) if r != i]
        best, asked, also = 0.0, -1, tuple[int, ...]()
        for j in life.ties[i]:
            if j in life.shown[i] or life.left[j] or not life.choices_left(i, j, at):
                continue
            others = [(self._chance(r, j, at), r) for r in opens if j in life.ties[r] and j not in life.shown[r]]
            others = sorted((one for one in others if one[0] > 0), key=lambda one: -one[0])[: self.most - 1]
            any_yes = 1 - math.prod(1 - chance for chance in (self._chance(i, j, at), *(chance for chance, _ in others)))
            tired = life.tiredness(j, at)
            worth = life.answers[j] * math.exp(-(life.kappa / 2 + self.spares) * tired) * any_yes
            if worth > best:
                best, asked, also = worth, j, tuple(r for _, r in others)
        if asked >= 0 and best >= least:
            life.ask(i, asked, at, also=also)
            life.look_at(at + SOON, i, 1)
