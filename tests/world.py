"""A small made-up world put straight into the tables, for tests of the journey itself: one service, one area, its people, a meeting.

Its area asks by the plain wave, so that a test can say who is asked without weighing anybody; tests of the weighing say so."""

import os
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from matcher.config import Config
from matcher.crypto import Vault
from matcher.domain.actor import OPERATOR
from matcher.domain.fellowship import Fellowship
from matcher.domain.occurrence import local_instant
from matcher.store.audit import claim_acting
from matcher.vocabulary import role_card

LONDON = ZoneInfo("Europe/London")
MONDAY_TEN = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
"""A Monday in winter, ten in the morning: London keeps UTC then."""
CENTRE = (52.4797, -1.9027)
EVENINGS = "{" + ",".join(f"[{day * 1440 + 17 * 60},{day * 1440 + 23 * 60})" for day in range(7)) + "}"


def make_config(dsn: str, **changes: Any) -> Config:
    """Settings for a test: new keys, a loopback address, letters to nowhere unless the test says where."""
    vault = Vault({1: os.urandom(32)}, os.urandom(32))
    settings: dict[str, Any] = {
        "database_url": dsn,
        "migrate_database_url": dsn,
        "smtp_url": "smtp://127.0.0.1:1",
        "base_url": "http://127.0.0.1:8080",
        "mail_domain": "example.org",
        "vault": vault,
        "signs_mail": True,
    }
    return Config(**settings | changes)


@dataclass
class World:
    """Ids of what was made. Every row is written as the program's role would find it."""

    connection: Any
    config: Config
    now: datetime = MONDAY_TEN
    provider_id: UUID = field(default_factory=uuid4)
    area_id: UUID = field(default_factory=uuid4)
    keyworker_id: UUID = field(default_factory=uuid4)
    coordinator_id: UUID = field(default_factory=uuid4)
    meeting_id: UUID = field(default_factory=uuid4)
    drawn: Random = field(default_factory=partial(Random, 1))
    """Ids of referrals are the same in each run: by them `product` draws lots, now and then, for somebody who is nearly as good."""

    async def build(self) -> "World":
        """A service (Harbour), an area with Carol, Priya its keyworker, and one Thursday meeting of AA."""
        c, now = self.connection, self.now
        async with c.transaction():
            await claim_acting(c, OPERATOR, "build", now)
            await c.execute(
                """
                INSERT INTO providers (id, name, discreet_name, reply_to, telephone, fellowships, created_at)
                VALUES ($1, 'Harbour', 'Harbour House', 'desk@harbour.example', '01632 960001', '{aa,na,alanon}', $2)
                """,
                self.provider_id,
                now,
            )
            await c.execute(
                """
                INSERT INTO areas (id, name, discreet_name, reply_to, on_call_telephone, policy, created_at)
                VALUES ($1, 'Millbrook', 'Millbrook Together', 'team@millbrook.example', '01632 960002', 'round_robin_wave3_4h', $2)
                """,
                self.area_id,
                now,
            )
            await c.execute("INSERT INTO area_outcodes (outcode, area_id) VALUES ('B1', $1), ('B2', $1)", self.area_id)
            await self.staff(self.keyworker_id, "keyworker", "priya@harbour.example", "Priya")
            await self.staff(self.coordinator_id, "coordinator", "carol@millbrook.example", "Carol")
            await c.execute("INSERT INTO coordinator_areas (staff_id, area_id) VALUES ($1, $2)", self.coordinator_id, self.area_id)
            await self.meeting(self.meeting_id)
        return self

    async def person(self, person_id: UUID, kind: str) -> Any:
        """A person's key."""
        key = self.config.vault.new_key(person_id)
        await self.connection.execute(
            "INSERT INTO person_keys (person_id, kind, wrapped, created_at) VALUES ($1, $2, $3, $4)", person_id, kind, key.wrapped, self.now
        )
        return key

    async def staff(self, staff_id: UUID, role: str, email: str, first_name: str) -> None:
        """A member of staff with an address."""
        key = await self.person(staff_id, "staff")
        details = {"first_name": first_name, "email": email, "telephone": "01632 960003"}
        await self.connection.execute(
            """
            INSERT INTO staff (id, provider_id, role, state, email_index, details_box, created_at, confirmed_at)
            VALUES ($1, $2, $3, 'active', $4, $5, $6, $6)
            """,
            staff_id,
            self.provider_id if role == "keyworker" else None,
            role,
            self.config.vault.blind_index(email),
            self.config.vault.seal(key, f"staff.details_box:{staff_id}", details),
            self.now,
        )

    async def meeting(self, meeting_id: UUID, *, weekday: int = 4, starts: time = time(19, 30), fellowship: str = "aa") -> None:
        """A weekly meeting at the centre, checked yesterday."""
        await self.connection.execute(
            "INSERT INTO meeting_sources (id, area_id, name, format, created_at) VALUES ('by-hand', $1, 'By hand', 'manual', $2) ON CONFLICT DO NOTHING",
            self.area_id,
            self.now,
        )
        await self.connection.execute(
            """
            INSERT INTO meetings (id, source_id, source_key, area_id, fellowship, name, iso_weekday, starts, duration_min, duration_is_assumed, timezone,
                schedule, status, attendable, needs_human_check, in_person, online, venue, formatted_address, town, postcode, outcode, latitude, longitude,
                place_precision, radius_m, audience, attributes, source_row, content_hash, first_seen_at, last_seen_at, last_confirmed_at, confirmed_how)
            VALUES ($1, 'by-hand', $2, $3, $4, 'Thursday Welcome', $5, $6, 60, false, 'Europe/London', 'weekly', 'active', true, false, true, false,
                'Mill Hall', '1 Mill Lane, Millbrook B1 1AA', 'Millbrook', 'B1 1AA', 'B1', $7, $8, 'venue', 100, 'open', '{open,wheelchair}', '{}', '\\x00',
                $9, $9, $9, 'person')
            """,
            meeting_id,
            str(meeting_id)[:8],
            self.area_id,
            fellowship,
            weekday,
            starts,
            *CENTRE,
            self.now - timedelta(days=1),
        )

    async def volunteer(self, name: str = "Tom", *, fellowship: str = "aa", radius_km: float = 10, **changes: Any) -> UUID:
        """An active volunteer near the centre, free every evening."""
        volunteer_id = uuid4()
        c = self.connection
        async with c.transaction():
            await claim_acting(c, OPERATOR, "build", self.now)
            key = await self.person(volunteer_id, "volunteer")
            email = f"{name.lower()}-{str(volunteer_id)[:13]}@members.example"
            details = {"display_name": name, "private_name": name, "email": email, "telephone": "", "recognise_me": "a blue coat"}
            columns: dict[str, Any] = {
                "state": "active",
                "says_is": "man",
                "comfortable_with": "anyone",
                "notice": "two_hours",
                "going_cap": 2,
                "letters_per_week": 7,
                "pair_only": False,
            } | changes
            await c.execute(
                """
                INSERT INTO volunteers (id, area_id, state, adult, time_band, says_is, comfortable_with, notice, going_cap, letters_per_week, pair_only,
                    languages, windows, checklist_complete, role_card_version, role_card_on, may_be_asked, email_index, details_box, created_at, updated_at)
                VALUES ($1, $2, $3, true, '2_to_5', $4, $5, $6, $7, $8, $9, '{en}', $10::text::int4multirange, true, $11, $12, true, $13, $14, $15, $15)
                """,
                volunteer_id,
                self.area_id,
                columns["state"],
                columns["says_is"],
                columns["comfortable_with"],
                columns["notice"],
                columns["going_cap"],
                columns["letters_per_week"],
                columns["pair_only"],
                EVENINGS,
                role_card(Fellowship(fellowship)).version,
                self.now.date(),
                self.config.vault.blind_index(email),
                self.config.vault.seal(key, f"volunteers.details_box:{volunteer_id}", details),
                self.now,
            )
            await c.execute(
                "INSERT INTO volunteer_fellowships (volunteer_id, fellowship, kind) VALUES ($1, $2, 'member')", volunteer_id, fellowship
            )
            await c.execute(
                """
                INSERT INTO volunteer_reach (volunteer_id, number, fellowship_no, label, latitude, longitude, radius_km)
                VALUES ($1, 1, $2, 'B1', $3, $4, $5)
                """,
                volunteer_id,
                Fellowship(fellowship).number,
                *CENTRE,
                radius_km,
            )
        return volunteer_id

    async def referral(self, *, on_date: date = date(2026, 11, 26), seats: int = 1, meeting_id: UUID | None = None, **changes: Any) -> UUID:
        """Noor's referral to the Thursday meeting, looking, with consent C1 and a safe address; asking is begun by the test."""
        c, now = self.connection, self.now
        referral_id, newcomer_id = UUID(int=self.drawn.getrandbits(128), version=4), uuid4()
        starts_at = local_instant(on_date, time(19, 30), LONDON)
        columns: dict[str, Any] = {
            "state": "looking",
            "comfort": "no_preference",
            "agree_first": False,
            "channel": "email",
            "may_widen": [],
            "discreet": True,
        } | changes
        async with c.transaction():
            await claim_acting(c, OPERATOR, "build", now)
            key = await self.person(newcomer_id, "newcomer")
            boxes = [
                self.config.vault.seal(key, f"referrals.{name}_box:{referral_id}", value)
                for name, value in (
                    ("newcomer", {"name_used": "Noor", "own_reference": "H-1", "commitments": {}}),
                    ("contact", {"email": "noor@letters.example", "telephone": "01632 960009"}),
                )
            ]
            await c.execute(
                """
                INSERT INTO referrals (id, provider_id, area_id, keyworker_id, newcomer_id, reference, own_reference_index, state, seats, deadline,
                    asking_since, who_for, age, exposure, fellowships, travel_from, travel_how, times, comfort, channel, email_safe, agree_first, discreet,
                    may_widen, newcomer_box, contact_box, submitted_at, updated_at)
                VALUES ($1, $2, $3, $4, $5, $6, '\\x01', $7, $8, $9, $10, 'own_use', '18_or_over', 'never', '{aa}', 'B1', 'bus', '{3-evening}', $11, $12,
                    true, $13, $14, $15, $16, $17, $10, $10)
                """,
                referral_id,
                self.provider_id,
                self.area_id,
                self.keyworker_id,
                newcomer_id,
                str(referral_id)[:8].upper(),
                columns["state"],
                seats,
                starts_at - timedelta(hours=2),
                now,
                columns["comfort"],
                columns["channel"],
                columns["agree_first"],
                columns["discreet"],
                columns["may_widen"],
                *boxes,
            )
            await self._consent_and_option(referral_id, newcomer_id, meeting_id or self.meeting_id, on_date)
        return referral_id

    async def _consent_and_option(self, referral_id: UUID, newcomer_id: UUID, meeting_id: UUID, on_date: date) -> None:
        """Consent C1 and the one option of a referral."""
        c, now = self.connection, self.now
        starts_at = local_instant(on_date, time(19, 30), LONDON)
        await c.execute(
            """
            INSERT INTO consents (id, person_id, purpose, given, wording_version, method, at) VALUES ($1, $2, 'c1', true, '1', 'spoken', $3)
            """,
            uuid4(),
            newcomer_id,
            now,
        )
        await c.execute(
            """
            INSERT INTO referral_options (id, referral_id, meeting_number, rank, meeting_id, fellowship, on_date, starts_at, ends_at, meet_at, state)
            VALUES ($1, $2, 1, 1, $3, 'aa', $4, $5, $6, $7, 'open')
            """,
            uuid4(),
            referral_id,
            meeting_id,
            on_date,
            starts_at,
            starts_at + timedelta(hours=1),
            starts_at - timedelta(minutes=15),
        )
