"""What geocoders answered about venues, and whose turn it is to ask: one question a second for all processes together."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from matcher.domain.connection import Connection


@dataclass(frozen=True, slots=True)
class WaitingVenue:
    """A venue to be asked about: which meeting it is of, and its address as the directory publishes it."""

    meeting_id: UUID
    asked: str
    postcode: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """An answer as it is kept. `outcome`: found, nothing, refused (there is one, and it may not be used) or failed (there is none)."""

    outcome: str
    fault: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    radius_m: int | None = None
    label: str | None = None


async def claim_turn(tx: Connection, geocoder: str, now: datetime, *, gap: timedelta) -> bool:
    """Take the next turn to ask, if it has come: no two processes have it."""
    taken = await tx.fetchval(
        """
        INSERT INTO geocoder_turns AS turns (geocoder, next_at) VALUES ($1, $3)
        ON CONFLICT (geocoder) DO UPDATE SET next_at = EXCLUDED.next_at WHERE turns.next_at <= $2
        RETURNING geocoder
        """,
        geocoder,
        now,
        now + gap,
    )
    return taken is not None


async def claim_venue(tx: Connection, geocoder: str, now: datetime, *, until: datetime) -> WaitingVenue | None:
    """The next venue nobody knows more of than its sector, its address not asked about yet, or long ago. Nobody else asks before `until`."""
    row = await tx.fetchrow(
        """
        WITH next AS (
            SELECT v.id AS meeting_id, v.asked, v.postcode
              FROM venue_places v LEFT JOIN geocoder_answers a ON a.geocoder = $1 AND a.asked = v.asked
             WHERE v.place_precision IN ('sector', 'outcode', 'town', 'none') AND v.status IN ('active', 'unconfirmed', 'temporarily_closed')
               AND length(v.asked) >= 8 AND (a.asked IS NULL OR a.ask_again_at <= $2)
             ORDER BY a.asked_at NULLS FIRST, v.id LIMIT 1
        ), kept AS (
            INSERT INTO geocoder_answers (geocoder, asked, outcome, asked_at, ask_again_at) SELECT $1, asked, 'asking', $2, $3 FROM next
            ON CONFLICT (geocoder, asked) DO UPDATE SET outcome = 'asking', fault = NULL, asked_at = $2, ask_again_at = $3
        )
        SELECT meeting_id, asked, postcode FROM next
        """,
        geocoder,
        now,
        until,
    )
    return WaitingVenue(**dict(row)) if row else None


async def update_answer(
    tx: Connection, geocoder: str, asked: str, *, answer: KeptAnswer, asked_at: datetime, ask_again_at: datetime
) -> None:
    """Keep what was answered, or that nothing was."""
    await tx.execute(
        """
        UPDATE geocoder_answers SET outcome = $3::text, fault = $4, latitude = $5, longitude = $6, radius_m = $7, label = $8, asked_at = $9,
               ask_again_at = $10, tries = CASE WHEN $3 = 'failed' THEN least(tries + 1, 1000) ELSE 0 END
         WHERE geocoder = $1 AND asked = $2
        """,
        geocoder,
        asked,
        answer.outcome,
        answer.fault,
        answer.latitude,
        answer.longitude,
        answer.radius_m,
        answer.label,
        asked_at,
        ask_again_at,
    )


async def find_tries(c: Connection, geocoder: str, asked: str) -> int:
    """How often in a row this question has failed."""
    return int(await c.fetchval("SELECT tries FROM geocoder_answers WHERE geocoder = $1 AND asked = $2", geocoder, asked) or 0)


async def update_turn(tx: Connection, geocoder: str, *, next_at: datetime | None) -> int:
    """The server answered (None), or it did not and is to be left alone until then. How often in a row it did not."""
    failures: int = await tx.fetchval(
        """
        UPDATE geocoder_turns SET failures = CASE WHEN $2::timestamptz IS NULL THEN 0 ELSE least(failures + 1, 1000) END,
               next_at = greatest(next_at, coalesce($2, next_at))
         WHERE geocoder = $1 RETURNING failures
        """,
        geocoder,
        next_at,
    )
    return failures


async def find_failures(c: Connection, geocoder: str) -> int:
    """How often in a row the server has not answered."""
    return int(await c.fetchval("SELECT failures FROM geocoder_turns WHERE geocoder = $1", geocoder) or 0)


async def count_answers(c: Connection, geocoder: str) -> dict[str, int]:
    """How many questions ended how."""
    rows = await c.fetch("SELECT outcome, count(*) AS many FROM geocoder_answers WHERE geocoder = $1 GROUP BY outcome ORDER BY 1", geocoder)
    return {row["outcome"]: row["many"] for row in rows}
