"""What is different between a meeting before and after: which fields, whether plans hang on them, whether it can still be the same meeting."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import datetime, time
from difflib import SequenceMatcher
from typing import Any

from matcher.domain.fellowship import Fellowship
from matcher.domain.meeting import ROW_KEYS, UNHASHED, Audience, ParsedMeeting, Schedule, Status, fellowship_of
from matcher.domain.place import Point, find_place, good_point, km_between

PLAN_FIELDS = frozenset(
    {
        *("iso_weekday", "start", "timezone", "schedule", "status"),
        *("in_person", "venue", "address", "town", "postcode", "outcode", "point"),
        *("online", "conference_url", "conference_phone"),
    }
)
"""Day, start, zone, place, link and status: a change of one of these concerns whoever plans to go (meetings 7.1)."""
TIME_FIELDS = frozenset({"iso_weekday", "start", "timezone", "schedule"})
PLACE_FIELDS = frozenset({"in_person", "venue", "address", "town", "postcode", "outcode", "point"})
POINT_MOVED_KM = 0.5
"""A point that moves less is the same place measured again (assumption)."""
ANOTHER_TOWN_KM = 5
LIKE_ENOUGH = 0.5


def changed_fields(old: ParsedMeeting, new: ParsedMeeting) -> frozenset[str]:
    """The keys of a row that say something else than before; its place in the feed and its date of change are not asked."""
    before, after = old.to_json(), new.to_json()
    before["raw_types"], after["raw_types"] = sorted(before["raw_types"]), sorted(after["raw_types"])
    return frozenset(name for name in ROW_KEYS if name not in UNHASHED and name != "source_key" and before[name] != after[name])


def plan_changes(old: ParsedMeeting, new: ParsedMeeting) -> frozenset[str]:
    """The changed fields that plans hang on; `point` for a place that moved by more than it can be mismeasured."""
    moved = {"point"} if _km_apart(old, new) > POINT_MOVED_KM else set()
    return changed_fields(old, new) & PLAN_FIELDS | moved


def _km_apart(old: ParsedMeeting, new: ParsedMeeting) -> float:
    before, after = good_point(old.latitude, old.longitude), good_point(new.latitude, new.longitude)
    return km_between(before, after) if before and after else 0.0


def is_another_meeting(old: ParsedMeeting, new: ParsedMeeting) -> bool:
    """Whether a person must say if a row is still the same meeting: another town, or another weekday under another name (meetings 7.1)."""
    return _is_another_town(old, new) or (old.iso_weekday != new.iso_weekday and likeness(old.name, new.name) < LIKE_ENOUGH)


def likeness(one: str, other: str) -> float:
    """How like two names are, from 0 to 1, whatever their case."""
    return SequenceMatcher(None, one.casefold(), other.casefold(), autojunk=False).ratio()


def _is_another_town(old: ParsedMeeting, new: ParsedMeeting) -> bool:
    if not old.outcode or not new.outcode or old.outcode == new.outcode:
        return False
    before, after = _point_of(old), _point_of(new)
    return before is None or after is None or km_between(before, after) > ANOTHER_TOWN_KM


def _point_of(meeting: ParsedMeeting) -> Point | None:
    own = good_point(meeting.latitude, meeting.longitude)
    place = find_place(meeting.postcode or meeting.outcode or "")
    return own or (place.point if place else None)


# ── a row as it is kept in the database ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def kept_row(row: ParsedMeeting) -> dict[str, Any]:
    """What is kept of a row: what `to_json` writes, without the keys that say nothing (null, false, an empty list)."""
    return {name: value for name, value in row.to_json().items() if value is not None and value is not False and value != []}


def meeting_from_json(said: Mapping[str, Any]) -> ParsedMeeting:
    """A kept row as a record again: what `kept_row` or `to_json` wrote."""
    said = {**NOTHING_SAID, **said}
    updated = said["source_updated"]
    return ParsedMeeting(
        **{name: said[name] for name in ROW_KEYS if name not in _READ}
        | {name: tuple(said[name]) for name in _LISTS}
        | {
            "fellowship": fellowship_of(said["fellowship"]) or Fellowship.AA,
            "start": read_clock(said["start"]),
            "end": read_clock(said["end"]),
            "schedule": Schedule(said["schedule"]),
            "status": Status(said["status"]),
            "audience": Audience(said["audience"]),
            "source_updated": datetime.fromisoformat(updated) if updated else None,
        }
    )


NOTHING_SAID: dict[str, Any] = {
    f.name: list(f.default) if isinstance(f.default, tuple) else f.default
    for f in fields(ParsedMeeting)
    if f.default is None or not f.default
}
"""The keys of a row that may be left out of it, as JSON has them: the defaults that are null, false or an empty list."""
_LISTS = ("regions", "attributes", "languages", "raw_types", "format_ids")
_READ = frozenset({*_LISTS, "fellowship", "start", "end", "schedule", "status", "audience", "source_updated"})


def read_clock(text: str | None) -> time | None:
    """HH:MM as a time."""
    return time.fromisoformat(text) if text else None


# ── overrides ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

ADDRESS_FIELDS = frozenset({"venue", "address", "town", "postcode"})
OVERRIDABLE = frozenset(
    {
        *("name", "iso_weekday", "start", "duration_min", "timezone", "schedule", "status"),
        *("in_person", "online", *ADDRESS_FIELDS, "point", "location_notes", "travel_notes"),
        *("conference_url", "conference_phone", "joins", "audience", "attributes", "languages", "notes"),
    }
)
"""What a person may correct (meetings 7.4), by its key in a row; `point` is both halves, `joins` the ways in that are never public."""


def field_value(said: ParsedMeeting, field: str) -> Any:
    """What a row says about an overridable field, as JSON has it. `joins` is not in a row: KeyError."""
    if field == "point":
        return None if said.latitude is None else [said.latitude, said.longitude]
    return said.to_json()[field]


def with_overrides(said: ParsedMeeting, values: Mapping[str, Any]) -> ParsedMeeting:
    """What holds: the row with people's corrections on top. A corrected address is one line again, made of its parts."""
    wanted = {field: value for field, value in values.items() if field not in ("joins", "point")}
    if not wanted and "point" not in values:
        return said
    if "point" in values:
        point = values["point"] or (None, None)
        wanted |= {"latitude": point[0], "longitude": point[1]}
    elif wanted.keys() & {"address", "postcode", "town"}:
        wanted |= {"latitude": None, "longitude": None}  # the source's point is of the address that was corrected
    if "postcode" in wanted:
        wanted["outcode"] = wanted["postcode"].split()[0] if wanted["postcode"] else None
    if "duration_min" in wanted:
        wanted["duration_is_assumed"] = False
    corrected = meeting_from_json(said.to_json() | wanted)
    if wanted.keys() & ADDRESS_FIELDS:
        corrected = replace(corrected, formatted_address=one_line(corrected))
    return corrected


def one_line(meeting: ParsedMeeting) -> str | None:
    """The address in one line, made of its parts: "1 High St, Bournemouth BH1 4HS"."""
    return join_parts((meeting.address, " ".join(part for part in (meeting.town, meeting.postcode) if part)))


def join_parts(parts: Iterable[str | None]) -> str | None:
    """Those parts that are there, with commas between."""
    return ", ".join(part for part in parts if part) or None
