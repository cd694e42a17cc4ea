"""Who is asked, who wins, who is told what and when: the heart of the journey, on a real database with real letters."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from matcher.actions import answering, withdrawing
from matcher.actions.answering import Answered
from matcher.database import AlreadyAsked, NotActive
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.errors import Clash, Finished
from tests.stage import Stage, who, words

THURSDAY = datetime(2026, 11, 26, 19, 30, tzinfo=UTC)


async def three_asked(stage: Stage, *, people: int = 5, **changes: Any):
    for name in ("Tom", "Wendy", "Ann", "Bob", "Cy", "Dee", "Eli")[:people]:
        await stage.world.volunteer(name)
    referral = await stage.world.referral(**changes)
    await stage.begin(referral)
    return referral, await stage.offers("sent")


async def test_a_wave_asks_three_people_and_names_no_newcomer(stage: Stage) -> None:
    _, asked = await three_asked(stage)
    assert len(asked) == 3
    letters = stage.letters()
    assert len(letters) == 3 and len({str(letter["To"]) for letter in letters}) == 3
    for letter in letters:
        assert "Noor" not in letter.as_string() and "Mill Hall" not in words(letter)


async def test_each_ask_keeps_why_it_was_made(stage: Stage) -> None:
    await three_asked(stage)
    rows = await stage.sql.fetch("SELECT policy, why::text FROM offer_reasons")
    assert len(rows) == 3 and all(row["policy"] == "round_robin_wave3_4h" and "rank" in row["why"] for row in rows)


async def test_the_first_yes_wins_and_the_second_is_thanked(stage: Stage) -> None:
    referral, asked = await three_asked(stage)
    assert (await stage.yes(asked[0])).what is Answered.GOING
    assert (await stage.yes(asked[1])).what is Answered.COVERED
    assert await stage.state(referral) == "matched"
    assert await stage.offers("queued", "sent") == []


async def test_the_same_yes_again_writes_no_second_letter(stage: Stage) -> None:
    _, asked = await three_asked(stage)
    first, second = await stage.yes(asked[0]), await stage.yes(asked[0])
    assert first.match and second.match and first.match.id == second.match.id
    assert await stage.one("SELECT count(*) FROM letters WHERE kind = 'offer_accepted'") == 1


async def test_nobody_is_told_before_the_undo_window_is_over(stage: Stage) -> None:
    _referral, asked = await three_asked(stage)
    await stage.yes(asked[0])
    await stage.pass_time(minutes=14)
    assert stage.letters_to("noor") == [] and stage.letters_to("priya") == []
    await stage.pass_time(minutes=2)
    assert len(stage.letters_to("noor")) == 1 and len(stage.letters_to("priya")) == 1
    assert await stage.one("SELECT state FROM matches") == "confirmed"
    assert await stage.one("SELECT count(*) FROM letters WHERE kind = 'covered' AND state = 'sent'") == 2


async def test_the_volunteer_reads_the_name_only_in_the_plan(stage: Stage) -> None:
    _, asked = await three_asked(stage)
    await stage.yes(asked[0])
    await stage.pass_time(minutes=1)
    assert not any("Noor" in words(letter) for letter in stage.letters_to("members.example"))
    await stage.pass_time(minutes=15)
    plans = [letter for letter in stage.letters_to("members.example") if "Noor" in words(letter)]
    assert len(plans) == 1 and "Mill Hall" in words(plans[0])


async def test_an_undo_tells_nobody_and_brings_the_others_back(stage: Stage) -> None:
    referral, asked = await three_asked(stage)
    answer = await stage.yes(asked[0])
    assert answer.match
    stage.now += timedelta(minutes=10)
    assert await stage.db.act(withdrawing.undo_acceptance, stage.config, stage.now, actor=who(asked[0]), match_id=answer.match.id)
    await stage.pass_time(minutes=30)
    assert await stage.state(referral) == "looking"
    assert stage.letters_to("noor") == []
    assert await stage.one("SELECT count(*) FROM letters WHERE kind = 'covered' AND state = 'sent'") == 0
    assert (await stage.yes(asked[1])).what is Answered.GOING


async def test_an_undo_after_its_fifteen_minutes_changes_nothing(stage: Stage) -> None:
    _, asked = await three_asked(stage)
    answer = await stage.yes(asked[0])
    assert answer.match
    await stage.pass_time(minutes=16)
    assert not await stage.db.act(withdrawing.undo_acceptance, stage.config, stage.now, actor=who(asked[0]), match_id=answer.match.id)
    assert await stage.one("SELECT state FROM matches") == "confirmed"


async def test_a_no_is_replaced_at_once_and_never_asked_again(stage: Stage) -> None:
    _referral, asked = await three_asked(stage)
    await stage.no(asked[0])
    await stage.pass_time(minutes=1)
    now_asked = await stage.offers("sent")
    assert len(now_asked) == 3 and asked[0]["volunteer_id"] not in {offer["volunteer_id"] for offer in now_asked}
    await stage.until(stage.now + timedelta(days=1))
    assert await stage.one("SELECT count(*) FROM offers WHERE volunteer_id = $1", asked[0]["volunteer_id"]) == 1


async def test_silence_expires_softly_and_a_late_yes_still_counts(stage: Stage) -> None:
    _, asked = await three_asked(stage, people=3)
    await stage.until(stage.now + timedelta(hours=50))
    assert {offer["state"] for offer in await stage.offers()} == {"expired"}
    assert (await stage.yes(asked[2])).what is Answered.GOING


async def test_a_yes_after_the_last_moment_gets_the_finished_page(stage: Stage) -> None:
    _, asked = await three_asked(stage, people=3)
    stage.now = THURSDAY - timedelta(hours=1)
    with pytest.raises(Finished):
        await stage.yes(asked[0])
    assert await stage.one("SELECT count(*) FROM matches") == 0


async def test_nobody_left_goes_straight_to_the_coordinator(stage: Stage) -> None:
    referral, asked = await three_asked(stage, people=3)
    for offer in asked:
        await stage.no(offer)
    await stage.pass_time(minutes=1)
    assert await stage.state(referral) == "needs_person"
    assert await stage.one("SELECT reason FROM tasks WHERE kind = 'needs_person' AND state = 'open'") == "all_declined"
    assert len(stage.letters_to("carol")) == 1


async def test_nobody_eligible_goes_straight_to_the_coordinator_with_the_reason(stage: Stage) -> None:
    referral = await stage.world.referral()
    await stage.begin(referral)
    assert await stage.state(referral) == "needs_person"
    assert await stage.one("SELECT needs_reason FROM referrals") == "no_candidate"


async def test_no_invitation_leaves_at_night(stage: Stage) -> None:
    await stage.world.volunteer("Tom")
    stage.now = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
    referral = await stage.world.referral()
    await stage.begin(referral)
    assert await stage.offers() == []
    await stage.until(datetime(2026, 11, 24, 8, 1, tzinfo=UTC))
    assert len(await stage.offers("sent")) == 1


async def test_one_volunteer_cannot_be_in_two_places_at_once(stage: Stage) -> None:
    await stage.world.volunteer("Tom")
    first, second = await stage.world.referral(), await stage.world.referral()
    await stage.begin(first)
    [offer] = await stage.offers("sent")
    await stage.yes(offer)
    await stage.begin(second)
    assert await stage.state(second) == "needs_person"


async def test_the_schema_itself_refuses_a_double_booking(stage: Stage) -> None:
    await stage.world.volunteer("Tom")
    referral = await stage.world.referral()
    await stage.begin(referral)
    [offer] = await stage.offers("sent")
    answer = await stage.yes(offer)
    assert answer.match

    async def book_again(tx):
        await tx.execute(
            """
            UPDATE volunteer_blocks b SET busy = b.busy | busy_bits(b.block, m.half_hours), busy_count = b.busy_count + 1
              FROM matches m WHERE (m.volunteer_id, m.block) = (b.volunteer_id, b.block)
            """
        )

    with pytest.raises(Clash):
        await stage.db.act(book_again)


async def test_pausing_withdraws_what_was_asked(stage: Stage) -> None:
    _, asked = await three_asked(stage, people=3)
    volunteer = asked[0]["volunteer_id"]

    async def pause(tx):
        from matcher.store import audit

        await audit.claim_acting(tx, who(asked[0]), "pause", stage.now)
        await tx.execute("UPDATE volunteers SET state = 'paused', paused_reason = 'own_wish' WHERE id = $1", volunteer)
        await withdrawing.withdraw_offers_of_volunteer(tx, stage.config, stage.now, volunteer_id=volunteer)

    await stage.db.act(pause)
    assert await stage.one("SELECT state FROM offers WHERE volunteer_id = $1", volunteer) == "withdrawn"
    assert (await stage.yes(asked[0])).what is Answered.NOT_NEEDED


async def test_somebody_who_cannot_come_starts_the_search_again_at_once(stage: Stage) -> None:
    referral, asked = await three_asked(stage)
    answer = await stage.yes(asked[0])
    assert answer.match
    await stage.pass_time(minutes=20)
    assert await stage.db.act(withdrawing.withdraw_companion, stage.config, stage.now, actor=who(asked[0]), match_id=answer.match.id)
    assert await stage.state(referral) == "looking"
    await stage.pass_time(minutes=1)
    replacement = (await stage.offers("sent"))[0]
    await stage.yes(replacement)
    await stage.pass_time(minutes=16)
    await stage.pass_time(minutes=3)
    to_noor = stage.letters_to("noor")
    assert len(to_noor) == 2, "the plan, then the change"
    assert await stage.one("SELECT count(*) FROM letters WHERE kind = 'change' AND party_kind = 'newcomer'") == 1


async def test_two_companions_have_one_seat_each_and_nobody_is_confirmed_before_both(stage: Stage) -> None:
    referral, asked = await three_asked(stage, people=6, seats=2)
    await stage.yes(asked[0])
    assert await stage.state(referral) == "part_filled"
    await stage.pass_time(minutes=20)
    assert stage.letters_to("noor") == []
    others = [offer for offer in await stage.offers("sent") if offer["volunteer_id"] != asked[0]["volunteer_id"]]
    assert (await stage.yes(others[0])).what is Answered.GOING
    assert (await stage.yes(others[1])).what is Answered.COVERED
    await stage.pass_time(minutes=20)
    assert await stage.state(referral) == "matched"
    assert len(stage.letters_to("noor")) == 1
    assert sorted(row["seat"] for row in await stage.sql.fetch("SELECT seat FROM matches")) == [1, 2]


async def test_fifty_yeses_at_once_give_one_seat(stage: Stage) -> None:
    referral, asked = await three_asked(stage, people=7)
    answers = await asyncio.gather(*(stage.yes(offer) for offer in asked * 5))
    assert await stage.one("SELECT count(*) FROM matches") == 1
    winners = {answer.match.id for answer in answers if answer.match}
    assert len(winners) == 1
    assert await stage.state(referral) == "matched"


async def test_a_look_then_act_accept_is_caught_by_the_same_test(stage: Stage) -> None:
    """Teeth: the wrong accept reads the seats, waits, then writes; the constraint stops what the guard would have."""
    _, asked = await three_asked(stage, people=3)

    async def wrong(tx, offer):
        taken = await tx.fetchval("SELECT seats_taken FROM referrals")
        await asyncio.sleep(0.05)
        if taken:
            return False
        await tx.execute("UPDATE referrals SET seats_taken = $1", taken + 1)
        return True

    results = await asyncio.gather(*(stage.db.act(wrong, offer) for offer in asked), return_exceptions=True)
    assert sum(result is True for result in results) > 1, "look-then-act lets more than one win"
    await stage.sql.execute("UPDATE referrals SET seats_taken = 0")


async def test_the_schema_refuses_an_offer_to_somebody_barred_or_not_active(stage: Stage) -> None:
    _referral, asked = await three_asked(stage, people=3)
    [spare] = [await stage.world.volunteer("Zed", state="paused")]

    async def ask(tx, volunteer):
        from matcher.store import audit

        await audit.claim_acting(tx, Actor(ActorKind.CLOCK), "plant", stage.now)
        await tx.execute(
            """
            INSERT INTO offers (id, referral_id, provider_id, area_id, meeting_number, volunteer_id, fellowship, state, reply_by, last_moment, created_at)
            SELECT gen_random_uuid(), referral_id, provider_id, area_id, meeting_number, $2, fellowship, 'queued', reply_by, last_moment, created_at
              FROM offers WHERE id = $1
            """,
            asked[0]["id"],
            volunteer,
        )

    with pytest.raises(NotActive):
        await stage.db.act(ask, spare)
    with pytest.raises(AlreadyAsked):
        await stage.db.act(ask, asked[1]["volunteer_id"])


async def test_a_change_of_state_by_nobody_is_refused(stage: Stage) -> None:
    _, asked = await three_asked(stage, people=3)

    async def silent(tx):
        await tx.execute("UPDATE offers SET state = 'declined' WHERE id = $1", asked[0]["id"])

    with pytest.raises(Exception, match="told who acts"):
        await stage.db.act(silent)


async def test_a_yes_by_telephone_counts_while_the_referral_waits_for_a_person(stage: Stage) -> None:
    referral, asked = await three_asked(stage, people=3)
    for offer in asked:
        await stage.no(offer)
    await stage.pass_time(minutes=1)
    assert await stage.state(referral) == "needs_person"
    option = await stage.one("SELECT id FROM referral_options")
    carol = Actor(ActorKind.COORDINATOR, stage.world.coordinator_id, area_ids=frozenset({stage.world.area_id}))
    answer = await stage.db.act(
        answering.accept_offer, stage.config, stage.now, actor=carol, offer_id=asked[1]["id"], option_id=option, by_telephone=True
    )
    assert answer.what is Answered.GOING and await stage.state(referral) == "matched"
    assert await stage.one("SELECT count(*) FROM tasks WHERE kind = 'needs_person' AND state = 'open'") == 0


async def test_a_newcomer_without_a_safe_channel_gets_no_letter_and_the_keyworker_a_sheet_to_print(stage: Stage) -> None:
    _, asked = await three_asked(stage, channel="keyworker")
    await stage.yes(asked[0])
    await stage.pass_time(minutes=20)
    assert stage.letters_to("noor") == []
    assert await stage.one("SELECT count(*) FROM tasks WHERE kind = 'print_plan' AND state = 'open'") == 1


async def test_so_near_the_meeting_all_is_told_at_once_and_the_name_still_waits_for_the_undo_window(stage: Stage) -> None:
    stage.now = THURSDAY - timedelta(hours=2, minutes=50)
    _, asked = await three_asked(stage)
    await stage.yes(asked[0])
    await stage.pass_time(minutes=1)
    assert len(stage.letters_to("noor")) == 1 and len(stage.letters_to("priya")) == 1
    assert await stage.one("SELECT state FROM matches") == "planned"
    await stage.pass_time(minutes=15)
    assert await stage.one("SELECT state FROM matches") == "confirmed"
    assert len(stage.letters_to("noor")) == 1 and len(stage.letters_to("priya")) == 1


async def test_an_honest_answer_leaves_before_the_meeting_when_nobody_came_forward(stage: Stage) -> None:
    referral, _ = await three_asked(stage, people=2)
    await stage.until(THURSDAY - timedelta(hours=1))
    assert await stage.state(referral) == "closed"
    assert await stage.one("SELECT close_reason FROM referrals") == "unfilled"
    assert len(stage.letters_to("noor")) == 1
    assert await stage.one("SELECT max(ended_at) FROM letters WHERE kind = 'no_companion' AND state = 'sent'") < THURSDAY
