"""Honest odds for a volunteer: about how often somebody like them is invited. Figures only, and none where they would be about few people."""

from dataclasses import dataclass
from enum import StrEnum

LOOK_BACK_WEEKS = 26
FEWEST_PEOPLE = 5
"""With fewer volunteers in the area a figure would be about these few people: words instead (matching 10)."""
AREA_COUNTS_WEEKS = 8.0
"""The area's pace counts as much as so many weeks of one's own (assumption)."""
OFTEN, SELDOM = 1.5, 13.0


class Pace(StrEnum):
    """How often, in one word: `weeks` comes with a number."""

    FEW_PEOPLE = "few_people"
    NEW_AREA = "new_area"
    EVERY_WEEK = "every_week"
    WEEKS = "weeks"
    SELDOM = "seldom"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """How often people were invited in the last half year: oneself, and everybody of the fellowship in the area; weeks are those on the roster."""

    own: int
    own_weeks: float
    people: int
    all_asks: int
    all_weeks: float


@dataclass(frozen=True, slots=True)
class Odds:
    """About one invitation every so many weeks; `weeks` is None where no figure is said."""

    pace: Pace
    weeks: int | None = None


def honest_odds(invited: Invited) -> Odds:
    """One's own pace and the area's together, rounded to whole weeks."""
    if invited.people < FEWEST_PEOPLE:
        return Odds(Pace.FEW_PEOPLE)
    if invited.all_weeks < invited.people or not invited.all_asks:
        return Odds(Pace.NEW_AREA)
    of_area = invited.all_asks / invited.all_weeks
    pace = (invited.own + AREA_COUNTS_WEEKS * of_area) / (max(0.0, invited.own_weeks) + AREA_COUNTS_WEEKS)
    weeks = 1 / pace
    if weeks < OFTEN:
        return Odds(Pace.EVERY_WEEK)
    return Odds(Pace.WEEKS, round(weeks)) if weeks <= SELDOM else Odds(Pace.SELDOM)
