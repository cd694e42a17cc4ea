"""The pages of the referral form as typed records (journeys 8.1), and how they turn into the answers a draft keeps. No sentences here."""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from matcher.domain.draft import MOST_OPTIONS, MOST_PEOPLE_TO_AVOID, Answers, DraftPage, read_option
from matcher.domain.fellowship import Fellowship, WhoFor
from matcher.domain.text import BadText
from matcher.domain.wishes import (
    TRAVEL_MINUTES_LEAST,
    TRAVEL_MINUTES_MOST,
    TRAVEL_MINUTES_NOT_SAID,
    Age,
    Care,
    Comfort,
    Exposure,
    FareHelp,
    LanguageWish,
    MayWiden,
    Need,
    SaysIs,
    SpecialAudience,
    Stage,
    TravelHow,
)
from web.form_fields import Email, FormRecord, Name, OnDate, Phone, Place, Reference, ShortLine, ShortNote, Ticked, Whole, Words, YesNo
from web.forms import BadAnswer, Form, blank_form

FARE_CAP = Decimal(50)
"""The most fare help that can be written down, in pounds (assumption: no service has set another)."""
LANGUAGES = tuple("ar bn cs es fa fr gu hi it ku lt ne pa pl ps pt ro ru so ta ti tr uk ur yo zh".split())
"""Tags offered where neither English nor Welsh will do; their names are in templates/keyworker/labels.html."""
ANY = "any"
"""Ticked among the meetings: choose for us."""


def _read_slot(given: Any) -> Any:
    """`0-evening`: weekday (0 is Monday) and part of day."""
    day, _, part = str(given).partition("-")
    if day not in tuple("0123456") or part not in ("morning", "afternoon", "evening"):
        raise BadText("not_offered")
    return given


def _read_pick(given: Any) -> Any:
    """A dated meeting as the page named it, or `any`."""
    if given != ANY:
        try:
            read_option(str(given))
        except ValueError:
            raise BadText("not_offered") from None
    return given


def _read_pounds(given: Any) -> Any:
    """An amount of money, £0 to the cap, with or without pence; kept as text."""
    written = re.fullmatch(r"\s*£?\s*(-?[0-9]{1,9}(?:\.[0-9]{1,2})?)\s*", str(given), re.ASCII)
    if written is None:
        raise BadText("not_a_number")
    amount = Decimal(written[1])
    if not 0 <= amount <= FARE_CAP:
        raise BadText("too_big" if amount > 0 else "too_small", most=FARE_CAP, least=0)
    return f"{amount:.2f}"


def _read_language(given: Any) -> Any:
    if given not in LANGUAGES:
        raise BadText("not_offered")
    return given


Slot = Annotated[str, BeforeValidator(_read_slot)]
Pick = Annotated[str, BeforeValidator(_read_pick)]
Pounds = Annotated[str, BeforeValidator(_read_pounds)]
LanguageTag = Annotated[str, BeforeValidator(_read_language)]
Minutes = Annotated[Whole, Field(ge=TRAVEL_MINUTES_LEAST, le=TRAVEL_MINUTES_MOST)]


class Who(FormRecord):
    """Page 1: who this is for."""

    who_for: WhoFor
    age_ok: Age
    name_used: Name
    provider_ref: Reference


class WhichFellowship(FormRecord):
    """Page 2: what they know of meetings, and which fellowships may fit. Whoever is not interested need not choose one."""

    exposure: Exposure
    fellowships: tuple[Fellowship | Literal["not_sure"], ...] = ()

    @model_validator(mode="after")
    def _one_at_least(self) -> Self:
        if not self.fellowships and self.exposure is not Exposure.NOT_INTERESTED:
            raise BadAnswer("empty", field="fellowships")
        return self


class WithWhom(FormRecord):
    """Page 3: with whom, and what matters."""

    comfort: Comfort
    comfort_words: ShortNote = ""
    newcomer_is: SaysIs | None = None
    language: LanguageWish
    other_language: LanguageTag = ""
    interpreter: YesNo = False
    needs: tuple[Need, ...] = ()
    needs_note: Words = ""
    avoid_name_1: Name = ""
    avoid_how_1: ShortLine = ""
    avoid_name_2: Name = ""
    avoid_how_2: ShortLine = ""
    avoid_name_3: Name = ""
    avoid_how_3: ShortLine = ""
    avoid_name_4: Name = ""
    avoid_how_4: ShortLine = ""
    avoid_name_5: Name = ""
    avoid_how_5: ShortLine = ""

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if self.comfort is Comfort.OWN_WORDS and not self.comfort_words:
            raise BadAnswer("empty", field="comfort_words")
        if self.language is LanguageWish.OTHER and not self.other_language:
            raise BadAnswer("empty", field="other_language")
        if Need.OTHER in self.needs and not self.needs_note:
            raise BadAnswer("empty", field="needs_note")
        for row in range(1, MOST_PEOPLE_TO_AVOID + 1):
            if getattr(self, f"avoid_how_{row}") and not getattr(self, f"avoid_name_{row}"):
                raise BadAnswer("empty", field=f"avoid_name_{row}")
        return self


class WhereAndWhen(FormRecord):
    """Page 4: from where, and at which times. Which meetings follows on a page of its own, because these answers decide what fits."""

    travel_from: Place
    when: Annotated[tuple[Slot, ...], Field(min_length=1)]
    earliest_on: OnDate | None = None


class WhichMeetings(FormRecord):
    """Page 4, second half: up to three dated meetings, or "choose for us"; and meetings they would rather avoid."""

    options: tuple[Pick, ...] = ()
    avoid_meetings: tuple[Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$")], ...] = ()

    @model_validator(mode="after")
    def _three_at_most(self) -> Self:
        if len(set(self.options) - {ANY}) > MOST_OPTIONS:
            raise BadAnswer("too_many", field="options", most=MOST_OPTIONS)
        return self


class Contact(FormRecord):
    """How to be in touch, and what they have agreed to besides. After sending it is changed by itself: C1 is ended on a page of its own."""

    channels: Literal["keyworker", "email"]
    email: Email | Literal[""] = ""
    email_safe: YesNo | None = None
    phone: Phone | Literal[""] = ""
    voicemail_safe: YesNo | None = None
    best_times: ShortLine = ""
    who_else: ShortLine = ""
    consent_contact: YesNo = False
    consent_number: YesNo = False
    consent_afterwards: YesNo = False
    consent_answers: YesNo = False
    consent_method: Literal["spoken", "signed"]

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.channels == "email":
            for field in ("email", "email_safe"):
                if getattr(self, field) in ("", None):
                    raise BadAnswer("empty", field=field)
            if not self.consent_contact:
                raise BadAnswer("empty", field="consent_contact")
        if self.consent_number and not self.phone:
            raise BadAnswer("no_number", field="consent_number")
        return self


class InTouch(Contact):
    """Page 5: being in touch, and what they have agreed to. Nothing is ticked beforehand, and no contact is ever needed."""

    consent_tell: Ticked

    @classmethod
    def page_order(cls) -> list[str]:
        """It stands before the other consents, because nothing can be done without it."""
        fields = [name for name in super().page_order() if name != "consent_tell"]
        fields.insert(fields.index("consent_contact"), "consent_tell")
        return fields


class Details(FormRecord):
    """Everything marked + in journeys 8.1: each with a sensible default, none of it needed."""

    stage: Stage | None = None
    leaving_on: OnDate | None = None
    leaving_district: Place | Literal[""] = ""
    experience_note: ShortNote = ""
    travel_how: TravelHow | None = None
    travel_minutes: Minutes = TRAVEL_MINUTES_NOT_SAID
    companions: Annotated[Whole, Field(ge=1, le=2)] = 1
    both_meet_wish: YesNo = True
    may_widen: tuple[MayWiden, ...] = ()
    audiences: tuple[SpecialAudience, ...] = ()
    care: tuple[Care, ...] = ()
    agree_first: YesNo = False
    discreet: YesNo = True
    reminder_two_hours: YesNo = False
    fare_help: FareHelp = FareHelp.NONE
    fare_amount: Pounds = ""
    fare_who_pays: ShortLine = ""
    commitment_newcomer: ShortLine = ""
    commitment_keyworker: ShortLine = ""
    goal: ShortLine = ""
    target_on: OnDate | None = None

    @model_validator(mode="after")
    def _leaves_some_day(self) -> Self:
        if self.leaving_district and self.leaving_on is None:
            raise BadAnswer("no_date", field="leaving_district")
        return self


class CareOnTheDay(FormRecord):
    """What of the details may still be changed after sending."""

    care: tuple[Care, ...] = ()
    fare_help: FareHelp = FareHelp.NONE
    fare_amount: Pounds = ""
    fare_who_pays: ShortLine = ""


FORMS: dict[DraftPage, type[FormRecord]] = {
    DraftPage.WHO: Who,
    DraftPage.FELLOWSHIP: WhichFellowship,
    DraftPage.PEOPLE: WithWhom,
    DraftPage.WHEN: WhereAndWhen,
    DraftPage.MEETINGS: WhichMeetings,
    DraftPage.CONTACT: InTouch,
    DraftPage.MORE: Details,
}
"""The record of each page of the form."""


def answers_from(record: FormRecord) -> dict[str, Any]:
    """What a draft keeps of a page: the record's fields by name, with rows and special ticks put in their places."""
    kept: dict[str, Any] = record.model_dump(mode="json")
    if isinstance(record, WithWhom):
        rows = [(kept.pop(f"avoid_name_{row}"), kept.pop(f"avoid_how_{row}")) for row in range(1, MOST_PEOPLE_TO_AVOID + 1)]
        kept["avoid_people"] = [{"name": name, "how_known": how} for name, how in rows if name]
        kept["comfort_words"] = kept["comfort_words"] if record.comfort is Comfort.OWN_WORDS else ""
        kept["other_language"] = kept["other_language"] if record.language is LanguageWish.OTHER else ""
        kept["needs_note"] = kept["needs_note"] if Need.OTHER in record.needs else ""
    if isinstance(record, WhichMeetings):
        kept["choose_for_us"] = ANY in record.options
        kept["options"] = [] if kept["choose_for_us"] else list(dict.fromkeys(record.options))
    if isinstance(record, Contact):
        kept["email_safe"], kept["voicemail_safe"] = bool(record.email_safe), bool(record.voicemail_safe)
    return kept


def form_for(model: type[FormRecord], answers: Answers, *, saved: bool = True) -> Form:
    """A page's form with the answers so far. One never saved shows nothing chosen."""
    if not saved:
        return blank_form(model)
    values: dict[str, Any] = {name: getattr(answers, name) for name in model.model_fields if hasattr(answers, name)}
    if model is WithWhom:
        for row, person in enumerate(answers.avoid_people, start=1):
            values |= {f"avoid_name_{row}": person["name"], f"avoid_how_{row}": person["how_known"]}
    if model is WhichMeetings and answers.choose_for_us:
        values["options"] = (ANY,)
    if issubclass(model, Contact) and answers.channels != "email":
        values.pop("email_safe")
    if issubclass(model, Contact) and not answers.channels:
        values.pop("voicemail_safe")
    return blank_form(model, **values)
