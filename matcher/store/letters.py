"""The outbox: letters frozen to their last byte, claimed with a lease, ended once (reliability 3)."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from matcher.domain.connection import Connection, Row
from matcher.domain.outbox import ClaimedLetter, EndedLetter, Held, LetterLine, NewLetter, sealed_in
from matcher.domain.sealed import PersonKey

NO_KEY = "no_key"
"""The code of a letter whose reader's key is gone: nobody can open it any more, its reader least of all."""


async def insert_letter(tx: Connection, letter: NewLetter) -> bool:
    """Put a letter into the outbox. False when this very letter (same party, thing, kind, occasion, revision) stands there already."""
    status = await tx.execute(
        """
        INSERT INTO letters (id, kind, about_id, party_kind, party_id, occasion, revision, channel, referral_id, provider_id, area_id,
                             message_id, sealed_bytes, sealed_to, bytes_sha256, created_at, due_at, not_after, next_at, state)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $17, 'waiting')
        ON CONFLICT (about_id, party_id, kind, occasion, revision) DO NOTHING
        """,
        letter.id,
        letter.kind,
        letter.about_id,
        letter.party_kind,
        letter.party_id,
        letter.occasion,
        letter.revision,
        letter.channel,
        letter.referral_id,
        letter.provider_id,
        letter.area_id,
        letter.message_id,
        letter.sealed_bytes,
        letter.sealed_to,
        letter.bytes_sha256,
        letter.created_at,
        letter.due_at,
        letter.not_after,
    )
    return status.endswith(" 1")


async def count_revisions(c: Connection, about_id: UUID, party_id: UUID, kind: str, *, occasion: str = "") -> int:
    """The highest revision of this letter so far; 0 when none was written."""
    found = await c.fetchval(
        "SELECT max(revision) FROM letters WHERE about_id = $1 AND party_id = $2 AND kind = $3 AND occasion = $4",
        about_id,
        party_id,
        kind,
        occasion,
    )
    return found or 0


async def claim_due_letters(tx: Connection, now: datetime, *, lease_id: UUID, most: int, lease: timedelta) -> list[ClaimedLetter]:
    """Take up to `most` due letters for one lease. Committed before anything is sent; a dead worker's letters move again after it.

    Attempts are counted here, so that a letter that kills its worker is held after five tries. A later revision waits for the earlier one.
    A letter whose party has been forgotten can be opened by nobody: it ends here as cancelled, with the code NO_KEY.
    """
    rows = await tx.fetch(
        """
        UPDATE letters SET state = 'sending', attempts = attempts + 1, unanswered = unanswered + 1, lease_id = $2, leased_until = $1 + $4
         WHERE id IN (SELECT l.id FROM letters l
                WHERE (l.state = 'waiting' AND l.next_at <= $1 OR l.state = 'sending' AND l.leased_until < $1)
                  AND l.not_after > $1 AND l.unanswered < 5
                  AND NOT EXISTS (SELECT FROM letters o WHERE (o.about_id, o.party_id) = (l.about_id, l.party_id)
                        AND o.revision < l.revision AND o.state IN ('waiting', 'sending', 'held'))
                  AND EXISTS (SELECT FROM switches WHERE name = 'sending' AND paused_at IS NULL)
                ORDER BY l.next_at LIMIT $3 FOR UPDATE OF l SKIP LOCKED)
        RETURNING id, kind, about_id, party_kind, party_id, referral_id, message_id, sealed_bytes, sealed_to, attempts, lease_id, not_after,
                  (SELECT wrapped FROM person_keys k WHERE k.person_id = party_id) AS wrapped
        """,
        now,
        lease_id,
        most,
        lease,
    )
    nobodys = [row["id"] for row in rows if row["wrapped"] is None]
    if nobodys:
        await tx.execute(
            """
            UPDATE letters SET state = 'cancelled', last_code = $3, ended_at = $2, unanswered = 0, sealed_bytes = NULL, sealed_to = NULL,
                   lease_id = NULL, leased_until = NULL
             WHERE id = ANY($1)
            """,
            nobodys,
            now,
            NO_KEY,
        )
    return [_claimed(row) for row in rows if row["wrapped"] is not None]


def _claimed(row: Row) -> ClaimedLetter:
    key = PersonKey(row["party_id"], row["wrapped"])
    return ClaimedLetter(
        **{
            name: row[name]
            for name in ("id", "kind", "about_id", "party_kind", "party_id", "referral_id", "message_id", "attempts", "lease_id")
        },
        not_after=row["not_after"],
        sealed_bytes=sealed_in("letters.sealed_bytes", row["id"], key, row["sealed_bytes"]),
        sealed_to=sealed_in("letters.sealed_to", row["id"], key, row["sealed_to"]),
    )


async def claim_outcome(
    tx: Connection, letter_id: UUID, lease_id: UUID, *, state: str, code: str | None, now: datetime, refused: str | None = None
) -> bool:
    """End a letter as sent or bounced, and clear its bytes. False when another worker has taken the lease over: the result is dropped.

    `refused`, of a bounced one: `address` or `letter`.
    """
    return await _fenced(
        tx,
        """
        UPDATE letters SET state = $3, last_code = $4, ended_at = $5, refused = $6, unanswered = 0, sealed_bytes = NULL, sealed_to = NULL,
               lease_id = NULL, leased_until = NULL
         WHERE id = $1 AND state = 'sending' AND lease_id = $2
        """,
        letter_id,
        lease_id,
        state,
        code,
        now,
        refused,
    )


async def claim_next_try(tx: Connection, letter_id: UUID, lease_id: UUID, *, next_at: datetime, code: str | None) -> bool:
    """Put a letter back to wait for its next try. False when another worker has taken the lease over.

    Where nobody knows what became of an earlier try, it may have arrived: it stays under way until the next one, and nobody takes it back.
    """
    return await _fenced(
        tx,
        """
        UPDATE letters SET next_at = $3, last_code = $4, unanswered = unanswered - 1,
               state = CASE WHEN unanswered > 1 THEN 'sending' ELSE 'waiting' END,
               lease_id = CASE WHEN unanswered > 1 THEN lease_id END, leased_until = CASE WHEN unanswered > 1 THEN least($3, not_after) END
         WHERE id = $1 AND state = 'sending' AND lease_id = $2
        """,
        letter_id,
        lease_id,
        next_at,
        code,
    )


async def claim_given_back(tx: Connection, letter_id: UUID, lease_id: UUID) -> bool:
    """A worker that stops gives back a letter it has not begun to send: not counted as a try. False when its lease was lost.

    One that may have arrived at an earlier try stays under way, and can be taken at once.
    """
    return await _fenced(
        tx,
        """
        UPDATE letters SET attempts = attempts - 1, unanswered = unanswered - 1, state = CASE WHEN unanswered > 1 THEN 'sending' ELSE 'waiting' END,
               lease_id = CASE WHEN unanswered > 1 THEN lease_id END, leased_until = CASE WHEN unanswered > 1 THEN next_at END
         WHERE id = $1 AND state = 'sending' AND lease_id = $2
        """,
        letter_id,
        lease_id,
    )


async def _fenced(tx: Connection, query: str, *args: object) -> bool:
    return (await tx.execute(query, *args)).endswith(" 1")


async def list_with_late_letters(c: Connection, now: datetime, *, most: int = 100) -> list[UUID | None]:
    """Referrals with a letter whose latest moment has passed, the longest ago first; None stands for letters about no referral."""
    rows = await c.fetch(
        """
        SELECT referral_id FROM letters WHERE state IN ('waiting', 'held') AND not_after <= $1
            OR state = 'sending' AND not_after <= $1 AND leased_until < $1
         GROUP BY referral_id ORDER BY min(not_after) LIMIT $2
        """,
        now,
        most,
    )
    return [row["referral_id"] for row in rows]


async def claim_late_letters(tx: Connection, now: datetime, *, referral_id: UUID | None) -> list[EndedLetter]:
    """End a referral's letters whose latest moment has passed: too late to be useful, so a person is told instead. The referral is locked."""
    rows = await tx.fetch(
        """
        UPDATE letters SET state = 'expired', ended_at = $1, sealed_bytes = NULL, sealed_to = NULL, lease_id = NULL, leased_until = NULL
         WHERE id IN (SELECT id FROM letters WHERE referral_id IS NOT DISTINCT FROM $2 AND not_after <= $1
                         AND (state IN ('waiting', 'held') OR state = 'sending' AND leased_until < $1) FOR UPDATE SKIP LOCKED)
        RETURNING id, kind, about_id, party_kind, party_id, referral_id, provider_id, area_id
        """,
        now,
        referral_id,
    )
    return [EndedLetter(**dict(row)) for row in rows]


async def claim_poisonous_letters(tx: Connection, now: datetime) -> list[EndedLetter]:
    """Hold letters that were claimed five times without any recorded outcome: they may be killing their worker."""
    rows = await tx.fetch(
        """
        UPDATE letters SET state = 'held', lease_id = NULL, leased_until = NULL
         WHERE id IN (SELECT id FROM letters WHERE state = 'sending' AND leased_until < $1 AND unanswered >= 5 FOR UPDATE SKIP LOCKED)
        RETURNING id, kind, about_id, party_kind, party_id, referral_id, provider_id, area_id
        """,
        now,
    )
    return [EndedLetter(**dict(row)) for row in rows]


async def list_held(c: Connection) -> list[Held]:
    """Letters that wait for the operator."""
    rows = await c.fetch("SELECT 'letter' AS what, id, kind, due_at, not_after, referral_id FROM letters WHERE state = 'held'")
    return [Held(**dict(row)) for row in rows]


async def claim_released(tx: Connection, ids: Collection[UUID], now: datetime) -> set[UUID]:
    """Let held letters go to the next worker, as if they had never been tried. Returns those that were held."""
    rows = await tx.fetch(
        "UPDATE letters SET state = 'waiting', next_at = $2, unanswered = 0 WHERE id = ANY($1) AND state = 'held' RETURNING id",
        list(ids),
        now,
    )
    return {row["id"] for row in rows}


async def update_letters_cancelled(
    tx: Connection, about_ids: Sequence[UUID], now: datetime, *, kinds: Iterable[str] | None = None, party_id: UUID | None = None
) -> list[EndedLetter]:
    """Take back what has not left yet; sent letters and those under way count as told. Returns those taken back. Locked in the order of their ids."""
    rows = await tx.fetch(
        """
        UPDATE letters SET state = 'cancelled', ended_at = $2, sealed_bytes = NULL, sealed_to = NULL
         WHERE id IN (SELECT id FROM letters WHERE about_id = ANY($1) AND state IN ('waiting', 'held') AND ($3::text[] IS NULL OR kind = ANY($3))
                         AND ($4::uuid IS NULL OR party_id = $4) ORDER BY id FOR UPDATE)
        RETURNING id, kind, about_id, party_kind, party_id, referral_id, provider_id, area_id
        """,
        list(about_ids),
        now,
        list(kinds) if kinds is not None else None,
        party_id,
    )
    return [EndedLetter(**dict(row)) for row in rows]


async def update_letters_of_party_cancelled(tx: Connection, party_id: UUID, now: datetime) -> int:
    """Take back everything that still waits for somebody who has left. Returns how many."""
    status = await tx.execute(
        """
        UPDATE letters SET state = 'cancelled', ended_at = $2, sealed_bytes = NULL, sealed_to = NULL
         WHERE party_id = $1 AND state IN ('waiting', 'held')
        """,
        party_id,
        now,
    )
    return int(status.split()[-1])


async def list_letters_of_referral(c: Connection, referral_id: UUID) -> list[LetterLine]:
    """The letter log of a referral, oldest first: what, to which kind of party, how it ended. No bodies exist to be opened."""
    rows = await c.fetch(
        """
        SELECT id, kind, about_id, party_kind, party_id, revision, channel, state, created_at, due_at, ended_at, refused
          FROM letters WHERE referral_id = $1 ORDER BY created_at, id
        """,
        referral_id,
    )
    return [LetterLine(**dict(row)) for row in rows]


async def find_told(c: Connection, about_id: UUID, party_id: UUID, kind: str) -> bool:
    """Whether a letter of this kind has left (or is leaving) to this party about this thing."""
    return bool(
        await c.fetchval(
            "SELECT EXISTS (SELECT FROM letters WHERE about_id = $1 AND party_id = $2 AND kind = $3 AND state IN ('sending', 'sent'))",
            about_id,
            party_id,
            kind,
        )
    )


async def count_waiting(c: Connection) -> dict[str, int]:
    """How many letters stand in each unfinished state: for health and alarms."""
    rows = await c.fetch("SELECT state, count(*) AS n FROM letters WHERE state IN ('waiting', 'sending', 'held') GROUP BY state")
    return {row["state"]: row["n"] for row in rows}


async def list_unsent(c: Connection, *, most: int = 10_000) -> list[ClaimedLetter]:
    """Letters that have not ended, with their sealed bytes: for `check`, which opens each."""
    rows = await c.fetch(
        """
        SELECT l.id, l.kind, l.about_id, l.party_kind, l.party_id, l.referral_id, l.message_id, l.sealed_bytes, l.sealed_to, l.attempts,
               coalesce(l.lease_id, l.id) AS lease_id, l.not_after, k.wrapped
          FROM letters l JOIN person_keys k ON k.person_id = l.party_id WHERE l.state IN ('waiting', 'sending', 'held') LIMIT $1
        """,
        most,
    )
    return [_claimed(row) for row in rows]
