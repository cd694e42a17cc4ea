"""Everything that happened to one referral, read in one question: a page that is opened all day long would else ask six times."""

from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from matcher.domain.arrangement import Match, Offer, ReferralOption
from matcher.domain.connection import Connection
from matcher.domain.outbox import LetterLine, sealed_in
from matcher.domain.rung import Rung, RungLine, RungOutcome
from matcher.domain.sealed import PersonKey, Sealed
from matcher.store.matches import match_of
from matcher.store.offers import offer_of
from matcher.store.tasks import Task

HISTORY = """
    SELECT ARRAY(SELECT ROW(o.id, o.referral_id, o.meeting_number::smallint, o.rank, o.meeting_id, o.fellowship, o.on_date, o.starts_at, o.ends_at,
                            o.meet_at, o.picked_by_hand, o.state::text, m.timezone, m.name, coalesce(d.venue, m.venue),
                            CASE WHEN d.venue IS NULL THEN m.formatted_address END, m.town, m.outcode, m.location_notes, m.travel_notes,
                            m.last_confirmed_at, m.online, m.in_person)
                   FROM referral_options o JOIN meetings m ON m.id = o.meeting_id
                   LEFT JOIN meeting_exceptions d ON d.meeting_id = o.meeting_id AND d.on_date = o.on_date AND d.kind = 'moved'
                  WHERE o.referral_id = $1 AND o.meeting_number = $2 AND o.state <> 'lost' ORDER BY o.rank) AS options,
           ARRAY(SELECT ROW(m.id, m.offer_id, m.referral_id, m.provider_id, m.area_id, m.meeting_number::smallint, m.seat::smallint, m.volunteer_id,
                            m.fellowship, m.option_id, m.meeting_id, m.on_date, m.starts_at, m.ends_at, m.meet_at, m.block, m.state::text,
                            m.cancelled_reason::text, m.not_answered, m.accepted_at, m.undo_until, m.confirmed_at, m.day_confirmed_at, m.ended_at, m.revision,
                            m.told_newcomer_at,
                            m.calendar_uid)
                   FROM matches m
                  WHERE m.referral_id = $1 AND m.meeting_number = $2 AND m.state <> 'missed'
                    AND (m.state <> 'cancelled' OR m.cancelled_reason = 'volunteer') ORDER BY m.seat) AS matches,
           ARRAY(SELECT ROW(v.id, v.details_box, k.wrapped)
                   FROM matches m JOIN volunteers v ON v.id = m.volunteer_id JOIN person_keys k ON k.person_id = v.id
                  WHERE m.referral_id = $1 AND m.meeting_number = $2 AND m.state NOT IN ('cancelled', 'missed') ORDER BY m.seat) AS companions,
           ARRAY(SELECT ROW(o.id, o.referral_id, o.provider_id, o.area_id, o.meeting_number::smallint, o.volunteer_id, o.fellowship, o.state::text,
                            o.state_reason::text, o.wave, o.by_hand, o.by_telephone, o.reply_by, o.last_moment, o.created_at, o.sent_at, o.answered_at,
                            o.banked_at, o.standby, o.beside)
                   FROM offers o WHERE o.referral_id = $1 AND o.meeting_number = $2
                    AND NOT EXISTS (SELECT FROM outcomes t WHERE (t.referral_id, t.meeting_number) = (o.referral_id, o.meeting_number)
                                       AND t.went = 'no' AND t.recorded_at >= o.created_at) ORDER BY o.created_at, o.id) AS offers,
           ARRAY(SELECT ROW(l.id, l.kind, l.about_id, l.party_kind::text, l.party_id, l.revision, l.channel::text, l.state::text, l.created_at,
                            l.due_at, l.ended_at, l.refused::text)
                   FROM letters l WHERE l.referral_id = $1 ORDER BY l.created_at, l.id) AS letters,
           ARRAY(SELECT ROW(t.id, t.kind, t.reason, t.for_role::text, t.provider_id, t.area_id, t.staff_id, t.about_id, t.referral_id, t.volunteer_id,
                            t.match_id, t.meeting_id, t.letter_id, t.opened_at, t.due_at, t.state::text, t.outcome, t.done_at)
                   FROM tasks t WHERE t.state = 'open' AND t.referral_id = $1 ORDER BY t.opened_at) AS tasks,
           ARRAY(SELECT ROW(s.rung::smallint, s.outcome::text, s.at)
                   FROM ladder_steps s WHERE s.referral_id = $1 AND s.meeting_number = $2 ORDER BY s.number) AS ladder,
           EXISTS (SELECT FROM outcomes t WHERE t.referral_id = $1) AS been
"""
"""Rows without names: their columns are the fields of their records, in that order. The driver reads no domain inside such a row."""


@dataclass(frozen=True, slots=True)
class ReferralHistory:
    """One referral's options that are not lost, live matches with their companions' sealed details, offers, letters, open tasks and tried rungs.

    `gone`: who had said yes and cannot come after all, and since when.
    `been`: of some meeting it is known how it went.
    """

    options: tuple[ReferralOption, ...]
    live: tuple[Match, ...]
    gone: tuple[tuple[UUID, datetime], ...]
    companions: tuple[Sealed, ...]
    offers: tuple[Offer, ...]
    letters: tuple[LetterLine, ...]
    tasks: tuple[Task, ...]
    ladder: tuple[RungLine, ...]
    been: bool


async def get_history(c: Connection, referral_id: UUID, meeting_number: int) -> ReferralHistory:
    """What the lists of options, matches, offers, letters and open tasks hold of one referral, each in the order of its own list."""
    row = await c.fetchrow(HISTORY, referral_id, meeting_number)
    offers = tuple(offer_of(_named(Offer, one)) for one in row["offers"])
    matches = [match_of(_named(Match, one)) for one in row["matches"]]
    of_this_try = {offer.id for offer in offers}
    gone = [match for match in matches if match.is_off and match.offer_id in of_this_try]
    return ReferralHistory(
        options=tuple(ReferralOption(**_named(ReferralOption, one)) for one in row["options"]),
        live=tuple(match for match in matches if not match.is_off),
        gone=tuple(sorted(((match.volunteer_id, match.ended_at) for match in gone if match.ended_at), key=lambda pair: pair[1])),
        companions=tuple(found for one in row["companions"] if (found := _details(*one))),
        offers=offers,
        letters=tuple(LetterLine(**_named(LetterLine, one)) for one in row["letters"]),
        tasks=tuple(Task(**_named(Task, one)) for one in row["tasks"]),
        ladder=tuple(RungLine(Rung(rung), RungOutcome(outcome), at) for rung, outcome, at in row["ladder"]),
        been=row["been"],
    )


def _named(kind: Any, values: Any) -> dict[str, Any]:
    """A row of HISTORY with its names. A test compares each with what its own list reads."""
    return dict(zip(_names(kind), values, strict=True))


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _details(volunteer_id: UUID, box: bytes | None, wrapped: bytes | None) -> Sealed | None:
    return sealed_in("volunteers.details_box", volunteer_id, PersonKey(volunteer_id, wrapped), box) if box and wrapped else None
