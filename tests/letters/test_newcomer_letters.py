"""Letters to newcomers: what each says, in which order, and what a discreet one can never hold (journeys 9.3)."""

from dataclasses import fields, replace

import pytest

from matcher.domain.fellowship import Fellowship
from matcher.domain.letter import CancellationLetter, Letter, NewcomerConfirmationLetter, NoCompanionLetter
from matcher.domain.letter_kind import Party
from matcher.domain.letter_parts import Changed, ChangedLine, ChangeReason, Contact, Ending, MeetingIdea
from matcher.vocabulary import fellowship_words
from tests.letters.letter_cast import (
    CANCELLATION,
    CHANGE,
    EVERY_LETTER,
    HALL,
    NEWCOMER_PLAN,
    NO_COMPANION,
    OPEN_NEWCOMER_PLAN,
    OPEN_NO_COMPANION,
    STARTS,
    bodies,
    freeze,
    in_order,
    link,
    text_of,
)

TO_NEWCOMERS = {name: letter for name, letter in EVERY_LETTER.items() if letter.party is Party.NEWCOMER}


def test_newcomer_confirmation_letter_says_its_parts_in_order() -> None:
    assert freeze(NEWCOMER_PLAN).subject == "Your plan for Thursday"
    assert in_order(
        text_of(NEWCOMER_PLAN),
        "Hello Noor,",
        "say OK on your own page",
        "Name: Tom Look for: blue coat",
        "Name: Wendy",
        "Meet at: 7.15pm",
        "Where you meet: Northend Library, front door",
        "It starts at: 7.30pm",
        "It ends at about: 9pm",
        link("plan"),
        "How to get there: Bus 42",
        "We give you a ticket",
        "If you change your mind",
        "Priya: 0161 496 0300",
        "It is free.",
        "You do not have to speak.",
        "tea or coffee",
        "You can leave at any time.",
        "prescribed medicine",
        "If nobody comes",
        "0161 496 0999",
        "the name you gave us",
        "We tell them nothing else about you.",
        "Northend crisis line: 0161 496 0777",
        "999",
        "111",
        "3 November 2026",
        link("calendar"),
    )


def test_newcomer_confirmation_letter_that_is_discreet_names_neither_fellowship_nor_venue() -> None:
    whole = " ".join(bodies(freeze(NEWCOMER_PLAN).raw))
    assert not any(words in whole for words in ("Anonymous", "St Mary", "Canal Street", "blue door"))
    for told in ({"fellowship": "Alcoholics Anonymous"}, {"venue": HALL}):
        with pytest.raises(ValueError, match="discreet"):
            replace(NEWCOMER_PLAN, **told)


def test_newcomer_confirmation_letter_that_is_not_discreet_names_both_but_not_where_a_stranger_looks() -> None:
    frozen = freeze(OPEN_NEWCOMER_PLAN)
    assert in_order(text_of(OPEN_NEWCOMER_PLAN), "Meeting of: Alcoholics Anonymous", "Place: St Mary's Hall", "Address: 1 Canal Street")
    assert frozen.subject == "Your plan for Thursday"


def test_newcomer_confirmation_letter_can_hold_no_surname_and_no_number_of_a_volunteer() -> None:
    allowed = {"name_used", "discreet", "companions", "meet_at", "meet_place", "starts", "ends", "fellowship", "venue", "travel_line"}
    allowed |= {"fare_help", "ask_first", "plan_link", "on_call", "told", "keyworker", "local_crisis", "checked_on", "calendar_link"}
    assert {field.name for field in fields(NewcomerConfirmationLetter)} == allowed
    assert {field.name for field in fields(NEWCOMER_PLAN.companions[0])} == {"display_name", "recognise_me"}


def test_newcomer_confirmation_letter_leaves_out_what_there_is_not() -> None:
    text = text_of(EVERY_LETTER["newcomer_confirmation_bare"])
    assert not any(
        words in text for words in ("say OK", "ends at about", "How to get there", "ticket", "What we tell", "checked", "calendar")
    )


@pytest.mark.parametrize("letter", TO_NEWCOMERS.values(), ids=TO_NEWCOMERS.keys())
def test_newcomer_letters_promise_no_outcome_and_recruit_nobody(letter: Letter) -> None:
    text = text_of(letter).lower()
    assert not any(
        words in text for words in ("will help you", "get sober", "god", "higher power", "join us", "become a", "volunteer", "patient")
    )
    assert not {"List-Unsubscribe", "List-Unsubscribe-Post"} & set(freeze(letter).raw.decode().split(":"))


def test_change_letter_to_a_newcomer_says_who_comes_instead_and_never_why() -> None:
    text = text_of(EVERY_LETTER["change_companion_to_newcomer"])
    assert in_order(
        text, "Somebody else comes with you", "Name: Wendy", "Look for: red hat", "Is it still OK for you?", link("plan"), "Priya"
    )
    assert "because" not in text and "One person comes with you" in text_of(EVERY_LETTER["change_alone_to_newcomer"])


def test_change_letter_to_a_discreet_newcomer_can_hold_no_venue() -> None:
    with pytest.raises(ValueError, match="venue"):
        replace(CHANGE, lines=(ChangedLine(Changed.VENUE, "St Mary's Hall", "Quay Hall"),))
    shown = replace(CHANGE, discreet=False, lines=(ChangedLine(Changed.VENUE, "St Mary's Hall", "Quay Hall"),))
    assert "now: Quay Hall" in text_of(shown)


@pytest.mark.parametrize("ending", list(Ending))
def test_cancellation_letter_to_a_newcomer_says_that_nobody_is_cross_and_who_rings(ending: Ending) -> None:
    letter = replace(CANCELLATION, party=Party.NEWCOMER, name="Noor", ending=ending, contact=Contact("Priya", "0161 496 0300"))
    text = text_of(letter)
    assert ("put off" in text) is (ending is Ending.PUT_OFF) and ("is off" in text) is (ending is not Ending.PUT_OFF)
    assert in_order(text, "Your plan for Thursday", "Nobody is cross.", "Priya will ring you", "0161 496 0300")
    assert {field.name for field in fields(CancellationLetter)} == {"party", "name", "starts", "ending", "calendar_link", "contact"}


def test_no_companion_letter_is_honest_and_kind_and_gives_three_meetings() -> None:
    text = text_of(NO_COMPANION)
    assert freeze(NO_COMPANION).subject == "About Thursday"
    assert in_order(
        text,
        "Thursday 26 November",
        "You can go by yourself",
        "Saturday 28 November, 11am",
        "Sunday 29 November, 6pm",
        link("plan"),
        "Priya will ring you",
    )
    assert "we tried people from further away and other days. Nobody could come with you" in " ".join(text.split())
    assert "We asked everybody near who could come. Nobody" in " ".join(text_of(EVERY_LETTER["no_companion_bare"]).split())
    assert "wanted to" not in text and "asked 3" not in text
    assert "Priya can tell you where they are." in text_of(EVERY_LETTER["no_companion_no_page"])


def test_no_companion_letter_names_meetings_and_a_helpline_only_when_not_discreet() -> None:
    text = text_of(OPEN_NO_COMPANION)
    assert in_order(text, "7.30pm, Alcoholics Anonymous, St Mary's Hall, 1 Canal Street", "helpline: 0800 555 0100")
    for told in (
        {"helpline": Contact("x", "1")},
        {"meetings": (MeetingIdea(STARTS, venue=HALL),)},
        {"meetings": (MeetingIdea(STARTS, "AA"),)},
    ):
        with pytest.raises(ValueError, match="discreet"):
            replace(NO_COMPANION, **told)
    assert "count" not in {field.name for field in fields(NoCompanionLetter)}


def test_letters_to_discreet_newcomers_name_no_fellowship_anywhere() -> None:
    names = [fellowship_words(fellowship).name for fellowship in Fellowship]
    for name, letter in TO_NEWCOMERS.items():
        if getattr(letter, "discreet", True):
            assert not [n for n in names if n in " ".join(bodies(freeze(letter).raw))], name


def test_change_letter_to_a_newcomer_that_somebody_is_late() -> None:
    letter = replace(CHANGE, reason=ChangeReason.LATE, late_minutes=10, lines=(), who=None)
    assert "The other person is about 10 minutes late." in text_of(letter)
