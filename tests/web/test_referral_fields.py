"""Every field of the referral form with every kind of bad input: an error at that field, with a sentence, and the answers kept. No page is needed."""

from typing import Any

import pytest
from multidict import MultiDict

from matcher.domain.draft import DraftPage
from web.error_words import error_sentence
from web.forms import Form, read_form
from web.referral_forms import FORMS

GOOD: dict[DraftPage, dict[str, str]] = {
    DraftPage.WHO: {"who_for": "own_use", "age_ok": "18_or_over", "name_used": "Noor", "provider_ref": "H-77"},
    DraftPage.FELLOWSHIP: {"exposure": "never", "fellowships": "aa"},
    DraftPage.PEOPLE: {"comfort": "woman", "language": "english"},
    DraftPage.WHEN: {"travel_from": "B1", "when": "3-evening"},
    DraftPage.MEETINGS: {"options": "any"},
    DraftPage.CONTACT: {"channels": "keyworker", "consent_tell": "yes", "consent_method": "spoken"},
    DraftPage.MORE: {},
}
NEEDED = {(page, field) for page, answers in GOOD.items() for field in answers} - {(DraftPage.MEETINGS, "options")}
"""What no page may be without. Which meetings is asked by the page itself: where none fits, none is needed."""
HIDDEN = ("No\x00or", "No\x07or", "No\x1bor", "No\u202eor", "No\u2066or", "No\u200bor")
FIELDS = [(page, field) for page, model in FORMS.items() for field in model.model_fields]
TYPED = {
    *((DraftPage.WHO, name) for name in ("name_used", "provider_ref")),
    *((DraftPage.PEOPLE, name) for name in ("comfort_words", "needs_note")),
    *((DraftPage.PEOPLE, f"avoid_{what}_{row}") for what in ("name", "how") for row in range(1, 6)),
    (DraftPage.WHEN, "travel_from"),
    *((DraftPage.CONTACT, name) for name in ("email", "phone", "best_times", "who_else")),
    *((DraftPage.MORE, name) for name in ("experience_note", "fare_who_pays", "commitment_newcomer", "commitment_keyworker", "goal")),
}
"""Where somebody types words; everything else is chosen from a list, or a number or a date."""
SEEN_BY_OTHERS = [(DraftPage.WHO, "name_used"), *((DraftPage.PEOPLE, f"avoid_name_{row}") for row in range(1, 6))]


def read(page: DraftPage, **changed: str) -> Form:
    """The page's form with these answers instead; it must have been refused."""
    answers: MultiDict[Any] = MultiDict({**GOOD[page], **changed})
    record, form = read_form(FORMS[page], answers)
    assert record is None, (page, changed)
    return form


def check(page: DraftPage, field: str, given: str) -> None:
    """Refused at the field itself, in words, with everything else as it was typed."""
    form = read(page, **{field: given})
    problem = form.error(field)
    assert problem, f"{page.value}.{field} took {given[:20]!r} or blamed {list(form.errors)}"
    sentence = error_sentence(form, field)
    assert sentence[0].isupper() and "{" not in sentence, sentence
    for name, value in GOOD[page].items():
        if name != field:
            assert form.chosen(name) == [value], f"{name} was lost when {field} was wrong"


@pytest.mark.parametrize(("page", "field"), FIELDS, ids=lambda one: getattr(one, "value", one))
def test_no_field_takes_hidden_characters_or_an_endless_answer(page: DraftPage, field: str) -> None:
    for given in (*HIDDEN, "x" * 5000):
        check(page, field, given)


@pytest.mark.parametrize(("page", "field"), sorted(set(FIELDS) - TYPED), ids=lambda one: getattr(one, "value", one))
def test_what_is_chosen_counted_or_dated_takes_nothing_else(page: DraftPage, field: str) -> None:
    for given in ("zzz", "<b>yes</b>", "1e5", "' OR 1=1", "２"):
        check(page, field, given)


def test_every_field_is_one_or_the_other() -> None:
    assert set(FIELDS) >= TYPED and len(FIELDS) == len(set(FIELDS)) > 50


@pytest.mark.parametrize(("page", "field"), sorted(NEEDED), ids=lambda one: getattr(one, "value", one))
def test_what_is_needed_is_asked_for_when_it_is_missing_or_blank(page: DraftPage, field: str) -> None:
    check(page, field, "   ")
    answers: MultiDict[Any] = MultiDict({name: value for name, value in GOOD[page].items() if name != field})
    record, form = read_form(FORMS[page], answers)
    assert record is None and form.error(field)


@pytest.mark.parametrize(("page", "field"), SEEN_BY_OTHERS, ids=lambda one: getattr(one, "value", one))
@pytest.mark.parametrize("given", ["9434765919", "943 476 5919", "Noor 07700900123", "noor@letters.example", "www.noor.example", "M14 5XY"])
def test_a_name_is_no_number_address_or_postcode(page: DraftPage, field: str, given: str) -> None:
    check(page, field, given)


def test_a_reference_is_no_nhs_number_and_a_district_no_full_postcode() -> None:
    for given in ("9434765919", "943 476 5919", "943-476-5919"):
        check(DraftPage.WHO, "provider_ref", given)
    for given in ("M14 5XY", "m145xy", "EC1A 1BB"):
        check(DraftPage.WHEN, "travel_from", given)
        assert "5XY" not in error_sentence(read(DraftPage.WHEN, travel_from=given), "travel_from").upper()


def test_a_line_break_makes_no_second_address() -> None:
    for given in ("a@b.example\r\nBcc: c@d.example", "a@b.example,c@d.example", "a@b.example;c@d.example", "Noor <a@b.example>"):
        check(DraftPage.CONTACT, "email", given)
