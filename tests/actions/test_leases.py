"""Letters between claim and end: leases and takeovers, poison, order, taking back, lateness, the switch, an orderly stop."""

import asyncio
from datetime import timedelta
from email import message_from_bytes
from typing import Any
from uuid import UUID

import pytest

from matcher.actions import posting
from matcher.domain.actor import CLOCK
from matcher.domain.delivery import AddressRefused, Later, Sent
from matcher.domain.sealed import PersonKey
from matcher.store import audit, letters
from tests.actions.mailing import THURSDAY, ask, claim, mail_by, states, taken_by, worker_of
from tests.smtp_faults import FaultServer
from tests.stage import Stage


async def test_two_workers_never_take_the_same_letter(stage: Stage) -> None:
    stage.worker = worker_of(stage, 1)
    await ask(stage, "Tom", "Wendy", "Ann")
    await stage.sql.execute("UPDATE letters SET next_at = $1", stage.now)
    halves = await asyncio.gather(*(claim(stage, most=2) for _ in range(4)))
    ids = [letter.id for half in halves for letter in half]
    assert len(ids) == len(set(ids)) == 3


async def test_a_dead_workers_letter_moves_again_within_a_minute(stage: Stage, free_port: int) -> None:
    stage.worker = worker_of(stage, free_port)
    await ask(stage, "Tom")
    stage.now += timedelta(seconds=40)
    assert len(await claim(stage)) == 1
    server = FaultServer()
    async with mail_by(stage, server):
        await stage.pass_time(seconds=49)
        assert server.taken == []
        await stage.pass_time(seconds=2)
        assert len(server.taken) == 1
    assert timedelta(seconds=60) > posting.LEASE


async def test_the_result_of_a_worker_that_lost_its_lease_is_dropped(stage: Stage, free_port: int) -> None:
    stage.worker = worker_of(stage, free_port)
    await ask(stage, "Tom")
    stage.now += timedelta(seconds=40)
    [stale] = await claim(stage)
    stage.now += timedelta(seconds=51)
    [taken_over] = await claim(stage)
    assert stale.id == taken_over.id and stale.lease_id != taken_over.lease_id
    assert not await stage.db.act(posting.record_outcome, stage.config, stage.now, stale, outcome=AddressRefused("550"))
    assert await stage.one("SELECT state FROM letters WHERE kind = 'offer'") == "sending"
    assert await stage.one("SELECT email_state FROM volunteers") == "ok"
    assert await stage.db.act(posting.record_outcome, stage.config, stage.now, taken_over, outcome=Sent("250"))
    assert not await stage.db.act(posting.record_outcome, stage.config, stage.now, stale, outcome=Sent("250"))
    assert len(await stage.offers("sent")) == 1


@pytest.mark.parametrize("given_back", [False, True])
async def test_what_may_have_arrived_at_an_earlier_try_is_not_taken_back_after_a_later_one(
    stage: Stage, free_port: int, given_back: bool
) -> None:
    stage.worker = worker_of(stage, free_port)
    await ask(stage, "Tom")
    stage.now += timedelta(seconds=40)
    [lost] = await claim(stage)  # its worker dies: nobody knows how far it came
    stage.now += timedelta(seconds=51)
    [again] = await claim(stage)
    if given_back:
        assert await stage.db.act(posting.give_back, again)
    else:
        assert await stage.db.act(posting.record_outcome, stage.config, stage.now, again, outcome=Later("connect"))
    assert await stage.one("SELECT state FROM letters WHERE id = $1", lost.id) == "sending"
    assert await stage.db.act(letters.update_letters_cancelled, [lost.about_id], stage.now) == []
    stage.now += timedelta(hours=1)
    [last] = await claim(stage)
    assert last.id == lost.id and last.attempts == again.attempts + (0 if given_back else 1)
    assert await stage.db.act(posting.record_outcome, stage.config, stage.now, last, outcome=Sent("250"))


async def test_what_was_refused_for_now_and_never_lost_can_be_taken_back(stage: Stage, free_port: int) -> None:
    stage.worker = worker_of(stage, free_port)
    await ask(stage, "Tom")
    stage.now += timedelta(seconds=40)
    [letter] = await claim(stage)
    await stage.db.act(posting.record_outcome, stage.config, stage.now, letter, outcome=Later("connect"))
    assert [one.id for one in await stage.db.act(letters.update_letters_cancelled, [letter.about_id], stage.now)] == [letter.id]


async def test_a_recording_without_the_fence_would_be_caught(stage: Stage, free_port: int) -> None:
    """Teeth: the same stale result, written without asking for the lease, ends a letter that another worker is sending."""
    stage.worker = worker_of(stage, free_port)
    await ask(stage, "Tom")
    stage.now += timedelta(seconds=40)
    [stale] = await claim(stage)
    stage.now += timedelta(seconds=51)
    await claim(stage)
    wrong = "UPDATE letters SET state = 'bounced', ended_at = $2, sealed_bytes = NULL, sealed_to = NULL, lease_id = NULL WHERE id = $1"
    await stage.sql.execute(wrong, stale.id, stage.now)
    assert await stage.one("SELECT state FROM letters WHERE id = $1", stale.id) == "bounced"


async def test_a_letter_whose_readers_key_is_gone_ends_with_that_reason_and_is_never_leased(stage: Stage) -> None:
    await ask(stage, "Tom")
    await stage.yes((await stage.offers("sent"))[0])
    stage.now += timedelta(minutes=16)
    await stage.worker._run_timers()
    await stage.sql.execute("DELETE FROM person_keys WHERE kind = 'newcomer'")
    await stage.worker.run_until_idle()
    row = await stage.sql.fetchrow("SELECT * FROM letters WHERE kind = 'newcomer_confirmation'")
    assert (row["state"], row["last_code"], row["ended_at"]) == ("cancelled", letters.NO_KEY, stage.now)
    assert row["lease_id"] is None and row["sealed_bytes"] is None and row["sealed_to"] is None
    assert (await states(stage)).keys() == {"cancelled", "sent"}, "the letters to the others left"


# Poison.


async def test_a_letter_that_kills_its_worker_is_held_after_five_times_and_the_others_leave(stage: Stage, free_port: int) -> None:
    stage.worker = worker_of(stage, free_port)
    await ask(stage, "Tom")
    poison = await stage.one("SELECT id FROM letters WHERE kind = 'offer'")
    stage.now += timedelta(seconds=40)
    for _ in range(5):
        assert [letter.id for letter in await claim(stage)] == [poison]
        stage.now += timedelta(seconds=51)
    assert await claim(stage) == []
    server = FaultServer()
    async with mail_by(stage, server):
        await ask(stage, "Wendy")
        await stage.pass_time(seconds=25)
        assert await stage.one("SELECT state FROM letters WHERE id = $1", poison) == "held"
        assert len(server.taken) == 1 and taken_by(server, "tom-") == []


async def test_a_count_that_rises_only_on_caught_errors_loops_for_ever(stage: Stage, free_port: int) -> None:
    """Teeth: with the count moved to where an error is caught, a letter that kills its worker is claimed again and again."""
    stage.worker = worker_of(stage, free_port)
    await ask(stage, "Tom")
    stage.now += timedelta(seconds=40)
    for _ in range(12):
        assert len(await claim(stage)) == 1
        await stage.sql.execute("UPDATE letters SET unanswered = unanswered - 1 WHERE state = 'sending'")
        stage.now += timedelta(seconds=51)
    assert await stage.db.act(posting.hold_poisonous_letters, stage.now) == 0


async def test_an_answer_of_any_kind_makes_a_letter_no_poison(stage: Stage, free_port: int) -> None:
    stage.worker = worker_of(stage, free_port)
    await ask(stage, "Tom")
    for _ in range(8):
        stage.now = await stage.one("SELECT next_at FROM letters WHERE kind = 'offer'")
        await stage.worker.run_until_idle()
    row = await stage.sql.fetchrow("SELECT state, attempts, unanswered FROM letters WHERE kind = 'offer'")
    assert tuple(row) == ("waiting", 9, 0)


async def test_a_letter_that_breaks_its_workers_code_stops_no_other_letter(stage: Stage, free_port: int) -> None:
    server = FaultServer()
    stage.worker = worker_of(stage, free_port)
    await ask(stage, "Tom", "Wendy")
    async with mail_by(stage, server):
        row = await stage.sql.fetchrow(
            "SELECT l.id, l.party_id, k.wrapped FROM letters l JOIN person_keys k ON k.person_id = l.party_id ORDER BY l.id LIMIT 1"
        )
        key = PersonKey(row["party_id"], row["wrapped"])
        broken = stage.config.vault.seal_bytes(key, f"letters.sealed_to:{row['id']}", b"\xff\xfe")
        right = await stage.one("SELECT sealed_to FROM letters WHERE id = $1", row["id"])
        await stage.sql.execute("UPDATE letters SET sealed_to = $2 WHERE id = $1", row["id"], broken)
        stage.now += timedelta(seconds=40)
        await stage.worker.run_until_idle()
        assert len(server.taken) == 1
        assert await stage.one("SELECT state FROM letters WHERE id = $1", row["id"]) == "sending"
        await stage.sql.execute("UPDATE letters SET sealed_to = $2 WHERE id = $1", row["id"], right)


async def test_a_letter_that_cannot_be_opened_ends_and_stops_no_other(stage: Stage, free_port: int) -> None:
    stage.worker = worker_of(stage, free_port)
    await ask(stage, "Tom", "Wendy")
    one = await stage.one("SELECT id FROM letters ORDER BY id LIMIT 1")
    await stage.sql.execute("UPDATE letters SET sealed_bytes = '\\x0100' WHERE id = $1", one)
    server = FaultServer()
    async with mail_by(stage, server):
        await stage.pass_time(seconds=40)
        assert len(server.taken) == 1
        assert await stage.one("SELECT state FROM letters WHERE id = $1", one) == "bounced"
        assert await stage.one("SELECT count(*) FROM volunteers WHERE email_state = 'bounced'") == 0


# Order, taking back, lateness, the switch.


async def _again(stage: Stage, offer_id: UUID) -> None:
    """The same invitation once more, as a second revision; the first one is under way already."""
    await stage.sql.execute(
        """
        INSERT INTO letters SELECT (jsonb_populate_record(l, jsonb_build_object('id', gen_random_uuid(), 'revision', 2, 'state', 'waiting',
               'message_id', l.message_id || '2', 'lease_id', NULL, 'leased_until', NULL, 'attempts', 0, 'unanswered', 0))).*
          FROM letters l WHERE about_id = $1
        """,
        offer_id,
    )


async def test_a_correction_never_overtakes_the_letter_it_corrects(stage: Stage, free_port: int) -> None:
    stage.worker = worker_of(stage, free_port)
    await ask(stage, "Tom")
    await _again(stage, (await stage.offers())[0]["id"])
    stage.now += timedelta(seconds=40)
    [first] = await claim(stage)
    assert first.id == await stage.one("SELECT id FROM letters WHERE revision = 1")
    assert await claim(stage) == []
    await stage.db.act(posting.record_outcome, stage.config, stage.now, first, outcome=Sent("250"))
    [second] = await claim(stage)
    assert second.id == await stage.one("SELECT id FROM letters WHERE revision = 2")
    await stage.sql.execute("DELETE FROM letters WHERE revision = 2")


async def test_what_has_not_left_is_taken_back_and_what_is_under_way_counts_as_told(stage: Stage, free_port: int) -> None:
    stage.worker = worker_of(stage, free_port)
    await ask(stage, "Tom", "Wendy")
    stage.now += timedelta(seconds=40)
    [under_way] = await claim(stage, most=1)
    both = [offer["id"] for offer in await stage.offers()]

    async def take_back(tx: Any) -> list[UUID]:
        await audit.claim_acting(tx, CLOCK, "take_back", stage.now)
        return [ended.about_id for ended in await letters.update_letters_cancelled(tx, both, stage.now)]

    taken_back = await stage.db.act(take_back)
    assert len(taken_back) == 1 and under_way.about_id not in taken_back
    assert await states(stage) == {"cancelled": 1, "sending": 1}
    assert await stage.one("SELECT sealed_bytes IS NULL AND sealed_to IS NULL FROM letters WHERE state = 'cancelled'")


async def test_a_volunteer_whose_plan_came_too_late_is_rung(stage: Stage, free_port: int) -> None:
    await ask(stage, "Tom")
    await stage.yes((await stage.offers("sent"))[0])
    await stage.worker.run_until_idle()
    stage.worker = worker_of(stage, free_port)
    await stage.until(THURSDAY + timedelta(hours=1))
    rows = await stage.sql.fetch("SELECT kind, state FROM letters WHERE kind IN ('volunteer_confirmation', 'newcomer_confirmation')")
    assert {row["state"] for row in rows} == {"expired"} and len(rows) == 2
    assert await stage.one("SELECT count(*) FROM tasks WHERE kind = 'ring_them' AND for_role = 'coordinator' AND state = 'open'") == 1
    assert await stage.one("SELECT count(*) FROM tasks WHERE kind = 'not_told' AND for_role = 'keyworker' AND state = 'open'") == 1
    assert await stage.one("SELECT email_state FROM referrals") == "ok", "late is not refused: the address is not flagged"
    said = await stage.sql.fetch("SELECT split_part(occasion, '@', 1) AS reason FROM letters WHERE occasion ~ 'not_told|bounce|failed'")
    assert [row["reason"] for row in said] == ["not_told", "not_told"], (
        "and neither coordinator nor keyworker reads that anything came back"
    )


async def test_a_letter_under_way_when_its_time_is_over_is_left_to_its_lease(stage: Stage, free_port: int) -> None:
    stage.worker = worker_of(stage, free_port)
    referral = await ask(stage, "Tom")
    stage.now = await stage.one("SELECT not_after FROM letters WHERE kind = 'offer'") - timedelta(seconds=1)
    assert len(await claim(stage)) == 1
    stage.now += timedelta(seconds=2)
    assert await stage.db.act(posting.end_late_letters, stage.config, stage.now, referral_id=referral) == 0
    stage.now += timedelta(seconds=50)
    assert await stage.db.act(posting.end_late_letters, stage.config, stage.now, referral_id=referral) == 1
    assert await states(stage) == {"expired": 1}
    await stage.worker.run_until_idle()


async def test_a_paused_switch_stops_every_letter_and_nothing_else(stage: Stage) -> None:
    await stage.sql.execute("UPDATE switches SET paused_at = $1, reason = 'restore'", stage.now)
    await ask(stage, "Tom", "Wendy")
    await stage.pass_time(minutes=5)
    assert stage.letters() == [] and await states(stage) == {"waiting": 2}
    assert len(await stage.offers("queued")) == 2
    await stage.sql.execute("UPDATE switches SET paused_at = NULL, reason = ''")
    await stage.pass_time(seconds=1)
    assert len(stage.letters()) == 2


# An orderly stop.


async def test_a_worker_that_stops_finishes_what_it_sends_and_gives_back_the_rest(stage: Stage, free_port: int) -> None:
    stage.worker = worker_of(stage, free_port)
    await ask(stage, "Tom", "Wendy", "Ann")
    stage.now += timedelta(seconds=40)
    server = FaultServer(slow=0.3)
    async with mail_by(stage, server, sends_at_once=1) as port:
        running_worker = asyncio.create_task(stage.worker.run())
        while server.at_once == 0:
            await asyncio.sleep(0.01)
        stage.worker.stop()
        await asyncio.wait_for(running_worker, 5)
        assert len(server.taken) == 1 and await states(stage) == {"sent": 1, "waiting": 2}
        rows = await stage.sql.fetch("SELECT attempts, unanswered, lease_id, next_at FROM letters WHERE state = 'waiting'")
        assert {(row["attempts"], row["unanswered"], row["lease_id"]) for row in rows} == {(1, 0, None)}, "given back is not a try"
        stage.worker = worker_of(stage, port)
        await stage.worker.run_until_idle()
        assert await states(stage) == {"sent": 3}, "the next worker takes them at once, not after the lease"
    assert len({message_from_bytes(raw)["Message-ID"] for raw in server.arrived}) == len(server.arrived) == 3


async def test_a_worker_that_is_cut_off_leaves_leases_behind(stage: Stage, free_port: int) -> None:
    """Teeth: without the orderly stop the letters wait for the lease, and the one under way arrives twice."""
    stage.worker = worker_of(stage, free_port)
    await ask(stage, "Tom", "Wendy", "Ann")
    stage.now += timedelta(seconds=40)
    server = FaultServer(slow=0.3)
    async with mail_by(stage, server, sends_at_once=1) as port:
        cut_off = asyncio.create_task(stage.worker.run())
        while server.at_once == 0:
            await asyncio.sleep(0.01)
        cut_off.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cut_off
        stage.worker = worker_of(stage, port)
        await stage.worker.run_until_idle()
        assert await states(stage) == {"sending": 3}
        await stage.pass_time(seconds=51)
        assert await states(stage) == {"sent": 3} and len(server.arrived) == 4


async def test_a_worker_outlives_whatever_goes_wrong_in_a_step(stage: Stage) -> None:
    await stage.sql.execute("ALTER TABLE timers RENAME TO timers_away")
    going = asyncio.create_task(stage.worker.run())
    await asyncio.sleep(0.3)
    assert not going.done()
    await stage.sql.execute("ALTER TABLE timers_away RENAME TO timers")
    stage.worker.stop()
    await asyncio.wait_for(going, 5)
