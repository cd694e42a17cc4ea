"""Offers: one ask to one volunteer. Every function that moves one expects its referral to be locked by this transaction."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from matcher.domain.arrangement import Offer
from matcher.domain.connection import Connection, Row
from matcher.domain.errors import NotFound
from matcher.domain.journey_word import OfferState

COLUMNS = """
    o.id, o.referral_id, o.provider_id, o.area_id, o.meeting_number, o.volunteer_id, o.fellowship, o.state, o.state_reason, o.wave, o.by_hand,
    o.by_telephone, o.reply_by, o.last_moment, o.created_at, o.sent_at, o.answered_at, o.banked_at, o.standby, o.beside
"""


def offer_of(row: Row) -> Offer:
    """A row of offers as a record."""
    return Offer(**dict(row) | {"state": OfferState(row["state"])})


async def get_offer(c: Connection, offer_id: UUID) -> Offer:
    """An offer by its id. Raises NotFound."""
    row = await c.fetchrow("SELECT" + COLUMNS + "FROM offers o WHERE o.id = $1", offer_id)
    if row is None:
        raise NotFound()
    return offer_of(row)


async def list_offers(c: Connection, referral_id: UUID, meeting_number: int) -> list[Offer]:
    """All offers of one meeting number, oldest first; where it was missed and is tried again, those of this try."""
    rows = await c.fetch(
        "SELECT"
        + COLUMNS
        + """
          FROM offers o WHERE o.referral_id = $1 AND o.meeting_number = $2
           AND NOT EXISTS (SELECT FROM outcomes t WHERE (t.referral_id, t.meeting_number) = (o.referral_id, o.meeting_number)
                              AND t.went = 'no' AND t.recorded_at >= o.created_at)
         ORDER BY o.created_at, o.id
        """,
        referral_id,
        meeting_number,
    )
    return [offer_of(row) for row in rows]


async def list_open_offers_of_volunteer(c: Connection, volunteer_id: UUID) -> list[Offer]:
    """Offers of a volunteer that still may bring something: queued, sent or silent."""
    rows = await c.fetch(
        "SELECT" + COLUMNS + "FROM offers o WHERE o.volunteer_id = $1 AND o.state IN ('queued', 'sent', 'expired') ORDER BY o.referral_id",
        volunteer_id,
    )
    return [offer_of(row) for row in rows]


async def count_open_offers(c: Connection, referral_id: UUID) -> int:
    """How many people are being asked for a referral now; the schema allows ten."""
    found: int = await c.fetchval("SELECT count(*) FROM offers WHERE referral_id = $1 AND state IN ('queued', 'sent')", referral_id)
    return found


async def list_offer_options(c: Connection, offer_id: UUID) -> list[UUID]:
    """The option ids this volunteer was asked for."""
    rows = await c.fetch("SELECT option_id FROM offer_options WHERE offer_id = $1", offer_id)
    return [row["option_id"] for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOffer:
    """An ask about to be made, with the reason that is stored beside it."""

    id: UUID
    referral_id: UUID
    provider_id: UUID
    area_id: UUID | None
    meeting_number: int
    volunteer_id: UUID
    fellowship: str
    wave: int
    by_hand: bool
    by_telephone: bool
    reply_by: datetime
    last_moment: datetime
    created_at: datetime
    option_ids: tuple[UUID, ...]
    decision_id: UUID
    policy: str
    why: dict[str, Any]
    instead_of: UUID | None = None
    beside: UUID | None = None
    """The offer whose letter or page holds this one too."""
    state: OfferState = OfferState.QUEUED
    """A call is `sent` from the start: its number was shown, and no letter waits."""


MAKE = """
    WITH made AS (
        INSERT INTO offers (id, referral_id, provider_id, area_id, meeting_number, volunteer_id, fellowship, state, wave, by_hand, by_telephone,
                            reply_by, last_moment, created_at, instead_of, beside, sent_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text, $9, $10, $11, $12, $13, $14, $15, $16,
                CASE WHEN $8::text = 'sent' THEN $14::timestamptz END)
        RETURNING *),
    reason AS (INSERT INTO offer_reasons (offer_id, decision_id, decided_at, policy, why) VALUES ($1, $17, $14, $18, $19::jsonb)),
    options AS (INSERT INTO offer_options (offer_id, option_id) SELECT $1, unnest($20::uuid[]))
    SELECT
"""


async def insert_offer(tx: Connection, offer: NewOffer) -> Offer:
    """Keep an ask with its options and its reason. The database refuses a second live one, a bar, a minor, and anybody not active."""
    return offer_of(await tx.fetchrow(MAKE + COLUMNS + "FROM made o", *_values(offer)))


async def insert_offers(tx: Connection, new: Sequence[NewOffer]) -> None:
    """Keep several asks as `insert_offer` keeps one, in one round trip."""
    await tx.executemany(MAKE + "FROM made", [_values(offer) for offer in new])


def _values(offer: NewOffer) -> tuple[Any, ...]:
    return (
        offer.id,
        offer.referral_id,
        offer.provider_id,
        offer.area_id,
        offer.meeting_number,
        offer.volunteer_id,
        offer.fellowship,
        offer.state.value,
        offer.wave,
        offer.by_hand,
        offer.by_telephone,
        offer.reply_by,
        offer.last_moment,
        offer.created_at,
        offer.instead_of,
        offer.beside,
        offer.decision_id,
        offer.policy,
        json.dumps(offer.why),
        list(offer.option_ids),
    )


async def insert_decision(
    tx: Connection,
    decision_id: UUID,
    referral_id: UUID,
    now: datetime,
    *,
    meeting_number: int,
    policy: str,
    asked: int,
    candidates: int,
    reason: str,
    fell_back: bool = False,
) -> None:
    """Note a decision about asking, also one that asked nobody, with its reason. `fell_back`: not the area's own policy made it, for that failed."""
    await tx.execute(
        """
        INSERT INTO ask_decisions (id, referral_id, meeting_number, decided_at, policy, asked, candidates, reason, fell_back)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        decision_id,
        referral_id,
        meeting_number,
        now,
        policy,
        asked,
        candidates,
        reason,
        fell_back,
    )


async def find_fallback(c: Connection, referral_id: UUID, meeting_number: int) -> datetime | None:
    """When somebody was last asked by the plain wave because the area's own policy failed."""
    found: datetime | None = await c.fetchval(
        "SELECT max(decided_at) FROM ask_decisions WHERE referral_id = $1 AND meeting_number = $2 AND fell_back",
        referral_id,
        meeting_number,
    )
    return found


async def find_reason(c: Connection, offer_id: UUID) -> dict[str, Any] | None:
    """Why this ask was made, as it was true then."""
    text = await c.fetchval("SELECT why FROM offer_reasons WHERE offer_id = $1", offer_id)
    return json.loads(text) if text else None


async def list_hopes(c: Connection, referral_id: UUID, meeting_number: int) -> dict[UUID, tuple[tuple[float, float, float], ...]]:
    """What was to be expected of each ask when it was made, where its policy reckoned with that."""
    rows = await c.fetch(
        """
        SELECT o.id, r.why -> 'hopes' AS hopes FROM offers o JOIN offer_reasons r ON r.offer_id = o.id
         WHERE o.referral_id = $1 AND o.meeting_number = $2 AND r.why ? 'hopes'
        """,
        referral_id,
        meeting_number,
    )
    return {row["id"]: tuple(map(tuple, json.loads(row["hopes"]))) for row in rows}


async def count_pressure(c: Connection, area_id: UUID | None, fellowships: Sequence[str], now: datetime) -> float:
    """Mean tiredness of an area's active volunteers of these fellowships, in asks; 0 where there is nobody (matching 2)."""
    found: float = await c.fetchval(
        """
        SELECT coalesce(avg(coalesce(t.tired, 0) * power(.5, greatest(0, coalesce(extract(epoch FROM $3::timestamptz - t.tired_at), 0)) / 1209600)), 0)
          FROM volunteers v LEFT JOIN volunteer_tally t ON t.volunteer_id = v.id
         WHERE v.area_id = $1 AND v.state = 'active'
           AND EXISTS (SELECT FROM volunteer_fellowships f WHERE f.volunteer_id = v.id AND f.fellowship = ANY($2) AND f.ended_at IS NULL)
        """,
        area_id,
        list(fellowships),
        now,
    )
    return float(found)


async def claim_letters_week(tx: Connection, volunteer_id: UUID, now: datetime, *, week_on: date, monday_at: datetime, cap: int) -> bool:
    """Count one letter to a volunteer: False when they have an open letter, or as many letters in seven days as they want (H16).

    Those count that have left or wait to leave; what stands beside another is no letter.
    The week is that of the local Monday `week_on`, which begins at the instant `monday_at`.

    Their row is locked first, so that two referrals cannot both count.
    """
    await tx.execute("SELECT FROM volunteers WHERE id = $1 FOR NO KEY UPDATE", volunteer_id)
    status = await tx.execute(
        """
        INSERT INTO volunteer_weeks (volunteer_id, week_on, letters, cap)
        SELECT $1, $2, 1 + (SELECT count(*) FROM offers o WHERE o.volunteer_id = $1 AND NOT o.by_telephone AND o.beside IS NULL
                               AND (o.state = 'queued' OR o.sent_at IS NOT NULL) AND o.created_at >= $6::timestamptz), $3::smallint
         WHERE NOT EXISTS (SELECT FROM offers o WHERE o.volunteer_id = $1 AND o.state IN ('queued', 'sent') AND o.reply_by > $4::timestamptz
                              AND o.beside IS NULL)
           AND (SELECT count(*) FROM offers o WHERE o.volunteer_id = $1 AND NOT o.by_telephone AND o.beside IS NULL
                   AND (o.state = 'queued' OR o.sent_at IS NOT NULL) AND o.created_at > $4::timestamptz - $5::interval) < $3::smallint
        ON CONFLICT (volunteer_id, week_on) DO UPDATE SET letters = EXCLUDED.letters, cap = EXCLUDED.cap
        """,
        volunteer_id,
        week_on,
        cap,
        now,
        timedelta(days=7),
        monday_at,
    )
    return status.endswith(" 1")


async def claim_call(tx: Connection, volunteer_id: UUID, now: datetime) -> bool:
    """Take a volunteer for a call: False while somebody else rings them, or a letter of theirs waits for an answer (H16).

    Their row is locked first. Who is being changed just now is passed over, not waited for: calls are tried by rank, not by roster number,
    and two of them would wait for each other.
    """
    locked = await tx.fetchval("SELECT true FROM volunteers WHERE id = $1 AND may_be_rung FOR NO KEY UPDATE SKIP LOCKED", volunteer_id)
    taken = await tx.fetchval(
        """
        SELECT EXISTS (SELECT FROM offers o WHERE o.volunteer_id = $1 AND o.state IN ('queued', 'sent')
                                              AND (o.by_telephone OR o.reply_by > $2 AND o.beside IS NULL))
        """,
        volunteer_id,
        now,
    )
    return bool(locked) and not taken


async def update_tally_asked(tx: Connection, volunteer_ids: Sequence[UUID], now: datetime) -> None:
    """Add one ask to the sums of each: older asks fade by .98, tiredness halves every 14 days (matching 7.2)."""
    await tx.execute(
        """
        INSERT INTO volunteer_tally AS t (volunteer_id, asks, tired, tired_at, last_asked_at)
        SELECT id, 1, 1, $2, $2 FROM unnest($1::uuid[]) AS id ORDER BY id
        ON CONFLICT (volunteer_id) DO UPDATE
           SET asks = t.asks * .98 + 1, yeses = t.yeses * .98,
               tired = t.tired * power(.5, greatest(0, extract(epoch FROM $2::timestamptz - coalesce(t.tired_at, $2::timestamptz))) / 1209600) + 1,
               tired_at = $2, last_asked_at = $2
        """,
        list(volunteer_ids),
        now,
    )


async def update_tally_answered(tx: Connection, offer: Offer, *, yes: bool, log_delay: float) -> None:
    """Add an answer: a yes where it was one, and how long it took (natural log of asking hours).

    One letter is one answer: what stands in the same letter and is answered later adds nothing but the first yes.
    """
    await tx.execute(
        """
        UPDATE volunteer_tally t
           SET yeses = t.yeses + CASE WHEN $4 AND letter.yeses = 0 THEN 1 ELSE 0 END,
               answers = t.answers + CASE WHEN letter.answers = 0 THEN 1 ELSE 0 END,
               log_delay = t.log_delay + CASE WHEN letter.answers = 0 THEN $5::float8 ELSE 0 END
          FROM (SELECT count(*) FILTER (WHERE o.state IN ('accepted', 'covered')) AS yeses, count(*) FILTER (WHERE o.answered_at IS NOT NULL) AS answers
                  FROM offers o WHERE (o.id = $3 OR o.beside = $3) AND o.id <> $2) AS letter
         WHERE t.volunteer_id = $1
        """,
        offer.volunteer_id,
        offer.id,
        offer.beside or offer.id,
        yes,
        log_delay,
    )


async def claim_offer_state(
    tx: Connection, offer_id: UUID, now: datetime, *, sources: Sequence[OfferState], to: OfferState, reason: str | None = None
) -> bool:
    """Move an offer from one of `sources`; False when it was moved meanwhile. Answers note when they were given, a late yes that it is banked."""
    status = await tx.execute(
        """
        UPDATE offers SET state = $4::text, state_reason = $5,
               sent_at = CASE WHEN $4::text = 'sent' THEN coalesce(sent_at, $2::timestamptz) ELSE sent_at END,
               answered_at = CASE WHEN $4::text IN ('accepted', 'declined', 'not_now', 'covered') THEN $2::timestamptz ELSE answered_at END,
               banked_at = CASE WHEN $4::text = 'covered' THEN coalesce(banked_at, $2::timestamptz) END
         WHERE id = $1 AND state = ANY($3)
        """,
        offer_id,
        now,
        [state.value for state in sources],
        to.value,
        reason,
    )
    return status.endswith(" 1")


async def claim_offers_withdrawn(
    tx: Connection, referral_id: UUID, meeting_number: int, *, reason: str, besides: UUID | None = None, also_silent: bool = False
) -> list[Offer]:
    """Withdraw the queued and sent offers of a meeting number (and the silent ones where nothing at all is needed any more)."""
    rows = await tx.fetch(
        """
        WITH was AS (SELECT id, state FROM offers WHERE referral_id = $1 AND meeting_number = $2 AND id IS DISTINCT FROM $4
                       AND state = ANY(CASE WHEN $5::boolean THEN ARRAY['queued', 'sent', 'expired'] ELSE ARRAY['queued', 'sent'] END))
        UPDATE offers o SET state = 'withdrawn', state_reason = $3 FROM was WHERE o.id = was.id
        RETURNING o.id, o.referral_id, o.provider_id, o.area_id, o.meeting_number, o.volunteer_id, o.fellowship, was.state, o.state_reason, o.wave,
                  o.by_hand, o.by_telephone, o.reply_by, o.last_moment, o.created_at, o.sent_at, o.answered_at, o.banked_at, o.standby, o.beside
        """,
        referral_id,
        meeting_number,
        reason,
        besides,
        also_silent,
    )
    return [offer_of(row) for row in rows]


async def claim_offers_revived(tx: Connection, referral_id: UUID, meeting_number: int, *, longer: timedelta) -> list[UUID]:
    """The winner undid: offers that were sent and withdrawn for the place are open again, their reply-by moved by the time lost (O13).

    Not those whose volunteers have been told that it is covered, which was for an earlier winner, nor those of somebody who has paused since,
    nor a call: its number is no longer in anybody's hand.
    """
    rows = await tx.fetch(
        """
        UPDATE offers o SET state = 'sent', state_reason = NULL, reply_by = least(o.reply_by + $3::interval, o.last_moment)
          FROM volunteers v
         WHERE o.referral_id = $1 AND o.meeting_number = $2 AND o.state = 'withdrawn' AND o.state_reason = 'place_taken' AND o.sent_at IS NOT NULL
           AND NOT o.by_telephone
           AND v.id = o.volunteer_id AND v.state = 'active' AND v.may_be_asked
           AND NOT EXISTS (SELECT FROM letters l WHERE l.about_id = o.id AND l.kind = 'covered' AND l.state IN ('sending', 'sent'))
           AND NOT EXISTS (SELECT FROM outcomes t WHERE (t.referral_id, t.meeting_number) = (o.referral_id, o.meeting_number)
                              AND t.went = 'no' AND t.recorded_at >= o.created_at)
        RETURNING o.id
        """,
        referral_id,
        meeting_number,
        longer,
    )
    return [row["id"] for row in rows]


async def update_sent_late(tx: Connection, offer_id: UUID, now: datetime) -> None:
    """It was withdrawn or answered while the letter was on its way: its reader has it all the same. A withdrawn one can live on if the place opens."""
    await tx.execute("UPDATE offers SET sent_at = $2 WHERE id = $1 AND sent_at IS NULL AND state <> 'queued'", offer_id, now)


async def update_standby(tx: Connection, offer_id: UUID, *, standby: bool) -> None:
    """Whether a late yes may be called on if the seat opens again; "no, thank you" takes it out of the bank."""
    await tx.execute("UPDATE offers SET standby = $2, banked_at = CASE WHEN $2 THEN banked_at END WHERE id = $1", offer_id, standby)


async def find_instead_of(c: Connection, offer_id: UUID) -> UUID | None:
    """The match whose seat a yes to this offer would take; None for everybody but a stand-by."""
    found: UUID | None = await c.fetchval("SELECT instead_of FROM offers WHERE id = $1", offer_id)
    return found


async def list_offers_instead_of(c: Connection, match_id: UUID) -> list[Offer]:
    """The stand-bys who are being asked to take this match's seat: queued, sent or silent."""
    rows = await c.fetch(
        "SELECT" + COLUMNS + "FROM offers o WHERE o.instead_of = $1 AND o.state IN ('queued', 'sent', 'expired') ORDER BY o.created_at",
        match_id,
    )
    return [offer_of(row) for row in rows]


async def update_tally_late(tx: Connection, volunteer_id: UUID, now: datetime) -> None:
    """A yes that came too late: half an ask more is felt (matching 8.3)."""
    await tx.execute(
        """
        UPDATE volunteer_tally t
           SET tired = t.tired * power(.5, greatest(0, extract(epoch FROM $2::timestamptz - coalesce(t.tired_at, $2::timestamptz))) / 1209600) + .5,
               tired_at = $2
         WHERE volunteer_id = $1
        """,
        volunteer_id,
        now,
    )
