"""Connect now: who is rung and who never is, one number at a time, shown once and never mailed, and what comes of a call."""

import asyncio
import json
import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from by_hand import carol, do, option_of

from matcher.actions import ringing, standing_in
from matcher.actions.holding import HoldReason, hold_referral
from matcher.actions.ringing import NobodyToRing, Number
from matcher.actions.settling import NotSilent, nudge
from matcher.actions.withdrawing import undo_acceptance
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.errors import Hidden, Refused
from matcher.domain.journey import NeedsReason
from tests.on_call_people import NUMBER, WEDNESDAY, agree, looking, on_call, priya, ring, say, shown
from tests.stage import Stage

DIGITS = re.sub(r"\D", "", NUMBER)


# ── one number ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_best_of_those_on_call_is_rung_and_the_ask_is_kept_like_any_other(stage: Stage) -> None:
    tom, ann = await on_call(stage), await on_call(stage, "Ann", number="07700 900513")
    await stage.sql.execute("UPDATE volunteer_tally SET asks = 4, yeses = 0 WHERE volunteer_id = $1", tom)
    await stage.sql.execute("INSERT INTO volunteer_tally (volunteer_id, asks) VALUES ($1, 4) ON CONFLICT DO NOTHING", tom)
    referral = await looking(stage)
    offer = await ring(stage, referral)
    assert await shown(stage, referral, offer) == Number("Ann", "07700 900513")
    kept = (await stage.offers())[0]
    assert (kept["volunteer_id"], kept["state"], kept["by_telephone"], kept["by_hand"]) == (ann, "sent", True, False)
    assert kept["sent_at"] == stage.now and kept["reply_by"] == stage.now + timedelta(minutes=15)
    why = json.loads(await stage.one("SELECT why::text FROM offer_reasons"))
    assert (why["policy"], why["reason"], why["rank"], why["considered"], why["version"]) == ("ring_now", "ring_now", 1, 2, "p1")
    assert why["by"] == str(stage.world.keyworker_id) and 0 < why["index"] < why["p_hat"]
    tally = await stage.sql.fetchrow("SELECT asks, tired FROM volunteer_tally WHERE volunteer_id = $1", ann)
    assert tuple(tally) == (1.0, 1.0)
    assert await stage.one("SELECT (policy, asked, candidates, reason)::text FROM ask_decisions") == "(ring_now,1,2,ring_now)"


async def test_a_call_is_no_letter_and_fills_no_week(stage: Stage) -> None:
    tom = await on_call(stage, letters_per_week=1)
    referral = await looking(stage)
    await say(stage, referral, await ring(stage, referral), "no_answer")
    assert await stage.one("SELECT count(*) FROM letters") == 0 and await stage.one("SELECT count(*) FROM volunteer_weeks") == 0
    other = await looking(stage)
    stage.now += timedelta(days=1)
    await stage.sql.execute(
        "UPDATE referral_options SET starts_at = starts_at + interval '1 day', ends_at = ends_at + interval '1 day',"
        " meet_at = meet_at + interval '1 day', on_date = on_date + 1, picked_by_hand = true WHERE referral_id = $1",
        other,
    )
    await stage.sql.execute("UPDATE referrals SET deadline = deadline + interval '1 day' WHERE id = $1", other)
    await stage.begin(other)
    assert [(o["volunteer_id"], o["by_telephone"]) for o in await stage.offers() if o["referral_id"] == other] == [(tom, False)]


async def test_a_number_is_shown_once(stage: Stage) -> None:
    await on_call(stage)
    referral = await looking(stage)
    offer = await ring(stage, referral)
    assert await ring(stage, referral) == "" and len(await stage.offers()) == 1, "one number at a time"
    stage.now += timedelta(seconds=59)
    assert await shown(stage, referral, offer) is not None, "a double tap is the same showing"
    stage.now += timedelta(seconds=1)
    assert await shown(stage, referral, offer) is None
    seen = await stage.sql.fetch("SELECT actor_id, action, thing_kind, reason FROM audit WHERE reason = 'number_shown'")
    assert [tuple(row) for row in seen] == [(stage.world.keyworker_id, "ring_now", "volunteers", "number_shown")]


async def test_who_chose_no_number_is_rung_through_their_coordinators_if_they_have_one(stage: Stage) -> None:
    await on_call(stage, number="")
    referral = await looking(stage)
    await stage.sql.execute("UPDATE areas SET on_call_telephone = ''")
    with pytest.raises(NobodyToRing):
        await ring(stage, referral)
    await stage.sql.execute("UPDATE areas SET on_call_telephone = '01632 960002'")
    offer = await ring(stage, referral)
    assert await shown(stage, referral, offer) == Number("Tom", "01632 960002", through="Millbrook Together")


# ── what comes of a call ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_yes_is_the_same_acceptance_and_no_letter_and_no_row_ever_holds_the_number(stage: Stage) -> None:
    tom = await on_call(stage)
    referral = await looking(stage)
    assert await say(stage, referral, await ring(stage, referral), "yes") == "going"
    assert await stage.state(referral) == "matched"
    await stage.pass_time(minutes=16)
    await stage.pass_time(hours=40)
    kinds = {row["kind"] for row in await stage.sql.fetch("SELECT kind FROM letters WHERE state = 'sent'")}
    assert {"offer_accepted", "volunteer_confirmation", "newcomer_confirmation"} <= kinds and "offer" not in kinds
    assert await stage.one("SELECT (volunteer_id = $1 AND seat = 1) FROM matches", tom)
    assert len(stage.letters()) >= 3
    for letter in stage.letters():
        parts = [part.get_content() for part in letter.walk() if part.get_content_maintype() == "text"]
        assert DIGITS not in re.sub(r"[\s().-]", "", "".join([str(letter), *parts])), letter["Subject"]
    for table in await stage.sql.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        for row in await stage.sql.fetch(f'SELECT t::text AS whole FROM "{table["tablename"]}" t'):
            assert NUMBER not in row["whole"] and DIGITS not in row["whole"], table["tablename"]


async def test_a_no_or_no_answer_brings_the_next_and_nobody_twice(stage: Stage) -> None:
    people = {await on_call(stage, name, number=f"07700 90051{n}"): name for n, name in enumerate(("Tom", "Ann", "Bill"))}
    referral = await looking(stage)
    rung = []
    for said in ("no", "no_answer", "no"):
        offer = await ring(stage, referral)
        number = await shown(stage, referral, offer)
        rung.append(number.name if number else "")
        assert await say(stage, referral, offer, said) == said
    assert sorted(rung) == sorted(people.values())
    assert sorted(offer["state"] for offer in await stage.offers()) == ["declined", "declined", "expired"]
    with pytest.raises(NobodyToRing):
        await ring(stage, referral)
    await stage.worker.run_until_idle()
    assert len(await stage.offers()) == 3 and stage.letters_to("members") == [], "nor by letter (H20)"


async def test_a_no_may_be_corrected_to_a_yes_and_pressing_twice_is_one_yes(stage: Stage) -> None:
    await on_call(stage)
    referral = await looking(stage)
    offer = await ring(stage, referral)
    assert await say(stage, referral, offer, "no") == "no"
    assert await shown(stage, referral, offer) is None, "a number is gone with the answer"
    assert [await say(stage, referral, offer, "yes") for _ in range(2)] == ["going", "going"]
    assert await stage.one("SELECT count(*) FROM matches") == 1


async def test_a_yes_after_the_seat_has_gone_says_so_and_is_kept(stage: Stage) -> None:
    tom, ann = await on_call(stage), await stage.world.volunteer("Ann")
    referral = await looking(stage)
    offer = await ring(stage, referral)
    await do(stage, standing_in.record_yes, referral, volunteer_id=ann, option_id=await option_of(stage, referral))
    assert await say(stage, referral, offer, "yes") == "covered"
    assert await stage.one("SELECT state || '/' || state_reason FROM offers WHERE volunteer_id = $1", tom) == "covered/banked"
    await stage.pass_time(minutes=30)
    assert stage.letters_to("tom") == [], "they heard it on the telephone"


async def test_a_call_that_was_overtaken_does_not_live_on_when_the_winner_undoes(stage: Stage) -> None:
    tom, ann = await on_call(stage), await stage.world.volunteer("Ann")
    referral = await looking(stage)
    await ring(stage, referral)
    await do(stage, standing_in.record_yes, referral, volunteer_id=ann, option_id=await option_of(stage, referral))
    match = await stage.one("SELECT id FROM matches")
    assert await stage.db.act(undo_acceptance, stage.config, stage.now, actor=Actor(ActorKind.VOLUNTEER, ann), match_id=match)
    assert await stage.one("SELECT state FROM offers WHERE volunteer_id = $1", tom) == "withdrawn"


async def test_a_yes_for_what_is_called_off_meanwhile_is_not_needed(stage: Stage) -> None:
    await on_call(stage)
    referral = await looking(stage)
    offer = await ring(stage, referral)
    await stage.db.act(hold_referral, stage.config, stage.now, actor=priya(stage), referral_id=referral, reason=next(iter(HoldReason)))
    assert await say(stage, referral, offer, "yes") == "not_needed"
    assert await stage.one("SELECT count(*) FROM matches") == 0


async def test_a_call_that_is_left_ends_after_a_quarter_of_an_hour_and_a_yes_still_counts(stage: Stage) -> None:
    await on_call(stage)
    referral = await looking(stage)
    offer = await ring(stage, referral)
    with pytest.raises(NotSilent):  # nobody is reminded by letter of a call
        await do(stage, nudge, referral, offer_id=UUID(offer))
    await stage.pass_time(minutes=14)
    assert (await stage.offers())[0]["state"] == "sent"
    await stage.pass_time(minutes=2)
    assert (await stage.offers())[0]["state"] == "expired"
    assert await say(stage, referral, offer, "yes") == "going"


async def test_a_coordinator_records_what_they_say_when_they_ring_back(stage: Stage) -> None:
    tom = await on_call(stage)
    referral = await looking(stage)
    await say(stage, referral, await ring(stage, referral), "no_answer")
    assert await do(stage, standing_in.record_yes, referral, volunteer_id=tom, option_id=await option_of(stage, referral)) == "yes"
    assert len(await stage.offers()) == 1


# ── who is never rung ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_outside_their_hours_nobody_is_rung(stage: Stage) -> None:
    ten = 2 * 1440 + 10 * 60
    await on_call(stage, hours=f"{{[{ten},{ten + 60})}}")
    referral = await looking(stage)
    for minutes in (-1, 60):
        stage.now = WEDNESDAY + timedelta(minutes=minutes)
        with pytest.raises(NobodyToRing):
            await ring(stage, referral)
    stage.now = WEDNESDAY + timedelta(minutes=59, seconds=59)
    assert await ring(stage, referral)


async def test_a_consent_taken_back_ends_it_at_once(stage: Stage) -> None:
    tom = await on_call(stage)
    referral, other = await looking(stage), await looking(stage)
    offer = await ring(stage, referral)
    await agree(stage, tom, ring=False)
    assert await shown(stage, referral, offer) is None
    assert await say(stage, referral, offer, "yes") == "not_needed"
    with pytest.raises(NobodyToRing):
        await ring(stage, other)
    assert await stage.one("SELECT may_be_asked AND NOT may_be_rung FROM volunteers"), "they may still be written to"
    await agree(stage, tom)
    assert await ring(stage, other)


IN_THE_WAY = {
    "never agreed": "UPDATE volunteers SET may_be_rung = false",
    "H4 another fellowship": "UPDATE volunteer_fellowships SET ended_at = now()",
    "H5 paused": "UPDATE volunteers SET state = 'paused'",
    "H5 an old role card": "UPDATE volunteers SET role_card_version = '1999-01-01'",
    "H6 a meeting to be checked": "UPDATE meetings SET needs_human_check = true",
    "H7 not their time": "UPDATE referral_options SET picked_by_hand = false; UPDATE referrals SET times = '{0-evening}'",
    "H9 their wish": "UPDATE referrals SET comfort = 'woman'",
    "H10 their language": "UPDATE referrals SET languages = '{pl}'",
    "H11 too far": "UPDATE volunteer_reach SET latitude = 53.9",
    "H12 not free": "UPDATE volunteers SET windows = '{}'",
    "H13 away on the day": "UPDATE volunteers SET away = '{[2026-11-26,2026-11-27)}'",
    "away today": "UPDATE volunteers SET away = '{[2026-11-25,2026-11-26)}'",
    "H14 two days' notice": "UPDATE volunteers SET notice = 'two_days'",
    "H15 goes often enough": "INSERT INTO volunteer_blocks (volunteer_id, block, taken, cap) SELECT id, 742, 2, 2 FROM volunteers",
    "H18 a bar": "INSERT INTO bars (id, kind, provider_id, volunteer_id, set_at) SELECT gen_random_uuid(), 'volunteer_provider', p.id, v.id, now()"
    " FROM providers p, volunteers v",
    "H18 a bar between the two": "INSERT INTO bars (id, kind, newcomer_id, volunteer_id, set_at) SELECT gen_random_uuid(), 'newcomer_volunteer',"
    " r.newcomer_id, v.id, now() FROM referrals r, volunteers v",
    "H1 consent taken back": "INSERT INTO consents (id, person_id, purpose, given, wording_version, method, at)"
    " SELECT gen_random_uuid(), newcomer_id, 'c1', false, '1', 'spoken', now() FROM referrals",
    "H19 only in a pair": "UPDATE volunteers SET pair_only = true",
    "H21 they rest": "UPDATE referrals SET episode = 'resting'",
    "a person looks at it": f"UPDATE referrals SET state = 'needs_person', needs_reason = '{NeedsReason.NO_CANDIDATE.value}'",
    "full": "UPDATE referrals SET seats_taken = 1",
    "not within two days": "UPDATE referral_options SET starts_at = starts_at + interval '15 hours', ends_at = ends_at + interval '15 hours'",
    "too near": "UPDATE referral_options SET starts_at = starts_at - interval '32 hours', ends_at = ends_at - interval '32 hours',"
    " meet_at = meet_at - interval '32 hours'",
}


async def test_every_hard_rule_holds_for_a_call(stage: Stage) -> None:
    """Each fact alone, in a transaction that is taken back; without any, they are rung."""
    await on_call(stage)
    referral = await looking(stage)
    rung = []
    for what, change in {"nothing": "SELECT 1", **IN_THE_WAY}.items():
        tried = stage.sql.transaction()
        await tried.start()
        await stage.sql.execute(f"SELECT set_config('alongside.acting', '{stage.now.isoformat()}|clock||test|', true)")
        await stage.sql.execute(change)
        try:
            await ringing.ring_somebody(stage.sql, stage.config, stage.now, actor=priya(stage), referral_id=referral)
            rung.append(what)
        except NobodyToRing:
            assert await stage.offers() == [], what
        await tried.rollback()
    assert rung == ["nothing"]


async def test_who_was_written_to_for_this_referral_or_has_an_open_letter_is_not_rung(stage: Stage) -> None:
    await on_call(stage)
    referral = await looking(stage)
    await stage.worker.run_until_idle()
    assert len(stage.letters_to("tom")) == 1
    for one in (referral, await looking(stage)):  # H20 here, H16 there
        with pytest.raises(NobodyToRing):
            await ring(stage, one)
    with pytest.raises(Hidden):  # and a keyworker answers for nobody who was asked by letter
        await say(stage, referral, str((await stage.offers("sent"))[0]["id"]), "yes")


async def test_who_has_had_their_letters_of_the_week_is_left_in_peace(stage: Stage) -> None:
    await on_call(stage, letters_per_week=1)
    first = await looking(stage)
    await stage.worker.run_until_idle()
    await stage.no((await stage.offers("sent"))[0])
    assert await stage.state(first)
    with pytest.raises(NobodyToRing):
        await ring(stage, await looking(stage))


async def test_who_was_asked_lately_is_rung_last_and_not_while_a_letter_of_this_referral_is_open(stage: Stage) -> None:
    tom, ann = await on_call(stage), await on_call(stage, "Ann", number="07700 900513")
    await stage.sql.execute(
        "INSERT INTO volunteer_tally (volunteer_id, last_asked_at) VALUES ($1, $2)", tom, WEDNESDAY - timedelta(hours=3)
    )
    await stage.sql.execute("INSERT INTO volunteer_tally (volunteer_id, asks) VALUES ($1, 9)", ann)
    referral = await looking(stage)
    offer = await ring(stage, referral)
    assert (await stage.offers())[0]["volunteer_id"] == ann, "the rested first"
    await say(stage, referral, offer, "no_answer")
    facts = {"referral_id": referral, "volunteer_id": await stage.world.volunteer("Bill"), "option_ids": [await option_of(stage, referral)]}
    await stage.db.act(standing_in.ask, stage.config, stage.now, actor=carol(stage), **facts)
    with pytest.raises(NobodyToRing):
        await ring(stage, referral)
    await stage.no((await stage.offers("queued"))[0])
    assert await ring(stage, referral)


async def test_after_some_calls_the_coordinator_is_the_better_call(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ringing, "CALLS_MOST", 2)
    for number in range(3):
        await on_call(stage, f"Tom{number}")
    referral = await looking(stage)
    for _ in range(2):
        await say(stage, referral, await ring(stage, referral), "no_answer")
    with pytest.raises(NobodyToRing):
        await ring(stage, referral)


async def test_only_the_referrals_own_keyworker_rings(stage: Stage) -> None:
    await on_call(stage)
    referral = await looking(stage)
    eve = Actor(ActorKind.KEYWORKER, uuid4(), provider_id=uuid4())
    colleague = Actor(ActorKind.KEYWORKER, uuid4(), provider_id=stage.world.provider_id)
    for other in (eve, colleague):
        with pytest.raises(Hidden):
            await ring(stage, referral, by=other)
    with pytest.raises(Refused):
        await ring(stage, referral, by=carol(stage))
    offer = await ring(stage, referral)
    with pytest.raises(Hidden):
        await say(stage, referral, offer, "yes", by=eve)
    second = await looking(stage)
    with pytest.raises(Hidden):
        await say(stage, second, offer, "yes")


# ── two at once ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def together(stage: Stage, *referrals: UUID) -> list[Any]:
    """Everybody presses at the same moment."""
    return await asyncio.gather(*(ring(stage, referral) for referral in referrals), return_exceptions=True)


async def test_two_keyworkers_at_once_never_ring_the_same_person(stage: Stage) -> None:
    for name in ("Tom", "Ann", "Bill"):
        await on_call(stage, name)
    alone = await looking(stage)
    answers = await together(stage, alone, alone, alone)
    assert sorted(map(len, answers)) == [0, 0, 36] and len(await stage.offers()) == 1, "three presses for one referral are one call"
    await say(stage, alone, max(answers), "no_answer")
    referrals = [await looking(stage) for _ in range(5)]
    calls = 0
    for _ in range(4):
        answers = await together(stage, *referrals)
        assert all(isinstance(one, str | NobodyToRing) for one in answers), answers
        made = {referral: one for referral, one in zip(referrals, answers, strict=True) if isinstance(one, str)}
        rung = [offer["volunteer_id"] for offer in await stage.offers("sent")]
        assert len(rung) == len(set(rung)) == len(made), "one call each"
        for referral, offer in made.items():
            await say(stage, referral, offer, "no_answer")
        calls += len(made)
    assert calls >= 8


async def test_the_schema_itself_refuses_a_second_call(stage: Stage) -> None:
    tom, ann = await on_call(stage), await on_call(stage, "Ann")
    referral, other = await looking(stage), await looking(stage)
    await ring(stage, referral)
    copy = "INSERT INTO offers SELECT (jsonb_populate_record(o, $1::jsonb)).* FROM offers o"
    taken = await stage.one("SELECT volunteer_id FROM offers")
    for changes, index in (
        ({"referral_id": str(other)}, "offers_one_call_to_each"),
        ({"volunteer_id": str(ann if taken == tom else tom)}, "offers_one_call_for_each"),
    ):
        with pytest.raises(asyncpg.UniqueViolationError, match=index):
            async with stage.sql.transaction():
                await stage.sql.execute(f"SELECT set_config('alongside.acting', '{stage.now.isoformat()}|clock||test|', true)")
                await stage.sql.execute(copy, json.dumps({"id": str(uuid4()), **changes}))
