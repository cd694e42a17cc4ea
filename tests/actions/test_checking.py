"""`alongside check`: each of its questions finds the row that was planted for it, names it, and is silent about a world in which all is well."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from matcher.actions.checking import check_promises
from matcher.domain.actor import OPERATOR
from matcher.domain.sealed import PersonKey
from matcher.store.audit import claim_acting
from matcher.store.invariants import QUESTIONS
from tests.commands import run_command
from tests.conftest import TestDatabase
from tests.stage import Stage, set_stage

Plant = Callable[[Stage], Awaitable[Any]]
PLANTS: dict[str, list[Plant]] = {}
"""The rule of a question → the wrong rows it must find. Each plant returns the id that must be named."""
OPENED = "an unsent letter cannot be opened, or is not to its one recipient"
COPY = """
    INSERT INTO {0} ({1}) SELECT {1} FROM (SELECT (jsonb_populate_record(x, $2::jsonb || jsonb_build_object('id', gen_random_uuid()))).*
                                            FROM {0} x WHERE id = $1) AS y RETURNING id
"""
WRITTEN = """
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
     WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""


def plants(rule: str) -> Callable[[Plant], Plant]:
    def keep(plant: Plant) -> Plant:
        PLANTS.setdefault(rule, []).append(plant)
        return plant

    return keep


async def set_scene(stage: Stage) -> None:
    """Three referrals: A with Tom going and everybody told, B with a yes whose undo window is open, C where people are being asked."""
    for name in ("Tom", "Wendy", "Ann", "Bob", "Cy", "Dee", "Eli", "Fay", "Gus"):
        await stage.world.volunteer(name)
    stage.a = await stage.world.referral()
    await stage.begin(stage.a)
    await stage.yes((await stage.offers("sent"))[0])
    await stage.pass_time(minutes=16)
    stage.b = await stage.world.referral(on_date=date(2026, 12, 3))
    await stage.begin(stage.b)
    await stage.yes((await stage.offers("sent"))[0])
    stage.c = await stage.world.referral(on_date=date(2026, 12, 10))
    await stage.begin(stage.c)


@pytest.fixture
async def scene(stage: Stage) -> Stage:
    await set_scene(stage)
    return stage


async def copy(stage: Stage, table: str, row_id: UUID, changes: str = "{}") -> UUID:
    made: UUID = await stage.sql.fetchval(COPY.format(table, await stage.one(WRITTEN, table)), row_id, changes)
    return made


async def letter_of(stage: Stage, kind: str, state: str = "sent") -> UUID:
    found: UUID = await stage.one("SELECT id FROM letters WHERE kind = $1 AND state = $2 ORDER BY created_at LIMIT 1", kind, state)
    return found


async def match_of(stage: Stage, referral_id: UUID) -> UUID:
    found: UUID = await stage.one("SELECT id FROM matches WHERE referral_id = $1", referral_id)
    return found


async def without_triggers(stage: Stage, table: str, statement: str, *args: Any) -> Any:
    await stage.sql.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    found = await stage.sql.fetchval(statement, *args)
    await stage.sql.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    return found


@plants("two live matches hold one seat")
async def _(stage: Stage) -> Any:
    match = await match_of(stage, stage.a)
    for index in ("matches_one_for_each_seat", "matches_two_people", "matches_one_for_each_offer"):
        await stage.sql.execute(f"DROP INDEX {index}")
    return min(str(match), str(await copy(stage, "matches", match)))


@plants("seats_taken is not the number of live matches")
async def _(stage: Stage) -> Any:
    return await stage.one("UPDATE referrals SET seats_taken = 0 WHERE id = $1 RETURNING id", stage.a)


@plants("seats_taken is not the number of live matches")
async def _(stage: Stage) -> Any:
    return await stage.one("UPDATE referrals SET seats_taken = 1 WHERE id = $1 RETURNING id", stage.c)


@plants("a live match does not hold all its half hours")
async def _(stage: Stage) -> Any:
    match = await match_of(stage, stage.a)
    await stage.sql.execute(
        """
        UPDATE volunteer_blocks b SET busy = b.busy & ~busy_bits(b.block, int4range(h, h + 1)), busy_count = b.busy_count - 1
          FROM (SELECT volunteer_id, lower(half_hours) AS h FROM matches WHERE id = $1) m WHERE b.volunteer_id = m.volunteer_id
        """,
        match,
    )
    return match


@plants("half hours held in a block are not those of its live matches")
async def _(stage: Stage) -> Any:
    return await stage.one(
        "UPDATE matches SET state = 'cancelled', cancelled_reason = 'volunteer' WHERE referral_id = $1 RETURNING volunteer_id", stage.a
    )


@plants("goings counted in a block are not its live matches")
async def _(stage: Stage) -> Any:
    return await stage.one(
        "UPDATE volunteer_blocks SET taken = 0 WHERE volunteer_id = (SELECT volunteer_id FROM matches LIMIT 1) RETURNING volunteer_id"
    )


@plants("an acceptance has not exactly one offer_accepted of each revision")
async def _(stage: Stage) -> Any:
    match = await match_of(stage, stage.a)
    await stage.sql.execute("DELETE FROM letters WHERE kind = 'offer_accepted' AND about_id = $1", match)
    return match


@plants("an acceptance has not exactly one offer_accepted of each revision")
async def _(stage: Stage) -> Any:
    await copy(stage, "letters", await letter_of(stage, "offer_accepted"), '{"occasion": "twice", "message_id": "<twice>"}')
    return await match_of(stage, stage.a)


@plants("a referral past its undo window was not told to the newcomer (letter or task)")
async def _(stage: Stage) -> Any:
    await stage.sql.execute("DELETE FROM letters WHERE kind = 'newcomer_confirmation'")
    return stage.a


@plants("a referral past its undo window has no keyworker_notice")
async def _(stage: Stage) -> Any:
    await stage.sql.execute("DELETE FROM letters WHERE kind = 'keyworker_notice'")
    return stage.a


@plants("a confirmed match has no volunteer_confirmation (letter or task)")
async def _(stage: Stage) -> Any:
    await stage.sql.execute("DELETE FROM letters WHERE kind = 'volunteer_confirmation'")
    return await match_of(stage, stage.a)


@plants("a match stayed planned long after its undo window")
async def _(stage: Stage) -> Any:
    return await stage.one(
        "UPDATE matches SET undo_until = $2 WHERE referral_id = $1 RETURNING id", stage.b, stage.now - timedelta(hours=1, seconds=1)
    )


@plants("a plan waits for the newcomer's OK with nothing that will decide it")
async def _(stage: Stage) -> Any:
    await stage.sql.execute("UPDATE referrals SET agree_first = true WHERE id = $1", stage.b)
    return await stage.one(
        "UPDATE matches SET undo_until = $2 WHERE referral_id = $1 RETURNING id", stage.b, stage.now - timedelta(hours=1, seconds=1)
    )


@plants("a letter speaks of an acceptance that is none")
async def _(stage: Stage) -> Any:
    return await copy(stage, "letters", await letter_of(stage, "offer_accepted"), f'{{"about_id": "{uuid4()}", "message_id": "<none>"}}')


@plants("a plan was told for a referral nobody ever accepted")
async def _(stage: Stage) -> Any:
    return await copy(
        stage, "letters", await letter_of(stage, "newcomer_confirmation"), f'{{"about_id": "{stage.c}", "message_id": "<none>"}}'
    )


@plants("a plan waits to be sent for a match that is cancelled")
async def _(stage: Stage) -> Any:
    await stage.sql.execute("UPDATE matches SET state = 'cancelled', cancelled_reason = 'volunteer' WHERE referral_id = $1", stage.a)
    return await stage.one(
        "UPDATE letters SET state = 'waiting', ended_at = NULL WHERE id = $1 RETURNING id", await letter_of(stage, "volunteer_confirmation")
    )


@plants("a letter is past its latest moment and has not ended")
async def _(stage: Stage) -> Any:
    late = stage.now - timedelta(minutes=6)
    waiting = await letter_of(stage, "covered", "waiting")
    return await stage.one(
        "UPDATE letters SET due_at = $2, not_after = $3 WHERE id = $1 RETURNING id", waiting, late - timedelta(hours=1), late
    )


@plants("a letter that ended still holds its bytes")
async def _(stage: Stage) -> Any:
    name = await stage.one(
        "SELECT conname FROM pg_constraint WHERE conrelid = 'letters'::regclass AND pg_get_constraintdef(oid) LIKE '%sealed_bytes IS NULL%'"
    )
    await stage.sql.execute(f"ALTER TABLE letters DROP CONSTRAINT {name}")
    return await stage.one("UPDATE letters SET sealed_bytes = '\\x01' WHERE id = $1 RETURNING id", await letter_of(stage, "offer"))


@plants("a letter's one party does not exist")
async def _(stage: Stage) -> Any:
    return await stage.one(
        "UPDATE letters SET party_id = $2 WHERE id = $1 RETURNING id", await letter_of(stage, "covered", "waiting"), uuid4()
    )


@plants(OPENED)
async def _(stage: Stage) -> Any:
    row = await stage.sql.fetchrow(
        "SELECT l.id, l.party_id, k.wrapped FROM letters l JOIN person_keys k ON k.person_id = l.party_id WHERE l.state = 'waiting' LIMIT 1"
    )
    other = stage.config.vault.seal_bytes(PersonKey(row["party_id"], row["wrapped"]), f"letters.sealed_to:{row['id']}", b"eve@example.org")
    return await stage.one("UPDATE letters SET sealed_to = $2 WHERE id = $1 RETURNING id", row["id"], other)


@plants(OPENED)
async def _(stage: Stage) -> Any:
    waiting = await letter_of(stage, "covered", "waiting")
    return await stage.one(
        "UPDATE letters SET sealed_bytes = set_byte(sealed_bytes, 40, 255 - get_byte(sealed_bytes, 40)) WHERE id = $1 RETURNING id", waiting
    )


@plants(OPENED)
async def _(stage: Stage) -> Any:
    return await stage.one(
        "UPDATE letters SET sealed_bytes = NULL WHERE id = $1 RETURNING id", await letter_of(stage, "covered", "waiting")
    )


@plants("a change of state has not exactly one audit row")
async def _(stage: Stage) -> Any:
    offer = (await stage.offers("sent"))[0]["id"]
    await without_triggers(stage, "audit", "DELETE FROM audit WHERE thing_id = $1 AND change_number = 1", offer)
    return offer


@plants("a change of state has not exactly one audit row")
async def _(stage: Stage) -> Any:
    """A silent update, where only the audit was forgotten."""
    await stage.sql.execute("ALTER TABLE offers DISABLE TRIGGER offers_audit")
    return await stage.one("UPDATE offers SET state = 'declined' WHERE id = $1 RETURNING id", (await stage.offers("sent"))[0]["id"])


@plants("the newest audit row does not tell the state the row is in")
async def _(stage: Stage) -> Any:
    return await without_triggers(
        stage, "offers", "UPDATE offers SET state = 'declined' WHERE id = $1 RETURNING id", (await stage.offers("sent"))[0]["id"]
    )


@plants("an open offer stands to somebody who is not active")
async def _(stage: Stage) -> Any:
    offer = (await stage.offers("sent"))[0]
    await stage.sql.execute("UPDATE volunteers SET state = 'suspended' WHERE id = $1", offer["volunteer_id"])
    return offer["id"]


@plants("an open offer stands to somebody who is not active")
async def _(stage: Stage) -> Any:
    offer = (await stage.offers("sent"))[0]
    await stage.sql.execute("UPDATE volunteers SET may_be_asked = false WHERE id = $1", offer["volunteer_id"])
    return offer["id"]


async def _bar(stage: Stage, thing: str, kind: str) -> Any:
    row = await stage.sql.fetchrow(
        f"SELECT x.id, x.volunteer_id, r.newcomer_id, r.provider_id FROM {thing} x JOIN referrals r ON r.id = x.referral_id WHERE x.state = ANY($1) LIMIT 1",
        ["sent", "confirmed"],
    )
    newcomer, provider = (row["newcomer_id"], None) if kind == "newcomer_volunteer" else (None, row["provider_id"])
    await stage.sql.execute(
        "INSERT INTO bars (id, kind, newcomer_id, provider_id, volunteer_id, set_at) VALUES ($1, $2, $3, $4, $5, $6)",
        uuid4(),
        kind,
        newcomer,
        provider,
        row["volunteer_id"],
        stage.now,
    )
    return row["id"]


@plants("an open offer or a live match crosses a bar")
async def _(stage: Stage) -> Any:
    return await _bar(stage, "offers", "newcomer_volunteer")


@plants("an open offer or a live match crosses a bar")
async def _(stage: Stage) -> Any:
    return await _bar(stage, "matches", "volunteer_provider")


@plants("an offer was accepted after its last moment")
async def _(stage: Stage) -> Any:
    return await stage.one("UPDATE offers SET answered_at = last_moment WHERE id = (SELECT offer_id FROM matches LIMIT 1) RETURNING id")


@plants("somebody has more letters in a week than they want")
async def _(stage: Stage) -> Any:
    await stage.sql.execute("ALTER TABLE volunteer_weeks DROP CONSTRAINT letters_cap")
    return await stage.one(
        "UPDATE volunteer_weeks SET letters = cap + 1 WHERE volunteer_id = (SELECT volunteer_id FROM volunteer_weeks LIMIT 1) RETURNING volunteer_id"
    )


@plants("an open offer stands for a referral that is closed, on hold or without consent")
async def _(stage: Stage) -> Any:
    await stage.sql.execute(
        "UPDATE referrals SET state = 'closed', close_reason = 'cancelled', closed_at = $2 WHERE id = $1", stage.c, stage.now
    )
    return (await stage.offers("sent"))[-1]["id"]


@plants("an open offer stands for a referral that is closed, on hold or without consent")
async def _(stage: Stage) -> Any:
    await stage.sql.execute(
        """
        INSERT INTO consents (id, person_id, purpose, given, wording_version, method, at)
        SELECT gen_random_uuid(), newcomer_id, 'c1', false, '1', 'spoken', $2 FROM referrals WHERE id = $1
        """,
        stage.c,
        stage.now,
    )
    return (await stage.offers("sent"))[-1]["id"]


@plants("more than ten people are being asked at once")
async def _(stage: Stage) -> Any:
    offer = await stage.one("SELECT id FROM offers WHERE referral_id = $1 AND state = 'sent' LIMIT 1", stage.c)
    await stage.sql.execute("DROP INDEX offers_one_live")
    await stage.sql.execute("ALTER TABLE offers DISABLE TRIGGER USER")
    for _ in range(10):
        await copy(stage, "offers", offer)
    return stage.c


@plants("an open referral has neither a next step with a time nor a person")
async def _(stage: Stage) -> Any:
    await stage.sql.execute("UPDATE timers SET state = 'done' WHERE referral_id = $1", stage.c)
    return stage.c


@plants("an open referral has no moment by which it is answered")
async def _(stage: Stage) -> Any:
    await stage.sql.execute("UPDATE referrals SET deadline = NULL WHERE id = $1", stage.c)
    return stage.c


@plants("an open referral's answer is due only after its last meeting has begun")
async def _(stage: Stage) -> Any:
    await stage.sql.execute("UPDATE referrals SET deadline = deadline + interval '2 hours' WHERE id = $1", stage.c)
    return stage.c


@plants("nothing will give an open referral its answer in time")
async def _(stage: Stage) -> Any:
    await stage.sql.execute("UPDATE timers SET state = 'cancelled' WHERE referral_id = $1 AND kind = 'last_moment'", stage.c)
    return stage.c


@plants("nothing will give an open referral its answer in time")
async def _(stage: Stage) -> Any:
    await stage.sql.execute(
        "UPDATE timers SET due_at = due_at + interval '3 hours' WHERE referral_id = $1 AND kind = 'last_moment'", stage.c
    )
    return stage.c


@plants("a referral that looks for somebody has no next step with a time")
async def _(stage: Stage) -> Any:
    await stage.sql.execute("UPDATE timers SET state = 'cancelled' WHERE referral_id = $1 AND kind = 'look'", stage.c)
    return stage.c


@plants("a timer never came to an end and is held")
async def _(stage: Stage) -> Any:
    return await stage.one(
        "UPDATE timers SET state = 'held' WHERE id = (SELECT id FROM timers WHERE state = 'waiting' LIMIT 1) RETURNING id"
    )


def test_each_question_has_a_row_planted_for_it() -> None:
    assert {question.rule for question in QUESTIONS} | {OPENED} == set(PLANTS)
    assert {question.promise for question in QUESTIONS} >= {"I2", "I3", "I4", "I5", "I7", "I8", "I10"}


async def test_a_world_in_which_all_is_well_has_nothing_to_name(scene: Stage) -> None:
    report = await scene.check()
    assert report.is_well and report.broken == () and report.missing_helplines == ()


async def test_each_question_names_the_row_planted_for_it(scene: Stage) -> None:
    silent = []
    for rule, wrong in PLANTS.items():
        for number, plant in enumerate(wrong):
            transaction = scene.sql.transaction()
            await transaction.start()
            await claim_acting(scene.sql, OPERATOR, "plant", scene.now)
            row_id = str(await plant(scene))
            named = {(broken.rule, broken.row_id) for broken in (await scene.check()).broken}
            await transaction.rollback()
            if (rule, row_id) not in named:
                silent.append(f"{rule} [{number}]: {row_id} not in {named}")
    assert silent == []
    assert (await scene.check()).is_well, "every plant was taken back"


async def test_looking_changes_nothing(scene: Stage) -> None:
    async with scene.sql.transaction(readonly=True):
        assert (await check_promises(scene.sql, scene.config, scene.now)).is_well


async def test_a_missing_helpline_is_a_warning_and_breaks_nothing(scene: Stage) -> None:
    await scene.sql.execute(
        "INSERT INTO fellowship_contacts (area_id, fellowship, web_address, updated_at) VALUES ($1, 'aa', 'https://aa.example', $2)",
        scene.world.area_id,
        scene.now,
    )
    report = await scene.check()
    assert report.is_well and report.missing_helplines == (("Millbrook", "aa"),)


async def settled(stage: Stage) -> UUID:
    """A referral with Tom going and every letter sent: well on whatever day the command is run."""
    for name in ("Tom", "Wendy"):
        await stage.world.volunteer(name)
    referral: UUID = await stage.world.referral()
    await stage.begin(referral)
    await stage.yes((await stage.offers("sent"))[0])
    await stage.pass_time(minutes=16)
    return referral


async def test_the_command_is_content_with_a_database_that_keeps_its_promises(stage: Stage) -> None:
    await settled(stage)
    done = await run_command(stage.config, "check")
    assert done.code == 0, done.err


async def test_the_command_names_the_rows_and_fails(database: TestDatabase, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    staging = set_stage(database, tmp_path / "letters")
    stage = await staging.__aenter__()
    referral = await settled(stage)
    async with stage.sql.transaction():
        await claim_acting(stage.sql, OPERATOR, "plant", stage.now)
        await stage.sql.execute("UPDATE referrals SET seats_taken = 0 WHERE id = $1", referral)
        await stage.sql.execute("DELETE FROM letters WHERE kind = 'volunteer_confirmation'")
        match = await match_of(stage, referral)
        offer = await without_triggers(stage, "offers", "UPDATE offers SET state = 'declined' WHERE state = 'withdrawn' RETURNING id")
    done = await run_command(stage.config, "check")
    assert done.code == 1
    for promise, row_id in (("I2", referral), ("I3", match), ("I8", offer)):
        assert any(promise in line and str(row_id) in line for line in done.out.splitlines()), done.out + done.err
    assert "Noor" not in done.out + done.err and "Tom" not in done.out + done.err, "ids only"
    with pytest.raises(AssertionError, match="seats_taken"):  # and so would every test on a stage
        await staging.__aexit__(None, None, None)
