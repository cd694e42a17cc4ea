"""The rest of a row: zone, notes, types, audience, how often, regions, its page and date of change (meetings 4.4, 4.7, 4.8, 6)."""

import re
from datetime import datetime, time
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from matcher.domain.feed_issue import IssueCode
from matcher.domain.language import language_tag
from matcher.domain.meeting import Audience, Schedule
from matcher.feeds.raw_rows import RowInHand
from matcher.feeds.reading_dates import read_updated, read_zone
from matcher.feeds.reading_text import TEXT_MOST, to_text
from matcher.feeds.reading_when import When
from matcher.feeds.reading_whereabouts import YES
from matcher.feeds.reading_words import is_held_in_some_weeks, says_closing, says_many_days, told_audience
from matcher.feeds.type_codes import Kind, TypesRead, read_types

NIGHT = (time(0, 30), time(6, 0))
LINK_MOST = 2000
TYPE_MOST = 100
TYPE_WORDS = ("types", "types_2", "types_3", "types_4", "types_5")
NOTE_WORDS = ("notes", "group_notes", "conference_url_notes", "conference_phone_notes")
REGION_WORDS = frozenset({"regions", "region", "sub_region"})
LANGUAGE_WORDS = ("language", "language_2", "language_3")

_TYPES_SPLIT = re.compile(r"[,;]")
_PLAIN_PAGE = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/[\w./?=&~+-]*)?", re.ASCII)
"""An address of a page of which nothing more need be asked."""
_FORMAT_ID = re.compile(r"[0-9]{1,9}")
_HAS_IT = re.compile(r"(?:yes|y|true|1|x|step[\s-]?free)\b")
_HAS_IT_NOT = re.compile(r"(?:no|n|false|0|none|not known|unknown|\?|-)(?:\b|$)|[?-]$")


def zone_of_row(row: RowInHand) -> str:
    """The row's own zone where it can be read, else the source's."""
    if row.is_empty("timezone"):
        return row.reading.timezone
    if zone := read_zone(row.plain("timezone")):
        return zone
    row.note(IssueCode.UNKNOWN_TIMEZONE, "timezone")
    return row.reading.timezone


def notes_of_row(row: RowInHand) -> str | None:
    """The notes, then what is left of other notes about the meeting, each after a blank line."""
    parts = (row.lines(word) for word in NOTE_WORDS if word in row.raw.values)
    kept: list[str] = []
    for part in parts:
        if part and part not in kept:
            kept.append(part)
    return "\n\n".join(kept) or None


def types_of_row(row: RowInHand) -> TypesRead:
    """What the row's codes say; unknown ones are noted where they stand and kept."""
    values = row.raw.values
    whose, own = row.reading.type_list or row.reading.fellowship, values.get("types_stand_for")
    stand_for = own if isinstance(own, dict) else None
    read = [_note_unknown(row, word, read_types(_codes(row, word), whose, stand_for)) for word in TYPE_WORDS if word in values]
    read += [_language(row, word) for word in LANGUAGE_WORDS if word in values]
    types = read[0] if len(read) == 1 else _together(*read)
    if "open" in types.attributes and "closed" in types.attributes:
        row.note(IssueCode.OPEN_AND_CLOSED, "types")
    return types


def _codes(row: RowInHand, word: str) -> list[str]:
    value = row.value(word)
    parts = value if isinstance(value, list) else [value] if isinstance(value, dict) else _TYPES_SPLIT.split(to_text(value))
    known = row.reading.public_known
    codes = [known.get(part) if type(part) is str else None for part in parts]
    if None in codes:
        codes = [row.line_of(word, to_text(part) or str(part or ""), TYPE_MOST) for part in parts]
    return [code for code in codes if code]


def _note_unknown(row: RowInHand, word: str, types: TypesRead) -> TypesRead:
    for code in types.unknown:
        row.note(IssueCode.UNKNOWN_TYPE, word, code)
    return types


def _language(row: RowInHand, word: str) -> TypesRead:
    """A field made for a language: a code of the public list, a name or a tag."""
    found: set[str] = set()
    codes, unknown = _codes(row, word), list[str]()
    for code in codes:
        types = read_types([code], row.reading.fellowship)
        tag = next(iter(types.languages), None) or language_tag(code)
        found.update([tag] if tag else [])
        unknown.extend([] if tag else [code])
    return _note_unknown(row, word, TypesRead(languages=frozenset(found), raw=tuple(codes), unknown=tuple(unknown)))


@lru_cache(maxsize=4096)
def _together(*read: TypesRead) -> TypesRead:
    return TypesRead(
        attributes=frozenset[str]().union(*(types.attributes for types in read)),
        languages=frozenset[str]().union(*(types.languages for types in read)),
        raw=tuple(code for types in read for code in types.raw),
        unknown=tuple(code for types in read for code in types.unknown),
        kinds=frozenset[Kind]().union(*(types.kinds for types in read)),
    )


def format_ids_of_row(row: RowInHand) -> tuple[int, ...]:
    """The numbers of the server's own formats; what is no number is noted."""
    if row.is_empty("format_ids"):
        return ()
    value = row.value("format_ids")
    parts = [to_text(part).strip() for part in (value if isinstance(value, list) else to_text(value).split(","))]
    for part in parts:
        if part and not _FORMAT_ID.fullmatch(part):
            row.note(IssueCode.UNKNOWN_TYPE, "format_ids", part)
    return _format_ids(*parts)


@lru_cache(maxsize=4096)
def _format_ids(*parts: str) -> tuple[int, ...]:
    return tuple(sorted({int(part) for part in parts if _FORMAT_ID.fullmatch(part)}))


def audience_of_row(row: RowInHand, types: TypesRead, texts: list[str]) -> tuple[Audience, str | None]:
    """The stricter of what codes and sentences say: codes first, then a sentence that differs by week, then a plain one."""
    own = _own_audience(row)
    is_closed, is_open = "closed" in types.attributes or own is Audience.CLOSED, "open" in types.attributes or own is Audience.OPEN
    told = told_audience(*texts)
    if told.note:
        is_open = is_open and not is_closed and told.only_open_weeks
        return (Audience.OPEN if is_open else Audience.CLOSED), told.note[:TEXT_MOST]
    if is_closed or is_open:
        return (Audience.CLOSED if is_closed else Audience.OPEN), None
    return told.audience or Audience.UNKNOWN, None


def _own_audience(row: RowInHand) -> Audience | None:
    """A table's open/closed column."""
    if "audience" not in row.raw.values or not (word := row.plain("audience").casefold().strip(".")):
        return None
    if word in ("o", "open", "open meeting", "yes - open"):
        return Audience.OPEN
    if word in ("c", "closed", "closed meeting"):
        return Audience.CLOSED
    row.note(IssueCode.UNKNOWN_TYPE, "audience")
    return None


def attributes_of_row(row: RowInHand, types: TypesRead, audience: Audience) -> tuple[str, ...]:
    """The row's attributes, with open or closed exactly as its audience says."""
    more, values = "", row.raw.values
    if "wheelchair" in values and (word := row.plain("wheelchair").casefold() or ("yes" if values["wheelchair"] is True else "")):
        if _HAS_IT.match(word):
            more = "wheelchair"
        elif not _HAS_IT_NOT.match(word):
            row.note(IssueCode.UNKNOWN_TYPE, "wheelchair")
    is_institutional = "institutional" in values and (values["institutional"] is True or row.plain("institutional").casefold() in YES)
    return _attributes(types.attributes, audience, more, "institutional" if is_institutional else "")


@lru_cache(maxsize=4096)
def _attributes(coded: frozenset[str], audience: Audience, *more: str) -> tuple[str, ...]:
    said = audience.value if audience is not Audience.UNKNOWN else ""
    return tuple(sorted({*(coded - {"open", "closed"}), said, *more} - {""}))


def schedule_of_row(row: RowInHand, when: When, name: str, texts: list[str]) -> Schedule:
    """Weekly, unless there is neither day nor start, or words say that it is held in some weeks only."""
    if not when.days:
        return Schedule.BY_APPOINTMENT
    if sentence := is_held_in_some_weeks(name, *texts):
        row.note(IssueCode.POSSIBLY_NOT_WEEKLY, "name" if sentence == name else "notes", sentence)
        return Schedule.NOT_WEEKLY
    return Schedule.WEEKLY


def note_day_words(row: RowInHand, when: When, name: str, texts: list[str], *, in_person: bool) -> None:
    """Notes words that speak of more days or of an end, and meetings in person at night."""
    if len(when.days) < 2 and (words := says_many_days(name, *texts)):
        row.note(IssueCode.POSSIBLY_MANY_DAYS, "name" if words in name else "notes", words)
    if words := says_closing(*texts):
        row.note(IssueCode.POSSIBLY_CLOSING, "notes", words)
    if in_person and when.start and NIGHT[0] <= when.start < NIGHT[1]:
        row.note(IssueCode.UNLIKELY_TIME, "start")


def regions_of_row(row: RowInHand) -> dict[str, Any]:
    """From the widest to the narrowest; `region` is the feed's own, else the widest."""
    if not row.raw.values.keys() & REGION_WORDS:
        return {}
    value = row.value("regions")
    parts = value if isinstance(value, list) else to_text(value).split(">")
    named = [part for part in (row.line_of("regions", part) for part in parts) if part]
    own, narrower = row.line("region"), row.line("sub_region")
    regions = list(dict.fromkeys(named or [part for part in (own, narrower) if part]))
    if named and not isinstance(value, list) and own and own not in regions:
        regions.insert(0, own)
    return {"region": own or (regions[0] if regions else None), "regions": tuple(regions)}


def url_of_row(row: RowInHand) -> str | None:
    """The meeting's own page."""
    if "source_url" not in row.raw.values:
        return None
    text = row.line("source_url", LINK_MOST)
    if not text:
        return None
    if _PLAIN_PAGE.fullmatch(text):
        return text
    try:
        parts = urlsplit(text)
        is_link = parts.scheme in ("http", "https") and "." in (parts.hostname or "") and not re.search(r"[\s<>\"]", text)
    except ValueError:
        is_link = False
    if is_link and "@" not in parts.netloc:
        return text
    row.note(IssueCode.INVALID_URL, "source_url")
    return None


def updated_of_row(row: RowInHand) -> datetime | None:
    """When the row last changed. An unreadable date never refuses a row."""
    read = read_updated(
        row.value("updated"), date_order=row.reading.date_order, from_cell=row.reading.from_cells, from_1904=row.reading.from_1904
    )
    if read.is_wrong:
        row.note(IssueCode.INVALID_UPDATED, "updated")
    return read.at
