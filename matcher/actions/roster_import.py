"""A sheet of volunteers: shown first, then brought in whole. Everybody comes in as `checking` (V16); a sheet with one known address brings nobody."""

import asyncio
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID

from matcher.actions.roster_consents import given_at
from matcher.actions.rostering import AreaOfRoster, Entry, add_entries, current_role_card
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.connection import Connection
from matcher.domain.errors import Changed
from matcher.domain.fellowship import Fellowship
from matcher.domain.permission import check_can_add_volunteer
from matcher.feeds.roster_cells import CellFault, fellowship_key
from matcher.feeds.roster_sheet import COLUMNS, MOST_BYTES, Rules, SheetPerson, SheetRead, faults_sheet, read_roster_sheet, template_sheet
from matcher.store import volunteers
from matcher.store.audit import claim_acting
from matcher.vocabulary import fellowship_words

__all__ = ["ALREADY_THERE", "COLUMNS", "MOST_BYTES", "Preview", "faults_sheet", "import_sheet", "preview_sheet", "template_sheet"]

ALREADY_THERE = "already_there"


class NobodyToAdd(Changed):
    """There is nobody on this sheet to add. Nothing was saved: please look at it again."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a sheet would bring, before anything is written. `digest` names exactly these bytes and this outcome."""

    sheet: SheetRead
    people: tuple[SheetPerson, ...]
    faults: tuple[CellFault, ...]
    digest: str


def _rules(today: date) -> Rules:
    names = {fellowship_key(name): fellowship for fellowship in Fellowship for name in _names(fellowship)}
    return Rules(names, current_role_card(), today)


def _names(fellowship: Fellowship) -> tuple[str, ...]:
    words = fellowship_words(fellowship)
    return (fellowship.value, words.name, words.spoken)


async def preview_sheet(c: Connection, config: Config, now: datetime, *, actor: Actor, area_id: UUID, body: bytes) -> Preview:
    """Who would be added and what each other line lacks. Writes nothing. Raises Hidden for another's area."""
    check_can_add_volunteer(actor, AreaOfRoster(area_id), now)
    sheet = await asyncio.to_thread(
        read_roster_sheet, body, _rules(now.date())
    )  # a full sheet takes seconds: others' pages go on meanwhile
    indexes = {person.line: config.vault.blind_index(person.details.email) for person in sheet.people}
    known = await volunteers.list_known_addresses(c, indexes.values())
    there = [CellFault(line, "Email", ALREADY_THERE) for line, index in indexes.items() if index in known]
    people = tuple(person for person in sheet.people if indexes[person.line] not in known)
    faults = tuple(sorted([*sheet.faults, *there], key=lambda fault: fault.line))
    digest = sha256(body + b"|" + ",".join(str(person.line) for person in people).encode()).hexdigest()
    return Preview(sheet, people, faults, digest)


async def import_sheet(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, area_id: UUID, body: bytes, digest: str
) -> list[UUID]:
    """Add exactly the people that were shown, in one transaction. Raises Changed where the sheet would bring others than those by now."""
    await claim_acting(tx, actor, "import_roster", now)
    preview = await preview_sheet(tx, config, now, actor=actor, area_id=area_id, body=body)
    if preview.digest != digest:
        raise Changed
    if not preview.people:
        raise NobodyToAdd
    entries = [_entry(person, now) for person in preview.people]
    return await add_entries(tx, config, now, actor=actor, area_id=area_id, entries=entries)


def _entry(person: SheetPerson, now: datetime) -> Entry:
    consents = tuple(replace(one, at=given_at(one.at.date(), now)) for one in person.consents)
    return Entry(adult=True, details=person.details, answers=person.answers, consents=consents)
