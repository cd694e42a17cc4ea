"""The finder's question as it stands in the address, and the addresses of questions near it. Which meetings answer it: finder_search.py."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from pydantic import Field

from matcher.domain.fellowship import Fellowship
from matcher.domain.finding import DAY_MINUTES, Mark, Wanted
from matcher.domain.place import KM_PER_MILE, Place
from web.form_fields import FormRecord, Whole, YesNo, line_of
from web.forms import Form

WITHIN = (2, 5, 10, 20, 30)
"""Miles that may be asked for."""
USUAL_WITHIN = 5
PARTS = {"morning": (5 * 60, 12 * 60), "afternoon": (12 * 60, 17 * 60), "evening": (17 * 60, DAY_MINUTES), "night": (0, 5 * 60)}
"""Parts of the day as minutes of it: from, and before."""
TICKS = {
    "step_free": Mark.WHEELCHAIR,
    "newcomer": Mark.NEWCOMER,
    "women": Mark.WOMEN,
    "men": Mark.MEN,
    "lgbtq": Mark.LGBTQ,
    "young": Mark.YOUNG_PEOPLE,
    "loop": Mark.HEARING_LOOP,
    "signed": Mark.SIGN_LANGUAGE,
    "children": Mark.CHILD_FRIENDLY,
}


class Held(StrEnum):
    """Where people meet."""

    IN_PERSON = "in_person"
    ONLINE = "online"


class FinderForm(FormRecord):
    """What somebody looks for. `size` is of the printed list alone."""

    near: Annotated[str, line_of(60)] | None = None
    within: Annotated[Whole, Field(ge=1, le=60)] = USUAL_WITHIN
    fellowship: Fellowship | None = None
    day: Annotated[Whole, Field(ge=1, le=7)] | None = None
    part: Literal["morning", "afternoon", "evening", "night"] | None = None
    open: Literal["open", "closed"] | None = None
    held: Held | None = None
    step_free: YesNo = False
    newcomer: YesNo = False
    women: YesNo = False
    men: YesNo = False
    lgbtq: YesNo = False
    young: YesNo = False
    loop: YesNo = False
    signed: YesNo = False
    children: YesNo = False
    page: Annotated[Whole, Field(ge=1, le=999)] = 1
    size: Literal["normal", "large", "booklet"] = "normal"

    @property
    def marks(self) -> Mark:
        """What a meeting must say of itself."""
        marks = Mark(0)
        for name, mark in TICKS.items():
            marks |= mark if getattr(self, name) else Mark(0)
        said = {"open": Mark.OPEN, "closed": Mark.CLOSED, Held.IN_PERSON: Mark.IN_PERSON, Held.ONLINE: Mark.ONLINE}
        return marks | said.get(self.open or "", Mark(0)) | said.get(self.held or "", Mark(0))

    def wanted(self, centre: Place | None) -> Wanted:
        """The search itself. What is held online only has no place: asked for, it is looked for everywhere."""
        everywhere = centre is None or centre.point is None or self.held is Held.ONLINE
        return Wanted(
            fellowships=(self.fellowship,) if self.fellowship else tuple(Fellowship),
            iso_weekday=self.day,
            minutes=PARTS[self.part] if self.part else (0, DAY_MINUTES),
            marks=self.marks,
            centre=None if everywhere else centre,
            within_km=self.within * KM_PER_MILE,
        )


def unknown_names(query: Mapping[str, Any]) -> set[str]:
    """Names in an address that are none of ours: passed over, because others add their own to links."""
    return set(query) - set(FinderForm.model_fields)


def answers_in(form: Form) -> dict[str, str]:
    """The answers that say something."""
    kept = {name: form.value(name).strip() for name in FinderForm.model_fields if name not in ("page", "size")}
    return {name: value for name, value in kept.items() if value and value != "no"}


def address_with(form: Form, path: str = "/meetings", **changes: str) -> str:
    """The address of the same question with these answers changed; an empty one is left out."""
    answers = {name: value for name, value in {**answers_in(form), **changes}.items() if value}
    answers.setdefault("near", "")
    return f"{path}?{urlencode(answers)}"


def without_time(wanted: Wanted) -> Wanted:
    """The same search on any day at any hour."""
    return replace(wanted, iso_weekday=None, minutes=(0, DAY_MINUTES))


def online_instead(wanted: Wanted) -> Wanted:
    """The same search for what is held online, wherever; nobody can be asked for a step-free way to it."""
    marks = wanted.marks & ~(Mark.IN_PERSON | Mark.WHEELCHAIR) | Mark.ONLINE
    return replace(wanted, marks=marks, centre=None)
