"""Who could go: everybody who passes the hard rules for at least one option, as candidates for asking or as a band on the form."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from matcher.domain.availability import block_of
from matcher.domain.journey_word import ReferralState
from matcher.domain.option import Option, OptionKey
from matcher.domain.referral import SHIPPED_POLICY, ReferralNeeds, RulePolicy
from matcher.domain.volunteer import GOINGS_A_BLOCK, Standing, Volunteer
from matcher.domain.wishes import Comfort
from matcher.matching.asking_view import Candidate
from matcher.matching.question import Question, Rule, Verdict
from matcher.matching.reach import trip_km
from matcher.matching.rules import NONE_FAILED, ON_THE_FORM, RULES, WITHOUT_VOLUNTEER, in_order

Person = tuple[Volunteer, Standing]


@dataclass(frozen=True, slots=True)
class Search:
    """One referral's question to the whole roster, at one moment. `further`: nobody else can, so those who come further then are asked too."""

    needs: ReferralNeeds
    options: Sequence[Option]
    now: datetime
    policy: RulePolicy = SHIPPED_POLICY
    by_hand: bool = False
    further: bool = False

    def about(self, person: Person, option: Option) -> Question:
        """The same question about one person and one option."""
        volunteer, standing = person
        return Question(
            volunteer=volunteer,
            needs=self.needs,
            option=option,
            now=self.now,
            standing=standing,
            policy=self.policy,
            by_hand=self.by_hand,
        )


@dataclass(frozen=True, slots=True)
class Eligible:
    """A volunteer with the options they could do, in the newcomer's order."""

    volunteer: Volunteer
    standing: Standing
    options: tuple[Option, ...]


def eligible_people(people: Iterable[Person], search: Search, ignoring: Rule = NONE_FAILED) -> list[Eligible]:
    """Everybody who could do at least one of the options now, in the order given; the same as `eligible_options` of each.

    What reads no volunteer is judged once for each option.
    """
    people = list(people)
    shared = [judge for rule, judge in RULES.items() if rule & WITHOUT_VOLUNTEER and not rule & ignoring]
    own = [judge for rule, judge in RULES.items() if not rule & (WITHOUT_VOLUNTEER | ignoring)]
    found: dict[int, list[Option]] = {}
    for option in in_order(search.options, search.now):
        if not people or not _passes(search.about(people[0], option), shared):
            continue
        for place, person in enumerate(people):
            if _passes(search.about(person, option), own):
                found.setdefault(place, []).append(option)
    return [Eligible(*people[place], tuple(options)) for place, options in sorted(found.items())]


def _passes(question: Question, judges: Iterable[Callable[[Question], Verdict]]) -> bool:
    return all(judge(question) is Verdict.PASS for judge in judges)


def candidate_of(eligible: Eligible) -> Candidate:
    """What the ranking sees of somebody eligible (matching 6); km and load are those of the option nearest for them."""
    volunteer, standing = eligible.volunteer, eligible.standing
    trips = [(_trip_km(volunteer, option), option) for option in eligible.options]
    km, nearest = min(trips, key=lambda trip: (trip[0] is None, trip[0] or 0.0))
    cap = volunteer.going_cap or GOINGS_A_BLOCK
    return Candidate(
        volunteer=volunteer.id,
        number=volunteer.number,
        options=tuple(option.key for option in eligible.options),
        km=km,
        load=(standing.matches_in_block.get(block_of(nearest.on_date), 0) + 1) / cap,
        going_cap=cap,
        kms=tuple(km for km, _ in trips),
        tally=standing.tally,
        last_asked_at=standing.last_asked_at,
        letters_this_week=standing.letters_in_seven_days,
        standing=any(option.meeting_id in standing.always_yes for option in eligible.options),
    )


def _trip_km(volunteer: Volunteer, option: Option) -> float | None:
    meet_up, venue = option.meeting_place, option.venue
    if not option.in_person or meet_up is None or venue is None:
        return None
    return trip_km(volunteer.reach, meet_up, venue)


class Band(StrEnum):
    """How many volunteers could come, as coarsely as the form says it: a count of few people could betray one."""

    NONE = "none"
    A_FEW = "a_few"
    SEVERAL = "several"


def band_of(count: int) -> Band:
    """None, a few (1 to 4), several."""
    return Band.NONE if count <= 0 else Band.A_FEW if count <= 4 else Band.SEVERAL


def bands(people: Iterable[Person], search: Search) -> dict[OptionKey, Band]:
    """For each option of a form that is being filled in, how many could come if it were sent now. Barred people are not counted."""
    found = eligible_people(people, replace(search, needs=as_on_the_form(search.needs)), ON_THE_FORM)
    counts = Counter(option.key for person in found for option in person.options)
    return {option.key: band_of(counts[option.key]) for option in search.options}


def as_on_the_form(needs: ReferralNeeds) -> ReferralNeeds:
    """The needs as they will stand once the form is sent and a coordinator has settled what they must; own words bar nobody till then."""
    settled = Comfort.NO_PREFERENCE if needs.wish is Comfort.OWN_WORDS else needs.settled_comfort
    return replace(needs, state=ReferralState.LOOKING, released=True, unresolved_avoid_people=False, settled_comfort=settled)
