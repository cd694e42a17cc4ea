"""The forms of the roster: one record for each page about a volunteer. What they change is in coordinator_roster_topics.py."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, create_model, model_validator

from matcher.domain.availability import Notice
from matcher.domain.fellowship import Fellowship
from matcher.domain.language import language_tag
from matcher.domain.place import KM_PER_MILE, TravelMode, find_outcode
from matcher.domain.roster import NOT_ON_A_ROSTER, Dbs, GivenHow
from matcher.domain.text import BadText
from matcher.domain.volunteer import ComfortableWith, Kind, TimeBand
from matcher.domain.wishes import SaysIs, SpecialAudience
from web.form_fields import (
    District,
    Email,
    FormRecord,
    Line,
    LongName,
    Name,
    OnDate,
    Phone,
    Place,
    RecogniseMe,
    ShortNote,
    Ticked,
    Whole,
    Words,
    YesNo,
)
from web.forms import BadAnswer

ON_THE_ROSTER = tuple(fellowship for fellowship in Fellowship if fellowship not in NOT_ON_A_ROSTER)
MOST_DISTRICTS, MOST_LEAVES = 8, 10
MOST_MILES = 62


def _known_district(code: str) -> str:
    place = find_outcode(code)
    if place is None:
        raise BadText("no_such_district")
    return place.label


def _read_miles(given: Any) -> Any:
    """Whole miles, or to one place: 7.5."""
    try:
        return float(given) if isinstance(given, str) and len(given.strip()) <= 5 else given
    except ValueError:
        raise BadText("not_a_number") from None


def languages_in(text: str) -> frozenset[str]:
    """The tags of languages that are listed by name. Raises BadText for one we do not know: it is never taken for any."""
    parts = [part.strip() for part in text.replace(";", ",").replace(" and ", ",").split(",") if part.strip()]
    tags = {part: language_tag(part) for part in parts}
    if unknown := [part for part, tag in tags.items() if tag is None]:
        raise BadText("not_a_language", language=unknown[0][:40])
    return frozenset(tag for tag in tags.values() if tag)


def districts_in(text: str) -> frozenset[str]:
    """The districts that are listed. Raises BadText for one that does not exist."""
    places = {part: find_outcode(part) for part in text.replace(",", " ").replace("/", " ").replace(";", " ").split()}
    if unknown := [part for part, place in places.items() if place is None]:
        raise BadText("district_in_list", district=unknown[0][:10])
    return frozenset(place.label for place in places.values() if place)


def _languages(text: str) -> str:
    languages_in(text)
    return text


def _districts(text: str) -> str:
    districts_in(text)
    return text


def _on_the_roster(chosen: list[Fellowship]) -> list[Fellowship]:
    if set(chosen) & NOT_ON_A_ROSTER:
        raise BadText("not_offered")
    return chosen


KnownDistrict = Annotated[District, AfterValidator(_known_district)]
Miles = Annotated[float, BeforeValidator(_read_miles), Field(ge=1, le=MOST_MILES)]
Languages = Annotated[Line, AfterValidator(_languages)]
Districts = Annotated[Place, AfterValidator(_districts)]
RosterFellowships = Annotated[list[Fellowship], Field(min_length=1), AfterValidator(_on_the_roster)]


class Topic(FormRecord):
    """A page about one volunteer: which version of the entry it showed, and whether the next page follows."""

    version: Whole
    go_on: YesNo = False


class AgreedNow(FormRecord):
    """How and when somebody agreed."""

    how: GivenHow
    agreed_on: OnDate


class AddVolunteer(AgreedNow):
    """The first page about somebody new (V16): without 18 or over and the first consent there is no entry."""

    area: UUID | None = None
    display_name: Name
    private_name: LongName
    email: Email
    telephone: Phone | None = None
    adult: Ticked
    fellowships: RosterFellowships
    time_band: TimeBand
    v1: Ticked
    v2: YesNo = False
    v3: YesNo = False
    v4: YesNo = False
    v5: YesNo = False


class Who(Topic):
    """Names and how to reach them."""

    display_name: Name
    private_name: LongName
    email: Email
    telephone: Phone | None = None
    recognise_me: RecogniseMe | None = None
    share_number: YesNo = False
    discreet: YesNo = False


class Fellowships(Topic):
    """Which fellowships, as what, and for how long."""

    fellowships: RosterFellowships
    kind_aa: Kind = Kind.MEMBER
    kind_ca: Kind = Kind.MEMBER
    kind_daa: Kind = Kind.MEMBER
    kind_ma: Kind = Kind.MEMBER
    kind_na: Kind = Kind.MEMBER
    kind_smart: Kind = Kind.MEMBER
    kind_alanon: Kind = Kind.MEMBER
    kind_fa: Kind = Kind.MEMBER
    smart_trained: YesNo = False
    time_band: TimeBand


class WhereFrom(Topic):
    """How they travel. The districts and their distances are added below, numbered from 1."""

    travel_mode: TravelMode
    further_if_needed: YesNo = False

    @model_validator(mode="after")
    def _whole_rows(self) -> "WhereFrom":
        rows = reach_rows(self)
        for number, (district, miles) in rows.items():
            if (district is None) != (miles is None):
                raise BadAnswer("empty", field=f"district_{number}" if district is None else f"miles_{number}")
        named = [district for district, _ in rows.values() if district]
        if not named:
            raise BadAnswer("empty", field="district_1")
        for number, (district, _) in rows.items():
            if district and named.count(district) > 1:
                raise BadAnswer("district_twice", field=f"district_{number}")
        return self


_NUMBERS = range(1, MOST_DISTRICTS + 1)
_WHERE: dict[str, Any] = {f"district_{n}": (KnownDistrict | None, None) for n in _NUMBERS} | {
    f"miles_{n}": (Miles | None, None) for n in _NUMBERS
}
Where: type[WhereFrom] = create_model("Where", __base__=WhereFrom, **_WHERE)
"""Where they set out from: up to eight districts, each with how far."""


def reach_rows(record: WhereFrom) -> dict[int, tuple[str | None, float | None]]:
    """Each numbered row's district and miles."""
    return {n: (getattr(record, f"district_{n}"), getattr(record, f"miles_{n}")) for n in _NUMBERS}


def km_of(miles: float) -> float:
    """Miles as kilometres to ten metres, within what a reach may be."""
    return min(100.0, max(1.0, round(miles * KM_PER_MILE, 2)))


class LeaveDates(Topic):
    """Days away; the dates are added below, numbered from 1."""

    @model_validator(mode="after")
    def _in_order(self) -> "LeaveDates":
        for number, (first, last) in leave_rows(self).items():
            if last is not None and (first is None or last < first):
                raise BadAnswer(
                    "empty" if first is None else "leave_backwards", field=f"first_{number}" if first is None else f"last_{number}"
                )
        return self


_LEAVES: dict[str, Any] = {f"{end}_{n}": (OnDate | None, None) for n in range(1, MOST_LEAVES + 1) for end in ("first", "last")}
Leave: type[LeaveDates] = create_model("Leave", __base__=LeaveDates, **_LEAVES)
"""Up to ten stretches; one without a last day runs until it is cleared."""


def leave_rows(record: LeaveDates) -> dict[int, tuple[date | None, date | None]]:
    """Each numbered row's first and last day."""
    return {n: (getattr(record, f"first_{n}"), getattr(record, f"last_{n}")) for n in range(1, MOST_LEAVES + 1)}


class Whom(Topic):
    """With whom they like to go, what they say of themselves, what they can offer. Used to match, never to leave somebody out of a list."""

    comfortable_with: ComfortableWith
    pair_only: YesNo = False
    says_is: SaysIs | None = None
    own_words: Line | None = None
    audiences: frozenset[SpecialAudience] = frozenset()
    languages: Languages | None = None
    can_offer: Words | None = None


class HowOften(Topic):
    """How often and how soon."""

    letters_per_week: Annotated[Whole, Field(ge=1, le=7)]
    going_cap: Annotated[Whole, Field(ge=1, le=8)]
    notice: Notice


class Agreed(Topic, AgreedNow):
    """What they agree to now. A line left alone stays as it is."""

    v1: Literal["yes"] | None = None
    v2: Literal["yes", "no"] | None = None
    v3: Literal["yes", "no"] | None = None
    v4: Literal["yes", "no"] | None = None
    v5: Literal["yes", "no"] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Agreed":
        if not any((self.v1, self.v2, self.v3, self.v4, self.v5)):
            raise BadAnswer("empty", field="v1")
        return self


class Checks(Topic):
    """What was seen to before somebody is asked: dates, and who. Number, scan and content of a record check have no field."""

    met_on: OnDate | None = None
    met_by: Name | None = None
    referee_on: OnDate | None = None
    referee: LongName | None = None
    training_on: OnDate | None = None
    dbs: Dbs | None = None
    dbs_seen_on: OnDate | None = None
    role_card_on: OnDate | None = None

    @model_validator(mode="after")
    def _seen(self) -> "Checks":
        if self.dbs in (Dbs.BASIC, Dbs.ENHANCED) and self.dbs_seen_on is None:
            raise BadAnswer("empty", field="dbs_seen_on")
        return self


class KeptAway(Topic):
    """People, places and services they asked to be kept away from. Nobody is told why."""

    people: ShortNote | None = None
    providers: frozenset[UUID] = frozenset()
    districts: Districts | None = None


class AlwaysYes(Topic):
    """Meetings where their answer is always yes."""

    meetings: frozenset[UUID] = frozenset()


class NewAddress(Topic):
    """The address after a letter came back."""

    email: Email


class PauseForm(Topic):
    """Pausing: nobody asks why."""

    until: OnDate | None = None


class Confirmed(Topic):
    """A page that only confirms."""
