"""After a meeting (R38 to R43): who is asked what, and who is never asked; how it went, once; chases, silence, another try."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from matcher.actions import amending
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.errors import Changed, Hidden, Refusal
from matcher.domain.journey import CancelReason, MovedOn
from matcher.domain.outcome import Barrier, Went, WhatNow
from matcher.store import audit, outcomes
from tests.after_meeting import agree_to_be_asked, attended, missed, noor, over, planned
from tests.referral_making import priya
from tests.stage import Stage, words

THURSDAY = datetime(2026, 11, 26, 19, 30, tzinfo=UTC)


async def open_tasks(stage: Stage, kind: str) -> int:
    return int(await stage.one("SELECT count(*) FROM tasks WHERE kind = $1 AND state = 'open'", kind))


async def test_an_hour_after_the_end_the_volunteer_is_asked_how_they_are_and_the_keyworker_how_it_went(stage: Stage) -> None:
    referral = await planned(stage)
    await stage.until(THURSDAY + timedelta(hours=1, minutes=59))
    assert await stage.state(referral) == "matched" and await open_tasks(stage, "record_outcome") == 0
    await stage.pass_time(minutes=1)
    assert await stage.state(referral) == "awaiting_outcome" and await open_tasks(stage, "record_outcome") == 1
    (asked,) = [one for one in stage.letters_to("tom") if one["Subject"] == "Thursday: are you OK?"]
    assert "/check-in/" in words(asked) and "Noor" not in words(asked) and "come" not in words(asked)
    assert await stage.one("SELECT count(*) FROM letters WHERE kind = 'check_in' AND referral_id IS NOT NULL") == 0
    assert len(stage.letters_to("noor")) == 2, "the newcomer has the plan and its reminder, and no question on the evening itself"


async def test_a_check_in_knows_a_volunteer_and_a_meeting_and_nothing_else(stage: Stage) -> None:
    columns = {
        row["column_name"]
        for row in await stage.sql.fetch("SELECT column_name FROM information_schema.columns WHERE table_name = 'check_ins'")
    }
    assert columns == {"id", "volunteer_id", "meeting_id", "on_date", "asked_at", "feeling", "happy_again", "may_thank", "answered_at"}
    leads = "SELECT confrelid::regclass::text AS to FROM pg_constraint WHERE contype = 'f' AND conrelid = 'check_ins'::regclass"
    assert {row["to"] for row in await stage.sql.fetch(leads)} == {"volunteers", "meetings"}
    back = "SELECT conrelid::regclass::text AS from FROM pg_constraint WHERE contype = 'f' AND confrelid = 'check_ins'::regclass"
    assert await stage.sql.fetch(back) == []


async def test_a_meeting_that_was_moved_to_later_is_over_later(stage: Stage) -> None:
    referral = await planned(stage)
    await stage.sql.execute("UPDATE matches SET starts_at = starts_at + interval '2 hours', ends_at = ends_at + interval '2 hours'")
    await stage.until(THURSDAY + timedelta(hours=2, minutes=1))
    assert await stage.state(referral) == "matched"
    await stage.until(THURSDAY + timedelta(hours=4, minutes=1))
    assert await stage.state(referral) == "awaiting_outcome"
    await stage.sql.execute("UPDATE matches SET starts_at = starts_at - interval '2 hours', ends_at = ends_at - interval '2 hours'")


async def test_a_plan_that_was_called_off_is_never_asked_about(stage: Stage) -> None:
    referral = await planned(stage)
    facts = {"referral_id": referral, "reason": CancelReason.UNWELL}
    await stage.db.act(amending.cancel_referral, stage.config, stage.now, actor=priya(stage), **facts)
    await stage.until(THURSDAY + timedelta(hours=3))
    assert await stage.state(referral) == "closed" and await stage.one("SELECT count(*) FROM check_ins") == 0
    assert await stage.one("SELECT count(*) FROM timers WHERE state = 'waiting'") == 0


# ── how it went ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_that_they_went_is_said_once_and_counts_as_the_first_of_six(stage: Stage) -> None:
    referral = await planned(stage)
    await over(stage, referral)
    await attended(stage, referral)
    row = await stage.sql.fetchrow("SELECT state, episode, met_count, first_met_at FROM referrals")
    assert (row["state"], row["episode"], row["met_count"], row["first_met_at"]) == ("following", "going", 1, THURSDAY)
    assert await stage.one("SELECT state FROM matches") == "met" and await open_tasks(stage, "record_outcome") == 0
    assert await stage.one("SELECT count(*) FROM timers WHERE kind IN ('outcome_chase', 'outcome_silent') AND state = 'waiting'") == 0
    with pytest.raises(MovedOn):
        await attended(stage, referral)
    assert await stage.one("SELECT count(*) FROM outcomes") == 1


async def test_no_volunteer_says_whether_somebody_came_not_by_an_action_and_not_past_it(stage: Stage) -> None:
    """Planted: the wrong hand, once through the actions and once straight into the tables, where the database itself refuses it."""
    referral = await planned(stage)
    await over(stage, referral)
    volunteer = await stage.one("SELECT volunteer_id FROM matches")
    match = await stage.one("SELECT id FROM matches")
    for about in (referral, match):
        hand = Actor(ActorKind.VOLUNTEER, volunteer, link_purpose="check_in", about_id=about)
        with pytest.raises(Hidden):
            await attended(stage, referral, actor=hand)
        with pytest.raises(Hidden):
            await missed(stage, referral, WhatNow.STOP, actor=hand)

    async def past_the_actions(tx: asyncpg.Connection, statement: str, kind: ActorKind) -> None:
        await audit.claim_acting(tx, Actor(kind, volunteer), "record_attended", stage.now)
        await tx.execute(statement)

    insert = f"INSERT INTO outcomes VALUES ('{referral}', 1, 1, '{THURSDAY}', 'yes', 'keyworker', '{volunteer}', 'link', '{THURSDAY}')"
    for statement in (
        insert,
        insert.replace("'keyworker'", "'newcomer'"),
        "UPDATE matches SET state = 'met'",
        "UPDATE matches SET state = 'missed'",
    ):
        for kind in (ActorKind.VOLUNTEER, ActorKind.COORDINATOR, ActorKind.CLOCK):
            with pytest.raises(asyncpg.CheckViolationError, match="only the newcomer or the keyworker"):
                await stage.db.act(past_the_actions, statement, kind)
    assert await stage.one("SELECT count(*) FROM outcomes") == 0 and await stage.one("SELECT state FROM matches") == "confirmed"
    with pytest.raises(Refusal):  # Eve is a keyworker too, but not Noor's
        await attended(stage, referral, actor=Actor(ActorKind.KEYWORKER, volunteer, provider_id=volunteer))


async def test_the_newcomer_says_it_themself(stage: Stage) -> None:
    referral = await planned(stage)
    await over(stage, referral)
    await attended(stage, referral, went=Went.PART, actor=await noor(stage, referral))
    found = await outcomes.list_outcomes(stage.sql, referral)
    assert [(one.went, one.recorded_by.value) for one in found] == [(Went.PART, "newcomer")] and await stage.state(referral) == "following"


async def test_not_gone_and_no_more_closes_a_first_referral_and_every_waiting_thing_with_it(stage: Stage) -> None:
    referral = await planned(stage)
    await over(stage, referral)
    await missed(stage, referral, WhatNow.STOP, barrier=Barrier.NERVES)
    assert (
        await stage.one("SELECT close_reason || ' ' || episode || ' ' || episode_reason FROM referrals")
        == "not_attended ended referral_closed"
    )
    assert await stage.one("SELECT state FROM matches") == "missed"
    for waiting in ("timers WHERE state = 'waiting'", "tasks WHERE state = 'open'"):
        assert await stage.one(f"SELECT count(*) FROM {waiting}") == 0, waiting
    box = await stage.one("SELECT barrier_box FROM outcomes")
    assert box and b"nerves" not in box, "what got in the way is sealed"
    assert len(stage.letters_to("noor")) == 2, "after the plan and its reminder nobody writes to them"


async def test_another_try_asks_the_same_companion_alone_and_first_at_the_same_meeting_number(stage: Stage) -> None:
    referral = await planned(stage)
    await stage.world.volunteer("Wendy")
    await over(stage, referral)
    before = len(stage.letters_to("wendy"))
    await stage.until(THURSDAY + timedelta(hours=15))
    assert await missed(stage, referral, WhatNow.AGAIN_SAME)
    row = await stage.sql.fetchrow("SELECT state, meeting_number, seats_taken, met_count FROM referrals")
    assert tuple(row) == ("looking", 1, 0, 0)
    asked = await stage.offers("sent", "queued")
    tom = await stage.one("SELECT volunteer_id FROM matches WHERE state = 'missed'")
    assert [offer["volunteer_id"] for offer in asked] == [tom] and len(stage.letters_to("wendy")) == before
    assert await stage.one("SELECT why ->> 'claim' FROM offer_reasons WHERE offer_id = $1", asked[0]["id"]) == "same_companion"
    await stage.yes(asked[0])
    await stage.pass_time(minutes=16)
    assert await stage.state(referral) == "matched"
    assert await stage.one("SELECT count(*) FROM matches WHERE meeting_number = 1 AND seat = 1 AND state <> 'cancelled'") == 2
    await over(stage, referral)
    await attended(stage, referral)
    assert [(row["attempt"], row["went"]) for row in await stage.sql.fetch("SELECT attempt, went FROM outcomes ORDER BY attempt")] == [
        (1, "no"),
        (2, "yes"),
    ]


async def test_another_try_with_somebody_else_never_asks_the_one_who_came_last(stage: Stage) -> None:
    referral = await planned(stage)
    await over(stage, referral)
    await stage.world.volunteer("Wendy")
    await stage.until(THURSDAY + timedelta(hours=15))
    assert await missed(stage, referral, WhatNow.AGAIN_OTHER)
    assert len(await stage.offers("sent", "queued")) == 1 and len(stage.letters_to("wendy")) == 1
    assert len([one for one in stage.letters_to("tom") if "Could you" in words(one)]) <= 1


async def test_somebody_who_was_silent_the_last_time_may_be_asked_for_another_try_and_a_no_stays_a_no(stage: Stage) -> None:
    for name in ("Tom", "Wendy", "Ann"):
        await stage.world.volunteer(name)
    referral = await stage.world.referral()
    await stage.begin(referral)
    tom, wendy, ann = await stage.offers("sent")
    await stage.no(ann)
    await stage.until(wendy["reply_by"] + timedelta(minutes=1))
    await stage.yes(tom)
    await stage.pass_time(minutes=16)
    await over(stage, referral)
    await stage.until(THURSDAY + timedelta(hours=15))
    assert await missed(stage, referral, WhatNow.AGAIN_OTHER)
    assert [offer["volunteer_id"] for offer in await stage.offers("sent")] == [wendy["volunteer_id"]]
    assert await stage.one("SELECT state FROM offers WHERE id = $1", wendy["id"]) == "withdrawn"


async def test_another_try_for_which_nothing_fits_goes_to_a_person_with_a_moment_of_answer(stage: Stage) -> None:
    referral = await planned(stage)
    await over(stage, referral)
    await stage.sql.execute("UPDATE referrals SET times = '{}'")
    assert not await missed(stage, referral, WhatNow.AGAIN_SAME)
    assert await stage.one("SELECT state || ' ' || needs_reason FROM referrals") == "needs_person no_candidate"
    assert await stage.one("SELECT deadline FROM referrals") > stage.now and await open_tasks(stage, "needs_person") == 1


# ── nobody says anything ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_newcomer_is_asked_after_one_three_and_seven_days_where_they_agreed_and_then_left_in_peace(stage: Stage) -> None:
    referral = await planned(stage)
    await agree_to_be_asked(stage, referral)
    await over(stage, referral)
    ended = stage.now
    seen = []
    for day in range(15):
        await stage.until(ended + timedelta(days=day, hours=12))
        seen.append(len([one for one in stage.letters_to("noor") if one["Subject"] == "How are things?"]))
    assert seen == [0, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3]
    assert (
        await stage.one("SELECT close_reason FROM referrals") == "completed" and await stage.one("SELECT state FROM matches") == "confirmed"
    )
    assert await stage.one("SELECT count(*) FROM outcomes") == 0 and await open_tasks(stage, "record_outcome") == 0
    assert await stage.one("SELECT count(*) FROM timers WHERE state = 'waiting'") == 0
    assert await stage.one("SELECT count(*) FROM links WHERE purpose = 'follow_up' AND ended_at IS NULL") == 0


@pytest.mark.parametrize(("channel", "agreed"), [("keyworker", True), ("email", False)])
async def test_without_a_channel_or_without_their_word_the_keyworkers_task_stands_and_nobody_is_written_to(
    stage: Stage, channel: str, agreed: bool
) -> None:
    referral = await planned(stage, channel=channel)
    if agreed:
        await agree_to_be_asked(stage, referral)
    await over(stage, referral)
    await stage.until(THURSDAY + timedelta(days=8))
    assert (
        not [one for one in stage.letters_to("noor") if one["Subject"] == "How are things?"]
        and await open_tasks(stage, "record_outcome") == 1
    )


async def test_an_answer_that_came_ends_the_chases_and_a_letter_that_waited_for_the_morning(stage: Stage) -> None:
    referral = await planned(stage)
    await agree_to_be_asked(stage, referral)
    await over(stage, referral)
    await stage.pass_time(hours=24)  # 21:30: the letter waits for the morning
    assert await stage.one("SELECT count(*) FROM letters WHERE kind = 'follow_up' AND state = 'waiting'") == 1
    await attended(stage, referral)
    await stage.until(stage.now + timedelta(days=4))
    assert not [one for one in stage.letters_to("noor") if one["Subject"] == "How are things?"]


async def test_two_hands_at_once_write_one_outcome(stage: Stage) -> None:
    referral = await planned(stage)
    await over(stage, referral)
    await missed(stage, referral, WhatNow.STOP)
    with pytest.raises(Changed):
        await attended(stage, referral, actor=await noor(stage, referral))
