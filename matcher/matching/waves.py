"""The simple waves: three at a time, asked longest ago first, each no replaced at once, the next wave when the gap is over.

Policies `round_robin_wave3_4h` and `round_robin_wave3_12h` (matching 8.8), with the short-notice values of journeys 6. No roster, no clock.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType

from matcher.domain.errors import Misconfigured
from matcher.domain.journey_word import OfferState
from matcher.matching.asking_hours import AskingHours, add_asking_hours, asking_hours_between, next_asking_moment
from matcher.matching.asking_view import LIVE, STANDING, Ask, AskDecision, AskingView, AskReason, Candidate, Claim, DecisionReason

HOUR = timedelta(hours=1)
JUST_AFTER = timedelta(seconds=1)


class WrongWave(Misconfigured):
    """A wave asks 1 to 10 people, up to 10 times, with a gap that is longer than nothing and shorter on short notice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveSettings:
    """One wave policy. All lengths in asking hours but `short_notice`, `urgent` and `lead`, which are by the clock before the start.

    Raises WrongWave for values that cannot be, and WrongHours (from choosing) for asking hours outside 07:00 to 22:00.
    """

    policy: str = "round_robin_wave3_4h"
    wave_size: int = 3
    gap: timedelta = timedelta(hours=4)
    waves_most: int = 3
    short_notice: timedelta = timedelta(hours=12)
    short_gap: timedelta = timedelta(minutes=30)
    urgent: timedelta = timedelta(hours=3)
    live_most: int = 10
    lead: timedelta = timedelta(hours=2)
    asks_from: time = time(8)
    asks_until: time = time(21)

    def __post_init__(self) -> None:
        counts_fit = 1 <= self.wave_size <= self.live_most <= 10 and 1 <= self.waves_most <= 10
        if not counts_fit or not timedelta(0) < self.short_gap <= self.gap or not timedelta(0) <= self.lead:
            raise WrongWave


WAVE_4H = WaveSettings()
WAVE_POLICIES: Mapping[str, WaveSettings] = MappingProxyType(
    {WAVE_4H.policy: WAVE_4H, "round_robin_wave3_12h": WaveSettings(policy="round_robin_wave3_12h", gap=timedelta(hours=12))}
)


@dataclass(frozen=True, slots=True)
class _Wave:
    """The wave under way: its number (0: none yet), when it began, and how many of it may still come."""

    number: int
    began_at: datetime
    standing: int


@dataclass(frozen=True, slots=True)
class _Turn:
    """What one decision reads, and what follows from it at once."""

    view: AskingView
    settings: WaveSettings
    hours: AskingHours

    @property
    def starts_at(self) -> datetime:
        """When the latest option starts."""
        return self.view.deadline + self.settings.lead

    @property
    def is_urgent(self) -> bool:
        return self.starts_at - self.view.now < self.settings.urgent

    @property
    def gap(self) -> timedelta:
        """How long a wave has for itself: shorter once the start is near."""
        near = self.starts_at - self.view.now < self.settings.short_notice
        return self.settings.short_gap if near else self.settings.gap

    @property
    def live(self) -> int:
        return sum(offer.state in LIVE for offer in self.view.offers)

    @property
    def room(self) -> int:
        """How many more may be asked before too many wait for an answer at once: never a broadcast."""
        return self.settings.live_most - self.live

    def is_over(self, since: datetime, length: timedelta) -> bool:
        """Whether so much asking time has passed; none has if the event lies ahead."""
        return asking_hours_between(since, self.view.now, self.hours) >= length


def choose_wave(view: AskingView, settings: WaveSettings = WAVE_4H) -> AskDecision:
    """Whom to ask now. A pure function of what it is given: the same view gives the same decision, and asking again asks nobody twice.

    Reasons with `needs_person` mean that the machine is at its end and a coordinator must be told.
    """
    turn = _Turn(view, settings, AskingHours(view.zone, settings.asks_from, settings.asks_until))
    if view.now >= view.deadline:
        return AskDecision(asks=(), reason=DecisionReason.DEADLINE_PASSED, look_again_at=None)
    opens = next_asking_moment(view.now, turn.hours)
    if opens >= view.deadline:
        return _nobody(turn, DecisionReason.NO_HOURS_LEFT)
    if opens > view.now:
        return _nobody(turn, DecisionReason.OUTSIDE_HOURS, opens)
    return _claim_first(turn) or _next_wave(turn)


def _claim_first(turn: _Turn) -> AskDecision | None:
    """Somebody with a claim is asked alone and has the gap for an answer; None when the others are next."""
    for claim in turn.view.claims:
        answers = [o for o in turn.view.offers if o.volunteer == claim.candidate.volunteer and o.shown_at >= claim.since]
        if not answers:
            return _ask(turn, [claim.candidate], DecisionReason.CLAIM, claim=claim) if turn.room > 0 else None
        last = max(answers, key=lambda offer: offer.shown_at)
        if last.state in LIVE and not turn.is_urgent and not turn.is_over(last.shown_at, turn.gap):
            return _nobody(turn, DecisionReason.WAITING_FOR_CLAIM, *_due(turn, last.shown_at))
    return None


def _next_wave(turn: _Turn) -> AskDecision:
    """The people of a wave, those who replace somebody in it, or the reason why nobody is asked."""
    wave, unasked = _current_wave(turn.view), _unasked(turn.view)
    if not unasked and not turn.live:
        return _nobody(turn, DecisionReason.ALL_DECLINED if turn.view.offers else DecisionReason.NO_CANDIDATE)
    number, want, reason = _wanted(turn, wave)
    if reason is DecisionReason.WAVES_OVER:
        return _nobody(turn, reason)
    chosen = unasked[: max(0, min(want, turn.room))]
    if chosen:
        return _ask(
            turn, chosen, reason, wave=replace(wave, number=number, began_at=wave.began_at if number == wave.number else turn.view.now)
        )
    waiting = DecisionReason.ENOUGH_ASKED if want > 0 and unasked else DecisionReason.WAITING
    return _nobody(turn, waiting, *_due(turn, wave.began_at), turn.view.now + HOUR)


def _wanted(turn: _Turn, wave: _Wave) -> tuple[int, int, DecisionReason]:
    """The wave to ask in, how many more it wants, and why."""
    settings = turn.settings
    if turn.is_urgent:
        return max(wave.number, 1), settings.live_most, DecisionReason.SHORT_NOTICE
    if wave.number == 0:
        return 1, settings.wave_size, DecisionReason.WAVE
    if not turn.is_over(wave.began_at, turn.gap):
        return wave.number, settings.wave_size - wave.standing, DecisionReason.REPLACED
    if wave.number >= settings.waves_most:
        return wave.number, 0, DecisionReason.WAVES_OVER
    return wave.number + 1, settings.wave_size, DecisionReason.WAVE


def _current_wave(view: AskingView) -> _Wave:
    """Waves since asking began, or began anew; asks by hand and on a claim are outside them."""
    offers = [offer for offer in view.offers if offer.wave > 0 and offer.shown_at >= view.asking_since]
    number = max((offer.wave for offer in offers), default=0)
    mine = [offer for offer in offers if offer.wave == number]
    return _Wave(number, min((o.shown_at for o in mine), default=view.now), sum(o.state in STANDING for o in mine))


def _unasked(view: AskingView) -> list[Candidate]:
    """Whoever was not asked, longest ago first: never asked first of all, then by roster number.

    "Another day" said before asking began anew leaves somebody free for the options that came since.
    """
    asked = {o.volunteer for o in view.offers if not (o.state is OfferState.NOT_NOW and o.shown_at < view.asking_since)}
    free = {candidate.volunteer: candidate for candidate in reversed(view.candidates) if candidate.volunteer not in asked}
    return sorted(free.values(), key=lambda c: (c.last_asked_at is not None, c.last_asked_at or view.now, c.number))


def _due(turn: _Turn, since: datetime) -> list[datetime]:
    """When a gap that began then can be over: after its length, or sooner once the start is near."""
    near = turn.starts_at - turn.settings.short_notice + JUST_AFTER
    full, short = (add_asking_hours(since, length, turn.hours) for length in (turn.settings.gap, turn.settings.short_gap))
    return [full, max(near, short), turn.starts_at - turn.settings.urgent + JUST_AFTER]


def _look_again_at(turn: _Turn, moments: Iterable[datetime]) -> datetime:
    """The earliest of the moments ahead at which people may be asked; today's end if no asking hours come after it; else the deadline."""
    view = turn.view
    closes = turn.hours.of_day(view.now.astimezone(turn.hours.zone).date())[1]
    last_hours = [closes] if view.now < closes and next_asking_moment(closes, turn.hours) >= view.deadline else []
    ahead = [next_asking_moment(moment, turn.hours) for moment in moments if moment > view.now]
    return min([*ahead, *last_hours, view.deadline])


def _nobody(turn: _Turn, reason: DecisionReason, *moments: datetime) -> AskDecision:
    """Nobody now; look again at one of the moments, or at the deadline when a person takes over."""
    return AskDecision(asks=(), reason=reason, look_again_at=_look_again_at(turn, moments) if moments else turn.view.deadline)


def _ask(
    turn: _Turn, chosen: list[Candidate], reason: DecisionReason, *, wave: _Wave | None = None, claim: Claim | None = None
) -> AskDecision:
    """The decision to ask these people, each with the reason that is stored."""
    view, number = turn.view, wave.number if wave else 0
    considered, left = len(_unasked(view)), asking_hours_between(view.now, view.deadline, turn.hours)
    asks = []
    for rank, person in enumerate(chosen, start=1):
        why = AskReason(
            policy=turn.settings.policy,
            decided_at=view.now.astimezone(UTC),
            reason=reason,
            rank=rank,
            considered=1 if claim else considered,
            wave=number,
            live_before=turn.live,
            hours_left=round(left / HOUR, 2),
            km=person.km,
            load=person.load,
            last_asked_at=person.last_asked_at,
            letters_this_week=person.letters_this_week,
            standing=person.standing,
            claim=claim.kind if claim else None,
        )
        asks.append(Ask(volunteer=person.volunteer, options=person.options, rank=rank, wave=number, why=why, also=person.also))
    look_again_at = _look_again_at(turn, _due(turn, wave.began_at if wave else view.now))
    return AskDecision(asks=tuple(asks), reason=reason, look_again_at=look_again_at)
