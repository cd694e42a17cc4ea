"""Reminders of a plan that stands (R35): each once, to one person, by a safe channel, never at night, and none of what does not stand any more."""

from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest

from matcher.actions import confirming_day, holding, reminding, withdrawing
from matcher.actions.amending import cancel_referral
from matcher.actions.amending_details import amend_referral
from matcher.actions.scene import scene_of
from matcher.actions.telling import owe
from matcher.domain.actor import CLOCK
from matcher.domain.connection import Connection
from matcher.domain.journey import CancelReason
from matcher.domain.task import TaskKind
from matcher.store import audit
from matcher.store.referrals import get_referral
from tests.after_meeting import planned
from tests.referral_making import priya
from tests.stage import Stage, who, words

THURSDAY = datetime(2026, 11, 26, 19, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def reminders(stage: Stage, part: str = "") -> list[EmailMessage]:
    """What has left of them, oldest first."""
    found = [letter for letter in stage.letters_to(part) if str(letter["Subject"]).startswith("Reminder")]
    return sorted(found, key=lambda letter: letter["Date"].datetime)


def sent_at(letter: EmailMessage) -> datetime:
    when: datetime = letter["Date"].datetime
    return when


async def to_the_day(stage: Stage, starts_at: datetime = THURSDAY) -> None:
    """Time goes by until just before the meeting, the worker at work at the very moments when something could be due."""
    for hours in (25, 24, 8, 4, 2):
        await stage.until(starts_at - hours * HOUR)
    await stage.until(starts_at - timedelta(minutes=1))


async def match_of(stage: Stage) -> UUID:
    found: UUID = await stage.one("SELECT id FROM matches ORDER BY accepted_at LIMIT 1")
    return found


async def test_both_are_reminded_a_day_before_and_the_companion_again_on_the_day(stage: Stage) -> None:
    await planned(stage)
    await to_the_day(stage)
    toms, noors = reminders(stage, "tom"), reminders(stage, "noor")
    assert [sent_at(one) for one in toms] == [THURSDAY - 24 * HOUR, THURSDAY - 4 * HOUR]
    assert [sent_at(one) for one in noors] == [THURSDAY - 24 * HOUR]
    assert "Noor" in words(toms[0]) and "/coming/" not in words(toms[0]) and "/cannot-come/" in words(toms[0])
    assert "/coming/" in words(toms[1]), "who has not said so today is asked once more"
    assert "Tom" in words(noors[0]) and "/plan/" in words(noors[0])
    for letter in (*toms, *noors):
        assert len(letter.get_all("To", [])) == 1 and letter["Cc"] is None and letter["Bcc"] is None


async def test_who_has_said_today_that_they_are_coming_is_not_asked_again(stage: Stage) -> None:
    await planned(stage)
    await stage.until(THURSDAY - 8 * HOUR)
    tom = (await stage.offers("accepted"))[0]
    await stage.db.act(confirming_day.confirm_day, stage.config, stage.now, actor=who(tom), match_id=await match_of(stage))
    await stage.until(THURSDAY - HOUR)
    assert "/coming/" not in words(reminders(stage, "tom")[-1])


async def test_a_second_reminder_is_the_newcomers_own_wish(stage: Stage) -> None:
    for name in ("Tom", "Wendy"):
        await stage.world.volunteer(name)
    referral = await stage.world.referral(seats=2)
    await stage.sql.execute("UPDATE referrals SET reminder_two_hours = true")
    await stage.begin(referral)
    for offer in await stage.offers("sent"):
        await stage.yes(offer)
    await stage.pass_time(minutes=16)
    await to_the_day(stage)
    noors = reminders(stage, "noor")
    assert [sent_at(one) for one in noors] == [THURSDAY - 24 * HOUR, THURSDAY - 2 * HOUR], "one letter, however many go along"
    assert all("Tom" in words(one) and "Wendy" in words(one) for one in noors)
    assert "Wendy" in words(reminders(stage, "tom")[0]), "each knows of the other"


async def test_without_a_safe_channel_the_keyworker_says_it(stage: Stage) -> None:
    await planned(stage, channel="keyworker")
    await stage.until(THURSDAY - 25 * HOUR)
    asked = "SELECT count(*) FROM tasks WHERE kind = 'tell_in_person' AND reason = 'reminder' AND state = 'open'"
    assert await stage.one(asked) == 0
    await stage.until(THURSDAY - 23 * HOUR)
    assert await stage.one(asked) == 1 and reminders(stage, "noor") == []
    await stage.until(THURSDAY + 2 * HOUR)
    assert await stage.one(asked) == 0, "afterwards nobody can be reminded"


async def test_nobody_is_reminded_at_night(stage: Stage) -> None:
    """A meeting at eleven in the evening: the day before at that hour is night for both, so the letters leave the last minute before it."""
    await stage.sql.execute("UPDATE meetings SET starts = '22:45'")
    await stage.world.volunteer("Tom")
    await stage.sql.execute("UPDATE volunteers SET windows = '{[0,10080)}'")
    referral = await stage.world.referral()
    late = THURSDAY.replace(hour=22, minute=45)
    await stage.sql.execute("UPDATE referral_options SET starts_at = $1, ends_at = $2, meet_at = $3", late, late + HOUR, late - HOUR / 4)
    await stage.begin(referral)
    await stage.yes((await stage.offers("sent"))[0])
    await stage.pass_time(minutes=16)
    for moment in (late - 30 * HOUR, datetime(2026, 11, 25, 20, 59, tzinfo=UTC), datetime(2026, 11, 25, 21, 59, tzinfo=UTC), late - HOUR):
        await stage.until(moment)
    assert sent_at(reminders(stage, "tom")[0]) == datetime(2026, 11, 25, 21, 59, tzinfo=UTC)
    assert sent_at(reminders(stage, "noor")[0]) == datetime(2026, 11, 25, 20, 59, tzinfo=UTC)


async def test_who_was_told_just_now_is_not_reminded(stage: Stage) -> None:
    await stage.world.volunteer("Tom")
    referral = await stage.world.referral(on_date=date(2026, 11, 24))
    await stage.begin(referral)
    stage.now = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    await stage.yes((await stage.offers("sent", "expired"))[0])
    await stage.pass_time(minutes=16)
    assert await stage.one("SELECT state FROM matches") == "confirmed"
    await to_the_day(stage, datetime(2026, 11, 24, 19, 30, tzinfo=UTC))
    assert [sent_at(one) for one in reminders(stage)] == [datetime(2026, 11, 24, 15, 30, tzinfo=UTC)], "only the one on the day"


@pytest.mark.parametrize("end", ["called off", "companion drops out", "on hold"])
async def test_what_does_not_stand_any_more_is_reminded_of_by_nobody(stage: Stage, end: str) -> None:
    referral = await planned(stage)
    await stage.until(THURSDAY - 30 * HOUR)
    match, facts = await match_of(stage), {"referral_id": referral}
    if end == "called off":
        reason = CancelReason.NEWCOMER_CHANGED_MIND
        await stage.db.act(cancel_referral, stage.config, stage.now, actor=priya(stage), reason=reason, **facts)
    elif end == "on hold":
        await stage.db.act(holding.hold_referral, stage.config, stage.now, actor=priya(stage), **facts)
    else:
        tom = (await stage.offers("accepted"))[0]
        await stage.db.act(withdrawing.withdraw_companion, stage.config, stage.now, actor=who(tom), match_id=match)
    late: tuple[Any, ...] = (reminding.remind_companion_day_before, reminding.remind_companion_again, reminding.remind_newcomer_day_before)
    for turn in (*late, reminding.remind_newcomer_again):
        await stage.db.act(turn, stage.config, stage.now, match)  # a clock that comes late finds nothing to do
    await stage.until(THURSDAY)
    assert reminders(stage) == []


async def test_a_worker_that_was_away_for_a_day_sends_one_reminder_and_not_two(stage: Stage) -> None:
    await planned(stage)
    stage.now = THURSDAY - 3 * HOUR
    await stage.worker.run_until_idle()
    assert len(reminders(stage, "tom")) == 1 and len(reminders(stage, "noor")) == 1


async def test_what_goes_on_after_a_hold_is_reminded_of_again(stage: Stage) -> None:
    referral = await planned(stage)
    for turn in (holding.hold_referral, holding.release_hold):
        stage.now += timedelta(minutes=5)
        await stage.db.act(turn, stage.config, stage.now, actor=priya(stage), referral_id=referral)
    await stage.until(THURSDAY + 2 * HOUR)
    assert len(reminders(stage, "tom")) == 2 and len(reminders(stage, "noor")) == 1
    assert await stage.state(referral) == "awaiting_outcome", "its end is looked at as well"


WAITING = "SELECT count(*) FROM letters WHERE kind = 'reminder' AND state = 'waiting'"


async def test_a_reminder_that_waits_goes_to_no_mailbox_that_is_safe_no_more(stage: Stage) -> None:
    referral = await planned(stage)
    stage.now = THURSDAY - 24 * HOUR
    await stage.db.act(reminding.remind_newcomer_day_before, stage.config, stage.now, await match_of(stage))
    assert await stage.one(WAITING) == 1
    changes, version = {"channels": "keyworker", "consent_contact": False}, await stage.one("SELECT version FROM referrals")
    facts = {"actor": priya(stage), "referral_id": referral, "version": version, "changes": changes}
    await stage.db.act(amend_referral, stage.config, stage.now, **facts)
    assert await stage.one(WAITING) == 0


async def test_what_waits_names_nobody_who_goes_along_no_more(stage: Stage) -> None:
    for name in ("Tom", "Wendy"):
        await stage.world.volunteer(name)
    await stage.begin(await stage.world.referral(seats=2))
    for offer in await stage.offers("sent"):
        await stage.yes(offer)
    await stage.pass_time(minutes=16)
    stage.now = THURSDAY - 24 * HOUR
    first = await match_of(stage)
    for turn in (reminding.remind_newcomer_day_before, reminding.remind_companion_day_before):
        await stage.db.act(turn, stage.config, stage.now, first)
    assert await stage.one(WAITING) == 2
    second = await stage.one("SELECT id FROM matches WHERE id <> $1", first)
    theirs = await stage.one("SELECT offer_id FROM matches WHERE id = $1", second)
    wendy = next(offer for offer in await stage.offers("accepted") if offer["id"] == theirs)
    await stage.db.act(withdrawing.withdraw_companion, stage.config, stage.now, actor=who(wendy), match_id=second)
    assert await stage.one(WAITING) == 0


async def test_the_line_to_remind_by_word_of_mouth_ends_with_the_plan_and_hides_no_other_news(stage: Stage) -> None:
    referral = await planned(stage, channel="keyworker")

    async def other_news(tx: Connection) -> None:
        await audit.claim_acting(tx, CLOCK, "meeting_news", stage.now)
        await owe(await scene_of(tx, stage.config, stage.now, await get_referral(tx, referral)), TaskKind.TELL_IN_PERSON, reason="meeting")

    await stage.db.act(other_news)
    await stage.until(THURSDAY - 23 * HOUR)
    reasons = "SELECT string_agg(reason, ' ' ORDER BY reason) FROM tasks WHERE kind = 'tell_in_person' AND state = 'open'"
    assert await stage.one(reasons) == "meeting reminder"
    tom = (await stage.offers("accepted"))[0]
    await stage.db.act(withdrawing.withdraw_companion, stage.config, stage.now, actor=who(tom), match_id=await match_of(stage))
    assert await stage.one(reasons) == "meeting" and await stage.state(referral) == "looking"
