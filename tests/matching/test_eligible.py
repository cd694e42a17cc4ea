"""Who could go: the search says what the rules say, in order, in bands on the form; barred people are never counted."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import CENTRE, FAR, MEETING, NEAR, NOW, THURSDAY, a_question, a_volunteer, an_option, person_id, some_needs

from matcher.domain.availability import block_of
from matcher.domain.journey_word import ReferralState, VolunteerState
from matcher.domain.place import Circle, Point
from matcher.domain.referral import RulePolicy
from matcher.domain.volunteer import Standing, Tally
from matcher.domain.wishes import Age, Care, Comfort, SaysIs
from matcher.matching.eligible import Band, Person, Search, band_of, bands, candidate_of, eligible_people
from matcher.matching.reach import trip_km
from matcher.matching.rules import ON_A_CLAIM, eligible_options, is_eligible

OTHER = an_option(meeting_id=UUID(int=101), rank=2)
THIRD = an_option(meeting_id=UUID(int=102), rank=3)
PEOPLE: list[Person] = [
    (a_volunteer(1), Standing()),
    (a_volunteer(2, state=VolunteerState.PAUSED), Standing()),
    (a_volunteer(3, says_is=SaysIs.WOMAN), Standing(barred_from_newcomer=True)),
    (a_volunteer(4, reach=(Circle(FAR, 3.0),)), Standing()),
    (a_volunteer(5, says_is=SaysIs.WOMAN), Standing(has_open_letter=True)),
    (a_volunteer(6), Standing(busy=frozenset(range(10**6)))),
    (a_volunteer(7, says_is=None), Standing(said_no=True)),
]


@given(
    st.lists(st.sampled_from(PEOPLE), unique_by=lambda person: person[0].number),
    st.lists(st.sampled_from([an_option(), OTHER, THIRD, an_option(rank=2, attendable=False)]), max_size=3),
    st.sampled_from([Comfort.NO_PREFERENCE, Comfort.WOMAN, None]),
    st.sampled_from([Age.EIGHTEEN_OR_OVER, None]),
    st.booleans(),
)
def test_the_search_says_what_the_rules_say_of_each(
    people: list[Person], options: list, comfort: Comfort | None, age: Age | None, by_hand: bool
) -> None:
    needs = some_needs(comfort=comfort, age=age, barred_meetings=frozenset({OTHER.meeting_id}))
    found = eligible_people(people, Search(needs, options, NOW, by_hand=by_hand))
    one_by_one = [
        (volunteer.number, eligible_options(a_question(volunteer, needs, standing=standing, by_hand=by_hand), options))
        for volunteer, standing in people
    ]
    assert [(one.volunteer.number, one.options) for one in found] == [(number, fit) for number, fit in one_by_one if fit]


def test_options_come_in_the_newcomers_order_and_long_unchecked_ones_last() -> None:
    stale = replace(an_option(), last_checked_at=NOW - timedelta(days=91))
    fit = eligible_options(a_question(), [THIRD, stale, OTHER])
    assert [option.rank for option in fit] == [2, 3, 1]
    fresh = replace(stale, last_checked_at=NOW - timedelta(days=90))
    assert [option.rank for option in eligible_options(a_question(), [THIRD, fresh, OTHER])] == [1, 2, 3]


def test_nobody_and_no_options_find_nobody() -> None:
    assert eligible_people([], Search(some_needs(), [an_option()], NOW)) == []
    assert eligible_people(PEOPLE, Search(some_needs(), [], NOW)) == []


def test_letters_of_the_week_do_not_stop_a_claim_but_everything_else_does() -> None:
    busy_week = a_question(standing=Standing(letters_in_seven_days=2, has_open_letter=True))
    assert not is_eligible(busy_week) and is_eligible(busy_week, ON_A_CLAIM)
    assert not is_eligible(replace(busy_week, volunteer=a_volunteer(windows=())), ON_A_CLAIM)


@pytest.mark.parametrize(
    ("count", "band"), [(-1, Band.NONE), (0, Band.NONE), (1, Band.A_FEW), (4, Band.A_FEW), (5, Band.SEVERAL), (999, Band.SEVERAL)]
)
def test_bands_never_tell_a_small_number(count: int, band: Band) -> None:
    assert band_of(count) is band


def test_the_form_counts_before_anything_is_sent_or_settled() -> None:
    draft = some_needs(
        state=ReferralState.DRAFT,
        consent_c1=False,
        comfort=Comfort.OWN_WORDS,
        unresolved_avoid_people=True,
        care=frozenset({Care.COORDINATOR_FIRST}),
    )
    people: list[Person] = [(a_volunteer(number), Standing(letters_in_seven_days=2)) for number in range(1, 6)]
    nowhere = an_option(meeting_id=UUID(int=103), rank=2, venue=FAR)
    assert bands(people, Search(draft, [an_option(), nowhere], NOW)) == {
        (MEETING, THURSDAY): Band.SEVERAL,
        (UUID(int=103), THURSDAY): Band.NONE,
    }
    assert bands(people[:4], Search(draft, [an_option()], NOW))[MEETING, THURSDAY] is Band.A_FEW


def test_the_form_keeps_every_wish_and_counts_nobody_who_is_barred() -> None:
    wish = some_needs(state=ReferralState.DRAFT, comfort=Comfort.WOMAN)
    assert bands(PEOPLE, Search(wish, [an_option()], NOW))[MEETING, THURSDAY] is Band.A_FEW  # the fifth; the third is barred
    assert bands(PEOPLE[:4], Search(wish, [an_option()], NOW))[MEETING, THURSDAY] is Band.NONE


def test_a_candidate_carries_what_the_ranking_sees_and_no_more() -> None:
    standing = Standing(matches_in_block={block_of(THURSDAY): 1}, letters_in_seven_days=1, last_asked_at=NOW - timedelta(days=3))
    (found,) = eligible_people([(a_volunteer(4, going_cap=4), standing)], Search(some_needs(), [an_option(), OTHER], NOW))
    candidate = candidate_of(found)
    assert candidate.volunteer == person_id(4) and candidate.number == 4
    assert candidate.options == ((MEETING, THURSDAY), (OTHER.meeting_id, THURSDAY))
    assert candidate.km == pytest.approx(trip_km([Circle(CENTRE, 100)], NEAR, NEAR))
    assert (candidate.load, candidate.going_cap, candidate.letters_this_week) == (0.5, 4, 1)
    assert candidate.last_asked_at == NOW - timedelta(days=3)


def test_km_is_that_of_the_option_nearest_for_them() -> None:
    further = an_option(meeting_id=UUID(int=104), rank=2, venue=Point(50.77, -1.88), picked_by_hand=True)
    online = an_option(meeting_id=UUID(int=105), rank=3, in_person=False, has_way_in=True)
    (found,) = eligible_people([(a_volunteer(), Standing())], Search(some_needs(), [further, online, replace(an_option(), rank=4)], NOW))
    assert len(found.options) == 3
    assert candidate_of(found).km == pytest.approx(trip_km([Circle(CENTRE, 100)], NEAR, NEAR))


def test_a_standing_yes_is_of_the_meetings_that_were_said_alone() -> None:
    person = (a_volunteer(1), Standing(always_yes=frozenset({OTHER.meeting_id})))
    for options, standing in (([an_option()], False), ([an_option(), OTHER], True), ([OTHER], True), ([THIRD], False)):
        [found] = eligible_people([person], Search(some_needs(), options, NOW))
        assert candidate_of(found).standing is standing


def test_each_option_has_its_own_trip_and_none_where_nobody_travels_or_nobody_knows() -> None:
    meets_up = an_option(meeting_id=UUID(int=106), rank=2, meet_up=Point(50.74, -1.90))
    online = an_option(meeting_id=UUID(int=107), rank=3, in_person=False, has_way_in=True)  # the hall is known, and nobody goes there
    two_areas = a_volunteer(going_cap=None, reach=(Circle(Point(50.78, -1.90), 9.0), Circle(CENTRE, 10.0), Circle(NEAR, 1.0)))
    standing = Standing(tally=Tally(n=3.0, y=1.0), matches_in_block={block_of(THURSDAY): 1, block_of(THURSDAY) + 1: 5})
    (found,) = eligible_people([(two_areas, standing)], Search(some_needs(), [an_option(), meets_up, online], NOW))
    candidate = candidate_of(found)
    meeting_up = trip_km([Circle(CENTRE, 100)], Point(50.74, -1.90), NEAR)
    assert candidate.kms == (pytest.approx(0.0), pytest.approx(meeting_up), None)
    assert candidate.km == pytest.approx(0.0) and candidate.tally == Tally(n=3.0, y=1.0)
    assert (candidate.going_cap, candidate.load) == (2, 1.0), "not said is twice"
    (only,) = eligible_people([(two_areas, standing)], Search(some_needs(), [online], NOW))
    assert candidate_of(only).km is None and candidate_of(only).kms == (None,)


def test_load_is_that_of_the_block_of_the_nearest_option() -> None:
    later = an_option(THURSDAY + timedelta(days=28), meeting_id=UUID(int=108), rank=2, venue=CENTRE)
    standing = Standing(matches_in_block={block_of(THURSDAY): 1, block_of(THURSDAY) + 1: 2})
    (found,) = eligible_people([(a_volunteer(going_cap=4), standing)], Search(some_needs(), [an_option(), later], NOW))
    assert candidate_of(found).load == 3 / 4, "the later one is at their door"


def test_own_words_that_are_settled_count_as_settled_on_the_form() -> None:
    people: list[Person] = [(a_volunteer(number, says_is=SaysIs.WOMAN if number > 4 else SaysIs.MAN), Standing()) for number in range(1, 6)]
    own_words = some_needs(state=ReferralState.DRAFT, comfort=Comfort.OWN_WORDS)
    for settled, band in ((None, Band.SEVERAL), (Comfort.NO_PREFERENCE, Band.SEVERAL), (Comfort.WOMAN, Band.A_FEW)):
        assert bands(people, Search(replace(own_words, settled_comfort=settled), [an_option()], NOW))[MEETING, THURSDAY] is band


def test_a_search_tells_each_question_how_it_is_asked() -> None:
    policy = RulePolicy(checked_within=timedelta(days=10))
    search = Search(some_needs(), [an_option()], NOW, policy=policy, by_hand=True)
    question = search.about((a_volunteer(3), Standing(said_no=True)), OTHER)
    assert question == a_question(a_volunteer(3), some_needs(), OTHER, standing=Standing(said_no=True), policy=policy, by_hand=True)
    assert eligible_people([(a_volunteer(), Standing())], search) == []
