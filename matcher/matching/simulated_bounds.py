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
from matcher.matching.simulated_life import LATER_OPTION, Life
from matcher.matching.simulated_product import Production

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
