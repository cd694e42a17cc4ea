"""Capability links in letters, by the hash of their token. Finding one writes nothing: looking changes nothing."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from matcher.domain.connection import Connection


@dataclass(frozen=True, slots=True)
class Link:
    """What a token opens: one purpose, one party, one thing. `live` is False once it was used up, superseded or has expired."""

    purpose: str
    party_kind: str
    party_id: UUID
    about_id: UUID
    created_at: datetime
    expires_at: datetime | None
    live: bool


async def find_link(c: Connection, hashed: bytes, now: datetime) -> Link | None:
    """The link of this token hash, live or not; None for a forged one. The caller shows both the same page."""
    row = await c.fetchrow(
        """
        SELECT purpose, party_kind, party_id, about_id, created_at, expires_at,
               ended_at IS NULL AND (expires_at IS NULL OR expires_at > $2) AS live
          FROM links WHERE token_hash = $1
        """,
        hashed,
        now,
    )
    return Link(**dict(row)) if row else None


async def insert_link(tx: Connection, hashed: bytes, link: Link, *, ends_older: bool) -> None:
    """Keep a new link. With `ends_older`, the older ones of its purpose, party and thing live on until the letter it stands in has left."""
    await tx.execute(
        """
        INSERT INTO links (token_hash, purpose, party_kind, party_id, about_id, created_at, expires_at, ends_older)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        hashed,
        link.purpose,
        link.party_kind,
        link.party_id,
        link.about_id,
        link.created_at,
        link.expires_at,
        ends_older,
    )


async def update_links_in_letter(tx: Connection, letter_id: UUID, *, about_id: UUID, party_id: UUID) -> None:
    """The links just made about this thing for this party stand in this letter; one whose own letter was never written is in nobody's hands."""
    await tx.execute(
        "UPDATE links SET letter_id = $1 WHERE about_id = $2 AND party_id = $3 AND letter_id IS NULL AND ended_at IS NULL",
        letter_id,
        about_id,
        party_id,
    )


async def update_older_links_ended(tx: Connection, letter_id: UUID, now: datetime) -> None:
    """A letter has left: its links end those made before them for the same purpose, party and thing, where they are meant to."""
    await tx.execute(
        """
        UPDATE links o SET ended_at = $2 FROM links n
         WHERE n.letter_id = $1 AND n.ends_older AND (o.about_id, o.party_id, o.purpose) = (n.about_id, n.party_id, n.purpose)
           AND o.number < n.number AND o.ended_at IS NULL
        """,
        letter_id,
        now,
    )


async def update_links_until(tx: Connection, about_id: UUID, *, purpose: str, until: datetime) -> None:
    """Let the live links of one purpose about a thing work longer, where they would end before."""
    await tx.execute(
        "UPDATE links SET expires_at = $3 WHERE about_id = $1 AND purpose = $2 AND ended_at IS NULL AND expires_at < $3",
        about_id,
        purpose,
        until,
    )


async def update_links_ended(tx: Connection, about_id: UUID, now: datetime, *, purpose: str | None = None) -> None:
    """End every live link about a thing, or only those of one purpose."""
    await tx.execute(
        "UPDATE links SET ended_at = $2 WHERE about_id = $1 AND ended_at IS NULL AND ($3::text IS NULL OR purpose = $3)",
        about_id,
        now,
        purpose,
    )
