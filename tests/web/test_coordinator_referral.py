"""One referral for its coordinator: where it stands in words, who could go and why not, asking and answers by hand; and that no page betrays a bar."""

import re
from datetime import time, timedelta
from uuid import UUID, uuid4

import pytest
from coordinator_desk import THURSDAY, Desk, address, open_desk

from tests.link_stage import Links
from tests.site import Seen
from tests.stage import words


@pytest.fixture
async def desk(links: Links) -> Desk:
    return await open_desk(links)


def figures(seen: Seen) -> str:
    """A page's words without the times that pass."""
    return re.sub(r"(\d+ (minutes?|hours?) ago|just now)", "", seen.text)


async def person_page(desk: Desk, referral: UUID, volunteer: UUID, rest: str = "") -> Seen:
    return await desk.get(address(referral, f"/people/{volunteer}{rest}"))


# ── where it stands ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_referral_that_waits_says_why_and_what_to_do(desk: Desk) -> None:
    referral = await desk.referral()
    page = await desk.get(address(referral))
    assert page.page and page.page.h1 == f"Referral {await desk.reference(referral)}"
    assert "Nobody fits" in page.text and "Waiting for you" in page.text and "Nobody was asked yet." in page.text
    assert "Keyworker Priya, Harbour, 01632 960003" in page.text and "stay with their keyworker" in page.text
    links = [href for href, _ in page.page.links]
    assert {address(referral, "/people"), address(referral, "/give-up"), address(referral, "/letters")} <= set(links)


async def test_asks_are_shown_with_their_reason_state_and_answer(desk: Desk) -> None:
    for name in ("Tom", "Ahmed", "Bill", "Dan"):
        await desk.stage.world.volunteer(name)
    referral = await desk.referral()
    page = await desk.get(address(referral))
    assert "Asked 3 people" in page.text and "Looking for somebody" in page.text
    assert page.text.count("Asked, no answer yet") == 3 and "of 4 who could go" in page.text.lower() and "reply by" in page.text
    await desk.stage.no((await desk.stage.offers("sent"))[0])
    later = await desk.get(address(referral))
    assert "Said no" in later.text


async def test_a_yes_is_shown_at_once_and_the_plan_when_both_are_told(desk: Desk) -> None:
    await desk.stage.world.volunteer("Tom")
    referral = await desk.referral()
    await desk.stage.yes((await desk.stage.offers("sent"))[0])
    page = await desk.get(address(referral))
    assert "Tom said yes" in page.text and "They can undo it until 10.15am" in page.text and "Somebody is going along" in page.text
    assert "Who is going along" in page.text and "Mill Hall" in page.text
    await desk.stage.pass_time(minutes=16)
    told = await desk.get(address(referral))
    assert "Both were told the plan" in told.text


async def test_a_closed_referral_stays_readable_for_a_day_then_is_gone(desk: Desk) -> None:
    referral = await desk.referral()
    closed = await desk.submit(await desk.get(address(referral, "/give-up")), {"reason": "nobody_free"})
    assert "Closed: nobody could come" in closed.text and "other meetings to try" in closed.text
    assert len(desk.stage.letters_to("noor")) == 1
    desk.stage.now += timedelta(minutes=20)
    again = await desk.get(address(referral, "/give-up"))
    assert "nothing to give up" in again.text


async def test_giving_up_needs_a_reason(desk: Desk) -> None:
    referral = await desk.referral()
    refused = await desk.submit(await desk.get(address(referral, "/give-up")), {}, status=400)
    assert "Choose why nobody could be found" in refused.text and await desk.stage.state(referral) == "needs_person"


async def test_without_a_meeting_left_nothing_can_be_asked_and_it_says_so(desk: Desk) -> None:
    tom = await desk.stage.world.volunteer("Tom", state="paused")
    referral = await desk.referral()
    await desk.stage.sql.execute("UPDATE referral_options SET state = 'lost'")
    assert "No meeting is left" in (await desk.get(address(referral))).text
    assert "No meeting is left" in (await desk.get(address(referral, "/people"))).text
    assert "There is no meeting to ask for" in (await person_page(desk, referral, tom)).text


# ── who could go ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_could_go_comes_first_and_everybody_else_with_the_rule_in_the_way(desk: Desk) -> None:
    referral = await desk.referral(comfort="woman")
    await desk.stage.world.volunteer("Tom")
    await desk.stage.world.volunteer("Wendy", says_is="woman")
    await desk.stage.world.volunteer("Bill", fellowship="na")
    page = await desk.get(address(referral, "/people"))
    assert "1 person could go" in page.text
    assert page.text.index("Wendy") < page.text.index("Tom") < page.text.index("Bill")
    assert "a wish about whom to go with is not met" in page.text and "not on their profile" in page.text
    assert "1 more could go if they were happy to go with anybody" in page.text


async def test_two_things_that_would_have_to_change_and_a_further_meeting_are_said_with_their_count(desk: Desk) -> None:
    referral = await desk.referral(comfort="woman")
    await desk.stage.sql.execute("UPDATE referrals SET languages = '{pl}'")
    for name in ("Tom", "Ahmed"):
        await desk.stage.world.volunteer(name)
    both = await desk.get(address(referral, "/people"))
    assert "Two things would have to change: 2 more could go if they were happy to go with anybody, and if an interpreter" in both.text
    await desk.stage.sql.execute("UPDATE referrals SET languages = '{en}'")
    await desk.stage.world.meeting(uuid4(), starts=time(18))
    for name in ("Wendy", "Ann", "Jane"):
        woman = await desk.stage.world.volunteer(name, says_is="woman")
        await desk.stage.sql.execute("UPDATE volunteers SET windows = '{[5340,5520)}' WHERE id = $1", woman)
    page = await desk.get(address(referral, "/people"))
    assert "3 more could go if there were a second meeting to choose from: Thursday Welcome, Thursday 26 November, 6pm." in page.text
    assert "2 more could go" not in page.text, "one proposal: the one that helps most"


async def test_an_empty_roster_says_so(desk: Desk) -> None:
    referral = await desk.referral()
    page = await desk.get(address(referral, "/people"))
    assert "0 people could go" in page.text and "Nobody is on the roster here yet." in page.text


async def test_nobody_who_fits_names_the_rule_that_stands_in_most_peoples_way(desk: Desk) -> None:
    referral = await desk.referral(comfort="woman")
    for name in ("Tom", "Ahmed"):
        await desk.stage.world.volunteer(name)
    page = await desk.get(address(referral, "/people"))
    assert "What stands in most people’s way: a wish about whom to go with" in page.text


async def test_the_funnel_and_the_list_are_the_same_with_a_barred_person_and_without(desk: Desk) -> None:
    referral = await desk.referral()
    await desk.stage.world.volunteer("Tom")
    before = figures(await desk.get(address(referral, "/people")))
    wendy = await desk.stage.world.volunteer("Wendy")
    assert figures(await desk.get(address(referral, "/people"))) != before
    await desk.bar(referral, wendy)
    assert figures(await desk.get(address(referral, "/people"))) == before


async def test_a_barred_pair_is_blocked_however_it_is_tried_and_the_page_says_no_more(desk: Desk) -> None:
    referral = await desk.referral()
    wendy = await desk.stage.world.volunteer("Wendy")
    ask, yes = await person_page(desk, referral, wendy, "/ask"), await person_page(desk, referral, wendy, "/yes")
    no = await person_page(desk, referral, wendy, "/no")
    await desk.bar(referral, wendy)
    option = str(await desk.option(referral))
    for page, answers in ((ask, {"options": option}), (yes, {"option": option}), (no, {})):
        blocked = await desk.submit(page, answers, status=409)
        assert "They cannot go with this newcomer" in blocked.text and "That was not done" in blocked.text
        assert not re.search(r"\bbar(red)?\b|avoid|asked not", blocked.text)
    shown = await person_page(desk, referral, wendy)
    assert "Nothing can be done here" in shown.text and "/ask" not in " ".join(href for href, _ in shown.page.links if href)
    assert await desk.stage.offers() == [] and desk.stage.letters_to("wendy") == []


async def test_many_come_in_pages_and_all_are_counted(desk: Desk) -> None:
    referral = await desk.referral()
    for number in range(35):
        await desk.stage.world.volunteer(f"Tom{number}")
    await desk.stage.world.volunteer("Wendy", fellowship="na")
    seen = []
    for number, shown in ((1, 30), (2, 6), (3, 0)):
        page = await desk.get(address(referral, f"/people?page={number}"))
        assert "35 people could go" in page.text
        people = [href for href, _ in page.page.links if "/people/" in href]
        assert len(people) == shown
        seen += people
    assert len(set(seen)) == 36
    assert "There is nobody on this page." in page.text


# ── asking, and answers by telephone ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_asking_by_hand_says_that_it_sends_an_email_and_sends_one(desk: Desk) -> None:
    referral = await desk.referral()
    tom = await desk.stage.world.volunteer("Tom")
    page = await person_page(desk, referral, tom, "/ask")
    assert "This sends them an email now" in page.text
    asked = await desk.submit(page)
    assert asked.path == address(referral, "?done=asked") and "An email is on its way" in asked.text
    assert len(desk.stage.letters_to("tom")) == 1 and "Noor" not in words(desk.stage.letters_to("tom")[0])


async def test_pressing_twice_asks_once(desk: Desk) -> None:
    referral = await desk.referral()
    tom = await desk.stage.world.volunteer("Tom")
    page = await person_page(desk, referral, tom, "/ask")
    first, second = await desk.submit(page), await desk.submit(page)
    assert first.path == second.path and len(await desk.stage.offers()) == 1 and len(desk.stage.letters_to("tom")) == 1


async def test_at_night_the_page_says_when_the_email_leaves(desk: Desk) -> None:
    referral = await desk.referral()
    tom = await desk.stage.world.volunteer("Tom")
    desk.stage.now = desk.stage.now.replace(hour=10, minute=20)
    night = desk.stage.now.replace(hour=22, minute=30)
    desk.stage.now = night
    desk = await open_desk(desk.links)
    page = await person_page(desk, referral, tom, "/ask")
    assert "which leaves Tuesday 24 November, 8am" in page.text
    assert "the email leaves in the morning" in (await desk.submit(page)).text
    assert desk.stage.letters_to("tom") == []


async def test_asking_for_no_meeting_is_an_error_beside_the_field(desk: Desk) -> None:
    referral = await desk.referral()
    tom = await desk.stage.world.volunteer("Tom")
    refused = await desk.submit(await person_page(desk, referral, tom, "/ask"), {"options": []}, status=400)
    assert "Choose at least one meeting" in refused.text and await desk.stage.offers() == []


async def test_a_yes_by_telephone_after_everybody_declined(desk: Desk) -> None:
    await desk.stage.world.volunteer("Tom")
    referral = await desk.referral()
    offer = (await desk.stage.offers("sent"))[0]
    await desk.stage.no(offer)
    await desk.stage.pass_time(minutes=1)
    waiting = await desk.get(address(referral))
    assert "Nobody who fits has said yes" in waiting.text
    person = await person_page(desk, referral, offer["volunteer_id"])
    assert "They were asked for this one before" in person.text and "Does not count once they say yes themselves" in person.text
    page = await person_page(desk, referral, offer["volunteer_id"], "/yes")
    assert "This sends them an email now" in page.text and "15 minutes" in page.text
    done = await desk.submit(page, {"option": str(await desk.option(referral))})
    assert "Yes recorded" in done.text and "Tom said yes" in done.text and await desk.stage.state(referral) == "matched"
    assert len(desk.stage.letters_to("tom")) == 2


async def test_a_yes_without_a_meeting_chosen_is_an_error(desk: Desk) -> None:
    referral = await desk.referral()
    tom = await desk.stage.world.volunteer("Tom")
    refused = await desk.submit(await person_page(desk, referral, tom, "/yes"), {}, status=400)
    assert "Choose the meeting they said yes to" in refused.text


async def test_somebody_faster_is_said_kindly(desk: Desk) -> None:
    referral = await desk.referral()
    tom, bill = await desk.stage.world.volunteer("Tom"), await desk.stage.world.volunteer("Bill")
    first, second = await person_page(desk, referral, tom, "/yes"), await person_page(desk, referral, bill, "/yes")
    option = str(await desk.option(referral))
    await desk.submit(first, {"option": option})
    late = await desk.submit(second, {"option": option}, status=409)
    assert "Somebody has already said yes to this one" in late.text and await desk.stage.one("SELECT count(*) FROM matches") == 1


async def test_a_no_by_telephone_says_that_no_email_goes(desk: Desk) -> None:
    referral = await desk.referral()
    tom = await desk.stage.world.volunteer("Tom")
    page = await person_page(desk, referral, tom, "/no")
    assert "No email goes to them." in page.text
    done = await desk.submit(page)
    assert "No recorded" in done.text and "Said no" in done.text and "by telephone" in done.text and "Rung by a coordinator" in done.text
    assert desk.stage.letters_to("tom") == []


async def test_a_silent_invitation_has_one_reminder(desk: Desk) -> None:
    await desk.stage.world.volunteer("Tom")
    referral = await desk.referral()
    done = await desk.submit(await desk.get(address(referral)), action="/nudge/")
    assert "Nobody is reminded twice" in done.text and len(desk.stage.letters_to("tom")) == 2
    assert "Reminded once" in done.text and all("/nudge/" not in form.action for form in done.page.forms)


async def test_a_companion_who_cannot_come_is_recorded_after_a_look_at_what_follows(desk: Desk) -> None:
    await desk.stage.world.volunteer("Tom")
    referral = await desk.referral()
    await desk.stage.yes((await desk.stage.offers("sent"))[0])
    await desk.stage.pass_time(minutes=16)
    match = await desk.stage.one("SELECT id FROM matches")
    page = await desk.get(address(referral, f"/cannot-come/{match}"))
    assert "Nobody needs a reason" in page.text
    done = await desk.submit(page)
    assert "The place is free again" in done.text
    assert await desk.stage.one("SELECT state FROM matches") == "cancelled"
    await desk.get(address(referral, f"/cannot-come/{match}"), status=404)


# ── letters ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_letter_log_holds_no_body_and_a_companions_letter_goes_again(desk: Desk) -> None:
    await desk.stage.world.volunteer("Tom")
    referral = await desk.referral()
    assert "Invitation" in (await desk.get(address(referral, "/letters"))).text
    await desk.stage.yes((await desk.stage.offers("sent"))[0])
    await desk.stage.pass_time(minutes=16)
    page = await desk.get(address(referral, "/letters"))
    assert "the newcomer" in page.text and "Sent" in page.text
    assert len([form for form in page.page.forms if "/letters/" in form.action]) == 2
    plan = await desk.stage.one("SELECT id FROM letters WHERE kind = 'volunteer_confirmation'")
    again = await desk.submit(page, action=str(plan))
    assert "Sent again" in again.text and "(number 2)" in again.text
    assert await desk.stage.one("SELECT count(*) FROM letters WHERE kind = 'volunteer_confirmation' AND state = 'sent'") == 2


async def test_a_referral_without_letters_says_so(desk: Desk) -> None:
    referral = await desk.stage.world.referral()
    assert "No letter was written yet." in (await desk.get(address(referral, "/letters"))).text
    assert "Nobody was asked yet." in (await desk.get(address(referral))).text
    await desk.close_all()


# ── whose it is ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_another_areas_coordinator_gets_the_same_404_as_for_nothing(desk: Desk) -> None:
    await desk.stage.world.volunteer("Tom")
    referral = await desk.referral()
    await desk.stage.yes((await desk.stage.offers("sent"))[0])
    match, tom = await desk.stage.one("SELECT id FROM matches"), await desk.stage.one("SELECT id FROM volunteers")
    eve = await desk.eve()
    rests = ["", "/people", f"/people/{tom}", f"/people/{tom}/ask", f"/people/{tom}/yes", f"/people/{tom}/no", "/letters", "/settle"]
    for rest in [*rests, "/one-companion", "/give-up", f"/cannot-come/{match}"]:
        other = await eve.get(address(referral, rest), status=404)
        nothing = await eve.get(address(uuid4(), rest), status=404)
        assert other.text == nothing.text
    await eve.get(address(UUID(int=1), "").replace("0001", "zzzz"), status=404)
    assert await desk.stage.state(referral) == "matched"


async def test_a_volunteer_of_another_roster_is_not_shown_by_hand(desk: Desk) -> None:
    referral = await desk.referral()
    tom = await desk.stage.world.volunteer("Tom")
    await desk.acting()
    await desk.stage.sql.execute(
        "INSERT INTO areas (id, name, discreet_name, reply_to, created_at) VALUES ($1, 'Else', 'Else', 'else@example.org', $2)",
        uuid4(),
        desk.stage.now,
    )
    await desk.stage.sql.execute("UPDATE volunteers SET area_id = (SELECT id FROM areas WHERE name = 'Else') WHERE id = $1", tom)
    people = await desk.get(address(referral, "/people"))
    assert "Tom" not in people.text and "1 volunteer of a neighbouring roster could go too" in people.text
    await desk.get(address(referral, f"/people/{tom}"), status=404)
    await desk.get(address(referral, f"/people/{uuid4()}"), status=404)


async def test_looking_changes_nothing(desk: Desk) -> None:
    referral = await desk.referral()
    tom = await desk.stage.world.volunteer("Tom")
    before = await desk.stage.one("SELECT count(*) FROM audit")
    for rest in ("", "/people", f"/people/{tom}", f"/people/{tom}/ask", f"/people/{tom}/yes", f"/people/{tom}/no", "/letters", "/give-up"):
        await desk.get(address(referral, rest))
        await desk.browser.ask("HEAD", address(referral, rest), status=200)
    assert await desk.stage.one("SELECT count(*) FROM audit") == before and desk.stage.now < THURSDAY
