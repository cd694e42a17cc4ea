"""When a volunteer pauses, leaves, takes consent back or sets a bar, what they were asked goes to the next person, and nobody waits for them."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from matcher.actions.roster_consents import Conflicts, record_conflicts, record_consents
from matcher.actions.roster_states import leave_roster, pause_volunteer
from matcher.actions.rostering import correct_address
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.errors import Changed
from matcher.domain.roster import ConsentGiven
from matcher.domain.volunteer import VolunteerConsent
from matcher.store.roster_bars import OwnBars
from matcher.store.volunteers import get_profile
from tests.conftest import TestDatabase
from tests.stage import Stage, set_stage


@pytest.fixture
async def stage(database: TestDatabase, tmp_path: Path) -> AsyncIterator[Stage]:
    async with set_stage(database, tmp_path) as opened:
        yield opened


def carol(stage: Stage) -> Actor:
    return Actor(ActorKind.COORDINATOR, id=stage.world.coordinator_id, area_ids=frozenset({stage.world.area_id}))


async def asked(stage: Stage, *names: str) -> tuple[UUID, dict[str, UUID]]:
    """A referral for which these volunteers have just been asked."""
    people = {name: await stage.world.volunteer(name) for name in names}
    referral_id = await stage.world.referral()
    await stage.begin(referral_id)
    await stage.pass_time(minutes=1)
    return referral_id, people


async def offer_of(stage: Stage, volunteer_id: UUID) -> tuple[str, str | None]:
    (row,) = [offer for offer in await stage.offers() if offer["volunteer_id"] == volunteer_id]
    return row["state"], row["state_reason"]


async def version_of(stage: Stage, volunteer_id: UUID) -> int:
    async with stage.db.reading() as c:
        return (await get_profile(c, volunteer_id)).version


async def test_pausing_takes_back_what_they_were_asked_and_keeps_what_is_planned(stage: Stage) -> None:
    referral_id, people = await asked(stage, "Tom", "Wendy")
    offers = {row["volunteer_id"]: row for row in await stage.offers("sent")}
    assert set(offers) == set(people.values())
    await stage.yes(offers[people["Tom"]])
    for name in ("Tom", "Wendy"):
        await stage.db.act(pause_volunteer, stage.config, stage.now, actor=carol(stage), volunteer_id=people[name])
    assert await stage.one("SELECT state FROM matches WHERE referral_id = $1", referral_id) == "planned"
    assert await stage.one("SELECT count(*) FROM letters WHERE kind = 'roster_notice'") == 2


async def test_pausing_withdraws_an_open_offer(stage: Stage) -> None:
    _, people = await asked(stage, "Tom")
    await stage.db.act(pause_volunteer, stage.config, stage.now, actor=carol(stage), volunteer_id=people["Tom"])
    assert await offer_of(stage, people["Tom"]) == ("withdrawn", "volunteer_stopped")


async def test_leaving_gives_planned_meetings_back_and_the_search_goes_on(stage: Stage) -> None:
    referral_id, people = await asked(stage, "Tom")
    (offer,) = await stage.offers("sent")
    await stage.yes(offer)
    assert await stage.state(referral_id) == "matched"
    await stage.db.act(leave_roster, stage.config, stage.now, actor=carol(stage), volunteer_id=people["Tom"])
    assert (
        await stage.one("SELECT state || ' ' || cancelled_reason FROM matches WHERE referral_id = $1", referral_id) == "cancelled volunteer"
    )
    assert await stage.state(referral_id) == "looking"
    await stage.pass_time(minutes=1)
    assert await stage.offers("queued", "sent") == []


async def test_consent_taken_back_withdraws_what_was_asked(stage: Stage) -> None:
    _, people = await asked(stage, "Tom")
    no_more = [ConsentGiven(VolunteerConsent.MAIL, False, "telephone", stage.now)]
    with pytest.raises(Changed):
        await stage.db.act(
            record_consents, stage.config, stage.now, actor=carol(stage), volunteer_id=people["Tom"], version=99, consents=no_more
        )
    assert await offer_of(stage, people["Tom"]) == ("sent", None)
    version = await version_of(stage, people["Tom"])
    await stage.db.act(
        record_consents, stage.config, stage.now, actor=carol(stage), volunteer_id=people["Tom"], version=version, consents=no_more
    )
    assert await offer_of(stage, people["Tom"]) == ("withdrawn", "volunteer_stopped")


@pytest.mark.parametrize("which", ["service", "district", "another"])
async def test_a_new_bar_takes_back_what_was_asked_across_it_and_nothing_else(stage: Stage, which: str) -> None:
    _, people = await asked(stage, "Tom")
    bars = {
        "service": OwnBars(provider_ids=frozenset({stage.world.provider_id})),
        "district": OwnBars(outcodes=frozenset({"B1"})),
        "another": OwnBars(outcodes=frozenset({"B29"})),
    }[which]
    version = await version_of(stage, people["Tom"])
    await stage.db.act(
        record_conflicts,
        stage.config,
        stage.now,
        actor=carol(stage),
        volunteer_id=people["Tom"],
        version=version,
        conflicts=Conflicts(bars=bars),
    )
    assert (await offer_of(stage, people["Tom"]))[0] == ("sent" if which == "another" else "withdrawn")


async def test_a_corrected_address_gets_the_plan_again(stage: Stage) -> None:
    _, people = await asked(stage, "Tom")
    (offer,) = await stage.offers("sent")
    await stage.yes(offer)
    await stage.pass_time(minutes=16)
    kinds = "SELECT count(*) FROM letters WHERE party_id = $1 AND kind = 'volunteer_confirmation'"
    assert await stage.one(kinds, people["Tom"]) == 1
    version = await version_of(stage, people["Tom"])
    address = f"{uuid4()}@members.example"
    await stage.db.act(
        correct_address, stage.config, stage.now, actor=carol(stage), volunteer_id=people["Tom"], version=version, email=address
    )
    assert await stage.one(kinds, people["Tom"]) == 2
