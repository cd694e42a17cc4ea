"""The forms of a coordinator's own pages: fields only. Their sentences are in words/coordinator.json."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from matcher.actions.holding import HoldReason
from matcher.actions.settling import GiveUpReason
from matcher.domain.task import TaskOutcome
from matcher.domain.text import BadText
from matcher.domain.wishes import Comfort
from web.form_fields import Email, FormRecord, Line, Name, OnDate, Phone, ShortLine, Ticked, Whole, YesNo, line_of

BY_HAND = "by_hand"
"""A comfort wish left in its own words: only a person asks."""
SETTLED_AS = (*(comfort.value for comfort in Comfort if comfort is not Comfort.OWN_WORDS), BY_HAND)


def _web_address(text: str) -> str:
    if not text.lower().startswith(("https://", "http://")) or " " in text or "." not in text:
        raise BadText("not_a_web_address")
    return text


def _offered_comfort(text: str) -> str:
    if text not in SETTLED_AS:
        raise BadText("not_offered")
    return text


class ReferralSearch(FormRecord):
    """The list's filter: a state, an area, and which page of it."""

    state: str | None = None
    area: UUID | None = None
    page: Whole = 1


class CoverageSearch(FormRecord):
    """Which squares of the coverage are shown: an area, a fellowship."""

    area: UUID | None = None
    fellowship: str | None = None


class LinesSearch(FormRecord):
    """Which page of a list of lines."""

    page: Annotated[Whole, Field(ge=1, le=1000)] = 1


class AskByHand(FormRecord):
    """For which of the meetings somebody is asked."""

    options: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=3)]


class YesByPhone(FormRecord):
    """To which meeting somebody said yes."""

    option: UUID


class Sure(FormRecord):
    """A page with one button."""


class OneCompanion(FormRecord):
    """The newcomer's own yes, as their keyworker has it."""

    agreed: Ticked


class GiveUp(FormRecord):
    """Why nobody was found."""

    reason: GiveUpReason


class Hold(FormRecord):
    """Why it is put on hold."""

    reason: HoldReason


class Release(FormRecord):
    """The keyworker's word that it may go on."""

    agreed: Ticked


class CloseLine(FormRecord):
    """How a line of the queue ended."""

    outcome: TaskOutcome


class Settle(FormRecord):
    """What was settled; the page shows only the questions that this referral asks."""

    people_seen: YesNo = False
    barred: tuple[UUID, ...] = ()
    find: Annotated[str, line_of(80)] = ""
    comfort: Annotated[str, AfterValidator(_offered_comfort)] | None = None
    talked: YesNo = False

    def missing(self, to_settle: tuple[str, ...]) -> dict[str, str]:
        """Codes for the questions of this referral that have no answer."""
        needed = {"avoid_people": ("people_seen", self.people_seen), "own_words": ("comfort", self.comfort)}
        needed["coordinator_first"] = ("talked", self.talked)
        return {needed[what][0]: "empty" for what in to_settle if not needed[what][1]}

    @property
    def settled_comfort(self) -> Comfort | None:
        """What own words come to; None where only a person asks."""
        return Comfort(self.comfort) if self.comfort and self.comfort != BY_HAND else None


class AreaForm(FormRecord):
    """How an area's letters are signed and whom they say to ring."""

    discreet_name: Name
    reply_to: Email
    on_call_telephone: Phone | None = None
    on_call_hours: ShortLine | None = None


class AskingForm(FormRecord):
    """How people are asked in an area."""

    policy: Literal["product", "round_robin_wave3_4h", "round_robin_wave3_12h"]


class ContactForm(FormRecord):
    """Where to read about a fellowship here and whom to ring."""

    web_address: Annotated[Line, AfterValidator(_web_address)]
    helpline: Phone | None = None
    checked_on: OnDate | None = None

    def future(self, today: date) -> dict[str, str]:
        """A check cannot lie ahead."""
        return {"checked_on": "future"} if self.checked_on and self.checked_on > today else {}
