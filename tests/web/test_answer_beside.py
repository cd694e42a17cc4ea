"""One page for up to three newcomers: a group of answers for each, nothing chosen beforehand, nothing changed by looking, and each recorded on its own."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.link_stage import Links, hash_of_all_tables, the_choice
from tests.site import Seen, from_own_page

NIGHT, MORNING = datetime(2026, 11, 23, 22, 0, tzinfo=UTC), datetime(2026, 11, 24, 8, 1, tzinfo=UTC)
IDENTIFYING = ("Noor", "Mill Hall", "Mill Lane", "Harbour", "Priya", "Tom", "01632 960009", "Alcoholics")


THURSDAY, NEXT_THURSDAY = date(2026, 11, 26), date(2026, 12, 3)


async def ask_tom(links: Links, *days: date) -> Links:
    """Tom's one letter about a newcomer for each of these days."""
    stage = links.stage
    await stage.sql.execute("UPDATE areas SET policy = 'product'")
    await stage.world.volunteer("Tom", going_cap=8)
    stage.now = NIGHT
    for on in days:
        await stage.begin(await stage.world.referral(on_date=on))
    stage.now = MORNING
    await stage.worker.run_until_idle()
    return links


@pytest.fixture
async def bundle(links: Links) -> Links:
    """Tom's one letter about two newcomers: Thursday this week and next."""
    return await ask_tom(links, THURSDAY, NEXT_THURSDAY)


def other_yes(seen: Seen) -> str:
    return str(seen.form().fields["also_1"].values[0])


async def states(links: Links) -> dict[str, str]:
    rows = await links.stage.sql.fetch("SELECT beside IS NULL AS main, state FROM offers")
    return {"main" if row["main"] else "other": row["state"] for row in rows}


async def test_both_are_asked_in_groups_of_their_own_with_coarse_facts_only(bundle: Links) -> None:
    seen = await bundle.browser.get(bundle.link("tom", "/answer/"))
    fields = seen.form().fields
    assert set(fields) == {"token", "choice", "also_1"} and fields["choice"].chosen == fields["also_1"].chosen == []
    assert [value.split("-")[0] for value in fields["also_1"].values[1:]] == ["no", "another_day"]
    assert (
        "Thursday 26 November" in seen.text and "Thursday 3 December" in seen.text and "Somebody else would like company too" in seen.text
    )
    assert not [word for word in IDENTIFYING if word in seen.body.decode()]


async def test_looking_changes_nothing(bundle: Links) -> None:
    path = bundle.link("tom", "/answer/")
    before = await hash_of_all_tables(bundle.stage.sql)
    await bundle.browser.get(path)
    assert await hash_of_all_tables(bundle.stage.sql) == before


async def test_both_are_recorded_in_one_press(bundle: Links) -> None:
    seen = await bundle.browser.get(bundle.link("tom", "/answer/"))
    after = await bundle.browser.submit(seen, {"choice": the_choice(seen, "yes"), "also_1": other_yes(seen)})
    assert await states(bundle) == {"main": "accepted", "other": "accepted"}
    assert "You are going along" in after.text and "You said yes to somebody else too" in after.text
    assert await bundle.stage.one("SELECT count(*) FROM letters WHERE kind = 'offer_accepted'") == 2
    assert await bundle.stage.one("SELECT count(*) FROM letters WHERE kind = 'offer'") == 1


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"choice": "no"}, {"main": "declined", "other": "sent"}),
        ({"also_1": "no"}, {"main": "sent", "other": "declined"}),
        ({"also_1": "another_day"}, {"main": "sent", "other": "not_now"}),
        ({"choice": "another_day", "also_1": "yes"}, {"main": "not_now", "other": "accepted"}),
        ({"choice": "stop", "also_1": "yes"}, {"main": "declined", "other": "withdrawn"}),
    ],
)
async def test_each_answer_is_of_its_own_newcomer(bundle: Links, answers: dict[str, str], expected: dict[str, str]) -> None:
    seen = await bundle.browser.get(bundle.link("tom", "/answer/"))
    values = seen.form().fields["also_1"].values
    given = dict(answers)
    if said := answers.get("also_1"):
        given["also_1"] = other_yes(seen) if said == "yes" else next(value for value in values if value.startswith(said))
    await bundle.browser.submit(seen, given)
    await bundle.stage.worker.run_until_idle()
    assert await states(bundle) == expected


async def test_what_was_left_can_be_answered_later(bundle: Links) -> None:
    path = bundle.link("tom", "/answer/")
    seen = await bundle.browser.get(path)
    after = await bundle.browser.submit(seen, {"choice": "no"})
    assert "Thank you for telling us" in after.text and set(after.form().fields) == {"token", "also_1"}
    last = await bundle.browser.submit(after, {"also_1": other_yes(after)})
    assert await states(bundle) == {"main": "declined", "other": "accepted"} and "You said yes to somebody else too" in last.text


@pytest.mark.parametrize(
    "sent", [{}, {"also_1": "no-00000000-0000-0000-0000-000000000000"}, {"also_1": "no"}, {"choice": "no", "also_2": "yes"}]
)
async def test_nothing_chosen_or_what_was_not_offered_records_nothing(bundle: Links, sent: dict[str, Any]) -> None:
    path = bundle.link("tom", "/answer/")
    token = (await bundle.browser.get(path)).form().fields["token"].chosen[0]
    answer = await bundle.browser.ask("POST", path, data={"token": token, **sent}, headers=from_own_page(bundle.config.base_url))
    assert answer.status == 400 and await states(bundle) == {"main": "sent", "other": "sent"}


async def test_a_yes_that_cannot_be_taken_beside_is_said_and_the_other_one_stands(bundle: Links) -> None:
    seen = await bundle.browser.get(bundle.link("tom", "/answer/"))
    newcomer = await bundle.stage.one(
        "SELECT r.newcomer_id FROM referrals r JOIN offers o ON o.referral_id = r.id WHERE o.beside IS NOT NULL"
    )
    await bundle.stage.sql.execute("UPDATE referrals SET comfort = 'woman' WHERE newcomer_id = $1", newcomer)
    after = await bundle.browser.submit(seen, {"choice": the_choice(seen, "yes"), "also_1": other_yes(seen)})
    assert await states(bundle) == {"main": "accepted", "other": "sent"}
    assert "You are going along" in after.text and "cannot go along to that one as things stand" in after.text


@pytest.mark.parametrize(
    ("answer", "state", "says"),
    [
        ("yes", "accepted", "Your other yes is saved"),
        ("no", "declined", "We have noted your answer to the other one: not this time."),
        ("another_day", "not_now", "We have noted your answer to the other one: ask me another day."),
    ],
)
async def test_where_the_first_yes_cannot_be_taken_the_page_says_what_was_recorded(
    bundle: Links, answer: str, state: str, says: str
) -> None:
    seen = await bundle.browser.get(bundle.link("tom", "/answer/"))
    await bundle.stage.sql.execute(
        "UPDATE referrals SET comfort = 'woman' WHERE id = (SELECT referral_id FROM offers WHERE beside IS NULL)"
    )
    other = next(value for value in seen.form().fields["also_1"].values if answer == "yes" or value.startswith(answer))
    after = await bundle.browser.submit(seen, {"choice": the_choice(seen, "yes"), "also_1": other})
    assert await states(bundle) == {"main": "sent", "other": state}
    assert "cannot go along to that one as things stand" in after.text and says in after.text
    assert "Only this yes was not saved." in after.text and "Nothing was saved" not in after.text


async def test_a_yes_that_cannot_be_taken_alone_saves_nothing(bundle: Links) -> None:
    seen = await bundle.browser.get(bundle.link("tom", "/answer/"))
    await bundle.stage.sql.execute("UPDATE referrals SET comfort = 'woman'")
    after = await bundle.browser.submit(seen, {"choice": the_choice(seen, "yes")})
    assert (
        "Nothing was saved." in after.text
        and "the other one" not in after.text
        and await states(bundle) == {"main": "sent", "other": "sent"}
    )


async def test_two_yeses_that_cannot_be_taken_save_nothing(bundle: Links) -> None:
    seen = await bundle.browser.get(bundle.link("tom", "/answer/"))
    await bundle.stage.sql.execute("UPDATE referrals SET comfort = 'woman'")
    after = await bundle.browser.submit(seen, {"choice": the_choice(seen, "yes"), "also_1": other_yes(seen)})
    assert await states(bundle) == {"main": "sent", "other": "sent"}
    assert "Nothing was saved." in after.text and "Only this yes" not in after.text


async def test_of_three_answers_each_that_could_not_be_taken_is_said(links: Links) -> None:
    stage = (await ask_tom(links, THURSDAY, NEXT_THURSDAY, date(2026, 12, 10))).stage
    seen = await links.browser.get(links.link("tom", "/answer/"))
    fields = seen.form().fields
    yes = str(fields["also_1"].values[0])
    no = next(value for value in fields["also_2"].values if value.startswith("no-"))
    await stage.sql.execute("UPDATE referrals SET comfort = 'woman'")
    after = await links.browser.submit(seen, {"choice": the_choice(seen, "yes"), "also_1": yes, "also_2": no})
    assert "This yes was not saved." in after.text and "Only this yes" not in after.text
    assert after.text.count("You cannot go along to that one as things stand") == 2 and "not this time" in after.text


async def test_whoever_is_too_late_sees_who_else_looks_and_can_go_there(links: Links) -> None:
    stage = links.stage
    await stage.sql.execute("UPDATE areas SET policy = 'product'")
    for name in ("Tom", "Ann"):
        await stage.world.volunteer(name, going_cap=8)
    await stage.begin(await stage.world.referral())
    quick, late = [links.link(name, "/answer/") for name in ("tom", "ann")]
    await links.choose(quick, "yes")
    asked = await links.browser.get(late)
    assert set(asked.form().fields) == {"token", "choice"}, "looking shows nobody else"
    stage.now = NIGHT
    await stage.begin(await stage.world.referral(on_date=date(2026, 12, 3)))
    path = late
    option = await stage.one("SELECT x.option_id FROM offer_options x JOIN offers o ON o.id = x.offer_id WHERE o.state = 'withdrawn'")
    token = asked.form().fields["token"].chosen[0]
    seen = await links.browser.ask("POST", path, data={"token": token, "choice": str(option)}, headers=from_own_page(links.config.base_url))
    assert "Somebody is already going" in seen.text and "Thursday 3 December" in seen.text
    assert not [word for word in ("Noor", "Mill Hall") if word in seen.body.decode()]
    forms = [form for form in seen.page.forms if "also_1" in form.fields] if seen.page else []
    answer = {"token": token, "also_1": forms[0].fields["also_1"].values[0]}
    going = await links.browser.ask("POST", path, data=answer, headers=from_own_page(links.config.base_url))
    assert "You said yes to somebody else too" in going.text
    assert await stage.one("SELECT count(*) FROM matches") == 2


@pytest.mark.parametrize("on", [THURSDAY, NEXT_THURSDAY], ids=["the same evening", "another evening"])
async def test_after_a_yes_only_what_can_be_done_besides_is_asked_for(links: Links, on: date) -> None:
    clashes = on == THURSDAY
    await ask_tom(links, THURSDAY, on)
    seen = await links.browser.get(links.link("tom", "/answer/"))
    first = await links.browser.submit(seen, {"choice": the_choice(seen, "yes")})
    asks = [name for form in (first.page.forms if first.page else []) for name in form.fields]
    assert "You are going along" in first.text and ("also_1" in asks) is not clashes
    await links.stage.worker.run_until_idle()
    assert (await states(links))["other"] == ("withdrawn" if clashes else "sent"), "the clock agrees with the page"


async def test_a_yes_to_the_other_one_takes_back_the_question_it_leaves_no_time_for(links: Links) -> None:
    await ask_tom(links, THURSDAY, THURSDAY)
    seen = await links.browser.get(links.link("tom", "/answer/"))
    after = await links.browser.submit(seen, {"also_1": other_yes(seen)})
    assert "You said yes to somebody else too" in after.text and "There is nothing more to do for this one" in after.text
    assert not after.page or not [form for form in after.page.forms if "choice" in form.fields]
