"""The same form twice is one change: an action and the nonce of its form in one transaction, and what to say when a commit is lost from sight."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from matcher.database import Database
from matcher.domain.connection import Connection
from matcher.domain.errors import Busy, Changed, OutcomeUnknown
from matcher.store import submissions
from matcher.store.submissions import Submission

LOOKING_SECONDS = 5.0
"""How long to look for a form whose commit nobody answered, before saying that we do not know (reliability 2)."""
BETWEEN_LOOKS = 0.25


class SentBefore(Changed):
    """This page was sent once already, with other answers. Nothing more was saved: please open the page again and look at what is there."""


def hash_answers(answers: Iterable[tuple[str, str]]) -> bytes:
    """What two sendings of one form are compared by: all its answers in order, but for its tokens."""
    told = sorted((name, value) for name, value in answers if name not in ("token", "nonce"))
    return sha256(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()).digest()


async def act_once(
    db: Database, submission: Submission, now: datetime, action: Callable[..., Awaitable[str]], *args: Any, **kwargs: Any
) -> str:
    """Run `action(tx, *args, **kwargs)` unless this form was answered before; either way the answer it gave (a short text, often an address).

    Raises SentBefore where the nonce came with other answers or from somebody else, and OutcomeUnknown where the connection was lost at the
    commit and cannot be asked within 5 s. A refusal of the action uses no nonce up: the form may be mended and sent again.
    """

    async def run(tx: Connection) -> str:
        return await action(tx, *args, **kwargs)

    try:
        return await db.act(_answer, submission, now, run)
    except OutcomeUnknown:
        return await _confirm(db, submission, now)


async def _answer(tx: Connection, submission: Submission, now: datetime, run: Callable[[Connection], Awaitable[str]]) -> str:
    if await submissions.claim_nonce(tx, submission, now):
        answer = await run(tx)
        await submissions.update_answer(tx, submission.nonce, answer)
        return answer
    earlier = await submissions.find_answered(tx, submission.nonce)
    if earlier is None or (earlier.actor_id, earlier.body_sha256) != (submission.actor_id, submission.body_sha256):
        raise SentBefore()
    return earlier.answer


async def _confirm(db: Database, submission: Submission, now: datetime) -> str:
    """Look for the form on a new connection, and write to its row before success is shown: what is merely visible may not last."""
    loop = asyncio.get_running_loop()
    until = loop.time() + LOOKING_SECONDS
    while loop.time() < until:
        answer = await _confirmed(db, submission, now, until - loop.time())
        if answer is not None:
            return answer
        await asyncio.sleep(BETWEEN_LOOKS)
    raise OutcomeUnknown()


async def _confirmed(db: Database, submission: Submission, now: datetime, seconds: float) -> str | None:
    try:
        async with asyncio.timeout(seconds):
            return await db.act(submissions.claim_confirmed, submission, now)
    except (Busy, OutcomeUnknown, TimeoutError):
        return None


def submission_of(nonce: str, actor_id: UUID | None, answers: Iterable[tuple[str, str]]) -> Submission:
    """One form as it was sent."""
    return Submission(nonce, actor_id, hash_answers(answers))
