"""What the roster's list is narrowed by: read from the address, turned into a filter, and written back into links. No name is ever part of it."""

from collections.abc import Iterable
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from pydantic import Field

from matcher.domain.availability import DAY, EVENING_ENDS, PART_STARTS, PartOfDay, WeekSpan
from matcher.domain.fellowship import Fellowship
from matcher.domain.journey_word import VolunteerState
from matcher.domain.place import find_outcode
from matcher.domain.roster import RosterFilter, RosterOrder
from web.coordinator_roster_forms import KnownDistrict
from web.form_fields import FormRecord, Whole
from web.forms import Form

LISTED_STATES = tuple(state for state in VolunteerState if state is not VolunteerState.FORGOTTEN)
NOT_KNOWN = "none"


class RosterSearch(FormRecord):
    """The filters of the list."""

    area: UUID | None = None
    state: VolunteerState | None = None
    fellowship: Fellowship | None = None
    language: Annotated[str, Field(max_length=8)] | None = None
    day: Annotated[Whole, Field(ge=0, le=6)] | None = None
    part: PartOfDay | None = None
    near: KnownDistrict | None = None
    order: RosterOrder | None = None
    page: Annotated[Whole, Field(ge=1, le=10_000)] = 1


def filter_of(search: RosterSearch, area_ids: Iterable[UUID]) -> RosterFilter:
    """The filter for this coordinator's areas; somebody else's area narrows it to nothing."""
    own = tuple(sorted(area_ids))
    near = find_outcode(search.near) if search.near else None
    return RosterFilter(
        area_ids=own if search.area is None else tuple(one for one in own if one == search.area),
        state=search.state,
        fellowship=search.fellowship,
        language=search.language or "",
        free=free_spans(search.day, search.part),
        near=near.point if near else None,
        order=search.order or RosterOrder.LEAST_RECENT,
    )


def free_spans(day: int | None, part: PartOfDay | None) -> tuple[WeekSpan, ...]:
    """The week minutes somebody should be free in: a day, a part of every day, or a part of one day."""
    if day is None and part is None:
        return ()
    first, last = _minutes(part) if part else (0, DAY)
    return tuple((one * DAY + first, one * DAY + last) for one in (range(7) if day is None else (day,)))


def _minutes(part: PartOfDay) -> tuple[int, int]:
    hours = [at.hour * 60 + at.minute for at in (*PART_STARTS.values(), EVENING_ENDS)]
    place = list(PART_STARTS).index(part)
    return hours[place], hours[place + 1]


def link_with(form: Form, **changes: str) -> str:
    """The list's address with these answers changed; from the first page unless a page is named."""
    kept = {name: form.value(name) for name in RosterSearch.model_fields if name != "page" and form.value(name)}
    answers = {name: value for name, value in {**kept, **changes}.items() if value}
    return "/roster?" + urlencode(answers) if answers else "/roster"
