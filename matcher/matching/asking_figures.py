"""The sums behind a decision of `product`: what asking each person would bring and cost, and what is to be hoped from those asked already."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np

from matcher.matching.asking_hours import AskingHours
from matcher.matching.asking_settings import Weights
from matcher.matching.asking_view import STANDING, AskingView, Candidate, Hope, Offer
from matcher.matching.chances import HALF_LIFE, SORTS, Floats, Hopes, hopes_of, share_within, sorts_of

HOUR_SECONDS = 3600.0
LIVE_FROM = 0.02
"""A silent ask counts as live while its chance of a coming yes is over this."""
BUNDLED = 0.5
"""What is shown in a letter about another referral is that much less likely to be taken."""
UNKNOWN_HOPES: tuple[Hope, ...] = tuple(
    (one.share * one.answers * one.yes, one.share * one.answers, float(np.log(one.median))) for one in SORTS
)


@lru_cache(maxsize=65536)
def asking_clock(at: datetime, hours: AskingHours) -> float:
    """Asking hours since a day long ago: the difference of two is the asking time between them. Clock changes fall outside asking hours."""
    local = at.astimezone(hours.zone)
    opens = hours.asks_from.hour + hours.asks_from.minute / 60
    length = hours.asks_until.hour + hours.asks_until.minute / 60 - opens
    clock = local.hour + local.minute / 60 + (local.second + local.microsecond / 1e6) / HOUR_SECONDS
    return local.toordinal() * length + min(max(clock - opens, 0.0), length)


@dataclass(frozen=True, slots=True)
class Outlook:
    """By when a yes is worth what: weights and asking hours left, the deadline first; `busy`: how much dearer asks are under pressure."""

    worth: Floats
    left: Floats
    weights: Weights
    busy: float

    @property
    def until_deadline(self) -> float:
        """S: asking hours to the deadline."""
        return float(self.left[0])


@dataclass(frozen=True, slots=True)
class Missing:
    """By horizon the chance of no yes at all, and that of one yes where two seats are open: need is reckoned for each open seat (matching 8.6)."""

    none: Floats
    one: Floats
    seats: int = 1

    @property
    def short(self) -> Floats:
        """The chance that a seat stays empty."""
        return self.none + self.one

    def after(self, gain: Floats) -> "Missing":
        """The same once somebody more is asked, who brings a yes with this chance."""
        one = self.one * (1 - gain) + self.none * gain if self.seats > 1 else self.one
        return Missing(self.none * (1 - gain), one, self.seats)


@dataclass(frozen=True, slots=True)
class Outstanding:
    """Asks without an answer: what will still be missing by each horizon, the chance that a seat is still empty in an hour, and how many are live."""

    missing: Missing
    soon: Missing
    live: int


@dataclass(frozen=True, slots=True)
class Crowd:
    """Candidates in the order they were given: by horizon the chance of a yes if asked now, and if asked an hour later; of one within the next
    hour; chance at all; price; index. `hopes` by sort."""

    people: Sequence[Candidate]
    gain: Floats
    gain_later: Floats
    soon: Floats
    p_hat: Floats
    price: Floats
    index: Floats
    tired: Floats
    hopes: Hopes

    def in_order(self) -> list[int]:
        """Best index first; of equals whoever was asked less, then the lower roster number."""
        number = [person.number for person in self.people]
        asked = [person.tally.n for person in self.people]
        best_first: list[int] = np.lexsort(np.array([number, asked, -np.round(self.index, 12)])).tolist()
        return best_first

    def hopes_for(self, place: int) -> tuple[Hope, ...]:
        """What is to be expected of asking one person, to be kept with the ask."""
        hopes = self.hopes
        return tuple(zip(hopes.yes[:, place].tolist(), hopes.answer[:, place].tolist(), hopes.ln_median[:, place].tolist(), strict=True))


def outlook_of(view: AskingView, hours: AskingHours, weights: Weights) -> Outlook:
    """When a yes is worth what. Horizons that have passed are left out."""
    now = asking_clock(view.now, hours)
    left = [(1.0, max(0.0, asking_clock(view.deadline, hours) - now))]
    for worth, length in ((weights.in_a_day, 24.0), (weights.soon, weights.soon_hours)):
        until = asking_clock(_later(view.submitted_at, length), hours) - now
        if worth > 0 and until > 0:
            left.append((worth, min(until, left[0][1])))
    busy = 1 + weights.busy * max(0.0, view.pressure - weights.busy_from)
    return Outlook(np.array([worth for worth, _ in left]), np.array([hours_left for _, hours_left in left]), weights, busy)


def _later(at: datetime, hours: float) -> datetime:
    return datetime.fromtimestamp(at.timestamp() + hours * HOUR_SECONDS, tz=at.tzinfo)


def outstanding_of(view: AskingView, hours: AskingHours, outlook: Outlook) -> Outstanding:
    """What may still come of silent asks. Silence makes a yes less likely: those who answer at all mostly do it soon."""
    silent = [offer for offer in view.offers if offer.state in STANDING]
    if not silent:
        return Outstanding(_missing(np.zeros((len(outlook.left), 1)), view), _missing(np.zeros((1, 1)), view), 0)
    hopes = np.array([_hopes(offer) for offer in silent]).transpose(2, 1, 0)
    yes, answer, ln_median = hopes
    now = asking_clock(view.now, hours)
    age = np.array([max(0.0, now - asking_clock(offer.shown_at, hours)) for offer in silent])
    ahead = np.array([0.0, *outlook.left.tolist(), outlook.weights.ahead])[:, None]
    shares = share_within((age + ahead)[:, None, :], ln_median[None])
    passed = shares[0]
    coming = shares[1:] - passed
    silence = 1 - (answer * passed).sum(axis=0)
    chance = np.minimum(0.999, (yes * coming).sum(axis=1) / np.maximum(1e-9, silence))
    return Outstanding(_missing(chance[:-1], view), _missing(chance[-1:], view), int((chance[0] > LIVE_FROM).sum()))


def _missing(chance: Floats, view: AskingView) -> Missing:
    """Chances of a yes by horizon and ask as chances of too few."""
    none = np.prod(1 - chance, axis=1)
    one = none * (chance / (1 - chance)).sum(axis=1) if view.seats_open > 1 else np.zeros(len(none))
    return Missing(none, one, view.seats_open)


def _hopes(offer: Offer) -> list[tuple[float, float, float]]:
    share = BUNDLED if offer.bundled else 1.0
    hopes = offer.hopes or UNKNOWN_HOPES
    padded = [*hopes, *[(0.0, 0.0, 0.0)] * (len(SORTS) - len(hopes))]
    return [(yes * share, answer, ln_median) for yes, answer, ln_median in padded]


def crowd_of(view: AskingView, people: Sequence[Candidate], outlook: Outlook) -> Crowd:
    """Everything a decision needs to know about who could be asked."""
    now, half_life, weights = view.now, HALF_LIFE.total_seconds(), outlook.weights
    rows = [
        (
            one.tally.n,
            one.tally.y,
            one.tally.answers,
            one.tally.log_delay,
            one.tally.tired,
            one.tally.scarce,
            one.load,
            (now - one.tally.tired_at).total_seconds() if one.tally.tired_at else 0.0,
        )
        for one in people
    ]
    n, y, answers, log_delay, tired, scarce, load, since = np.array(rows).T
    tired = tired * 0.5 ** (np.maximum(0, since) / half_life)
    standing = np.array([one.standing for one in people])
    hopes = hopes_of(sorts_of(n, y, answers, log_delay=log_delay, standing=standing), _kms(people), tired)
    ahead = weights.ahead
    spans = np.concatenate((outlook.left, np.maximum(0, outlook.left - ahead), [ahead]))
    brings = hopes.within(spans[:, None])
    count = len(outlook.left)
    p_hat = hopes.yes.sum(axis=0)
    rarity = scarce / view.mean_scarcity if view.mean_scarcity > 0 else 0.0
    tires = weights.tires + weights.tired * tired + weights.scarce * rarity + weights.load * load**2
    price = p_hat * tires * outlook.busy + weights.letter
    return Crowd(
        people=people,
        gain=brings[:count],
        gain_later=brings[count:-1],
        soon=brings[-1],
        p_hat=p_hat,
        price=price,
        index=outlook.worth @ brings[:count] / price,
        tired=tired,
        hopes=hopes,
    )


def _kms(people: Sequence[Candidate]) -> Floats:
    """Trips by option and person, infinite where there is no such option. No trip known: none counted (online)."""
    trips = [[km or 0.0 for km in one.kms or (one.km,) * max(1, len(one.options))] for one in people]
    most = max(map(len, trips))
    missing = [float("inf")] * most
    return np.array([(trip + missing)[:most] for trip in trips]).T
