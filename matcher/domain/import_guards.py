"""The guards of an import (meetings 7.2): what a run must be for its rows to be believed."""

from matcher.domain.feed_issue import ErrorKind
from matcher.domain.import_matching import Matched

SHRINKS_TO = 0.7
FEWEST_TO_JUDGE = 5
CHANGES_MOST = 0.1


def has_shrunk(taken: int, last_good: int | None) -> bool:
    """Whether a feed has lost so many rows that it is more likely cut than true."""
    return last_good is not None and last_good >= FEWEST_TO_JUDGE and taken < SHRINKS_TO * last_good


def is_mass_change(changes: int, known: int) -> bool:
    """Whether so many known meetings change day, start, zone, place, link or status that the feed is more likely shifted than true."""
    return changes >= FEWEST_TO_JUDGE and changes > CHANGES_MOST * known


def judge_matched(matched: Matched, known: int) -> ErrorKind | None:
    """Why the rows of a run are not applied; None where they may be. `known`: live meetings of the source before the run."""
    return ErrorKind.MASS_CHANGE if is_mass_change(matched.changes_of_plan, known) else None
