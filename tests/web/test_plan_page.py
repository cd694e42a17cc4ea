"""A newcomer's own page over real HTTP: every state of the plan, every choice, the second question, and leaving in one press."""

import pytest

from matcher.actions.amending import give_up
from matcher.domain.actor import OPERATOR, Actor, ActorKind
from matcher.store.audit import claim_acting
from tests.link_stage import Links, hash_of_all_tables

NEEDLESS = ("Wendy", "volunteer", "AA volunteer")


async def told(links: Links, *others: str, **changes: object) -> str:
    """Tom goes along and Noor has been told; returns the path of her page."""
    await links.ask("Tom", *others, **changes)
    await links.accept("tom")
    await links.stage.pass_time(minutes=16)
    return links.link("noor", "/plan/")


async def test_the_plan_says_who_where_when_what_to_expect_and_whom_to_ring(links: Links) -> None:
    seen = await links.browser.get(await told(links))
    for said in (
        "Hello Noor",
        "Tom",
        "a blue coat",
        "a member of Alcoholics Anonymous",
        "Thursday 26 November",
        "7.15pm",
        "Mill Hall",
        "1 Mill Lane",
        "You do not have to speak",
        "Bring your prescribed medicine",
        "Wait 15 minutes",
        "the name you gave us",
        "We tell them nothing else about you",
        "Priya",
        "01632 960003",
        "999",
        "111",
        "22 November 2026",
    ):
        assert said in seen.text, said
    assert not [word for word in NEEDLESS if word in seen.text]
    assert seen.page and seen.page.title == "Your plan – Alongside"


async def test_a_page_that_names_a_fellowship_is_left_in_one_press(links: Links) -> None:
    seen = await links.browser.get(await told(links))
    assert "data-exit" in seen.body.decode()
    assert seen.page and [href for href, text in seen.page.links if "Exit this page" in text and href.startswith("https://")]


async def test_a_crisis_line_and_a_helpline_are_shown_where_they_are_known(links: Links) -> None:
    path = await told(links)
    await links.stage.sql.execute("UPDATE providers SET crisis_line = '01632 960020'")
    await links.stage.sql.execute(
        "INSERT INTO fellowship_contacts (area_id, fellowship, web_address, helpline, updated_at) VALUES ($1, 'aa', '', '01632 960021', $2)",
        links.stage.world.area_id,
        links.stage.now,
    )
    seen = await links.browser.get(path)
    assert "01632 960020" in seen.text and "01632 960021" in seen.text


async def test_nothing_is_chosen_and_agreeing_is_only_for_whom_asked_for_it(links: Links) -> None:
    choice = (await links.browser.get(await told(links))).form().fields["choice"]
    assert choice.chosen == [] and [value.split(":")[0] for value in choice.values] == ["other_person", "other_time", "cancel", "stop"]


async def test_the_companion_hears_the_name_only_after_the_newcomers_ok(links: Links) -> None:
    path = await told(links, agree_first=True)
    assert await links.stage.one("SELECT state FROM matches") == "planned"
    seen = await links.browser.get(path)
    assert "nobody hears your name before you do" in seen.text and seen.form().fields["choice"].values[0] == "agree"
    done = await links.browser.submit(seen, {"choice": "agree"})
    assert "Your plan stands" in done.text and "agree" not in done.form().fields["choice"].values
    assert await links.stage.one("SELECT state FROM matches") == "confirmed"
    again = await links.browser.ask("POST", path, data={"token": seen.form().fields["token"].chosen[0], "choice": "agree"})
    assert again.status == 400, "there is nothing to agree to any more"


async def test_another_person_is_looked_for_and_the_first_is_thanked(links: Links) -> None:
    path = await told(links)
    await links.stage.world.volunteer("Wendy")
    done = await links.choose(path, "other_person:")
    assert "We are looking for somebody else" in done.text and "We are sorting out who comes with you" in done.text
    assert "Tom" not in done.text and await links.stage.state(links.asked) == "looking"
    assert await links.stage.one("SELECT count(*) FROM letters WHERE kind = 'cancellation' AND party_kind = 'volunteer'") == 1
    await links.stage.worker.run_until_idle()
    row = await links.stage.sql.fetchrow("SELECT count(*) AS offers, count(DISTINCT volunteer_id) AS people FROM offers")
    assert row["people"] == 2


async def test_another_time_tells_the_keyworker_and_leaves_the_plan(links: Links) -> None:
    path = await told(links)
    done = await links.choose(path, "other_time")
    assert "We have told Priya" in done.text and "Tom" in done.text
    await links.choose(path, "other_time")
    assert await links.stage.one("SELECT count(*) FROM tasks WHERE reason = 'other_time'") == 1
    assert await links.stage.state(links.asked) == "matched"
    await links.stage.worker.run_until_idle()
    assert [letter for letter in links.letters("priya") if "another time" in letter.as_string()]


async def test_calling_off_is_asked_once_more(links: Links) -> None:
    path = await told(links)
    before = await hash_of_all_tables(links.stage.sql)
    asked = await links.choose(path, "cancel")
    assert asked.path.endswith("/cancel") and "Shall we call it off?" in asked.text and asked.form().fields["choice"].chosen == []
    assert "Choose one answer" in (await links.browser.submit(asked, status=400)).text
    assert "Hello Noor" in (await links.browser.submit(asked, {"choice": "back"})).text
    assert await hash_of_all_tables(links.stage.sql) == before
    done = await links.browser.submit(asked, {"choice": "yes"})
    assert "It is called off" in done.text and "There is no plan" in done.text and "Tom" not in done.text
    row = await links.stage.sql.fetchrow("SELECT state, close_reason, cancel_reason FROM referrals")
    assert tuple(row) == ("closed", "cancelled", "newcomer_changed_mind")
    assert await links.stage.one("SELECT count(*) FROM letters WHERE kind = 'cancellation' AND party_kind = 'volunteer'") == 1
    assert "There is nothing to call off" in (await links.browser.get(f"{path}/cancel")).text


async def test_stopping_everything_ends_the_consent_and_the_link(links: Links) -> None:
    path = await told(links)
    asked = await links.choose(path, "stop")
    assert "Shall we stop everything?" in asked.text
    done = await links.browser.submit(asked, {"choice": "yes"})
    assert "Everything has stopped" in done.text and "Priya" in done.text
    row = await links.stage.sql.fetchrow("SELECT state, close_reason FROM referrals")
    assert tuple(row) == ("closed", "consent_withdrawn")
    newest = await links.stage.sql.fetchrow("SELECT given, method FROM consents WHERE purpose = 'c1' ORDER BY at DESC, given LIMIT 1")
    assert tuple(newest) == (False, "own_link")
    assert "This link has finished" in (await links.browser.get(path)).text
    before = len(links.letters("noor"))
    await links.stage.pass_time(hours=80)
    assert len(links.letters("noor")) == before, "nothing more is sent to them"


async def test_two_companions_can_be_told_apart(links: Links) -> None:
    await links.ask("Tom", "Wendy", seats=2)
    await links.accept("tom")
    await links.accept("wendy")
    await links.stage.pass_time(minutes=16)
    seen = await links.browser.get(links.link("noor", "/plan/"))
    assert "rather not go with Tom" in seen.text and "rather not go with Wendy" in seen.text
    wendy = next(value for value in seen.form().fields["choice"].values if value.startswith("other_person:"))
    await links.browser.submit(seen, {"choice": wendy})
    assert await links.stage.state(links.asked) == "part_filled"
    left = await links.browser.get(links.link("noor", "/plan/"))
    assert "rather go with somebody else" in left.text


async def test_a_companion_who_drops_out_is_not_shown_any_more(links: Links) -> None:
    path = await told(links)
    await links.choose(links.link("tom", "/cannot-come/"), "go_back")
    seen = await links.browser.get(path)
    assert "We are sorting out who comes with you" in seen.text and "Tom" not in seen.text
    assert seen.form().fields["choice"].values == ["other_time", "cancel", "stop"]


async def test_somebody_new_is_named_only_once_everything_is_agreed(links: Links) -> None:
    path = await told(links)
    await links.stage.world.volunteer("Wendy")
    await links.choose(links.link("tom", "/cannot-come/"), "go_back")
    await links.stage.worker.run_until_idle()
    await links.accept("wendy")
    assert "Wendy" not in (await links.browser.get(path)).text
    await links.stage.pass_time(minutes=16)
    assert "Wendy" in (await links.browser.get(links.link("noor", "/plan/"))).text


async def test_once_it_has_begun_only_stopping_is_offered_and_later_nothing(links: Links) -> None:
    path = await told(links)
    await links.stage.until(links.stage.now.replace(day=26, hour=19, minute=45))
    seen = await links.browser.get(path)
    assert "Today is the day" in seen.text and seen.form().fields["choice"].values == ["stop"]
    links.stage.now = links.stage.now.replace(day=27, hour=10)
    assert "There is no plan to show any more" in (await links.browser.get(path)).text
    links.stage.now = links.stage.now.replace(day=27, hour=21)
    assert "This link has finished" in (await links.browser.get(path)).text


async def test_when_nobody_could_come_the_page_is_honest_and_offers_ways(links: Links) -> None:
    await links.ask("Tom")
    await links.choose(links.link("tom", "/answer/"), "no")
    await links.stage.worker.run_until_idle()
    world = links.stage.world
    priya = Actor(ActorKind.KEYWORKER, id=world.keyworker_id, provider_id=world.provider_id)
    await links.stage.db.act(give_up, links.config, links.stage.now, actor=priya, referral_id=links.asked)
    await links.stage.worker.run_until_idle()
    seen = await links.browser.get(links.link("noor", "/plan/"))
    assert "nobody could come with you this time" in seen.text and "It has nothing to do with you" in seen.text
    assert "Mill Hall" in seen.text and "Priya" in seen.text
    assert seen.page and not [form for form in seen.page.forms if "/plan/" in form.action]


async def test_while_it_is_put_off_nothing_acts_but_stopping(links: Links) -> None:
    path = await told(links)
    async with links.stage.sql.transaction():
        await claim_acting(links.stage.sql, OPERATOR, "hold", links.stage.now)
        await links.stage.sql.execute("UPDATE referrals SET state = 'on_hold', held_state = 'matched'")
    seen = await links.browser.get(path)
    assert "put off for now" in seen.text and "Tom" not in seen.text and seen.form().fields["choice"].values == ["stop"]


async def test_the_sheet_is_for_paper(links: Links) -> None:
    seen = await links.browser.get(await told(links) + "/sheet")
    assert "Mill Hall" in seen.text and "Thursday 26 November" in seen.text and "999" in seen.text
    assert seen.page and not seen.page.forms and seen.page.title == "Your plan – Alongside"


@pytest.mark.parametrize("choice", ["", "agree", "other_person:00000000-0000-4000-8000-000000000000", "other_person:x", "yes"])
async def test_what_was_not_offered_is_refused_with_the_page(links: Links, choice: str) -> None:
    path = await told(links)
    token = (await links.browser.get(path)).form().fields["token"].chosen[0]
    before = await hash_of_all_tables(links.stage.sql)
    seen = await links.browser.ask("POST", path, data={"token": token, "choice": choice}, status=400)
    assert seen.page and seen.page.title.startswith("Error:") and "Hello Noor" in seen.text
    assert await hash_of_all_tables(links.stage.sql) == before


async def test_a_form_for_one_page_does_not_fit_another(links: Links) -> None:
    path = await told(links)
    token = (await links.browser.get(path)).form().fields["token"].chosen[0]
    assert (await links.browser.ask("POST", f"{path}/stop", data={"token": token, "choice": "yes"})).status == 400
    assert await links.stage.state(links.asked) == "matched"
