"""Plain text, what must not stand in it, and what it says."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.feed_issue import IssueCode
from matcher.domain.meeting import Audience, Status
from matcher.feeds.reading_text import cut_text, plain_line, plain_lines, to_text
from matcher.feeds.reading_words import is_held_in_some_weeks, says_closing, says_many_days, told_audience, told_status
from matcher.feeds.separating_secrets import masked, separate


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("a<br/>b", "a\nb"),
        ("<p>a</p>b", "a\nb"),
        ("a<script>x</script>b", "ab"),
        ("<style>p{}</style>a", "a"),
        ("H &amp; I", "H & I"),
        ("H &amp;amp; I", "H & I"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", ""),
        ("5 < 6 > 4", "5 < 6 > 4"),
        ("<!-- x -->a", "a"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("e\u0301", "é"),
        ("a\u200bb\u202ec\x07", "abc"),
        ("  a \t b  ", "a b"),
        ("<script>never ends", ""),
        ("a&nbsp;b", "a b"),
    ],
)
def test_markup_and_hidden_characters_go(raw: str, plain: str) -> None:
    assert plain_lines(raw) == plain


def test_one_line_and_cutting_at_a_word() -> None:
    assert plain_line("a<br>b") == "a b"
    assert cut_text("one two three", 9) == "one two"
    assert cut_text("one two", 7) == "one two"
    assert cut_text("x" * 20, 5) == "xxxxx"


def test_values_become_text_only_where_they_are_text_or_numbers() -> None:
    assert [to_text(value) for value in ("a", 5, 5.0, 1.5, None, True, [1], {})] == ["a", "5", "5", "1.5", "", "", "", ""]


@pytest.mark.parametrize(
    "raw",
    [
        "<a" * 200_000,
        "&lt;" * 100_000,
        "<script>" * 50_000,
        "a" * 400_000,
        "1 " * 200_000,
        "pass " * 80_000,
        "a@" * 200_000,
        "<!--" * 90_000,
    ],
)
def test_hostile_text_costs_little(raw: str) -> None:
    began = time.process_time()  # other work on the machine does not count
    separate(plain_lines(raw))
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("text", "public", "secret"),
    [
        ("Meeting ID: 999 0000 0007 Passcode: gull42 Bring a book.", "Bring a book.", "gull42"),
        ("https://zoom.us/j/9990000006 (Password: gull42)", "https://zoom.us/j/9990000006", "gull42"),
        ("Zoom code: 999 000 0009", "", "999"),
        ("ID: 999000012 no password", "no password", "999000012"),
        ("PIN 4411", "", "4411"),
        ("Join https://zoom.us/j/1?pwd=gull42&x=1 now", "Join https://zoom.us/j/1?x=1 now", "gull42"),
        ("Passwort: gull42", "", "gull42"),
        ("Dial +442034815237,,9990000001#,,,,*000000# to join", "Dial to join", "9990000001"),
        ("access code is gull42", "", "gull42"),
        ("door code 4411#", "", "4411"),
    ],
)
def test_ways_in_are_taken_out_and_kept(text: str, public: str, secret: str) -> None:
    parted = separate(text)
    assert (parted.text, parted.found) == (public, {IssueCode.SECRET_REMOVED})
    assert parted.joins and secret not in parted.text and secret not in masked(text)


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("Ring 01202 123456", "Ring"),
        ("Mail tom@example.org today", "Mail today"),
        ("tom (at) example.org", ""),
        ("+44 7700 900123", ""),
        ("(800) 555-1212", ""),
        ("Text 07700900123.", "Text."),
    ],
)
def test_contacts_are_dropped(text: str, public: str) -> None:
    parted = separate(text)
    assert (parted.text, parted.found, bool(parted.joins)) == (public, {IssueCode.CONTACT_REMOVED}, False)


@pytest.mark.parametrize(
    "text", ["Sort code 20-00-00 account 12345678", "Venmo: @harbour", "PayPal harbour.group", "IBAN GB29NWBK60161331926819"]
)
def test_bank_details_are_dropped(text: str) -> None:
    assert (separate(text).text, separate(text).found) == ("", {IssueCode.BANK_DETAILS_REMOVED})


@pytest.mark.parametrize(
    "text",
    [
        "No password needed",
        "The password is on request",
        "Password required",
        "Pass It On",
        "Open 10:00 - 11:30, 12:00-13:00",
        "12-16 Cheddars Lane",
        "updated 2020-04-04 16:50:58",
        "Rule #62",
        "Room 206",
        "Pin Oak Road 12",
        "https://example.org/room/9990000001",
        "07.30 08.30 09.30",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert (separate(text).text, separate(text).found) == (text, set())


def test_a_link_tells_nobody_who_signs_in_with_which_password() -> None:
    parted = separate("Notes: https://anne:gull42@cloud.example.org/list?a=b@c and https://maps.example.org/@50.7,-1.9")
    assert parted.text == "Notes: https://cloud.example.org/list?a=b@c and https://maps.example.org/@50.7,-1.9"
    assert "gull42" not in parted.masked and parted.full_link == "https://anne:gull42@cloud.example.org/list?a=b@c"


@pytest.mark.parametrize(
    "text",
    [
        "Meets 1st and 3rd Tuesday of the month",
        "Every other week",
        "Fortnightly",
        "Alternate Tuesdays",
        "monthly",
        "Last Friday of the month",
        "This online meeting is held on the last Monday of each month only.",
        "Open meeting. Meets 2nd & 4th Thursday",
        "Meets each Monday, EXCEPT 2nd Monday.",
        "1st & 3rd Tuesday in the Library room",
        "every 2 weeks",
    ],
)
def test_words_that_say_it_is_held_in_some_weeks(text: str) -> None:
    assert is_held_in_some_weeks("", text)


@pytest.mark.parametrize(
    "text",
    [
        "Last Friday of the month: open speaker meeting",
        "Business meeting monthly",
        "Birthday meeting last Saturday of the month",
        "1st Monday-Closed Discussion",
        "2nd Friday-OS",
        "Third Tuesday is a BEGINNERS meeting.",
        "1st Monday of the month is a workshop",
        "every week",
        "Step 1, 2 and 3",
        "Closed meetings, except the last Friday of each month, which are open",
    ],
)
def test_words_about_what_happens_that_week_leave_it_weekly(text: str) -> None:
    assert is_held_in_some_weeks("", text) is None


def test_a_name_may_say_it_too() -> None:
    assert is_held_in_some_weeks("First Friday Group") and not is_held_in_some_weeks("Friday First Steps")
    assert says_many_days("Every Day at Seven") and says_many_days("", "Monday to Friday") and not says_many_days("Daily Reflections")


@pytest.mark.parametrize(
    "text", ["Will close on 31 March", "The last meeting will be on 30 June", "Closes on 5 May 2026", "is ending in June"]
)
def test_an_end_in_the_future_is_seen(text: str) -> None:
    assert says_closing(text)


@pytest.mark.parametrize("text", ["will be closed on 25 December", "Doors close at 8 pm", "Meeting closes at 9pm"])
def test_a_day_off_is_no_end(text: str) -> None:
    assert says_closing(text) is None


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Temporarily closed until further notice.", Status.TEMPORARILY_CLOSED),
        ("Currently suspended", Status.TEMPORARILY_CLOSED),
        ("closed down in 2019", Status.CLOSED),
        ("No longer meets", Status.CLOSED),
        ("has ended", Status.CLOSED),
        ("Reopened", Status.ACTIVE),
        ("This physical meeting has opened again", Status.ACTIVE),
        ("Closed", None),
        ("Closed meeting", None),
        ("No longer meets in person", None),
        ("Not yet reopened", None),
    ],
)
def test_status_words(text: str, status: Status | None) -> None:
    assert told_status(text) is status


@pytest.mark.parametrize(
    ("text", "audience", "has_note"),
    [
        ("This is an open meeting", Audience.OPEN, False),
        ("Closed", Audience.CLOSED, False),
        ("Open to all", Audience.OPEN, False),
        ("Closed except last Tuesday, which is open", Audience.CLOSED, True),
        ("Open first Tuesday of the month, otherwise closed", Audience.CLOSED, True),
        ("Closed, but can be opened on asking", Audience.CLOSED, True),
        ("Doors open at 7", None, False),
        ("car park closed at 8pm", None, False),
        ("This meeting has opened again", None, False),
    ],
)
def test_audience_words(text: str, audience: Audience | None, has_note: bool) -> None:
    told = told_audience(text)
    assert (told.audience, bool(told.note)) == (audience, has_note)


@given(
    st.lists(st.sampled_from(["zoom.us", "/", "j", "9", ".", "-", "_", "?pwd=", "?pin=", "&x=", "#", "~", "é", "..", ":", " "]), max_size=8)
)
def test_a_link_alone_is_parted_as_it_is_among_words(parts: list[str]) -> None:
    link = "https://" + "".join(parts)
    alone, among = separate(link), separate(f"See {link}")
    assert (f"See {alone.text}".rstrip(" ,;:–-"), alone.full_link, alone.passcode) == (
        among.text.rstrip(" ,;:–-"),
        among.full_link,
        among.passcode,
    )
    assert alone.found == among.found


def test_what_was_read_of_a_text_before_is_what_is_read_of_it_again() -> None:
    texts = ("Open meeting last Friday, otherwise closed", "Temporarily closed", "Meets every day", "Closing down on 4 May", "x" * 400)
    for _ in range(2):
        assert [told_audience(text).note for text in texts] == [texts[0], None, None, None, None]
        assert [told_status(text) for text in texts] == [None, Status.TEMPORARILY_CLOSED, None, None, None]
        assert [says_many_days(text) for text in texts] == [None, None, "every day", None, None]
    assert told_audience("Open to all", "Closed meeting") == told_audience("Closed meeting", "Open to all")
    assert told_status(texts[1], "has reopened", "closed down") is Status.ACTIVE
