"""Matches made by chance, a million in the long run: none breaks a rule, and nobody is left out who breaks none (matching 4)."""

import random
from collections import Counter

import pytest
from made_by_chance import a_life
from plain_rules import block, broken, half_hours_away

from matcher.matching.question import Question, Rule


def misjudged(chance: random.Random, matches: int) -> tuple[list[tuple[Question, Rule, set[int]]], Counter[int], int]:
    """Questions until so many are matches: those in which the rules and the plain judge disagree, how often each rule failed, matches seen."""
    wrong, failed, seen = [], Counter[int](), 0
    while seen < matches and len(wrong) < 3:
        for question, mask in a_life(chance):
            plainly = broken(question)
            seen += not mask
            failed.update(plainly)
            if mask.value != sum(1 << number for number in plainly):
                wrong.append((question, mask, plainly))
    return wrong, failed, seen


@pytest.mark.parametrize("matches", [1000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_matches_made_by_chance_break_no_rule_and_nobody_who_breaks_none_is_left_out(matches: int) -> None:
    wrong, failed, seen = misjudged(random.Random(matches), matches)
    assert wrong == []
    assert seen >= matches
    assert set(failed) == set(range(1, 22)), "each rule must have had something to refuse"


@pytest.mark.parametrize("lives", [120, pytest.param(60_000, marks=pytest.mark.long)])
def test_nobody_who_goes_wherever_nothing_stands_in_the_way_is_ever_in_two_places_or_over_their_cap(lives: int) -> None:
    chance, twice = random.Random(lives), 0
    for _ in range(lives):
        gone = [question for question, failed in a_life(chance) if not failed]
        for place, one in enumerate(gone):
            assert not any(half_hours_away(one) & half_hours_away(other) for other in gone[:place])
        for in_block in Counter(block(question.option.on_date) for question in gone).values():
            cap = gone[0].volunteer.going_cap
            assert in_block <= (2 if cap is None else cap)
        twice += len(gone) > 1
    assert twice > lives / 10
