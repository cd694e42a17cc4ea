"""What a coordinator does by hand: asking, answers by telephone, settling, widening, reminding, giving up; and the walls they cannot pass either."""

from datetime import time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from by_hand import THURSDAY, bar, carol, do, eve, everybody_declined, option_of, waiting

from matcher.actions import settling, standing_in
from matcher.actions.settling import GiveUpReason
from matcher.actions.standing_in import EnoughAsked, GoesAlready, NoLetterInTime, RulesInTheWay, TooNear
from matcher.database import NotActive
from matcher.domain.errors import Clash, Hidden
from matcher.domain.journey_referral import SeatsFull
from tests.stage import Stage, words

# ── asking ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_ask_by_hand_sends_one_letter_and_the_referral_looks_again(stage: Stage) -> None:
    referral = await waiting(stage)
    tom = await stage.world.volunteer("Tom", notice="two_days", going_cap=1)
    assert await do(stage, standing_in.ask, referral, volunteer_id=tom, option_ids=[await option_of(stage, referral)]) == "asked"
    assert await stage.state(referral) == "looking"
    assert len(stage.letters_to("tom")) == 1 and "Noor" not in words(stage.letters_to("tom")[0])
    assert await stage.one("SELECT outcome FROM tasks WHERE kind = 'needs_person'") == "asked"
    assert await stage.one("SELECT count(*) FROM audit WHERE action = 'ask_by_hand' AND actor_id = $1", stage.world.coordinator_id) >= 1


async def test_the_silence_of_somebody_asked_by_hand_comes_back_to_the_coordinator(stage: Stage) -> None:
    referral = await waiting(stage)
    tom = await stage.world.volunteer("Tom")
    await do(stage, standing_in.ask, referral, volunteer_id=tom, option_ids=[await option_of(stage, referral)])
    await stage.until(stage.now + timedelta(hours=48))
    assert await stage.state(referral) == "needs_person"
    assert await stage.one("SELECT count(*) FROM tasks WHERE kind = 'needs_person' AND state = 'open'") == 1


async def test_every_hard_rule_holds_for_a_coordinator_too_and_is_named(stage: Stage) -> None:
    tom = await stage.world.volunteer("Tom", letters_per_week=1)
    first = await stage.world.referral()
    await stage.begin(first)
    second = await waiting(stage)
    with pytest.raises(RulesInTheWay) as caught:
        await do(stage, standing_in.ask, second, volunteer_id=tom, option_ids=[await option_of(stage, second)])
    assert caught.value.facts["rules"] == ("h16",)
    assert await stage.state(second) == "needs_person" and await stage.one("SELECT count(*) FROM offers") == 1


async def test_at_night_the_letter_waits_for_the_morning_and_the_answer_says_so(stage: Stage) -> None:
    referral = await waiting(stage)
    tom = await stage.world.volunteer("Tom")
    stage.now = stage.now.replace(hour=23)
    assert await do(stage, standing_in.ask, referral, volunteer_id=tom, option_ids=[await option_of(stage, referral)]) == "asked_later"
    assert stage.letters_to("tom") == []
    await stage.pass_time(hours=10)
    assert len(stage.letters_to("tom")) == 1


async def test_an_ask_that_no_letter_could_carry_in_time_is_refused_not_silent(stage: Stage) -> None:
    early = uuid4()
    await stage.world.meeting(early, starts=time(8))
    referral = await waiting(stage)
    tom = await stage.world.volunteer("Tom")
    await stage.sql.execute("UPDATE volunteers SET windows = '{[0,10080)}' WHERE id = $1", tom)
    option, at_eight = await option_of(stage, referral), THURSDAY.replace(hour=8, minute=0)
    await stage.sql.execute(
        "UPDATE referral_options SET meeting_id = $2, starts_at = $3, ends_at = $4, meet_at = $3, picked_by_hand = true WHERE id = $1",
        option,
        early,
        at_eight,
        at_eight + timedelta(hours=1),
    )
    await stage.sql.execute("UPDATE referrals SET deadline = $2 WHERE id = $1", referral, at_eight - timedelta(hours=2))
    await stage.sql.execute("UPDATE timers SET due_at = $1 WHERE kind = 'last_moment'", at_eight - timedelta(hours=2))
    stage.now = at_eight - timedelta(hours=5)  # a letter leaves at eight at the earliest; the last yes is at six
    with pytest.raises(NoLetterInTime):
        await stage.db.act(
            standing_in.ask, stage.config, stage.now, actor=carol(stage), referral_id=referral, volunteer_id=tom, option_ids=[option]
        )
    assert await stage.offers() == [] and await stage.state(referral) == "needs_person"


async def test_nobody_asks_for_a_referral_that_is_full(stage: Stage) -> None:
    await stage.world.volunteer("Tom")
    referral = await stage.world.referral()
    await stage.begin(referral)
    await stage.yes((await stage.offers("sent"))[0])
    bill = await stage.world.volunteer("Bill")
    with pytest.raises(SeatsFull):
        await do(stage, standing_in.ask, referral, volunteer_id=bill, option_ids=[await option_of(stage, referral)])


async def test_nobody_asks_for_a_meeting_that_is_too_near(stage: Stage) -> None:
    referral = await waiting(stage)
    tom = await stage.world.volunteer("Tom")
    stage.now = THURSDAY - timedelta(hours=1)
    with pytest.raises(TooNear):
        await do(stage, standing_in.ask, referral, volunteer_id=tom, option_ids=[await option_of(stage, referral)])
    await stage.pass_time(minutes=1)
    assert await stage.state(referral) == "closed"


async def test_never_more_than_ten_at_once(stage: Stage) -> None:
    referral = await waiting(stage)
    option = await option_of(stage, referral)
    for number in range(10):
        asked = await stage.world.volunteer(f"Tom{number}")
        await do(stage, standing_in.ask, referral, volunteer_id=asked, option_ids=[option])
    bill = await stage.world.volunteer("Bill")
    with pytest.raises(EnoughAsked):
        await do(stage, standing_in.ask, referral, volunteer_id=bill, option_ids=[option])
    with pytest.raises(EnoughAsked):
        await do(stage, standing_in.record_yes, referral, volunteer_id=bill, option_id=option)
    assert len(await stage.offers()) == 10
    assert await do(stage, standing_in.record_yes, referral, volunteer_id=asked, option_id=option) == "yes"


async def test_a_barred_pair_is_blocked_however_it_is_tried(stage: Stage) -> None:
    referral = await waiting(stage)
    tom = await stage.world.volunteer("Tom")
    await bar(stage, referral, tom)
    option = await option_of(stage, referral)
    for action, facts in (
        (standing_in.ask, {"option_ids": [option]}),
        (standing_in.record_yes, {"option_id": option}),
        (standing_in.record_no, {}),
    ):
        with pytest.raises(RulesInTheWay) as caught:
            await do(stage, action, referral, volunteer_id=tom, **facts)
        assert caught.value.facts["rules"] == ("h18",)
    assert await stage.offers() == [] and stage.letters_to("tom") == []
    assert await stage.state(referral) == "needs_person"


async def test_a_bar_set_after_the_ask_blocks_the_yes_by_telephone(stage: Stage) -> None:
    tom = await stage.world.volunteer("Tom")
    referral = await stage.world.referral()
    await stage.begin(referral)
    await bar(stage, referral, tom)
    with pytest.raises(RulesInTheWay):
        await do(stage, standing_in.record_yes, referral, volunteer_id=tom, option_id=await option_of(stage, referral))
    assert await stage.one("SELECT count(*) FROM matches") == 0
    assert await do(stage, standing_in.record_no, referral, volunteer_id=tom) == "no"  # whoever was asked may say no


async def test_somebody_of_another_area_finds_nothing(stage: Stage) -> None:
    referral = await waiting(stage)
    tom = await stage.world.volunteer("Tom")
    option = await option_of(stage, referral)
    tries: list[tuple[Any, dict[str, Any]]] = [
        (standing_in.ask, {"volunteer_id": tom, "option_ids": [option]}),
        (standing_in.record_yes, {"volunteer_id": tom, "option_id": option}),
        (standing_in.record_no, {"volunteer_id": tom}),
        (settling.settle, {"barred": [], "comfort": None}),
        (settling.take_one_companion, {}),
        (settling.nudge, {"offer_id": uuid4()}),
        (settling.give_up, {"reason": GiveUpReason.NOBODY_FREE}),
        (settling.record_cannot_come, {"match_id": uuid4()}),
        (settling.send_letter_again, {"letter_id": uuid4()}),
    ]
    for action, facts in tries:
        with pytest.raises(Hidden):
            await do(stage, action, referral, by=eve(), **facts)
        with pytest.raises(Hidden):
            await do(stage, action, uuid4(), **facts)
    assert await stage.one("SELECT count(*) FROM audit WHERE actor_kind = 'coordinator'") == 0


async def test_somebody_of_another_roster_is_not_asked_by_hand(stage: Stage) -> None:
    referral = await waiting(stage)
    tom = await stage.world.volunteer("Tom")
    other = uuid4()
    await stage.sql.execute(
        "INSERT INTO areas (id, name, discreet_name, reply_to, created_at) VALUES ($1, 'Else', 'Else', 'else@example.org', $2)",
        other,
        stage.now,
    )
    await stage.sql.execute("UPDATE volunteers SET area_id = $2 WHERE id = $1", tom, other)
    with pytest.raises(Hidden):
        await do(stage, standing_in.ask, referral, volunteer_id=tom, option_ids=[await option_of(stage, referral)])
    assert await stage.offers() == []


# ── answers by telephone ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_yes_by_telephone_counts_after_everybody_declined(stage: Stage) -> None:
    referral, asked = await everybody_declined(stage)
    option = await option_of(stage, referral)
    assert await do(stage, standing_in.record_yes, referral, volunteer_id=asked[1]["volunteer_id"], option_id=option) == "yes"
    assert await stage.state(referral) == "matched"
    assert await stage.one("SELECT count(*) FROM letters WHERE kind = 'offer_accepted' AND state = 'sent'") == 1
    assert await stage.one("SELECT outcome FROM tasks WHERE kind = 'needs_person'") == "filled"
    await stage.pass_time(minutes=16)
    assert len(stage.letters_to("noor")) == 1


async def test_a_yes_by_telephone_of_somebody_never_written_to_makes_the_ask_in_the_same_breath(stage: Stage) -> None:
    referral = await waiting(stage)
    tom = await stage.world.volunteer("Tom", notice="two_days")
    await stage.until(THURSDAY - timedelta(hours=5))
    assert await do(stage, standing_in.record_yes, referral, volunteer_id=tom, option_id=await option_of(stage, referral)) == "yes"
    offer = (await stage.offers())[0]
    assert offer["by_telephone"] and offer["by_hand"] and offer["state"] == "accepted"
    assert await stage.one("SELECT count(*) FROM letters WHERE kind = 'offer'") == 0
    assert len(stage.letters_to("tom")) == 1
    assert '"by_telephone"' in await stage.one("SELECT why::text FROM offer_reasons")


async def test_a_yes_by_telephone_passes_over_their_own_times_but_no_wish_of_the_newcomers(stage: Stage) -> None:
    tom = await stage.world.volunteer("Tom")
    await stage.sql.execute("UPDATE volunteers SET windows = '{}' WHERE id = $1", tom)
    referral = await waiting(stage, comfort="woman")
    option = await option_of(stage, referral)
    with pytest.raises(RulesInTheWay) as caught:
        await do(stage, standing_in.record_yes, referral, volunteer_id=tom, option_id=option)
    assert caught.value.facts["rules"] == ("h9",)
    await stage.sql.execute("UPDATE volunteers SET says_is = 'woman' WHERE id = $1", tom)
    assert await do(stage, standing_in.record_yes, referral, volunteer_id=tom, option_id=option) == "yes"


async def test_a_yes_by_telephone_stops_the_letter_that_still_waits(stage: Stage) -> None:
    referral = await waiting(stage)
    bill = await stage.world.volunteer("Bill")
    stage.now = stage.now.replace(hour=23)
    await do(stage, standing_in.ask, referral, volunteer_id=bill, option_ids=[await option_of(stage, referral)])
    await do(stage, standing_in.record_yes, referral, volunteer_id=bill, option_id=await option_of(stage, referral))
    await stage.pass_time(hours=10)
    assert await stage.one("SELECT state FROM letters WHERE kind = 'offer' AND party_id = $1", bill) == "cancelled"
    assert len(await stage.offers("accepted")) == 1


async def test_a_yes_to_another_meeting_than_they_were_asked_for_is_taken(stage: Stage) -> None:
    tom = await stage.world.volunteer("Tom")
    referral = await stage.world.referral()
    await stage.begin(referral)
    later = uuid4()
    await stage.sql.execute(
        """
        INSERT INTO referral_options (id, referral_id, meeting_number, rank, meeting_id, fellowship, on_date, starts_at, ends_at, meet_at, state)
        VALUES ($1, $2, 1, 2, $3, 'aa', '2026-12-03', $4, $5, $6, 'open')
        """,
        later,
        referral,
        stage.world.meeting_id,
        THURSDAY + timedelta(days=7),
        THURSDAY + timedelta(days=7, hours=1),
        THURSDAY + timedelta(days=7, minutes=-15),
    )
    assert await do(stage, standing_in.record_yes, referral, volunteer_id=tom, option_id=later) == "yes"
    assert await stage.one("SELECT option_id FROM matches") == later
    assert len(await stage.offers()) == 1


async def test_the_same_yes_twice_is_one_match(stage: Stage) -> None:
    referral = await waiting(stage, seats=2)
    option, tom = await option_of(stage, referral), await stage.world.volunteer("Tom")
    assert await do(stage, standing_in.record_yes, referral, volunteer_id=tom, option_id=option) == "yes"
    with pytest.raises(GoesAlready):
        await do(stage, standing_in.record_yes, referral, volunteer_id=tom, option_id=option)
    assert await stage.one("SELECT count(*) FROM matches") == 1 and await stage.one("SELECT seats_taken FROM referrals") == 1


async def test_somebody_who_goes_elsewhere_at_that_time_cannot_say_yes_here_too(stage: Stage) -> None:
    first, second = await waiting(stage), await waiting(stage)
    tom = await stage.world.volunteer("Tom", going_cap=4)
    await do(stage, standing_in.record_yes, first, volunteer_id=tom, option_id=await option_of(stage, first))
    with pytest.raises((RulesInTheWay, Clash)):
        await do(stage, standing_in.record_yes, second, volunteer_id=tom, option_id=await option_of(stage, second))
    assert await stage.one("SELECT count(*) FROM matches") == 1


async def test_a_no_by_telephone_is_for_the_whole_referral(stage: Stage) -> None:
    referral = await stage.world.referral()
    tom = await stage.world.volunteer("Tom")
    assert await do(stage, standing_in.record_no, referral, volunteer_id=tom) == "no"
    assert await do(stage, standing_in.record_no, referral, volunteer_id=tom) == "no"
    await stage.begin(referral)
    offers = await stage.offers()
    assert [(offer["state"], offer["state_reason"], offer["by_telephone"]) for offer in offers] == [("declined", "by_phone", True)]
    assert stage.letters_to("tom") == [] and await stage.state(referral) == "needs_person"


async def test_a_no_by_telephone_declines_their_invitation_and_the_next_is_asked(stage: Stage) -> None:
    people = [await stage.world.volunteer(name) for name in ("Tom", "Ahmed", "Bill", "Dan")]
    referral = await stage.world.referral()
    await stage.begin(referral)
    asked = (await stage.offers("sent"))[0]
    await do(stage, standing_in.record_no, referral, volunteer_id=asked["volunteer_id"])
    assert await stage.one("SELECT state FROM offers WHERE id = $1", asked["id"]) == "declined"
    assert {offer["volunteer_id"] for offer in await stage.offers()} == set(people)


async def test_nobody_who_is_not_active_can_be_recorded(stage: Stage) -> None:
    referral = await waiting(stage)
    tom = await stage.world.volunteer("Tom", state="paused")
    option = await option_of(stage, referral)
    for action, facts in ((standing_in.record_yes, {"option_id": option}), (standing_in.record_no, {})):
        with pytest.raises((RulesInTheWay, NotActive)):
            await do(stage, action, referral, volunteer_id=tom, **facts)
    assert await stage.offers() == []
