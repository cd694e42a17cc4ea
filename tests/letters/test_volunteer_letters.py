"""Letters to volunteers: what each says, in which order, and what it can never say (journeys 9.2)."""

from dataclasses import fields, replace

import pytest

from matcher.domain.fellowship import Fellowship
from matcher.domain.letter import ChangeLetter, CoveredLetter, OfferAcceptedLetter, OfferLetter, VolunteerConfirmationLetter
from matcher.domain.letter_kind import Party
from matcher.domain.letter_parts import ChangeReason, CoveredBecause, Ending, OfferOption, RosterChange, Seat, Venue
from matcher.vocabulary import fellowship_words, role_card
from tests.letters.letter_cast import (
    ACCEPTED,
    CANCELLATION,
    CHANGE,
    COVERED,
    EVERY_LETTER,
    MEET_AT,
    OFFER,
    ROSTER,
    STARTS,
    VOLUNTEER_PLAN,
    at,
    bodies,
    freeze,
    in_order,
    link,
    text_of,
)


def field_names(letter: type) -> set[str]:
    return {field.name for field in fields(letter)}


def test_offer_letter_can_hold_nothing_of_the_newcomer_and_no_venue() -> None:
    assert field_names(OfferLetter) == {
        "display_name",
        "fellowship",
        "options",
        "seat",
        "reply_by",
        "answer_link",
        "pause_link",
        "coordinator",
        "beside",
    }
    assert field_names(OfferOption) == {"starts", "meet_at", "district"}


def test_offer_letter_says_its_parts_in_order() -> None:
    assert in_order(
        text_of(OFFER),
        "Hello Tom,",
        "a meeting you know",
        "Thursday 26 November. Meet at 7.15pm, it starts at 7.30pm. Near Northend.",
        "Saturday 28 November. Meet at 10.45am, it starts at 11am. Near Quayside.",
        "the only one who goes along",
        "It fits what you told us about whom you like to go with.",
        "Please answer by Wednesday 25 November, 6pm.",
        "Nothing happens until you choose on that page.",
        link("answer"),
        "It is fine to say no.",
        "To pause these questions, or to stop them",
        link("pause"),
        "Carol: 0161 496 0200",
    )


def test_offer_letter_names_the_fellowship_only_to_a_volunteer_who_is_not_discreet() -> None:
    assert "Anonymous" not in text_of(OFFER)
    named = text_of(replace(OFFER, fellowship="Cocaine Anonymous"))
    assert "a meeting of Cocaine Anonymous" in named and "a meeting you know" not in named


@pytest.mark.parametrize(("seat", "words"), [(Seat.ONLY, "only one"), (Seat.FIRST, "first of the two"), (Seat.SECOND, "be the second")])
def test_offer_letter_says_which_companion_they_would_be(seat: Seat, words: str) -> None:
    assert words in text_of(replace(OFFER, seat=seat))


@pytest.mark.parametrize("hour", [9, 14, 19])
def test_offer_letter_subject_names_day_and_part_of_day_and_fits(hour: int) -> None:
    option = OfferOption(at(25, hour), at(25, hour), "Northend")
    one = freeze(replace(OFFER, options=(option,))).subject
    two = freeze(replace(OFFER, options=(option, option))).subject
    part = {9: "morning", 14: "afternoon", 19: "evening"}[hour]
    assert one == f"Free Wednesday {part}?" and two == f"Free Wednesday {part}, or another time?"


@pytest.mark.parametrize("count", [0, 4])
def test_offer_letter_names_one_to_three_meetings(count: int) -> None:
    with pytest.raises(ValueError, match="one to three"):
        replace(OFFER, options=OFFER.options[:1] * count)


def test_offer_letter_may_hold_two_other_newcomers_who_are_answered_on_their_own() -> None:
    other = OfferOption(at(27, 18), at(27, 18), "Eastgate")
    text = text_of(replace(OFFER, beside=((other,),)))
    assert in_order(
        text,
        "Saturday 28 November",
        "Somebody else would like company too",
        "You can answer each on its own.",
        "Friday 27 November. Meet at 6pm, it starts at 6pm. Near Eastgate.",
        "Please answer by",
        link("answer"),
    )
    assert text.count(link("answer")) == 1, "one page for all of them"
    assert "company too" not in text_of(OFFER)
    two = text_of(replace(OFFER, beside=((other, other), (other,))))
    assert "Two others would like company too" in two and "Near Eastgate. Or: Friday 27 November" in two


@pytest.mark.parametrize("beside", [((),), ((OFFER.options[0],) * 4,), (OFFER.options[:1],) * 3])
def test_offer_letter_holds_three_invitations_at_most(beside: tuple[tuple[OfferOption, ...], ...]) -> None:
    with pytest.raises(ValueError, match="one to three"):
        replace(OFFER, beside=beside)


def test_offer_accepted_letter_says_what_was_recorded_and_how_to_undo_it() -> None:
    assert freeze(ACCEPTED).subject == "Your answer for Thursday, 7.30pm"
    assert in_order(
        text_of(ACCEPTED),
        "You said yes on Monday 23 November, 10.50am.",
        "Day: Thursday 26 November",
        "Meet at: 7.15pm",
        "It starts at: 7.30pm",
        "Place: St Mary's Hall",
        "How to find it: Bus 42",
        "A second person is being asked to come too.",
        "We will send you a name",
        "undo it until 11.05am",
        link("undo"),
        link("cannot"),
    )


def test_offer_accepted_letter_can_hold_no_newcomer() -> None:
    assert not field_names(OfferAcceptedLetter) & {"name_used", "needs", "newcomer_phone", "meet_place", "fellowship"}


def test_offer_accepted_letter_leaves_out_what_is_not_known_of_the_venue() -> None:
    text = text_of(replace(ACCEPTED, venue=Venue("Hall")))
    assert "Place: Hall" in text and "Address" not in text and "Door" not in text and "How to find it" not in text


def test_covered_letter_thanks_without_saying_who_or_why() -> None:
    assert field_names(CoveredLetter) == {"display_name", "starts", "because", "standby_link", "coordinator"}
    text = text_of(COVERED)
    assert freeze(COVERED).subject == "Thursday: thank you"
    assert in_order(text, "Thank you", "Somebody is already going along", link("standby"))
    later = text_of(replace(COVERED, because=CoveredBecause.NOT_NEEDED, standby_link=None))
    assert "Nobody is needed any more" in later and "Somebody is already" not in later and "stand by" not in later


def test_volunteer_confirmation_letter_says_its_parts_in_order() -> None:
    assert freeze(VOLUNTEER_PLAN).subject == "Your plan for Thursday, 7.30pm"
    assert in_order(
        text_of(VOLUNTEER_PLAN),
        "You will meet: Noor",
        "Going along with you: Wendy",
        "07700 900123",
        "Meet at: 7.15pm",
        "Where you meet: Northend Library, front door",
        "Place: St Mary's Hall",
        "Door: the blue door",
        "no steps",
        "hearing loop",
        "speaks Urdu",
        "never been to one",
        "Wait 15 minutes. Then go in yourself. There is nothing to report",
        "0161 496 0999",
        "999",
        link("home"),
        link("cannot"),
        link("calendar"),
        "six at most",
        "23 November 2026",
    )


def test_volunteer_confirmation_letter_can_hold_no_reason_and_no_history() -> None:
    allowed = {"display_name", "name_used", "starts", "meet_at", "meet_place", "venue", "needs", "interpreter_language", "partner_name"}
    allowed |= {"newcomer_phone", "wait_minutes", "role_points", "role_card_version", "on_call", "safe_home_link", "cannot_come_link"}
    assert field_names(VolunteerConfirmationLetter) == allowed | {"calendar_link"}


def test_volunteer_confirmation_letter_shares_a_number_only_where_both_agreed() -> None:
    text = text_of(replace(VOLUNTEER_PLAN, newcomer_phone=None, partner_name=None, needs=(), safe_home_link=None, calendar_link=None))
    assert "07700" not in text and "share your numbers" not in text
    assert not any(words in text for words in ("Going along with you", "What matters on the day", "home and OK", "calendar"))


@pytest.mark.parametrize("fellowship", list(Fellowship))
def test_volunteer_confirmation_letter_carries_the_role_card_of_each_fellowship_without_naming_it(fellowship: Fellowship) -> None:
    card = role_card(fellowship)
    text = text_of(replace(VOLUNTEER_PLAN, role_points=card.points, role_card_version=card.version))
    assert len(card.points) >= 14 and all(" ".join(point.split()) in text for point in card.points)
    assert fellowship_words(fellowship).name not in text


def test_change_letter_to_a_volunteer_crosses_out_the_old_and_says_what_to_do() -> None:
    letter = EVERY_LETTER["change_to_volunteer"]
    assert freeze(letter).subject == "Friday: new details"
    text, html = bodies(freeze(letter).raw)
    assert in_order(" ".join(text.split()), "was: Thursday 26 November", "now: Friday 27 November", "was: St Mary's Hall", "now: Quay Hall")
    assert ">Thursday 26 November</s>" in html and "<strong>Friday 27 November</strong>" in html
    assert in_order(text_of(letter), "you need not do anything", "I can't make it after all", link("plan"))


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (ChangeReason.ALONE, "You are the only one who goes along."),
        (ChangeReason.SECOND_MISSING, "We have not found a second person"),
        (ChangeReason.COMPANION, "Somebody else goes along with you"),
        (ChangeReason.MEETING, "has new details"),
    ],
)
def test_change_letter_to_a_volunteer_says_what_kind_of_change_it_is(reason: ChangeReason, words: str) -> None:
    assert words in text_of(replace(CHANGE, party=Party.VOLUNTEER, reason=reason, lines=()))


def test_change_letter_that_somebody_is_late_says_by_how_much() -> None:
    assert "Wendy is about 10 minutes late." in text_of(EVERY_LETTER["change_late_to_volunteer"])
    with pytest.raises(ValueError, match="late"):
        replace(CHANGE, reason=ChangeReason.LATE)
    assert not field_names(ChangeLetter) & {"why", "note", "cause"}


@pytest.mark.parametrize(
    ("ending", "words"), [(Ending.NOT_NEEDED, "You are not needed"), (Ending.CANCELLED, "is cancelled"), (Ending.PUT_OFF, "is put off")]
)
def test_cancellation_letter_to_a_volunteer_says_how_it_ends_and_never_why(ending: Ending, words: str) -> None:
    letter = replace(CANCELLATION, ending=ending)
    text = text_of(letter)
    assert freeze(letter).subject == "About Thursday"
    assert in_order(text, words, "There is nothing for you to do.", "Thursday 26 November, 7.30pm", link("calendar"))
    assert "Thank you" in text and "because" not in text


def test_roster_notice_letter_lists_what_is_planned_by_day_and_time_only() -> None:
    assert in_order(
        text_of(ROSTER),
        "We have stopped asking you for now",
        "Thursday 26 November, 7.30pm: I can't make it",
        link("cannot"),
        link("profile"),
    )
    for change in RosterChange:
        assert "because" not in text_of(replace(ROSTER, change=change))


def test_letters_write_each_number_on_a_line_of_its_own() -> None:
    text, _ = bodies(freeze(VOLUNTEER_PLAN).raw)
    numbers = ("07700 900123", "0161 496 0999", "999", "0161 496 0100")
    assert all(f"\n{number}\n" in text for number in numbers)


def test_letters_speak_of_local_time_on_both_sides_of_the_clock_change() -> None:
    assert STARTS.utcoffset() != at(26, 19).replace(month=7).utcoffset() and MEET_AT < STARTS
    summer = OfferOption(STARTS.replace(month=7), MEET_AT.replace(month=7), "Northend")
    assert "Sunday 26 July. Meet at 7.15pm, it starts at 7.30pm." in text_of(replace(OFFER, options=(summer,)))
