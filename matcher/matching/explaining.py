"""Why somebody could go along, or could not: masks of failed rules, the funnel, the one relaxation that helps most (matching 10). Codes only.

People behind a bar are left out before anything is counted, so that no figure can betray one. The words for the codes are in templates.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import reduce
from itertools import combinations
from operator import and_, or_
from types import MappingProxyType

from matcher.domain.option import Option
from matcher.domain.referral import ReferralNeeds
from matcher.domain.volunteer import Standing, Volunteer
from matcher.domain.wishes import Comfort
from matcher.matching.eligible import Person, Search
from matcher.matching.question import Question, Rule, Verdict
from matcher.matching.rules import NONE_FAILED, RULES, failed_rules
from matcher.matching.rules_people import is_barred

OF_THE_REFERRAL = Rule.H1 | Rule.H2 | Rule.H18
"""Once bars are left out, these are the same for everybody: consent and state, age, a name that is not resolved yet."""
ALL_RULES = reduce(or_, RULES)


class FunnelLine(StrEnum):
    """The lines of the funnel, each counting who passes it and all before it."""

    ROSTER = "roster"
    FELLOWSHIP = "fellowship"
    MAY_BE_ASKED = "may_be_asked"
    FITS = "fits"
    REACH = "reach"
    FREE = "free"


FUNNEL: Mapping[FunnelLine, Rule] = MappingProxyType(
    {
        FunnelLine.ROSTER: NONE_FAILED,
        FunnelLine.FELLOWSHIP: Rule.H3 | Rule.H4,
        FunnelLine.MAY_BE_ASKED: Rule.H5 | Rule.H13 | Rule.H15 | Rule.H16 | Rule.H20 | Rule.H21,
        FunnelLine.FITS: Rule.H6 | Rule.H7 | Rule.H8 | Rule.H9 | Rule.H10 | Rule.H19,
        FunnelLine.REACH: Rule.H11,
        FunnelLine.FREE: Rule.H12 | Rule.H14 | Rule.H17,
    }
)
"""Which rules each line adds to those before it. Every rule that tells people apart is in exactly one."""


@dataclass(frozen=True, slots=True)
class AtOption:
    """How somebody stands to one occurrence. `unknown` are those of the failed rules that fail because something is not known."""

    option: Option
    failed: Rule
    unknown: Rule


@dataclass(frozen=True, slots=True)
class Explained:
    """A volunteer at every option that no bar keeps them from, in the newcomer's order."""

    volunteer: Volunteer
    standing: Standing
    at: tuple[AtOption, ...]

    @property
    def best(self) -> AtOption:
        """The option with the fewest rules in the way; the newcomer's order among equals."""
        return min(self.at, key=lambda one: one.failed.bit_count())

    def passes(self, rules: Rule) -> bool:
        """Whether there is an option at which none of these rules stands in the way."""
        return any(not one.failed & rules for one in self.at)

    def could(self, ignoring: Rule = NONE_FAILED) -> tuple[AtOption, ...]:
        """The options with nothing in the way but, perhaps, the rules named."""
        return tuple(one for one in self.at if not one.failed & ~ignoring)


@dataclass(frozen=True, slots=True)
class Relaxation:
    """How many more could go if one wish of the newcomer's were wider, or two: then `rule` has both bits."""

    rule: Rule
    more: int


def explain(people: Iterable[Person], search: Search) -> list[Explained]:
    """Everybody with their masks, in the order given, without those whom a bar keeps from every option."""
    return [made for person in people if (made := _explained(person, search)).at]


def _explained(person: Person, search: Search) -> Explained:
    questions = [(option, search.about(person, option)) for option in search.options]
    return Explained(*person, tuple(_at(option, question) for option, question in questions if not is_barred(question)))


def _at(option: Option, question: Question) -> AtOption:
    verdicts = {rule: judge(question) for rule, judge in RULES.items()}
    failed = (rule for rule, verdict in verdicts.items() if verdict is not Verdict.PASS)
    unknown = (rule for rule, verdict in verdicts.items() if verdict is Verdict.UNKNOWN)
    return AtOption(option, reduce(or_, failed, NONE_FAILED), reduce(or_, unknown, NONE_FAILED))


def count_funnel(explained: Sequence[Explained]) -> dict[FunnelLine, int]:
    """For each line, how many pass it and all lines before it at one and the same option."""
    counted, sofar = {}, NONE_FAILED
    for line, rules in FUNNEL.items():
        sofar |= rules
        counted[line] = sum(one.passes(sofar) for one in explained)
    return counted


def count_place_unknown(explained: Sequence[Explained]) -> int:
    """How many pass the lines before `reach` and fail it only because a place is not known: counted apart."""
    before = reduce(or_, (rules for line, rules in FUNNEL.items() if line not in (FunnelLine.REACH, FunnelLine.FREE)))
    unsure = [one for one in explained if not one.passes(before | Rule.H11)]
    return sum(any(not at.failed & before and at.unknown & Rule.H11 for at in one.at) for one in unsure)


def removed_most(explained: Sequence[Explained]) -> Rule | None:
    """The rule that stands in most people's way at every option; the earlier one among equals. None where nothing stands in anybody's."""
    masks = [reduce(and_, (at.failed for at in one.at)) & ~OF_THE_REFERRAL for one in explained]
    counts = Counter(rule for mask in masks for rule in RULES if rule & mask)
    return max(RULES, key=lambda rule: counts[rule]) if counts else None


def stops_everybody(explained: Sequence[Explained]) -> Rule:
    """The rules that everybody fails at every option because of the referral itself, not of the person."""
    shared = reduce(and_, (at.failed for one in explained for at in one.at), ALL_RULES) if explained else NONE_FAILED
    return shared & OF_THE_REFERRAL


WIDER: Mapping[Rule, Callable[[ReferralNeeds], ReferralNeeds]] = MappingProxyType(
    {
        Rule.H3: lambda needs: replace(needs, fellowships_open=max(1, len(needs.fellowships))),
        Rule.H8: lambda needs: replace(needs, needs=frozenset()),
        Rule.H9: lambda needs: replace(needs, comfort=Comfort.NO_PREFERENCE, settled_comfort=None),
        Rule.H10: lambda needs: replace(needs, interpreter_arranged=True),
        Rule.H19: lambda needs: replace(needs, companions=1),
    }
)
"""What only the newcomer may widen, and how the question then reads. Bars, age, consent and checks are never proposed."""


def _each_alike(one: Explained) -> float:
    return 1.0


Weigh = Callable[[Explained], float]
"""How much somebody counts towards a proposal: their chance of a yes in time where it is known."""


def best_relaxation(explained: Sequence[Explained], search: Search, weigh: Weigh = _each_alike) -> Relaxation | None:
    """The one wish that, if it were wider, would let the most people go who cannot now; the earlier rule among equals. None: none alone helps.

    People count by `weigh`; `more` is how many they are.
    """
    return _best([(rule,) for rule in WIDER], explained, search, weigh)


def best_pair(explained: Sequence[Explained], search: Search, weigh: Weigh = _each_alike) -> Relaxation | None:
    """The two wishes that together would let the most people go: for when none alone helps. None: no two do either."""
    return _best(list(combinations(WIDER, 2)), explained, search, weigh)


def _best(proposals: Sequence[tuple[Rule, ...]], explained: Sequence[Explained], search: Search, weigh: Weigh) -> Relaxation | None:
    stuck = [one for one in explained if not one.could()]
    found = {}
    for rules in proposals:
        wider = replace(search, needs=reduce(lambda needs, rule: WIDER[rule](needs), rules, search.needs))
        found[reduce(or_, rules)] = [one for one in stuck if _would_go(one, wider, reduce(or_, rules))]
    best = max(found, key=lambda rule: sum(weigh(one) for one in found[rule]))
    return Relaxation(best, len(found[best])) if found[best] else None


def _would_go(one: Explained, wider: Search, rules: Rule) -> bool:
    """Whether exactly these rules keep them from an option, and would not if the wishes behind them were wider."""
    stopped = [at.option for at in one.at if at.failed == rules]
    return any(not failed_rules(wider.about((one.volunteer, one.standing), option)) for option in stopped)


def codes_of(rules: Rule) -> tuple[str, ...]:
    """The rules of a mask as codes, in their order: h4, h9."""
    return tuple(str(rule.name).lower() for rule in RULES if rule & rules)
