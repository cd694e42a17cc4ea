"""Six hours before, one of two seats empty: a coordinator who has the referral for another reason must see that this is due now."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.actions.by_hand import THURSDAY, set_to_settle
from tests.stage import Stage, words

ALERTS = "SELECT count(*) FROM letters WHERE kind = 'coordinator_alert' AND occasion LIKE 'second_missing@%' AND state = 'sent'"
TOLD = "SELECT count(*) FROM letters WHERE kind = 'change' AND party_kind = 'volunteer' AND state = 'sent'"


async def one_of_two(stage: Stage) -> UUID:
    """Tom goes; nobody else could be found, so Carol has it."""
    await stage.world.volunteer("Tom")
    referral: UUID = await stage.world.referral(seats=2)
    await stage.begin(referral)
    await stage.yes((await stage.offers("sent"))[0])
    await stage.pass_time(minutes=1)
    assert await stage.state(referral) == "needs_person"
    return referral


async def line(stage: Stage) -> Any:
    return await stage.sql.fetchrow("SELECT reason, due_at FROM tasks WHERE kind = 'needs_person' AND state = 'open'")


async def test_a_referral_that_waits_for_her_comes_up_again_with_what_is_to_be_decided(stage: Stage) -> None:
    referral = await one_of_two(stage)
    before = await stage.one("SELECT needs_reason FROM referrals")
    assert before != "second_missing" and await stage.one(ALERTS) == 0
    await stage.until(THURSDAY - timedelta(hours=5, minutes=50))
    await stage.pass_time(minutes=3)
    assert (await stage.state(referral), await stage.one("SELECT needs_reason FROM referrals")) == ("needs_person", "second_missing")
    assert await stage.one(ALERTS) == 1 and await stage.one(TOLD) == 1
    assert tuple(await line(stage)) == ("second_missing", THURSDAY - timedelta(hours=2))
    assert any("second" in words(letter) for letter in stage.letters_to("carol"))


@pytest.mark.parametrize("reason", ["to_settle", "safety_flag"])
async def test_what_must_be_settled_first_stays_the_reason_and_she_is_alerted_all_the_same(stage: Stage, reason: str) -> None:
    referral = await one_of_two(stage)
    await set_to_settle(stage, referral, "avoid_people")
    await stage.sql.execute("UPDATE referrals SET needs_reason = $1", reason)
    await stage.until(THURSDAY - timedelta(hours=5, minutes=50))
    assert await stage.one("SELECT needs_reason FROM referrals") == reason
    assert await stage.one(ALERTS) == 1 and await stage.one(TOLD) == 0


async def test_she_is_alerted_once(stage: Stage) -> None:
    await one_of_two(stage)
    await stage.sql.execute(
        """
        INSERT INTO timers SELECT (jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid(), 'due_for', 'again',
               'due_at', t.due_at + interval '5 minutes'))).* FROM timers t WHERE kind = 'pair_deadline'
        """
    )
    await stage.until(THURSDAY - timedelta(hours=5))
    assert await stage.one("SELECT count(*) FROM timers WHERE kind = 'pair_deadline' AND state = 'done'") == 2
    assert await stage.one(ALERTS) == 1
