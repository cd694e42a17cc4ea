"""Referrals whose people have asked three volunteers each, sealed as the product seals them, with a link for the first of each three."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from bench.rows import AREA, KEYWORKER, MEETING, NOW, PROVIDER, fill_frames, fill_referrals, fill_roster
from matcher.config import Config
from matcher.domain.permission_facts import LinkPurpose
from matcher.links import new_token, token_hash

PLACE = (52.48, -1.9)
AUDITED = ("staff", "volunteers", "referrals", "offers", "letters", "meetings")


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody who will say yes: the token of their link, and the option they choose."""

    token: str
    option_id: UUID


async def fill_invited(c: Any, config: Config, count: int) -> list[Invited]:
    """`count` referrals, three sent offers each: the boxes open, so that letters can be written to everybody."""
    await fill_frames(c)
    await fill_roster(c, count * 9)
    await fill_referrals(c, count)
    for table in AUDITED:
        await c.execute("ALTER TABLE " + table + " DISABLE TRIGGER USER")
    await _two_more_each(c)
    await _who_could_come(c)
    await _seal_staff(c, config)
    await _seal_volunteers(c, config)
    await _seal_newcomers(c, config)
    for table in AUDITED:
        await c.execute("ALTER TABLE " + table + " ENABLE TRIGGER USER")
    invited = await _links(c)
    await c.execute("VACUUM ANALYZE")
    return invited


async def _two_more_each(c: Any) -> None:
    """Two more of the same fellowship are asked for each referral; all three for its one option."""
    await c.execute(
        """
        WITH free AS (SELECT m.volunteer_id, row_number() OVER (ORDER BY m.volunteer_id) - 1 AS n FROM volunteer_fellowships m
                        JOIN volunteers v ON v.id = m.volunteer_id WHERE m.fellowship = 'aa' AND v.state = 'active'
                         AND NOT EXISTS (SELECT FROM offers f WHERE f.volunteer_id = m.volunteer_id)),
        asked AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n, count(*) OVER () AS total FROM referrals)
        INSERT INTO offers (id, referral_id, provider_id, area_id, meeting_number, volunteer_id, fellowship, state, wave, reply_by, last_moment,
                            created_at, sent_at, change_number)
        SELECT gen_random_uuid(), asked.id, $1, $2, 1, free.volunteer_id, 'aa', 'sent', 1, '2026-11-24T10:00Z', '2026-11-26T17:00Z', $3, $3, 2
          FROM free JOIN asked ON asked.n = free.n / 2 WHERE free.n < asked.total * 2
        """,
        PROVIDER,
        AREA,
        NOW,
    )
    await c.execute(
        "INSERT INTO offer_options (offer_id, option_id) SELECT f.id, p.id FROM offers f JOIN referral_options p ON p.referral_id = f.referral_id"
    )


async def _who_could_come(c: Any) -> None:
    """The meeting is somewhere, and everybody who was asked may and can come there: the rules are looked at again when somebody says yes."""
    await c.execute(
        """
        UPDATE meetings SET venue = 'Bench Hall', town = 'Bench', formatted_address = '1 Bench Lane', outcode = 'B1', latitude = $2, longitude = $3,
                            place_precision = 'venue', radius_m = 100, last_confirmed_at = $4, confirmed_how = 'person' WHERE id = $1
        """,
        MEETING,
        *PLACE,
        NOW,
    )
    await c.execute(
        "UPDATE volunteer_reach SET latitude = $1, longitude = $2 WHERE volunteer_id IN (SELECT volunteer_id FROM offers)", *PLACE
    )
    await c.execute(
        """
        UPDATE volunteers SET windows = '{[0,10080)}', comfortable_with = 'anyone' WHERE id IN (SELECT volunteer_id FROM offers)
        """
    )


async def _seal_staff(c: Any, config: Config) -> None:
    """The keyworker has a name and an address."""
    key = config.vault.new_key(UUID(KEYWORKER))
    details = {"first_name": "Priya", "email": "priya@bench.example", "telephone": "01632 960003"}
    await c.execute("UPDATE person_keys SET wrapped = $2 WHERE person_id = $1", key.person_id, key.wrapped)
    box = config.vault.seal(key, f"staff.details_box:{key.person_id}", details)
    await c.execute("UPDATE staff SET details_box = $2 WHERE id = $1", key.person_id, box)


async def _seal_volunteers(c: Any, config: Config) -> None:
    """Everybody who was asked has a name and an address."""
    rows = []
    for number, row in enumerate(await c.fetch("SELECT DISTINCT volunteer_id AS id FROM offers")):
        key = config.vault.new_key(row["id"])
        details = {
            "display_name": "Tom",
            "private_name": "Tom",
            "email": f"tom-{number}@bench.example",
            "telephone": "",
            "recognise_me": "hat",
        }
        rows.append((row["id"], key.wrapped, config.vault.seal(key, f"volunteers.details_box:{row['id']}", details)))
    await c.executemany("UPDATE person_keys SET wrapped = $2 WHERE person_id = $1", [row[:2] for row in rows])
    await c.executemany("UPDATE volunteers SET details_box = $2 WHERE id = $1", [(row[0], row[2]) for row in rows])


async def _seal_newcomers(c: Any, config: Config) -> None:
    """Every newcomer has a name and a safe address."""
    keys, rows = [], []
    for row in await c.fetch("SELECT id, newcomer_id FROM referrals"):
        key = config.vault.new_key(row["newcomer_id"])
        keys.append((key.person_id, key.wrapped, NOW))
        names = config.vault.seal(key, f"referrals.newcomer_box:{row['id']}", {"name_used": "Noor", "own_reference": "H-1"})
        contact = config.vault.seal(key, f"referrals.contact_box:{row['id']}", {"email": "noor@bench.example", "telephone": ""})
        rows.append((row["id"], names, contact, NOW + timedelta(days=3)))
    await c.executemany("INSERT INTO person_keys (person_id, kind, wrapped, created_at) VALUES ($1, 'newcomer', $2, $3)", keys)
    await c.executemany(
        """
        UPDATE referrals SET newcomer_box = $2, contact_box = $3, deadline = $4, who_for = 'own_use', fellowships = '{aa}', travel_from = 'B1',
                             comfort = 'no_preference', channel = 'email', email_safe = true WHERE id = $1
        """,
        rows,
    )


async def _links(c: Any) -> list[Invited]:
    """A link to the answer page for the first who was asked for each referral."""
    offers = await c.fetch(
        """
        SELECT DISTINCT ON (f.referral_id) f.id, f.volunteer_id, p.option_id FROM offers f JOIN offer_options p ON p.offer_id = f.id
         ORDER BY f.referral_id, f.id
        """
    )
    tokens = [new_token() for _ in offers]
    await c.executemany(
        """
        INSERT INTO links (token_hash, purpose, party_kind, party_id, about_id, created_at, expires_at)
        VALUES ($1, $2, 'volunteer', $3, $4, $5, $6)
        """,
        [
            (token_hash(token), LinkPurpose.ANSWER_OFFER.value, offer["volunteer_id"], offer["id"], NOW, NOW + timedelta(days=4))
            for token, offer in zip(tokens, offers, strict=True)
        ],
    )
    return [Invited(token, offer["option_id"]) for token, offer in zip(tokens, offers, strict=True)]
