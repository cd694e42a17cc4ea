"""Honest odds: one's own pace and the area's, whole weeks, and no figure about few people."""

from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.odds import Invited, Odds, Pace, honest_odds


def invited(**changes: float) -> Invited:
    """Ten volunteers for half a year, each asked five times: one invitation every 5.2 weeks."""
    facts = {"own": 5, "own_weeks": 26.0, "people": 10, "all_asks": 50, "all_weeks": 260.0}
    return Invited(**facts | changes)


def test_somebody_like_the_others_is_told_the_areas_pace() -> None:
    assert honest_odds(invited()) == Odds(Pace.WEEKS, 5)


def test_ones_own_history_counts_more_the_longer_it_is() -> None:
    assert honest_odds(invited(own=0, own_weeks=0)) == Odds(Pace.WEEKS, 5), "somebody new is told what the others get"
    assert honest_odds(invited(own=0, own_weeks=8)) == Odds(Pace.WEEKS, 10)
    assert honest_odds(invited(own=13)) == Odds(Pace.WEEKS, 2)
    assert honest_odds(invited(own=0)) == Odds(Pace.SELDOM)
    assert honest_odds(invited(own=26, all_asks=260)) == Odds(Pace.EVERY_WEEK)


def test_fewer_than_five_people_get_words_and_so_does_a_new_area() -> None:
    assert honest_odds(invited(people=4)) == Odds(Pace.FEW_PEOPLE) and honest_odds(invited(people=5)).weeks is not None
    assert honest_odds(invited(all_asks=0, own=0)) == Odds(Pace.NEW_AREA)
    assert honest_odds(invited(all_weeks=9.0)) == Odds(Pace.NEW_AREA), "less than a week each"


@given(st.integers(0, 400), st.floats(0, 26), st.integers(0, 300), st.integers(0, 4000), st.floats(0, 7800))
def test_there_is_always_an_answer_and_a_figure_only_where_it_may_be(
    own: int, weeks: float, people: int, asks: int, all_weeks: float
) -> None:
    odds = honest_odds(Invited(own=own, own_weeks=weeks, people=people, all_asks=asks, all_weeks=all_weeks))
    assert (odds.weeks is not None) == (odds.pace is Pace.WEEKS)
    assert odds.weeks is None or (people >= 5 and 2 <= odds.weeks <= 13)
