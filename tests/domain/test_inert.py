"""Nothing that a mail program, a calendar or a Markdown reader would act on survives; ordinary text does."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.inert import inert

KEPT = [
    "Tom",
    "O'Neill",
    "Anne-Marie",
    "Siân",
    "José Ángel",
    "मीना",
    "لمى",
    "St Mary's Hall",
    "1 Canal Street, Northend M14 5TQ",
    "Bus 42 (every 10 min), get off at the library & walk",
    "7.30pm",
    "0161 496 0200",
    "+44 161 496 0200",
    "Dr. A. Smith",
    "50% off!",
    "👩‍🦰",
]


@pytest.mark.parametrize("text", KEPT)
def test_ordinary_text_is_left_as_it_is(text: str) -> None:
    assert inert(text) == text


CHANGED = [
    ("Tom\r\nBcc: eve@x.example", "Tom Bcc: eve at x. example"),
    ("a\u2028b\u0085c\x0bd", "a b c d"),
    ("Tom\u202egpj.exe", "Tomgpj. exe"),
    ("zero\u200bwidth\ufeff", "zerowidth"),
    ("Anne https://evil.example/x", "Anne https evil. example/x"),
    ("www.evil.com", "www. evil. com"),
    ("javascript:alert(1)", "alert(1)"),
    ("//evil.com", "evil. com"),
    ("eve@evil.com", "eve at evil. com"),
    ("[click](http://evil.com)", "click (http evil. com)"),
    ("**bold** _it_ `code` ~x~ # head", "bold it code x head"),
    ("<b>hi</b>", "b hi /b"),
    ("\x00Tom", "Tom"),
    ("evil．com", "evil. com"),
]


@pytest.mark.parametrize(("text", "harmless"), CHANGED)
def test_tricks_become_harmless_words(text: str, harmless: str) -> None:
    assert inert(text) == harmless


@given(st.text(max_size=200))
def test_nothing_to_act_on_is_ever_left(text: str) -> None:
    made = inert(text)
    assert inert(made) == made
    assert not any(unicodedata.category(c) in ("Cc", "Co", "Cs", "Zl", "Zp") for c in made)
    assert not re.search(r"//|[@<>\[\]*_`|~\\]|[\u202a-\u202e\u2066-\u2069]", made)


@given(st.from_regex(r"(https?://|www\.|ftp://)[a-z]{2,9}\.(com|org|uk)(/[a-z]{0,5})?", fullmatch=True), st.sampled_from(["", "x ", "("]))
def test_no_address_is_left_that_a_mail_program_would_make_a_link(address: str, before: str) -> None:
    assert not re.search(r"://|\b\w+\.(com|org|uk)\b", inert(before + address))
