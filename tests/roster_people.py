"""Carol's roster and the two on it: Tom (AA) and Wendy (NA), entered, checked and admitted through the actions. Not a test itself."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID, uuid4

from matcher.actions.rostering import Entry, add_by_hand, admit, current_role_card
from matcher.config import Config
from matcher.crypto import Vault
from matcher.database import Database
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.area import Area
from matcher.domain.availability import Notice
from matcher.domain.fellowship import Fellowship
from matcher.domain.place import Circle, find_outcode
from matcher.domain.roster import Checklist, ConsentGiven, Dbs, PersonDetails, ReachArea, RosterAnswers
from matcher.domain.volunteer import ComfortableWith, Kind, Membership, TimeBand, VolunteerConsent
from matcher.domain.week_rows import WindowRow, spans_of
from matcher.domain.wishes import SaysIs
from matcher.store import volunteers
from matcher.store.areas import insert_area

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
MASTER = bytes(range(32))
EVENINGS = spans_of(WindowRow(day, time(18), time(22)) for day in range(5))


def roster_config(dsn: str) -> Config:
    """A configuration with fixed keys, for tests of actions without a site."""
    return Config(
        database_url=dsn,
        migrate_database_url=dsn,
        smtp_url="file:unused",
        base_url="http://127.0.0.1:8080",
        mail_domain="alongside.example.org",
        vault=Vault({1: MASTER}, base64.b64decode(base64.b64encode(bytes(32)))),
        demo=True,
    )


@dataclass(frozen=True, slots=True)
class Roster:
    """An area with its coordinator, and what is needed to act there."""

    db: Database
    config: Config
    area_id: UUID
    carol: Actor

    async def do(self, action: Any, *, now: datetime = NOW, **arguments: Any) -> Any:
        """Carol does something."""
        return await self.db.act(action, self.config, now, **{"actor": self.carol, **arguments})

    async def profile(self, volunteer_id: UUID) -> Any:
        """A volunteer's entry as it now is."""
        async with self.db.reading() as c:
            return await volunteers.get_profile(c, volunteer_id)

    async def details(self, volunteer_id: UUID) -> dict[str, Any]:
        """A volunteer's opened details."""
        return self.config.vault.open((await self.profile(volunteer_id)).details)


async def make_roster(
    db: Database, config: Config, *, name: str = "North Harbour", districts: tuple[str, ...] = ("B13", "B14", "B29")
) -> Roster:
    """A new area with a coordinator who has no account: enough for actions."""
    area = Area(
        id=uuid4(),
        name=name,
        timezone="Europe/London",
        discreet_name="Harbour Walks",
        reply_to="walks@example.org",
        created_at=NOW,
        on_call_telephone="0113 496 0000",
        outcodes=districts,
    )
    async with db.reading() as c:
        await insert_area(c, area)
    return Roster(db, config, area.id, Actor(ActorKind.COORDINATOR, id=uuid4(), area_ids=frozenset({area.id})))


def near(district: str, km: float = 10) -> ReachArea:
    """A circle around a district's centre."""
    place = find_outcode(district)
    assert place is not None and place.point is not None
    return ReachArea(district, Circle(place.point, km))


def tom_answers(**changes: Any) -> RosterAnswers:
    """Tom: AA, weekday evenings, from B14."""
    tom = RosterAnswers(
        time_band=TimeBand.TWO_TO_FIVE,
        memberships=frozenset({Membership(Fellowship.AA)}),
        reach=(near("B14"),),
        windows=EVENINGS,
        notice=Notice.TWO_HOURS,
        comfortable_with=ComfortableWith.ANYONE,
        says_is=SaysIs.MAN,
        languages=frozenset({"en"}),
        checklist=Checklist(met_on=NOW.date(), referee_on=NOW.date(), training_on=NOW.date(), dbs=Dbs.NOT_REQUIRED),
        role_card_version=current_role_card(),
        role_card_on=NOW.date(),
    )
    return replace(tom, **changes)


def agreed(*purposes: VolunteerConsent, at: datetime = NOW) -> tuple[ConsentGiven, ...]:
    """Consents given in person."""
    return tuple(ConsentGiven(purpose, True, "spoken", at) for purpose in purposes)


ALL_FOUR = agreed(*(purpose for purpose in VolunteerConsent if purpose is not VolunteerConsent.RING))


def tom_entry(details: Mapping[str, str] | None = None, consents: tuple[ConsentGiven, ...] = ALL_FOUR, **changes: Any) -> Entry:
    """Tom as a form hands him over, with any answers changed."""
    tom = PersonDetails(
        display_name="Tom", private_name="Tom Harbour", email="tom@example.org", telephone="0113 496 0001", recognise_me="blue coat"
    )
    return Entry(adult=True, details=replace(tom, **dict(details or {})), answers=tom_answers(**changes), consents=consents)


def wendy_entry(**changes: Any) -> Entry:
    """Wendy: NA, from B29, to women, and she speaks Polish."""
    details = {"display_name": "Wendy", "private_name": "Wendy Harbour", "email": "wendy@example.org", "recognise_me": "red scarf"}
    wendy: dict[str, Any] = {
        "memberships": frozenset({Membership(Fellowship.NA, Kind.MEMBER)}),
        "reach": (near("B29", 15),),
        "comfortable_with": ComfortableWith.WOMEN,
        "says_is": SaysIs.WOMAN,
        "languages": frozenset({"en", "pl"}),
    }
    return tom_entry(details, **{**wendy, **changes})


async def add_volunteer(roster: Roster, entry: Entry | None = None, *, now: datetime = NOW) -> UUID:
    """Somebody entered by hand, still being checked. Tom unless said."""
    volunteer_id: UUID = await roster.do(add_by_hand, area_id=roster.area_id, entry=entry or tom_entry(), now=now)
    return volunteer_id


async def active_volunteer(roster: Roster, entry: Entry | None = None, *, now: datetime = NOW) -> UUID:
    """Somebody who may be asked: entered and admitted. Tom unless said."""
    volunteer_id = await add_volunteer(roster, entry, now=now)
    profile = await roster.profile(volunteer_id)
    await roster.do(admit, volunteer_id=volunteer_id, version=profile.version, now=now)
    return volunteer_id


def on(day: int) -> date:
    """A day of November 2026."""
    return date(2026, 11, day)
