"""A link ends when the letter with the newer one has left, and not when that is written: nobody stands there without a link that works."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from matcher.actions import amending, amending_details
from matcher.domain.journey import CancelReason
from tests.actions.mailing import worker_of
from tests.referral_making import fill, look, priya, send
from tests.stage import Stage

LIVE = "SELECT count(*) FROM links WHERE purpose = 'my_plan' AND ended_at IS NULL"
BY_EMAIL = {"channels": "email", "email": "noor@letters.example", "email_safe": True, "consent_contact": True}


async def told(stage: Stage) -> UUID:
    """Noor has her plan."""
    await stage.world.volunteer("Tom")
    referral = await send(stage, await fill(stage, **BY_EMAIL))
    await stage.worker.run_until_idle()
    await stage.yes((await stage.offers("sent"))[0])
    await stage.pass_time(minutes=16)
    assert len(stage.letters_to("noor")) == 1 and await stage.one(LIVE) == 1
    stage.now += timedelta(seconds=1)
    return referral.id


async def send_the_plan_again(stage: Stage, referral_id: UUID) -> None:
    plan = await stage.one("SELECT id FROM letters WHERE kind = 'newcomer_confirmation' AND state = 'sent'")
    await stage.db.act(amending.send_again, stage.config, stage.now, actor=priya(stage), referral_id=referral_id, letter_id=plan)
    await stage.worker.run_until_idle()


async def test_the_older_plan_link_works_until_the_letter_with_the_newer_one_has_left(stage: Stage, free_port: int) -> None:
    referral = await told(stage)
    by_folder, stage.worker = stage.worker, worker_of(stage, free_port)
    await send_the_plan_again(stage, referral)
    assert await stage.one(LIVE) == 2, "the mail server is away: the older one is all she has"
    stage.worker = by_folder
    await stage.pass_time(minutes=1)
    assert len(stage.letters_to("noor")) == 2
    newest = await stage.one("SELECT max(created_at) FROM links WHERE purpose = 'my_plan'")
    assert await stage.one(LIVE) == 1
    assert await stage.one("SELECT created_at FROM links WHERE purpose = 'my_plan' AND ended_at IS NULL") == newest


async def test_a_plan_that_waits_for_the_morning_leaves_her_the_link_she_has_for_the_night(stage: Stage) -> None:
    referral = await told(stage)
    await stage.until(datetime(2026, 11, 23, 21, 30, tzinfo=UTC))
    await send_the_plan_again(stage, referral)
    await stage.pass_time(hours=1)
    assert await stage.one(LIVE) == 2 and len(stage.letters_to("noor")) == 1
    await stage.until(datetime(2026, 11, 24, 8, 5, tzinfo=UTC))
    assert await stage.one(LIVE) == 1 and len(stage.letters_to("noor")) == 2


async def test_a_letter_without_a_link_ends_none(stage: Stage) -> None:
    referral = await told(stage)
    await stage.db.act(
        amending.cancel_referral, stage.config, stage.now, actor=priya(stage), referral_id=referral, reason=CancelReason.UNWELL
    )
    await stage.pass_time(minutes=3)
    assert len(stage.letters_to("noor")) == 2 and await stage.one(LIVE) == 1


async def test_a_new_address_ends_the_link_in_the_old_mailbox_at_once(stage: Stage, free_port: int) -> None:
    referral = await told(stage)
    stage.worker = worker_of(stage, free_port)
    seen = await look(stage, referral)
    await stage.db.act(
        amending_details.amend_referral,
        stage.config,
        stage.now,
        actor=priya(stage),
        referral_id=referral,
        version=seen.version,
        changes={"email": "noor@new.example"},
    )
    old, new = await stage.sql.fetch("SELECT ended_at FROM links WHERE purpose = 'my_plan' ORDER BY created_at")
    assert (old["ended_at"], new["ended_at"]) == (stage.now, None)


ANSWERS = "SELECT count(*) FROM links WHERE purpose = 'answer_offer' AND ended_at IS NULL"


async def test_an_invitation_sent_again_ends_its_older_link_when_it_has_left_and_not_before(stage: Stage, free_port: int) -> None:
    await stage.world.volunteer("Tom")
    referral = await send(stage, await fill(stage, **BY_EMAIL))
    await stage.worker.run_until_idle()
    by_folder, stage.worker = stage.worker, worker_of(stage, free_port)
    letter = await stage.one("SELECT id FROM letters WHERE kind = 'offer'")
    await stage.db.act(amending.send_again, stage.config, stage.now, actor=priya(stage), referral_id=referral.id, letter_id=letter)
    await stage.worker.run_until_idle()
    assert await stage.one(ANSWERS) == 2, "the newer letter waits: the older link is all he has"
    stage.worker = by_folder
    await stage.pass_time(minutes=1)
    assert len(stage.letters_to("tom")) == 2 and await stage.one(ANSWERS) == 1
    newest = await stage.one("SELECT max(number) FROM links WHERE purpose = 'answer_offer'")
    assert await stage.one("SELECT number FROM links WHERE purpose = 'answer_offer' AND ended_at IS NULL") == newest


async def test_of_two_letters_of_one_instant_the_later_one_wins(stage: Stage, free_port: int) -> None:
    referral = await told(stage)
    by_folder, stage.worker = stage.worker, worker_of(stage, free_port)
    await send_the_plan_again(stage, referral)
    stage.worker = by_folder
    for _ in range(2):  # the clock stands still: each is written at the very same moment as the one before it
        await send_the_plan_again(stage, referral)
    assert await stage.one("SELECT count(DISTINCT created_at) FROM links WHERE purpose = 'my_plan'") == 2
    await stage.pass_time(minutes=1)
    numbers = await stage.sql.fetch("SELECT number, ended_at FROM links WHERE purpose = 'my_plan' ORDER BY number")
    assert [row["ended_at"] is None for row in numbers] == [False] * (len(numbers) - 1) + [True]
    assert len(numbers) == 4


async def test_every_link_stands_in_its_letter(stage: Stage) -> None:
    await told(stage)
    assert await stage.one("SELECT count(*) FROM links WHERE letter_id IS NULL AND purpose <> 'pause'") == 0
    assert await stage.one("SELECT count(*) FROM links l JOIN letters m ON m.id = l.letter_id WHERE m.party_id <> l.party_id") == 0
