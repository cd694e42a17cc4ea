"""Every code that a coordinator's page can meet has its words: a new code without them is caught here, not on the page."""

from typing import Any

from matcher.actions.settling import GiveUpReason
from matcher.actions.standing_in import Done
from matcher.domain.actor import Role
from matcher.domain.journey_word import CloseReason, OfferReason, OfferState, ReferralState
from matcher.domain.letter_kind import NOT_WRITTEN_YET, LetterKind
from matcher.domain.task import TASKS, NeedsReason, TaskOutcome
from matcher.matching.explaining import WIDER, codes_of
from matcher.matching.rules import RULES
from matcher.matching.waves import WAVE_POLICIES
from web.coordinator_forms import SETTLED_AS
from web.pages import make_environment


def words_of(template: str) -> Any:
    return make_environment().get_template(template).module


def test_every_hard_rule_has_words_and_every_wish_that_can_be_wider() -> None:
    words = words_of("parts/rule_words.html")
    assert set(words.RULES) == {codes_of(rule)[0] for rule in RULES}
    assert set(words.WIDER) == {codes_of(rule)[0] for rule in WIDER}
    assert set(words.NOT_KNOWN) <= set(words.RULES) == set(words.MET)


def test_the_words_about_a_bar_say_no_more_than_that_it_cannot_be() -> None:
    assert words_of("parts/rule_words.html").RULES["h18"] == "they cannot go with this newcomer"


def test_every_state_reason_outcome_and_answer_has_words() -> None:
    words = words_of("coordinator/words.html")
    ours = {kind.value: rule for kind, rule in TASKS.items() if rule.role is Role.COORDINATOR}
    outcomes = {outcome for rule in ours.values() for outcome in rule.outcomes} - {TaskOutcome.SUPERSEDED}
    told: dict[str, set[str]] = {
        "NEEDS": {reason.value for reason in NeedsReason},
        "NEEDS_DO": {reason.value for reason in NeedsReason},
        "STATES": {state.value for state in ReferralState if state is not ReferralState.DRAFT},
        "STATE_TAGS": {state.value for state in ReferralState if state is not ReferralState.DRAFT},
        "CLOSED": {reason.value for reason in CloseReason},
        "LINES": set(ours),
        "LINE_HELP": set(ours),
        "OUTCOMES": {outcome.value for outcome in outcomes},
        "OFFERS": {state.value for state in OfferState},
        "OFFER_TAGS": {state.value for state in OfferState},
        "OFFER_REASONS": {reason.value for reason in OfferReason},
        "LETTERS": {kind.value for kind in LetterKind if kind not in NOT_WRITTEN_YET and kind is not LetterKind.SIGN_IN_CODE},
        "GIVE_UP": {reason.value for reason in GiveUpReason},
        "SETTLED_AS": set(SETTLED_AS),
        "POLICIES": set(WAVE_POLICIES),
        "DONE": {done.value for done in Done},
        "SETTLES": {"avoid_people", "coordinator_first", "own_words"},
    }
    missing = {name: codes - set(getattr(words, name)) for name, codes in told.items()}
    assert {name: codes for name, codes in missing.items() if codes} == {}
    assert set(words.LETTER_STATES) == set(words.LETTER_TAGS) >= {"bounced_address", "bounced_letter"}
