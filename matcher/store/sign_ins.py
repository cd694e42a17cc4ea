"""Sign-ins and the typed codes that open them. Tokens and codes are stored hashed: a copy of these tables signs nobody in."""

from datetime import datetime, timedelta
from uuid import UUID

from matcher.domain.connection import Connection
from matcher.domain.staff import SignIn, SignInCode
from matcher.store.staff_accounts import read_staff


async def insert_sign_in(tx: Connection, token_hash: bytes, staff_id: UUID, now: datetime) -> None:
    """Keep a new sign-in."""
    await tx.execute("INSERT INTO sign_ins (token_hash, staff_id, created_at, seen_at) VALUES ($1, $2, $3, $3)", token_hash, staff_id, now)


async def find_sign_in(c: Connection, token_hash: bytes, now: datetime, *, idle: timedelta, most: timedelta) -> SignIn | None:
    """The live sign-in of an active account; None once it was ended, idle for too long, or too old."""
    row = await c.fetchrow(
        """
        SELECT i.created_at AS signed_in_at, i.seen_at, s.id, s.provider_id, s.role, s.state, s.email_state, s.details_box, s.created_at,
               s.confirmed_at, k.wrapped, ARRAY(SELECT area_id FROM coordinator_areas ca WHERE ca.staff_id = s.id) AS area_ids
          FROM sign_ins i JOIN staff s ON s.id = i.staff_id JOIN person_keys k ON k.person_id = s.id
         WHERE i.token_hash = $1 AND i.ended_at IS NULL AND i.seen_at > $2 AND i.created_at > $3 AND s.state = 'active'
        """,
        token_hash,
        now - idle,
        now - most,
    )
    return SignIn(read_staff(row), row["signed_in_at"], row["seen_at"]) if row else None


async def update_seen(tx: Connection, token_hash: bytes, now: datetime) -> None:
    """Note that this sign-in is in use. Never backwards."""
    await tx.execute("UPDATE sign_ins SET seen_at = $2 WHERE token_hash = $1 AND ended_at IS NULL AND seen_at < $2", token_hash, now)


async def update_sign_in_ended(tx: Connection, token_hash: bytes, now: datetime) -> UUID | None:
    """End one sign-in. Returns whose it was; None where it had ended."""
    staff_id: UUID | None = await tx.fetchval(
        "UPDATE sign_ins SET ended_at = $2 WHERE token_hash = $1 AND ended_at IS NULL RETURNING staff_id", token_hash, now
    )
    return staff_id


async def update_all_sign_ins_ended(tx: Connection, staff_id: UUID, now: datetime) -> int:
    """End every sign-in of one account. Returns how many."""
    status = await tx.execute("UPDATE sign_ins SET ended_at = $2 WHERE staff_id = $1 AND ended_at IS NULL", staff_id, now)
    return int(status.split()[-1])


async def insert_code(tx: Connection, code: SignInCode, *, browser_hash: bytes, address_hash: bytes) -> None:
    """Keep a code that was (or was not) sent. Earlier ones of this browser live on for their own time."""
    await tx.execute(
        """
        INSERT INTO sign_in_codes (id, staff_id, browser_hash, address_hash, code_hash, created_at, expires_at, tries)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        code.id,
        code.staff_id,
        browser_hash,
        address_hash,
        code.code_hash,
        code.created_at,
        code.expires_at,
        code.tries,
    )


async def claim_try(tx: Connection, browser_hash: bytes, now: datetime, *, most: int) -> list[SignInCode]:
    """Use up one try of every live code of this browser; returns those that still had one, locked until the transaction ends."""
    rows = await tx.fetch(
        """
        UPDATE sign_in_codes SET tries = tries + 1
         WHERE browser_hash = $1 AND expires_at > $2 AND used_at IS NULL AND tries < $3
        RETURNING id, staff_id, code_hash, created_at, expires_at, tries
        """,
        browser_hash,
        now,
        most,
    )
    return [SignInCode(**dict(row)) for row in rows]


async def count_live_codes(c: Connection, browser_hash: bytes, now: datetime) -> int:
    """How many codes this browser has asked for that have not expired or been used."""
    return int(
        await c.fetchval(
            "SELECT count(*) FROM sign_in_codes WHERE browser_hash = $1 AND expires_at > $2 AND used_at IS NULL", browser_hash, now
        )
    )


async def update_codes_used(tx: Connection, browser_hash: bytes, now: datetime) -> None:
    """One right code ends all the codes of its browser."""
    await tx.execute("UPDATE sign_in_codes SET used_at = $2 WHERE browser_hash = $1 AND used_at IS NULL", browser_hash, now)


async def update_codes_of_staff_ended(tx: Connection, staff_id: UUID, now: datetime) -> None:
    """End every code of one account, whichever browser asked."""
    await tx.execute("UPDATE sign_in_codes SET used_at = $2 WHERE staff_id = $1 AND used_at IS NULL", staff_id, now)


async def erase_old_sign_ins(tx: Connection, before: datetime) -> int:
    """Forget codes made, and sign-ins last seen, before this. Returns how many rows went."""
    codes = await tx.execute("DELETE FROM sign_in_codes WHERE created_at < $1", before)
    old = await tx.execute("DELETE FROM sign_ins WHERE coalesce(ended_at, seen_at) < $1", before)
    return int(codes.split()[-1]) + int(old.split()[-1])
