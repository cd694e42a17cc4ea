"""Who fits whom: comfort, language, fellowship, age and pairs, as exhaustive tables; unknown never satisfies a wish (RG-01, RG-02, BX-01)."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from uuid import UUID

import pytest
from made_up import MEETING, THURSDAY, a_question, a_volunteer, an_option, person_id, some_needs

from matcher.domain.fellowship import Fellowship, WhoFor
from matcher.domain.meeting import Audience
from matcher.domain.option import special_audiences
from matcher.domain.referral import HeldSeat
from matcher.domain.volunteer import ComfortableWith, Kind, Membership, TimeBand
from matcher.domain.wishes import Age, Comfort, LanguageWish, SaysIs, SpecialAudience, language_tags
from matcher.matching.question import Question, Rule, Verdict
from matcher.matching.rules import failed_rules, is_eligible
from matcher.matching.rules_people import h9_comfort, h10_language

HELD = HeldSeat(volunteer_id=person_id(9), option=(MEETING, THURSDAY), meets_comfort=True, meets_time_band=True)
SAID = (SaysIs.WOMAN, SaysIs.MAN, SaysIs.OWN_WORDS, SaysIs.RATHER_NOT_SAY, None)
NEWCOMER_WISH_MET = {
    # wish: what a volunteer may say of themself and be asked
    Comfort.WOMAN: {SaysIs.WOMAN},
    Comfort.MAN: {SaysIs.MAN},
    Comfort.NO_PREFERENCE: set(SAID),
    Comfort.OWN_WORDS: set(),
    None: set(),
}
VOLUNTEER_WISH_MET = {
    ComfortableWith.WOMEN: {SaysIs.WOMAN},
    ComfortableWith.MEN: {SaysIs.MAN},
    ComfortableWith.ANYONE: set(SAID),
    None: set(),
}


def comfort_table_holds(rule: Callable[[Question], Verdict]) -> bool:
    """Every wish of the one against everything the other may have said, both ways: 500 pairs."""
    return all(
        (rule(a_question(a_volunteer(says_is=is_, comfortable_with=likes), some_needs(comfort=wish, newcomer_is=newcomer))) is Verdict.PASS)
        == (is_ in NEWCOMER_WISH_MET[wish] and newcomer in VOLUNTEER_WISH_MET[likes])
        for wish, is_, likes, newcomer in product(NEWCOMER_WISH_MET, SAID, VOLUNTEER_WISH_MET, SAID)
    )


def test_comfort_holds_both_ways_for_every_wish_and_everything_said() -> None:
    assert comfort_table_holds(h9_comfort)


def always_men(q: Question) -> Verdict:
    """As once seen: whatever the choice, a man."""
    return Verdict.PASS if q.volunteer.says_is is SaysIs.MAN else Verdict.FAIL


def as_true_or_false(q: Question) -> Verdict:
    """As once seen: the choice collapsed to "has a wish" and "said something"."""
    return Verdict.PASS if q.needs.comfort is Comfort.NO_PREFERENCE or q.volunteer.says_is else Verdict.FAIL


def one_way(q: Question) -> Verdict:
    """The volunteer's own wish forgotten."""
    return h9_comfort(replace(q, volunteer=replace(q.volunteer, comfortable_with=ComfortableWith.ANYONE)))


def unknown_is_any(q: Question) -> Verdict:
    """Unknown taken for a yes."""
    return Verdict.PASS if h9_comfort(q) is Verdict.UNKNOWN else h9_comfort(q)


@pytest.mark.parametrize("wrong", [always_men, as_true_or_false, one_way, unknown_is_any])
def test_a_wrong_comfort_rule_is_caught(wrong: Callable[[Question], Verdict]) -> None:
    assert not comfort_table_holds(wrong)


@pytest.mark.parametrize("settled", [Comfort.WOMAN, Comfort.MAN, Comfort.NO_PREFERENCE])
def test_own_words_mean_what_the_coordinator_settled_and_nothing_before(settled: Comfort) -> None:
    own_words = some_needs(comfort=Comfort.OWN_WORDS)
    for says_is in SAID:
        volunteer = a_volunteer(says_is=says_is)
        assert not is_eligible(a_question(volunteer, own_words))
        assert is_eligible(a_question(volunteer, replace(own_words, settled_comfort=settled))) == (says_is in NEWCOMER_WISH_MET[settled])


LANGUAGES = [frozenset[str](), frozenset({"en"}), frozenset({"cy"}), frozenset({"en", "cy"}), frozenset({"pl"})]
FITS = {
    # wish: volunteers' profiles that satisfy it
    language_tags(LanguageWish.ENGLISH): set(LANGUAGES),
    language_tags(LanguageWish.CYMRAEG): {frozenset({"cy"}), frozenset({"en", "cy"})},
    language_tags(LanguageWish.BOTH): {frozenset({"en"}), frozenset({"cy"}), frozenset({"en", "cy"})},
    language_tags(LanguageWish.OTHER, " PL "): {frozenset({"pl"})},
    language_tags(LanguageWish.OTHER): set(),
    language_tags(None): set(),
}


@pytest.mark.parametrize("wish", FITS, ids=lambda wish: "+".join(sorted(wish)) or "nothing said")
@pytest.mark.parametrize("spoken", LANGUAGES, ids=lambda spoken: "+".join(sorted(spoken)) or "nothing said")
def test_no_language_stated_never_satisfies_a_named_one(wish: frozenset[str], spoken: frozenset[str]) -> None:
    question = a_question(a_volunteer(languages=spoken), some_needs(languages=wish))
    assert (h10_language(question) is Verdict.PASS) == (spoken in FITS[wish])
    with_interpreter = replace(question, needs=replace(question.needs, interpreter_arranged=True))
    assert (h10_language(with_interpreter) is Verdict.PASS) == bool(wish)


def test_language_tags_are_read_by_what_was_ticked() -> None:
    assert language_tags(LanguageWish.BOTH) == {"en", "cy"}
    assert language_tags(LanguageWish.OTHER, "Pl") == {"pl"}
    assert language_tags(LanguageWish.CYMRAEG, "pl") == {"cy"}
    assert language_tags(None, "pl") == frozenset()


OWN_USE = {Fellowship.AA, Fellowship.CA, Fellowship.DAA, Fellowship.MA, Fellowship.NA, Fellowship.SMART}
AFFECTED = {Fellowship.ALANON, Fellowship.FA}
ROUTES = {WhoFor.OWN_USE: OWN_USE, WhoFor.AFFECTED: AFFECTED, WhoFor.NOT_SURE: OWN_USE | AFFECTED}
TRAINED_GOES_TO_CLOSED = {Fellowship.SMART}


@pytest.mark.parametrize("who_for", WhoFor)
@pytest.mark.parametrize("fellowship", Fellowship)
def test_nine_fellowships_by_route_age_kind_and_audience(fellowship: Fellowship, who_for: WhoFor) -> None:
    for age, kind, audience in product([*Age, None], Kind, Audience):
        volunteer = a_volunteer(memberships=frozenset({Membership(fellowship, kind)}), smart_trained=True)
        needs = some_needs(who_for=who_for, fellowships=(fellowship,), age=age)
        allowed = (
            age is Age.EIGHTEEN_OR_OVER
            and fellowship in ROUTES[who_for]
            and (kind is Kind.MEMBER or audience is Audience.OPEN or (kind is Kind.FACILITATOR and fellowship in TRAINED_GOES_TO_CLOSED))
        )
        assert is_eligible(a_question(volunteer, needs, an_option(fellowship=fellowship, audience=audience))) == allowed, (
            age,
            kind,
            audience,
        )


@pytest.mark.parametrize("asked", Fellowship)
@pytest.mark.parametrize("own", Fellowship)
def test_a_volunteer_goes_only_with_a_fellowship_on_their_own_profile(asked: Fellowship, own: Fellowship) -> None:
    volunteer = a_volunteer(memberships=frozenset({Membership(own)}), smart_trained=True)
    needs = some_needs(who_for=WhoFor.NOT_SURE, fellowships=(asked,))
    failed = failed_rules(a_question(volunteer, needs, an_option(fellowship=asked)))
    assert bool(failed & Rule.H4) == (asked is not own)
    assert bool(failed & Rule.H3) == (asked is Fellowship.ALATEEN)


@pytest.mark.parametrize("band", [*TimeBand, None])
def test_twelve_months_in_the_fellowship_or_training_at_smart(band: TimeBand | None) -> None:
    assert is_eligible(a_question(a_volunteer(time_band=band))) == (band not in (None, TimeBand.UNDER_ONE))
    for trained in (True, False, None):
        volunteer = a_volunteer(memberships=frozenset({Membership(Fellowship.SMART)}), time_band=band, smart_trained=trained)
        question = a_question(volunteer, some_needs(fellowships=(Fellowship.SMART,)), an_option(fellowship=Fellowship.SMART))
        assert is_eligible(question) == (trained is True)


def test_a_rule_for_one_kind_of_meeting_leaves_the_others_alone() -> None:
    untrained = a_volunteer(smart_trained=None)
    assert is_eligible(a_question(untrained))  # no rule of SMART's touches AA
    assert is_eligible(a_question(option=an_option(attributes=frozenset({"newcomer", "speaker", "seniors"}))))
    assert special_audiences({"newcomer", "open", "smoking"}) == frozenset()


@pytest.mark.parametrize("mark", ["lgbtq", "gay", "lesbian", "bisexual", "transgender", "non_binary"])
def test_a_meeting_for_lgbtq_people_is_for_those_who_both_said_so(mark: str) -> None:
    said = frozenset({SpecialAudience.LGBTQ})
    option = an_option(attributes=frozenset({"open", mark}))
    for volunteer, newcomer in product((said, frozenset()), repeat=2):
        question = a_question(a_volunteer(said_audiences=volunteer), some_needs(said_audiences=newcomer), option)
        assert is_eligible(question) == bool(volunteer and newcomer)


@pytest.mark.parametrize(("mark", "who"), [("women", SaysIs.WOMAN), ("men", SaysIs.MAN)])
def test_a_womens_or_mens_meeting_is_for_those_who_both_say_they_are(mark: str, who: SaysIs) -> None:
    for volunteer, newcomer in product(SAID, repeat=2):
        question = a_question(a_volunteer(says_is=volunteer), some_needs(newcomer_is=newcomer), an_option(attributes=frozenset({mark})))
        assert is_eligible(question) == (volunteer is newcomer is who)


def test_a_meeting_for_two_audiences_is_for_those_who_say_both() -> None:
    option = an_option(attributes=frozenset({"women", "young_people"}))
    young = frozenset({SpecialAudience.YOUNG_PEOPLE})
    woman = a_volunteer(says_is=SaysIs.WOMAN)
    assert not is_eligible(a_question(woman, some_needs(said_audiences=young), option))
    assert is_eligible(a_question(replace(woman, said_audiences=young), some_needs(said_audiences=young), option))


def test_the_second_of_a_pair_is_asked_for_the_same_evening_and_is_somebody_else() -> None:
    needs = some_needs(companions=2, held=HELD)
    assert is_eligible(a_question(needs=needs))
    assert failed_rules(a_question(needs=needs, option=an_option(meeting_id=UUID(int=5)))) == Rule.H19
    assert failed_rules(a_question(a_volunteer(9), needs)) == Rule.H19


def test_a_comfort_wish_holds_for_both_of_a_pair_unless_one_is_enough() -> None:
    wish = some_needs(companions=2, comfort=Comfort.WOMAN)
    man, woman = a_volunteer(says_is=SaysIs.MAN), a_volunteer(says_is=SaysIs.WOMAN)
    assert not is_eligible(a_question(man, replace(wish, held=HELD)))
    assert is_eligible(a_question(woman, replace(wish, held=HELD)))
    one = replace(wish, both_meet_wish=False)
    assert not is_eligible(a_question(man, one))  # nobody who meets it is found yet
    assert is_eligible(a_question(man, replace(one, held=HELD)))
    assert not is_eligible(a_question(man, replace(one, held=replace(HELD, meets_comfort=False))))
    assert not is_eligible(a_question(man, replace(one, held=HELD, companions=1)))


def test_somebody_who_goes_only_in_a_pair_is_asked_for_pairs_only() -> None:
    shy = a_volunteer(pair_only=True)
    assert failed_rules(a_question(shy)) == Rule.H19
    assert is_eligible(a_question(shy, some_needs(companions=2)))


@pytest.mark.parametrize("empty", ["fellowships", "languages", "times"])
def test_an_empty_wish_of_the_newcomer_is_no_wish_for_anything(empty: str) -> None:
    nothing: object = () if empty == "fellowships" else frozenset()
    assert not is_eligible(a_question(needs=some_needs(**{empty: nothing})))


@pytest.mark.parametrize("empty", ["memberships", "consents", "reach", "windows"])
def test_an_empty_set_on_a_profile_fits_nothing(empty: str) -> None:
    nothing: object = () if empty in ("reach", "windows") else frozenset()
    assert not is_eligible(a_question(a_volunteer(**{empty: nothing})))


@pytest.mark.parametrize("empty", ["needs", "care", "avoid_meetings", "barred_meetings", "said_audiences"])
def test_an_empty_set_of_needs_and_bars_asks_nothing_more(empty: str) -> None:
    assert is_eligible(a_question(needs=some_needs(**{empty: frozenset()})))
