"""Codes are read in the fellowship's own list first."""

import json

import pytest
from feed_cases import SAMPLES

from matcher.domain.fellowship import Fellowship
from matcher.feeds.type_codes import Kind, meanings, read_types, vocabulary

PUBLIC_NAMES = {
    "O": "Open",
    "BE": "Newcomer",
    "X": "Wheelchair Access",
    "12x12": "12 Steps & 12 Traditions",
    "UK": "Ukrainian",
    "TC": "Location Temporarily Closed",
}


@pytest.mark.parametrize(
    ("fellowship", "code", "attribute"),
    [
        ("aa", "Y", "young_people"),
        ("alanon", "Y", "alateen"),
        ("alateen", "Y", "alateen"),
        ("alanon", "YA", "young_people"),
        ("aa", "POA", "proof_of_attendance"),
        ("alanon", "POA", "parents_of_alcoholics"),
        ("na", "BEG", "newcomer"),
        ("na", "BE", "newcomer"),
        ("aa", "BE", "newcomer"),
        ("ma", "BB", "literature"),
        ("daa", "YP", "young_people"),
        ("ca", "BUS", "business"),
        ("smart", "x", "wheelchair"),
        ("fa", "o", "open"),
        ("na", "WCHR", "wheelchair"),
        ("ma", "LGBTQI+", "lgbtq"),
    ],
)
def test_the_same_code_means_what_the_fellowship_means(fellowship: str, code: str, attribute: str) -> None:
    assert read_types([code], Fellowship(fellowship)).attributes == {attribute}


@pytest.mark.parametrize(
    "name",
    [
        "Women's",
        "women’s",
        "Beginners",
        "newcomers",
        "Wheelchair Accessible",
        "Step free",
        "Outdoor Meeting",
        "Step Meeting",
        "Young People's",
        "sign language",
    ],
)
def test_names_that_people_write(name: str) -> None:
    found = read_types([name], Fellowship.AA)
    assert len(found.attributes) == 1 and not found.unknown


def test_languages_status_and_form_are_not_attributes() -> None:
    found = read_types(["UK", "S", "FA", "TC", "ONL", "LANG"], Fellowship.FA)
    assert (found.languages, found.attributes) == ({"uk", "es", "fa"}, frozenset())
    assert found.is_temporarily_closed and found.says_online and not found.unknown
    assert read_types(["HY"], Fellowship.NA).says_online and read_types(["Temporary Closure"], Fellowship.AA).is_temporarily_closed


def test_unknown_codes_are_kept_as_given() -> None:
    found = read_types(["O", "Qx", "BUS"], Fellowship.AA)
    assert (found.raw, found.unknown) == (("O", "Qx", "BUS"), ("Qx", "BUS"))


def public_names() -> dict[str, str]:
    file = SAMPLES / "meeting_guide_types_en.json"
    found: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return PUBLIC_NAMES | found


def test_every_public_code_and_name_is_understood_alike() -> None:
    known = meanings(Fellowship.AA)
    for code, name in public_names().items():
        assert known[code.casefold()][0] is known[name.casefold()][0] and known[code.casefold()][0] is not Kind.NOTHING, code


def test_attributes_are_a_closed_list_of_plain_words() -> None:
    words = vocabulary()
    assert {"open", "closed", "newcomer", "wheelchair", "institutional"} <= words
    assert all(word == word.lower() and word.replace("_", "").isalpha() for word in words)
    for fellowship in Fellowship:
        assert {word for kind, word in meanings(fellowship).values() if kind is Kind.ATTRIBUTE} <= words
