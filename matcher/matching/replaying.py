"""What if: the referrals of some months once more, with another policy or a wider reach; who is asked, who says yes, and how much that asks of people.

It plays coded referrals in their order of time. Answers that were given are used as they were; others are drawn from the habits fitted to the log,
and are counted, so that the reader knows how much of it is guessed. No name, no clock, nothing is sent.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID
from zoneinfo import ZoneInfo

from matcher.domain.availability import block_of
from matcher.domain.journey_word import OfferState
from matcher.domain.option import OptionKey
from matcher.domain.referral import ReferralId
from matcher.domain.volunteer import VolunteerId
from matcher.matching.asking_view import LIVE, AskingView, Candidate, Offer
from matcher.matching.habits import Habit, Heard
from matcher.matching.policies import Policy

LEAD = timedelta(hours=2)
APART = timedelta(hours=3)
"""Nobody goes to two meetings that start less than this apart."""
OPEN_LETTER = timedelta(hours=24)
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One volunteer by number, with their limits and habit."""

    id: UUID
    number: int
    letters: int
    going_cap: int
    habit: Habit


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One referral: `could` holds for each person who could go when each option starts and how far it is; `heard` what some of them answered."""

    id: UUID
    sent_at: datetime
    zone: ZoneInfo
    seats: int
    could: Mapping[int, Mapping[OptionKey, tuple[datetime, float]]]
    heard: Mapping[int, Heard]

    @property
    def deadline(self) -> datetime:
        """The last moment for a yes."""
        starts = [starts_at for options in self.could.values() for starts_at, _ in options.values()]
        return max(starts, default=self.sent_at + LEAD) - LEAD


@dataclass(slots=True)
class Told:
    """What a replay came to. `drawn` of `played` answers were drawn; `waited_hours` to the first yes of those who found somebody."""

    referrals: int = 0
    filled: int = 0
    filled_in_a_day: int = 0
    letters: int = 0
    played: int = 0
    drawn: int = 0
    waited_hours: list[float] = field(default_factory=list)
    letters_of: dict[int, int] = field(default_factory=lambda: defaultdict(int))


@dataclass(slots=True)
class _Open:
    """One referral under way."""

    case: Case
    offers: dict[int, Offer] = field(default_factory=dict)
    seats_left: int = 0
    fixed: OptionKey | None = None
    first_yes_at: datetime | None = None
    look_number: int = 0


@dataclass(slots=True)
class _Life:
    """What one person's weeks look like so far."""

    asked_at: list[datetime] = field(default_factory=list)
    going: list[datetime] = field(default_factory=list)


class _Replay:
    def __init__(self, cases: Sequence[Case], people: Mapping[int, Person], policy: Policy, *, seed: int, step: Callable[[], None]) -> None:
        self.people, self.policy, self.seed, self.step = people, policy, seed, step
        self.open = [_Open(case, seats_left=case.seats) for case in cases]
        self.lives: dict[int, _Life] = defaultdict(_Life)
        self.told = Told(referrals=len(cases))
        self.number = count()
        self.events: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        for one in self.open:
            self._look_at(one, one.case.sent_at)

    def play(self) -> Told:
        """Everything in its order of time."""
        while self.events:
            now, _, happens = heapq.heappop(self.events)
            happens(now)
        for one in self.open:
            if one.first_yes_at and not one.seats_left:
                hours = (one.first_yes_at - one.case.sent_at) / timedelta(hours=1)
                self.told.filled += 1
                self.told.filled_in_a_day += hours <= 24
                self.told.waited_hours.append(hours)
        return self.told

    def _push(self, at: datetime, happens: Callable[[datetime], None]) -> None:
        heapq.heappush(self.events, (at, next(self.number), happens))

    def _look_at(self, one: _Open, at: datetime) -> None:
        """Look once more, at this moment; any look set before is off."""
        one.look_number += 1
        look = one.look_number
        self._push(at, lambda now: self._look(one, now) if look == one.look_number else None)

    def _look(self, one: _Open, now: datetime) -> None:
        if one.look_number == 1:
            self.step()
        if not one.seats_left or now >= one.case.deadline:
            return
        decision = self.policy(self._view(one, now))
        for ask in decision.asks:
            number = next(n for n in one.case.could if self.people[n].id == ask.volunteer)
            self._ask(one, number, now, wave=ask.wave)
        if decision.look_again_at and decision.look_again_at > now:
            self._look_at(one, decision.look_again_at)

    def _view(self, one: _Open, now: datetime) -> AskingView:
        candidates = tuple(
            made for number in one.case.could if number not in one.offers and (made := self._candidate(one, number, now)) is not None
        )
        return AskingView(
            now=now,
            referral=ReferralId(one.case.id),
            submitted_at=one.case.sent_at,
            asking_since=one.case.sent_at,
            deadline=one.case.deadline,
            zone=one.case.zone,
            eligible_count=len(candidates),
            candidates=candidates,
            offers=tuple(one.offers.values()),
        )

    def _candidate(self, one: _Open, number: int, now: datetime) -> Candidate | None:
        person, life = self.people[number], self.lives[number]
        lately = [at for at in life.asked_at if now - at < WEEK]
        options = self._options(one, number, now)
        if not options or len(lately) >= person.letters or any(now - at < OPEN_LETTER for at in lately):
            return None
        km, starts_at = min((one.case.could[number][key][1], one.case.could[number][key][0]) for key in options)
        load = sum(block_of(at.date()) == block_of(starts_at.date()) for at in life.going)
        return Candidate(
            volunteer=VolunteerId(person.id),
            number=person.number,
            options=options,
            km=km,
            load=(load + 1) / person.going_cap,
            going_cap=person.going_cap,
            last_asked_at=life.asked_at[-1] if life.asked_at else None,
            letters_this_week=len(lately),
        )

    def _options(self, one: _Open, number: int, now: datetime) -> tuple[OptionKey, ...]:
        """What this person can still say yes to."""
        person, life = self.people[number], self.lives[number]
        return tuple(
            key
            for key, (starts_at, _) in one.case.could[number].items()
            if starts_at - LEAD > now
            and one.fixed in (None, key)
            and all(abs(at - starts_at) >= APART for at in life.going)
            and sum(block_of(at.date()) == block_of(starts_at.date()) for at in life.going) < person.going_cap
        )

    def _ask(self, one: _Open, number: int, now: datetime, *, wave: int) -> None:
        person = self.people[number]
        one.offers[number] = Offer(volunteer=VolunteerId(person.id), shown_at=now, state=OfferState.SENT, wave=wave)
        self.lives[number].asked_at.append(now)
        self.told.letters += 1
        self.told.letters_of[number] += 1
        heard = one.case.heard.get(number)
        self.told.played += 1
        self.told.drawn += heard is None
        heard = heard or person.habit.draw(f"{self.seed} {one.case.id} {person.number}")
        if heard.says_yes is None:
            self._push(now + OPEN_LETTER, lambda _: self._becomes(one, number, OfferState.EXPIRED))
        else:
            says_yes = heard.says_yes
            self._push(now + timedelta(hours=heard.hours), lambda at: self._answer(one, number, at, says_yes=says_yes))

    def _becomes(self, one: _Open, number: int, state: OfferState) -> None:
        if one.offers[number].state in LIVE:
            one.offers[number] = replace(one.offers[number], state=state)

    def _answer(self, one: _Open, number: int, now: datetime, *, says_yes: bool) -> None:
        options = self._options(one, number, now)
        if not says_yes or not options or now >= one.case.deadline:
            self._becomes(one, number, OfferState.DECLINED)
            self._look_at(one, now)
        elif not one.seats_left:
            self._becomes(one, number, OfferState.COVERED)
        else:
            self._becomes(one, number, OfferState.ACCEPTED)
            one.fixed, one.first_yes_at = options[0], one.first_yes_at or now
            one.seats_left -= 1
            self.lives[number].going.append(one.case.could[number][options[0]][0])


def replay(
    cases: Sequence[Case], people: Mapping[int, Person], policy: Policy, *, seed: int, step: Callable[[], None] = lambda: None
) -> Told:
    """Play these referrals with a policy. The same arguments come to the same figures; policies differ only by whom they ask when.

    `step` is called once for each referral, for a progress bar.
    """
    return _Replay(cases, people, policy, seed=seed, step=step).play()


def gini(figures: Sequence[int]) -> float:
    """How unevenly something is shared: 0 for all alike, near 1 where one has everything."""
    ordered, total = sorted(figures), sum(figures)
    if not total:
        return 0.0
    weighted = sum(place * figure for place, figure in enumerate(ordered, start=1))
    return 2 * weighted / (len(ordered) * total) - (len(ordered) + 1) / len(ordered)
