"""A referral as matching reads it: what the newcomer wants and where it stands. No name, no contact, no history."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from matcher.domain.availability import PartOfDay
from matcher.domain.fellowship import Fellowship, WhoFor
from matcher.domain.journey_word import ReferralState
from matcher.domain.option import OptionKey
from matcher.domain.place import NOWHERE, Place
from matcher.domain.volunteer import TimeBand, VolunteerId
from matcher.domain.wishes import (
    TRAVEL_MINUTES_NOT_SAID,
    Age,
    Care,
    Comfort,
    EpisodeState,
    Need,
    SaysIs,
    SpecialAudience,
    TravelHow,
)

ReferralId = NewType("ReferralId", UUID)

MOST_MEETINGS = 6
"""An episode has six accompanied meetings at most (rule H21)."""


class PairPolicy(StrEnum):
    """When a provider wants two companions. Not known counts as always (rule H19)."""

    WHEN_ASKED = "when_asked"
    FIRST_TIME = "first_time"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePolicy:
    """What the hard rules take from settings rather than from people. The defaults are shipped."""

    pair: PairPolicy | None = PairPolicy.WHEN_ASKED
    least_time_band: TimeBand = TimeBand.ONE_TO_TWO
    second_may_be_newer: bool = False
    checked_within: timedelta = timedelta(days=180)
    lead: timedelta = timedelta(hours=2)
    daytime_ends: time = time(18)


SHIPPED_POLICY = RulePolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSeat:
    """The first companion of two, who has said yes: their yes fixed the occurrence for both."""

    volunteer_id: VolunteerId
    option: OptionKey
    meets_comfort: bool
    meets_time_band: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralNeeds:
    """What one newcomer wants for one meeting number, and where the referral stands. None means: not said.

    `fellowships` is the newcomer's own list in order, of which the first `fellowships_open` are being asked (more only by the ladder).
    `languages` are tags of which one must be spoken (`wishes.language_tags`). `times` are (weekday, part of day), 0 is Monday.
    `avoid_meetings` are meetings not wanted, `barred_meetings` those under a bar. `unresolved_avoid_people`: a nickname the coordinator
    has not resolved. `released`: a coordinator has settled what had to be settled first. `settled_comfort`: what own words were settled
    as. `both_meet_wish`: with two companions the wish holds for each, else for one of them. `not_before`: the day they leave a place of
    treatment; earlier they cannot come at all. `other_matches` are the times (meeting up to end) of the newcomer's live matches for
    other meeting numbers.
    """

    id: ReferralId
    state: ReferralState
    on_hold: bool = False
    consent_c1: bool = False
    age: Age | None = None
    who_for: WhoFor | None = None
    fellowships: tuple[Fellowship, ...] = ()
    fellowships_open: int = 1
    comfort: Comfort | None = None
    settled_comfort: Comfort | None = None
    newcomer_is: SaysIs | None = None
    said_audiences: frozenset[SpecialAudience] = frozenset()
    languages: frozenset[str] = frozenset()
    interpreter_arranged: bool = False
    needs: frozenset[Need] = frozenset()
    travel_from: Place = NOWHERE
    travel_how: TravelHow | None = None
    travel_minutes_most: int = TRAVEL_MINUTES_NOT_SAID
    times: frozenset[tuple[int, PartOfDay]] = frozenset()
    earliest_on: date | None = None
    not_before: date | None = None
    avoid_meetings: frozenset[UUID] = frozenset()
    barred_meetings: frozenset[UUID] = frozenset()
    unresolved_avoid_people: bool = False
    care: frozenset[Care] = frozenset()
    released: bool = False
    companions: int = 1
    both_meet_wish: bool = True
    held: HeldSeat | None = None
    meeting_number: int = 1
    met_count: int = 0
    episode: EpisodeState = EpisodeState.NOT_STARTED
    other_matches: tuple[tuple[datetime, datetime], ...] = ()

    @property
    def wish(self) -> Comfort | None:
        """The comfort wish that is in force: own words only once a coordinator has settled what they come to."""
        return self.settled_comfort if self.comfort is Comfort.OWN_WORDS and self.settled_comfort else self.comfort
