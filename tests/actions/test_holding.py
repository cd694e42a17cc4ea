"""Putting a referral on hold and going on with it (R49–R51): who may, who is told, what dies, and what goes on with what still fits."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from matcher.actions import amending, amending_details, holding
from matcher.actions.amending import NotAnyMore
from matcher.actions.holding import HoldReason, NotOnHold
from matcher.actions.withdrawing import withdraw_companion
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.errors import Hidden, Refused
from matcher.domain.journey import CancelReason, MeetingBegun, MovedOn
from matcher.domain.journey_word import HoldCause
from matcher.domain.outbox import sealed_in
from matcher.domain.sealed import PersonKey
from tests.actions.by_hand import bar, carol, eve, waiting
from tests.referral_making import an_eve, look, priya
from tests.stage import Stage, words

WAITING = "SELECT count(*) FROM timers WHERE state IN ('waiting', 'running')"
UNSENT = "SELECT count(*) FROM letters WHERE state IN ('waiting', 'sending')"


def lead(stage: Stage, kind: ActorKind = ActorKind.SAFEGUARDING_LEAD) -> Actor:
    """The safeguarding lead (or another officer) of Priya's service."""
    return Actor(kind, uuid4(), provider_id=stage.world.provider_id)


async def hold(stage: Stage, referral: UUID, by: Actor | None = None, **facts: Any) -> None:
    stage.now += timedelta(seconds=1)
    actor = by or priya(stage)
    await stage.db.act(holding.hold_referral, stage.config, stage.now, actor=actor, referral_id=referral, **facts)
    await stage.worker.run_until_idle()


async def release(stage: Stage, referral: UUID, by: Actor | None = None) -> None:
    await stage.db.act(holding.release_hold, stage.config, stage.now, actor=by or priya(stage), referral_id=referral)
    await stage.worker.run_until_idle()


async def looking(stage: Stage, *names: str, **changes: Any) -> UUID:
    for name in names or ("Tom", "Wendy"):
        await stage.world.volunteer(name)
    referral = await stage.world.referral(**changes)
    await stage.begin(referral)
    return referral


async def planned(stage: Stage, *, minutes: int = 16, **changes: Any) -> UUID:
    """One said yes so many minutes ago; after the undo window both know the plan."""
    referral = await looking(stage, **changes)
    await stage.yes((await stage.offers("sent"))[0])
    await stage.pass_time(minutes=minutes)
    return referral


def told(stage: Stage, who: str, *, since: int = 0) -> list[str]:
    """What somebody was sent, oldest first, from the nth letter on, by its words."""
    return [words(letter) for letter in sorted(stage.letters_to(who), key=lambda letter: letter["Date"].datetime)[since:]]


async def companion(stage: Stage) -> str:
    """Who said yes: the first letters of their address."""
    seal = await stage.sql.fetchrow(
        "SELECT v.id, v.details_box, k.wrapped FROM matches m JOIN volunteers v ON v.id = m.volunteer_id JOIN person_keys k ON k.person_id = v.id"
    )
    key = PersonKey(seal["id"], seal["wrapped"])
    opened = stage.config.vault.open(sealed_in("volunteers.details_box", seal["id"], key, seal["details_box"]))
    return str(opened["email"])


# ── holding ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_search_on_hold_asks_nobody_and_thanks_those_who_were_asked(stage: Stage) -> None:
    referral = await looking(stage)
    await hold(stage, referral, reason=HoldReason.UNWELL)
    assert await stage.state(referral) == "on_hold" and await stage.offers("queued", "sent", "expired") == []
    assert await stage.one(WAITING) == 0 and await stage.one(UNSENT) == 0
    for who in ("tom-", "wendy-"):
        [_, thanks] = told(stage, who)
        assert "There is nothing more for you" in thanks
        assert "hospital" not in thanks and "unwell" not in thanks
    await stage.pass_time(days=2)
    assert len(stage.letters_to("members.example")) == 4 and stage.letters_to("noor") == [] and stage.letters_to("priya") == []
    assert await stage.one("SELECT count(*) FROM audit WHERE action = 'hold_referral' AND reason = 'unwell'") >= 1


async def test_a_plan_put_off_is_told_to_each_apart_and_without_a_reason(stage: Stage) -> None:
    referral = await planned(stage)
    await hold(stage, referral, carol(stage), reason=HoldReason.TO_SORT_OUT)
    [_, noors] = told(stage, "noor")
    theirs = told(stage, await companion(stage))[-1]
    assert "put off" in noors and "put off" in theirs and "Noor" not in theirs
    assert any("put on hold" in text for text in told(stage, "priya"))
    assert await stage.one("SELECT state FROM matches") == "confirmed" and await stage.one("SELECT seats_taken FROM referrals") == 1
    assert await stage.one("SELECT count(*) FROM links WHERE purpose IN ('cannot_come', 'undo_acceptance') AND ended_at IS NULL") == 0
    letters = await stage.one("SELECT count(*) FROM letters")
    await stage.pass_time(days=5)
    assert await stage.one("SELECT count(*) FROM letters") == letters, "nothing of it acts while it rests"


async def test_what_had_not_left_is_taken_back_and_the_newcomer_hears_nothing_of_a_plan_they_did_not_know(stage: Stage) -> None:
    referral = await planned(stage, minutes=5)
    await hold(stage, referral, reason=HoldReason.AWAY)
    await stage.pass_time(hours=3)
    assert stage.letters_to("noor") == [] and await stage.one("SELECT state FROM matches") == "planned"
    assert "put off" in told(stage, await companion(stage))[-1]


async def test_who_has_no_safe_channel_is_told_by_their_keyworker(stage: Stage) -> None:
    referral = await planned(stage, channel="keyworker")
    assert await stage.one("SELECT count(*) FROM tasks WHERE kind = 'print_plan' AND state = 'open'") == 1
    await hold(stage, referral, carol(stage))
    assert await stage.one("SELECT count(*) FROM tasks WHERE kind = 'print_plan' AND state = 'open'") == 0
    assert await stage.one("SELECT reason FROM tasks WHERE kind = 'tell_in_person' AND state = 'open'") == "put_off"


async def test_only_its_own_keyworker_and_coordinator_put_it_on_hold(stage: Stage) -> None:
    referral = await looking(stage)
    for stranger in (an_eve(), eve(), Actor(ActorKind.SAFEGUARDING_LEAD, uuid4(), provider_id=uuid4())):
        with pytest.raises(Hidden):
            await hold(stage, referral, stranger)
    with pytest.raises(Refused):
        await hold(stage, referral, priya(stage), cause=HoldCause.SAFETY)
    with pytest.raises(Refused):
        await hold(stage, referral, carol(stage), cause=HoldCause.RESTRICTION)
    assert await stage.state(referral) == "looking"
    await hold(stage, referral)
    with pytest.raises(MovedOn):
        await hold(stage, referral)


async def test_a_meeting_that_has_begun_is_not_put_off(stage: Stage) -> None:
    referral = await planned(stage)
    await stage.until(datetime(2026, 11, 26, 19, 35, tzinfo=UTC))
    with pytest.raises(MeetingBegun):
        await hold(stage, referral)


# ── going on ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_search_goes_on_with_those_who_were_not_thanked_yet(stage: Stage) -> None:
    referral = await looking(stage)
    await hold(stage, referral)
    await stage.pass_time(hours=3)
    await stage.world.volunteer("Ann")
    await release(stage, referral)
    assert await stage.state(referral) == "looking"
    assert len(await stage.offers("sent")) == 1 and (await look(stage, referral)).held_state is None
    with pytest.raises(NotOnHold):
        await release(stage, referral)


async def test_a_plan_that_still_fits_stands_again_and_both_are_told(stage: Stage) -> None:
    referral = await planned(stage)
    await hold(stage, referral)
    who, noor = await companion(stage), len(stage.letters_to("noor"))
    before = len(stage.letters_to(who))
    revision = await stage.one("SELECT revision FROM matches")
    await stage.pass_time(hours=24)
    await release(stage, referral, carol(stage))
    assert await stage.state(referral) == "matched" and await stage.one("SELECT state FROM matches") == "confirmed"
    [again] = told(stage, who, since=before)
    [noors] = told(stage, "noor", since=noor)
    assert "Noor" in again and "put off" not in again and "put off" not in noors
    assert await stage.one("SELECT revision FROM matches") == revision + 1, "a newer entry than the one that took it out of the calendar"
    assert await stage.one("SELECT count(*) FROM links WHERE purpose = 'cannot_come' AND ended_at IS NULL") == 1
    assert any("not on hold any more" in text for text in told(stage, "priya"))


async def test_one_still_in_its_undo_window_is_told_to_the_newcomer_only_after_it(stage: Stage) -> None:
    referral = await planned(stage, minutes=2)
    await hold(stage, referral)
    await stage.pass_time(minutes=3)
    await release(stage, referral)
    assert stage.letters_to("noor") == []
    await stage.pass_time(minutes=15)
    assert len(stage.letters_to("noor")) == 1 and await stage.one("SELECT state FROM matches") == "confirmed"


@pytest.mark.parametrize("agree_first", [False, True])
async def test_a_newcomer_who_wished_to_say_ok_first_is_asked_again(stage: Stage, agree_first: bool) -> None:
    referral = await planned(stage, agree_first=agree_first)
    await hold(stage, referral)
    await stage.pass_time(hours=24)
    await release(stage, referral)
    assert await stage.one("SELECT state FROM matches") == ("planned" if agree_first else "confirmed")
    assert len(stage.letters_to("noor")) == 3, "the plan, that it is put off, the plan again"


async def test_a_day_that_has_passed_gives_the_seat_back_and_calls_a_person_where_no_meeting_is_left(stage: Stage) -> None:
    referral = await planned(stage)
    await hold(stage, referral)
    await stage.pass_time(days=6)
    await release(stage, referral)
    assert await stage.state(referral) == "needs_person" and await stage.one("SELECT state FROM matches") == "cancelled"
    assert await stage.one("SELECT needs_reason || ' ' || seats_taken FROM referrals") == "no_candidate 0"
    assert await stage.one("SELECT deadline FROM referrals") == stage.now + stage.config.timing.unmatched_alert
    assert await stage.one("SELECT count(*) FROM tasks WHERE kind = 'needs_person' AND state = 'open'") == 1
    assert any("Someone is needed" in str(letter["Subject"]) for letter in stage.letters_to("carol"))
    await stage.pass_time(hours=49)
    assert await stage.state(referral) == "closed" and await stage.one("SELECT close_reason FROM referrals") == "unfilled"


async def test_somebody_barred_meanwhile_does_not_come_back(stage: Stage) -> None:
    referral = await planned(stage)
    await hold(stage, referral)
    who, first = await companion(stage), await stage.one("SELECT volunteer_id FROM matches")
    await bar(stage, referral, first)
    await stage.world.volunteer("Ann")
    await stage.pass_time(hours=24)
    await release(stage, referral)
    assert await stage.state(referral) == "looking" and await stage.one("SELECT state FROM matches") == "cancelled"
    assert "not needed" in told(stage, who)[-1]
    assert first not in {offer["volunteer_id"] for offer in await stage.offers("queued", "sent")}


async def test_what_waited_for_a_person_waits_for_them_again_with_its_reason(stage: Stage) -> None:
    referral = await waiting(stage)
    await hold(stage, referral)
    assert await stage.one("SELECT count(*) FROM tasks WHERE kind = 'needs_person' AND state = 'open'") == 0
    await release(stage, referral)
    assert await stage.state(referral) == "needs_person"
    assert await stage.one("SELECT reason FROM tasks WHERE kind = 'needs_person' AND state = 'open'") == "no_candidate"


async def test_one_of_two_goes_on_waiting_for_the_second(stage: Stage) -> None:
    referral = await looking(stage, "Tom", "Wendy", "Ann", "Bob", seats=2)
    await stage.yes((await stage.offers("sent"))[0])
    await stage.pass_time(minutes=16)
    await hold(stage, referral)
    assert await stage.one("SELECT state || held_state FROM referrals") == "on_holdpart_filled"
    await stage.world.volunteer("Sue")
    await stage.pass_time(hours=24)
    await release(stage, referral)
    assert await stage.state(referral) == "part_filled" and len(await stage.offers("sent")) >= 1
    assert await stage.one("SELECT count(*) FROM timers WHERE kind = 'pair_deadline' AND state = 'waiting'") == 1


async def test_who_stays_of_two_has_the_clock_again_when_it_goes_on(stage: Stage) -> None:
    referral = await looking(stage, "Tom", "Wendy", "Ann", "Bob", seats=2)
    for offer in (await stage.offers("sent"))[:2]:
        await stage.yes(offer)
    await stage.pass_time(minutes=16)
    gone = await stage.sql.fetchrow("SELECT id, volunteer_id FROM matches ORDER BY seat DESC LIMIT 1")
    assert gone
    actor = Actor(ActorKind.VOLUNTEER, gone["volunteer_id"])
    await stage.db.act(withdraw_companion, stage.config, stage.now, actor=actor, match_id=gone["id"])
    await hold(stage, referral)
    await release(stage, referral)
    assert await stage.state(referral) == "part_filled"
    of_match = (
        "SELECT array_agg(kind::text) FROM timers WHERE state = 'waiting' AND about_id = (SELECT id FROM matches WHERE state = 'confirmed')"
    )
    assert {"meeting_ended", "remind_companion", "remind_newcomer"} <= set(await stage.one(of_match))


async def test_what_is_changed_meanwhile_is_looked_at_when_it_goes_on(stage: Stage) -> None:
    referral = await planned(stage)
    await hold(stage, referral)
    letters = await stage.one("SELECT count(*) FROM letters")
    seen = await look(stage, referral)
    changes = {"comfort": "woman", "email": "noor@new.example"}
    await stage.db.act(
        amending_details.amend_referral,
        stage.config,
        stage.now,
        actor=priya(stage),
        referral_id=referral,
        version=seen.version,
        changes=changes,
    )
    plan = await stage.one("SELECT id FROM letters WHERE kind = 'newcomer_confirmation'")
    with pytest.raises(NotAnyMore):
        await stage.db.act(amending.send_again, stage.config, stage.now, actor=priya(stage), referral_id=referral, letter_id=plan)
    assert await stage.one("SELECT count(*) FROM letters") == letters
    await stage.pass_time(hours=24)
    await release(stage, referral)
    assert await stage.one("SELECT state FROM matches") == "cancelled", "he is no woman"
    assert await stage.state(referral) in ("looking", "needs_person")


async def test_it_can_be_called_off_from_hold_and_each_is_told_once(stage: Stage) -> None:
    referral = await planned(stage)
    await hold(stage, referral)
    who = await companion(stage)
    stage.now += timedelta(seconds=1)
    await stage.db.act(
        amending.cancel_referral, stage.config, stage.now, actor=priya(stage), referral_id=referral, reason=CancelReason.UNWELL
    )
    await stage.pass_time(minutes=1)
    assert await stage.state(referral) == "closed" and await stage.one("SELECT held_state IS NULL AND held_cause IS NULL FROM referrals")
    assert "cancelled" in told(stage, who)[-1]


# ── for safety, and a restriction ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_hold_for_safety_is_ended_by_the_safeguarding_lead_alone(stage: Stage) -> None:
    referral = await planned(stage)
    await hold(stage, referral, carol(stage), cause=HoldCause.SAFETY)
    assert await stage.one("SELECT for_role FROM tasks WHERE kind = 'safeguarding' AND state = 'open'") == "safeguarding_lead"
    assert any("wait for the safeguarding lead" in text for text in told(stage, "carol"))
    for actor in (priya(stage), carol(stage), lead(stage, ActorKind.RECORDS_OFFICER)):
        with pytest.raises(Refused):
            await release(stage, referral, actor)
    await release(stage, referral, lead(stage))
    assert await stage.state(referral) == "matched"
    assert await stage.one("SELECT outcome FROM tasks WHERE kind = 'safeguarding'") == "settled"


async def test_of_a_restriction_nobody_is_told(stage: Stage) -> None:
    referral = await planned(stage)
    officer = lead(stage, ActorKind.RECORDS_OFFICER)
    before = await stage.one("SELECT count(*) FROM letters")
    await hold(stage, referral, officer, cause=HoldCause.RESTRICTION)
    assert await stage.one("SELECT count(*) FROM letters") == before and await stage.state(referral) == "on_hold"
    with pytest.raises(Refused):
        await release(stage, referral, lead(stage))
    await stage.db.act(holding.end_hold, stage.config, stage.now, actor=officer, referral_id=referral)
    await stage.pass_time(minutes=1)
    assert await stage.state(referral) == "closed" and await stage.one("SELECT close_reason FROM referrals") == "cancelled"
    assert await stage.one("SELECT count(*) FROM letters WHERE state = 'sent'") == before


async def test_ending_a_hold_tells_each_once(stage: Stage) -> None:
    referral = await planned(stage)
    await hold(stage, referral, lead(stage), cause=HoldCause.SAFETY)
    with pytest.raises(Refused):
        await stage.db.act(holding.end_hold, stage.config, stage.now, actor=priya(stage), referral_id=referral)
    await stage.db.act(holding.end_hold, stage.config, stage.now, actor=lead(stage), referral_id=referral)
    await stage.pass_time(minutes=1)
    assert await stage.state(referral) == "closed" and await stage.one("SELECT state FROM matches") == "cancelled"
    assert len(stage.letters_to("noor")) == 3 and stage.now > stage.world.now + timedelta(minutes=1)


# ── the meeting itself ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("minutes", "then"), [(30, "matched"), (125, "awaiting_outcome")])
async def test_a_meeting_that_had_begun_before_the_hold_is_asked_about_once_it_goes_on(stage: Stage, minutes: int, then: str) -> None:
    """It ends at half past eight and is asked about at half past nine: on hold then, it is asked about when the hold is over."""
    referral = await planned(stage)
    await stage.until(datetime(2026, 11, 26, 19, 40, tzinfo=UTC))
    await hold(stage, referral, lead(stage), cause=HoldCause.SAFETY)
    await stage.pass_time(minutes=minutes)
    assert await stage.state(referral) == "on_hold" and "are you OK" not in " ".join(told(stage, "tom-"))
    before = len(told(stage, "noor")), len([one for one in told(stage, "tom-") + told(stage, "wendy-") if "plan" in one])
    await release(stage, referral, lead(stage))
    assert await stage.state(referral) == then and await stage.one("SELECT state FROM matches") == "confirmed"
    after = len(told(stage, "noor")), len([one for one in told(stage, "tom-") + told(stage, "wendy-") if "plan" in one])
    assert after == before, "nobody is told anew of what has been"
    await stage.until(datetime(2026, 11, 26, 22, 0, tzinfo=UTC))
    assert await stage.state(referral) == "awaiting_outcome"
    assert await stage.one("SELECT count(*) FROM tasks WHERE kind = 'record_outcome' AND state = 'open'") == 1


async def test_a_plan_that_was_put_off_before_its_day_is_no_meeting_that_took_place(stage: Stage) -> None:
    referral = await planned(stage)
    await hold(stage, referral, carol(stage), reason=HoldReason.TO_SORT_OUT)
    await stage.pass_time(days=4)
    await release(stage, referral, carol(stage))
    assert await stage.state(referral) == "needs_person" and await stage.one("SELECT state FROM matches") == "cancelled"
    await stage.pass_time(days=2)
    assert await stage.one("SELECT close_reason FROM referrals") == "unfilled"
