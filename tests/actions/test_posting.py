"""What becomes of letters: each answer of a mail server, and what follows from a refusal. Leases and lateness are in test_leases.py."""

from collections import Counter
from datetime import timedelta
from email import message_from_bytes
from typing import Any
from uuid import UUID

import pytest

from matcher.actions import posting, withdrawing
from matcher.domain.delivery import AddressRefused
from matcher.domain.sealed import PersonKey
from tests.actions.mailing import Choosy, ask, claim, mail_by, states, taken_by, worker_of
from tests.smtp_faults import NO_FAULT, At, Fault, FaultServer, Kind
from tests.stage import Stage, who

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
        assert row["refused"] == (None if state != "bounced" else "address" if flagged else "letter")
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
        assert await posting.record_outcome(tx, stage.config, stage.now, letter, outcome=AddressRefused("550 5.1.1"))
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
        assert await stage.one("SELECT count(*) FROM volunteers WHERE state = 'active' AND email_state = 'ok'") == 2
        assert await stage.one("SELECT array_agg(DISTINCT refused) FROM letters WHERE kind = 'offer'") == ["letter"]
        assert await stage.one("SELECT count(*) FROM tasks WHERE kind = 'volunteer_bounced'") == 0
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
