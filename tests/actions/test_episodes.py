"""Up to six meetings together (E1 to E8, R44), one at a time; and the days before and after somebody leaves a place of treatment."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from matcher.actions import leaving, planning_next
from matcher.actions.choosing_meetings import LOOK_AHEAD
from matcher.actions.planning_next import Company, ConsentMissing, SixMet
from matcher.actions.scene import claim_scene
from matcher.actions.searching import person_named, search_in, stands_in_the_way
from matcher.domain.errors import Invalid
from matcher.domain.journey import EpisodeEvent, MovedOn
from matcher.matching.question import Rule
from matcher.matching.rules import NONE_FAILED
from tests.after_meeting import agree_to_be_asked, attended, over, planned
from tests.referral_making import fill, priya, send
from tests.stage import Stage

THURSDAY = datetime(2026, 11, 26, 19, 30, tzinfo=UTC)


async def go_on(stage: Stage, referral: UUID, company: Company = Company.SAME) -> bool:
    """Priya plans the next one, in the morning, with the dates chosen for them."""
    morning = (stage.now + timedelta(days=1)).replace(hour=10, minute=0)
    await stage.until(morning)
    facts = {"referral_id": referral, "company": company}
    found = await stage.db.act(planning_next.plan_next_meeting, stage.config, stage.now, actor=priya(stage), **facts)
    await stage.worker.run_until_idle()
    return bool(found)


async def yes_and_over(stage: Stage, referral: UUID) -> None:
    """Whoever is asked says yes, and the meeting passes."""
    (asked,) = await stage.offers("sent")
    await stage.yes(asked)
    await stage.pass_time(minutes=16)
    await over(stage, referral)


async def test_six_meetings_with_the_same_companion_and_then_no_seventh(stage: Stage) -> None:
    referral = await planned(stage)
    await stage.sql.execute("UPDATE volunteers SET going_cap = 7")
    await stage.world.volunteer("Wendy")
    await over(stage, referral)
    for number in range(1, 7):
        await attended(stage, referral)
        row = await stage.sql.fetchrow("SELECT meeting_number, met_count, episode FROM referrals")
        assert tuple(row) == (number, number, "ended" if number == 6 else "going")
        left = await stage.one("SELECT count(*) FROM tasks WHERE reason = 'one_left'")
        assert left == (1 if number >= 5 else 0), "after the fifth the keyworker talks about who comes next"
        if number < 6:
            assert await go_on(stage, referral)
            assert await stage.one("SELECT count(DISTINCT volunteer_id) FROM offers") == 1, (
                "Wendy is left in peace: Tom is asked alone, first"
            )
            await yes_and_over(stage, referral)
    assert await stage.one("SELECT episode_reason FROM referrals") == "six_met"
    with pytest.raises(SixMet):
        await go_on(stage, referral)
    assert await stage.one("SELECT count(*) FROM outcomes WHERE went = 'yes'") == 6


async def test_whoever_is_free_and_somebody_else_are_two_different_wishes(stage: Stage) -> None:
    referral = await planned(stage)
    await over(stage, referral)
    await attended(stage, referral)
    await stage.world.volunteer("Wendy")
    await go_on(stage, referral, Company.ANYBODY)
    assert len(await stage.offers("sent")) == 2
    named = {await name_of(stage, offer): offer for offer in await stage.offers("sent")}
    await stage.yes(named["wendy"])
    await stage.pass_time(minutes=16)
    await over(stage, referral)
    await attended(stage, referral)
    told = len(stage.letters_to("wendy"))
    await go_on(stage, referral, Company.SOMEBODY_ELSE)
    assert [await name_of(stage, offer) for offer in await stage.offers("sent")] == ["tom"]
    assert len(stage.letters_to("wendy")) == told, "nobody is told that somebody else was wished for"


async def name_of(stage: Stage, offer: asyncpg.Record) -> str:
    number = await stage.one("SELECT number FROM volunteers WHERE id = $1", offer["volunteer_id"])
    return {1: "tom", 2: "wendy"}[number]


async def test_when_the_same_companion_cannot_the_others_are_asked(stage: Stage) -> None:
    referral = await planned(stage)
    await over(stage, referral)
    await attended(stage, referral)
    await stage.world.volunteer("Wendy")
    await go_on(stage, referral)
    (tom,) = await stage.offers("sent")
    await stage.no(tom, another_day=True)
    await stage.worker.run_until_idle()
    assert len(await stage.offers("sent")) == 1 and len(stage.letters_to("wendy")) == 1


async def test_nobody_is_asked_for_a_newcomer_who_rests_or_has_ended_or_took_consent_back(stage: Stage) -> None:
    referral = await planned(stage)
    await over(stage, referral)
    await attended(stage, referral)
    for event, ends in ((EpisodeEvent.REST, None), (EpisodeEvent.RESUME, None), (EpisodeEvent.OWN_CONTACT, "own_contact")):
        facts = {"referral_id": referral, "event": event}
        await stage.db.act(planning_next.change_episode, stage.config, stage.now, actor=priya(stage), **facts)
        assert await stage.one("SELECT episode_reason FROM referrals") == ends
    with pytest.raises(MovedOn):
        await go_on(stage, referral)
    await stage.sql.execute("UPDATE referrals SET episode = 'going', episode_reason = NULL")
    await stage.sql.execute(
        "INSERT INTO consents SELECT gen_random_uuid(), person_id, 'c1', false, '1', 'spoken', NULL, at FROM consents LIMIT 1"
    )
    with pytest.raises(ConsentMissing):
        await go_on(stage, referral)
    assert await stage.state(referral) == "following"


@pytest.mark.parametrize(("column", "value", "stops"), [("met_count", 6, True), ("episode", "resting", True), ("episode", "going", False)])
async def test_rule_h21_reads_what_really_happened(stage: Stage, column: str, value: object, stops: bool) -> None:
    """The rule stands on the referral's own count and episode, in the very search that asks volunteers."""
    tom = await stage.world.volunteer("Tom")
    referral = await stage.world.referral()
    await stage.sql.execute("UPDATE referrals SET first_met_at = $1, met_count = 1, episode = 'going'", stage.now)
    await stage.sql.execute(f"UPDATE referrals SET {column} = $1", value)

    async def ask_the_rules(tx: asyncpg.Connection) -> Rule:
        scene = await claim_scene(tx, stage.config, stage.now, referral)
        search = await search_in(scene, scene.open_options)
        person = await person_named(scene, tom, list(search.options))
        assert person is not None
        return stands_in_the_way(search, person, search.options[0], ignoring=NONE_FAILED)

    assert bool(await stage.db.act(ask_the_rules) & Rule.H21) is stops
    await stage.sql.execute("UPDATE referrals SET met_count = 0, first_met_at = NULL, episode = 'not_started'")
    await stage.begin(referral)


# ── never two at once ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


COPIED = "offer_id, referral_id, provider_id, area_id, volunteer_id, fellowship, meeting_id, on_date, starts_at, ends_at, meet_at, block, half_hours"
PLANT = f"""
    INSERT INTO matches (id, calendar_uid, state, accepted_at, undo_until, meeting_number, seat, option_id, {COPIED})
    SELECT gen_random_uuid(), gen_random_uuid(), 'planned', accepted_at, undo_until, $1, 2, coalesce($2, option_id), {COPIED} FROM matches LIMIT 1
"""
OTHER_DAY = """
    INSERT INTO referral_options (id, referral_id, meeting_number, rank, meeting_id, fellowship, on_date, starts_at, ends_at, meet_at, state)
    SELECT $1, referral_id, meeting_number, 2, meeting_id, fellowship, on_date + 7, starts_at + interval '7 days', ends_at + interval '7 days',
           meet_at + interval '7 days', 'open' FROM referral_options LIMIT 1
"""


async def test_the_schema_lets_no_newcomer_have_two_meetings_ahead(stage: Stage) -> None:
    """Planted: moving on while a companion is on their way, a match of another number, and a second companion for another day."""
    await planned(stage)
    sql, other = stage.sql, uuid4()
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="one_meeting_at_a_time"):
        await sql.execute("UPDATE referrals SET meeting_number = 2")
    everything = sql.transaction()
    await everything.start()
    await sql.execute("SELECT set_config('alongside.acting', $1, true)", f"{stage.now.isoformat()}|operator||plant|")
    await sql.execute("DROP INDEX matches_one_for_each_offer, matches_two_people")  # other walls, so that these two are seen to stand alone
    await sql.execute(OTHER_DAY, other)
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="one_meeting_at_a_time"):
        async with sql.transaction():
            await sql.execute(PLANT, 2, None)
    with pytest.raises(asyncpg.CheckViolationError, match="another meeting"):
        async with sql.transaction():
            await sql.execute(PLANT, 1, other)
    await sql.execute(PLANT, 1, None)  # the second companion for the same meeting may come
    await everything.rollback()


# ── leaving a place of treatment ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_asking_begins_two_weeks_before_they_leave_for_meetings_after_it(stage: Stage) -> None:
    await stage.world.volunteer("Tom")
    referral = await send(stage, await fill(stage, leaving_on="2026-12-16", leaving_district="B2", consent_afterwards=True))
    row = await stage.sql.fetchrow("SELECT travel_from, earliest_on, leaving_on, leaving_district FROM referrals")
    assert tuple(row) == ("B2", date(2026, 12, 16), date(2026, 12, 16), "B2")
    days = [found["on_date"] for found in await stage.sql.fetch("SELECT on_date FROM referral_options ORDER BY 1")]
    assert days and all(date(2026, 12, 16) <= day <= date(2026, 12, 16) + LOOK_AHEAD for day in days)
    await stage.until(datetime(2026, 12, 1, 23, 59, tzinfo=UTC))
    assert await stage.offers() == [] and await stage.state(referral.id) == "looking"
    await stage.until(datetime(2026, 12, 2, 9, 0, tzinfo=UTC))
    assert len(await stage.offers("sent")) == 1 and await stage.one("SELECT overdue_at FROM referrals") is None


async def test_a_picked_day_before_they_leave_cannot_be_had(stage: Stage) -> None:
    draft = await fill(stage, options=[f"{stage.world.meeting_id}|2026-11-26"], choose_for_us=False, leaving_on="2026-12-01")
    with pytest.raises(Invalid) as refused:
        await send(stage, draft)
    assert refused.value.errors == {"meetings": "not_held"}


async def test_the_area_is_that_of_the_place_they_go_to(stage: Stage) -> None:
    coast = uuid4()
    await stage.sql.execute(
        "INSERT INTO areas SELECT $1, 'Coast', timezone, discreet_name, reply_to, on_call_telephone, on_call_hours, policy, created_at FROM areas LIMIT 1",
        coast,
    )
    await stage.sql.execute("INSERT INTO area_outcodes (outcode, area_id) VALUES ('BN1', $1)", coast)
    referral = await send(stage, await fill(stage, leaving_on="2026-12-01", leaving_district="BN1"))
    assert referral.area_id == coast and referral.travel_from == "BN1"


async def test_nobody_met_within_two_days_of_leaving_is_flagged_once_and_somebody_who_has_company_is_not(stage: Stage) -> None:
    await stage.world.volunteer("Tom")
    referral = await send(stage, await fill(stage, leaving_on="2026-11-24"))  # the only meeting is on Thursday evening
    await stage.worker.run_until_idle()
    (asked,) = await stage.offers("sent")
    await stage.yes(asked)
    late = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
    await stage.until(late - timedelta(minutes=1))
    assert await stage.one("SELECT count(*) FROM tasks WHERE reason = 'first_contact'") == 0
    await stage.until(late)
    assert await stage.one("SELECT overdue_at FROM referrals") == late
    assert await stage.one("SELECT count(*) FROM tasks WHERE reason = 'first_contact' AND for_role = 'coordinator'") == 1
    with_company = await send(stage, await fill(stage, leaving_on="2026-11-26", provider_ref="H-78"))
    await stage.sql.execute("UPDATE referrals SET met_count = 1, first_met_at = $1 WHERE id = $2", stage.now, with_company.id)
    await stage.until(datetime(2026, 11, 28, 13, 0, tzinfo=UTC))
    assert await stage.one("SELECT count(*) FROM tasks WHERE reason = 'first_contact'") == 1
    assert await stage.state(referral.id) == "awaiting_outcome"
    await stage.sql.execute("UPDATE referrals SET met_count = 0, first_met_at = NULL WHERE id = $1", with_company.id)


async def test_discharge_ends_it_from_every_step_and_writes_to_the_companion_alone(stage: Stage) -> None:
    first = await planned(stage)
    before = len(stage.letters_to("noor"))
    await stage.db.act(leaving.discharge, stage.config, stage.now, actor=priya(stage), referral_id=first)
    await stage.worker.run_until_idle()
    row = await stage.sql.fetchrow("SELECT state, close_reason, cancel_reason FROM referrals")
    assert tuple(row) == ("closed", "cancelled", "discharged")
    assert [letter for letter in stage.letters_to("tom") if letter["Subject"] == "About Thursday"] and len(
        stage.letters_to("noor")
    ) == before
    assert await stage.one("SELECT count(*) FROM timers WHERE state = 'waiting'") == 0


async def test_discharge_while_they_are_followed_up_ends_the_questions(stage: Stage) -> None:
    referral = await planned(stage)
    await agree_to_be_asked(stage, referral)
    await over(stage, referral)
    await attended(stage, referral)
    await stage.db.act(leaving.discharge, stage.config, stage.now, actor=priya(stage), referral_id=referral)
    await stage.until(stage.now + timedelta(days=9))
    assert not [letter for letter in stage.letters_to("noor") if letter["Subject"] == "How are things?"]
    assert await stage.one("SELECT state FROM matches") == "met", "what has been is not called off"
