"""Settling, widening, reminding, giving up and closing lines: each needs its own yes, and nothing is dismissed without an outcome."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from by_hand import THURSDAY, carol, do, eve, everybody_declined, named, neighbour, option_of, set_to_settle, waiting

from matcher.actions import settling, standing_in
from matcher.actions.amending import NotAnyMore
from matcher.actions.settling import Asleep, GiveUpReason, NothingToSettle, NotSilent, OneIsNotAllowed, RemindedAlready, StillWaiting
from matcher.actions.standing_in import GoesAlready, RulesInTheWay
from matcher.domain.errors import Changed, Hidden, Refused
from matcher.domain.journey_referral import SeatsFull
from matcher.domain.task import OutcomeDoesNotFit, OutcomeNeeded, TaskOutcome
from matcher.domain.wishes import Comfort
from tests.stage import Stage, words


async def to_settle(stage: Stage, *what: str, comfort: str | None = None, **changes: Any) -> UUID:
    """A referral that waits because something must be settled first."""
    referral = await stage.world.referral(**changes)
    await stage.begin(referral)
    await set_to_settle(stage, referral, *what, comfort=comfort)
    return referral


async def close(stage: Stage, task_id: UUID, outcome: TaskOutcome | None, *, by: Any = None) -> str:
    done: str = await stage.db.act(settling.close_line, stage.config, stage.now, actor=by or carol(stage), task_id=task_id, outcome=outcome)
    return done


async def open_task(stage: Stage, kind: str) -> UUID:
    found: UUID = await stage.one("SELECT id FROM tasks WHERE kind = $1 AND state = 'open'", kind)
    return found


# ── settling ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_nobody_is_asked_before_it_is_settled_and_whom_they_named_never(stage: Stage) -> None:
    referral = await to_settle(stage, "avoid_people")
    tom, bill = await stage.world.volunteer("Tom"), await stage.world.volunteer("Bill")
    with pytest.raises(RulesInTheWay) as caught:
        await do(stage, standing_in.ask, referral, volunteer_id=bill, option_ids=[await option_of(stage, referral)])
    assert caught.value.facts["rules"] == ("h18",)
    assert await do(stage, settling.settle, referral, barred=[tom], comfort=None) == "settled"
    assert {offer["volunteer_id"] for offer in await stage.offers()} == {bill}
    assert await stage.one("SELECT outcome FROM tasks WHERE kind = 'needs_person'") == "settled"
    assert await stage.one("SELECT count(*) FROM bars WHERE volunteer_id = $1 AND set_by = $2", tom, stage.world.coordinator_id) == 1
    assert await stage.one("SELECT count(*) FROM audit WHERE reason = 'bar_set' AND thing_id = $1", referral) == 1
    assert await stage.one("SELECT count(*) FROM audit WHERE thing_id = $1 AND actor_kind = 'coordinator'", tom) == 0


async def test_somebody_so_named_on_a_neighbouring_roster_is_never_asked_and_nobody_waits_for_that(stage: Stage) -> None:
    referral = await to_settle(stage, "avoid_people")
    await named(stage, referral, "Kel from work")
    kelly, ann = await neighbour(stage, "Kelly"), await neighbour(stage, "Ann")
    own = await stage.world.volunteer("Kelvin")  # Carol reads her own roster: she has looked, and it is not he
    assert await do(stage, settling.settle, referral, barred=[], comfort=None) == "settled"
    assert {offer["volunteer_id"] for offer in await stage.offers()} == {ann, own}
    assert await stage.one("SELECT count(*) FROM bars WHERE volunteer_id = $1 AND set_by IS NULL", kelly) == 1
    await stage.pass_time(hours=5)
    later = await neighbour(stage, "Kel")  # came onto the roster after it was settled
    for offer in await stage.offers("sent", "expired"):
        await stage.no(offer)
    await stage.pass_time(minutes=1)
    assert later not in {offer["volunteer_id"] for offer in await stage.offers()}
    assert await stage.one("SELECT count(*) FROM audit WHERE reason = 'bar_set' AND thing_id = $1", referral) == 2


async def test_a_neighbour_who_was_asked_already_is_barred_by_the_coordinator_who_reads_their_name(stage: Stage) -> None:
    kelly = await neighbour(stage, "Kelly")
    ann = await neighbour(stage, "Ann")
    referral = await stage.world.referral()
    await stage.begin(referral)
    assert {offer["volunteer_id"] for offer in await stage.offers("sent")} == {kelly, ann}
    stranger = await neighbour(stage, "Kell")
    await named(stage, referral, "Kel")
    await stage.sql.execute("SELECT set_config('alongside.acting', $1, false)", f"{stage.now.isoformat()}|operator||test|")
    await stage.sql.execute(
        "UPDATE referrals SET state = 'needs_person', needs_reason = 'to_settle', to_settle = '{avoid_people}' WHERE id = $1", referral
    )
    with pytest.raises(Hidden):
        await do(stage, settling.settle, referral, barred=[stranger], comfort=None)
    assert await do(stage, settling.settle, referral, barred=[kelly], comfort=None) == "settled"
    assert await stage.one("SELECT state FROM offers WHERE volunteer_id = $1", kelly) == "withdrawn"
    assert await stage.one("SELECT state FROM offers WHERE volunteer_id = $1", ann) == "sent"


async def test_own_words_are_settled_as_a_wish_the_machine_can_read(stage: Stage) -> None:
    referral = await to_settle(stage, "own_words", comfort="own_words")
    await stage.world.volunteer("Tom")
    wendy = await stage.world.volunteer("Wendy", says_is="woman")
    await do(stage, settling.settle, referral, barred=[], comfort=Comfort.WOMAN)
    assert {offer["volunteer_id"] for offer in await stage.offers()} == {wendy}


async def test_own_words_left_as_they_are_leave_asking_to_a_person(stage: Stage) -> None:
    referral = await to_settle(stage, "own_words", comfort="own_words")
    tom = await stage.world.volunteer("Tom")
    await do(stage, settling.settle, referral, barred=[], comfort=None)
    assert await stage.offers() == [] and await stage.state(referral) == "needs_person"
    assert await do(stage, standing_in.ask, referral, volunteer_id=tom, option_ids=[await option_of(stage, referral)]) == "asked"


async def test_settling_twice_is_refused_kindly(stage: Stage) -> None:
    referral = await to_settle(stage, "coordinator_first")
    await do(stage, settling.settle, referral, barred=[], comfort=None)
    with pytest.raises(NothingToSettle):
        await do(stage, settling.settle, referral, barred=[], comfort=None)
    assert await stage.one("SELECT released FROM referrals WHERE id = $1", referral)


async def test_settled_without_a_meeting_ahead_it_waits_on_with_that_reason(stage: Stage) -> None:
    referral = await to_settle(stage, "coordinator_first")
    await stage.sql.execute("UPDATE referral_options SET state = 'lost' WHERE referral_id = $1", referral)
    assert await do(stage, settling.settle, referral, barred=[], comfort=None) == "settled_no_meeting"
    assert await stage.state(referral) == "needs_person"
    assert await stage.one("SELECT needs_reason FROM referrals WHERE id = $1", referral) == "no_candidate"
    assert await stage.one("SELECT count(*) FROM tasks WHERE kind = 'needs_person' AND state = 'open'") == 1


async def test_an_invitation_to_somebody_they_named_later_is_taken_back(stage: Stage) -> None:
    referral, asked = await everybody_declined(stage)
    dan = await stage.world.volunteer("Dan")
    await do(stage, standing_in.ask, referral, volunteer_id=dan, option_ids=[await option_of(stage, referral)])
    await stage.sql.execute("SELECT set_config('alongside.acting', $1, false)", f"{stage.now.isoformat()}|operator||test|")
    await stage.sql.execute(
        "UPDATE referrals SET state = 'needs_person', needs_reason = 'to_settle', to_settle = '{avoid_people}' WHERE id = $1", referral
    )
    await do(stage, settling.settle, referral, barred=[dan], comfort=None)
    assert await stage.one("SELECT state FROM offers WHERE volunteer_id = $1", dan) == "withdrawn"
    assert asked


# ── one companion instead of two ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_has_said_yes_goes_alone_once_the_newcomer_agrees(stage: Stage) -> None:
    tom = await stage.world.volunteer("Tom")
    await stage.world.volunteer("Bill", says_is="woman")
    referral = await stage.world.referral(seats=2)
    await stage.begin(referral)
    await do(stage, standing_in.record_yes, referral, volunteer_id=tom, option_id=await option_of(stage, referral))
    assert await do(stage, settling.take_one_companion, referral) == "widened_matched"
    assert await stage.state(referral) == "matched" and stage.letters_to("noor") == []
    assert await stage.one("SELECT count(*) FROM letters WHERE kind = 'change' AND party_id = $1", tom) == 1
    await stage.pass_time(minutes=16)
    assert len(stage.letters_to("noor")) == 1 and await stage.one("SELECT state FROM matches") == "confirmed"
    assert any("Noor" in words(letter) for letter in stage.letters_to("tom"))


async def test_after_the_undo_window_both_are_told_at_once(stage: Stage) -> None:
    tom = await stage.world.volunteer("Tom")
    referral = await stage.world.referral(seats=2)
    await stage.begin(referral)
    await do(stage, standing_in.record_yes, referral, volunteer_id=tom, option_id=await option_of(stage, referral))
    await stage.pass_time(hours=1)
    assert stage.letters_to("noor") == []
    await do(stage, settling.take_one_companion, referral)
    assert await stage.one("SELECT state FROM matches") == "confirmed" and len(stage.letters_to("noor")) == 1


async def test_with_nobody_yet_one_is_looked_for_instead_of_two(stage: Stage) -> None:
    referral = await waiting(stage, seats=2)
    assert await do(stage, settling.take_one_companion, referral) == "widened"
    assert await stage.one("SELECT seats FROM referrals WHERE id = $1", referral) == 1
    assert await stage.one("SELECT outcome FROM tasks WHERE kind = 'needs_person' AND state = 'done'") == "widened"
    with pytest.raises((Changed, SeatsFull)):
        await do(stage, settling.take_one_companion, referral)


async def test_care_policy_and_the_companions_own_wish_stand(stage: Stage) -> None:
    referral = await waiting(stage, seats=2)
    await stage.sql.execute("UPDATE referrals SET care = '{two_people}' WHERE id = $1", referral)
    with pytest.raises(OneIsNotAllowed):
        await do(stage, settling.take_one_companion, referral)
    await stage.sql.execute("UPDATE referrals SET care = '{}' WHERE id = $1", referral)
    await stage.sql.execute("UPDATE providers SET pair_rule = 'always'")
    with pytest.raises(OneIsNotAllowed):
        await do(stage, settling.take_one_companion, referral)
    await stage.sql.execute("UPDATE providers SET pair_rule = 'when_asked'")
    wary = await stage.world.volunteer("Wendy", pair_only=True)
    await do(stage, standing_in.record_yes, referral, volunteer_id=wary, option_id=await option_of(stage, referral))
    with pytest.raises(RulesInTheWay) as caught:
        await do(stage, settling.take_one_companion, referral)
    assert caught.value.facts["rules"] == ("h19",)
    assert await stage.one("SELECT seats FROM referrals WHERE id = $1", referral) == 2


# ── reminding, dropping out, giving up ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_silent_invitation_is_reminded_of_once_and_the_old_link_still_works(stage: Stage) -> None:
    await stage.world.volunteer("Tom")
    referral = await stage.world.referral()
    await stage.begin(referral)
    offer = (await stage.offers("sent"))[0]
    await stage.pass_time(hours=1)
    assert await do(stage, settling.nudge, referral, offer_id=offer["id"]) == "nudged"
    assert len(stage.letters_to("tom")) == 2
    assert await stage.one("SELECT count(*) FROM links WHERE purpose = 'answer_offer' AND ended_at IS NULL") == 2
    with pytest.raises(RemindedAlready):
        await do(stage, settling.nudge, referral, offer_id=offer["id"])
    assert len(stage.letters_to("tom")) == 2


async def test_nobody_is_reminded_at_night_or_after_answering(stage: Stage) -> None:
    await stage.world.volunteer("Tom")
    referral = await stage.world.referral()
    await stage.begin(referral)
    offer = (await stage.offers("sent"))[0]
    at_ten = stage.now
    stage.now = at_ten.replace(hour=22, minute=30)
    await stage.sql.execute("UPDATE offers SET reply_by = $2 WHERE id = $1", offer["id"], at_ten + timedelta(days=1))
    with pytest.raises(Asleep):
        await do(stage, settling.nudge, referral, offer_id=offer["id"])
    stage.now = at_ten + timedelta(days=1)
    await stage.no(offer)
    with pytest.raises(NotSilent):
        await do(stage, settling.nudge, referral, offer_id=offer["id"])
    assert len(stage.letters_to("tom")) == 1


async def test_a_companion_who_rings_to_say_they_cannot_come_starts_the_search_again(stage: Stage) -> None:
    tom, bill = await stage.world.volunteer("Tom"), await stage.world.volunteer("Bill")
    referral = await stage.world.referral()
    await do(stage, standing_in.record_yes, referral, volunteer_id=tom, option_id=await option_of(stage, referral))
    await stage.pass_time(hours=1)
    match = await stage.one("SELECT id FROM matches")
    assert await do(stage, settling.record_cannot_come, referral, match_id=match) == "cannot_come"
    assert await stage.state(referral) == "looking"
    assert bill in {offer["volunteer_id"] for offer in await stage.offers("sent")}
    with pytest.raises(Changed):
        await do(stage, settling.record_cannot_come, referral, match_id=match)


async def test_giving_up_tells_newcomer_and_keyworker_and_keeps_the_reason(stage: Stage) -> None:
    referral = await waiting(stage)
    assert await do(stage, settling.give_up, referral, reason=GiveUpReason.NOBODY_FREE) == "gave_up"
    assert await stage.state(referral) == "closed"
    assert len(stage.letters_to("noor")) == 1 and len(stage.letters_to("priya")) >= 1
    assert await stage.one("SELECT count(*) FROM audit WHERE reason = 'nobody_free' AND action = 'give_up'") == 1
    with pytest.raises(Changed):
        await do(stage, settling.give_up, referral, reason=GiveUpReason.NOBODY_FREE)
    assert len(stage.letters_to("noor")) == 1


async def test_a_companions_letter_goes_once_more_with_new_links_but_no_invitation_and_nothing_of_the_newcomers(stage: Stage) -> None:
    tom = await stage.world.volunteer("Tom")
    referral = await stage.world.referral()
    await stage.begin(referral)
    invitation = await stage.one("SELECT id FROM letters WHERE kind = 'offer'")
    await do(stage, standing_in.record_yes, referral, volunteer_id=tom, option_id=await option_of(stage, referral))
    await stage.pass_time(minutes=16)
    plan = await stage.one("SELECT id FROM letters WHERE kind = 'volunteer_confirmation'")
    assert await do(stage, settling.send_letter_again, referral, letter_id=plan) == "sent_again"
    assert await stage.one("SELECT count(*) FROM letters WHERE kind = 'volunteer_confirmation' AND state = 'sent'") == 2
    newcomers = await stage.one("SELECT id FROM letters WHERE kind = 'newcomer_confirmation'")
    for letter in (invitation, newcomers):
        with pytest.raises(NotAnyMore):
            await do(stage, settling.send_letter_again, referral, letter_id=letter)
    stage.now = THURSDAY
    with pytest.raises(Refused):
        await do(stage, settling.send_letter_again, referral, letter_id=plan)


# ── lines of the queue ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_referral_that_waits_for_a_person_keeps_its_line_whatever_is_chosen(stage: Stage) -> None:
    await waiting(stage)
    line = await open_task(stage, "needs_person")
    for outcome in (TaskOutcome.ASKED, TaskOutcome.GAVE_UP):
        with pytest.raises(StillWaiting):
            await close(stage, line, outcome)
    with pytest.raises(Hidden):
        await close(stage, line, TaskOutcome.ASKED, by=eve())
    assert await open_task(stage, "needs_person") == line


async def test_no_line_is_closed_without_an_outcome_of_its_own_kind_or_by_another_area(stage: Stage) -> None:
    referral = await waiting(stage)
    line = uuid4()
    await stage.sql.execute("SELECT set_config('alongside.acting', $1, false)", f"{stage.now.isoformat()}|operator||test|")
    await stage.sql.execute(
        """
        INSERT INTO tasks (id, kind, for_role, area_id, about_id, referral_id, opened_at, state)
        VALUES ($1, 'overdue', 'coordinator', $2, $3, $3, $4, 'open')
        """,
        line,
        stage.world.area_id,
        referral,
        stage.now,
    )
    with pytest.raises(OutcomeNeeded):
        await close(stage, line, None)
    with pytest.raises(OutcomeDoesNotFit):
        await close(stage, line, TaskOutcome.PRINTED)
    with pytest.raises(OutcomeDoesNotFit):
        await close(stage, line, TaskOutcome.SUPERSEDED)
    with pytest.raises(Hidden):
        await close(stage, line, TaskOutcome.SEEN, by=eve())
    assert await close(stage, line, TaskOutcome.SEEN) == "closed"
    assert await close(stage, line, TaskOutcome.SEEN) == "closed_already"
    assert await stage.one("SELECT outcome FROM tasks WHERE id = $1", line) == "seen"


async def test_a_volunteer_who_goes_already_is_not_barred_behind_the_back_of_the_plan(stage: Stage) -> None:
    tom = await stage.world.volunteer("Tom")
    referral = await stage.world.referral(seats=2)
    await stage.begin(referral)
    await do(stage, standing_in.record_yes, referral, volunteer_id=tom, option_id=await option_of(stage, referral))
    await stage.pass_time(minutes=1)
    await set_to_settle(stage, referral, "avoid_people")
    assert await stage.state(referral) == "needs_person"
    with pytest.raises(GoesAlready):
        await do(stage, settling.settle, referral, barred=[tom], comfort=None)
    assert await stage.one("SELECT count(*) FROM bars") == 0
