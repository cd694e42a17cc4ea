"""On hold: no link of its matches acts, nobody is asked or written to, and yet no seat stays taken by somebody who has gone."""

from typing import Any
from uuid import UUID

import pytest

from matcher.actions import amending, withdrawing
from matcher.actions.roster_states import leave_roster
from matcher.domain.actor import OPERATOR
from matcher.store.audit import claim_acting
from tests.actions.by_hand import carol
from tests.referral_making import priya
from tests.stage import Stage, who

SEATS = "SELECT state || ' ' || seats_taken FROM referrals"


async def held(stage: Stage, *, minutes: int = 16) -> tuple[UUID, Any]:
    """Tom goes along with Noor, Wendy and Ann were asked too; then it is put on hold."""
    for name in ("Tom", "Wendy", "Ann"):
        await stage.world.volunteer(name)
    referral = await stage.world.referral()
    await stage.begin(referral)
    [first, *_] = await stage.offers("sent")
    await stage.yes(first)
    await stage.pass_time(minutes=minutes)
    async with stage.sql.transaction():
        await claim_acting(stage.sql, OPERATOR, "hold", stage.now)
        await stage.sql.execute("UPDATE referrals SET state = 'on_hold', held_state = 'matched'")
    return referral, first


async def test_who_leaves_the_roster_frees_the_seat_and_nothing_else_stirs(stage: Stage) -> None:
    _, offer = await held(stage, minutes=5)
    letters = await stage.one("SELECT count(*) FROM letters WHERE state <> 'cancelled'")
    await stage.db.act(leave_roster, stage.config, stage.now, actor=carol(stage), volunteer_id=offer["volunteer_id"])
    assert await stage.one(SEATS) == "on_hold 0"
    assert await stage.one("SELECT state FROM matches") == "cancelled"
    assert await stage.offers("queued", "sent") == [], "those who stood by are not asked while it is on hold"
    await stage.pass_time(hours=3)
    after = "SELECT count(*) FROM letters WHERE state <> 'cancelled' AND kind <> 'roster_notice'"
    assert await stage.one(SEATS) == "on_hold 0" and await stage.one(after) <= letters


@pytest.mark.parametrize("minutes", [5, 16])
async def test_no_link_of_a_match_acts(stage: Stage, minutes: int) -> None:
    _, offer = await held(stage, minutes=minutes)
    match = await stage.one("SELECT id FROM matches")
    for act in (withdrawing.undo_acceptance, withdrawing.withdraw_companion):
        assert not await stage.db.act(act, stage.config, stage.now, actor=who(offer), match_id=match)
    assert await stage.one(SEATS) == "on_hold 1"


async def test_who_rings_the_coordinator_is_let_go(stage: Stage) -> None:
    await held(stage)
    match = await stage.one("SELECT id FROM matches")
    assert await stage.db.act(withdrawing.withdraw_companion, stage.config, stage.now, actor=carol(stage), match_id=match)
    assert await stage.one(SEATS) == "on_hold 0" and await stage.offers("queued", "sent") == []


async def test_consent_withdrawn_gives_the_seat_back(stage: Stage) -> None:
    referral, _ = await held(stage)
    await stage.db.act(amending.withdraw_consent, stage.config, stage.now, actor=priya(stage), referral_id=referral)
    assert await stage.one(SEATS) == "closed 0"
