"""Our list as Meeting Guide JSON, so that others can read it (meetings 9.4). No way in that is kept apart, no text beyond what our pages show."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from matcher.domain.fellowship import Fellowship
from matcher.domain.meeting import Schedule, Status
from matcher.domain.place import Precision
from matcher.domain.shown_meeting import ShownMeeting
from matcher.feeds.type_codes import Kind, read_types

TYPES = Path(__file__).parent / "data" / "meeting_types.json"
EXACT = frozenset({Precision.VENUE, Precision.POSTCODE})
"""How a point must be known to be given away: a district's middle would be taken for a door."""
ID_DIGITS = 12


def exported_text(meetings: Iterable[ShownMeeting], base_url: str) -> str:
    """The whole list, one meeting a line: the same meetings give the same text."""
    lines = ",\n".join(json.dumps(exported_row(meeting, base_url), ensure_ascii=False) for meeting in meetings)
    return f"[\n{lines}\n]\n" if lines else "[]\n"


def exported_row(meeting: ShownMeeting, base_url: str) -> dict[str, Any]:
    """One meeting in the words of the specification. What is not known is left out, never made up."""
    row: dict[str, Any] = {
        "slug": f"{meeting.source_id}-{meeting.id.hex[:ID_DIGITS]}",
        "name": meeting.name,
        **_when(meeting),
        "timezone": meeting.timezone,
        **(_where(meeting) if meeting.in_person else {}),
        "conference_url": meeting.conference_url,
        "conference_phone": meeting.conference_phone,
        "attendance_option": _attendance(meeting),
        "types": _types(meeting),
        "notes": _notes(meeting),
        "updated": meeting.updated_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "url": f"{base_url}/m/{meeting.short}",
        "entity": meeting.source_name,
        "entity_url": meeting.source_url if meeting.source_url and meeting.source_url.startswith("http") else None,
    }
    return {name: value for name, value in row.items() if value not in (None, "", [])}


def _when(meeting: ShownMeeting) -> dict[str, Any]:
    if meeting.iso_weekday is None or meeting.starts is None or meeting.schedule is Schedule.BY_APPOINTMENT:
        return {}
    start = datetime.combine(datetime(2000, 1, 1, tzinfo=UTC), meeting.starts)
    end = None if meeting.duration_is_assumed or not meeting.duration_min else start + timedelta(minutes=meeting.duration_min)
    return {
        "day": meeting.iso_weekday % 7,
        "time": meeting.starts.strftime("%H:%M"),
        "end_time": end.strftime("%H:%M") if end else None,
    }


def _where(meeting: ShownMeeting) -> dict[str, Any]:
    exact = meeting.point if meeting.place_precision in EXACT else None
    return {
        "location": meeting.venue,
        "formatted_address": meeting.formatted_address,
        "address": meeting.address,
        "city": meeting.town,
        "postal_code": meeting.postcode or meeting.outcode,
        "country": "GB" if meeting.outcode else None,
        "regions": list(meeting.regions),
        "latitude": exact.latitude if exact else None,
        "longitude": exact.longitude if exact else None,
        "approximate": None if exact or meeting.venue or meeting.address or meeting.postcode else "yes",
        "location_notes": meeting.location_notes,
    }


def _attendance(meeting: ShownMeeting) -> str | None:
    if meeting.in_person and meeting.online:
        return "hybrid"
    return "in_person" if meeting.in_person else "online" if meeting.online else None


def _notes(meeting: ShownMeeting) -> str | None:
    """Its notes; a sentence about who may come is among them, because the format has no other place for it."""
    parts = [part for part in (meeting.notes, meeting.audience_note) if part]
    return "\n".join(dict.fromkeys(parts)) or None


def _types(meeting: ShownMeeting) -> list[str]:
    codes = type_codes(meeting.fellowship)
    found = {codes[word] for word in (*meeting.attributes, *meeting.languages) if word in codes}
    return sorted(found | ({"TC"} if meeting.status is Status.TEMPORARILY_CLOSED else set()))


@cache
def type_codes(fellowship: Fellowship) -> Mapping[str, str]:
    """The code of each attribute and language in a fellowship's own list, as far as it has one. Each reads back as what it was written for."""
    lists = json.loads(TYPES.read_text(encoding="utf-8"))
    tried = [*lists["own"].get(fellowship.value, {}), *lists["public"], *lists["languages"]]
    codes: dict[str, str] = {}
    for code in tried:
        for word in _meaning(code, fellowship):
            codes.setdefault(word, code)
    return codes


def _meaning(code: str, fellowship: Fellowship) -> Sequence[str]:
    read = read_types([code], fellowship)
    plain = not read.kinds - {Kind.ATTRIBUTE, Kind.LANGUAGE}
    return sorted(read.attributes | read.languages) if plain else []
