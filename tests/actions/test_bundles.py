"""One letter may hold up to three newcomers: each is an offer of its own referral, answered on its own, and nobody waits for another letter."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from by_hand import named, neighbour

from matcher.actions import answering, unwinding, withdrawing
from matcher.actions.answering import Answered
from matcher.actions.scene import claim_scene
from matcher.domain.actor import CLOCK
from matcher.domain.journey_word import OfferReason
from matcher.domain.letter_parts import Ending
from matcher.store import audit
from tests.stage import Stage, who, words

NIGHT = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
MORNING = datetime(2026, 11, 24, 8, 1, tzinfo=UTC)
DAYS = (date(2026, 11, 26), date(2026, 12, 3), date(2026, 12, 10), date(2026, 12, 17))


async def overnight(stage: Stage, *names: str, newcomers: int = 2, days: tuple[date, ...] = DAYS, **changes: Any) -> list[UUID]:
    """Newcomers who came at night, when nobody is asked, so that all of them are open in the morning; earliest deadline first."""
    await stage.sql.execute("UPDATE areas SET policy = 'product'")
    for name in names:
        await stage.world.volunteer(name, going_cap=8, **changes)
    stage.now = NIGHT
    made = []
    for day in days[:newcomers]:
        made.append(await stage.world.referral(on_date=day))
        await stage.begin(made[-1])
    return made


async def in_the_morning(stage: Stage) -> list[Any]:
    stage.now = MORNING
    await stage.worker.run_until_idle()
    return await stage.offers()


def main_of(made: list[Any]) -> Any:
    [main] = [offer for offer in made if offer["beside"] is None]
    return main


async def test_one_letter_holds_three_newcomers_the_earliest_deadlines_first(stage: Stage) -> None:
    referrals = await overnight(stage, "Tom", newcomers=4)
    for later in referrals[1:]:
        await look_later(stage, later)
    made = await in_the_morning(stage)
    main = main_of(made)
    assert main["referral_id"] == referrals[0] and {offer["referral_id"] for offer in made} == set(referrals[:3])
    assert {offer["state"] for offer in made} == {"sent"} and {offer["beside"] for offer in made} == {None, main["id"]}
    [letter] = stage.letters_to("tom")
    for day in ("Thursday 26 November", "Thursday 3 December", "Thursday 10 December"):
        assert day in words(letter)
    assert "Thursday 17 December" not in words(letter) and "Two others would like company too" in words(letter)
    assert "Noor" not in letter.as_string() and "Mill Hall" not in words(letter)
    tally = await stage.sql.fetchrow("SELECT asks, tired FROM volunteer_tally")
    assert (tally["asks"], tally["tired"]) == (1, 1), "one letter, one ask that is felt"
    assert await stage.one("SELECT letters FROM volunteer_weeks") == 1
    for offer in made:
        why = json.loads(await stage.one("SELECT why FROM offer_reasons WHERE offer_id = $1", offer["id"]))
        assert why["policy"] == "product" and len(why["hopes"]) == 3


async def test_a_plain_wave_bundles_nothing(stage: Stage) -> None:
    await overnight(stage, "Tom")
    await stage.sql.execute("UPDATE areas SET policy = 'round_robin_wave3_4h'")
    assert [offer["beside"] for offer in await in_the_morning(stage)] == [None]


async def test_each_is_answered_on_its_own_and_the_letter_is_learned_from_once(stage: Stage) -> None:
    await overnight(stage, "Tom")
    made = await in_the_morning(stage)
    main = main_of(made)
    [other] = [offer for offer in made if offer["beside"]]
    stage.now += timedelta(hours=1)
    await stage.no(main)
    assert await stage.one("SELECT state FROM offers WHERE id = $1", other["id"]) == "sent"
    stage.now += timedelta(hours=1)
    assert (await stage.yes(other)).what is Answered.GOING
    tally = await stage.sql.fetchrow("SELECT yeses, answers, log_delay FROM volunteer_tally")
    assert (tally["yeses"], tally["answers"]) == (1, 1)
    assert tally["log_delay"] == pytest.approx(0, abs=0.05), "an hour: the first answer tells how soon they answer"


async def test_a_yes_leaves_the_others_unless_they_clash(stage: Stage) -> None:
    await overnight(stage, "Tom", newcomers=3, days=(DAYS[0], DAYS[0], DAYS[1]))
    made = await in_the_morning(stage)
    assert len(made) == 3
    [later] = [
        offer
        for offer in made
        if await stage.one("SELECT deadline FROM referrals WHERE id = $1", offer["referral_id"]) > MORNING + timedelta(days=5)
    ]
    first, clashing = [offer for offer in made if offer["id"] != later["id"]]
    await stage.yes(first)
    await stage.worker.run_until_idle()
    states = {offer["id"]: offer["state"] for offer in await stage.offers()}
    assert states == {first["id"]: "accepted", clashing["id"]: "withdrawn", later["id"]: "sent"}
    assert (await stage.yes(later)).what is Answered.GOING
    assert await stage.one("SELECT count(*) FROM matches WHERE state <> 'cancelled'") == 2


async def look_later(stage: Stage, referral: UUID) -> None:
    """This referral's own look comes after the other one's: until then it is open, and nobody was asked."""
    await stage.sql.execute(
        "UPDATE timers SET due_at = due_at + interval '2 hours' WHERE referral_id = $1 AND kind = 'look' AND state = 'waiting'", referral
    )


async def test_a_referral_that_is_being_worked_on_is_left_out_and_not_waited_for(stage: Stage) -> None:
    first, second = await overnight(stage, "Tom")
    await look_later(stage, second)
    async with stage.sql.transaction():
        await stage.sql.execute("SELECT FROM referrals WHERE id = $1 FOR UPDATE", second)
        made = await in_the_morning(stage)
    assert [(offer["referral_id"], offer["beside"]) for offer in made] == [(first, None)]


async def test_nobody_is_shown_who_is_barred_or_was_asked_already(stage: Stage) -> None:
    first, second = await overnight(stage, "Tom")
    newcomer = await stage.one("SELECT newcomer_id FROM referrals WHERE id = $1", second)
    tom = await stage.one("SELECT id FROM volunteers")
    await stage.sql.execute(
        "INSERT INTO bars (id, kind, newcomer_id, volunteer_id, set_at) VALUES (gen_random_uuid(), 'newcomer_volunteer', $1, $2, $3)",
        newcomer,
        tom,
        stage.now,
    )
    await look_later(stage, second)
    made = await in_the_morning(stage)
    assert [(offer["referral_id"], offer["beside"]) for offer in made] == [(first, None)]


async def test_a_namesake_next_door_is_barred_before_they_would_be_shown_somebody(stage: Stage) -> None:
    first, second = await overnight(stage)
    await named(stage, second, "Kel from work")
    kelly = await neighbour(stage, "Kelly")
    await look_later(stage, second)
    made = await in_the_morning(stage)
    assert [(offer["referral_id"], offer["beside"]) for offer in made] == [(first, None)]
    assert await stage.one("SELECT count(*) FROM bars WHERE volunteer_id = $1", kelly) == 1


async def asked_of_ten(stage: Stage, referral: UUID) -> None:
    """The ten volunteers with the lowest numbers are being asked for this referral."""
    async with stage.sql.transaction():
        await audit.claim_acting(stage.sql, CLOCK, "test", stage.now)
        await stage.sql.execute(
            """
            INSERT INTO offers (id, referral_id, provider_id, area_id, meeting_number, volunteer_id, fellowship, state, reply_by, last_moment,
                                created_at, sent_at)
            SELECT gen_random_uuid(), r.id, r.provider_id, r.area_id, 1, v.id, 'aa', 'sent', $2::timestamptz + interval '2 days',
                   $2::timestamptz + interval '2 days', $2, $2
              FROM referrals r, (SELECT id FROM volunteers ORDER BY number LIMIT 10) v WHERE r.id = $1
            """,
            referral,
            stage.now,
        )


async def test_ten_asks_at_once_are_the_most_here_too(stage: Stage) -> None:
    first, second = await overnight(stage, *(f"V{n}" for n in range(10)), "Tom")
    await asked_of_ten(stage, second)
    made = await in_the_morning(stage)
    assert any(offer["referral_id"] == first for offer in made)
    assert sum(offer["referral_id"] == second for offer in made) == 10 and not any(offer["beside"] for offer in made)


async def test_who_is_asked_of_ten_or_worked_on_leaves_their_place_in_the_letter_to_the_next(stage: Stage) -> None:
    days = (*DAYS, date(2026, 12, 24))
    first, full, held, *rest = await overnight(stage, *(f"V{n}" for n in range(10)), newcomers=5, days=days)
    await asked_of_ten(stage, full)
    await stage.world.volunteer("Tom", going_cap=8)
    for later in (full, held, *rest):
        await look_later(stage, later)
    async with stage.sql.transaction():
        await stage.sql.execute("SELECT FROM referrals WHERE id = $1 FOR UPDATE", held)
        await in_the_morning(stage)
    tom = await stage.one("SELECT max(number) FROM volunteers")
    shown = await stage.one(
        "SELECT array_agg(o.referral_id) FROM offers o JOIN volunteers v ON v.id = o.volunteer_id WHERE v.number = $1", tom
    )
    assert set(shown) == {first, *rest}


async def test_of_nine_asks_one_more_is_shown_and_never_two(stage: Stage) -> None:
    first, second = await overnight(stage, *(f"V{n}" for n in range(14)))
    await asked_of_ten(stage, second)
    async with stage.sql.transaction():
        await audit.claim_acting(stage.sql, CLOCK, "test", stage.now)
        await stage.sql.execute(
            "UPDATE offers SET state = 'declined', answered_at = $2 WHERE id = (SELECT id FROM offers WHERE referral_id = $1 ORDER BY id LIMIT 1)",
            second,
            stage.now,
        )
    await look_later(stage, second)
    made = await in_the_morning(stage)
    assert sum(offer["referral_id"] == first for offer in made) > 1
    assert sum(offer["referral_id"] == second and offer["state"] == "sent" for offer in made) == 10
    assert sum(offer["beside"] is not None for offer in made) == 1


async def call_off(tx: Any, stage: Stage, offer: Any) -> None:
    """The newcomer of this invitation needs nobody any more."""
    await audit.claim_acting(tx, CLOCK, "test", stage.now)
    await unwinding.call_everything_off(await claim_scene(tx, stage.config, stage.now, offer["referral_id"]), ending=Ending.CANCELLED)
    await tx.execute(
        "UPDATE referrals SET state = 'closed', close_reason = 'cancelled', closed_at = $2 WHERE id = $1", offer["referral_id"], stage.now
    )


async def take_back(tx: Any, stage: Stage, offer: Any) -> None:
    """This one invitation is taken back."""
    await audit.claim_acting(tx, CLOCK, "test", stage.now)
    scene = await claim_scene(tx, stage.config, stage.now, offer["referral_id"])
    await withdrawing.take_back(scene, offer["id"], reason=OfferReason.NO_LONGER_NEEDED)


@pytest.mark.parametrize("ends", [call_off, take_back])
async def test_a_letter_that_never_leaves_takes_what_stands_in_it_along(stage: Stage, ends: Any) -> None:
    await overnight(stage, "Tom")
    stage.now = MORNING
    while not await stage.offers():
        await stage.worker._run_timers()  # the invitation is written, and nothing has left yet
    main = main_of(await stage.offers())
    [other] = [offer for offer in await stage.offers() if offer["beside"]]
    assert {offer["state"] for offer in await stage.offers()} == {"queued"}
    await stage.db.act(ends, stage, main)
    await stage.pass_time(minutes=1)
    assert await stage.one("SELECT state FROM offers WHERE id = $1", other["id"]) == "withdrawn" and not stage.letters_to("tom")
    await stage.until(MORNING + timedelta(hours=25))  # they rest first
    assert other["referral_id"] in {offer["referral_id"] for offer in await stage.offers("sent")}, "a letter that never left asked nobody"
    assert len(stage.letters_to("tom")) == 1


@pytest.mark.parametrize("ends", [call_off, take_back])
async def test_a_letter_that_has_not_left_is_written_anew_without_who_needs_nobody_now(stage: Stage, ends: Any) -> None:
    referrals = await overnight(stage, "Tom", newcomers=3)
    for later in referrals[1:]:
        await look_later(stage, later)
    stage.now = MORNING
    while not await stage.offers():
        await stage.worker._run_timers()  # the invitation is written, and nothing has left yet
    [gone] = [offer for offer in await stage.offers() if offer["referral_id"] == referrals[2]]
    await stage.db.act(ends, stage, gone)
    assert await stage.one("SELECT array_agg(state::text) FROM letters WHERE kind = 'offer'") == ["cancelled"], (
        "nothing can leave that is not so any more"
    )
    await stage.worker.run_until_idle()
    [letter] = stage.letters_to("tom")
    assert "Thursday 26 November" in words(letter) and "Thursday 3 December" in words(letter)
    assert "Thursday 10 December" not in words(letter) and "Somebody else would like company too" in words(letter)
    states = {offer["id"]: offer["state"] for offer in await stage.offers()}
    assert states.pop(gone["id"]) == "withdrawn" and set(states.values()) == {"sent"} and len(states) == 2
    await stage.pass_time(hours=1)
    assert len(stage.letters_to("tom")) == 1, "who was never told of it is not told that it is covered"


async def written(stage: Stage, *, newcomers: int = 3) -> list[Any]:
    """One invitation to Tom that holds all these newcomers and has not left: the offer it is written for first, the others by their deadlines."""
    referrals = await overnight(stage, "Tom", newcomers=newcomers)
    for later in referrals[1:]:
        await look_later(stage, later)
    stage.now = MORNING
    while not await stage.offers():
        await stage.worker._run_timers()  # the invitation is written, and nothing has left yet
    made = {offer["referral_id"]: offer for offer in await stage.offers()}
    assert {offer["state"] for offer in made.values()} == {"queued"}
    return [made[referral] for referral in referrals]


@pytest.mark.parametrize("ends", [call_off, take_back])
async def test_whoever_is_left_is_let_go_at_once_when_a_letter_that_waits_to_be_written_anew_is_not_needed_either(
    stage: Stage, ends: Any
) -> None:
    main, second, third = await written(stage)
    await stage.db.act(ends, stage, third)
    await stage.db.act(ends, stage, main)
    await stage.pass_time(seconds=1)
    assert await stage.one("SELECT state FROM offers WHERE id = $1", second["id"]) == "withdrawn" and not stage.letters_to("tom")


async def test_who_was_left_out_of_a_letter_was_never_asked(stage: Stage) -> None:
    _, _, gone = await written(stage)
    bob = await stage.world.volunteer("Bob", going_cap=8)
    await stage.sql.execute("UPDATE timers SET due_at = $2 WHERE kind = 'look' AND referral_id = $1", gone["referral_id"], stage.now)
    while (
        bobs := await stage.sql.fetchrow("SELECT * FROM offers WHERE volunteer_id = $1 AND referral_id = $2", bob, gone["referral_id"])
    ) is None:
        await stage.worker._run_timers()
    answer = await stage.yes(bobs)
    await stage.worker.run_until_idle()
    [letter] = stage.letters_to("tom")
    assert "Thursday 10 December" not in words(letter)
    left_out = await stage.sql.fetchrow("SELECT state, sent_at FROM offers WHERE id = $1", gone["id"])
    assert (left_out["state"], left_out["sent_at"]) == ("withdrawn", None), "the letter that left did not hold it"
    assert answer.match is not None
    undo = withdrawing.undo_acceptance
    assert await stage.db.act(undo, stage.config, stage.now, actor=who(bobs), match_id=answer.match.id)
    assert await stage.one("SELECT state FROM offers WHERE id = $1", gone["id"]) == "withdrawn", (
        "nobody waits for an answer to what was never asked"
    )


async def test_a_letter_is_not_written_anew_about_who_is_being_called_off_at_this_moment(stage: Stage) -> None:
    _, second, third = await written(stage)
    await stage.db.act(take_back, stage, third)
    called_off, may_end = asyncio.Event(), asyncio.Event()

    async def slowly(tx: Any) -> None:
        await call_off(tx, stage, second)
        called_off.set()
        await may_end.wait()

    calling = asyncio.create_task(stage.db.act(slowly))
    await called_off.wait()
    working = asyncio.create_task(stage.worker.run_until_idle())
    await asyncio.sleep(0.5)
    may_end.set()
    await asyncio.gather(calling, working)
    await stage.worker.run_until_idle()
    [letter] = stage.letters_to("tom")
    assert "Thursday 26 November" in words(letter) and "would like company too" not in words(letter)


async def _blocked(stage: Stage, how_many: int) -> None:
    """Wait until so many statements wait for a lock."""
    while await stage.one("SELECT count(*) FROM pg_locks WHERE NOT granted") < how_many:
        await asyncio.sleep(0.02)


async def _one_after_the_other(stage: Stage, held: str, held_id: UUID, first: Any, then: Any) -> list[int]:
    """Let `first` begin while somebody holds a row it needs, then `then`; let go. How often each had to be done: twice if they stood in each other's way."""
    tries = [0, 0]

    async def counted(tx: Any, place: int, action: Any) -> None:
        tries[place] += 1
        await action(tx)

    async with stage.sql.transaction():
        await stage.sql.execute(held, held_id)
        one = asyncio.create_task(stage.db.act(counted, 0, first))
        await _blocked(stage, 1)
        other = asyncio.create_task(stage.db.act(counted, 1, then))
        await _blocked(stage, 2)
    await asyncio.gather(one, other)
    return tries


async def test_two_newcomers_of_one_letter_are_called_off_at_once_and_neither_waits_for_the_other(stage: Stage) -> None:
    main, second = await written(stage, newcomers=2)
    held = "SELECT FROM timers WHERE about_id = $1 AND kind = 'offer_expiry' FOR UPDATE"
    tries = await _one_after_the_other(
        stage, held, second["id"], lambda tx: call_off(tx, stage, second), lambda tx: call_off(tx, stage, main)
    )
    assert tries == [1, 1]
    await stage.pass_time(seconds=1)
    assert {offer["state"] for offer in await stage.offers()} == {"withdrawn"} and not stage.letters_to("tom")


async def test_a_volunteer_stops_while_a_newcomer_of_their_letter_is_called_off(stage: Stage) -> None:
    main, second = sorted(await written(stage, newcomers=2), key=lambda offer: offer["referral_id"])

    async def stop(tx: Any) -> None:
        await audit.claim_acting(tx, CLOCK, "test", stage.now)
        await withdrawing.withdraw_offers_of_volunteer(tx, stage.config, stage.now, volunteer_id=main["volunteer_id"])

    held = "SELECT FROM timers WHERE about_id = $1 AND kind = 'offer_expiry' FOR UPDATE"
    tries = await _one_after_the_other(stage, held, main["id"], stop, lambda tx: call_off(tx, stage, second))
    assert tries == [1, 1]
    assert {offer["state"] for offer in await stage.offers()} == {"withdrawn"}


async def test_a_newcomer_called_off_while_the_letter_is_under_way_leaves_the_others_in_it(stage: Stage) -> None:
    main, second = await written(stage, newcomers=2)
    await stage.sql.execute(
        "UPDATE letters SET state = 'sending', lease_id = gen_random_uuid(), leased_until = $1 WHERE kind = 'offer'", stage.now
    )
    await stage.db.act(take_back, stage, main)
    await stage.pass_time(seconds=1)
    assert len(stage.letters_to("tom")) == 1 and "Thursday 3 December" in words(stage.letters_to("tom")[0])
    assert await stage.one("SELECT state FROM offers WHERE id = $1", second["id"]) == "sent", "they read of it, and may say yes"


async def test_once_a_letter_has_left_its_page_says_what_has_changed(stage: Stage) -> None:
    await overnight(stage, "Tom")
    made = await in_the_morning(stage)
    [gone] = [offer for offer in made if offer["beside"]]
    await stage.db.act(call_off, stage, gone)
    await stage.worker.run_until_idle()
    assert await stage.one("SELECT array_agg(kind::text ORDER BY created_at) FROM letters WHERE party_kind = 'volunteer'") == [
        "offer",
        "covered",
    ]


async def test_the_database_itself_keeps_a_bundle_to_one_person(stage: Stage) -> None:
    await overnight(stage, "Tom", "Ann")
    made = await in_the_morning(stage)
    mains = [offer for offer in made if offer["beside"] is None]
    strange = next(offer for offer in made if offer["volunteer_id"] != mains[0]["volunteer_id"])
    with pytest.raises(Exception, match="foreign key"):
        await stage.sql.execute("UPDATE offers SET beside = $1 WHERE id = $2", mains[0]["id"], strange["id"])


async def late_yes(stage: Stage) -> tuple[Any, UUID]:
    """Tom was quicker than Ann; another newcomer, who came since, still looks. Ann's offer, and that referral."""
    await stage.sql.execute("UPDATE areas SET policy = 'product'")
    for name in ("Tom", "Ann"):
        await stage.world.volunteer(name, going_cap=8)
    await stage.begin(await stage.world.referral())
    first, second = await stage.offers("sent")
    await stage.yes(first)
    stage.now = NIGHT
    other = await stage.world.referral(on_date=DAYS[1])
    await stage.begin(other)
    assert (await stage.yes(second)).what is Answered.COVERED
    return second, other


async def test_a_late_yes_is_felt_by_half_and_sees_who_else_looks(stage: Stage) -> None:
    late, other = await late_yes(stage)
    [shown] = [offer for offer in await stage.offers("sent") if offer["beside"] == late["id"]]
    assert shown["referral_id"] == other and shown["volunteer_id"] == late["volunteer_id"]
    tally = await stage.sql.fetchrow(
        "SELECT asks, yeses, answers, tired FROM volunteer_tally WHERE volunteer_id = $1", late["volunteer_id"]
    )
    assert (tally["asks"], tally["yeses"], tally["answers"]) == (1, 1, 1) and tally["tired"] == pytest.approx(1.5, abs=0.05)
    assert (await stage.yes(late)).what is Answered.COVERED, "said again it is the same yes"
    again = await stage.one("SELECT tired FROM volunteer_tally WHERE volunteer_id = $1", late["volunteer_id"])
    assert again == tally["tired"] and len(await stage.offers()) == 3
    option = await stage.option_of(shown)
    answer = await stage.db.act(answering.accept_offer, stage.config, stage.now, actor=who(late), offer_id=shown["id"], option_id=option)
    assert answer.what is Answered.GOING and await stage.state(other) == "matched"
    assert await stage.one("SELECT count(*) FROM letters WHERE kind = 'offer'") == 2, "what was shown on the page is no letter"


async def test_what_was_shown_after_a_late_yes_is_silent_like_any_other(stage: Stage) -> None:
    late, _ = await late_yes(stage)
    [shown] = [offer for offer in await stage.offers("sent") if offer["beside"] == late["id"]]
    await stage.until(shown["reply_by"] + timedelta(minutes=1))
    assert await stage.one("SELECT state FROM offers WHERE id = $1", shown["id"]) == "expired"


async def test_what_stands_beside_is_no_letter_of_the_week(stage: Stage) -> None:
    await overnight(stage, "Tom", newcomers=3, letters_per_week=2)
    for offer in await in_the_morning(stage):
        await stage.no(offer)
    stage.now += timedelta(days=2)
    another = await stage.world.referral(on_date=DAYS[3])
    await stage.begin(another)
    assert [offer["referral_id"] for offer in await stage.offers("sent")] == [another], "the second letter of the week, not the fourth"
    assert await stage.one("SELECT max(letters) FROM volunteer_weeks") == 2
