"""A worker at rest takes up at once what falls due: a glance tells that there is something, and never of what nobody may take (decision 32)."""

import asyncio

import pytest

from matcher import worker
from matcher.actions import timekeeping
from matcher.store.glances import Due
from tests.stage import Stage

PATIENCE = 20.0
"""Seconds within which an invitation must have left; the whole looks of these tests are a minute apart."""
NOTHING = Due(timers=False, letters=False)


async def glance(stage: Stage) -> Due:
    async with stage.db.reading() as c:
        return await timekeeping.glance(c, stage.now)


async def test_a_glance_sees_what_may_be_taken_now_and_nothing_else(stage: Stage) -> None:
    assert await glance(stage) == NOTHING
    await stage.world.volunteer("Tom")
    referral = await stage.world.referral()
    await stage.submitted(referral)
    assert await glance(stage) == Due(timers=True, letters=False)
    await stage.first_look(referral)
    await stage.sql.execute("UPDATE timers SET state = 'done', ended_at = now() WHERE due_at <= $1", stage.now)
    assert await glance(stage) == Due(timers=False, letters=True)
    await stage.sql.execute("UPDATE switches SET paused_at = $1 WHERE name = 'sending'", stage.now)
    assert await glance(stage) == NOTHING, "sending is paused: nobody may take a letter"
    await stage.sql.execute("UPDATE switches SET paused_at = NULL")
    await stage.sql.execute("UPDATE letters SET unanswered = 5")
    assert await glance(stage) == NOTHING, "a letter that killed its worker five times waits for the operator"


async def test_it_agrees_with_the_claims_whatever_is_due(stage: Stage) -> None:
    for name in ("Tom", "Wendy"):
        await stage.world.volunteer(name)
    await stage.submitted(await stage.world.referral())
    for _ in range(6):
        due = await glance(stage)
        ran, sent = await stage.worker._run_timers(), await stage.worker._send_letters()
        assert due.timers == ran and (sent or not due.letters)
    assert await glance(stage) == NOTHING


async def test_a_worker_at_rest_sends_the_first_invitation_at_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "POLL", 60.0)
    await stage.world.volunteer("Tom")
    referral = await stage.world.referral()
    going = asyncio.create_task(stage.worker.run())
    await asyncio.sleep(0.3)  # it has looked, found nothing, and rests
    await stage.submitted(referral)
    async with asyncio.timeout(PATIENCE):
        while not stage.letters_to("tom"):
            await asyncio.sleep(0.02)
    stage.worker.stop()
    await asyncio.wait_for(going, 10)
    assert await stage.one("SELECT state FROM offers") == "sent"
