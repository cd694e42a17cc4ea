"""The sums behind a decision of `product`: what asking each person would bring and cost, and what is to be hoped from those asked already."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import chain, zip_longest

import numpy as np
from numpy.typing import NDArray

from matcher.matching.asking_hours import AskingHours
from matcher.matching.asking_settings import Weights
from matcher.matching.asking_view import STANDING, AskingView, Candidate, Hope, Offer
from matcher.matching.chances import HALF_LIFE, LN_MEDIANS, SORTS, Floats, Hopes, hopes_of, share_by, sorts_of

Whole = NDArray[np.int64]
HOUR = timedelta(hours=1)
LIVE_FROM = 0.02
"""A silent ask counts as live while its chance of a coming yes is over this."""
BUNDLED = 0.5
"""What is shown in a letter about another referral is that much less likely to be taken."""
SHORTEST_SPAN, SUREST = 1e-9, 0.999
HALF_LIFE_SECONDS = HALF_LIFE.total_seconds()
UNKNOWN_HOPES: tuple[Hope, ...] = tuple(
    (one.share * one.answers * one.yes, one.share * one.answers, float(np.log(one.median))) for one in SORTS
)


@lru_cache(maxsize=65536)
def asking_clock(at: datetime, hours: AskingHours) -> float:
    """Asking hours since a day long ago: the difference of two is the asking time between them. Clock changes fall outside asking hours."""
    local = at.astimezone(hours.zone)
    opens = hours.asks_from.hour + hours.asks_from.minute / 60
    length = hours.asks_until.hour + hours.asks_until.minute / 60 - opens
    clock = local.hour + local.minute / 60 + (local.second + local.microsecond / 1e6) / 3600
    return local.toordinal() * length + min(max(clock - opens, 0.0), length)


@dataclass(frozen=True, slots=True)
class Outlook:
    """By when a yes is worth what: weights and asking hours left, the deadline first; `busy`: how much dearer asks are under pressure."""

    worth: tuple[float, ...]
    left: tuple[float, ...]
    weights: Weights
    busy: float

    @property
    def until_deadline(self) -> float:
        """S: asking hours to the deadline."""
        return self.left[0]


@dataclass(frozen=True, slots=True)
class Missing:
    """By horizon the chance of no yes at all, and that of one yes where two seats are open: need is reckoned for each open seat (matching 8.6)."""

    none: Floats
    one: Floats
    seats: int = 1

    @property
    def short(self) -> Floats:
        """The chance that a seat stays empty."""
        return self.none + self.one if self.seats > 1 else self.none

    def after(self, gain: Floats | float) -> "Missing":
        """The same once somebody more is asked, who brings a yes with this chance."""
        return Missing(self.none * (1 - gain), self.one * (1 - gain) + self.none * gain, self.seats)

    def after_all(self, gains: Floats) -> "Missing":
        """The same once many more are asked, by horizon (first axis) and person; nobody's yes is certain."""
        nobody = (1 - gains).prod(axis=1)
        return Missing(self.none * nobody, nobody * (self.one + self.none * (gains / (1 - gains)).sum(axis=1)), self.seats)


@dataclass(frozen=True, slots=True)
class Outstanding:
    """Asks without an answer: what will still be missing by each horizon, the chance that a seat is still empty in an hour, and how many are live."""

    missing: Missing
    soon: Missing
    live: int


@dataclass(frozen=True, slots=True)
class Crowd:
    """Candidates in the order they were given: by horizon the chance of a yes if asked now, and how much of it an hour's waiting would lose; of
    one within the next hour; chance at all; price; index, and the same without the digits in which equals differ by chance. `hopes` by sort."""

    people: Sequence[Candidate]
    gain: Floats
    gain_lost: Floats
    soon: Floats
    p_hat: Floats
    price: Floats
    index: Floats
    order: Floats
    tired: Floats
    hopes: Hopes

    def best_of(self, places: Whole) -> int:
        """The best index; of equals whoever was asked less, then the lower roster number."""
        equals: list[int] = places[self.order[places] == self.order[places].max()].tolist()
        return min(equals, key=self._before_equals)

    def rank_of(self, place: int) -> int:
        """1 for the best index."""
        equals = np.flatnonzero(self.order == self.order[place]).tolist()
        mine = self._before_equals(place)
        return 1 + int((self.order > self.order[place]).sum()) + sum(self._before_equals(other) < mine for other in equals)

    def _before_equals(self, place: int) -> tuple[float, int]:
        return self.people[place].tally.n, self.people[place].number

    def hopes_for(self, place: int) -> tuple[Hope, ...]:
        """What is to be expected of asking one person, to be kept with the ask: of each sort they may be of."""
        yes, answer = self.hopes.yes[:, place].tolist(), self.hopes.answer[:, place].tolist()
        return tuple(hope for hope in zip(yes, answer, LN_MEDIANS.tolist(), strict=True) if hope[1] > 0)


def outlook_of(view: AskingView, hours: AskingHours, weights: Weights, *, only_deadline: bool = False) -> Outlook:
    """When a yes is worth what. Horizons that have passed are left out, and all but the deadline where nobody is left to be weighed."""
    now = asking_clock(view.now, hours)
    worths, left = [1.0], [max(0.0, asking_clock(view.deadline, hours) - now)]
    horizons = () if only_deadline else ((weights.in_a_day, 24.0), (weights.soon, weights.soon_hours))
    for worth, length in horizons:
        until = asking_clock(view.submitted_at.astimezone(UTC) + length * HOUR, hours) - now
        if worth > 0 and until > 0:
            worths.append(worth)
            left.append(min(until, left[0]))
    busy = 1 + weights.busy * max(0.0, view.pressure - weights.busy_from)
    return Outlook(tuple(worths), tuple(left), weights, busy)


def outstanding_of(view: AskingView, hours: AskingHours, outlook: Outlook) -> Outstanding:
    """What may still come of silent asks. They are few, so plain sums are quicker than arrays."""
    spans = (*outlook.left, outlook.weights.ahead)
    none, one, live = [1.0] * len(spans), [0.0] * len(spans), 0
    now = asking_clock(view.now, hours)
    for offer in view.offers:
        if offer.state in STANDING:
            chances = _coming(offer, max(0.0, now - asking_clock(offer.shown_at, hours)), spans)
            if view.seats_open > 1:  # of one seat nobody reads it, and this is where a decision spends its time
                one = [once * (1 - chance) + never * chance for once, never, chance in zip(one, none, chances, strict=True)]
            none = [never * (1 - chance) for never, chance in zip(none, chances, strict=True)]
            live += chances[0] > LIVE_FROM
    seats, (nones, ones) = view.seats_open, np.array((none, one))
    return Outstanding(Missing(nones[:-1], ones[:-1], seats), Missing(nones[-1:], ones[-1:], seats), live)


def _coming(offer: Offer, age: float, spans: Sequence[float]) -> list[float]:
    """Chance that a silent ask brings a yes within each span. Silence makes that less likely: those who answer at all mostly do it soon."""
    ln_age, ln_then = math.log(max(age, SHORTEST_SPAN)), [math.log(max(age + span, SHORTEST_SPAN)) for span in spans]
    silence, coming = 1.0, [0.0] * len(spans)
    for yes, answer, ln_median in offer.hopes or UNKNOWN_HOPES:
        passed = share_by(ln_age, ln_median)
        silence -= answer * passed
        for place, ln_hours in enumerate(ln_then):
            coming[place] += yes * (share_by(ln_hours, ln_median) - passed)
    part = (BUNDLED if offer.bundled else 1.0) / max(1e-9, silence)
    return [min(SUREST, yes * part) for yes in coming]


def crowd_of(view: AskingView, people: Sequence[Candidate], outlook: Outlook) -> Crowd:
    """Everything a decision needs to know about who could be asked."""
    now, weights = view.now, outlook.weights
    rows = [
        (tally.n, tally.y, tally.answers, tally.log_delay, tally.tired, (now - tally.tired_at).total_seconds() if tally.tired_at else 0.0)
        for tally in (one.tally for one in people)
    ]
    n, y, answers, log_delay, tired, since = _column(chain.from_iterable(rows), 6 * len(rows)).reshape(-1, 6).T
    tired = tired * 0.5 ** (np.maximum(0, since) / HALF_LIFE_SECONDS)
    sorts = sorts_of(n, y, answers, log_delay=log_delay, standing=np.array([one.standing for one in people]))
    hopes = hopes_of(sorts, _kms(people), tired)
    count = len(outlook.left)
    brings = hopes.within((*outlook.left, *(max(0.0, left - weights.ahead) for left in outlook.left), weights.ahead))
    gain, p_hat = brings[:count], hopes.yes.sum(axis=0)
    price = p_hat * _tires(view, people, tired, weights) * outlook.busy + weights.letter
    index = outlook.worth @ gain / price
    return Crowd(
        people=people,
        gain=gain,
        gain_lost=gain - brings[count:-1],
        soon=brings[-1],
        p_hat=p_hat,
        price=price,
        index=index,
        order=np.round(index, 12),
        tired=tired,
        hopes=hopes,
    )


def _tires(view: AskingView, people: Sequence[Candidate], tired: Floats, weights: Weights) -> Floats:
    """What an ask takes out of each, for each yes it may bring."""
    tires = weights.tires + weights.tired * tired
    if weights.load:
        tires += weights.load * _column([one.load for one in people], len(people)) ** 2
    if weights.scarce and view.mean_scarcity > 0:
        tires += weights.scarce / view.mean_scarcity * _column([one.tally.scarce for one in people], len(people))
    return tires


def _kms(people: Sequence[Candidate]) -> Floats:
    """Trips by option and person, infinite where there is no such option. No trip known: none counted (online)."""
    trips = [one.kms or (one.km,) * len(one.options) for one in people]
    return np.array([_column([km or 0.0 for km in option], len(option)) for option in zip_longest(*trips, fillvalue=math.inf)])


def _column(figures: Iterable[float], count: int) -> Floats:
    return np.fromiter(figures, np.float64, count)
