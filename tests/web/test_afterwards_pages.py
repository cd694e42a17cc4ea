"""After a meeting, over real HTTP: the keyworker's pages, the newcomer's own questions, and the volunteer's "are you OK?", which leads nowhere near them."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from uuid import UUID

from matcher.domain.outcome import WhatNow
from tests.after_meeting import agree_to_be_asked, attended, missed, over, planned
from tests.keyworker_desk import Desk, eve_sits_down, sit_down
from tests.link_stage import LINK, Links, hash_of_all_tables
from tests.stage import words

THURSDAY = datetime(2026, 11, 26, 19, 30, tzinfo=UTC)


async def gone(links: Links, *names: str, agreed: bool = True) -> tuple[UUID, Desk]:
    """A meeting together that has been over for an hour, and Priya at her desk."""
    stage = links.stage
    referral = await planned(stage, *names)
    if agreed:
        await agree_to_be_asked(stage, referral)
    await over(stage, referral)
    return referral, await sit_down(links)


async def questions_come(links: Links, **later: float) -> str:
    """The next letter with questions reaches Noor; its link."""
    await links.stage.until(links.stage.now + timedelta(**later))
    return links.link("noor", "/questions/")


# ── the keyworker ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_priya_says_that_they_went_and_sees_one_of_up_to_six(links: Links) -> None:
    referral, desk = await gone(links)
    home = await desk.get("/referrals")
    assert "Say how the meeting went" in home.text and f"/referrals/{referral}/outcome" in home.body.decode()
    seen = await desk.get(f"/referrals/{referral}/outcome")
    assert "never asked" in seen.text
    wrong = await desk.browser.submit(seen, {}, status=400)
    assert "Choose whether they went" in wrong.text
    status = await desk.browser.submit(wrong, {"went": "yes"})
    assert (
        "1 of up to 6 together" in status.text
        and "They went." in status.text
        and "Following up" in status.text
        and "went along on" in status.text
    )
    assert "Plan the next meeting together" in status.text and "will come along" not in status.text
    assert (await desk.get(f"/referrals/{referral}/outcome")).path == f"/referrals/{referral}", "it is said once"


async def test_the_line_about_a_meeting_closes_with_how_it_went_or_with_a_reason(links: Links) -> None:
    referral, desk = await gone(links)
    task = await links.stage.one("SELECT id FROM tasks WHERE kind = 'record_outcome' AND state = 'open'")
    page = await desk.get(f"/tasks/{task}")
    assert f"/referrals/{referral}/outcome" in page.body.decode() and "I wrote it down" not in page.text
    assert (await desk.browser.submit(page, {}, status=400)).status == 400
    await desk.browser.submit(page, {"outcome": "could_not_reach"})
    assert await links.stage.one("SELECT outcome FROM tasks WHERE id = $1", task) == "could_not_reach"
    assert await links.stage.state(referral) == "awaiting_outcome", "it is asked for again in time"


async def test_not_gone_must_say_what_they_would_like_and_may_try_again_with_the_same_person(links: Links) -> None:
    referral, desk = await gone(links)
    seen = await desk.browser.submit(await desk.get(f"/referrals/{referral}/outcome"), {"went": "no"}, status=400)
    assert "Choose what they would like now" in seen.text
    status = await desk.browser.submit(seen, {"went": "no", "barrier": "nerves", "what_now": "again_same"})
    assert "0 of up to 6 together" in status.text and "What got in the way: Nerves" in status.text
    assert await links.stage.state(referral) == "looking"
    assert await links.stage.one("SELECT meeting_number FROM referrals") == 1


async def test_priya_chooses_the_dates_of_another_try_herself(links: Links) -> None:
    referral, desk = await gone(links)
    page = await desk.browser.submit(await desk.get(f"/referrals/{referral}/outcome"), {"went": "no", "what_now": "again_choose"})
    assert page.path.startswith(f"/referrals/{referral}/next") and await links.stage.state(referral) == "awaiting_outcome", (
        "nothing is kept before she chose"
    )
    first = next(value for value in page.form().fields["options"].values if value != "any")
    none = await desk.browser.submit(page, {"company": "anybody"}, button="Look for company", status=400)
    assert "Choose a meeting, or let us choose" in none.text
    await desk.browser.submit(none, {"options": [first], "company": "anybody"}, button="Look for company")
    assert await links.stage.state(referral) == "looking" and await links.stage.one("SELECT went FROM outcomes") == "no"


async def test_the_next_meeting_is_planned_with_the_same_person_alone_first(links: Links) -> None:
    referral, desk = await gone(links)
    await attended(links.stage, referral)
    await links.stage.world.volunteer("Wendy")
    await links.stage.until(THURSDAY + timedelta(hours=15))
    desk = await sit_down(links)
    page = await desk.get(f"/referrals/{referral}/next")
    assert "meeting 2 of up to 6" in page.text
    await desk.browser.submit(page, {"options": ["any"], "company": "same"}, button="Look for company")
    await links.stage.worker.run_until_idle()
    assert await links.stage.one("SELECT meeting_number FROM referrals") == 2 and not links.letters("wendy")
    assert (await desk.get(f"/referrals/{referral}/next")).path == f"/referrals/{referral}", "one at a time"


async def test_a_rest_and_an_end_are_written_down_and_nobody_is_told(links: Links) -> None:
    referral, desk = await gone(links)
    await attended(links.stage, referral)
    letters = await links.stage.one("SELECT count(*) FROM letters")
    rested = await desk.browser.submit(await desk.get(f"/referrals/{referral}/episode"), {"event": "rest"})
    assert "Having a rest" in rested.text
    ended = await desk.browser.submit(await desk.get(f"/referrals/{referral}/episode"), {"event": "own_contact", "ask_on": "yes"})
    assert "They know people there by now" in ended.text and "Plan the next meeting" not in ended.text
    assert await links.stage.one("SELECT count(*) FROM letters") == letters and await links.stage.state(referral) == "following"


async def test_a_client_who_has_left_ends_it_after_one_tick(links: Links) -> None:
    referral, desk = await gone(links)
    page = await desk.get(f"/referrals/{referral}/discharge")
    await desk.browser.submit(page, {}, status=400)
    status = await desk.browser.submit(page, {"sure": True})
    assert "Called off" in status.text and await links.stage.one("SELECT cancel_reason FROM referrals") == "discharged"
    assert await links.stage.one("SELECT count(*) FROM timers WHERE state = 'waiting'") == 0


async def test_eve_sees_none_of_it(links: Links) -> None:
    referral, _ = await gone(links)
    eve = await eve_sits_down(links)
    for page in ("outcome", "next", "episode", "discharge"):
        assert (await eve.get(f"/referrals/{referral}/{page}", status=404)).status == 404


async def test_priya_asks_the_questions_herself_where_no_letter_may_go(links: Links) -> None:
    referral, desk = await gone(links, agreed=False)
    await attended(links.stage, referral)
    await links.stage.until(THURSDAY + timedelta(days=7, hours=1))
    desk = await sit_down(links)
    home = await desk.get("/referrals")
    round_ = await links.stage.one("SELECT id FROM follow_ups")
    assert "Ask how things are" in home.text and f"/questions/{round_}" in home.body.decode()
    page = await desk.get(f"/referrals/{referral}/questions/{round_}")
    status = await desk.browser.submit(page, {"meetings": "2_3", "taking_part": ["talked", "helped"], "support": "7"})
    assert "Taking part: 2 of 8. Not a validated score." in status.text and "Talked with somebody" in status.text
    assert b"talked" not in await links.stage.one("SELECT answers_box FROM follow_ups")
    assert await links.stage.one("SELECT outcome FROM tasks WHERE kind = 'follow_up_by_person'") == "recorded"


# ── the newcomer ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_noor_says_it_herself_one_question_a_page_and_is_asked_no_more_than_six(links: Links) -> None:
    referral, _ = await gone(links)
    link = await questions_come(links, days=1, hours=12)
    seen = await links.browser.get(link)
    assert "Did you go?" in seen.text and "1 of 6" in seen.text
    for choice in ("yes", "8", "not_said", "same_meeting", "no"):
        seen = await links.browser.submit(seen, {"choice": choice})
    assert "Would you like company again?" in seen.text and await links.stage.one("SELECT met_count FROM referrals") == 1
    assert await links.stage.one("SELECT recorded_by FROM outcomes") == "newcomer"
    done = await links.browser.submit(seen, {"choice": "same"})
    assert "Thank you" in done.text and "We are looking" in done.text
    assert await links.stage.one("SELECT meeting_number FROM referrals") == 2
    status = await (await sit_down(links)).get(f"/referrals/{referral}")
    assert "They did not agree to show you what" in status.text and "They went." not in status.text


async def test_noor_did_not_go_and_decides_what_comes_next(links: Links) -> None:
    referral, _ = await gone(links)
    seen = await links.browser.get(await questions_come(links, days=1, hours=12))
    seen = await links.browser.submit(seen, {"choice": "no"})
    assert "What got in the way?" in seen.text and await links.stage.state(referral) == "awaiting_outcome"
    seen = await links.browser.submit(seen, {"choice": "nerves"})
    done = await links.browser.submit(seen, {"choice": "again_other"})
    assert "We are looking" in done.text and await links.stage.state(referral) in ("looking", "needs_person")
    assert await links.stage.one("SELECT went || recorded_by FROM outcomes") == "nonewcomer"


async def test_leaving_them_out_ringing_and_stopping_are_each_one_choice(links: Links) -> None:
    await gone(links)
    link = await questions_come(links, days=1, hours=12)
    page = await links.browser.get(link + "/other")
    rung = await links.browser.submit(page, {"choice": "call"})
    assert "Priya rings you" in rung.text
    assert await links.stage.one("SELECT reason FROM tasks WHERE kind = 'tell_in_person'") == "call_back"
    skipped = await links.browser.submit(await links.browser.get(link + "/other"), {"choice": "skip"})
    assert "That is fine" in skipped.text and await links.stage.one("SELECT state FROM follow_ups") == "skipped"
    await links.stage.until(links.stage.now + timedelta(days=7))
    assert len([one for one in links.letters("noor") if one["Subject"] == "How are things?"]) == 1, "asked no more"


async def test_stop_everything_by_the_link_of_the_questions(links: Links) -> None:
    await gone(links)
    link = await questions_come(links, days=1, hours=12)
    stopped = await links.browser.submit(await links.browser.get(link + "/other"), {"choice": "stop"})
    assert "Everything has stopped" in stopped.text
    assert await links.stage.one("SELECT close_reason FROM referrals") == "consent_withdrawn"
    assert "This link has finished" in (await links.browser.get(link)).text
    assert await links.stage.one("SELECT state FROM matches") == "confirmed", "what has been is not called off"


async def test_pages_of_before_do_not_say_that_it_was_off_once_it_is_over(links: Links) -> None:
    referral, _ = await gone(links)
    calendar = links.link("tom", "/calendar/")
    for say_it in (False, True):
        if say_it:
            await attended(links.stage, referral)
        entry = (await links.browser.get(calendar + "/file")).body.decode()
        assert "METHOD:CANCEL" not in entry and "STATUS:CANCELLED" not in entry
        plan = (await links.browser.get(links.link("noor", "/plan/"))).text
        assert "There is no plan to show any more" in plan and "sorting out" not in plan


async def test_looking_at_questions_and_check_ins_changes_no_row(links: Links) -> None:
    await gone(links)
    assert await look_changes_nothing(links, links.link("tom", "/check-in/"))
    link = await questions_come(links, days=1, hours=12)
    assert await look_changes_nothing(links, link, link + "/other")


async def look_changes_nothing(links: Links, *paths: str) -> bool:
    """Every way of looking, as a mail scanner does: whether every row of every table is as it was."""
    before = await hash_of_all_tables(links.stage.sql)
    for path in paths:
        for method in ("GET", "HEAD", "OPTIONS"):
            assert (await links.browser.ask(method, path)).status in (200, 204)
    return await hash_of_all_tables(links.stage.sql) == before


# ── the volunteer ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_tom_says_how_he_is_in_three_short_pages_and_the_coordinator_rings_where_he_asks(links: Links) -> None:
    await gone(links)
    link = links.link("tom", "/check-in/")
    seen = await links.browser.get(link)
    assert "Are you OK" in seen.text and "Noor" not in seen.text and "did they" not in seen.text.lower()
    seen = await links.browser.submit(seen, {"choice": "ring_me"})
    assert "Somebody rings you" in seen.text and "happy to go along again" in seen.text
    await links.browser.submit(await links.browser.submit(seen, {"choice": "again_yes"}), {"choice": "thank_no"})
    await links.stage.worker.run_until_idle()
    asked = await links.stage.sql.fetch("SELECT referral_id FROM tasks WHERE kind = 'ring_them' AND reason = 'check_in_ring'")
    assert [row["referral_id"] for row in asked] == [None]
    assert await links.stage.one("SELECT feeling || happy_again || may_thank FROM check_ins") == "ring_metruefalse"
    assert [one for one in links.letters("carol") if "needed" in one["Subject"] or "ring" in one["Subject"].lower()]


async def test_no_link_of_a_volunteer_writes_an_outcome_or_opens_the_questions(links: Links) -> None:
    """Tried: every link Tom has, at every address where an outcome is written, with a form token of his own page."""
    referral, _ = await gone(links)
    check_in = await links.browser.get(links.link("tom", "/check-in/"))
    token = check_in.form().fields["token"].chosen[0]
    await links.stage.pass_time(hours=20)
    before = await links.stage.one("SELECT count(*) FROM outcomes"), await links.stage.state(referral)
    own = {path for letter in links.letters("tom") for path in [*_links(letter)]}
    assert {path.split("/")[1] for path in own} >= {"answer", "undo", "cannot-come", "check-in", "calendar"}
    for path in own:
        secret = path.rsplit("/", 1)[1]
        assert "This link has finished" in (await links.browser.get(f"/questions/{secret}")).text
        for address in (f"/questions/{secret}", f"/questions/{secret}/other", f"/check-in/{secret}"):
            await links.browser.ask("POST", address, data={"token": token, "question": "went", "choice": "yes"})
    for choice in ("yes", "went", "attended", "met"):
        await links.browser.ask("POST", links.link("tom", "/check-in/"), data={"token": token, "choice": choice})
    assert (await links.stage.one("SELECT count(*) FROM outcomes"), await links.stage.state(referral)) == before == (0, "awaiting_outcome")
    assert await links.stage.one("SELECT feeling FROM check_ins") is None


def _links(letter: EmailMessage) -> list[str]:
    return LINK.findall(words(letter))


async def test_a_closed_referral_shows_how_it_went_and_offers_nothing_more(links: Links) -> None:
    referral, desk = await gone(links)
    await missed(links.stage, referral, WhatNow.STOP)
    status = await desk.get(f"/referrals/{referral}")
    assert "They did not go." in status.text and "Plan the next meeting" not in status.text and "Say how it went" not in status.text
