"""Priya rings somebody while Noor is with her: the button, the one page with a number, one press, and what she and Carol read afterwards."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from coordinator_desk import open_desk

from matcher.actions import standing_in
from tests.keyworker_desk import Desk, eve_sits_down, sit_down
from tests.link_stage import Links, hash_of_all_tables
from tests.on_call_people import NUMBER, WEDNESDAY, looking, on_call, the_coordinator
from tests.site import Seen, from_own_page

PRESS = "Ring somebody now"


@pytest.fixture
async def desk(links: Links) -> Desk:
    links.stage.now = WEDNESDAY
    return await sit_down(links)


async def begin(desk: Desk, *people: str) -> tuple[UUID, Seen]:
    """Somebody may be rung; Priya has her referral's page before her."""
    for number, name in enumerate(people or ("Tom",)):
        await on_call(desk.stage, name, number=f"07700 90051{number + 2}")
    referral = await looking(desk.stage)
    return referral, await desk.get(f"/referrals/{referral}")


async def press(desk: Desk, seen: Seen, *, status: int = 200) -> Seen:
    return await desk.browser.submit(seen, action="/ring", status=status)


async def answer(desk: Desk, seen: Seen, button: str, *, status: int = 200) -> Seen:
    """Press what they said, on the page with the number."""
    return await desk.browser.submit(seen, action="/ring/", button=button, status=status)


def is_offered(seen: Seen) -> bool:
    return seen.page is not None and any(form.action.endswith("/ring") for form in seen.page.forms)


# ── the way through ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_one_name_and_one_number_and_a_yes_in_one_press(desk: Desk) -> None:
    referral, seen = await begin(desk)
    assert is_offered(seen) and "Tom" not in seen.text and not seen.names(NUMBER)
    number = await press(desk, seen)
    assert "Ring Tom now" in number.text and NUMBER in number.text and "shown once" in number.text
    assert "a meeting of Alcoholics Anonymous" in number.text and "Thursday 26 November" in number.text and "near Millbrook" in number.text
    assert not number.names("Noor") and "Mill Hall" not in number.text, "no more than an invitation says"
    assert number.headers["Cache-Control"] == "no-store" and number.page and NUMBER not in number.page.title
    done = await answer(desk, number, "They said yes")
    assert done.path == f"/referrals/{referral}" and "Somebody said yes" in done.text and "You rang 1 person" in done.text
    assert await desk.stage.state(referral) == "matched"


async def test_a_number_stands_on_no_other_page(desk: Desk) -> None:
    referral, seen = await begin(desk)
    before = await hash_of_all_tables(desk.stage.sql)
    for path in (f"/referrals/{referral}", f"/referrals/{referral}/ring"):
        await desk.get(path)
    assert await hash_of_all_tables(desk.stage.sql) == before, "looking changes nothing"
    number = await press(desk, seen)
    for path in (f"/referrals/{referral}/ring", f"/referrals/{referral}", f"/referrals/{referral}/search", "/referrals"):
        other = await desk.get(path)
        assert not other.names(NUMBER) and not other.names("Tom"), path
    assert "What did they say?" in (await desk.get(f"/referrals/{referral}/ring")).text
    assert "Say what came of the call" in (await desk.get(f"/referrals/{referral}")).text
    again = await press(desk, seen)
    assert NUMBER in again.text, "a double tap shows the same page"
    desk.stage.now += timedelta(minutes=1)
    again = await press(desk, seen)
    assert again.path.endswith("/ring") and not again.names(NUMBER) and len(await desk.stage.offers()) == 1
    assert "They said yes" in number.text


async def test_no_and_no_answer_offer_the_next_until_nobody_is_left(desk: Desk) -> None:
    referral, seen = await begin(desk, "Tom", "Ann")
    first = await press(desk, seen)
    noted = await answer(desk, first, "Not this time")
    assert "Noted: not this time" in noted.text and not noted.names(NUMBER) and not noted.names("07700 900513")
    second = await press(desk, noted)
    assert [name for name in ("Tom", "Ann") if f"Ring {name} now" in first.text] != [
        name for name in ("Tom", "Ann") if f"Ring {name} now" in second.text
    ]
    noted = await answer(desk, second, "No answer")
    assert "Noted: no answer" in noted.text and "Nobody can be rung just now" in noted.text and not is_offered(noted)
    status = await desk.get(f"/referrals/{referral}")
    assert "You rang 2 people" in status.text and "1 said no. 1 did not answer." in status.text and not is_offered(status)
    assert not status.names("Tom") and not status.names("Ann")


async def test_a_yes_after_the_seat_has_gone_is_answered_kindly(desk: Desk) -> None:
    referral, seen = await begin(desk)
    number = await press(desk, seen)
    ann = await desk.stage.world.volunteer("Ann")
    facts = {"referral_id": referral, "volunteer_id": ann, "option_id": await desk.stage.one("SELECT id FROM referral_options")}
    await desk.stage.db.act(standing_in.record_yes, desk.stage.config, desk.stage.now, actor=the_coordinator(desk.stage), **facts)
    said = await answer(desk, number, "They said yes")
    assert "Somebody else said yes a moment before" in said.text and "Please thank them" in said.text
    assert await desk.stage.one("SELECT count(*) FROM matches") == 1


async def test_carol_reads_each_call_in_words_and_whom_to_put_through(desk: Desk) -> None:
    referral, seen = await begin(desk)
    number = await press(desk, seen)
    carol = await open_desk(desk.links)
    page = await carol.get(f"/coordinator/referrals/{referral}")
    assert "Being rung by the keyworker now" in page.text and "The keyworker rang 1 person" in page.text
    assert "May be rung at that hour, number 1 of 1" in page.text and "Remind once" not in page.text
    await answer(desk, number, "No answer")
    page = await carol.get(f"/coordinator/referrals/{referral}")
    assert "Did not answer the telephone" in page.text and not page.names(NUMBER)


async def test_calls_through_the_coordinators_say_so(desk: Desk) -> None:
    await on_call(desk.stage, number="")
    referral = await looking(desk.stage)
    number = await press(desk, await desk.get(f"/referrals/{referral}"))
    reference = await desk.stage.one("SELECT reference FROM referrals")
    assert "01632 960002" in number.text and f"say our reference {reference}" in number.text and "put through to Tom" in number.text


# ── not offered ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_outside_every_window_it_is_not_offered_and_a_press_finds_nobody(desk: Desk) -> None:
    referral, seen = await begin(desk)
    for change in (
        "UPDATE volunteers SET on_call = '{}'",
        "UPDATE volunteers SET on_call = '{[0,10080)}', may_be_rung = false",
        "UPDATE volunteers SET may_be_rung = true; "
        "UPDATE referral_options SET starts_at = starts_at + interval '3 days', ends_at = ends_at + interval '3 days'",
    ):
        await desk.stage.sql.execute(change)
        assert not is_offered(await desk.get(f"/referrals/{referral}")), change
        assert not is_offered(await desk.get(f"/referrals/{referral}/ring")), change
        refused = await press(desk, seen, status=409)
        assert "Nobody can be rung just now" in refused.text and await desk.stage.offers() == []


# ── odd input, other people ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


ODD: list[tuple[dict[str, str], int]] = [
    ({}, 400),
    ({"said": "yes"}, 400),
    ({"said": "perhaps"}, 400),
    ({"said": "no", "yes": "{option}"}, 400),
    ({"yes": "tomorrow"}, 400),
    ({"yes": "{other}"}, 409),
    ({"said": "no", "number": "07700 900000"}, 400),
]


async def test_odd_answers_change_nothing_and_keep_the_call(desk: Desk) -> None:
    _, seen = await begin(desk)
    number = await press(desk, seen)
    form = number.form("/ring/")
    facts = {"option": await desk.stage.one("SELECT id::text FROM referral_options"), "other": uuid4()}
    tokens = {name: form.fields[name].chosen[0] for name in ("token", "nonce")}
    for sent, status in ODD:
        body = {name: value.format(**facts) for name, value in sent.items()}
        odd = await desk.browser.ask("POST", form.action, data={**tokens, **body}, headers=from_own_page(desk.links.config.base_url))
        assert odd.status == status and not odd.names(NUMBER), sent
    assert [offer["state"] for offer in await desk.stage.offers()] == ["sent"]
    assert await desk.stage.one("SELECT count(*) FROM matches") == 0


async def test_nobody_else_sees_or_presses_anything(desk: Desk) -> None:
    referral, seen = await begin(desk)
    number = await press(desk, seen)
    action = number.form("/ring/").action
    eve, carol = await eve_sits_down(desk.links), await open_desk(desk.links)
    for browser in (eve.browser, carol.browser, desk.links.browser):
        for path in (f"/referrals/{referral}/ring", f"/referrals/{uuid4()}/ring"):
            refused = await browser.get(path, status=None)
            assert refused.status in (401, 403, 404) or "/sign-in" in refused.path, path
        for path in (f"/referrals/{referral}/ring", action):
            refused = await browser.ask("POST", path, data={"said": "no"}, headers=from_own_page(desk.links.config.base_url))
            assert refused.status in (400, 401, 403, 404), path
    assert (await desk.browser.get(action, status=None)).status == 405
    assert (await desk.browser.ask("POST", action, data={"said": "no"})).status in (400, 403), "no token"
    assert [offer["state"] for offer in await desk.stage.offers()] == ["sent"]
