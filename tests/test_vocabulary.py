"""The word files: complete for all nine fellowships, in each one's own words, and the list of telling words tells what it should."""

import json
from dataclasses import fields

import pytest

from matcher.domain.fellowship import AFFECTED, OWN_USE, Fellowship
from matcher.vocabulary import WORD_FILES, FellowshipWords, fellowship_words, is_neutral, role_card, telling_words

WORD_KEYS = {"sponsor", "home_group", "not_using", "programme", "speaking", "key_text"}


@pytest.mark.parametrize("fellowship", list(Fellowship))
def test_each_fellowship_has_all_its_words(fellowship: Fellowship) -> None:
    words = fellowship_words(fellowship)
    entry = json.loads((WORD_FILES / "fellowships.json").read_text())["fellowships"][fellowship.value]
    assert set(entry) == {field.name for field in fields(FellowshipWords)}
    assert set(words.words) == WORD_KEYS and len(words.explanation) == 5 and len(words.what_to_expect) >= 5
    assert words.web_address.startswith("www.") and "://" not in words.web_address
    assert words.who_for == ("own_use" if fellowship in OWN_USE else "affected")


@pytest.mark.parametrize("fellowship", list(Fellowship))
def test_no_fellowship_is_spoken_of_in_words_it_does_not_use(fellowship: Fellowship) -> None:
    words = fellowship_words(fellowship)
    prose = " ".join((*words.explanation, *words.what_to_expect, *words.small_next_steps, *filter(None, words.words.values()))).lower()
    assert [word for word in words.not_words if f" {word.lower()} " in f" {prose} "] == []
    assert not any(claim in prose for claim in ("cure", "guarantee", "god", "higher power"))


def test_alateen_is_for_twelve_to_seventeen_and_all_others_for_adults() -> None:
    ages = {fellowship: (fellowship_words(fellowship).minimum_age, fellowship_words(fellowship).maximum_age) for fellowship in Fellowship}
    assert ages.pop(Fellowship.ALATEEN) == (12, 17)
    assert set(ages.values()) == {(18, None)} and set(ages) == {*OWN_USE, *AFFECTED}


@pytest.mark.parametrize("fellowship", list(Fellowship))
def test_each_role_card_begins_with_the_fourteen_points_for_all(fellowship: Fellowship) -> None:
    card = role_card(fellowship)
    assert card.points[:14] == role_card(Fellowship.CA).points and card.version == "2026-11-23"


@pytest.mark.parametrize(
    "text",
    [
        "Your recovery plan",
        "DRUG team",
        "an al-anon night",
        "mutual\naid",
        "Big Book",
        "AA",
        "with NA on Thursday",
        "ｄｒｕｇ",
        "Cocaine Anonymous",
        "SMART",
        "drug-free",
        "recovery.example.org",
        "triniaeth",
    ],
)
def test_words_that_tell_a_stranger_are_found(text: str) -> None:
    assert telling_words(text) != []


@pytest.mark.parametrize(
    "text",
    [
        "Thursday 7.30pm: your plan",
        "Na",
        "Ma Baker",
        "Drinkwater",
        "a smart coat",
        "Someone is needed",
        "An update on a referral",
        "Alan",
        "fa la la",
    ],
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert is_neutral(text)


@pytest.mark.parametrize("fellowship", list(Fellowship))
def test_every_fellowships_own_name_is_telling(fellowship: Fellowship) -> None:
    words = fellowship_words(fellowship)
    assert not is_neutral(words.name) and not is_neutral(words.spoken)
