"""Each stored column that a hard rule reads: flipping it changes the outcome, by exactly the rule that reads it (RG-09); and the teeth."""

from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from made_up import CENTRE, FAR, MEETING, NEAR, NOW, THURSDAY, a_question, a_volunteer, an_option, person_id, some_needs

from matcher.domain.availability import Away, Notice, PartOfDay, block_of
from matcher.domain.fellowship import Fellowship, WhoFor
from matcher.domain.journey_word import ReferralState, VolunteerState
from matcher.domain.meeting import Audience
from matcher.domain.option import Option
from matcher.domain.place import NOWHERE, Circle, Place, Precision, TravelMode
from matcher.domain.referral import HeldSeat, PairPolicy, ReferralNeeds, RulePolicy
from matcher.domain.volunteer import ComfortableWith, Kind, Membership, Standing, TimeBand, Volunteer, VolunteerConsent
from matcher.domain.wishes import Age, Care, Comfort, EpisodeState, Need, SaysIs, SpecialAudience, TravelHow
from matcher.matching.question import Question, Rule, Verdict
from matcher.matching.rules import RULES, RuleTable, failed_rules, is_eligible, unknown_rules
from matcher.matching.rules_meeting import half_hours_out

MAKERS = {"volunteer": a_volunteer, "needs": some_needs, "option": an_option, "standing": Standing, "policy": RulePolicy}
CONSENTS = frozenset({VolunteerConsent.HOLD, VolunteerConsent.MAIL, VolunteerConsent.TELL_NEWCOMER})
SMART = {"volunteer": {"memberships": frozenset({Membership(Fellowship.SMART)}), "smart_trained": True}} | {
    "needs": {"fellowships": (Fellowship.SMART,)},
    "option": {"fellowship": Fellowship.SMART},
}
ANY_TIME = {"windows": ((0, 10080),)}
TWO_PEOPLE = frozenset({Care.TWO_PEOPLE})
NEWER = {"volunteer": {"time_band": TimeBand.UNDER_ONE}, "policy": {"second_may_be_newer": True}}
WOMENS = {
    "volunteer": {"says_is": SaysIs.WOMAN},
    "option": {"attributes": frozenset({"women"})},
}
HELD = HeldSeat(volunteer_id=person_id(9), option=(MEETING, THURSDAY), meets_comfort=True, meets_time_band=True)
HALF_FILLED = {"companions": 2, "held": HELD}
ONE_IS_ENOUGH = {"companions": 2, "comfort": Comfort.WOMAN, "both_meet_wish": False, "held": HELD}
ANOTHER_DAY = {"asked_for_meeting_numbers": frozenset({1}), "said_another_day": True, "shown": frozenset({(MEETING, date(2026, 5, 7))})}
BLOCK = block_of(THURSDAY)
BY_CAR = half_hours_out(a_volunteer(), an_option())
BY_BUS = half_hours_out(a_volunteer(travel_how=TravelMode.BUS_TRAIN), an_option())
ONLY_BY_BUS = frozenset({BY_BUS[0]}) - frozenset(BY_CAR)
LGBTQ = frozenset({SpecialAudience.LGBTQ})
PLAN = (datetime(2026, 5, 14, 17, 0, tzinfo=UTC), datetime(2026, 5, 14, 18, 0, tzinfo=UTC))


@dataclass(frozen=True)
class Flip:
    """Change `record.column` to `to`; the rules in `fails` then fail, and nothing else. `given` changes the passing pair beforehand."""

    record: str
    column: str
    to: Any
    fails: Rule
    given: dict[str, dict[str, Any]] = field(default_factory=dict)

    def question(self, *, flipped: bool) -> Question:
        parts = {}
        for name, make in MAKERS.items():
            changes = dict(self.given.get(name, {}))
            if flipped and name == self.record:
                changes[self.column] = self.to
            parts[name] = make(**changes)
        now = self.given.get("now", {}).get("now", NOW)
        if flipped and self.record == "now":
            now = self.to
        return a_question(now=now, **parts)

    def __str__(self) -> str:
        to = sorted(map(str, self.to)) if isinstance(self.to, frozenset) else self.to  # a set's own order is another in each process
        to = "some" if self.column == "busy" else to  # reckoned by what is tested here: a name must not change with it
        return f"{self.record}.{self.column} to {to}"[:70].replace("/", "-")


def v(column: str, to: Any, fails: Rule, **given: Any) -> Flip:
    return Flip("volunteer", column, to, fails, given)


def n(column: str, to: Any, fails: Rule, **given: Any) -> Flip:
    return Flip("needs", column, to, fails, given)


def o(column: str, to: Any, fails: Rule, **given: Any) -> Flip:
    return Flip("option", column, to, fails, given)


def s(column: str, to: Any, fails: Rule, **given: Any) -> Flip:
    return Flip("standing", column, to, fails, given)


def p(column: str, to: Any, fails: Rule, **given: Any) -> Flip:
    return Flip("policy", column, to, fails, given)


FLIPS = [
    *(v("state", state, Rule.H5) for state in VolunteerState if state is not VolunteerState.ACTIVE),
    v("id", HELD.volunteer_id, Rule.H19, needs=HALF_FILLED),
    v("adult", False, Rule.H5),
    v("time_band", TimeBand.UNDER_ONE, Rule.H5),
    v("time_band", None, Rule.H5),
    v("address_ok", False, Rule.H5),
    *(v("consents", CONSENTS - {one}, Rule.H5) for one in sorted(CONSENTS)),
    v("consents", frozenset(), Rule.H5),
    v("role_card_ok", False, Rule.H5),
    v("checklist_ok", False, Rule.H5),
    v("smart_trained", False, Rule.H5, **SMART),
    v("smart_trained", None, Rule.H5, **SMART),
    v("memberships", frozenset({Membership(Fellowship.NA)}), Rule.H4),
    v("memberships", frozenset(), Rule.H4),
    v("memberships", frozenset({Membership(Fellowship.AA, Kind.PEER_MENTOR)}), Rule.H4, option={"audience": Audience.CLOSED}),
    v("memberships", frozenset({Membership(Fellowship.AA, Kind.PEER_MENTOR)}), Rule.H4, option={"audience": Audience.UNKNOWN}),
    v("reach", (), Rule.H11),
    v("reach", (Circle(FAR, 10.0),), Rule.H11),
    v("reach", (Circle(CENTRE, 1.0), Circle(FAR, 3.0)), Rule.H11),
    v("travel_how", TravelMode.BUS_TRAIN, Rule.H17, standing={"busy": ONLY_BY_BUS}),
    v("travel_how", None, Rule.H17, standing={"busy": ONLY_BY_BUS}),
    v("windows", (), Rule.H12),
    v("windows", ((3 * 1440 + 19 * 60, 3 * 1440 + 21 * 60),), Rule.H12),
    v("away", (Away(THURSDAY, THURSDAY),), Rule.H13),
    v("away", (Away(date(2026, 1, 1)),), Rule.H13),
    v("notice", Notice.TWO_DAYS, Rule.H14, now={"now": datetime(2026, 5, 13, 10, 0, tzinfo=UTC)}),
    v("notice", Notice.ONE_DAY, Rule.H14, now={"now": datetime(2026, 5, 14, 10, 0, tzinfo=UTC)}),
    v("notice", None, Rule.H14, now={"now": datetime(2026, 5, 14, 10, 0, tzinfo=UTC)}),
    v("cap", 1, Rule.H16, standing={"letters_in_seven_days": 1}),
    v("cap", None, Rule.H16, volunteer={"cap": 3}, standing={"letters_in_seven_days": 2}),
    v("going_cap", 1, Rule.H15, standing={"matches_in_block": {BLOCK: 1}}),
    v("going_cap", None, Rule.H15, volunteer={"going_cap": 3}, standing={"matches_in_block": {BLOCK: 2}}),
    v("going_cap", 0, Rule.H15),
    v("comfortable_with", ComfortableWith.MEN, Rule.H9),
    v("comfortable_with", None, Rule.H9),
    v("says_is", SaysIs.WOMAN, Rule.H9, needs={"comfort": Comfort.MAN}),
    v("says_is", None, Rule.H9, needs={"comfort": Comfort.MAN}),
    v("says_is", None, Rule.H6, **WOMENS),
    v("languages", frozenset({"en"}), Rule.H10, volunteer={"languages": frozenset({"cy"})}, needs={"languages": frozenset({"cy"})}),
    v("languages", frozenset(), Rule.H10, volunteer={"languages": frozenset({"cy"})}, needs={"languages": frozenset({"cy"})}),
    v("pair_only", True, Rule.H19),
    v("pair_only", None, Rule.H19),
    v(
        "said_audiences",
        frozenset(),
        Rule.H6,
        volunteer={"said_audiences": LGBTQ},
        needs={"said_audiences": LGBTQ},
        option={"attributes": frozenset({"gay"})},
    ),
    *(n("state", state, Rule.H1) for state in ReferralState if state not in (ReferralState.LOOKING, ReferralState.PART_FILLED)),
    n("on_hold", True, Rule.H1),
    n("consent_c1", False, Rule.H1),
    n("age", None, Rule.H2),
    n("age", Age.TWELVE_TO_SEVENTEEN, Rule.H2),
    n("age", Age.UNDER_TWELVE, Rule.H2),
    n("who_for", WhoFor.AFFECTED, Rule.H3),
    n("who_for", None, Rule.H3),
    n("fellowships", (), Rule.H3),
    n("fellowships", (Fellowship.NA, Fellowship.AA), Rule.H3),
    n("fellowships_open", 1, Rule.H3, needs={"fellowships": (Fellowship.NA, Fellowship.AA), "fellowships_open": 2}),
    n("comfort", Comfort.WOMAN, Rule.H9),
    n("comfort", Comfort.OWN_WORDS, Rule.H9),
    n("comfort", None, Rule.H9),
    n("settled_comfort", None, Rule.H9, needs={"comfort": Comfort.OWN_WORDS, "settled_comfort": Comfort.MAN}),
    n("newcomer_is", SaysIs.MAN, Rule.H9, volunteer={"comfortable_with": ComfortableWith.WOMEN}),
    n("newcomer_is", None, Rule.H9, volunteer={"comfortable_with": ComfortableWith.WOMEN}),
    n("newcomer_is", None, Rule.H6, **WOMENS),
    n(
        "said_audiences",
        frozenset(),
        Rule.H6,
        volunteer={"said_audiences": LGBTQ},
        needs={"said_audiences": LGBTQ},
        option={"attributes": frozenset({"lgbtq"})},
    ),
    n("languages", frozenset(), Rule.H10),
    n("languages", frozenset({"pl"}), Rule.H10),
    n("interpreter_arranged", False, Rule.H10, needs={"languages": frozenset({"pl"}), "interpreter_arranged": True}),
    *(n("needs", frozenset({need}), Rule.H8) for need in (Need.STEP_FREE, Need.HEARING_LOOP, Need.BSL)),
    n("travel_from", NOWHERE, Rule.H7),
    n("travel_from", Place(FAR, Precision.OUTCODE, 1500, "SP1"), Rule.H7),
    n("travel_how", TravelHow.BUS, Rule.H7, needs={"travel_how": TravelHow.OWN, "travel_minutes_most": 10}),
    n("travel_how", None, Rule.H7, needs={"travel_how": TravelHow.OWN, "travel_minutes_most": 10}),
    n("travel_minutes_most", 10, Rule.H7),
    n("times", frozenset(), Rule.H7),
    n("times", frozenset({(3, PartOfDay.MORNING), (2, PartOfDay.EVENING)}), Rule.H7),
    n("earliest_on", date(2026, 5, 15), Rule.H7),
    n("not_before", date(2026, 5, 15), Rule.H7),
    n("not_before", date(2026, 5, 15), Rule.H7, option={"picked_by_hand": True}),
    n("avoid_meetings", frozenset({MEETING}), Rule.H7),
    n("barred_meetings", frozenset({MEETING}), Rule.H18),
    n("unresolved_avoid_people", True, Rule.H18),
    n("care", TWO_PEOPLE, Rule.H7),
    n("care", frozenset({Care.DAYTIME_ONLY}), Rule.H7),
    n("care", frozenset({Care.COORDINATOR_FIRST}), Rule.H7),
    n("care", frozenset({Care.PUBLIC_TRANSPORT_ONLY}), Rule.H7, needs={"travel_how": TravelHow.OWN, "travel_minutes_most": 10}),
    n("released", False, Rule.H7, needs={"care": frozenset({Care.COORDINATOR_FIRST}), "released": True}),
    n("companions", 1, Rule.H19, needs={"companions": 2}, volunteer={"pair_only": True}),
    n("companions", 3, Rule.H19),
    n("companions", 1, Rule.H7, needs={"companions": 2, "care": TWO_PEOPLE}),
    n("both_meet_wish", True, Rule.H9, needs=ONE_IS_ENOUGH),
    n("held", None, Rule.H9, needs=ONE_IS_ENOUGH),
    n("held", replace(HELD, meets_comfort=False), Rule.H9, needs=ONE_IS_ENOUGH),
    n("held", replace(HELD, option=(MEETING, date(2026, 5, 21))), Rule.H19, needs=HALF_FILLED),
    n(
        "held",
        replace(HELD, meets_time_band=False),
        Rule.H5,
        needs=HALF_FILLED,
        **NEWER,
    ),
    n("meeting_number", 2, Rule.H20, standing={"asked_for_meeting_numbers": frozenset({2})}),
    n("meeting_number", 7, Rule.H21),
    n("meeting_number", 1, Rule.H19, needs={"meeting_number": 2}, policy={"pair": PairPolicy.FIRST_TIME}),
    n("met_count", 6, Rule.H21),
    n("episode", EpisodeState.RESTING, Rule.H21),
    n("episode", EpisodeState.ENDED, Rule.H21),
    n("other_matches", (PLAN,), Rule.H17),
    o("meeting_id", UUID(int=101), Rule.H18, needs={"barred_meetings": frozenset({UUID(int=101)})}),
    o("on_date", date(2026, 5, 11), Rule.H7),
    o("fellowship", Fellowship.NA, Rule.H3 | Rule.H4),
    o("zone", ZoneInfo("Asia/Tokyo"), Rule.H7, volunteer=ANY_TIME, option={"starts_at": datetime(2026, 5, 14, 18, 0, tzinfo=UTC)}),
    o("starts_at", NOW + timedelta(hours=1), Rule.H7 | Rule.H14, volunteer=ANY_TIME),
    o("length_minutes", 240, Rule.H12),
    o("meet_up_at", datetime(2026, 5, 14, 15, 0, tzinfo=UTC), Rule.H12),
    o("attendable", False, Rule.H6),
    o("last_checked_at", None, Rule.H6),
    o("last_checked_at", NOW - timedelta(days=181), Rule.H6),
    o("needs_human_check", True, Rule.H6),
    o("audience", Audience.CLOSED, Rule.H4, volunteer={"memberships": frozenset({Membership(Fellowship.AA, Kind.FACILITATOR)})}),
    o("attributes", frozenset(), Rule.H8, needs={"needs": frozenset({Need.STEP_FREE})}, option={"attributes": frozenset({"wheelchair"})}),
    o("attributes", frozenset({"young_people"}), Rule.H6),
    o("in_person", False, Rule.H11),
    o("has_way_in", False, Rule.H11, option={"in_person": False, "has_way_in": True}),
    o("venue", None, Rule.H7 | Rule.H11),
    o("venue", FAR, Rule.H7 | Rule.H11),
    o("meet_up", FAR, Rule.H11),
    o("outcode", "BH2", Rule.H18, standing={"barred_outcodes": frozenset({"BH2"})}),
    o("outcode", None, Rule.H18, standing={"barred_outcodes": frozenset({"BH2"})}),
    o("picked_by_hand", False, Rule.H7, needs={"times": frozenset()}, option={"picked_by_hand": True}),
    o("access_rung", False, Rule.H8, needs={"needs": frozenset({Need.BSL})}, option={"access_rung": True}),
    s("letters_in_seven_days", 2, Rule.H16),
    s("has_open_letter", True, Rule.H16),
    s("matches_in_block", {BLOCK: 2}, Rule.H15),
    s("busy", frozenset(BY_CAR[2:3]), Rule.H17),
    s("said_no", True, Rule.H20),
    s("asked_for_meeting_numbers", frozenset({1}), Rule.H20),
    s("said_another_day", False, Rule.H20, standing=ANOTHER_DAY),
    s("shown", frozenset({(UUID(int=3), THURSDAY)}), Rule.H20, standing=ANOTHER_DAY),
    s("shown", frozenset(), Rule.H20, standing=ANOTHER_DAY),
    s("banked_yes", False, Rule.H20, standing={"asked_for_meeting_numbers": frozenset({1}), "banked_yes": True}),
    s("barred_from_newcomer", True, Rule.H18),
    s("barred_from_provider", True, Rule.H18),
    s("barred_outcodes", frozenset({"BH1"}), Rule.H18),
    s("barred_pair_partners", frozenset({HELD.volunteer_id}), Rule.H18, needs=HALF_FILLED),
    s("same_person", True, Rule.H18),
    p("pair", PairPolicy.ALWAYS, Rule.H19),
    p("pair", PairPolicy.FIRST_TIME, Rule.H19),
    p("pair", None, Rule.H19),
    p("least_time_band", TimeBand.FIVE_OR_MORE, Rule.H5),
    p("second_may_be_newer", False, Rule.H5, needs=HALF_FILLED, **NEWER),
    p("checked_within", timedelta(days=10), Rule.H6),
    p("lead", timedelta(hours=4), Rule.H14, now={"now": datetime(2026, 5, 14, 15, 0, tzinfo=UTC)}),
    p("daytime_ends", time(18), Rule.H7, needs={"care": frozenset({Care.DAYTIME_ONLY})}, policy={"daytime_ends": time(21)}),
    Flip("now", "now", datetime(2026, 5, 14, 16, 0, 1, tzinfo=UTC), Rule.H14),
]

NOT_READ = {
    # Order, record-keeping, what the search has made of their reach before, and whether they may be rung: a question before the rules.
    "volunteer": {"number", "area_id", "further_if_needed", "may_be_rung", "on_call"},
    "needs": {"id"},
    "option": {"rank"},  # the order of offering, never a reason to fail
    "standing": {"last_asked_at", "tally", "always_yes"},  # the order of asking
    "policy": set(),
}


@pytest.mark.parametrize("flip", FLIPS, ids=str)
def test_flipping_a_column_changes_the_outcome_by_its_own_rule_alone(flip: Flip) -> None:
    assert failed_rules(flip.question(flipped=False)) == Rule(0)
    assert failed_rules(flip.question(flipped=True)) == flip.fails


@pytest.mark.parametrize("record", NOT_READ)
def test_every_column_of_the_records_is_read_by_a_rule_or_named_as_not_read(record: str) -> None:
    kinds = {"volunteer": Volunteer, "needs": ReferralNeeds, "option": Option, "standing": Standing, "policy": RulePolicy}
    flipped = {flip.column for flip in FLIPS if flip.record == record}
    assert {f.name for f in fields(kinds[record])} == flipped | NOT_READ[record]


def holds(rules: RuleTable) -> bool:
    """What the table above asserts, with another table of rules."""
    return all(
        failed_rules(flip.question(flipped=True), rules) == flip.fails and not failed_rules(flip.question(flipped=False), rules)
        for flip in FLIPS
    )


@pytest.mark.parametrize("rule", Rule)
def test_a_rule_that_is_removed_or_always_fails_is_caught(rule: Rule) -> None:
    assert holds(RULES)
    assert not holds({kept: judge for kept, judge in RULES.items() if kept is not rule})
    assert not holds({**RULES, rule: lambda q: Verdict.FAIL})


def test_every_row_of_the_hard_rules_is_in_the_table_in_order() -> None:
    assert list(RULES) == list(Rule)
    assert [rule.name for rule in Rule] == [f"H{row}" for row in range(1, 22)]


def test_all_rules_are_evaluated_even_after_the_first_has_failed() -> None:
    nothing = a_question(
        a_volunteer(state=VolunteerState.PAUSED, memberships=frozenset(), windows=(), reach=()), some_needs(consent_c1=False)
    )
    assert failed_rules(nothing) == Rule.H1 | Rule.H4 | Rule.H5 | Rule.H11 | Rule.H12


def test_unknown_is_told_apart_from_no_and_fails_like_it() -> None:
    unplaced, far = a_question(option=an_option(venue=None)), a_question(a_volunteer(reach=(Circle(FAR, 5.0),)))
    assert unknown_rules(unplaced) == Rule.H7 | Rule.H11 and not is_eligible(unplaced)
    assert unknown_rules(far) == Rule(0) and not is_eligible(far)
    assert not is_eligible(unplaced, Rule.H11) and is_eligible(far, Rule.H11)


UNKNOWN = [
    (n("age", None, Rule.H2), True),
    (n("age", Age.UNDER_TWELVE, Rule.H2), False),
    (n("who_for", None, Rule.H3), True),
    (n("fellowships", (), Rule.H3), True),
    (n("who_for", WhoFor.AFFECTED, Rule.H3), False),
    (o("audience", Audience.UNKNOWN, Rule.H4, volunteer={"memberships": frozenset({Membership(Fellowship.AA, Kind.PEER_MENTOR)})}), True),
    (o("audience", Audience.CLOSED, Rule.H4, volunteer={"memberships": frozenset({Membership(Fellowship.AA, Kind.PEER_MENTOR)})}), False),
    (o("last_checked_at", None, Rule.H6), True),
    (o("last_checked_at", NOW - timedelta(days=181), Rule.H6), False),
    (n("travel_from", NOWHERE, Rule.H7), True),
    (n("travel_from", Place(FAR, Precision.OUTCODE, 1500, "SP1"), Rule.H7), False),
    (n("comfort", None, Rule.H9), True),
    (n("comfort", Comfort.OWN_WORDS, Rule.H9), True),
    (n("comfort", Comfort.WOMAN, Rule.H9), False),
    (v("says_is", None, Rule.H9, needs={"comfort": Comfort.MAN}), True),
    (v("says_is", SaysIs.RATHER_NOT_SAY, Rule.H9, needs={"comfort": Comfort.MAN}), True),
    (v("says_is", SaysIs.OWN_WORDS, Rule.H9, needs={"comfort": Comfort.MAN}), False),
    (v("comfortable_with", None, Rule.H9), True),
    (n("newcomer_is", None, Rule.H9, volunteer={"comfortable_with": ComfortableWith.WOMEN}), True),
    (n("languages", frozenset(), Rule.H10), True),
    (v("languages", frozenset(), Rule.H10, needs={"languages": frozenset({"cy"})}), True),
    (v("languages", frozenset({"en"}), Rule.H10, needs={"languages": frozenset({"cy"})}), False),
    (v("reach", (), Rule.H11), True),
    (v("reach", (Circle(FAR, 1.0),), Rule.H11), False),
    (n("unresolved_avoid_people", True, Rule.H18), True),
    (s("same_person", True, Rule.H18), False),
    (v("pair_only", None, Rule.H19), True),
    (v("pair_only", True, Rule.H19), False),
]


@pytest.mark.parametrize(("flip", "unknown"), UNKNOWN, ids=str)
def test_what_is_not_known_fails_as_unknown_and_a_no_as_a_no(flip: Flip, unknown: bool) -> None:
    question = flip.question(flipped=True)
    assert failed_rules(question) == flip.fails
    assert unknown_rules(question) == (flip.fails if unknown else Rule(0))


def test_a_coordinator_by_hand_meets_the_same_walls_but_may_ask_for_one_that_waits_for_a_person() -> None:
    waiting = some_needs(state=ReferralState.NEEDS_PERSON, comfort=Comfort.OWN_WORDS, released=True)
    assert failed_rules(a_question(needs=waiting)) == Rule.H1 | Rule.H9
    assert is_eligible(a_question(needs=waiting, by_hand=True))
    assert failed_rules(a_question(needs=replace(waiting, consent_c1=False), by_hand=True)) == Rule.H1
    assert failed_rules(a_question(needs=replace(waiting, released=False), by_hand=True)) == Rule.H9
    for flip in FLIPS:
        by_hand = failed_rules(replace(flip.question(flipped=True), by_hand=True))
        assert by_hand == flip.fails or (flip.fails, flip.to) == (Rule.H1, ReferralState.NEEDS_PERSON)


def test_near_enough_to_be_judged_by_the_circle_they_drew() -> None:
    assert is_eligible(a_question(a_volunteer(reach=(Circle(FAR, 3.0), Circle(NEAR, 1.0)))))
