"""The morning of the day: one question, and where it is not answered a stand-by is asked, and one seat has one winner (M10 to M12)."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from matcher.actions import confirming_day, stopping, withdrawing
from matcher.actions.answering import Answered
from matcher.domain.actor import OPERATOR, Actor, ActorKind
from matcher.store.audit import claim_acting
from tests.stage import Stage, who, words

THURSDAY = datetime(2026, 11, 26, 19, 30, tzinfo=UTC)
THREE_HOURS_BEFORE = THURSDAY - timedelta(hours=3)


async def planned(stage: Stage, *, stands_by: bool = True, **changes: Any) -> tuple[UUID, Any, Any]:
    """Tom goes, both are told; Wendy was too late, and stands by where said. Returns the referral and both offers."""
    tom, wendy = [await stage.world.volunteer(name) for name in ("Tom", "Wendy")]
    referral = await stage.world.referral(**changes)
    await stage.begin(referral)
    asked = {offer["volunteer_id"]: offer for offer in await stage.offers("sent")}
    first, second = asked[tom], asked[wendy]
    await stage.yes(first)
    await stage.pass_time(minutes=16)
    assert (await stage.yes(second)).what is Answered.COVERED
    if stands_by:
        await stage.db.act(stopping.stand_by, stage.config, stage.now, actor=who(second), offer_id=second["id"], standby=True)
    return referral, first, second


async def match_of(stage: Stage, offer: Any) -> UUID:
    found: UUID = await stage.one("SELECT id FROM matches WHERE offer_id = $1 ORDER BY accepted_at DESC LIMIT 1", offer["id"])
    return found


async def says_coming(stage: Stage, offer: Any) -> bool:
    match_id = await match_of(stage, offer)
    return await stage.db.act(confirming_day.confirm_day, stage.config, stage.now, actor=who(offer), match_id=match_id)


def about_today(stage: Stage) -> list[Any]:
    return [letter for letter in stage.letters() if str(letter["Subject"]).startswith(("Today", "Tomorrow"))]


def questions(stage: Stage) -> list[Any]:
    """Every letter but reminders, which ask for nothing."""
    return [letter for letter in stage.letters() if not str(letter["Subject"]).startswith("Reminder")]


async def stand_by_offer(stage: Stage) -> Any:
    return await stage.sql.fetchrow("SELECT * FROM offers WHERE instead_of IS NOT NULL")


async def test_on_the_morning_one_question_goes_to_the_companion_alone(stage: Stage) -> None:
    await planned(stage)
    await stage.until(THURSDAY.replace(hour=7, minute=59))
    assert about_today(stage) == []
    await stage.until(THURSDAY.replace(hour=8, minute=0))
    [letter] = about_today(stage)
    assert str(letter["To"]).startswith("tom") and letter["Subject"] == "Today, 7.30pm"
    assert "are you still coming" in words(letter) and "/coming/" in words(letter) and "Noor" not in words(letter)


async def test_who_says_that_they_are_coming_is_left_in_peace_and_so_is_the_stand_by(stage: Stage) -> None:
    referral, first, _ = await planned(stage)
    await stage.until(THURSDAY.replace(hour=9, minute=0))
    assert await says_coming(stage, first) and await says_coming(stage, first), "again is the same answer"
    late = await match_of(stage, first)
    for turn in (confirming_day.ask_day, confirming_day.decide_unconfirmed, confirming_day.end_stand_by):
        await stage.db.act(turn, stage.config, stage.now, late)  # a clock that comes late finds nothing to do
    before = len(questions(stage))
    await stage.until(THURSDAY - timedelta(minutes=1))
    assert len(questions(stage)) == before and await stand_by_offer(stage) is None
    assert await stage.state(referral) == "matched"
    assert await stage.one("SELECT count(*) FROM audit WHERE reason = 'day_confirmed'") == 1


async def test_a_silent_companion_makes_way_for_the_stand_by_who_says_yes(stage: Stage) -> None:
    referral, first, second = await planned(stage)
    await stage.until(THREE_HOURS_BEFORE - timedelta(minutes=1))
    assert await stand_by_offer(stage) is None
    await stage.until(THREE_HOURS_BEFORE)
    offer = await stand_by_offer(stage)
    assert (offer["volunteer_id"], offer["state"], offer["instead_of"]) == (second["volunteer_id"], "sent", await match_of(stage, first))
    assert await stage.state(referral) == "matched", "Tom's seat is his until somebody else says yes"
    assert (await stage.yes(offer)).what is Answered.GOING
    await stage.pass_time(minutes=16)
    rows = await stage.sql.fetch("SELECT state, cancelled_reason FROM matches ORDER BY accepted_at")
    assert [tuple(row.values()) for row in rows] == [("cancelled", "unconfirmed"), ("confirmed", None)]
    assert [letter for letter in stage.letters_to("tom") if "You are not needed on Thursday after all" in words(letter)]
    assert [letter for letter in stage.letters_to("noor") if "Wendy" in words(letter)], "Noor hears who comes instead"
    assert not await says_coming(stage, first), "the seat has passed on"
    assert await stage.one("SELECT seats_taken FROM referrals") == 1


async def test_an_answer_of_the_first_that_comes_earlier_stands_the_stand_by_down(stage: Stage) -> None:
    _, first, second = await planned(stage)
    await stage.until(THREE_HOURS_BEFORE)
    offer = await stand_by_offer(stage)
    assert await says_coming(stage, first)
    assert (await stage.yes(offer)).what is Answered.COVERED
    await stage.pass_time(minutes=1)
    assert not [letter for letter in stage.letters_to("noor") if "Wendy" in words(letter)]
    assert [letter for letter in stage.letters_to("wendy") if "thank you" in str(letter["Subject"]).lower()]
    assert (await match_of(stage, first)) and await stage.one("SELECT count(*) FROM matches WHERE state = 'confirmed'") == 1
    assert second["volunteer_id"] == offer["volunteer_id"]


async def test_im_coming_and_the_stand_bys_yes_at_one_moment_give_the_seat_once(stage: Stage) -> None:
    referral, first, second = await planned(stage)
    await stage.until(THREE_HOURS_BEFORE)
    offer, option = await stand_by_offer(stage), await stage.option_of(first)
    told, answer = await asyncio.gather(says_coming(stage, first), stage.yes(offer, option))
    assert told is (answer.what is not Answered.GOING), "either Tom is in time or Wendy is, never both and never none"
    live = await stage.sql.fetch("SELECT volunteer_id FROM matches WHERE state <> 'cancelled'")
    assert [row["volunteer_id"] for row in live] == [first["volunteer_id"] if told else second["volunteer_id"]]
    assert await stage.state(referral) == "matched"


async def test_with_nobody_standing_by_a_person_rings(stage: Stage) -> None:
    await planned(stage, stands_by=False)
    await stage.until(THREE_HOURS_BEFORE)
    assert await stand_by_offer(stage) is None
    [alert] = [letter for letter in stage.letters_to("carol") if "nobody stands by" in words(letter)]
    assert "nobody stands by" in words(alert)
    assert await stage.one("SELECT reason FROM tasks WHERE kind = 'ring_them' AND state = 'open'") == "not_confirmed"


@pytest.mark.parametrize("answer", ["comes", "cannot", "silent"])
async def test_nobody_need_ring_who_has_answered_or_whose_meeting_is_over(stage: Stage, answer: str) -> None:
    _, first, _ = await planned(stage, stands_by=False)
    await stage.until(THREE_HOURS_BEFORE)
    rings = "SELECT count(*) FROM tasks WHERE kind = 'ring_them' AND reason = 'not_confirmed' AND state = 'open'"
    assert await stage.one(rings) == 1
    if answer == "comes":
        assert await says_coming(stage, first)
    elif answer == "cannot":
        gone = await match_of(stage, first)
        await stage.db.act(withdrawing.withdraw_companion, stage.config, stage.now, actor=who(first), match_id=gone)
    else:
        await stage.until(THURSDAY + timedelta(hours=1))
        assert await stage.one(rings) == 1, "they could still be rung while it goes on"
        await stage.until(THURSDAY + timedelta(hours=3))
    assert await stage.one(rings) == 0


@pytest.mark.parametrize("change", ["notice = 'one_day'", "says_is = NULL", "may_be_asked = false", "checklist_complete = false"])
async def test_a_stand_by_still_passes_every_hard_rule(stage: Stage, change: str) -> None:
    _, _, second = await planned(stage, comfort="man")
    await stage.sql.execute(f"UPDATE volunteers SET {change} WHERE id = $1", second["volunteer_id"])
    await stage.until(THREE_HOURS_BEFORE)
    assert await stand_by_offer(stage) is None
    assert await stage.one("SELECT count(*) FROM tasks WHERE kind = 'ring_them'") == 1


async def test_two_hours_before_a_silent_stand_by_is_thanked_and_a_person_rings(stage: Stage) -> None:
    referral, first, _ = await planned(stage)
    await stage.until(THURSDAY - timedelta(hours=2))
    offer = await stand_by_offer(stage)
    assert offer["state"] == "withdrawn"
    assert [letter for letter in stage.letters_to("wendy") if "thank you" in str(letter["Subject"]).lower()]
    assert await stage.one("SELECT count(*) FROM tasks WHERE kind = 'ring_them' AND state = 'open'") == 1
    assert await stage.state(referral) == "matched" and await says_coming(stage, first)


async def test_a_yes_given_on_the_day_is_its_own_answer(stage: Stage) -> None:
    await stage.world.volunteer("Tom")
    referral = await stage.world.referral()
    await stage.begin(referral)
    await stage.until(THURSDAY.replace(hour=12, minute=0))
    await stage.yes((await stage.offers("sent", "expired"))[0])
    await stage.until(THURSDAY - timedelta(hours=1))
    assert about_today(stage) == [] and await stage.one("SELECT day_confirmed_at IS NOT NULL FROM matches")
    assert [letter for letter in stage.letters_to("carol") if "nobody stands by" in words(letter)] == []


async def test_who_drops_out_after_the_stand_by_was_asked_leaves_the_seat_to_them(stage: Stage) -> None:
    referral, first, _ = await planned(stage)
    await stage.until(THREE_HOURS_BEFORE + timedelta(minutes=10))
    offer = await stand_by_offer(stage)
    await stage.db.act(withdrawing.withdraw_companion, stage.config, stage.now, actor=who(first), match_id=await match_of(stage, first))
    assert (await stage.yes(offer)).what is Answered.GOING
    assert await stage.state(referral) == "matched"


async def test_a_stand_by_is_asked_before_somebody_who_was_only_too_late_when_a_place_opens_again(stage: Stage) -> None:
    for name in ("Tom", "Wendy", "Ann"):
        await stage.world.volunteer(name)
    referral = await stage.world.referral()
    await stage.begin(referral)
    first, late, stands = await stage.offers("sent")
    await stage.yes(first)
    await stage.pass_time(minutes=16)
    await stage.yes(late)
    await stage.pass_time(minutes=1)
    await stage.yes(stands)
    await stage.db.act(stopping.stand_by, stage.config, stage.now, actor=who(stands), offer_id=stands["id"], standby=True)
    actor = Actor(ActorKind.VOLUNTEER, first["volunteer_id"])
    await stage.db.act(withdrawing.withdraw_companion, stage.config, stage.now, actor=actor, match_id=await match_of(stage, first))
    await stage.worker.run_until_idle()
    assert [row["volunteer_id"] for row in await stage.offers("sent")] == [stands["volunteer_id"]]


async def test_a_seat_whose_companion_has_said_that_they_are_coming_passes_to_nobody_whatever_became_of_the_offer(stage: Stage) -> None:
    _, first, _ = await planned(stage)
    await stage.until(THREE_HOURS_BEFORE)
    offer = await stand_by_offer(stage)
    assert await says_coming(stage, first)
    async with stage.sql.transaction():
        await claim_acting(stage.sql, OPERATOR, "plant", stage.now)
        await stage.sql.execute("UPDATE offers SET state = 'sent', state_reason = NULL WHERE id = $1", offer["id"])
    assert (await stage.yes(offer)).what is Answered.COVERED
    assert await stage.one("SELECT volunteer_id FROM matches WHERE state = 'confirmed'") == first["volunteer_id"]
