"""The same form twice is one change; a commit that nobody answered is looked for before anything is said."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from matcher.actions import once
from matcher.actions.once import SentBefore, act_once, submission_of
from matcher.database import Database
from matcher.domain.connection import Connection
from matcher.domain.errors import OutcomeUnknown, Refused
from tests.site import TestClock

PRIYA, EVE = uuid4(), uuid4()
NONCE = "n" * 22


async def note(tx: Connection, now: datetime, *, word: str, wait: float = 0.0) -> str:
    """A change that can be counted: one row for each time it runs."""
    await tx.execute("INSERT INTO rate_limits (counted, window_from, hits) VALUES ($1, $2, 1)", uuid4().bytes, now)
    await asyncio.sleep(wait)
    return f"/done/{word}"


async def ran(connection: Any) -> int:
    return await connection.fetchval("SELECT count(*) FROM rate_limits")


async def test_a_form_sent_twice_changes_once_and_gets_the_same_answer(db: Database, clock: TestClock, connection: Any) -> None:
    sent = submission_of(NONCE, PRIYA, [("word", "a"), ("token", "x"), ("nonce", NONCE)])
    again = submission_of(NONCE, PRIYA, [("nonce", NONCE), ("token", "another"), ("word", "a")])
    assert await act_once(db, sent, clock.now, note, clock.now, word="a") == "/done/a"
    assert await act_once(db, again, clock.now, note, clock.now, word="b") == "/done/a"
    assert await ran(connection) == 1


async def test_twenty_at_once_change_once(db: Database, clock: TestClock, connection: Any) -> None:
    sent = submission_of(NONCE, PRIYA, [("word", "a")])
    answers = await asyncio.gather(*(act_once(db, sent, clock.now, note, clock.now, word="a", wait=0.01) for _ in range(20)))
    assert set(answers) == {"/done/a"}
    assert await ran(connection) == 1


@pytest.mark.parametrize(
    "other", [submission_of(NONCE, PRIYA, [("word", "b")]), submission_of(NONCE, EVE, [("word", "a")])], ids=["answers", "person"]
)
async def test_the_same_nonce_with_other_answers_or_another_person_is_refused(
    db: Database, clock: TestClock, connection: Any, other: once.Submission
) -> None:
    await act_once(db, submission_of(NONCE, PRIYA, [("word", "a")]), clock.now, note, clock.now, word="a")
    with pytest.raises(SentBefore):
        await act_once(db, other, clock.now, note, clock.now, word="b")
    assert await ran(connection) == 1


async def test_a_refusal_uses_no_nonce_up(db: Database, clock: TestClock, connection: Any) -> None:
    async def refuse(tx: Connection) -> str:
        raise Refused

    sent = submission_of(NONCE, PRIYA, [("word", "a")])
    with pytest.raises(Refused):
        await act_once(db, sent, clock.now, refuse)
    assert await act_once(db, sent, clock.now, note, clock.now, word="a") == "/done/a"


class Lossy:
    """A database whose commit is not answered the first time. `committed` says what really happened."""

    def __init__(self, db: Database, *, committed: bool) -> None:
        self.db, self.committed, self.calls = db, committed, 0

    async def act(self, action: Any, *args: Any, **kwargs: Any) -> Any:
        self.calls += 1
        if self.calls > 1:
            return await self.db.act(action, *args, **kwargs)
        if self.committed:
            await self.db.act(action, *args, **kwargs)
        raise OutcomeUnknown


async def test_a_lost_commit_that_happened_is_found_and_confirmed_by_a_write(db: Database, clock: TestClock, connection: Any) -> None:
    lossy: Any = Lossy(db, committed=True)
    sent = submission_of(NONCE, PRIYA, [("word", "a")])
    assert await act_once(lossy, sent, clock.now, note, clock.now, word="a") == "/done/a"
    assert await connection.fetchval("SELECT confirmed_at FROM submissions WHERE nonce = $1", NONCE) == clock.now
    assert await ran(connection) == 1


async def test_a_lost_commit_that_cannot_be_found_is_unknown_never_failed(
    db: Database, clock: TestClock, connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(once, "LOOKING_SECONDS", 0.3)
    lossy: Any = Lossy(db, committed=False)
    with pytest.raises(OutcomeUnknown):
        await act_once(lossy, submission_of(NONCE, PRIYA, [("word", "a")]), clock.now, note, clock.now, word="a")
    assert await ran(connection) == 0
