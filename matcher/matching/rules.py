"""The hard rules together: the table of H1 to H21, the mask of those that failed, and the questions asked of it.

Never traded against rank, never overridden: a match by hand runs the same rules (matching 4).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

from matcher.domain.option import Option
from matcher.matching.question import Question, Rule, Verdict
from matcher.matching.rules_meeting import h6_usable, h11_reach, h12_free, h13_not_away, h14_notice, h15_goings, h16_letters, h17_no_clash
from matcher.matching.rules_people import h4_own_fellowship, h5_ready, h9_comfort, h10_language, h18_no_bar, h19_pair, h20_not_asked
from matcher.matching.rules_referral import h1_looking, h2_adult, h3_fellowship, h7_limits, h8_access, h21_episode

RuleTable = Mapping[Rule, Callable[[Question], Verdict]]

RULES: RuleTable = MappingProxyType(
    {
        Rule.H1: h1_looking,
        Rule.H2: h2_adult,
        Rule.H3: h3_fellowship,
        Rule.H4: h4_own_fellowship,
        Rule.H5: h5_ready,
        Rule.H6: h6_usable,
        Rule.H7: h7_limits,
        Rule.H8: h8_access,
        Rule.H9: h9_comfort,
        Rule.H10: h10_language,
        Rule.H11: h11_reach,
        Rule.H12: h12_free,
        Rule.H13: h13_not_away,
        Rule.H14: h14_notice,
        Rule.H15: h15_goings,
        Rule.H16: h16_letters,
        Rule.H17: h17_no_clash,
        Rule.H18: h18_no_bar,
        Rule.H19: h19_pair,
        Rule.H20: h20_not_asked,
        Rule.H21: h21_episode,
    }
)
NONE_FAILED = Rule(0)
WITHOUT_VOLUNTEER = Rule.H1 | Rule.H2 | Rule.H3 | Rule.H7 | Rule.H8 | Rule.H21
"""Rules that read no volunteer: the same for everybody at one option."""
ON_A_CLAIM = Rule.H16
"""What does not stop somebody with a claim: letters of the week (matching 8.2)."""
ON_ANSWERING = Rule.H16 | Rule.H20
"""What no longer counts when somebody who was asked says yes."""
ON_THE_FORM = Rule.H1 | Rule.H16
"""What a band on the form leaves open: the referral is not sent yet, and a letter of this week is no reason next week."""
FRESH = timedelta(days=90)
"""An option checked longer ago is offered last (matching 5.6)."""


def failed_rules(question: Question, rules: RuleTable = RULES) -> Rule:
    """Every rule that this pair fails, unknown included; all are evaluated, because the explanation needs every bit."""
    failed = 0
    for rule, judge in rules.items():
        if judge(question) is not Verdict.PASS:
            failed |= rule.value
    return Rule(failed)


def unknown_rules(question: Question, rules: RuleTable = RULES) -> Rule:
    """Of the rules that fail, those that fail because something is not known: counted and shown apart."""
    unknown = 0
    for rule, judge in rules.items():
        if judge(question) is Verdict.UNKNOWN:
            unknown |= rule.value
    return Rule(unknown)


def is_eligible(question: Question, ignoring: Rule = NONE_FAILED) -> bool:
    """Whether nothing stands in the way but, perhaps, the rules named."""
    return not failed_rules(question) & ~ignoring


def eligible_options(question: Question, options: Sequence[Option], ignoring: Rule = NONE_FAILED) -> tuple[Option, ...]:
    """The options this volunteer could do, in the newcomer's order, those not checked for long last; the question's own is not read."""
    fit = [option for option in options if is_eligible(replace(question, option=option), ignoring)]
    return in_order(fit, question.now)


def in_order(options: Iterable[Option], now: datetime) -> tuple[Option, ...]:
    """As the newcomer ranked them, those last checked over 90 days ago at the end."""
    return tuple(sorted(options, key=lambda o: (o.last_checked_at is None or now - o.last_checked_at > FRESH, o.rank)))
