"""Matches: the statements that give a seat away, once, and those that give it back. The referral is locked first in each of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from matcher.domain.arrangement import Match
from matcher.domain.connection import Connection, Row
from matcher.domain.errors import NotFound
from matcher.domain.journey_word import MatchState

COLUMNS = """
    m.id, m.offer_id, m.referral_id, m.provider_id, m.area_id, m.meeting_number, m.seat, m.volunteer_id, m.fellowship, m.option_id, m.meeting_id,
    m.on_date, m.starts_at, m.ends_at, m.meet_at, m.block, m.state, m.cancelled_reason, m.not_answered, m.accepted_at, m.undo_until,
    m.confirmed_at, m.day_confirmed_at, m.ended_at, m.revision, m.told_newcomer_at, m.calendar_uid
"""
ACCEPT = """
    WITH seat AS (
        UPDATE referrals r SET seats_taken = seats_taken + 1, needs_reason = NULL, updated_at = $12::timestamptz,
               state = CASE WHEN seats_taken + 1 = seats THEN 'matched' ELSE 'part_filled' END,
               matched_at = CASE WHEN seats_taken + 1 = seats THEN $12::timestamptz END
         WHERE id = $4 AND meeting_number = $17 AND seats_taken < seats
           AND (state IN ('looking', 'part_filled') OR state = 'needs_person' AND needs_reason = ANY($18))
        RETURNING id, seats_taken = seats AS full,
               CASE WHEN seats = 1 THEN 1
                    WHEN EXISTS (SELECT FROM matches m WHERE (m.referral_id, m.meeting_number, m.seat) = (r.id, r.meeting_number, 1)
                                   AND m.state NOT IN ('cancelled', 'missed')) THEN 2
                    ELSE 1 END AS number
    ), offer AS (
        UPDATE offers o SET state = 'accepted', state_reason = NULL, answered_at = $12
          FROM seat WHERE o.referral_id = seat.id AND o.id = $2 AND o.state = ANY($16) AND o.last_moment > $12
        RETURNING o.id, o.referral_id, o.provider_id, o.area_id, o.meeting_number, o.volunteer_id, o.fellowship, seat.number AS seat
    ), who AS (
        SELECT v.id, v.going_cap FROM volunteers v JOIN offer o ON o.volunteer_id = v.id
         WHERE v.state = 'active' AND v.may_be_asked FOR NO KEY UPDATE OF v
    ), counted AS (
        INSERT INTO volunteer_blocks AS b (volunteer_id, block, taken, cap, busy, busy_count)
        SELECT who.id, n, (n = $10)::int, who.going_cap, busy_bits(n, int4range($14, $15)), bit_count(busy_bits(n, int4range($14, $15)))
          FROM who, blocks_touched($10, int4range($14, $15)) AS n
        ON CONFLICT (volunteer_id, block) DO UPDATE SET
            taken = b.taken + EXCLUDED.taken, cap = CASE EXCLUDED.taken WHEN 0 THEN b.cap ELSE EXCLUDED.cap END,
            busy = b.busy | EXCLUDED.busy, busy_count = b.busy_count + EXCLUDED.busy_count
        RETURNING volunteer_id, block
    ), made AS (
        INSERT INTO matches AS m (id, offer_id, referral_id, provider_id, area_id, meeting_number, seat, volunteer_id, fellowship, option_id,
                                  meeting_id, on_date, starts_at, ends_at, meet_at, half_hours, block, state, accepted_at, undo_until, calendar_uid)
        SELECT $1, o.id, o.referral_id, o.provider_id, o.area_id, o.meeting_number, o.seat, o.volunteer_id, o.fellowship, $3,
               $5, $6, $7, $8, $9, int4range($14, $15), $10, 'planned', $12, $13, $11
          FROM offer o JOIN counted c ON c.volunteer_id = o.volunteer_id AND c.block = $10
        RETURNING *
    )
    SELECT seat.full, m.id, m.offer_id, m.referral_id, m.provider_id, m.area_id, m.meeting_number, m.seat, m.volunteer_id, m.fellowship, m.option_id,
           m.meeting_id, m.on_date, m.starts_at, m.ends_at, m.meet_at, m.block, m.state, m.cancelled_reason, m.not_answered, m.accepted_at,
           m.undo_until, m.confirmed_at, m.day_confirmed_at, m.ended_at, m.revision, m.told_newcomer_at, m.calendar_uid
      FROM seat LEFT JOIN made m ON m.referral_id = seat.id
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """What an acceptance came to once a seat was free: the match, None when the offer itself could not be accepted; and whether no seat is left."""

    match: Match | None
    full: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMatch:
    """What an acceptance is made of, besides the offer itself. Half hours are numbers since 1970, the last one not included."""

    id: UUID
    offer_id: UUID
    option_id: UUID
    meeting_id: UUID
    on_date: date
    starts_at: datetime
    ends_at: datetime
    meet_at: datetime
    block: int
    half_hours: range
    accepted_at: datetime
    undo_until: datetime
    calendar_uid: UUID


def match_of(row: Row | dict[str, Any]) -> Match:
    """A row of matches as a record."""
    return Match(**dict(row) | {"state": MatchState(row["state"])})


async def claim_match(
    tx: Connection, referral_id: UUID, meeting_number: int, new: NewMatch, *, sources: Sequence[str], reasons: Sequence[str]
) -> Taken | None:
    """The acceptance, in one statement: take a seat, accept the offer, lock the volunteer, count their block and its half hours, write the match.

    The guarded update of the referral decides every race: None, and nothing changed, when no seat is free or it is past asking. `reasons`:
    those for which a referral that waits for a person still takes a yes. `sources`: states of an offer that can be accepted. A Taken without
    a match means that the offer was moved meanwhile, is past its last moment, or the volunteer is not active any more: the caller rolls back.
    A clash or a full block is refused by the constraints `one_place_at_a_time` and `going_cap`.
    """
    row = await tx.fetchrow(
        ACCEPT,
        new.id,
        new.offer_id,
        new.option_id,
        referral_id,
        new.meeting_id,
        new.on_date,
        new.starts_at,
        new.ends_at,
        new.meet_at,
        new.block,
        new.calendar_uid,
        new.accepted_at,
        new.undo_until,
        new.half_hours.start,
        new.half_hours.stop,
        list(sources),
        meeting_number,
        list(reasons),
    )
    if row is None:
        return None
    found = dict(row)
    full = found.pop("full")
    return Taken(match_of(found) if found["id"] else None, full)


async def get_match(c: Connection, match_id: UUID) -> Match:
    """A match by its id. Raises NotFound."""
    match = await find_match(c, match_id)
    if match is None:
        raise NotFound()
    return match


async def find_match(c: Connection, match_id: UUID) -> Match | None:
    """A match by its id, live or cancelled."""
    row = await c.fetchrow("SELECT" + COLUMNS + "FROM matches m WHERE m.id = $1", match_id)
    return match_of(row) if row else None


async def find_match_of_offer(c: Connection, offer_id: UUID) -> Match | None:
    """The latest match of an offer, live or cancelled."""
    row = await c.fetchrow("SELECT" + COLUMNS + "FROM matches m WHERE m.offer_id = $1 ORDER BY m.accepted_at DESC LIMIT 1", offer_id)
    return match_of(row) if row else None


async def list_matches(c: Connection, referral_id: UUID, meeting_number: int) -> list[Match]:
    """Who goes or went along for one meeting number, by seat: not what was cancelled, nor what was missed."""
    rows = await c.fetch(
        "SELECT"
        + COLUMNS
        + "FROM matches m WHERE m.referral_id = $1 AND m.meeting_number = $2 AND m.state NOT IN ('cancelled', 'missed') ORDER BY m.seat",
        referral_id,
        meeting_number,
    )
    return [match_of(row) for row in rows]


async def list_matches_of_volunteer(c: Connection, volunteer_id: UUID, now: datetime) -> list[Match]:
    """Live matches of a volunteer that have not ended, soonest first."""
    rows = await c.fetch(
        "SELECT"
        + COLUMNS
        + "FROM matches m WHERE m.volunteer_id = $1 AND m.state IN ('planned', 'confirmed') AND m.ends_at > $2 ORDER BY m.starts_at",
        volunteer_id,
        now,
    )
    return [match_of(row) for row in rows]


async def list_matches_of_meeting(c: Connection, meeting_id: UUID, now: datetime) -> list[Match]:
    """Live matches at a meeting that have not ended, soonest first."""
    rows = await c.fetch(
        "SELECT"
        + COLUMNS
        + "FROM matches m WHERE m.meeting_id = $1 AND m.state IN ('planned', 'confirmed') AND m.ends_at > $2 ORDER BY m.starts_at",
        meeting_id,
        now,
    )
    return [match_of(row) for row in rows]


async def find_earlier_told(c: Connection, referral_id: UUID, meeting_number: int) -> Match | None:
    """The latest cancelled match of this meeting number that the newcomer had been told of: what comes now is a change to them."""
    row = await c.fetchrow(
        "SELECT"
        + COLUMNS
        + """
          FROM matches m WHERE m.referral_id = $1 AND m.meeting_number = $2 AND m.state = 'cancelled' AND m.told_newcomer_at IS NOT NULL
         ORDER BY m.ended_at DESC LIMIT 1
        """,
        referral_id,
        meeting_number,
    )
    return match_of(row) if row else None


async def claim_confirmed(tx: Connection, match_id: UUID, now: datetime, *, not_answered: bool = False) -> bool:
    """The plan stands and both are told. False when it was undone or cancelled meanwhile."""
    status = await tx.execute(
        "UPDATE matches SET state = 'confirmed', confirmed_at = $2, not_answered = $3 WHERE id = $1 AND state = 'planned'",
        match_id,
        now,
        not_answered,
    )
    return status.endswith(" 1")


async def claim_day_confirmed(tx: Connection, match_id: UUID, now: datetime) -> bool:
    """The companion has said that they are coming. False when the seat has passed to somebody else, or they had said so before."""
    status = await tx.execute(
        "UPDATE matches SET day_confirmed_at = $2 WHERE id = $1 AND state = 'confirmed' AND day_confirmed_at IS NULL", match_id, now
    )
    return status.endswith(" 1")


async def claim_unconfirmed(tx: Connection, match_id: UUID) -> bool:
    """Hold a match whose companion has not said that they are coming, so that its seat may pass on. False when they have, or it is over."""
    found = await tx.fetchval(
        "SELECT true FROM matches WHERE id = $1 AND state = 'confirmed' AND day_confirmed_at IS NULL FOR NO KEY UPDATE", match_id
    )
    return bool(found)


async def claim_cancelled(
    tx: Connection,
    match_id: UUID,
    now: datetime,
    *,
    reason: str,
    sources: Sequence[MatchState] = (MatchState.PLANNED, MatchState.CONFIRMED),
) -> bool:
    """Cancel a match and free its half hours and its place in the block. False when it was cancelled already."""
    gone = await tx.fetchval(
        """
        WITH gone AS (
            UPDATE matches SET state = 'cancelled', cancelled_reason = $3, ended_at = $2 WHERE id = $1 AND state = ANY($4)
            RETURNING volunteer_id, block, half_hours
        ), freed AS (
            UPDATE volunteer_blocks b SET
                   taken = b.taken - (b.block = m.block)::int, busy = b.busy & ~busy_bits(b.block, m.half_hours),
                   busy_count = b.busy_count - bit_count(busy_bits(b.block, m.half_hours))
              FROM gone m, blocks_touched(m.block, m.half_hours) AS n
             WHERE (b.volunteer_id, b.block) = (m.volunteer_id, n)
        )
        SELECT count(*) FROM gone
        """,
        match_id,
        now,
        reason,
        [state.value for state in sources],
    )
    return bool(gone)


async def claim_moved(tx: Connection, new: Match, *, half_hours: range) -> None:
    """Move a live match with its meeting: new times, new half hours, next revision. A clash is refused by `one_place_at_a_time`."""
    await tx.execute(
        """
        UPDATE volunteer_blocks b SET busy = b.busy & ~busy_bits(b.block, m.half_hours),
               busy_count = b.busy_count - bit_count(busy_bits(b.block, m.half_hours))
          FROM matches m, blocks_touched(m.block, m.half_hours) AS n WHERE m.id = $1 AND (b.volunteer_id, b.block) = (m.volunteer_id, n)
        """,
        new.id,
    )
    await tx.execute(
        """
        WITH moved AS (
            UPDATE matches SET on_date = $2, starts_at = $3, ends_at = $4, meet_at = $5, half_hours = int4range($6, $7), revision = revision + 1
             WHERE id = $1 RETURNING volunteer_id, block, half_hours
        )
        INSERT INTO volunteer_blocks AS b (volunteer_id, block, taken, cap, busy, busy_count)
        SELECT m.volunteer_id, n, 0, 0, busy_bits(n, m.half_hours), bit_count(busy_bits(n, m.half_hours))
          FROM moved m, blocks_touched(m.block, m.half_hours) AS n
        ON CONFLICT (volunteer_id, block) DO UPDATE SET busy = b.busy | EXCLUDED.busy, busy_count = b.busy_count + EXCLUDED.busy_count
        """,
        new.id,
        new.on_date,
        new.starts_at,
        new.ends_at,
        new.meet_at,
        half_hours.start,
        half_hours.stop,
    )


async def update_told_newcomer(tx: Connection, match_id: UUID, now: datetime) -> None:
    """The newcomer's plan was written (or given to the keyworker to print) for this match."""
    await tx.execute("UPDATE matches SET told_newcomer_at = $2 WHERE id = $1", match_id, now)
