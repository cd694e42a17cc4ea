"""Other newcomers on the page of an invitation: each a group of its own, answered in the same press and each by itself (matching 8.3, 8.4)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from aiohttp import web

from matcher.actions.answering import accept_offer, decline_offer
from matcher.domain.actor import Actor
from matcher.domain.errors import Busy, OutcomeUnknown, Refusal
from matcher.domain.journey_word import OfferState
from web.access import act
from web.form_fields import FormRecord
from web.forms import Form, read_form
from web.invitation import Invitation, Standing, invitation_context

NAMES = ("also_1", "also_2", "also_3")
NOBODYS_ANSWER = (Busy, OutcomeUnknown)


class Answers(FormRecord):
    """The answers of a page that may hold several invitations. Nothing is chosen beforehand, and one answer is enough."""

    choice: str = ""
    also_1: str = ""
    also_2: str = ""
    also_3: str = ""

    @property
    def beside(self) -> dict[str, str]:
        """What was said to the others, by the name of their group."""
        return {name: answer for name in NAMES if (answer := getattr(self, name))}


@dataclass(frozen=True, slots=True)
class Said:
    """One answer to one invitation that stands beside another."""

    about: Invitation
    answer: str


def answers_of(about: Invitation) -> frozenset[str]:
    """What may be said to one of the others: an option, or a no that names its offer, whatever has changed on the page meanwhile."""
    return about.asked | {no_to(about), another_day(about)}


def no_to(about: Invitation) -> str:
    """Not this time, to this one."""
    return f"no-{about.offer.id}"


def another_day(about: Invitation) -> str:
    """Ask me another day, of this one."""
    return f"another_day-{about.offer.id}"


async def read_answers(request: web.Request, found: Invitation, offered: Collection[str]) -> tuple[Answers | None, list[Said], Form]:
    """The answers of a page; None and what is wrong where none was given, or one that this page did not offer."""
    record, form = read_form(Answers, await request.post())
    if record is None:
        return None, [], form
    wrong: dict[str, str] = {}
    if record.choice not in ("", *offered):
        wrong["choice"] = "not_offered"
    said = []
    for name, answer in record.beside.items():
        about = next((one for one in found.beside if answer in answers_of(one)), None)
        if about is None:
            wrong[name] = "not_offered"
        else:
            said.append(Said(about, answer))
    if not record.choice and not record.beside:
        wrong["choice"] = "empty"
    return (None if wrong else record), said, form.with_errors(wrong)


async def record_beside(request: web.Request, actor: Actor, said: Collection[Said]) -> dict[UUID, str]:
    """Record each answer in a transaction of its own; returns the sentences of those that could not be taken, by offer."""
    refused: dict[UUID, str] = {}
    for one in said:
        offer_id = one.about.offer.id
        try:
            if one.answer in one.about.asked:
                await act(request, accept_offer, actor=actor, offer_id=offer_id, option_id=UUID(one.answer))
            else:
                later = one.answer == another_day(one.about)
                await act(request, decline_offer, actor=actor, offer_id=offer_id, another_day=later)
        except NOBODYS_ANSWER:
            raise
        except Refusal as refusal:
            refused[offer_id] = refusal.sentence
    return refused


def beside_context(found: Invitation, refused: Mapping[UUID, str]) -> list[dict[str, Any]]:
    """The others as the templates show them. No newcomer, no venue, nobody's name."""
    shown = [one for one in found.beside if one.standing is not Standing.PAUSED]
    return [
        {
            **{name: value for name, value in invitation_context(one).items() if name in SHOWN},
            "name": name,
            "is_open": one.standing is Standing.OPEN,
            "no": no_to(one),
            "another_day": another_day(one),
            "late_yes": one.offer.state is OfferState.COVERED,
            "refused": refused.get(one.offer.id, ""),
        }
        for name, one in zip(NAMES, shown, strict=False)
    ]


SHOWN = ("standing", "options", "seat", "recorded", "going", "until")
