"""Connect now: in which order those who may be rung in this hour are rung (matching 8.7, decision 28). The index is that of 7.1 with S = 1.

A pure function of plain facts: it sees no names, no numbers, no wishes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from matcher.matching.asking_settings import SHIPPED, fingerprint_of
from matcher.matching.asking_view import AskFigures, AskReason, Candidate, DecisionReason
from matcher.matching.chances import ask_cost, chance_of_yes, faded_tiredness, share_answered, usual_delay

AHEAD = timedelta(hours=48)
"""People are rung for a meeting of the next two days (assumption)."""
HOURS = 1.0
"""S: a call is for now, so a yes counts that comes within the hour."""
CALLS_MOST = 6
"""So many people are rung for one meeting number: then the coordinator, who knows the roster, is the better call (an assumption)."""
POLICY = "ring_now"
VERSION = "p1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ringing:
    """What the order depends on besides the people: asks of this referral that wait for an answer, and the area's pressure."""

    now: datetime
    live: int
    pressure: float

    @property
    def rested_since(self) -> datetime:
        """Who was asked after this is rung last, and not at all while an ask of this referral waits (matching 8.2, step 7)."""
        rest = SHIPPED.rest_hours_busy if self.pressure > 1 else SHIPPED.rest_hours
        return self.now - timedelta(hours=rest)


@dataclass(frozen=True, slots=True)
class Ring:
    """Somebody to ring, with the reason that is stored beside the ask."""

    candidate: Candidate
    why: AskReason


def choose_rings(people: Sequence[Candidate], ringing: Ringing) -> list[Ring]:
    """Whom to ring, best first: the rested by index, then the others by index; of equals whoever was asked less, then the lower roster number."""
    reckoned = [(person, _figures(person, ringing)) for person in people]
    since = ringing.rested_since
    in_turn = [pair for pair in reckoned if _is_rested(pair[0], since) or not ringing.live]
    in_turn.sort(key=lambda pair: (not _is_rested(pair[0], since), -round(pair[1].index, 12), pair[0].tally.n, pair[0].number))
    return [
        Ring(person, _reason(person, figures, ringing, rank=rank, considered=len(people)))
        for rank, (person, figures) in enumerate(in_turn, start=1)
    ]


def _is_rested(person: Candidate, since: datetime) -> bool:
    return person.last_asked_at is None or person.last_asked_at <= since


def _figures(person: Candidate, ringing: Ringing) -> AskFigures:
    tally, km = person.tally, person.km or 0.0
    tired = faded_tiredness(tally.tired, tally.tired_at, ringing.now)
    p_hat = chance_of_yes(tally, km, tired, standing=person.standing)
    in_time = p_hat * share_answered(HOURS, usual_delay(tally, standing=person.standing))
    cost = ask_cost(km, person.load, person.year_share, tired=tired, scarcity=0.0)
    return AskFigures(
        version=VERSION,
        settings=fingerprint_of(SHIPPED),
        n=tally.n,
        y=tally.y,
        answers=tally.answers,
        log_delay=tally.log_delay,
        tired=tired,
        pressure=ringing.pressure,
        scarcity=0.0,
        year_share=person.year_share,
        p_hat=p_hat,
        in_time=in_time,
        cost=cost,
        index=in_time / cost,
        need=SHIPPED.target,
        q_before=1.0,
        explored=False,
        propensity=1.0,
        hopes=(),
    )


def _reason(person: Candidate, figures: AskFigures, ringing: Ringing, *, rank: int, considered: int) -> AskReason:
    return AskReason(
        policy=POLICY,
        decided_at=ringing.now.astimezone(UTC),
        reason=DecisionReason.RUNG,
        rank=rank,
        considered=considered,
        wave=0,
        live_before=ringing.live,
        hours_left=HOURS,
        km=person.km,
        load=person.load,
        last_asked_at=person.last_asked_at,
        letters_this_week=person.letters_this_week,
        standing=person.standing,
        figures=figures,
    )
