"""What an ask is weighed by, for a coordinator's page: the terms as they were when somebody was asked, or as they are now. Figures and codes only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from matcher.domain.volunteer import Tally
from matcher.matching.asking_figures import crowd_of, outlook_of, outstanding_of
from matcher.matching.asking_hours import AskingHours
from matcher.matching.asking_settings import SHIPPED, AskingSettings
from matcher.matching.asking_view import AskingView, Candidate
from matcher.matching.chances import usual_delay


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The figures of a policy that reckons with chances (matching 7.2), as far as it keeps them.

    `asked`, `yeses`: sums in which older asks count less. `answers_in`: asking hours, None where they have never answered. `tired`: asks felt
    lately. `scarcity`: how rare they are beside the others, 1 for as rare as most; 0 where nothing is known. `chance` of a yes if asked now,
    `in_time` of one before the last moment. `worth`: what an ask brings for what it takes. `on_its_way`: the chance that a yes of those asked
    before comes. `drawn`: taken now and then from those nearly as good, for honest figures.
    """

    asked: float
    yeses: float
    answers_in: float | None
    tired: float
    scarcity: float
    chance: float
    in_time: float
    worth: float
    on_its_way: float
    drawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AskTerms:
    """What one ask is weighed by. `asked_at`: when it was true; None for now. `how`: "claim", "by_hand", "by_telephone" or "" for asked in turn.

    `rank` of `considered`, and `wave` (0: none), only of somebody who was asked. `load`: how full their four weeks would be with this one, of
    what they want. `weighed` is None under a policy that asks in turn.
    """

    policy: str
    asked_at: datetime | None
    how: str
    rank: int
    considered: int
    wave: int
    km: float | None
    load: float
    last_asked_at: datetime | None
    letters_this_week: int
    standing: bool
    weighed: Weighed | None


def terms_then(why: Mapping[str, Any]) -> AskTerms | None:
    """The terms of a stored explanation: as they were, never reckoned anew. None where there are none (asked by hand or by telephone: no terms)."""
    asked_at = _moment(why.get("decided_at"))
    if asked_at is None or "rank" not in why:
        return None
    return AskTerms(
        policy=str(why.get("policy", "")),
        asked_at=asked_at,
        how="claim" if why.get("claim") else "",
        rank=int(why["rank"]),
        considered=int(why.get("considered", 0)),
        wave=int(why.get("wave", 0)),
        km=_number(why.get("km")),
        load=_number(why.get("load")) or 0.0,
        last_asked_at=_moment(why.get("last_asked_at")),
        letters_this_week=int(why.get("letters_this_week", 0)),
        standing=why.get("standing") is True,
        weighed=_weighed_then(why) if "p_hat" in why else None,
    )


def _weighed_then(why: Mapping[str, Any]) -> Weighed:
    tally = Tally(n=float(why["n"]), y=float(why["y"]), answers=float(why["answers"]), log_delay=float(why["log_delay"]))
    return Weighed(
        asked=tally.n,
        yeses=tally.y,
        answers_in=usual_delay(tally) if tally.answers else None,
        tired=float(why["tired"]),
        scarcity=float(why["scarcity"]),
        chance=float(why["p_hat"]),
        in_time=float(why["in_time"]),
        worth=float(why["index"]),
        on_its_way=1 - float(why["q_before"]),
        drawn=why.get("explored") is True,
    )


def terms_now(view: AskingView, candidate: Candidate, policy: str, *, weighs: bool) -> AskTerms:
    """The terms if this person were asked now. `weighs`: whether the policy reckons with chances."""
    return AskTerms(
        policy=policy,
        asked_at=None,
        how="",
        rank=0,
        considered=0,
        wave=0,
        km=candidate.km,
        load=candidate.load,
        last_asked_at=candidate.last_asked_at,
        letters_this_week=candidate.letters_this_week,
        standing=candidate.standing,
        weighed=_weighed_now(view, candidate, SHIPPED) if weighs and view.now < view.deadline else None,
    )


def _weighed_now(view: AskingView, candidate: Candidate, settings: AskingSettings) -> Weighed:
    hours = AskingHours(view.zone)
    outlook = outlook_of(view, hours, settings.weights)
    crowd, tally = crowd_of(view, [candidate], outlook), candidate.tally
    short = outstanding_of(view, hours, outlook).missing.short
    return Weighed(
        asked=tally.n,
        yeses=tally.y,
        answers_in=usual_delay(tally) if tally.answers else None,
        tired=float(crowd.tired[0]),
        scarcity=tally.scarce / view.mean_scarcity if view.mean_scarcity > 0 else 0.0,
        chance=float(crowd.p_hat[0]),
        in_time=float(crowd.gain[0, 0]),
        worth=float(crowd.index[0]),
        on_its_way=float(1 - short[0]),
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _moment(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
