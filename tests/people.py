"""The fixed cast, made through the product's own actions. Volunteers (Tom, Wendy) and Noor come with the roster and the first referral."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from matcher.actions.setting_up import (
    NewArea,
    NewPerson,
    NewProvider,
    create_area,
    create_coordinator,
    create_keyworker,
    create_provider,
)
from matcher.config import Config
from matcher.database import Database
from matcher.domain.actor import OPERATOR

HARBOUR = NewProvider(
    name="Harbour Recovery Service",
    discreet_name="The Harbour team",
    reply_to="team@harbour.example.org",
    telephone="0113 496 0100",
    crisis_line="0113 496 0111",
    opening_hours="Monday to Friday, 9am to 5pm",
    reference_hint="HRB and four figures",
)
LIGHTHOUSE = NewProvider(
    name="Lighthouse", discreet_name="The Lighthouse team", reply_to="team@lighthouse.example.org", telephone="0113 496 0200"
)
BAY = NewArea(
    name="Bournemouth",
    outcodes=("BH1", "BH2", "BH3", "BH4", "BH8"),
    reply_to="roster@bay.example.org",
    discreet_name="The Bay roster",
    on_call_telephone="0113 496 0300",
    on_call_hours="every day, 8am to 10pm",
)
MOOR = NewArea(
    name="Leeds",
    outcodes=("LS1", "LS2", "LS6"),
    reply_to="roster@moor.example.org",
    discreet_name="The Moor roster",
    on_call_telephone="0113 496 0400",
)


@dataclass(frozen=True)
class Person:
    """Somebody with an account."""

    id: UUID
    first_name: str
    email: str


@dataclass(frozen=True)
class People:
    """Everybody who signs in, and where they belong. Eve stands for every "other": a keyworker and a coordinator who must never see Noor."""

    harbour_id: UUID
    lighthouse_id: UUID
    bay_id: UUID
    moor_id: UUID
    priya: Person
    carol: Person
    eve: Person
    eve_coordinator: Person


async def build_people(db: Database, config: Config, now: datetime) -> People:
    """Harbour with Priya, the Bay area with Carol; Lighthouse and the Moor area with Eve."""
    harbour_id = await db.act(create_provider, config, now, actor=OPERATOR, new=HARBOUR)
    lighthouse_id = await db.act(create_provider, config, now, actor=OPERATOR, new=LIGHTHOUSE)
    bay_id = await db.act(create_area, config, now, actor=OPERATOR, new=BAY)
    moor_id = await db.act(create_area, config, now, actor=OPERATOR, new=MOOR)

    async def keyworker(first_name: str, email: str, provider_id: UUID) -> Person:
        new = NewPerson(first_name=first_name, email=email, telephone="0113 496 0101")
        return Person(await db.act(create_keyworker, config, now, actor=OPERATOR, new=new, provider_id=provider_id), first_name, email)

    async def coordinator(first_name: str, email: str, area_id: UUID) -> Person:
        new = NewPerson(first_name=first_name, email=email, telephone="0113 496 0301")
        made = await db.act(create_coordinator, config, now, actor=OPERATOR, new=new, area_ids=frozenset({area_id}))
        return Person(made, first_name, email)

    return People(
        harbour_id=harbour_id,
        lighthouse_id=lighthouse_id,
        bay_id=bay_id,
        moor_id=moor_id,
        priya=await keyworker("Priya", "priya@harbour.example.org", harbour_id),
        carol=await coordinator("Carol", "carol@bay.example.org", bay_id),
        eve=await keyworker("Eve", "eve@lighthouse.example.org", lighthouse_id),
        eve_coordinator=await coordinator("Eve", "eve@moor.example.org", moor_id),
    )
