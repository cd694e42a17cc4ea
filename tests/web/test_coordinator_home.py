"""A coordinator's start: what needs a person with its reason and clock, open referrals, and lines that close with an outcome only."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from coordinator_desk import THURSDAY, Desk, address, open_desk, signed_in

from matcher.domain.actor import Role
from matcher.domain.task import TASKS
from tests.link_stage import Links


@pytest.fixture
async def desk(links: Links) -> Desk:
    return await open_desk(links)


async def line(desk: Desk, kind: str, **columns: object) -> UUID:
    """A line on the queue, put straight into the table."""
    made = uuid4()
    stage = desk.stage
    await stage.sql.execute("SELECT set_config('alongside.acting', $1, false)", f"{stage.now.isoformat()}|operator||test|")
    await stage.sql.execute(
        """
        INSERT INTO tasks (id, kind, reason, for_role, area_id, about_id, referral_id, volunteer_id, meeting_id, opened_at, due_at, state)
        VALUES ($1, $2, $3, 'coordinator', $4, $5, $6, $7, $8, $9, $10, 'open')
        """,
        made,
        kind,
        columns.get("reason", ""),
        columns.get("area_id", stage.world.area_id),
        columns.get("about_id", made),
        columns.get("referral_id"),
        columns.get("volunteer_id"),
        columns.get("meeting_id"),
        stage.now - timedelta(hours=3),
        columns.get("due_at"),
    )
    return made


async def test_an_empty_start_says_so_kindly(desk: Desk) -> None:
    home = await desk.get("/coordinator")
    assert "Nothing needs you just now." in home.text and "No referral is open in your areas." in home.text
    assert (await desk.get("/coordinator/referrals")).text.count("0 referrals") == 1


async def test_signing_in_leads_to_the_queue(desk: Desk) -> None:
    assert (await desk.browser.get("/sign-in")).path == "/coordinator"


async def test_a_referral_that_waits_stands_first_with_reason_and_clock(desk: Desk) -> None:
    referral = await desk.referral()
    home = await desk.get("/coordinator")
    assert "Nobody fits" in home.text and await desk.reference(referral) in home.text
    assert "waiting since Monday 23 November" in home.text and "By Thursday 26 November, 5.30pm" in home.text
    assert (address(referral), "Nobody fits") in [(href, text.strip()) for href, text in home.page.links]


async def test_the_oldest_line_comes_first_and_a_near_one_is_marked(desk: Desk) -> None:
    await desk.stage.world.volunteer("Tom")
    await line(desk, "ring_them", reason="not_told", due_at=desk.stage.now + timedelta(hours=2))
    await desk.referral()
    home = await desk.get("/coordinator")
    assert home.text.index("Ring somebody") < home.text.index("Open referrals") and "Urgent" in home.text
    desk.stage.now += timedelta(minutes=20)
    await line(desk, "check_meeting", meeting_id=desk.stage.world.meeting_id, due_at=desk.stage.now - timedelta(hours=1))
    later = await desk.get("/coordinator")
    assert "A meeting must be checked: Thursday Welcome" in later.text and "Late" in later.text


async def test_many_who_wait_to_be_admitted_are_one_line_that_opens_their_list(desk: Desk) -> None:
    names = [f"Person{number}" for number in range(53)]
    for name in names:
        volunteer = await desk.stage.world.volunteer(name, state="checking")
        await line(desk, "admit_volunteer", volunteer_id=volunteer)
    home = await desk.get("/coordinator")
    assert "53 people wait to be admitted" in home.text and "Person1" not in home.text
    assert "The first has waited since Monday 23 November (3 hours ago)" in home.text
    first = await desk.get("/coordinator/lines/admit_volunteer")
    second = await desk.get("/coordinator/lines/admit_volunteer?page=2")
    shown = {text for seen in (first, second) for href, text in seen.page.links if href.startswith("/roster/")}
    assert shown == set(names)
    assert "closes by itself when you admit" in first.text
    await desk.get("/coordinator/lines/needs_person", status=404)
    odd = await desk.get("/coordinator/lines/check_meeting?page=nonsense")
    assert "Nothing waits here any more" in odd.text


async def test_an_urgent_line_is_never_hidden_in_a_gathered_one_and_stands_first(desk: Desk) -> None:
    now, meeting = desk.stage.now, desk.stage.world.meeting_id
    for hours in (600, 500, 400):
        await line(desk, "check_meeting", meeting_id=meeting, due_at=now + timedelta(hours=hours))
    await desk.referral()
    await line(desk, "ring_them", reason="meeting_changed", due_at=now + timedelta(hours=3))
    await line(desk, "check_meeting", meeting_id=meeting, due_at=now - timedelta(hours=1))
    home = await desk.get("/coordinator")
    order = ["A meeting must be checked: Thursday Welcome", "Ring somebody", "Nobody fits", "3 meetings must be checked"]
    places = [home.text.index(words) for words in order]
    assert places == sorted(places) and home.text.index("Late") < places[1] and "The first by Thursday 10 December" in home.text
    listed = await desk.get("/coordinator/lines/check_meeting")
    assert listed.text.count("Thursday Welcome") == 3 and "Late" not in listed.text


async def test_a_hundred_lines_that_may_wait_never_push_an_urgent_one_off_the_start(desk: Desk) -> None:
    for _ in range(110):
        await line(desk, "rewrite_address", due_at=desk.stage.now + timedelta(days=1))
    await desk.referral()
    home = await desk.get("/coordinator")
    assert "110 email addresses must be written anew" in home.text and home.text.index("Nobody fits") < home.text.index("110 email")


async def test_a_gathered_list_shows_own_areas_only(desk: Desk) -> None:
    for _ in range(2):
        await line(desk, "check_meeting", meeting_id=desk.stage.world.meeting_id)
    eve = await desk.eve()
    assert "must be checked" not in (await eve.get("/coordinator")).text
    assert "Thursday Welcome" not in (await eve.get("/coordinator/lines/check_meeting")).text
    assert "2 meetings must be checked" in (await desk.get("/coordinator")).text


async def test_open_referrals_are_narrowed_by_links_that_can_be_bookmarked(desk: Desk) -> None:
    waits = await desk.referral()
    await desk.stage.world.volunteer("Tom")
    looks = await desk.referral()
    everything = await desk.get("/coordinator/referrals")
    assert await desk.reference(waits) in everything.text and await desk.reference(looks) in everything.text
    only = await desk.get("/coordinator/referrals?state=looking&area=&page=1")
    assert await desk.reference(looks) in only.text and await desk.reference(waits) not in only.text
    odd = await desk.get("/coordinator/referrals?state=nonsense&page=999")
    assert "None is open" in odd.text or "No referral is open" in odd.text


async def test_a_referral_stands_with_the_next_meeting_that_lies_ahead(desk: Desk) -> None:
    referral = await desk.referral()
    await desk.stage.sql.execute(
        """
        INSERT INTO referral_options (id, referral_id, meeting_number, rank, meeting_id, fellowship, on_date, starts_at, ends_at, meet_at, state)
        SELECT gen_random_uuid(), referral_id, 1, 2, meeting_id, fellowship, on_date - 7, starts_at - interval '7 days', ends_at - interval '7 days',
               meet_at - interval '7 days', 'open' FROM referral_options WHERE referral_id = $1
        """,
        referral,
    )
    home = await desk.get("/coordinator")
    assert "Thu 26 Nov, 7.30pm" in home.text and "Thu 19 Nov" not in home.text


async def test_many_referrals_come_in_pages_the_ones_that_wait_first(desk: Desk) -> None:
    for _ in range(55):
        await desk.stage.world.referral()
    home = await desk.get("/coordinator")
    assert "See all 55 open referrals" in home.text
    first = await desk.get("/coordinator/referrals")
    second = await desk.get("/coordinator/referrals?state=&area=&page=2")
    assert len(first.page.links) > len(second.page.links) and "55 referrals" in second.text
    await desk.close_all()


async def test_a_referral_over_48_hours_is_flagged_and_its_line_closed_as_seen(desk: Desk) -> None:
    referral = await desk.referral()
    await desk.stage.sql.execute("UPDATE referrals SET overdue_at = $2 WHERE id = $1", referral, desk.stage.now)
    made = await line(desk, "overdue", reason="overdue", about_id=referral, referral_id=referral)
    home = await desk.get("/coordinator")
    assert "Over 48 hours" in home.text and "Nobody found yet" in home.text and "For 48 hours" in home.text
    closed = await desk.submit(await desk.get(f"/coordinator/tasks/{made}"), {"outcome": "seen"})
    assert "Line closed" in closed.text and await desk.stage.one("SELECT outcome FROM tasks WHERE id = $1", made) == "seen"
    again = await desk.get(f"/coordinator/tasks/{made}")
    assert "This line was closed" in again.text and not again.page.forms[-1].fields.get("outcome")


async def test_no_line_is_dismissed_without_an_outcome(desk: Desk) -> None:
    tom = await desk.stage.world.volunteer("Tom")
    made = await line(desk, "ring_them", reason="not_told", volunteer_id=tom, due_at=THURSDAY)
    page = await desk.get(f"/coordinator/tasks/{made}")
    assert "Tom" in page.text and "No email could reach them in time" in page.text
    refused = await desk.submit(page, {}, status=400)
    assert "A line is not closed without it" in refused.text and refused.page.title.startswith("Error: ")
    assert await desk.stage.one("SELECT state FROM tasks WHERE id = $1", made) == "open"
    assert "Line closed" in (await desk.submit(refused, {"outcome": "could_not_reach"})).text


async def test_a_line_about_a_changed_meeting_names_everybody_who_plans_to_go(desk: Desk) -> None:
    await desk.stage.world.volunteer("Tom")
    referral = await desk.referral()
    await desk.stage.yes((await desk.stage.offers("sent"))[0])
    made = await line(desk, "ring_them", reason="meeting_changed", meeting_id=desk.stage.world.meeting_id, due_at=THURSDAY)
    page = await desk.get(f"/coordinator/tasks/{made}")
    assert "Thursday Welcome" in page.text and "Who plans to go there" in page.text and "Tom" in page.text
    assert (address(referral), await desk.reference(referral)) in page.page.links
    await desk.submit(page, {"outcome": "told"})


async def test_every_kind_of_line_has_its_words(desk: Desk) -> None:
    kinds = [kind for kind, rule in TASKS.items() if rule.role is Role.COORDINATOR]
    lines = [await line(desk, kind.value) for kind in kinds]
    home = await desk.get("/coordinator")
    assert home.text.lower().count("waiting since") == len(kinds)
    for one in lines:
        await desk.get(f"/coordinator/tasks/{one}")


async def test_an_outcome_of_another_kind_is_not_taken(desk: Desk) -> None:
    made = await line(desk, "ring_them", reason="not_told")
    page = await desk.get(f"/coordinator/tasks/{made}")
    form = page.form()
    forged = [("token", form.fields["token"].chosen[0]), ("nonce", form.fields["nonce"].chosen[0]), ("outcome", "printed")]
    answer = await desk.browser.ask("POST", page.path, data=forged, headers={"Origin": "null", "Sec-Fetch-Site": "same-origin"})
    assert answer.status == 400 and await desk.stage.one("SELECT state FROM tasks WHERE id = $1", made) == "open"


async def test_a_waiting_referrals_own_line_offers_no_way_to_dismiss_it(desk: Desk) -> None:
    await desk.referral()
    made = await desk.stage.one("SELECT id FROM tasks WHERE kind = 'needs_person'")
    page = await desk.get(f"/coordinator/tasks/{made}")
    assert "closes by itself" in page.text and all(form.action == "/sign-out" for form in page.page.forms)


async def test_another_areas_coordinator_sees_none_of_it(desk: Desk) -> None:
    referral = await desk.referral()
    made = await desk.stage.one("SELECT id FROM tasks WHERE kind = 'needs_person'")
    eve = await desk.eve()
    home = await eve.get("/coordinator")
    assert await desk.reference(referral) not in home.text and "Nothing needs you just now." in home.text
    elsewhere = await eve.get(f"/coordinator/referrals?state=&area={desk.stage.world.area_id}&page=1")
    assert await desk.reference(referral) not in elsewhere.text
    for path in (f"/coordinator/tasks/{made}", f"/coordinator/tasks/{uuid4()}", "/coordinator/tasks/nonsense"):
        await eve.get(path, status=404)
    desk.stage.now += timedelta(minutes=1)


async def test_a_keyworker_and_a_stranger_do_not_reach_the_desk(desk: Desk) -> None:
    priya = await signed_in(desk.links, "priya@harbour.example")
    await priya.get("/coordinator", status=404)
    nobody = await desk.links.browser.get("/coordinator")
    assert nobody.path == "/sign-in"
