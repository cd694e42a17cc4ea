"""Policy `product`: whom to ask now, weighing what another ask brings against what it takes out of people (matching 8, decision 18).

A pure function of (state, now, seed): the same view gives the same decision. It never sees names, comfort, needs or reasons.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from matcher.domain.journey_word import OfferState
from matcher.domain.referral import ReferralId
from matcher.matching.asking_figures import Crowd, Missing, Outlook, Outstanding, asking_clock, crowd_of, outlook_of, outstanding_of
from matcher.matching.asking_hours import AskingHours, next_asking_moment
from matcher.matching.asking_settings import SHIPPED, VERSION, AskingSettings, fingerprint_of
from matcher.matching.asking_view import LIVE, Ask, AskDecision, AskFigures, AskingView, AskReason, Candidate, Claim, DecisionReason

Flags = NDArray[np.bool_]

HOUR, LONG_LOOK = timedelta(hours=1), timedelta(hours=4)
CLAIM_WAITS = 4.0
"""Asking hours that somebody with a claim has for an answer before others are asked (assumption)."""
OPEN_MOST = 10
"""Asks that may be on their way or waiting at once: the schema refuses more."""
HOPELESS = 0.35
"""Below this chance of a yes, with nobody left to ask, a person is told (matching 8.7)."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """What one decision reads, and what follows from it at once."""

    view: AskingView
    settings: AskingSettings
    hours: AskingHours
    outlook: Outlook
    outstanding: Outstanding
    unasked: tuple[Candidate, ...]

    @property
    def open(self) -> int:
        return sum(offer.state in LIVE for offer in self.view.offers)

    @property
    def rest(self) -> timedelta:
        """How long nobody is written to again: longer while everybody has been asked a lot."""
        return timedelta(hours=self.settings.rest_hours_busy if self.view.pressure > 1 else self.settings.rest_hours)


@dataclass(frozen=True, slots=True)
class _Pick:
    """Somebody to ask: place in the crowd, rank, and how it came about."""

    place: int
    rank: int
    none_before: float
    propensity: float
    explored: bool


def choose_asks(view: AskingView, settings: AskingSettings = SHIPPED) -> AskDecision:
    """Whom to ask now, and when to look again. Asking again asks nobody twice; reasons with `needs_person` call a coordinator."""
    hours = _hours(view.zone, settings.asking_from, settings.asking_until)
    if view.now >= view.deadline:
        return AskDecision(asks=(), reason=DecisionReason.DEADLINE_PASSED, look_again_at=None)
    opens = next_asking_moment(view.now, hours)
    if opens > view.now:
        late = opens >= view.deadline
        reason = DecisionReason.NO_HOURS_LEFT if late else DecisionReason.OUTSIDE_HOURS
        return AskDecision(asks=(), reason=reason, look_again_at=min(opens, view.deadline), pressure=view.pressure)
    unasked = _unasked(view)
    outlook = outlook_of(view, hours, settings.weights, only_deadline=not (unasked or view.claims))
    turn = _Turn(view, settings, hours, outlook, outstanding_of(view, hours, outlook), unasked)
    return _claim_first(turn) or _weigh(turn)


@cache
def _hours(zone: ZoneInfo, asks_from: int, asks_until: int) -> AskingHours:
    return AskingHours(zone, time(asks_from), time(asks_until))


def choose_also(
    others: Mapping[ReferralId, datetime], settings: AskingSettings = SHIPPED, *, most: int | None = None
) -> tuple[ReferralId, ...]:
    """Which other open referrals are shown in the same letter, of those with this person as a candidate and their deadlines: the most urgent.

    `most`: so many at most, where it is not a letter."""
    return tuple(sorted(others, key=lambda referral: (others[referral], referral)))[: settings.bundle - 1 if most is None else most]


def _claim_first(turn: _Turn) -> AskDecision | None:
    """Somebody with a claim is asked alone; None when the others are next. Rest and letters of the week do not stop a claim."""
    view = turn.view
    for claim in view.claims:
        answers = [o for o in view.offers if o.volunteer == claim.candidate.volunteer and o.shown_at >= claim.since]
        if not answers:
            return _ask_claim(turn, claim) if turn.open < OPEN_MOST else None
        last = max(answers, key=lambda offer: offer.shown_at)
        waited = asking_clock(view.now, turn.hours) - asking_clock(last.shown_at, turn.hours)
        if last.state in LIVE and waited < CLAIM_WAITS and turn.outlook.until_deadline >= turn.settings.goal_hours:
            return _nobody(turn, DecisionReason.WAITING_FOR_CLAIM)
    return None


def _ask_claim(turn: _Turn, claim: Claim) -> AskDecision:
    crowd = crowd_of(turn.view, [claim.candidate], turn.outlook)
    pick = _Pick(0, 1, float(turn.outstanding.missing.short[0]), 1.0, explored=False)
    return _decision(turn, crowd, [pick], DecisionReason.CLAIM, claim=claim)


def _weigh(turn: _Turn) -> AskDecision:
    """Ask whoever is worth asking now, one after the other."""
    view, out = turn.view, turn.outstanding
    if not turn.unasked:
        hopeless = 1 - out.missing.short[0] < HOPELESS and not (out.live and turn.open)
        over = DecisionReason.ALL_DECLINED if view.offers else DecisionReason.NO_CANDIDATE
        return replace(_nobody(turn, over if hopeless else DecisionReason.WAITING), any_yes=1 - float(out.missing.short[0]))
    crowd = crowd_of(view, turn.unasked, turn.outlook)
    picks, reason = _picks(turn, crowd)
    any_yes = 1 - float(out.missing.after_all(crowd.gain).short[0])
    if picks:
        return replace(_decision(turn, crowd, picks, DecisionReason.WORTH_ASKING), any_yes=any_yes)
    return replace(_nobody(turn, reason), any_yes=any_yes)


def _picks(turn: _Turn, crowd: Crowd) -> tuple[list[_Pick], DecisionReason]:
    """In order of the index: whoever brings more than they cost, and more than waiting an hour would save. Else why nobody."""
    settings, out = turn.settings, turn.outstanding
    missing, soon, live = out.missing, out.soon, out.live
    worth, now = _worth(turn, crowd, missing, soon=soon, live=live)
    if not now.any():
        return [], DecisionReason.WAITING if live or worth.any() else DecisionReason.UNLIKELY
    rested, picks = _rested(turn), list[_Pick]()
    fresh, not_passed = np.ones((2, len(crowd.people)), dtype=bool)
    why, room = _why_nobody(worth, now, rested, live=live), OPEN_MOST - turn.open
    while now.any():
        if live >= settings.live_most or len(picks) >= room or 1 - missing.short[0] >= settings.target:
            return picks, DecisionReason.ENOUGH_ASKED
        free = fresh & (rested | _is_last_resort(turn, live))
        places = np.flatnonzero(now & free & not_passed)
        if not len(places):
            break
        greedy = crowd.best_of(places)
        place, propensity, explored = _maybe_explore(turn, crowd, greedy, free)
        picks.append(_Pick(place, crowd.rank_of(greedy), float(missing.short[0]), propensity, explored))
        fresh[place] = not_passed[greedy] = False
        missing, soon = missing.after(crowd.gain[:, place]), soon.after(float(crowd.soon[place]))
        live += 1
        _, now = _worth(turn, crowd, missing, soon=soon, live=live)
    return picks, why


def _worth(turn: _Turn, crowd: Crowd, missing: Missing, *, soon: Missing, live: int) -> tuple[Flags, Flags]:
    """Who would bring more than they cost, and who so much that waiting an hour for those asked already would lose more than it saves."""
    hoped = turn.outlook.worth * missing.short
    worth = hoped @ crowd.gain >= crowd.price
    if not live or 1 - missing.short[0] < turn.settings.floor:
        return worth, worth
    return worth, worth & (hoped @ crowd.gain_lost >= crowd.price * (1 - soon.short))


def _why_nobody(worth: Flags, now: Flags, rested: Flags, *, live: int) -> DecisionReason:
    if (worth & ~now).any():
        return DecisionReason.WAITING
    if (now & ~rested).any():
        return DecisionReason.RESTING
    return DecisionReason.WAITING if live else DecisionReason.UNLIKELY


def _rested(turn: _Turn) -> Flags:
    """Who was not written to too short a while ago."""
    since = turn.view.now - turn.rest
    return np.array([one.last_asked_at is None or one.last_asked_at <= since for one in turn.unasked])


def _is_last_resort(turn: _Turn, live: int) -> bool:
    """Near the end rest does not count, if nobody else may still come."""
    return turn.outlook.until_deadline < turn.settings.goal_hours and not live


def _maybe_explore(turn: _Turn, crowd: Crowd, greedy: int, free: Flags) -> tuple[int, float, bool]:
    """Now and then somebody nearly as good instead, drawn evenly: honest figures for replaying history with another policy."""
    share = turn.settings.explore
    if not share:
        return greedy, 1.0, False
    nearly: list[int] = np.flatnonzero(free & (crowd.index >= crowd.index[greedy] / 2)).tolist()
    asked = len(turn.view.offers) + len(crowd.people) - int(free.sum())
    drawn = random.Random(f"{turn.view.referral} {turn.view.meeting_number} {asked}")
    explored = drawn.random() < share
    place = drawn.choice(nearly) if explored else greedy
    return place, (1 - share) * (place == greedy) + share / len(nearly), explored


def _unasked(view: AskingView) -> tuple[Candidate, ...]:
    """Whoever was not asked. "Another day" said before asking began anew leaves somebody free for the options that came since."""
    asked = {o.volunteer.int for o in view.offers if not (o.state is OfferState.NOT_NOW and o.shown_at < view.asking_since)}
    unasked = [one for one in view.candidates if one.volunteer.int not in asked] if asked else view.candidates
    return tuple({one.number: one for one in reversed(unasked)}.values())


def _look_again_at(turn: _Turn, reason: DecisionReason) -> datetime:
    """In an hour, in four if nobody may be asked now, or at the next 08:00; when somebody has rested, if all do."""
    now = turn.view.now
    moment = now + (HOUR if turn.unasked and not reason.needs_person else LONG_LOOK)
    if reason is DecisionReason.RESTING:
        rested = min(one.last_asked_at + turn.rest for one in turn.unasked if one.last_asked_at is not None)
        moment = max(moment, min(rested, now + 24 * HOUR))
    return min(next_asking_moment(moment, turn.hours), turn.view.deadline)


def _nobody(turn: _Turn, reason: DecisionReason) -> AskDecision:
    none = float(turn.outstanding.missing.short[0])
    return AskDecision(
        asks=(),
        reason=reason,
        look_again_at=_look_again_at(turn, reason),
        need=turn.settings.target,
        q=none,
        pressure=turn.view.pressure,
    )


def _decision(turn: _Turn, crowd: Crowd, picks: list[_Pick], reason: DecisionReason, *, claim: Claim | None = None) -> AskDecision:
    """The decision to ask these people, each with the figures that are stored."""
    missing = turn.outstanding.missing
    for pick in picks:
        missing = missing.after(crowd.gain[:, pick.place])
    return AskDecision(
        asks=tuple(_ask(turn, crowd, pick, reason=reason, claim=claim) for pick in picks),
        reason=reason,
        look_again_at=_look_again_at(turn, reason),
        need=turn.settings.target,
        q=float(missing.short[0]),
        pressure=turn.view.pressure,
    )


def _ask(turn: _Turn, crowd: Crowd, pick: _Pick, *, reason: DecisionReason, claim: Claim | None) -> Ask:
    person, place, view = crowd.people[pick.place], pick.place, turn.view
    figures = AskFigures(
        version=VERSION,
        settings=fingerprint_of(turn.settings),
        n=person.tally.n,
        y=person.tally.y,
        answers=person.tally.answers,
        log_delay=person.tally.log_delay,
        tired=float(crowd.tired[place]),
        pressure=view.pressure,
        scarcity=person.tally.scarce / view.mean_scarcity if view.mean_scarcity > 0 else 0.0,
        year_share=person.year_share,
        p_hat=float(crowd.p_hat[place]),
        in_time=float(crowd.gain[0, place]),
        cost=float(crowd.price[place]),
        index=float(crowd.index[place]),
        need=turn.settings.target,
        q_before=pick.none_before,
        explored=pick.explored,
        propensity=pick.propensity,
        hopes=crowd.hopes_for(place),
    )
    why = AskReason(
        policy="product",
        decided_at=view.now.astimezone(UTC),
        reason=reason,
        rank=pick.rank,
        considered=len(crowd.people),
        wave=0,
        live_before=turn.open,
        hours_left=round(turn.outlook.until_deadline, 2),
        km=person.km,
        load=person.load,
        last_asked_at=person.last_asked_at,
        letters_this_week=person.letters_this_week,
        standing=person.standing,
        claim=claim.kind if claim else None,
        figures=figures,
    )
    return Ask(
        volunteer=person.volunteer,
        options=person.options,
        rank=pick.rank,
        wave=0,
        why=why,
        also=person.also[: turn.settings.bundle - 1],
        p_hat=figures.p_hat,
        index=figures.index,
        propensity=pick.propensity,
        explored=pick.explored,
        hopes=figures.hopes,
    )
