"""A newcomer answers the questions of one round, by their own link or through their keyworker: each answer is kept at once, and some have consequences."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from matcher.actions.amending import check_hand
from matcher.actions.following import end_round
from matcher.actions.planning_next import Company, change_episode, plan_next_meeting
from matcher.actions.recording_outcomes import record_attended, record_not_attended
from matcher.actions.scene import Scene, again, claim_scene
from matcher.actions.telling import notify_keyworker, owe
from matcher.config import Config
from matcher.domain.actor import Actor
from matcher.domain.connection import Connection
from matcher.domain.errors import Finished, Invalid
from matcher.domain.follow_up import (
    NOT_SAID,
    FollowUp,
    FollowUpState,
    Question,
    Round,
    next_question,
    questions_of,
    read_answer,
)
from matcher.domain.journey import EpisodeEvent, ReferralState
from matcher.domain.letter_parts import KeyworkerReason
from matcher.domain.outcome import Barrier, Hand, ToldHow, Went, WhatNow
from matcher.domain.permission import check_can_answer_questions
from matcher.domain.referral import MOST_MEETINGS
from matcher.domain.task import TaskKind
from matcher.store import audit, follow_ups, outcomes

CALL_BACK = "call_back"
"""The reason on the keyworker's task, and what is chosen on the page."""


def answers_of_round(config: Config, round_: FollowUp) -> dict[str, Any]:
    """What has been answered so far, opened; lists as tuples."""
    opened = config.vault.open(round_.answers) if round_.answers else {}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in opened.items()}


async def _claim(tx: Connection, config: Config, now: datetime, *, actor: Actor, follow_up_id: UUID, action: str) -> tuple[Scene, FollowUp]:
    """Lock the round's referral. Raises Finished where the round or the referral is over, Hidden for any other hand."""
    round_ = await follow_ups.get_follow_up(tx, follow_up_id)
    check_can_answer_questions(actor, round_, now)
    await audit.claim_acting(tx, actor, action, now)
    scene = await claim_scene(tx, config, now, round_.referral_id)
    round_ = await follow_ups.get_follow_up(tx, follow_up_id)
    if round_.state is not FollowUpState.ASKED or not scene.referral.is_open or scene.referral.state is ReferralState.ON_HOLD:
        raise Finished()
    return scene, round_


async def answer_question(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, follow_up_id: UUID, question: Question, given: tuple[str, ...]
) -> None:
    """Keep one answer of the newcomer's own; after the last one the round is over. Raises Invalid for what the page did not offer."""
    scene, round_ = await _claim(tx, config, now, actor=actor, follow_up_id=follow_up_id, action="answer_question")
    answers = answers_of_round(config, round_)
    answer = read_answer(question, given)
    if answer is None or question not in questions_of(round_.round, answers):
        raise Invalid({"choice": "not_offered" if given else "empty"})
    answers[question.value] = answer
    await _keep(scene, round_, answers)
    if next_question(round_.round, answers) is None:
        await _end(scene, round_, FollowUpState.ANSWERED)
    await _follow(scene, actor, round_, question=question, answers=answers)


async def _keep(scene: Scene, round_: FollowUp, answers: Mapping[str, Any]) -> None:
    """Sealed under the newcomer's own key: forgetting them forgets what they said."""
    if scene.referral.key is None:
        raise Finished()
    box = scene.config.vault.seal(scene.referral.key, f"follow_ups.answers_box:{round_.id}", dict(answers))
    await follow_ups.update_answers(scene.tx, round_.id, box)


async def _end(scene: Scene, round_: FollowUp, state: FollowUpState, *, by: Hand = Hand.NEWCOMER, staff_id: UUID | None = None) -> None:
    how = ToldHow.LINK if by is Hand.NEWCOMER else ToldHow.KEYWORKER
    if round_.round is Round.AFTER:
        await follow_ups.claim_ended(scene.tx, round_.id, scene.now, state=state, answered_by=by.value, how=how.value)
    else:
        await end_round(scene, round_, state, by=by.value, how=how.value, staff_id=staff_id)


async def _follow(scene: Scene, actor: Actor, round_: FollowUp, *, question: Question, answers: Mapping[str, Any]) -> None:
    """What follows from an answer: the outcome, another try, the next meeting, a call, or that they go their own way."""
    answer = answers[question.value]
    facts: dict[str, Any] = {"actor": actor, "referral_id": scene.referral.id}
    tx, config, now = scene.tx, scene.config, scene.now
    if answer == "ring_me":
        await call_back(scene, round_.id)
    elif question is Question.WENT and answer != "no" and await _is_open_question(scene, round_):
        await record_attended(tx, config, now, went=Went(answer), how=ToldHow.LINK, **facts)
    elif question is Question.WHAT_NOW and await _is_open_question(scene, round_):
        said = answers.get(Question.BARRIER.value, NOT_SAID)
        barrier = None if said == NOT_SAID else Barrier(said)
        await record_not_attended(tx, config, now, how=ToldHow.LINK, what_now=WhatNow(answer), barrier=barrier, **facts)
    elif question is Question.COMPANY:
        await _company(scene, answer, facts)


async def _is_open_question(scene: Scene, round_: FollowUp) -> bool:
    """Whether how this very meeting went is still to be said: a keyworker may have said it meanwhile, and then theirs stands."""
    referral = (await again(scene)).referral
    attempt = await outcomes.find_attempt(scene.tx, referral.id, referral.meeting_number)
    return referral.state is ReferralState.AWAITING_OUTCOME and round_.about == (referral.meeting_number, attempt)


async def _company(scene: Scene, answer: str, facts: Mapping[str, Any]) -> None:
    referral = (await again(scene)).referral
    if referral.state is not ReferralState.FOLLOWING or max(referral.met_count, referral.meeting_number) >= MOST_MEETINGS:
        return
    if answer == "own_way":
        await change_episode(scene.tx, scene.config, scene.now, event=EpisodeEvent.OWN_CONTACT, **facts)
    elif answer in ("same", "other"):
        company = Company.SAME if answer == "same" else Company.SOMEBODY_ELSE
        await plan_next_meeting(scene.tx, scene.config, scene.now, company=company, **facts)


async def call_back(scene: Scene, about_id: UUID) -> None:
    """They ask to be rung: a line on the keyworker's list, and a word to them. No word of why is sent by mail."""
    await owe(scene, TaskKind.TELL_IN_PERSON, reason=CALL_BACK, due_at=scene.now + scene.config.timing.outcome_chases[0], about_id=about_id)
    await notify_keyworker(scene, KeyworkerReason.CALL_BACK)


async def ask_for_call(tx: Connection, config: Config, now: datetime, *, actor: Actor, follow_up_id: UUID) -> None:
    """Please ring me, whatever else was answered. The questions stay open."""
    scene, round_ = await _claim(tx, config, now, actor=actor, follow_up_id=follow_up_id, action="ask_for_call")
    await call_back(scene, round_.id)


async def skip_round(tx: Connection, config: Config, now: datetime, *, actor: Actor, follow_up_id: UUID) -> None:
    """Not now: this round is over without another letter. What was answered so far is kept."""
    scene, round_ = await _claim(tx, config, now, actor=actor, follow_up_id=follow_up_id, action="skip_questions")
    await _end(scene, round_, FollowUpState.SKIPPED)


async def record_round(
    tx: Connection, config: Config, now: datetime, *, actor: Actor, follow_up_id: UUID, answers: Mapping[str, tuple[str, ...]]
) -> None:
    """The keyworker asked and writes the answers down, all at once; what was passed over counts as not said. Raises Invalid, Finished."""
    round_ = await follow_ups.get_follow_up(tx, follow_up_id)
    await audit.claim_acting(tx, actor, "record_answers", now)
    scene = await claim_scene(tx, config, now, round_.referral_id)
    check_hand(actor, scene.referral, now)
    round_ = await follow_ups.get_follow_up(tx, follow_up_id)
    if round_.round is Round.AFTER or round_.state is not FollowUpState.ASKED or not scene.referral.is_open:
        raise Finished()
    kept: dict[str, Any] = {}
    for question in questions_of(round_.round, {}):
        given = answers.get(question.value, ())
        answer = read_answer(question, given) if given else "no" if question is Question.RING_ME else NOT_SAID
        if answer is None:
            raise Invalid({question.value: "not_offered"})
        kept[question.value] = answer
    await _keep(scene, round_, kept)
    await _end(scene, round_, FollowUpState.ANSWERED, by=Hand.KEYWORKER, staff_id=actor.id)
