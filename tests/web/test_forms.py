"""A submitted form becomes a record, or the same answers with an error at each field that needs another look."""

import json
import re
from datetime import date, time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict
from pydantic import Field, ValidationError, model_validator

from matcher.domain.text import BadText
from web import form_fields as kinds
from web.error_words import WORDS, error_sentence, error_words
from web.form_fields import FormRecord
from web.forms import _CODES, BadAnswer, Form, Problem, blank_form, form_of, read_form


class Comfort(StrEnum):
    WOMAN = "woman"
    MAN = "man"


class Specimen(FormRecord):
    """A form with one question of each kind."""

    name_used: kinds.Name
    comfort: Comfort
    fellowships: Annotated[tuple[str, ...], Field(min_length=1, max_length=2)]
    minutes: Annotated[kinds.Whole, Field(ge=10, le=90)] | None = None
    earliest: kinds.OnDate | None = None
    starts: kinds.ClockTime | None = None
    ends: kinds.ClockTime | None = None
    email: kinds.Email | None = None
    travel_from: kinds.Place | None = None
    consent: kinds.Ticked = False
    discreet: kinds.YesNo = False
    avoid: list[kinds.Name] = Field(default_factory=list)

    @model_validator(mode="after")
    def _ends_later(self) -> "Specimen":
        if self.starts and self.starts == self.ends:
            raise BadAnswer("end_is_start", field="ends")
        return self


GOOD = {"name_used": "Noor", "comfort": "woman", "fellowships": "aa"}


def read(*more: tuple[str, str], **changed: str) -> tuple[Specimen | None, Form]:
    answers = MultiDict({**GOOD, **changed})
    answers.extend(more)
    return read_form(Specimen, answers)


def test_a_whole_form_becomes_a_typed_record() -> None:
    record, form = read(
        ("fellowships", "na"),
        minutes=" 45 ",
        earliest="2026-11-26",
        starts="7.30pm",
        email="Noor@Example.org",
        consent="yes",
        token="t",
        nonce="n",
    )
    assert record == Specimen(
        name_used="Noor",
        comfort=Comfort.WOMAN,
        fellowships=("aa", "na"),
        minutes=45,
        earliest=date(2026, 11, 26),
        starts=time(19, 30),
        email="noor@example.org",
        consent=True,
    )
    assert not form.errors
    assert (form.value("email"), form.chosen("fellowships")) == ("Noor@Example.org", ["aa", "na"])


def test_blank_answers_count_as_not_given() -> None:
    record, _ = read(minutes="", earliest="  ", starts="")
    assert record is not None and (record.minutes, record.earliest, record.starts) == (None, None, None)


@pytest.mark.parametrize(
    ("field", "given", "code"),
    [
        ("name_used", " ", "empty"),
        ("name_used", "N" * 41, "too_long"),
        ("name_used", "07700 900123", "digits"),
        ("comfort", "", "empty"),
        ("comfort", "anyone", "not_offered"),
        ("fellowships", "", "too_few"),
        ("minutes", "9", "too_small"),
        ("minutes", "91", "too_big"),
        ("minutes", "-5", "too_small"),
        ("minutes", "soon", "not_a_number"),
        ("minutes", "1e3", "not_a_number"),
        ("minutes", "9" * 5000, "not_a_number"),
        ("minutes", "NaN", "not_a_number"),
        ("earliest", "31/11/2026", "not_a_date"),
        ("earliest", "0000-01-01", "not_a_date"),
        ("earliest", "tomorrow", "not_a_date"),
        ("starts", "25:00", "not_a_time"),
        ("starts", "13pm", "not_a_time"),
        ("starts", "7", "not_a_time"),
        ("email", "a@b.org, c@d.org", "two_addresses"),
        ("travel_from", "M14 5XY", "full_postcode"),
        ("consent", "no", "empty"),
        ("consent", "true", "not_offered"),
        ("avoid", "www.x", "web_address"),
    ],
)
def test_a_bad_answer_is_an_error_at_its_field_and_every_answer_is_kept(field: str, given: str, code: str) -> None:
    record, form = read(**{field: given})
    assert record is None
    assert {name: problem.code for name, problem in form.errors.items()} == {field: code}
    assert form.value("name_used") == ({**GOOD, field: given})["name_used"]
    said = error_sentence(form, field)
    assert re.search(r"[a-z]{3}", said) and "{" not in said and len(said) < 130


def test_errors_stand_in_the_order_of_the_page() -> None:
    _, form = read(minutes="x", name_used="", comfort="")
    assert list(form.errors) == ["name_used", "comfort", "minutes"]


def test_an_unknown_field_refuses_the_form_without_repeating_its_name() -> None:
    record, form = read(is_admin="yes")
    assert record is None and list(form.errors) == [""]
    assert "is_admin" not in form.values and "is_admin" not in error_sentence(form, "")


def test_two_answers_where_one_is_asked_are_refused() -> None:
    record, form = read(("comfort", "man"))
    assert record is None and form.errors["comfort"].code == "not_one_answer"


def test_an_answer_that_does_not_go_with_another_is_shown_at_its_field() -> None:
    record, form = read(starts="19:00", ends="7pm")
    assert record is None and error_sentence(form, "ends") == "The end must be after the start"


def test_a_line_of_several_is_named_by_its_number() -> None:
    _, form = read(("avoid", "Sam"), ("avoid", "sam@example.org"))
    assert error_sentence(form, "avoid").startswith("Line 2: ")


def test_a_full_postcode_is_answered_with_its_district() -> None:
    _, form = read(travel_from="m14 5xy")
    assert error_sentence(form, "travel_from") == "We do not need the whole postcode. Enter M14 only"


def test_errors_of_an_action_join_the_form() -> None:
    _, form = read()
    shown = form.with_errors({"code": "wrong_code", "email": Problem("already_there")})
    assert list(shown.errors) == ["code", "email"] and shown.value("name_used") == "Noor"
    assert not form.errors


def test_a_kept_record_fills_its_form_and_is_read_back_the_same() -> None:
    record, _ = read(minutes="45", earliest="2026-11-26", starts="19:30", consent="yes", discreet="yes")
    assert record is not None
    shown = form_of(record)
    answers = MultiDict((name, text) for name in shown.values for text in shown.chosen(name) if text)
    assert read_form(Specimen, answers)[0] == record
    assert blank_form(Specimen, comfort=Comfort.MAN, avoid=[]).chosen("avoid") == []


def test_what_is_kept_holds_no_hidden_character_and_no_endless_text() -> None:
    _, form = read(name_used="No\x00\u202eor" + "x" * 9000)
    assert form.value("name_used").startswith("Noorx") and len(form.value("name_used")) <= 5000


def test_a_record_never_carries_an_answer_in_its_refusal() -> None:
    with pytest.raises(ValidationError) as caught:
        Specimen.model_validate({**GOOD, "name_used": "secret@example.org"})
    assert "secret" not in str(caught.value)
    _, form = read(name_used="secret@example.org")
    assert "secret" not in repr(form.errors)


@given(st.dictionaries(st.sampled_from([*Specimen.model_fields, "token", "x"]), st.text(max_size=60)))
def test_no_form_ever_breaks_the_page(answers: dict[str, str]) -> None:
    record, form = read_form(Specimen, MultiDict(answers))
    assert (record is None) == bool(form.errors)
    assert all(error_sentence(form, name) and "{" not in error_sentence(form, name) for name in form.errors)


def codes_of_the_domain() -> set[str]:
    source = (WORDS.parent.parent / "matcher/domain/text.py").read_text() + (WORDS.parent / "form_fields.py").read_text()
    raised = set(re.findall(r'BadText\("(\w+)"', source)) | set(_CODES.values())
    return raised | {"control", "hidden", "private", "broken", "line_break", "bidi", "not_one_answer", "unknown_field", "wrong_kind"}


@pytest.mark.parametrize("code", sorted(codes_of_the_domain()))
def test_every_code_has_a_sentence(code: str) -> None:
    assert code in error_words().any


def test_sentences_use_only_figures_that_exist() -> None:
    words = error_words()
    sentences = [s for own in (*words.fields.values(), words.any) for s in own.values()]
    figures = {"name", "Name", "most", "least", "digits", "district", "hint", "headings", "language", "line", "minutes"}
    assert sentences and set(re.findall(r"{(\w+)}", " ".join(sentences))) <= figures
    assert not [s for s in sentences if s.endswith(".") or "valid" in s.lower() or "please try again later" in s.lower()]


def test_catalogues_add_to_a_field_but_never_say_the_same_twice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("web.error_words.WORDS", tmp_path)
    (tmp_path / "one.json").write_text(json.dumps({"fields": {"when": {"empty": "Choose a time"}}}))
    (tmp_path / "two.json").write_text(json.dumps({"fields": {"when": {"too_many": "Fewer"}}}))
    assert error_words.__wrapped__().fields["when"] == {"empty": "Choose a time", "too_many": "Fewer"}
    (tmp_path / "three.json").write_text(json.dumps({"fields": {"when": {"empty": "Tick a time"}}}))
    with pytest.raises(ValueError, match=r"three\.json, when, repeats empty|two\.json, when, repeats"):
        error_words.__wrapped__()


def test_bad_text_from_a_rule_of_two_fields_belongs_to_the_whole_form() -> None:
    class Pair(FormRecord):
        a: str = ""

        @model_validator(mode="after")
        def _never(self) -> "Pair":
            raise BadText("wrong_kind")

    _, form = read_form(Pair, MultiDict({"a": "x"}))
    assert list(form.errors) == [""]
