"""A keyworker's home, one referral's page, its plan on paper, its changes and its ends, over real HTTP; and what Eve sees of Noor: nothing."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from matcher.actions.withdrawing import withdraw_companion
from matcher.domain.actor import Actor, ActorKind
from tests.keyworker_desk import Desk, eve_sits_down, sit_down
from tests.link_stage import Links, hash_of_all_tables
from tests.site import Seen, from_own_page

BY_EMAIL: dict[str, Any] = {"channels": "email", "email": "noor@letters.example", "email_safe": "yes", "consent_contact": True}


@pytest.fixture
async def desk(links: Links) -> Desk:
    return await sit_down(links)


async def asked(desk: Desk, *people: str, contact: dict[str, Any] | None = None, needs: dict[str, Any] | None = None) -> UUID:
    """Noor's referral, sent, its first letters out."""
    for name in people or ("Tom",):
        await desk.stage.world.volunteer(name)
    referral_id = await desk.send({}, {}, needs or {}, {}, {}, contact or {})
    await desk.stage.worker.run_until_idle()
    return referral_id


async def matched(desk: Desk, *people: str, told: bool = True, **how: Any) -> UUID:
    """The same with somebody's yes, and the plan told."""
    referral_id = await asked(desk, *people, **how)
    await desk.stage.yes((await desk.stage.offers("sent"))[0])
    if told:
        await desk.stage.pass_time(minutes=16)
    return referral_id


def steps(seen: Seen) -> str:
    """What stands after the heading of the timeline."""
    return seen.text.split("Where it stands")[1].split("Letters")[0]


# ── home ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_home_with_nothing_says_so_and_where_to_begin(desk: Desk) -> None:
    seen = await desk.get("/referrals")
    assert "You have not sent a referral yet" in seen.text and "Nothing to do just now" in seen.text
    assert seen.page and ("/referrals/new", "New referral") in seen.page.links


async def test_home_lists_state_and_next_step_with_its_time(desk: Desk) -> None:
    await asked(desk)
    seen = await desk.get("/referrals")
    assert "Looking for somebody" in seen.text and "We look again Mon 23 Nov" in seen.text and "H-77" in seen.text
    assert seen.page and "Noor" not in seen.page.title


async def test_tasks_of_today_stand_on_top(desk: Desk) -> None:
    await matched(desk)
    seen = await desk.get("/referrals")
    assert seen.text.index("Print the plan and give it to your client") < seen.text.index("Planned")


async def test_two_hundred_referrals_turn_in_twenties(desk: Desk) -> None:
    referral_id = await asked(desk)
    columns = [
        row["column_name"]
        for row in await desk.stage.sql.fetch("SELECT column_name FROM information_schema.columns WHERE table_name = 'referrals'")
    ]
    kept = ", ".join(
        name
        for name in columns
        if name not in ("id", "newcomer_id", "reference", "newcomer_box", "contact_box", "avoid_box", "open_offers")
    )
    await desk.stage.sql.execute("SELECT set_config('alongside.acting', '2026-11-23T10:00:00+00:00|clock||test|', false)")
    await desk.stage.sql.execute("BEGIN")
    try:
        await desk.stage.sql.execute(
            f"INSERT INTO referrals (id, newcomer_id, reference, {kept}) SELECT gen_random_uuid(), gen_random_uuid(), 'R' || n, {kept} "
            "FROM referrals, generate_series(1, 200) AS n WHERE id = $1".replace("$1", f"'{referral_id}'")
        )
        await desk.stage.sql.execute("COMMIT")
        first, last = await desk.get("/referrals"), await desk.get("/referrals?page=11")
        assert first.text.count("(forgotten)") + first.text.count("Noor,") >= 19 and "11" in first.text
        assert "Looking" in last.text or "About to ask" in last.text
        for odd in ("0", "99", "x", "-1", "9" * 30):
            await desk.get(f"/referrals?page={odd}")
    finally:
        await desk.stage.sql.execute("DELETE FROM referrals WHERE reference LIKE 'R%'")


@pytest.mark.parametrize("typed", ["H-77", "h 77", "ours"])
async def test_a_referral_is_found_by_its_reference_without_it_standing_in_the_address(desk: Desk, typed: str) -> None:
    referral_id = await asked(desk)
    typed = await desk.stage.one("SELECT lower(reference) FROM referrals") if typed == "ours" else typed
    found = await desk.browser.submit(await desk.get("/referrals"), {"reference": typed}, action="/referrals/find")
    assert found.path == f"/referrals/{referral_id}"


async def test_a_reference_nobody_has_and_an_empty_search_are_said(desk: Desk) -> None:
    await asked(desk)
    home = await desk.get("/referrals")
    missed = await desk.browser.submit(home, {"reference": "H-78"}, action="/referrals/find")
    assert "None of your referrals has this reference" in missed.text and missed.path == "/referrals/find"
    empty = await desk.browser.submit(home, {"reference": ""}, action="/referrals/find", status=400)
    assert "Enter a reference to look for" in empty.text
    eve = await eve_sits_down(desk.links)
    hers = await eve.browser.submit(await eve.get("/referrals"), {"reference": "H-77"}, action="/referrals/find")
    assert "None of your referrals" in hers.text and "Noor" not in hers.text


# ── where it stands ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_page_says_how_many_were_asked_and_never_who(desk: Desk) -> None:
    referral_id = await asked(desk, "Tom", "Ann", "Bob", "Cat")
    seen = await desk.get(f"/referrals/{referral_id}")
    assert "We asked 3 people" in steps(seen) and "3 may still answer" in steps(seen)
    assert not [name for name in ("Tom", "Ann", "Bob", "Cat") if name in seen.body.decode()]
    await desk.stage.no((await desk.stage.offers("sent"))[0])
    assert "1 said no" in steps(await desk.get(f"/referrals/{referral_id}"))


async def test_somebody_said_yes_is_there_at_once_and_the_plan_a_quarter_of_an_hour_later(desk: Desk) -> None:
    referral_id = await matched(desk, told=False)
    at_once = await desk.get(f"/referrals/{referral_id}")
    assert "Somebody said yes" in steps(at_once) and "The plan is about to go out" in steps(at_once)
    assert "By Monday 23 November, 10.15am" in at_once.text
    await desk.stage.pass_time(minutes=16)
    later = await desk.get(f"/referrals/{referral_id}")
    assert "The plan stands" in steps(later) and "Tom will come along on Thursday 26 November, 7.30pm" in later.text
    assert "members.example" not in later.body.decode()


async def test_two_days_without_anybody_are_said(desk: Desk) -> None:
    referral_id = await asked(desk, "Tom", "Ann")
    await desk.stage.until(desk.stage.now + timedelta(hours=49))
    again = await sit_down(desk.links)
    said = steps(await again.get(f"/referrals/{referral_id}"))
    assert "the coordinator was told" in said or "The coordinator looks further" in said


async def test_the_live_part_is_marked_and_fetched_without_keeping_anybody_signed_in(desk: Desk) -> None:
    referral_id = await asked(desk)
    seen = await desk.get(f"/referrals/{referral_id}")
    assert 'id="stands" data-refresh="20"' in seen.body.decode()
    before = await hash_of_all_tables(desk.stage.sql)
    desk.stage.now += timedelta(minutes=5)
    await desk.get(f"/referrals/{referral_id}", headers={"X-Refresh": "1"})
    assert await hash_of_all_tables(desk.stage.sql) == before


async def test_the_letter_log_tells_kind_state_and_time_and_no_address(desk: Desk) -> None:
    referral_id = await matched(desk, contact=BY_EMAIL)
    seen = await desk.get(f"/referrals/{referral_id}")
    for said in ("The plan, to your client", "An invitation, to a volunteer", "Sent (by email)"):
        assert said in seen.text, said
    assert "noor@letters.example" not in seen.body.decode()


@pytest.mark.parametrize(
    ("needs", "said"),
    [
        ({"comfort": "own_words", "comfort_words": "Somebody calm"}, "A coordinator looks at it first"),
        ({"comfort": "woman"}, "The coordinator looks further and may ring you"),
    ],
)
async def test_a_referral_that_waits_for_a_person_says_why(desk: Desk, needs: dict[str, Any], said: str) -> None:
    referral_id = await asked(desk, needs=needs)
    seen = await desk.get(f"/referrals/{referral_id}")
    assert said in seen.text and "With the coordinator" in seen.text


async def test_needs_are_flagged_on_every_page_of_the_referral(desk: Desk) -> None:
    referral_id = await matched(desk, needs={"needs": ["step_free", "large_print"]})
    task = await desk.stage.one("SELECT id FROM tasks WHERE kind = 'print_plan'")
    for path in ("", "/plan", "/cancel", "/consent", "/other-person", "/agree", "/amend/people", "/amend/contact", "/amend/care", "/sent"):
        assert "Needs Step-free way in, Large print" in (await desk.get(f"/referrals/{referral_id}{path}")).text, path
    assert "Step-free way in" in (await desk.get(f"/tasks/{task}")).text


async def test_no_page_names_the_newcomer_in_its_title_or_address(desk: Desk) -> None:
    referral_id = await matched(desk)
    for path in ("", "/plan", "/cancel", "/consent", "/other-person", "/amend/people"):
        seen = await desk.get(f"/referrals/{referral_id}{path}")
        assert seen.page and "Noor" not in seen.page.title and "H-77" not in seen.page.title + seen.path
        assert seen.headers["Cache-Control"] == "no-store"


# ── the plan ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_plan_on_paper_holds_what_is_needed_and_looking_at_it_prints_nothing(desk: Desk) -> None:
    referral_id = await matched(desk)
    before = await hash_of_all_tables(desk.stage.sql)
    seen = await desk.get(f"/referrals/{referral_id}/plan")
    where = ("Tom", "a blue coat", "7.15pm", "Mill Hall", "1 Mill Lane")
    for said in ("Noor: Thursday 26 November, 7.30pm", *where, "Priya", "01632 960003", "01632 960002", "999"):
        assert said in seen.text, said
    assert "members.example" not in seen.body.decode() and await desk.stage.one("SELECT reference FROM referrals") not in seen.text
    after = await hash_of_all_tables(desk.stage.sql)
    assert {name for name in before if before[name] != after[name]} <= {"public.sign_ins"}
    await desk.browser.submit(seen, action="/plan")
    assert await desk.stage.one("SELECT outcome FROM tasks WHERE kind = 'print_plan'") == "printed"


async def test_the_text_for_the_care_plan_holds_goal_and_commitments_and_no_volunteer(desk: Desk) -> None:
    await desk.stage.world.volunteer("Tom")
    check = await desk.fill()
    more = await desk.get(check.path.replace("/check", "/more"))
    said = {"goal": "Three meetings", "commitment_newcomer": "Go on Thursday", "commitment_keyworker": "Ring on Friday"}
    sent = await desk.browser.submit(await desk.browser.submit(more, said), action="/check")
    await desk.stage.worker.run_until_idle()
    await desk.stage.yes((await desk.stage.offers("sent"))[0])
    await desk.stage.pass_time(minutes=16)
    seen = await desk.get(sent.path.removesuffix("/sent"))
    text = seen.text.split("Text for the care plan, to copy")[1].split("Letters")[0]
    for one in ("Goal: Three meetings", "They will: Go on Thursday", "I will: Ring on Friday", "Alcoholics Anonymous"):
        assert one in text, one
    assert "Tom" not in text


async def test_there_is_no_plan_to_print_before_it_stands(desk: Desk) -> None:
    referral_id = await matched(desk, told=False)
    assert "no plan to print yet" in (await desk.get(f"/referrals/{referral_id}/plan")).text


async def test_a_letter_is_sent_again_by_a_press_and_not_by_looking(desk: Desk) -> None:
    referral_id = await matched(desk, contact=BY_EMAIL)
    seen = await desk.get(f"/referrals/{referral_id}")
    await desk.browser.submit(seen, action="/letters/")
    await desk.stage.worker.run_until_idle()
    assert len(desk.stage.letters_to("noor")) == 2


async def test_who_cannot_come_after_all_is_named_and_no_refusal_and_the_old_plan_is_not_sent_again(desk: Desk) -> None:
    referral_id = await matched(desk, "Tom", "Wendy", contact=BY_EMAIL)
    assert "Send again" in (await desk.get(f"/referrals/{referral_id}")).text
    stage = desk.stage
    tom = Actor(ActorKind.VOLUNTEER, await stage.one("SELECT volunteer_id FROM matches"))
    await stage.db.act(withdraw_companion, stage.config, stage.now, actor=tom, match_id=await stage.one("SELECT id FROM matches"))
    seen = await desk.get(f"/referrals/{referral_id}")
    assert "Somebody had said yes, and cannot come after all" in steps(seen) and "said no" not in steps(seen)
    assert "The plan, to your client" in seen.text and "Send again" not in seen.text


# ── changes and ends ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("part", "answers", "column", "value"),
    [
        ("people", {"needs": ["quiet"]}, "needs", ["quiet"]),
        ("contact", {**BY_EMAIL, "consent_method": "spoken"}, "channel", "email"),
        ("care", {"fare_help": "taxi", "fare_amount": "7.50"}, "fare_help", "taxi"),
    ],
)
async def test_details_are_changed_after_sending(desk: Desk, part: str, answers: dict[str, Any], column: str, value: Any) -> None:
    referral_id = await asked(desk)
    seen = await desk.get(f"/referrals/{referral_id}/amend/{part}")
    done = await desk.browser.submit(seen, answers)
    assert done.path == f"/referrals/{referral_id}"
    assert (await desk.stage.sql.fetchrow("SELECT * FROM referrals"))[column] == value
    again = (await desk.get(f"/referrals/{referral_id}/amend/{part}")).form().fields
    for name, given in answers.items():
        wanted = ["yes"] if given is True else [given] if isinstance(given, str) else given
        assert again[name].chosen == wanted or name == "consent_method", name


async def test_a_change_page_that_is_out_of_date_comes_back_with_its_answers(desk: Desk) -> None:
    referral_id = await asked(desk)
    path = f"/referrals/{referral_id}/amend/care"
    first, second = await desk.get(path), await desk.get(path)
    await desk.browser.submit(first, {"fare_help": "cash"})
    refused = await desk.browser.submit(second, {"fare_help": "taxi"}, status=409)
    assert refused.form().fields["fare_help"].chosen == ["taxi"] and "changed in another window" in refused.text
    await desk.browser.submit(refused)
    assert await desk.stage.one("SELECT fare_help FROM referrals") == "taxi"


async def test_a_bad_change_comes_back_with_a_sentence(desk: Desk) -> None:
    referral_id = await asked(desk)
    seen = await desk.get(f"/referrals/{referral_id}/amend/contact")
    refused = await desk.browser.submit(seen, {"channels": "email", "email": "noor", "consent_method": "spoken"}, status=400)
    assert refused.page and refused.page.title.startswith("Error: ") and refused.form().fields["email"].chosen == ["noor"]
    assert await desk.stage.one("SELECT channel FROM referrals") == "keyworker"


async def test_calling_it_off_asks_why_and_tells_each_party_once(desk: Desk) -> None:
    referral_id = await matched(desk)
    ask = await desk.get(f"/referrals/{referral_id}/cancel")
    refused = await desk.browser.submit(ask, status=400)
    assert "Choose a reason" in refused.text
    done = await desk.browser.submit(ask, {"reason": "unwell"})
    assert "Called off" in done.text and "stays closed" in done.text
    assert "/cancel" not in (await desk.get(f"/referrals/{referral_id}/cancel")).path


async def test_consent_withdrawn_needs_a_tick_and_ends_it(desk: Desk) -> None:
    referral_id = await matched(desk)
    ask = await desk.get(f"/referrals/{referral_id}/consent")
    assert "Tick the box" in (await desk.browser.submit(ask, status=400)).text
    done = await desk.browser.submit(ask, {"sure": True})
    assert "Consent withdrawn" in done.text and await desk.stage.state(referral_id) == "closed"


async def test_somebody_else_is_looked_for_without_a_reason(desk: Desk) -> None:
    referral_id = await matched(desk, "Tom", "Ann", "Bob", "Cat", "Dan")
    done = await desk.browser.submit(await desk.get(f"/referrals/{referral_id}/other-person"), {"sure": True})
    assert done.path == f"/referrals/{referral_id}" and await desk.stage.state(referral_id) == "looking"


async def test_the_newcomer_s_ok_is_given_by_their_keyworker(desk: Desk) -> None:
    for name in ("Tom", "Ann"):
        await desk.stage.world.volunteer(name)
    check = await desk.fill()
    more = await desk.get(check.path.replace("/check", "/more"))
    sent = await desk.browser.submit(await desk.browser.submit(more, {"agree_first": "yes"}), action="/check")
    referral_id = sent.path.split("/")[2]
    await desk.stage.worker.run_until_idle()
    await desk.stage.yes((await desk.stage.offers("sent"))[0])
    await desk.stage.pass_time(minutes=16)
    assert "Waiting for your client’s OK" in (await desk.get(f"/referrals/{referral_id}")).text
    await desk.browser.submit(await desk.get(f"/referrals/{referral_id}/agree"), {"sure": True})
    assert await desk.stage.one("SELECT state FROM matches") == "confirmed"


async def test_stopping_the_search_gives_the_honest_answer(desk: Desk) -> None:
    referral_id = await asked(desk, needs={"comfort": "woman"})
    done = await desk.browser.submit(await desk.get(f"/referrals/{referral_id}/give-up"), {"sure": True})
    assert "Closed: nobody could come" in done.text
    assert await desk.stage.one("SELECT reason FROM tasks WHERE kind = 'tell_in_person' AND state = 'open'") == "no_companion"


async def test_a_task_is_closed_with_an_answer_only(desk: Desk) -> None:
    await matched(desk)
    task = await desk.stage.one("SELECT id FROM tasks WHERE kind = 'print_plan'")
    ask = await desk.get(f"/tasks/{task}")
    assert "Choose how it ended" in (await desk.browser.submit(ask, status=400)).text
    home = await desk.browser.submit(ask, {"outcome": "told"})
    assert home.path == "/referrals" and "Nothing to do just now" in home.text


# ── Eve ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_eve_finds_nothing_of_noor_at_any_address_and_changes_nothing(desk: Desk) -> None:
    referral_id = await matched(desk, contact=BY_EMAIL)
    task = await desk.stage.one("SELECT id FROM tasks LIMIT 1") or uuid4()
    letter = await desk.stage.one("SELECT id FROM letters WHERE kind = 'newcomer_confirmation'")
    eve = await eve_sits_down(desk.links)
    token = (await eve.get("/referrals/new")).form().fields["token"].chosen[0]
    state = await desk.stage.sql.fetchrow("SELECT state, version FROM referrals")
    pages = (
        "",
        "/sent",
        "/plan",
        "/cancel",
        "/consent",
        "/give-up",
        "/other-person",
        "/agree",
        "/amend/people",
        "/amend/contact",
        "/amend/care",
    )
    for path in (*[f"/referrals/{referral_id}{page}" for page in pages], f"/tasks/{task}"):
        seen = await eve.get(path, status=404)
        assert not seen.names("Noor") and "Tom" not in seen.text, path
        await eve.browser.ask("POST", path, data={"token": token, "sure": "yes"}, headers=from_own_page(eve.browser.base_url))
    again = f"/referrals/{referral_id}/letters/{letter}"
    await eve.browser.ask("POST", again, data={"token": token}, status=403, headers=from_own_page(eve.browser.base_url))
    assert await desk.stage.sql.fetchrow("SELECT state, version FROM referrals") == state
    assert "Noor" not in (await eve.get("/referrals")).text


async def test_eve_s_own_form_token_opens_nothing_of_noor_s(desk: Desk) -> None:
    """Even with a right token for the route, the thing itself is hidden."""
    referral_id = await asked(desk)
    eve = await eve_sits_down(desk.links)
    await eve.stage.world.volunteer("Ann")
    hers = await eve.send({"name_used": "Sam", "provider_ref": "L-1"})
    ask = await eve.get(f"/referrals/{hers}/cancel")
    token = ask.form().fields["token"].chosen[0]
    data = {"token": token, "nonce": "n" * 20, "reason": "unwell"}
    await eve.browser.ask("POST", f"/referrals/{referral_id}/cancel", data=data, status=404, headers=from_own_page(eve.browser.base_url))
    assert await desk.stage.state(referral_id) == "looking"


async def test_a_colleague_sees_it_only_where_the_service_says_so_and_changes_nothing(desk: Desk) -> None:
    referral_id = await asked(desk)
    await desk.stage.sql.execute("SELECT set_config('alongside.acting', '2026-11-23T10:00:00+00:00|clock||test|', false)")
    colleague = uuid4()
    async with desk.stage.sql.transaction():
        await desk.stage.world.staff(colleague, "keyworker", "sal@harbour.example", "Sal")
    theirs = await sit_down(desk.links, colleague)
    await theirs.get(f"/referrals/{referral_id}", status=404)
    await desk.stage.sql.execute("UPDATE providers SET team_visibility = 'team'")
    seen = await theirs.get(f"/referrals/{referral_id}")
    assert "Noor" in seen.text and "Call it off" not in seen.text
    await theirs.get(f"/referrals/{referral_id}/cancel", status=404)
    assert "Noor" not in (await theirs.get("/referrals")).text


@pytest.mark.parametrize("path", ["/referrals/{}", "/drafts/{}", "/tasks/{}", "/referrals/{}/plan", "/referrals/{}/amend/care"])
async def test_ids_that_nobody_has_are_not_found(desk: Desk, path: str) -> None:
    for odd in (str(uuid4()), "-" * 36, "f" * 36):
        assert (await desk.get(path.format(odd), status=404)).page


async def test_nobody_signed_in_is_asked_to_sign_in(desk: Desk) -> None:
    referral_id = await asked(desk)
    for path in ("/referrals", "/referrals/new", f"/referrals/{referral_id}", f"/referrals/{referral_id}/plan"):
        assert (await desk.links.browser.get(path)).path == "/sign-in"


# ── the ladder ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_where_nobody_was_found_a_task_leads_to_what_would_help_and_somebody_of_the_service_may_go_along(desk: Desk) -> None:
    referral = await desk.send()
    await desk.stage.worker.run_until_idle()
    home = await desk.get("/referrals")
    assert "Nobody found yet: could somebody of your service go along?" in home.text, "nothing else would bring anybody"
    task = await desk.stage.one("SELECT id FROM tasks WHERE kind = 'ask_to_widen'")
    assert "See what would help" in (await desk.get(f"/tasks/{task}")).text
    question = await desk.get(f"/referrals/{referral}/widen")
    assert "It is their choice" in question.text and "Somebody could come then" not in question.text, "nobody is on the roster"
    sure = await desk.get(f"/referrals/{referral}/worker")
    done = await desk.browser.submit(sure, {"sure": True}, action="/worker")
    assert "Somebody of the service goes along" in done.text and "Called off" in done.text
    assert await desk.stage.one("SELECT cancel_reason FROM referrals WHERE id = $1", referral) == "arranged_otherwise"
    assert (await desk.get(f"/referrals/{referral}/widen")).path == f"/referrals/{referral}", "there is nothing to widen any more"


async def test_one_found_one_sought_is_said_with_what_happens_next(desk: Desk) -> None:
    await desk.stage.world.volunteer("Tom")
    await desk.stage.world.volunteer("Wendy")
    referral = await desk.send()
    await desk.stage.sql.execute("UPDATE referrals SET seats = 2 WHERE id = $1", referral)
    await desk.stage.worker.run_until_idle()
    await desk.stage.yes((await desk.stage.offers("sent"))[0])
    seen = await desk.get(f"/referrals/{referral}")
    assert "One found, one sought" in seen.text and "until six hours before the meeting" in seen.text
    assert "the coordinator decides" in seen.text and "one goes alone" not in seen.text


async def test_eve_can_neither_read_nor_answer_what_noor_might_widen(links: Links, desk: Desk) -> None:
    referral = await desk.send()
    await desk.stage.worker.run_until_idle()
    eve = await eve_sits_down(links)
    for page in ("widen", "worker"):
        assert "Noor" not in (await eve.get(f"/referrals/{referral}/{page}", status=404)).text
