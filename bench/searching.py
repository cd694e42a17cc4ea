"""The search for candidates beside a bare SELECT 1 on the same connection, at three sizes of roster; and beside a loop with geopy's distances."""

import itertools
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import asyncpg
from geopy.distance import geodesic

from bench.figures import Figure, median_ms, percentile_ms
from bench.rows import DEGREES, NOW, SOUTH, WEST, fill_frames, fill_histories, fill_referrals, fill_roster
from matcher.domain.fellowship import Fellowship, WhoFor
from matcher.domain.journey_word import ReferralState
from matcher.domain.option import Option
from matcher.domain.place import Point
from matcher.domain.referral import ReferralId, ReferralNeeds
from matcher.domain.wishes import Age, Comfort, SaysIs
from matcher.matching.eligible import Search, eligible_people
from matcher.matching.narrowing_down import narrow
from matcher.store.candidates import About, list_ids_near, list_people_named
from matcher.vocabulary import role_card

GOALS = {10_000: 2.0, 1_000_000: 40.0}
ROUNDS, WARM = 400, 100
REFERRALS = 200
LONDON = ZoneInfo("Europe/London")


@dataclass
class Times:
    """Seconds of each part, round by round."""

    bare: list[float] = field(default_factory=list)
    search: list[float] = field(default_factory=list)
    people: list[float] = field(default_factory=list)
    rules: list[float] = field(default_factory=list)
    found: list[int] = field(default_factory=list)


def _option(chance: random.Random) -> Option:
    starts = datetime(2026, 11, 24 + chance.randrange(5), 19, 30, tzinfo=UTC)
    return Option(
        meeting_id=uuid4(),
        on_date=starts.date(),
        fellowship=Fellowship.AA,
        zone=LONDON,
        starts_at=starts,
        length_minutes=60,
        in_person=True,
        attendable=True,
        needs_human_check=False,
        last_checked_at=NOW - timedelta(days=1),
        venue=Point(SOUTH + DEGREES * chance.random(), WEST + DEGREES * chance.random()),
        picked_by_hand=True,
    )


def _needs() -> ReferralNeeds:
    return ReferralNeeds(
        id=ReferralId(uuid4()),
        state=ReferralState.LOOKING,
        consent_c1=True,
        age=Age.EIGHTEEN_OR_OVER,
        who_for=WhoFor.OWN_USE,
        fellowships=(Fellowship.AA,),
        comfort=Comfort.NO_PREFERENCE,
        newcomer_is=SaysIs.WOMAN,
        languages=frozenset({"en"}),
    )


async def _play(c: Any) -> Times:
    """The same referral's search at places drawn evenly, with a SELECT 1 before each, on one connection."""
    chance, times = random.Random(1), Times()
    about, card, needs = About(uuid4(), uuid4(), uuid4(), 1), role_card(Fellowship.AA).version, _needs()
    for number in range(ROUNDS + WARM):
        option = _option(chance)
        search = Search(needs, [option], NOW)
        narrowing = narrow(search, option)
        marks = [time.perf_counter()]
        await c.fetchval("SELECT 1")
        marks.append(time.perf_counter())
        ids = await list_ids_near(c, narrowing, about=about, role_card_version=card, letters_from=NOW, most=20)
        marks.append(time.perf_counter())
        people = await list_people_named(c, ids, [option], NOW, about=about, role_card_version=card)
        marks.append(time.perf_counter())
        eligible_people(people, search)
        marks.append(time.perf_counter())
        if number >= WARM:
            for name, (began, ended) in zip(("bare", "search", "people", "rules"), itertools.pairwise(marks), strict=True):
                getattr(times, name).append(ended - began)
            times.found.append(len(ids))
    return times


async def search_ms(owner_dsn: str, size: int) -> float:
    """What the SQL search takes on a roster of this size, in a database of its own: the median."""
    c = await asyncpg.connect(owner_dsn)
    await fill_frames(c)
    await fill_roster(c, size)
    times = await _play(c)
    await c.close()
    return median_ms(times.search)


async def measure_searching(owner_dsn: str, size: int) -> list[Figure]:
    """The figures of one size of roster, all of whom were asked before, in a database of its own."""
    c = await asyncpg.connect(owner_dsn)
    await fill_frames(c)
    await fill_roster(c, size)
    await fill_referrals(c, REFERRALS)
    await fill_histories(c)
    times = await _play(c)
    loop = await _geopy_loop(c) if size == 100_000 else None
    await c.close()
    bare, search = median_ms(times.bare), median_ms(times.search)
    goal = GOALS.get(size)
    figures = [
        Figure(
            f"candidate search, all rules in SQL, best 20 of {size:,} volunteers",
            f"{search / bare:.1f} × SELECT 1 ({search:.3f} ms, p99 {percentile_ms(times.search, 0.99):.2f} ms; SELECT 1 {bare:.3f} ms)",
            f"≤ {goal:g} ×" if goal else "",
            search <= goal * bare if goal else None,
        ),
        Figure(
            f"the same with how the 20 stand and the pure rules, {size:,}",
            f"+ {median_ms(times.people):.2f} ms + {median_ms(times.rules):.2f} ms (found {sum(times.found) / len(times.found):.0f})",
        ),
    ]
    if loop is not None:
        ratio = loop * 1000 / search
        figures.append(
            Figure(f"a loop with geopy distances over {size:,}", f"{ratio:,.0f} × slower ({loop:.1f} s)", "≥ 10,000 ×", ratio >= 10_000)
        )
    return figures


async def _geopy_loop(c: Any) -> float:
    """Seconds for what naive code does: the distance to everybody, one by one, then sort."""
    rows = await c.fetch("SELECT latitude, longitude, radius_km FROM volunteer_reach")
    place = (SOUTH + DEGREES / 2, WEST + DEGREES / 2)
    began = time.perf_counter()
    near = sorted(
        (km, row["radius_km"]) for row in rows if (km := geodesic((row["latitude"], row["longitude"]), place).km) <= row["radius_km"]
    )
    assert near
    return time.perf_counter() - began
