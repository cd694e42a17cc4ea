"""A referral that is being filled in: the draft as it is kept, and its answers so far. What the pages look like is not here."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from matcher.domain.availability import parse_times
from matcher.domain.fellowship import Fellowship, WhoFor, fellowships_for
from matcher.domain.journey_word import ReferralState
from matcher.domain.option import OptionKey
from matcher.domain.place import NOWHERE, find_place
from matcher.domain.referral import ReferralId, ReferralNeeds
from matcher.domain.sealed import Sealed
from matcher.domain.wishes import (
    TRAVEL_MINUTES_NOT_SAID,
    Age,
    Care,
    Comfort,
    LanguageWish,
    Need,
    SaysIs,
    SpecialAudience,
    TravelHow,
    language_tags,
)

MOST_OPTIONS = 3
MOST_PEOPLE_TO_AVOID = 5
NOT_SURE = "not_sure"
"""Ticked among the fellowships: help us choose. It stands for all that fit the route."""


class DraftPage(StrEnum):
    """The pages of the form in their order (journeys 8.1); `more` holds what waits under "Add details"."""

    WHO = "who"
    FELLOWSHIP = "fellowship"
    PEOPLE = "people"
    WHEN = "when"
    MEETINGS = "meetings"
    CONTACT = "contact"
    MORE = "more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A draft as it is kept. Its answers are sealed under the newcomer's own key, which the referral carries on."""

    id: UUID
    provider_id: UUID
    keyworker_id: UUID
    newcomer_id: UUID
    answers: Sealed
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Everything the form can hold, by the names of its fields. None, empty and no mean: not answered."""

    who_for: str | None = None
    age_ok: str | None = None
    name_used: str = ""
    provider_ref: str = ""
    exposure: str | None = None
    fellowships: tuple[str, ...] = ()
    comfort: str | None = None
    comfort_words: str = ""
    newcomer_is: str | None = None
    language: str | None = None
    other_language: str = ""
    interpreter: bool = False
    needs: tuple[str, ...] = ()
    needs_note: str = ""
    avoid_people: tuple[Mapping[str, str], ...] = ()
    travel_from: str | None = None
    when: tuple[str, ...] = ()
    earliest_on: str | None = None
    options: tuple[str, ...] = ()
    choose_for_us: bool = False
    avoid_meetings: tuple[str, ...] = ()
    channels: str | None = None
    email: str = ""
    email_safe: bool = False
    phone: str = ""
    voicemail_safe: bool = False
    best_times: str = ""
    who_else: str = ""
    discreet: bool = True
    consent_tell: bool = False
    consent_contact: bool = False
    consent_number: bool = False
    consent_afterwards: bool = False
    consent_answers: bool = False
    consent_method: str | None = None
    stage: str | None = None
    leaving_on: str | None = None
    leaving_district: str | None = None
    experience_note: str = ""
    travel_how: str | None = None
    travel_minutes: int = TRAVEL_MINUTES_NOT_SAID
    may_widen: tuple[str, ...] = ()
    companions: int = 1
    both_meet_wish: bool = True
    audiences: tuple[str, ...] = ()
    care: tuple[str, ...] = ()
    agree_first: bool = False
    reminder_two_hours: bool = False
    fare_help: str = "none"
    fare_amount: str = ""
    fare_who_pays: str = ""
    commitment_newcomer: str = ""
    commitment_keyworker: str = ""
    goal: str = ""
    target_on: str | None = None

    @property
    def route(self) -> WhoFor | None:
        """Why they look for a meeting."""
        return WhoFor(self.who_for) if self.who_for else None

    @property
    def is_adult(self) -> bool:
        """18 or over; not answered is not."""
        return self.age_ok == Age.EIGHTEEN_OR_OVER

    @property
    def wanted(self) -> tuple[Fellowship, ...]:
        """The fellowships that are meant, in order: "not sure" stands for all of the route."""
        if self.route is None:
            return ()
        fitting = fellowships_for(self.route)
        ticked = tuple(one for one in fitting if one.value in self.fellowships)
        return fitting if NOT_SURE in self.fellowships and not ticked else ticked

    @property
    def starts_from(self) -> str | None:
        """From where they will travel: after leaving a place of treatment, where that is said."""
        return (self.leaving_district if self.leaving_on else None) or self.travel_from

    @property
    def not_before(self) -> date | None:
        """The day on which they leave a place of treatment: earlier they cannot come."""
        return date.fromisoformat(self.leaving_on) if self.leaving_on else None

    @property
    def from_day(self) -> date | None:
        """The first day that suits."""
        said = date.fromisoformat(self.earliest_on) if self.earliest_on else None
        return max((day for day in (said, self.not_before) if day), default=None)

    @property
    def languages(self) -> frozenset[str]:
        """The language tags of which a volunteer must speak one."""
        return language_tags(LanguageWish(self.language) if self.language else None, self.other_language)

    @property
    def option_keys(self) -> tuple[OptionKey, ...]:
        """The meetings picked, in the order they were picked."""
        return tuple(read_option(text) for text in self.options)

    @property
    def seats(self) -> int:
        """How many companions: two where two were asked for, or where care on the day needs two."""
        return 2 if self.companions == 2 or Care.TWO_PEOPLE in self.care else 1

    @property
    def to_settle(self) -> tuple[str, ...]:
        """What a coordinator must settle before anybody is asked (R56)."""
        found = {
            "avoid_people": bool(self.avoid_people),
            "coordinator_first": Care.COORDINATOR_FIRST in self.care,
            "own_words": self.comfort == Comfort.OWN_WORDS,
        }
        return tuple(name for name, needed in found.items() if needed)

    @property
    def writes_by_email(self) -> bool:
        """Whether letters may go to the newcomer: they chose it, it is safe, they agreed, and there is an address."""
        return self.channels == "email" and self.email_safe and self.consent_contact and bool(self.email)

    def needs_for(self, draft_id: UUID, fellowship: Fellowship) -> ReferralNeeds:
        """The answers as the hard rules read them, for meetings of this fellowship, as they will stand once the form is sent."""
        return ReferralNeeds(
            id=ReferralId(draft_id),
            state=ReferralState.LOOKING,
            consent_c1=True,
            age=Age(self.age_ok) if self.age_ok else None,
            who_for=self.route,
            fellowships=(fellowship, *(one for one in self.wanted if one is not fellowship)),
            comfort=Comfort(self.comfort) if self.comfort else None,
            newcomer_is=SaysIs(self.newcomer_is) if self.newcomer_is else None,
            said_audiences=frozenset(SpecialAudience(audience) for audience in self.audiences),
            languages=self.languages,
            interpreter_arranged=self.interpreter,
            needs=frozenset(Need(need) for need in self.needs),
            travel_from=(find_place(self.starts_from) if self.starts_from else None) or NOWHERE,
            travel_how=TravelHow(self.travel_how) if self.travel_how else None,
            travel_minutes_most=self.travel_minutes,
            times=parse_times(self.when),
            earliest_on=self.from_day,
            not_before=self.not_before,
            avoid_meetings=frozenset(UUID(text) for text in self.avoid_meetings),
            care=frozenset(Care(care) for care in self.care),
            released=True,
            companions=self.seats,
            both_meet_wish=self.both_meet_wish,
        )


REQUIRED: dict[DraftPage, tuple[str, ...]] = {
    DraftPage.WHO: ("who_for", "age_ok", "name_used", "provider_ref"),
    DraftPage.FELLOWSHIP: ("exposure", "wanted"),
    DraftPage.PEOPLE: ("comfort", "language"),
    DraftPage.WHEN: ("travel_from", "when"),
    DraftPage.CONTACT: ("channels", "consent_tell", "consent_method"),
}
"""What must be answered before a referral can be sent, page by page. Which meetings is asked too, but nothing may fit (R4a)."""
_MANY = frozenset(name.name for name in fields(Answers) if str(name.type).startswith("tuple"))
_KNOWN = frozenset(name.name for name in fields(Answers))


def read_answers(kept: Mapping[str, Any]) -> Answers:
    """The answers of a draft's opened box; what an older program kept under another name is passed over."""
    known: dict[str, Any] = {name: tuple(value) if name in _MANY else value for name, value in kept.items() if name in _KNOWN}
    return Answers(**known)


def written(answers: Answers) -> dict[str, Any]:
    """The answers as the box keeps them."""
    return asdict(answers)


def read_option(text: str) -> OptionKey:
    """`id|2026-11-26` → the meeting and the local date. Raises ValueError for anything else."""
    meeting_id, _, on_date = text.partition("|")
    return UUID(meeting_id), date.fromisoformat(on_date)


def write_option(key: OptionKey) -> str:
    """How a form names an occurrence."""
    return f"{key[0]}|{key[1].isoformat()}"


def pages_missing(answers: Answers, *, nothing_fits: bool = False) -> tuple[DraftPage, ...]:
    """The pages that still lack something required, in order."""
    missing = [page for page, names in REQUIRED.items() if not all(getattr(answers, name) for name in names)]
    if not (answers.options or answers.choose_for_us or nothing_fits):
        missing.append(DraftPage.MEETINGS)
    return tuple(page for page in DraftPage if page in missing)


_CLINICAL = re.compile(
    r"\b(diagnos\w*|prescri\w*|medicat\w*|methadone|buprenorphine|subutex|naltrexone|diazepam|\d+ ?mg|hepatitis|hiv|overdos\w*|suicid\w*|"
    r"psychos\w*|schizo\w*|bipolar|self.?harm\w*|section(?:ed)? [23]\b|icd|nhs number)",
    re.I,
)


def looks_clinical(note: str) -> bool:
    """Whether a note reads like a clinical history, which nobody here needs: a warning, never a wall (journeys 8.1)."""
    return bool(_CLINICAL.search(note))
