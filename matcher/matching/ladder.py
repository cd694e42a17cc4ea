"""The deadline ladder (matching 9): which rung is due now, or when to look again. One rung at a time, each only with the yes it needs."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from matcher.domain.place import Circle
from matcher.domain.rung import CONSENT, Rung
from matcher.domain.volunteer import Volunteer
from matcher.domain.wishes import MayWiden
from matcher.matching.asking_hours import AskingHours, add_asking_hours, asking_hours_between, next_asking_moment

HOUR = timedelta(hours=1)
APART = HOUR
"""Asking hours between two rungs: those asked anew have so long for themselves."""
AT_ONCE_UNDER = 6 * HOUR
"""With fewer asking hours left the rungs follow one another at once."""
TELL_UNDER = 13 * HOUR
"""With so few asking hours left a coordinator knows of it."""
TELL_AFTER = timedelta(hours=48)
"""So long without a match, by the clock, a coordinator knows of it (R21)."""
LIKELY = 0.5
"""At this chance of a yes nothing needs to be widened."""
FURTHER = 1.5
"""So much further come those who said that they would if nobody else can."""
MOST_KM = 100.0
"""The widest reach there is."""
ADDS_OPTIONS = frozenset({Rung.FARTHER, Rung.OTHER_DAY, Rung.NEXT_FELLOWSHIP, Rung.ONLINE})
LAST_BY_ITSELF = Rung.ONLINE
"""The rungs after it are a person's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderView:
    """One referral on its ladder. `exhausted`: as things stand nobody will be asked any more. `chance`: that any yes still comes (r), None
    for a policy that does not reckon with chances. `gap`: the asking hours a wave has for itself. `told`: a coordinator knows of it. `room`: there
    is a place for one more option; the newcomer's own are never given up while somebody may still be asked for them.
    """

    now: datetime
    deadline: datetime
    zone: ZoneInfo
    looking_since: datetime
    next_rung: Rung = Rung.REACH
    last_at: datetime | None = None
    live: int = 0
    exhausted: bool = False
    chance: float | None = None
    gap: timedelta = 4 * HOUR
    may_widen: frozenset[MayWiden] = frozenset()
    told: bool = False
    room: bool = True


@dataclass(frozen=True, slots=True)
class LadderStep:
    """The rung that is due now; or none, and the moment to look at the ladder again (None: only when something happens).

    `asking_goes_on`: the coordinator is told, and the machine asks on; else what it could do is used up. `unlikely`: they are told though there is
    time, for whoever could go is hardly enough.
    """

    rung: Rung | None
    look_again_at: datetime | None = None
    asking_goes_on: bool = False
    unlikely: bool = False


TELL = LadderStep(Rung.COORDINATOR, asking_goes_on=True)
TELL_UNLIKELY = LadderStep(Rung.COORDINATOR, asking_goes_on=True, unlikely=True)


def next_step(view: LadderView) -> LadderStep:
    """What the ladder does now. Pure; the same view gives the same step.

    Whether a rung would bring anybody is for the caller to find out: one that brings nobody is passed over, and the next is asked for at once.
    """
    hours = AskingHours(view.zone)
    if view.now >= view.deadline:
        return LadderStep(Rung.HONEST_NO)
    rung = next_allowed(view.next_rung, view.may_widen)
    if rung is None and view.exhausted:
        return LadderStep(Rung.COORDINATOR)
    if _tells(view, hours):
        return TELL
    waits = rung in ADDS_OPTIONS and not view.room
    if (rung is None or waits) and _is_unlikely(view) and not view.told:
        return TELL_UNLIKELY
    if rung is None or waits or not _is_due(view, rung, hours):
        return LadderStep(None, _look_again_at(view, hours))
    due_at = _apart_from_last(view, hours)
    return LadderStep(rung) if due_at <= view.now else LadderStep(None, min(next_asking_moment(due_at, hours), view.deadline))


def next_allowed(first: Rung, may_widen: frozenset[MayWiden]) -> Rung | None:
    """The first rung from here on that the newcomer has allowed, or that needs no yes of theirs; None when only people are left."""
    own = (rung for rung in Rung if first <= rung <= LAST_BY_ITSELF)
    return next((rung for rung in own if rung not in CONSENT or CONSENT[rung] in may_widen), None)


def not_allowed(first: Rung, may_widen: frozenset[MayWiden]) -> tuple[Rung, ...]:
    """The rungs from here on that wait for a yes of the newcomer's."""
    return tuple(rung for rung in CONSENT if rung >= first and CONSENT[rung] not in may_widen)


def _is_due(view: LadderView, rung: Rung, hours: AskingHours) -> bool:
    """As soon as nobody is left to ask or a yes is unlikely, whoever is asked; step 0 also where time is short and nobody thinks about it."""
    short = rung is Rung.REACH and view.live == 0 and _hours_left(view, hours) < view.gap
    return view.exhausted or _is_unlikely(view) or short


def _is_unlikely(view: LadderView) -> bool:
    return view.chance is not None and view.chance < LIKELY


def _apart_from_last(view: LadderView, hours: AskingHours) -> datetime:
    """The earliest moment for another rung."""
    if view.last_at is None or _hours_left(view, hours) < AT_ONCE_UNDER:
        return view.now
    return add_asking_hours(view.last_at, APART, hours)


def _tells(view: LadderView, hours: AskingHours) -> bool:
    """Whether a coordinator must know now, while asking goes on."""
    return not view.told and (_hours_left(view, hours) <= TELL_UNDER or view.now - view.looking_since >= TELL_AFTER)


def _hours_left(view: LadderView, hours: AskingHours) -> timedelta:
    return asking_hours_between(view.now, view.deadline, hours)


def _look_again_at(view: LadderView, hours: AskingHours) -> datetime | None:
    """When time alone makes a rung due: so few asking hours are left that a coordinator must know."""
    if view.told:
        return None
    spare = _hours_left(view, hours) - TELL_UNDER
    return min(add_asking_hours(view.now, spare, hours), view.looking_since + TELL_AFTER)


def coming_further(volunteer: Volunteer) -> Volunteer:
    """The volunteer with the reach they have if nobody else can go; unchanged for somebody who did not say so."""
    if not volunteer.further_if_needed:
        return volunteer
    return replace(volunteer, reach=tuple(Circle(area.centre, min(FURTHER * area.radius_km, MOST_KM)) for area in volunteer.reach))
