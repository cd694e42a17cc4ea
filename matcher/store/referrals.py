"""Referrals and their options: found, locked, moved by guarded updates. A referral is locked before its offers, always."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from matcher.domain.arrangement import Referral, ReferralOption
from matcher.domain.connection import Connection, Row
from matcher.domain.errors import NotFound
from matcher.domain.journey_word import ReferralState
from matcher.domain.outbox import sealed_in
from matcher.domain.sealed import PersonKey

PLAIN = tuple(f.name for f in fields(Referral) if f.name not in ("key", "newcomer", "contact", "avoid"))
LISTS = (
    "fellowships",
    "times",
    "may_widen",
    "needs",
    "audiences",
    "languages",
    "care",
    "avoid_meetings",
    "to_settle",
    "rungs_taken",
    "ask_first",
)

READ = """
    SELECT r.*, (SELECT wrapped FROM person_keys k WHERE k.person_id = r.newcomer_id) AS wrapped,
           (SELECT count(*) FROM offers q WHERE q.referral_id = r.id AND q.state IN ('queued', 'sent')) AS open_offers
      FROM referrals r
"""
READ_WITHOUT_KEYS = """
    SELECT r.*, NULL::bytea AS wrapped, (SELECT count(*) FROM offers q WHERE q.referral_id = r.id AND q.state IN ('queued', 'sent')) AS open_offers
      FROM referrals r
"""


def referral_of(row: Row) -> Referral:
    """A row of referrals with the newcomer's wrapped key as `wrapped`."""
    plain: dict[str, Any] = {name: row[name] for name in PLAIN} | {name: tuple(row[name]) for name in LISTS}
    key = PersonKey(row["newcomer_id"], row["wrapped"]) if row["wrapped"] else None
    boxes = {
        name: sealed_in(f"referrals.{name}_box", row["id"], key, row[f"{name}_box"]) if key and row[f"{name}_box"] else None
        for name in ("newcomer", "contact", "avoid")
    }
    return Referral(**plain | {"state": ReferralState(row["state"]), "key": key} | boxes)


async def find_referral(c: Connection, referral_id: UUID) -> Referral | None:
    """A referral by its id."""
    row = await c.fetchrow(READ + " WHERE r.id = $1", referral_id)
    return referral_of(row) if row else None


async def get_referral(c: Connection, referral_id: UUID) -> Referral:
    """A referral by its id. Raises NotFound."""
    referral = await find_referral(c, referral_id)
    if referral is None:
        raise NotFound()
    return referral


async def claim_referral(tx: Connection, referral_id: UUID) -> Referral:
    """Lock a referral for this transaction and read it as it now is. Every action that touches its offers or matches begins so."""
    row = await tx.fetchrow(READ + " WHERE r.id = $1 FOR NO KEY UPDATE", referral_id)
    if row is None:
        raise NotFound()
    return referral_of(row)


async def claim_if_free(tx: Connection, referral_id: UUID) -> Referral | None:
    """Lock a referral as `claim_referral` does if nobody else is at work on it, else None: nobody is waited for, so it may come after other locks."""
    row = await tx.fetchrow(READ + " WHERE r.id = $1 FOR NO KEY UPDATE SKIP LOCKED", referral_id)
    return referral_of(row) if row else None


NEW_COLUMNS = tuple(
    """
    id provider_id area_id keyworker_id newcomer_id reference own_reference_index state close_reason needs_reason seats deadline asking_since
    who_for age exposure stage fellowships travel_from travel_how travel_minutes times earliest_on may_widen comfort newcomer_is both_meet_wish
    needs audiences languages interpreter care avoid_meetings to_settle channel email_safe discreet agree_first share_number fare_help
    newcomer_box contact_box avoid_box submitted_at closed_at updated_at leaving_on leaving_district reminder_two_hours
    """.split()
)
"""What a new referral is made of, in the order of the statement below. Everything else starts at the table's defaults."""


async def insert_referral(tx: Connection, columns: Mapping[str, Any]) -> None:
    """Keep a new referral; `columns` holds exactly NEW_COLUMNS."""
    if set(columns) != set(NEW_COLUMNS):
        raise ValueError(f"not the columns of a new referral: {sorted(set(columns) ^ set(NEW_COLUMNS))}")
    await tx.execute(
        """
        INSERT INTO referrals (
            id, provider_id, area_id, keyworker_id, newcomer_id, reference, own_reference_index, state, close_reason, needs_reason, seats, deadline,
            asking_since, who_for, age, exposure, stage, fellowships, travel_from, travel_how, travel_minutes, times, earliest_on, may_widen,
            comfort, newcomer_is, both_meet_wish, needs, audiences, languages, interpreter, care, avoid_meetings, to_settle, channel,
            email_safe, discreet, agree_first, share_number, fare_help, newcomer_box, contact_box, avoid_box, submitted_at, closed_at, updated_at,
            leaving_on, leaving_district, reminder_two_hours)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27,
                $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49)
        """,
        *(columns[name] for name in NEW_COLUMNS),
    )


async def update_amended(tx: Connection, referral: Referral, now: datetime) -> None:
    """Write back what may be amended after sending: contact, needs, avoid-lists, care on the day, fare help, comfort."""
    await tx.execute(
        """
        UPDATE referrals SET updated_at = $2, version = version + 1, needs = $3, languages = $4, interpreter = $5, care = $6, avoid_meetings = $7,
               to_settle = $8, channel = $9, email_safe = $10, email_state = $11, discreet = $12, share_number = $13, fare_help = $14,
               comfort = $15, newcomer_is = $16, newcomer_box = $17, contact_box = $18, avoid_box = $19
         WHERE id = $1
        """,
        referral.id,
        now,
        list(referral.needs),
        list(referral.languages),
        referral.interpreter,
        list(referral.care),
        list(referral.avoid_meetings),
        list(referral.to_settle),
        referral.channel,
        referral.email_safe,
        referral.email_state,
        referral.discreet,
        referral.share_number,
        referral.fare_help,
        referral.comfort,
        referral.newcomer_is,
        *(box.box if box else None for box in (referral.newcomer, referral.contact, referral.avoid)),
    )


async def update_asking(tx: Connection, referral_id: UUID, *, asking_since: datetime | None, deadline: datetime | None) -> None:
    """From when waves count, and the moment after which nobody can accept."""
    await tx.execute("UPDATE referrals SET asking_since = $2, deadline = $3 WHERE id = $1", referral_id, asking_since, deadline)


async def update_next_look(tx: Connection, referral_id: UUID, at: datetime | None) -> None:
    """When the next decision about asking is due, for the keyworker's page."""
    await tx.execute("UPDATE referrals SET next_look_at = $2 WHERE id = $1", referral_id, at)


async def update_settled(tx: Connection, referral_id: UUID, *, settled_comfort: str | None) -> None:
    """A coordinator has settled what had to be settled first: asking may begin."""
    await tx.execute(
        "UPDATE referrals SET released = true, to_settle = '{}', settled_comfort = coalesce($2, settled_comfort) WHERE id = $1",
        referral_id,
        settled_comfort,
    )


async def update_overdue(tx: Connection, referral_id: UUID, now: datetime) -> None:
    """Flag a referral that found nobody for 48 hours."""
    await tx.execute("UPDATE referrals SET overdue_at = $2 WHERE id = $1 AND overdue_at IS NULL", referral_id, now)


async def update_confirmed(tx: Connection, referral_id: UUID, now: datetime) -> None:
    """Both parties have been told."""
    await tx.execute("UPDATE referrals SET confirmed_at = $2 WHERE id = $1", referral_id, now)


async def update_email_bounced(tx: Connection, referral_id: UUID) -> None:
    """The newcomer's address was refused: nothing more goes there until it is corrected."""
    await tx.execute("UPDATE referrals SET email_state = 'bounced' WHERE id = $1", referral_id)


async def claim_seat_back(tx: Connection, referral_id: UUID, now: datetime, *, to: ReferralState, reason: str | None = None) -> bool:
    """Give a seat back and move the referral; False when no seat was held. One on hold stays there: its release sees that a seat fell empty (R50)."""
    status = await tx.execute(
        """
        UPDATE referrals SET seats_taken = seats_taken - 1, state = CASE WHEN state = 'on_hold' THEN state ELSE $3::text END, updated_at = $2,
               matched_at = NULL, confirmed_at = NULL,
               needs_reason = CASE WHEN state = 'on_hold' THEN needs_reason WHEN $3::text = 'needs_person' THEN $4::text END
         WHERE id = $1 AND seats_taken > 0 AND state IN ('part_filled', 'matched', 'needs_person', 'looking', 'on_hold')
        """,
        referral_id,
        now,
        to.value,
        reason,
    )
    return status.endswith(" 1")


async def update_seats(tx: Connection, referral_id: UUID, seats: int) -> None:
    """One companion instead of two (R17), or two instead of one."""
    await tx.execute("UPDATE referrals SET seats = $2 WHERE id = $1", referral_id, seats)


async def claim_state(
    tx: Connection, referral_id: UUID, now: datetime, *, sources: Sequence[ReferralState], to: ReferralState, reason: str | None = None
) -> bool:
    """Move a referral from one of `sources` to `to`; False when it was moved meanwhile. `reason` is why it closes or needs a person.

    With a referral that closes its episode ends (E9).
    """
    status = await tx.execute(
        """
        UPDATE referrals SET state = $4::text, updated_at = $2::timestamptz,
               close_reason = CASE WHEN $4::text = 'closed' THEN $5::text END,
               needs_reason = CASE WHEN $4::text = 'needs_person' THEN $5::text END,
               closed_at = CASE WHEN $4::text = 'closed' THEN $2::timestamptz END, held_state = NULL, held_reason = NULL, held_cause = NULL,
               episode = CASE WHEN $4::text = 'closed' THEN 'ended' ELSE episode END,
               episode_reason = CASE WHEN $4::text = 'closed' THEN coalesce(episode_reason, 'referral_closed') ELSE episode_reason END,
               next_look_at = CASE WHEN $4::text IN ('looking', 'part_filled') THEN next_look_at END
         WHERE id = $1 AND state = ANY($3)
        """,
        referral_id,
        now,
        [state.value for state in sources],
        to.value,
        reason,
    )
    return status.endswith(" 1")


OPTION_QUERY = """
    SELECT o.id, o.referral_id, o.meeting_number, o.rank, o.meeting_id, o.fellowship, o.on_date, o.starts_at, o.ends_at, o.meet_at,
           o.picked_by_hand, o.state, m.timezone, m.name AS meeting_name, coalesce(d.venue, m.venue) AS venue,
           CASE WHEN d.venue IS NULL THEN m.formatted_address END AS formatted_address, m.town, m.outcode,
           m.location_notes, m.travel_notes, m.last_confirmed_at, m.online, m.in_person
      FROM referral_options o JOIN meetings m ON m.id = o.meeting_id
      LEFT JOIN meeting_exceptions d ON d.meeting_id = o.meeting_id AND d.on_date = o.on_date AND d.kind = 'moved'
"""


async def list_options(c: Connection, referral_id: UUID, meeting_number: int) -> list[ReferralOption]:
    """The options of one meeting number that are not lost, in the newcomer's order."""
    rows = await c.fetch(
        OPTION_QUERY + " WHERE o.referral_id = $1 AND o.meeting_number = $2 AND o.state <> 'lost' ORDER BY o.rank",
        referral_id,
        meeting_number,
    )
    return [ReferralOption(**dict(row)) for row in rows]


async def get_option(c: Connection, option_id: UUID) -> ReferralOption:
    """One option, lost or not. Raises NotFound."""
    row = await c.fetchrow(OPTION_QUERY + " WHERE o.id = $1", option_id)
    if row is None:
        raise NotFound()
    return ReferralOption(**dict(row))


NEW_OPTION = "id referral_id meeting_number rank meeting_id fellowship on_date starts_at ends_at meet_at picked_by_hand".split()


async def insert_option(tx: Connection, option: Mapping[str, Any]) -> None:
    """Keep an option (an occurrence with its instants), open."""
    await tx.execute(
        """
        INSERT INTO referral_options (id, referral_id, meeting_number, rank, meeting_id, fellowship, on_date, starts_at, ends_at, meet_at,
                                      picked_by_hand, state)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'open')
        """,
        *(option[name] for name in NEW_OPTION),
    )


async def update_option_state(tx: Connection, option_id: UUID, state: str) -> None:
    """open, fixed (somebody said yes to it) or lost (its meeting is off)."""
    await tx.execute("UPDATE referral_options SET state = $2 WHERE id = $1", option_id, state)


async def update_option_times(tx: Connection, option_id: UUID, *, starts_at: datetime, ends_at: datetime, meet_at: datetime) -> None:
    """Move an option with its meeting."""
    await tx.execute(
        "UPDATE referral_options SET starts_at = $2, ends_at = $3, meet_at = $4 WHERE id = $1", option_id, starts_at, ends_at, meet_at
    )


async def list_options_of_meeting(c: Connection, meeting_id: UUID, now: datetime) -> list[ReferralOption]:
    """Options of open referrals that stand on this meeting and have not ended."""
    rows = await c.fetch(
        OPTION_QUERY
        + """
         JOIN referrals r ON r.id = o.referral_id AND r.meeting_number = o.meeting_number AND r.state <> 'closed'
        WHERE o.meeting_id = $1 AND o.state <> 'lost' AND o.ends_at > $2 ORDER BY o.starts_at
        """,
        meeting_id,
        now,
    )
    return [ReferralOption(**dict(row)) for row in rows]


async def list_referrals_of_keyworker(
    c: Connection, keyworker_id: UUID, *, own_reference_index: bytes | None = None, most: int = 50, skip: int = 0
) -> list[Referral]:
    """A keyworker's own referrals, open ones first, then newest; only those with this own reference where one is given."""
    rows = await c.fetch(
        READ
        + """
         WHERE r.keyworker_id = $1 AND ($2::bytea IS NULL OR r.own_reference_index = $2)
         ORDER BY r.state = 'closed', r.submitted_at DESC LIMIT $3 OFFSET $4
        """,
        keyworker_id,
        own_reference_index,
        most,
        skip,
    )
    return [referral_of(row) for row in rows]


async def list_open_in_areas(c: Connection, area_ids: Sequence[UUID], *, most: int = 100) -> list[Referral]:
    """Open referrals of these areas, those that wait for a person first, then the nearest deadline."""
    rows = await c.fetch(
        READ_WITHOUT_KEYS
        + """
         WHERE r.area_id = ANY($1) AND r.state IN ('looking', 'part_filled', 'needs_person', 'matched', 'on_hold')
         ORDER BY r.state <> 'needs_person', r.deadline NULLS FIRST LIMIT $2
        """,
        list(area_ids),
        most,
    )
    return [referral_of(row) for row in rows]
