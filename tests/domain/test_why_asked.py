"""Why somebody was asked, told to themselves: from what was stored, however oddly, and never more than that."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.why_asked import Because, reasons_told
from matcher.matching.asking_view import AskReason, ClaimKind, DecisionReason

THEN = datetime(2026, 11, 23, 10, tzinfo=UTC)


def stored(**changes: Any) -> dict[str, Any]:
    """An explanation as the action writes it: every value a text, or nothing."""
    facts: dict[str, Any] = {
        "policy": "product",
        "decided_at": THEN,
        "reason": DecisionReason.WAVE,
        "rank": 1,
        "considered": 4,
        "wave": 1,
        "live_before": 0,
        "hours_left": 20.0,
        "km": 4.0,
        "load": 0.5,
        "last_asked_at": THEN - timedelta(days=30),
        "letters_this_week": 0,
        "standing": False,
    }
    return {key: None if value is None else str(value) for key, value in asdict(AskReason(**facts | changes)).items()}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, (Because.FREE, Because.NEAR, Because.NOT_LATELY)),
        ({"km": 10.1}, (Because.FREE, Because.WITHIN_REACH, Because.NOT_LATELY)),
        ({"km": None}, (Because.FREE, Because.NOT_LATELY)),
        ({"last_asked_at": None}, (Because.FREE, Because.NEAR, Because.NEVER_ASKED)),
        ({"last_asked_at": THEN - timedelta(days=13)}, (Because.FREE, Because.NEAR)),
        ({"last_asked_at": THEN - timedelta(days=14)}, (Because.FREE, Because.NEAR, Because.NOT_LATELY)),
        ({"standing": True, "last_asked_at": THEN}, (Because.STANDING, Because.NEAR)),
        ({"claim": ClaimKind.BANKED_YES}, (Because.CLAIM,)),
    ],
    ids=str,
)
def test_each_reason_is_told_where_it_was_true(changes: dict[str, Any], said: tuple[Because, ...]) -> None:
    assert reasons_told(stored(**changes)) == said


def test_somebody_asked_by_hand_is_told_so() -> None:
    assert reasons_told({"policy": "by_hand", "decided_at": THEN.isoformat(), "by": "x"}) == (Because.BY_HAND, Because.FREE)


@given(st.dictionaries(st.sampled_from(["km", "last_asked_at", "decided_at", "standing", "claim"]), st.text() | st.none() | st.floats()))
def test_what_is_missing_or_odd_is_no_reason_and_no_error(why: dict[str, Any]) -> None:
    said = reasons_told(why)
    assert len(said) == len(set(said)) >= 1
    assert Because.NEAR not in reasons_told({"km": "nan"}) and Because.NEAR not in reasons_told({"km": "-3"})
