"""The meetings that fit a newcomer in the next fourteen days, soonest first, with how many volunteers could come. Looking stores nothing."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from uuid import UUID

from matcher.actions.searching import ENOUGH, people_near, policy_of
from matcher.domain.connection import Connection
from matcher.domain.draft import MOST_OPTIONS, Answers, write_option
from matcher.domain.fellowship import Fellowship
from matcher.domain.found_meeting import FoundMeeting
from matcher.domain.occurrence import Occurrence
from matcher.domain.option import Option, OptionKey
from matcher.domain.party import ProviderFrame
from matcher.domain.place import Point
from matcher.domain.referral import ReferralNeeds, RulePolicy
from matcher.matching.eligible import Band, Search, as_on_the_form, bands
from matcher.matching.fitting import Fit, farthest_km, fit_of, minutes_to
from matcher.store import fitting_meetings, parties
from matcher.store.candidates import About

LOOK_AHEAD = timedelta(days=14)
"""Best next meetings are those of the next fourteen days (matching 9), counted from the day on which they leave a place of treatment."""
PAGE = 10
MOST_WEIGHED = 30
"""How many of the soonest are weighed when the choice is left to us."""
KM_A_DEGREE = 110.57
ORDER = {Band.SEVERAL: 0, Band.A_FEW: 1, Band.NONE: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeker:
    """Who looks: the needs as the rules read them, and the ids that bars are looked up by. `further`: those who come further if nobody else
    can are counted too."""

    needs: ReferralNeeds
    newcomer_id: UUID
    provider: ProviderFrame
    further: bool = False

    @property
    def policy(self) -> RulePolicy:
        """The service's settings of the hard rules."""
        return policy_of(self.provider)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitting:
    """One dated meeting that may be picked, or is only shown because nobody has checked it for too long."""

    meeting: FoundMeeting
    occurrence: Occurrence
    option: Option
    minutes: int | None
    band: Band | None
    can_be_picked: bool
    amber: bool

    @property
    def value(self) -> str:
        """How the form names it."""
        return write_option(self.option.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of what fits. `without_access`: so many more would, but do not state what the newcomer needs."""

    page: int
    last: int
    total: int
    without_access: int
    shown: tuple[Fitting, ...]


@dataclass(frozen=True, slots=True)
class _Dated:
    meeting: FoundMeeting
    occurrence: Occurrence
    option: Option
    fit: Fit


async def seeker_of(c: Connection, answers: Answers, *, draft_id: UUID, newcomer_id: UUID, provider_id: UUID, first: Fellowship) -> Seeker:
    """Who looks, from a form that is being filled in, for meetings of one fellowship."""
    provider = await parties.get_provider_frame(c, provider_id)
    needs = as_on_the_form(answers.needs_for(draft_id, first))
    if provider.pair_rule != "when_asked":
        needs = replace(needs, companions=2)
    return Seeker(needs=needs, newcomer_id=newcomer_id, provider=provider)


async def find_fitting(
    c: Connection, now: datetime, seeker: Seeker, *, page: int = 1, online: bool = False, besides: Iterable[OptionKey] = ()
) -> Found:
    """One page of ten of the meetings that fit, soonest first, each with its band. `besides`: shown elsewhere on the page."""
    left_out = set(besides)
    dated = [one for one in await _dated(c, now, seeker, online=online) if one.option.key not in left_out]
    listed = [one for one in dated if one.fit in (Fit.FITS, Fit.NOT_CHECKED)]
    last = max(1, math.ceil(len(listed) / PAGE))
    here = min(max(page, 1), last)
    shown = await with_bands(c, now, seeker, listed[(here - 1) * PAGE : here * PAGE])
    without_access = len({one.meeting.id for one in dated if one.fit is Fit.ACCESS})
    return Found(page=here, last=last, total=len(listed), without_access=without_access, shown=shown)


async def find_picked(c: Connection, now: datetime, seeker: Seeker, picked: Sequence[OptionKey], *, by_hand: bool = True) -> list[Fitting]:
    """The picked dates that can still be had, in the order they were picked: held, ahead, checked lately, of a kind the newcomer may go to."""
    meetings = {one.id: one for one in await fitting_meetings.list_meetings_by_id(c, [key[0] for key in picked], from_on=now.date())}
    dated = []
    for meeting_id, on_date in picked:
        meeting = meetings.get(meeting_id)
        occurrence = meeting.on(on_date) if meeting else None
        if meeting is None or occurrence is None or meeting.fellowship not in seeker.needs.fellowships:
            continue
        option = meeting.option(occurrence, picked_by_hand=by_hand)
        fit = fit_of(seeker.needs, option, now, seeker.policy)
        if fit is Fit.FITS:
            dated.append(_Dated(meeting, occurrence, option, fit))
    return list(await with_bands(c, now, seeker, dated))


async def choose_for(c: Connection, now: datetime, seeker: Seeker, *, most: int = MOST_OPTIONS, online: bool = False) -> list[Fitting]:
    """The choice left to us: up to three, those with somebody free first, then different meetings, then the soonest."""
    dated = [one for one in await _dated(c, now, seeker, online=online) if one.fit is Fit.FITS][:MOST_WEIGHED]
    first = {one.meeting.id: one.option.key for one in reversed(dated)}
    weighed = await with_bands(c, now, seeker, dated)
    ranked = sorted(
        weighed,
        key=lambda one: (one.band is Band.NONE, one.amber, one.option.key != first[one.meeting.id], one.option.starts_at),
    )
    best = ranked[:most]
    return sorted(best, key=lambda one: one.option.starts_at)


async def best_next(c: Connection, now: datetime, seeker: Seeker, *, most: int = 3) -> list[Fitting]:
    """The three best meetings for somebody for whom nobody was found: by band, then the way there, then the day (matching 9)."""
    soonest = {one.meeting.id: one for one in reversed(await choose_for(c, now, seeker, most=MOST_WEIGHED))}
    return sorted(soonest.values(), key=lambda one: (ORDER[one.band or Band.NONE], one.minutes or 0, one.option.starts_at))[:most]


async def list_further(c: Connection, now: datetime, seeker: Seeker, besides: Iterable[OptionKey]) -> list[Fitting]:
    """Dates in person that fit and are none of these, soonest first; nobody is counted for them."""
    left_out = set(besides)
    dated = [one for one in await _dated(c, now, seeker, online=False) if one.fit is Fit.FITS and one.option.key not in left_out]
    return [_fitting(one, now, seeker, None) for one in dated[:MOST_WEIGHED]]


async def with_bands(c: Connection, now: datetime, seeker: Seeker, dated: Sequence[_Dated]) -> tuple[Fitting, ...]:
    """Dates with how many could come if the form were sent now. Barred people are not counted, and nothing exact is said."""
    options = [one.option for one in dated if one.fit is Fit.FITS]
    counted = await _bands(c, now, seeker, options)
    return tuple(_fitting(one, now, seeker, counted.get(one.option.key)) for one in dated)


def _fitting(one: _Dated, now: datetime, seeker: Seeker, band: Band | None) -> Fitting:
    return Fitting(
        meeting=one.meeting,
        occurrence=one.occurrence,
        option=one.option,
        minutes=minutes_to(seeker.needs, one.option),
        band=band,
        can_be_picked=one.fit is Fit.FITS,
        amber=_is_amber(one.option, now),
    )


async def _bands(c: Connection, now: datetime, seeker: Seeker, options: Sequence[Option]) -> dict[OptionKey, Band]:
    if not options:
        return {}
    about = About(seeker.needs.id, seeker.newcomer_id, seeker.provider.id, seeker.needs.meeting_number)
    search = Search(as_on_the_form(seeker.needs), options, now, seeker.policy, further=seeker.further)
    people, _ = await people_near(c, search, about, most=ENOUGH)
    return bands(people, search)


async def _dated(c: Connection, now: datetime, seeker: Seeker, *, online: bool) -> list[_Dated]:
    """Every date of the next fourteen days that fits somehow, soonest first."""
    needs = seeker.needs
    corners = None if online else _corners(needs)
    found = await fitting_meetings.list_meetings_near(c, needs.fellowships[0], corners=corners, online=online, from_on=now.date())
    dated, begins = [], _begins(needs, now)
    for meeting in found:
        for occurrence in meeting.between(begins, begins + LOOK_AHEAD):
            option = meeting.option(occurrence)
            fit = fit_of(needs, option, now, seeker.policy)
            if fit is not Fit.NO:
                dated.append(_Dated(meeting, occurrence, option, fit))
    return sorted(dated, key=_start)


def _begins(needs: ReferralNeeds, now: datetime) -> datetime:
    """From when dates are looked for: now, or the day they leave."""
    return max(now, datetime.combine(needs.not_before, time(), now.tzinfo)) if needs.not_before else now


def _start(one: _Dated) -> tuple[datetime, UUID]:
    return one.option.starts_at, one.meeting.id


def _corners(needs: ReferralNeeds) -> tuple[Point, Point] | None:
    """A box around the newcomer's district that holds everything within their travel limit; None where the district is not known."""
    centre = needs.travel_from.point
    if centre is None:
        return None
    tall = farthest_km(needs) / KM_A_DEGREE
    wide = tall / max(0.2, math.cos(math.radians(abs(centre.latitude) + tall)))
    return Point(centre.latitude - tall, centre.longitude - wide), Point(centre.latitude + tall, centre.longitude + wide)


def _is_amber(option: Option, now: datetime) -> bool:
    return option.last_checked_at is not None and now - option.last_checked_at > timedelta(days=90)
