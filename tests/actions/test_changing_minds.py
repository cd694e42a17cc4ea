"""Changes of mind that a walk by chance found hard: a late drop-out, one of two who leaves, an undo after others were told."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from matcher.actions import roster_states, withdrawing
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.occurrence import local_instant
from tests.stage import Stage, who, words
from tests.world import LONDON

THURSDAY = datetime(2026, 11, 26, 19, 30, tzinfo=UTC)
SATURDAY = date(2026, 11, 28)


async def ask(stage: Stage, *, people: int = 7, **changes: Any) -> tuple[UUID, list[Any]]:
    for name in ("Tom", "Wendy", "Ann", "Bob", "Cy", "Dee", "Eli")[:people]:
        await stage.world.volunteer(name)
    referral: UUID = await stage.world.referral(**changes)
    await stage.begin(referral)
    return referral, await stage.offers("sent")


async def leave(stage: Stage, offer: Any) -> bool:
    match_id = await stage.one("SELECT id FROM matches WHERE offer_id = $1 AND state <> 'cancelled'", offer["id"])
    return bool(await stage.db.act(withdrawing.withdraw_companion, stage.config, stage.now, actor=who(offer), match_id=match_id))


async def undo(stage: Stage, offer: Any) -> bool:
    match_id = await stage.one("SELECT id FROM matches WHERE offer_id = $1 AND state <> 'cancelled'", offer["id"])
    return bool(await stage.db.act(withdrawing.undo_acceptance, stage.config, stage.now, actor=who(offer), match_id=match_id))


def by_own_link(offer: Any) -> Actor:
    return Actor(ActorKind.VOLUNTEER, offer["volunteer_id"], link_purpose="pause", about_id=offer["volunteer_id"])


async def letters_of(stage: Stage, kind: str, party: str = "newcomer") -> int:
    return int(await stage.one("SELECT count(*) FROM letters WHERE kind = $1 AND party_kind = $2 AND state = 'sent'", kind, party))


async def test_somebody_who_drops_out_after_the_last_moment_leaves_the_newcomer_an_honest_answer(stage: Stage) -> None:
    referral, asked = await ask(stage)
    await stage.yes(asked[0])
    await stage.until(THURSDAY - timedelta(minutes=45))
    assert await stage.state(referral) == "matched" and len(stage.letters_to("noor")) == 2
    assert await leave(stage, asked[0])
    await stage.pass_time(minutes=1)
    assert await stage.state(referral) == "closed"
    assert await letters_of(stage, "no_companion") == 1
    assert await letters_of(stage, "coordinator_alert", "staff") == 2, "they had not said that they were coming, and now they drop out"


async def test_somebody_who_drops_out_late_leaves_a_person_the_time_there_is(stage: Stage) -> None:
    referral, asked = await ask(stage)
    await stage.yes(asked[0])
    await stage.until(THURSDAY - timedelta(hours=2, minutes=50))
    assert await leave(stage, asked[0])
    await stage.pass_time(minutes=1)
    assert await stage.state(referral) == "needs_person"
    assert await stage.one("SELECT needs_reason FROM referrals") == "late_dropout"
    await stage.until(THURSDAY - timedelta(hours=2))
    assert await stage.state(referral) == "closed" and await letters_of(stage, "no_companion") == 1


async def _also_saturday(stage: Stage, referral: UUID) -> None:
    meeting_id, starts_at = uuid4(), local_instant(SATURDAY, time(19, 30), LONDON)
    await stage.world.meeting(meeting_id, weekday=6)
    await stage.sql.execute(
        """
        INSERT INTO referral_options (id, referral_id, meeting_number, rank, meeting_id, fellowship, on_date, starts_at, ends_at, meet_at, state)
        VALUES ($1, $2, 1, 2, $3, 'aa', $4, $5, $6, $7, 'open')
        """,
        uuid4(),
        referral,
        meeting_id,
        SATURDAY,
        starts_at,
        starts_at + timedelta(hours=1),
        starts_at - timedelta(minutes=15),
    )


async def test_a_newcomer_is_told_that_today_is_off_while_another_day_is_still_looked_for(stage: Stage) -> None:
    for name in ("Tom", "Wendy"):
        await stage.world.volunteer(name)
    referral = await stage.world.referral()
    await _also_saturday(stage, referral)
    await stage.begin(referral)
    tom = (await stage.offers("sent"))[0]
    thursday = await stage.one("SELECT id FROM referral_options WHERE rank = 1")
    await stage.yes(tom, thursday)
    await stage.until(THURSDAY - timedelta(hours=4))
    assert await leave(stage, tom)
    await stage.until(THURSDAY - timedelta(hours=2, seconds=1))
    assert await letters_of(stage, "cancellation") == 0, "somebody else may still come"
    await stage.pass_time(seconds=1)
    assert await letters_of(stage, "cancellation") == 1
    assert sum("put off" in words(one) for one in stage.letters_to("noor")) == 1
    await stage.until(THURSDAY + timedelta(hours=2))
    assert await letters_of(stage, "cancellation") == 1, "once"
    assert await stage.state(referral) != "closed", "Saturday is still possible"
    assert await letters_of(stage, "no_companion") == 0


async def test_when_one_of_two_leaves_the_other_may_still_go_alone_where_that_was_agreed(stage: Stage) -> None:
    referral, asked = await ask(stage, people=2, seats=2, may_widen=["one_companion"])
    await stage.yes(asked[0])
    await stage.yes(asked[1])
    await stage.pass_time(minutes=16)
    assert await stage.state(referral) == "matched" and len(stage.letters_to("noor")) == 1
    assert await leave(stage, asked[1])
    await stage.until(THURSDAY - timedelta(hours=6, seconds=1))
    assert await stage.state(referral) in ("part_filled", "needs_person")
    await stage.until(THURSDAY - timedelta(hours=5))
    assert await stage.state(referral) == "matched"
    assert await stage.one("SELECT state FROM matches WHERE offer_id = $1", asked[0]["id"]) == "confirmed"
    await stage.pass_time(minutes=3)
    told = [words(letter) for letter in stage.letters_to("noor")]
    assert sum("not two" in text for text in told) == 1, "the newcomer does not look for two people"


async def test_the_newcomer_reads_the_name_of_the_one_who_is_new(stage: Stage) -> None:
    _, asked = await ask(stage, seats=2)
    first, second = asked[0], asked[1]
    await stage.yes(first)
    await stage.yes(second)
    await stage.pass_time(minutes=16)
    assert await leave(stage, first)
    await stage.pass_time(minutes=1)
    third = (await stage.offers("sent"))[0]
    await stage.yes(third)
    await stage.pass_time(minutes=16)
    await stage.pass_time(minutes=3)
    [change] = [words(letter) for letter in stage.letters_to("noor") if "Somebody else comes with you" in words(letter)]
    name = {row["id"]: row["number"] for row in await stage.sql.fetch("SELECT id, number FROM volunteers")}
    names = ("Tom", "Wendy", "Ann", "Bob", "Cy", "Dee", "Eli")
    assert names[name[third["volunteer_id"]] - 1] in change
    assert names[name[second["volunteer_id"]] - 1] not in change, "the one who stays is no news"


async def test_an_undo_asks_nobody_again_who_was_told_that_it_is_covered(stage: Stage) -> None:
    _, asked = await ask(stage)
    await stage.yes(asked[0])
    await stage.pass_time(minutes=16)
    assert await letters_of(stage, "covered", "volunteer") == 2
    assert await leave(stage, asked[0])
    await stage.pass_time(minutes=1)
    again = await stage.offers("sent")
    await stage.yes(again[0])
    assert await undo(stage, again[0])
    now_open = {offer["id"] for offer in await stage.offers("sent")}
    assert now_open == {offer["id"] for offer in again[1:]}


async def test_an_undo_asks_nobody_again_who_has_paused_since(stage: Stage) -> None:
    _, asked = await ask(stage)
    await stage.yes(asked[0])
    await stage.db.act(
        roster_states.pause_volunteer, stage.config, stage.now, actor=by_own_link(asked[1]), volunteer_id=asked[1]["volunteer_id"]
    )
    assert await undo(stage, asked[0])
    assert [offer["id"] for offer in await stage.offers("sent")] == [asked[2]["id"]]
