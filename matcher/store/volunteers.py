"""The roster: volunteers with their fellowships, reach, windows and leave, written whole and listed by what is in the clear. Never by name."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from matcher.domain.availability import Away, WeekSpan
from matcher.domain.connection import Connection, Row
from matcher.domain.errors import NotFound
from matcher.domain.fellowship import Fellowship
from matcher.domain.journey_word import VolunteerState
from matcher.domain.outbox import sealed_in
from matcher.domain.roster import (
    PAGE_SIZE,
    Checklist,
    Dbs,
    ReachArea,
    RosterAnswers,
    RosterFilter,
    RosterLine,
    VolunteerProfile,
)
from matcher.domain.sealed import PersonKey, Sealed
from matcher.domain.volunteer import Membership
from matcher.store.volunteer_rows import away_of, circle_of, membership_of, volunteer_of, windows_of

PROFILE = """
    SELECT v.*, k.wrapped, t.last_asked_at, v.email_index IS NOT NULL AND v.email_state = 'ok' AS address_ok,
           ARRAY(SELECT m.fellowship || ':' || m.kind FROM volunteer_fellowships m
                  WHERE m.volunteer_id = v.id AND m.ended_at IS NULL) AS memberships,
           ARRAY(SELECT DISTINCT ON (a.number) a.latitude || ',' || a.longitude || ',' || a.radius_km FROM volunteer_reach a
                  WHERE a.volunteer_id = v.id ORDER BY a.number) AS reach,
           ARRAY(SELECT DISTINCT ON (a.number) a.label FROM volunteer_reach a WHERE a.volunteer_id = v.id ORDER BY a.number) AS labels
      FROM volunteers v LEFT JOIN person_keys k ON k.person_id = v.id LEFT JOIN volunteer_tally t ON t.volunteer_id = v.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVolunteer:
    """Somebody about to enter the roster, as `checking` (V16). Their key is kept before them, in the same transaction."""

    id: UUID
    area_id: UUID
    answers: RosterAnswers
    checklist_complete: bool
    may_be_asked: bool
    may_be_rung: bool
    email_index: bytes
    details_box: bytes


class RosterPage(NamedTuple):
    """One page of the list and how many lines all pages have."""

    lines: list[RosterLine]
    total: int


async def insert_volunteers(tx: Connection, people: Sequence[NewVolunteer], now: datetime) -> None:
    """Keep new volunteers with everything that belongs to them, and their places in the tally of asks."""
    await tx.executemany(
        """
        INSERT INTO volunteers (id, area_id, state, adult, email_index, details_box, checklist_complete, may_be_asked, created_at, updated_at,
                                time_band, smart_trained, says_is, comfortable_with, pair_only, audiences, languages, travel_mode, notice,
                                letters_per_week, going_cap, further_if_needed, share_number, discreet, windows, away, checklist,
                                role_card_version, role_card_on, on_call, may_be_rung)
        VALUES ($1, $2, 'checking', true, $3, $4, $5, $6, $7, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
                $22::text::int4multirange, $23::text::datemultirange, $24, $25, $26, $27::text::int4multirange, $28)
        """,
        [
            (
                *(one.id, one.area_id, one.email_index, one.details_box, one.checklist_complete, one.may_be_asked, now),
                *_columns(one.answers),
                one.may_be_rung,
            )
            for one in people
        ],
    )
    await _write_memberships(tx, [(one.id, one.answers) for one in people])
    await _write_reach(tx, [(one.id, one.answers) for one in people])
    await tx.executemany("INSERT INTO volunteer_tally (volunteer_id) VALUES ($1)", [(one.id,) for one in people])


async def claim_answers(
    tx: Connection, volunteer_id: UUID, answers: RosterAnswers, now: datetime, *, version: int, checklist_complete: bool
) -> bool:
    """Write a volunteer's answers whole; False when somebody else has changed the entry since `version`."""
    status = await tx.execute(
        """
        UPDATE volunteers SET version = version + 1, updated_at = $3, checklist_complete = $4, time_band = $5, smart_trained = $6, says_is = $7,
               comfortable_with = $8, pair_only = $9, audiences = $10, languages = $11, travel_mode = $12, notice = $13,
               letters_per_week = $14, going_cap = $15, further_if_needed = $16, share_number = $17, discreet = $18,
               windows = $19::text::int4multirange, away = $20::text::datemultirange, checklist = $21, role_card_version = $22,
               role_card_on = $23, on_call = $24::text::int4multirange
         WHERE id = $1 AND version = $2 AND state NOT IN ('left', 'forgotten')
        """,
        volunteer_id,
        version,
        now,
        checklist_complete,
        *_columns(answers),
    )
    if not status.endswith(" 1"):
        return False
    await tx.execute(
        "UPDATE volunteer_fellowships SET ended_at = $3 WHERE volunteer_id = $1 AND ended_at IS NULL AND NOT fellowship = ANY($2)",
        volunteer_id,
        [fellowship.value for fellowship in answers.fellowships],
        now,
    )
    await _write_memberships(tx, [(volunteer_id, answers)])
    await tx.execute("DELETE FROM volunteer_reach WHERE volunteer_id = $1", volunteer_id)
    await _write_reach(tx, [(volunteer_id, answers)])
    return True


async def update_details(tx: Connection, volunteer_id: UUID, details_box: bytes) -> None:
    """Replace the sealed details."""
    await tx.execute("UPDATE volunteers SET details_box = $2 WHERE id = $1", volunteer_id, details_box)


async def update_conflicts(tx: Connection, volunteer_id: UUID, conflicts_box: bytes | None) -> None:
    """Replace the sealed conflicts; None where nothing is held."""
    await tx.execute("UPDATE volunteers SET conflicts_box = $2 WHERE id = $1", volunteer_id, conflicts_box)


async def update_address(tx: Connection, volunteer_id: UUID, email_index: bytes) -> None:
    """Another address: looked up by its index, and taken to work until a letter comes back."""
    await tx.execute("UPDATE volunteers SET email_index = $2, email_state = 'ok' WHERE id = $1", volunteer_id, email_index)


async def update_agreed(tx: Connection, volunteer_id: UUID, *, may_be_asked: bool, may_be_rung: bool) -> None:
    """What the consent ledger now says."""
    await tx.execute("UPDATE volunteers SET may_be_asked = $2, may_be_rung = $3 WHERE id = $1", volunteer_id, may_be_asked, may_be_rung)


async def claim_version(tx: Connection, volunteer_id: UUID, version: int, now: datetime) -> bool:
    """Move the version on for a change that touches no answer; False when somebody else was faster."""
    status = await tx.execute(
        "UPDATE volunteers SET version = version + 1, updated_at = $3 WHERE id = $1 AND version = $2", volunteer_id, version, now
    )
    return status.endswith(" 1")


async def claim_volunteer_state(
    tx: Connection,
    profile: VolunteerProfile,
    to: VolunteerState,
    now: datetime,
    *,
    paused_reason: str | None = None,
    paused_until: date | None = None,
) -> bool:
    """Move a volunteer on from the state they were read in; False when they have moved meanwhile."""
    status = await tx.execute(
        """
        UPDATE volunteers SET state = $3, paused_reason = $4, paused_until = $5, version = version + 1, updated_at = $6
         WHERE id = $1 AND state = $2
        """,
        profile.id,
        profile.state,
        to,
        paused_reason,
        paused_until,
        now,
    )
    return status.endswith(" 1")


async def find_profile(c: Connection, volunteer_id: UUID) -> VolunteerProfile | None:
    """One roster entry whole."""
    row = await c.fetchrow(PROFILE + " WHERE v.id = $1", volunteer_id)
    return profile_of(row) if row else None


async def get_profile(c: Connection, volunteer_id: UUID) -> VolunteerProfile:
    """One roster entry whole. Raises NotFound."""
    profile = await find_profile(c, volunteer_id)
    if profile is None:
        raise NotFound()
    return profile


async def list_known_addresses(c: Connection, email_indexes: Iterable[bytes]) -> set[bytes]:
    """Which of these blind indexes are on a roster already."""
    rows = await c.fetch("SELECT email_index FROM volunteers WHERE email_index = ANY($1)", list(email_indexes))
    return {row["email_index"] for row in rows}


async def find_other_with_address(c: Connection, email_index: bytes, volunteer_id: UUID) -> UUID | None:
    """Who else has this address."""
    found: UUID | None = await c.fetchval("SELECT id FROM volunteers WHERE email_index = $1 AND id <> $2", email_index, volunteer_id)
    return found


async def list_roster(c: Connection, wanted: RosterFilter, role_card_version: str, *, page: int = 1) -> RosterPage:
    """One page of the roster. Who has left is listed only when asked for; who was forgotten, never."""
    rows = await c.fetch(
        """
        WITH found AS (
            SELECT v.id, v.number, t.last_asked_at FROM volunteers v LEFT JOIN volunteer_tally t ON t.volunteer_id = v.id
             WHERE v.area_id = ANY($1)
               AND v.state <> 'forgotten' AND (v.state = $2 OR $2 IS NULL AND v.state <> 'left')
               AND ($3::text IS NULL OR EXISTS (SELECT FROM volunteer_fellowships m
                                                 WHERE m.volunteer_id = v.id AND m.fellowship = $3 AND m.ended_at IS NULL))
               AND ($4 = '' OR $4 = 'none' AND v.languages = '{}' OR $4 = ANY(v.languages))
               AND ($5 = '{}' OR v.windows && $5::text::int4multirange)
               AND ($6::float8 IS NULL OR EXISTS (
                    SELECT FROM volunteer_reach a WHERE a.volunteer_id = v.id AND a.radius_km >= 12742 * asind(least(1, sqrt(
                        sind((a.latitude - $6) / 2) ^ 2 + cosd(a.latitude) * cosd($6) * sind((a.longitude - $7) / 2) ^ 2))) * pi() / 180))
        ), page AS (
            SELECT *, count(*) OVER () AS total FROM found
             ORDER BY CASE WHEN $8 = 'newest' THEN -number END, CASE WHEN $8 = 'least_recent' THEN last_asked_at END NULLS FIRST,
                      CASE WHEN $8 = 'most_recent' THEN last_asked_at END DESC NULLS LAST, number
             LIMIT $9 OFFSET $10
        )
        SELECT v.id, v.number, v.area_id, v.state, v.paused_until, v.email_state, v.windows, v.languages, v.away, v.details_box, k.wrapped,
               p.last_asked_at, p.total,
               v.state = 'active' AND v.may_be_asked AND v.checklist_complete AND v.email_state = 'ok' AND v.role_card_version = $11 AS ready,
               ARRAY(SELECT m.fellowship || ':' || m.kind FROM volunteer_fellowships m
                      WHERE m.volunteer_id = v.id AND m.ended_at IS NULL) AS memberships,
               ARRAY(SELECT DISTINCT a.label FROM volunteer_reach a WHERE a.volunteer_id = v.id ORDER BY a.label) AS districts
          FROM page p JOIN volunteers v ON v.id = p.id LEFT JOIN person_keys k ON k.person_id = v.id
         ORDER BY CASE WHEN $8 = 'newest' THEN -v.number END, CASE WHEN $8 = 'least_recent' THEN p.last_asked_at END NULLS FIRST,
                  CASE WHEN $8 = 'most_recent' THEN p.last_asked_at END DESC NULLS LAST, v.number
        """,
        list(wanted.area_ids),
        wanted.state,
        wanted.fellowship,
        wanted.language,
        spans_text(wanted.free),
        wanted.near.latitude if wanted.near else None,
        wanted.near.longitude if wanted.near else None,
        wanted.order,
        PAGE_SIZE,
        (page - 1) * PAGE_SIZE,
        role_card_version,
    )
    return RosterPage([_line(row) for row in rows], rows[0]["total"] if rows else 0)


def profile_of(row: Row) -> VolunteerProfile:
    """A row of PROFILE as a record."""
    judged = volunteer_of(row, row["role_card_version"] or "")
    checklist: dict[str, Any] = json.loads(row["checklist"])
    dates = {name: date.fromisoformat(checklist[name]) for name in CHECK_DATES if checklist.get(name)}
    answers = RosterAnswers(
        time_band=judged.time_band or _missing("time_band"),
        smart_trained=row["smart_trained"],
        memberships=frozenset(map(membership_of, row["memberships"])),
        reach=tuple(ReachArea(label, circle_of(text)) for label, text in zip(row["labels"], row["reach"], strict=True)),
        travel_mode=judged.travel_how or _missing("travel_mode"),
        further_if_needed=row["further_if_needed"],
        windows=judged.windows,
        on_call=judged.on_call,
        away=judged.away,
        notice=judged.notice or _missing("notice"),
        letters_per_week=row["letters_per_week"],
        going_cap=row["going_cap"],
        comfortable_with=judged.comfortable_with,
        says_is=judged.says_is,
        pair_only=row["pair_only"],
        audiences=judged.said_audiences,
        languages=judged.languages,
        share_number=row["share_number"],
        discreet=row["discreet"],
        checklist=Checklist(**dates, dbs=Dbs(checklist["dbs"]) if checklist.get("dbs") else None),
        role_card_version=row["role_card_version"],
        role_card_on=row["role_card_on"],
    )
    plain = {name: row[name] for name in PLAIN}
    details, conflicts = _sealed(row, "details_box"), _sealed(row, "conflicts_box")
    return VolunteerProfile(**plain | {"state": judged.state}, answers=answers, details=details, conflicts=conflicts)


PLAIN = tuple(
    """
    id number area_id paused_reason paused_until adult may_be_asked may_be_rung email_state checklist_complete created_at updated_at version last_asked_at
    """.split()
)
CHECK_DATES = ("met_on", "referee_on", "training_on", "dbs_seen_on")


def _missing(name: str) -> Any:
    raise ValueError(f"{name} is never null in the table")


def _line(row: Row) -> RosterLine:
    names = ("id", "number", "area_id", "paused_until", "email_state", "ready", "last_asked_at")
    plain: dict[str, Any] = {name: row[name] for name in names}
    return RosterLine(
        **plain,
        state=VolunteerState(row["state"]),
        memberships=tuple(sorted(map(membership_of, row["memberships"]), key=_fellowship_number)),
        districts=tuple(row["districts"]),
        windows=windows_of(row["windows"]),
        languages=tuple(row["languages"]),
        away=away_of(row["away"]),
        details=_sealed(row, "details_box"),
    )


def _sealed(row: Row, box: str) -> Sealed | None:
    if not row["wrapped"] or not row[box]:
        return None
    return sealed_in(f"volunteers.{box}", row["id"], PersonKey(row["id"], row["wrapped"]), row[box])


ORDER = {fellowship: place for place, fellowship in enumerate(Fellowship)}


def _fellowship_number(membership: Membership) -> int:
    return ORDER[membership.fellowship]


def _columns(answers: RosterAnswers) -> tuple[Any, ...]:
    """The columns of the answers in the order of the statements above, from time_band to on_call."""
    checklist = {name: getattr(answers.checklist, name).isoformat() for name in CHECK_DATES if getattr(answers.checklist, name)}
    dbs = {"dbs": answers.checklist.dbs.value} if answers.checklist.dbs else {}
    return (
        answers.time_band,
        answers.smart_trained,
        answers.says_is,
        answers.comfortable_with,
        answers.pair_only,
        sorted(answers.audiences),
        sorted(answers.languages),
        answers.travel_mode,
        answers.notice,
        answers.letters_per_week,
        answers.going_cap,
        answers.further_if_needed,
        answers.share_number,
        answers.discreet,
        spans_text(answers.windows),
        days_text(answers.away),
        json.dumps({**checklist, **dbs}),
        answers.role_card_version,
        answers.role_card_on,
        spans_text(answers.on_call),
    )


def spans_text(spans: Iterable[WeekSpan]) -> str:
    """Week spans as the text of an int4multirange."""
    return "{" + ",".join(f"[{start},{end})" for start, end in spans) + "}"


def days_text(away: Iterable[Away]) -> str:
    """Days away as the text of a datemultirange; no last day runs on."""
    ends = ((one.first_on, one.last_on + timedelta(days=1) if one.last_on else "") for one in away)
    return "{" + ",".join(f"[{first},{after})" for first, after in ends) + "}"


async def _write_memberships(tx: Connection, people: Sequence[tuple[UUID, RosterAnswers]]) -> None:
    """The fellowships as they are now. One that is over was ended, never deleted: earlier offers point to it."""
    await tx.executemany(
        """
        INSERT INTO volunteer_fellowships (volunteer_id, fellowship, kind) VALUES ($1, $2, $3)
            ON CONFLICT (volunteer_id, fellowship) DO UPDATE SET kind = EXCLUDED.kind, ended_at = NULL
        """,
        [(volunteer_id, one.fellowship.value, one.kind.value) for volunteer_id, answers in people for one in answers.memberships],
    )


async def _write_reach(tx: Connection, people: Sequence[tuple[UUID, RosterAnswers]]) -> None:
    """One row for each fellowship and area, so that one index serves them all."""
    await tx.executemany(
        """
        INSERT INTO volunteer_reach (volunteer_id, number, fellowship_no, label, latitude, longitude, radius_km)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        [
            (
                volunteer_id,
                number,
                fellowship.number,
                area.label,
                area.circle.centre.latitude,
                area.circle.centre.longitude,
                area.circle.radius_km,
            )
            for volunteer_id, answers in people
            for fellowship in answers.fellowships
            for number, area in enumerate(answers.reach)
        ],
    )
