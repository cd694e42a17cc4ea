"""What planners read in bulk: an area's roster as the rules see it, and its referrals of the last months with their options. No names."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from matcher.domain.arrangement import Referral, ReferralOption
from matcher.domain.connection import Connection
from matcher.domain.journey_word import OfferState
from matcher.domain.volunteer import Tally, Volunteer
from matcher.store.referrals import OPTION_QUERY, READ_WITHOUT_KEYS, referral_of
from matcher.store.volunteer_rows import VOLUNTEER_COLUMNS, volunteer_of


async def list_roster(c: Connection, area_ids: Sequence[UUID], *, card_versions: Collection[str], most: int) -> list[Volunteer]:
    """The active volunteers of these areas by roster number, at most so many. Any of the role cards in force counts as read."""
    rows = await c.fetch(
        "SELECT" + VOLUNTEER_COLUMNS + " FROM volunteers v WHERE v.area_id = ANY($1) AND v.state = 'active' ORDER BY v.number LIMIT $2",
        list(area_ids),
        most,
    )
    return [volunteer_of(row, row["role_card_version"] if row["role_card_version"] in card_versions else "") for row in rows]


async def list_tallies(c: Connection, volunteer_ids: Sequence[UUID]) -> dict[UUID, Tally]:
    """How these people answer when they are asked; nobody is in it who never was."""
    rows = await c.fetch(
        """
        SELECT volunteer_id, asks AS n, yeses AS y, log_delay, answers, tired, scarce, tired_at FROM volunteer_tally
         WHERE volunteer_id = ANY($1) AND asks > 0
        """,
        list(volunteer_ids),
    )
    return {row["volunteer_id"]: Tally(**{name: value for name, value in row.items() if name != "volunteer_id"}) for row in rows}


async def list_sent_since(c: Connection, area_ids: Sequence[UUID], since: datetime, *, until: datetime, most: int) -> list[Referral]:
    """Referrals of these areas that were sent in this time and have looked for somebody, newest first, without their boxes."""
    rows = await c.fetch(
        READ_WITHOUT_KEYS
        + """
         WHERE r.area_id = ANY($1) AND r.submitted_at >= $2 AND r.submitted_at < $3 AND r.state NOT IN ('draft', 'awaiting_consent')
           AND coalesce(r.close_reason, '') NOT IN ('declined', 'consent_withdrawn')
         ORDER BY r.submitted_at DESC, r.id LIMIT $4
        """,
        list(area_ids),
        since,
        until,
        most,
    )
    return [referral_of(row) for row in rows]


async def list_options_of(c: Connection, referral_ids: Sequence[UUID]) -> dict[UUID, list[ReferralOption]]:
    """Referral → the options of its present meeting number that are not lost, in the newcomer's order."""
    rows = await c.fetch(
        OPTION_QUERY
        + """
          JOIN referrals r ON r.id = o.referral_id AND r.meeting_number = o.meeting_number
         WHERE o.referral_id = ANY($1) AND o.state <> 'lost' ORDER BY o.referral_id, o.rank
        """,
        list(referral_ids),
    )
    found: dict[UUID, list[ReferralOption]] = {}
    for row in rows:
        found.setdefault(row["referral_id"], []).append(ReferralOption(**dict(row)))
    return found


async def list_open_seats(c: Connection, area_ids: Sequence[UUID], now: datetime, *, most: int) -> list[Referral]:
    """Referrals of these areas with an empty seat for which somebody may still be found, the nearest deadline first, without their boxes."""
    rows = await c.fetch(
        READ_WITHOUT_KEYS
        + """
         WHERE r.area_id = ANY($1) AND r.state IN ('looking', 'part_filled', 'needs_person') AND r.seats_taken < r.seats
           AND (r.deadline IS NULL OR r.deadline > $2)
         ORDER BY r.deadline NULLS LAST, r.id LIMIT $3
        """,
        list(area_ids),
        now,
        most,
    )
    return [referral_of(row) for row in rows]


async def list_area_ids(c: Connection) -> list[UUID]:
    """All areas."""
    return [row["id"] for row in await c.fetch("SELECT id FROM areas ORDER BY id")]


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One ask as it ended: who, about which referral, in which state, when it was made and answered. `own_letter`: not in another one's letter."""

    referral_id: UUID
    volunteer_id: UUID
    state: OfferState
    asked_at: datetime
    answered_at: datetime | None
    own_letter: bool = True


async def list_answers(c: Connection, referral_ids: Sequence[UUID]) -> list[AnswerRow]:
    """What became of every ask about these referrals' present meeting number; asks by telephone are none."""
    rows = await c.fetch(
        """
        SELECT f.referral_id, f.volunteer_id, f.state, coalesce(f.sent_at, f.created_at) AS asked_at, f.answered_at, f.beside IS NULL AS own_letter
          FROM offers f JOIN referrals r ON r.id = f.referral_id AND r.meeting_number = f.meeting_number
         WHERE f.referral_id = ANY($1) AND NOT f.by_telephone ORDER BY f.created_at, f.id
        """,
        list(referral_ids),
    )
    return [AnswerRow(**dict(row) | {"state": OfferState(row["state"])}) for row in rows]
