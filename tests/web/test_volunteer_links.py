"""A volunteer's other links over real HTTP: undo, "I can't make it", the break and its one press, the calendar, and links that have finished."""

import asyncio
import time
from datetime import UTC, date, datetime
from typing import Any

import pytest
from icalendar import Calendar

from tests.link_stage import Links, hash_of_all_tables
from tests.site import Seen, from_own_page
from web.link_pages import SLOWER_SECONDS

FORGED = "A" * 43


async def going(links: Links, *others: str) -> Links:
    """Tom has said yes, and the letter that says so has left."""
    await links.ask("Tom", *others)
    await links.accept("tom")
    await links.stage.worker.run_until_idle()
    return links


# ── undo and cannot come ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_undo_within_fifteen_minutes_is_as_if_nothing_was_answered(links: Links) -> None:
    await going(links)
    seen = await links.browser.get(links.link("tom", "/undo/"))
    assert "Undo your yes?" in seen.text and "10am" in seen.text and "until 10.15am" in seen.text
    assert seen.form().fields["choice"].chosen == []
    done = await links.browser.submit(seen, {"choice": "go_back"})
    assert "undone" in done.text and await links.stage.state(links.asked) == "looking"
    assert await links.stage.one("SELECT state_reason FROM offers WHERE answered_at IS NOT NULL") == "undone"
    assert await links.stage.one("SELECT count(*) FROM letters WHERE kind IN ('coordinator_alert', 'keyworker_notice')") == 0, (
        "nobody was told"
    )


async def test_after_fifteen_minutes_the_undo_link_says_i_cannot_make_it(links: Links) -> None:
    await going(links)
    await links.stage.pass_time(minutes=16)
    seen = await links.browser.get(links.link("tom", "/undo/"))
    assert "Can you still come?" in seen.text and "Undo" not in seen.text
    done = await links.browser.submit(seen, {"choice": "go_back"})
    assert "Thank you for telling us" in done.text and await links.stage.state(links.asked) == "looking"
    assert await links.stage.one("SELECT cancelled_reason FROM matches") == "volunteer"
    assert await links.stage.one("SELECT count(*) FROM letters WHERE kind = 'coordinator_alert'") >= 1


async def test_keeping_a_yes_changes_nothing(links: Links) -> None:
    await going(links)
    for path in ("/undo/", "/cannot-come/"):
        page = await links.browser.get(links.link("tom", path))
        before = await hash_of_all_tables(links.stage.sql)
        assert "Nothing has changed" in (await links.browser.submit(page, {"choice": "keep"})).text
        assert await hash_of_all_tables(links.stage.sql) == before


async def test_i_cannot_make_it_needs_a_choice_and_then_looks_for_somebody_else(links: Links) -> None:
    await going(links, "Wendy")
    await links.stage.pass_time(hours=1)
    path = links.link("tom", "/cannot-come/")
    seen = await links.browser.get(path)
    assert "Thursday 26 November" in seen.text and not seen.names("Noor") and "Mill Hall" not in seen.body.decode()
    nothing = await links.browser.submit(seen, status=400)
    assert nothing.page and nothing.page.title.startswith("Error:") and "Choose one answer" in nothing.text
    done = await links.browser.submit(nothing, {"choice": "go_back"})
    assert "not going along on Thursday 26 November any more" in done.text
    assert await links.stage.state(links.asked) == "looking"
    assert "This link has finished" in (await links.browser.get(path)).text


async def test_cannot_come_within_the_undo_window_alarms_nobody(links: Links) -> None:
    await going(links)
    assert "undone" in (await links.choose(links.link("tom", "/cannot-come/"), "go_back")).text
    assert await links.stage.one("SELECT count(*) FROM letters WHERE kind = 'coordinator_alert'") == 0


async def test_two_presses_of_undo_at_once_are_one(links: Links) -> None:
    await going(links)
    seen = await links.browser.get(links.link("tom", "/undo/"))
    both = await asyncio.gather(*(links.browser.submit(seen, {"choice": "go_back"}) for _ in range(2)))
    assert all(answer.status == 200 for answer in both)
    assert await links.stage.one("SELECT seats_taken FROM referrals") == 0


# ── pausing ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("choice", "until"), [("week", date(2026, 11, 30)), ("month", date(2026, 12, 23)), ("until_i_say", None)])
async def test_a_break_is_asked_for_and_offers_are_withdrawn(links: Links, choice: str, until: date | None) -> None:
    await links.ask("Tom")
    seen = await links.browser.get(links.link("tom", "/pause/"))
    assert seen.form().fields["choice"].values == ["week", "month", "until_i_say"] and seen.form().fields["choice"].chosen == []
    assert "We have stopped asking you" in (await links.browser.submit(seen, {"choice": choice})).text
    row = await links.stage.sql.fetchrow("SELECT state, paused_until, paused_reason FROM volunteers")
    assert (row["state"], row["paused_until"], row["paused_reason"]) == ("paused", until, "own_wish")
    assert await links.stage.one("SELECT state_reason FROM offers") == "volunteer_stopped"
    assert await links.stage.one("SELECT count(*) FROM letters WHERE kind = 'roster_notice'") == 1


async def test_a_meeting_already_agreed_stays_through_a_break(links: Links) -> None:
    await going(links)
    await links.choose(links.link("tom", "/pause/"), "week")
    assert await links.stage.one("SELECT state FROM matches") == "planned"
    await links.stage.pass_time(minutes=20)
    assert links.link("tom", "/calendar/"), "the letters for what is agreed still come"


async def test_a_break_is_ended_from_the_same_link(links: Links) -> None:
    await links.ask("Tom")
    path = links.link("tom", "/pause/")
    await links.choose(path, "until_i_say")
    seen = await links.browser.get(path)
    assert "You are having a break" in seen.text and seen.form().fields["choice"].values == ["again", "stay"]
    assert "Your break goes on" in (await links.browser.submit(seen, {"choice": "stay"})).text
    assert "Welcome back" in (await links.choose(path, "again")).text
    assert await links.stage.one("SELECT state FROM volunteers") == "active"


async def test_a_changed_role_card_is_read_before_a_break_ends(links: Links) -> None:
    await links.ask("Tom")
    path = links.link("tom", "/pause/")
    await links.choose(path, "until_i_say")
    await links.stage.sql.execute("UPDATE volunteers SET role_card_version = '2020-01-01'")
    seen = await links.choose(path, "again")
    assert "role card has changed" in seen.text and await links.stage.one("SELECT state FROM volunteers") == "paused"


ONE_CLICK: list[dict[str, Any]] = [
    {"data": {"List-Unsubscribe": "One-Click"}},
    {"data": b""},
    {"data": b"", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
    {
        "data": b"List-Unsubscribe=One-Click",
        "headers": {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://mail.example"},
    },
    {
        "data": b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
        "headers": {"Content-Type": "multipart/form-data; boundary=b"},
    },
]


@pytest.mark.parametrize("sent", ONE_CLICK, ids=["form", "empty", "empty form", "from elsewhere", "multipart"])
async def test_one_press_in_a_mail_program_pauses_without_cookie_token_or_redirect(links: Links, sent: dict[str, Any]) -> None:
    await links.ask("Tom")
    seen = await links.browser.ask("POST", links.link("tom", "/pause/"), follow=False, **sent)
    assert seen.status == 200 and "Set-Cookie" not in seen.headers
    assert await links.stage.one("SELECT state FROM volunteers") == "paused"


async def test_the_one_press_repeated_changes_nothing_and_can_only_pause(links: Links) -> None:
    await links.ask("Tom")
    path = links.link("tom", "/pause/")
    together = await asyncio.gather(*(links.browser.ask("POST", path, data={"List-Unsubscribe": "One-Click"}) for _ in range(8)))
    assert {seen.status for seen in together} == {200}
    assert await links.stage.one("SELECT count(*) FROM letters WHERE kind = 'roster_notice'") == 1
    before = await hash_of_all_tables(links.stage.sql)
    assert (await links.browser.ask("POST", path, data={"List-Unsubscribe": "One-Click"})).status == 200
    assert (await links.browser.ask("POST", path, data=b"")).status == 200
    assert await hash_of_all_tables(links.stage.sql) == before
    assert await links.stage.one("SELECT state FROM volunteers") == "paused", "a second press never starts it again"


@pytest.mark.parametrize(
    "data",
    [{"choice": "again"}, {"choice": "week"}, {"List-Unsubscribe": "Two-Clicks"}, {"List-Unsubscribe": "One-Click", "choice": "again"}],
)
async def test_anything_but_the_one_press_needs_our_form(links: Links, data: dict[str, str]) -> None:
    await links.ask("Tom")
    seen = await links.browser.ask("POST", links.link("tom", "/pause/"), data=data, headers=from_own_page(links.config.base_url))
    assert seen.status == 400 and await links.stage.one("SELECT state FROM volunteers") == "active"


async def test_the_pause_link_ends_with_the_place_on_the_roster(links: Links) -> None:
    await links.ask("Tom")
    path = links.link("tom", "/pause/")
    await links.choose(path, "week")
    await links.stage.sql.execute("SELECT set_config('alongside.acting', '2026-11-23T10:00:00+00:00|operator||test|', false)")
    await links.stage.sql.execute("UPDATE volunteers SET state = 'left', paused_reason = NULL, paused_until = NULL")
    for seen in (await links.browser.get(path), await links.browser.ask("POST", path, data=b"")):
        assert "This link has finished" in seen.text


# ── calendar ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def confirmed(links: Links) -> str:
    """Tom's plan is set; returns the calendar link of the letter that says so."""
    await going(links)
    await links.stage.pass_time(minutes=20)
    return links.link("tom", "/calendar/")


async def entry(links: Links, path: str) -> tuple[Seen, Any, Any]:
    """The file with its calendar and its one event."""
    seen = await links.browser.get(f"{path}/file")
    calendar = Calendar.from_ical(seen.body)
    return seen, calendar, calendar.walk("VEVENT")[0]


async def test_the_calendar_file_is_neutral_and_names_no_place(links: Links) -> None:
    path = await confirmed(links)
    page = await links.browser.get(path)
    assert "Thursday 26 November" in page.text and not page.names("Noor")
    seen, calendar, event = await entry(links, path)
    assert seen.headers["Content-Disposition"] == 'attachment; filename="plan.ics"' and seen.headers["Content-Type"].startswith(
        "text/calendar"
    )
    assert (calendar["METHOD"], event["STATUS"], str(event["SUMMARY"]), event["SEQUENCE"]) == ("PUBLISH", "CONFIRMED", "Meet Noor", 1)
    assert "LOCATION" not in event and "ATTENDEE" not in event and "Mill Hall" not in seen.body.decode()
    assert event.decoded("DTSTART").isoformat() == "2026-11-26T19:15:00+00:00"
    assert (await entry(links, path))[2]["UID"] == event["UID"], "the same entry each time"


async def test_a_meeting_that_is_off_is_taken_out_of_the_calendar(links: Links) -> None:
    path = await confirmed(links)
    before = (await entry(links, path))[2]
    await links.choose(links.link("tom", "/cannot-come/"), "go_back")
    assert "This one is off" in (await links.browser.get(path)).text
    _, calendar, event = await entry(links, path)
    assert (calendar["METHOD"], event["STATUS"], event["UID"]) == ("CANCEL", "CANCELLED", before["UID"])
    assert event["SEQUENCE"] > before["SEQUENCE"] and "Noor" not in str(event["SUMMARY"])


# ── finished links ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


ODD = (
    "/answer/%00",
    "/answer/%ff%fe",
    "/answer/%F0%9F%98%80",
    "/answer/" + "A" * 4000,
    "/pause/..%2f..%2fetc",
    "/undo/%0d%0aSet-Cookie:x=1",
)
PATHS = ("/answer/", "/undo/", "/cannot-come/", "/pause/", "/calendar/", "/plan/")


async def test_forged_used_old_and_misdirected_links_get_the_same_page(links: Links) -> None:
    await going(links)
    used = links.link("tom", "/undo/")
    await links.choose(used, "go_back")
    answer = links.link("tom", "/answer/").split("/")[2]
    links.stage.now = links.stage.now.replace(day=27)
    paths = [used, f"/answer/{answer}", f"/pause/{answer}", *(path + FORGED for path in PATHS), "/answer/x", "/answer/" + "é" * 400, *ODD]
    bodies = {path: (await links.browser.get(path)).body for path in paths}
    assert len({bytes(body) for body in bodies.values()}) == 1, {path: len(body) for path, body in bodies.items()}
    assert b"This link has finished" in bodies[used] and b"<form" not in bodies[used]
    for path in (
        "/calendar/" + FORGED + "/file",
        "/plan/" + FORGED + "/stop",
        "/answer/" + FORGED + "/break",
        "/plan/" + FORGED + "/sheet",
    ):
        assert (await links.browser.get(path)).body == bodies[used]


async def test_a_post_to_a_finished_link_gets_the_same_page_or_the_way_back(links: Links) -> None:
    await going(links)
    seen = await links.browser.get(links.link("tom", "/undo/"))
    await links.browser.submit(seen, {"choice": "go_back"})
    again = await links.browser.submit(seen, {"choice": "go_back"})
    assert again.status == 200 and "This link has finished" in again.text and "what you chose is kept" in again.text
    assert (await links.browser.ask("POST", "/pause/" + FORGED, data=b"")).body == again.body
    assert (await links.browser.ask("POST", "/answer/" + FORGED, data={"choice": "no"})).status == 400


async def test_forged_and_used_links_take_the_same_time(links: Links) -> None:
    await going(links)
    used = links.link("tom", "/undo/")
    await links.choose(used, "go_back")

    async def seconds(path: str) -> float:
        began = time.perf_counter()
        await links.browser.get(path)
        return time.perf_counter() - began

    paths = [used, "/undo/" + FORGED]
    shortest = dict.fromkeys(paths, 9.0)
    for attempt in range(18):  # before guesses are slowed down; a busy machine needs more than a quiet one
        for path in paths:
            shortest[path] = min(shortest[path], await seconds(path))
        if attempt > 3 and abs(shortest[paths[0]] - shortest[paths[1]]) < 0.01:
            break
    assert abs(shortest[paths[0]] - shortest[paths[1]]) < 0.01


async def quickest(links: Links, path: str) -> float:
    """Seconds of the quickest of three visits: any one may wait for a busy machine."""
    took: list[float] = []
    for _ in range(3):
        began = time.perf_counter()
        await links.browser.get(path)
        took.append(time.perf_counter() - began)
    return min(took)


async def test_guessing_gets_the_same_page_but_slower_and_writes_nothing(links: Links) -> None:
    await links.ask("Tom")
    before = await hash_of_all_tables(links.stage.sql)
    bodies = {(await links.browser.get(f"/answer/{number:043d}")).body for number in range(20)}
    began = time.perf_counter()
    bodies.add((await links.browser.get("/answer/" + FORGED)).body)
    assert time.perf_counter() - began >= SLOWER_SECONDS and len(bodies) == 1
    assert await quickest(links, links.link("tom", "/answer/")) < SLOWER_SECONDS, "a link that lives is not slowed down"
    links.stage.now = links.stage.now.replace(hour=11, minute=1)
    assert await quickest(links, "/answer/" + FORGED) < SLOWER_SECONDS, "an hour later it is forgotten"
    assert await hash_of_all_tables(links.stage.sql) == before


async def test_somebody_elses_screen_shows_nothing_of_their_sign_in(links: Links) -> None:
    await links.ask("Tom")
    seen = await links.browser.get(links.link("tom", "/answer/"))
    assert "Set-Cookie" not in seen.headers and "Sign out" not in seen.body.decode()
    assert seen.headers["Cache-Control"] == "no-store" and seen.headers["Referrer-Policy"] == "no-referrer"
    assert seen.headers["X-Robots-Tag"].startswith("noindex")
    assert seen.page and not [href for href, _ in seen.page.links if href.startswith("http")], "no link leads away"


# ── coming today ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

EIGHT = datetime(2026, 11, 26, 8, tzinfo=UTC)


async def test_the_morning_question_is_answered_on_its_page_and_looking_at_it_changes_nothing(links: Links) -> None:
    await going(links)
    await links.stage.until(EIGHT)
    page = await links.browser.get(links.link("tom", "/coming/"))
    assert "Are you still coming?" in page.text and "Mill Hall" not in page.text and page.form().fields["choice"].chosen == []
    before = await hash_of_all_tables(links.stage.sql)
    await links.browser.get(page.path)
    assert await hash_of_all_tables(links.stage.sql) == before
    assert "Please look at this answer" in (await links.browser.submit(page, {}, status=400)).text
    assert "You are coming" in (await links.browser.submit(page, {"choice": "coming"})).text
    assert await links.stage.one("SELECT day_confirmed_at FROM matches") == EIGHT
    assert "You have told us that you are coming" in (await links.browser.get(page.path)).text


async def test_the_same_page_takes_a_no_and_the_search_begins_again(links: Links) -> None:
    await going(links, "Wendy")
    await links.stage.until(EIGHT)
    page = await links.browser.get(links.link("tom", "/coming/"))
    assert "Thank you for telling us" in (await links.browser.submit(page, {"choice": "go_back"})).text
    assert await links.stage.state(links.asked) == "looking"
    assert (await links.browser.get(page.path)).text.count("Are you still coming") == 0, "the link has ended with the plan"
