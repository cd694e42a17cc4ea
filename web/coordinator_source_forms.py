"""The forms of sources of meetings, and the words of what can be found in a list. The sentences are in web/words/sources.json."""

import json
import re
from collections.abc import Iterable
from functools import cache
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field
from yarl import URL

from matcher.domain.csv_cells import csv_bytes
from matcher.domain.feed_issue import Issue
from matcher.domain.fellowship import Fellowship
from matcher.domain.meeting_source import MeetingSource, SourceState
from matcher.domain.source_schedule import LONGEST_INTERVAL_H, SHORTEST_INTERVAL_H
from matcher.domain.text import BadText
from web.error_words import WORDS
from web.form_fields import FormRecord, ShortNote, Ticked, Whole, YesNo, line_of

INTERVALS = (6, 12, 24, 48, 168)
"""Hours between two fetches that the form offers."""
RESERVED = frozenset({"new"})
PROBLEM_HEADINGS = ("Line", "Column", "Number in the list", "Field", "Code", "What it is", "As it stands", "So")


@cache
def source_words() -> dict[str, dict[str, str]]:
    """Words for formats, ends of runs, codes of problems and what became of them."""
    read: dict[str, dict[str, str]] = json.loads((WORDS / "sources.json").read_text(encoding="utf-8"))
    return {name: read[name] for name in ("formats", "kinds", "codes", "severities")}


def _short_name(text: str) -> str:
    name = text.strip().lower()
    if not re.fullmatch(r"[a-z0-9-]{2,40}", name) or name in RESERVED:
        raise BadText("not_a_short_name")
    return name


def _address(text: str) -> str:
    """One whole address. Which hosts may be asked at all is decided where it is fetched."""
    try:
        url = URL(text.strip())
    except ValueError:
        raise BadText("not_a_link") from None
    if url.scheme not in ("https", "http") or not url.host or re.search(r"\s", text.strip()) or url.user or url.password:
        raise BadText("not_a_link")
    return text.strip()


def _zone(text: str) -> str:
    zone = text.strip()
    if "/" not in zone or zone not in available_timezones():
        raise BadText("not_a_zone")
    return zone


def _areas(text: str) -> tuple[str, ...]:
    areas = tuple(sorted({part.upper() for part in re.split(r"[\s,;/]+", text) if part}))
    if not all(re.fullmatch(r"[A-Z]{1,2}", area) for area in areas):
        raise BadText("not_areas")
    return areas


class SourceForm(FormRecord):
    """A list as a coordinator describes it. The file of a list that has no address is read apart."""

    name: Annotated[str, line_of(80)]
    id: Annotated[str, AfterValidator(_short_name)] | None = None
    area: UUID | None = None
    fellowship: Fellowship | None = None
    url: Annotated[str, Field(max_length=500), AfterValidator(_address)] | None = None
    timezone: Annotated[str, AfterValidator(_zone)] = "Europe/London"
    date_order: Literal["dmy", "mdy"]
    interval_h: Annotated[Whole, Field(ge=SHORTEST_INTERVAL_H, le=LONGEST_INTERVAL_H)] = 24
    keep_areas: Annotated[str, Field(max_length=200), AfterValidator(_areas)] | None = None
    licence_note: ShortNote | None = None
    publisher_contact: Annotated[str, line_of(120)] | None = None
    may_republish: YesNo = False
    format: Annotated[str, Field(max_length=20)] | None = None

    def settings(self) -> dict[str, Any]:
        """What can be changed later, by the names of MeetingSource."""
        return {
            "name": self.name,
            "url": self.url,
            "timezone": self.timezone,
            "date_order": self.date_order,
            "interval_h": self.interval_h,
            "keep_areas": tuple(self.keep_areas or ()),
            "licence_note": self.licence_note or "",
            "publisher_contact": self.publisher_contact or "",
            "may_republish": self.may_republish,
        }


def new_source(record: SourceForm, *, fellowship: Fellowship, format: str, area_id: UUID | None) -> MeetingSource:
    """The source a valid form describes, switched off."""
    never: dict[str, Any] = dict.fromkeys(
        ("failing_since", "last_attempt_at", "last_success_at", "etag", "last_modified", "last_good_rows")
    )
    return MeetingSource(
        id=record.id or short_name_of(record.name),
        area_id=area_id,
        fellowship=fellowship,
        format=format,
        state=SourceState.PAUSED,
        **never,
        **record.settings(),
    )


def short_name_of(name: str) -> str:
    """A short name made of a name: "AA Dorset & Wilts" is aa-dorset-wilts."""
    made = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-")
    return made if len(made) > 1 and made not in RESERVED else f"list-{made or 'one'}"


def shown_settings(source: MeetingSource) -> dict[str, Any]:
    """A source as its form shows it."""
    plain = ("name", "url", "timezone", "date_order", "interval_h", "licence_note", "publisher_contact", "may_republish", "format")
    shown = {name: getattr(source, name) for name in plain}
    return {name: value for name, value in shown.items() if value != ""} | {"keep_areas": ", ".join(source.keep_areas) or None}


class FileForm(FormRecord):
    """A file of a list; the file itself is read apart."""


class UseForm(FormRecord):
    """Bring in what was shown."""

    sure: Ticked
    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    switch_on: YesNo = False


class SwitchForm(FormRecord):
    """Whether it is read by itself."""

    on: YesNo


# ── problems ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def problem_rows(issues: Iterable[Issue]) -> list[tuple[str, ...]]:
    """What was found, one line each, in words: as the page shows it and as the sheet has it."""
    words = source_words()
    return [
        (
            str(issue.row or ""),
            issue.column or "",
            issue.source_key or "",
            issue.field or "",
            issue.code.value,
            words["codes"][issue.code.value],
            issue.value or "",
            words["severities"][issue.severity.value],
        )
        for issue in issues
    ]


def problem_sheet(issues: Iterable[Issue]) -> bytes:
    """The same as a sheet, every cell inert."""
    return csv_bytes([PROBLEM_HEADINGS, *problem_rows(issues)])
