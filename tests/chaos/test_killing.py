"""kill -9 of worker, web, PostgreSQL and mail sink while referrals come in: nothing acknowledged is lost, each party gets each letter, worded once."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.arena import PARTS, Arena
from tests.chaos.verdict import faults_of

LETTERS_EACH = 9
"""About how many letters one referral makes: three or four invitations, two covered, one recorded, three told."""


@pytest.fixture
def arena(folder: Path) -> Iterator[Callable[..., Arena]]:
    """Makes one arena, prepared, with everything running in it; takes it down afterwards."""
    made: list[Arena] = []

    def make(**settings: Any) -> Arena:
        made.append(Arena(folder, **settings))
        made[0].prepare()
        made[0].start_all()
        return made[0]

    yield make
    for one in made:
        one.stop()


def test_orderly_stops_send_nothing_twice_and_six_kills_lose_nothing(arena: Callable[..., Arena]) -> None:
    made = arena(referrals=40, seed=1, webs=1)
    for moment in (10, 25, 40):
        made.wait_for(letters=moment)
        assert made.stop_workers() == 0, "an orderly stop leaves no letter under way"
    made.run(["worker", "postgres", "sink", "web", "postgres child", "worker"], letters=40 * LETTERS_EACH, patience=300)
    facts = made.facts()
    print(facts.figures)
    assert faults_of(facts) == []
    assert made.check().broken == ()
    assert sum(line["what"] == "referral" for line in facts.history) == 40 == len(facts.referrals)


@pytest.mark.long
def test_kills_at_random_during_five_hundred_referrals(arena: Callable[..., Arena]) -> None:
    made = arena(referrals=500, seed=3, speed=8, pause=0.05)
    kills = [made.chance.choice(PARTS) for _ in range(45)] + list(PARTS)
    made.chance.shuffle(kills)
    made.run(kills, letters=500 * LETTERS_EACH, patience=1200)
    facts = made.facts()
    print(facts.figures)
    assert faults_of(facts) == []
    assert made.check().broken == ()


@pytest.mark.long
def test_kills_at_random_where_people_are_weighed_and_a_letter_holds_several(arena: Callable[..., Arena]) -> None:
    made = arena(referrals=200, seed=6, speed=8, pause=0.05, policy="product")
    kills = [made.chance.choice(PARTS) for _ in range(20)] + list(PARTS)
    made.chance.shuffle(kills)
    made.run(kills, letters=200 * LETTERS_EACH, patience=900)
    facts = made.facts()
    print(facts.figures, f"{facts.beside} invitations beside others")
    assert faults_of(facts) == []
    assert made.check().broken == ()
    assert facts.beside > 20, "letters that hold several newcomers were killed too"


@pytest.mark.long
def test_twenty_orderly_stops_under_load_send_nothing_twice(arena: Callable[..., Arena]) -> None:
    made = arena(referrals=120, seed=4, speed=2)
    for moment in range(30, 630, 30):
        made.wait_for(letters=moment)
        assert made.stop_workers() == 0
    made.run([], letters=0, patience=600)
    facts = made.facts()
    print(facts.figures)
    assert faults_of(facts) == [] and facts.extra_copies == 0
    assert made.check().broken == ()


@pytest.mark.long
def test_a_worker_that_marks_before_it_sends_loses_letters_in_the_same_run(arena: Callable[..., Arena]) -> None:
    """Teeth: the same verdict over the same kind of run, with the order of sending and recording turned round."""
    made = arena(referrals=60, seed=5, wrong="marks_first")
    made.run([*["worker"] * 12, *["sink"] * 4], letters=60 * LETTERS_EACH, patience=300)
    facts = made.facts()
    print(facts.figures)
    assert any(fault.startswith("lost: ") for fault in faults_of(facts))
