"""The one question every hard rule answers: may this volunteer go with this newcomer to this occurrence, as things stand now?"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, IntFlag

from matcher.domain.option import Option
from matcher.domain.referral import SHIPPED_POLICY, ReferralNeeds, RulePolicy
from matcher.domain.volunteer import NEVER_ASKED, Standing, Volunteer


class Verdict(Enum):
    """A rule's answer. Unknown fails like a no; it is told apart so that it can be counted and shown."""

    PASS = 1
    FAIL = 2
    UNKNOWN = 3


class Rule(IntFlag):
    """One bit for each row of the hard rules (matching 4); a mask of these says which failed."""

    H1 = 1 << 1
    H2 = 1 << 2
    H3 = 1 << 3
    H4 = 1 << 4
    H5 = 1 << 5
    H6 = 1 << 6
    H7 = 1 << 7
    H8 = 1 << 8
    H9 = 1 << 9
    H10 = 1 << 10
    H11 = 1 << 11
    H12 = 1 << 12
    H13 = 1 << 13
    H14 = 1 << 14
    H15 = 1 << 15
    H16 = 1 << 16
    H17 = 1 << 17
    H18 = 1 << 18
    H19 = 1 << 19
    H20 = 1 << 20
    H21 = 1 << 21


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One volunteer, one referral, one option, one moment. `by_hand`: a coordinator asks or records an answer, the machine does not."""

    volunteer: Volunteer
    needs: ReferralNeeds
    option: Option
    now: datetime
    standing: Standing = NEVER_ASKED
    policy: RulePolicy = SHIPPED_POLICY
    by_hand: bool = False


def met(condition: bool) -> Verdict:
    """Pass if the condition holds, else fail."""
    return Verdict.PASS if condition else Verdict.FAIL


def known(condition: bool | None) -> Verdict:
    """Like `met`; None is unknown."""
    return Verdict.UNKNOWN if condition is None else met(condition)
