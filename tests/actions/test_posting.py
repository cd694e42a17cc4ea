"""What becomes of letters: each answer of a mail server, leases and takeovers, poison, order, taking back, lateness, the switch, an orderly stop."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any
from uuid import UUID, uuid4

import pytest

from matcher.actions import posting, withdrawing
from matcher.domain.actor import CLOCK
from matcher.domain.delivery import AddressRefused, Sent
from matcher.domain.outbox import ClaimedLetter
from matcher.domain.sealed import PersonKey
from matcher.store import audit, letters
from matcher.transport import open_transport
from matcher.worker import Worker
from tests.smtp_faults import NO_FAULT, At, Fault, FaultServer, Kind, running
from tests.stage import Stage, who

THURSDAY = datetime(2026, 11, 26, 19, 30, tzinfo=UTC)
STATES = "SELECT state, count(*) AS n FROM letters GROUP BY state"


@dataclass
class Choosy(FaultServer):
    """A mail server that takes everything but letters to some addresses."""

    never: set[str] = field(default_factory=set)

    async def _answer_simple(self, writer: asyncio.StreamWriter, verb: bytes, secure: bool) -> bool:
        if verb == b"RCPT" and any(part.encode() in self.commands[-1] for part in self.never):
            writer.write(b"550 5.1.1 tom@example.org: never\r\n")
            return True
        return await super()._answer_simple(writer, verb, secure)


def worker_of(stage: Stage, port: int, **settings: Any) -> Worker:
    transport = open_transport(f"smtp://127.0.0.1:{port}", our_name="example.org", **settings)
    return Worker(stage.db, stage.config, transport, clock=lambda: stage.now)


@asynccontextmanager
async def mail_by(stage: Stage, server: FaultServer, **settings: Any) -> AsyncIterator[int]:
    """The stage's worker sends over SMTP, to this server."""
    async with running(server) as port:
        stage.worker = worker_of(stage, port, **settings)
        yield port
        await stage.worker._transport.close()


def taken_by(server: FaultServer, part: str) -> list[Any]:
    found = [message_from_bytes(raw, policy=policy.default) for raw in server.taken]
    return [letter for letter in found if part in str(letter["To"])]


async def states(stage: Stage) -> dict[str, int]:
    return {row["state"]: row["n"] for row in await stage.sql.fetch(STATES)}


async def ask(stage: Stage, *names: str, **changes: Any) -> UUID:
    for name in names:
        await stage.world.volunteer(name)
    referral: UUID = await stage.world.referral(**changes)
    await stage.begin(referral)
    return referral


async def claim(stage: Stage, lease_id: UUID | None = None, most: int = 50) -> list[ClaimedLetter]:
    """What a worker does that then dies: takes letters, and is never heard of again."""
    return await stage.db.act(posting.claim_letters, stage.now, lease_id=lease_id or uuid4(), most=most)


# Each answer of the mail server.


@pytest.mark.parametrize(
    ("fault", "state", "flagged"),
    [
        (NO_FAULT, "sent", False),
        (Fault(At.QUIT, Kind.CLOSE), "sent", False),
        (Fault(At.BANNER, Kind.TEMPORARY), "waiting", False),
        (Fault(At.BANNER, Kind.GARBAGE), "waiting", False),
        (Fault(At.EHLO, Kind.CLOSE), "waiting", False),
        (Fault(At.MAIL, Kind.TEMPORARY), "waiting", False),
        (Fault(At.MAIL, Kind.PERMANENT), "waiting", False),
        (Fault(At.RCPT, Kind.TEMPORARY), "waiting", False),
        (Fault(At.RCPT, Kind.CLOSE), "waiting", False),
        (Fault(At.RCPT, Kind.PERMANENT), "bounced", True),
        (Fault(At.DATA, Kind.TEMPORARY), "waiting", False),
        (Fault(At.DATA, Kind.PERMANENT), "bounced", False),
        (Fault(At.END, Kind.TEMPORARY), "waiting", False),
        (Fault(At.END, Kind.PERMANENT), "bounced", False),
        (Fault(At.END, Kind.CLOSE), "sending", False),
        (Fault(At.END, Kind.SILENCE), "sending", False),
        (Fault(At.EHLO, Kind.SILENCE), "waiting", False),
    ],
    ids=str,
)
async def test_each_answer_of_the_mail_server_moves_the_letter_as_the_table_says(
    stage: Stage, fault: Fault, state: str, flagged: bool
) -> None:
    async with mail_by(stage, FaultServer(fault), deadline=0.4 if fault.kind is Kind.SILENCE else 10):
        await ask(stage, "Tom")
        row = await stage.sql.fetchrow("SELECT * FROM letters WHERE kind = 'offer'")
        assert row["state"] == state
        assert await stage.one("SELECT email_state = 'bounced' FROM volunteers") == flagged
        assert (row["sealed_bytes"] is None) == (state in ("sent", "bounced"))
        if state == "waiting":
            assert timedelta(seconds=24) <= row["next_at"] - stage.now <= timedelta(seconds=36)
            assert row["attempts"] == 1 and row["unanswered"] == 0 and row["lease_id"] is None


async def test_a_mail_server_that_is_away_blames_nobody_and_loses_nothing(stage: Stage, free_port: int) -> None:
    stage.worker = worker_of(stage, free_port)
    await ask(stage, "Tom", "Wendy")
    assert await states(stage) == {"waiting": 2}
    server = FaultServer()
    async with mail_by(stage, server):
        await stage.pass_time(seconds=20)
        assert server.taken == []
        await stage.pass_time(seconds=20)
        assert await states(stage) == {"sent": 2} and len(server.taken) == 2


async def test_tries_come_further_and_further_apart_until_it_is_too_late(stage: Stage, free_port: int) -> None:
    stage.worker = worker_of(stage, free_port)
    await ask(stage, "Tom")
    waits = []
    for _ in range(7):
        row = await stage.sql.fetchrow("SELECT next_at, attempts FROM letters WHERE kind = 'offer'")
        waits.append((row["next_at"] - stage.now).total_seconds())
        stage.now = row["next_at"]
        await stage.worker.run_until_idle()
    for wait, usual in zip(waits, (30, 60, 120, 240, 480, 900, 900), strict=True):
        assert 0.8 * usual <= wait <= 1.2 * usual


async def test_an_unknown_end_sends_the_same_bytes_again_when_the_lease_is_over(stage: Stage) -> None:
    server = FaultServer(Fault(At.END, Kind.CLOSE))
    async with mail_by(stage, server):
        await ask(stage, "Tom")
        server.fault = NO_FAULT
        await stage.pass_time(seconds=40)
        assert len(server.arrived) == 1 and server.taken == []
        await stage.pass_time(seconds=15)
        assert await states(stage) == {"sent": 1}
        assert len(server.arrived) == 2 and server.arrived[0] == server.arrived[1]


async def test_the_whole_journey_over_smtp_gives_each_party_its_one_letter(stage: Stage) -> None:
    server = FaultServer()
    async with mail_by(stage, server):
        await ask(stage, "Tom", "Wendy", "Ann")
        await stage.yes((await stage.offers("sent"))[0])
        await stage.pass_time(minutes=16)
    assert len(taken_by(server, "noor@")) == 1 and len(taken_by(server, "priya@")) == 1
    ids = [message_from_bytes(raw)["Message-ID"] for raw in server.taken]
    assert len(ids) == len(set(ids)) == 3 + 1 + 2 + 3  # invitations, what was recorded, covered, the plan to three
    envelopes = Counter(line.split(b":", 1)[0] for line in server.commands)
    assert envelopes[b"RCPT TO"] == envelopes[b"MAIL FROM"] == len(ids)


# What follows from a refusal.


async def test_a_refused_invitation_pauses_the_volunteer_and_asks_the_next_one(stage: Stage) -> None:
    async with mail_by(stage, Choosy(never={"tom-"})):
        await ask(stage, "Tom", "Wendy", "Ann", "Bob")
        tom = await stage.sql.fetchrow(
            "SELECT v.*, o.state AS offer FROM volunteers v JOIN offers o ON o.volunteer_id = v.id WHERE v.number = 1"
        )
        assert (tom["state"], tom["paused_reason"], tom["email_state"], tom["offer"]) == (
            "paused",
            "undeliverable",
            "bounced",
            "undeliverable",
        )
        assert len(await stage.offers("sent")) == 3, "Wendy, Ann, and Bob in Tom's place"
        assert await stage.one("SELECT volunteer_id FROM tasks WHERE kind = 'volunteer_bounced' AND state = 'open'") == tom["id"]
        alerts = await stage.sql.fetch("SELECT state FROM letters WHERE kind = 'coordinator_alert'")
        assert [row["state"] for row in alerts] == ["sent"]


async def test_a_refusal_and_what_follows_from_it_are_one_transaction(stage: Stage) -> None:
    async with mail_by(stage, Choosy(never={"noor@"})):
        referral = await ask(stage, "Tom")
        await stage.yes((await stage.offers("sent"))[0])
        await stage.pass_time(minutes=16)
        assert await stage.one("SELECT email_state FROM referrals WHERE id = $1", referral) == "bounced"
        same = await stage.one(
            """
            SELECT count(*) FROM letters l JOIN tasks t ON t.xmin = l.xmin AND t.kind = 'letter_bounced' AND t.for_role = 'keyworker'
                                           JOIN letters n ON n.created_at = l.ended_at AND n.kind = 'keyworker_notice'
             WHERE l.kind = 'newcomer_confirmation' AND l.state = 'bounced' AND n.occasion LIKE 'letter_failed@%'
            """
        )
        assert same == 1


async def test_nothing_of_a_refusal_is_kept_when_its_transaction_fails(stage: Stage) -> None:
    await ask(stage, "Tom")
    await stage.yes((await stage.offers("sent"))[0])
    stage.now += timedelta(minutes=16)
    await stage.worker._run_timers()
    [letter] = [one for one in await claim(stage) if one.kind == "newcomer_confirmation"]

    async def half(tx: Any) -> None:
        assert await posting.record_outcome(tx, stage.config, stage.now, letter, AddressRefused("550 5.1.1"))
        raise RuntimeError("the worker dies here")

    with pytest.raises(RuntimeError, match="dies here"):
        await stage.db.act(half)
    assert await stage.one("SELECT state FROM letters WHERE id = $1", letter.id) == "sending"
    assert await stage.one("SELECT count(*) FROM tasks WHERE kind = 'letter_bounced'") == 0
    assert await stage.one("SELECT email_state FROM referrals") == "ok"


async def test_nothing_more_goes_to_a_newcomers_address_that_was_refused(stage: Stage) -> None:
    server = Choosy(never={"noor@"})
    async with mail_by(stage, server):
        await ask(stage, "Tom", "Wendy", "Ann", "Bob")
        offer = (await stage.offers("sent"))[0]
        answer = await stage.yes(offer)
        await stage.pass_time(minutes=16)
        assert answer.match is not None
        await stage.db.act(withdrawing.withdraw_companion, stage.config, stage.now, actor=who(offer), match_id=answer.match.id)
        server.never = set()
        await stage.pass_time(minutes=1)
        await stage.yes((await stage.offers("sent"))[0])
        await stage.pass_time(minutes=20)
        assert taken_by(server, "noor@") == []
        assert await stage.one("SELECT count(*) FROM tasks WHERE kind = 'tell_in_person' AND state = 'open'") == 1


async def test_a_plan_that_a_volunteers_server_refuses_is_told_by_telephone(stage: Stage) -> None:
    server = Choosy()
    async with mail_by(stage, server):
        await ask(stage, "Tom")
        await stage.yes((await stage.offers("sent"))[0])
        server.never = {"tom-"}
        await stage.pass_time(minutes=16)
        assert await stage.one("SELECT match_id IS NOT NULL FROM tasks WHERE kind = 'ring_them' AND state = 'open'")
        assert await stage.one("SELECT state FROM matches") == "confirmed", "he said yes: nobody undoes that for a broken address"


async def test_an_invitation_refused_for_its_words_is_not_waited_for(stage: Stage) -> None:
    server = FaultServer(Fault(At.END, Kind.PERMANENT))
    async with mail_by(stage, server):
        referral = await ask(stage, "Tom", "Wendy")
        assert {offer["state"] for offer in await stage.offers()} == {"withdrawn"}
        assert await stage.one("SELECT count(*) FROM volunteers WHERE state = 'active'") == 2
        assert await stage.state(referral) == "needs_person", "each was asked once, then a person is called"


async def test_an_address_that_this_server_cannot_carry_asks_for_another(stage: Stage) -> None:
    async with mail_by(stage, FaultServer()):
        key = await stage.world.volunteer("Tom")
        await _correct_address(stage, key, "jürgen@members.example")
        await stage.begin(await stage.world.referral())
        assert await stage.one("SELECT state FROM letters WHERE kind = 'offer'") == "bounced"
        assert await stage.one("SELECT count(*) FROM tasks WHERE kind = 'volunteer_bounced' AND state = 'open'") == 1


async def _correct_address(stage: Stage, volunteer_id: UUID, email: str) -> None:
    wrapped = await stage.one("SELECT wrapped FROM person_keys WHERE person_id = $1", volunteer_id)
    details = {"display_name": "Tom", "private_name": "Tom", "email": email, "telephone": "", "recognise_me": ""}
    box = stage.config.vault.seal(PersonKey(volunteer_id, wrapped), f"volunteers.details_box:{volunteer_id}", details)
    await stage.sql.execute("UPDATE volunteers SET details_box = $2 WHERE id = $1", volunteer_id, box)


async def test_a_keyworker_whose_address_was_refused_is_written_to_no_more(stage: Stage) -> None:
    server = Choosy(never={"priya@"})
    async with mail_by(stage, server):
        await ask(stage, "Tom")
        await stage.yes((await stage.offers("sent"))[0])
        await stage.pass_time(minutes=16)
        assert await stage.one("SELECT email_state FROM staff WHERE role = 'keyworker'") == "bounced"
        assert len(taken_by(server, "noor@")) == 1


# Leases.


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
    assert not await stage.db.act(posting.record_outcome, stage.config, stage.now, stale, AddressRefused("550"))
    assert await stage.one("SELECT state FROM letters WHERE kind = 'offer'") == "sending"
    assert await stage.one("SELECT email_state FROM volunteers") == "ok"
    assert await stage.db.act(posting.record_outcome, stage.config, stage.now, taken_over, Sent("250"))
    assert not await stage.db.act(posting.record_outcome, stage.config, stage.now, stale, Sent("250"))
    assert len(await stage.offers("sent")) == 1


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
    await stage.db.act(posting.record_outcome, stage.config, stage.now, first, Sent("250"))
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


async def test_a_letter_under_way_when_its_time_is_over_is_left_to_its_lease(stage: Stage, free_port: int) -> None:
    stage.worker = worker_of(stage, free_port)
    await ask(stage, "Tom")
    stage.now = await stage.one("SELECT not_after FROM letters WHERE kind = 'offer'") - timedelta(seconds=1)
    assert len(await claim(stage)) == 1
    stage.now += timedelta(seconds=2)
    assert await stage.db.act(posting.end_late_letters, stage.config, stage.now) == 0
    stage.now += timedelta(seconds=50)
    assert await stage.db.act(posting.end_late_letters, stage.config, stage.now) == 1
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
