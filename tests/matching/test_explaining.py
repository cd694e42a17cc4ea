"""Why somebody could go or not: masks, the funnel, the one relaxation that helps; and that no figure betrays a bar."""

from dataclasses import replace
from functools import reduce
from operator import or_
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import CENTRE, FAR, NOW, a_question, a_volunteer, an_option, person_id, some_needs

from matcher.domain.fellowship import Fellowship
from matcher.domain.journey_word import ReferralState, VolunteerState
from matcher.domain.place import Circle
from matcher.domain.referral import HeldSeat, PairPolicy, RulePolicy
from matcher.domain.volunteer import ComfortableWith, Kind, Membership, Notice, Standing
from matcher.domain.wishes import Comfort, Need, SaysIs
from matcher.matching import explaining
from matcher.matching.eligible import Person, Search, eligible_people
from matcher.matching.explaining import (
    ALL_RULES,
    FUNNEL,
    OF_THE_REFERRAL,
    FunnelLine,
    Relaxation,
    best_pair,
    best_relaxation,
    codes_of,
    count_funnel,
    count_place_unknown,
    explain,
    removed_most,
    stops_everybody,
)
from matcher.matching.question import Rule
from matcher.matching.rules import failed_rules

LATER = an_option(meeting_id=UUID(int=101), rank=2, outcode="BH9")
BARRED = (
    Standing(barred_from_newcomer=True),
    Standing(barred_from_provider=True),
    Standing(same_person=True),
    Standing(barred_outcodes=frozenset({"BH1", "BH9"})),
)
OTHERS: list[Person] = [
    (a_volunteer(1), Standing()),
    (a_volunteer(2, memberships=frozenset({Membership(Fellowship.NA, Kind.MEMBER)})), Standing()),
    (a_volunteer(3, says_is=SaysIs.WOMAN), Standing(has_open_letter=True)),
    (a_volunteer(4, reach=(Circle(FAR, 3.0),)), Standing()),
    (a_volunteer(5, reach=()), Standing()),
    (a_volunteer(6), Standing(busy=frozenset(range(10**6)))),
    (a_volunteer(7, says_is=None), Standing(said_no=True)),
    (a_volunteer(8, state=VolunteerState.PAUSED), Standing()),
    (a_volunteer(9, windows=()), Standing()),
    (a_volunteer(10, notice=Notice.TWO_DAYS), Standing(barred_outcodes=frozenset({"BH1"}))),
]
WALLED: list[Person] = [(a_volunteer(20 + number), standing) for number, standing in enumerate(BARRED)]


def searching(*options: object, **changes: object) -> Search:
    """The question of Noor's referral about these options."""
    return Search(some_needs(**changes), options or (an_option(), LATER), NOW)


def everything(people: list[Person], search: Search) -> tuple[object, ...]:
    """Every figure that a page could show of these people."""
    told = explain(people, search)
    names = [(one.volunteer.number, [codes_of(at.failed) for at in one.at]) for one in told]
    return count_funnel(told), count_place_unknown(told), removed_most(told), stops_everybody(told), best_relaxation(told, search), names


@given(
    st.lists(st.sampled_from(OTHERS), unique_by=lambda person: person[0].number),
    st.lists(st.sampled_from(WALLED), unique_by=lambda person: person[0].number),
    st.sampled_from([Comfort.NO_PREFERENCE, Comfort.WOMAN, Comfort.OWN_WORDS]),
)
def test_no_figure_betrays_a_bar(people: list[Person], walled: list[Person], comfort: Comfort) -> None:
    search = searching(comfort=comfort)
    assert everything([*people, *walled], search) == everything(people, search)


def test_somebody_who_counted_the_barred_would_be_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explaining, "is_barred", lambda question: False)
    assert everything(WALLED, searching()) != everything([], searching())


def test_a_partner_who_must_not_meet_the_first_is_left_out() -> None:
    held = HeldSeat(volunteer_id=person_id(1), option=an_option().key, meets_comfort=True, meets_time_band=True)
    apart = (a_volunteer(2), Standing(barred_pair_partners=frozenset({person_id(1)})))
    assert explain([apart], searching(companions=2, held=held)) == []


@given(st.lists(st.sampled_from(OTHERS), unique_by=lambda person: person[0].number), st.booleans())
def test_the_masks_are_what_the_rules_say_and_the_end_of_the_funnel_is_who_may_be_asked(people: list[Person], wish: bool) -> None:
    search = searching(comfort=Comfort.WOMAN if wish else Comfort.NO_PREFERENCE)
    told = explain(people, search)
    for one in told:
        for at in one.at:
            assert at.failed == failed_rules(search.about((one.volunteer, one.standing), at.option))
            assert at.unknown & ~at.failed == Rule(0)
    counted = list(count_funnel(told).values())
    assert counted == sorted(counted, reverse=True)
    assert counted[0] == len(told)
    assert counted[-1] == len(eligible_people(people, search)) == sum(bool(one.could()) for one in told)


def test_every_rule_that_tells_people_apart_is_in_exactly_one_line() -> None:
    lines = list(FUNNEL.values())
    assert reduce(or_, lines) == ALL_RULES & ~OF_THE_REFERRAL
    assert sum(rules.bit_count() for rules in lines) == reduce(or_, lines).bit_count()
    assert list(FUNNEL) == list(FunnelLine)


def test_a_line_is_passed_at_one_and_the_same_option() -> None:
    # Free for the first only, in reach of the second only: nobody is counted as free there.
    first = an_option(venue=CENTRE)
    second = replace(LATER, venue=FAR, starts_at=LATER.starts_at.replace(hour=3))
    somebody = (a_volunteer(1, reach=(Circle(FAR, 3.0),)), Standing())
    counted = count_funnel(
        explain([somebody], Search(some_needs(travel_minutes_most=900), [first, replace(second, picked_by_hand=True)], NOW))
    )
    assert counted[FunnelLine.REACH] == 1 and counted[FunnelLine.FREE] == 0


def test_an_unknown_place_is_counted_apart() -> None:
    people = [(a_volunteer(1, reach=()), Standing()), (a_volunteer(2, reach=(Circle(FAR, 3.0),)), Standing()), (a_volunteer(3), Standing())]
    told = explain(people, searching())
    assert count_place_unknown(told) == 1 and count_funnel(told)[FunnelLine.REACH] == 1


def test_the_rule_that_removed_most_is_named() -> None:
    women_only = [(a_volunteer(n), Standing()) for n in (1, 2, 3)]
    far = [(a_volunteer(4, reach=(Circle(FAR, 3.0),), says_is=SaysIs.WOMAN), Standing())]
    assert removed_most(explain([*women_only, *far], searching(comfort=Comfort.WOMAN))) is Rule.H9
    assert removed_most(explain([(a_volunteer(1), Standing())], searching())) is None
    assert removed_most([]) is None


def test_a_state_that_stops_everybody_is_not_blamed_on_people() -> None:
    told = explain(OTHERS, searching(state=ReferralState.ON_HOLD, consent_c1=False))
    assert stops_everybody(told) == Rule.H1
    assert removed_most(told) is not Rule.H1
    assert stops_everybody(explain(OTHERS, searching(unresolved_avoid_people=True))) == Rule.H18
    assert stops_everybody([]) == Rule(0)


def test_the_wish_whose_widening_helps_most_is_named_with_its_count() -> None:
    people = [(a_volunteer(n), Standing()) for n in (1, 2, 3)]
    search = searching(comfort=Comfort.WOMAN)
    assert best_relaxation(explain(people, search), search) == Relaxation(Rule.H9, 3)


def test_a_wish_of_the_volunteers_own_is_not_put_down_to_the_newcomer() -> None:
    choosy = [(a_volunteer(n, says_is=SaysIs.MAN, comfortable_with=ComfortableWith.MEN), Standing()) for n in (1, 2)]
    search = searching(comfort=Comfort.WOMAN, newcomer_is=SaysIs.WOMAN)
    assert best_relaxation(explain(choosy, search), search) is None


def test_nothing_that_would_need_two_changes_is_proposed() -> None:
    search = searching(comfort=Comfort.WOMAN)
    busy = [(a_volunteer(1), Standing(has_open_letter=True))]
    assert best_relaxation(explain(busy, search), search) is None


def test_where_nothing_helps_alone_the_best_two_are_named() -> None:
    search = searching(comfort=Comfort.WOMAN, languages=frozenset({"pl"}), needs=frozenset({Need.STEP_FREE}))
    both = [(a_volunteer(n, languages=frozenset({"pl"})), Standing()) for n in (1, 2)]
    told = explain([*both, (a_volunteer(3, says_is=SaysIs.WOMAN), Standing())], search)
    assert best_relaxation(told, search) is None
    assert best_pair(told, search) == Relaxation(Rule.H8 | Rule.H9, 2)
    assert best_pair(explain([(a_volunteer(1), Standing())], search), search) is None, "three things are in the way"
    alone = searching(comfort=Comfort.WOMAN)
    assert best_pair(explain(both, alone), alone) is None, "one is enough there"


def test_likelier_people_count_for_more_but_are_counted_one_by_one() -> None:
    search = searching(comfort=Comfort.WOMAN, languages=frozenset({"pl"}))
    two_men = [(a_volunteer(n, languages=frozenset({"pl"})), Standing()) for n in (1, 2)]
    one_woman = (a_volunteer(3, says_is=SaysIs.WOMAN), Standing())
    told = explain([*two_men, one_woman], search)
    assert best_relaxation(told, search) == Relaxation(Rule.H9, 2)
    assert best_relaxation(told, search, lambda one: 0.9 if one.volunteer.number == 3 else 0.3) == Relaxation(Rule.H10, 1)


@pytest.mark.parametrize(
    ("changes", "options", "policy", "rule"),
    [
        ({"needs": frozenset({Need.STEP_FREE})}, (), RulePolicy(), Rule.H8),
        ({"languages": frozenset({"pl"})}, (), RulePolicy(), Rule.H10),
        ({"fellowships": (Fellowship.NA, Fellowship.AA)}, (), RulePolicy(), Rule.H3),
        ({"companions": 3}, (), RulePolicy(pair=PairPolicy.WHEN_ASKED), Rule.H19),
    ],
)
def test_each_wish_of_the_newcomer_may_be_proposed(changes: dict, options: tuple, policy: RulePolicy, rule: Rule) -> None:
    search = replace(searching(*options, **changes), policy=policy)
    told = explain([(a_volunteer(1), Standing()), (a_volunteer(2), Standing())], search)
    assert best_relaxation(told, search) == Relaxation(rule, 2)


def test_bars_age_consent_and_checks_are_never_proposed() -> None:
    never = [
        ([(a_volunteer(1), BARRED[0])], {}),
        ([(a_volunteer(1), Standing())], {"age": None}),
        ([(a_volunteer(1), Standing())], {"consent_c1": False}),
        ([(a_volunteer(1, checklist_ok=False), Standing())], {}),
    ]
    for people, changes in never:
        search = searching(**changes)
        assert best_relaxation(explain(people, search), search) is None


def test_the_best_option_is_the_one_with_least_in_the_way() -> None:
    somebody = (a_volunteer(1), Standing())
    told = explain([somebody], searching(replace(an_option(), attributes=frozenset({"women"})), LATER))[0]
    assert told.best.option == LATER and not told.best.failed
    assert explain([somebody], searching())[0].best.option == an_option()
    assert [at.option for at in told.could()] == [LATER]
    assert len(told.could(Rule.H6)) == 2


def test_codes_come_in_the_order_of_the_rules() -> None:
    assert codes_of(Rule.H12 | Rule.H4 | Rule.H9) == ("h4", "h9", "h12")
    assert codes_of(Rule(0)) == ()
    assert codes_of(failed_rules(a_question())) == ()
