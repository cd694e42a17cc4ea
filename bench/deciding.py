"""How long one decision of `product` takes with a thousand people to weigh, and half a year of a made-up county (goal M9)."""

import gc
import random
import statistics
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from bench.figures import Figure, median_ms, percentile_ms
from matcher.domain.journey_word import OfferState
from matcher.domain.referral import ReferralId
from matcher.domain.volunteer import Tally, VolunteerId
from matcher.matching.asking_view import AskingView, Candidate, Offer
from matcher.matching.choosing_asks import choose_asks
from matcher.matching.policies import PRODUCT
from matcher.matching.simulated_county import build_world
from matcher.matching.simulated_settings import SCENARIOS
from matcher.matching.simulation import asker_named, play_policy

NOW = datetime(2026, 5, 11, 9, 0, tzinfo=UTC)
ELIGIBLE = 1_000


def measure_deciding(*, quick: bool) -> list[Figure]:
    """Whom to ask of a thousand who differ in everything; then county worlds of seeds nobody tuned on."""
    view = a_view_of(20 if quick else ELIGIBLE)
    took = []
    for _ in range(20 if quick else 2_000):
        began = time.perf_counter()
        choose_asks(view)
        took.append(time.perf_counter() - began)
    gc.collect()
    gc.freeze()  # as `alongside simulate` does in each of its processes
    worlds = [_world_seconds(seed) for seed in range(1 if quick else 10)]
    gc.unfreeze()
    return [
        Figure(
            f"decision of product, {ELIGIBLE:,} eligible" if not quick else "decision of product",
            f"{median_ms(took):.2f} ms (p99 {percentile_ms(took, 0.99):.2f} ms)",
            "≤ 1 ms",
            median_ms(took) <= 1,
        ),
        Figure(
            "county of the simulator, 26 weeks with product",
            f"{statistics.median(worlds):.2f} s a world",
            "≤ 0.5 s",
            statistics.median(worlds) <= 0.5,
        ),
    ]


def a_view_of(count: int) -> AskingView:
    """A referral with so many candidates, each with a history of their own, and some asks under way."""
    drawn = random.Random(1)
    return AskingView(
        now=NOW,
        referral=ReferralId(UUID(int=1)),
        submitted_at=NOW - timedelta(hours=3),
        asking_since=NOW - timedelta(hours=3),
        deadline=NOW + timedelta(days=4),
        zone=ZoneInfo("Europe/London"),
        eligible_count=count,
        pressure=0.5,
        candidates=tuple(_candidate(number, drawn) for number in range(1, count + 1)),
        offers=tuple(
            Offer(volunteer=VolunteerId(UUID(int=10_000_000 + number)), shown_at=NOW - timedelta(hours=number), state=OfferState.SENT)
            for number in range(1, 4)
        ),
    )


def _candidate(number: int, drawn: random.Random) -> Candidate:
    asked_at, answers = NOW - timedelta(days=drawn.uniform(0, 60)), float(drawn.randint(0, 5))
    kms = tuple(drawn.uniform(1, 40) for _ in range(drawn.randint(1, 3)))
    return Candidate(
        volunteer=VolunteerId(UUID(int=number)),
        number=number,
        options=tuple((UUID(int=option), NOW.date()) for option in range(len(kms))),
        km=min(kms),
        kms=kms,
        load=drawn.choice((0.25, 0.5, 1.0)),
        tally=Tally(
            n=answers + drawn.uniform(0, 5),
            y=drawn.uniform(0, answers),
            answers=answers,
            log_delay=answers * drawn.uniform(0, 2),
            tired=drawn.uniform(0.1, 2),
            tired_at=asked_at,
        ),
        last_asked_at=asked_at,
    )


def _world_seconds(seed: int) -> float:
    return play_policy(build_world(SCENARIOS["county"], seed), asker_named(PRODUCT), time.process_time)["seconds"] or 0.0
