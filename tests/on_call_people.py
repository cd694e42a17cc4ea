"""Volunteers of the made-up world who may be rung, and a referral for tomorrow's meeting. Not a test itself."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from matcher.actions import ringing
from matcher.actions.roster_consents import record_consents
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.roster import ConsentGiven
from matcher.domain.sealed import PersonKey
from matcher.domain.volunteer import VolunteerConsent
from tests.stage import Stage

WEDNESDAY = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
"""The morning before the Thursday meeting of the made-up world: 33 hours and a half are left."""
ALWAYS = "{[0,10080)}"
NUMBER = "07700 900512"


def priya(stage: Stage) -> Actor:
    """The keyworker of the world's referrals."""
    return Actor(ActorKind.KEYWORKER, stage.world.keyworker_id, provider_id=stage.world.provider_id)


def the_coordinator(stage: Stage) -> Actor:
    """Carol, of the world's area."""
    return Actor(ActorKind.COORDINATOR, stage.world.coordinator_id, area_ids=frozenset({stage.world.area_id}))


async def on_call(stage: Stage, name: str = "Tom", *, number: str = NUMBER, hours: str = ALWAYS, **changes: Any) -> UUID:
    """A volunteer who may be rung, with the consent in the ledger; each has another number unless it is given."""
    volunteer = await stage.world.volunteer(name, **changes)
    await agree(stage, volunteer)
    wrapped = await stage.one("SELECT wrapped FROM person_keys WHERE person_id = $1", volunteer)
    email = f"{name.lower()}-{str(volunteer)[:13]}@members.example"
    details = {"display_name": name, "private_name": f"{name} Alderton", "email": email, "ring_number": number}
    box = stage.config.vault.seal(PersonKey(volunteer, wrapped), f"volunteers.details_box:{volunteer}", details)
    await stage.sql.execute(
        "UPDATE volunteers SET on_call = $2::text::int4multirange, details_box = $3, version = version + 1 WHERE id = $1",
        volunteer,
        hours,
        box,
    )
    return volunteer


async def agree(stage: Stage, volunteer: UUID, *, ring: bool = True) -> None:
    """What somebody agrees to, told to Carol: everything that asking needs, and being rung, or not."""
    offers = (VolunteerConsent.HOLD, VolunteerConsent.MAIL, VolunteerConsent.TELL_NEWCOMER)
    said = [ConsentGiven(one, True, "spoken", stage.now) for one in offers]
    version = await stage.one("SELECT version FROM volunteers WHERE id = $1", volunteer)
    carol = the_coordinator(stage)
    consents = [*said, ConsentGiven(VolunteerConsent.RING, ring, "telephone", stage.now)]
    await stage.db.act(record_consents, stage.config, stage.now, actor=carol, volunteer_id=volunteer, version=version, consents=consents)


async def looking(stage: Stage, **changes: Any) -> UUID:
    """Noor's referral to the Thursday meeting, on the day before; nobody has been written to yet."""
    referral = await stage.world.referral(**changes)
    stage.now = max(stage.now, WEDNESDAY)
    await stage.submitted(referral)
    return referral


async def ring(stage: Stage, referral: UUID, *, by: Actor | None = None) -> str:
    """Priya presses "Ring somebody now"."""
    made: str = await stage.db.act(ringing.ring_somebody, stage.config, stage.now, actor=by or priya(stage), referral_id=referral)
    return made


async def shown(stage: Stage, referral: UUID, offer: str) -> ringing.Number | None:
    """What the answer to her press shows."""
    async with stage.db.reading() as c:
        return await ringing.show_number(c, stage.config, stage.now, actor=priya(stage), referral_id=referral, offer_id=UUID(offer))


async def say(stage: Stage, referral: UUID, offer: str, said: str, *, by: Actor | None = None) -> str:
    """She presses what they said; a yes is to the one meeting there is."""
    option = await stage.one("SELECT id FROM referral_options WHERE referral_id = $1", referral)
    told: str = await stage.db.act(
        ringing.record_call,
        stage.config,
        stage.now,
        actor=by or priya(stage),
        referral_id=referral,
        offer_id=UUID(offer),
        said=ringing.Said(said),
        option_id=option if said == "yes" else None,
    )
    return told
