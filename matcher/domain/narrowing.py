"""What SQL may narrow the roster by for one option: conditions that everybody who passes the hard rules meets, and nothing more."""

from dataclasses import dataclass
from datetime import date

from matcher.domain.availability import WeekSpan
from matcher.domain.fellowship import Fellowship
from matcher.domain.place import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """One option's conditions. None means: this does not narrow.

    `point` is the venue of a meeting in person. `says_is` is what the volunteer must say of themself, `comfortable_with` the answers that fit
    the newcomer, `languages` those of which one must be spoken, `notices` the notices that are still kept. `half_hours` are those of the
    meeting itself, without the way there. `further`: also those who come further than their reach if nobody else can.
    """

    fellowship: Fellowship
    in_person: bool
    point: Point | None
    spans: tuple[WeekSpan, ...]
    on_date: date
    says_is: str | None
    comfortable_with: tuple[str, ...]
    languages: tuple[str, ...] | None
    notices: tuple[str, ...]
    half_hours: tuple[int, int]
    block: int
    further: bool = False
