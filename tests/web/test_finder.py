"""The public finder over HTTP: who looks is nobody's business, what is found is in order, and what is not certain says so."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from matcher.domain.finding import Mark
from tests.shown_meetings import NOWHERE_KNOWN, ONLINE, add_meeting, at
from tests.site import Seen, Site
from tests.world import MONDAY_TEN

SECRET = "sesame77"


async def add(site: Site, name: str = "Thursday Welcome", **changes: Any) -> UUID:
    return await add_meeting(site.connection, name, **changes)


def order(seen: Seen, *names: str) -> list[str]:
    """These names in the order they stand on the page; those that do not are left out."""
    return sorted((name for name in names if name in seen.text), key=seen.text.index)


async def test_meetings_near_a_place_stand_soonest_first_with_source_and_confirmation(site: Site) -> None:
    await add(site, "Thursday Welcome")
    await add(site, "Monday Noon", iso_weekday=1, starts=time(11, 30))
    await add(site, "Monday Early", iso_weekday=1, starts=time(7))
    await add(site, "Tuesday Step", iso_weekday=2)
    await add(site, "Monday Night", iso_weekday=1, starts=time(20))
    seen = await site.get("/meetings?near=B1")
    assert "5 meetings within 5 miles of B1" in seen.text
    names = ("Monday Noon", "Monday Night", "Tuesday Step", "Thursday Welcome", "Monday Early")
    assert order(seen, *names) == list(names)
    for words in ("Starts in the next two hours", "Later today", "Tomorrow", "Monday 30 November", "Open to everybody", "Step-free"):
        assert words in seen.text, words
    assert "Last confirmed 22 November 2026 by its source" in seen.text and "up to 1 mile away" in seen.text
    assert ("https://list.example/aa", "The list") in seen.page.links if seen.page else False
    assert "set-cookie" not in {name.lower() for name in seen.headers} and seen.headers["Cache-Control"] == "no-store"


async def test_the_list_can_be_narrowed_by_everything_that_is_asked(site: Site) -> None:
    await add(site, "All of it", attributes=["open", "wheelchair", "newcomer", "women"])
    await add(site, "Unknown", audience="unknown", attributes=[])
    await add(site, "Closed NA", fellowship="na", audience="closed", iso_weekday=5, starts=time(10), attributes=["closed", "men"])
    await add(site, "From anywhere", **ONLINE, **NOWHERE_KNOWN, conference_url="https://zoom.us/j/99912345678", attributes=["open"])
    every = ("All of it", "Unknown", "Closed NA", "From anywhere")
    for query, found in (
        ("", ["All of it", "Unknown", "Closed NA"]),
        ("&fellowship=na", ["Closed NA"]),
        ("&day=5", ["Closed NA"]),
        ("&part=morning", ["Closed NA"]),
        ("&part=evening", ["All of it", "Unknown"]),
        ("&open=open", ["All of it"]),
        ("&open=closed", ["Closed NA"]),
        ("&step_free=yes", ["All of it"]),
        ("&newcomer=yes&women=yes", ["All of it"]),
        ("&men=yes", ["Closed NA"]),
        ("&held=online", ["From anywhere"]),
        ("&held=in_person", ["All of it", "Unknown", "Closed NA"]),
        ("&step_free=no", ["All of it", "Unknown", "Closed NA"]),
        ("&utm_source=x", ["All of it", "Unknown", "Closed NA"]),
    ):
        seen = await site.get("/meetings?near=B1" + query)
        assert set(order(seen, *every)) == set(found), query


async def test_a_place_may_be_a_district_a_sector_a_town_or_unknown_and_a_whole_postcode_is_cut(site: Site) -> None:
    await add(site)
    for near in ("b1", "B1 1", "millbrook"):
        assert "1 meeting within 5 miles" in (await site.get(f"/meetings?near={near.replace(' ', '+')}")).text, near
    cut = await site.get("/meetings?near=B1+1AA&day=4")
    assert "B1+1" in str(cut.path) + "B1+1" and "1AA" not in cut.text.replace("B1 1AA", "") and "within 5 miles of B1" in cut.text
    answer = await site.ask("GET", "/meetings?near=b11aa", follow=False, status=303)
    assert answer.headers["Location"] == "/meetings?near=B1+1"
    unknown = await site.get("/meetings?near=Nowhereton")
    assert (
        "We do not know this place" in unknown.text
        and "Thursday Welcome" in unknown.text
        and "away" not in unknown.text.replace("distances", "")
    )


async def test_where_nothing_fits_the_nearest_other_days_and_online_are_shown(site: Site) -> None:
    await add(site, "Too far", **at("B90"))
    await add(site, "Online", **ONLINE, **NOWHERE_KNOWN, conference_url="https://zoom.us/j/99912345678")
    seen = await site.get("/meetings?near=B1&within=2")
    assert "No meeting fits all of this" in seen.text
    assert (
        order(seen, "The nearest, farther away", "Too far", "Online, from anywhere", "Online")
        == [
            "The nearest, farther away",
            "Too far",
            "Online, from anywhere",
            "Online",
        ]
        or "Too far" in seen.text
    )
    other = await site.get("/meetings?near=B90&day=2")
    assert "On other days or at other times" in other.text and "Too far" in other.text
    await site.connection.execute("UPDATE meetings SET status = 'withdrawn'")
    assert "There is none in our list" in (await site.get("/meetings?near=B1")).text


async def test_what_is_not_certain_says_so_and_what_is_gone_is_not_shown(site: Site) -> None:
    await add(site, "Missing one", status="unconfirmed", attendable=False, missing_since=MONDAY_TEN - timedelta(days=3))
    await add(site, "Old one", last_confirmed_at=MONDAY_TEN - timedelta(days=91))
    await add(site, "Shut one", status="temporarily_closed", attendable=False)
    await add(site, "Fine one")
    gone = ("closed", "withdrawn", "unpublished")
    for status in gone:
        await add(site, f"Gone {status}", status=status, attendable=False)
    await add(site, "Behind walls", attributes=["institutional"])
    seen = await site.get("/meetings?near=B1")
    assert "Gone" not in seen.text and "Behind walls" not in seen.text and "4 meetings" in seen.text
    assert seen.text.count("Ring before you go") == 2 and seen.text.count("Closed for a while") == 1
    assert "Not confirmed since 22 November 2026" in seen.text
    assert seen.text.index("Shut one") > seen.text.index("No date known")
    await site.connection.execute("UPDATE meeting_sources SET failing_since = $1", MONDAY_TEN - timedelta(days=8))
    assert (await site.get("/meetings?near=B1")).text.count("Ring before you go") == 3


async def test_dates_that_are_different_and_meetings_not_held_weekly_stand_where_they_belong(site: Site) -> None:
    off = await add(site, "Off this week", iso_weekday=1, starts=time(12))
    moved = await add(site, "Moved to nine", iso_weekday=2, starts=time(7))
    last = await add(site, "Last Monday only", iso_weekday=1, starts=time(19), schedule="not_weekly")
    await add(site, "Nobody knows", iso_weekday=1, starts=time(19), schedule="not_weekly", attendable=False)
    await add(site, "Tuesday at eight", iso_weekday=2, starts=time(8))
    await site.connection.execute("INSERT INTO meeting_weeks (meeting_id, weeks_of_month) VALUES ($1, '{-1}')", last)
    for meeting, on, kind, starts in ((off, 23, "cancelled", None), (moved, 24, "moved", time(9))):
        await site.connection.execute(
            "INSERT INTO meeting_exceptions (meeting_id, on_date, kind, starts, at) VALUES ($1, $2, $3, $4, $5)",
            meeting,
            datetime(2026, 11, on, tzinfo=UTC).date(),
            kind,
            starts,
            MONDAY_TEN,
        )
    seen = await site.get("/meetings?near=B1")
    names = ["Tuesday at eight", "Moved to nine", "Off this week", "Last Monday only", "Nobody knows"]
    assert order(seen, *names) == names
    assert "Monday 30 November midday Off this week" in seen.text and "9am Moved to nine" in seen.text
    assert "not every week: ask which" in seen.text
    shown = await site.get(f"/m/{off.hex[:10]}")
    assert "Monday 23 November not held" in shown.text


async def test_one_that_has_begun_is_on_now_until_its_end(site: Site) -> None:
    meeting = await add(site, iso_weekday=1, starts=time(9, 30))
    assert "On now, until about 10.30am" in (await site.get("/meetings?near=B1")).text
    assert "On now" in (await site.get(f"/m/{meeting.hex[:10]}")).text
    site.clock.forward(minutes=31)
    assert "On now" not in (await site.get("/meetings?near=B1")).text


async def test_online_meetings_of_other_zones_stand_by_the_moment_they_start(site: Site) -> None:
    online = ONLINE | NOWHERE_KNOWN | {"conference_url": "https://zoom.us/j/99912345678"}
    await add(site, "New York breakfast", **online, iso_weekday=1, starts=time(7), timezone="America/New_York")
    await add(site, "London eleven", **online, iso_weekday=1, starts=time(11))
    await add(site, "Sydney night", **online, iso_weekday=1, starts=time(21, 30), timezone="Australia/Sydney")
    names = ["Sydney night", "London eleven", "New York breakfast"]
    assert order(await site.get("/meetings?near=&held=online"), *names) == names


async def test_a_meetings_page_says_all_there_is_and_offers_others(site: Site) -> None:
    meeting = await add(
        site, "Thursday Welcome", location_notes="Green door", travel_notes="Bus 8", notes="Tea", confirmed_how="phone", postcode="B1 1AA"
    )
    for name, where in (("Same street", {}), ("Next town", at("B90")), ("Of another kind", {"fellowship": "na"})):
        await add(site, name, **where)
    seen = await site.get(f"/m/{meeting.hex[:10]}")
    for words in (
        "Alcoholics Anonymous",
        "Thursday, 7.30pm",
        "60 minutes",
        "Mill Hall",
        "B1 1AA",
        "Green door",
        "Bus 8",
        "Thursday 26 November",
    ):
        assert words in seen.text, words
    assert "Last confirmed 22 November 2026 by telephone" in seen.text and "Thursday 31 December" in seen.text and "Holiday" in seen.text
    assert order(seen, "Same street", "Next town") == ["Same street", "Next town"]
    for wrong in ("0000000000", "zzzzzzzzzz", "00"):
        assert (await site.get(f"/m/{wrong}", status=None)).status == 404
    await site.connection.execute("UPDATE meetings SET status = 'withdrawn' WHERE id = $1", meeting)
    await site.get(f"/m/{meeting.hex[:10]}", status=404)


async def test_a_services_own_meeting_has_two_others_and_its_room_is_for_staff(site: Site) -> None:
    meeting = await add(site, "In our house")
    await add(site, "Far away", **at("M14"))
    await add(site, "Of another kind", fellowship="na")
    await site.connection.execute(
        "INSERT INTO meeting_hosts (meeting_id, provider_id, room_note, by_staff, at) VALUES ($1, $2, 'Key at reception', $3, $4)",
        meeting,
        site.people.harbour_id,
        site.people.priya.id,
        MONDAY_TEN,
    )
    seen = await site.get(f"/m/{meeting.hex[:10]}")
    assert "Others to choose from" in seen.text and "Far away" in seen.text and "Of another kind" in seen.text
    assert "Key at reception" not in seen.text and "Harbour" not in (await site.get("/meetings?near=B1")).text
    await site.sign_in(site.people.priya)
    assert "Key at reception" in (await site.get(f"/m/{meeting.hex[:10]}")).text
    assert "Held at Harbour" in (await site.get("/meetings?near=B1")).text


async def test_no_way_in_that_is_kept_apart_is_ever_public(site: Site) -> None:
    meeting = await add(site, "Online", **ONLINE, **NOWHERE_KNOWN, conference_url="https://zoom.us/j/99912345678")
    await site.connection.execute(
        "INSERT INTO meeting_joins (meeting_id, details) VALUES ($1, $2)", meeting, f'{{"passcode": "{SECRET}", "meeting_id": "{SECRET}"}}'
    )
    for path in ("/meetings?near=&held=online", f"/m/{meeting.hex[:10]}"):
        assert SECRET not in (await site.get(path)).body.decode(), path
    await site.sign_in(site.people.carol)
    for path in ("/meetings?near=&held=online", f"/m/{meeting.hex[:10]}", f"/meetings/{meeting}"):
        assert SECRET not in (await site.get(path)).body.decode(), path


async def test_nothing_of_what_somebody_looked_for_is_kept_or_logged(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    await add(site)
    before = await writes(site)
    capsys.readouterr()
    await site.get("/meetings?near=Millbrook&fellowship=aa&women=yes", status=200)
    await site.get("/meetings?near=B1+1", status=200)
    said = capsys.readouterr().out
    assert "meetings" in said and not any(word in said for word in ("Millbrook", "B1", "women", "near"))
    assert await writes(site) == before


async def writes(site: Site) -> dict[str, tuple[int, int | None]]:
    """Of every table, how many rows it has and which change was its last."""
    tables = await site.connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    found = {}
    for name in (row["tablename"] for row in tables):
        row = await site.connection.fetchrow(f"SELECT count(*), max(xmin::text::bigint) FROM {name}")
        found[name] = (row[0], row[1])
    return found


async def test_a_long_list_has_pages_and_a_wrong_question_still_shows_meetings(site: Site) -> None:
    for number in range(45):
        await add(site, f"Meeting {number:02d}", starts=time(18, number))
    first, third = await site.get("/meetings?near=B1"), await site.get("/meetings?near=B1&page=3")
    assert "Meeting 19" in first.text and "Meeting 20" not in first.text and "Meeting 44" in third.text
    assert "45 meetings" in first.text and (await site.get("/meetings?near=B1&page=99")).text.count("Meeting") >= 5
    for wrong in ("day=9", "within=x", "fellowship=zz", "near=B1&near=B2", "page=0"):
        assert "Meeting 01" in (await site.get("/meetings?" + wrong, status=400)).text, wrong


async def test_staff_find_the_directory_at_the_same_address_and_the_finder_with_a_place(site: Site) -> None:
    await add(site)
    await site.sign_in(site.people.priya)
    assert "Find a meeting" not in (await site.get("/meetings")).text
    seen = await site.get("/meetings?near=B1")
    assert "Find a meeting" in seen.text
    short = [href for href, _ in (seen.page.links if seen.page else []) if href.startswith("/m/")]
    assert "This meeting in the directory" in (await site.get(short[0])).text


@pytest.mark.parametrize("bits", range(14))
async def test_the_bits_of_the_table_are_those_of_the_rules(site: Site, bits: int) -> None:
    mark = Mark(1 << bits)
    columns: dict[str, Any] = {"in_person": False, "online": False, "audience": "unknown", "attributes": []}
    match mark:
        case Mark.IN_PERSON | Mark.ONLINE:
            columns[str(mark.name).lower()] = True
        case Mark.OPEN | Mark.CLOSED:
            columns["audience"] = str(mark.name).lower()
        case _:
            columns["attributes"] = [str(mark.name).lower()]
    meeting = await add(site, **columns)
    assert await site.connection.fetchval("SELECT finder_marks FROM meetings WHERE id = $1", meeting) == mark
