"""Names of the roster are found by their beginnings, in any case and with any accents; short forms count, single letters do not."""

import pytest

from matcher.domain.name_likeness import begins_like, may_mean


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("tom", True),
        ("TOM HAR", True),
        ("har tom", True),
        ("t", True),
        ("zoe", False),
        ("om", False),
        ("tom x", False),
        ("", False),
        ("  ", False),
    ],
)
def test_every_word_typed_must_begin_a_word_of_the_names(typed: str, found: bool) -> None:
    assert begins_like(typed, "Tom", "Thomas Harbour") is found


@pytest.mark.parametrize(("typed", "name"), [("zoe", "Zoë"), ("ZOË", "zoe"), ("o'ha", "Pat O’Hara"), ("نور", "نور"), ("straße", "Strasse")])
def test_case_accents_and_script_do_not_matter(typed: str, name: str) -> None:
    assert begins_like(typed, name)


@pytest.mark.parametrize(
    ("said", "meant"),
    [("Tommy", True), ("Big Tom", True), ("Thomas", True), ("T", False), ("Big T", False), ("Al", False), ("Wendy", False), ("", False)],
)
def test_a_short_form_may_mean_somebody_and_a_letter_nobody(said: str, meant: bool) -> None:
    assert may_mean(said, "Tom", "Thomas Harbour") is meant
