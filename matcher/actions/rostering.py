"""What a coordinator does with a volunteer's entry: add by hand, edit, correct an address, note the role card, admit (V5, V16).

Pausing and leaving are in roster_states.py, consents in roster_consents.py, whole sheets in roster_import.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from matcher.actions.sending_again import send_again_for_party
from matcher.actions.telling_roster import tell_roster_change
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.connection import Connection
from matcher.domain.errors import Changed, Refused
from matcher.domain.fellowship import Fellowship
from matcher.domain.journey_table import check_can
from matcher.domain.journey_volunteer import VOLUNTEER_TABLE
from matcher.domain.journey_word import PauseReason, VolunteerEvent, VolunteerState
from matcher.domain.letter_parts import RosterChange
from matcher.domain.permission import check_can_add_volunteer, check_can_change_volunteer
from matcher.domain.roster import (
    NOT_ON_A_ROSTER,
    ConsentGiven,
    PersonDetails,
    RosterAnswers,
    VolunteerProfile,
    details_of,
    missing_checks,
)
from matcher.domain.sealed import PersonKey
from matcher.domain.task import TaskKind, TaskOutcome
from matcher.domain.text import clean_email
from matcher.domain.volunteer import VolunteerConsent
from matcher.store import consents as ledger
from matcher.store import person_keys, tasks, volunteers
from matcher.store.audit import claim_acting, insert_audit
from matcher.vocabulary import role_card

THING = "volunteers"
AT_ONCE = 500
"""How many people one statement writes: a whole sheet in one would run into the time limit of a statement."""
OFFER_CONSENTS = frozenset({VolunteerConsent.HOLD, VolunteerConsent.MAIL, VolunteerConsent.TELL_NEWCOMER})
BOUNCED = (TaskKind.VOLUNTEER_BOUNCED.value, TaskKind.REWRITE_ADDRESS.value)


class NotAnAdult(Refused):
    """Only people of 18 or over can be on the roster."""


class HoldingNotAgreed(Refused):
    """They must first agree that we keep their details and the fellowship they belong to."""


class AddressKnown(Refused):
    """This email address is on a roster already."""


class NoFellowship(Refused):
    """Choose at least one fellowship. Alateen is not arranged here."""


@dataclass(frozen=True, slots=True)
class AreaOfRoster:
    """An area as the policy is asked about it."""

    id: UUID

    @property
    def area_id(self) -> UUID:
        """The area itself."""
        return self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Somebody as a form or a line of a sheet hands them over. `consents` are those given in person, by telephone or on paper."""

    adult: bool
    details: PersonDetails
    answers: RosterAnswers
    consents: tuple[ConsentGiven, ...]


def current_role_card() -> str:
    """The version of the role card in force; one for all fellowships."""
    return role_card(Fellowship.AA).version


async def add_by_hand(tx: Connection, config: Config, now: datetime, *, actor: Actor, area_id: UUID, entry: Entry) -> UUID:
    """V16: an adult who has agreed that we keep their details enters the roster as `checking`. Nothing is sent to them.

    Raises NotAnAdult, HoldingNotAgreed, NoFellowship, AddressKnown, or Hidden for another's area.
    """
    await claim_acting(tx, actor, "add_by_hand", now)
    return (await add_entries(tx, config, now, actor=actor, area_id=area_id, entries=[entry]))[0]


async def add_entries(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, area_id: UUID, entries: Sequence[Entry]
) -> list[UUID]:
    """The step that a form and a sheet share: everybody or nobody. The caller has told who acts."""
    check_can_add_volunteer(actor, AreaOfRoster(area_id), now)
    check_can(VOLUNTEER_TABLE, None, VolunteerEvent.ADD_BY_HAND, by=actor.kind)
    for entry in entries:
        _check_entry(entry)
    indexes = [config.vault.blind_index(entry.details.email) for entry in entries]
    if len(set(indexes)) < len(indexes) or await volunteers.list_known_addresses(tx, indexes):
        raise AddressKnown
    added: list[UUID] = []
    for start in range(0, len(entries), AT_ONCE):
        some = zip(entries[start : start + AT_ONCE], indexes[start : start + AT_ONCE], strict=True)
        added += await _add_some(tx, config, now, actor=actor, area_id=area_id, some=list(some))
    return added


async def _add_some(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, area_id: UUID, some: Sequence[tuple[Entry, bytes]]
) -> list[UUID]:
    people = []
    for entry, index in some:
        key = config.vault.new_key(uuid4())
        await person_keys.insert_key(tx, key, "volunteer", now)
        people.append(_new(config, key, area_id, entry=entry, index=index))
    await volunteers.insert_volunteers(tx, people, now)
    said = [_row(new.id, one, actor) for new, (entry, _) in zip(people, some, strict=True) for one in entry.consents]
    await ledger.insert_consents(tx, said)
    for new in people:
        await tasks.insert_task(tx, admission_of(new.id, area_id, now))
    return [new.id for new in people]


def _check_entry(entry: Entry) -> None:
    if not entry.adult:
        raise NotAnAdult
    if not any(one.purpose is VolunteerConsent.HOLD and one.given for one in entry.consents):
        raise HoldingNotAgreed
    check_fellowships(entry.answers)


def check_fellowships(answers: RosterAnswers) -> None:
    """At least one, and none that is not arranged here. Raises NoFellowship."""
    if not answers.fellowships or NOT_ON_A_ROSTER & set(answers.fellowships):
        raise NoFellowship


def _new(config: Config, key: PersonKey, area_id: UUID, *, entry: Entry, index: bytes) -> volunteers.NewVolunteer:
    given = {one.purpose for one in entry.consents if one.given}
    return volunteers.NewVolunteer(
        id=key.person_id,
        area_id=area_id,
        answers=entry.answers,
        checklist_complete=not missing_checks(entry.answers),
        may_be_asked=given >= OFFER_CONSENTS,
        may_be_rung=VolunteerConsent.RING in given,
        email_index=index,
        details_box=seal_details(config, key, entry.details),
    )


def seal_details(config: Config, key: PersonKey, details: PersonDetails) -> bytes:
    """The details under the person's own key, bound to their place."""
    return config.vault.seal(key, f"volunteers.details_box:{key.person_id}", details.as_box())


def _row(volunteer_id: UUID, one: ConsentGiven, actor: Actor) -> ledger.Consent:
    return ledger.Consent(volunteer_id, one.purpose.value, one.given, one.wording_version, one.method, actor.id, one.at)


def admission_of(volunteer_id: UUID, area_id: UUID, now: datetime) -> tasks.Task:
    """The line on the area's list: somebody new, to be checked and admitted."""
    return tasks.Task(
        id=uuid4(),
        kind=TaskKind.ADMIT_VOLUNTEER.value,
        reason="",
        for_role="coordinator",
        provider_id=None,
        area_id=area_id,
        staff_id=None,
        about_id=volunteer_id,
        volunteer_id=volunteer_id,
        opened_at=now,
    )


async def get_own(tx: Connection, actor: Actor, volunteer_id: UUID, now: datetime) -> VolunteerProfile:
    """A volunteer this actor may change. Raises Hidden for everybody else's."""
    profile = await volunteers.get_profile(tx, volunteer_id)
    check_can_change_volunteer(actor, profile, now)
    return profile


async def edit_volunteer(
    tx: Connection,
    config: Config,
    now: datetime,
    *,
    actor: Actor,
    volunteer_id: UUID,
    version: int,
    answers: Mapping[str, Any] | None = None,
    details: Mapping[str, str] | None = None,
) -> None:
    """Change some answers and leave all others as they are: `answers` by RosterAnswers' names, `details` by PersonDetails'.

    Raises Changed when somebody else has saved this entry since `version`, AddressKnown for an address that is taken, NoFellowship.
    """
    await claim_acting(tx, actor, "edit_volunteer", now)
    profile = await get_own(tx, actor, volunteer_id, now)
    new = replace(profile.answers, **dict(answers or {}))
    check_fellowships(new)
    if not await volunteers.claim_answers(tx, volunteer_id, new, now, version=version, checklist_complete=not missing_checks(new)):
        raise Changed
    if details:
        await _change_details(tx, config, now, profile=profile, changes=details)
    await insert_audit(tx, THING, volunteer_id, reason=",".join(sorted([*(answers or ()), *(details or ())])))


async def _change_details(tx: Connection, config: Config, now: datetime, *, profile: VolunteerProfile, changes: Mapping[str, str]) -> None:
    if profile.details is None:
        raise Changed
    before = details_of(config.vault.open(profile.details))
    after = replace(before, **dict(changes))
    await volunteers.update_details(tx, profile.id, seal_details(config, profile.details.key, after))
    if config.vault.blind_index(after.email) != config.vault.blind_index(before.email):
        await _use_address(tx, config, now, profile=profile, address=after.email)


async def correct_address(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, volunteer_id: UUID, version: int, email: str
) -> None:
    """After a bounce: the address works again, whether it is a new one or the same; what could not be delivered is sent again.

    Raises Changed, AddressKnown.
    """
    await claim_acting(tx, actor, "correct_address", now)
    profile = await get_own(tx, actor, volunteer_id, now)
    if profile.details is None or not await volunteers.claim_version(tx, volunteer_id, version, now):
        raise Changed
    after = replace(details_of(config.vault.open(profile.details)), email=clean_email(email))
    await volunteers.update_details(tx, volunteer_id, seal_details(config, profile.details.key, after))
    await _use_address(tx, config, now, profile=profile, address=after.email)
    await insert_audit(tx, THING, volunteer_id, reason="email")


async def _use_address(tx: Connection, config: Config, now: datetime, *, profile: VolunteerProfile, address: str) -> None:
    """From now on this address; whom a bounce had paused is asked again, unless there is a new role card to read first."""
    index = config.vault.blind_index(address)
    if await volunteers.find_other_with_address(tx, index, profile.id):
        raise AddressKnown
    await volunteers.update_address(tx, profile.id, index)
    bounced = profile.state is VolunteerState.PAUSED and profile.paused_reason == PauseReason.UNDELIVERABLE
    if bounced and profile.answers.role_card_version == current_role_card():
        await volunteers.claim_volunteer_state(tx, profile, VolunteerState.ACTIVE, now)
    await tasks.update_tasks_done(tx, profile.id, now, outcome=TaskOutcome.ADDRESS_CORRECTED.value, kinds=BOUNCED)
    await send_again_for_party(tx, config, now, profile.id)


async def mark_role_card(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, volunteer_id: UUID, version: int, on: date
) -> None:
    """They have read the role card in force, on this date. Raises Changed."""
    changes = {"role_card_version": current_role_card(), "role_card_on": on}
    await edit_volunteer(tx, config, now, actor=actor, volunteer_id=volunteer_id, version=version, answers=changes)


async def admit(tx: Connection, config: Config, now: datetime, *, actor: Actor, volunteer_id: UUID, version: int) -> None:
    """V5: with the checklist complete, the consents in force and the role card read, they are active and get a word of welcome.

    Raises ChecksMissing, Changed.
    """
    await claim_acting(tx, actor, "admit", now)
    profile = await get_own(tx, actor, volunteer_id, now)
    done = not missing_checks(profile.answers) and profile.may_be_asked
    read = profile.answers.role_card_version == current_role_card()
    check_can(VOLUNTEER_TABLE, profile.state, VolunteerEvent.ADMIT, by=actor.kind, checks_done=done, role_card_read=read)
    if version != profile.version or not await volunteers.claim_volunteer_state(tx, profile, VolunteerState.ACTIVE, now):
        raise Changed
    await tasks.update_tasks_done(
        tx, volunteer_id, now, outcome=TaskOutcome.ADMITTED.value, kinds=[TaskKind.ADMIT_VOLUNTEER.value], done_by=actor.id
    )
    await tell_roster_change(tx, config, now, volunteer_id=volunteer_id, change=RosterChange.WELCOME)
