"""Following up (R45, R46): when the questions come, by which way, how a round ends, and how it all ends well."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from matcher.actions import answering_questions, planning_next
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.errors import Finished, Hidden, Invalid
from matcher.domain.follow_up import (
    CHOICES,
    NOT_SAID,
    Question,
    Round,
    next_question,
    participation_count,
    questions_of,
    read_answer,
)
from matcher.domain.journey import EpisodeEvent
from matcher.domain.permission_facts import LinkPurpose
from tests.after_meeting import agree_to_be_asked, attended, over, planned
from tests.referral_making import priya
from tests.stage import Stage, words

THURSDAY = datetime(2026, 11, 26, 19, 30, tzinfo=UTC)
ASKED = "How are things?"


async def met(stage: Stage, *, agreed: bool = True) -> UUID:
    referral = await planned(stage)
    if agreed:
        await agree_to_be_asked(stage, referral)
    await over(stage, referral)
    await attended(stage, referral)
    return referral


def asked(stage: Stage) -> int:
    return len([letter for letter in stage.letters_to("noor") if letter["Subject"] == ASKED])


async def by_link(stage: Stage) -> tuple[UUID, Actor]:
    """The round that is open, and the newcomer holding its link."""
    row = await stage.sql.fetchrow(
        "SELECT f.id, r.newcomer_id FROM follow_ups f JOIN referrals r ON r.id = f.referral_id WHERE f.state = 'asked'"
    )
    return row["id"], Actor(ActorKind.NEWCOMER, row["newcomer_id"], link_purpose=LinkPurpose.FOLLOW_UP, about_id=row["id"])


async def answer_all(stage: Stage) -> None:
    round_id, noor = await by_link(stage)
    occasion = await stage.one("SELECT occasion FROM follow_ups WHERE id = $1", round_id)
    for question in questions_of(Round(occasion), {}):
        await stage.db.act(
            answering_questions.answer_question,
            stage.config,
            stage.now,
            actor=noor,
            follow_up_id=round_id,
            question=question,
            given=(CHOICES[question][0],),
        )
    await stage.worker.run_until_idle()


async def test_the_questions_come_one_four_and_twelve_weeks_after_the_first_meeting_and_then_it_ends_well(stage: Stage) -> None:
    referral = await met(stage)
    seen = []
    for weeks in (1, 4, 12):
        await stage.until(THURSDAY + timedelta(weeks=weeks) - timedelta(hours=1))
        before = asked(stage)
        await stage.until(THURSDAY + timedelta(weeks=weeks, hours=14))
        seen.append((before, asked(stage)))
        await answer_all(stage)
    assert seen == [(0, 1), (1, 2), (2, 3)]
    assert await stage.one("SELECT state || ' ' || close_reason FROM referrals WHERE id = $1", referral) == "closed completed"
    await stage.until(stage.now + timedelta(hours=12))
    (last,) = [letter for letter in stage.letters_to("noor") if letter["Subject"] == "Thank you"]
    assert "come back" in words(last) and "meeting" not in words(last)
    assert await stage.one("SELECT count(*) FROM timers WHERE state = 'waiting'") == 0
    boxes = [row["answers_box"] for row in await stage.sql.fetch("SELECT answers_box FROM follow_ups")]
    assert len(boxes) == 3 and not [box for box in boxes if b"talked" in box or b"meetings" in box], "sealed"


@pytest.mark.parametrize("agreed", [True, False])
async def test_without_their_word_or_channel_the_keyworker_asks_and_silence_ends_it_all_the_same(stage: Stage, agreed: bool) -> None:
    referral = await met(stage, agreed=agreed)
    if agreed:
        await stage.sql.execute("UPDATE referrals SET channel = 'keyworker'")
    await stage.until(THURSDAY + timedelta(weeks=1, hours=14))
    assert asked(stage) == 0 and await stage.one("SELECT count(*) FROM tasks WHERE kind = 'follow_up_by_person' AND state = 'open'") == 1
    await stage.until(THURSDAY + timedelta(weeks=15))
    assert [row["state"] for row in await stage.sql.fetch("SELECT state FROM follow_ups")] == ["silent"] * 3
    assert await stage.state(referral) == "closed" and await stage.one("SELECT close_reason FROM referrals") == "completed"
    owed = await stage.sql.fetch("SELECT kind, reason FROM tasks WHERE state = 'open'")
    said_by_hand = [("tell_in_person", "thank_you")] if agreed else []
    assert [tuple(row) for row in owed] == said_by_hand


async def test_they_go_on_while_the_next_meeting_is_looked_for(stage: Stage) -> None:
    referral = await met(stage)
    await stage.until(THURSDAY + timedelta(hours=15))
    facts = {"referral_id": referral, "company": planning_next.Company.ANYBODY}
    await stage.db.act(planning_next.plan_next_meeting, stage.config, stage.now, actor=priya(stage), **facts)
    await stage.worker.run_until_idle()
    (offer,) = await stage.offers("sent")
    await stage.no(offer)
    await stage.until(THURSDAY + timedelta(weeks=1, days=1))
    assert asked(stage) == 1, "a search that finds nobody ends, and the first steps are followed up as before"
    await stage.until(THURSDAY + timedelta(weeks=4, days=1))
    assert asked(stage) == 2 and await stage.state(referral) in ("following", "needs_person")


async def test_they_are_complete_at_once_where_they_have_people_of_their_own_and_want_no_more_questions(stage: Stage) -> None:
    referral = await met(stage)
    facts = {"referral_id": referral, "event": EpisodeEvent.OWN_CONTACT, "ask_on": False}
    await stage.db.act(planning_next.change_episode, stage.config, stage.now, actor=priya(stage), **facts)
    assert await stage.one("SELECT close_reason || ' ' || episode_reason FROM referrals") == "completed own_contact"
    await stage.until(stage.now + timedelta(days=8))
    assert asked(stage) == 0


async def test_only_the_newcomer_by_the_link_of_that_round_answers_it(stage: Stage) -> None:
    await met(stage)
    await stage.until(THURSDAY + timedelta(weeks=1, hours=14))
    round_id, noor = await by_link(stage)
    tom = await stage.one("SELECT volunteer_id FROM matches")
    wrong = (
        Actor(ActorKind.VOLUNTEER, tom, link_purpose=LinkPurpose.CHECK_IN, about_id=round_id),
        Actor(ActorKind.VOLUNTEER, noor.id, link_purpose=LinkPurpose.FOLLOW_UP, about_id=round_id),
        Actor(ActorKind.NEWCOMER, noor.id, link_purpose=LinkPurpose.MY_PLAN, about_id=round_id),
        Actor(ActorKind.NEWCOMER, tom, link_purpose=LinkPurpose.FOLLOW_UP, about_id=round_id),
    )
    facts = {"follow_up_id": round_id, "question": Question.MEETINGS, "given": ("1",)}
    for actor in wrong:
        with pytest.raises(Hidden):
            await stage.db.act(answering_questions.answer_question, stage.config, stage.now, actor=actor, **facts)
    with pytest.raises(Invalid):
        await stage.db.act(answering_questions.answer_question, stage.config, stage.now, actor=noor, **facts | {"given": ("99",)})
    assert await stage.one("SELECT answers_box FROM follow_ups") is None
    await answer_all(stage)
    with pytest.raises(Finished):
        await stage.db.act(answering_questions.answer_question, stage.config, stage.now, actor=noor, **facts)


def test_no_round_asks_more_than_six_questions_and_each_can_be_passed_over_or_is_a_choice_of_ones_own() -> None:
    for round_ in Round:
        for answers in ({}, {"went": "no"}):
            assert len(questions_of(round_, answers)) <= 6
    never_passed = {Question.WENT, Question.WHAT_NOW, Question.COMPANY, Question.RING_ME}
    assert {question for question in Question if NOT_SAID not in CHOICES[question]} == never_passed
    assert set(CHOICES) == set(Question)


def test_answers_are_read_as_they_were_offered_and_not_otherwise() -> None:
    assert read_answer(Question.SUPPORT, ("10",)) == "10" and read_answer(Question.SUPPORT, ("11",)) is None
    assert read_answer(Question.WENT, ("yes", "no")) is None and read_answer(Question.WENT, ()) is None
    ticked = read_answer(Question.TAKING_PART, ("helped", "talked"))
    assert ticked == ("talked", "helped") and participation_count({"taking_part": ticked}) == 2
    assert read_answer(Question.TAKING_PART, ("none", "talked")) is None
    assert participation_count({"taking_part": ("none",)}) == 0 and participation_count({"taking_part": (NOT_SAID,)}) is None
    assert participation_count({}) is None
    assert next_question(Round.AFTER, {}) is Question.WENT and next_question(Round.AFTER, {"went": "no"}) is Question.BARRIER
    assert next_question(Round.AFTER, {"went": "yes"}) is Question.HOW_WAS_IT
