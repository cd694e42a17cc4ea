"""Kinds of answer that forms are made of: pydantic types over the text rules of the domain. What a form does with them is in forms.py."""

import re
from datetime import date, time
from functools import partial
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from matcher.domain import text
from matcher.domain.text import BadText


class FormRecord(BaseModel):
    """What every form's record is: frozen, and with no room for a field that the page did not have."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, str_strip_whitespace=False)

    @classmethod
    def page_order(cls) -> list[str]:
        """The fields as the page asks for them, top to bottom: the summary of errors reads like the page."""
        return list(cls.model_fields)


def _read_date(given: Any) -> Any:
    """A date as a browser sends it (2026-11-26) or as a hand writes it (26/11/2026, 26 11 2026)."""
    if not isinstance(given, str):
        return given
    spoken = re.fullmatch(r"\s*(\d{1,2})[ ./\-](\d{1,2})[ ./\-](\d{4})\s*", given, re.ASCII)
    ordered = re.fullmatch(r"\s*(\d{4})-(\d{2})-(\d{2})\s*", given, re.ASCII)
    found = ordered.groups() if ordered else spoken.groups()[::-1] if spoken else None
    if found is None:
        raise BadText("not_a_date")
    try:
        return date(int(found[0]), int(found[1]), int(found[2]))
    except ValueError:
        raise BadText("not_a_date") from None


def _read_time(given: Any) -> Any:
    """A time of day as a browser sends it (19:30) or as a hand writes it (7.30pm, 7 pm)."""
    if not isinstance(given, str):
        return given
    found = re.fullmatch(r"\s*(\d{1,2})(?:[:.](\d{2}))?(?::00)?\s*([ap])?\.?(?:m\.?)?\s*", given, re.ASCII | re.I)
    if found is None or (found[2] is None and found[3] is None):
        raise BadText("not_a_time")
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
    if minute > 59 or hour > 23 or (half and not 1 <= hour <= 12):
        raise BadText("not_a_time")
    return time((hour % 12 + (12 if half == "p" else 0)) if half else hour, minute)


def _read_yes(given: Any) -> Any:
    """A ticked box or a yes/no choice."""
    if not isinstance(given, str):
        return given
    if given not in ("yes", "no"):
        raise BadText("not_offered")
    return given == "yes"


def _read_ticked(given: bool) -> bool:
    if not given:
        raise BadText("empty")
    return given


def _read_whole(given: Any) -> Any:
    """Digits only: no sign tricks, no 1e3, no underscores, at most nine. A leading minus is let through, for the limits to refuse."""
    if not isinstance(given, str):
        return given
    if not re.fullmatch(r"\s*-?[0-9]{1,9}\s*", given, re.ASCII):
        raise BadText("not_a_number")
    return int(given)


Name = Annotated[str, AfterValidator(text.clean_name)]
LongName = Annotated[str, AfterValidator(partial(text.clean_name, most=80))]
Reference = Annotated[str, AfterValidator(text.clean_reference)]
Line = Annotated[str, AfterValidator(text.clean_line)]
ShortLine = Annotated[str, AfterValidator(partial(text.clean_line, most=120))]
Words = Annotated[str, AfterValidator(partial(text.clean_line, most=100))]
Note = Annotated[str, AfterValidator(text.clean_note)]
ShortNote = Annotated[str, AfterValidator(partial(text.clean_note, most=200))]
Email = Annotated[str, AfterValidator(text.clean_email)]
Phone = Annotated[str, AfterValidator(text.clean_phone)]
District = Annotated[str, AfterValidator(text.clean_district)]
Place = Annotated[str, AfterValidator(text.clean_place)]
RecogniseMe = Annotated[str, AfterValidator(text.clean_recognise_me)]
SixDigits = Annotated[str, AfterValidator(text.clean_code)]
OnDate = Annotated[date, BeforeValidator(_read_date)]
ClockTime = Annotated[time, BeforeValidator(_read_time)]
YesNo = Annotated[bool, BeforeValidator(_read_yes)]
Ticked = Annotated[bool, BeforeValidator(_read_yes), AfterValidator(_read_ticked)]
Whole = Annotated[int, BeforeValidator(_read_whole)]


def line_of(most: int) -> Any:
    """A line kind with its own limit: `Annotated[str, line_of(30)]`."""
    return AfterValidator(partial(text.clean_line, most=most))


def note_of(most: int) -> Any:
    """A note kind with its own limit: `Annotated[str, note_of(500)]`."""
    return AfterValidator(partial(text.clean_note, most=most))
