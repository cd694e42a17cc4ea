"""Rosters and referrals in bulk, made by SQL alone: invented, seeded, and only as true as a benchmark needs."""

from datetime import UTC, datetime
from typing import Any

from matcher.domain.availability import block_of
from matcher.domain.fellowship import Fellowship
from matcher.vocabulary import role_card

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
AREA = "00000000-0000-4000-8000-000000000001"
PROVIDER = "00000000-0000-4000-8000-000000000002"
KEYWORKER = "00000000-0000-4000-8000-000000000003"
MEETING = "00000000-0000-4000-8000-000000000004"
SOUTH, WEST, DEGREES = 50.5, -3.5, 4.0
"""A square of England and Wales, in which rosters are spread evenly: places are as crowded as a county of ours, whatever the size."""


async def _quietly(c: Any, *tables: str) -> None:
    """Leave out what writes the audit while rows are made in bulk; `_as_usual` brings it back."""
    for table in tables:
        await c.execute("ALTER TABLE " + table + " DISABLE TRIGGER USER")


async def _as_usual(c: Any, *tables: str) -> None:
    for table in tables:
        await c.execute("ALTER TABLE " + table + " ENABLE TRIGGER USER")
    await c.execute("VACUUM ANALYZE")


async def fill_frames(c: Any) -> None:
    """One area, one service, one keyworker, one meeting."""
    await _quietly(c, "staff")
    await c.execute(
        "INSERT INTO areas (id, name, discreet_name, reply_to, created_at) VALUES ($1, 'Bench', 'Bench', 'a@bench.example', $2)", AREA, NOW
    )
    await c.execute(
        """
        INSERT INTO providers (id, name, discreet_name, reply_to, telephone, fellowships, created_at)
        VALUES ($1, 'Bench', 'Bench', 'a@bench.example', '01632 960000', '{aa}', $2)
        """,
        PROVIDER,
        NOW,
    )
    await c.execute("INSERT INTO person_keys (person_id, kind, wrapped, created_at) VALUES ($1, 'staff', '\\x01', $2)", KEYWORKER, NOW)
    await c.execute(
        """
        INSERT INTO staff (id, provider_id, role, state, email_index, details_box, created_at, confirmed_at, change_number)
        VALUES ($1, $2, 'keyworker', 'active', '\\x01', '\\x01', $3, $3, 1)
        """,
        KEYWORKER,
        PROVIDER,
        NOW,
    )
    await c.execute("INSERT INTO meeting_sources (id, name, format, created_at) VALUES ('bench', 'Bench', 'manual', $1)", NOW)
    await c.execute(
        """
        INSERT INTO meetings (id, source_id, source_key, fellowship, name, iso_weekday, starts, duration_min, timezone, schedule, status, attendable,
                              needs_human_check, in_person, online, audience, source_row, content_hash, first_seen_at, last_seen_at)
        VALUES ($1, 'bench', 'k', 'aa', 'Bench', 4, '19:30', 60, 'Europe/London', 'weekly', 'active', true, false, true, false, 'open', '{}', '\\x00', $2, $2)
        """,
        MEETING,
        NOW,
    )
    await _as_usual(c, "staff")


async def fill_roster(c: Any, size: int) -> None:
    """`size` volunteers: nine in twenty of AA, two free evenings (half of them mornings), radius 5 to 25 km, one in twenty paused."""
    card = role_card(Fellowship.AA).version
    await _quietly(c, "volunteers")
    await c.execute(
        "INSERT INTO person_keys (person_id, kind, wrapped, created_at) SELECT md5(g::text)::uuid, 'volunteer', '\\x01', $2 FROM generate_series(1, $1::int) g",
        size,
        NOW,
    )
    await c.execute("SELECT setseed(0.5)")
    await c.execute(
        """
        INSERT INTO volunteers (id, area_id, state, adult, time_band, says_is, comfortable_with, languages, windows, checklist_complete,
                                role_card_version, may_be_asked, notice, email_index, details_box, created_at, updated_at)
        SELECT md5(g::text)::uuid, $2, CASE WHEN g % 20 = 0 THEN 'paused' ELSE 'active' END, true, '2_to_5', CASE WHEN g % 2 = 0 THEN 'man' ELSE 'woman' END,
               (ARRAY['women', 'men', 'anyone'])[g % 3 + 1], '{en}',
               int4multirange(int4range((g % 7) * 1440 + CASE WHEN g % 2 = 0 THEN 1020 ELSE 480 END,
                                        (g % 7) * 1440 + CASE WHEN g % 2 = 0 THEN 1380 ELSE 1020 END),
                              int4range(((g + 2) % 7) * 1440 + 1020, ((g + 2) % 7) * 1440 + 1380)),
               true, $3, true, 'two_hours', decode(md5('e' || g), 'hex'), '\\x00', $4, $4
          FROM generate_series(1, $1::int) g
        """,
        size,
        AREA,
        card,
        NOW,
    )
    await c.execute(
        """
        INSERT INTO volunteer_fellowships (volunteer_id, fellowship, kind)
        SELECT md5(g::text)::uuid, (ARRAY['aa','aa','aa','aa','na','na','ca','smart','alanon'])[g % 9 + 1], 'member' FROM generate_series(1, $1::int) g
        """,
        size,
    )
    await c.execute(
        """
        INSERT INTO volunteer_reach (volunteer_id, number, fellowship_no, label, latitude, longitude, radius_km)
        SELECT md5(g::text)::uuid, 1, (ARRAY[0,0,0,0,4,4,1,5,7])[g % 9 + 1], 'x', $2 + $4 * random(), $3 + $4 * random(), (ARRAY[5,8,12,18,25])[g % 5 + 1]
          FROM generate_series(1, $1::int) g
        """,
        size,
        SOUTH,
        WEST,
        DEGREES,
    )
    await _as_usual(c, "volunteers")


async def fill_referrals(c: Any, count: int) -> None:
    """`count` referrals that look for one companion, each with one sent offer to a volunteer of its own; the roster holds as many of AA."""
    await _quietly(c, "referrals", "offers")
    await c.execute(
        """
        WITH aa AS (SELECT m.volunteer_id, row_number() OVER (ORDER BY m.volunteer_id) AS n FROM volunteer_fellowships m
                      JOIN volunteers v ON v.id = m.volunteer_id WHERE m.fellowship = 'aa' AND v.state = 'active' LIMIT $1),
        r AS (INSERT INTO referrals (id, provider_id, area_id, keyworker_id, newcomer_id, reference, own_reference_index, state, age,
                                     submitted_at, updated_at, change_number)
              SELECT md5('r' || n)::uuid, $2, $3, $4, md5('n' || n)::uuid, 'R' || n, '\\x00', 'looking', '18_or_over', $6, $6, 1 FROM aa),
        p AS (INSERT INTO referral_options (id, referral_id, meeting_number, rank, meeting_id, fellowship, on_date, starts_at, ends_at, meet_at, state)
              SELECT md5('o' || n)::uuid, md5('r' || n)::uuid, 1, 1, $5, 'aa', '2026-11-26', '2026-11-26T19:30Z', '2026-11-26T20:30Z',
                     '2026-11-26T19:15Z', 'open' FROM aa)
        INSERT INTO offers (id, referral_id, provider_id, area_id, meeting_number, volunteer_id, fellowship, state, wave, reply_by, last_moment,
                            created_at, sent_at, change_number)
        SELECT md5('f' || n)::uuid, md5('r' || n)::uuid, $2, $3, 1, volunteer_id, 'aa', 'sent', 1, '2026-11-24T10:00Z', '2026-11-26T17:00Z', $6, $6, 2
          FROM aa
        """,
        count,
        PROVIDER,
        AREA,
        KEYWORKER,
        MEETING,
        NOW,
    )
    await _as_usual(c, "referrals", "offers")


async def fill_histories(c: Any, *, most: int = 100_000) -> None:
    """Eight asks for everybody on the roster, one every six days, when they were last asked, and somewhere to go in every third block.

    Of a roster of more than `most`, every so manieth was asked, so that no more rows than that are made. The asks belong to referrals of
    `fill_referrals`, which has to be called before.
    """
    every = max(1, await c.fetchval("SELECT count(*) FROM volunteers") // most)
    await _quietly(c, "offers")
    await c.execute(
        """
        WITH r AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n, count(*) OVER () AS all_of_them FROM referrals),
             asked AS (SELECT m.volunteer_id, m.fellowship, g, row_number() OVER () AS n
                         FROM volunteer_fellowships m JOIN volunteers v ON v.id = m.volunteer_id AND v.number % $4 = 0, generate_series(1, 8) g)
        INSERT INTO offers (id, referral_id, provider_id, area_id, meeting_number, volunteer_id, fellowship, state, wave, reply_by, last_moment,
                            created_at, sent_at, change_number)
        SELECT md5('h' || a.n)::uuid, r.id, $1, $2, 1, a.volunteer_id, a.fellowship, 'covered', 1, at + interval '4 hours', at + interval '1 day',
               at, at, 2
          FROM asked a CROSS JOIN LATERAL (SELECT $3::timestamptz - a.g * interval '6 days') AS past (at)
          JOIN r ON r.n = a.n % r.all_of_them
        """,
        PROVIDER,
        AREA,
        NOW,
        every,
    )
    await c.execute(
        """
        INSERT INTO volunteer_tally (volunteer_id, last_asked_at)
        SELECT id, $1::timestamptz - number * interval '1 minute' FROM volunteers WHERE number % $2 = 0
        """,
        NOW,
        every,
    )
    await c.execute(
        """
        INSERT INTO volunteer_blocks (volunteer_id, block, taken, cap)
        SELECT id, block, 1, going_cap FROM volunteers, generate_series($1::int - 2, $1::int) block WHERE number % $2 = 0 AND (number + block) % 3 = 0
        """,
        block_of(NOW.date()),
        every,
    )
    await _as_usual(c, "offers")
