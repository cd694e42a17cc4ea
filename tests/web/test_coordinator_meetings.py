"""Carol keeps the directory in her browser; Priya may look; Eve of another area may look and change nothing. Ways in stand behind a press."""

import json
import re
from datetime import date, time
from typing import Any
from uuid import UUID

import pytest

from matcher.actions.import_reading import read_feed
from matcher.actions.importing import import_meetings
from matcher.actions.meeting_source_keeping import add_source
from matcher.domain.actor import FEED, OPERATOR
from matcher.domain.fellowship import Fellowship
from matcher.domain.meeting_source import Fetched, MeetingSource, SourceState
from matcher.store.meeting_sources import find_source
from tests.directory import but, rows
from tests.site import Seen, Site

NEW: dict[str, Any] = {
    "fellowship": "na",
    "name": "Friday Quiet",
    "weekday": "5",
    "starts": "18:30",
    "minutes": "90",
    "held": ["in_person"],
    "venue": "Mill Hall",
    "address": "1 High St",
    "town": "Bournemouth",
    "postcode": "bh1 4hs",
    "audience": "open",
    "attributes": ["wheelchair", "newcomer"],
    "languages": "Welsh",
    "location_notes": "Round the back",
}
SECRET = "sesame77"


@pytest.fixture
async def carols(site: Site) -> Site:
    """The site with Carol signed in."""
    await site.sign_in(site.people.carol)
    return site


async def add_feed(site: Site, feed: list[dict[str, Any]]) -> None:
    """Bring a list of AA meetings in, as the operator does."""
    async with site.db.reading() as c:
        source = await find_source(c, "aa-bay")
    if source is None:
        settings: dict[str, Any] = dict.fromkeys(
            ("area_id", "url", "failing_since", "last_attempt_at", "last_success_at", "etag", "last_modified", "last_good_rows")
        )
        source = MeetingSource(
            id="aa-bay",
            name="AA list",
            fellowship=Fellowship.AA,
            format="meeting_guide",
            timezone="Europe/London",
            date_order="dmy",
            keep_areas=(),
            state=SourceState.OK,
            **settings,
        )
        await site.db.act(add_source, site.clock.now, actor=OPERATOR, source=source)
    read = read_feed(source, Fetched(body=json.dumps(feed).encode()))
    await site.db.act(import_meetings, site.clock.now, actor=FEED, source_id="aa-bay", feed=read)


async def id_of(site: Site, key: str) -> UUID:
    found: UUID = await site.connection.fetchval("SELECT id FROM meetings WHERE source_key = $1", key)
    return found


def id_in(seen: Seen) -> str:
    found = re.search(r"/meetings/([0-9a-f-]{36})", seen.path)
    assert found, seen.path
    return found.group(1)


async def added(site: Site, **changes: Any) -> str:
    """A meeting Carol has added; its id."""
    done = await site.submit(await site.get("/meetings/new"), NEW | changes)
    assert "Saved" in done.text, done.text
    return id_in(done)


async def row_of(site: Site, meeting_id: str) -> Any:
    return await site.connection.fetchrow("SELECT * FROM meetings WHERE id = $1", UUID(meeting_id))


# ── by hand ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_meeting_is_added_by_hand_and_stands_in_the_list(carols: Site) -> None:
    meeting = await added(carols)
    row = await row_of(carols, meeting)
    assert (row["name"], row["iso_weekday"], row["starts"], row["duration_min"]) == ("Friday Quiet", 5, time(18, 30), 90)
    assert (row["postcode"], row["outcode"], row["area_id"], row["place_precision"]) == ("BH1 4HS", "BH1", carols.people.bay_id, "sector")
    assert row["attributes"] == ["newcomer", "open", "wheelchair"] and row["languages"] == ["cy"]
    assert row["attendable"] and row["confirmed_how"] == "person"
    listed = await carols.get("/meetings?fellowship=na&day=5&place=BH1")
    assert "Friday Quiet" in listed.text and "1 meeting" in listed.text
    assert "Friday Quiet" in (await carols.get("/meetings?place=bournemouth")).text
    shown = await carols.get(f"/meetings/{meeting}")
    assert all(words in shown.text for words in ("Friday, 6.30pm", "Step-free", "Welsh", "Kept by hand", "Friday 27 November"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ""}, "Enter the name"),
        ({"fellowship": ""}, "Choose the fellowship"),
        ({"starts": ""}, "Enter the time it starts"),
        ({"weekday": ""}, "Choose the day"),
        ({"starts": "26:10"}, "must be a time"),
        ({"minutes": "0"}, "or more"),
        ({"held": []}, "Choose where people meet"),
        ({"postcode": "ZZ1 1ZZ"}, "not a postcode we know"),
        ({"postcode": "", "town": ""}, "Enter the meeting’s postcode"),
        ({"held": ["online"]}, "Enter a link"),
        ({"held": ["online"], "conference_url": "zoom"}, "one whole web address"),
        ({"conference_phone": "12"}, "Enter a telephone number"),
        ({"audience": []}, "Choose who may come"),
        ({"languages": "Klingon"}, "Klingon"),
        ({"name": "x" * 300}, "120 characters"),
        ({"venue": "Hall\u202eevil"}, "turns text around"),
    ],
)
async def test_a_wrong_answer_keeps_all_the_others(carols: Site, changes: dict[str, Any], said: str) -> None:
    answers = NEW | changes
    seen = await carols.submit(await carols.get("/meetings/new"), answers, status=400)
    assert said in seen.text and seen.page is not None
    kept = seen.form("/meetings/new").fields
    assert changes.keys() & {"town"} or kept["town"].chosen == ["Bournemouth"]
    assert await carols.connection.fetchval("SELECT count(*) FROM meetings") == 0


async def test_the_same_form_twice_makes_one_meeting(carols: Site) -> None:
    page = await carols.get("/meetings/new")
    first, second = await carols.submit(page, NEW), await carols.submit(page, NEW)
    assert first.path == second.path and await carols.connection.fetchval("SELECT count(*) FROM meetings") == 1


async def test_a_passcode_is_kept_apart_and_shown_only_on_a_noted_press(carols: Site) -> None:
    meeting = await added(
        carols,
        held=["in_person", "online"],
        conference_url=f"https://zoom.us/j/99912345678?pwd={SECRET}",
        passcode="openup",
        notes=f"Tea. Passcode: {SECRET}",
    )
    row = await row_of(carols, meeting)
    assert row["conference_url"] == "https://zoom.us/j/99912345678" and SECRET not in str(dict(row))
    for path in ("/meetings", f"/meetings/{meeting}", f"/meetings/{meeting}/edit", f"/meetings/{meeting}/tell"):
        seen = (await carols.get(path)).body.decode()
        assert SECRET not in seen and "openup" not in seen, path
    shown = await carols.submit(await carols.get(f"/meetings/{meeting}"), action="/ways-in")
    assert "openup" in shown.text and SECRET in shown.body.decode()
    noted = await carols.connection.fetchrow("SELECT actor_id, thing_id FROM audit WHERE action = 'look_at_joins'")
    assert (noted["actor_id"], noted["thing_id"]) == (carols.people.carol.id, UUID(meeting))
    assert (await carols.get(f"/meetings/{meeting}/ways-in", status=None)).status in (404, 405)


async def test_only_what_differs_is_changed_and_the_history_says_so(carols: Site) -> None:
    meeting = await added(carols)
    done = await carols.submit(await carols.get(f"/meetings/{meeting}/edit"), {"starts": "19:15", "venue": "Chapel Room"})
    assert "Saved" in done.text and "Chapel Room" in done.text and "7.15pm" in done.text
    fields = await carols.connection.fetch("SELECT field FROM meeting_history WHERE meeting_id = $1 ORDER BY field", UUID(meeting))
    assert [line["field"] for line in fields] == ["end", "start", "venue"]
    again = await carols.submit(await carols.get(f"/meetings/{meeting}/edit"), {})
    assert again.path == f"/meetings/{meeting}"
    assert await carols.connection.fetchval("SELECT count(*) FROM meeting_history") == 3


async def test_dates_weeks_and_status_have_their_pages(carols: Site) -> None:
    meeting = await added(carols)
    off = await carols.submit(await carols.get(f"/meetings/{meeting}/date"), {"on_date": "2026-11-27", "kind": "cancelled", "note": "let"})
    assert "is off" in off.text and "Friday 27 November" in off.text
    back = await carols.submit(off, action="/date/back")
    assert "As always again" in off.text and "As always again" not in back.text
    wrong = await carols.submit(await carols.get(f"/meetings/{meeting}/date"), {"on_date": "2026-11-27", "kind": "moved"}, status=400)
    assert "Enter the start or the place" in wrong.text
    weeks = await carols.submit(await carols.get(f"/meetings/{meeting}/weeks"), {"often": "of_the_month", "weeks": ["1", "-1"]})
    assert "Friday 4 December" in weeks.text and "Friday 11 December" not in weeks.text
    for answers, said in (
        ({"often": "of_the_month", "weeks": []}, "at least one week"),
        ({"often": "every_n", "every": "1"}, "2 or more"),
        ({"often": "dates", "dates": "soon"}, "Enter real dates"),
    ):
        assert said in (await carols.submit(await carols.get(f"/meetings/{meeting}/weeks"), answers, status=400)).text
    closed = await carols.submit(await carols.get(f"/meetings/{meeting}/status"), {"status": "closed"})
    assert "Closed for good" in closed.text
    assert "Friday Quiet" not in (await carols.get("/meetings")).text and "Friday Quiet" in (await carols.get("/meetings?check=gone")).text


# ── from a list ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_correction_of_a_list_needs_a_reason_and_stays(carols: Site) -> None:
    await add_feed(carols, rows())
    meeting = await id_of(carols, "m1")
    page = await carols.get(f"/meetings/{meeting}/edit")
    refused = await carols.submit(page, {"starts": "19:30"}, status=400)
    assert "Say how you know" in refused.text
    saved = await carols.submit(page, {"starts": "19:30", "reason": "Their secretary rang"})
    assert "Corrected by us" in saved.text and "Their secretary rang" in saved.text and "7.30pm" in saved.text
    await add_feed(carols, but(rows(), "m1", time="18:00"))
    conflict = await carols.get(f"/meetings/{meeting}")
    assert "It now says something else" in conflict.text and "18:00" in conflict.text and "7.30pm" in conflict.text
    kept = await carols.submit(conflict, action="/correction", button="Keep ours")
    assert "It now says something else" not in kept.text and "7.30pm" in kept.text
    taken = await carols.submit(kept, action="/correction", button="no")
    assert "6pm" in taken.text and "Corrected by us" not in taken.text


@pytest.mark.parametrize(("button", "name", "status"), [("yes", "Meeting 1 at the Harbour", "active"), ("no", "Meeting 1", "withdrawn")])
async def test_a_held_meeting_is_judged_by_a_person(carols: Site, button: str, name: str, status: str) -> None:
    await add_feed(carols, rows())
    meeting = await id_of(carols, "m1")
    moved = but(rows(), "m1", name="Meeting 1 at the Harbour", formatted_address="1 Briggate, Leeds LS1 6HD, UK")
    await add_feed(carols, moved)
    page = await carols.get(f"/meetings/{meeting}")
    assert "Is this still the same meeting?" in page.text and "Leeds" in page.text
    assert [t["reason"] for t in await carols.connection.fetch("SELECT reason FROM tasks WHERE state = 'open'")] == ["held"]
    await carols.submit(page, action="/same", button=button)
    row = await row_of(carols, str(meeting))
    assert (row["name"], row["status"]) == (name, status)
    assert await carols.connection.fetchval("SELECT count(*) FROM tasks WHERE state = 'open'") == 0
    await add_feed(carols, moved)
    found = await carols.connection.fetch("SELECT status FROM meetings WHERE name = 'Meeting 1 at the Harbour'")
    assert [row["status"] for row in found] == ["active"]


async def test_checked_is_one_press_with_how(carols: Site) -> None:
    await add_feed(carols, but(rows(), "m1", notes="First Monday of the month"))
    meeting = await id_of(carols, "m1")
    assert "Meeting 1" in (await carols.get("/meetings?check=needs_check")).text
    page = await carols.get(f"/meetings/{meeting}/checked")
    assert "Choose how it was checked" in (await carols.submit(page, {}, status=400)).text
    await carols.submit(page, {"how": "phone"})
    row = await row_of(carols, str(meeting))
    assert (row["confirmed_how"], row["confirmed_by"], row["needs_human_check"]) == ("phone", carols.people.carol.id, False)
    await add_feed(carols, but(rows(), "m1", notes="First Monday of the month"))
    assert not (await row_of(carols, str(meeting)))["needs_human_check"]


# ── who may ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_others_look_and_change_nothing(carols: Site) -> None:
    meeting = await added(carols, held=["in_person", "online"], conference_phone="020 7946 0000", passcode=SECRET)
    eve, priya = carols.new_browser(), carols.new_browser()
    await carols.sign_in(carols.people.eve_coordinator, eve)
    await carols.sign_in(carols.people.priya, priya)
    for window in (eve, priya):
        seen = await window.get(f"/meetings/{meeting}")
        assert "Friday Quiet" in seen.text and "Change details" not in seen.text and SECRET not in seen.text
        for rest in ("/edit", "/status", "/checked", "/date", "/weeks", "/tell"):
            assert (await window.get(f"/meetings/{meeting}{rest}", status=None)).status in (403, 404), rest
    assert (await priya.get("/meetings/new", status=None)).status in (403, 404)
    assert (await priya.get("/meetings/sources/aa-bay", status=None)).status in (403, 404)
    assert "Add a meeting" not in (await priya.get("/meetings")).text
    nobody = carols.new_browser()
    assert "Add a meeting" not in (await nobody.get("/meetings")).text
    assert (await nobody.get(f"/meetings/{meeting}", status=None)).path == "/sign-in"


async def test_a_bad_search_is_said_and_shows_everything(carols: Site) -> None:
    await added(carols)
    seen = await carols.get("/meetings?day=9", status=400)
    assert "Friday Quiet" in seen.text
    assert "No meeting fits" in (await carols.get("/meetings?fellowship=ca")).text


# ── telling ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def referral_to(site: Site, meeting: UUID) -> UUID:
    """Noor's referral to a date of this meeting, looking."""
    from tests.world import World

    world = World(site.connection, site.config, site.clock.now)
    world.provider_id, world.area_id, world.keyworker_id = site.people.harbour_id, site.people.bay_id, site.people.priya.id
    return await world.referral(meeting_id=meeting, on_date=date(2026, 11, 26))


async def test_after_a_change_that_plans_hang_on_the_next_page_tells_them(carols: Site) -> None:
    meeting = await added(carols, weekday="4", starts="19:30")
    referral = await referral_to(carols, UUID(meeting))
    asked = await carols.submit(await carols.get(f"/meetings/{meeting}/edit"), {"starts": "20:00"})
    assert asked.path == f"/meetings/{meeting}/tell" and "1 referral counts on it" in asked.text
    reference = await carols.connection.fetchval("SELECT reference FROM referrals WHERE id = $1", referral)
    assert reference in asked.text and "Noor" not in asked.text
    assert await carols.connection.fetchval("SELECT count(*) FROM tasks WHERE kind = 'ring_them' AND state = 'open'") == 1
    assert "Tick this once you are sure" in (await carols.submit(asked, {}, status=400)).text
    told = await carols.submit(asked, {"sure": True})
    assert "They are told" in told.text and "1 plan or search goes on" in told.text
    assert await carols.connection.fetchval("SELECT count(*) FROM tasks WHERE kind = 'ring_them' AND state = 'open'") == 0
    start = await carols.connection.fetchval("SELECT starts_at FROM referral_options WHERE referral_id = $1", referral)
    assert start.hour == 20
    assert len(await carols.letters(carols.people.priya.email, kind="keyworker_notice")) == 1


async def test_the_tell_page_of_a_meeting_without_plans_has_nothing_to_press(carols: Site) -> None:
    meeting = await added(carols)
    seen = await carols.get(f"/meetings/{meeting}/tell")
    assert "Nobody’s plan hangs on this meeting" in seen.text


async def test_the_filters_are_folded_away_and_those_in_use_said_in_words(carols: Site) -> None:
    assert "Shown only" not in (await carols.get("/meetings")).text
    seen = await carols.get("/meetings?fellowship=na&day=2&place=bh1&check=unsure")
    assert "Shown only: Narcotics Anonymous · Tuesday · in bh1 · not certain any more . Show all" in seen.text
    assert " open>" not in seen.body.decode()
