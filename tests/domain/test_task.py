"""Tasks: each has an owner and outcomes, and none goes away without one."""

import pytest

from matcher.domain.actor import ActorKind, Role
from matcher.domain.journey import MATCH_TABLE, OFFER_TABLE, REFERRAL_TABLE, VOLUNTEER_TABLE
from matcher.domain.letter_kind import LetterKind
from matcher.domain.task import (
    TASKS,
    OutcomeDoesNotFit,
    OutcomeNeeded,
    TaskKind,
    TaskOutcome,
    can_close_task,
    check_can_close_task,
    task_instead,
)


def test_every_kind_has_an_owner_and_at_least_one_outcome() -> None:
    assert set(TASKS) == set(TaskKind)
    for kind, rule in TASKS.items():
        assert rule.outcomes and TaskOutcome.SUPERSEDED not in rule.outcomes, kind
        assert rule.role in (Role.KEYWORKER, Role.COORDINATOR, Role.SAFEGUARDING_LEAD)


def test_every_outcome_closes_something() -> None:
    assert {outcome for rule in TASKS.values() for outcome in rule.outcomes} | {TaskOutcome.SUPERSEDED} == set(TaskOutcome)


@pytest.mark.parametrize("kind", TaskKind)
def test_none_is_dismissed_without_an_outcome(kind: TaskKind) -> None:
    with pytest.raises(OutcomeNeeded):
        check_can_close_task(kind, None, by=ActorKind.COORDINATOR)
    for outcome in TaskOutcome:
        fits = outcome in TASKS[kind].outcomes
        assert can_close_task(kind, outcome, by=ActorKind.COORDINATOR) is fits
        if not fits:
            with pytest.raises(OutcomeDoesNotFit):
                check_can_close_task(kind, outcome, by=ActorKind.COORDINATOR)


def test_only_the_program_says_superseded() -> None:
    assert can_close_task(TaskKind.PRINT_PLAN, TaskOutcome.SUPERSEDED, by=ActorKind.CLOCK)
    assert not can_close_task(TaskKind.PRINT_PLAN, TaskOutcome.SUPERSEDED, by=ActorKind.KEYWORKER)
    assert not can_close_task(TaskKind.SAFEGUARDING, TaskOutcome.SUPERSEDED, by=ActorKind.CLOCK)


def test_a_newcomer_without_a_channel_is_told_by_a_person() -> None:
    assert task_instead(LetterKind.NEWCOMER_CONFIRMATION) is TaskKind.PRINT_PLAN
    for letter in (LetterKind.CHANGE, LetterKind.CANCELLATION, LetterKind.NO_COMPANION):
        assert task_instead(letter) is TaskKind.TELL_IN_PERSON
    assert all(TASKS[task_instead(letter)].role is Role.KEYWORKER for letter in LetterKind)


def test_the_tables_raise_tasks_that_exist() -> None:
    raised = {task for table in (REFERRAL_TABLE, OFFER_TABLE, MATCH_TABLE, VOLUNTEER_TABLE) for step in table.steps for task in step.tasks}
    assert {TaskKind.NEEDS_PERSON, TaskKind.RING_THEM, TaskKind.OVERDUE, TaskKind.VOLUNTEER_BOUNCED, TaskKind.ADMIT_VOLUNTEER} <= raised
