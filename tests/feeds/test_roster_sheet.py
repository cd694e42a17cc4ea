"""A coordinator's sheet is understood as it is written, or refused cell by cell. Nothing is guessed, nothing comes in by halves."""

import csv
import io
from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.domain.availability import Away, Notice
from matcher.domain.csv_cells import csv_bytes, plain_cell
from matcher.domain.fellowship import Fellowship
from matcher.domain.place import TravelMode
from matcher.domain.roster import Checklist, Dbs
from matcher.domain.volunteer import ComfortableWith, Kind, Membership, TimeBand, VolunteerConsent
from matcher.domain.week_rows import WindowRow, rows_of
from matcher.domain.wishes import SaysIs
from matcher.feeds.roster_sheet import (
    COLUMNS,
    MOST_BYTES,
    MOST_LINES,
    Rules,
    SheetFault,
    SheetRead,
    faults_sheet,
    read_roster_sheet,
    template_sheet,
)
from matcher.feeds.roster_when import NotUnderstood, read_windows

TODAY = date(2026, 11, 23)
NAMES = {
    "aa": Fellowship.AA,
    "alcoholicsanonymous": Fellowship.AA,
    "na": Fellowship.NA,
    "smart": Fellowship.SMART,
    "alateen": Fellowship.ALATEEN,
}
RULES = Rules(NAMES, "2026-11-23", TODAY)
TOM = {
    "Name to show": "Tom",
    "Full name": "Tom Harbour",
    "Email": "tom@example.org",
    "18 or over": "yes",
    "Fellowships": "AA",
    "Time in fellowship": "2-5",
    "Districts": "B14/B29",
    "How far": "10 miles",
    "When": "Tues eve",
    "Comfortable with": "anyone",
    "How they agreed": "in person",
    "Agreed to be held": "20/11/2026",
}


def sheet(*people: dict[str, str], separator: str = ",", encoding: str = "utf-8") -> bytes:
    headings = list(dict.fromkeys(name for person in people for name in person))
    written = io.StringIO()
    writer = csv.writer(written, delimiter=separator)
    writer.writerows([headings, *([person.get(name, "") for name in headings] for person in people)])
    return written.getvalue().encode(encoding)


def read(*people: dict[str, str]) -> SheetRead:
    return read_roster_sheet(sheet(*people), RULES)


def codes(found: SheetRead) -> list[tuple[int, str, str]]:
    return [(fault.line, fault.heading, fault.code) for fault in found.faults]


def test_a_line_with_everything_is_read_whole() -> None:
    more = {
        "Telephone": "0113 496 0001",
        "Fellowships": "Alcoholics Anonymous; SMART (trained facilitator)",
        "SMART trained": "yes",
        "How they travel": "car",
        "May be rung": "weekends 9:00-13:00",
        "Number for calls": "07700 900512",
        "Agreed to be rung": "22/11/2026",
        "Away": "24/12/2026 to 02/01/2027; 2027-02-01",
        "Notice": "2 days",
        "I am": "a man",
        "Only in a pair": "yes",
        "Languages": "English, Polski",
        "Letters a week": "3",
        "Goings in four weeks": "4",
        "Share number": "no",
        "Discreet": "no",
        "Recognise me by": "blue coat",
        "Agreed to emails": "21/11/2026",
        "Agreed to name being told": "2026-11-22",
        "Role card read": "23/11/2026",
        "Met on": "1/11/2026",
        "Referee on": "2/11/2026",
        "Training on": "3/11/2026",
        "DBS": "Enhanced",
        "DBS seen on": "4/11/2026",
    }
    found = read(TOM | more)
    assert codes(found) == [] and found.unread == () and found.missing == ()
    (tom,) = found.people
    answers = tom.answers
    assert (tom.details.display_name, tom.details.email, tom.details.recognise_me) == ("Tom", "tom@example.org", "blue coat")
    assert answers.memberships == {Membership(Fellowship.AA), Membership(Fellowship.SMART, Kind.FACILITATOR)}
    assert [(area.label, area.circle.radius_km) for area in answers.reach] == [("B14", 16.09), ("B29", 16.09)]
    assert rows_of(answers.windows) == (WindowRow(1, time(17), time(23)),)
    assert rows_of(answers.on_call) == (WindowRow(5, time(9), time(13)), WindowRow(6, time(9), time(13)))
    assert (tom.details.ring_number, tom.details.telephone) == ("07700 900512", "0113 496 0001")
    assert answers.away == (Away(date(2026, 12, 24), date(2027, 1, 2)), Away(date(2027, 2, 1), date(2027, 2, 1)))
    assert (answers.time_band, answers.travel_mode, answers.notice) == (TimeBand.TWO_TO_FIVE, TravelMode.CAR, Notice.TWO_DAYS)
    assert (answers.comfortable_with, answers.says_is, answers.pair_only) == (ComfortableWith.ANYONE, SaysIs.MAN, True)
    assert (answers.languages, answers.letters_per_week, answers.going_cap, answers.discreet) == ({"en", "pl"}, 3, 4, False)
    assert answers.checklist == Checklist(
        met_on=date(2026, 11, 1),
        referee_on=date(2026, 11, 2),
        training_on=date(2026, 11, 3),
        dbs=Dbs.ENHANCED,
        dbs_seen_on=date(2026, 11, 4),
    )
    assert answers.role_card_version == "2026-11-23"
    given = {one.purpose: (one.at.date(), one.method) for one in tom.consents}
    assert given == {
        VolunteerConsent.HOLD: (date(2026, 11, 20), "spoken"),
        VolunteerConsent.MAIL: (date(2026, 11, 21), "spoken"),
        VolunteerConsent.TELL_NEWCOMER: (date(2026, 11, 22), "spoken"),
        VolunteerConsent.RING: (date(2026, 11, 22), "spoken"),
    }


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_order_of_headings_in_any_case_separator_and_encoding(separator: str, encoding: str) -> None:
    shuffled = {name.upper().replace(" ", "  "): TOM[name] for name in reversed(TOM)}
    shuffled["FULL  NAME"] = "Zoë Harbour"
    found = read_roster_sheet(sheet(shuffled, separator=separator, encoding=encoding), RULES)
    assert codes(found) == [] and found.people[0].details.private_name == "Zoë Harbour"


@pytest.mark.parametrize(
    ("heading", "cell", "code"),
    [
        ("Name to show", "", "empty"),
        ("Name to show", "x" * 41, "too_long"),
        ("Name to show", "ring 0113 496 0001", "digits"),
        ("Full name", "Tom\u202eH", "bidi"),
        ("Email", "tom@example.org, eve@example.org", "two_addresses"),
        ("Email", "tom\x07@example.org", "control"),
        ("Telephone", "none", "not_a_number_to_ring"),
        ("18 or over", "no", "not_adult"),
        ("18 or over", "17", "not_understood"),
        ("Fellowships", "AA; Harbour Walkers", "not_understood"),
        ("Fellowships", "AA (sponsor)", "not_understood"),
        ("Fellowships", "Alateen", "not_here"),
        ("Fellowships", "AA, Alcoholics Anonymous", "twice_in_cell"),
        ("Time in fellowship", "a while", "not_understood"),
        ("Districts", "B14 7AB", "full_postcode"),
        ("Districts", "Harbour Town", "not_a_district"),
        ("Districts", "B14/ZZ9", "not_a_district"),
        ("How far", "quite far", "not_understood"),
        ("How far", "0", "too_far"),
        ("How far", "101 km", "too_far"),
        ("When", "Mon", "not_a_window"),
        ("When", "Mon 9-5", "not_a_window"),
        ("When", "Mon pm", "not_a_window"),
        ("Away", "Christmas", "not_a_date"),
        ("Away", "02/01/2027 to 24/12/2026", "not_a_date"),
        ("Notice", "a bit", "not_understood"),
        ("Comfortable with", "depends", "not_understood"),
        ("I am", "in my own words", "not_understood"),
        ("Languages", "English, Klingon", "not_a_language"),
        ("Letters a week", "0", "from_one_to"),
        ("Letters a week", "many", "not_a_number"),
        ("Goings in four weeks", "9", "from_one_to"),
        ("Recognise me by", "text 07700 900123", "digits"),
        ("How they agreed", "my wife said so", "not_understood"),
        ("Agreed to be held", "", "empty"),
        ("Agreed to be held", "yes", "not_a_date"),
        ("Agreed to be held", "31/02/2026", "not_a_date"),
        ("Agreed to emails", "24/11/2026", "date_ahead"),
        ("DBS", "number 12345", "not_understood"),
        ("When", "Mon eve " * 400, "too_long"),
    ],
)
def test_a_cell_not_understood_is_named_and_its_line_brings_nobody(heading: str, cell: str, code: str) -> None:
    found = read(TOM | {"Email": "wendy@example.org"}, TOM | {heading: cell})
    assert codes(found) == [(3, heading, code)]
    assert [person.line for person in found.people] == [2]


def test_two_lines_with_one_address_are_told_apart() -> None:
    found = read(TOM, TOM | {"Email": "TOM@example.org"})
    assert codes(found) == [(3, "Email", "twice_in_sheet")] and dict(found.faults[0].limits) == {"line": 2}


def test_columns_nobody_reads_are_named_and_needed_ones_asked_for() -> None:
    found = read(TOM | {"Favourite biscuit": "ginger"})
    assert found.unread == ("Favourite biscuit",) and len(found.people) == 1
    found = read({"Name to show": "Tom"})
    assert "Email" in found.missing and found.people == ()
    assert read({"a": "b"}).fault is SheetFault.NO_HEADINGS
    body = b"Email,E-mail\r\na@example.org,b@example.org\r\n"
    assert read_roster_sheet(body, RULES).fault is SheetFault.TWO_HEADINGS


def test_sheets_too_large_or_no_sheets_at_all_are_refused_whole() -> None:
    assert read_roster_sheet(b"", RULES).fault is SheetFault.EMPTY
    assert read_roster_sheet(b"x" * (MOST_BYTES + 1), RULES).fault is SheetFault.TOO_LARGE
    assert read_roster_sheet(b"Email\n" + b"a@example.org\n" * (MOST_LINES + 1), RULES).fault is SheetFault.TOO_MANY_LINES
    assert read_roster_sheet(sheet(TOM | {"Email": "tom\x00@example.org"}), RULES).fault is SheetFault.UNREADABLE
    assert read_roster_sheet(b"PK\x03\x04\x00\x00", RULES).fault is SheetFault.UNREADABLE
    assert read_roster_sheet(b'Email\n"' + b"x" * 200_000, RULES).fault is SheetFault.UNREADABLE


def test_an_older_role_card_is_not_the_one_in_force() -> None:
    assert read(TOM | {"Role card read": "22/11/2026"}).people[0].answers.role_card_version == "2026-11-22"


def test_lines_are_counted_as_a_person_sees_them() -> None:
    body = sheet(TOM | {"Languages": "English,\nPolish"}, TOM | {"Email": "x"}).replace(b"\r\n", b"\r\n\r\n", 1)
    assert [(fault.line, fault.code) for fault in read_roster_sheet(body, RULES).faults] == [(5, "not_an_address")]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Tues eve", [(1, 17, 23)]),
        ("evenings exc. Fri", [(day, 17, 23) for day in (0, 1, 2, 3, 5, 6)]),
        ("Mon 18:00-21:00", [(0, 18, 21)]),
        ("Mon, Wed & Fri eves", [(0, 17, 23), (2, 17, 23), (4, 17, 23)]),
        ("Tues eve, Thurs morning", [(1, 17, 23), (3, 6, 12)]),
        ("Mon-Fri 9am-5pm", [(day, 9, 17) for day in range(5)]),
        ("weekday evenings; Sat all day", [*((day, 17, 23) for day in range(5)), (5, 0, 0)]),
        ("evenings except for Fri and Sat", [(day, 17, 23) for day in (0, 1, 2, 3, 6)]),
        ("Sat 8pm-1am", [(5, 20, 1)]),
        ("afternoons Mon, Tue; Wed 6pm until 9pm", [(0, 12, 17), (1, 12, 17), (2, 18, 21)]),
        ("", []),
    ],
)
def test_weekday_words(text: str, rows: list[tuple[int, int, int]]) -> None:
    assert [(row.weekday, row.starts.hour, row.ends.hour) for row in rows_of(read_windows(text))] == rows


@pytest.mark.parametrize(
    "text",
    [
        "Mon",
        "most evenings",
        "Mon pm",
        "Mon 6-9",
        "Mon 6pm",
        "Mon 18:00-18:00",
        "evenings exc.",
        "evenings exc. Fri, Sat morning",
        "Mon eve exc. Tue",
        "6-9pm Mon, Tue eve",
        "Mon eve Tue",
        "alternate Mon eves",
        "1st Mon eve",
        "Mon eve?",
        "Mon 25:00-26:00",
        "evenings exc. all week",
    ],
)
def test_what_could_mean_two_things_is_not_read(text: str) -> None:
    with pytest.raises(NotUnderstood):
        read_windows(text)


def test_the_template_holds_every_heading_and_reads_as_an_empty_sheet() -> None:
    assert template_sheet().startswith(b"\xef\xbb\xbfName to show,Full name,Email")
    found = read_roster_sheet(template_sheet(), RULES)
    assert (found.fault, found.people, found.faults, found.missing, found.unread) == (None, (), (), (), ())
    assert len({column.key for column in COLUMNS}) == len(COLUMNS)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_leaves_as_a_formula(start: str) -> None:
    cell = f"{start}HYPERLINK(1)"
    body = faults_sheet([("2", "When", "Say when", cell)]).decode("utf-8-sig")
    assert next(reversed(list(csv.reader(io.StringIO(body, newline="")))))[3] == f"'{cell}"
    assert plain_cell(f"'{cell}") == cell
    assert csv_bytes([["Tom"]]) == b"\xef\xbb\xbfTom\r\n"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_nothing_a_sheet_holds_breaks_the_reader(data: Any) -> None:
    junk = st.text(max_size=30) | st.sampled_from(["=1+1", "B14", "Mon eve", "yes", "01/01/2026", "\x00", "ﷺ" * 9, "9" * 40])
    people = data.draw(st.lists(st.fixed_dictionaries({column.heading: junk for column in COLUMNS}), max_size=3))
    found = read_roster_sheet(sheet(*people) if people else data.draw(st.binary(max_size=200)), RULES)
    assert len(found.people) + len({fault.line for fault in found.faults}) <= max(found.lines, 1)
    assert all(isinstance(one.at, datetime) for person in found.people for one in person.consents)
