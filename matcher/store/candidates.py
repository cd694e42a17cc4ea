"""Who may be worth asking: SQL narrows through the moved-box index (matching 13.2), loses nobody, and leaves the decision to the pure rules."""

from collections.abc import Sequence
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
from matcher.domain.option import Option, OptionKey
from matcher.domain.place import good_point
from matcher.domain.volunteer import Standing, Volunteer, VolunteerId
from matcher.store.volunteer_rows import VOLUNTEER_COLUMNS, volunteer_of

OPTIONS = """
    WITH option AS (
        SELECT * FROM unnest($1::float8[], $2::float8[], $3::int[], $4::int[], $5::int[], $6::int[], $7::date[])
                   AS o (lon, lat, from_1, to_1, from_2, to_2, on_date)
    ), near AS MATERIALIZED (
"""
WITHIN_REACH = """
        SELECT DISTINCT r.volunteer_id FROM option o
         CROSS JOIN LATERAL (SELECT x.volunteer_id FROM volunteer_reach x WHERE x.reach_at @> box(point(o.lon, o.lat), point(o.lon, o.lat)) OFFSET 0) r
         WHERE $8::text IS NOT NULL
"""
ANYWHERE = """
        SELECT m.volunteer_id FROM volunteer_fellowships m WHERE m.fellowship = $8 AND m.ended_at IS NULL
"""
FREE = """
    ), people AS (
        SELECT v.* FROM near n
         CROSS JOIN LATERAL (SELECT * FROM volunteers y WHERE y.id = n.volunteer_id OFFSET 0) v
         WHERE v.state = 'active' AND v.may_be_asked AND v.checklist_complete AND v.email_state = 'ok' AND v.role_card_version = $9
           AND EXISTS (SELECT FROM option o WHERE v.windows @> int4range(o.from_1, o.to_1)
                          AND (o.from_2 IS NULL OR v.windows @> int4range(o.from_2, o.to_2)) AND NOT v.away @> o.on_date)
    )
"""
NAMED = """
    WITH people AS (SELECT v.* FROM volunteers v WHERE v.id = ANY($1))
"""
STANDING = """
    (SELECT count(*) FROM offers f WHERE f.volunteer_id = v.id AND NOT f.by_telephone AND f.created_at > {now}::timestamptz - interval '7 days') AS letters,
    EXISTS (SELECT FROM offers f WHERE f.volunteer_id = v.id AND f.state IN ('queued', 'sent') AND f.reply_by > {now}::timestamptz) AS has_open_letter,
    ARRAY(SELECT b.block || ':' || b.taken FROM volunteer_blocks b WHERE b.volunteer_id = v.id AND b.block = ANY({blocks}::int[])) AS blocks,
    ARRAY(SELECT s.half_hour FROM volunteer_slots s
           WHERE s.volunteer_id = v.id AND s.half_hour BETWEEN {first} AND {last}) AS busy,
    ARRAY(SELECT f.meeting_number || ':' || f.state FROM offers f WHERE f.referral_id = {referral} AND f.volunteer_id = v.id) AS asked,
    ARRAY(SELECT p.meeting_id || ':' || p.on_date FROM offers f JOIN offer_options x ON x.offer_id = f.id JOIN referral_options p ON p.id = x.option_id
           WHERE f.referral_id = {referral} AND f.volunteer_id = v.id AND f.meeting_number = {meeting_number}) AS shown,
    ARRAY(SELECT b.kind || ':' || coalesce(b.other_volunteer_id::text, b.outcode, '') FROM bars b
           WHERE b.volunteer_id = v.id AND b.ended_at IS NULL
             AND (b.newcomer_id = {newcomer} OR b.provider_id = {provider} OR b.kind IN ('volunteer_volunteer', 'volunteer_place'))) AS bars,
    ARRAY(SELECT b.volunteer_id FROM bars b
           WHERE b.other_volunteer_id = v.id AND b.ended_at IS NULL AND b.kind = 'volunteer_volunteer') AS barred_by,
    (SELECT t.last_asked_at FROM volunteer_tally t WHERE t.volunteer_id = v.id) AS last_asked_at
"""
FINISH = " FROM people v ORDER BY v.number"


def _standing_columns(first: int) -> str:
    """The columns of STANDING, whose arguments begin at this number."""
    names = ("now", "blocks", "first", "last", "referral", "newcomer", "provider", "meeting_number")
    return STANDING.format(**{name: f"${n}" for n, name in enumerate(names, start=first)})


LIST_NEAR = OPTIONS + WITHIN_REACH + FREE + "SELECT" + VOLUNTEER_COLUMNS + "," + _standing_columns(10) + FINISH
LIST_ANYWHERE = OPTIONS + ANYWHERE + FREE + "SELECT" + VOLUNTEER_COLUMNS + "," + _standing_columns(10) + FINISH
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


async def list_people_near(
    c: Connection, options: Sequence[Option], now: datetime, *, about: About, role_card_version: str
) -> list[Person]:
    """Everybody whom the rules on roster, reach, windows and leave let stand for at least one option, with how they stand to this referral."""
    if not options:
        return []
    points = [(option.venue if option.in_person else None) for option in options]
    spans = [option.spans for option in options]
    rows = await c.fetch(
        LIST_NEAR if all(option.in_person for option in options) else LIST_ANYWHERE,
        [point.longitude + 1000 * option.fellowship.number if point else None for point, option in zip(points, options, strict=True)],
        [point.latitude if point else None for point in points],
        [span[0][0] for span in spans],
        [span[0][1] for span in spans],
        [span[1][0] if len(span) > 1 else None for span in spans],
        [span[1][1] if len(span) > 1 else None for span in spans],
        [option.on_date for option in options],
        options[0].fellowship.value,
        role_card_version,
        *_standing_arguments(options, now),
        *about,
    )
    return [(volunteer_of(row, role_card_version), standing_of(row)) for row in rows]


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
