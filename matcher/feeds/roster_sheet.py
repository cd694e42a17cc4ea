"""A coordinator's sheet of volunteers: bytes into people and faults, line by line. A line with one cell not understood yields nobody."""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any

from matcher.domain import text
from matcher.domain.csv_cells import csv_bytes, plain_cell
from matcher.domain.fellowship import Fellowship
from matcher.domain.roster import Checklist, ConsentGiven, PersonDetails, RosterAnswers
from matcher.domain.volunteer import TimeBand, VolunteerConsent
from matcher.feeds import roster_cells as cells
from matcher.feeds.reading_text import FeedFault, decode_body
from matcher.feeds.roster_cells import BadCell, CellFault

MOST_BYTES, MOST_LINES = 5 * 1024 * 1024, 20_000
MOST_IN_A_CELL, MOST_COLUMNS = 2_000, 200


class SheetFault(StrEnum):
    """Why a sheet as a whole cannot be read."""

    EMPTY = "empty"
    TOO_LARGE = "sheet_too_large"
    TOO_MANY_LINES = "sheet_too_many_lines"
    UNREADABLE = "sheet_unreadable"
    NO_HEADINGS = "sheet_no_headings"
    TWO_HEADINGS = "sheet_two_headings"


@dataclass(frozen=True, slots=True)
class Column:
    """One documented column: its name in code, its heading, other headings that are understood, and whether each line must fill it."""

    key: str
    heading: str
    also: tuple[str, ...] = ()
    needed: bool = False


COLUMNS = (
    Column("display_name", "Name to show", ("Display name", "First name", "Known as"), needed=True),
    Column("private_name", "Full name", ("Name", "Private name"), needed=True),
    Column("email", "Email", ("E-mail", "Email address"), needed=True),
    Column("telephone", "Telephone", ("Phone", "Mobile", "Tel")),
    Column("adult", "18 or over", ("Adult", "Over 18"), needed=True),
    Column("memberships", "Fellowships", ("Fellowship",), needed=True),
    Column("time_band", "Time in fellowship", ("Time", "Years"), needed=True),
    Column("smart_trained", "SMART trained"),
    Column("districts", "Districts", ("District", "Postcode districts", "Areas"), needed=True),
    Column("km", "How far", ("Miles", "How far (miles)", "Distance"), needed=True),
    Column("travel_mode", "How they travel", ("Travel",)),
    Column("windows", "When", ("Availability", "When free", "Times"), needed=True),
    Column("on_call", "May be rung", ("Ring me now", "On call")),
    Column("ring_number", "Number for calls", ("Ring me on",)),
    Column("away", "Away", ("Leave", "Holidays")),
    Column("notice", "Notice"),
    Column("comfortable_with", "Comfortable with", ("Would go with",), needed=True),
    Column("says_is", "I am", ("Says they are",)),
    Column("pair_only", "Only in a pair", ("Pair only",)),
    Column("languages", "Languages", ("Language",)),
    Column("letters_per_week", "Letters a week", ("Emails a week",)),
    Column("going_cap", "Goings in four weeks", ("Goings",)),
    Column("share_number", "Share number"),
    Column("discreet", "Discreet"),
    Column("recognise_me", "Recognise me by", ("Recognise me",)),
    Column("consent_how", "How they agreed", ("Consent method",), needed=True),
    Column("v1", "Agreed to be held", ("Consent to hold",), needed=True),
    Column("v2", "Agreed to emails", ("Consent to emails",)),
    Column("v3", "Agreed to texts", ("Consent to texts",)),
    Column("v4", "Agreed to name being told", ("Consent to tell name",)),
    Column("v5", "Agreed to be rung", ("Consent to be rung",)),
    Column("role_card_on", "Role card read", ("Role card",)),
    Column("met_on", "Met on", ("Met",)),
    Column("referee_on", "Referee on", ("Referee",)),
    Column("training_on", "Training on", ("Training",)),
    Column("dbs", "DBS"),
    Column("dbs_seen_on", "DBS seen on"),
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the reader must be told: fellowships by looked-up name, the role card in force (its version is its date), and today."""

    fellowships: Mapping[str, Fellowship]
    role_card_version: str
    today: date


@dataclass(frozen=True, slots=True)
class SheetPerson:
    """Somebody one line describes whole."""

    line: int
    details: PersonDetails
    answers: RosterAnswers
    consents: tuple[ConsentGiven, ...]


@dataclass(frozen=True, slots=True)
class SheetRead:
    """What a sheet says: people, faults by line and column, columns nobody reads, and headings that are missing. `fault`: nothing was read."""

    people: tuple[SheetPerson, ...] = ()
    faults: tuple[CellFault, ...] = ()
    lines: int = 0
    unread: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    fault: SheetFault | None = None


@dataclass(slots=True)
class _Line:
    """One line while it is read."""

    number: int
    cells: dict[str, str]
    rules: Rules
    faults: list[CellFault] = field(default_factory=list)

    def read(self, key: str, reader: Callable[[str], Any], absent: Any = None) -> Any:
        """The cell's value; `absent` where it is empty or faulty, which is noted."""
        value = self.cells.get(key, "")
        if not value:
            if _BY_KEY[key].needed:
                self.fault(key, BadCell("empty"))
            return absent
        try:
            if len(value) > MOST_IN_A_CELL:
                raise BadCell("too_long", most=MOST_IN_A_CELL)
            return reader(value)
        except BadCell as error:
            self.fault(key, error)
            return absent

    def fault(self, key: str, error: BadCell) -> None:
        """Note what is wrong with a cell."""
        self.faults.append(CellFault(self.number, _BY_KEY[key].heading, error.code, error.part, error.limits))


_BY_KEY = {column.key: column for column in COLUMNS}


def template_sheet() -> bytes:
    """An empty sheet with every documented heading."""
    return csv_bytes([[column.heading for column in COLUMNS]])


def faults_sheet(rows: list[tuple[str, str, str, str]]) -> bytes:
    """Faults to take away: line, column, what is wrong (a sentence), and what was read there."""
    return csv_bytes([("Line", "Column", "What to mend", "It says"), *rows])


def read_roster_sheet(body: bytes, rules: Rules) -> SheetRead:
    """People and faults of a sheet. Never raises for anything a sheet can hold."""
    if len(body) > MOST_BYTES:
        return SheetRead(fault=SheetFault.TOO_LARGE)
    try:
        rows = _rows(body)
    except (FeedFault, csv.Error, UnicodeError):
        return SheetRead(fault=SheetFault.UNREADABLE)
    if not rows:
        return SheetRead(fault=SheetFault.EMPTY)
    if len(rows) > MOST_LINES + 1:
        return SheetRead(fault=SheetFault.TOO_MANY_LINES)
    (_, headings), *filled = rows
    places, unread, twice = _headings(headings)
    if twice or not places:
        return SheetRead(fault=SheetFault.TWO_HEADINGS if twice else SheetFault.NO_HEADINGS, unread=tuple(twice))
    missing = tuple(column.heading for column in COLUMNS if column.needed and column.key not in places)
    if missing:
        return SheetRead(lines=len(filled), unread=unread, missing=missing)
    people, faults = _people([(number, row) for number, row in filled], places, rules)
    return SheetRead(tuple(people), tuple(faults), len(filled), unread)


def _rows(body: bytes) -> list[tuple[int, list[str]]]:
    """Lines that hold anything, with the number a person sees; separated by whichever of comma, semicolon and tab the headings have most."""
    content, _ = decode_body(body)
    first = next((line for line in content.splitlines() if line.strip()), "")
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=separator)
    rows: list[tuple[int, list[str]]] = []
    started = 1
    for row in reader:
        if any(cell.strip() for cell in row):
            rows.append((started, row[:MOST_COLUMNS]))
        if len(rows) > MOST_LINES + 1:
            break
        started = reader.line_num + 1
    return rows


def _headings(row: list[str]) -> tuple[dict[str, int], tuple[str, ...], list[str]]:
    """Where each known column stands, the headings nobody knows, and those that stand twice."""
    known = {_heading(name): column.key for column in COLUMNS for name in (column.heading, *column.also)}
    places: dict[str, int] = {}
    unread, twice = [], []
    for place, name in enumerate(row):
        key = known.get(_heading(name))
        if key is None:
            unread.extend([name.strip()[: cells.SHOWN]] if name.strip() else [])
        elif key in places:
            twice.append(_BY_KEY[key].heading)
        else:
            places[key] = place
    return places, tuple(unread), twice


def _heading(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def _people(rows: list[tuple[int, list[str]]], places: Mapping[str, int], rules: Rules) -> tuple[list[SheetPerson], list[CellFault]]:
    people: list[SheetPerson] = []
    faults: list[CellFault] = []
    by_address: dict[str, int] = {}
    for number, row in rows:
        line = _Line(number, {key: plain_cell(row[place]) for key, place in places.items() if place < len(row)}, rules)
        person = _person(line)
        earlier = by_address.setdefault(person.details.email, number) if person.details.email else number
        if earlier != number:
            line.fault("email", BadCell("twice_in_sheet", line=earlier))
        faults += line.faults
        people += [] if line.faults else [person]
    return people, faults


def _person(line: _Line) -> SheetPerson:
    if line.read("adult", cells.read_yes) is False:
        line.fault("adult", BadCell("not_adult"))
    details = PersonDetails(
        display_name=line.read("display_name", cells.checked_text(text.clean_name), ""),
        private_name=line.read("private_name", cells.checked_text(lambda name: text.clean_name(name, 80)), ""),
        email=line.read("email", cells.checked_text(text.clean_email), ""),
        telephone=line.read("telephone", cells.checked_text(text.clean_phone), ""),
        ring_number=line.read("ring_number", cells.checked_text(text.clean_phone), ""),
        recognise_me=line.read("recognise_me", cells.checked_text(text.clean_recognise_me), ""),
    )
    return SheetPerson(line.number, details, _answers(line), _consents(line))


def _answers(line: _Line) -> RosterAnswers:
    """What the cells say; a cell that is not there leaves the answer as somebody who did not say."""
    told = {
        "time_band": line.read("time_band", cells.read_band),
        "smart_trained": line.read("smart_trained", cells.read_yes),
        "memberships": line.read("memberships", lambda cell: cells.read_memberships(cell, line.rules.fellowships)),
        "reach": _reach(line),
        "travel_mode": line.read("travel_mode", cells.read_travel),
        "windows": line.read("windows", cells.read_when),
        "on_call": line.read("on_call", cells.read_when),
        "away": line.read("away", cells.read_away),
        "notice": line.read("notice", cells.read_notice),
        "comfortable_with": line.read("comfortable_with", cells.read_comfort),
        "says_is": line.read("says_is", cells.read_says),
        "pair_only": line.read("pair_only", cells.read_yes),
        "languages": line.read("languages", cells.read_languages),
        "letters_per_week": line.read("letters_per_week", cells.read_count(7)),
        "going_cap": line.read("going_cap", cells.read_count(8)),
        "share_number": line.read("share_number", cells.read_yes),
        "discreet": line.read("discreet", cells.read_yes),
        "checklist": Checklist(dbs=line.read("dbs", cells.read_dbs), **{key: _past(line, key) for key in CHECK_DATES}),
        **_role_card(line),
    }
    return RosterAnswers(**{"time_band": TimeBand.UNDER_ONE} | {key: value for key, value in told.items() if value is not None})


CHECK_DATES = ("met_on", "referee_on", "training_on", "dbs_seen_on")


def _reach(line: _Line) -> Any:
    districts, km = line.read("districts", cells.read_districts), line.read("km", cells.read_km)
    return cells.reach_of(districts, km) if districts and km else None


def _role_card(line: _Line) -> dict[str, Any]:
    """Read on or after the day the card in force came out: that version; earlier: one of that day, which is no longer in force."""
    on = _past(line, "role_card_on")
    current = line.rules.role_card_version
    return {"role_card_on": on, "role_card_version": (current if on.isoformat() >= current else on.isoformat()) if on else None}


def _consents(line: _Line) -> tuple[ConsentGiven, ...]:
    how = line.read("consent_how", cells.read_how)
    given = [(purpose, _past(line, purpose.value)) for purpose in VolunteerConsent]
    return tuple(ConsentGiven(purpose, True, how.value, datetime.combine(on, time(12), UTC)) for purpose, on in given if on and how)


def _past(line: _Line, key: str) -> date | None:
    on: date | None = line.read(key, cells.read_day)
    if on and on > line.rules.today:
        line.fault(key, BadCell("date_ahead"))
        return None
    return on
