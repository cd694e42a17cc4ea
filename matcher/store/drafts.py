"""Drafts of referrals: sealed answers, one row each, gone once sent, dropped, or untouched for a week."""

from datetime import datetime
from uuid import UUID

from matcher.domain.connection import Connection, Row
from matcher.domain.draft import Draft
from matcher.domain.errors import NotFound
from matcher.domain.outbox import sealed_in
from matcher.domain.sealed import PersonKey

_DRAFT = """
    SELECT d.id, d.provider_id, d.keyworker_id, d.newcomer_id, d.answers_box, d.version, d.created_at, d.updated_at, k.wrapped
      FROM drafts d JOIN person_keys k ON k.person_id = d.newcomer_id
"""


async def insert_draft(tx: Connection, draft: Draft) -> None:
    """Keep a new draft, whose newcomer's key is kept already."""
    await tx.execute(
        """
        INSERT INTO drafts (id, provider_id, keyworker_id, newcomer_id, answers_box, version, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, 1, $6, $6)
        """,
        draft.id,
        draft.provider_id,
        draft.keyworker_id,
        draft.newcomer_id,
        draft.answers.box,
        draft.created_at,
    )


async def find_draft(c: Connection, draft_id: UUID) -> Draft | None:
    """A draft by its id; None once it was sent or dropped."""
    row = await c.fetchrow(_DRAFT + " WHERE d.id = $1", draft_id)
    return _draft(row) if row else None


async def get_draft(c: Connection, draft_id: UUID) -> Draft:
    """A draft by its id. Raises NotFound."""
    draft = await find_draft(c, draft_id)
    if draft is None:
        raise NotFound()
    return draft


async def claim_draft(tx: Connection, draft_id: UUID) -> Draft | None:
    """Lock a draft for this transaction; None once it was sent or dropped, also where that happened while this one waited."""
    row = await tx.fetchrow(_DRAFT + " WHERE d.id = $1 FOR UPDATE OF d", draft_id)
    return _draft(row) if row else None


async def list_drafts_of_keyworker(c: Connection, keyworker_id: UUID, *, most: int = 20) -> list[Draft]:
    """A keyworker's drafts, the latest first."""
    rows = await c.fetch(_DRAFT + " WHERE d.keyworker_id = $1 ORDER BY d.updated_at DESC LIMIT $2", keyworker_id, most)
    return [_draft(row) for row in rows]


async def update_answers(tx: Connection, draft_id: UUID, box: bytes, now: datetime) -> None:
    """Keep the answers so far. The draft is locked by this transaction."""
    await tx.execute("UPDATE drafts SET answers_box = $2, updated_at = $3, version = version + 1 WHERE id = $1", draft_id, box, now)


async def erase_draft(tx: Connection, draft_id: UUID) -> None:
    """Drop a draft. The newcomer's key is not touched: a referral may carry it on."""
    await tx.execute("DELETE FROM drafts WHERE id = $1", draft_id)


async def claim_untouched_drafts(tx: Connection, before: datetime, *, most: int = 200) -> list[Draft]:
    """Lock drafts nobody has saved since, the oldest first; those another worker has locked are left to it."""
    rows = await tx.fetch(_DRAFT + " WHERE d.updated_at < $1 ORDER BY d.updated_at LIMIT $2 FOR UPDATE OF d SKIP LOCKED", before, most)
    return [_draft(row) for row in rows]


def _draft(row: Row) -> Draft:
    key = PersonKey(row["newcomer_id"], row["wrapped"])
    return Draft(
        id=row["id"],
        provider_id=row["provider_id"],
        keyworker_id=row["keyworker_id"],
        newcomer_id=row["newcomer_id"],
        answers=sealed_in("drafts.answers_box", row["id"], key, row["answers_box"]),
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
