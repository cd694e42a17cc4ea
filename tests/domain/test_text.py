"""What typed text may hold, and what is refused: names, notes, addresses, districts, codes."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain import text
from matcher.domain.text import BadText

WRITERS: list[Callable[[str], str]] = [
    text.clean_line,
    text.clean_name,
    text.clean_reference,
    text.clean_recognise_me,
    text.clean_email,
    text.clean_phone,
    text.clean_district,
    text.clean_place,
    text.clean_code,
]
REFUSED = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


def code_of(clean: Callable[[str], str], given: str) -> str:
    with pytest.raises(BadText) as caught:
        clean(given)
    return caught.value.code


NAMES = [
    "Noor",
    "Zoë",
    "Nguyễn Thị Hương",
    "محمد",
    "می‌خواهم",
    "ශ්‍රී",
    "क्‍ष",
    "မြို့",
    "J. R.",
    "O’Brien",
    "Anne-Marie",
    "小雨",
    "👩‍🦰",
    "Tom 2",
    "Lee 1990",
    "St. John",
    "Dr.No",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_any_script_are_taken_as_they_are(name: str) -> None:
    assert text.clean_name(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("N" * 41, "too_long"),
        ("N" * 10_000, "too_long"),
        ("Noor 1234567", "digits"),
        ("Noor 07700 900 123", "digits"),
        ("٠٧٧٠٠٩٠٠١٢٣", "digits"),
        ("０７７００９００１２３", "digits"),
        ("noor@example.org", "at_sign"),
        ("noor＠example.org", "at_sign"),
        ("see evil.co.uk", "web_address"),
        ("https://x", "web_address"),
        ("www.x", "web_address"),
        ("ab。com", "web_address"),
        ("t.co/x", "web_address"),
        ("Noor M14 5XY", "postcode"),
        ("noor m145xy", "postcode"),
        ("943 476 5919", "nhs_number"),
        ("943-476-5919", "nhs_number"),
        ("9434765919", "nhs_number"),
        ("123 456 7890", "nhs_number"),
        ("No\x00or", "control"),
        ("Noor\r\nBcc: x", "line_break"),
        ("Noor\n", "line_break"),
        ("Noor\x85x", "line_break"),
        ("Noor\u2028x", "line_break"),
        ("\u202eroon", "bidi"),
        ("No\u200dor", "hidden"),
        ("\ufeffNoor", "hidden"),
        ("No\u00ador", "hidden"),
        ("\ue000", "private"),
        ("\ud800", "broken"),
        ("Zo" + "\u0335" * 4, "marks"),
    ],
)
def test_names_that_would_reach_or_hide_somebody_are_refused(name: str, code: str) -> None:
    assert code_of(text.clean_name, name) == code


@given(st.text(max_size=80))
def test_whatever_a_writer_takes_is_one_safe_line(given: str) -> None:
    for clean in WRITERS:
        try:
            line = clean(given)
        except BadText as refusal:
            assert str(refusal) == refusal.code, "a refusal carries no answer"
            continue
        assert line and line == line.strip(" ") and unicodedata.is_normalized("NFC", line)
        assert not {unicodedata.category(c) for c in line} & (REFUSED - {"Cf"})
        assert all(c in "\u200c\u200d" for c in line if unicodedata.category(c) == "Cf")
        assert clean(line) == line, "what was taken once is taken again unchanged"


@given(st.text(alphabet=st.sampled_from("ab \r\n\t\x00\u202e\u2029é́"), max_size=60))
def test_a_note_keeps_its_lines_and_nothing_hidden(given: str) -> None:
    try:
        note = text.clean_note(given, 40)
    except BadText as refusal:
        assert refusal.code in ("empty", "too_long", "control", "bidi", "line_break")
        return
    assert len(note) <= 40 and "\r" not in note and "\t" not in note and "\n\n\n" not in note
    assert text.clean_note(note, 40) == note


def test_a_long_text_is_measured_before_any_pattern_sees_it() -> None:
    assert code_of(text.clean_name, "1 " * 5_000_000) == "too_long"


@pytest.mark.parametrize("prefix", ["", "x ", "07700 900 12"])
@pytest.mark.parametrize("tail", ["@", "a@b.org", "http://a", "www.a.org"])
def test_what_reaches_the_other_person_holds_no_way_to_reach_back(prefix: str, tail: str) -> None:
    assert code_of(text.clean_recognise_me, prefix + tail) in ("at_sign", "web_address", "digits")


def test_recognise_me_takes_a_coat_and_a_bus_but_no_number_to_ring() -> None:
    assert text.clean_recognise_me("blue coat, off the 42 bus") == "blue coat, off the 42 bus"
    assert code_of(text.clean_recognise_me, "ring 49 60 00") == "digits"
    assert code_of(text.clean_recognise_me, "b" * 61) == "too_long"


def valid_nhs_number(nine: list[int]) -> str | None:
    check = (11 - sum(d * w for d, w in zip(nine, range(10, 1, -1), strict=True)) % 11) % 11
    return None if check == 10 or len({*nine, check}) == 1 else "".join(map(str, [*nine, check]))


@given(st.lists(st.integers(0, 9), min_size=9, max_size=9), st.sampled_from(["", " ", "-"]))
def test_every_real_nhs_number_is_known_however_it_is_spaced(nine: list[int], gap: str) -> None:
    number = valid_nhs_number(nine)
    if number:
        spaced = gap.join((number[:3], number[3:6], number[6:]))
        assert text.looks_like_nhs_number(spaced)
        assert code_of(text.clean_reference, f"ref {spaced}") == "nhs_number"
        wrong = number[:9] + str((int(number[9]) + 1) % 10)
        assert not text.looks_like_nhs_number(wrong), "a wrong check digit, ungrouped, is somebody's own reference"


@pytest.mark.parametrize("reference", ["HRB-0142", "2026/118", "1234567890", "0000000000", "A 12 B"])
def test_a_provider_keeps_its_own_references(reference: str) -> None:
    assert text.clean_reference(reference) == reference


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("", "empty"),
        ("tom@example.org, eve@example.org", "two_addresses"),
        ("tom@example.org;eve@example.org", "two_addresses"),
        ("a@b@example.org", "two_addresses"),
        ("Tom <tom@example.org>", "not_an_address"),
        ("tom @example.org", "not_an_address"),
        ("tom@example.org\r\nBcc: eve@example.org", "line_break"),
        ("tom@example.org\x00", "control"),
        ("tom@example", "not_an_address"),
        ("tom@.org", "not_an_address"),
        ("tom@-a.org", "not_an_address"),
        (".tom@example.org", "not_an_address"),
        ("t" * 65 + "@example.org", "not_an_address"),
        ("t@" + "a" * 250 + ".org", "too_long"),
        ("tom\u202e@example.org", "bidi"),
        ("tòm@example.org", "not_an_address"),
    ],
)
def test_anything_but_one_plain_address_is_refused(address: str, code: str) -> None:
    assert code_of(text.clean_email, address) == code


def test_one_address_is_kept_in_lower_case() -> None:
    assert text.clean_email(" Tom.O'Neil+AA@Example.ORG ") == "tom.o'neil+aa@example.org"


@pytest.mark.parametrize("number", ["0113 496 0000", "+44 (0)113 496 0000", "116 123", "0113-496-0000 ext 12", "999"])
def test_a_telephone_number_is_kept_as_typed(number: str) -> None:
    assert text.clean_phone(number) == number


@pytest.mark.parametrize("number", ["ring me", "12", "1" * 21, "tom@example.org 12345"])
def test_what_nobody_can_ring_is_no_telephone_number(number: str) -> None:
    assert code_of(text.clean_phone, number) == "not_a_number_to_ring"


@pytest.mark.parametrize(("typed", "district"), [("m14", "M14"), (" M14 ", "M14"), ("SE1", "SE1"), ("ec1a", "EC1A")])
def test_a_district_is_taken_in_any_case(typed: str, district: str) -> None:
    assert text.clean_district(typed) == district


@pytest.mark.parametrize(("typed", "district"), [("M14 5XY", "M14"), ("m145xy", "M14"), ("ec1a 1bb", "EC1A")])
def test_a_full_postcode_is_refused_and_its_district_offered(typed: str, district: str) -> None:
    for clean in (text.clean_district, text.clean_place):
        with pytest.raises(BadText) as caught:
            clean(typed)
        assert (caught.value.code, caught.value.limits) == ("full_postcode", {"district": district})


def test_a_town_is_a_place_but_no_district() -> None:
    assert text.clean_place("Ashton-under-Lyne") == "Ashton-under-Lyne"
    assert code_of(text.clean_district, "Ashton-under-Lyne") == "not_a_district"


@pytest.mark.parametrize("typed", ["123456", "123 456", "123-456", " 123456 ", "１２３４５６"])
def test_a_code_may_be_pasted_with_its_spaces(typed: str) -> None:
    assert text.clean_code(typed) == "123456"


@pytest.mark.parametrize("typed", ["12345", "1234567", "12345a", "1e5000"])
def test_a_code_is_six_digits(typed: str) -> None:
    assert code_of(text.clean_code, typed) == "not_a_code"


@given(st.text(max_size=60))
def test_what_is_shown_again_holds_nothing_hidden(given: str) -> None:
    shown = text.without_hidden(given)
    assert not {unicodedata.category(c) for c in shown if c not in "\n\u200c\u200d"} & REFUSED
    assert shown.encode().decode() == shown
