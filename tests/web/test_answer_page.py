"""The answer page over real HTTP: every state of it, every choice, and everything that may be sent to it by mistake or on purpose."""

import re
from datetime import UTC, date, datetime

import pytest

from matcher.actions.amending import cancel_referral
from matcher.domain.actor import Actor, ActorKind
from matcher.domain.journey_word import CancelReason
from tests.link_stage import Links, hash_of_all_tables

THURSDAY = datetime(2026, 11, 26, 19, 30, tzinfo=UTC)
WEDNESDAY_NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
IDENTIFYING = ("Noor", "Mill Hall", "Mill Lane", "Harbour", "Priya", "Tom", "Wendy", "01632 960009", "Alcoholics")


async def test_the_question_says_when_and_about_where_and_nothing_that_identifies(links: Links) -> None:
    await links.ask("Tom")
    seen = await links.browser.get(links.link("tom", "/answer/"))
    for said in ("Thursday 26 November", "7.15pm", "7.30pm", "Millbrook", "the only one who goes along", "answer by", "fine to say no"):
        assert said in seen.text, said
    whole = seen.body.decode()
    assert not [word for word in IDENTIFYING if word in whole]
    assert seen.page and not [word for word in IDENTIFYING if word in seen.page.title]


async def test_every_answer_is_offered_and_none_is_chosen(links: Links) -> None:
    await links.ask("Tom")
    form = (await links.browser.get(links.link("tom", "/answer/"))).form()
    choice = form.fields["choice"]
    assert choice.kind == "radio" and choice.chosen == []
    assert re.fullmatch(r"[0-9a-f-]{36}", choice.values[0]) and choice.values[1:] == ["no", "another_day", "stop"]
    assert [text for _, _, text in form.buttons] == ["Continue"]


@pytest.mark.parametrize(("fellowship_shown", "said"), [(False, "Alcoholics Anonymous"), (True, "a meeting you know")])
async def test_the_fellowship_is_named_only_to_whom_does_not_mind(links: Links, fellowship_shown: bool, said: str) -> None:
    await links.ask("Tom")
    await links.stage.sql.execute("UPDATE volunteers SET discreet = $1", fellowship_shown)
    assert said in (await links.browser.get(links.link("tom", "/answer/"))).text


async def test_a_yes_says_what_was_recorded_and_until_when_it_can_be_undone(links: Links) -> None:
    await links.ask("Tom")
    seen = await links.accept("tom")
    assert "You are going along" in seen.text and "Monday 23 November, 10am" in seen.text and "until 10.15am" in seen.text
    assert not [word for word in ("Noor", "Mill Hall", "Mill Lane") if word in seen.body.decode()]
    assert await links.stage.state(links.asked) == "matched"
    again = await links.browser.get(links.link("tom", "/answer/"))
    assert "You are going along" in again.text and again.form().fields["choice"].values == ["go_back", "keep"]


async def test_the_same_yes_sent_twice_is_one_yes(links: Links) -> None:
    await links.ask("Tom")
    asked = await links.browser.get(links.link("tom", "/answer/"))
    option = asked.form().fields["choice"].values[0]
    first, second = [await links.browser.submit(asked, {"choice": option}) for _ in range(2)]
    assert "You are going along" in first.text and "You are going along" in second.text
    assert await links.stage.one("SELECT count(*) FROM matches") == 1
    assert await links.stage.one("SELECT count(*) FROM letters WHERE kind = 'offer_accepted'") == 1


async def test_a_yes_can_be_undone_from_the_answer_page(links: Links) -> None:
    await links.ask("Tom", "Wendy", "Ann")
    await links.accept("tom")
    links.stage.now = links.stage.now.replace(minute=14)
    seen = await links.choose(links.link("tom", "/answer/"), "go_back")
    assert "undone" in seen.text and await links.stage.state(links.asked) == "looking"
    assert await links.stage.one("SELECT count(*) FROM offers WHERE state = 'sent'") == 2


async def test_after_the_undo_window_the_same_page_takes_a_word_that_they_cannot_come(links: Links) -> None:
    await links.ask("Tom")
    await links.accept("tom")
    await links.stage.pass_time(minutes=16)
    seen = await links.browser.get(links.link("tom", "/answer/"))
    assert "Can you still come?" in seen.text and "Undo" not in seen.text
    kept = await links.browser.submit(seen, {"choice": "keep"})
    assert "Nothing has changed" in kept.text and await links.stage.state(links.asked) == "matched"
    gone = await links.choose(links.link("tom", "/answer/"), "go_back")
    assert "not going along any more" in gone.text and await links.stage.state(links.asked) == "looking"


@pytest.mark.parametrize(("choice", "state", "said"), [("no", "declined", "not this time"), ("another_day", "not_now", "another day")])
async def test_a_no_is_thanked_and_may_be_changed(links: Links, choice: str, state: str, said: str) -> None:
    await links.ask("Tom")
    seen = await links.choose(links.link("tom", "/answer/"), choice)
    assert "Thank you" in seen.text and said in seen.text and "take a break" in seen.text
    assert seen.page and not [form for form in seen.page.forms if form.action != "/sign-out"], "the page after a no asks nothing"
    assert await links.stage.one("SELECT state FROM offers") == state
    again = await links.browser.get(links.link("tom", "/answer/"))
    assert "Your answer so far" in again.text and again.form().fields["choice"].chosen == []
    assert "You are going along" in (await links.accept("tom")).text


async def test_after_a_no_a_break_is_one_press_away(links: Links) -> None:
    await links.ask("Tom")
    seen = await links.choose(links.link("tom", "/answer/"), "no")
    assert seen.page and (f"{links.link('tom', '/answer/')}/break") in [href for href, _ in seen.page.links]
    ended = await links.choose(links.link("tom", "/answer/") + "/break", "week")
    assert "We have stopped asking you" in ended.text and "Monday 30 November" in ended.text
    row = await links.stage.sql.fetchrow("SELECT state, paused_until FROM volunteers")
    assert (row["state"], row["paused_until"]) == ("paused", date(2026, 11, 30))
    assert await links.stage.one("SELECT state FROM offers") == "declined", "the answer given before stays as it was"


async def test_stop_asking_is_a_no_and_a_pause_with_a_notice(links: Links) -> None:
    await links.ask("Tom")
    other = await links.stage.world.referral(on_date=date(2026, 12, 3))
    await links.stage.begin(other)
    seen = await links.choose(links.link("tom", "/answer/"), "stop")
    assert "We have stopped asking you" in seen.text
    assert await links.stage.one("SELECT state FROM volunteers") == "paused"
    assert await links.stage.one("SELECT state FROM offers WHERE referral_id = $1", links.asked) == "declined"
    assert await links.stage.one("SELECT count(*) FROM offers WHERE state IN ('queued', 'sent', 'expired')") == 0
    await links.stage.pass_time(minutes=1)
    assert [
        letter for letter in links.letters("tom") if "/cannot-come/" not in letter.as_string() and "stopped asking" in letter.as_string()
    ]
    assert "having a break" in (await links.browser.get(links.link("tom", "/answer/"))).text


async def test_whoever_came_too_late_reads_thanks_and_may_stand_by(links: Links) -> None:
    await links.ask("Tom", "Wendy")
    open_page = await links.browser.get(links.link("wendy", "/answer/"))
    await links.accept("tom")
    late = await links.browser.submit(open_page, {"choice": open_page.form().fields["choice"].values[0]})
    assert late.status == 200 and "Somebody is already going" in late.text and not late.names("Tom")
    assert late.form().fields["choice"].chosen == []
    row = await links.stage.sql.fetchrow("SELECT state, state_reason, standby FROM offers WHERE state = 'covered'")
    assert (row["state_reason"], row["standby"]) == ("banked", False)
    stands = await links.browser.submit(late, {"choice": "stand_by"})
    assert "standing by" in stands.text and await links.stage.one("SELECT standby FROM offers WHERE state = 'covered'")
    changed = await links.choose(links.link("wendy", "/answer/"), "no_stand_by")
    assert "Thank you" in changed.text and not await links.stage.one("SELECT standby FROM offers WHERE state = 'covered'")


async def test_the_covered_letter_leads_to_a_page_that_takes_a_stand_by(links: Links) -> None:
    await links.ask("Tom", "Wendy")
    await links.accept("tom")
    await links.stage.pass_time(minutes=16)
    seen = await links.choose(links.link("wendy", "/answer/"), "stand_by")
    assert "standing by" in seen.text
    row = await links.stage.sql.fetchrow(
        "SELECT state, standby FROM offers o WHERE NOT EXISTS (SELECT FROM matches m WHERE m.offer_id = o.id)"
    )
    assert (row["state"], row["standby"]) == ("covered", True)


async def test_who_could_stand_by_is_put_the_question_anew_where_the_place_is_free_again(links: Links) -> None:
    await links.ask("Tom", "Wendy")
    await links.accept("tom")
    covered = await links.browser.get(links.link("wendy", "/answer/"))
    await links.stage.worker.run_until_idle()
    await links.choose(links.link("tom", "/undo/"), "go_back")
    seen = await links.browser.submit(covered, {"choice": "stand_by"})
    assert "Could you go along?" in seen.text, "nobody goes anywhere who only offered to stand by"
    assert await links.stage.one("SELECT count(*) FROM matches WHERE state <> 'cancelled'") == 0


async def test_who_stands_by_is_asked_first_when_the_place_is_free_again(links: Links) -> None:
    await links.ask("Tom", "Wendy")
    await links.accept("tom")
    await links.stage.pass_time(minutes=16)
    await links.choose(links.link("tom", "/cannot-come/"), "go_back")
    old = links.link("wendy", "/answer/")
    seen = await links.browser.get(old)
    assert "Are you still free for this one?" in seen.text and "already going" not in seen.text
    await links.browser.submit(seen, {"choice": "stand_by"})
    await links.stage.pass_time(minutes=1)
    assert links.link("wendy", "/answer/") != old, "a new invitation has gone to her"
    assert "You are going along" in (await links.accept("wendy")).text


async def test_nobody_needed_any_more_is_said_kindly(links: Links) -> None:
    await links.ask("Tom")
    await _cancel(links)
    seen = await links.browser.get(links.link("tom", "/answer/"))
    assert "Nobody is needed any more" in seen.text and seen.page and not [form for form in seen.page.forms if "/answer/" in form.action]


async def _cancel(links: Links) -> None:
    world = links.stage.world
    priya = Actor(ActorKind.KEYWORKER, id=world.keyworker_id, provider_id=world.provider_id)
    await links.stage.db.act(
        cancel_referral, links.config, links.stage.now, actor=priya, referral_id=links.asked, reason=CancelReason.ARRANGED_OTHERWISE
    )


async def test_a_yes_to_what_was_called_off_meanwhile_changes_nothing(links: Links) -> None:
    await links.ask("Tom")
    asked = await links.browser.get(links.link("tom", "/answer/"))
    await _cancel(links)
    seen = await links.browser.submit(asked, {"choice": asked.form().fields["choice"].values[0]})
    assert "Nobody is needed any more" in seen.text and await links.stage.one("SELECT count(*) FROM matches") == 0


async def test_a_clash_is_explained_and_nothing_is_lost(links: Links) -> None:
    await links.ask("Tom")
    await links.stage.until(WEDNESDAY_NOON)  # his silence has expired softly, so that he may be asked for another
    await links.stage.begin(await links.stage.world.referral())
    assert await links.stage.one("SELECT count(*) FROM offers") == 2
    paths = sorted({path for path in links.all_links() if path.startswith("/answer/")})
    first, second = [await links.browser.get(path) for path in paths]
    assert "You are going along" in (await links.browser.submit(first, {"choice": first.form().fields["choice"].values[0]})).text
    seen = await links.browser.submit(second, {"choice": second.form().fields["choice"].values[0]})
    assert "does not work" in seen.text and ("already going somewhere" in seen.text or "cannot go along to that one" in seen.text)
    assert await links.stage.one("SELECT count(*) FROM matches") == 1


async def test_an_online_meeting_has_no_district(links: Links) -> None:
    await links.ask("Tom")
    await links.stage.sql.execute("UPDATE meetings SET in_person = false, online = true")
    seen = await links.browser.get(links.link("tom", "/answer/"))
    assert "Online" in seen.text and "Near" not in seen.text


async def test_two_companions_are_told_which_they_are(links: Links) -> None:
    await links.ask("Tom", "Wendy", seats=2)
    assert "first of the two" in (await links.browser.get(links.link("tom", "/answer/"))).text
    seen = await links.accept("tom")
    assert "A second person is being asked" in seen.text
    assert "One has said yes already" in (await links.browser.get(links.link("wendy", "/answer/"))).text


async def test_a_late_answer_is_still_welcome(links: Links) -> None:
    await links.ask("Tom")
    await links.stage.until(WEDNESDAY_NOON)
    assert await links.stage.one("SELECT state FROM offers") == "expired"
    assert "It is not too late" in (await links.browser.get(links.link("tom", "/answer/"))).text
    assert "You are going along" in (await links.accept("tom")).text


async def test_without_a_choice_the_page_says_so_and_nothing_happens(links: Links) -> None:
    await links.ask("Tom")
    asked = await links.browser.get(links.link("tom", "/answer/"))
    before = await hash_of_all_tables(links.stage.sql)
    for answers in ({}, {"choice": ""}):
        form = asked.form()
        sent = {"token": form.fields["token"].chosen[0], **answers}
        seen = await links.browser.ask("POST", asked.path, data=sent, status=400)
        assert seen.page and seen.page.title.startswith("Error:") and "Choose one answer" in seen.text
        assert seen.form().fields["choice"].chosen == []
    assert await hash_of_all_tables(links.stage.sql) == before


@pytest.mark.parametrize("choice", ["maybe", "00000000-0000-4000-8000-000000000000", "yes\r\nno", "\u202eon", "x" * 70_000])
async def test_an_answer_that_was_not_offered_is_refused_with_the_question(links: Links, choice: str) -> None:
    await links.ask("Tom")
    asked = await links.browser.get(links.link("tom", "/answer/"))
    before = await hash_of_all_tables(links.stage.sql)
    sent = {"token": asked.form().fields["token"].chosen[0], "choice": choice}
    seen = await links.browser.ask("POST", asked.path, data=sent)
    assert seen.status in (400, 413)
    assert await hash_of_all_tables(links.stage.sql) == before


@pytest.mark.parametrize("token", ["", "x", "foreign"])
async def test_without_our_own_form_nothing_happens_and_the_way_back_is_shown(links: Links, token: str) -> None:
    await links.ask("Tom", "Wendy")
    asked = await links.browser.get(links.link("tom", "/answer/"))
    if token == "foreign":
        token = (await links.browser.get(links.link("wendy", "/answer/"))).form().fields["token"].chosen[0]
    before = await hash_of_all_tables(links.stage.sql)
    sent = {"token": token, "choice": asked.form().fields["choice"].values[0]}
    seen = await links.browser.ask("POST", asked.path, data=sent, status=400)
    assert seen.page and asked.path in [href for href, _ in seen.page.links], "there is a way back"
    assert await hash_of_all_tables(links.stage.sql) == before


async def test_a_form_of_another_site_is_refused(links: Links) -> None:
    await links.ask("Tom")
    asked = await links.browser.get(links.link("tom", "/answer/"))
    sent = {"token": asked.form().fields["token"].chosen[0], "choice": asked.form().fields["choice"].values[0]}
    seen = await links.browser.ask(
        "POST", asked.path, data=sent, headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    )
    assert seen.status == 400 and await links.stage.one("SELECT count(*) FROM matches") == 0


async def test_an_option_that_begins_too_soon_is_not_offered_and_not_taken(links: Links) -> None:
    await links.ask("Tom")
    asked = await links.browser.get(links.link("tom", "/answer/"))
    links.stage.now = THURSDAY.replace(hour=17, minute=31)
    seen = await links.browser.submit(asked, {"choice": asked.form().fields["choice"].values[0]})
    assert "This link has finished" in seen.text and await links.stage.one("SELECT count(*) FROM matches") == 0


async def test_it_says_why_and_about_how_often_from_what_was_stored(links: Links) -> None:
    await links.ask("Tom")
    few = await links.browser.get(links.link("tom", "/answer/"))
    assert "We asked you because you are usually free on Thursdays, it is near and we have not asked you before." in few.text
    assert "There are only a few volunteers in your area" in few.text
    for name in ("Wendy", "Ann", "Bill", "Dan"):
        await links.stage.world.volunteer(name)
    assert "We are new in your area" in (await links.browser.get(links.link("tom", "/answer/"))).text
    await links.stage.sql.execute("UPDATE volunteers SET created_at = created_at - interval '2 weeks'")
    await links.stage.sql.execute('UPDATE offer_reasons SET why = why || \'{"km": "31.5", "last_asked_at": "2026-10-01T09:00:00+00:00"}\'')
    told = await links.browser.get(links.link("tom", "/answer/"))
    assert "it is within the way you said you go and we have not asked you lately" in told.text
    # One invitation among five in two weeks each: one in ten weeks; their own, one in two weeks, counts a fifth.
    assert "You can expect about one invitation every 6 weeks in your area." in told.text
