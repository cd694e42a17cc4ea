"""BMLT servers: the semantic answer (weekday 1 Sunday, everything as text) and the newer administration answer (day 0 Sunday) (meetings 5.5).

Fields about people (e-mail, contacts) are not in the table below and so are never read.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from matcher.domain.feed_issue import ErrorKind, Issue, IssueCode, Severity
from matcher.domain.fellowship import Fellowship
from matcher.domain.meeting import ParseResult
from matcher.feeds.bmlt_formats import SEEN_WITHOUT_LIST, stand_for, world_ids
from matcher.feeds.raw_rows import RawRow, Reading, Source
from matcher.feeds.reading import read_rows
from matcher.feeds.reading_days import DayCount
from matcher.feeds.reading_json import letting_go, numbered_rows
from matcher.feeds.reading_text import FeedFault, to_text

FIELDS = {
    "key": "id_bigint",
    "service_body": "service_body_bigint",
    "name": "meeting_name",
    "day": "weekday_tinyint",
    "start": "start_time",
    "duration": "duration_time",
    "timezone": "time_zone",
    "declared": "venue_type",
    "published": "published",
    "types": "formats",
    "format_ids": "format_shared_id_list",
}
ADMIN_FIELDS = {
    "key": "id",
    "service_body": "serviceBodyId",
    "name": "name",
    "day": "day",
    "start": "startTime",
    "duration": "duration",
    "timezone": "timeZone",
    "declared": "venueType",
    "published": "published",
    "types": "formatIds",
    "format_ids": "formatIds",
}
SHARED_FIELDS = {
    "latitude": "latitude",
    "longitude": "longitude",
    "venue": "location_text",
    "address": "location_street",
    "town": "location_municipality",
    "state": "location_province",
    "postcode": "location_postal_code_1",
    "country": "location_nation",
    "location_notes": "location_info",
    "notes": "comments",
    "group_notes": "format_comments",
    "conference_url": "virtual_meeting_link",
    "conference_url_notes": "virtual_meeting_additional_info",
    "conference_phone": "phone_meeting_number",
}
NAMES, ADMIN_NAMES = FIELDS | SHARED_FIELDS, ADMIN_FIELDS | SHARED_FIELDS
REGION_FIELDS = ("location_province", "location_sub_province", "location_city_subsection", "location_neighborhood")
VENUE_TYPES = {"1": "in_person", "2": "online", "3": "hybrid"}
LABEL = "#@-@#"
"""What servers put between a label and the text of a field."""

REFUSALS = {
    IssueCode.MISSING_KEY: IssueCode.MISSING_ID_BIGINT,
    IssueCode.MISSING_DAY: IssueCode.MISSING_WEEKDAY_TINYINT,
    IssueCode.INVALID_DAY: IssueCode.INVALID_WEEKDAY_TINYINT,
    IssueCode.MISSING_TIME: IssueCode.MISSING_START_TIME,
    IssueCode.INVALID_TIME: IssueCode.INVALID_START_TIME,
}
SOURCES, ADMIN_SOURCES = (
    {word: Source(name) for word, name in names.items()} | {"regions": Source("location_province"), "travel_notes": Source("bus_lines")}
    for names in (NAMES, ADMIN_NAMES)
)
_TRAVEL = re.compile(r"(?:bus|train|tram|subway|underground|metro|rail|transit|travel|public_?transport)\w*|directions", re.IGNORECASE)
_DIGITS = re.compile(r"\d{1,20}", re.ASCII)


def parse_bmlt(answer: Any, reading: Reading, *, most_rows: int, noted: list[Issue]) -> ParseResult:
    """The whole answer: a list, or an object with `meetings` and `formats`. Raises FeedFault."""
    rows, formats = (answer.get("meetings"), answer.get("formats")) if isinstance(answer, dict) else (answer, None)
    if not isinstance(rows, list) or (rows and all(isinstance(row, dict) and "key_string" in row for row in rows)):
        raise FeedFault(ErrorKind.WRONG_SHAPE)
    good, refused = numbered_rows(rows, most_rows)
    own = replace(
        reading, needs_day_and_time=True, only_own_street=True, type_list=Fellowship.NA, refusal_codes=REFUSALS, day_count=DayCount.SUNDAY_1
    )
    known = world_ids(formats) if isinstance(formats, list) else None
    if known is None and any(set(_letters(row)) - SEEN_WITHOUT_LIST for _, row in good):
        noted = [*noted, Issue(None, None, None, "formats", IssueCode.FORMATS_WITHOUT_WORLD_IDS, None, Severity.NOTICE)]
    has_body = any("service_body_bigint" in row or "serviceBodyId" in row for _, row in good)
    raws = (_raw_row(place, row, known, needs_body=has_body) for place, row in letting_go(good))
    return read_rows(raws, own, refused=refused, noted=noted)


def _letters(row: Mapping[str, object]) -> list[str]:
    """The row's formats as its server writes them: key letters, or numbers in the administration answer."""
    value = row.get("formatIds") if "startTime" in row else row.get("formats")
    parts = value if isinstance(value, list) else to_text(value).split(",")
    return list(dict.fromkeys(part for part in (to_text(part).strip() for part in parts) if part))


def _raw_row(place: int, row: Mapping[str, object], known: Mapping[str, str] | None, *, needs_body: bool) -> RawRow:
    is_admin = "startTime" in row
    names, sources = (ADMIN_NAMES, ADMIN_SOURCES) if is_admin else (NAMES, SOURCES)
    values = {word: _unlabelled(value) for word, name in names.items() if (value := row.get(name)) is not None and value != ""}
    if letters := _letters(row):
        values |= {"types": letters, "types_stand_for": stand_for(letters, known)}
    if regions := [part for name in REGION_FIELDS if (part := _unlabelled(row.get(name)))]:
        values["regions"] = regions
    if ways := "\n".join(_travel_lines(row)):
        values["travel_notes"] = ways
    if form := VENUE_TYPES.get(to_text(values.get("declared")).strip()):
        values["declared"] = form
    if row.get("temporarilyVirtual") is True:
        values["types"], values["types_stand_for"] = [*letters, "TC"], {**stand_for(letters, known), "TC": "TC"}
    if not is_admin and to_text(values.get("start")).strip() in ("00:00:00", "00:00"):
        values.pop("start")  # its own spelling of "not given"
    day_count = DayCount.SUNDAY_0 if is_admin else None
    return RawRow(place, values, sources, day_count, _refusals(values, needs_body=needs_body))


def _refusals(values: Mapping[str, object], *, needs_body: bool) -> tuple[tuple[IssueCode, str], ...]:
    found = []
    key, body = to_text(values.get("key")).strip(), to_text(values.get("service_body")).strip()
    if "key" in values and key and not _DIGITS.fullmatch(key):
        found.append((IssueCode.INVALID_ID_BIGINT, "key"))
    if needs_body and not body:
        is_other = values.get("service_body") not in (None, "") and not isinstance(values.get("service_body"), str)
        found.append((IssueCode.INVALID_SERVICE_BODY_BIGINT if is_other else IssueCode.MISSING_SERVICE_BODY_BIGINT, "service_body"))
    elif needs_body and not _DIGITS.fullmatch(body):
        found.append((IssueCode.INVALID_SERVICE_BODY_BIGINT, "service_body"))
    return tuple(found)


def _unlabelled(value: object) -> object:
    """Only what follows the mark; before it stands the field's name in the server's language."""
    return value.rpartition(LABEL)[2] if isinstance(value, str) and LABEL in value else value


def _travel_lines(row: Mapping[str, object]) -> Iterable[str]:
    custom = row.get("customFields")
    for name, value in [*row.items(), *(custom.items() if isinstance(custom, dict) else ())]:
        if value and isinstance(value, str) and _is_about_travel(name):
            yield str(_unlabelled(value))


@lru_cache(maxsize=1024)
def _is_about_travel(name: str) -> bool:
    return bool(_TRAVEL.fullmatch(name))
