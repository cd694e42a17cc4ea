"""Who may be worth asking: SQL narrows through the moved-box index (matching 13.2), loses nobody, and leaves the decision to the pure rules."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from matcher.domain.arrangement import ReferralOption
from matcher.domain.availability import block_of
from matcher.domain.connection import Connection, Row
from matcher.domain.fellowship import Fellowship
from matcher.domain.journey_word import OfferState
from matcher.domain.meeting import Audience
from matcher.domain.narrowing import Narrowing
from matcher.domain.option import Option, OptionKey
from matcher.domain.place import good_point
from matcher.domain.volunteer import Standing, Tally, Volunteer, VolunteerId
from matcher.store.standing_yeses import HOLDS
from matcher.store.volunteer_rows import VOLUNTEER_COLUMNS, volunteer_of

COUNTS = "NOT f.by_telephone AND f.beside IS NULL AND (f.state = 'queued' OR f.sent_at IS NOT NULL)"
"""Whether an ask is a letter of the week (H16): it has left, or waits to. One that was taken back or
came too late before it left is none, nor is one that stands beside another in its letter."""

WITHIN_REACH = """
        SELECT volunteer_id AS id, roster_number AS number, role_card_version, languages, going_cap, letters_per_week FROM volunteer_reach
         WHERE reach_at @> box(point($1, $2), point($1, $2)) AND $3::text IS NOT NULL AND ready
           AND windows @> $4::int4multirange AND NOT away @> $5::date
           AND comfortable_with = ANY($7::text[]) AND ($8::text IS NULL OR says_is = $8) AND notice = ANY($10::text[])
"""
WITHIN_FURTHER = WITHIN_REACH.replace(
    "reach_at @> box(point($1, $2), point($1, $2))",
    "(reach_at @> box(point($1, $2), point($1, $2)) OR further AND further_at @> box(point($1, $2), point($1, $2)))",
)
"""The same with those who come further if nobody else can."""
ANYWHERE = """
        SELECT a.id, a.number, a.role_card_version, a.languages, a.going_cap, a.letters_per_week
          FROM volunteer_fellowships r JOIN volunteers a ON a.id = r.volunteer_id
         WHERE r.fellowship = $3 AND r.ended_at IS NULL AND $1::float8 IS NULL AND $2::float8 IS NULL
           AND a.state = 'active' AND a.may_be_asked AND a.checklist_complete AND a.email_state = 'ok'
           AND a.windows @> $4::int4multirange AND NOT a.away @> $5::date
           AND a.comfortable_with = ANY($7::text[]) AND ($8::text IS NULL OR a.says_is = $8) AND a.notice = ANY($10::text[])
"""
FITTING = """
    SELECT v.id FROM (
        SELECT f.id, f.number, f.going_cap, f.letters_per_week, t.last_asked_at
          FROM ({found} OFFSET 0) AS f LEFT JOIN volunteer_tally t ON t.volunteer_id = f.id
         WHERE f.role_card_version = $6 AND ($9::text[] IS NULL OR f.languages && $9)
         ORDER BY t.last_asked_at NULLS FIRST, f.number OFFSET 0
    ) AS v
     WHERE v.id <> ALL (ARRAY(SELECT b.volunteer_id FROM bars b
                               WHERE b.newcomer_id = $14 AND b.volunteer_id IS NOT NULL AND b.ended_at IS NULL))
       AND v.id <> ALL (ARRAY(SELECT b.volunteer_id FROM bars b
                               WHERE b.provider_id = $15 AND b.kind = 'volunteer_provider' AND b.ended_at IS NULL))
       AND v.id <> ALL (ARRAY(SELECT f.volunteer_id FROM offers f WHERE f.referral_id = $16 AND f.state = 'declined'))
       AND NOT EXISTS (SELECT FROM volunteer_blocks b WHERE b.volunteer_id = v.id AND b.block = $13
                          AND (b.taken >= v.going_cap OR (b.busy & busy_bits($13, int4range($11, $12, '[]'))) <> 0::bit(1344)))
       AND ($17::timestamptz IS NULL OR
            NOT EXISTS (SELECT FROM offers f WHERE f.volunteer_id = v.id AND f.state IN ('queued', 'sent') AND f.reply_by > $17 AND f.beside IS NULL)
            AND (SELECT count(*) FROM offers f WHERE f.volunteer_id = v.id AND f_counts AND f.created_at > $17 - interval '7 days')
                < v.letters_per_week)
     ORDER BY v.last_asked_at NULLS FIRST, v.number LIMIT $18
"""
# Who is kept out by a bar or a no is read once, not for each candidate. Letters of the week and an open one are two looks: one look at both
# would read everybody's whole history. The order comes first, so that no more people are looked at closely than are wanted.
FIND_NEAR, FIND_FURTHER, FIND_ANYWHERE = (
    FITTING.replace("{found}", found).replace("f_counts", COUNTS) for found in (WITHIN_REACH, WITHIN_FURTHER, ANYWHERE)
)
ON_CALL = """
     WHERE EXISTS (SELECT FROM volunteers w WHERE w.id = v.id AND w.may_be_rung AND w.on_call @> $19::int)
       AND NOT EXISTS (SELECT FROM offers f WHERE f.volunteer_id = v.id AND f.by_telephone AND f.state = 'sent')
       AND v.id <> ALL"""
RING_NEAR, RING_FURTHER, RING_ANYWHERE = (
    find.replace("\n     WHERE v.id <> ALL", ON_CALL, 1) for find in (FIND_NEAR, FIND_FURTHER, FIND_ANYWHERE)
)
"""The same of those who may be rung at this minute of the local week, and whom nobody rings now."""
NAMED = """
    WITH people AS (SELECT v.* FROM volunteers v WHERE v.id = ANY($1))
"""
LEFT = """(f.state <> 'withdrawn' OR f.sent_at IS NOT NULL OR EXISTS (
               SELECT FROM letters l WHERE l.about_id = coalesce(f.beside, f.id) AND l.kind = 'offer' AND l.state IN ('sending', 'sent', 'bounced')))
           AND (f.state = 'declined' OR NOT EXISTS (SELECT FROM outcomes t WHERE (t.referral_id, t.meeting_number) = (f.referral_id, f.meeting_number)
                                                       AND t.went = 'no' AND t.recorded_at >= f.created_at))"""
"""Whether an invitation counts: it had left before it was withdrawn (one that was taken back before that asked nobody; one that was refused was
tried), and it was for this try: a meeting that was missed is asked for anew (R40), but a no stays a no."""
STANDING = """
    (SELECT count(*) FROM offers f WHERE f.volunteer_id = v.id AND {counts} AND f.created_at > {now}::timestamptz - interval '7 days') AS letters,
    EXISTS (SELECT FROM offers f WHERE f.volunteer_id = v.id AND f.state IN ('queued', 'sent') AND f.reply_by > {now}::timestamptz
               AND f.beside IS NULL) AS has_open_letter,
    ARRAY(SELECT b.block || ':' || b.taken FROM volunteer_blocks b WHERE b.volunteer_id = v.id AND b.block = ANY({blocks}::int[])) AS blocks,
    ARRAY(SELECT generate_series(lower(m.half_hours), upper(m.half_hours) - 1) FROM matches m
           WHERE m.volunteer_id = v.id AND m.state <> 'cancelled' AND m.half_hours && int4range({first}, {last}, '[]')) AS busy,
    ARRAY(SELECT f.meeting_number || ':' || f.state FROM offers f WHERE f.referral_id = {referral} AND f.volunteer_id = v.id AND {left}) AS asked,
    ARRAY(SELECT p.meeting_id || ':' || p.on_date FROM offers f JOIN offer_options x ON x.offer_id = f.id JOIN referral_options p ON p.id = x.option_id
           WHERE f.referral_id = {referral} AND f.volunteer_id = v.id AND f.meeting_number = {meeting_number} AND {left}) AS shown,
    ARRAY(SELECT b.kind || ':' || coalesce(b.other_volunteer_id::text, b.outcode, '') FROM bars b
           WHERE b.volunteer_id = v.id AND b.ended_at IS NULL
             AND (b.newcomer_id = {newcomer} OR b.provider_id = {provider} OR b.kind IN ('volunteer_volunteer', 'volunteer_place'))) AS bars,
    ARRAY(SELECT b.volunteer_id FROM bars b
           WHERE b.other_volunteer_id = v.id AND b.ended_at IS NULL AND b.kind = 'volunteer_volunteer') AS barred_by,
    (SELECT t.last_asked_at FROM volunteer_tally t WHERE t.volunteer_id = v.id) AS last_asked_at,
    (SELECT t.tired_at FROM volunteer_tally t WHERE t.volunteer_id = v.id) AS tired_at,
    (SELECT ARRAY[t.asks, t.yeses, t.log_delay, t.answers, t.tired, t.scarce * power(.995, greatest(0, a.referrals_begun - t.scarce_number))]
       FROM volunteer_tally t, areas a WHERE t.volunteer_id = v.id AND a.id = v.area_id) AS tally,
    ARRAY(SELECT y.meeting_id FROM standing_yeses y WHERE y.volunteer_id = v.id AND {holds}) AS always_yes
"""
FINISH = " FROM people v ORDER BY v.number"


def _standing_columns(first: int) -> str:
    """The columns of STANDING, whose arguments begin at this number."""
    names = ("now", "blocks", "first", "last", "referral", "newcomer", "provider", "meeting_number")
    return STANDING.format(left=LEFT, counts=COUNTS, holds=HOLDS, **{name: f"${n}" for n, name in enumerate(names, start=first)})


LIST_NAMED = NAMED + "SELECT" + VOLUNTEER_COLUMNS + "," + _standing_columns(2) + FINISH
Person = tuple[Volunteer, Standing]


NEVER_REACHED = (OfferState.NOT_NOW, OfferState.UNDELIVERABLE)
"""Asks that do not count as asked: "another day" frees later options, and a letter that never arrived asked nobody."""


class About(NamedTuple):
    """Which referral the question is about. A draft that is only being filled in has ids that nobody was asked under."""

    referral_id: UUID
    newcomer_id: UUID
    provider_id: UUID
    meeting_number: int


async def list_ids_near(
    c: Connection,
    narrowing: Narrowing,
    *,
    about: About,
    role_card_version: str,
    letters_from: datetime | None,
    most: int,
    on_call: int | None = None,
) -> list[UUID]:
    """Up to `most` volunteers who may fit one option, asked longest ago first (never asked first of all, then by roster number).

    Narrows only by what the hard rules demand anyway. `letters_from` is now where letters of the week count (H16), None where they do not.
    `on_call`: a minute of the local week in which they may be rung.
    """
    place = narrowing.point if narrowing.in_person else None
    if narrowing.in_person and place is None:
        return []
    near, further, anywhere = (FIND_NEAR, FIND_FURTHER, FIND_ANYWHERE) if on_call is None else (RING_NEAR, RING_FURTHER, RING_ANYWHERE)
    rows = await c.fetch(
        (further if narrowing.further else near) if place else anywhere,
        place.longitude + 1000 * narrowing.fellowship.number if place else None,
        place.latitude if place else None,
        narrowing.fellowship.value,
        narrowing.spans,
        narrowing.on_date,
        role_card_version,
        narrowing.comfortable_with,
        narrowing.says_is,
        narrowing.languages,
        narrowing.notices,
        *narrowing.half_hours,
        narrowing.block,
        about.newcomer_id,
        about.provider_id,
        about.referral_id,
        letters_from,
        most,
        *([] if on_call is None else [on_call]),
    )
    return list(dict.fromkeys(row["id"] for row in rows))


async def find_anybody_on_call(c: Connection, area_id: UUID, now: datetime) -> bool:
    """Whether anybody at all may be rung at this minute, by the clock of this area: the first and cheapest question before a call."""
    found: bool = await c.fetchval(
        """
        SELECT EXISTS (SELECT FROM areas a CROSS JOIN LATERAL (SELECT $2::timestamptz AT TIME ZONE a.timezone AS at) l
                         JOIN volunteers v ON v.may_be_rung AND v.state = 'active'
                          AND v.on_call @> (extract(isodow FROM l.at)::int * 1440 - 1440 + extract(hour FROM l.at)::int * 60
                                            + extract(minute FROM l.at)::int)
                        WHERE a.id = $1)
        """,
        area_id,
        now,
    )
    return found


async def list_people_named(
    c: Connection,
    volunteer_ids: Sequence[UUID],
    options: Sequence[Option],
    now: datetime,
    *,
    about: About,
    role_card_version: str,
) -> list[Person]:
    """These volunteers, fit or not: for an answer, an ask by hand, and for showing which rule stands in the way."""
    rows = await c.fetch(LIST_NAMED, list(volunteer_ids), *_standing_arguments(options, now), *about)
    return [(volunteer_of(row, role_card_version), standing_of(row)) for row in rows]


def _standing_arguments(options: Sequence[Option], now: datetime) -> tuple[datetime, list[int], int, int]:
    """Now, the four-week blocks, and the half hours around all options (a day more on each side: the way there and back)."""
    if not options:
        return now, [], 0, 0
    day = timedelta(days=1)
    first = int((min(option.meets_at for option in options) - day).timestamp() // 1800)
    last = int((max(option.ends_at for option in options) + day).timestamp() // 1800)
    return now, sorted({block_of(option.on_date) for option in options}), first, last


def standing_of(row: Row) -> Standing:
    """How somebody stands to a referral, from the columns of STANDING."""
    asked = [(int(number), OfferState(state)) for number, _, state in (text.partition(":") for text in row["asked"])]
    states = {state for _, state in asked}
    bars = [(kind, other) for kind, _, other in (text.partition(":") for text in row["bars"])]
    partners = {VolunteerId(UUID(other)) for kind, other in bars if kind == "volunteer_volunteer"} | {
        VolunteerId(v) for v in row["barred_by"]
    }
    return Standing(
        letters_in_seven_days=row["letters"],
        has_open_letter=row["has_open_letter"],
        matches_in_block=MappingProxyType({int(block): int(taken) for block, _, taken in (text.partition(":") for text in row["blocks"])}),
        busy=frozenset(row["busy"]),
        said_no=OfferState.DECLINED in states,
        asked_for_meeting_numbers=frozenset(number for number, state in asked if state not in NEVER_REACHED),
        said_another_day=OfferState.NOT_NOW in states,
        shown=frozenset(_option_key(text) for text in row["shown"]),
        banked_yes=OfferState.COVERED in states,
        barred_from_newcomer=any(kind == "newcomer_volunteer" for kind, _ in bars),
        barred_from_provider=any(kind == "volunteer_provider" for kind, _ in bars),
        barred_outcodes=frozenset(other for kind, other in bars if kind == "volunteer_place"),
        barred_pair_partners=frozenset(partners),
        last_asked_at=row["last_asked_at"],
        tally=replace(Tally(*row["tally"]), tired_at=row["tired_at"]) if row["tally"] else Tally(),
        always_yes=frozenset(row["always_yes"]),
    )


def _option_key(text: str) -> OptionKey:
    meeting_id, _, on_date = text.partition(":")
    return UUID(meeting_id), date.fromisoformat(on_date)


async def list_option_facts(c: Connection, options: Sequence[ReferralOption]) -> list[Option]:
    """The options with the facts of their meetings that the rules read, in the same order."""
    rows = await c.fetch(
        """
        SELECT id, status, attendable, last_confirmed_at, needs_human_check, audience, attributes, latitude, longitude, outcode,
               conference_url IS NOT NULL OR conference_phone IS NOT NULL OR EXISTS (SELECT FROM meeting_joins j WHERE j.meeting_id = m.id) AS way_in
          FROM meetings m WHERE id = ANY($1)
        """,
        [option.meeting_id for option in options],
    )
    facts = {row["id"]: row for row in rows}
    return [option_of(option, facts[option.meeting_id]) for option in options]


def option_of(option: ReferralOption, row: Row) -> Option:
    """An option with its meeting's facts."""
    point = good_point(row["latitude"], row["longitude"])
    return Option(
        meeting_id=option.meeting_id,
        on_date=option.on_date,
        fellowship=Fellowship(option.fellowship),
        zone=ZoneInfo(option.timezone),
        starts_at=option.starts_at,
        length_minutes=int((option.ends_at - option.starts_at).total_seconds() // 60),
        meet_up_at=option.meet_at,
        rank=option.rank,
        attendable=row["attendable"] and row["status"] == "active",
        last_checked_at=row["last_confirmed_at"],
        needs_human_check=row["needs_human_check"],
        audience=Audience(row["audience"]),
        attributes=frozenset(row["attributes"]),
        in_person=option.in_person,
        has_way_in=row["way_in"],
        venue=point,
        outcode=row["outcode"],
        picked_by_hand=option.picked_by_hand,
    )
