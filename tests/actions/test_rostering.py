"""A coordinator keeps the roster: who gets on it, what an edit may lose (nothing), who may be asked, and what stops when somebody stops."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from matcher.actions.roster_consents import Conflicts, HoldingEnded, record_conflicts, record_consents
from matcher.actions.roster_states import leave_roster, pause_volunteer, resume_volunteer
from matcher.actions.rostering import (
    AddressKnown,
    HoldingNotAgreed,
    NoFellowship,
    NotAnAdult,
    add_by_hand,
    admit,
    correct_address,
    current_role_card,
    edit_volunteer,
    mark_role_card,
)
from matcher.database import Database
from matcher.domain.actor import CLOCK, Actor, ActorKind
from matcher.domain.errors import Changed, Hidden
from matcher.domain.fellowship import Fellowship
from matcher.domain.journey_table import MovedOn, NotYoursToDecide
from matcher.domain.journey_volunteer import ChecksMissing, HasLeft, RoleCardUnread
from matcher.domain.journey_word import VolunteerState
from matcher.domain.roster import Check, Checklist, ConsentGiven, Dbs, Obstacle, missing_checks, obstacles
from matcher.domain.volunteer import Membership, TimeBand, VolunteerConsent
from matcher.store.audit import list_audit
from matcher.store.roster_bars import OwnBars, list_own_bars
from tests.conftest import TestDatabase
from tests.roster_people import (
    ALL_FOUR,
    NOW,
    Roster,
    active_volunteer,
    add_volunteer,
    agreed,
    make_roster,
    on,
    roster_config,
    tom_answers,
    tom_entry,
    wendy_entry,
)

NOT_CHECKED = Checklist()


@pytest.fixture
async def roster(database: TestDatabase) -> AsyncIterator[Roster]:
    db = await Database.connect(database.program_dsn)
    yield await make_roster(db, roster_config(database.program_dsn))
    await db.close()


async def letters_to(connection: asyncpg.Connection, volunteer_id: UUID) -> list[str]:
    rows = await connection.fetch("SELECT kind FROM letters WHERE party_id = $1 ORDER BY created_at", volunteer_id)
    return [row["kind"] for row in rows]


async def test_somebody_added_by_hand_is_checked_first_and_hears_nothing(roster: Roster, connection: asyncpg.Connection) -> None:
    tom = await add_volunteer(roster)
    profile = await roster.profile(tom)
    assert (profile.state, profile.may_be_asked, profile.version) == (VolunteerState.CHECKING, True, 1)
    assert (await roster.details(tom))["private_name"] == "Tom Harbour"
    assert await letters_to(connection, tom) == []
    assert await connection.fetchval("SELECT kind FROM tasks WHERE volunteer_id = $1 AND state = 'open'", tom) == "admit_volunteer"
    purposes = await connection.fetch("SELECT purpose, method, wording_version FROM consents WHERE person_id = $1 ORDER BY purpose", tom)
    assert [row["purpose"] for row in purposes] == ["v1", "v2", "v3", "v4"]


async def test_nobody_under_age_and_nobody_who_has_not_agreed_gets_on_it(roster: Roster, connection: asyncpg.Connection) -> None:
    refused = {
        NotAnAdult: replace(tom_entry(), adult=False),
        HoldingNotAgreed: tom_entry(consents=agreed(VolunteerConsent.MAIL, VolunteerConsent.TELL_NEWCOMER)),
        NoFellowship: tom_entry(memberships=frozenset({Membership(Fellowship.ALATEEN)})),
    }
    refused_v1 = tom_entry(consents=(ConsentGiven(VolunteerConsent.HOLD, False, "spoken", NOW),))
    for error, entry in [*refused.items(), (HoldingNotAgreed, refused_v1), (NoFellowship, tom_entry(memberships=frozenset()))]:
        with pytest.raises(error):
            await roster.do(add_by_hand, area_id=roster.area_id, entry=entry)
    assert await connection.fetchval("SELECT count(*) FROM volunteers") == 0
    assert await connection.fetchval("SELECT count(*) FROM person_keys WHERE kind = 'volunteer'") == 0


async def test_one_address_is_on_the_rosters_once_however_it_is_written(roster: Roster) -> None:
    await add_volunteer(roster)
    with pytest.raises(AddressKnown):
        await add_volunteer(roster, tom_entry({"email": "TOM@example.org"}))


async def test_a_coordinator_of_another_area_finds_nothing(roster: Roster) -> None:
    tom = await active_volunteer(roster)
    elsewhere = await make_roster(roster.db, roster.config, name="South Harbour", districts=("M14",))
    keyworker = Actor(ActorKind.KEYWORKER, id=uuid4(), provider_id=uuid4())
    for actor in (elsewhere.carol, keyworker, replace(roster.carol, active=False)):
        for action, arguments in (
            (edit_volunteer, {"version": 2, "answers": {"going_cap": 8}}),
            (pause_volunteer, {}),
            (leave_roster, {}),
            (correct_address, {"version": 2, "email": "new@example.org"}),
            (record_consents, {"version": 2, "consents": ALL_FOUR}),
            (record_conflicts, {"version": 2, "conflicts": Conflicts()}),
        ):
            with pytest.raises(Hidden):
                await roster.do(action, actor=actor, volunteer_id=tom, **arguments)
        with pytest.raises(Hidden):
            await roster.do(add_by_hand, actor=actor, area_id=roster.area_id, entry=wendy_entry())
    assert (await roster.profile(tom)).version == 2


async def test_an_edit_changes_what_it_names_and_loses_nothing(roster: Roster, connection: asyncpg.Connection) -> None:
    tom = await add_volunteer(roster)
    await roster.do(edit_volunteer, volunteer_id=tom, version=1, answers={"going_cap": 4}, details={"recognise_me": "green hat"})
    profile, details = await roster.profile(tom), await roster.details(tom)
    assert profile.answers == tom_answers(going_cap=4)
    assert (details["recognise_me"], details["telephone"], details["email"]) == ("green hat", "0113 496 0001", "tom@example.org")
    last = (await list_audit(connection, [tom]))[-1]
    assert (last.action, last.actor_id, last.reason) == ("edit_volunteer", roster.carol.id, "going_cap,recognise_me")


async def test_who_saves_second_is_told_and_overwrites_nothing(roster: Roster) -> None:
    tom = await add_volunteer(roster)
    await roster.do(edit_volunteer, volunteer_id=tom, version=1, answers={"going_cap": 4})
    with pytest.raises(Changed):
        await roster.do(edit_volunteer, volunteer_id=tom, version=1, answers={"going_cap": 7})
    assert (await roster.profile(tom)).answers.going_cap == 4


async def test_everything_on_the_checklist_is_needed_before_anybody_is_asked(roster: Roster, connection: asyncpg.Connection) -> None:
    tom = await add_volunteer(roster, tom_entry(checklist=NOT_CHECKED))
    done = tom_answers().checklist
    for lacking in (
        {"checklist": replace(done, met_on=None)},
        {"checklist": replace(done, referee_on=None)},
        {"checklist": replace(done, training_on=None)},
        {"checklist": replace(done, dbs=None)},
        {"checklist": replace(done, dbs=Dbs.ENHANCED)},
        {"checklist": done, "time_band": TimeBand.UNDER_ONE},
        {"time_band": TimeBand.TWO_TO_FIVE, "role_card_version": "2019-01-01"},
        {"role_card_version": current_role_card(), "memberships": frozenset({Membership(Fellowship.SMART)})},
    ):
        version = (await roster.profile(tom)).version
        await roster.do(edit_volunteer, volunteer_id=tom, version=version, answers=lacking)
        with pytest.raises(ChecksMissing):
            await roster.do(admit, volunteer_id=tom, version=version + 1)
    version = (await roster.profile(tom)).version
    await roster.do(edit_volunteer, volunteer_id=tom, version=version, answers={"smart_trained": True})
    await roster.do(admit, volunteer_id=tom, version=version + 1)
    assert (await roster.profile(tom)).state is VolunteerState.ACTIVE
    assert await letters_to(connection, tom) == ["roster_notice"]
    assert await connection.fetchval("SELECT outcome FROM tasks WHERE volunteer_id = $1", tom) == "admitted"


async def test_a_short_time_in_the_fellowship_does_for_a_pair_only() -> None:
    short = tom_answers(time_band=TimeBand.UNDER_ONE)
    assert missing_checks(short) == (Check.TIME,)
    assert missing_checks(replace(short, pair_only=True)) == ()


async def test_nobody_is_admitted_without_agreeing_to_letters_and_to_their_name_being_told(roster: Roster) -> None:
    tom = await add_volunteer(roster, tom_entry(consents=agreed(VolunteerConsent.HOLD, VolunteerConsent.MAIL)))
    with pytest.raises(ChecksMissing):
        await roster.do(admit, volunteer_id=tom, version=1)
    await roster.do(record_consents, volunteer_id=tom, version=1, consents=agreed(VolunteerConsent.TELL_NEWCOMER))
    await roster.do(admit, volunteer_id=tom, version=2)
    assert (await roster.profile(tom)).may_be_asked


async def test_consent_taken_back_stops_asking_and_holding_cannot_be_taken_back_here(roster: Roster) -> None:
    tom = await active_volunteer(roster)
    withdrawn = (ConsentGiven(VolunteerConsent.MAIL, False, "telephone", NOW),)
    await roster.do(record_consents, volunteer_id=tom, version=2, consents=withdrawn)
    profile = await roster.profile(tom)
    assert not profile.may_be_asked
    assert obstacles(profile, NOW.date(), current_role_card()) == (Obstacle.CONSENT,)
    with pytest.raises(HoldingEnded):
        await roster.do(record_consents, volunteer_id=tom, version=3, consents=(ConsentGiven(VolunteerConsent.HOLD, False, "spoken", NOW),))


async def test_admitting_twice_or_somebody_who_left_changes_nothing(roster: Roster, connection: asyncpg.Connection) -> None:
    tom = await active_volunteer(roster)
    with pytest.raises(MovedOn):
        await roster.do(admit, volunteer_id=tom, version=2)
    await roster.do(leave_roster, volunteer_id=tom)
    for action in (admit, resume_volunteer, leave_roster, pause_volunteer):
        with pytest.raises(HasLeft):
            await roster.do(action, volunteer_id=tom, **({"version": 3} if action is admit else {}))
    assert await letters_to(connection, tom) == ["roster_notice", "roster_notice"]


async def test_pausing_acts_at_once_twice_is_once_and_they_can_start_again(roster: Roster, connection: asyncpg.Connection) -> None:
    tom = await active_volunteer(roster)
    assert await roster.do(pause_volunteer, volunteer_id=tom, until=date(2027, 1, 4))
    profile = await roster.profile(tom)
    assert (profile.state, profile.paused_reason, profile.paused_until) == (VolunteerState.PAUSED, "coordinator", date(2027, 1, 4))
    assert not await roster.do(pause_volunteer, volunteer_id=tom)
    assert len(await letters_to(connection, tom)) == 2
    await roster.do(resume_volunteer, volunteer_id=tom)
    profile = await roster.profile(tom)
    assert (profile.state, profile.paused_reason, profile.paused_until) == (VolunteerState.ACTIVE, None, None)


async def test_a_volunteer_pauses_by_their_own_link_and_by_no_others(roster: Roster) -> None:
    tom, wendy = await active_volunteer(roster), await active_volunteer(roster, wendy_entry())
    link = Actor(ActorKind.VOLUNTEER, id=wendy, link_purpose="pause", about_id=wendy)
    with pytest.raises(Hidden):
        await roster.do(pause_volunteer, actor=link, volunteer_id=tom)
    await roster.do(pause_volunteer, actor=link, volunteer_id=wendy)
    assert (await roster.profile(wendy)).paused_reason == "own_wish"
    with pytest.raises(NotYoursToDecide):
        await roster.do(resume_volunteer, actor=replace(CLOCK), volunteer_id=wendy)


async def test_a_new_role_card_must_be_read_before_starting_again(roster: Roster) -> None:
    tom = await active_volunteer(roster)
    await roster.do(pause_volunteer, volunteer_id=tom)
    await roster.do(edit_volunteer, volunteer_id=tom, version=3, answers={"role_card_version": "2020-01-01"})
    with pytest.raises(RoleCardUnread):
        await roster.do(resume_volunteer, volunteer_id=tom)
    await roster.do(mark_role_card, volunteer_id=tom, version=4, on=on(23))
    await roster.do(resume_volunteer, volunteer_id=tom)
    assert (await roster.profile(tom)).answers.role_card_on == on(23)


async def test_a_corrected_address_works_again_and_brings_back_whom_a_bounce_had_paused(
    roster: Roster, owner_connection: asyncpg.Connection
) -> None:
    tom = await active_volunteer(roster)
    await owner_connection.execute("SELECT set_config('alongside.acting', $1, false)", f"{NOW.isoformat()}|clock||bounced|")
    await owner_connection.execute(
        "UPDATE volunteers SET email_state = 'bounced', state = 'paused', paused_reason = 'undeliverable' WHERE id = $1", tom
    )
    with pytest.raises(Changed):
        await roster.do(correct_address, volunteer_id=tom, version=1, email="tom.new@example.org")
    await roster.do(correct_address, volunteer_id=tom, version=2, email="Tom.New@example.org")
    profile = await roster.profile(tom)
    assert (profile.state, profile.email_state, profile.paused_reason) == (VolunteerState.ACTIVE, "ok", None)
    assert (await roster.details(tom))["email"] == "tom.new@example.org"
    await add_volunteer(roster, wendy_entry(), now=NOW + timedelta(minutes=1))
    with pytest.raises(AddressKnown):
        await roster.do(correct_address, volunteer_id=tom, version=profile.version, email="wendy@example.org")


async def test_another_address_typed_into_the_entry_is_looked_up_from_then_on(roster: Roster) -> None:
    tom = await add_volunteer(roster)
    await roster.do(edit_volunteer, volunteer_id=tom, version=1, details={"email": "tom.new@example.org"})
    await add_volunteer(roster, tom_entry())
    with pytest.raises(AddressKnown):
        await roster.do(edit_volunteer, volunteer_id=tom, version=2, details={"email": "tom@example.org"})
    assert (await roster.details(tom))["email"] == "tom.new@example.org"


async def test_conflicts_are_walls_for_services_and_districts_and_a_sealed_note_about_people(
    roster: Roster, owner_connection: asyncpg.Connection
) -> None:
    provider = uuid4()
    await owner_connection.execute(
        """
        INSERT INTO providers (id, name, discreet_name, reply_to, telephone, fellowships, created_at)
        VALUES ($1, 'Harbour', 'Harbour', 'h@example.org', '0113 496 0002', '{aa}', $2)
        """,
        provider,
        NOW,
    )
    tom = await add_volunteer(roster)
    first = Conflicts(people="my cousin", bars=OwnBars(frozenset({provider}), frozenset({"B14"})))
    await roster.do(record_conflicts, volunteer_id=tom, version=1, conflicts=first)
    profile = await roster.profile(tom)
    assert roster.config.vault.open(profile.conflicts) == {"people": "my cousin"}
    async with roster.db.reading() as c:
        assert await list_own_bars(c, tom) == first.bars
    await roster.do(record_conflicts, volunteer_id=tom, version=2, conflicts=Conflicts(bars=OwnBars(outcodes=frozenset({"B14"}))))
    async with roster.db.reading() as c:
        assert await list_own_bars(c, tom) == OwnBars(outcodes=frozenset({"B14"}))
    assert (await roster.profile(tom)).conflicts is None
    assert await owner_connection.fetchval("SELECT count(*) FROM bars WHERE ended_at = $1", NOW) == 1


async def test_what_stands_in_the_way_is_named(roster: Roster) -> None:
    bare = tom_entry(
        consents=agreed(VolunteerConsent.HOLD), checklist=NOT_CHECKED, role_card_version=None, reach=(), windows=(), comfortable_with=None
    )
    tom = await add_volunteer(roster, bare)
    assert obstacles(await roster.profile(tom), NOW.date(), current_role_card()) == (
        Obstacle.CHECKING,
        Obstacle.CONSENT,
        Obstacle.ROLE_CARD,
        Obstacle.CHECKS,
        Obstacle.REACH,
        Obstacle.WINDOWS,
        Obstacle.COMFORT,
    )
    ready = await active_volunteer(roster, wendy_entry())
    assert obstacles(await roster.profile(ready), NOW.date(), current_role_card()) == ()
