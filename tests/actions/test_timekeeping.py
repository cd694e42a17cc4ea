"""The clock's hands: every kind of timer has its one action, effect and end are one, what no longer applies just ends, and both nights the clock changes."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from matcher.actions import confirming, timekeeping, withdrawing
from matcher.actions.answering import Answered
from matcher.actions.reminding import REMINDERS
from matcher.actions.timekeeping import DO, TakenOver
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.occurrence import local_instant
from matcher.domain.outbox import Timer, TimerKind
from matcher.store import timers
from matcher.worker import Worker
from tests.after_meeting import attended, over
from tests.referral_making import fill, send
from tests.stage import Stage, who

LONDON = ZoneInfo("Europe/London")
ABOUT_OFFER = {TimerKind.OFFER_EXPIRY, TimerKind.RECHECK_OFFER, TimerKind.WRITE_OFFER_AGAIN}
ABOUT_MATCH = {TimerKind.UNDO_OVER, TimerKind.MORNING_OF, TimerKind.DAY_UNCONFIRMED, TimerKind.STAND_BY_OVER, TimerKind.MEETING_ENDED} | {
    TimerKind(kind) for kind in REMINDERS
}


async def ask(stage: Stage, *names: str, **changes: Any) -> UUID:
    for name in names:
        await stage.world.volunteer(name)
    referral: UUID = await stage.world.referral(**changes)
    await stage.begin(referral)
    return referral


async def claim(stage: Stage, most: int = 20) -> list[Timer]:
    return await stage.db.act(timekeeping.claim_timers, stage.now, lease_id=uuid4(), most=most)


async def plant(stage: Stage, kind: TimerKind, about_id: UUID, referral_id: UUID | None = None, **changes: Any) -> UUID:
    """One more timer, due now."""
    timer_id = uuid4()
    columns = {"due_at": stage.now, "not_after": stage.now + timedelta(days=30)} | changes
    timer = Timer(id=timer_id, kind=kind.value, about_id=about_id, referral_id=referral_id, due_for=f"planted {timer_id}", **columns)
    await stage.db.act(timers.insert_timers, [timer])
    return timer_id


async def state_of(stage: Stage, timer_id: UUID) -> str:
    return str(await stage.one("SELECT state FROM timers WHERE id = $1", timer_id))


def test_every_kind_of_timer_has_its_one_action() -> None:
    assert set(DO) == set(TimerKind)
    assert len(set(DO.values())) == len(DO)


async def test_every_kind_of_timer_is_set_by_some_step_of_the_journey(stage: Stage) -> None:
    await ask(stage, "Tom", "Wendy", seats=2, agree_first=True)
    await stage.begin(await stage.world.referral(on_date=date(2026, 12, 3)))
    await stage.sql.execute("UPDATE referrals SET reminder_two_hours = true")
    tom, wendy = await stage.offers("sent")
    await stage.yes(tom)
    await plant_other_ask(stage, wendy["volunteer_id"])
    await stage.yes(wendy)
    await stage.pass_time(minutes=16)
    newcomer = Actor(ActorKind.NEWCOMER, await stage.one("SELECT newcomer_id FROM referrals WHERE id = $1", tom["referral_id"]))
    await stage.db.act(confirming.agree_plan, stage.config, stage.now, actor=newcomer, referral_id=tom["referral_id"])
    await send(stage, await fill(stage, leaving_on="2026-12-20"))
    matched = await stage.one("SELECT referral_id FROM matches LIMIT 1")
    await over(stage, matched)
    await attended(stage, matched)
    await stage.until(stage.now + timedelta(days=8))
    found = {row["kind"] for row in await stage.sql.fetch("SELECT DISTINCT kind FROM timers")}
    elsewhere = {TimerKind.STAND_BY_OVER.value, TimerKind.WRITE_OFFER_AGAIN.value}  # test_confirming_day, test_bundles
    assert found == {kind.value for kind in TimerKind} - elsewhere


async def plant_other_ask(stage: Stage, volunteer_id: UUID) -> None:
    """Somebody is being asked for a second referral too, by hand."""
    from matcher.actions.asking import ask_by_hand

    carol = Actor(ActorKind.COORDINATOR, stage.world.coordinator_id, area_ids=frozenset({stage.world.area_id}))
    other = await stage.one("SELECT referral_id FROM referral_options WHERE on_date = '2026-12-03'")
    option = await stage.one("SELECT id FROM referral_options WHERE on_date = '2026-12-03'")
    await stage.sql.execute("UPDATE offers SET reply_by = created_at WHERE volunteer_id = $1", volunteer_id)
    await stage.db.act(ask_by_hand, stage.config, stage.now, actor=carol, referral_id=other, volunteer_id=volunteer_id, option_ids=[option])


# Effect and end are one.


async def test_a_timer_that_was_taken_over_undoes_everything_it_did(stage: Stage) -> None:
    await ask(stage, "Tom", "Wendy")
    await stage.yes((await stage.offers("sent"))[0])
    await stage.worker.run_until_idle()
    stage.now += timedelta(minutes=15)
    [slow] = await claim(stage)
    stage.now += timedelta(seconds=51)
    [quick] = await claim(stage)
    assert slow.id == quick.id
    with pytest.raises(TakenOver):
        await stage.db.act(timekeeping.run_timer, stage.config, stage.now, slow)
    assert await stage.one("SELECT state FROM matches") == "planned"
    assert await stage.one("SELECT count(*) FROM letters WHERE kind = 'newcomer_confirmation'") == 0
    await stage.db.act(timekeeping.run_timer, stage.config, stage.now, quick)
    assert await stage.one("SELECT count(*) FROM letters WHERE kind = 'newcomer_confirmation'") == 1
    with pytest.raises(TakenOver):
        await stage.db.act(timekeeping.run_timer, stage.config, stage.now, slow)
    assert await stage.one("SELECT count(*) FROM letters WHERE kind = 'newcomer_confirmation'") == 1


async def test_a_timer_whose_transaction_is_lost_runs_again_once_its_lease_is_over(stage: Stage) -> None:
    await ask(stage, "Tom")
    await stage.yes((await stage.offers("sent"))[0])
    await stage.worker.run_until_idle()
    stage.now += timedelta(minutes=15)
    [timer] = await claim(stage)

    async def die_before_commit(tx: Any) -> None:
        await timekeeping.run_timer(tx, stage.config, stage.now, timer)
        raise RuntimeError("the worker dies here")

    with pytest.raises(RuntimeError, match="dies here"):
        await stage.db.act(die_before_commit)
    assert (await stage.one("SELECT state FROM matches"), await state_of(stage, timer.id)) == ("planned", "running")
    await stage.pass_time(seconds=49)
    assert await stage.one("SELECT state FROM matches") == "planned"
    await stage.pass_time(seconds=2)
    assert (await stage.one("SELECT state FROM matches"), await state_of(stage, timer.id)) == ("confirmed", "done")


async def test_two_workers_do_what_is_due_once(stage: Stage) -> None:
    await ask(stage, "Tom", "Wendy", "Ann", "Bob", "Cy", "Dee")
    await stage.yes((await stage.offers("sent"))[0])
    await stage.worker.run_until_idle()
    stage.now += timedelta(minutes=16)
    workers = [Worker(stage.db, stage.config, stage.worker._transport, clock=lambda: stage.now) for _ in range(4)]
    await asyncio.gather(*(worker.run_until_idle() for worker in workers))
    assert await stage.one("SELECT count(*) FROM letters WHERE kind = 'newcomer_confirmation'") == 1
    assert await stage.one("SELECT count(*) FROM timers WHERE state = 'running'") == 0
    assert await stage.one("SELECT max(change_number) FROM matches") == 2


async def test_a_timer_set_anew_while_it_runs_is_not_lost(stage: Stage) -> None:
    referral = await ask(stage, "Tom")
    deadline = await stage.one("SELECT deadline FROM referrals")
    await plant(stage, TimerKind.LAST_MOMENT, referral, referral)
    planted = next(timer for timer in await claim(stage) if timer.kind == TimerKind.LAST_MOMENT)
    later = Timer(
        **{name: getattr(planted, name) for name in ("id", "kind", "about_id", "referral_id", "due_for")},
        due_at=deadline,
        not_after=deadline + timedelta(days=1),
    )
    await stage.db.act(timers.insert_timers, [later])
    with pytest.raises(TakenOver):
        await stage.db.act(timekeeping.run_timer, stage.config, stage.now, planted)
    assert await stage.one("SELECT due_at FROM timers WHERE id = $1 AND state = 'waiting'", planted.id) == deadline


# What no longer applies just ends.


async def everything_over(stage: Stage) -> dict[str, UUID]:
    """A referral that nobody came forward for in the end: closed, its offers withdrawn or declined, its match cancelled."""
    referral = await ask(stage, "Tom", "Wendy", "Ann")
    offers = await stage.offers("sent")
    answer = await stage.yes(offers[0])
    assert answer.what is Answered.GOING and answer.match
    await stage.db.act(withdrawing.undo_acceptance, stage.config, stage.now, actor=who(offers[0]), match_id=answer.match.id)
    stage.now = datetime(2026, 11, 26, 18, 0, tzinfo=UTC)
    await stage.worker.run_until_idle()
    assert await stage.state(referral) == "closed"
    return {"referral": referral, "offer": offers[1]["id"], "match": answer.match.id}


@pytest.mark.parametrize("kind", TimerKind, ids=str)
async def test_a_timer_about_something_that_is_over_just_ends(stage: Stage, kind: TimerKind) -> None:
    over = await everything_over(stage)
    seen = "SELECT (SELECT count(*) FROM letters), (SELECT count(*) FROM audit), (SELECT count(*) FROM tasks WHERE state = 'open')"
    before = tuple(await stage.sql.fetchrow(seen))
    about = over["offer"] if kind in ABOUT_OFFER else over["match"] if kind in ABOUT_MATCH else over["referral"]
    planted = await plant(stage, kind, about, over["referral"])
    await stage.worker.run_until_idle()
    assert await state_of(stage, planted) == "done"
    assert tuple(await stage.sql.fetchrow(seen)) == before


async def test_a_timer_past_its_own_latest_moment_ends_without_its_effect(stage: Stage) -> None:
    referral = await ask(stage, "Tom")
    planted = await plant(stage, TimerKind.UNMATCHED, referral, referral, not_after=stage.now + timedelta(seconds=1))
    stage.now += timedelta(seconds=2)
    await stage.worker.run_until_idle()
    assert await state_of(stage, planted) == "expired"
    assert await stage.one("SELECT overdue_at FROM referrals") is None


async def test_a_timer_that_cannot_run_stops_no_other_and_is_held_in_the_end(stage: Stage) -> None:
    nobody = uuid4()
    planted = await plant(stage, TimerKind.UNDO_OVER, nobody)
    referral = await ask(stage, "Tom")
    assert await stage.state(referral) == "looking" and len(await stage.offers("sent")) == 1
    for _ in range(6):
        await stage.pass_time(seconds=51)
    assert await state_of(stage, planted) == "held"
    report = await stage.check()
    assert [(broken.rule, broken.row_id) for broken in report.broken] == [("a timer never came to an end and is held", str(planted))]
    await stage.sql.execute("DELETE FROM timers WHERE id = $1", planted)


async def test_after_an_outage_timers_run_in_the_order_in_which_they_were_due(stage: Stage) -> None:
    referral = await ask(stage, "Tom")
    expected = [await plant(stage, TimerKind.UNMATCHED, referral, due_at=stage.now - timedelta(hours=hours)) for hours in (9, 5, 7, 1)]
    got = [timer.id for timer in await claim(stage)]
    assert got == [expected[0], expected[2], expected[1], expected[3]]
    await stage.sql.execute("UPDATE timers SET state = 'cancelled' WHERE id = ANY($1)", expected)


# Both nights the clock changes.

SPRING, AUTUMN = date(2027, 3, 28), date(2026, 10, 25)
"""London clocks go forward at 01:00 UTC on the one, back at 01:00 UTC on the other. Both are Sundays."""


async def sunday_referral(stage: Stage, on_date: date, starts: time, **changes: Any) -> UUID:
    """A referral to a meeting early on such a Sunday; the day before, at ten in the morning, asking begins."""
    begins = datetime.combine(on_date - timedelta(days=1), time(10), LONDON).astimezone(UTC)
    stage.now = stage.world.now = begins
    meeting_id = uuid4()
    await stage.world.meeting(meeting_id, weekday=7, starts=starts)
    for name in ("Tom", "Wendy", "Ann"):
        await stage.world.volunteer(name)
    await stage.sql.execute("UPDATE volunteers SET windows = '{[0,10080)}'")
    referral: UUID = await stage.world.referral(on_date=on_date, meeting_id=meeting_id, **changes)
    starts_at = local_instant(on_date, starts, LONDON)
    await stage.sql.execute(
        "UPDATE referral_options SET starts_at = $2, ends_at = $3, meet_at = $4 WHERE referral_id = $1",
        referral,
        starts_at,
        starts_at + timedelta(hours=1),
        starts_at - timedelta(minutes=15),
    )
    await stage.begin(referral)
    return referral


async def due(stage: Stage, kind: TimerKind) -> list[datetime]:
    return [row["due_at"] for row in await stage.sql.fetch("SELECT due_at FROM timers WHERE kind = $1 ORDER BY due_at", kind.value)]


NIGHTS = [
    # Sunday's start on the wall, the instants of start, last moment (T-2h) and pair deadline (T-6h). For an early meeting the answer leaves at
    # 20:00 the evening before, and the pair is decided a quarter of an hour before that.
    (SPRING, time(7), "2027-03-28T06:00Z", "2027-03-27T20:00Z", "2027-03-27T19:45Z"),
    (AUTUMN, time(7), "2026-10-25T07:00Z", "2026-10-24T19:00Z", "2026-10-24T18:45Z"),
    (SPRING, time(19, 30), "2027-03-28T18:30Z", "2027-03-28T16:30Z", "2027-03-28T12:30Z"),
    (AUTUMN, time(19, 30), "2026-10-25T19:30Z", "2026-10-25T17:30Z", "2026-10-25T13:30Z"),
]


@pytest.mark.parametrize(("on_date", "starts", "begins", "last", "pair"), NIGHTS)
async def test_last_moment_and_pair_deadline_are_hours_before_the_wall_time(
    stage: Stage, on_date: date, starts: time, begins: str, last: str, pair: str
) -> None:
    await sunday_referral(stage, on_date, starts, seats=2)
    [offer, *_] = await stage.offers("sent")
    await stage.yes(offer)
    assert await stage.one("SELECT DISTINCT starts_at FROM matches") == datetime.fromisoformat(begins)
    assert await due(stage, TimerKind.LAST_MOMENT) == [datetime.fromisoformat(last)]
    assert await due(stage, TimerKind.PAIR_DEADLINE) == [datetime.fromisoformat(pair)]
    assert await stage.one("SELECT max(last_moment) FROM offers") == datetime.fromisoformat(last)
    stage.now = datetime.fromisoformat(pair) - timedelta(seconds=1)
    await stage.worker.run_until_idle()
    assert await stage.one("SELECT state FROM timers WHERE kind = 'pair_deadline'") == "waiting"
    await stage.pass_time(seconds=1)
    assert await stage.one("SELECT state FROM timers WHERE kind = 'pair_deadline'") == "done"


@pytest.mark.parametrize("on_date", [SPRING, AUTUMN], ids=["forward", "back"])
async def test_fifteen_minutes_are_fifteen_minutes_in_the_night_the_clock_changes(stage: Stage, on_date: date) -> None:
    await sunday_referral(stage, on_date, time(19, 30))
    stage.now = datetime.combine(on_date, time(0, 50), UTC)
    answer = await stage.yes((await stage.offers())[0])
    assert answer.match is not None
    assert answer.match.undo_until == stage.now + timedelta(minutes=15)
    assert await due(stage, TimerKind.UNDO_OVER) == [datetime.combine(on_date, time(1, 5), UTC)]
    await stage.pass_time(minutes=14, seconds=59)
    assert await stage.one("SELECT state FROM matches") == "planned"
    await stage.pass_time(seconds=1)
    assert await stage.one("SELECT state FROM matches") == "confirmed"


@pytest.mark.parametrize("on_date", [SPRING, AUTUMN], ids=["forward", "back"])
def test_a_sum_on_the_wall_clock_would_be_caught(on_date: date) -> None:
    """Teeth: the same sums done on wall times are wrong by an hour in such a night."""
    accepted = datetime.combine(on_date, time(0, 50), UTC).astimezone(LONDON)
    wall = local_instant(on_date, (accepted.replace(tzinfo=None) + timedelta(minutes=15)).time(), LONDON)
    assert wall != datetime.combine(on_date, time(1, 5), UTC)
    starts_at = local_instant(on_date, time(7), LONDON)
    pair = local_instant(on_date, time(1), LONDON)
    assert pair != starts_at - timedelta(hours=6)


@pytest.mark.parametrize("on_date", [SPRING, AUTUMN], ids=["forward", "back"])
async def test_an_honest_answer_leaves_in_time_on_the_sunday_the_clock_changes(stage: Stage, on_date: date) -> None:
    referral = await sunday_referral(stage, on_date, time(19, 30))
    starts_at = local_instant(on_date, time(19, 30), LONDON)
    await stage.until(starts_at - timedelta(hours=2, seconds=1))
    assert await stage.state(referral) != "closed"
    await stage.pass_time(seconds=1)
    assert await stage.state(referral) == "closed"
    assert await stage.one("SELECT count(*) FROM letters WHERE kind = 'no_companion' AND state = 'sent'") == 1
