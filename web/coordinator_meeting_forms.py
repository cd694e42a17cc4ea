"""The forms of the directory: a meeting's details, its status, its weeks, one date, what to narrow the list by. Words are in templates and web/words."""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, TypeAdapter, model_validator

from matcher.domain.directory_meeting import DirectoryMeeting
from matcher.domain.fellowship import Fellowship
from matcher.domain.meeting import Audience
from matcher.domain.occurrence import ExceptionKind, MeetingWeeks
from matcher.domain.place import find_outcode, read_postcode
from matcher.domain.text import BadText
from web.coordinator_roster_forms import Languages, languages_in
from web.form_fields import ClockTime, FormRecord, Note, OnDate, ShortLine, ShortNote, Ticked, Whole, YesNo, line_of
from web.forms import BadAnswer

TICKED_ATTRIBUTES = (
    *("wheelchair", "accessible_toilet", "hearing_loop", "sign_language", "newcomer"),
    *("women", "men", "lgbtq", "young_people", "child_friendly"),
)
"""What the form asks about; every other attribute of a source stays as it is."""
_DATE: TypeAdapter[date] = TypeAdapter(OnDate)
Weekday = Annotated[Whole, Field(ge=1, le=7)]


def _postcode(text: str) -> str:
    """A whole postcode of a meeting's venue."""
    code = read_postcode(text)
    if code is None:
        raise BadText("not_a_postcode")
    return code


class HeldHow(StrEnum):
    """Where people meet."""

    IN_PERSON = "in_person"
    ONLINE = "online"


class MeetingForm(FormRecord):
    """A meeting as somebody who knows it would describe it."""

    area: UUID | None = None
    fellowship: Fellowship | None = None
    name: Annotated[str, line_of(120)]
    weekday: Weekday | None = None
    starts: ClockTime | None = None
    minutes: Annotated[Whole, Field(ge=5, le=1440)] | None = None
    held: Annotated[frozenset[HeldHow], Field(min_length=1)]
    venue: ShortLine | None = None
    address: ShortLine | None = None
    town: Annotated[str, line_of(60)] | None = None
    postcode: Annotated[str, AfterValidator(_postcode)] | None = None
    conference_url: Annotated[str, line_of(500)] | None = None
    conference_phone: Annotated[str, line_of(60)] | None = None
    meeting_id: Annotated[str, line_of(60)] | None = None
    passcode: Annotated[str, line_of(60)] | None = None
    audience: Audience
    attributes: frozenset[str] = frozenset()
    languages: Languages | None = None
    location_notes: ShortNote | None = None
    travel_notes: ShortNote | None = None
    notes: Note | None = None
    reason: ShortNote | None = None
    until: OnDate | None = None

    @model_validator(mode="after")
    def _can_be_found(self) -> "MeetingForm":
        if (self.weekday is None) != (self.starts is None):
            raise BadAnswer("empty", field="weekday" if self.weekday is None else "starts")
        if HeldHow.IN_PERSON in self.held and not self.postcode and not (self.address and self.town):
            raise BadAnswer("empty", field="postcode")
        if HeldHow.ONLINE in self.held and not (self.conference_url or self.conference_phone or self.meeting_id):
            raise BadAnswer("no_way_in", field="conference_url")
        if not self.attributes <= set(TICKED_ATTRIBUTES):
            raise BadAnswer("not_offered", field="attributes")
        return self

    def public_values(self) -> dict[str, Any]:
        """The details as a correction names them, apart from attributes and the ways in."""
        return {
            "name": self.name,
            "iso_weekday": self.weekday,
            "start": self.starts.strftime("%H:%M") if self.starts else None,
            "duration_min": self.minutes if self.starts else None,
            "in_person": HeldHow.IN_PERSON in self.held,
            "online": HeldHow.ONLINE in self.held,
            **{name: getattr(self, name) for name in ("venue", "address", "town", "postcode", "conference_url", "conference_phone")},
            "audience": self.audience.value,
            "languages": sorted(languages_in(self.languages)) if self.languages else [],
            **{name: getattr(self, name) for name in ("location_notes", "travel_notes", "notes")},
        }

    def attributes_over(self, before: frozenset[str]) -> list[str]:
        """The attributes with those that were not asked about; open and closed as the audience says."""
        others = before - set(TICKED_ATTRIBUTES) - {"open", "closed"}
        said = {self.audience.value} if self.audience is not Audience.UNKNOWN else set()
        return sorted(others | self.attributes | said)


def values_of(meeting: DirectoryMeeting) -> dict[str, Any]:
    """What holds of a meeting, named as `public_values` and `attributes_over` name it, to see what a form changes."""
    plain = {
        name: getattr(meeting, name)
        for name in ("name", "iso_weekday", "duration_min", "in_person", "online", "venue", "address", "town", "postcode")
    }
    more = {name: getattr(meeting, name) for name in ("conference_url", "conference_phone", "location_notes", "travel_notes", "notes")}
    start = meeting.starts.strftime("%H:%M") if meeting.starts else None
    lists = {"languages": sorted(meeting.languages), "attributes": sorted(meeting.attributes)}
    return {**plain, **more, **lists, "start": start, "audience": meeting.audience.value}


def shown_values(meeting: DirectoryMeeting, languages: str) -> dict[str, Any]:
    """A meeting as its form shows it. Ways in are never shown: they are typed anew or left as they are."""
    held = [how for how, holds in ((HeldHow.IN_PERSON, meeting.in_person), (HeldHow.ONLINE, meeting.online)) if holds]
    plain = (
        "name",
        "venue",
        "address",
        "town",
        "postcode",
        "conference_url",
        "conference_phone",
        "location_notes",
        "travel_notes",
        "notes",
    )
    return {
        **{name: getattr(meeting, name) for name in plain},
        "weekday": meeting.iso_weekday,
        "starts": meeting.starts,
        "minutes": meeting.duration_min,
        "held": held,
        "audience": meeting.audience,
        "attributes": [one for one in meeting.attributes if one in TICKED_ATTRIBUTES],
        "languages": languages or None,
    }


class StatusForm(FormRecord):
    """Whether it is held at all."""

    status: Literal["active", "temporarily_closed", "closed"]
    reason: ShortNote | None = None


class CheckedForm(FormRecord):
    """How somebody made sure."""

    how: Literal["phone", "visit", "person"]


class DateForm(FormRecord):
    """One date that is different."""

    on_date: OnDate
    kind: ExceptionKind
    starts: ClockTime | None = None
    venue: ShortLine | None = None
    note: ShortNote | None = None

    @model_validator(mode="after")
    def _says_what(self) -> "DateForm":
        if self.kind is ExceptionKind.MOVED and self.starts is None and not self.venue:
            raise BadAnswer("empty", field="starts")
        return self


class PutBackForm(FormRecord):
    """A date that is as always again."""

    on_date: OnDate


class HowOften(StrEnum):
    """In which weeks."""

    EVERY_WEEK = "every_week"
    OF_THE_MONTH = "of_the_month"
    EVERY_N = "every_n"
    DATES = "dates"


class WeeksForm(FormRecord):
    """In which weeks a meeting is held."""

    often: HowOften
    weeks: frozenset[Annotated[Whole, Field(ge=-1, le=5)]] = frozenset()
    every: Annotated[Whole, Field(ge=2, le=12)] | None = None
    anchor: OnDate | None = None
    dates: Annotated[str, line_of(400)] | None = None

    @model_validator(mode="after")
    def _complete(self) -> "WeeksForm":
        if self.often is HowOften.OF_THE_MONTH and (not self.weeks or 0 in self.weeks):
            raise BadAnswer("too_few", field="weeks")
        if self.often is HowOften.EVERY_N and (self.every is None or self.anchor is None):
            raise BadAnswer("empty", field="every" if self.every is None else "anchor")
        if self.often is HowOften.DATES and not self._dates():
            raise BadAnswer("not_dates", field="dates")
        return self

    def _dates(self) -> list[date]:
        parts = [part.strip() for part in re.split(r"[,;\n]+", self.dates or "") if part.strip()]
        try:
            return [_DATE.validate_python(part) for part in parts]
        except ValueError:
            return []

    def meant(self) -> MeetingWeeks | None:
        """The rule; None is every week."""
        if self.often is HowOften.OF_THE_MONTH:
            return MeetingWeeks(weeks_of_month=self.weeks)
        if self.often is HowOften.EVERY_N:
            return MeetingWeeks(anchor_on=self.anchor, every_weeks=self.every)
        return MeetingWeeks(on_dates=frozenset(self._dates())) if self.often is HowOften.DATES else None


class JudgeForm(FormRecord):
    """Whether it is still the same meeting."""

    same: YesNo


class CorrectionForm(FormRecord):
    """Whose word counts for one field."""

    field: Annotated[str, Field(max_length=30)]
    keep: YesNo


class RunForm(FormRecord):
    """What becomes of a quarantined run."""

    use: YesNo


class TellForm(FormRecord):
    """Go on."""

    sure: Ticked


class MeetingSearch(FormRecord):
    """What the list is narrowed by. Everything stands in the address."""

    fellowship: Fellowship | None = None
    day: Weekday | None = None
    place: Annotated[str, line_of(60)] | None = None
    check: Literal["needs_check", "unsure", "gone"] | None = None
    page: Annotated[Whole, Field(ge=1, le=10_000)] = 1


def place_filter(text: str | None) -> tuple[str | None, str | None]:
    """A district, or else a town."""
    place = find_outcode(text) if text else None
    return (place.label, None) if place else (None, text.strip() if text else None)
