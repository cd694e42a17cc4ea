"""A keyworker fills in a referral and sends it: what is kept, what is asked, what waits for a person, and what happens twice."""

import asyncio
from datetime import time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from matcher.actions import choosing_meetings, referring, submitting
from matcher.actions.referring import AdultsOnly, ChangedElsewhere
from matcher.actions.submitting import ThirtyAnHour, seeker_for
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.draft import DraftPage, write_option
from matcher.domain.errors import Hidden, Invalid, NotFound
from matcher.matching.eligible import Band
from matcher.store import consents, drafts, referrals
from tests.referral_making import PAGES, WHO, an_eve, draft_answers, fill, look, priya, save, send
from tests.stage import Stage

THURSDAY = "2026-11-26"


async def test_a_finished_form_becomes_a_referral_that_looks_for_company_at_once(stage: Stage) -> None:
    await stage.world.volunteer("Tom")
    referral = await send(stage, await fill(stage))
    assert (referral.state, referral.area_id, referral.channel, referral.seats) == ("looking", stage.world.area_id, "keyworker", 1)
    await stage.worker.run_until_idle()
    assert len(await stage.offers()) == 1


async def test_the_boxes_hold_what_was_said_and_nothing_of_it_stands_in_clear(stage: Stage) -> None:
    more = {"experience_note": "Went once, liked the tea", "goal": "Three meetings", "fare_help": "ticket", "fare_amount": "4.50"}
    referral = await send(stage, await fill(stage, **more))
    assert referral.newcomer and referral.contact is None and referral.avoid is None
    opened = stage.config.vault.open(referral.newcomer)
    assert (opened["name_used"], opened["own_reference"], opened["experience_note"]) == ("Noor", "H-77", "Went once, liked the tea")
    assert opened["commitments"]["goal"] == "Three meetings" and opened["fare"]["amount"] == "4.50"
    row = await stage.sql.fetchval("SELECT r::text FROM referrals r WHERE id = $1", referral.id)
    assert not [word for word in ("Noor", "H-77", "tea") if word in row]


async def test_each_consent_stands_in_the_ledger_by_itself_with_wording_method_and_hand(stage: Stage) -> None:
    given = {"consent_afterwards": True, "consent_method": "signed"}
    referral = await send(stage, await fill(stage, **given))
    async with stage.db.reading() as c:
        ledger = await consents.list_consents(c, referral.newcomer_id)
    assert [(one.purpose, one.given, one.method) for one in ledger] == [("c1", True, "signed"), ("c4", True, "signed")]
    assert {one.wording_version for one in ledger} == {submitting.CONSENT_WORDING}
    assert {one.actor_id for one in ledger} == {stage.world.keyworker_id}


async def test_sending_twice_at_once_is_one_referral_and_both_are_told_its_id(stage: Stage) -> None:
    draft_id = await fill(stage)

    async def press() -> UUID:
        return await stage.db.act(submitting.submit_referral, stage.config, stage.now, actor=priya(stage), draft_id=draft_id)

    assert set(await asyncio.gather(press(), press(), press())) == {draft_id}
    assert await stage.one("SELECT count(*) FROM referrals") == 1
    assert await stage.one("SELECT count(*) FROM consents WHERE purpose = 'c1'") == 1
    assert await stage.one("SELECT count(*) FROM drafts") == 0


async def test_nobody_else_can_look_into_save_or_send_a_draft(stage: Stage) -> None:
    draft_id = await fill(stage)
    for other in (an_eve(), Actor(ActorKind.KEYWORKER, uuid4(), provider_id=stage.world.provider_id)):
        with pytest.raises(Hidden):
            await stage.db.act(submitting.submit_referral, stage.config, stage.now, actor=other, draft_id=draft_id)
        with pytest.raises(Hidden):
            await stage.db.act(
                referring.save_page, stage.config, stage.now, actor=other, draft_id=draft_id, page=DraftPage.MORE, answers={}, saved=0
            )
    await send(stage, draft_id)
    with pytest.raises(Hidden):
        await stage.db.act(submitting.submit_referral, stage.config, stage.now, actor=an_eve(), draft_id=draft_id)


@pytest.mark.parametrize(
    ("changes", "settle"),
    [
        ({"avoid_people": [{"name": "Gaz", "how_known": "a cousin"}]}, ["avoid_people"]),
        ({"care": ["coordinator_first"]}, ["coordinator_first"]),
        ({"comfort": "own_words", "comfort_words": "Somebody calm"}, ["own_words"]),
    ],
)
async def test_what_must_be_settled_first_goes_to_a_coordinator_and_nobody_is_asked(
    stage: Stage, changes: dict[str, Any], settle: list[str]
) -> None:
    await stage.world.volunteer("Tom")
    referral = await send(stage, await fill(stage, **changes))
    await stage.pass_time(hours=5)
    assert (referral.state, referral.needs_reason, list(referral.to_settle)) == ("needs_person", "to_settle", settle)
    assert await stage.offers() == []
    assert await stage.one("SELECT reason FROM tasks WHERE for_role = 'coordinator'") == "to_settle"
    assert len(stage.letters_to("carol")) == 1 and not [w for w in ("Gaz", "calm", "Noor") if w in str(stage.letters_to("carol")[0])]


async def test_what_waits_to_be_settled_still_gets_its_answer_before_the_meeting(stage: Stage) -> None:
    referral = await send(stage, await fill(stage, care=["coordinator_first"]))
    assert referral.deadline is not None
    await stage.until(referral.deadline + timedelta(minutes=1))
    assert await stage.state(referral.id) == "closed"
    assert await stage.one("SELECT close_reason FROM referrals") == "unfilled"


async def test_somebody_not_interested_is_a_short_complete_record(stage: Stage) -> None:
    draft_id = await stage.db.act(referring.start_draft, stage.config, stage.now, actor=priya(stage), answers=WHO)
    await save(stage, draft_id, DraftPage.FELLOWSHIP, {"exposure": "not_interested", "fellowships": []})
    for _ in range(2):
        await stage.db.act(submitting.record_not_interested, stage.config, stage.now, actor=priya(stage), draft_id=draft_id)
    row = await stage.sql.fetchrow("SELECT state, close_reason, exposure, area_id FROM referrals")
    assert tuple(row) == ("closed", "declined", "not_interested", None)
    assert await stage.one("SELECT count(*) FROM consents") == 0


async def test_of_somebody_under_18_nothing_is_kept(stage: Stage) -> None:
    keys = await stage.one("SELECT count(*) FROM person_keys")
    with pytest.raises(AdultsOnly):
        await stage.db.act(referring.start_draft, stage.config, stage.now, actor=priya(stage), answers=WHO | {"age_ok": "12_to_17"})
    assert await stage.one("SELECT count(*) FROM drafts") == 0 and await stage.one("SELECT count(*) FROM person_keys") == keys


async def test_two_windows_lose_nothing(stage: Stage) -> None:
    draft_id = await fill(stage)
    assert await save(stage, draft_id, DraftPage.PEOPLE, PAGES[DraftPage.PEOPLE] | {"comfort": "woman"}, saved=1) == 2
    with pytest.raises(ChangedElsewhere):
        await save(stage, draft_id, DraftPage.PEOPLE, PAGES[DraftPage.PEOPLE] | {"comfort": "man"}, saved=1)
    await save(stage, draft_id, DraftPage.WHEN, PAGES[DraftPage.WHEN] | {"when": ["3-evening", "0-evening"]}, saved=1)
    answers = await draft_answers(stage, draft_id)
    assert (answers.comfort, answers.when) == ("woman", ("3-evening", "0-evening"))


async def test_the_same_answers_again_are_no_conflict(stage: Stage) -> None:
    draft_id = await fill(stage)
    await save(stage, draft_id, DraftPage.PEOPLE, PAGES[DraftPage.PEOPLE] | {"comfort": "woman"}, saved=1)
    assert await save(stage, draft_id, DraftPage.PEOPLE, PAGES[DraftPage.PEOPLE] | {"comfort": "woman"}, saved=1) == 2


@pytest.mark.parametrize("page", [DraftPage.FELLOWSHIP, DraftPage.PEOPLE, DraftPage.WHEN, DraftPage.CONTACT])
async def test_a_form_that_lacks_a_page_cannot_be_sent_and_says_which(stage: Stage, page: DraftPage) -> None:
    draft_id = await stage.db.act(referring.start_draft, stage.config, stage.now, actor=priya(stage), answers=WHO)
    for other, answers in PAGES.items():
        if other is not page:
            await save(stage, draft_id, other, answers)
    with pytest.raises(Invalid) as refused:
        await send(stage, draft_id)
    assert page.value in refused.value.errors or "travel_from" in refused.value.errors
    assert await stage.one("SELECT count(*) FROM referrals") == 0 and await stage.one("SELECT count(*) FROM drafts") == 1


async def test_without_consent_to_tell_a_volunteer_nothing_can_be_sent(stage: Stage) -> None:
    with pytest.raises(Invalid) as refused:
        await send(stage, await fill(stage, consent_tell=False))
    assert refused.value.errors == {"contact": "empty"}


async def test_a_place_outside_every_area_cannot_be_sent(stage: Stage) -> None:
    with pytest.raises(Invalid) as refused:
        await send(stage, await fill(stage, travel_from="LS1"))
    assert refused.value.errors == {"travel_from": "outside_areas"}


async def test_where_nothing_fits_a_person_looks(stage: Stage) -> None:
    referral = await send(stage, await fill(stage, when=["0-morning"]))
    assert (referral.state, referral.needs_reason) == ("needs_person", "no_candidate")
    assert await stage.one("SELECT count(*) FROM referral_options") == 0
    assert await stage.one("SELECT due_at FROM tasks WHERE kind = 'needs_person'") == stage.now + timedelta(hours=48)


@pytest.mark.parametrize(("earliest_on", "days"), [(None, 7), ("2026-12-05", 19)])
async def test_where_nothing_fits_and_nobody_does_anything_the_honest_answer_comes_all_the_same(
    stage: Stage, earliest_on: str | None, days: int
) -> None:
    referral = await send(stage, await fill(stage, when=["0-morning"], earliest_on=earliest_on))
    assert referral.deadline and days - 1 < (referral.deadline - stage.now).total_seconds() / 86400 <= days
    stage.now = referral.deadline - timedelta(minutes=1)
    await stage.worker.run_until_idle()
    assert (await look(stage, referral.id)).state == "needs_person"
    await stage.pass_time(minutes=2)
    ended = await look(stage, referral.id)
    assert (ended.state, ended.close_reason) == ("closed", "unfilled")
    assert await stage.one("SELECT reason FROM tasks WHERE kind = 'tell_in_person' AND state = 'open'") == "no_companion"
    assert await stage.one("SELECT count(*) FROM letters WHERE occasion LIKE 'no_companion@%' AND state = 'sent'") == 1


async def test_picked_meetings_become_options_that_meet_a_quarter_of_an_hour_before(stage: Stage) -> None:
    pick = f"{stage.world.meeting_id}|{THURSDAY}"
    referral = await send(stage, await fill(stage, options=[pick], choose_for_us=False))
    async with stage.db.reading() as c:
        [option] = await referrals.list_options(c, referral.id, 1)
    assert (option.on_date.isoformat(), option.picked_by_hand, option.rank) == (THURSDAY, True, 1)
    assert option.starts_at - option.meet_at == timedelta(minutes=15)


@pytest.mark.parametrize("spoil", ["UPDATE meetings SET status = 'closed'", "UPDATE meetings SET last_confirmed_at = '2026-01-01T00:00Z'"])
async def test_a_picked_meeting_that_cannot_be_had_any_more_is_said_before_anything_is_sent(stage: Stage, spoil: str) -> None:
    pick = f"{stage.world.meeting_id}|{THURSDAY}"
    draft_id = await fill(stage, options=[pick], choose_for_us=False)
    await stage.sql.execute(spoil)
    with pytest.raises(Invalid) as refused:
        await send(stage, draft_id)
    assert refused.value.errors == {"meetings": "not_held"}


async def test_the_fellowship_that_was_picked_is_asked_first(stage: Stage) -> None:
    other = uuid4()
    await stage.world.meeting(other, fellowship="na")
    referral = await send(stage, await fill(stage, fellowships=["aa", "na"], options=[f"{other}|{THURSDAY}"], choose_for_us=False))
    assert referral.fellowships == ("na", "aa")


async def test_meetings_of_two_fellowships_cannot_be_asked_for_together(stage: Stage) -> None:
    other = uuid4()
    await stage.world.meeting(other, fellowship="na")
    picks = [f"{other}|{THURSDAY}", f"{stage.world.meeting_id}|{THURSDAY}"]
    with pytest.raises(Invalid) as refused:
        await send(stage, await fill(stage, fellowships=["aa", "na"], options=picks, choose_for_us=False))
    assert refused.value.errors == {"meetings": "two_fellowships"}


@pytest.mark.parametrize(
    ("contact", "channel"),
    [
        ({"channels": "email", "email": "noor@letters.example", "email_safe": True, "consent_contact": True}, "email"),
        ({"channels": "email", "email": "noor@letters.example", "email_safe": False, "consent_contact": True}, "keyworker"),
        ({"channels": "email", "email": "noor@letters.example", "email_safe": True, "consent_contact": False}, "keyworker"),
        ({"channels": "keyworker"}, "keyworker"),
    ],
)
async def test_an_address_is_used_only_where_it_was_chosen_is_safe_and_was_agreed_to(
    stage: Stage, contact: dict[str, Any], channel: str
) -> None:
    assert (await send(stage, await fill(stage, **contact))).channel == channel


async def test_care_by_two_people_asks_for_two(stage: Stage) -> None:
    assert (await send(stage, await fill(stage, care=["two_people"]))).seats == 2


@pytest.mark.parametrize("typed", ["h 77", "H77", "h-77", "H/77"])
async def test_a_referral_is_found_by_its_own_reference_however_it_is_spelt(stage: Stage, typed: str) -> None:
    await send(stage, await fill(stage))
    index = referring.own_reference_index(stage.config, stage.world.provider_id, typed)
    async with stage.db.reading() as c:
        assert len(await referrals.list_referrals_of_keyworker(c, stage.world.keyworker_id, own_reference_index=index)) == 1
    other = referring.own_reference_index(stage.config, uuid4(), typed)
    assert other != index


async def test_thirty_an_hour_is_the_most_and_the_thirty_first_is_told_when(stage: Stage) -> None:
    key = stage.config.vault.keyed_hash("limit", f"referrals|{stage.world.keyworker_id}|hour")
    await stage.sql.execute("INSERT INTO rate_limits (counted, window_from, hits) VALUES ($1, $2, 30)", key, stage.now)
    draft_id = await fill(stage)
    with pytest.raises(ThirtyAnHour):
        await send(stage, draft_id)
    stage.now += timedelta(minutes=61)
    assert (await send(stage, draft_id)).state == "looking"


async def test_a_draft_untouched_for_a_week_is_forgotten_with_its_key(stage: Stage) -> None:
    old, fresh = await fill(stage), await fill(stage)
    newcomer = await stage.one("SELECT newcomer_id FROM drafts WHERE id = $1", old)
    await stage.sql.execute("UPDATE drafts SET updated_at = $2 WHERE id = $1", old, stage.now - timedelta(days=7, minutes=1))
    await stage.worker.run_until_idle()
    async with stage.db.reading() as c:
        assert await drafts.find_draft(c, old) is None and await drafts.find_draft(c, fresh) is not None
    assert await stage.one("SELECT count(*) FROM person_keys WHERE person_id = $1", newcomer) == 0


async def test_a_dropped_draft_is_gone_and_a_sent_one_cannot_be_dropped(stage: Stage) -> None:
    draft_id = await fill(stage)
    await send(stage, draft_id)
    with pytest.raises(NotFound):
        await stage.db.act(referring.drop_draft, stage.config, stage.now, actor=priya(stage), draft_id=draft_id)
    second = await fill(stage)
    await stage.db.act(referring.drop_draft, stage.config, stage.now, actor=priya(stage), draft_id=second)
    assert await stage.one("SELECT count(*) FROM drafts") == 0


async def test_every_change_of_a_draft_and_its_sending_is_in_the_audit(stage: Stage) -> None:
    referral = await send(stage, await fill(stage))
    rows = await stage.sql.fetch("SELECT action, thing_kind, actor_id FROM audit WHERE thing_id = $1 ORDER BY id", referral.id)
    assert [row["action"] for row in rows] == ["start_referral", *["save_page"] * 6, "submit_referral"]
    assert {row["actor_id"] for row in rows} == {stage.world.keyworker_id}


# ── the meetings that fit ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def fitting(stage: Stage, draft_id: UUID, **how: Any) -> choosing_meetings.Found:
    async with stage.db.reading() as c:
        draft = await drafts.get_draft(c, draft_id)
        seeker = await seeker_for(c, draft, referring.answers_of(stage.config, draft))
        return await choosing_meetings.find_fitting(c, stage.now, seeker, **how)


async def test_meetings_that_fit_are_listed_soonest_first_with_a_band_and_never_a_number(stage: Stage) -> None:
    for name in ("Tom", "Ann", "Bob", "Cat", "Dan"):
        await stage.world.volunteer(name, notice="two_hours")
    tuesday = uuid4()
    await stage.world.meeting(tuesday, weekday=2, starts=time(18))
    found = await fitting(stage, await fill(stage, when=["1-evening", "3-evening"]))
    assert [(one.meeting.id, one.occurrence.on_date.day) for one in found.shown] == [
        (tuesday, 24), (stage.world.meeting_id, 26), (tuesday, 1), (stage.world.meeting_id, 3),
    ]  # fmt: skip
    assert {one.band for one in found.shown} == {Band.SEVERAL}
    assert found.shown[0].minutes and not found.shown[0].amber


@pytest.mark.parametrize(("people", "band"), [(0, Band.NONE), (1, Band.A_FEW), (4, Band.A_FEW), (5, Band.SEVERAL)])
async def test_one_to_four_people_are_a_few(stage: Stage, people: int, band: Band) -> None:
    for number in range(people):
        await stage.world.volunteer(f"Tom{number}")
    assert (await fitting(stage, await fill(stage))).shown[0].band is band


async def test_a_meeting_unchecked_for_180_days_is_shown_and_cannot_be_picked(stage: Stage) -> None:
    await stage.sql.execute("UPDATE meetings SET last_confirmed_at = $1", stage.now - timedelta(days=181))
    [first, *_] = (await fitting(stage, await fill(stage))).shown
    assert not first.can_be_picked and first.band is None
    await stage.sql.execute("UPDATE meetings SET last_confirmed_at = $1", stage.now - timedelta(days=91))
    [first, *_] = (await fitting(stage, await fill(stage))).shown
    assert first.can_be_picked and first.amber


@pytest.mark.parametrize(
    "changes",
    [
        {"when": ["2-evening"]},
        {"when": ["3-morning"]},
        {"earliest_on": "2026-12-10"},
        {"care": ["daytime_only"]},
        {"needs": ["hearing_loop"]},
        {"fellowships": ["na"]},
    ],
)
async def test_a_meeting_that_does_not_suit_is_not_listed(stage: Stage, changes: dict[str, Any]) -> None:
    assert (await fitting(stage, await fill(stage, **changes))).shown == ()
    assert len((await fitting(stage, await fill(stage))).shown) == 2


async def test_meetings_left_out_for_access_are_counted(stage: Stage) -> None:
    found = await fitting(stage, await fill(stage, needs=["hearing_loop"]))
    assert (found.total, found.without_access) == (0, 1)


async def test_a_meeting_they_would_rather_avoid_and_one_beyond_their_way_are_left_out(stage: Stage) -> None:
    assert (await fitting(stage, await fill(stage, avoid_meetings=[str(stage.world.meeting_id)]))).total == 0
    far = uuid4()
    await stage.world.meeting(far)
    await stage.sql.execute("UPDATE meetings SET latitude = 52.9 WHERE id = $1", far)
    assert far not in {one.meeting.id for one in (await fitting(stage, await fill(stage))).shown}


async def test_a_womens_meeting_is_only_for_somebody_who_says_so(stage: Stage) -> None:
    await stage.sql.execute("UPDATE meetings SET attributes = '{women}'")
    assert (await fitting(stage, await fill(stage))).total == 0
    assert (await fitting(stage, await fill(stage, newcomer_is="woman"))).total == 2
    assert (await fitting(stage, await fill(stage, audiences=["women"]))).total == 2


async def test_a_cancelled_date_is_not_offered(stage: Stage) -> None:
    await stage.sql.execute(
        "INSERT INTO meeting_exceptions (meeting_id, on_date, kind, at) VALUES ($1, '2026-11-26', 'cancelled', $2)",
        stage.world.meeting_id,
        stage.now,
    )
    assert [one.occurrence.on_date.day for one in (await fitting(stage, await fill(stage))).shown] == [3]


async def test_the_list_turns_in_tens_and_looking_stores_nothing(stage: Stage) -> None:
    for hour in range(17, 23):
        await stage.world.meeting(uuid4(), starts=time(hour, 15))
    draft_id = await fill(stage)
    before = await stage.one("SELECT count(*) FROM audit")
    first, second, beyond = [await fitting(stage, draft_id, page=number) for number in (1, 2, 99)]
    assert (len(first.shown), len(second.shown), first.last, beyond.page) == (10, 4, 2, 2)
    assert not {one.value for one in first.shown} & {one.value for one in second.shown}
    assert await stage.one("SELECT count(*) FROM audit") == before


async def test_the_choice_left_to_us_takes_meetings_where_somebody_could_come_first(stage: Stage) -> None:
    await stage.world.volunteer("Tom", says_is="man")
    far_from_tom = uuid4()
    await stage.world.meeting(far_from_tom, weekday=2, starts=time(18))
    await stage.sql.execute("UPDATE meetings SET latitude = 52.60 WHERE id = $1", far_from_tom)
    draft_id = await fill(stage, when=["1-evening", "3-evening"], travel_minutes=90)
    async with stage.db.reading() as c:
        draft = await drafts.get_draft(c, draft_id)
        seeker = await seeker_for(c, draft, referring.answers_of(stage.config, draft))
        chosen = await choosing_meetings.choose_for(c, stage.now, seeker, most=1)
    assert [one.meeting.id for one in chosen] == [stage.world.meeting_id]
    assert write_option(chosen[0].option.key) == f"{stage.world.meeting_id}|{THURSDAY}"
