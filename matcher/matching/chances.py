"""What the tally of somebody's answers says: how likely a yes is and how soon, and what asking costs (matching 7).

The figures of policy version p1 are single functions of plain numbers, with the letters of matching 7.1. Version p2 (decision 18) reckons with
sorts of people and works on arrays: people along the last axis. Hours are asking hours.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matcher.domain.volunteer import Tally

Floats = NDArray[np.float64]

PRIOR_YES, PRIOR_ASKS, PRIOR_MEDIAN = 0.30, 3.0, 6.0
SPREAD = 1.2
STANDING_YES, STANDING_MEDIAN = 0.95, 0.25
EASY_KM, KM_FOLD, TIRED_FOLD = 10.0, 60.0, 0.15
SHORTEST = 0.1
HALF_LIFE = timedelta(days=14)
FADES = 0.98
SCARCE_FADES = 0.995


def yes_before(tally: Tally) -> float:
    """Share of asks answered with a yes, with three asks of 30 % assumed before the first."""
    return (PRIOR_ASKS * PRIOR_YES + tally.y) / (PRIOR_ASKS + tally.n)


def chance_of_yes(tally: Tally, km: float, tired: float, *, standing: bool = False) -> float:
    """p̂ of version p1: the chance that this person says yes if asked now. A standing yes counts as .95, whatever came before."""
    if standing:
        return STANDING_YES
    return min(STANDING_YES, yes_before(tally) * math.exp(-max(0.0, km - EASY_KM) / KM_FOLD) * math.exp(-TIRED_FOLD * tired))


def usual_delay(tally: Tally, *, standing: bool = False) -> float:
    """m: the median time to an answer, in asking hours, from their own answers and a start of six hours worth three."""
    if standing:
        return STANDING_MEDIAN
    return math.exp((PRIOR_ASKS * math.log(PRIOR_MEDIAN) + tally.log_delay) / (PRIOR_ASKS + tally.answers))


def share_answered(hours: float, median: float, spread: float = SPREAD) -> float:
    """F: the share of somebody's answers that come within so many hours."""
    return 0.5 * math.erfc(-math.log(hours / median) / (spread * math.sqrt(2))) if hours > 0 else 0.0


def still_live(p_hat: float, answered: float) -> float:
    """Chance that a silent ask still brings a yes."""
    return p_hat * (1 - answered) / (1 - p_hat * answered)


def ask_cost(km: float, load: float, year_share: float, *, tired: float, scarcity: float) -> float:
    """What an ask takes out of somebody, 1 for an easy one: trip, how full their month and year are, tiredness, how rare they are."""
    return 1 + 0.35 * km / 10 + 0.5 * (load**2 + year_share / 4) + 0.5 * tired + 0.18 * scarcity


def need_now(hours_left: float, pressure: float, *, target: float = 0.97, floor: float = 0.5, goal_hours: float = 18.0) -> float:
    """Chance of a yes wanted outstanding now: more the fewer rounds are left, less when everybody has been asked a lot."""
    rounds = max(1.0, min(hours_left, 3 * goal_hours) / goal_hours)
    need = max(floor, 1 - math.pow(1 - target, 1 / rounds))
    return min(need, max(0.35, target / pressure)) if pressure > 1 else need


def faded_tiredness(tired: float, since: datetime | None, now: datetime) -> float:
    """φ now: it halves every fourteen days. An earlier `now` than the last ask: nothing has faded."""
    if since is None:
        return tired
    return tired * math.pow(0.5, max(0.0, (now - since) / HALF_LIFE))


def tally_asked(tally: Tally, now: datetime) -> Tally:
    """The tally after one more ask: older asks and yeses fade, one more is felt."""
    tired = faded_tiredness(tally.tired, tally.tired_at, now) + 1
    return replace(tally, n=tally.n * FADES + 1, y=tally.y * FADES, tired=tired, tired_at=now)


def tally_answered(tally: Tally, hours: float, *, said_yes: bool) -> Tally:
    """The tally after an answer that took so many asking hours."""
    return replace(tally, y=tally.y + said_yes, answers=tally.answers + 1, log_delay=tally.log_delay + math.log(max(SHORTEST, hours)))


def tally_late(tally: Tally, now: datetime) -> Tally:
    """The tally after a yes that came too late: half an ask more is felt."""
    return replace(tally, tired=faded_tiredness(tally.tired, tally.tired_at, now) + 0.5, tired_at=now)


def pressure_of(tallies: Sequence[Tally], now: datetime) -> float:
    """ρ: the mean tiredness of the active volunteers; 0 where there is nobody."""
    return sum(faded_tiredness(one.tired, one.tired_at, now) for one in tallies if one.tired) / len(tallies) if tallies else 0.0


class Sort(NamedTuple):
    """One sort of people, as assumed until logs are there to fit it from: how many are of it, how many asks they answer, how many of their
    answers are a yes to an easy first option, and their median delay in asking hours."""

    share: float
    answers: float
    yes: float
    median: float


SORTS = (Sort(0.25, 0.93, 0.55, 2.0), Sort(0.5, 0.6, 0.4, 6.0), Sort(0.25, 0.08, 0.3, 20.0))
"""Quick to answer; answering when they can; hardly ever (all values are assumptions)."""
STANDING_SORT = Sort(1.0, 0.97, 0.95, 0.1)
SORT_SPREAD = 1.14
FAR_AWAY = -8.0
YES_WEIGHT = 15.7
"""So many answers is the assumed share of yeses worth: people of one sort differ by .12."""
HARDER = 0.75
"""A usual ask is that much less likely to please than an easy one: the trip, and asks felt."""
KM_TIRES, YES_TIRES, ANSWER_TIRES = 40.0, 0.22, 0.11
LATER_OPTION = 0.6
"""An option after the first is that much less likely to be taken."""

_ALL_SORTS = (*SORTS, STANDING_SORT)
_SHARE, _ANSWERS, _YES, _MEDIAN = (np.array(column)[:, None] for column in zip(*_ALL_SORTS, strict=True))
_LN_MEDIAN = np.log(_MEDIAN)
LN_MEDIANS = _LN_MEDIAN[:, 0]
"""Natural log of the median delay by sort; the last sort is that of people who said that the answer is always yes."""
_START = np.log(_SHARE)
_START[-1] = -math.inf
_IS_STANDING = np.array([[float(one is STANDING_SORT)] for one in _ALL_SORTS])
_EVIDENCE = np.hstack(
    (
        np.log(_ANSWERS) - _LN_MEDIAN**2 / (2 * SORT_SPREAD**2),
        np.log(1 - _ANSWERS),
        _LN_MEDIAN / SORT_SPREAD**2,
        np.log(_YES * HARDER),
        np.log(1 - _YES * HARDER),
    )
)
"""How much an answer, a silence, an hour of delay (its natural log), a yes and a no speak for each sort."""


@dataclass(frozen=True, slots=True)
class Hopes:
    """What asking people brings, by sort (first axis, as LN_MEDIANS) and person: `yes` the chance that they are of the sort and answer with
    a yes, `answer` that of any answer."""

    yes: Floats
    answer: Floats

    def within(self, hours: Sequence[float]) -> Floats:
        """Chance of a yes within so many hours, for each of them and each person."""
        return np.asarray(share_within(np.array(hours)[:, None], LN_MEDIANS) @ self.yes)


def share_within(hours: Floats, ln_median: Floats) -> Floats:
    """F over arrays; 0 where no time is left."""
    return normal_share(np.maximum((np.log(np.maximum(hours, 1e-9)) - ln_median) / SORT_SPREAD, FAR_AWAY))


def normal_share(away: Floats) -> Floats:
    """Φ over arrays, to 1.5 in ten thousand (Page 1977): as exact as anything that is assumed here, and quick."""
    return 1 / (1 + np.exp(away * (-1.5976 - 0.070565992 * away * away)))


def share_by(ln_hours: float, ln_median: float) -> float:
    """F of one person and moment, where arrays would only cost time."""
    away = (ln_hours - ln_median) / SORT_SPREAD
    if away < FAR_AWAY:
        away = FAR_AWAY
    return 1 / (1 + math.exp(away * (-1.5976 - 0.070565992 * away * away)))


def sorts_of(n: Floats, y: Floats, answers: Floats, *, log_delay: Floats, standing: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Of which sort people are, judging by their tallies: shares, and chances of a yes when answering, by sort and person. Somebody who said
    that the answer is always yes is of the last sort, whatever their tally says."""
    told = np.array((answers, np.maximum(n - answers, 0), log_delay, y, np.maximum(answers - y, 0)))
    weight = _START + _EVIDENCE @ told
    weight = np.exp(weight - weight.max(axis=0))
    weight[:, standing] = _IS_STANDING
    yes = np.minimum(STANDING_YES, (y + YES_WEIGHT * _YES) / (answers * HARDER + YES_WEIGHT))
    yes[-1] = STANDING_SORT.yes
    return weight / weight.sum(axis=0), yes


def hopes_of(sorts: tuple[Floats, Floats], kms: Floats, tired: Floats) -> Hopes:
    """What asking brings. `kms`: the trip by option (first axis: the first that they can do, and so on) and person; infinite where there is no other."""
    share, yes = sorts
    eager = np.exp((EASY_KM - np.maximum(EASY_KM, kms)) / KM_TIRES - YES_TIRES * tired)
    eager[1:] *= LATER_OPTION
    none = 1 - np.minimum(STANDING_YES, yes * eager[0])
    for later in eager[1:]:
        none *= 1 - np.minimum(STANDING_YES, yes * later)
    answer = share * _ANSWERS * np.exp(-ANSWER_TIRES * tired)
    return Hopes(answer * (1 - none), answer)
