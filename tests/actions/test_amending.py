"""After sending: details changed, another person, letters again, called off, consent withdrawn, and the honest answer when nobody was found."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from matcher.actions import amending, amending_details, ending
from matcher.actions.amending import NotAnyMore
from matcher.actions.answering import NotThatOne
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.arrangement import Referral
from matcher.domain.errors import Changed, Hidden
from matcher.domain.journey import CancelReason, MeetingBegun, MovedOn, ReferralClosed
from matcher.domain.task import OutcomeDoesNotFit, OutcomeNeeded, TaskOutcome
from matcher.store import consents
from tests.referral_making import an_eve, fill, look, priya, send
from tests.stage import Stage, words

BY_EMAIL = {"channels": "email", "email": "noor@letters.example", "email_safe": True, "consent_contact": True}


async def amend(stage: Stage, referral_id: UUID, *, version: int | None = None, **changes: Any) -> Referral:
    now = await look(stage, referral_id)
    await stage.db.act(
        amending_details.amend_referral,
        stage.config,
        stage.now,
        actor=priya(stage),
        referral_id=referral_id,
        version=now.version if version is None else version,
        changes=changes,
    )
    return await look(stage, referral_id)


async def asked(stage: Stage, *people: str, **changes: Any) -> Referral:
    """Noor's referral, sent, with its first letters out."""
    for name in people or ("Tom",):
        await stage.world.volunteer(name)
    referral = await send(stage, await fill(stage, **changes))
    await stage.worker.run_until_idle()
    return referral


async def matched(stage: Stage, *people: str, told: bool = True, **changes: Any) -> Referral:
    """The same with a yes, and the plan told."""
    referral = await asked(stage, *people, **changes)
    [first, *_] = await stage.offers("sent")
    await stage.yes(first)
    if told:
        await stage.pass_time(minutes=16)
    return await look(stage, referral.id)


async def the_match(stage: Stage) -> UUID:
    found: UUID = await stage.one("SELECT id FROM matches WHERE state <> 'cancelled'")
    return found


async def act(stage: Stage, action: Any, *, actor: Actor | None = None, **facts: Any) -> Any:
    answer = await stage.db.act(action, stage.config, stage.now, actor=actor or priya(stage), **facts)
    await stage.worker.run_until_idle()
    return answer


# ── details ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_held_is_shown_as_it_was_sent(stage: Stage) -> None:
    given = {"comfort": "woman", "language": "other", "other_language": "pl", "needs": ["step_free", "other"], "needs_note": "A chair"}
    avoid = {"avoid_people": [{"name": "Gaz", "how_known": "cousin"}], "care": ["daytime_only"], "phone": "0113 496 0000"}
    referral = await send(stage, await fill(stage, **given, **avoid, **BY_EMAIL))
    async with stage.db.reading() as c:
        answers = await amending_details.answers_of_referral(c, stage.config, referral)
    for name, value in {**given, **avoid, **BY_EMAIL}.items():
        held = getattr(answers, name)
        assert (list(held) if isinstance(held, tuple) else held) == value, name
    assert answers.consent_tell and not answers.consent_number


async def test_needs_changed_after_the_yes_reach_the_companion_in_a_new_letter(stage: Stage) -> None:
    referral = await matched(stage)
    before = len(stage.letters_to("tom"))
    amended = await amend(stage, referral.id, needs=("step_free",))
    await stage.worker.run_until_idle()
    assert (amended.state, amended.needs, amended.version) == ("matched", ("step_free",), referral.version + 1)
    assert len(stage.letters_to("tom")) == before + 1
    assert await stage.one("SELECT max(revision) FROM letters WHERE kind = 'volunteer_confirmation'") == 2


@pytest.mark.parametrize("changes", [{"comfort": "woman"}, {"care": ("daytime_only",)}, {"language": "other", "other_language": "pl"}])
async def test_a_companion_who_no_longer_fits_is_thanked_and_the_search_goes_on(stage: Stage, changes: dict[str, Any]) -> None:
    referral = await matched(stage)
    amended = await amend(stage, referral.id, **changes)
    assert (amended.state, amended.seats_taken) == ("looking", 0)
    await stage.worker.run_until_idle()
    assert await stage.one("SELECT cancelled_reason FROM matches") == "newcomer_choice"
    told = [words(letter) for letter in stage.letters_to("tom")]
    assert len([text for text in told if "You are not needed" in text and "Noor" not in text]) == 1


async def test_invitations_that_no_longer_fit_are_withdrawn_and_the_others_stay(stage: Stage) -> None:
    await stage.world.volunteer("Wendy", says_is="woman")
    referral = await asked(stage, "Tom")
    await amend(stage, referral.id, comfort="woman")
    rows = await stage.sql.fetch("SELECT o.state, v.says_is FROM offers o JOIN volunteers v ON v.id = o.volunteer_id")
    assert {(row["says_is"], row["state"]) for row in rows} == {("man", "withdrawn"), ("woman", "sent")}
    await stage.worker.run_until_idle()
    assert await stage.one("SELECT count(*) FROM letters WHERE kind = 'covered'") == 1


async def test_somebody_newly_named_to_avoid_holds_asking_and_calls_the_coordinator(stage: Stage) -> None:
    await asked(stage, "Tom", "Ann", "Bob", "Cat")
    referral_id = await stage.one("SELECT id FROM referrals")
    amended = await amend(stage, referral_id, avoid_people=({"name": "Gaz", "how_known": ""},))
    assert (amended.state, amended.needs_reason, amended.to_settle, amended.released) == (
        "needs_person",
        "to_settle",
        ("avoid_people",),
        False,
    )
    before = len(await stage.offers())
    await stage.pass_time(hours=6)
    assert len(await stage.offers()) == before
    assert len(stage.letters_to("carol")) == 1


async def test_a_yes_that_comes_while_it_is_held_takes_no_seat(stage: Stage) -> None:
    referral = await asked(stage, "Tom")
    await amend(stage, referral.id, avoid_people=({"name": "Gaz", "how_known": ""},))
    with pytest.raises(NotThatOne):
        await stage.yes((await stage.offers())[0])
    assert await stage.one("SELECT count(*) FROM matches") == 0 and await stage.state(referral.id) == "needs_person"


async def test_a_match_stays_when_somebody_else_is_named_and_the_coordinator_looks(stage: Stage) -> None:
    referral = await matched(stage)
    amended = await amend(stage, referral.id, avoid_people=({"name": "Gaz", "how_known": ""},))
    assert amended.state == "matched"
    assert await stage.one("SELECT reason FROM tasks WHERE kind = 'needs_person' AND state = 'open'") == "to_settle"


async def test_a_plan_that_has_not_left_goes_to_the_new_address_alone(stage: Stage) -> None:
    referral = await matched(stage, told=False, **BY_EMAIL)
    await amend(stage, referral.id, email="noor@new.example")
    await stage.pass_time(minutes=16)
    assert stage.letters_to("noor@letters.example") == [] and len(stage.letters_to("noor@new.example")) == 1


async def test_a_plan_that_was_sent_goes_to_the_new_address_and_its_old_link_ends(stage: Stage) -> None:
    referral = await matched(stage, **BY_EMAIL)
    assert len(stage.letters_to("noor@letters.example")) == 1
    await amend(stage, referral.id, email="noor@new.example")
    await stage.worker.run_until_idle()
    assert len(stage.letters_to("noor@new.example")) == 1
    assert await stage.one("SELECT count(*) FROM links WHERE purpose = 'my_plan' AND ended_at IS NULL") == 1


async def test_no_more_email_takes_back_what_waits_and_gives_the_keyworker_the_sheet_to_print(stage: Stage) -> None:
    referral = await matched(stage, **BY_EMAIL)
    amended = await amend(stage, referral.id, channels="keyworker", consent_contact=False)
    assert amended.channel == "keyworker"
    assert await stage.one("SELECT count(*) FROM tasks WHERE kind = 'print_plan' AND state = 'open'") == 1
    async with stage.db.reading() as c:
        assert not await consents.find_consent(c, referral.newcomer_id, "c2")
        assert await consents.find_consent(c, referral.newcomer_id, "c1")


async def test_a_corrected_address_closes_the_bounce_and_sends_the_plan(stage: Stage) -> None:
    referral = await matched(stage, **BY_EMAIL)
    await stage.sql.execute("UPDATE referrals SET email_state = 'bounced'")
    await stage.sql.execute(
        """
        SELECT set_config('alongside.acting', '2026-11-23T10:00:00+00:00|clock||test|', false)
        """
    )
    await stage.sql.execute(
        """
        INSERT INTO tasks (id, kind, for_role, provider_id, staff_id, about_id, referral_id, opened_at, state)
        VALUES ($1, 'letter_bounced', 'keyworker', $2, $3, $4, $4, $5, 'open')
        """,
        uuid4(),
        stage.world.provider_id,
        stage.world.keyworker_id,
        referral.id,
        stage.now,
    )
    await amend(stage, referral.id, email="noor@new.example")
    await stage.worker.run_until_idle()
    assert await stage.one("SELECT outcome FROM tasks WHERE kind = 'letter_bounced'") == "address_corrected"
    assert len(stage.letters_to("noor@new.example")) == 1


async def test_care_by_two_people_asked_for_after_a_yes_keeps_the_first_and_asks_for_a_second(stage: Stage) -> None:
    referral = await matched(stage, "Tom", "Ann", "Bob", "Cat")
    amended = await amend(stage, referral.id, care=("two_people",))
    assert (amended.state, amended.seats, amended.seats_taken) == ("part_filled", 2, 1)
    await stage.worker.run_until_idle()
    assert await stage.one("SELECT count(*) FROM matches WHERE state <> 'cancelled'") == 1


async def test_a_page_that_is_out_of_date_saves_nothing(stage: Stage) -> None:
    referral = await asked(stage)
    await amend(stage, referral.id, fare_help="cash")
    with pytest.raises(Changed):
        await amend(stage, referral.id, version=referral.version, fare_help="taxi")
    assert (await look(stage, referral.id)).fare_help == "cash"


async def test_only_her_own_keyworker_changes_anything(stage: Stage) -> None:
    referral = await asked(stage)
    facts: dict[str, Any] = {"actor": an_eve(), "referral_id": referral.id}
    with pytest.raises(Hidden):
        await stage.db.act(amending_details.amend_referral, stage.config, stage.now, version=1, changes={}, **facts)
    with pytest.raises(Hidden):
        await stage.db.act(amending.cancel_referral, stage.config, stage.now, reason=CancelReason.UNWELL, **facts)
    with pytest.raises(Hidden):
        await stage.db.act(amending.withdraw_consent, stage.config, stage.now, **facts)
    stranger = Actor(ActorKind.NEWCOMER, uuid4(), link_purpose="my_plan", about_id=referral.id)
    with pytest.raises(Hidden):
        await stage.db.act(amending.withdraw_consent, stage.config, stage.now, actor=stranger, referral_id=referral.id)
    assert await stage.state(referral.id) == "looking"


# ── another person, ends ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_another_person_bars_the_first_asks_no_reason_and_looks_on(stage: Stage) -> None:
    referral = await matched(stage, "Tom", "Ann", "Bob", "Cat", "Dan")
    first = await stage.one("SELECT volunteer_id FROM matches")
    await act(stage, amending.want_other_person, referral_id=referral.id, match_id=await the_match(stage))
    assert (await look(stage, referral.id)).state == "looking"
    bar = await stage.sql.fetchrow("SELECT kind, newcomer_id, volunteer_id, reason_box FROM bars")
    assert tuple(bar) == ("newcomer_volunteer", referral.newcomer_id, first, None)
    await stage.pass_time(hours=20)
    assert await stage.one("SELECT count(*) FROM offers WHERE volunteer_id = $1", first) == 1
    assert await stage.one("SELECT count(*) FROM letters WHERE kind = 'cancellation' AND party_id = $1", first) == 1


async def test_the_newcomer_may_say_it_too_and_twice_is_once(stage: Stage) -> None:
    referral = await matched(stage)
    noor = Actor(ActorKind.NEWCOMER, referral.newcomer_id, link_purpose="my_plan", about_id=referral.id)
    match_id = await the_match(stage)
    await act(stage, amending.want_other_person, actor=noor, referral_id=referral.id, match_id=match_id)
    with pytest.raises(Changed):
        await act(stage, amending.want_other_person, actor=noor, referral_id=referral.id, match_id=match_id)
    assert await stage.one("SELECT count(*) FROM bars") == 1


async def test_called_off_tells_each_party_once_and_never_why(stage: Stage) -> None:
    referral = await matched(stage, **BY_EMAIL)
    await act(stage, amending.cancel_referral, referral_id=referral.id, reason=CancelReason.UNWELL)
    row = await stage.sql.fetchrow("SELECT state, close_reason, cancel_reason FROM referrals")
    assert tuple(row) == ("closed", "cancelled", "unwell")
    assert len([one for one in stage.letters_to("tom") if "is cancelled" in words(one)]) == 1
    assert len([one for one in stage.letters_to("noor") if "is off" in words(one)]) == 1
    told = [words(one) for one in stage.letters() if "is cancelled" in words(one) or "is off" in words(one)]
    assert not [text for text in told if "unwell" in text]
    assert await stage.one("SELECT count(*) FROM letters WHERE kind = 'cancellation'") == 2
    await stage.pass_time(days=2)
    assert await stage.one("SELECT count(*) FROM letters WHERE kind = 'cancellation'") == 2


async def test_a_newcomer_who_was_told_nothing_is_told_nothing_when_it_is_called_off(stage: Stage) -> None:
    referral = await matched(stage, told=False, **BY_EMAIL)
    await act(stage, amending.cancel_referral, referral_id=referral.id, reason=CancelReason.DUPLICATE)
    assert stage.letters_to("noor") == []
    assert await stage.one("SELECT count(*) FROM letters WHERE kind = 'cancellation'") == 1
    assert await stage.one("SELECT count(*) FROM tasks WHERE state = 'open'") == 0


async def test_without_email_the_keyworker_tells_them_that_it_is_off(stage: Stage) -> None:
    referral = await matched(stage)
    await act(stage, amending.cancel_referral, referral_id=referral.id, reason=CancelReason.MOVED)
    open_tasks = await stage.sql.fetch("SELECT kind, reason FROM tasks WHERE state = 'open'")
    assert [tuple(row) for row in open_tasks] == [("tell_in_person", "cancelled")]


async def test_after_the_start_it_cannot_be_called_off_any_more(stage: Stage) -> None:
    referral = await matched(stage)
    stage.now = await stage.one("SELECT starts_at FROM matches") + timedelta(minutes=1)
    with pytest.raises(MeetingBegun):
        await stage.db.act(
            amending.cancel_referral, stage.config, stage.now, actor=priya(stage), referral_id=referral.id, reason=CancelReason.UNWELL
        )


async def test_consent_withdrawn_stops_everything_at_once(stage: Stage) -> None:
    referral = await matched(stage, "Tom", "Ann", **BY_EMAIL)
    noors = len(stage.letters_to("noor"))
    await act(stage, amending.withdraw_consent, referral_id=referral.id)
    assert (await look(stage, referral.id)).close_reason == "consent_withdrawn"
    async with stage.db.reading() as c:
        ledger = await consents.list_consents(c, referral.newcomer_id)
    assert [(one.purpose, one.given) for one in ledger] == [("c1", True), ("c2", True), ("c1", False), ("c2", False)]
    assert len(stage.letters_to("noor")) == noors
    assert await stage.one("SELECT count(*) FROM links WHERE about_id = $1 AND ended_at IS NULL", referral.id) == 0
    assert await stage.one("SELECT count(*) FROM timers WHERE referral_id = $1 AND state = 'waiting'", referral.id) == 0
    with pytest.raises(ReferralClosed):
        await stage.db.act(amending.withdraw_consent, stage.config, stage.now, actor=priya(stage), referral_id=referral.id)


async def test_a_search_that_found_nobody_ends_with_meetings_to_go_to(stage: Stage) -> None:
    await stage.world.meeting(uuid4(), weekday=2)
    referral = await send(stage, await fill(stage, when=["1-evening", "3-evening"], **BY_EMAIL))
    await stage.worker.run_until_idle()
    assert (await look(stage, referral.id)).needs_reason == "no_candidate"
    await act(stage, amending.give_up, referral_id=referral.id)
    assert (await look(stage, referral.id)).close_reason == "unfilled"
    [letter] = stage.letters_to("noor")
    assert "24 November" in words(letter) or "Tuesday" in words(letter)
    assert len(stage.letters_to("priya")) == 2


async def test_the_honest_answer_leaves_before_the_meeting_starts_and_only_once(stage: Stage) -> None:
    referral = await asked(stage, "Tom", **BY_EMAIL)
    assert referral.deadline is not None
    await stage.until(referral.deadline)
    assert (await look(stage, referral.id)).close_reason == "unfilled"
    assert len(stage.letters_to("noor")) == 1
    await stage.db.act(ending.end_unfilled, stage.config, stage.now, referral.id)
    await stage.worker.run_until_idle()
    assert len(stage.letters_to("noor")) == 1


async def test_end_unfilled_leaves_alone_what_is_matched_or_has_time_left(stage: Stage) -> None:
    waiting = await asked(stage, "Tom")
    await stage.db.act(ending.end_unfilled, stage.config, stage.now, waiting.id)
    assert await stage.state(waiting.id) == "looking"
    await stage.yes((await stage.offers("sent"))[0])
    late = await stage.one("SELECT deadline FROM referrals")
    await stage.db.act(ending.end_unfilled, stage.config, late, waiting.id)
    assert await stage.state(waiting.id) == "matched"


async def test_giving_up_while_volunteers_are_still_thinking_is_not_possible(stage: Stage) -> None:
    referral = await asked(stage, "Tom")
    with pytest.raises(MovedOn):
        await stage.db.act(amending.give_up, stage.config, stage.now, actor=priya(stage), referral_id=referral.id)


# ── letters again, tasks ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def letter_id(stage: Stage, kind: str) -> UUID:
    found: UUID = await stage.one("SELECT id FROM letters WHERE kind = $1 ORDER BY revision DESC LIMIT 1", kind)
    return found


async def test_the_plan_sent_again_is_a_new_revision_whose_link_ends_the_old_one(stage: Stage) -> None:
    referral = await matched(stage, **BY_EMAIL)
    stage.now += timedelta(seconds=1)
    sent = await act(stage, amending.send_again, referral_id=referral.id, letter_id=await letter_id(stage, "newcomer_confirmation"))
    assert sent is not None and len(stage.letters_to("noor")) == 2
    assert await stage.one("SELECT revision FROM letters WHERE id = $1", sent) == 2
    assert await stage.one("SELECT count(*) FROM links WHERE purpose = 'my_plan' AND ended_at IS NULL") == 1


async def test_an_invitation_sent_again_by_the_coordinator_ends_its_first_link(stage: Stage) -> None:
    referral = await asked(stage, "Tom")
    carol = Actor(ActorKind.COORDINATOR, stage.world.coordinator_id, area_ids=frozenset({stage.world.area_id}))
    await act(stage, amending.send_again, actor=carol, referral_id=referral.id, letter_id=await letter_id(stage, "offer"))
    assert len(stage.letters_to("tom")) == 2
    assert await stage.one("SELECT count(*) FROM links WHERE purpose = 'answer_offer' AND ended_at IS NULL") == 1
    assert await stage.one("SELECT count(*) FROM offers") == 1


@pytest.mark.parametrize("kind", ["offer_accepted", "keyworker_notice"])
async def test_a_letter_that_is_no_use_any_more_is_not_sent_again(stage: Stage, kind: str) -> None:
    referral = await matched(stage)
    stage.now = await stage.one("SELECT starts_at FROM matches") + timedelta(minutes=1)
    with pytest.raises(NotAnyMore):
        await stage.db.act(
            amending.send_again,
            stage.config,
            stage.now,
            actor=priya(stage),
            referral_id=referral.id,
            letter_id=await letter_id(stage, kind),
        )


async def test_a_task_is_closed_by_its_own_keyworker_with_an_outcome_of_its_kind(stage: Stage) -> None:
    await matched(stage)
    task_id = await stage.one("SELECT id FROM tasks WHERE kind = 'print_plan'")
    for actor, outcome, error in (
        (an_eve(), TaskOutcome.PRINTED, Hidden),
        (priya(stage), None, OutcomeNeeded),
        (priya(stage), TaskOutcome.ADMITTED, OutcomeDoesNotFit),
    ):
        with pytest.raises(error):
            await stage.db.act(amending.close_task, stage.config, stage.now, actor=actor, task_id=task_id, outcome=outcome)
    assert await act(stage, amending.close_task, task_id=task_id, outcome=TaskOutcome.PRINTED)
    assert not await act(stage, amending.close_task, task_id=task_id, outcome=TaskOutcome.TOLD)
    assert await stage.one("SELECT outcome FROM tasks WHERE id = $1", task_id) == "printed"


async def test_printing_the_plan_notes_what_and_when_and_closes_its_task(stage: Stage) -> None:
    referral = await matched(stage)
    with pytest.raises(Hidden):
        await stage.db.act(amending.note_printed, stage.config, stage.now, actor=an_eve(), referral_id=referral.id)
    await act(stage, amending.note_printed, referral_id=referral.id)
    assert await stage.one("SELECT outcome FROM tasks WHERE kind = 'print_plan'") == "printed"
    assert await stage.one("SELECT count(*) FROM audit WHERE action = 'print' AND thing_kind = 'referrals' AND reason = 'my_plan'") == 1
