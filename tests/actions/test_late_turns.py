"""Turns that come late: a plan taken back before it left, a drop-out at night, a yes for a day that is over, two days and one seat left."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from matcher.actions import amending, climbing, confirming, ending, posting, withdrawing
from matcher.actions.answering import Answered
from matcher.domain.delivery import AddressRefused, Sent
from matcher.domain.errors import Finished
from matcher.domain.journey import CancelReason
from tests.referral_making import priya
from tests.stage import Stage, who, words

MONDAY_NIGHT = datetime(2026, 11, 23, 21, 50, tzinfo=UTC)
"""The undo window of a yes ends when everybody's quiet hours have begun."""
THURSDAY = datetime(2026, 11, 26, 19, 30, tzinfo=UTC)


async def three_asked(stage: Stage, *names: str, **changes: Any) -> tuple[UUID, list[Any]]:
    for name in names or ("Tom", "Wendy", "Ann"):
        await stage.world.volunteer(name)
    referral = await stage.world.referral(**changes)
    await stage.begin(referral)
    return referral, await stage.offers("sent")


async def also_on_tuesday(stage: Stage, referral_id: UUID) -> UUID:
    """A second, earlier day for a referral; returns its option."""
    meeting, option = uuid4(), uuid4()
    await stage.world.meeting(meeting, weekday=2, starts=time(19, 30))
    starts_at = THURSDAY - timedelta(days=2)
    await stage.sql.execute(
        """
        INSERT INTO referral_options (id, referral_id, meeting_number, rank, meeting_id, fellowship, on_date, starts_at, ends_at, meet_at, state)
        VALUES ($1, $2, 1, 2, $3, 'aa', $4, $5, $6, $7, 'open')
        """,
        option,
        referral_id,
        meeting,
        date(2026, 11, 24),
        starts_at,
        starts_at + timedelta(hours=1),
        starts_at - timedelta(minutes=15),
    )
    return option


async def leave(stage: Stage, offer: Any) -> None:
    match_id = await stage.one("SELECT id FROM matches WHERE offer_id = $1 AND state <> 'cancelled'", offer["id"])
    assert await stage.db.act(withdrawing.withdraw_companion, stage.config, stage.now, actor=who(offer), match_id=match_id)


# ── what the newcomer has in hand ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_plan_that_was_taken_back_before_it_left_is_followed_by_a_plan_and_not_by_a_change(stage: Stage) -> None:
    _, asked = await three_asked(stage)
    await stage.until(MONDAY_NIGHT)
    await stage.yes(asked[0])
    await stage.pass_time(hours=1)  # written, and waiting for the newcomer's morning
    await leave(stage, asked[0])
    await stage.until(datetime(2026, 11, 24, 9, 0, tzinfo=UTC))
    assert stage.letters_to("noor") == []
    await stage.yes((await stage.offers("sent", "expired"))[0])
    await stage.pass_time(hours=1)
    [letter] = stage.letters_to("noor")
    assert await stage.one("SELECT kind FROM letters WHERE party_kind = 'newcomer' AND state = 'sent'") == "newcomer_confirmation"
    assert "Mill Hall" in words(letter)


async def test_who_knows_of_a_plan_that_nobody_keeps_is_told_when_all_is_called_off(stage: Stage) -> None:
    referral, asked = await three_asked(stage, "Tom")
    await stage.yes(asked[0])
    await stage.pass_time(hours=1)
    await leave(stage, asked[0])
    await stage.pass_time(minutes=1)
    await stage.db.act(
        amending.cancel_referral, stage.config, stage.now, actor=priya(stage), referral_id=referral, reason=CancelReason.UNWELL
    )
    await stage.pass_time(minutes=1)
    assert await stage.one("SELECT count(*) FROM letters WHERE party_kind = 'newcomer' AND kind = 'cancellation' AND state = 'sent'") == 1


async def test_a_newcomer_who_wished_to_agree_first_does_not_keep_the_companion_waiting_so_near_the_meeting(stage: Stage) -> None:
    _, asked = await three_asked(stage, agree_first=True)
    await stage.until(THURSDAY - timedelta(hours=2, minutes=30))
    await stage.yes((await stage.offers("sent", "expired"))[0])
    await stage.pass_time(minutes=1)
    assert len(stage.letters_to("noor")) == 1
    await stage.pass_time(minutes=16)
    row = await stage.sql.fetchrow("SELECT state, not_answered FROM matches")
    assert (row["state"], row["not_answered"]) == ("confirmed", True)
    assert await stage.one("SELECT count(*) FROM letters WHERE kind = 'volunteer_confirmation' AND state = 'sent'") == 1
    assert asked


async def test_a_yes_that_waits_for_the_newcomers_ok_is_not_called_off_at_the_last_moment(stage: Stage) -> None:
    stage.config = replace(stage.config, timing=replace(stage.config.timing, keep_unanswered=False))
    stage.worker._config = stage.config
    referral, asked = await three_asked(stage, agree_first=True)
    await stage.yes(asked[0])
    await stage.until(THURSDAY - timedelta(hours=3))
    assert await stage.one("SELECT needs_reason FROM referrals") == "no_newcomer_answer"
    assert len(stage.letters_to("carol")) == 1
    await stage.until(THURSDAY - timedelta(hours=1))
    assert await stage.state(referral) == "needs_person"
    assert await stage.one("SELECT state FROM matches") == "planned"


async def test_an_ok_does_not_stand_in_for_a_second_companion_who_is_missing(stage: Stage) -> None:
    referral, asked = await three_asked(stage, seats=2, agree_first=True)
    await stage.yes(asked[0])
    await stage.until(THURSDAY - timedelta(hours=5))
    assert await stage.one("SELECT needs_reason FROM referrals") == "second_missing"
    await stage.db.act(confirming.agree_plan, stage.config, stage.now, actor=priya(stage), referral_id=referral)
    assert await stage.state(referral) == "needs_person" and await stage.one("SELECT state FROM matches") == "planned"


async def test_two_become_one_at_the_deadline_only_after_a_newcomer_who_wished_to_agree_was_told(stage: Stage) -> None:
    _, asked = await three_asked(stage, "Tom", seats=2, agree_first=True, may_widen=["one_companion"])
    await stage.yes(asked[0])
    await stage.until(THURSDAY - timedelta(hours=5))
    row = await stage.sql.fetchrow("SELECT state, not_answered FROM matches")
    assert (row["state"], row["not_answered"]) == ("confirmed", True)
    assert await stage.one("SELECT count(*) FROM tasks WHERE kind = 'newcomer_silent'") == 1
    assert await stage.one("SELECT count(*) FROM tasks WHERE kind = 'needs_person' AND state = 'open'") == 0


# ── nobody is told what is not so ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_drop_out_at_night_takes_back_the_thanks_that_wait_for_the_morning(stage: Stage) -> None:
    _, asked = await three_asked(stage)
    await stage.until(MONDAY_NIGHT)
    await stage.yes(asked[0])
    await stage.pass_time(hours=1)
    await leave(stage, asked[0])
    await stage.until(datetime(2026, 11, 24, 8, 30, tzinfo=UTC))
    assert await stage.one("SELECT count(*) FROM letters WHERE kind = 'covered' AND state = 'sent'") == 0
    assert (await stage.yes(asked[1])).what is Answered.GOING


async def test_an_invitation_on_its_way_when_the_place_is_taken_is_thanked_and_lives_on_after_an_undo(stage: Stage) -> None:
    for name in ("Tom", "Wendy"):
        await stage.world.volunteer(name)
    referral = await stage.world.referral()
    await stage.first_look(referral)
    mine, other = await stage.db.act(posting.claim_letters, stage.now, lease_id=uuid4(), most=5)
    assert await stage.db.act(posting.record_outcome, stage.config, stage.now, mine, outcome=Sent("250"))
    [tom], [wendy] = await stage.offers("sent"), await stage.offers("queued")
    answer = await stage.yes(tom)
    assert answer.match
    assert await stage.one("SELECT count(*) FROM letters WHERE kind = 'covered' AND about_id = $1", wendy["id"]) == 1
    assert await stage.db.act(posting.record_outcome, stage.config, stage.now, other, outcome=Sent("250"))
    assert await stage.db.act(withdrawing.undo_acceptance, stage.config, stage.now, actor=who(tom), match_id=answer.match.id)
    assert (await stage.yes(wendy)).what is Answered.GOING


# ── days and deadlines ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_yes_for_a_day_whose_last_moment_is_over_is_refused_though_another_day_lies_ahead(stage: Stage) -> None:
    await stage.world.volunteer("Tom")
    referral = await stage.world.referral()
    tuesday = await also_on_tuesday(stage, referral)
    await stage.begin(referral)
    [offer] = await stage.offers("sent")
    stage.now = THURSDAY - timedelta(days=2, hours=1)
    with pytest.raises(Finished):
        await stage.yes(offer, tuesday)
    assert await stage.state(referral) == "looking"


async def test_one_of_two_for_the_earlier_day_brings_the_answer_before_that_day(stage: Stage) -> None:
    await stage.world.volunteer("Tom")
    referral = await stage.world.referral(seats=2)
    tuesday = await also_on_tuesday(stage, referral)
    await stage.begin(referral)
    [offer] = await stage.offers("sent")
    await stage.yes(offer, tuesday)
    await stage.until(THURSDAY - timedelta(days=2, hours=1))
    assert await stage.one("SELECT close_reason FROM referrals") == "unfilled"
    assert len(stage.letters_to("noor")) == 1


async def test_an_undo_brings_the_later_days_back(stage: Stage) -> None:
    await stage.world.volunteer("Tom")
    referral = await stage.world.referral(seats=2)
    tuesday = await also_on_tuesday(stage, referral)
    await stage.begin(referral)
    [offer] = await stage.offers("sent")
    answer = await stage.yes(offer, tuesday)
    assert answer.match and await stage.one("SELECT deadline FROM referrals") == THURSDAY - timedelta(days=2, hours=2)
    await stage.db.act(withdrawing.undo_acceptance, stage.config, stage.now, actor=who(offer), match_id=answer.match.id)
    assert await stage.one("SELECT deadline FROM referrals") == THURSDAY - timedelta(hours=2)


async def test_a_late_yes_kept_while_the_place_is_open_again_is_asked_first_at_once(stage: Stage) -> None:
    _, asked = await three_asked(stage)
    await stage.yes(asked[0])
    await stage.pass_time(hours=1)
    await leave(stage, asked[0])
    assert (await stage.yes(asked[1])).what is Answered.COVERED
    await stage.pass_time(minutes=1)
    newest = await stage.one("SELECT volunteer_id FROM offers WHERE state = 'sent' ORDER BY created_at DESC LIMIT 1")
    assert newest == asked[1]["volunteer_id"]


# ── who is owed a call ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_cancellation_that_bounces_leaves_a_task_that_says_whom_to_ring(stage: Stage) -> None:
    referral, asked = await three_asked(stage, "Tom")
    await stage.yes(asked[0])
    await stage.pass_time(hours=1)
    await stage.db.act(
        amending.cancel_referral, stage.config, stage.now, actor=priya(stage), referral_id=referral, reason=CancelReason.UNWELL
    )
    claimed = await stage.db.act(posting.claim_letters, stage.now, lease_id=uuid4(), most=20)
    for letter in claimed:
        outcome = AddressRefused("550") if letter.kind == "cancellation" and letter.party_kind == "volunteer" else Sent("250")
        await stage.db.act(posting.record_outcome, stage.config, stage.now, letter, outcome=outcome)
    assert await stage.one("SELECT volunteer_id FROM tasks WHERE kind = 'ring_them'") == asked[0]["volunteer_id"]


async def test_the_flag_of_48_hours_goes_from_the_list_once_somebody_is_found(stage: Stage) -> None:
    referral, asked = await three_asked(stage, "Tom")
    await stage.db.act(climbing.flag_overdue, stage.config, stage.now, referral)
    before = await stage.one("SELECT count(*) FROM tasks WHERE kind = 'overdue' AND state = 'open'")
    await stage.yes(asked[0])
    assert (before, await stage.one("SELECT count(*) FROM tasks WHERE kind = 'overdue' AND state = 'open'")) == (1, 0)


async def test_the_honest_answer_names_meetings_and_closes_every_task(stage: Stage) -> None:
    referral, asked = await three_asked(stage, "Tom")
    await stage.no(asked[0])
    await stage.until(THURSDAY - timedelta(hours=1))
    assert await stage.state(referral) == "closed"
    assert await stage.one("SELECT count(*) FROM tasks WHERE state = 'open'") == 0
    assert not await stage.db.act(ending.end_unfilled, stage.config, stage.now, referral)
