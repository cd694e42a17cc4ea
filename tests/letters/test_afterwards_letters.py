"""Letters around and after a meeting: what each says, and what none of them has a place for (journeys 9.2, 9.3)."""

from dataclasses import fields, replace

from matcher.domain.letter_afterwards import CheckInLetter, CompanionReminderLetter, FollowUpLetter, NewcomerReminderLetter, ThankYouLetter
from tests.letters.letter_cast import CHECK_IN, FOLLOW_UP, NEWCOMER_REMINDER, REMINDER, THANK_YOU, freeze, in_order, link, text_of


def test_reminder_letter_to_a_companion_is_the_plan_in_short() -> None:
    assert not {field.name for field in fields(CompanionReminderLetter)} & {"needs", "fellowship", "attended"}
    assert freeze(REMINDER).subject == "Reminder: Thursday, 7.30pm"
    assert in_order(
        text_of(REMINDER),
        "Hello Tom,",
        "A reminder of today",
        "You will meet: Noor",
        "Going along with you: Wendy",
        "Meet at: 7.15pm",
        "Where you meet: Mill Hall",
        "Would you like to ring them now?",
        "07700 900123",
        link("coming"),
        link("cannot"),
        "0161 496 0200",
    )
    quiet = text_of(replace(REMINDER, on_the_day=False, newcomer_phone=None, confirm_link=None))
    assert "A reminder of Thursday" in quiet and "ring them" not in quiet and "I'm coming" not in quiet


def test_reminder_letter_to_a_newcomer_has_no_place_for_fellowship_venue_or_number() -> None:
    named = {field.name for field in fields(NewcomerReminderLetter)}
    assert named == {"name_used", "on_the_day", "companions", "starts", "meet_at", "meet_place", "plan_link", "keyworker"}
    assert freeze(NEWCOMER_REMINDER).subject == "Reminder: Thursday, 7.30pm"
    text = text_of(NEWCOMER_REMINDER)
    assert in_order(
        text, "Hello Noor,", "still fine to change your mind", "7.15pm", "Mill Hall", "Name: Tom", "blue coat", link("plan"), "Priya"
    )
    assert "A reminder of today" in text_of(replace(NEWCOMER_REMINDER, on_the_day=True))


def test_check_in_letter_asks_about_its_reader_alone_and_has_no_place_for_anybody_else() -> None:
    assert {field.name for field in fields(CheckInLetter)} == {"display_name", "starts", "check_in_link", "coordinator"}
    assert freeze(CHECK_IN).subject == "Thursday: are you OK?"
    text = text_of(CHECK_IN)
    assert in_order(text, "Hello Tom,", "Are you OK?", "worried you", "leave any of them out", link("check-in"), "Carol", "0161 496 0200")
    assert not any(word in text.lower() for word in ("newcomer", "they come", "show up", "attend", "noor"))


def test_follow_up_letter_holds_two_lines_and_a_link_and_never_a_question_or_an_answer() -> None:
    assert {field.name for field in fields(FollowUpLetter)} == {"name_used", "questions_link", "keyworker"}
    assert freeze(FOLLOW_UP).subject == "How are things?"
    text = text_of(FOLLOW_UP)
    assert in_order(
        text, "Hello Noor,", "leave out any of them, or all of them", "ask Priya to ring you", link("questions"), "0161 496 0300"
    )
    assert not any(word in text.lower() for word in ("did you go", "meeting", "volunteer", "tom"))


def test_thank_you_letter_is_one_line_and_the_way_back() -> None:
    assert {field.name for field in fields(ThankYouLetter)} == {"name_used", "keyworker"}
    assert freeze(THANK_YOU).subject == "Thank you"
    text = text_of(THANK_YOU)
    assert in_order(text, "Hello Noor,", "We will not write to you any more.", "You can come back at any time.", "Priya")
    assert "meeting" not in text.lower()
