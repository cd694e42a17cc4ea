"""Time zones and dates of change as feeds write them (meetings 4.4)."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import available_timezones

from matcher.feeds.reading_text import to_text

DAY_COUNT_LEAST, DAY_COUNT_MOST = 20_000, 200_000  # 1954 to 2447, counted from 1900

_BLANKS = re.compile(r"\s+")
_CLOCK = r"(?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d{2})(?:\.\d{1,9})?)?\s?(?P<half>[AaPp]\.?[Mm]\.?)?\s?(?P<off>Z|UTC|[+-]\d{2}:?\d{2})?"
_ISO = re.compile(rf"(?P<y>\d{{4}})-(?P<mo>\d{{1,2}})-(?P<d>\d{{1,2}})(?:(?P<gap>[T ,]+|)?{_CLOCK})?", re.IGNORECASE)
_ISO_TIGHT = re.compile(rf"(?P<y>\d{{4}})-(?P<mo>\d{{2}})-(?P<d>\d{{2}})(?P<gap>){_CLOCK}", re.IGNORECASE)
_ORDERED = re.compile(rf"(?P<a>\d{{1,2}})(?P<sep>[/.-])(?P<b>\d{{1,2}})(?P=sep)(?P<y>\d{{4}})(?:(?P<gap>[ ,T]+|)?{_CLOCK})?", re.IGNORECASE)


class DateRead(NamedTuple):
    """An instant in UTC, or none; and whether the text was wrong, repaired or not."""

    at: datetime | None
    is_wrong: bool


NO_DATE = DateRead(None, False)


def read_zone(text: str) -> str | None:
    """An IANA name with a slash, or the last part of exactly one such name, in any case; None for offsets, GMT, BST and the unknown."""
    wanted = text.strip().replace(" ", "_").lower()
    if wanted == "europe/london":
        return "Europe/London"
    if wanted.startswith("etc/"):
        return None
    whole, last_parts = _zones()
    return whole.get(wanted) or last_parts.get(wanted)


@cache
def _zones() -> tuple[Mapping[str, str], Mapping[str, str]]:
    names = [name for name in sorted(available_timezones()) if "/" in name and not name.startswith("Etc/")]
    parts: dict[str, list[str]] = {}
    for name in names:
        parts.setdefault(name.rsplit("/", 1)[1].lower(), []).append(name)
    return {name.lower(): name for name in names}, {part: found[0] for part, found in parts.items() if len(found) == 1}


def read_updated(value: object, *, date_order: str = "dmy", from_cell: bool = False, from_1904: bool = False) -> DateRead:
    """When a row last changed; UTC unless it names an offset. A date impossible in the source's order is never turned round."""
    if value is None or value == "":
        return NO_DATE
    raw = to_text(value)
    if not raw:
        return DateRead(None, True)
    return _read_date(raw if len(raw) <= 60 else _BLANKS.sub(" ", raw).strip()[:61], date_order, from_cell, from_1904)


@lru_cache(maxsize=4096)
def _read_date(text: str, date_order: str, from_cell: bool, from_1904: bool) -> DateRead:
    text = _BLANKS.sub(" ", text).strip()
    if not text:
        return NO_DATE
    if len(text) > 60:
        return DateRead(None, True)
    if from_cell and (counted := _day_count(text, from_1904)):
        return DateRead(counted, False)
    found = _ISO_TIGHT.fullmatch(text) or _ISO.fullmatch(text) or _ORDERED.fullmatch(text)
    at = _instant(found, date_order) if found else None
    is_repaired = bool(found and found["h"] and not found["gap"])
    return DateRead(at, at is None or is_repaired)


def _day_count(text: str, from_1904: bool) -> datetime | None:
    """A sheet's day number; the 1900 system counts a 29 February 1900 that never was."""
    if not re.fullmatch(r"\d{5,6}(?:\.\d{1,17})?", text) or not DAY_COUNT_LEAST <= float(text) <= DAY_COUNT_MOST:
        return None
    start = datetime(1904, 1, 1, tzinfo=UTC) if from_1904 else datetime(1899, 12, 30, tzinfo=UTC)
    return start + timedelta(seconds=round(float(text) * 86_400))


def _instant(found: re.Match[str], date_order: str) -> datetime | None:
    parts = found.groupdict()
    if parts.get("a"):
        day, month = (parts["a"], parts["b"]) if date_order == "dmy" else (parts["b"], parts["a"])
    else:
        day, month = parts["d"], parts["mo"]
    try:
        on = date(int(parts["y"]), int(month), int(day))
        wall = _wall(parts) if parts["h"] else time()
        return datetime.combine(on, wall, _offset(parts["off"])).astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        return None


def _wall(parts: Mapping[str, str | None]) -> time:
    hour = int(parts["h"] or 0)
    if half := parts["half"]:
        if not 1 <= hour <= 12:
            raise ValueError("no such hour")
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    return time(hour, int(parts["mi"] or 0), int(parts["s"] or 0))


def _offset(text: str | None) -> timezone:
    if not text or text.upper() in ("Z", "UTC"):
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
