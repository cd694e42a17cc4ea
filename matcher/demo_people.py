"""The people of the demo's town: its services, areas, staff and volunteers. All invented; what they did in the last month: demo_history.py."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from matcher.actions.rostering import OFFER_CONSENTS, admission_of, seal_details
from matcher.actions.setting_up import NewArea, NewPerson, NewProvider, create_area, create_coordinator, create_keyworker, create_provider
from matcher.config import Config
from matcher.demo_plan import Town, dice, landline, plan
from matcher.demo_volunteers import Somebody, invent_volunteers
from matcher.domain.actor import OPERATOR
from matcher.domain.connection import Connection
from matcher.domain.fellowship import Fellowship
from matcher.domain.roster import CONSENT_WORDING, RosterAnswers, missing_checks
from matcher.domain.volunteer import VolunteerConsent
from matcher.store import areas, demo_rows, staff_accounts, tasks, volunteers
from matcher.store.audit import claim_acting
from matcher.store.consents import Consent, insert_consents

BUILT_AGO = timedelta(days=210)
"""The services and areas were set up so long before the visit; volunteers came over the months since."""
NOT_RUNG = {("Saltmere Vale", Fellowship.DAA), ("Saltmere Vale", Fellowship.MA)}
"""Helplines nobody has entered yet, so that `check` has something to name."""
CHECKING, PAUSED, LEFT = 14, 15, 5
RECENT = 31
"""How many volunteers are not (or not just now) to be asked; all the others are active. The last RECENT came these days."""


async def build_providers(tx: Connection, config: Config, town: Town) -> None:
    """Two services, two areas, eight keyworkers, three coordinators. Priya is the first of Harbour, Eve of the other, Carol the first coordinator."""
    built = town.starts_at - BUILT_AGO
    numbers = count(120)
    for said in plan()["areas"]:
        new = NewArea(
            name=said["name"],
            outcodes=tuple(said["outcodes"]),
            reply_to=said["reply_to"],
            discreet_name=said["discreet_name"],
            on_call_telephone=said["telephone"],
            on_call_hours=said["hours"],
        )
        town.areas[said["name"]] = await create_area(tx, config, built, actor=OPERATOR, new=new)
        await _enter_helplines(tx, town, said["name"])
    for said in plan()["providers"]:
        provider_id = await create_provider(tx, config, built, actor=OPERATOR, new=_provider(said))
        town.providers[said["name"]] = provider_id
        for name, email in said["keyworkers"]:
            new_person = NewPerson(first_name=name, email=email, telephone=landline(next(numbers)))
            staff_id = await create_keyworker(tx, config, built, actor=OPERATOR, new=new_person, provider_id=provider_id)
            town.staff[name] = (await staff_accounts.get_staff(tx, staff_id)).actor
    for name, email, names_of_areas in plan()["coordinators"]:
        new_person = NewPerson(first_name=name, email=email, telephone=landline(next(numbers)))
        area_ids = frozenset(town.areas[area] for area in names_of_areas)
        staff_id = await create_coordinator(tx, config, built, actor=OPERATOR, new=new_person, area_ids=area_ids)
        town.staff[name] = (await staff_accounts.get_staff(tx, staff_id)).actor


def _provider(said: dict[str, Any]) -> NewProvider:
    return NewProvider(
        name=said["name"],
        discreet_name=said["discreet_name"],
        reply_to=said["reply_to"],
        telephone=said["telephone"],
        opening_hours=said["hours"],
        crisis_line=said["crisis"],
        reference_hint=said["hint"],
        reference_pattern=said["pattern"],
    )


async def _enter_helplines(tx: Connection, town: Town, area: str) -> None:
    """A coordinator has rung most fellowships and noted their local number."""
    checked = town.starts_at - timedelta(days=40)
    for contact in await areas.list_contacts(tx, town.areas[area]):
        if (area, contact.fellowship) in NOT_RUNG:
            continue
        number = landline(300 + 10 * len(town.areas) + contact.fellowship.number)
        await areas.update_contact(
            tx,
            contact.area_id,
            contact.fellowship,
            web_address=contact.web_address,
            helpline=number,
            checked_on=checked.date(),
            now=checked,
        )


# ── volunteers ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def build_roster(tx: Connection, config: Config, town: Town) -> None:
    """About 250 volunteers, written in groups as they came, each with key, consents and checklist; Tom (AA) and Wendy (NA) are the first two."""
    people = list(invent_volunteers(town.starts_at.date()))
    states = _states(len(people))
    together = 32
    for first in range(0, len(people), together):
        came = town.starts_at - BUILT_AGO + timedelta(days=10 + first * 6 // 7, hours=1)
        group = list(zip(people[first : first + together], states[first : first + together], strict=True))
        await write_group(tx, config, town, group=group, came=came)


def _states(number: int) -> list[str]:
    """Tom and Wendy are active; the newest are still being checked; of those who have long been there some pause or have left."""
    settled = number - RECENT
    some = ["paused"] * PAUSED + ["left"] * LEFT + ["active"] * (settled - 2 - PAUSED - LEFT)
    new = ["checking"] * CHECKING + ["active"] * (RECENT - CHECKING)
    return ["active"] * 2 + dice("states").sample(some, len(some)) + dice("new").sample(new, len(new))


async def write_group(tx: Connection, config: Config, town: Town, *, group: Sequence[tuple[Somebody, str]], came: datetime) -> None:
    """Write people who came together: keys, consents, checklists, and the states they stand in now."""
    keys = [config.vault.new_key(uuid4()) for _ in group]
    town.volunteers += [key.person_id for key in keys]
    await claim_acting(tx, town.staff["Carol"], "add_by_hand", came)
    await demo_rows.insert_keys(tx, keys, "volunteer", came)
    new = [
        volunteers.NewVolunteer(
            id=key.person_id,
            area_id=town.areas[one.area],
            answers=one.answers if state != "checking" else _half_checked(one.answers, number),
            checklist_complete=state != "checking" or not missing_checks(_half_checked(one.answers, number)),
            may_be_asked=True,
            may_be_rung=bool(one.answers.on_call),
            email_index=config.vault.blind_index(one.details.email),
            details_box=seal_details(config, key, one.details),
        )
        for number, (key, (one, state)) in enumerate(zip(keys, group, strict=True))
    ]
    await volunteers.insert_volunteers(tx, new, came)
    agreed = [
        (key.person_id, [*sorted(OFFER_CONSENTS), *([VolunteerConsent.RING] if one.answers.on_call else [])])
        for key, (one, _) in zip(keys, group, strict=True)
    ]
    await insert_consents(tx, [_consent(person_id, purpose, came) for person_id, purposes in agreed for purpose in purposes])
    ids = {state: [key.person_id for key, (_, now_in) in zip(keys, group, strict=True) if now_in == state] for _, state in group}
    for one in new:
        if one.id in ids.get("checking", []):
            await tasks.insert_task(tx, admission_of(one.id, one.area_id, came))
    admitted = [person for state in ("active", "paused", "left") for person in ids.get(state, [])]
    await claim_acting(tx, town.staff["Carol"], "admit", came + timedelta(days=4))
    await demo_rows.update_volunteers(tx, admitted, came + timedelta(days=4), state="active")
    later = came + timedelta(days=23)
    await claim_acting(tx, town.staff["Carol"], "pause", later)
    await demo_rows.update_volunteers(tx, ids.get("paused", []), later, state="paused", paused_reason="own_wish")
    await claim_acting(tx, town.staff["Carol"], "leave", later)
    await demo_rows.update_volunteers(tx, ids.get("left", []), later, state="left")


def _consent(person_id: Any, purpose: VolunteerConsent, came: datetime) -> Consent:
    return Consent(person_id, purpose.value, True, CONSENT_WORDING, "spoken", None, came)


def _half_checked(answers: RosterAnswers, number: int) -> RosterAnswers:
    """Somebody whose checklist still lacks a line or two; every third only the role card."""
    if number % 3 == 0:
        return replace(answers, role_card_version=None, role_card_on=None)
    kept = replace(answers.checklist, referee_on=None, training_on=None if number % 2 else answers.checklist.training_on)
    return replace(answers, checklist=kept, role_card_version=None, role_card_on=None)
